package text

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestAppendDecimal compares with the standard library's shortest form.
func TestAppendDecimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	try := func(f float64) (ok bool) {
		got, ok := appendDecimal(nil, f)
		if want := strconv.FormatFloat(f, 'f', -1, 64); ok && string(got) != want {
			t.Fatalf("%v is written %s, want %s", f, got, want)
		}
		return ok
	}
	for _, f := range []float64{0.1, -0.25, 1, 12.5, 1e-6, 0.000002, 999999999, 999999999.999999, 1767225600.002 / 2, 100.000001} {
		if !try(f) && f < 1e8 {
			t.Errorf("%v is not written", f)
		}
	}
	for _, f := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e9, 1e300, 1e-7, math.Pi} {
		if try(f) {
			t.Errorf("%v is written", f)
		}
	}
	for range 100_000 {
		decimals := math.Pow10(rng.IntN(9))
		try(math.Round(rng.NormFloat64()*math.Pow10(rng.IntN(9))*decimals) / decimals)
		try(math.Float64frombits(rng.Uint64()))
		try(rng.Float64())
	}
}
