package model

import (
	"math"
	"strings"
	"testing"
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
