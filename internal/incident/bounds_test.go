package incident

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestBounds of what is one incident, to the nanosecond and to the record.
func TestBounds(t *testing.T) {
	const gap, longest = 5 * time.Minute, 4 * time.Hour
	for _, c := range []struct {
		name string
		at   []time.Duration // after the first
		same bool            // the last one is of the first one's incident
	}{
		{"a gap later", []time.Duration{gap}, true},
		{"more than a gap later", []time.Duration{gap + 1}, false},
		{"a gap before", []time.Duration{-gap}, true},
		{"more than a gap before", []time.Duration{-gap - 1}, false},
		{"two gaps before, one between", []time.Duration{-gap, -2 * gap}, true},
		{"the last one counts, not the first", []time.Duration{gap, 2 * gap}, true},
		{"after one that came late", []time.Duration{gap, 0, 2 * gap}, true},
	} {
		tr := New(0)
		first, _ := flag(tr, start, "", 1)
		id := ""
		for _, at := range c.at {
			id, _ = flag(tr, start+at, "", 1)
		}
		if (id == first) != c.same {
			t.Errorf("%s: %s, the first one %s", c.name, id, first)
		}
	}
	for _, c := range []struct {
		last time.Duration
		same bool
	}{{longest, true}, {longest + 1, false}} {
		tr := New(0)
		first, _ := flag(tr, start, "", 1)
		for at := gap; at < longest; at += gap {
			flag(tr, start+at, "", 1)
		}
		if id, _ := flag(tr, start+c.last, "", 1); (id == first) != c.same {
			t.Errorf("%v after its first: %s, the first one %s", c.last, id, first)
		}
	}
	// An own gap that is longer than any incident is the length of one.
	tr := New(24 * time.Hour)
	first, _ := flag(tr, start, "", 1)
	if id, nth := flag(tr, start+24*time.Hour, "", 1); id != first || nth != 2 {
		t.Errorf("with a gap of a day, a day later: %s, number %d", id, nth)
	}
	// Records without a time: 300 of them are a gap, 48 gaps an incident.
	for _, c := range []struct {
		between, times int
		same           bool
	}{{300, 1, true}, {301, 1, false}, {300, 48, true}, {300, 49, false}} {
		tr := New(0)
		first, _ := flag(tr, 0, "", 1)
		id := ""
		for range c.times {
			for range c.between - 1 {
				tr.Pass(0)
			}
			id, _ = flag(tr, 0, "", 1)
		}
		if (id == first) != c.same {
			t.Errorf("%d times %d records later: %s, the first one %s", c.times, c.between, id, first)
		}
	}
}

// TestIDs: their form, and that they sort as the records came.
func TestIDs(t *testing.T) {
	timed := New(0)
	if id, _ := flag(timed, start, "", 1); !regexp.MustCompile(`^20260302T080000-[0-9a-z]{5}$`).MatchString(id) {
		t.Errorf("%s", id)
	}
	for _, n := range []int{1, 2, 9, 10, 11, 99, 100, 999, 1000, 1001} {
		tr := New(0)
		for range n - 1 {
			tr.Pass(0)
		}
		id, _ := flag(tr, 0, "", 1)
		if want := fmt.Sprintf("n%012d-", n); !strings.HasPrefix(id, want) || len(id) != len(want)+5 {
			t.Errorf("of record %d: %s, want %s and five letters", n, id, want)
		}
	}
	// A time that no incident can have is none.
	for _, c := range []struct {
		before time.Duration // the last moment that a Duration holds
		timed  bool
	}{{0, false}, {30*24*time.Hour - 1, false}, {30 * 24 * time.Hour, true}} {
		tr := New(7 * 24 * time.Hour)
		id, _ := flag(tr, 1<<63-1-c.before, "", 1)
		if timed := !strings.HasPrefix(id, "n000000000001-"); timed != c.timed {
			t.Errorf("%v before the last moment: %s", c.before, id)
		}
		if again, nth := flag(tr, 1<<63-1-c.before, "", 1); again != id || nth != 2 {
			t.Errorf("%v before the last moment: %s, then %s, number %d", c.before, id, again, nth)
		}
	}
}

// TestAStateIsTakenOver as it is: with times and without, with one record and many.
func TestAStateIsTakenOver(t *testing.T) {
	for name, at := range map[string]time.Duration{"with times": start, "without": 0} {
		for records := range 4 {
			tr := New(0)
			for n := range records {
				flag(tr, at, fmt.Sprint("group ", n), 1)
			}
			b, err := tr.AppendBinary(nil)
			if err != nil || len(b) > MaxBytes {
				t.Fatal(len(b), err)
			}
			heir := New(0)
			if err := heir.UnmarshalBinary(b); err != nil {
				t.Errorf("%s, %d incidents: %v", name, records, err)
				continue
			}
			if again, _ := heir.AppendBinary(nil); !bytes.Equal(again, b) {
				t.Errorf("%s, %d incidents: % x became % x", name, records, b, again)
			}
			if records > 0 {
				id, nth := flag(tr, at, "group 0", 2)
				if got, n := flag(heir, at, "group 0", 2); got != id || n != nth || n != 2 {
					t.Errorf("%s: %s, number %d; without a restart %s, number %d", name, got, n, id, nth)
				}
			}
			// Cut short, or longer, it is none, and changes nothing.
			for cut := range b {
				if heir.UnmarshalBinary(b[:cut]) == nil {
					t.Errorf("%s: cut at %d it is taken", name, cut)
				}
			}
			if heir.UnmarshalBinary(append(b, 0)) == nil {
				t.Errorf("%s: with more behind it it is taken", name)
			}
		}
	}
}

// TestStoriesHaveLimits, each of them a number that people may read of.
func TestStoriesHaveLimits(t *testing.T) {
	teller := NewTeller(0)
	line := func(n int, incident string, pattern uint64, text string) {
		v := detector.Verdict{Anomaly: true, Score: 0.6, Pattern: pattern}
		teller.Line(&Line{Number: int64(n), Verdict: &v, Text: []byte(text), Incident: []byte(incident), Template: func() string { return "" }})
	}
	for n := range 10_000 {
		line(n, fmt.Sprintf("n%012d-abcde", n), 1, "")
	}
	if n := len(teller.Stories()); n != 10_000 || teller.Left != 0 {
		t.Errorf("of 10,000 stories %d are held, %d left out", n, teller.Left)
	}
	line(10_000, "n000000010000-abcde", 1, "")
	if n := len(teller.Stories()); n != 5_000 || teller.Left != 5_001 {
		t.Errorf("of 10,001 stories %d are held, %d left out", n, teller.Left)
	}
	teller = NewTeller(0)
	for n := range 20 {
		line(n, "one", uint64(n), strings.Repeat("x", 1000))
	}
	s := teller.Stories()[0]
	if len(s.Patterns) != 8 || s.More != 12 || s.Flagged != 20 || len(s.Patterns[0].Sample) != 400 {
		t.Errorf("%d patterns, %d more, %d flagged, a sample of %d bytes", len(s.Patterns), s.More, s.Flagged, len(s.Patterns[0].Sample))
	}
}
