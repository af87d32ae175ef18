package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// took is a time in milliseconds as requests take them: half of them 25 to 60, one in a
// thousand more than 250, now and then one of seconds. How many times as long it is slow.
func took(rng *rand.Rand, slow float64) int {
	ms := 40 * math.Exp(0.6*rng.NormFloat64()) * slow
	if rng.IntN(400) == 0 {
		ms *= 20
	}
	return int(ms) + 1
}

// slowForms are ways to say how long something took.
var slowForms = map[string]func(rng *rand.Rand, route string, ms int) string{
	"record with a message": func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","route":%q,"user":"u%05d","duration_ms":%d}`, route, rng.IntN(1e5), ms)
	},
	"record without one": func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`{"remote":"10.1.%d.%d","method":"GET","path":%q,"code":"200","size":%d,"duration":%.3f}`, rng.IntN(9), rng.IntN(250), route, 200+rng.IntN(9000), float64(ms)/1000)
	},
	"logfmt": func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`level=info msg="request served" route=%s user=u%05d took=%dms`, route, rng.IntN(1e5), ms)
	},
	"text": func(rng *rand.Rand, route string, ms int) string {
		return fmt.Sprintf(`INFO served %s for user-%05d in %d ms`, route, rng.IntN(1e5), ms)
	},
}

// reasons are how they begin, and what is in them.
var reasons = map[string][2]string{
	"record with a message": {"duration_ms ", " are above "}, "record without one": {"duration ", " are above 0."}, "logfmt": {"took ", "ms, usually 1 in 32"},
	"text": {"number ", "ms, usually 1 in 32"},
}

func slowRoute(rng *rand.Rand) string {
	return pick(rng, "/orders", "/cart", "/stock", "/login")
}

// TestASlowdownIsTold: requests that take eight times as long, few of them longer than one
// that there was before, are told soon, and then more and more seldom; so are those to one of
// four routes that take 20 times as long. When they take as long as ever again, nothing is.
func TestASlowdownIsTold(t *testing.T) {
	for name, line := range slowForms {
		t.Run(name, func(t *testing.T) {
			for slowRoutes, slow := range map[string]float64{"/orders /cart /stock /login": 8, "/cart": 20} {
				rng := rand.New(rand.NewPCG(3, 7))
				healthy := func() string { return line(rng, slowRoute(rng), took(rng, 1)) }
				w := watch(t, healthy, 4000)
				w.staysQuiet(4000, 5)
				var told []int
				for i, n := 0, 0; n < 300; i++ {
					route := slowRoute(rng)
					if !strings.Contains(slowRoutes, route) {
						w.see(line(rng, route, took(rng, 1)))
						continue
					}
					n++
					if v := w.see(line(rng, route, took(rng, slow))); v.Anomaly && strings.Contains(string(v.Reason), " are above ") {
						told = append(told, n)
						if reason := string(v.Reason); !strings.HasPrefix(reason, reasons[name][0]) || !strings.Contains(reason, reasons[name][1]) {
							t.Errorf("the reason is %q", reason)
						}
					}
				}
				if len(told) == 0 || told[0] > 50 || len(told) > 6 {
					t.Errorf("of 300 slow requests to %s these are told: %v", slowRoutes, told)
				}
				w.staysQuiet(4000, 5)
			}
		})
	}
}

// TestASlowdownThatClimbsIsTold: what becomes slower little by little does not hide by that.
func TestASlowdownThatClimbsIsTold(t *testing.T) {
	line := slowForms["record with a message"]
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(6, seed))
		w := watch(t, func() string { return line(rng, slowRoute(rng), took(rng, 1)) }, 8000)
		const slow = 2400
		n := 0
		for n < slow && !w.see(line(rng, slowRoute(rng), took(rng, math.Exp2(4*float64(n)/slow)))).Anomaly {
			n++
		}
		if n == slow {
			t.Errorf("of %d requests that become 16 times as slow, none is told", n)
		}
	}
}

// TestASlowdownOfAYoungLogIsTold: a thousand requests are enough to know how long they take.
func TestASlowdownOfAYoungLogIsTold(t *testing.T) {
	line := slowForms["record with a message"]
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(6, seed))
		w := watch(t, func() string { return line(rng, slowRoute(rng), 20+rng.IntN(20)) }, 1000)
		for range 12 {
			w.see(line(rng, slowRoute(rng), 400)) // there were such before
			w.goOn(8)
		}
		n := 0
		for n < 60 && !strings.Contains(string(w.see(line(rng, slowRoute(rng), 100+rng.IntN(200))).Reason), " are above ") {
			n++
		}
		if n > 40 {
			t.Errorf("of %d requests that take eight times as long, none is told", n)
		}
	}
}

// TestDayAndNightAreNoSlowdown: where all takes five times as long by day as by night, a day is
// no news.
func TestDayAndNightAreNoSlowdown(t *testing.T) {
	line := slowForms["record with a message"]
	for _, day := range []int{2000, 10_000, 30_000} {
		rng := rand.New(rand.NewPCG(6, 7))
		w := watch(t, func() string { return line(rng, slowRoute(rng), took(rng, 1)) }, 4000)
		told := 0
		for n := range 5 * day {
			slow := math.Pow(5, (1-math.Cos(2*math.Pi*float64(n%day)/float64(day)))/2)
			if v := w.see(line(rng, slowRoute(rng), took(rng, slow))); v.Anomaly && strings.Contains(string(v.Reason), " are above ") {
				told++
			}
		}
		if told > 1 {
			t.Errorf("on five days of %d requests, %d are told", day, told)
		}
	}
}

