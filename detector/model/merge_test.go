package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestMergeIsBounded merges models whose tables are full: what was seen most stays, and
// the result is one that can be written and read.
func TestMergeIsBounded(t *testing.T) {
	make := func(seed uint64) *Model {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := New()
		m.records, m.total, m.epoch = 3*ageEvery, 1.5*ageEvery, 3
		for i := range 3000 {
			s := m.statements.add(rng.Uint64())
			s.seen, s.n, s.last, s.first = uint32(i+1), float32(i+1), m.records-uint32(i), uint32(i)
			s.epoch = m.epoch
			m.statements.call(s, rng.Uint64())
		}
		for range 60_000 {
			m.language.grams.count(rng.Uint32(), 1+rng.Uint32N(3))
			m.fields.ranges.claim(rng.Uint32()).learn(octaves(rng.IntN(3000)), pattern.UnitNone, 1)
		}
		for i := range 400 {
			m.fields.keys.add(rng.Uint64(), fmt.Appendf(nil, "field.%d", i), uint32(i))
			var mask keyMask
			mask.add(i)
			m.fields.keys.learnSet(&mask, m.records, 1)
		}
		return &m
	}
	m, o := make(1), make(3)
	most := o.statements.at(2999).hash
	m.Merge(o)
	if n := m.statements.n; n != maxStatements {
		t.Errorf("%d statements, %d wanted", n, maxStatements)
	}
	if s := m.statements.find(most); s == nil || s.seen != 3000 {
		t.Error("the statement seen most is lost")
	}
	if m.total > 2*ageEvery || m.records != 6*ageEvery {
		t.Errorf("%d records that count for %.0f", m.records, m.total)
	}
	if k, s := len(m.fields.keys.all), len(m.fields.keys.sets); k != maxKeys || s != maxKeySets {
		t.Errorf("%d fields and %d sets of them", k, s)
	}
	c := codec.Codec{}
	m.Carry(&c)
	c.Reading = true
	got := New()
	if got.Carry(&c); c.Err != nil || len(c.B) > 0 {
		t.Errorf("it cannot be read again: %v, %d bytes left", c.Err, len(c.B))
	}
}

// TestMergeWithNothing: what a model knows is neither more nor less beside one that knows
// nothing, whichever is merged into which.
func TestMergeWithNothing(t *testing.T) {
	m := func() *Model {
		m := New()
		m.records, m.total, m.news, m.failure = 5000, 5000, 0.25, 3
		m.levels[3] = 4000
		s := m.statements.add(7)
		s.seen, s.n, s.first, s.last, s.peak = 40, 40, 100, 4900, 9
		s.habit = habit{slow: 12, told: 30, begun: 20, since: 99, from: 5, time: 6, times: 2, soon: 1, gaps: gaps{4, 1, 2, 3}}
		m.habits.total, m.habits.weight, m.habits.now, m.habits.begin = 300, 2, 77, 3
		m.habits.news[1] = 9
		m.clock.now, m.clock.usual, m.clock.pace = 77, 5, 6
		m.seldom.learn(3, 1, 300)
		m.lengths.learn(80)
		m.letters.learn([]byte("some text"))
		m.language.grams.count(9, 4)
		m.fields.ranges.claim(3).learn(400, pattern.UnitNone, 1)
		m.fields.tails.learn(&[tailsOf]float32{12, 0, 3, 0, 1})
		return &m
	}
	want, into, from := m(), m(), New()
	nothing := New()
	into.Merge(&nothing)
	from.Merge(m())
	for name, got := range map[string]*Model{"into it": into, "into nothing": &from} {
		s, w := got.statements.find(7), want.statements.find(7)
		if s == nil {
			t.Errorf("%s: the statement is lost", name)
			continue
		}
		share := func(m *Model, s *statement) float64 { return float64(s.habit.slow) / m.habits.total }
		if math.Abs(share(got, s)-share(want, w)) > 1e-6 || got.habits.total/got.habits.weight != 150 || got.habits.news[1]/got.habits.newsWeight != 9 {
			t.Errorf("%s: habits %+v, want those of %+v", name, got.habits, want.habits)
		}
		own := *s
		own.habit.slow = w.habit.slow
		diff(t, name, reflect.ValueOf(own), reflect.ValueOf(*w))
		for _, part := range []struct{ got, want any }{
			{got.records, want.records}, {got.total, want.total}, {got.news, want.news}, {got.failure, want.failure}, {got.levels, want.levels},
			{got.clock, want.clock}, {got.lengths, want.lengths}, {got.letters, want.letters}, {got.seldom, want.seldom},
			{got.fields.tails, want.fields.tails}, {got.language.grams.entries(), want.language.grams.entries()}, {got.fields.ranges.all(), want.fields.ranges.all()},
		} {
			if !reflect.DeepEqual(part.got, part.want) {
				t.Errorf("%s: %+v, want %+v", name, part.got, part.want)
			}
		}
	}
}

