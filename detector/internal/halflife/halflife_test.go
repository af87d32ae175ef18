package halflife

import (
	"math"
	"testing"
)

func TestLeft(t *testing.T) {
	for x := 0.0; x < 40; x += 0.0137 {
		if got, want := Left(x), math.Exp2(-x); math.Abs(got-want) > 1e-9*want {
			t.Fatalf("Left(%v) = %v, want %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{0: 1, 1: 0.5, 200: 0x1p-200, 999: 0x1p-999} {
		if got := Left(x); math.Abs(got-want) > 1e-9*want {
			t.Errorf("Left(%v) = %v, want %v", x, got, want)
		}
	}
}
