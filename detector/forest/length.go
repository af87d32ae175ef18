package forest

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/halflife"
)

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
	return halflife.Left(float64(float64(sum) * f.scale))
}
