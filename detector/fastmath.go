package detector

import "math"

// octaves are base-2 logarithms in steps of 1/256: what a number's size, a
// line's length or a probability is compared in. An int16 holds 2^-128 to
// 2^128.
type octaves int16

const perOctave = 256

// octavesOf returns log2(x) for x > 0, interpolated between powers of two
// (never wrong by more than 0.09 octaves, and monotone). It costs 1 ns where
// math.Log2 costs 8.
func octavesOf(x float64) octaves {
	return octaves(min(max(int64(math.Float64bits(x)>>44)-1023<<8, math.MinInt16), math.MaxInt16))
}

func (o octaves) float() float32 { return float32(o) / perOctave }

// log2 is octavesOf as a number.
func log2(x float64) float32 { return octavesOf(x).float() }

// exp2 returns 2^-(n/32) for n >= 0, from a table.
func exp2(n uint32) float32 {
	if n >= uint32(len(decays)) {
		return 0
	}
	return decays[n]
}

var decays = func() (t [1024]float32) {
	for i := range t {
		t[i] = float32(math.Exp2(-float64(i) / 32))
	}
	return t
}()

// exp is the inverse of octavesOf.
func (o octaves) exp() float64 {
	return math.Float64frombits(uint64(int64(o)+1023<<8) << 44)
}
