package model

import (
	"cmp"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// ranges are the usual ranges of numbers, each in a field of a statement: 40 ms is
// long for one request and short for another. Open addressing; at its limit the half
// that rests on the fewest numbers goes.
type ranges struct {
	slots []numberRange
	used  int
}

// numberRange is what is known of the numbers of a place of one statement.
type numberRange struct {
	key uint32 // 0 = empty
	bounds
	few    uint16 // different codes so far; out are those that are no HTTP statuses then
	shift  shift
	ascent ascent

	dimension uint32  // the lower half of the hash of the name of its dimension; 0 = it has none
	seen      uint32  // of one by its dimension: the numbers so far
	studied   float32 // how many there were when it was last looked for, aged
}

// bounds are between which numbers those of a place are.
type bounds struct {
	n    float32
	out  float32 // numbers outside of them, fading
	held float32 // numbers in a row that were within told and last
	span span    // they are judged by
	told span    // and told as: all numbers that stood there and were not outside
	last span    // the last number below, and the last above
}

// learn takes a number in. One outside moves the range a tenth of the way, so that an
// outlier hides no second one; where such come again (a port that is 80 or above
// 30,000, a size that is often 0) it is no outlier, and the range goes all the way: as
// far as two of them went, as the next may be a thousand times further out. What strays
// from numbers that lie close together is outside, too. A number within it may stand for
// several.
func (r *bounds) learn(x octaves, u pattern.Unit, times float32) {
	switch fraction := x.fraction() && x != 0; {
	case r.n == 0 || r.span.zeros() && fraction:
		r.span, r.told, r.last = span{x, x}, span{x, x}, span{x, x}
	case x == 0 && r.span.hi < 0: // among fractions it lies below them all, and widens nothing
		r.n += times
		return
	}
	stray := r.strays(x, u) > nearNumber
	if r.span.outside(x) || stray {
		before := r.span
		if r.out++; r.out >= again && r.out*rareShare > min(r.n, outHorizon) {
			r.span.lo, r.span.hi = min(r.span.lo, max(x, r.last.lo)), max(r.span.hi, min(x, r.last.hi))
			stray = false
		}
		if r.span == before {
			r.span.learn(x, r.n)
		}
		if x > before.hi {
			r.last.hi = x
		} else {
			r.last.lo = x
		}
		r.held = 0
	}
	if !r.span.outside(x) && !stray && !r.told.holds(x) && !(x == 0 && r.told.hi < 0) {
		r.told.lo, r.told.hi = min(r.told.lo, x), max(r.told.hi, x)
		r.held = 0
	}
	r.held += times
	r.out = faded(r.out - times*r.out/outHorizon)
	r.n += times
}

// take is learn, learnShift and ascent.learn, of a number that is such a value. seen numbers of the
// range came before. A high or low one of a sample was taken in by itself, see learnOff.
func (r *numberRange) take(o *Observation, x octaves, value float64, u pattern.Unit, times float32, seen uint32) {
	if times == 1 || r.off(sized(x, u)) == usualSize {
		r.learnShift(o, x, u, times, seen)
	}
	if x != 0 {
		r.ascent.learn(sized(x, u), value, seen, r.span.outside(x), o.shiftTold())
	}
	r.learn(x, u, times)
}

const (
	again      = 3   // numbers outside of a range after which it is too narrow,
	rareShare  = 50  // if they are more than one in so many
	outHorizon = 500 // numbers over which they fade
)

// strays is how far a number is outside of all that stood there, in units of twice their
// width: where they lie close together, twice is far. An octave above numbers within an octave
// is twice their width, too. 0 where the numbers were not within the same bounds for long.
func (r *bounds) strays(x octaves, u pattern.Unit) float32 {
	usual := span{min(r.told.lo, r.last.lo), max(r.told.hi, r.last.hi)}.noticed(u)
	if r.held < heldLong || usual.holds(x) || usual.zeros() {
		return 0
	}
	d := x.over(usual.hi)
	if x < usual.lo {
		d = usual.lo.over(x)
	}
	return d / (2 * max(narrowest, r.told.width()))
}

const (
	// heldLong is how many numbers in a row must have been within the same bounds for these
	// to be the rule.
	heldLong = 1000

	// narrowest is what width in octaves numbers have at least, 9 %: what is less than a
	// fifth more or less than they were is no news.
	narrowest = 0.125
)

// outside reports whether a number is a good deal, half an octave, outside.
func (s span) outside(x octaves) bool {
	return x.float() > s.hi.float()+0.5 || x.float() < s.lo.float()-0.5 // at its ends the scale has no room for more
}

const (
	rangesAtFirst = 64
	maxRanges     = 8192
)

func (t *ranges) find(key uint32) *numberRange {
	if i := t.index(key); i >= 0 {
		return &t.slots[i]
	}
	return nil
}

// index is where the key stands, -1 = nowhere.
func (t *ranges) index(key uint32) int {
	key |= 1 << 31
	if len(t.slots) == 0 {
		return -1
	}
	mask := uint32(len(t.slots) - 1)
	for i := slotOf(uint64(key), mask); ; i = (i + 1) & mask {
		switch t.slots[i].key {
		case key:
			return int(i)
		case 0:
			return -1
		}
	}
}

// follow is find with a first guess where the range is, which becomes where it was found.
func (t *ranges) follow(guess *uint16, key uint32) *numberRange {
	if at := int(*guess); at < len(t.slots) && t.slots[at].key == key|1<<31 {
		return &t.slots[at]
	}
	at := t.index(key)
	if at < 0 {
		return nil
	}
	*guess = uint16(at)
	return &t.slots[at]
}

func (t *ranges) claim(key uint32) *numberRange {
	if r := t.find(key); r != nil {
		return r
	}
	if t.used >= len(t.slots)/4*3 {
		t.makeRoom()
	}
	t.used++
	return t.put(numberRange{key: key | 1<<31})
}

// claimAt is claim for a key that stood at an index when that was asked for.
func (t *ranges) claimAt(at int, key uint32) *numberRange {
	if uint(at) < uint(len(t.slots)) && t.slots[at].key == key|1<<31 {
		return &t.slots[at]
	}
	return t.claim(key)
}

func (t *ranges) put(r numberRange) *numberRange {
	mask := uint32(len(t.slots) - 1)
	i := slotOf(uint64(r.key), mask)
	for t.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = r
	return &t.slots[i]
}

func (t *ranges) makeRoom() {
	if size := max(rangesAtFirst, 2*len(t.slots)); size <= maxRanges {
		old := t.slots
		t.slots = make([]numberRange, size)
		for i := range old {
			if old[i].key != 0 {
				t.put(old[i])
			}
		}
		return
	}
	old := t.all()
	slices.SortFunc(old, func(a, b *numberRange) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.key, b.key))
	})
	old = old[:len(old)/2]
	*t = ranges{slots: make([]numberRange, maxRanges), used: len(old)}
	for _, r := range old {
		t.put(*r)
	}
}