// TestMergeKnowsEveryField has a list of how many fields each type has that Merge puts
// together: one that is new there must be merged, and counted here.
func TestMergeKnowsEveryField(t *testing.T) {
	for of, fields := range map[reflect.Type]int{
		reflect.TypeFor[Model](): 25, reflect.TypeFor[statement](): 36, reflect.TypeFor[releases](): 5, reflect.TypeFor[flow](): 6, reflect.TypeFor[usualKeys](): 4, reflect.TypeFor[run](): 2, reflect.TypeFor[habit](): 17, reflect.TypeFor[gaps](): 4,
		reflect.TypeFor[habits](): 10, reflect.TypeFor[clock](): 8, reflect.TypeFor[rarity](): 3, reflect.TypeFor[tails](): 3,
		reflect.TypeFor[fields](): 16, reflect.TypeFor[relapse](): 4, reflect.TypeFor[key](): 7, reflect.TypeFor[keySet](): 5, reflect.TypeFor[place](): 20, reflect.TypeFor[setting](): 6, reflect.TypeFor[surge](): 3,
		reflect.TypeFor[texts](): 9, reflect.TypeFor[numberRange](): 8, reflect.TypeFor[bounds](): 6, reflect.TypeFor[ascent](): 8, reflect.TypeFor[reach](): 3, reflect.TypeFor[shift](): 3, reflect.TypeFor[side](): 5, reflect.TypeFor[spell](): 4, reflect.TypeFor[letters](): 6, reflect.TypeFor[lengths](): 4,
		reflect.TypeFor[language](): 2, reflect.TypeFor[general](): 2, reflect.TypeFor[usual](): 2, reflect.TypeFor[shown](): 3, reflect.TypeFor[calm](): 3,
		reflect.TypeFor[objects](): 1, reflect.TypeFor[object](): 3, reflect.TypeFor[identifiers](): 3, reflect.TypeFor[onces](): 2, reflect.TypeFor[skew](): 5, reflect.TypeFor[stuck](): 9, reflect.TypeFor[often](): 2, reflect.TypeFor[dependencies](): 4, reflect.TypeFor[valueFlow](): 3, reflect.TypeFor[absence](): 2,
	} {
		if n := of.NumField(); n != fields {
			t.Errorf("%v has %d fields, this test knows %d: see to the new one in merge.go, and count it here", of, n, fields)
		}
	}
}

