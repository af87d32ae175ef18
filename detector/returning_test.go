package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// incident returns the lines of one of the example service's incidents.
func incident(name string) (lines []string) {
	g := shoplog.New(shoplog.Options{Seed: 5, Incidents: true, Lines: 8000})
	for range 9000 {
		if r := g.Next(); r.Incident == name {
			lines = append(lines, r.Line)
		}
	}
	return lines
}

// TestWhatReturnsIsNewsEachDay lets three days of the example service pass, with
// a full disk at 10 o'clock and a retry storm at 15 o'clock each day. Each is
// told within its first five lines, on the third day as on the first, and the
// hours between are quiet.
func TestWhatReturnsIsNewsEachDay(t *testing.T) {
	d := newDetector(t, nil)
	incidents := []struct {
		name string
		hour int
	}{{"disk-full", 10}, {"retry-storm", 15}}
	g := shoplog.New(shoplog.Options{Seed: 11})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	begun := map[string]bool{}
	healthy, flagged := 0, 0
	var v detector.Verdict
	for {
		r := g.Next()
		if r.Time.Sub(start) > 72*time.Hour {
			break
		}
		for _, in := range incidents {
			day := r.Time.Format("2 January ") + in.name
			if r.Time.Hour() < in.hour || r.Time.Hour() > in.hour || begun[day] || r.Time.Sub(start) < 90*time.Minute {
				continue
			}
			begun[day] = true
			lines := incident(in.name)
			told := 0
			for i, line := range lines {
				at := r.Time.Add(time.Duration(i) * 100 * time.Millisecond)
				if d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: []byte(line)}, &v); v.Anomaly && told == 0 {
					told = i + 1
				}
			}
			if told == 0 || told > 5 {
				t.Errorf("%s: told at line %d of %d, at the 5th at the latest wanted", day, told, len(lines))
			}
		}
		d.Observe(&detector.Event{Time: time.Duration(r.Time.UnixNano()), Message: []byte(r.Line)}, &v)
		if r.Time.Sub(start) > 90*time.Minute {
			if healthy++; v.Anomaly {
				flagged++
			}
		}
	}
	if len(begun) != 6 {
		t.Fatalf("%d incidents, 6 wanted", len(begun))
	}
	if rate := 1e4 * float64(flagged) / float64(healthy); rate > 6 {
		t.Errorf("%d of %d healthy lines flagged: %.1f in 10,000, at most 6 wanted", flagged, healthy, rate)
	}
}

// eachDay lets the example service go on for so many days and says something at eleven on
// each of them, which check gets the verdict of.
func eachDay(t *testing.T, days int, say func(day int, at time.Time) *detector.Event, check func(day int, v *detector.Verdict)) {
	t.Helper()
	d := newDetector(t, nil)
	g := shoplog.New(shoplog.Options{Seed: 12})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var v detector.Verdict
	for day := 0; day < days; {
		r := g.Next()
		at := time.Duration(r.Time.UnixNano())
		d.Observe(&detector.Event{Time: at, Message: []byte(r.Line)}, &v)
		if r.Time.Sub(start) < time.Duration(day)*24*time.Hour+3*time.Hour {
			continue
		}
		day++
		ev := say(day, r.Time)
		ev.Time = at
		d.Observe(ev, &v)
		check(day, &v)
	}
}

// TestTroubleOfAnotherDayIsToldAgain has one line of trouble a day: it is told on each of
// the days, with how long it was away, though it was seen before and has no usual gap.
func TestTroubleOfAnotherDayIsToldAgain(t *testing.T) {
	eachDay(t, 4, func(day int, at time.Time) *detector.Event {
		return &detector.Event{Message: fmt.Appendf(nil, "%s kernel: Out of memory: killed process %d (shop-worker)", at.Format("Jan _2 15:04:05"), 30_000+7*day)}
	}, func(day int, v *detector.Verdict) {
		kind, reason := detector.AnomalyKind("new"), "seen 0 times in "
		if day > 1 {
			kind, reason = "returned", "message of trouble is back after 24 h, seen "
		}
		if !v.Anomaly || v.Kind != kind || !strings.Contains(string(v.Reason), reason) {
			t.Errorf("day %d: anomaly %v of the kind %s, %q; want %s, %q", day, v.Anomaly, v.Kind, v.Reason, kind, reason)
		}
	})
}

// TestTroubleThatCameInClumpsReturns has a failure come each hour or so for a day, now and then
// three times within seconds, so that the log is used to it. It is mended, and comes again a day and a
// half later: that is told, and not the clumps of the day before.
func TestTroubleThatCameInClumpsReturns(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(41, 42))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	say := func(level, format string) (v detector.Verdict) {
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, level+" "+format, rng.IntN(9000))}, &v)
		return v
	}
	routine := func(d time.Duration) {
		for end := at.Add(d); at.Before(end); at = at.Add(time.Duration(10+rng.IntN(10)) * time.Second) {
			say("INFO", "parcel %d scanned")
		}
	}
	const trouble = "statistics of filesystem %d are not to be had: no data in the cache"
	late := 0
	for hour := range 26 {
		routine(time.Duration(40+rng.IntN(40)) * time.Minute)
		for range 1 + hour%9/8*2 {
			if say("ERROR", trouble).Anomaly && hour >= 18 {
				late++
			}
			at = at.Add(time.Duration(1+rng.IntN(9)) * time.Second)
		}
	}
	if late > 1 {
		t.Errorf("%d lines of trouble that came all along are told", late)
	}
	routine(36 * time.Hour)
	if v := say("ERROR", trouble); !v.Anomaly || !strings.Contains(string(v.Reason), "is back after 36 h") {
		t.Errorf("it returns: anomaly %v with a score of %.3f, %q", v.Anomaly, v.Score, v.Reason)
	}
}

