package detector_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// evidence is what a reason must have beside the value: what is usual, or how often it
// was seen, in a number.
var evidence = regexp.MustCompile(strings.Join([]string{
	`seen (once|[\d,]+ times) in [\d,]+ records`,
	`[\d,]+ of [\d,]+ times in its place`,
	`in [\d,]+ of [\d,]+ (others|records)`,
	`[\d,]+ others? stood there in [\d,]+ messages`,
	`it was in [\d,]+ records before`,
	`usual(ly)? .*\d`,
	`, at most .*\d`,
	`that of [\d.]+ %`,
	`back after [\d.]+ \w+, seen (once|[\d,]+ times) before`,
	`as in [\d.]+ % of the new messages`,
	`(seen (once|[\d,]+ times)|never seen) in [\d,]+`,
	`, in [\d,]+ before`,
	`seen [\d,]+ and ([\d,]+ times|once) in [\d,]+ records`,
	`goes on: [\d,]+ times since it began, [\d,]+ before`,
	`, so far (at most|less than) [\d.]+ \w+`,
	`is (public|private), as were [\d,]+ of [\d,]+ others`,
	`came before, as did [\d,]+ of [\d,]+ others`,
	`, which was .+ the last [\d,]+ times`,
	`version "[^"]+" is older than each of [\d,]+ before`,
	`is back after [^,]+, away for [^,]+ at most before`,
	`which always had another: it changed in [\d,]+ of [\d,]+ records`,
}, "|"))

var quoted = regexp.MustCompile(`"[^"]*"`)

// TestEvidenceIsWanted refutes reasons that only give the value: the test of the test.
func TestEvidenceIsWanted(t *testing.T) {
	for _, reason := range []string{
		"new message pattern", `new field "stack": "in 0 of 9 records"`, "message far above its usual rate", "level ERROR is unusual for this message",
		"length of 900 bytes is unusual for this log", `unusual word "seen 0 times in 12 records"`, "the same line 12 times in a row",
	} {
		if evidence.MatchString(quoted.ReplaceAllString(reason, `""`)) {
			t.Errorf("this has evidence, it seems: %s", reason)
		}
	}
}

// said collects what the features say of the events of logs.
type said struct {
	t        *testing.T
	features map[model.Feature]int
	kinds    map[model.Anomaly]string // a reason of each
}

func (s *said) check(reason, of string) {
	if !evidence.MatchString(quoted.ReplaceAllString(reason, `""`)) {
		s.t.Errorf("%s: no evidence in %q", of, reason)
	}
}

// secondPoints is what a feature must have at the least to be told.
const secondPoints = 4

func (s *said) of(o *model.Observation, v *detector.Verdict) {
	for f, info := range model.Table {
		f := model.Feature(f)
		if info.Kind == "" || f.Points(&o.Row) <= secondPoints {
			continue
		}
		s.features[f]++
		s.check(string(o.Say(f, nil)), info.Name)
	}
	if v.Anomaly {
		if was := s.kinds[v.Kind]; was == "" || len(v.Reason) < len(was) { // the shortest, for the page
			s.kinds[v.Kind] = string(v.Reason)
		}
		s.check(string(v.Reason), string(v.Kind))
	}
}

