package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// shift is what tells that the numbers of a place have come to be larger than they were,
// none of them so much that it would be told by itself: requests that take eight times as
// long for some minutes. A number is high if it is twice as large as a mark that one in
// spellOne of those before it was above. That they are high again and again is what is
// improbable.
type shift struct {
	mark  float32 // octaves
	spell spell   // of high numbers, in records of the statement
	falls uint16  // high numbers of it that were less than the one before
	last  octaves // high number
}

const (
	// highAbove is by how many octaves above the mark a number is high.
	highAbove = 1

	// shiftKnown is how many numbers say what is usual: sixteen of them are above the mark.
	shiftKnown = 16 * spellOne

	// fallsOne is one in how many numbers is less than the one before it at least, where they
	// do not climb: one in two, if each is by itself, or in four, where each comes in two
	// records that are of one request.
	fallsOne = 8

	// markStep is by how many octaves the mark goes up for a number above it, so that one
	// in spellOne stays above it (Robbins and Monro 1951): a thousand numbers that are eight
	// times as large are the rule. Before that it is markYoung by the numbers so far, from
	// markFirst on: so the mark is found within some hundred and not gone far beyond.
	markStep  = 0.0025
	markYoung = 8
	markFirst = 0.25

	// markSlower is by how much more slowly the mark goes up while one number in stillHigh is
	// high: what becomes slower and slower is not to make that the usual by and by.
	markSlower = 8
	stillHigh  = 8
)

// highOdds are those of a high number, of which one in four says that they have shifted: one
// of four routes is slow.
var highOdds = oddsOf(spellOne, 4)

// known reports whether it is known, of so many numbers, what is usual.
func (s *shift) known(n float32) bool { return n >= shiftKnown }

// goesOn reports whether, at a record, so many of the last numbers were high that they may have
// shifted.
func (s *shift) goesOn(record uint32) bool {
	return s.spell.n > 1 && uint32(s.spell.n)*stillHigh >= record-s.spell.begun
}

// high reports whether a number is high; 0 may mean small, none or unknown.
func (s *shift) high(x octaves) bool { return x != 0 && x.float() > s.mark+highAbove }

// limit is the largest number that is not high; never unlimited.
func (s *shift) limit() octaves {
	x := octaves(min((s.mark+highAbove)*perOctave, math.MaxInt16)) // as far as the scale goes
	if x == unlimited {
		x++
	}
	return x
}

// unlimited says that it is not known well above what a number is high.
const unlimited octaves = 0

// points are those of a high number, behind so many records of the statement. What climbs is
// a counter, or a progress.
func (s *shift) points(seen uint32) float32 {
	if s.falls < s.spell.n/fallsOne {
		return 0
	}
	return s.spell.points(seen, highOdds, spellBits)
}

// learnShift takes in a number of the event, in a place of the range, that stands for several.
// What was told of a spell is told again when it is longer. What is 0 or less is none.
func (r *numberRange) learnShift(o *Observation, x octaves, u pattern.Unit, times float32, seen uint32) {
	if x == 0 || x <= belowZero {
		return
	}
	s := &r.shift
	if s.mark == 0 { // none yet
		s.mark = x.float()
	}
	if o.known != nil && s.known(r.n) && s.high(x) {
		s.goOn(x, seen, o.shiftTold())
	}
	step := times * max(markStep, markYoung/(r.n+markYoung/markFirst))
	if x.float() > s.mark {
		if s.goesOn(seen) {
			step /= markSlower
		}
		s.mark += step
	} else {
		s.mark -= step / spellOne
	}
	if u.IsTime() {
		s.mark = max(s.mark, leastTime.float())
	}
}

// learnHigh is learnShift of a number that is routine, if it is high.
func (r *numberRange) learnHigh(o *Observation, s *seenField, seen uint32) {
	if r.shift.high(s.number) {
		r.learnShift(o, s.number, s.unit, 1, seen)
	}
}

// goOn takes a high number into the spell, or begins one.
func (s *shift) goOn(x octaves, seen uint32, told bool) {
	if !s.spell.goOn(seen, highOdds, told) {
		s.falls = 0
	} else if x < s.last && s.falls < mostRun {
		s.falls++
	}
	s.last = x
}

