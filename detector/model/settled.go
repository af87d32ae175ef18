package model

import "github.com/flb-anomaly/flb-anomaly/detector/internal/codec"

// settled is what of a place that is known well is asked of a routine value: one that
// nothing is to be said of, whatever else stands in its record. Most values of most
// records are routine, and nothing more is found out of those. What they teach is learned
// from one record in sampleOne, for all of them.
type settled struct {
	sort     uint8  // of most of its values, plus 1; 0 = it is not known so well
	any      bool   // any value of that sort is no news: an identifier, a number within its range
	category bool   // see place.paired
	quoted   bool   // of numbers: most came as text
	value    uint32 // hash of the value that is seen most, if it is known; 0 = none is
}

const (
	// settledAfter is how many values must have been seen in a place, and how many numbers
	// in a range, to know them well: at one record in sampleOne as many again move no share
	// of them by more than some percent.
	settledAfter = 2048

	// knownValue is from how many times on a value is no news anywhere: what comes never
	// in placeHorizon records has 13 bits of surprise, of which toldBits leave less than
	// plainValue.
	knownValue = 128

	// sampleOne is one in how many records routine values are learned from, and for how
	// many of them each counts then.
	sampleOne = 16
)

// sampled reports whether a record, by its number, is one from which routine values are
// learned. Multiples of the golden ratio lie evenly on a circle, in whatever steps they
// are taken (Weyl 1916): records of two kinds that take turns are sampled alike.
func sampled(record uint32) bool {
	const golden = 0x9e3779b1
	return record*golden < 1<<32/sampleOne
}

// settle finds out what is asked of a routine value.
func (p *place) settle() {
	s := &p.settled
	*s = settled{}
	if p.n < settledAfter || p.words {
		return
	}
	sort := 0
	for sort < valueSorts && 2*p.kinds[sort] <= p.n {
		sort++
	}
	if sort == valueSorts {
		return
	}
	s.sort, s.category, s.quoted = uint8(sort+1), p.paired(), 2*p.quoted > p.kinds[sortNumber]
	most := float32(knownValue)
	for i := range p.usual {
		if u := &p.usual[i]; u.count >= most {
			s.value, most = u.hash, u.count
		}
	}
	switch {
	case s.category:
	case sort == sortNumber:
		s.any = p.quantity(perOctave, p.unit)
	case sort == sortText:
		news, _ := p.seldom.surprise(0)
		s.any = p.identifier() && news <= plainValue
	}
}

func (s *settled) carry(c *codec.Codec) {
	c.U8(&s.sort)
	c.Bool(&s.any)
	c.Bool(&s.category)
	c.Bool(&s.quoted)
	c.U32(&s.value)
}