// TestEveryReasonHasEvidence has logs judged in which each feature is strange at times,
// and looks at all that they say, whether it was the reason or not.
func TestEveryReasonHasEvidence(t *testing.T) {
	s := &said{t, map[model.Feature]int{}, map[model.Anomaly]string{}}
	shop := newDetector(t, nil)
	g := shoplog.New(shoplog.Options{Seed: 3, Incidents: true, Lines: 8000})
	see := func(d *detector.Detector, at time.Time, format string, args ...any) {
		var v detector.Verdict
		d.ObserveSaying(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, format, args...)}, &v, func(o *model.Observation) { s.of(o, &v) })
	}
	var last shoplog.Record
	for range 9000 {
		last = g.Next()
		see(shop, last.Time, "%s", last.Line)
	}
	for i := range 200 {
		see(shop, last.Time.Add(time.Duration(i)*40*time.Millisecond), "dial tcp 10.0.0.7:5432: connection refused, attempt %d", i)
	}
	for i, line := range []string{
		"\x01\x02~~##§§ %%&&!!~~ ^^°°", "request served (", "ERROR warehouse: panic: index out of range [7] with length 3", strings.Repeat("x ", 900),
	} {
		see(shop, last.Time.Add(time.Duration(10+i)*time.Second), "%s", line)
	}

	// Messages that come at their own pace, one that comes back, one that goes on, one
	// that is said over and over, a number, a code and a level that are none of the usual.
	rng := rand.New(rand.NewPCG(5, 6))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	own := newDetector(t, nil)
	hours := func(n int) {
		for range n * 1200 {
			at = at.Add(3 * time.Second)
			see(own, at, "INFO parcel %d weighed: %d g, exit status %d", rng.IntN(1e6), 200+rng.IntN(800), 0)
			if rng.IntN(200) == 0 {
				see(own, at, "INFO belt %d stopped for cleaning", rng.IntN(40))
			}
		}
	}
	failures := func(n int) {
		for range n {
			at = at.Add(40 * time.Second)
			see(own, at, "ERROR belt %d: motor does not answer", rng.IntN(40))
		}
	}
	hours(6)
	failures(12)
	hours(24)
	failures(12)
	hours(1)
	for range 200 {
		at = at.Add(50 * time.Millisecond)
		see(own, at, "INFO belt %d stopped for cleaning", rng.IntN(40))
	}
	hours(1)
	for range 60 {
		see(own, at, "INFO belt 7 stopped for cleaning")
	}
	see(own, at, "INFO parcel 7 weighed: 9000000 g, exit status 0")
	see(own, at, "INFO parcel 7 weighed: 300 g, exit status 12")
	see(own, at, "ERROR parcel 7 weighed: 300 g, exit status 0")

	for _, w := range []*watched{watch(t, shopLog(21), 4000), watch(t, accessLog(22), 4000)} {
		rush := rand.New(rand.NewPCG(9, 9))
		for _, line := range []string{
			changed("duration_ms", `"NaN"`), changed("status", "599"), changed("duration_ms", "9000000"), changed("stack", `"at cart.go:71"`), changed("user", `"$(rm -rf /)"`),
			changed("user", `"`+strings.Repeat("u", 900)+`"`), `{"level":"info","msg":"request completed","host":"shop-1","trace":"2d5a1f62ef5d75fb","method":"POST","route":"/static","status":200,"duration_ms":61,"bytes":575,"user":"u26118"}`,
			`{"level":"info","msg":"request completed","host":"shop-1","trace":"2d5a1f62ef5d75fb","method":"GET","route":"/static","status":200,"duration_ms":61,"bytes":575}`,
			access(rush, "GET", "/../../../../etc/passwd", "404", ""), access(rush, "PROPFIND", "/cart", "200", ""),
		} {
			for range 2 {
				w.goOn(100)
				w.say(s, line)
			}
		}
		for i := range 300 {
			if i%4 == 0 {
				w.goOn(1)
			}
			w.say(s, access(rush, "POST", "/cart", "404", "curl/8.5.0"))
		}
	}

	for f, info := range model.Table {
		if info.Kind != "" && s.features[model.Feature(f)] == 0 {
			t.Errorf("no event made the feature %s strange", info.Name)
		}
	}
	for _, kind := range model.Anomalies {
		if s.kinds[kind] == "" {
			t.Errorf("no event was flagged as of the kind %s", kind)
		}
	}
	holdsOn(t, "../docs/incidents.md", "reasons", func(string) string {
		var b strings.Builder
		b.WriteString("```text\n")
		for _, kind := range model.Anomalies {
			fmt.Fprintf(&b, "%-9s %s\n", kind, s.kinds[kind])
		}
		return b.String() + "```\n"
	})
}

// say has a line judged, what is said of it looked at, and the line learned.
func (w *watched) say(s *said, line string) {
	w.reader.Line([]byte(line), &w.event)
	w.detector.ObserveSaying(&w.event, &w.verdict, func(o *model.Observation) { s.of(o, &w.verdict) })
}

// TestReturned lets a message that comes every ten minutes or so be away for six days,
// with the log going on: it is told as one that returned, with how long it was away.
func TestReturned(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(7, 8))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var v detector.Verdict
	see := func(format string, args ...any) *detector.Verdict {
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, format, args...)}, &v)
		return &v
	}
	goOn := func(n int, trouble bool) {
		for i := range n {
			at = at.Add(time.Duration(rng.IntN(20)) * time.Second)
			see("INFO %s of parcel %d done", pick(rng, "scan", "label", "route"), rng.IntN(1e6))
			if trouble && i%60 == 59 {
				see("ERROR depot %d does not answer", rng.IntN(9))
			}
		}
	}
	goOn(2460, true)
	goOn(52_000, false)
	see("ERROR depot 3 does not answer")
	want := regexp.MustCompile(`^message of trouble is back after 5\.\d d, seen 41 times before, usually within 1\d min$`)
	if !v.Anomaly || v.Kind != "returned" || !want.Match(v.Reason) {
		t.Errorf("anomaly %v of the kind %s: %q, %s wanted", v.Anomaly, v.Kind, v.Reason, want)
	}
	// It goes on as before: it has not returned again.
	for range 8 {
		goOn(60, false)
		if see("ERROR depot 3 does not answer"); v.Kind == "returned" {
			t.Errorf("it returned again: %q", v.Reason)
		}
	}
}
