package record

import (
	"encoding/binary"
	"math"
)

// A Cursor goes over the values of a body or of an event's metadata, one after
// the other, maps and arrays by their heads: what is inside follows. It does no
// more than [Walker.Next] has checked: it must be given whole msgpack values.
type Cursor struct {
	b []byte
	p int
}

// NewCursor returns a Cursor before the first value of b.
func NewCursor(b []byte) Cursor { return Cursor{b: b} }

// Key steps over a key. ok is false for one that is neither str nor bin; what
// it is has been stepped over, too.
func (c *Cursor) Key() (key []byte, ok bool) {
	if h := c.b[c.p]; h&0xe0 == 0xa0 {
		from := c.p + 1
		c.p = from + int(h&0x1f)
		return c.b[from:c.p:c.p], true
	}
	return c.longKey()
}

func (c *Cursor) longKey() ([]byte, bool) {
	from := c.p
	c.Skip(1)
	v := valueOf(c.b[from:c.p:c.p])
	return v.Bytes, v.Kind == Str || v.Kind == Bin
}

// Next steps over a value. Of a map or an array that is the head alone, and
// inside is how many pairs or elements follow; Bytes is the head then.
func (c *Cursor) Next() (v Value, inside int) {
	from := c.p
	h := c.b[from]
	if h&0xe0 == 0xa0 {
		c.p = from + 1 + int(h&0x1f)
		return Value{Str, c.b[from+1 : c.p : c.p]}, 0
	}
	if h == 0xd9 {
		c.p = from + 2 + int(c.b[from+1])
		return Value{Str, c.b[from+2 : c.p : c.p]}, 0
	}
	if isContainer[h] {
		kind, next := Array, 0
		if h&0xf0 == 0x80 || h >= 0xde {
			kind = Map
			inside, next = mapHead(c.b, from)
		} else {
			inside, next = arrayHead(c.b, from)
		}
		c.p = next
		return Value{kind, c.b[from:next:next]}, inside
	}
	c.Skip(1)
	return valueOf(c.b[from:c.p:c.p]), 0
}

// Skip steps over so many values, with all that is inside.
func (c *Cursor) Skip(values int) {
	for ; values > 0; values-- {
		c.p = skip(c.b, c.p)
	}
}

// A KnownKey is a key that is looked for where a Cursor stands: two words of it are
// compared at once.
type KnownKey struct {
	beginning
	size int    // with its head
	rest string // what stands behind those words
}

// beginning is what something begins with, as far as it goes.
type beginning struct {
	first, second     uint64
	ofFirst, ofSecond uint64 // what of them is compared
}

// beginningSize is how many bytes of a beginning are compared, at the most.
const beginningSize = 16

func beginningOf(b []byte) (w beginning) {
	var words, masks [beginningSize]byte
	for i := range copy(words[:], b) {
		masks[i] = 0xff
	}
	w.first, w.second = binary.LittleEndian.Uint64(words[:]), binary.LittleEndian.Uint64(words[8:])
	w.ofFirst, w.ofSecond = binary.LittleEndian.Uint64(masks[:]), binary.LittleEndian.Uint64(masks[8:])
	return w
}

// of reports whether it is that of b, of beginningSize bytes at least.
func (w *beginning) of(b []byte) bool {
	return (binary.LittleEndian.Uint64(b)^w.first)&w.ofFirst|(binary.LittleEndian.Uint64(b[8:])^w.second)&w.ofSecond == 0
}

// NewKnownKey returns the key of the name. One of more than 31 bytes is found nowhere.
func NewKnownKey(name []byte) (k KnownKey) {
	b := []byte{0xc1} // which is never used
	if len(name) < 32 {
		b = AppendText(nil, name)
	}
	k.size = len(b)
	k.beginning = beginningOf(b)
	k.rest = string(b[min(len(b), beginningSize):])
	return k
}

// Take steps over a key if it is the known one, and reports that. It misses one of more
// than 15 bytes and one with less than 16 bytes from its head to the end: TakeOther knows
// those.
func (c *Cursor) Take(k *KnownKey) bool {
	if b := c.b[c.p:]; len(b) >= beginningSize && k.of(b) && k.rest == "" {
		c.p += k.size
		return true
	}
	return false
}

// TakeOther is Take for the keys that it misses.
func (c *Cursor) TakeOther(k *KnownKey) bool {
	b := c.b[c.p:]
	if len(b) < k.size || len(b) >= beginningSize && k.rest == "" {
		return false
	}
	if k.rest != "" && string(b[beginningSize:k.size]) != k.rest {
		return false
	}
	var words [beginningSize]byte
	if copy(words[:], b); !k.of(words[:]) {
		return false
	}
	c.p += k.size
	return true
}

// Short steps over a str of up to 31 bytes. ok is false for any other value, which is not
// stepped over.
func (c *Cursor) Short() (v []byte, ok bool) {
	h := c.b[c.p]
	if h&0xe0 != 0xa0 {
		return nil, false
	}
	from := c.p + 1
	c.p = from + int(h&0x1f)
	return c.b[from:c.p:c.p], true
}

// exactNumber is up to which a float64 holds each whole number that has as many digits.
const exactNumber = 1e15

// Number steps over a number that a float64 holds with all its digits: a float64 that is
// finite, a whole number of up to 15 digits. ok is false for any other value, which is not
// stepped over.
func (c *Cursor) Number() (v float64, ok bool) {
	b := c.b[c.p:]
	h := b[0]
	if h < 0x80 {
		c.p++
		return float64(h), true
	}
	switch h {
	case 0xcb:
		if v = math.Float64frombits(binary.BigEndian.Uint64(b[1:])); v-v != 0 { // NaN, or beyond all numbers
			return 0, false
		}
	case 0xcc, 0xcd, 0xce, 0xd0, 0xd1, 0xd2:
		v = float64(int64(integer(b)))
	case 0xcf, 0xd3:
		n := binary.BigEndian.Uint64(b[1:])
		if h == 0xcf && n >= exactNumber || h == 0xd3 && (int64(n) >= exactNumber || int64(n) <= -exactNumber) {
			return 0, false
		}
		v = float64(int64(n))
	default:
		if h < 0xe0 {
			return 0, false
		}
		v = float64(int8(h))
	}
	c.p += int(heads[h].width)
	return v, true
}
