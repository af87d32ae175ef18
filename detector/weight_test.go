package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// TestWeights lets three days of the example service pass, with eight things a day that go
// wrong, and looks at what each flagged line is to somebody who is called.
func TestWeights(t *testing.T) {
	d := newDetector(t, nil)
	g := shoplog.New(shoplog.Options{Seed: 1, Daily: true})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	const line = `level=info app=shop-api msg="feature flags loaded from the %s" flags=14`
	told := 0 // of line
	var of [3]int
	var v detector.Verdict
	see := func(at time.Duration, text string) {
		if d.Observe(&detector.Event{Time: at, Message: []byte(text)}, &v); v.Anomaly {
			of[v.Weight]++
		}
	}
	for {
		r := g.Next()
		at := time.Duration(r.Time.UnixNano())
		day := int(r.Time.Sub(start) / (24 * time.Hour))
		if day == 3 {
			break
		}
		if see(at, r.Line); v.Anomaly {
			want := detector.Whole
			switch {
			case r.Incident == "truncated" || r.Incident == "wrong-level" || r.Incident == "certificate" || v.Level == pattern.LevelFatal:
			case day == 0 && strings.Contains(r.Line, "backup.go:40"): // a daily job
				want = detector.None
			case v.Level == pattern.LevelError && v.Kind == detector.RarePattern && strings.Contains(string(v.Reason), "rare message of trouble, seen 1"): // ten times or more
				want = detector.Half
			default:
				if v.Weight == detector.None && (day > 0 || v.Level != pattern.LevelInfo && v.Level != pattern.LevelDebug) {
					t.Errorf("day %d, %s: weighs nothing: %s", day+1, v.Kind, r.Line)
				}
				continue
			}
			if v.Weight != want {
				t.Errorf("day %d, %s %s: weight %d, want %d: %s", day+1, v.Kind, v.Reason, v.Weight, want, r.Line)
			}
		}
		if told < 2 && r.Time.Sub(start) > 20*time.Hour+time.Duration(told)*24*time.Hour {
			name, want := "disk", detector.None
			if told > 0 {
				name, want = "planet", detector.Whole
			}
			told++
			if see(at, strings.Replace(line, "%s", name, 1)); !v.Anomaly || v.Weight != want {
				t.Errorf("new and harmless, day %d: anomaly %v, weight %d, want %d", told, v.Anomaly, v.Weight, want)
			}
		}
	}
	if of[detector.Whole] == 0 || of[detector.Half] == 0 || of[detector.None] == 0 {
		t.Errorf("weights: %v", of)
	}
}

// TestFailureIsWorthACall: what says that something failed, and what looks like an attack,
// is worth a call on the first day, too, and at whatever level it is logged.
func TestFailureIsWorthACall(t *testing.T) {
	for name, change := range map[string]map[string]string{
		"a code of a server's failure": {"status": "503"},
		"a field for what went wrong":  {"error": "connection reset by peer"},
		"a word of failure":            {"result": "failed"},
		"an attack":                    {"path": "/cart?id=1'+OR+'1'='1';DROP+TABLE+users--"},
		"nothing":                      nil,
	} {
		d := newDetector(t, nil)
		var v detector.Verdict
		see := func(i int, change map[string]string) {
			ev := detector.Event{Time: time.Duration(i) * time.Second, Message: []byte("request completed"), Level: pattern.LevelInfo}
			add := func(name, value string) {
				if with, ok := change[name]; ok {
					value = with
				}
				f := detector.Field{Name: []byte(name), Value: []byte(value), Kind: detector.Text}
				if n, err := strconv.ParseFloat(value, 64); err == nil {
					f.Kind, f.Number = detector.Number, n
				}
				ev.Fields = append(ev.Fields, f)
			}
			add("status", [...]string{"200", "200", "200", "404"}[i%4])
			add("result", [...]string{"done", "cached"}[i%2])
			add("path", "/cart?id="+strconv.Itoa(i*7919%1000))
			if _, ok := change["error"]; ok {
				add("error", "")
			}
			d.Observe(&ev, &v)
		}
		for i := range 5000 {
			see(1e6+i, nil)
		}
		see(1e6+5000, change)
		if want := change != nil; v.Anomaly != want || want && v.Weight != detector.Whole {
			t.Errorf("%s: anomaly %v, weight %d, score %.3f: %s", name, v.Anomaly, v.Weight, v.Score, v.Reason)
		}
	}
}

// TestFarNumberIsWorthACall: a query of minutes among those of up to two seconds is told by
// itself, however wide their range is; in the message as in a field.
func TestFarNumberIsWorthACall(t *testing.T) {
	for _, inField := range []bool{false, true} {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(5, 6))
		var v detector.Verdict
		event := func(i int, ms float64) *detector.Event {
			ev := &detector.Event{Time: time.Duration(1e6+i) * time.Second, Level: pattern.LevelInfo, Message: fmt.Appendf(nil, "query took %.0f ms", ms)}
			if inField {
				ev.Message = []byte("query ended")
				ev.Fields = []detector.Field{{Name: []byte("took"), Kind: detector.Number, Value: fmt.Appendf(nil, "%.0fms", ms), Number: ms / 1000, Unit: pattern.UnitSecond}}
			}
			return ev
		}
		for i := range 20_000 {
			d.Observe(event(i, 170*math.Pow(12, rng.Float64())), &v)
		}
		if d.Judge(event(20_000, 340_000), &v); !v.Anomaly || v.Weight != detector.Whole {
			t.Errorf("in a field %t: flagged %t, score %.3f, weight %d, want %d", inField, v.Anomaly, v.Score, v.Weight, detector.Whole)
		}
	}
}
