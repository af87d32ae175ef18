package model

import (
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

const (
	trackedNumbers = 12 // numbers of a pattern whose range is kept
	maturity       = 8  // times that a pattern must be seen to be known

	statementsAtFirst = 64
	maxStatements     = 4096
)

// statement is what is known of one pattern: one logging statement of one
// program, as a rule.
type statement struct {
	hash uint64
	vars uint64 // of the record seen last

	n      float32 // records, aged
	levels [pattern.Levels]float32

	seen  uint32 // records, not aged; stays at its limit
	first uint32 // the record at which it was first seen
	last  uint32 // and last
	epoch uint32 // ageing done so far

	rate   float32 // records of it among the recent ones, fading
	peak   float32 // usual highest surprise of rate, in bits
	height float32 // of the burst that is going on, in bits

	run     uint16  // times in a row that the very same line came
	longest octaves // usual longest run

	class   uint8 // wordClass of its words, when it was new
	numbers uint8 // how many of nums are in use
	length  span
	nums    [trackedNumbers]span

	text patternText // for people; nothing is judged by it
}

// statements is a table of patterns by their hash: open addressing over
// indices into a flat array, so that a lookup touches two cache lines.
//
// At its limit the half that was seen least goes, the oldest first.
type statements struct {
	slots []slot
	all   []statement
	limit int
}

type slot struct {
	hash uint32
	at   uint32 // index in all, plus 1; 0 = empty
}

func newStatements(limit int) statements {
	return statements{slots: make([]slot, 2*statementsAtFirst), all: make([]statement, 0, statementsAtFirst), limit: limit}
}

// find returns the statement with the hash, or nil. The pointer is valid
// until the next add.
func (t *statements) find(hash uint64) *statement {
	mask := uint32(len(t.slots) - 1)
	for i := slotOf(hash, mask); ; i = (i + 1) & mask {
		s := t.slots[i]
		if s.at == 0 {
			return nil
		}
		if s.hash == uint32(hash>>32) && t.all[s.at-1].hash == hash {
			return &t.all[s.at-1]
		}
	}
}

// add makes a statement for the hash, which must not be there.
func (t *statements) add(hash uint64) *statement {
	if len(t.all) == cap(t.all) {
		if cap(t.all) >= t.limit {
			t.evict()
		} else {
			t.all = append(make([]statement, 0, 2*cap(t.all)), t.all...)
		}
		t.index()
	}
	t.all = append(t.all, statement{hash: hash})
	t.put(hash, uint32(len(t.all)))
	return &t.all[len(t.all)-1]
}

func (t *statements) put(hash uint64, at uint32) {
	mask := uint32(len(t.slots) - 1)
	i := slotOf(hash, mask)
	for t.slots[i].at != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = slot{uint32(hash >> 32), at}
}

func (t *statements) index() {
	if want := 2 * cap(t.all); len(t.slots) < want {
		t.slots = make([]slot, want)
	} else {
		clear(t.slots)
	}
	for i := range t.all {
		t.put(t.all[i].hash, uint32(i+1))
	}
}

// evict drops the half that was seen least; of equals, the one not seen for
// longest.
func (t *statements) evict() {
	t.sort()
	t.all = t.all[:len(t.all)/2]
	for i := range t.all { // so that what was once frequent goes in its turn
		t.all[i].seen -= t.all[i].seen >> 2
	}
}

// sort puts those seen most first; of equals, the one seen last. The table must
// be indexed anew.
func (t *statements) sort() {
	slices.SortFunc(t.all, func(a, b statement) int {
		if d := b.seen - a.seen; b.seen != a.seen {
			return int(int32(d))
		}
		return int(int32(b.last - a.last))
	})
}

// age halves the counts once for each epoch that has passed.
func (s *statement) age(epoch uint32) {
	if s.epoch == epoch {
		return
	}
	f := float32(1)
	for e := s.epoch; e != epoch && f > 1e-9; e++ {
		f /= 2
	}
	s.epoch = epoch
	s.n *= f
	for i := range s.levels {
		s.levels[i] *= f
	}
}

// statementBytes is the least that a statement takes.
const statementBytes = 64

func (t *statements) carry(c *codec.Codec) {
	n := c.Count("patterns", len(t.all), maxStatements, statementBytes)
	if !c.Reading {
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
		if s.carry(c); c.Err != nil {
			return
		}
		if t.find(s.hash) != nil {
			c.Fail("a pattern stands there twice")
			return
		}
		t.all = append(t.all, s)
		t.put(s.hash, uint32(len(t.all)))
	}
}

func (s *statement) carry(c *codec.Codec) {
	c.U64(&s.hash)
	c.U64(&s.vars)
	c.F32(&s.n)
	c.F32s(s.levels[:])
	c.U32(&s.seen)
	c.U32(&s.first)
	c.U32(&s.last)
	c.U32(&s.epoch)
	c.F32(&s.rate)
	c.F32(&s.peak)
	c.F32(&s.height)
	c.U16(&s.run)
	s.longest.carry(c)
	c.U8(&s.class)
	c.U8(&s.numbers)
	s.length.carry(c)
	if s.numbers > trackedNumbers {
		c.Fail("a pattern of %d numbers, at most %d are right", s.numbers, trackedNumbers)
		return
	}
	for i := range s.nums[:s.numbers] {
		s.nums[i].carry(c)
	}
	s.text.carry(c)
}
