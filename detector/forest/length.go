package forest

import "math"

// lengthUnit is the fraction of a step that path lengths are stored in: a leaf
// takes two bytes, sums are integers and so the same in every order, and the
// rounding moves a score by less than 1e-4 where trees have 256 rows.
const lengthUnit = 1 << 10

// meanLengths returns c(n) for n = 0..psi, in lengthUnits: the mean path length
// of an unsuccessful search in a binary search tree of n rows, 2H(n-1) -
// 2(n-1)/n, with c(0) = c(1) = 0 and c(2) = 1 (equation 1 of the paper, with the
// harmonic number H summed, not estimated).
func meanLengths(psi int) []uint16 {
	c := make([]uint16, psi+1)
	h := 0.0
	for n := 2; n <= psi; n++ {
		h += 1 / float64(n-1)
		c[n] = uint16(math.Round((2*h - float64(2*(n-1))/float64(n)) * lengthUnit))
	}
	return c
}

// score turns a row's path lengths, summed over the trees, into 2^(-E(h)/c(psi)).
func (f *Forest) score(sum uint32) float64 {
	if f.scale == 0 {
		return 0.5 // one row has no path; as scikit-learn
	}
	return exp2neg(float64(float64(sum) * f.scale))
}

// exp2neg returns 2^-x for 0 <= x < 1000, exact to 1e-9. Unlike math.Exp2 it is
// the same code on every platform, and the conversions keep the compiler from
// fusing a product into a sum, so the result is the same bits too.
func exp2neg(x float64) float64 {
	n := uint64(x)
	// 2^-x = 2^-n * 2^-1/2 * e^t with |t| <= ln(2)/2; the series of e^t.
	t := (0.5 - (x - float64(n))) * math.Ln2
	p := 1.0 / 40320
	p = float64(p*t) + 1.0/5040
	p = float64(p*t) + 1.0/720
	p = float64(p*t) + 1.0/120
	p = float64(p*t) + 1.0/24
	p = float64(p*t) + 1.0/6
	p = float64(p*t) + 1.0/2
	p = float64(p*t) + 1
	p = float64(p*t) + 1
	return p * (math.Sqrt2 / 2) * math.Float64frombits((1023-n)<<52)
}