// TestMergedAscents: what is known of the largest and the smallest numbers is put together, also
// where one of the logs has seen none, or too few for anything else to be known.
func TestMergedAscents(t *testing.T) {
	seen := func(values ...float64) (r numberRange) {
		for i, v := range values {
			r.ascent.learn(numberOctaves(v), v, uint32(i+1), false, false)
		}
		return r
	}
	none, few, below := seen(), seen(40, 30, 60), seen(-5, -9)
	for _, c := range []struct {
		a, b        numberRange
		lo, hi      float64
		n, up, down float32 // numbers before the last of each, and of all those the largest and the smallest so far
	}{
		{few, none, 30, 60, 2, 1, 1}, {none, few, 30, 60, 2, 1, 1}, {few, below, -9, 60, 3, 1, 2}, {below, few, -9, 60, 3, 1, 2},
	} {
		r := c.a
		r.merge(&c.b)
		a := &r.ascent
		if hi, lo := a.up.most, -a.down.most; hi != numberOctaves(c.hi) || lo != numberOctaves(c.lo) {
			t.Errorf("%+v and %+v: from %v to %v, want %v to %v", c.a.ascent, c.b.ascent, lo.number(), hi.number(), c.lo, c.hi)
		}
		if a.n != c.n || a.up.peaks != c.up || a.down.peaks != c.down || a.at != 0 {
			t.Errorf("%+v and %+v: %+v, want %v numbers, %v and %v", c.a.ascent, c.b.ascent, *a, c.n, c.up, c.down)
		}
	}
	if none.merge(&numberRange{}); none.ascent != (ascent{}) {
		t.Errorf("nothing and nothing: %+v", none.ascent)
	}
}

// TestMergeIsAsIfOneHadReadBoth: of what is counted, and of means in which nothing has
// faded yet, a merge knows what one model knows that read one log and then the other,
// however short they are.
func TestMergeIsAsIfOneHadReadBoth(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	type parts struct {
		gaps    gaps
		letters letters
		lengths lengths
		grams   grams
		rarity  rarity
		span    span
	}
	learn := func(p *parts, x float32) {
		p.gaps.learn(x)
		p.letters.learn(fmt.Appendf(nil, "line %v of many", x))
		p.letters.usual(x/4, x > 4)
		p.lengths.learn(int(8 * x))
		p.grams.count(uint32(x), 3)
		p.rarity.learn(uint32(x), 1, 1e9) // nothing fades
		p.span.lo, p.span.hi = min(p.span.lo, octavesOf(float64(x))), max(p.span.hi, octavesOf(float64(x)))
	}
	fresh := func() *parts {
		p := &parts{grams: newGrams(1 << 12)}
		p.span.lo, p.span.hi = octavesOf(1e9), octavesOf(1.0/1024)
		return p
	}
	near := func(a, b float32) bool {
		return math.Abs(float64(a-b)) <= 1e-3*max(1, math.Abs(float64(a)), math.Abs(float64(b)))
	}
	for n := range 12 {
		for o := range 12 {
			one, other, both := fresh(), fresh(), fresh()
			for i := range n + o {
				x := 1 + 7*rng.Float32()
				learn(both, x)
				if i < n {
					learn(one, x)
				} else {
					learn(other, x)
				}
			}
			longest := max(one.gaps.longest, other.gaps.longest)
			one.gaps.merge(&other.gaps)
			one.letters.merge(&other.letters)
			one.lengths.merge(&other.lengths)
			one.grams.merge(&other.grams, firstOf)
			one.rarity.merge(&other.rarity)
			one.span.merge(other.span)
			g, w := &one.gaps, &both.gaps
			if g.n != w.n || !near(g.mean, w.mean) || !near(g.variance, w.variance) || g.longest != longest {
				t.Errorf("%d and %d: gaps %+v, want %+v, the longest %v", n, o, *g, *w, longest)
			}
			l, m := &one.letters, &both.letters
			if l.pairs != m.pairs || l.firsts != m.firsts || l.lines != m.lines || !near(l.mean, m.mean) || !near(l.open, m.open) {
				t.Errorf("%d and %d: of letters %v lines of %v bits, %v open, want %v of %v, %v", n, o, l.lines, l.mean, l.open, m.lines, m.mean, m.open)
			}
			if one.lengths != both.lengths {
				t.Errorf("%d and %d: lengths %+v, want %+v", n, o, one.lengths, both.lengths)
			}
			if !reflect.DeepEqual(one.grams.entries(), both.grams.entries()) {
				t.Errorf("%d and %d: words %v, want %v", n, o, one.grams.entries(), both.grams.entries())
			}
			if one.span != both.span {
				t.Errorf("%d and %d: a range %v, want %v", n, o, one.span, both.span)
			}
			share := func(x, of float32) float32 { return x / max(of, 1e-9) }
			for i := range one.rarity.count {
				if a, b := share(one.rarity.count[i], one.rarity.weight), share(both.rarity.count[i], both.rarity.weight); !near(a, b) {
					t.Errorf("%d and %d: %v times as rare as %d, want %v", n, o, a, i, b)
				}
			}
			if a, b := share(one.rarity.total, one.rarity.weight), share(both.rarity.total, both.rarity.weight); !near(a, b) {
				t.Errorf("%d and %d: %v counted, want %v", n, o, a, b)
			}
		}
	}
}

