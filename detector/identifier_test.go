package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// orders is a log in which each order is said to be taken and to be booked, once each, and to be
// tried now and then.
type orders struct {
	rng  *rand.Rand
	said []string // to come
	n    int
	last string // identifier
}

// identified are forms of what an order is known by, each with its n-th.
var identified = map[string]func(rng *rand.Rand, n int) string{
	"hex": func(rng *rand.Rand, n int) string { return fmt.Sprintf("%016x", rng.Uint64()|1<<60) },
	"uuid": func(rng *rand.Rand, n int) string {
		return fmt.Sprintf("%08x-1c2d-4e5f-8a9b-%012x", rng.Uint32(), rng.Uint64()>>16)
	},
	"of letters": func(rng *rand.Rand, n int) string { return "ord_" + fmt.Sprintf("%X", rng.Uint64()|1<<63) },
	"number":     func(rng *rand.Rand, n int) string { return fmt.Sprint(7_100_000_000 + n) },
}

// names are those that come again by chance, or are of something else.
var names = map[string]func(rng *rand.Rand, n int) string{
	"short number": func(rng *rand.Rand, n int) string { return fmt.Sprint(1_000_000 + rng.IntN(9_000_000)) },
	"address": func(rng *rand.Rand, n int) string {
		return fmt.Sprintf("10.%d.%d.%d:%d", rng.IntN(250), rng.IntN(250), rng.IntN(250), 30000+rng.IntN(30000))
	},
	"user":         func(rng *rand.Rand, n int) string { return fmt.Sprintf("user-%05d", rng.IntN(90_000)) },
	"milliseconds": func(rng *rand.Rand, n int) string { return fmt.Sprint(1_772_441_000_000 + n*7000) },
	"zeros":        func(rng *rand.Rand, n int) string { return "0000000000000000" },
}

var orderForms = map[string]func(what, id string, ms int) string{
	"field": func(what, id string, ms int) string {
		return fmt.Sprintf(`{"level":"info","msg":"order %s","order":"%s","ms":%d}`, what, id, ms)
	},
	"fields alone": func(what, id string, ms int) string {
		return fmt.Sprintf(`{"event":"order.%s","order":"%s","ms":%d}`, what, id, ms)
	},
	"message": func(what, id string, ms int) string {
		return fmt.Sprintf("INFO order %s: id=%s in %d ms", what, id, ms)
	},
}

func (o *orders) next(form func(what, id string, ms int) string, id func(rng *rand.Rand, n int) string) string {
	if len(o.said) == 0 {
		o.n++
		o.last = id(o.rng, o.n)
		o.said = []string{form("taken", o.last, 1+o.rng.IntN(40)), form("booked", o.last, 1+o.rng.IntN(40))}
		for range o.rng.IntN(40) / 38 * 2 {
			o.said = append(o.said, form("tried", o.last, 1+o.rng.IntN(40)))
		}
	}
	line := o.said[0]
	o.said = o.said[1:]
	return line
}

// TestWhatIsDoneTwice: an order that is booked twice, within a few records, is told, whatever it is
// known by and wherever that stands, with how seldom one was; that one is tried twice is not, as
// others were, nor is one that is said twice by a name that comes again by chance.
func TestWhatIsDoneTwice(t *testing.T) {
	for at, form := range orderForms {
		for is, id := range identified {
			t.Run(is+" in "+at, func(t *testing.T) {
				o := &orders{rng: rand.New(rand.NewPCG(22, 1))}
				w := watch(t, func() string { return o.next(form, id) }, 9000)
				if flagged := w.goOn(2000); flagged > 2 {
					t.Errorf("%d of 2,000 routine records are flagged", flagged)
				}
				twice := o.last
				w.goOn(30)
				w.flags(form("booked", twice, 12), twice[:4], " came before, as did 0 of ")
				w.passes(form("tried", twice, 12))
				w.passes(form("tried", twice, 14))
				told := 0
				for range 40 {
					w.goOn(40)
					if w.see(form("booked", o.last, 9)).Anomaly {
						told++
					}
				}
				if told > 4 {
					t.Errorf("of 40 more that are booked twice, %d are told: it is usual", told)
				}
			})
		}
		for is, id := range names {
			t.Run(is+" in "+at, func(t *testing.T) {
				o := &orders{rng: rand.New(rand.NewPCG(22, 2))}
				w := watch(t, func() string { return o.next(form, id) }, 9000)
				twice := o.last
				w.goOn(30)
				w.passes(form("booked", twice, 12))
			})
		}
	}
}

// TestWhatIsDoneTwiceIsKept: that some come again is known after a restart, and in a second reading
// it is no news that each came before.
func TestWhatIsDoneTwiceIsKept(t *testing.T) {
	form, id := orderForms["field"], identified["hex"]
	o := &orders{rng: rand.New(rand.NewPCG(22, 3))}
	w := watch(t, func() string { return o.next(form, id) }, 30_000)
	w.goOn(60)
	twice := o.last
	w.goOn(4)
	d := newDetector(t, nil)
	if _, err := d.Restore(bytes.NewReader(snapshot(t, w.detector))); err != nil {
		t.Fatal(err)
	}
	w.detector = d
	w.flags(form("booked", twice, 12), " came before, as did 0 of ")
	w.passes(form("tried", twice, 12))

	for range 200 {
		w.reader.Line([]byte(w.next()), &w.event)
		d.Learn(&w.event)
		if d.JudgeLearned(&w.event, &w.verdict); w.verdict.Anomaly && strings.Contains(string(w.verdict.Reason), "came before") {
			t.Fatalf("%s", w.verdict.Reason)
		}
	}
}
