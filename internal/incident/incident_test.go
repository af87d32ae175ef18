package incident

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

var start = time.Duration(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).UnixNano())

// flag passes a flagged record, stranger than all before it, and returns its incident and
// its number there.
func flag(t *Tracker, at time.Duration, group string, pattern uint64) (string, uint64) {
	strangest += 1e-9
	return flagAs(t, at, group, pattern, strangest)
}

var strangest = 0.5

func flagAs(t *Tracker, at time.Duration, group string, pattern uint64, score float64) (string, uint64) {
	t.Pass(at)
	nth := t.Flagged([]byte(group), &detector.Verdict{Pattern: pattern, Score: score, Kind: detector.OffNumber})
	return string(t.AppendID(nil)), nth
}

// TestWhoeverIsCalledIsCalledOnce: records count from the one on with which an incident
// weighs enough.
func TestWhoeverIsCalledIsCalledOnce(t *testing.T) {
	type record struct {
		at      time.Duration
		pattern uint64
		weight  detector.Weight
		nth     uint64
	}
	const s, m, h = time.Second, time.Minute, time.Hour
	for name, records := range map[string][]record{
		"one of weight":                 {{0, 1, detector.Whole, 1}, {s, 2, detector.None, 2}, {2 * s, 3, detector.Half, 3}},
		"two halves":                    {{0, 1, detector.Half, 0}, {m, 2, detector.Half, 1}, {2 * m, 3, detector.Half, 2}},
		"two halves far apart":          {{0, 1, detector.Half, 0}, {h, 2, detector.Half, 0}},
		"nothing weighs nothing":        {{0, 1, detector.None, 0}, {s, 2, detector.None, 0}, {m, 3, detector.None, 0}},
		"a half and none":               {{0, 1, detector.Half, 0}, {s, 2, detector.None, 0}, {m, 3, detector.Half, 1}},
		"begins quietly":                {{0, 1, detector.None, 0}, {s, 2, detector.Whole, 1}, {m, 3, detector.None, 2}},
		"the same again, alone":         {{0, 1, detector.Half, 0}, {h, 1, detector.Half, 0}, {3 * h, 1, detector.Half, 0}},
		"the same again, of weight":     {{0, 1, detector.None, 0}, {h, 1, detector.Whole, 1}},
		"the same again, of weight too": {{0, 1, detector.Whole, 1}, {h, 1, detector.Whole, 2}},
	} {
		for _, restarts := range []bool{false, true} {
			tr := New(0)
			for i, r := range records {
				if restarts {
					b, _ := tr.AppendBinary(nil)
					tr = New(0)
					if err := tr.UnmarshalBinary(b); err != nil {
						t.Fatal(err)
					}
				}
				tr.Pass(start + r.at)
				if nth := tr.Flagged(nil, &detector.Verdict{Pattern: r.pattern, Weight: r.weight, Score: 0.6, Kind: detector.OffNumber}); nth != r.nth {
					t.Errorf("%s (restarts: %v): record %d has the number %d, want %d", name, restarts, i+1, nth, r.nth)
				}
			}
		}
	}
}

// TestARareMessageIsNoStranger, however rare it was meanwhile; a number further out is.
func TestARareMessageIsNoStranger(t *testing.T) {
	for kind, nth := range map[detector.AnomalyKind]uint64{detector.RarePattern: 2, detector.Returned: 2, detector.OffNumber: 1, detector.OffRate: 1} {
		tr := New(0)
		var got uint64
		for i, score := range []float64{0.55, 0.6} {
			tr.Pass(start + time.Duration(i)*time.Hour)
			got = tr.Flagged(nil, &detector.Verdict{Pattern: 1, Score: score, Kind: kind})
		}
		if got != nth {
			t.Errorf("%s: the second record has the number %d, want %d", kind, got, nth)
		}
	}
}

