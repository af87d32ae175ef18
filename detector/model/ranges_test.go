package model

import "testing"

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
			r.learn(x, 1)
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
