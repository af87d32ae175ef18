package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// surge is a value of a category that comes again and again of late, and hardly ever did: one
// task, one page, one code, whatever else is in its records. The first that does is looked at
// until it no longer does.
type surge struct {
	value uint32 // hash; one of spellOne values of its place at most, when it began
	odds  odds
	spell spell // in values of its place: see clock
}

const (
	// surgeKnown is how many values say how often each comes; of a field that is in few records
	// surgeSeldom, once the log is known for as long as is remembered.
	surgeKnown  = placeHorizon
	surgeSeldom = surgeKnown / 8

	// surgeBits is from how many bits on it is told: twice those of a spell, as sessions
	// and jobs come again and again, too, and as there are many values.
	surgeBits = 2 * spellBits

	// surgeNow is one in how many values it is then.
	surgeNow = 2

	// surgeUsual is from one in how many values on it is a usual one.
	surgeUsual = 8

	// mostRare is how many rare values of a record are looked for, where all else of it is
	// routine.
	mostRare = 4
)

// judgeSurges looks for a value that comes again and again.
func (m *Model) judgeSurges(o *Observation) {
	s := &o.fields
	for i := range s.nlows {
		if at := s.lows[i].seen; at >= 0 && !o.Learned {
			m.judgeSurge(o, at)
		}
	}
}

// judgeSurge judges the value at a place in the list.
func (m *Model) judgeSurge(o *Observation, at int) {
	s, p := &o.fields, o.placeOf(at)
	if u := &p.surge; u.value == s.list[at].value && m.surgesKnown(p) {
		points := u.spell.points(u.clock(m, p), u.odds, surgeBits)
		if points > 0 && s.stranger(points, at, s.rawSurge, s.surged) {
			s.rawSurge, s.surged, s.faster = points, at, faster{}
		}
	}
}

// clock is where a surge is: as far behind where it began as values came to its place since
// then, by how many of the records have it.
func (u *surge) clock(m *Model, p *place) uint32 {
	return u.spell.begun + uint32(float32(m.records-u.spell.begun)*min(1, p.n/(m.total+1)))
}

// surgesKnown reports whether it is known how often each value of a place comes.
func (m *Model) surgesKnown(p *place) bool {
	return p.n >= surgeKnown || p.n >= surgeSeldom && m.records >= ageEvery
}

// learnSurges takes the values in.
func (m *Model) learnSurges(o *Observation) {
	s := &o.fields
	if s.routine {
		for _, at := range s.rare {
			if at == 0 {
				break
			}
			m.learnSurge(o, int(at)-1)
		}
		return
	}
	for i := range s.nlows {
		if at := s.lows[i].seen; at >= 0 {
			m.learnSurge(o, at)
		}
	}
}

func (m *Model) learnSurge(o *Observation, at int) {
	s, p := &o.fields.list[at], o.placeOf(at)
	u := &p.surge
	now := u.clock(m, p)
	switch over := u.spell.over(now, u.odds); {
	case !over && u.value != s.value, over && s.value == p.settled.value:
		return
	case over:
		share := m.share(s, p)
		if !isRare(share, spellOne) || o.isSerial(at) {
			return
		}
		u.value, u.odds = s.value, oddsOf(1/float64(share), surgeNow)
		u.spell.n, now = 0, m.records
	}
	u.spell.goOn(now, u.odds, !m.surgesKnown(p) || o.surged() && featBurst.Points(&o.Row) >= Strange)
	if n := u.spell.n; n&(n-1) == 0 && !isRare(m.share(s, p), surgeUsual) {
		u.spell.n = 0 // it is usual now
	}
}

// surged reports whether a value that comes again and again is what is strange about how
// often the event comes.
func (o *Observation) surged() bool { return o.fields.surged >= 0 }

// isRare reports whether a share is known and at most one in so many.
func isRare(share float32, one float32) bool { return share > 0 && share*one <= 1 }

// isSerial reports whether a value is one of a series: when pods are new, each comes more
// often than it did.
func (o *Observation) isSerial(at int) bool {
	_, least := o.fields.list[at].serial(o.field(at))
	return least == madeUpKnown
}

// share is what share of the values of its place a value has been since it came first; 0 where
// it came too few times to say.
func (m *Model) share(s *seenField, p *place) float32 {
	g := m.fields.values.find(s.id())
	if g.n < firmValue {
		return 0
	}
	since := float32(float64(m.records) - octaves(g.t).exp())
	return float32(g.n) / max(1, min(p.n, since*p.n/(m.fields.records+1)))
}

// rareOnes are the places in the list, plus 1, of the values that may be in a surge. They are not
// ok if there are too many, or if one of them is looked for in another way where all else is
// routine: to is where what stands at a place in the list stands then, -1 for nowhere.
func (m *Model) rareOnes(o *Observation, to []int8) (rare [mostRare]uint8, ok bool) {
	s, n := &o.fields, 0
	for i := range s.nlows {
		at := s.lows[i].seen
		if at < 0 {
			continue
		}
		is, p := &s.list[at], o.placeOf(at)
		if is.value == p.settled.value || !isRare(m.share(is, p), spellOne/2) || o.isSerial(at) {
			continue
		}
		if n == mostRare || to[at] < 0 {
			return rare, false
		}
		rare[n] = uint8(to[at]) + 1
		n++
	}
	return rare, true
}

// phraseSurge says how many of the last values of its place it was.
func (o *Observation) phraseSurge(dst []byte) []byte {
	at := o.fields.surged
	s, f := o.seenAt(at)
	dst = o.said(append(s.named(dst, f), ' '), at)
	if o.fields.faster.is() {
		return o.fields.faster.phrase(append(dst, " comes"...))
	}
	p := o.placeOf(at)
	u := &p.surge
	of, n, _ := u.spell.sum(u.clock(o.model, p), u.odds)
	dst = thousands(append(dst, ": "...), int(n))
	dst = thousands(append(dst, " of the last "...), int(max(of, n)))
	return thousands(append(dst, " there, usually 1 in "...), int(math.Round(surgeNow*math.Exp2(float64(u.odds.gain)))))
}

// merge takes in another log's surge.
func (u *surge) merge(o surge) {
	u.value, u.odds = 0, odds{}
	u.spell.merge(o.spell)
}

func (u *surge) carry(c *codec.Codec) {
	c.U32(&u.value)
	u.odds.carry(c)
	u.spell.carry(c)
}
