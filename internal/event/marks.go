package event

import "encoding/binary"

// marks say which of the bytes that tell forms of texts apart stand in one. It is
// asked for once, where each of the questions would go over the text by itself.
type marks uint8

const (
	quoteMark   marks = 1 << iota // "
	commaMark                     // ,
	equalMark                     // =
	controlMark                   // a control character: a tab, the end of a line, the beginning of a colour

	// plainMarks are those of a text that is known to be of no form.
	plainMarks marks = 1 << 7
)

// markOf is the mark of a byte that a form has.
var markOf = [256]marks{0: 0, '"': quoteMark, ',': commaMark, '=': equalMark, '\t': controlMark}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// marksOf returns the marks of a text. Of 8 bytes at a time, subtracting 1 from each
// borrows into the high bit of those that were 0 and of none else, as far as there is
// one at all; what is looked for is made 0 before, and of control characters 32 is
// subtracted.
func marksOf(text []byte) (m marks) {
	var quotes, commas, equals, controls uint64
	look := func(w uint64) {
		q, c, e := w^'"'*everyByte, w^','*everyByte, w^'='*everyByte
		quotes |= (q - everyByte) &^ q
		commas |= (c - everyByte) &^ c
		equals |= (e - everyByte) &^ e
		controls |= (w - ' '*everyByte) &^ w
	}
	if n := len(text); n >= 8 {
		for i := 0; i+8 <= n; i += 8 {
			look(binary.LittleEndian.Uint64(text[i:]))
		}
		look(binary.LittleEndian.Uint64(text[n-8:]))
	} else {
		w := uint64(' ' * everyByte)
		for _, c := range text {
			w = w<<8 | uint64(c)
		}
		look(w)
	}
	for i, found := range [...]uint64{quotes, commas, equals, controls} {
		if found&highBits != 0 {
			m |= 1 << i
		}
	}
	return m
}
