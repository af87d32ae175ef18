package detector

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// share flags a given share of a stream: the strangest of the records of late, a little
// more or fewer of them for what was flagged too seldom or too often so far. What is
// owed is paid back, so that the share of the whole is what was asked for, in a restless
// log as in a calm one.
type share struct {
	tally
	count [pointClasses]float32
}

// tally is a share but for its counts: of records of late by the class of their points,
// what is long past counting less.
type tally struct {
	judged uint32  // records
	over   float32 // flags so far beyond what is due
	at     uint16  // class: those above it are flagged, those in it where flags are owed

	total  float32 // of the counts
	above  float32 // of them, those of higher classes than at
	weight float32 // of the next record: it grows instead of all counts fading
}

// counts are those of a tally, among those of others: a record is of the same class for
// all, and so finds what it changes in one place.
type counts struct {
	of    []float32 // of each class, as many as there are tallies
	among int       // how many these are
	place int       // the tally's among them
}

func (c *counts) class(k uint16) *float32 { return &c.of[int(k)*c.among+c.place] }

const (
	pointClasses  = 512
	classesAPoint = 8

	// shareHorizon is over how many flags' worth of records it looks back.
	shareHorizon = 4

	// A fifth of the flags that were due so far may be owed or given in advance, one at
	// the least; and no more than mostOwed, so that a storm of a busy log is cut, too.
	owedShare = 0.2
	mostOwed  = 16

	heaviest = 1e9 // weights are brought down before they are larger

	// The share that is flagged now halves with each room full of flags given in advance,
	// and doubles with each that is owed, in so many steps, at most mostRooms times.
	stepsARoom = 32
	mostRooms  = 16
)

// paidBack is how many times what is due is flagged, from mostRooms owed to as many given
// in advance.
var paidBack = func() (t [2*mostRooms*stepsARoom + 1]float32) {
	for i := range t {
		t[i] = float32(math.Exp2(mostRooms - float64(i)/stepsARoom))
	}
	return t
}()

func pointClass(points float32) uint16 {
	return uint16(min(pointClasses-1, max(0, points)*classesAPoint))
}

// counts are the share's own.
func (s *share) counts() counts { return counts{of: s.count[:], among: 1} }

// start begins with the points of the rows learned from.
func (s *share) start(contamination float32, points []float32) {
	*s = share{}
	s.tally.start(contamination, points, s.counts())
}

// flag is reaches, and learns.
func (s *share) flag(contamination, points float32) bool {
	return s.tally.flag(contamination, pointClass(points), s.counts())
}

// reaches reports whether so many points are flagged now.
func (s *share) reaches(contamination, points float32) bool {
	return s.tally.reaches(contamination, pointClass(points))
}

// start begins with counts that are all 0.
func (t *tally) start(contamination float32, points []float32, c counts) {
	*t = tally{weight: 1, at: pointClasses - 1} // none are above
	each := min(1, shareHorizon/contamination/float32(max(1, len(points))))
	for _, p := range points {
		*c.class(pointClass(p)) += each
		t.total += each
	}
	t.settle(t.due(contamination), c)
}

// room is how many flags may be owed, or given in advance.
func (t *tally) room(contamination float32) float32 {
	switch room := owedShare * contamination * float32(t.judged); {
	case room >= mostOwed:
		return mostOwed
	case room > 1:
		return room
	}
	return 1
}

func (t *tally) reaches(contamination float32, k uint16) bool {
	return k >= t.at && (k > t.at || t.over <= -1) && t.over < t.room(contamination)
}

func (t *tally) flag(contamination float32, k uint16, c counts) bool {
	flag := t.reaches(contamination, k)
	t.judged = min(t.judged+1, 1<<31)
	t.over -= contamination
	if flag {
		t.over++
	}
	if t.weight == 0 {
		t.weight = 1
	}
	*c.class(k) += t.weight
	t.total += t.weight
	if k > t.at {
		t.above += t.weight
	}
	if t.weight *= 1 + contamination/shareHorizon; t.weight > heaviest {
		t.lighten(c)
	}
	if due := t.due(contamination); t.above > due || t.above+*c.class(t.at) <= due {
		t.settle(due, c)
	}
	return flag
}

// lighten brings all weights down.
func (t *tally) lighten(c counts) {
	for k := range uint16(pointClasses) {
		*c.class(k) /= heaviest
	}
	t.total /= heaviest
	t.weight /= heaviest
}

// due is how many of the counts are to be above.
func (t *tally) due(contamination float32) float32 {
	over := t.over
	switch room := t.room(contamination); room {
	case mostOwed: // as a rule, and a division takes as long as all else here
		over *= 1.0 / mostOwed
	case 1:
	default:
		over /= room
	}
	step := int((over + mostRooms) * stepsARoom)
	return contamination * t.total * paidBack[max(0, min(step, len(paidBack)-1))]
}

// settle finds the class above which as many are as are due.
func (t *tally) settle(due float32, c counts) {
	at, above := t.at&(pointClasses-1), t.above
	for above > due && at < pointClasses-1 {
		at++
		above = max(0, above-*c.class(at))
	}
	if at == pointClasses-1 {
		above = 0
	}
	for at > 0 && above+*c.class(at) <= due {
		above += *c.class(at)
		at--
	}
	t.at, t.above = at, above
}

// points is from how many points on records are flagged.
func (t *tally) points() float32 {
	if t.over <= -1 {
		return float32(t.at) / classesAPoint
	}
	return float32(t.at+1) / classesAPoint
}

func (s *share) carry(c *codec.Codec) {
	c.U32(&s.judged)
	c.F32(&s.over)
	c.U16(&s.at)
	c.F32s(s.count[:])
	c.F32(&s.total)
	c.F32(&s.above)
	c.F32(&s.weight)
	if c.Reading && c.Err == nil && s.at >= pointClasses {
		c.Fail("a class of points beyond its range")
	}
}
