package detector

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/halflife"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// TestWindowOfAHeader is a number in the range of the option: what is made for it is as
// large as it says.
func TestWindowOfAHeader(t *testing.T) {
	for value, want := range map[string]int{
		"1": 1, "4096": 4096, fmt.Sprint(largestWindow): largestWindow,
		"0": 0, "-1": 0, fmt.Sprint(largestWindow + 1): 0, "99999999999999999999": 0, "x": 0, "": 0,
	} {
		h := header{settings: []Setting{{Name: "Trees", Value: "7"}, {Name: "Window", Value: value}}}
		n, err := h.window()
		var damaged *DamagedError
		if n != want || (err == nil) != (want > 0) || err != nil && !errors.As(err, &damaged) {
			t.Errorf("%q: %d, %v", value, n, err)
		}
	}
	if n, err := (&header{}).window(); err == nil {
		t.Errorf("a header without one: %d", n)
	}
}

// TestRecordsWithoutATime move no clock: the bar comes down over time from the last
// record that had one.
func TestRecordsWithoutATime(t *testing.T) {
	bar := func(times ...time.Duration) float64 {
		var th threshold
		th.extra[model.Storms-1] = 1
		for _, at := range times {
			th.sink(at)
		}
		return float64(th.extra[model.Storms-1])
	}
	const at = 100 * time.Second
	byRecord := bar(at) // what one record takes of it
	for _, c := range []struct {
		name  string
		times []time.Duration
		want  float64
	}{
		{"no times", []time.Duration{0, 0, 0}, math.Pow(byRecord, 3)},
		{"the same time", []time.Duration{at, at, at}, math.Pow(byRecord, 3)},
		{"a half-life", []time.Duration{at, at + floodTime}, math.Pow(byRecord, 2) / 2},
		{"a half-life, with a record without a time in it", []time.Duration{at, 0, at + floodTime}, math.Pow(byRecord, 3) / 2},
	} {
		if got := bar(c.times...); math.Abs(got-c.want) > 1e-3*c.want {
			t.Errorf("%s: %v is left, want %v", c.name, got, c.want)
		}
	}
}

// Within a moment nothing of a bar sinks: what is left of it is 1 as a float32.
func TestNothingSinksInAMoment(t *testing.T) {
	for _, passed := range []time.Duration{1, time.Microsecond, floodMoment / 2, floodMoment} {
		if left := float32(halflife.Left(float64(passed) / float64(floodTime))); left != 1 {
			t.Errorf("after %v %v of a bar is left, want all", passed, left)
		}
	}
	if left := float32(halflife.Left(float64(4*floodMoment) / float64(floodTime))); left == 1 {
		t.Errorf("after %v all of a bar is left, want less", 4*floodMoment)
	}
}
