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
	judged uint32  // records
	over   float32 // flags so far beyond what is due
	at     uint16  // class: those above it are flagged, those in it where flags are owed

	// Records of late by the class of their points, what is long past counting less.
	count  [pointClasses]float32
	total  float32
	above  float32 // of them, those of higher classes than at
	weight float32 // of the next one: it grows instead of all counts fading
}

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

// start begins with the points of the rows learned from.
func (s *share) start(contamination float32, points []float32) {
	*s = share{weight: 1, at: pointClasses - 1} // none are above
	each := min(1, shareHorizon/contamination/float32(max(1, len(points))))
	for _, p := range points {
		s.count[pointClass(p)] += each
		s.total += each
	}
	s.settle(contamination)
}

// room is how many flags may be owed, or given in advance.
func (s *share) room(contamination float32) float32 {
	switch room := owedShare * contamination * float32(s.judged); {
	case room < 1:
		return 1
	case room < mostOwed:
		return room
	}
	return mostOwed
}

// reaches reports whether so many points are flagged now.
func (s *share) reaches(contamination, points float32) bool {
	k := pointClass(points)
	return (k > s.at || k == s.at && s.over <= -1) && s.over < s.room(contamination)
}

// flag is reaches, and learns.
func (s *share) flag(contamination, points float32) bool {
	flag := s.reaches(contamination, points)
	s.judged = min(s.judged+1, 1<<31)
	s.over -= contamination
	if flag {
		s.over++
	}
	if s.weight == 0 {
		s.weight = 1
	}
	k := pointClass(points)
	s.count[k] += s.weight
	s.total += s.weight
	if k > s.at {
		s.above += s.weight
	}
	if s.weight *= 1 + contamination/shareHorizon; s.weight > heaviest {
		for i := range s.count {
			s.count[i] /= heaviest
		}
		s.total /= heaviest
		s.weight /= heaviest
	}
	s.settle(contamination)
	return flag
}

// settle finds the class above which as many are as are due.
func (s *share) settle(contamination float32) {
	over := s.over
	switch room := s.room(contamination); room {
	case 1:
	case mostOwed: // as a rule, and a division takes as long as all else here
		over *= 1.0 / mostOwed
	default:
		over /= room
	}
	step := int((over + mostRooms) * stepsARoom)
	due := contamination * s.total * paidBack[max(0, min(step, len(paidBack)-1))]
	at, above := s.at&(pointClasses-1), s.above
	for above > due && at < pointClasses-1 {
		at++
		above = max(0, above-s.count[at])
	}
	if at == pointClasses-1 {
		above = 0
	}
	for at > 0 && above+s.count[at] <= due {
		above += s.count[at]
		at--
	}
	s.at, s.above = at, above
}

// points is from how many points on records are flagged.
func (s *share) points() float32 {
	if s.over <= -1 {
		return float32(s.at) / classesAPoint
	}
	return float32(s.at+1) / classesAPoint
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
