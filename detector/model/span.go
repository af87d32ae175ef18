package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// span is the usual range of a quantity, on a scale of octaves.
type span struct{ lo, hi octaves }

const (
	// firmLength and firmNumber are how many values a span rests on when what
	// is outside counts for half. A line's length says less than a number does.
	firmLength = 10
	firmNumber = 5

	// youngWidth is the share of a range's width by which what is outside of it is less news,
	// firmWidth is the same where it is known well, as of a field's (see widthWeight), and
	// wellKnown how many values bring it half of the way: the bounds of few are chance.
	youngWidth = 0.25
	firmWidth  = widthWeight
	wellKnown  = 100

	// apartWidths is how many times a range's width a number must be below it for all of the
	// distance to count; of half as many a quarter does.
	apartWidths = 4

	// apartMost is how many octaves it counts as at most: it is told, but many a total begins
	// anew at 0.
	apartMost = 6

	spanFollow = 0.1   // part of the way that a range goes towards what is outside of it,
	spanSettle = 0.2   // and how fast it comes down to that, with each value
	saidWithin = 0.003 // of a number that may be rounded away when it is said: half of a step of the scale

	// widest is the width in octaves up to which a wide range makes what is
	// outside it less of a surprise: a field that is -1 or a count is not so
	// wide as it looks.
	widest = 16
)

// beyond returns how far x is outside the range, in octaves; less where the
// range is wide, and where it rests on few values. Values below it count for
// a quarter and for 3 octaves at the most: it is seldom news that something
// is small. That something is negative where nothing was is.
func (s span) beyond(x octaves, seen, firm float32) float32 {
	var d float32
	switch {
	case s.zeros() && x.fraction():
		return 0
	case x > s.hi:
		d = x.over(s.hi)
	case x < belowZero && s.lo > belowZero:
		d = negative(x)
	case x < s.lo:
		d = min(smallMost, (s.lo.float()-x.float())/smallShare)
	default:
		return 0
	}
	width := min(widest, s.width())
	share := firmWidth + (youngWidth-firmWidth)*wellKnown/(seen+wellKnown)
	return d / (1 + share*width) * seen / (seen + firm)
}

// apart is how far a small number is below a range of large ones, in octaves, if that is several
// times the range's own width: what is always 1,500 to 2,500 and now 0 or 2 is another thing than
// what is anything from 20 to 10,000. noNumber is a 0.
func (s span) apart(x octaves) float32 {
	if x == noNumber {
		x = 0
	}
	if s.lo < leastLarge || x < 0 || x >= leastLarge || s.lo == s.hi {
		return 0
	}
	d := s.lo.float() - x.float()
	share := min(1, d/(apartWidths*max(narrowest, s.width())))
	return min(apartMost, d*share*share)
}

// narrow reports whether the numbers of a range differ and yet lie within an octave.
func (s span) narrow() bool { return s.hi > s.lo && s.width() < 1 }

// over is by how many octaves a number is more than another. Between a negative and a positive one
// are those of both from 1 on: from -0.4 to 2.5 it is not far.
func (o octaves) over(than octaves) float32 {
	if than >= belowZero || o < belowZero {
		return o.float() - than.float()
	}
	return (belowZero - than).float() + log2(1+o.number())
}

// negative is how far a negative number is, in octaves, from numbers of which none was. -1 may mean
// none or unknown and says nothing.
func negative(x octaves) float32 {
	if x == minusOne {
		return nearNumber
	}
	return negativeOctaves
}

var minusOne = numberOctaves(-1)

// noticed is the range of a quantity of a unit, of a time up to what it would be noticed
// from: less than leastTime is what a busy machine's scheduler makes of any time.
func (s span) noticed(u pattern.Unit) span {
	if u.IsTime() && s.hi < leastTime && !s.zeros() {
		s.hi = leastTime
	}
	return s
}

// leastTime is a millisecond.
var leastTime = numberOctaves(1e-3)

// width is the range's, in octaves.
func (s span) width() float32 { return s.hi.float() - s.lo.float() }

// holds reports whether x is inside the range.
func (s span) holds(x octaves) bool { return s.lo <= x && x <= s.hi }

// learn widens the range towards x: all the way for the first values, a tenth
// of the way later, so that what repeats becomes normal within some ten
// records and a single outlier hides no second one.
func (s *span) learn(x octaves, seen float32) {
	switch {
	case s.zeros() && x.fraction():
		*s = span{x, x}
	case x >= perOctave && s.hi < belowZero:
		s.hi = perOctave // up to 1 no number is far from a negative one
	case x > s.hi:
		if s.hi += follow(s.hi, x, seen); s.hi == 0 && x != 0 {
			s.hi++ // it would stand for the number 0
		}
	case x < s.lo:
		if s.lo -= follow(x, s.lo, seen); s.lo == 0 && x != 0 {
			s.lo--
		}
	}
}

// follow is how far an end of a range goes on the way between two values.
func follow(from, to octaves, seen float32) octaves {
	part := max(spanFollow, 1/(1+spanSettle*seen))
	return max(1, octaves((to.float()-from.float())*part*perOctave))
}

const (
	// noNumber stands for a number that is not looked at.
	noNumber octaves = -1 << 15

	// belowZero is where negative numbers begin, below the smallest fraction.
	belowZero octaves = -32 * perOctave
)

// numberOctaves puts a number on the scale of its field's span. From 1 on it is
// log2(1+v), so that 0, 1 and 2 lie close together; a fraction goes by its own
// logarithm, so that 1 ms and 100 ms lie apart; negative numbers lie far below.
// A 0 is no distance: it may mean small, none or unknown. See zeroPoints.
func numberOctaves(v float64) octaves {
	switch {
	case v >= 1:
		return octavesOf(v + 1)
	case v > 0:
		return max(octavesOf(v), belowZero).above()
	case v == 0:
		return noNumber
	}
	return belowZero - min(octavesOf(1-v), belowZero-noNumber-1)
}

// above is an octave above, but 0, which stands for the number 0, and not for a half.
func (o octaves) above() octaves {
	if o == -perOctave {
		return 1
	}
	return o + perOctave
}

// number is the inverse of numberOctaves; 0 is the lower end of a field that
// began with it.
func (o octaves) number() float64 {
	switch {
	case o == 0:
		return 0
	case o == 1: // see above
		return 0.5
	case o >= perOctave:
		return o.exp() - 1
	case o > belowZero:
		return (o - perOctave).exp()
	}
	return 1 - (belowZero - o).exp()
}

// said is number as people would say it: of those that the scale cannot tell
// apart, the one with the fewest digits.
func (o octaves) said() float64 {
	v := o.number()
	var b [32]byte
	for digits := range 3 {
		short, _ := strconv.ParseFloat(string(strconv.AppendFloat(b[:0], v, 'e', digits, 64)), 64)
		if math.Abs(short-v) <= math.Abs(v)*saidWithin {
			return short
		}
	}
	return v
}

// zeros reports whether a field has shown nothing but 0 so far.
func (s span) zeros() bool { return s == span{} }

// fraction reports whether a number lies between 0 and 1. How far it is from 0 no
// logarithm can tell.
func (o octaves) fraction() bool { return o > belowZero && o < perOctave }

// spanOf is the span of a field whose first number is x.
func spanOf(x octaves) span {
	if x == noNumber {
		x = 0
	}
	return span{x, x}
}

func (s *span) carry(c *codec.Codec) {
	s.lo.carry(c)
	s.hi.carry(c)
}
