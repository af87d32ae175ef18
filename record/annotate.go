package record

import (
	"encoding/binary"
	"math"
)

// Fields are fields to be added to a record, encoded. The zero Fields is empty
// and ready to use; Reset makes it so again and keeps its memory. Names are
// written as they come: a name that is added twice stands in the record twice.
type Fields struct {
	b []byte
	n int
}

// Reset removes all fields.
func (f *Fields) Reset() { f.b, f.n = f.b[:0], 0 }

// Len returns the count of fields.
func (f *Fields) Len() int { return f.n }

// Bytes returns the encoded pairs, valid until the next change.
func (f *Fields) Bytes() []byte { return f.b }

// String adds a field with a str.
func (f *Fields) String(name, value string) {
	f.b = AppendString(AppendString(f.b, name), value)
	f.n++
}

// Text adds a field with a str whose content is value.
func (f *Fields) Text(name string, value []byte) {
	f.b = AppendText(AppendString(f.b, name), value)
	f.n++
}

// Bool adds a field with a bool.
func (f *Fields) Bool(name string, value bool) {
	f.b = AppendBool(AppendString(f.b, name), value)
	f.n++
}

// Float64 adds a field with a float64.
func (f *Fields) Float64(name string, value float64) {
	f.b = AppendFloat64(AppendString(f.b, name), value)
	f.n++
}

// SetFloat64 sets the value of the field that was appended last, by Float64.
func (f *Fields) SetFloat64(value float64) {
	binary.BigEndian.PutUint64(f.b[len(f.b)-8:], math.Float64bits(value))
}

// Float32 adds a field with a float32, which takes 5 bytes where a float64
// takes 9.
func (f *Fields) Float32(name string, value float32) {
	f.b = AppendFloat32(AppendString(f.b, name), value)
	f.n++
}

// Append adds the fields of g.
func (f *Fields) Append(g *Fields) {
	f.b = append(f.b, g.b...)
	f.n += g.n
}

// AppendString appends s to dst as a str.
func AppendString(dst []byte, s string) []byte { return append(appendStrHead(dst, len(s)), s...) }

// AppendText appends s to dst as a str.
func AppendText(dst, s []byte) []byte { return append(appendStrHead(dst, len(s)), s...) }

func appendStrHead(dst []byte, n int) []byte {
	switch {
	case n < 32:
		return append(dst, 0xa0|byte(n))
	case n <= math.MaxUint8:
		return append(dst, 0xd9, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
}

// AppendBool appends v to dst as a bool.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

// AppendFloat64 appends v to dst as a float64.
func AppendFloat64(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(v))
}

// AppendFloat32 appends v to dst as a float32.
func AppendFloat32(dst []byte, v float32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0xca), math.Float32bits(v))
}

// Annotate appends the event to dst with add behind the fields of its body, and
// without any field of a name that the Finder was told to replace, be it added
// now or not: nobody upstream can forge such a field. A nil add adds nothing.
// What is no Log is appended as it is.
//
// All other bytes stay as they are, in their order. The header of the body
// keeps its form where that holds the new count, and grows to map16 or map32
// where it does not. dst must not overlap the chunk.
func (ev *Event) Annotate(dst []byte, add *Fields) []byte {
	if ev.Kind != Log {
		return append(dst, ev.Raw...)
	}
	var (
		added []byte
		n     = uint64(ev.pairs - len(ev.drops))
	)
	if add != nil {
		added = add.b
		n += uint64(add.n)
	}
	if n > math.MaxUint32 {
		// No map holds more. Such a body takes 8 GiB.
		return append(dst, ev.Raw...)
	}
	headLen := len(ev.Raw) - len(ev.Body)
	if form := ev.Body[0]; len(ev.drops) == 0 && (form < 0x90 && n < 16 || form == 0xdf) {
		// One copy and the header set right, instead of three copies.
		at := len(dst) + headLen
		dst = append(dst, ev.Raw...)
		if form == 0xdf {
			binary.BigEndian.PutUint32(dst[at+1:], uint32(n))
		} else {
			dst[at] = 0x80 | byte(n)
		}
		return append(dst, added...)
	}
	dst = append(dst, ev.Raw[:headLen]...)
	switch form := ev.Body[0]; {
	case form < 0x90 && n < 16:
		dst = append(dst, 0x80|byte(n))
	case form != 0xdf && n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xde), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdf), uint32(n))
	}
	kept := ev.first
	for _, d := range ev.drops {
		dst = append(dst, ev.chunk[kept:d.start]...)
		kept = d.end
	}
	dst = append(dst, ev.chunk[kept:ev.end]...)
	return append(dst, added...)
}