// merge takes in another log's shift.
func (s *shift) merge(o shift) {
	s.mark = max(s.mark, o.mark)
	s.spell.merge(o.spell)
	s.falls, s.last = 0, 0
}

func (s *shift) carry(c *codec.Codec) {
	c.F32(&s.mark)
	s.spell.carry(c)
	c.U16(&s.falls)
	s.last.carry(c)
}

// shiftTold reports whether the event is strange for a spell of high numbers that one of its own
// goes on with.
func (o *Observation) shiftTold() bool { return o.shifted && featNumber.Points(&o.Row) >= Strange }

// isHigh reports whether a number of the statement's i-th place is high, if that is known well.
func (s *statement) isHigh(i int, x octaves) bool {
	return s.high[i] != unlimited && x != noNumber && x > s.high[i]
}

// judgeShifts looks for a number of the event's text that goes on with a spell of high ones.
func (m *Model) judgeShifts(o *Observation) {
	st := o.known
	for i := range o.tracked {
		if o.Learned || !st.isHigh(i, o.numbers[i]) {
			continue
		}
		r := m.fields.ranges.find(numberKey(st, i))
		if r == nil {
			continue
		}
		if points := r.shift.points(st.seen); points > featNumber.Points(&o.Row) {
			featNumber.set(&o.Row, points)
			o.shifted, o.number = true, i
		}
	}
}

// numberKey is what the place of a statement's i-th number is known by among the ranges; as
// one of codes it is known by another one.
func numberKey(st *statement, i int) uint32 { return uint32(mix64(st.hash, ^uint64(i))) }

// learnShifts takes the numbers of the event's text in: where they are known well those that
// are high, and of the others samples.
func (m *Model) learnShifts(o *Observation, st *statement) {
	if st.seen < knownCodes {
		return
	}
	sample := sampled(m.records)
	for i := range o.tracked {
		x, times := o.numbers[i], float32(1)
		if x <= st.high[i] && st.high[i] != unlimited {
			if times = sampleOne; !sample {
				continue
			}
		}
		m.learnNumber(o, st, i, x, times)
	}
}

func (m *Model) learnNumber(o *Observation, st *statement, i int, x octaves, times float32) {
	if x <= belowZero {
		return
	}
	if st.uncoded>>i&1 == 0 && o.mayBeCode(i) {
		st.high[i] = math.MaxInt16 // none is
		return
	}
	r := m.fields.ranges.claim(numberKey(st, i))
	r.learnShift(o, x, o.Line.Numbers[i].Unit, times, st.seen)
	st.high[i] = unlimited
	if r.n += times; r.shift.known(r.n) {
		st.high[i] = r.shift.limit()
	}
}

// phraseShift says how many of the last numbers were high.
func (o *Observation) phraseShift(dst []byte) []byte {
	ranges, seen, by := &o.model.fields.ranges, o.known.seen, -1
	var r *numberRange
	var unit pattern.Unit
	if at := o.fields.shifted; at >= 0 {
		s, f := o.seenAt(at)
		if r, unit = ranges.find(o.rangeKey(s)), f.Unit; o.fields.shiftedAlong {
			var key uint32
			by, key = o.alongside(at, r)
			by = o.fields.partOf(by, r)
			r = ranges.find(key)
			seen = r.seen
		}
		dst = o.said(append(s.named(dst, f), ' '), at)
	} else {
		r, unit = ranges.find(numberKey(o.known, o.number)), o.Line.Numbers[o.number].Unit
		dst = o.saidNumber(dst, o.number)
	}
	records, n, _ := r.shift.spell.sum(seen, highOdds)
	dst = strconv.AppendUint(append(dst, ": "...), uint64(n), 10)
	dst = strconv.AppendUint(append(dst, " of the last "...), uint64(records), 10)
	if by >= 0 {
		s, f := o.seenAt(by)
		dst = o.said(append(s.named(append(dst, " with "...), f), ' '), by)
	}
	dst = appendNumber(append(dst, " are above "...), r.shift.limit().said(), unit)
	return append(dst, ", usually 1 in "+strconv.Itoa(spellOne)+" at most"...)
}
