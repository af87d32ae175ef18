package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// skew is by how much records' own times differ from those of the records around them: a host whose
// clock is off, what was held back and comes late.
type skew struct {
	around [skewRecords]uint32 // seconds since the Unix epoch of the last records, in a ring. Not saved:
	next   uint8               // another start or file goes on at another time
	full   bool

	n    uint32 // records with a time, up to its limit
	most uint32 // seconds that one was off
}

const (
	// skewRecords are around a record: half of them are right, as long as less than half of the
	// records are of who is not.
	skewRecords = 16

	// leastSkew in seconds is what buffers, retries and many files at once make of any time.
	leastSkew = 60

	// skewTimes is how many times as much as ever is news.
	skewTimes = 2
)

// skewed is by how many seconds a record's time is off; 0 = it is not.
type skewed struct {
	seconds uint32
	ahead   bool // of those around it; else it is behind them
}

// of returns by how much a time is off. What is ahead is so only where others that were, too, were
// followed by some that were not: else the log was silent, and goes on.
func (k *skew) of(at uint32) skewed {
	if !k.full || secondsApart(at, k.around[(k.next+skewRecords-1)%skewRecords]) < leastSkew {
		return skewed{}
	}
	return k.far(at)
}

// far is of where the last record's time is another one.
func (k *skew) far(at uint32) skewed {
	usual := k.median()
	d := secondsApart(at, usual)
	if d < leastSkew {
		return skewed{}
	}
	if at < usual {
		return skewed{d, false}
	}
	before := false
	for i := range uint8(skewRecords) {
		switch t := k.around[(k.next+i)%skewRecords]; {
		case t > usual+d/2:
			before = true
		case before && secondsApart(t, usual) < leastSkew:
			return skewed{d, true}
		}
	}
	return skewed{}
}

// median is that of the times around.
func (k *skew) median() uint32 {
	for _, t := range k.around {
		below, same := 0, 0
		for _, o := range k.around {
			if o < t {
				below++
			} else if o == t {
				same++
			}
		}
		if below <= skewRecords/2 && below+same > skewRecords/2 {
			return t
		}
	}
	return 0 // one of them is
}

func secondsApart(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// skewPoints are the points for how much the record's own time is off: those of a first one among
// as many, where it is more than ever and it is known for a day what there is. In a second reading
// each was there before.
func (m *Model) skewPoints(o *Observation) float32 {
	k := &m.skew
	if uint64(o.off.seconds) <= skewTimes*uint64(k.most) || o.Learned || !m.clock.flow.daily() {
		return 0
	}
	return zeroPoints(float32(k.n))
}

// judgeSkew judges the record's own time.
func (m *Model) judgeSkew(o *Observation) {
	points := m.skewPoints(o)
	if o.skewed = points > featNumber.Points(&o.Row); o.skewed {
		featNumber.set(&o.Row, points)
		o.shifted = false
	}
}

// learn takes the record's own time in.
func (k *skew) learn(o *Observation) {
	if o.stamp == 0 {
		return
	}
	k.most = max(k.most, o.off.seconds)
	k.around[k.next] = secondOf(o.stamp)
	if k.next = (k.next + 1) % skewRecords; k.next == 0 {
		k.full = true
	}
	k.n = min(k.n+1, ageEvery)
}

func (k *skew) age() {
	k.most /= 2
}

// phraseSkew says by how much the time is off.
func (o *Observation) phraseSkew(dst []byte) []byte {
	dst = duration(append(dst, "its time is "...), time.Duration(o.off.seconds)*time.Second)
	if o.off.ahead {
		dst = append(dst, " ahead of"...)
	} else {
		dst = append(dst, " behind"...)
	}
	dst = append(dst, " that of the records around it, so far "...)
	most := o.model.skew.most
	if most == 0 {
		return append(dst, "less than 1 min"...)
	}
	return duration(append(dst, "at most "...), time.Duration(most)*time.Second)
}

// merge adds another log's. The records of one are not around those of the other.
func (k *skew) merge(o *skew) {
	*k = skew{n: min(k.n+o.n, ageEvery), most: max(k.most, o.most)}
}

func (k *skew) carry(c *codec.Codec) {
	c.U32(&k.n)
	c.U32(&k.most)
}
