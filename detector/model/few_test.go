package model

import (
	"math"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestFewPoints: a number far from few is worth the bits of Student's t with two degrees of freedom.
func TestFewPoints(t *testing.T) {
	const width = 0.25 // octaves, from 1000 on
	lo := numberOctaves(1000)
	usual := span{lo, lo + octaves(width*perOctave)}
	below := func(octs float64) octaves { return lo - octaves(octs*perOctave) }
	above := func(octs float64) octaves { return usual.hi + octaves(octs*perOctave) }
	for _, c := range []struct {
		name  string
		seen  uint32
		usual span
		x     octaves
		up    bool
		want  float64 // bits; 0 = it says nothing
	}{
		// The deviation of four is 0.25/2.02: t is (4+0.125)/(0.1238*sqrt(1.25)) = 29.8.
		{"a sixteenth, behind four", 4, usual, below(4), false, 9.8},
		{"as far above", 4, usual, above(4), true, 9.8},
		{"as far above, of a counter", 4, usual, above(4), false, 0},
		// Of sixteen 0.25/3.54, and t is 56.7.
		{"a sixteenth, behind sixteen", 16, usual, below(4), false, 11.7},
		{"a third", 16, usual, below(1.9), false, 0},
		{"among them", 16, usual, lo + 1, true, 0},
		{"behind two", 2, usual, below(4), false, 0},
		{"all the same", 16, span{lo, lo}, below(4), false, 0},
		{"far apart", 16, span{lo, lo + perOctave}, below(4), false, 0},
		{"a 0", 4, usual, noNumber, false, 12.4}, // 9.97 octaves below, t is 73
	} {
		m := New()
		m.records = knownFor
		got := m.fewPoints(&statement{seen: c.seen}, c.usual.noticed(pattern.UnitNone), c.x, c.up)
		if math.Abs(float64(got)-c.want) > 0.15 { // log2 is an approximation
			t.Errorf("%s: %.2f bits, want %.1f", c.name, got, c.want)
		}
		if m.records--; m.fewPoints(&statement{seen: c.seen}, c.usual, c.x, c.up) != 0 {
			t.Errorf("%s, in a row: it says something", c.name)
		}
	}
	// On the first day it must be farther.
	m := New()
	m.records, m.habits.begin, m.habits.now = knownFor, hour, 2*hour
	for octs, told := range map[float64]bool{4.9: false, 5.1: true} {
		if got := m.fewPoints(&statement{seen: 4}, usual, below(octs), false); (got > 0) != told {
			t.Errorf("%v octaves below on the first day: %.2f bits", octs, got)
		}
	}
}
