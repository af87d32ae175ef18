package model

import (
	"math/bits"
	"math/rand/v2"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// grams counts words, neighbours of words and the contexts that they stand
// in: one open-addressed table, 8 bytes an entry, keyed by 32-bit hashes.
//
// At its limit every count is halved and what was seen once goes. So the
// table is bounded, and the past fades.
type grams struct {
	slots []gram
	used  int
	limit int // most slots, a power of two

	aged uint32 // times that all counts were halved for want of room
}

type gram struct {
	key uint32 // 0 = empty
	n   uint16 // times seen
	t   uint16 // of a context: times that something new stood behind it; of a pair's value: that it began anew
}

const gramsAtFirst = 1 << 10

func newGrams(limit int) grams {
	return grams{slots: make([]gram, gramsAtFirst), limit: limit}
}

// salt moves every key to a place in its table that nobody outside the process
// can foretell. Seed, from which the keys come, is known wherever it is left at
// its default, and lines could be made whose keys all want the same place. What is
// found does not depend on places, and so no verdict depends on the salt.
var salt = rand.Uint64() | 1

// slotOf returns the key's place in a table of mask+1 places, a power of two
// (multiply-shift, Dietzfelbinger et al. 1997): of two keys, however they were
// chosen, the chance to want the same one is at most 2 in mask+1.
func slotOf(key uint64, mask uint32) uint32 {
	return uint32(key * salt >> (-uint(bits.Len32(mask)) & 63)) // 64 less the length of the mask
}

func (g *grams) find(key uint32) *gram {
	key |= 1 << 31 // never 0
	mask := uint32(len(g.slots) - 1)
	for i := slotOf(uint64(key), mask); ; i = (i + 1) & mask {
		if s := &g.slots[i]; s.key == key || s.key == 0 {
			return s
		}
	}
}

// place is where the key stands or would.
func (g *grams) place(key uint32) uint32 {
	key |= 1 << 31
	mask := uint32(len(g.slots) - 1)
	i := slotOf(uint64(key), mask)
	for ; g.slots[i].key != key && g.slots[i].key != 0; i = (i + 1) & mask {
	}
	return i
}

// countAt is count for a key that stood at a place when that was asked for.
func (g *grams) countAt(place, key, n uint32) {
	if place < uint32(len(g.slots)) {
		if s := &g.slots[place]; s.key == key|1<<31 {
			s.n = saturate(uint32(s.n) + n)
			return
		}
	}
	g.count(key, n)
}

// count counts the key n times more and reports whether it is new.
func (g *grams) count(key, n uint32) (isNew bool) {
	s := g.claim(key)
	isNew = s.n == 0
	s.n = saturate(uint32(s.n) + n)
	return isNew
}

// context counts the key of a context n times more, and one time more that
// something new stood behind it when isNew.
func (g *grams) context(key, n uint32, isNew bool) {
	t := uint32(0)
	if isNew {
		t = 1
	}
	s := g.claim(key)
	s.n = saturate(uint32(s.n) + n)
	s.t = saturate(uint32(s.t) + t)
}

// claim returns the key's entry, made if need be. The pointer is valid until
// the next claim.
func (g *grams) claim(key uint32) *gram {
	s := g.find(key)
	if s.key == 0 {
		if g.used >= len(g.slots)/4*3 {
			g.makeRoom()
			s = g.find(key)
		}
		s.key = key | 1<<31
		g.used++
	}
	return s
}

// makeRoom doubles the table or, at its limit, ages it.
func (g *grams) makeRoom() {
	old := g.slots
	if len(old) < g.limit {
		g.slots = make([]gram, 2*len(old))
		g.used = 0
		for _, s := range old {
			if s.key != 0 {
				*g.find(s.key) = s
				g.used++
			}
		}
		return
	}
	g.aged++
	for g.used >= len(old)/2 { // twice where hardly anything was seen once
		g.forget()
	}
}

// forget halves every count and drops what was seen once, in the table's own room. From
// behind an empty place on, each entry is taken out and put back where it is looked for:
// all that stands between that place and its old one was put back before it.
func (g *grams) forget() {
	mask := uint32(len(g.slots) - 1)
	from := uint32(0)
	for g.slots[from].key != 0 { // a quarter are empty
		from++
	}
	g.used = 0
	for n := uint32(1); n <= mask; n++ {
		p := &g.slots[(from+n)&mask]
		s := *p
		if s.key == 0 {
			continue
		}
		*p = gram{}
		if s.n >>= 1; s.n > 0 {
			s.t >>= 1
			*g.find(s.key) = s
			g.used++
		}
	}
}

// halve halves every count; what was seen once stays, so that it is not news
// again.
func (g *grams) halve() {
	for i := range g.slots {
		s := &g.slots[i]
		s.n -= s.n >> 1
		s.t >>= 1
	}
}

func saturate(v uint32) uint16 {
	return uint16(min(v, 1<<16-1))
}

func saturate8(v uint) uint8 { return uint8(min(v, 1<<8-1)) }

// gramBytes is what one entry takes.
const gramBytes = 8

// carry writes the entries in the order of their keys: their places in the table
// have no meaning, only its size has, which says when it ages.
func (g *grams) carry(c *codec.Codec) {
	size := uint8(bits.Len(uint(len(g.slots))) - 1)
	c.U8(&size)
	if c.Reading && c.Err == nil && (size > 31 || 1<<size < gramsAtFirst || 1<<size > g.limit) {
		c.Fail("a table of words of size 2^%d", size)
	}
	if c.Err != nil {
		return
	}
	n := c.Count("words", g.used, 1<<size/4*3, gramBytes)
	if !c.Reading {
		for _, s := range g.entries() {
			s.carry(c)
		}
		return
	}
	if c.Err != nil {
		return
	}
	*g = grams{slots: make([]gram, 1<<size), limit: g.limit}
	last := uint32(1<<31 - 1) // no key is smaller than 1<<31
	for range n {
		var s gram
		if s.carry(c); c.Err != nil {
			return
		}
		if s.key <= last {
			c.Fail("a word's key %#x behind %#x", s.key, last)
			return
		}
		last = s.key
		*g.find(s.key) = s
		g.used++
	}
}

func (s *gram) carry(c *codec.Codec) {
	c.U32(&s.key)
	c.U16(&s.n)
	c.U16(&s.t)
}
