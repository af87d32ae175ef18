package model

import (
	"iter"
	"math/bits"
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
	_    [0]func() // nothing compares statements: the code that could would be 4 KB of the plugin
	hash uint64
	all  uint64 // a hash of all that its last record said

	n      float32 // records, aged
	levels [pattern.Levels]float32

	seen  uint32 // records, not aged; stays at its limit
	first uint32 // the record at which it was first seen
	last  uint32 // and last
	epoch uint32 // ageing done so far

	habit   habit
	rate    float32 // records of it among the recent ones, fading
	peak    float32 // usual highest rate
	burstAt uint32  // the record at which a burst was last near peak
	height  float32 // highest rate in the burst that is going on
	summit  float32 // highest rate in one that is over, or was told
	calm    calm    // before it
	flow    flow

	keys usualKeys // which fields its records have

	same    run    // of the very same line
	alike   run    // of records without a message that differ by numbers and identifiers alone
	alikeOf uint32 // a hash of what its last record said but for those

	releases    releases // in its text
	length      span
	nums        [trackedNumbers]span
	sizes       [trackedNumbers]span   // what is outside is high or low, see shift; its upper end may be unlimited
	before      [trackedNumbers]uint16 // and where each stands, see spot
	token       [trackedNumbers]uint8
	seldomZero  uint16                 // a bit for each number in whose place a 0 is low
	mixed       uint16                 // a bit for each number of which not each of the first was the largest so far
	uncoded     uint16                 // a bit for each number in whose place too many different ones stood to be codes
	identifiers [textIdentifiers]uint8 // the tokens, plus 1, where identifiers stand; 0 = no more of them do
	free        uint8                  // new lines that it got by what they have in common; 0 = it has no place that is free
	class       uint8                  // wordClass of its words, when it was new
	numbers     uint8                  // how many of nums are in use
	version     uint8                  // the token, plus 1, where its version stands; 0 = it has none

	text patternText // for people; nothing is judged by it
}

// statements is a table of what is known by name: open addressing over indices
// of statements, so that a lookup touches two cache lines. A statement goes by
// its own hash and by those of the patterns that turned out to be of it.
//
// Statements lie in blocks and stay where they are: a table that is moved to one twice
// its size takes three times the room while it is, and that room is not given back soon.
//
// At its limit the half that was seen least goes, the oldest first, and so do the
// patterns' names, which are found out anew.
type statements struct {
	slots []uint64 // names
	heads []head   // of slots
	used  int
	n     int // statements
	limit int

	blocks []*block // at least as many as it takes for n
}

type block [blockSize]statement

// blockSize is as many as there is room for in 28 KB: a size that Go has, too, and a small model
// needs no more.
const blockSize = 51

// at returns the statement of an index.
func (t *statements) at(i int) *statement { return &t.blocks[i/blockSize][i%blockSize] }

// all are the statements in their order.
func (t *statements) all() iter.Seq2[int, *statement] {
	return func(yield func(int, *statement) bool) {
		for i := range t.n {
			if !yield(i, t.at(i)) {
				return
			}
		}
	}
}

// push puts a statement behind the others.
func (t *statements) push(s *statement) {
	if t.n == len(t.blocks)*blockSize {
		t.blocks = append(t.blocks, new(block))
	}
	*t.at(t.n) = *s
	t.n++
}

// head is a part of the name in a slot, whether that is its statement's own hash, and the
// statement's index, plus 1; 0 = the slot is empty. A table of them is small enough
// to stay near the processor: most names that are looked for are not there, and few have
// the same part. Of a statement's own name the slot is not asked, but the statement.
type head uint32

const (
	atBits = 15 // for 1 to maxStatements
	ownBit = 1 << atBits
)

// nameBytes is what one name takes.
const nameBytes = 8 + 4

// headOf is the part of a name in its head.
func headOf(name uint64) head { return head(name) << (atBits + 1) }

// has reports whether it has the part of a name that another head has.
func (h head) has(part head) bool { return h>>(atBits+1) == part>>(atBits+1) }

func (h head) at() uint32 { return uint32(h & (ownBit - 1)) }

// namesEach is how many slots there are for each statement; half of them may be
// in use.
const namesEach = 4

func newStatements(limit int) statements {
	t := statements{limit: limit}
	t.makeSlots(namesEach * statementsAtFirst)
	return t
}

