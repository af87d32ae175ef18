package model

import (
	"math"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestOctaves are base-2 logarithms, interpolated: never off by more than 0.09, and
// exact at powers of two; exp is their inverse.
func TestOctaves(t *testing.T) {
	last := octaves(math.MinInt16)
	for x := 1e-9; x < 1e12; x *= 1.003 {
		o := octavesOf(x)
		if d := math.Abs(float64(o)/perOctave - math.Log2(x)); d > 0.09 || o < last {
			t.Fatalf("%v has %v octaves, %v before", x, o.float(), last.float())
		}
		if back := o.exp(); back > x || x >= (o+1).exp() {
			t.Fatalf("%v has the octaves of %v to %v", x, back, (o + 1).exp())
		}
		last = o
	}
	for n := -100; n <= 100; n++ {
		if got := octavesOf(math.Exp2(float64(n))); got != octaves(n*perOctave) || got.float() != float32(n) || log2(math.Exp2(float64(n))) != float32(n) {
			t.Errorf("2^%d has %v octaves", n, got.float())
		}
	}
	for x, want := range map[float64]octaves{1e300: math.MaxInt16, math.Inf(1): math.MaxInt16, 1e-300: math.MinInt16, 0: math.MinInt16} {
		if got := octavesOf(x); got != want {
			t.Errorf("%v has %d, want %d", x, got, want)
		}
	}
}

// TestScaleOfNumbers: where each kind of number lies, and that 0 and a half are told apart.
func TestScaleOfNumbers(t *testing.T) {
	for v, want := range map[float64]octaves{
		0: noNumber, 1: perOctave, 3: 2 * perOctave, 7: 3 * perOctave, 0.5: 1, 0.25: -perOctave, 0.125: -2 * perOctave,
		math.Exp2(-31): -30 * perOctave, math.Exp2(-32): -31 * perOctave, math.Exp2(-33): belowZero + perOctave, math.Exp2(-60): belowZero + perOctave,
		-1: belowZero - perOctave, -3: belowZero - 2*perOctave, -1e300: noNumber + 1,
	} {
		if got := numberOctaves(v); got != want {
			t.Errorf("%v is at %d, want %d", v, got, want)
		}
	}
	for o, want := range map[octaves]float64{0: 0, 1: 0.5, perOctave: 1, 2 * perOctave: 3, -perOctave: 0.25, belowZero - perOctave: -1, belowZero: 0} {
		if got := o.number(); got != want {
			t.Errorf("%d is %v, want %v", o, got, want)
		}
	}
	for o, want := range map[octaves]bool{0: true, 1: true, perOctave - 1: true, perOctave: false, belowZero + 1: true, belowZero: false} {
		if got := o.fraction(); got != want {
			t.Errorf("%d is a fraction: %v", o, got)
		}
	}
}

// TestSpan: how far something is outside a range, and how the range follows.
func TestSpan(t *testing.T) {
	const firm = 1e9 // many values, so that what rests on few is a matter of its own
	at := func(o float32) octaves { return octaves(o * perOctave) }
	of := func(lo, hi float32) span { return span{at(lo), at(hi)} }
	for _, c := range []struct {
		name string
		s    span
		x    float32
		want float32
	}{
		{"inside", of(3, 5), 4, 0},
		{"at its end", of(3, 5), 5, 0},
		{"at its beginning", of(3, 5), 3, 0},
		{"above a single value", of(5, 5), 7, 2},
		{"above a range of two octaves", of(3, 5), 8, 3 / 1.2},
		{"above a range of 16", of(2, 18), 23, 5 / 2.6},
		{"above a wider one", of(2, 28), 33, 5 / 2.6},
		{"below a single value", of(5, 5), 3, 0.5},
		{"far below", of(30, 30), 2, 3},
		{"a fraction of zeros", span{}, 0.5, 0},
		{"more than a fraction", span{}, 3, 3},
	} {
		if got := c.s.beyond(at(c.x), firm, 0); math.Abs(float64(got-c.want)) > 1e-6 {
			t.Errorf("%s: %v octaves, want %v", c.name, got, c.want)
		}
	}
	if got := of(5, 5).beyond(at(7), 5, 5); got != 1 {
		t.Errorf("on as few values as it takes: %v, want half of 2", got)
	}
	if got, want := of(3, 5).beyond(at(8), wellKnown, 0), float32(3/(1+2*(firmWidth+youngWidth)/2)); math.Abs(float64(got-want)) > 1e-6 {
		t.Errorf("above a range that is half as well known as can be: %v octaves, want %v", got, want)
	}
	for _, c := range []struct {
		name string
		s    span
		x    octaves
		seen float32
		want span
	}{
		{"inside", of(3, 5), at(4), 100, of(3, 5)},
		{"the first value above", of(5, 5), at(7), 0, of(5, 7)},
		{"the first value below", of(5, 5), at(3), 0, of(3, 5)},
		{"above, after five values", of(5, 5), at(7), 5, of(5, 6)},
		{"above, after many", of(5, 5), at(15), 1000, of(5, 6)},
		{"below, after many", of(15, 15), at(5), 1000, of(14, 15)},
		{"a little above", of(5, 5), at(5) + 1, 1000, span{at(5), at(5) + 1}},
		{"a little below", of(5, 5), at(5) - 1, 1000, span{at(5) - 1, at(5)}},
		{"a fraction behind zeros", span{}, at(-3), 100, of(-3, -3)},
		{"up to where a 0 would be", of(-1, -1), at(9), 1000, span{at(-1), 1}},
		{"down to where a 0 would be", of(1, 1), at(-9), 1000, span{-1, at(1)}},
	} {
		s := c.s
		if s.learn(c.x, c.seen); s != c.want {
			t.Errorf("%s: %v, want %v", c.name, s, c.want)
		}
		if !c.want.holds(c.want.lo) || !c.want.holds(c.want.hi) || c.want.holds(c.want.lo-1) || c.want.holds(c.want.hi+1) {
			t.Errorf("%v holds what is outside of it, or not what is inside", c.want)
		}
	}
}

// TestRangeOfNumbers: an outlier hides no second one, and what comes again is none.
func TestRangeOfNumbers(t *testing.T) {
	at := func(o float32) octaves { return octaves(o * perOctave) }
	usual := func() *numberRange {
		r := new(numberRange)
		for range 60 {
			r.learn(at(10), pattern.UnitNone, 1)
		}
		return r
	}
	r := usual()
	if r.n != 60 || r.out != 0 || r.span != (span{at(10), at(10)}) || r.told != r.span {
		t.Errorf("%+v", r)
	}
	r.learn(at(10.5), pattern.UnitNone, 1) // half an octave is not outside
	if r.out != 0 || r.told.hi != at(10.5) {
		t.Errorf("a number that is half an octave above: %+v", r)
	}
	r = usual()
	r.learn(at(20), pattern.UnitNone, 1)
	if r.span != (span{at(10), at(11)}) || r.told != (span{at(10), at(10)}) || r.last != (span{at(10), at(20)}) || math.Abs(float64(r.out)-1) > 0.01 {
		t.Errorf("an outlier above: %+v", r)
	}
	for _, x := range []float32{30, 25, 26} {
		r.learn(at(x), pattern.UnitNone, 1)
	}
	if r.span.hi != at(25) { // as far as two of the last went
		t.Errorf("of four numbers far above, the range goes to %v", r.span.hi.float())
	}
	r = usual()
	for _, x := range []float32{2, 1, 4, 3} {
		r.learn(at(x), pattern.UnitNone, 1)
	}
	if r.span.lo != at(4) {
		t.Errorf("of four numbers far below, the range goes to %v", r.span.lo.float())
	}
	// Four among many are no rule.
	r = new(numberRange)
	for range 400 {
		r.learn(at(10), pattern.UnitNone, 1)
	}
	for _, x := range []float32{30, 30, 30, 30} {
		r.learn(at(x), pattern.UnitNone, 1)
	}
	if r.span.hi > at(20) {
		t.Errorf("of four among 400, the range goes to %v", r.span.hi.float())
	}
	// Zeros among fractions widen nothing.
	r = new(numberRange)
	r.learn(at(-3), pattern.UnitNone, 1)
	r.learn(0, pattern.UnitNone, 1)
	if r.n != 2 || r.span != (span{at(-3), at(-3)}) || r.told != r.span {
		t.Errorf("a 0 among fractions: %+v", r)
	}
	r = new(numberRange)
	r.learn(0, pattern.UnitNone, 1)
	r.learn(at(-3), pattern.UnitNone, 1)
	if r.span != (span{at(-3), at(-3)}) || r.told != r.span || r.last != r.span {
		t.Errorf("a fraction behind a 0: %+v", r)
	}
	for _, c := range []struct {
		x    float32
		want bool
	}{{10, false}, {10.5, false}, {10.6, true}, {7.5, false}, {7.4, true}, {8, false}} {
		if got := (span{at(8), at(10)}).outside(at(c.x)); got != c.want {
			t.Errorf("%v is outside of 8 to 10: %v", c.x, got)
		}
	}
}

// TestRangesHaveRoom: up to the limit all are held; beyond it the half that rests on the
// most numbers stays.
func TestRangesHaveRoom(t *testing.T) {
	const limit = maxRanges / 4 * 3
	var r ranges
	if r.find(1) != nil {
		t.Error("an empty table has a range")
	}
	for key := range uint32(limit) {
		r.claim(key).n = float32(key + 1)
		if again := r.claim(key); again.n != float32(key+1) || again.key != key|1<<31 {
			t.Fatalf("%d is found as %+v", key, again)
		}
	}
	if r.used != limit || len(r.all()) != limit || len(r.slots) != maxRanges {
		t.Fatalf("%d of %d ranges are held, in %d places", len(r.all()), limit, len(r.slots))
	}
	r.claim(limit).n = 0.5
	if r.used != limit/2+1 || len(r.all()) != limit/2+1 || len(r.slots) != maxRanges {
		t.Fatalf("%d ranges are held, %d counted", len(r.all()), r.used)
	}
	for key := range uint32(limit) {
		if held := r.find(key) != nil; held != (key >= limit/2) {
			t.Fatalf("the range that rests on %d numbers is held: %v", key+1, held)
		}
	}
	r.find(limit - 1).out = 8
	r.age()
	if own := r.find(limit - 1); own.n != limit/2 || own.out != 4 {
		t.Errorf("halved, it rests on %v numbers, %v outside", own.n, own.out)
	}
}
