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

// A KnownKey is a key that is looked for where a Cursor stands: it is compared in words.
type KnownKey struct {
	words, masks [3]uint64
	size         int // with its head
}

// NewKnownKey returns the key of the name. One of more than 23 bytes is found nowhere.
func NewKnownKey(name []byte) (k KnownKey) {
	b := [24]byte{0xc1} // which is never used
	if k.size = 1; len(name) < len(b) {
		b[0] = 0xa0 | byte(len(name))
		k.size += copy(b[1:], name)
	}
	for i := range k.words {
		k.words[i] = binary.LittleEndian.Uint64(b[8*i:])
		for n := range min(8, max(0, k.size-8*i)) {
			k.masks[i] |= 0xff << (8 * n)
		}
	}
	return k
}

// Take steps over a key if it is the known one, and reports that. One that is not in its
// shortest form is not known.
func (c *Cursor) Take(k *KnownKey) bool {
	b := c.b[c.p:]
	if len(b) < len(k.words)*8 {
		return c.takeLast(k)
	}
	if !k.begins(b) {
		return false
	}
	c.p += k.size
	return true
}

// takeLast is Take where there are less bytes left than are compared.
func (c *Cursor) takeLast(k *KnownKey) bool {
	var b [len(k.words) * 8]byte
	if copy(b[:], c.b[c.p:]) < k.size || !k.begins(b[:]) {
		return false
	}
	c.p += k.size
	return true
}

// begins reports whether b, which has as many bytes as are compared, begins with the key.
func (k *KnownKey) begins(b []byte) bool {
	first, second := binary.LittleEndian.Uint64(b)^k.words[0], binary.LittleEndian.Uint64(b[8:])^k.words[1]
	return first&k.masks[0]|second&k.masks[1] == 0 && (k.size <= 16 || (binary.LittleEndian.Uint64(b[16:])^k.words[2])&k.masks[2] == 0)
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
