package detector_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestInspectTellsShares of fields, of their values and of empty ones, as they came.
func TestInspectTellsShares(t *testing.T) {
	d := newDetector(t, nil)
	for i := range 4000 {
		ev := detector.Event{Time: time.Duration(noon.UnixNano()) + time.Duration(i)*time.Second, Message: []byte("request completed")}
		addField(&ev, "method", []string{"GET", "GET", "GET", "POST"}[i%4])
		addNumber(&ev, "took", float64(100+i*31%900))
		if i%2 == 0 {
			addField(&ev, "user", fmt.Sprintf("%x", i*7919))
		}
		if i%5 == 0 {
			addField(&ev, "note", []string{"", "late"}[i/5%2])
		}
		d.Observe(&ev, new(detector.Verdict))
	}
	c, err := detector.Inspect(bytes.NewReader(snapshot(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.03 }
	seen := map[string]bool{}
	for _, f := range c.Groups[0].Fields {
		if f.Part != "" {
			continue
		}
		seen[f.Name] = true
		share, empty := map[string]float64{"method": 1, "took": 1, "user": 0.5, "note": 0.2}[f.Name], 0.0
		if f.Name == "note" {
			empty = 0.5
		}
		if !near(f.Share, share) || !near(f.Empty, empty) || f.Records < 1 || f.Records > 4000 {
			t.Errorf("%s: in %d records, a share of %.3f, empty in %.3f; want %.1f and %.1f", f.Name, f.Records, f.Share, f.Empty, share, empty)
		}
		switch f.Name {
		case "method":
			if len(f.Usual) != 2 || f.Usual[0].Text != "GET" || !near(f.Usual[0].Share, 0.75) || !near(f.Usual[1].Share, 0.25) || f.Distinct != 2 {
				t.Errorf("method: %+v", f)
			}
		case "took":
			if f.Numbers == nil || f.Numbers.Low > 150 || f.Numbers.High < 900 || f.Numbers.High > 1100 {
				t.Errorf("took: %+v", f)
			}
		case "user":
			if f.Distinct < 100 || len(f.Usual) > 0 {
				t.Errorf("user: %+v", f)
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("fields %v", seen)
	}
}