// TestWhatWasToldTodayGoesOn: a record that comes alone, of a pattern that was told today,
// opens no incident, unless it is stranger; a second one does.
func TestWhatWasToldTodayGoesOn(t *testing.T) {
	type record struct {
		at      time.Duration
		group   string
		pattern uint64
		score   float64
		opens   bool
	}
	for _, c := range []struct {
		name    string
		records []record // behind one of the pattern 1 with a score of 0.6
		nth     uint64   // of the last one
	}{
		{"alone", []record{{time.Hour, "", 1, 0.6, false}}, 2},
		{"alone, stranger", []record{{time.Hour, "", 1, 0.61, true}}, 1},
		{"alone, again and again", []record{{1 * time.Hour, "", 1, 0.6, false}, {2 * time.Hour, "", 1, 0.55, false}, {11 * time.Hour, "", 1, 0.6, false}}, 4},
		{"on another day", []record{{12 * time.Hour, "", 1, 0.5, true}}, 1},
		{"on another day, though it went on", []record{{11 * time.Hour, "", 1, 0.5, false}, {12 * time.Hour, "", 1, 0.5, true}}, 1},
		{"a second one", []record{{time.Hour, "", 1, 0.6, false}, {time.Hour + 5*time.Minute, "", 1, 0.5, true}}, 1},
		{"a second one too late", []record{{time.Hour, "", 1, 0.6, false}, {time.Hour + 5*time.Minute + 1, "", 1, 0.5, false}}, 3},
		{"another pattern", []record{{time.Hour, "", 2, 0.5, true}}, 1},
		{"another pattern beside one that goes on", []record{{time.Hour, "", 1, 0.6, false}, {time.Hour + time.Second, "", 2, 0.5, true}}, 1},
		{"in another group", []record{{time.Hour, "web", 1, 0.5, true}}, 1},
		{"as strange as the strangest of today", []record{{time.Hour, "", 1, 0.7, true}, {2 * time.Hour, "", 1, 0.7, false}}, 2},
		{"a part of another incident", []record{{time.Hour, "", 2, 0.6, true}, {time.Hour + time.Second, "", 1, 0.6, false}, {2 * time.Hour, "", 1, 0.6, false}}, 3},
		{"from long before", []record{{-6 * time.Minute, "", 1, 0.5, true}}, 1},
	} {
		for _, restarts := range []bool{false, true} {
			tr := New(0)
			ids := map[string]bool{}
			id, nth := flagAs(tr, start, "", 1, 0.6)
			ids[id] = true
			for i, r := range c.records {
				if restarts {
					b, _ := tr.AppendBinary(nil)
					tr = New(0)
					if err := tr.UnmarshalBinary(b); err != nil {
						t.Fatal(err)
					}
				}
				id, nth = flagAs(tr, start+r.at, r.group, r.pattern, r.score)
				if opens := !ids[id]; opens != r.opens || opens != (nth == 1) {
					t.Errorf("%s (restarts: %v), record %d: incident %s, number %d; opens one: %v wanted", c.name, restarts, i+1, id, nth, r.opens)
				}
				ids[id] = true
			}
			if nth != c.nth {
				t.Errorf("%s (restarts: %v): number %d, %d wanted", c.name, restarts, nth, c.nth)
			}
		}
	}
}

func TestFlaggedRecordsNearInTimeAreOneIncident(t *testing.T) {
	tr := New(0)
	one, n := flag(tr, start, "", 7)
	if want := "20260302T080000-"; len(one) != len(want)+markSize || one[:len(want)] != want || n != 1 {
		t.Fatalf("the first record: %q, %d", one, n)
	}
	for _, c := range []struct {
		name  string
		at    time.Duration
		group string
		same  bool
		nth   uint64
	}{
		{"four minutes on, of another pattern", 4 * time.Minute, "", true, 2},
		{"nine minutes on, five after the last", 9 * time.Minute, "", true, 3},
		{"one that comes late", time.Minute, "", true, 4},
		{"another group", 9 * time.Minute, "web", false, 1},
		{"from the future", 400 * 24 * time.Hour, "", false, 1},
		{"the stream goes on", 10 * time.Minute, "", true, 5},
		{"long after", 15*time.Minute + 1, "", false, 1},
		{"from long before", -6 * time.Minute, "", false, 1},
	} {
		if id, n := flag(tr, start+c.at, c.group, 9); (id == one) != c.same || n != c.nth {
			t.Errorf("%s: %s, number %d; the first was %s", c.name, id, n, one)
		}
	}
}

func TestAnIncidentThatDoesNotEndIsToldAgain(t *testing.T) {
	tr := New(0)
	ids := map[string]bool{}
	for at := time.Duration(0); at < 24*time.Hour; at += time.Minute {
		id, _ := flag(tr, start+at, "", 1)
		ids[id] = true
	}
	if len(ids) != 6 {
		t.Errorf("a day of flagged records is %d incidents, want one for each 4 hours", len(ids))
	}
}

