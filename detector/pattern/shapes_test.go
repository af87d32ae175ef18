package pattern

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sameLine says what a remembering workspace made of a line that a plain one did not.
func sameLine(got, want *Line) string {
	switch {
	case got.Hash != want.Hash || got.Vars != want.Vars || got.Level != want.Level || got.Truncated != want.Truncated:
		return fmt.Sprintf("hash %x, vars %x, level %s, truncated %v; want %x, %x, %s, %v", got.Hash, got.Vars, got.Level, got.Truncated, want.Hash, want.Vars, want.Level, want.Truncated)
	case !slices.Equal(got.Tokens, want.Tokens):
		return fmt.Sprintf("tokens %v; want %v", got.Tokens, want.Tokens)
	case !slices.Equal(got.Numbers, want.Numbers):
		return fmt.Sprintf("numbers %v; want %v", got.Numbers, want.Numbers)
	}
	return ""
}

// otherDigits returns the line with other digits: mostly some at random, and now and
// then the same one everywhere.
func otherDigits(rng *rand.Rand, line []byte) []byte {
	other, all, part := bytes.Clone(line), byte(rng.IntN(30)), 1+rng.IntN(4)
	for i, c := range other {
		if c >= '0' && c <= '9' && rng.IntN(part) == 0 {
			if other[i] = '0' + all; all > 9 {
				other[i] = '0' + byte(rng.IntN(10))
			}
		}
	}
	return other
}

// TestRecalledAsScanned holds that a line whose shape is known is what it is when it is
// scanned, whatever its digits are.
func TestRecalledAsScanned(t *testing.T) {
	s, l, rng := NewScanner(1), new(Workspace), rand.New(rand.NewPCG(3, 4))
	l.Remember()
	lines, recalled := 0, 0
	for _, g := range golden {
		for range 200 {
			line := otherDigits(rng, []byte(g.line))
			want := scan(s, string(line))
			s.Scan(line, l)
			if wrong := sameLine(&l.Line, &want.Line); wrong != "" {
				t.Fatalf("%q, as one of %q: %s", line, g.line, wrong)
			}
			lines++
			if len(l.Tokens) > 0 && &l.Tokens[0] != &l.tokens[0] {
				recalled++
			}
		}
	}
	if recalled < lines/2 {
		t.Errorf("%d of %d lines were recalled", recalled, lines)
	}
}

// What rests on a digit that is not the same is scanned anew.
func TestShapesThatDigitsChange(t *testing.T) {
	s := NewScanner(1)
	for _, c := range [][2]string{
		{"081109 203615 148 INFO block stored", "081309 203615 148 INFO block stored"},
		{"<13>session opened", "<11>session opened"},
		{"<131>session opened", "<931>session opened"},
		{"%ASA-4-106023: Deny tcp", "%ASA-6-106023: Deny tcp"},
		{"%ASA-4-106023: Deny tcp", "%ASA-9-106023: Deny tcp"},
		{"peer 10.0.0.255 left", "peer 310.0.0.255 left"},
		{"peer 110.0.0.255 left", "peer 310.0.0.999 left"},
		{"at Dec 04 04:47:44 2005 done", "at Dec 04 04:47:44 3005 done"},
		{"node 2005.11.09 up", "node 5005.11.09 up"},
		{"sum 1,234,567 paid", "sum 0,234,567 paid"},
		{"sum 1,234,567 paid", "sum 4,234,567 paid"},
		{"took 1m3s in all", "took 4m2s in all"},
		{"rate 1.5e-3 now", "rate 7.5e-9 now"},
		{"3 warnings, ERROR: 0", "3 warnings, ERROR: 5"},
		{"-0.5 or 12.25ms or 7 MB", "-9.1 or 99.75ms or 1 MB"},
	} {
		for _, order := range [][2]string{c, {c[1], c[0]}} {
			l := new(Workspace)
			l.Remember()
			for _, line := range []string{order[0], order[0], order[1], order[1], order[0]} {
				want := scan(s, line)
				s.Scan([]byte(line), l)
				if wrong := sameLine(&l.Line, &want.Line); wrong != "" {
					t.Errorf("%q behind %q: %s", line, order[0], wrong)
				}
			}
		}
	}
}

// A workspace that remembers keeps to what the scanner that is asked would say.
func TestShapesOfTwoScanners(t *testing.T) {
	a, b, l := NewScanner(1), NewScanner(2), new(Workspace)
	l.Remember()
	for _, s := range []*Scanner{a, b, a, b} {
		want := scan(s, golden[0].line)
		s.Scan([]byte(golden[0].line), l)
		if wrong := sameLine(&l.Line, &want.Line); wrong != "" {
			t.Error(wrong)
		}
	}
}

// What comes once takes no room from what comes again and again.
func TestShapesSeenOnce(t *testing.T) {
	s, l := NewScanner(1), new(Workspace)
	l.Remember()
	recalled := func(line string) bool {
		s.Scan([]byte(line), l)
		return &l.Tokens[0] != &l.tokens[0]
	}
	if recalled("job 1 done") || recalled("job 2 done") || !recalled("job 3 done") {
		t.Error("a line is not remembered from the second time on")
	}
	for i := range 10 * shapeSets * shapeWays {
		var word [8]byte
		for k := range word {
			word[k] = 'a' + byte(i>>(2*k)&3)
		}
		s.Scan(word[:], l)
	}
	if !recalled("job 4 done") {
		t.Error("it is forgotten for lines that came once")
	}
}

func TestRememberingAllocatesNothing(t *testing.T) {
	s, l := NewScanner(7), new(Workspace)
	l.Remember()
	line := []byte(golden[0].line)
	if n := testing.AllocsPerRun(100, func() {
		line[len(line)-1]++ // of another shape
		s.Scan(line, l)
		s.Scan(line, l)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzShapes holds that what is remembered of a line changes nothing of it, nor of those
// that differ in their digits.
func FuzzShapes(f *testing.F) {
	for i, g := range golden {
		f.Add([]byte(g.line), uint64(i))
	}
	f.Add([]byte("<34>1,234.5 and 0.345.678,9"), uint64(1))
	f.Add([]byte("081109 203615 1.2.3.4.5 Dec 2005 2005.11.09 %A-7-1"), uint64(2))
	f.Add([]byte(strings.Repeat("10.1.2.3 ", 30)), uint64(3))
	s := NewScanner(1)
	l := new(Workspace)
	l.Remember()
	f.Fuzz(func(t *testing.T, line []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for range 8 {
			var want Workspace
			s.Scan(line, &want)
			s.Scan(line, l)
			if wrong := sameLine(&l.Line, &want.Line); wrong != "" {
				t.Fatalf("%q: %s", line, wrong)
			}
			line = otherDigits(rng, line)
		}
	})
}
