package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

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

// fading is a table of powers of 1/2: what is left of something that halves
// every so many steps.
type fading [1024]float32

func newFading(halfLife float64) *fading {
	f := new(fading)
	for i := range f {
		f[i] = float32(math.Exp2(-float64(i) / halfLife))
	}
	return f
}

// after returns what is left after so many steps, 0 from the table's end on.
func (f *fading) after(steps uint32) float32 {
	if steps >= uint32(len(f)) {
		return 0
	}
	return f[steps]
}

// exp is the inverse of octavesOf.
func (o octaves) exp() float64 {
	return math.Float64frombits(uint64(int64(o)+1023<<8) << 44)
}

func (o *octaves) carry(c *codec.Codec) {
	u := uint16(*o)
	c.U16(&u)
	*o = octaves(u)
}
