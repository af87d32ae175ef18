package detector_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// merged is a detector that goes on with what the others have learned.
func merged(t *testing.T, snapshots ...[]byte) (*detector.Detector, detector.Merged) {
	t.Helper()
	var m detector.Merger
	for _, s := range snapshots {
		if err := m.Add(bytes.NewReader(s)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	of, err := m.WriteTo(&b, "test", noon)
	if err != nil {
		t.Fatal(err)
	}
	d := newDetector(t, nil)
	if _, err := d.Restore(&b); err != nil {
		t.Fatal(err)
	}
	return d, of
}

// TestMergedJudgesAsTheWhole cuts a log in two, has a model learn each half, and merges
// them: what follows, incidents among it, is judged as by the model of the whole, with
// the difference that docs/incidents.md states.
func TestMergedJudgesAsTheWhole(t *testing.T) {
	for _, kind := range []string{"text", "fields"} {
		t.Run(kind, func(t *testing.T) {
			const learned, judged = 40_000, 8000
			var events []detector.Event
			incident := map[int]string{} // of events, by their index
			if kind == "text" {
				g := shoplog.New(shoplog.Options{Seed: 8})
				for range learned {
					r := g.Next()
					events = append(events, detector.Event{Time: time.Duration(r.Time.UnixNano()), Message: []byte(r.Line)})
				}
				end := events[learned-1].Time
				g = shoplog.New(shoplog.Options{Seed: 9, Incidents: true, Lines: judged, Start: time.Unix(0, int64(end)).UTC()})
				for range judged {
					r := g.Next()
					if r.Incident != "" {
						incident[len(events)] = r.Incident
					}
					events = append(events, detector.Event{Time: time.Duration(r.Time.UnixNano()), Message: []byte(r.Line)})
				}
			} else {
				w := watch(t, shopLog(31), 0)
				for i := range learned + judged {
					line := w.next()
					if i >= learned && i%400 == 7 {
						line = changed([]string{"status", "duration_ms", "user", "stack"}[i/400%4], []string{"599", "9000000", `"$(rm -rf /)"`, `"at cart.go:71"`}[i/400%4])
					}
					w.reader.Line([]byte(line), &w.event)
					ev := w.event
					ev.Message = bytes.Clone(ev.Message)
					ev.Fields = nil
					for _, f := range w.event.Fields {
						f.Name, f.Value = bytes.Clone(f.Name), bytes.Clone(f.Value)
						ev.Fields = append(ev.Fields, f)
					}
					events = append(events, ev)
				}
			}
			learn := func(events []detector.Event) *detector.Detector {
				d := newDetector(t, nil)
				for i := range events {
					d.Learn(&events[i])
				}
				return d
			}
			whole := learn(events[:learned])
			two, of := merged(t, snapshot(t, learn(events[:learned/2])), snapshot(t, learn(events[learned/2:learned])))
			if of.Groups != 1 || of.Records != learned || of.Patterns < 10 {
				t.Errorf("merged %+v", of)
			}
			want, got := observe(whole, events[learned:]), observe(two, events[learned:])
			var both, either int
			var apart float64
			tellWhole, tellMerged := map[string]bool{}, map[string]bool{}
			for i := range want {
				if what := incident[learned+i]; what != "" {
					tellWhole[what], tellMerged[what] = tellWhole[what] || want[i].Anomaly, tellMerged[what] || got[i].Anomaly
				}
				if want[i].Anomaly || got[i].Anomaly {
					either++
				}
				if want[i].Anomaly && got[i].Anomaly {
					both++
				}
				apart += math.Abs(want[i].Score - got[i].Score)
			}
			apart /= float64(len(want))
			t.Logf("of %d records flagged by one of both %d are by both; scores are %.4f apart", either, both, apart)
			if either < 10 || float64(both) < 0.75*float64(either) || apart > 0.01 {
				t.Errorf("of %d records flagged by one of both %d are by both; scores are %.4f apart: 3 of 4 and 0.01 wanted", either, both, apart)
			}
			if !maps.Equal(tellWhole, tellMerged) {
				t.Errorf("the model of the whole tells %v, the merged one %v", tellWhole, tellMerged)
			}
		})
	}
}

// TestMergedKnowsWhatEachKnows: what is routine on one of two nodes is no news to a third
// that starts with what both know, and what is routine on none is.
func TestMergedKnowsWhatEachKnows(t *testing.T) {
	at := noon
	see := func(d *detector.Detector, format string, args ...any) (v detector.Verdict) {
		at = at.Add(300 * time.Millisecond)
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, format, args...)}, &v)
		return v
	}
	node := func(own string) *detector.Detector {
		at = noon
		d := newDetector(t, nil)
		for i := range 6000 {
			see(d, "INFO request %d served in %d ms", i, 3+i%70)
			if i%60 == 7 {
				see(d, own, i)
			}
		}
		return d
	}
	const one, other = "WARN backup of volume %d is late", "ERROR fan of tray %d failed its test"
	a, b := node(one), node(other)
	both, _ := merged(t, snapshot(t, a), snapshot(t, b))
	if v := see(b, one, 9); !v.Anomaly {
		t.Error("the other node's message is no news to a node by itself: the test proves nothing")
	}
	for _, m := range []string{one, other, one} {
		if v := see(both, m, 9); v.Anomaly {
			t.Errorf("what a node knows is news to the merged model: %.3f, %s", v.Score, v.Reason)
		}
	}
	if v := see(both, "ERROR fan of tray %d is gone", 9); !v.Anomaly {
		t.Error("what no node knows is no news")
	}
}

// TestMergedIsTheSame: one model alone is the same behind it, and a group that is in one
// of two.
func TestMergedIsTheSame(t *testing.T) {
	events := shopEvents(6000, 1)
	one := newDetector(t, nil)
	observe(one, events[:4000])
	alone := snapshot(t, one)
	other := newDetector(t, nil)
	for i := range 500 {
		other.Learn(&detector.Event{Group: []byte("b"), Message: fmt.Appendf(nil, "request %d served", i)})
	}
	two, of := merged(t, alone, snapshot(t, other))
	if of.Groups != 2 || of.Records != 4500 {
		t.Errorf("merged %+v", of)
	}
	same(t, "merged", observe(two, events[4000:]), observe(one, events[4000:]))
}

func TestMergeSaysWhatDiffers(t *testing.T) {
	var m detector.Merger
	make := func(change func(*detector.Options)) []byte {
		d := newDetector(t, change)
		d.Learn(&detector.Event{Message: []byte("request served")})
		return snapshot(t, d)
	}
	if err := m.Add(bytes.NewReader(make(nil))); err != nil {
		t.Fatal(err)
	}
	err := m.Add(bytes.NewReader(make(func(o *detector.Options) { o.Seed, o.Window = 7, 128 })))
	if different, ok := errors.AsType[*detector.DifferentError](err); !ok || len(different.Differences) != 2 || !strings.Contains(err.Error(), "Seed is 7, of those before it is 1") {
		t.Errorf("%v", err)
	}
	if err := m.Add(strings.NewReader("no model")); err == nil {
		t.Error("what is no model is merged")
	}
	var b bytes.Buffer
	if of, err := m.WriteTo(&b, "test", noon); err != nil || of.Records != 1 {
		t.Errorf("%+v, %v: one record wanted", of, err)
	}
}
