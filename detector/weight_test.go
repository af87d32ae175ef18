package detector_test

import (
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
