package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// stuck is what tells that a number which always varies does not: a sensor that gives the same
// reading, a report that is not computed anew, a position that does not move. Others may go on
// between: of one host, where five report. Numbers are known by 16 bits of their hashes, so that all
// of it lies in one line of the processor's cache.
type stuck struct {
	place  uint32           // where it stands: a hash of the statement and the field, or which number of the text; 0 = none does
	before [stuckOne]uint16 // the numbers before it, in a ring
	seen   uint32           // numbers so far
	n      float32          // of them, aged,
	same   float32          // and how many were among those before them, aged
	value  uint16           // the number that came again
	used   bool             // since the model was aged last
	spell  spell            // of it
	often  [4]often         // those that came again most
}

// often is a number that came again, now and then.
type often struct{ value, n uint16 }

const (
	// stuckOne is one in how many numbers is the one that is stuck, at least, and among how many
	// before it is looked for.
	stuckOne = 8

	// stuckMost is one in how many numbers it must be, in all of its spell.
	stuckMost = 2 * stuckOne

	// stuckLimit is for how many places there is room. One that is in use gives none to another.
	stuckLimit = 1 << 9

	// oftenEnough is how often a number must have come again to be one that does as a rule: an
	// answer that is empty, a reading at the end of its scale.
	oftenEnough = 8

	// stuckHorizon is over how many it is counted how seldom that is: beyond, all counts are halved.
	stuckHorizon = 1 << 10

	// stuckKnown is how many numbers say how seldom one comes again.
	stuckKnown = knownFor
)

// varying is a number of the event at hand.
type varying struct {
	place uint32
	value uint16
	at    int16 // index in the list of fields, or of the line's numbers
	field bool
}

const mostVarying = 16

// vary takes in the numbers of the event, but for 0, which says nothing, of a statement that is known.
func (m *Model) vary(o *Observation) {
	o.nvarying = 0
	st := o.known
	if st == nil || st.seen < learnFrom {
		return
	}
	for i := range o.tracked {
		if n := &o.Line.Numbers[i]; !n.Bracketed && n.Value != 0 && o.Line.Tokens[n.Token].Kind == pattern.Number {
			o.varies(numberKey(st, i), mix64(stuckOne, math.Float64bits(n.Value)), i, false)
		}
	}
	for i := range o.Fields {
		if f := &o.Fields[i]; f.Kind == Number && f.Number != 0 {
			s := &o.fields.list[i]
			o.varies(o.rangeKey(s), s.both, i, true)
		}
	}
}

func (o *Observation) varies(place uint32, value uint64, at int, field bool) {
	if o.nvarying < mostVarying {
		o.varying[o.nvarying] = varying{place | 1, uint16(value >> 32), int16(at), field}
		o.nvarying++
	}
}

// stucks are those of all places.
type stucks []stuck

// of returns what is known of a place, nil if it is nothing.
func (t stucks) of(place uint32) *stuck {
	if len(t) == 0 {
		return nil
	}
	if s := &t[place>>1%stuckLimit]; s.place == place {
		return s
	}
	return nil
}

// odds are those of one more of a number that is stuck, beside how often one comes again. It is not
// ok where that is too often.
func (s *stuck) odds() (p odds, ok bool) {
	ever := stuckOne * (s.n + 1) / (s.same + 1)
	if s.n < stuckKnown || ever < spellOne*stuckOne {
		return odds{}, false
	}
	return oddsOf(float64(ever), stuckOne), true
}

// points are those of a number.
func (s *stuck) points(value uint16) float32 {
	if value != s.value {
		return 0
	}
	p, ok := s.odds()
	if !ok {
		return 0
	}
	if records, n, _ := s.spell.sum(s.seen+1, p); records > stuckMost*n {
		return 0
	}
	return s.spell.points(s.seen+1, p, spellBits)
}

// learn takes one in, that was told or not.
func (s *stuck) learn(value uint16, told bool) {
	again := s.before[0] == value || s.before[1] == value || s.before[2] == value || s.before[3] == value ||
		s.before[4] == value || s.before[5] == value || s.before[6] == value || s.before[7] == value
	s.seen, s.used = s.seen+1, true
	s.before[s.seen%stuckOne] = value
	if s.n++; s.n > stuckHorizon {
		s.n /= 2
		s.same /= 2
		s.spell.largest /= 2
	}
	if again || value == s.value {
		s.learnAgain(value, again, told)
	}
}

