package record

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// ValueKind says what a [Value] holds.
type ValueKind uint8

const (
	Absent ValueKind = iota // the record has no such field
	Str
	Bin
	Int  // any integer up to the largest int64
	Uint // an integer beyond the largest int64
	Float
	Bool
	Nil
	Map
	Array
	Ext
)

var valueKindNames = [...]string{"absent", "str", "bin", "int", "uint", "float", "bool", "nil", "map", "array", "ext"}

func (k ValueKind) String() string {
	if int(k) < len(valueKindNames) {
		return valueKindNames[k]
	}
	return "ValueKind(" + strconv.Itoa(int(k)) + ")"
}

// A Value is one msgpack value. The zero Value is absent.
//
// It holds no decoded number, which the numbers' methods decode when asked:
// four words travel in registers, five went through memory, which made a simple
// record take 41 ns instead of 32.
type Value struct {
	Kind ValueKind

	// Bytes is a slice of the chunk, valid as long as the chunk: the content of
	// a Str or a Bin (which nobody promises to be UTF-8), the whole msgpack
	// value, its head included, of every other kind.
	Bytes []byte
}

// Int returns the integer of an Int, and 0 for every other kind.
func (v Value) Int() int64 {
	if v.Kind != Int {
		return 0
	}
	return int64(integer(v.Bytes))
}

// Uint returns the integer of a Uint, and 0 for every other kind.
func (v Value) Uint() uint64 {
	if v.Kind != Uint {
		return 0
	}
	return integer(v.Bytes)
}

// Float returns the number of a Float, and 0 for every other kind.
func (v Value) Float() float64 {
	switch {
	case v.Kind != Float:
		return 0
	case v.Bytes[0] == 0xca:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(v.Bytes[1:])))
	}
	return math.Float64frombits(binary.BigEndian.Uint64(v.Bytes[1:]))
}

// Bool reports whether v is a Bool that is true.
func (v Value) Bool() bool { return v.Kind == Bool && v.Bytes[0] == 0xc3 }

// integer decodes an integer of any form; a negative one comes as its two's
// complement.
func integer(raw []byte) uint64 {
	switch c := raw[0]; c {
	case 0xcc:
		return uint64(raw[1])
	case 0xcd:
		return uint64(binary.BigEndian.Uint16(raw[1:]))
	case 0xce:
		return uint64(binary.BigEndian.Uint32(raw[1:]))
	case 0xcf, 0xd3:
		return binary.BigEndian.Uint64(raw[1:])
	case 0xd0:
		return uint64(int8(raw[1]))
	case 0xd1:
		return uint64(int16(binary.BigEndian.Uint16(raw[1:])))
	case 0xd2:
		return uint64(int32(binary.BigEndian.Uint32(raw[1:])))
	default:
		return uint64(int8(c)) // fixint
	}
}

// AppendText appends a scalar as text: the content of a Str or a Bin, numbers
// in decimal (a float32 with the digits that it has, not those of the float64
// next to it), true and false. Every other kind appends nothing.
func (v Value) AppendText(dst []byte) []byte {
	switch v.Kind {
	case Str, Bin:
		return append(dst, v.Bytes...)
	case Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Uint:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Float:
		if v.Bytes[0] == 0xca {
			return text.AppendFloat32(dst, float32(v.Float()))
		}
		return text.AppendNumber(dst, v.Float())
	}
	return dst
}

// valueOf classifies the one value that raw consists of. skip has been over it:
// the lengths in it are known to be right.
func valueOf(raw []byte) Value {
	// Strings up to 255 bytes are nearly all that is ever asked for.
	switch c := raw[0]; {
	case c&0xe0 == 0xa0:
		return Value{Str, raw[1:]}
	case c == 0xd9:
		return Value{Str, raw[2:]}
	}
	return otherValue(raw)
}

// otherValue is valueOf for what is no short string.
func otherValue(raw []byte) Value {
	switch c := raw[0]; {
	case c < 0x80 || c >= 0xe0 || c >= 0xcc && c <= 0xce || c >= 0xd0 && c <= 0xd3:
		return Value{Int, raw}
	case c == 0xcf:
		if raw[1] >= 0x80 {
			return Value{Uint, raw}
		}
		return Value{Int, raw}
	case c < 0x90 || c == 0xde || c == 0xdf:
		return Value{Map, raw}
	case c < 0xa0 || c == 0xdc || c == 0xdd:
		return Value{Array, raw}
	case c == 0xc0:
		return Value{Nil, raw}
	case c == 0xc2 || c == 0xc3:
		return Value{Bool, raw}
	case c == 0xca || c == 0xcb:
		return Value{Float, raw}
	case c == 0xda:
		return Value{Str, raw[3:]}
	case c == 0xdb:
		return Value{Str, raw[5:]}
	case c == 0xc4:
		return Value{Bin, raw[2:]}
	case c == 0xc5:
		return Value{Bin, raw[3:]}
	case c == 0xc6:
		return Value{Bin, raw[5:]}
	}
	return Value{Ext, raw} // c7 to c9 and d4 to d8: c1 does not pass skip
}
