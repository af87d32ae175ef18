// Package codec carries what a detector has learned from memory to bytes and
// back. It knows numbers, texts and counts, and nothing of models.
package codec

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
type Codec struct {
	B       []byte // what is written so far, or what is left to be read
	Reading bool
	Err     error
}

func (c *Codec) Fail(format string, args ...any) {
	if c.Err == nil {
		c.Err = fmt.Errorf(format, args...)
	}
}

// Take returns the next n bytes, or nil.
func (c *Codec) Take(n int) []byte {
	if c.Err != nil {
		return nil
	}
	if len(c.B) < n {
		c.Fail("%d bytes are missing", n-len(c.B))
		return nil
	}
	b := c.B[:n]
	c.B = c.B[n:]
	return b
}

func (c *Codec) U8(p *uint8) {
	if !c.Reading {
		c.B = append(c.B, *p)
	} else if b := c.Take(1); b != nil {
		*p = b[0]
	}
}

func (c *Codec) Bool(p *bool) {
	var b uint8
	if *p {
		b = 1
	}
	c.U8(&b)
	*p = b != 0
}

func (c *Codec) U16(p *uint16) {
	if !c.Reading {
		c.B = binary.LittleEndian.AppendUint16(c.B, *p)
	} else if b := c.Take(2); b != nil {
		*p = binary.LittleEndian.Uint16(b)
	}
}

func (c *Codec) U32(p *uint32) {
	if !c.Reading {
		c.B = binary.LittleEndian.AppendUint32(c.B, *p)
	} else if b := c.Take(4); b != nil {
		*p = binary.LittleEndian.Uint32(b)
	}
}

func (c *Codec) U64(p *uint64) {
	if !c.Reading {
		c.B = binary.LittleEndian.AppendUint64(c.B, *p)
	} else if b := c.Take(8); b != nil {
		*p = binary.LittleEndian.Uint64(b)
	}
}

// f32 refuses NaN and infinities, which no model holds: one of them would
// spread through everything that it is added to.
func (c *Codec) F32(p *float32) {
	bits := math.Float32bits(*p)
	c.U32(&bits)
	if c.Reading && c.Err == nil {
		if *p = math.Float32frombits(bits); *p-*p != 0 {
			c.Fail("a count is no number")
		}
	}
}

// F32In is F32 of a number within bounds. One beyond them that is read, which a model never
// writes, is brought to the nearer bound: what is computed from it stays a number.
func (c *Codec) F32In(p *float32, least, most float32) {
	if c.F32(p); c.Reading && c.Err == nil {
		*p = min(max(*p, least), most)
	}
}

func (c *Codec) F64(p *float64) {
	bits := math.Float64bits(*p)
	c.U64(&bits)
	if c.Reading && c.Err == nil {
		if *p = math.Float64frombits(bits); *p-*p != 0 {
			c.Fail("a count is no number")
		}
	}
}

func (c *Codec) F32s(p []float32) {
	for i := range p {
		c.F32(&p[i])
	}
}

// i64 carries an int, a time.Duration or the like.
func I64[T ~int | ~int64](c *Codec, p *T) {
	u := uint64(*p)
	c.U64(&u)
	if c.Reading {
		*p = T(u)
	}
}

// index carries an index that must be below limit.
func (c *Codec) Index(what string, p *int, limit int) {
	I64(c, p)
	if c.Reading && (*p < 0 || *p >= limit) {
		c.Fail("%s is %d, below %d is right", what, *p, limit)
		*p = 0
	}
}

// count carries how many elements follow, at most most of them, each of at
// least size bytes.
func (c *Codec) Count(what string, n, most, size int) int {
	u := uint32(n)
	c.U32(&u)
	if !c.Reading {
		return n
	}
	if int64(u) > int64(most) {
		c.Fail("%d %s, at most %d are right", u, what, most)
	} else if int64(u)*int64(size) > int64(len(c.B)) {
		c.Fail("%d %s in %d bytes", u, what, len(c.B))
	}
	if c.Err != nil {
		return 0
	}
	return int(u)
}

// bytes carries bytes of any length up to most. What it returns on reading is
// a slice of the input.
func (c *Codec) Bytes(what string, v []byte, most int) []byte {
	n := c.Count(what+" bytes", len(v), most, 1)
	if !c.Reading {
		c.B = append(c.B, v...)
		return v
	}
	return c.Take(n)
}

func (c *Codec) Text(what string, p *string, most int) {
	b := c.Bytes(what, []byte(*p), most)
	if c.Reading {
		*p = string(b)
	}
}
