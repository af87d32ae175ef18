package model

import (
	"math"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

func TestNumberOctaves(t *testing.T) {
	ascending := []float64{-1e300, -1e6, -100, -1, -0.5, 1e-12, 0.001, 0.01, 0.5, 1, 2, 3, 12, 100, 1e6, 1e12, 1e30}
	for i, v := range ascending[1:] {
		if a, b := numberOctaves(ascending[i]), numberOctaves(v); a >= b {
			t.Errorf("%v is at %d, %v at %d", ascending[i], a, v, b)
		}
	}
	for _, v := range []float64{-1e6, -12, -1, 0.001, 0.25, 0.5, 1, 2, 3, 7, 12, 500, 1e9} {
		if got := numberOctaves(v).said(); got != v {
			t.Errorf("%v is said as %v", v, got)
		}
		if got := numberOctaves(v).number(); math.Abs(got-v) > math.Abs(v)/200 {
			t.Errorf("%v comes back as %v", v, got)
		}
	}
	if got := spanOf(numberOctaves(0)).lo.number(); got != 0 {
		t.Errorf("a field that began with 0 begins at %v", got)
	}
}

// TestZerosAndFractions: a field that begins with 0 tells nothing of how small its
// fractions are, and must not take all of them for usual either.
func TestZerosAndFractions(t *testing.T) {
	s := spanOf(numberOctaves(0))
	if d := s.beyond(numberOctaves(0.001), 100, firmNumber); d != 0 {
		t.Errorf("the first fraction is %v octaves away from 0", d)
	}
	if d := s.beyond(numberOctaves(150), 100, firmNumber); d < 5 {
		t.Errorf("150 is %v octaves away from 0", d)
	}
	s.learn(numberOctaves(0.001), 100)
	if d := s.beyond(numberOctaves(0.001), 100, firmNumber); d != 0 {
		t.Errorf("what is learned is %v octaves away", d)
	}
	if d := s.beyond(numberOctaves(0.4), 100, firmNumber); d < 5 {
		t.Errorf("400 times the usual is %v octaves away", d)
	}
	s = spanOf(numberOctaves(0))
	s.learn(numberOctaves(3), 0)
	if d := s.beyond(numberOctaves(0.5), 100, firmNumber); d != 0 {
		t.Errorf("between 0 and 3, 0.5 is %v octaves away", d)
	}
}

func TestFieldName(t *testing.T) {
	for _, c := range []struct{ text, name string }{
		{`level=info dur=12ms`, "dur"},
		{`LOG:  duration: 12 ms`, "duration"},
		{`{"took": 12}`, "took"},
		{`{"a.b-c_d":12}`, "a.b-c_d"},
		{`"{\"took\":12}"`, "took"},
		{`retries = 12`, "retries"},
		{`took 12ms`, ""},
		{`12`, ""},
		{`=12`, ""},
		{`"" : 12`, ""},
		{`at 10:12`, ""},
		{`listening on [::]:12`, ""},
	} {
		if got := fieldName([]byte(c.text), strings.LastIndex(c.text, "12")); string(got) != c.name {
			t.Errorf("%s: the number's name is %q, want %q", c.text, got, c.name)
		}
	}
}

// TestTimesBelowAMillisecond: 80 us are no news where 10 were the most, 80 ms are; bytes
// and numbers without a unit have no such bound, nor has what showed nothing but 0.
func TestTimesBelowAMillisecond(t *testing.T) {
	of := func(v float64) octaves { return numberOctaves(v) }
	micros := span{of(2e-6), of(10e-6)}
	for _, c := range []struct {
		usual span
		unit  pattern.Unit
		value float64
		want  float64 // octaves beyond the range, which is one of many numbers
	}{
		{micros, pattern.UnitMicrosecond, 80e-6, 0},
		{micros, pattern.UnitSecond, 0.001, 0},
		{micros, pattern.UnitMillisecond, 0.064, 6},
		{micros, pattern.UnitNone, 80e-6, 3},
		{span{of(2), of(10)}, pattern.UnitByte, 87, 3},
		{span{of(0.002), of(0.01)}, pattern.UnitSecond, 0.08, 3},
		{span{}, pattern.UnitSecond, 2, math.Log2(3)},
	} {
		s := c.usual.noticed(c.unit)
		got := float64(s.beyond(of(c.value), 1e6, 0)) * (1 + firmWidth*float64(min(widest, s.width())))
		if math.Abs(got-c.want) > 0.2 {
			t.Errorf("%v %s beyond %v to %v: %.2f octaves, want %v", c.value, c.unit.Base(), c.usual.lo.number(), c.usual.hi.number(), got, c.want)
		}
	}
}
