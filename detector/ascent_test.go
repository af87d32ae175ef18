package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// gaugeForms are ways to say how much of something there is.
var gaugeForms = map[string]struct {
	line   func(v float64) string
	begins string
}{
	"field": {func(v float64) string {
		return fmt.Sprintf(`{"level":"info","msg":"queue checked","queue":"mail","size":%.1f}`, v)
	}, "size "},
	"message": {func(v float64) string { return fmt.Sprintf("INFO queue mail checked, its size is %.1f.", v) }, "number "},
}

// among has other lines between those of a gauge: one in eight is one.
func among(rng *rand.Rand, field bool, gauge func() string) func() string {
	return func() string {
		switch {
		case rng.IntN(8) == 0:
			return gauge()
		case field:
			return fmt.Sprintf(`{"level":"info","msg":"mail sent","to":"u%05d","took_ms":%d}`, rng.IntN(1e5), 5+rng.IntN(60))
		}
		return fmt.Sprintf("INFO mail to user-%05d sent in %d ms", rng.IntN(1e5), 5+rng.IntN(60))
	}
}

func isAscent(v *detector.Verdict) bool {
	return v.Anomaly && strings.Contains(string(v.Reason), "st so far")
}

// TestAClimbIsTold: a gauge that grows or sinks little by little beyond all that it was, none of its
// numbers far from the others, is told soon and then more and more seldom.
func TestAClimbIsTold(t *testing.T) {
	for name, form := range gaugeForms {
		for what, step := range map[string]float64{"grows": 0.6, "sinks": -0.6} {
			t.Run(what+" in a "+name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(9, 1))
				usual := func() float64 { return 60 + 6*rng.Float64() }
				w := watch(t, among(rng, name == "field", func() string { return form.line(usual()) }), 6000)
				w.staysQuiet(4000, 5)
				level := 0.0
				w.tellsSeldom(80, 30, func() string {
					w.goOn(7)
					level += step
					return form.line(usual() + level)
				}, isAscent, form.begins)
				w.staysQuiet(4000, 5)
			})
		}
	}
}

// TestNoClimb: what comes in no order, follows the time of day, was set to more, or climbs all
// along, is none, and neither is a counter that begins anew and comes further than ever, or a
// progress.
func TestNoClimb(t *testing.T) {
	gauges := map[string]func(rng *rand.Rand, i int) float64{
		"noise": func(rng *rand.Rand, i int) float64 { return 60 + 10*rng.ExpFloat64() },
		"a day": func(rng *rand.Rand, i int) float64 {
			return 100 - 60*math.Cos(float64(i)/200*2*math.Pi) + 8*rng.NormFloat64()
		},
		"set to more": func(rng *rand.Rand, i int) float64 { return 60 + 3*rng.Float64() + float64(i/1200)*40 },
		"a trend":     func(rng *rand.Rand, i int) float64 { return 60 + float64(i)/20 + 4*rng.Float64() },
		"a counter":   func(rng *rand.Rand, i int) float64 { return 1000 + float64(i)*3 },
		"begins anew": func(rng *rand.Rand, i int) float64 {
			for _, run := range []int{300, 200, 250} {
				if i < run {
					break
				}
				i -= run
			}
			return 10 + float64(i)
		},
	}
	for name, form := range gaugeForms {
		for what, gauge := range gauges {
			t.Run(what+" in a "+name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(9, 2))
				i := 0
				w := watch(t, among(rng, name == "field", func() string { i++; return form.line(gauge(rng, i)) }), 3000)
				told := 0
				for range 12_000 {
					if isAscent(w.see(w.next())) {
						told++
					}
				}
				if told > 0 {
					t.Errorf("of %d numbers %d are told as the largest or the smallest so far", i, told)
				}
			})
		}
	}
	t.Run("a progress", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 3))
		w := watch(t, func() string {
			return fmt.Sprintf("INFO loaded %d/40 parts of user-%05d", 1+rng.IntN(40), rng.IntN(1e5))
		}, 3000)
		for i := range 100 {
			if v := w.see(fmt.Sprintf("INFO loaded %d/140 parts of user-%05d", 41+i, rng.IntN(1e5))); isAscent(v) {
				t.Errorf("the progress is told: %q", v.Reason)
			}
		}
	})
}