// learnAgain is learn of one that came before.
func (s *stuck) learnAgain(value uint16, again, told bool) {
	p, ok := s.odds()
	if again {
		s.same++
		if n := s.cameOften(value); ok && value != s.value && n <= oftenEnough && (n > s.spell.n || s.spell.over(s.seen, p)) {
			s.value, s.spell.n = value, 0 // the spell of another is over
		}
	}
	if ok && value == s.value {
		s.spell.goOn(s.seen, p, told)
	}
}

// cameOften takes it in that a number came again, and returns how often it did: of those that did most
// (Misra and Gries 1982).
func (s *stuck) cameOften(value uint16) uint16 {
	least := 0
	for i := range s.often {
		o := &s.often[i]
		if o.value == value && o.n > 0 {
			o.n = saturate(uint32(o.n) + 1)
			return o.n
		}
		if o.n < s.often[least].n {
			least = i
		}
	}
	o := &s.often[least]
	if o.n > 0 {
		o.n--
		return 1
	}
	*o = often{value, 1}
	return 1
}

// stuckPoints finds the strangest number that is stuck.
func (m *Model) stuckPoints(o *Observation) (points float32, at int) {
	if at = -1; o.Learned || o.known == nil || o.known.all == o.all { // that a record comes again is a run
		return 0, at
	}
	for i := range o.varying[:o.nvarying] {
		v := &o.varying[i]
		if s := m.stucks.of(v.place); s != nil {
			if p := s.points(v.value); p > points {
				points, at = p, i
			}
		}
	}
	return points, at
}

// judgeStuck judges whether a number is stuck.
func (m *Model) judgeStuck(o *Observation) {
	points, at := m.stuckPoints(o)
	if o.stuck = -1; points > featNumber.Points(&o.Row) {
		featNumber.set(&o.Row, points)
		o.stuck, o.shifted, o.skewed = at, false, false
	}
}

// learnStuck takes the event's numbers in.
func (m *Model) learnStuck(o *Observation) {
	if o.nvarying == 0 {
		return
	}
	if len(m.stucks) == 0 {
		m.stucks = make(stucks, stuckLimit)
	}
	for i := range o.varying[:o.nvarying] {
		v := &o.varying[i]
		s := &m.stucks[v.place>>1%stuckLimit]
		if s.place != v.place {
			if s.place != 0 {
				continue
			}
			s.place = v.place
		}
		s.learn(v.value, o.Flagged && o.stuck == i)
	}
}

// phraseStuck says how often it came.
func (o *Observation) phraseStuck(dst []byte) []byte {
	v := &o.varying[o.stuck]
	if v.field {
		s, f := o.seenAt(int(v.at))
		dst = o.said(append(s.named(dst, f), ' '), int(v.at))
	} else {
		dst = o.saidNumber(dst, int(v.at))
	}
	s := o.model.stucks.of(v.place)
	p, _ := s.odds()
	records, n, _ := s.spell.sum(s.seen+1, p)
	dst = strconv.AppendUint(append(dst, " again and again: "...), uint64(n), 10)
	dst = strconv.AppendUint(append(dst, " of the last "...), uint64(records), 10)
	dst = append(dst, ", usually 1 in "...)
	dst = thousands(dst, int((s.n+1)/(s.same+1)))
	return append(dst, " is one of the "+strconv.Itoa(stuckOne)+" before it"...)
}

// age makes room where no number stood since the model was aged last.
func (t stucks) age() {
	for i := range t {
		if s := &t[i]; !s.used {
			*s = stuck{}
		} else {
			s.used = false
		}
	}
}

// merge adds another log's.
func (t *stucks) merge(o stucks, later bool) {
	if len(*t) == 0 {
		*t = o
		return
	}
	for i := range o {
		own, other := &(*t)[i], &o[i]
		switch {
		case own.place == 0:
			*own = *other
		case own.place == other.place:
			largest := max(own.spell.largest, own.spell.most, other.spell.largest, other.spell.most)
			n, same := own.n+other.n, own.same+other.same
			if later {
				*own = *other
			}
			own.n, own.same = n, same
			own.spell = spell{largest: largest}
		}
	}
}

// carry writes what is known of each place that is in use.
func (t *stucks) carry(c *codec.Codec) {
	some := len(*t) > 0
	if c.Bool(&some); some && len(*t) == 0 {
		*t = make(stucks, stuckLimit)
	}
	for i := range *t {
		s := &(*t)[i]
		c.U32(&s.place)
		if s.place == 0 {
			continue
		}
		for i := range s.before {
			c.U16(&s.before[i])
		}
		c.U32(&s.seen)
		c.F32(&s.n)
		c.F32(&s.same)
		c.U16(&s.value)
		c.Bool(&s.used)
		s.spell.carry(c)
		for i := range s.often {
			c.U16(&s.often[i].value)
			c.U16(&s.often[i].n)
		}
	}
}
