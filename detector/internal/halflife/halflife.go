// Package halflife says what is left of something that fades by half, and half again.
package halflife

import "math"

// Left returns what is left after x half-lives, 2^-x for 0 <= x < 1000, exact to 1e-9.
// Unlike math.Exp2 it is the same code on every platform, and the conversions keep the
// compiler from fusing a product into a sum, so the result is the same bits too. It takes
// a quarter of the time.
func Left(x float64) float64 {
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