func TestRecordsWithoutTimeAreNearByTheirNumber(t *testing.T) {
	tr := New(0)
	for range 11 {
		tr.Pass(0)
	}
	one, n := flag(tr, 0, "", 1)
	if one[:13] != "n000000000012" || n != 1 {
		t.Errorf("the first is %s, number %d", one, n)
	}
	for range gapRecords - 1 {
		tr.Pass(0)
	}
	if id, n := flag(tr, 0, "", 1); id != one || n != 2 {
		t.Errorf("%d records on: %s, number %d, want %s", gapRecords, id, n, one)
	}
	for range gapRecords {
		tr.Pass(0)
	}
	two, n := flag(tr, 0, "", 1)
	if two <= one || n != 1 {
		t.Errorf("beyond the gap: %s, number %d, want another than %s", two, n, one)
	}
	// A line without a time is of the time of the one before it.
	timed, _ := flag(tr, start, "", 1)
	if id, n := flag(tr, 0, "", 2); id != timed || n != 2 {
		t.Errorf("a line behind one with a time: %s, number %d, want %s", id, n, timed)
	}
}

func TestIdsSortByTime(t *testing.T) {
	tr := New(0)
	var ids []string
	for i := range 2000 {
		id, _ := flag(tr, start+time.Duration(i)*7*time.Hour, "", uint64(i)*0x9e3779b97f4a7c15)
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 2000 {
		t.Error("ids are not in the order of time, or are the same")
	}
}

func TestTrackerIsBounded(t *testing.T) {
	tr := New(0)
	for i := range 5 * maxOpen {
		flag(tr, start, string(rune(i+0x100)), 1)
	}
	if len(tr.open) != maxOpen || len(tr.told) != maxTold {
		t.Errorf("%d incidents and %d patterns are held", len(tr.open), len(tr.told))
	}
	// What was told in an incident that is not held any more is told anew.
	if _, nth := flagAs(tr, start+time.Hour, string(rune(4*maxOpen-1+0x100)), 1, 0); nth != 1 {
		t.Errorf("of an incident that is forgotten: number %d", nth)
	}
	if b, _ := tr.AppendBinary(nil); len(b) > MaxBytes {
		t.Errorf("%d bytes, more than MaxBytes", len(b))
	}
}

func TestTrackerGoesOnAfterARestart(t *testing.T) {
	tr := New(0)
	want, _ := flag(tr, start, "web", 1)
	b, _ := tr.AppendBinary(nil)
	again := New(time.Minute)
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if id, n := flag(again, start+time.Minute, "web", 2); id != want || n != 2 {
		t.Errorf("after a restart: %s, number %d, want %s, 2", id, n, want)
	}
	if id, _ := flag(again, start+3*time.Minute, "web", 2); id == want {
		t.Error("the gap is that of the state, not the tracker's own")
	}
}

func TestFlaggedDoesNotAllocate(t *testing.T) {
	tr := New(0)
	group, id := []byte("web"), make([]byte, 0, 64)
	v := detector.Verdict{Pattern: 3, Score: 0.6}
	at := start
	if n := testing.AllocsPerRun(2000, func() {
		at += time.Second
		tr.Pass(at)
		tr.Flagged(group, &v)
		id = tr.AppendID(id[:0])
	}); n > 0 {
		t.Errorf("%v allocations for a flagged record", n)
	}
}

// FuzzUnmarshal reads what anybody may have written: it is refused and changes
// nothing, or it is a state that can be used and saved again.
func FuzzUnmarshal(f *testing.F) {
	tr := New(0)
	f.Add([]byte{})
	b, _ := tr.AppendBinary(nil)
	f.Add(b)
	flag(tr, start, "web", 1)
	flag(tr, start, "", 2)
	b, _ = tr.AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := New(0)
		flag(tr, start, "web", 1)
		before, _ := tr.AppendBinary(nil)
		if err := tr.UnmarshalBinary(b); err != nil {
			if after, _ := tr.AppendBinary(nil); !bytes.Equal(before, after) {
				t.Fatalf("refused (%v), and yet changed", err)
			}
			return
		}
		flag(tr, start+time.Minute, "web", 1)
		flag(tr, 1<<63-1, "web", 1)
		flag(tr, 0, "db", 1)
		saved, _ := tr.AppendBinary(nil)
		if len(saved) > MaxBytes {
			t.Fatalf("%d bytes", len(saved))
		}
	})
}

func BenchmarkFlagged(b *testing.B) {
	tr := New(0)
	group, id, at := []byte("web"), make([]byte, 0, 64), start
	v := detector.Verdict{Pattern: 3, Score: 0.6}
	for b.Loop() {
		at += time.Second
		tr.Pass(at)
		tr.Flagged(group, &v)
		id = tr.AppendID(id[:0])
	}
}
