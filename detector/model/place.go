package model

import (
	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// place is what is known of what stands in a field, over all records. What a field
// is follows from it: an identifier (nearly every value is new, so a new one is no
// news), a category or a code (few values, so that a new one is), a quantity (a
// range), words (the characters that stood there).
//
// What every record touches comes first.
type place struct {
	_           [0]func()           // nothing compares places: see statement
	n           float32             // values seen, aged
	kinds       [valueSorts]float32 // of them, by what sort they were
	quoted      float32             // of them, numbers that came as text
	compared    float32             // records in which it was a category, to be compared with others,
	crowded     float32             // and in which it was one too many
	last        uint32              // hash of the value before a record that is learned from
	distinct    uint32              // values that were new, not aged
	settled     settled
	words       bool               // its values are judged with the message, where there is one
	identifiers bool               // see identifier
	usual       [usualValues]usual // the values seen most: for people, and what versions are compared with
	seldom      rarity             // how often a value comes that was seen as few times as so
	surge       surge
	setting     setting
	releases    releases
	numbers     bounds
	unit        pattern.Unit // of the number seen last

	texts texts
	shown [usualValues]shown // usual, as text
}

// Sorts of values: that a number or a time becomes a text, or a text that is never
// empty is, is news of its own.
const (
	sortNumber = iota
	sortText
	sortEmpty
	sortTime
	valueSorts
)

// categoryValues is up to how many values a field is a category, whose values
// are compared with those of other categories.
const categoryValues = 64

// placeHorizon is the number of values over which a place's rarity looks back: what is
// new to it may be as improbable as 1 in so many, 12 bits.
const placeHorizon = 4096

const (
	categoryRecords = 50 // values that must have been seen to say that a field is a category

	// categoryDense: a category of v values has been seen v x v / categoryDense times
	// at least, each of its values again and again.
	categoryDense = 4
)

// category reports whether few values stand in the field again and again.
func (p *place) category() bool {
	return p.n >= categoryRecords && p.distinct >= 2 && p.distinct <= categoryValues && float32(p.distinct*p.distinct) < categoryDense*p.n
}

// paired reports whether the field's values are compared with those of others: it is a
// category, and no quantity of few numbers. That 79 percent and -73 dB never met is no news.
func (p *place) paired() bool {
	return p.category() && !(2*p.kinds[sortNumber] > p.n && p.counts())
}

// knownIdentifier is how many values must have been seen to say that a field holds
// identifiers: in fewer, most are new in every field.
const knownIdentifier = 100

// identifier reports whether most values are new: a name of one thing among many.
func (p *place) identifier() bool { return p.n > knownIdentifier && float32(p.distinct) > p.n/2 }

// confirms reports whether a value that came so many times before counts once more among
// the texts of the place: at its 2nd, 4th, 8th time and so on, until it is known. Where few
// values stand, those that come back say which signs belong there, and an attack that came
// once does not make the next one usual. Where new ones come all the time, it is these that
// a new one is to be like.
func (p *place) confirms(count uint32) bool {
	count++
	return count&(count-1) == 0 && count <= knownValue && p.distinct <= categoryValues
}

// sortBits is the surprise of a value's sort, which own of the values are the event's own.
func (p *place) sortBits(sort int, own float32) float32 {
	n := max(0, p.kinds[sort]-own)
	if n*2 > p.n {
		return 0
	}
	if sort == sortNumber && float32(p.distinct)*2 > p.n { // an identifier without letters
		return 0
	}
	return -log2(float64((n+0.5)/(p.n+1))) - toldBits*log2(float64(1+n))
}

// quotedBits is the same for whether a number, where numbers stand, came as a text or did not: a
// field of another type is one that a database refuses.
func (p *place) quotedBits(quoted bool, own float32) float32 {
	numbers, n := p.kinds[sortNumber], p.quoted
	if numbers*2 <= p.n {
		return 0
	}
	if !quoted {
		n = numbers - n
	}
	if n = max(0, n-own); n*2 > numbers {
		return 0
	}
	return -log2(float64((n+0.5)/(numbers+1))) - toldBits*log2(float64(1+n))
}

// usualValues is how many values of a field are kept as text: a reason has room for three.
const usualValues = 4

// usual is a value that comes often.
type usual struct {
	hash  uint32
	count float32
}

// shown is the text of one.
type shown struct {
	size uint8
	cut  uint8 // 1 + where something was left out of text; 0 = nothing was
	text [30]byte
}

// set makes s the text of a value.
func (s *shown) set(value []byte) {
	begin, end := text.Ends(value, len(s.text))
	s.size, s.cut = uint8(copy(s.text[:], begin)), 0
	if len(begin) < len(value) {
		s.cut = 1 + s.size
	}
	s.size += uint8(copy(s.text[s.size:], end))
}

// parts are the text's beginning and, where something was left out, its end.
func (s *shown) parts() (begin, end []byte, cut bool) {
	if s.cut == 0 {
		return s.text[:s.size], nil, false
	}
	return s.text[:s.cut-1], s.text[s.cut-1 : s.size], true
}

// appendTo appends the value, with dots where something was left out.
func (s *shown) appendTo(dst []byte) []byte {
	begin, end, cut := s.parts()
	if dst = append(dst, begin...); cut {
		dst = append(append(dst, "..."...), end...)
	}
	return dst
}

// learnUsual keeps the values seen most: a new one takes the place of the least
// when it has come as often (Misra and Gries 1982).
func (p *place) learnUsual(hash uint32, f *Field, times float32) {
	least := 0
	for i := range p.usual {
		u := &p.usual[i]
		if u.hash == hash && u.count > 0 {
			u.count += times
			return
		}
		if u.count < p.usual[least].count {
			least = i
		}
	}
	u := &p.usual[least]
	if u.count >= 1 {
		u.count = max(0, u.count-0.5*times)
		return
	}
	*u = usual{hash, times}
	var b [32]byte // of a number
	value := f.Value
	if f.Kind == Number {
		value = f.AppendText(b[:0])
	}
	p.shown[least].set(value)
}

func (p *place) age() {
	p.n /= 2
	p.quoted /= 2
	p.compared /= 2
	p.crowded /= 2
	p.numbers.age()
	p.surge.spell.largest /= 2
	for i := range p.kinds {
		p.kinds[i] /= 2
	}
	for i := range p.usual {
		p.usual[i].count /= 2
	}
	p.texts.halve()
	p.settle()
}

func (p *place) carry(c *codec.Codec) {
	c.F32(&p.n)
	c.F32s(p.kinds[:])
	c.F32(&p.quoted)
	c.F32(&p.compared)
	c.F32(&p.crowded)
	c.U32(&p.last)
	c.U32(&p.distinct)
	p.settled.carry(c)
	c.Bool(&p.words)
	c.Bool(&p.identifiers)
	for i := range p.usual {
		c.U32(&p.usual[i].hash)
		c.F32(&p.usual[i].count)
	}
	p.seldom.carry(c)
	p.surge.carry(c)
	p.setting.carry(c)
	p.releases.carry(c)
	p.numbers.carry(c)
	c.U8((*uint8)(&p.unit))
	p.texts.carry(c)
	for i := range p.shown {
		s := &p.shown[i]
		b := c.Bytes("value", s.text[:min(int(s.size), len(s.text))], len(s.text))
		if c.Reading {
			s.size = uint8(copy(s.text[:], b))
		}
		if c.U8(&s.cut); c.Reading && c.Err == nil && s.cut > s.size+1 {
			c.Fail("a value is cut behind its end")
		}
	}
}