// all returns the ranges, in no order.
func (t *ranges) all() []*numberRange {
	list := make([]*numberRange, 0, t.used)
	for i := range t.slots {
		if r := &t.slots[i]; r.key != 0 {
			list = append(list, r)
		}
	}
	return list
}

func (t *ranges) age() {
	for i := range t.slots {
		t.slots[i].bounds.age()
		t.slots[i].shift.age()
		t.slots[i].ascent.age()
		t.slots[i].studied /= 2
	}
}

func (r *bounds) age() {
	r.n /= 2
	r.out /= 2
	r.held /= 2
}

// rangeBytes is what a range takes in a snapshot.
const rangeBytes = 142

// carry writes the ranges in the order of their keys: their places in the table have
// no meaning.
func (t *ranges) carry(c *codec.Codec) {
	list := t.all()
	slices.SortFunc(list, func(a, b *numberRange) int { return cmp.Compare(a.key, b.key) })
	n := c.Count("ranges", len(list), maxRanges/4*3, rangeBytes)
	if c.Reading {
		*t = ranges{}
	}
	for i := range n {
		if !c.Reading {
			list[i].carry(c)
			continue
		}
		var r numberRange
		if r.carry(c); c.Err != nil {
			return
		}
		if r.key>>31 == 0 || t.find(r.key) != nil {
			c.Fail("a range stands there twice, or is none")
			return
		}
		own := t.claim(r.key)
		*own = r
	}
}

func (r *numberRange) carry(c *codec.Codec) {
	c.U32(&r.key)
	r.bounds.carry(c)
	c.U16(&r.few)
	r.shift.carry(c)
	r.ascent.carry(c)
	c.U32(&r.dimension)
	c.U32(&r.seen)
	c.F32(&r.studied)
}

func (r *bounds) carry(c *codec.Codec) {
	c.F32(&r.n)
	c.F32(&r.out)
	c.F32(&r.held)
	r.span.carry(c)
	r.told.carry(c)
	r.last.carry(c)
}
