package pattern

import (
	"encoding/binary"
	"math/rand/v2"
)

// Shape stands for a line's shape: 64 bits of hash under a key that nobody outside the
// process knows, so that no line can be made to pass for another one. It has no meaning
// in another process. 0 = not known.
type Shape uint64

// Marks say which of the bytes that tell forms of texts apart stand in one. They are
// asked for once, where each of the questions would go over the text by itself.
type Marks uint8

const (
	QuoteMark   Marks = 1 << iota // "
	CommaMark                     // ,
	EqualMark                     // =
	ControlMark                   // a control character: a tab, the end of a line, the beginning of a colour

	AllMarks = 1<<iota - 1
)

// shapeKey are the states that the hash of a shape begins with.
var shapeKey = [4]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}

// Look goes over a text once and returns its shape, 0 where it is too long to be
// remembered, and its marks.
func Look(b []byte) (Shape, Marks) {
	n := len(b)
	if n == 0 {
		return 0, 0
	}
	h, m := look(b)
	if n > maxShape {
		return 0, m
	}
	return Shape(h | 1), m
}

// ShapeOf returns the shape of a text, 0 where it is too long to be remembered.
func ShapeOf(b []byte) Shape {
	if len(b) > maxShape {
		return 0
	}
	s, _ := Look(b)
	return s
}

// lookPortable is look on any machine, 8 bytes at a time.
//
// Of 8 bytes, subtracting 1 from each borrows into the high bit of those that were 0
// and of none else, as far as there is one at all; what is looked for is made 0 before,
// and of control characters 32 is subtracted.
func lookPortable(b []byte) (hash uint64, m Marks) {
	n := len(b)
	x := shapeKey[0]
	var quotes, commas, equals, controls uint64
	take := func(w uint64) uint64 {
		q, c, e := w^'"'*every, w^','*every, w^'='*every
		quotes |= (q - every) &^ q
		commas |= (c - every) &^ c
		equals |= (e - every) &^ e
		controls |= (w - ' '*every) &^ w
		return equal(w)
	}
	switch {
	case n >= 16:
		for i := 0; i+16 <= n; i += 16 {
			x = mix(take(binary.LittleEndian.Uint64(b[i:]))^x, take(binary.LittleEndian.Uint64(b[i+8:]))^shapeKey[1])
		}
		if n%16 != 0 {
			x = mix(take(binary.LittleEndian.Uint64(b[n-16:]))^x, take(binary.LittleEndian.Uint64(b[n-8:]))^shapeKey[1])
		}
	case n >= 8:
		x = mix(take(binary.LittleEndian.Uint64(b))^x, take(binary.LittleEndian.Uint64(b[n-8:]))^shapeKey[1])
	default:
		w := uint64(' ' * every) // no mark, and as many bytes as there are
		for _, c := range b {
			w = w<<8 | uint64(c)
		}
		x = mix(take(w)^x, shapeKey[1])
	}
	for i, found := range [...]uint64{quotes, commas, equals, controls} {
		if found&highBits != 0 {
			m |= 1 << i
		}
	}
	return mix(x^uint64(n), shapeKey[1]), m
}

// equal makes all digits in 8 bytes equal.
func equal(w uint64) uint64 {
	x := w ^ '0'*every // 0 to 9 where a digit is
	is := ^(x | (x&low7 + (0x80-10)*every)) & highBits
	return w &^ (is>>3 - is>>7)
}