// TestFineTroubleOfAnotherDay has a job a day that deletes what is expired, which its own
// level calls no trouble: it is told on the first days, and then it is usual. At WARN it is
// told on each of them.
func TestFineTroubleOfAnotherDay(t *testing.T) {
	for _, c := range []struct {
		level pattern.Level
		quiet int // the first day on which it is not told; 0 = none
	}{{pattern.LevelInfo, 4}, {pattern.LevelWarn, 0}} {
		eachDay(t, 5, func(day int, _ time.Time) *detector.Event {
			return &detector.Event{Level: c.level, Message: fmt.Appendf(nil, "retention: deleted %d expired carts and their reservations, the oldest from last week", 800+7*day)}
		}, func(day int, v *detector.Verdict) {
			if want := c.quiet == 0 || day < c.quiet; v.Anomaly != want {
				t.Errorf("%v, day %d: anomaly %v with a score of %.3f, want %v: %s", c.level, day, v.Anomaly, v.Score, want, v.Reason)
			}
		})
	}
}

// TestCutLineOfAnotherDayIsToldAgain has a line a day that ends in the middle, at the same
// place: it is told on each of the days, as what it is. One that has all its quotes and
// brackets is told on the first day alone.
func TestCutLineOfAnotherDayIsToldAgain(t *testing.T) {
	for _, cut := range []bool{true, false} {
		eachDay(t, 4, func(day int, at time.Time) *detector.Event {
			line := fmt.Appendf(nil, `{"time":"%s","level":"info","logger":"payments","order":"ord_%011x","msg":"charge ch_%016x capt`, at.Format("2006-01-02T15:04:05.000000Z"), day*7919, day*104729)
			if !cut {
				line = append(line, `ions printed"}`...)
			}
			return &detector.Event{Message: line}
		}, func(day int, v *detector.Verdict) {
			if want := cut || day == 1; v.Anomaly != want {
				t.Errorf("cut %v, day %d: anomaly %v with a score of %.3f, want %v", cut, day, v.Anomaly, v.Score, want)
			}
			if cut && day > 1 && (v.Kind != detector.CutOff || !strings.Contains(string(v.Reason), "a quote or a bracket stays open")) {
				t.Errorf("day %d: the kind %s, %q; want cut", day, v.Kind, v.Reason)
			}
		})
	}
}

// TestWhileTheLogRestsNothingIsAway has a line of trouble now and then, and a night in
// which the log says nothing at all: the line that comes after it was away no longer than
// the rest. That of a log that went on was.
func TestWhileTheLogRestsNothingIsAway(t *testing.T) {
	for _, rests := range []bool{true, false} {
		d := newDetector(t, nil)
		g := shoplog.New(shoplog.Options{Seed: 13})
		start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		night := start.Add(12 * time.Hour)
		if rests {
			night = start.Add(3 * time.Hour)
		}
		var v detector.Verdict
		var said, moved time.Duration
		observe := func(at time.Time, line string) {
			d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: []byte(line)}, &v)
		}
		for n := 0; ; {
			r := g.Next()
			if rests && moved == 0 && r.Time.After(night) {
				moved = 9 * time.Hour
			}
			at := r.Time.Add(moved)
			if at.After(start.Add(12*time.Hour + time.Minute)) {
				observe(at, "kernel: disk sdb1: write of block 77120 failed")
				break
			}
			observe(at, r.Line)
			if passed := r.Time.Sub(start); passed < 3*time.Hour && passed >= said {
				said = passed + 5*time.Minute
				n++
				observe(at, fmt.Sprintf("kernel: disk sdb1: write of block %d failed", 77000+n))
			}
		}
		if v.Anomaly == rests {
			t.Errorf("the log rests for the night: %v; a line after it: anomaly %v, score %.2f, %q", rests, v.Anomaly, v.Score, v.Reason)
		}
	}
}

// TestWhatComesAndGoesIsNoThingOfAnotherDay: trouble that was there a few times on a day is
// not told as what is back after a night.
func TestWhatComesAndGoesIsNoThingOfAnotherDay(t *testing.T) {
	d := newDetector(t, nil)
	g := shoplog.New(shoplog.Options{Seed: 12})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var v detector.Verdict
	hours := []int{4, 6, 8, 10, 25}
	for n := 0; n < len(hours); {
		r := g.Next()
		at := time.Duration(r.Time.UnixNano())
		d.Observe(&detector.Event{Time: at, Message: []byte(r.Line)}, &v)
		if r.Time.Sub(start) < time.Duration(hours[n])*time.Hour {
			continue
		}
		n++
		line := fmt.Sprintf("%s kernel: Out of memory: killed process %d (shop-worker)", r.Time.Format("Jan _2 15:04:05"), 30_000+7*n)
		d.Observe(&detector.Event{Time: at, Message: []byte(line)}, &v)
		if n == 1 && !v.Anomaly {
			t.Error("the first is not told")
		}
		if n == len(hours) && v.Anomaly && strings.Contains(string(v.Reason), "is back after") {
			t.Errorf("the fifth, of another day, is told as one that is back: %s", v.Reason)
		}
	}
}
