package model

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestZeroAmongFractions: a 0 lies below every fraction, however the scale has it, and
// neither widens their range nor stands at its upper end.
func TestZeroAmongFractions(t *testing.T) {
	fractions := []float64{0.001, 0.004, 0.002, 0.012, 0.03, 0.001}
	for name, from := range map[string][]float64{"first": {0, 0, 0}, "later": nil} {
		var r numberRange
		learn := func(v float64) {
			x := numberOctaves(v)
			if x == noNumber {
				x = 0
			}
			r.learn(x, pattern.UnitNone, 1)
		}
		for _, v := range from {
			learn(v)
		}
		for range 20 {
			for _, v := range fractions {
				learn(v)
				learn(0)
			}
		}
		if lo, hi := r.told.lo.number(), r.told.hi.number(); lo < 0.0009 || lo > 0.0011 || hi < 0.028 || hi > 0.032 {
			t.Errorf("zeros %s: told as %v to %v, want 0.001 to 0.03", name, lo, hi)
		}
		if !r.span.outside(numberOctaves(0.4)) {
			t.Errorf("zeros %s: 0.4 is within %v to %v", name, r.span.lo.number(), r.span.hi.number())
		}
		if want := float32(len(from) + 40*len(fractions)); r.n != want {
			t.Errorf("zeros %s: %v numbers, want %v", name, r.n, want)
		}
	}
}

// TestSpanEndsAtNoZero: a range that grows towards a number does not end at the place of 0
// on the scale, which would be said as 0.
func TestSpanEndsAtNoZero(t *testing.T) {
	for seen := float32(0); seen < 200; seen++ {
		for lo := octaves(-2000); lo < 0; lo += 7 {
			s := span{lo, lo}
			if s.learn(3000, seen); s.hi == 0 {
				t.Fatalf("from %v, after %v numbers, the upper end is 0", lo, seen)
			}
			s = span{-lo, -lo}
			if s.learn(-3000, seen); s.lo == 0 {
				t.Fatalf("from %v, after %v numbers, the lower end is 0", -lo, seen)
			}
		}
	}
}

// TestStrays: where numbers lie close together for long, what is far beyond them by their
// own width is strange although it is less than an octave away; what went as far once is not.
func TestStrays(t *testing.T) {
	mains := func(n int) *numberRange { // volts
		r := new(numberRange)
		for i := range n {
			r.learn(numberOctaves(float64(223+i*7%17)), pattern.UnitNone, 1)
		}
		return r
	}
	r := mains(heldLong + 100)
	for _, c := range []struct {
		volts float64
		want  bool
	}{{163, true}, {300, true}, {400, true}, {110, true}, {215, false}, {250, false}, {223, false}, {239, false}} {
		if got := r.strays(numberOctaves(c.volts), pattern.UnitNone) > nearNumber; got != c.want {
			t.Errorf("%v V beside 223 to 239: strange %v", c.volts, got)
		}
	}
	if d := r.strays(0, pattern.UnitNone); d < smallMost {
		t.Errorf("0 V beside 223 to 239 strays by %v", d)
	}
	if d := mains(heldLong/2).strays(numberOctaves(163), pattern.UnitNone); d != 0 {
		t.Errorf("after few numbers 163 V strays by %v", d)
	}
	r.learn(numberOctaves(163), pattern.UnitNone, 1)
	if lo := r.told.lo.number(); lo < 220 {
		t.Errorf("one number far away made the range begin at %v", lo)
	}
	for range heldLong {
		r.learn(numberOctaves(230), pattern.UnitNone, 1)
	}
	if d := r.strays(numberOctaves(163), pattern.UnitNone); d != 0 {
		t.Errorf("163 V came once and strays by %v", d)
	}
	if d := r.strays(numberOctaves(300), pattern.UnitNone); d <= nearNumber {
		t.Errorf("300 V never came and strays by %v", d)
	}
}

// TestRangesAtTheEndsOfTheScale: numbers as large, or as far below 0, as a number can be are
// compared as others are.
func TestRangesAtTheEndsOfTheScale(t *testing.T) {
	for _, v := range []float64{1e300, -1e300} {
		x := numberOctaves(v)
		if s := (span{x, x}); s.outside(x) {
			t.Errorf("%v is outside of itself", v)
		}
	}
	few, many := numberOctaves(-1e30), numberOctaves(1e30)
	if s := (span{few, few}); !s.outside(many) || s.beyond(many, 1e6, 0) < 100 {
		t.Errorf("1e30 is %v octaves beyond -1e30", s.beyond(many, 1e6, 0))
	}
	r := bounds{n: heldLong, held: heldLong, span: span{few, few}, told: span{few, few}, last: span{few, few}}
	if d := r.strays(many, pattern.UnitNone); d < 100 {
		t.Errorf("1e30 strays from -1e30 by %v", d)
	}
}
