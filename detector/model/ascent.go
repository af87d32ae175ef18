package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// ascent is what tells that the numbers of a place go beyond all that there were, again and
// again: a disk that fills, a queue that nobody empties, memory that is not given back. Of
// numbers in no order the n-th is the largest so far once in n times (Rényi 1962); ten of the
// last twelve are not. The same goes for the smallest: space that is left.
//
// What has climbed all along is a counter, and known by that.
type ascent struct {
	up, down reach
	last     float32 // number looked at, itself: from 100,000 to 99,999 is no step of octaves
	at       uint32  // statement.seen with it; 0 = not known
	n        float32 // numbers before it, aged
	pairs    float32 // how often two that came behind each other were looked at, aged,
	rises    float32 // and how often the second was larger,
	falls    float32 // or smaller
}

// reach is one of the two sides. What is the smallest is the largest with the sign turned.
type reach struct {
	most  octaves // the largest so far, but for what is told by itself, so far out it is
	peaks float32 // how many numbers were, before the spell, aged
	spell spell   // of numbers that are, in records of the statement
}

const (
	// ascentKnown is how many numbers must have come before a spell of ever larger ones: what
	// came in a working day or two, at one in ten minutes.
	ascentKnown = 128

	// climbOne is one in how many numbers of a place that climbs is the largest so far, at
	// least: several hosts may report there, of which one is in trouble.
	climbOne = 4

	// counterShare is from what share of rises on numbers are those of a counter, which begins
	// anew now and then and may then come further than ever.
	counterShare = 0.75
)

// known reports whether there was a number.
func (a *ascent) known() bool { return a.n > 0 || a.at > 0 }

// side is the side on which a number is beyond all others, and how far out it is there; nil where it
// is on none.
func (a *ascent) side(x octaves) (r *reach, y octaves) {
	switch {
	case !a.known():
	case x > a.up.most:
		return &a.up, x
	case -x > a.down.most:
		return &a.down, -x
	}
	return nil, 0
}

// behind is how many numbers came before one behind so many records of the statement.
func (a *ascent) behind(seen uint32) float32 {
	if a.at == 0 {
		return a.n
	}
	return a.n + float32(seen-min(a.at, seen))
}

// odds are those of one more that is the largest so far, behind n numbers. It is not ok if such
// came more often than what is told may.
func (r *reach) odds(n float32) (p odds, ok bool) {
	ever := (n + 1) / (r.peaks + 1)
	if ever < spellOne {
		return odds{}, false
	}
	return oddsOf(float64(ever), climbOne), true
}

// counts reports whether the numbers are those of a counter.
func (a *ascent) counts() bool { return max(a.rises, a.falls) >= counterShare*a.pairs }

// points are those of a number behind so many records of the statement.
func (a *ascent) points(x octaves, seen uint32) float32 {
	r, _ := a.side(x)
	n := a.behind(seen)
	if r == nil || n-float32(seen-min(r.spell.begun, seen)) < ascentKnown || a.counts() {
		return 0
	}
	p, ok := r.odds(n)
	if !ok {
		return 0
	}
	return r.spell.points(seen, p, spellBits)
}

// learn takes in a number behind so many records of the statement. One that is outside is so far
// out that it is told by itself, and no step of a climb.
func (a *ascent) learn(x octaves, value float64, seen uint32, outside, told bool) {
	r, y := a.side(x)
	is := float32(min(max(value, -math.MaxFloat32), math.MaxFloat32))
	if !a.known() {
		a.up.most, a.down.most = x, -x
	} else if seen == a.at+1 {
		a.pairs++
		switch {
		case is > a.last:
			a.rises++
		case is < a.last:
			a.falls++
		}
	}
	a.n = a.behind(seen)
	a.last, a.at = is, seen
	if r == nil || outside {
		return
	}
	r.most = y
	p, ok := r.odds(a.n)
	if !ok {
		r.peaks++
		return
	}
	if before := r.spell.n; !r.spell.goOn(seen, p, told) {
		r.peaks += float32(before)
	}
}

// phrase says how many of the last numbers were the largest so far.
func (a *ascent) phrase(dst []byte, x octaves, seen uint32) []byte {
	r, _ := a.side(x)
	p, _ := r.odds(a.behind(seen))
	records, n, _ := r.spell.sum(seen, p)
	dst = strconv.AppendUint(append(dst, ": "...), uint64(n), 10)
	dst = strconv.AppendUint(append(dst, " of the last "...), uint64(records), 10)
	if r == &a.down {
		return append(dst, " were the smallest so far"...)
	}
	return append(dst, " were the largest so far"...)
}

// merge takes in another log's ascent.
func (a *ascent) merge(o ascent) {
	if !a.known() {
		*a, o = o, *a
	}
	if o.known() {
		a.up.most, a.down.most = max(a.up.most, o.up.most), max(a.down.most, o.down.most)
	}
	a.up.merge(o.up)
	a.down.merge(o.down)
	a.last, a.at = 0, 0
	others := o.aged()
	for i, n := range a.aged() {
		*n += *others[i]
	}
}

func (r *reach) merge(o reach) {
	r.peaks += o.peaks + float32(r.spell.n) + float32(o.spell.n)
	r.spell.merge(o.spell)
}

// aged are the counts of numbers.
func (a *ascent) aged() [4]*float32 { return [...]*float32{&a.n, &a.pairs, &a.rises, &a.falls} }

func (a *ascent) age() {
	for _, n := range a.aged() {
		*n /= 2
	}
	a.up.age()
	a.down.age()
}

func (r *reach) age() {
	r.peaks /= 2
	r.spell.largest /= 2
}

func (a *ascent) carry(c *codec.Codec) {
	a.up.carry(c)
	a.down.carry(c)
	c.F32(&a.last)
	c.U32(&a.at)
	for _, n := range a.aged() {
		c.F32(n)
	}
}

func (r *reach) carry(c *codec.Codec) {
	r.most.carry(c)
	c.F32In(&r.peaks, 0, math.MaxUint32)
	r.spell.carry(c)
}