// TestMergeOfWordsInCommon: as many of the words that stood behind one are the same in
// both logs as there are neighbours of words that both know.
func TestMergeOfWordsInCommon(t *testing.T) {
	const place = 7 // a word, behind which 8 different ones stood in each log
	for _, c := range []struct {
		name         string
		common, each uint32 // neighbours that both know, and that each knows
		want         uint16
	}{{"none but the place itself", 1, 8, 8 + 7}, {"half", 4, 8, 8 + 4}, {"all", 8, 8, 8}} {
		a, b := New(), New()
		a.language.grams.context(place, 20, false)
		b.language.grams.context(place, 30, false)
		a.language.grams.find(place).t, b.language.grams.find(place).t = 8, 8
		for i := range c.each - 1 {
			a.language.grams.count(100+i, 1)
			if i < c.common-1 {
				b.language.grams.count(100+i, 1)
			} else {
				b.language.grams.count(200+i, 1)
			}
		}
		a.language.merge(&b.language, 0.5)
		if s := a.language.grams.find(place); s.n != 50 || s.t != c.want {
			t.Errorf("%s: %d different ones in %d, want %d in 50", c.name, s.t, s.n, c.want)
		}
	}
}

// TestMergeOfNothing: models that have read nothing make one that has read nothing.
func TestMergeOfNothing(t *testing.T) {
	m, o, want := New(), New(), New()
	m.Merge(&o)
	got := []any{m.records, m.total, m.news, m.failure, m.language.fresh, m.clock, m.letters, m.lengths, m.seldom, m.statements.n, m.habits.total, m.habits.news, m.fields.records}
	for i, w := range []any{want.records, want.total, want.news, want.failure, want.language.fresh, want.clock, want.letters, want.lengths, want.seldom, 0, want.habits.total, want.habits.news, want.fields.records} {
		if !reflect.DeepEqual(got[i], w) {
			t.Errorf("%d: %+v, want %+v", i, got[i], w)
		}
	}
}

// TestRoomIsForTheLargest: a copy that has room for each of two models has it for all
// that either holds.
func TestRoomIsForTheLargest(t *testing.T) {
	a, b := Room{1, 20, 3, 40}, Room{10, 2, 30, 4}
	if got, want := a.Max(b), (Room{10, 20, 30, 40}); got != want || b.Max(a) != want {
		t.Errorf("%+v and %+v, want %+v", got, b.Max(a), want)
	}
}

// TestMergeRuns: a run goes on in the later log, and the longest is that of both.
func TestMergeRuns(t *testing.T) {
	for _, later := range []bool{false, true} {
		r, want := run{n: 3, longest: 500}, run{n: 3, longest: 700}
		if later {
			want.n = 8
		}
		if r.merge(run{n: 8, longest: 700}, later); r != want {
			t.Errorf("later %t: %+v, want %+v", later, r, want)
		}
		if r.merge(run{longest: 1}, false); r != want {
			t.Errorf("later %t: %+v behind a shorter one, want %+v", later, r, want)
		}
	}
}
