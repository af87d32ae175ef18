package model

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Field is one of an event's fields beside its message.
type Field struct {
	Name   []byte  // nested ones joined by dots, at most 128 bytes
	Kind   Kind    // of the value
	Value  []byte  // as text: a text's own bytes, a number as written (see AppendText), true or false; empty for null
	Number float64 // of a Number; of one with a unit, in the base unit

	// Unit is the base unit of a Number that was written with a unit: seconds, bytes,
	// percent. UnitNone of others.
	Unit pattern.Unit

	// Quoted says of a Number that it came as a text: "200" in JSON. In a format in which all
	// values are texts each Number is.
	Quoted bool

	Known *Name // what follows from Name; nil = it is found out
}

// AppendText appends the value as text. A Number need not have come with one.
func (f *Field) AppendText(dst []byte) []byte {
	if f.Kind == Number && len(f.Value) == 0 {
		return text.AppendNumber(dst, f.Number)
	}
	return append(dst, f.Value...)
}

// plain reports whether the value is a number without a unit, which may be a code.
func (f *Field) plain() bool { return f.Kind == Number && f.Unit == pattern.UnitNone }

// Kind is what sort of value a field has.
type Kind uint8

// The kinds. A text that is wholly a decimal number is a Number, however it came, and so
// is one with a unit: 45ms, 1.5GiB.
const (
	Text Kind = iota
	Number
	Bool
	Null
	Time // of a date and a time of day, in whatever notation
)

// String returns the kind's name.
func (k Kind) String() string { return [...]string{"text", "number", "bool", "null", "time"}[k] }

const (
	// MaxFields is how many fields of an event are looked at.
	MaxFields = 64

	// maxValue is how many bytes of a field's value are looked at.
	maxValue = 1024
)

// hashBytes is a fast hash of short texts, of no cryptographic strength: places in
// tables are salted (see slotOf), and what is found by it decides a verdict only as
// far as 32 bits can be trusted.
func hashBytes(seed uint64, b []byte) uint64 {
	h := seed ^ uint64(len(b))*0x9e3779b97f4a7c15
	for len(b) >= 8 {
		h = mix64(h, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	if len(b) > 0 {
		h = mix64(h, upTo8(b))
	}
	return h
}

// upTo8 returns 1 to 8 bytes as a number, the first one lowest.
func upTo8(b []byte) uint64 {
	switch n := len(b); {
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*n-32)
	case n >= 2:
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[n-1])<<(8*n-8)
	}
	return uint64(b[0])
}

func mix64(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^w^0xa0761d6478bd642f, w^0xe7037ed1a0b428db^bits.RotateLeft64(h, 32))
	return hi ^ lo
}

// timeHash is that of all times: that another one stands there is no news.
const timeHash = 0x7f4a7c159e3779b9

// hash is the value's: the same for the same value, in whatever form it came.
func (f *Field) hash() uint64 {
	switch f.Kind {
	case Number:
		return f.numberHash()
	case Time:
		return timeHash
	}
	return f.textHash()
}

func (f *Field) numberHash() uint64 {
	return mix64(0x589965cc75374cc3+uint64(f.Unit), math.Float64bits(f.Number+0)) // -0 is 0
}

func (f *Field) textHash() uint64 {
	return hashBytes(0x8ebc6af09c88c6e3, f.Value[:min(len(f.Value), maxValue)])
}
