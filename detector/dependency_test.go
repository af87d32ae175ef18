package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// shops is a log of sales, of 300 cashiers who each work in one of 40 shops, and of guards who go from
// one to another.
type shops struct {
	rng   *rand.Rand
	roams bool // cashiers do
}

func (s *shops) cashier() (name, shop int) {
	name = s.rng.IntN(300)
	return name, name * 7 % 40
}

func (s *shops) sale(cashier, shop int) string {
	return fmt.Sprintf(`{"level":"info","msg":"sale closed","shop":"S%d","cashier":"c%d","guard":"g%d","region":"r%d","items":%d,"till":%d}`,
		shop, cashier, s.rng.IntN(20), shop%5, 1+s.rng.IntN(30), 1+s.rng.IntN(4))
}

func (s *shops) next() string {
	cashier, shop := s.cashier()
	if s.roams && s.rng.IntN(50) == 0 {
		shop = s.rng.IntN(40)
	}
	return s.sale(cashier, shop)
}

// TestWhoseValueItIs: a value that is as usual as any, but not of its owner, is told once, with how
// seldom one was. Where it changes now and then, of an owner who is new, and where none is, it is not.
func TestWhoseValueItIs(t *testing.T) {
	const reason = `shop "S17" of cashier "c21", which always had another: it changed in 0 of `
	s := &shops{rng: rand.New(rand.NewPCG(23, 1))}
	w := watch(t, s.next, 12_000)
	if flagged := w.goOn(4000); flagged > 4 {
		t.Errorf("%d of 4,000 routine records are flagged", flagged)
	}
	w.flags(s.sale(21, 17), reason)
	if !w.see(s.sale(21, 17)).Anomaly {
		t.Error("it is not told")
	}
	w.passes(s.sale(21, 27)) // his own
	w.goOn(20)
	w.passes(s.sale(21, 17))
	w.goOn(20)
	for range 30 {
		if w.see(s.sale(999, s.rng.IntN(40))).Anomaly && strings.Contains(string(w.verdict.Reason), "always had another") {
			t.Errorf("of one who is new: %s", w.verdict.Reason)
		}
	}
	told := 0
	for i := range 60 {
		w.goOn(40)
		if w.see(s.sale(100+i, (100+i)*7%40^1)).Anomaly {
			told++
		}
	}
	if told > 12 {
		t.Errorf("of 60 more who are elsewhere, %d are told: it is usual", told)
	}

	s = &shops{rng: rand.New(rand.NewPCG(23, 2)), roams: true}
	w = watch(t, s.next, 12_000)
	for range 400 {
		if w.see(s.next()).Anomaly && strings.Contains(string(w.verdict.Reason), "always had another") {
			t.Errorf("where they roam: %s", w.verdict.Reason)
		}
	}
}

// TestWhoseValueItIsIsKept: what follows from what is known after a restart. In a second reading it is
// no news.
func TestWhoseValueItIsIsKept(t *testing.T) {
	const reason = `shop "S17" of cashier "c21", which always had another: it changed in 0 of `
	s := &shops{rng: rand.New(rand.NewPCG(23, 3))}
	w := watch(t, s.next, 12_000)
	saved := snapshot(t, w.detector)
	d := newDetector(t, nil)
	if _, err := d.Restore(bytes.NewReader(saved)); err != nil {
		t.Fatal(err)
	}
	w.detector = d
	w.flags(s.sale(21, 17), reason)

	w.reader.Line([]byte(s.sale(22, 17)), &w.event)
	d.Learn(&w.event)
	if d.JudgeLearned(&w.event, &w.verdict); strings.Contains(string(w.verdict.Reason), "always had another") {
		t.Errorf("in a second reading: %s", w.verdict.Reason)
	}
}