// of returns the statement of a head that is not empty.
func (t *statements) of(h head) *statement { return t.at(int(h.at() - 1)) }

// find returns the statement with the name, or nil. The pointer is valid
// until the next add.
func (t *statements) find(name uint64) *statement {
	if i, ok := t.slot(name); ok {
		return t.of(t.heads[i])
	}
	return nil
}

// slot returns the index of the name's slot, or of the empty one that it would get.
func (t *statements) slot(name uint64) (at uint32, ok bool) {
	part, mask := headOf(name), uint32(len(t.heads)-1)
	i := slotOf(name, mask)
	for ; t.heads[i] != 0; i = (i + 1) & mask {
		if h := t.heads[i]; h.has(part) {
			if h&ownBit != 0 {
				if t.of(h).hash == name {
					return i, true
				}
			} else if t.slots[i] == name {
				return i, true
			}
		}
	}
	return i, false
}

// makeSlots makes an empty table of names.
func (t *statements) makeSlots(size int) {
	t.slots, t.heads, t.used = make([]uint64, size), make([]head, size), 0
}

// add makes a statement for the hash, which must not be there.
func (t *statements) add(hash uint64) *statement {
	if t.n >= t.limit {
		t.evict()
		t.index()
	}
	t.push(&statement{hash: hash})
	t.put(hash, uint32(t.n))
	return t.at(t.n - 1)
}

// call gives a statement of the table one more name.
func (t *statements) call(s *statement, name uint64) {
	own, _ := t.slot(s.hash)
	t.put(name, t.heads[own].at())
}

func (t *statements) put(name uint64, at uint32) {
	if 2*t.used >= len(t.slots) {
		t.makeRoom()
	}
	i, ok := t.slot(name)
	if !ok {
		t.used++
	}
	t.slots[i], t.heads[i] = name, headOf(name)|head(at)
	if t.at(int(at-1)).hash == name {
		t.heads[i] |= ownBit
	}
}

// makeRoom doubles the names' table or, at its limit, lets go of all but the
// statements' own.
func (t *statements) makeRoom() {
	if len(t.slots) >= namesEach*t.limit {
		t.index()
		return
	}
	slots, heads := t.slots, t.heads
	t.makeSlots(2 * len(slots))
	for i, h := range heads {
		if h != 0 {
			t.put(slots[i], h.at())
		}
	}
}

// index makes the table of names anew from the statements' own.
func (t *statements) index() {
	clear(t.slots)
	clear(t.heads)
	t.used = 0
	for i, s := range t.all() {
		t.put(s.hash, uint32(i+1))
	}
}

// evict drops the half that was seen least; of equals, the one not seen for
// longest.
func (t *statements) evict() {
	t.sort()
	t.n /= 2
	for _, s := range t.all() { // so that what was once frequent goes in its turn
		s.seen -= s.seen >> 2
	}
}

// sort puts those seen most first; of equals, the one seen last. The table must
// be indexed anew.
func (t *statements) sort() {
	indices := make([]uint16, t.n)
	order := make([]*uint16, t.n) // of the statement that comes there; pointers, see grams.entries
	for i := range order {
		indices[i] = uint16(i)
		order[i] = &indices[i]
	}
	slices.SortFunc(order, func(i, j *uint16) int {
		a, b := t.at(int(*i)), t.at(int(*j))
		if d := b.seen - a.seen; b.seen != a.seen {
			return int(int32(d))
		}
		return int(int32(b.last - a.last))
	})
	for first := range order {
		moved, at := *t.at(first), first
		for next := int(*order[at]); next != first; next = int(*order[at]) {
			*t.at(at), *order[at] = *t.at(next), uint16(at)
			at = next
		}
		*t.at(at), *order[at] = moved, uint16(at)
	}
}

// spot is where a number stands: its token in the line, and what stands before it.
type spot struct {
	token  uint8
	before uint16
}

func spotOf(l *pattern.Line, number int) spot {
	at := l.Numbers[number].Token
	s := spot{token: uint8(at)}
	if at > 0 {
		s.before = uint16(l.Tokens[at-1].Hash)
	}
	return s
}

