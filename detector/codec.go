package detector

import (
	"encoding/binary"
	"fmt"
	"math"
)

// codec carries numbers and texts from memory to bytes, or from bytes back to
// memory. A type lists its fields once, in a method called carry, and that list
// serves both ways, so that writing and reading cannot drift apart.
//
// Reading trusts nothing: after the first error all further calls do nothing,
// and no count is believed that the bytes left could not hold.
type codec struct {
	b       []byte // what is written so far, or what is left to be read
	reading bool
	err     error
}

func (c *codec) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// take returns the next n bytes, or nil.
func (c *codec) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if len(c.b) < n {
		c.fail("%d bytes are missing", n-len(c.b))
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *codec) u8(p *uint8) {
	if !c.reading {
		c.b = append(c.b, *p)
	} else if b := c.take(1); b != nil {
		*p = b[0]
	}
}

func (c *codec) u16(p *uint16) {
	if !c.reading {
		c.b = binary.LittleEndian.AppendUint16(c.b, *p)
	} else if b := c.take(2); b != nil {
		*p = binary.LittleEndian.Uint16(b)
	}
}

func (c *codec) u32(p *uint32) {
	if !c.reading {
		c.b = binary.LittleEndian.AppendUint32(c.b, *p)
	} else if b := c.take(4); b != nil {
		*p = binary.LittleEndian.Uint32(b)
	}
}

func (c *codec) u64(p *uint64) {
	if !c.reading {
		c.b = binary.LittleEndian.AppendUint64(c.b, *p)
	} else if b := c.take(8); b != nil {
		*p = binary.LittleEndian.Uint64(b)
	}
}

// f32 refuses NaN and infinities, which no model holds: one of them would
// spread through everything that it is added to.
func (c *codec) f32(p *float32) {
	bits := math.Float32bits(*p)
	c.u32(&bits)
	if c.reading && c.err == nil {
		if *p = math.Float32frombits(bits); *p-*p != 0 {
			c.fail("a count is no number")
		}
	}
}

func (c *codec) f32s(p []float32) {
	for i := range p {
		c.f32(&p[i])
	}
}

// i64 carries an int, a time.Duration or the like.
func i64[T ~int | ~int64](c *codec, p *T) {
	u := uint64(*p)
	c.u64(&u)
	if c.reading {
		*p = T(u)
	}
}

func (c *codec) octaves(p *octaves) {
	u := uint16(*p)
	c.u16(&u)
	*p = octaves(u)
}

// index carries an index that must be below limit.
func (c *codec) index(what string, p *int, limit int) {
	i64(c, p)
	if c.reading && (*p < 0 || *p >= limit) {
		c.fail("%s is %d, below %d is right", what, *p, limit)
		*p = 0
	}
}

// count carries how many elements follow, at most most of them, each of at
// least size bytes.
func (c *codec) count(what string, n, most, size int) int {
	u := uint32(n)
	c.u32(&u)
	if !c.reading {
		return n
	}
	if int64(u) > int64(most) {
		c.fail("%d %s, at most %d are right", u, what, most)
	} else if int64(u)*int64(size) > int64(len(c.b)) {
		c.fail("%d %s in %d bytes", u, what, len(c.b))
	}
	if c.err != nil {
		return 0
	}
	return int(u)
}

// bytes carries bytes of any length up to most. What it returns on reading is
// a slice of the input.
func (c *codec) bytes(what string, v []byte, most int) []byte {
	n := c.count(what+" bytes", len(v), most, 1)
	if !c.reading {
		c.b = append(c.b, v...)
		return v
	}
	return c.take(n)
}

func (c *codec) text(what string, p *string, most int) {
	b := c.bytes(what, []byte(*p), most)
	if c.reading {
		*p = string(b)
	}
}
