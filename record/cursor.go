package record

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