// TestWhatClimbsIsNoSlowdown: a progress, a counter, and numbers that are as large as they
// ever were now and then, are none.
func TestWhatClimbsIsNoSlowdown(t *testing.T) {
	for name, next := range map[string]func(rng *rand.Rand, n int) (small, large string){
		"a progress": func(rng *rand.Rand, n int) (string, string) {
			say := func(of int) string { return fmt.Sprintf("Progress (1): %d/%d kB", 1+n%40*of/40, of) }
			return say(20 + n/40%9), say(900)
		},
		"a counter": func(_ *rand.Rand, n int) (string, string) {
			line := fmt.Sprintf(`{"level":"info","msg":"block written","height":%d}`, 1000+n)
			return line, line
		},
		"less than a millisecond": func(rng *rand.Rand, _ int) (string, string) {
			say := func(us float64) string {
				return fmt.Sprintf(`{"level":"info","msg":"cache hit","took":"%.1fµs"}`, us*math.Exp(0.3*rng.NormFloat64()))
			}
			return say(20), say(200)
		},
		"below zero": func(rng *rand.Rand, n int) (string, string) {
			say := func(score float64) string { return fmt.Sprintf("message scanned, score %.2f of 5.00", score) }
			return say(3*rng.NormFloat64() - 4), say(rng.Float64() * 4)
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 7))
			n := 0
			w := watch(t, func() string { n++; small, _ := next(rng, n); return small }, 6000)
			for range 80 {
				n++
				_, large := next(rng, n)
				if v := w.see(large); v.Anomaly && strings.Contains(string(v.Reason), " are above ") {
					t.Errorf("%q is told: %s", large, v.Reason)
				}
			}
		})
	}
}

// TestADailyBatchIsTold: where numbers are large for some hundred records each night, that is
// told on the first nights and no more.
func TestADailyBatchIsTold(t *testing.T) {
	line := slowForms["record with a message"]
	rng := rand.New(rand.NewPCG(9, 7))
	w := watch(t, func() string { return line(rng, slowRoute(rng), took(rng, 1)) }, 4000)
	var nights []int
	for range 10 {
		told := 0
		for range 150 {
			if v := w.see(line(rng, slowRoute(rng), took(rng, 8))); v.Anomaly && strings.Contains(string(v.Reason), " are above ") {
				told++
			}
		}
		nights = append(nights, told)
		w.goOn(4000)
	}
	t.Log(nights)
	later := 0
	for _, told := range nights[3:] {
		later += told
	}
	if nights[0] == 0 || later > 2 {
		t.Errorf("what is told each night: %v", nights)
	}
}

func isSmall(v *detector.Verdict) bool {
	return v.Anomaly && strings.Contains(string(v.Reason), " are below ")
}

// TestWhatComesToBeSmallIsTold: answers that are all empty, nearly empty or 0, of a size that came
// now and then before, are told soon, and then more and more seldom; where as many are small all
// along, and where a number sinks from record to record, nothing is.
func TestWhatComesToBeSmallIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		line   func(rng *rand.Rand, bytes int) string
		reason string
	}{
		"record": {func(rng *rand.Rand, bytes int) string {
			return fmt.Sprintf(`{"level":"info","msg":"answer sent","user":"u%05d","bytes":%d}`, rng.IntN(1e5), bytes)
		}, "bytes "},
		"text": {func(rng *rand.Rand, bytes int) string {
			return fmt.Sprintf("INFO answer for user-%05d sent, %d bytes", rng.IntN(1e5), bytes)
		}, "number "},
	} {
		for kind, little := range map[string]int{"empty": 0, "a header alone": 187} {
			t.Run(name+", "+kind, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(3, 17))
				size := func() int {
					if rng.IntN(300) == 0 {
						return little
					}
					return int(9000 * math.Exp(0.7*rng.NormFloat64()))
				}
				w := watch(t, func() string { return c.line(rng, size()) }, 6000)
				w.staysQuiet(2000, 5)
				w.tellsSeldom(200, 20, func() string { return c.line(rng, little) }, isSmall, c.reason)
				w.staysQuiet(4000, 5)
			})
		}
	}
}

// TestWhatIsSmallAllAlongIsNot: ports that lie far from each other, a 0 in one record of eight, and
// what is less from record to record are told hardly ever.
func TestWhatIsSmallAllAlongIsNot(t *testing.T) {
	left := 0
	for name, number := range map[string]func(rng *rand.Rand) int{
		"ports far from each other": func(rng *rand.Rand) int {
			if rng.IntN(6) == 0 {
				return pick(rng, 22, 23, 25)
			}
			return 20_000 + rng.IntN(40_000)
		},
		"one in eight is 0": func(rng *rand.Rand) int {
			if rng.IntN(8) == 0 {
				return 0
			}
			return 4000 + rng.IntN(9000)
		},
		"rows that are left": func(rng *rand.Rand) int {
			if left -= 1 + rng.IntN(3); left <= 0 {
				left = 100_000
			}
			return left
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 18))
			w := watch(t, func() string {
				return fmt.Sprintf(`{"level":"info","msg":"packet seen","flow":"f%05d","number":%d}`, rng.IntN(1e5), number(rng))
			}, 500)
			w.staysQuiet(60_000, 1)
		})
	}
}
