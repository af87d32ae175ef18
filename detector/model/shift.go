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
// highOne of those before it was above. That they are high again and again is what is
// improbable. A spell of them is summed up in bits (the cumulative sum of Page 1954) and ends
// where it is worth none.
type shift struct {
	mark    float32 // octaves
	begun   uint32  // statement.seen at the first high number of the spell
	highs   uint16  // high numbers of it,
	falls   uint16  // and those of them that were less than the one before
	last    octaves // high number
	most    uint16  // bits of it at its highest
	largest uint16  // the same of the largest spell so far, fading
}

const (
	// highOne is one in how many numbers is above the mark, at most one is high.
	highOne = 32

	// highNow is one in how many numbers is high where they have shifted: a statement
	// speaks of four routes, or four hosts, as a rule, of which one is slow.
	highNow = 4

	// highAbove is by how many octaves above the mark a number is high.
	highAbove = 1

	// shiftKnown is how many numbers say what is usual: sixteen of them are above the mark.
	shiftKnown = 16 * highOne

	// shiftBits is from how many bits on a spell is told: those of a burst that is.
	shiftBits = 36

	// fallsOne is one in how many numbers is less than the one before it at least, where
	// they do not climb: as many are as are more, if each is by itself.
	fallsOne = 4

	// shiftAgain is how many times as long as the largest spell so far one must be to be
	// told, so that one that goes on is told more and more seldom.
	shiftAgain = 2

	// markStep is by how many octaves the mark goes up for a number above it, so that one
	// in highOne stays above it (Robbins and Monro 1951): a few hundred numbers that are
	// eight times as large are the rule. Before that it is markYoung by the numbers so far.
	markStep  = 0.01
	markYoung = 8
)

// highBits is what a high number adds to a spell, and lowBits what one that is not takes from
// it, in bits.
var (
	highBits = log2(highOne / highNow)
	lowBits  = log2((1 - 1.0/highOne) / (1 - 1.0/highNow))
)

// known reports whether it is known, of so many numbers, what is usual.
func (s *shift) known(n float32) bool { return n >= shiftKnown }

// high reports whether a number is high; 0 may mean small, none or unknown.
func (s *shift) high(x octaves) bool { return x != 0 && x.float() > s.mark+highAbove }

// limit is the largest number that is not high; never unlimited.
func (s *shift) limit() octaves {
	if x := octaves((s.mark + highAbove) * perOctave); x != unlimited {
		return x
	}
	return unlimited + 1
}

// unlimited says that it is not known well above what a number is high.
const unlimited octaves = 0

// sum is the spell with one more high number, behind so many records of the statement: of how
// many records it is, how many numbers of them are high, and what it is worth in bits.
func (s *shift) sum(seen uint32) (records, highs uint32, bits float32) {
	if seen > s.begun && s.highs > 0 {
		records, highs = seen-s.begun+1, uint32(s.highs)+1
		bits = float32(highs)*highBits - float32(records-highs)*lowBits
	}
	if bits <= highBits {
		return 1, 1, highBits
	}
	return records, highs, bits
}

// points are those of a high number, behind so many records of the statement.
func (s *shift) points(seen uint32) float32 {
	_, _, bits := s.sum(seen)
	over := bits - shiftAgain*float32(s.largest)
	if over < shiftBits || s.falls < s.highs/fallsOne { // what climbs is a counter, or a progress
		return 0
	}
	return burstWeight * log2(1+float64((over-burstOver)/burstScale))
}

// learnShift takes in a number of the event, in a place of the range, that stands for several.
// What was told of a spell is told again when it is longer. What is 0 or less is none.
func (r *numberRange) learnShift(o *Observation, x octaves, u pattern.Unit, times float32) {
	if x == 0 || x <= belowZero {
		return
	}
	s := &r.shift
	if s.mark == 0 { // none yet
		s.mark = x.float()
	}
	if o.known != nil && s.known(r.n) && s.high(x) {
		s.goOn(x, o.known.seen, o.spellTold())
	}
	step := times * max(markStep, markYoung/(r.n+1))
	if x.float() > s.mark {
		s.mark += step
	} else {
		s.mark -= step / highOne
	}
	if u.IsTime() {
		s.mark = max(s.mark, leastTime.float())
	}
}