// apart is the span's of the i-th number, if there are enough of them; but of a counter's, which begins
// anew: each of its first numbers was larger than all before.
func (s *statement) apart(i int, x octaves) float32 {
	if s.n < firmRange || s.seen >= maturity && s.mixed>>i&1 == 0 {
		return 0
	}
	return s.nums[i].apart(x)
}

// aligned reports whether the line's numbers stand where the statement's do: at the same
// token or behind the same word.
func (s *statement) aligned(l *pattern.Line, numbers []pattern.Num) bool {
	if len(numbers) != int(s.numbers) {
		return false
	}
	for i := range numbers {
		if at := spotOf(l, i); at.token != s.token[i] && at.before != s.before[i] {
			return false
		}
	}
	return true
}

// settled reports whether it is known what the statement's places hold.
func (s *statement) settled() bool { return s != nil && (s.free != 0 || s.seen >= maturity) }

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
	s.keys.age(f)
}

// statementBytes is the least that a statement takes.
const statementBytes = 64

func (t *statements) carry(c *codec.Codec) {
	n := c.Count("patterns", t.n, maxStatements, statementBytes)
	if !c.Reading {
		for _, s := range t.all() {
			s.carry(c)
		}
		t.carryNames(c)
		return
	}
	size := statementsAtFirst
	for size < n {
		size *= 2
	}
	*t = statements{limit: maxStatements}
	t.makeSlots(namesEach * size)
	for range n {
		var s statement
		if s.carry(c); c.Err != nil {
			return
		}
		if t.find(s.hash) != nil {
			c.Fail("a pattern stands there twice")
			return
		}
		t.push(&s)
		t.put(s.hash, uint32(t.n))
	}
	t.carryNames(c)
}

// carryNames carries the names besides the statements' own, by their order, as
// their places in the table have no meaning. Its size has: it says when it is full.
func (t *statements) carryNames(c *codec.Codec) {
	size := uint8(bits.Len(uint(len(t.slots))) - 1)
	c.U8(&size)
	if c.Reading && c.Err == nil && (size > 31 || 1<<size < 2*t.n || 1<<size > namesEach*maxStatements) {
		c.Fail("a table of names of size 2^%d", size)
	}
	if c.Err != nil {
		return
	}
	n := c.Count("names", t.used-t.n, 1<<size/2, 12)
	if !c.Reading {
		for _, other := range t.names() {
			c.U64(&other.hash)
			c.U32(&other.at)
		}
		return
	}
	if t.makeSlots(1 << size); c.Err == nil {
		t.index()
	}
	for range n {
		var name uint64
		var at uint32
		c.U64(&name)
		c.U32(&at)
		if c.Err == nil && (at == 0 || int(at) > t.n || t.find(name) != nil || 2*t.used >= len(t.slots)) {
			c.Fail("a name of a pattern that is not there, or twice")
		}
		if c.Err != nil {
			return
		}
		t.put(name, at)
	}
}

func (s *statement) carry(c *codec.Codec) {
	c.U64(&s.hash)
	c.U64(&s.all)
	c.F32(&s.n)
	c.F32s(s.levels[:])
	c.U32(&s.seen)
	c.U32(&s.first)
	c.U32(&s.last)
	c.U32(&s.epoch)
	s.habit.carry(c)
	c.F32(&s.rate)
	c.F32(&s.peak)
	c.U32(&s.burstAt)
	c.F32(&s.height)
	c.F32(&s.summit)
	s.calm.carry(c)
	s.flow.carry(c)
	s.same.carry(c)
	s.alike.carry(c)
	c.U32(&s.alikeOf)
	s.keys.carry(c)
	for i := range s.identifiers {
		c.U8(&s.identifiers[i])
	}
	c.U8(&s.free)
	c.U8(&s.class)
	c.U8(&s.numbers)
	c.U8(&s.version)
	s.releases.carry(c)
	s.length.carry(c)
	if s.numbers > trackedNumbers {
		c.Fail("a pattern of %d numbers, at most %d are right", s.numbers, trackedNumbers)
		return
	}
	for i := range s.nums[:s.numbers] {
		s.nums[i].carry(c)
		c.U8(&s.token[i])
		c.U16(&s.before[i])
		s.sizes[i].carry(c)
	}
	c.U16(&s.seldomZero)
	c.U16(&s.mixed)
	c.U16(&s.uncoded)
	s.text.carry(c)
}
