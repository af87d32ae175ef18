package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestNearlyJSON: what is cut off or lacks a quote is text, and nothing of it is a field.
func TestNearlyJSON(t *testing.T) {
	r := reader(t, options.Settings{})
	for _, line := range []string{
		`{`, `{ `, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1, `, `{a":1}`, `{"a":1,b":2}`, `{"a":1 "b":2}`, `{"a" 1}`, `{"a":1}}`, `{"a":1,}`,
		`{"a":[1,2}`, `{"a":{"b":1]}`, `{"a":tru}`, `{"a":01}`, `{"a":"\u12"}`, `{1:2}`, `{"a":"x}`,
	} {
		var ev detector.Event
		r.Line([]byte(line), &ev)
		if got, want := show(&ev), fmt.Sprintf("%q", strings.TrimSpace(line)); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// TestAccessorsLeadFromTheTop: what an accessor names is not what has its path
// further down.
func TestAccessorsLeadFromTheTop(t *testing.T) {
	r := reader(t, options.Settings{LogKey: "$log['text']", LevelKey: "$sev", GroupBy: "$k['app']"})
	for body, want := range map[string]string{
		`{"log":{"text":"right"},"sev":"error","k":{"app":"a"}}`:                                          `"right" ERROR group=a`,
		`{"outer":{"log":{"text":"wrong"},"sev":"error","k":{"app":"a"}}}`:                                `"" outer.k.app="a" outer.log.text="wrong" outer.sev="error"`,
		`{"x":{"text":"wrong"},"log":{"y":{"text":"wrong"}},"k":{"k":{"app":"b"}},"y":{"app":"c"},"n":1}`: `"" k.k.app="b" log.y.text="wrong" n=1 x.text="wrong" y.app="c"`,
	} {
		var ev detector.Event
		r.Line([]byte(body), &ev)
		if got := unordered(&ev); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

// TestNamesThatSaySomethingAreNeverForgotten, whoever makes up keys: not even in a
// record that has more of them than are looked at.
func TestNamesThatSaySomethingAreNeverForgotten(t *testing.T) {
	r := reader(t, options.Settings{})
	var ev detector.Event
	for i := range 30_000 { // all room is taken
		r.Line(fmt.Appendf(nil, `{"k%d":1,"l%d":2}`, i%9000, i%9000), &ev)
	}
	flood := func(round int) string {
		var b strings.Builder
		for i := range 400 {
			fmt.Fprintf(&b, `"made up %d %d":1,`, round, i)
		}
		return b.String()
	}
	for round, c := range []struct{ said, want string }{
		{`"msg":"x","level":"error"`, `"x" ERROR`},
		{`"message":"x","log.level":"error"`, `"x" ERROR`},
		{`"message":"x","log":{"level":"error"}`, `"x" ERROR`},
		{`"MESSAGE":"x","SeverityText":"ERROR"`, `"x" ERROR`},
		{`"message":"x","severitytext":"ERROR"`, `"x" ERROR`},
	} {
		r.Line([]byte("{"+flood(round)+c.said+"}"), &ev)
		ev.Fields = nil
		if got := show(&ev); got != c.want {
			t.Errorf("behind 400 made-up keys %s is read as %s, want %s", c.said, got, c.want)
		}
	}
}

// TestPlainNumbers: a text that is wholly a number is one, but for those of
// identifiers: leading zeros, a sign, more than 15 digits before the point.
func TestPlainNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "7": 7, "-1": -1, "10": 10, "999999999999999": 999999999999999, "-999999999999999": -999999999999999,
		"0.5": 0.5, "-0.25": -0.25, "12.50": 12.5, "123456789012345.5": 123456789012345.5, "0." + strings.Repeat("1", 38): 0.11111111111111111,
	} {
		if got, ok := plainNumber([]byte(text)); !ok || got != want {
			t.Errorf("%s is read as %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"-", "+1", "00", "01", "-01", "1000000000000000", "1234567890123456", ".5", "-.5", "5.", "1.2.3", "1e3", "1.5s", "1,5", " 1", "1 ", "0x10", "1.-5",
		"0." + strings.Repeat("1", 39), "12a",
	} {
		if got, ok := plainNumber([]byte(text)); ok {
			t.Errorf("%q is read as %v, and is none", text, got)
		}
	}
}

// TestWordsAmongPairs are flags, whatever white space divides them.
func TestWordsAmongPairs(t *testing.T) {
	r := reader(t, options.Settings{})
	for line, want := range map[string]string{
		"level=info msg=ready user=ann retried took=5":     `"ready" INFO user="ann" retried=true took=5`,
		"level=info\tmsg=ready\tuser=ann\tretried\ttook=5": `"ready" INFO user="ann" retried=true took=5`,
		"x=1\ty=2\tz":        `"" x=1 y=2 z=true`,
		"a==b c=1 d=2":       `"" a="=b" c=1 d=2`,
		"=5 took=6 user=ann": `"=5 took=6 user=ann"`,
		"9a=1 b=2 c=3":       `"9a=1 b=2 c=3"`,
	} {
		var ev detector.Event
		r.Line([]byte(line), &ev)
		if got := show(&ev); got != want {
			t.Errorf("%q\n got %s\nwant %s", line, got, want)
		}
	}
}

// TestWhatIsDeepIsSteppedOver to its end: what stands behind it is read.
func TestWhatIsDeepIsSteppedOver(t *testing.T) {
	r := reader(t, options.Settings{})
	nest := func(inner string) string {
		return strings.Repeat(`{"a":`, maxLevels) + inner + strings.Repeat("}", maxLevels)
	}
	for _, deep := range []string{
		nest(`{"e":1}`), nest(`{"e":1,"f":2}`), nest(`{ "e" : 1 , "f":"}" }`), nest(`[1,[2],{"e":3}]`), nest(`{"e":""}`), nest(`{}`), nest(`[]`),
	} {
		var ev detector.Event
		r.Line([]byte(`{"deep":`+deep+`,"msg":"x","n":1}`), &ev)
		if got := show(&ev); got != `"x" n=1` {
			t.Errorf("behind %s stands %s", deep, got)
		}
	}
	var ev detector.Event
	r.Line([]byte(`{"p":{"perms":{"items":[{"ranges":{"items":[{"cidr":"0.0.0.0/0"}]}}]}},"msg":"x"}`), &ev)
	if got := show(&ev); got != `"x" p.perms.items[].ranges.items[].cidr="0.0.0.0/0"` {
		t.Errorf("a rule of a list in a list is read as %s", got)
	}
}

// TestDeepFieldsLeaveRoom: however many fields are nested deeper than most are, those at the
// record's top, and of few levels, have their places.
func TestDeepFieldsLeaveRoom(t *testing.T) {
	r := reader(t, options.Settings{})
	var line strings.Builder
	line.WriteString(`{"o":{"p":{"q":{"r":{"s":{"first":1`)
	for i := range 2 * detector.MaxFields {
		fmt.Fprintf(&line, `,"k%d":%d`, i, i)
	}
	line.WriteString(`}}}},"flat":2},"error":"disk full","msg":"x"}`)
	for range 2 {
		var ev detector.Event
		r.Line([]byte(line.String()), &ev)
		if got := show(&ev); len(ev.Fields) != deepRoom+2 || !strings.Contains(got, ` o.flat=2`) || !strings.Contains(got, ` error="disk full"`) {
			t.Errorf("%d fields: %s", len(ev.Fields), got)
		}
	}
}

// TestAccessorsToElements: of an array, the first one too.
func TestAccessorsToElements(t *testing.T) {
	const line = `{"list":["a","b",{"text":"c"}],"pods":[{"app":"shop"},{"app":"web"}]}`
	for _, c := range []struct {
		settings       options.Settings
		message, group string
	}{
		{options.Settings{LogKey: "$list[0]", GroupBy: "$pods[0]['app']"}, "a", "shop"},
		{options.Settings{LogKey: "$list[1]", GroupBy: "$pods[1]['app']"}, "b", "web"},
		{options.Settings{LogKey: "$list[2]['text']", GroupBy: "$pods[2]['app']"}, "c", ""},
		{options.Settings{LogKey: "$list[3]", GroupBy: "$pods['app']"}, "", ""},
	} {
		var ev detector.Event
		reader(t, c.settings).Line([]byte(line), &ev)
		if string(ev.Message) != c.message || string(ev.Group) != c.group {
			t.Errorf("%s, %s: message %q, group %q", c.settings.LogKey, c.settings.GroupBy, ev.Message, ev.Group)
		}
	}
}