// goOn takes a high number into the spell, or begins one.
func (s *shift) goOn(x octaves, seen uint32, told bool) {
	_, highs, bits := s.sum(seen)
	if highs == 1 {
		s.largest = max(s.largest, s.most)
		s.begun, s.falls, s.most = seen, 0, 0
	} else if x < s.last && s.falls < mostRun {
		s.falls++
	}
	s.highs, s.last = uint16(min(highs, mostRun)), x
	s.most = max(s.most, uint16(min(bits, mostRun)))
	if told {
		s.largest = max(s.largest, s.most)
	}
}

// merge takes in another log's shift. No spell goes on: it is of the records of one of them.
func (s *shift) merge(o shift) {
	*s = shift{mark: max(s.mark, o.mark), largest: max(s.largest, s.most, o.largest, o.most)}
}

func (s *shift) carry(c *codec.Codec) {
	c.F32(&s.mark)
	c.U32(&s.begun)
	c.U16(&s.highs)
	c.U16(&s.falls)
	s.last.carry(c)
	c.U16(&s.most)
	c.U16(&s.largest)
}

// spellTold reports whether the event is strange for a spell of high numbers that one of its own
// goes on with.
func (o *Observation) spellTold() bool { return o.inSpell && featNumber.Points(&o.Row) >= Strange }

// isHigh reports whether a number of the statement's i-th place is high, if that is known well.
func (s *statement) isHigh(i int, x octaves) bool {
	return s.high[i] != unlimited && x != noNumber && x > s.high[i]
}

// judgeSpells looks for a number of the event's text that goes on with a spell of high ones.
func (m *Model) judgeSpells(o *Observation) {
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
			o.inSpell, o.spell, o.number = true, r.shift, i
		}
	}
}

// numberKey is what the place of a statement's i-th number is known by among the ranges; as
// one of codes it is known by another one.
func numberKey(st *statement, i int) uint32 { return uint32(mix64(st.hash, ^uint64(i))) }

// learnSpells takes the numbers of the event's text in: where they are known well those that
// are high, and of the others samples.
func (m *Model) learnSpells(o *Observation, st *statement) {
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
		m.learnSpell(o, st, i, x, times)
	}
}

func (m *Model) learnSpell(o *Observation, st *statement, i int, x octaves, times float32) {
	if x <= belowZero {
		return
	}
	if st.uncoded>>i&1 == 0 && o.mayBeCode(i) {
		st.high[i] = math.MaxInt16
		return
	}
	r := m.fields.ranges.claim(numberKey(st, i))
	r.learnShift(o, x, o.Line.Numbers[i].Unit, times)
	st.high[i] = unlimited
	if r.n += times; r.shift.known(r.n) {
		st.high[i] = r.shift.limit()
	}
}

// phraseSpell says how many of the last numbers were high.
func (o *Observation) phraseSpell(dst []byte) []byte {
	var unit pattern.Unit
	if at := o.fields.inSpell; at >= 0 {
		s, f := o.seenAt(at)
		dst, unit = o.said(append(s.named(dst, f), ' '), at), f.Unit
	} else {
		unit = o.Line.Numbers[o.number].Unit
		dst = o.saidNumber(dst, o.number)
	}
	records, highs, _ := o.spell.sum(o.known.seen)
	dst = strconv.AppendUint(append(dst, ": "...), uint64(highs), 10)
	dst = strconv.AppendUint(append(dst, " of the last "...), uint64(records), 10)
	dst = appendNumber(append(dst, " are above "...), o.spell.limit().said(), unit)
	return append(dst, ", usually 1 in "+strconv.Itoa(highOne)+" at most"...)
}
