package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// shift is what tells that the numbers of a place have come to be larger than they were, or
// smaller, none of them so much that it would be told by itself: requests that take eight times
// as long for some minutes, answers that are empty. A number is high if it is twice as large as
// a mark that one in spellOne of those before it was above, and low if it is half as large as
// one that as many were below, or 0 where hardly any was. That they are high, or low, again and
// again is what is improbable.
type shift struct {
	up, down side
	zeros    float32 // numbers that were 0, aged
}

// side is one of the two. What is low is high with the sign turned.
type side struct {
	mark   float32 // octaves
	spell  spell   // of numbers beyond it, in records of the statement
	turns  uint16  // numbers of it that were less far out than the one before,
	climbs uint16  // and those that were further out
	last   octaves // number of it
}

// offness is on which side of the usual ones a number is.
type offness int8

const (
	isLow offness = iota - 1
	usualSize
	isHigh
	isFarthest // the largest or the smallest so far, see ascent
)

const (
	// highAbove is by how many octaves above the mark a number is high.
	highAbove = 1

	// shiftKnown is how many numbers say what is usual: sixteen of them are above the mark.
	shiftKnown = 16 * spellOne

	// turnsOne is one in how many high numbers is less than the one before it at least, where
	// they do not climb: one in two, if each is by itself, or in four, where each comes in two
	// records that are of one request.
	turnsOne = 8

	// beforeLow is how many numbers must have come before a spell of low ones: where two sorts
	// of numbers lie far from each other, the mark is found late.
	beforeLow = 2 * shiftKnown

	// markStep is by how many octaves the mark goes up for a number above it, so that one
	// in spellOne stays above it (Robbins and Monro 1951): a thousand numbers that are eight
	// times as large are the rule. Before that it is markYoung by the numbers so far, from
	// markFirst on: so the mark is found within some hundred and not gone far beyond.
	markStep  = 0.0025
	markYoung = 8
	markFirst = 0.25

	// lowYoung is markYoung for what is low, which nothing is told of before beforeLow: two
	// sorts of numbers may lie twelve octaves from each other, as ports do.
	lowYoung = 4 * markYoung

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
func (s *side) goesOn(record uint32) bool {
	return s.spell.n > 1 && uint32(s.spell.n)*stillHigh >= record-s.spell.begun
}

// beyond reports whether a number is beyond the mark by so much that it is high.
func (s *side) beyond(y octaves) bool { return y.float() > s.mark+highAbove }

// off says whether a number of the range is high or low. Whether that is known see shift.known.
func (r *numberRange) off(x octaves) offness {
	switch s := &r.shift; {
	case x <= belowZero: // it has no size
	case x == 0:
		if s.zeros*spellOne <= r.n {
			return isLow
		}
	case s.up.beyond(x):
		return isHigh
	case s.down.beyond(-x):
		return isLow
	}
	return usualSize
}

// sized is a number as it counts for being high or low, and 0 for none. Of times, all below a
// millisecond are one.
func sized(x octaves, u pattern.Unit) octaves {
	switch {
	case x == noNumber || x == 0:
		return 0
	case u.IsTime() && x > belowZero:
		return max(x, leastTime)
	}
	return x
}

// limits are the smallest number that is not low and the largest that is not high; never unlimited.
func (s *shift) limits() span { return span{-s.down.limit(), s.up.limit()} }

func (s *side) limit() octaves {
	x := octaves(min((s.mark+highAbove)*perOctave, math.MaxInt16)) // as far as the scale goes
	if x == unlimited {
		x++
	}
	return x
}

// of is the side on which a number is off.
func (s *shift) of(is offness) *side {
	if is == isLow {
		return &s.down
	}
	return &s.up
}

// unlimited says that it is not known well what is high and what is low.
const unlimited octaves = 0

// offPoints are those of a number that is off, behind so many records of the statement. What
// climbs is a counter, or a progress; where it sinks from record to record, too, but not where
// it stands still, as what is empty does.
func (r *numberRange) offPoints(is offness, seen uint32) float32 {
	if is == usualSize {
		return 0
	}
	side := r.shift.of(is)
	if is == isLow && r.n-float32(seen-side.spell.begun) < beforeLow {
		return 0
	}
	if side.turns < side.spell.n/turnsOne && (is == isHigh || side.climbs > side.spell.n/turnsOne) {
		return 0
	}
	return side.spell.points(seen, highOdds, spellBits)
}

// spellPoints are those of a number that goes on with a spell, behind so many records of the
// statement, and of which one.
func (r *numberRange) spellPoints(x octaves, seen uint32) (is offness, points float32) {
	if r.shift.known(r.n) {
		is = r.off(x)
		points = r.offPoints(is, seen)
	}
	if climbs := r.ascent.points(x, seen); climbs > points {
		return isFarthest, climbs
	}
	return is, points
}

// learnShift takes in a number of the event, in a place of the range, that stands for several.
// What was told of a spell is told again when it is longer. What is less than 0 is none.
func (r *numberRange) learnShift(o *Observation, x octaves, u pattern.Unit, times float32, seen uint32) {
	s := &r.shift
	if x <= belowZero {
		return
	}
	x = sized(x, u)
	if s.up.mark == 0 && x != 0 { // none yet
		s.up.mark, s.down.mark = x.float(), -x.float()
	}
	if o.known != nil && s.known(r.n) {
		switch is := r.off(x); {
		case is == isHigh:
			s.up.goOn(x, seen, o.shiftTold())
		case is == isLow && x == 0:
			s.down.goOn(farthest, seen, o.shiftTold())
		case is == isLow:
			s.down.goOn(-x, seen, o.shiftTold())
		}
	}
	if x == 0 {
		s.zeros += times
		return
	}
	step := stepOf(markYoung, r.n)
	if x.float() > s.up.mark && s.up.goesOn(seen) {
		step /= markSlower
	}
	s.up.learn(x, times*step)
	s.down.learn(-x, times*stepOf(lowYoung, r.n))
}

// stepOf is by how many octaves a mark goes up for a number above it, behind n others.
func stepOf(young, n float32) float32 { return max(markStep, young/(n+young/markFirst)) }

// farthest is what 0 is on the side of low numbers.
const farthest octaves = math.MaxInt16

// learn moves the mark.
func (s *side) learn(y octaves, step float32) {
	if y.float() > s.mark {
		s.mark += step
	} else {
		s.mark -= step / spellOne
	}
}

// learnOff is learnShift of a number that is routine, if it is high or low.
func (r *numberRange) learnOff(o *Observation, s *seenField, seen uint32) {
	if r.off(sized(s.number, s.unit)) != usualSize {
		r.learnShift(o, s.number, s.unit, 1, seen)
	}
}

// goOn takes a number that is off into the spell, or begins one.
func (s *side) goOn(y octaves, seen uint32, told bool) {
	switch {
	case !s.spell.goOn(seen, highOdds, told):
		s.turns, s.climbs = 0, 0
	case y < s.last && s.turns < mostRun:
		s.turns++
	case y > s.last && s.climbs < mostRun:
		s.climbs++
	}
	s.last = y
}

// merge takes in another log's shift.
func (s *shift) merge(o shift) {
	s.up.merge(o.up)
	s.down.merge(o.down)
	s.zeros += o.zeros
}

func (s *side) merge(o side) {
	s.mark = max(s.mark, o.mark)
	s.spell.merge(o.spell)
	s.turns, s.climbs, s.last = 0, 0, 0
}

func (s *shift) age() {
	s.up.spell.largest /= 2
	s.down.spell.largest /= 2
	s.zeros /= 2
}

func (s *shift) carry(c *codec.Codec) {
	s.up.carry(c)
	s.down.carry(c)
	c.F32(&s.zeros)
}

func (s *side) carry(c *codec.Codec) {
	c.F32(&s.mark)
	s.spell.carry(c)
	c.U16(&s.turns)
	c.U16(&s.climbs)
	s.last.carry(c)
}

// shiftTold reports whether the event is strange for a spell of high numbers that one of its own
// goes on with.
func (o *Observation) shiftTold() bool { return o.shifted && featNumber.Points(&o.Row) >= Strange }

// isOff reports whether the number of the statement's i-th place is high or low, if that is known
// well, of the event's or none.
func (o *Observation) isOff(st *statement, i int) bool {
	usual, x := &st.sizes[i], o.numbers[i]
	switch {
	case usual.hi == unlimited:
		return false
	case x == noNumber:
		return st.seldomZero>>i&1 != 0 && o.isZero(i)
	}
	return !usual.holds(x)
}

// isZero reports whether the i-th number of the event's text, which has no size, is a 0.
func (o *Observation) isZero(i int) bool {
	n := &o.Line.Numbers[i]
	return n.Value == 0 && !n.Bracketed
}

// judgeShifts looks for a number of the event's text that goes on with a spell of high ones, of low
// ones, or of those that are the largest or the smallest so far.
func (m *Model) judgeShifts(o *Observation) {
	st := o.known
	for i := range o.tracked {
		if o.Learned || !o.isOff(st, i) && !o.isBeyond(st, i) {
			continue
		}
		r := m.fields.ranges.find(numberKey(st, i))
		if r == nil {
			continue
		}
		is, points := r.spellPoints(sized(o.numbers[i], o.Line.Numbers[i].Unit), st.seen)
		if points > featNumber.Points(&o.Row) {
			featNumber.set(&o.Row, points)
			o.shifted, o.number, o.shiftedTo = true, i, is
		}
	}
}

// isBeyond reports whether the number of the statement's i-th place, of the event's or none, is beyond
// its range.
func (o *Observation) isBeyond(st *statement, i int) bool {
	return o.numbers[i] != noNumber && !st.nums[i].holds(o.numbers[i])
}

// numberKey is what the place of a statement's i-th number is known by among the ranges; as
// one of codes it is known by another one.
func numberKey(st *statement, i int) uint32 { return uint32(mix64(st.hash, ^uint64(i))) }

// learnFrom is from how many records of a statement on the numbers of its text are looked at, for the
// largest of them: of most statements fewer ever come.
const learnFrom = 64

// learnShifts takes the numbers of the event's text in: where they are known well those that
// are high or low or beyond the others, and of the rest samples.
func (m *Model) learnShifts(o *Observation, st *statement) {
	if st.seen < learnFrom {
		return
	}
	sample := sampled(m.records)
	for i := range o.tracked {
		times := float32(1)
		if st.sizes[i].hi != unlimited && !o.isOff(st, i) && (o.inRanges || !o.isBeyond(st, i)) {
			if times = sampleOne; !sample {
				continue
			}
		}
		m.learnNumber(o, st, i, times)
	}
}

// learnNumber takes in the i-th number of the event's text, which stands for several.
func (m *Model) learnNumber(o *Observation, st *statement, i int, times float32) {
	x := o.numbers[i]
	if x == noNumber && o.isZero(i) {
		x = 0
	}
	if x <= belowZero {
		return
	}
	if st.uncoded>>i&1 == 0 && o.mayBeCode(i) {
		st.sizes[i], st.seldomZero = span{math.MinInt16, math.MaxInt16}, st.seldomZero&^(1<<i) // none is off
		return
	}
	r := m.fields.ranges.claim(numberKey(st, i))
	u := o.Line.Numbers[i].Unit
	if x != 0 && !o.isJoined(i) { // 33/42 is a progress
		r.ascent.learn(sized(x, u), o.Line.Numbers[i].Value, st.seen, st.nums[i].outside(x), o.shiftTold())
	}
	if st.seen < knownCodes {
		return
	}
	r.learnShift(o, x, u, times, st.seen)
	st.sizes[i], st.seldomZero = span{}, st.seldomZero&^(1<<i)
	if r.n += times; r.shift.known(r.n) {
		if st.sizes[i] = r.shift.limits(); r.off(0) == isLow {
			st.seldomZero |= 1 << i
		}
	}
}

// phraseShift says how many of the last numbers were high, or low.
func (o *Observation) phraseShift(dst []byte) []byte {
	ranges, seen, by, is := &o.model.fields.ranges, o.known.seen, -1, o.shiftedTo
	var r *numberRange
	var unit pattern.Unit
	if at := o.fields.shifted; at >= 0 {
		s, f := o.seenAt(at)
		is = o.fields.shiftedTo
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
	if is == isFarthest {
		var x octaves
		if at := o.fields.shifted; at >= 0 {
			x = o.fields.list[at].number
		} else {
			x = o.numbers[o.number]
		}
		return r.ascent.phrase(dst, sized(x, unit), seen)
	}
	words, limits := " are above ", r.shift.limits()
	limit := limits.hi
	if is == isLow {
		words, limit = " are below ", limits.lo
	}
	records, n, _ := r.shift.of(is).spell.sum(seen, highOdds)
	dst = strconv.AppendUint(append(dst, ": "...), uint64(n), 10)
	dst = strconv.AppendUint(append(dst, " of the last "...), uint64(records), 10)
	if by >= 0 {
		s, f := o.seenAt(by)
		dst = o.said(append(s.named(append(dst, " with "...), f), ' '), by)
	}
	dst = appendNumber(append(dst, words...), limit.said(), unit)
	return append(dst, ", usually 1 in "+strconv.Itoa(spellOne)+" at most"...)
}
