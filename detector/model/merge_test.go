package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
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
			m.fields.ranges.claim(rng.Uint32()).learn(octaves(rng.IntN(3000)))
		}
		for i := range 400 {
			m.fields.keys.add(rng.Uint64(), fmt.Appendf(nil, "field.%d", i), uint32(i))
			var mask keyMask
			mask.add(i)
			m.fields.keys.learnSet(&mask, m.records)
		}
		return &m
	}
	m, o := make(1), make(3)
	most := o.statements.all[2999].hash
	m.Merge(o)
	if n := len(m.statements.all); n != maxStatements {
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
		m.seldom.learn(3, 300)
		m.lengths.learn(80)
		m.letters.learn([]byte("some text"))
		m.language.grams.count(9, 4)
		m.fields.ranges.claim(3).learn(400)
		m.fields.value.learn(12)
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
			{got.fields.value, want.fields.value}, {got.language.grams.entries(), want.language.grams.entries()}, {got.fields.ranges.all(), want.fields.ranges.all()},
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
		reflect.TypeFor[Model](): 17, reflect.TypeFor[statement](): 23, reflect.TypeFor[habit](): 14, reflect.TypeFor[gaps](): 4,
		reflect.TypeFor[habits](): 10, reflect.TypeFor[clock](): 7, reflect.TypeFor[rarity](): 3, reflect.TypeFor[tail](): 3,
		reflect.TypeFor[fields](): 15, reflect.TypeFor[key](): 7, reflect.TypeFor[keySet](): 3, reflect.TypeFor[place](): 12,
		reflect.TypeFor[texts](): 6, reflect.TypeFor[numberRange](): 7, reflect.TypeFor[letters](): 6, reflect.TypeFor[lengths](): 4,
		reflect.TypeFor[language](): 2, reflect.TypeFor[general](): 2, reflect.TypeFor[usual](): 2, reflect.TypeFor[shown](): 3, reflect.TypeFor[calm](): 3,
		reflect.TypeFor[objects](): 1, reflect.TypeFor[object](): 3,
	} {
		if n := of.NumField(); n != fields {
			t.Errorf("%v has %d fields, this test knows %d: see to the new one in merge.go, and count it here", of, n, fields)
		}
	}
}
