package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// loader is a service that answers requests and loads its configuration each three hours.
type loader struct {
	d    *detector.Detector
	rng  *rand.Rand
	now  time.Duration // since the Unix epoch
	told []string      // reasons of what is flagged of the configuration
}

func newLoader(t *testing.T) *loader {
	return &loader{d: newDetector(t, nil), rng: rand.New(rand.NewPCG(24, 1)), now: hostBegins}
}

// load goes on for three hours, and loads a configuration with a field.
func (l *loader) load(f detector.Field) {
	var v detector.Verdict
	for end := l.now + 3*time.Hour; l.now < end; l.now += time.Duration(l.rng.IntN(40)) * time.Second {
		l.d.Observe(&detector.Event{Time: l.now, Message: []byte("request served"), Fields: []detector.Field{
			{Name: []byte("path"), Kind: detector.Text, Value: []byte(pick(l.rng, "/", "/cart", "/item"))},
			{Name: []byte("ms"), Kind: detector.Number, Number: 5 + 90*l.rng.Float64()},
		}}, &v)
	}
	f.Name = []byte("check")
	l.d.Observe(&detector.Event{Time: l.now, Message: []byte("configuration loaded"), Fields: []detector.Field{f, {Name: []byte("workers"), Kind: detector.Number, Number: 8}}}, &v)
	if v.Anomaly {
		l.told = append(l.told, fmt.Sprintf("%s: %s", v.Kind, v.Reason))
	}
}

func boolField(on bool) detector.Field {
	return detector.Field{Kind: detector.Bool, Value: fmt.Append(nil, on)}
}

func textField(s string) detector.Field { return detector.Field{Kind: detector.Text, Value: []byte(s)} }

func numberField(x float64) detector.Field { return detector.Field{Kind: detector.Number, Number: x} }

// TestASettingThatIsAnother: what a configuration said each time is told when it says another thing, of a
// log that is known for a day, and not where it is made up for each time or counts on.
func TestASettingThatIsAnother(t *testing.T) {
	for name, c := range map[string]struct {
		was, is detector.Field
		reason  string // ends so; empty = nothing is told
	}{
		"a switch":              {boolField(true), boolField(false), "check false, which was true the last 12 times"},
		"a word":                {textField("verify-full"), textField("disable"), `check "disable", which was verify-full the last 12 times`},
		"a word for a switch":   {textField("enabled"), textField("disabled"), `check "disabled", which was enabled the last 12 times`},
		"a limit, less":         {numberField(4000), numberField(400), "check 400, which was 4000 the last 12 times"},
		"a limit, more":         {numberField(5000), numberField(500_000), "check 500000, which was 5000 the last 12 times"},
		"a limit that is off":   {numberField(30), numberField(0), "check 0, which was 30 the last 12 times"},
		"what counts on":        {numberField(83), numberField(82), ""},
		"a file of another day": {textField("rules-2026-03-01.json"), textField("rules-2026-03-02.json"), ""},
		"what is made up":       {textField("sum-0bb360f3ab12cd"), textField("sum-b464fc2c77ee01"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoader(t)
			for range 12 {
				l.load(c.was)
			}
			l.told = nil
			l.load(c.is)
			switch {
			case c.reason == "" && len(l.told) > 0:
				t.Errorf("%q is told", l.told)
			case c.reason != "" && (len(l.told) != 1 || !strings.HasPrefix(l.told[0], "category: "+c.reason)):
				t.Errorf("%q is told, want %q", l.told, c.reason)
			}
			// That it is as it was is no news, nor is it that it is the other one again.
			l.told = nil
			l.load(c.was)
			l.load(c.is)
			if len(l.told) > 0 {
				t.Errorf("%q is told behind it", l.told)
			}
		})
	}
}

// TestASettingForLong: more than 255 times are not counted.
func TestASettingForLong(t *testing.T) {
	l := newLoader(t)
	for range 256 {
		l.load(boolField(true))
	}
	l.told = nil
	l.load(boolField(false))
	if len(l.told) != 1 || !strings.Contains(l.told[0], "check false, which was true the last 255 times or more") {
		t.Errorf("%q is told", l.told)
	}
}

// TestHowOftenASettingMustHaveBeen: four times the same, and four more for each time that it was another,
// and not on the first day.
func TestHowOftenASettingMustHaveBeen(t *testing.T) {
	for _, c := range []struct {
		times []int // that it was one thing, then another
		told  bool
	}{
		{[]int{9}, true},
		{[]int{7}, false}, // a day is not over
		{[]int{6, 3}, false},
		{[]int{1, 8}, true},
		{[]int{2, 7}, false},
		{[]int{1, 1, 12}, true},
		{[]int{1, 1, 11}, false},
	} {
		l := newLoader(t)
		n := 0
		for _, times := range c.times {
			n++
			for range times {
				l.load(textField(strings.Repeat("x", n)))
			}
		}
		l.told = nil
		l.load(textField("none"))
		if told := len(l.told) == 1 && strings.Contains(l.told[0], ", which was x"); told != c.told {
			t.Errorf("%v times: %q", c.times, l.told)
		}
	}
}
