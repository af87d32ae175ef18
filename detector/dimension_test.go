package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// usualMs is how long requests to some routes take, as a rule: none of them is slow for all.
var usualMs = map[string]float64{"cart": 40, "stock": 15, "login": 90, "search": 300, "report": 4000}

// routeForms are ways to say how long a request to a route took. What says the route is named.
var routeForms = map[string]struct {
	line func(rng *rand.Rand, route string, ms int) string
	says string
}{
	"record with a message": {func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","host":"web-%d","route":%q,"user":"u%05d","duration_ms":%d}`, rng.IntN(3), route, rng.IntN(1e5), ms)
	}, `with route "%s"`},
	"record without one": {func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`{"remote":"10.1.%d.%d","method":"GET","job":%q,"code":"200","size":%d,"duration":%.3f}`, rng.IntN(9), rng.IntN(250), route, 200+rng.IntN(9000), float64(ms)/1000)
	}, `with job "%s"`},
	"logfmt": {func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`level=info msg="request served" task=%s user=u%05d took=%dms`, route, rng.IntN(1e5), ms)
	}, `with task "%s"`},
	"pages that are known": {func(rng *rand.Rand, route string, ms int) string {
		page := int(30 * math.Abs(rng.NormFloat64()))
		return fmt.Sprintf(`{"level":"info","msg":"request served","path":"/api/v1/%s/%d","duration_ms":%d}`, route, page, ms)
	}, `with path (first part) "%s"`},
	"pages that are not": {func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","path":"/%s/%x","duration_ms":%d}`, route, rng.Uint64(), ms)
	}, `with path (first part) "%s"`},
}

// TestOneSlowRouteAmongOthersIsTold: one whose requests take eight times as long is told by it,
// although all of them are as quick as those to others.
func TestOneSlowRouteAmongOthersIsTold(t *testing.T) {
	for name, form := range routeForms {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(4, 7))
			any := func() string { return pick(rng, "cart", "stock", "login", "search", "report") }
			say := func(route string, slow float64) string {
				return form.line(rng, route, int(usualMs[route]*math.Exp(0.4*rng.NormFloat64())*slow)+1)
			}
			w := watch(t, func() string { return say(any(), 1) }, 16_000)
			w.staysQuiet(16_000, 5)
			var told []int
			for n := 0; n < 150; {
				route := any()
				if route != "cart" {
					w.see(say(route, 1))
					continue
				}
				n++
				v := w.see(say(route, 8))
				if !v.Anomaly {
					continue
				}
				if reason := string(v.Reason); strings.Contains(reason, fmt.Sprintf(form.says, "cart")+" are above ") {
					told = append(told, n)
				} else {
					t.Errorf("the reason is %q", reason)
				}
			}
			if len(told) == 0 || told[0] > 30 || len(told) > 5 {
				t.Errorf("of 150 slow requests these are told: %v", told)
			}
			w.staysQuiet(8000, 5)
		})
	}
}

// TestADimensionThatGrowsIsNone: routes of which there are more and more make the numbers of
// none of them known by it, and are no news for that.
func TestADimensionThatGrowsIsNone(t *testing.T) {
	form := routeForms["record with a message"]
	rng := rand.New(rand.NewPCG(8, 7))
	routes := 5
	w := watch(t, func() string {
		n := rng.IntN(routes)
		return form.line(rng, fmt.Sprintf("r%03d", n), int(10*float64(1+n)*math.Exp(0.3*rng.NormFloat64())))
	}, 16_000)
	for range 12 {
		routes += 8
		w.goOn(1000)
	}
	w.staysQuiet(16_000, 5)
}

// TestADimensionThatIsCrowdedOut: a record with so many paths that there is no room for the parts
// of the one by which a number is known is told as others are.
func TestADimensionThatIsCrowdedOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	var paths strings.Builder
	for i := range 40 {
		fmt.Fprintf(&paths, `"p%d":"/a/b.c",`, i)
	}
	any := func() string { return pick(rng, "cart", "stock", "login", "search", "report") }
	say := func(paths, route string, slow float64) string {
		ms := int(usualMs[route]*math.Exp(0.4*rng.NormFloat64())*slow) + 1
		return fmt.Sprintf(`{"level":"info","msg":"request served",%s"path":"/%s/%x","duration_ms":%d}`, paths, route, rng.Uint64(), ms)
	}
	healthy := func() string { return say("", any(), 1) }
	w := watch(t, func() string {
		if rng.IntN(20) == 0 {
			return say(paths.String(), any(), 1)
		}
		return healthy()
	}, 24_000)
	told := 0
	for range 40 {
		v := w.see(say(paths.String(), "cart", 8))
		if v.Anomaly && strings.Contains(string(v.Reason), `with path "/cart/`) {
			told++
		}
	}
	if told == 0 {
		t.Error("of 40 slow requests none is told")
	}
}
