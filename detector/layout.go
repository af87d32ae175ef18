package detector

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/forest"
)

// modelVersion stands for what the numbers in a model mean: the tokeniser's
// patterns and hashes, the features, their scales. A model of another version
// is not read. TestModelVersion fails when the meaning has changed and says
// what to do.
const modelVersion = 1

// This file lists the fields of a model for its snapshot, each type's in the
// order of its declaration. TestSnapshotCarriesEveryField finds one that is
// missing here.

func (s *state) carry(c *codec) {
	s.model.carry(c)
	s.window.carry(c)
	s.threshold.carry(c)
	i64(c, &s.records)
	i64(c, &s.nextRefit)
	i64(c, &s.refitAt)
	i64(c, &s.refitFrom)
	s.carryForest(c)
}

// maxForestBytes is above what the largest forest (forest.MaxNodes) takes.
const maxForestBytes = 32 << 20

func (s *state) carryForest(c *codec) {
	var b []byte
	if !c.reading && s.forest != nil {
		b, _ = s.forest.AppendBinary(nil)
	}
	if b = c.bytes("forest", b, maxForestBytes); !c.reading || c.err != nil {
		return
	}
	s.forest = nil
	if len(b) == 0 {
		return
	}
	f := new(forest.Forest)
	if err := f.UnmarshalBinary(b); err != nil {
		c.fail("%v", err)
	} else if f.Features() != int(features) {
		c.fail("a forest of %d features, %d are right", f.Features(), features)
	} else {
		s.forest = f
	}
}

func (m *model) carry(c *codec) {
	c.u32(&m.records)
	c.u32(&m.epoch)
	c.f32(&m.total)
	c.f32s(m.levels[:])
	m.statements.carry(c)
	m.language.carry(c)
	m.letters.carry(c)
	m.lengths.carry(c)
	m.clock.carry(c)
	m.seldom.carry(c)
	c.f32(&m.news)
	c.f32(&m.failure)
}

// statementBytes is the least that a statement takes.
const statementBytes = 64

func (t *statements) carry(c *codec) {
	n := c.count("patterns", len(t.all), maxStatements, statementBytes)
	if !c.reading {
		for i := range t.all {
			t.all[i].carry(c)
		}
		return
	}
	size := statementsAtFirst
	for size < n {
		size *= 2
	}
	*t = statements{slots: make([]slot, 2*size), all: make([]statement, 0, size), limit: maxStatements}
	for range n {
		var s statement
		if s.carry(c); c.err != nil {
			return
		}
		if t.find(s.hash) != nil {
			c.fail("a pattern stands there twice")
			return
		}
		t.all = append(t.all, s)
		t.put(s.hash, uint32(len(t.all)))
	}
}

func (s *statement) carry(c *codec) {
	c.u64(&s.hash)
	c.u64(&s.vars)
	c.f32(&s.n)
	c.f32s(s.levels[:])
	c.u32(&s.seen)
	c.u32(&s.first)
	c.u32(&s.last)
	c.u32(&s.epoch)
	c.f32(&s.rate)
	c.f32(&s.peak)
	c.f32(&s.height)
	c.u16(&s.run)
	c.octaves(&s.longest)
	c.u8(&s.class)
	c.u8(&s.numbers)
	s.length.carry(c)
	if s.numbers > trackedNumbers {
		c.fail("a pattern of %d numbers, at most %d are right", s.numbers, trackedNumbers)
		return
	}
	for i := range s.nums[:s.numbers] {
		s.nums[i].carry(c)
	}
	s.text.carry(c)
}

func (s *span) carry(c *codec) {
	c.octaves(&s.lo)
	c.octaves(&s.hi)
}

func (t *patternText) carry(c *codec) {
	b := c.bytes("pattern", t.bytes(), len(t.b))
	if c.reading {
		t.n = uint8(copy(t.b[:], b))
	}
}

func (g *language) carry(c *codec) {
	g.grams.carry(c)
	c.f32(&g.fresh)
}

// gramBytes is what one entry takes.
const gramBytes = 8

// carry writes the entries in the order of their keys: their places in the table
// have no meaning, only its size has, which says when it ages.
func (g *grams) carry(c *codec) {
	size := uint8(bits.Len(uint(len(g.slots))) - 1)
	c.u8(&size)
	if c.reading && c.err == nil && (size > 31 || 1<<size < gramsAtFirst || 1<<size > gramLimit) {
		c.fail("a table of words of size 2^%d", size)
	}
	if c.err != nil {
		return
	}
	n := c.count("words", g.used, 1<<size/4*3, gramBytes)
	if !c.reading {
		list := make([]gram, 0, n)
		for _, s := range g.slots {
			if s.key != 0 {
				list = append(list, s)
			}
		}
		slices.SortFunc(list, func(a, b gram) int { return cmp.Compare(a.key, b.key) })
		for i := range list {
			list[i].carry(c)
		}
		return
	}
	if c.err != nil {
		return
	}
	*g = grams{slots: make([]gram, 1<<size), limit: gramLimit}
	last := uint32(1<<31 - 1) // no key is smaller than 1<<31
	for range n {
		var s gram
		if s.carry(c); c.err != nil {
			return
		}
		if s.key <= last {
			c.fail("a word's key %#x behind %#x", s.key, last)
			return
		}
		last = s.key
		*g.find(s.key) = s
		g.used++
	}
}

func (s *gram) carry(c *codec) {
	c.u32(&s.key)
	c.u16(&s.n)
	c.u16(&s.t)
}

func (m *letters) carry(c *codec) {
	for i := range m.pairs {
		c.u16(&m.pairs[i])
	}
	for i := range m.firsts {
		c.u32(&m.firsts[i])
	}
	c.f32(&m.mean)
	c.f32(&m.spread)
	c.f32(&m.lines)
	c.f32(&m.open)
}

func (h *lengths) carry(c *codec) {
	c.f32s(h.count[:])
	c.f32(&h.total)
	c.index("the shortest length", &h.lo, len(h.count))
	c.index("the longest length", &h.hi, len(h.count))
}

func (k *clock) carry(c *codec) {
	i64(c, &k.now)
	c.f32(&k.pace)
	c.f32(&k.usual)
}

func (r *rarity) carry(c *codec) {
	c.f32s(r.count[:])
	c.f32(&r.total)
	c.f32(&r.weight)
}

// carry reads into a window whose size is set.
func (w *window) carry(c *codec) {
	n := c.count("rows", len(w.rows), w.size, len(row{}))
	if !c.reading {
		for i := range w.rows {
			c.b = append(c.b, w.rows[i][:]...)
		}
	} else {
		w.rows = make([]row, n, max(n, min(w.size, 256)))
		for i := range w.rows {
			copy(w.rows[i][:], c.take(len(row{})))
		}
	}
	c.index("the next row", &w.next, w.size)
	if c.reading && w.next != 0 && len(w.rows) < w.size {
		c.fail("a window of %d rows begins anew at %d", len(w.rows), w.next)
	}
}

func (t *threshold) carry(c *codec) {
	c.f32(&t.contamination)
	c.f32(&t.points)
	c.f32(&t.extra)
}
