package pattern

// Lines are lines that were scanned, so that many of them can be held at once, where a
// Workspace holds one. The zero Lines is ready for use.
type Lines struct {
	lines   []Line
	tokens  []Token
	numbers []Num
}

// Lines have room for so many at first, of some twenty tokens and some numbers each: what
// grows by and by leaves pieces of all sizes behind, which Go has to keep apart.
const (
	linesAtFirst   = 32
	tokensAtFirst  = 640
	numbersAtFirst = 256
)

// Keep copies the line of w. The copy is valid until Reset.
func (k *Lines) Keep(w *Workspace) *Line {
	if k.lines == nil {
		k.lines, k.tokens, k.numbers = make([]Line, 0, linesAtFirst), make([]Token, 0, tokensAtFirst), make([]Num, 0, numbersAtFirst)
	}
	// What becomes too small is left to the lines that lie there.
	t, n := len(k.tokens), len(k.numbers)
	k.tokens, k.numbers, k.lines = append(k.tokens, w.Tokens...), append(k.numbers, w.Numbers...), append(k.lines, w.Line)
	l := &k.lines[len(k.lines)-1]
	l.Tokens, l.Numbers = k.tokens[t:len(k.tokens):len(k.tokens)], k.numbers[n:len(k.numbers):len(k.numbers)]
	return l
}

// Reset forgets the lines. Their memory is used again.
func (k *Lines) Reset() {
	k.lines, k.tokens, k.numbers = k.lines[:0], k.tokens[:0], k.numbers[:0]
}
