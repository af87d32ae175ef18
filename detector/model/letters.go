package model

import (
	"encoding/binary"
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// letters is a model of which character follows which, in the lines of new
// patterns. It knows garbled text from the text of this log.
type letters struct {
	pairs  [64 * 64]uint16
	firsts [64]uint32
	mean   float32 // usual bits a character of a new line
	spread float32 // and their variance
	open   float32 // share of the new lines in which something stays open
	lines  float32
}

const (
	unseenPair     = 0.05 // times that each pair of the 64 x 64 counts as seen from the beginning
	leastDeviation = 0.1  // bits a character: lines never deviate by less
	mostApart      = 1.5  // bits a character by which one line may widen the deviation
)

// mostLetterBits is more than the surprise of any pair: of one never seen behind a character
// seen 2^32 times.
const mostLetterBits = 64

// letterBytes is how much of a line is looked at.
const letterBytes = 512

// fold maps characters onto 64: letters without case, digits together, bytes
// of UTF-8 together, the rest about one by one.
var fold = func() (t [256]uint8) {
	for i := range t {
		switch c := byte(i); {
		case c >= 'a' && c <= 'z':
			t[i] = c - 'a'
		case c >= 'A' && c <= 'Z':
			t[i] = c - 'A'
		case c >= '0' && c <= '9':
			t[i] = 26
		case c >= 0x80:
			t[i] = 27
		case c == ' ' || c == '\t':
			t[i] = 28
		case c < ' ':
			t[i] = 29
		default:
			t[i] = 30 + c%33
		}
	}
	return t
}()

// surprise returns the mean surprise of b's pairs of characters, in bits; and news, the
// same where a pair inside a word of l that knows has seen is usual at best: a language that
// the log seldom speaks is not garbled. own is as in language.surprise.
func (m *letters) surprise(b []byte, l *pattern.Line, knows *language, own float32) (all, news float32) {
	if len(b) < 2 {
		return m.mean, m.mean
	}
	b = b[:min(len(b), letterBytes)]
	usual := int(m.mean * perOctave)
	var sum, unsaid, t, said int // up to said, all is in a known word
	p := fold[b[0]]
	for i, c := range b[1:] {
		for ; t < len(l.Tokens) && int(l.Tokens[t].Start) <= i; t++ {
			if w := &l.Tokens[t]; w.Kind == pattern.Word && float32(knows.grams.find(keyWord(w.Hash)).n) > own {
				said = int(w.End)
			}
		}
		k := fold[c]
		seen := float64(m.pairs[int(p)<<6|int(k)]) + unseenPair
		bits := int(octavesOf((float64(m.firsts[p]) + 64*unseenPair) / seen))
		sum += bits
		if i+1 < said {
			bits = min(bits, usual)
		}
		unsaid += bits
		p = k
	}
	pairs := perOctave * float32(len(b)-1)
	return float32(sum) / pairs, float32(unsaid) / pairs
}

const (
	digit       = 26 // of fold
	beyondASCII = 27 // of fold: bytes of UTF-8, and of what is no text
	control     = 29 // of fold
)

// strewn returns by how many bits it is improbable that characters beyond ASCII, or
// control characters, are strewn over b as they are: each run of them counts once, so
// that a name or a sentence in another script is no more than a few.
func (m *letters) strewn(b []byte) float32 {
	if b = b[:min(len(b), letterBytes)]; isPlain(b) { // as most lines are
		return 0
	}
	runs, before := float32(0), uint8(0)
	for _, c := range b {
		k := fold[c]
		if (k == beyondASCII || k == control) && k != before {
			runs++
		}
		before = k
	}
	if runs == 0 {
		return 0
	}
	usual, all := 1.0, 1.0
	for first, n := range m.firsts {
		all += float64(n)
		for _, k := range []int{beyondASCII, control} {
			if first != k {
				usual += float64(m.pairs[first<<6|k])
			}
		}
	}
	expected := float32(float64(len(b)) * usual / all)
	if runs <= expected {
		return 0
	}
	return runs*log2(float64(runs/expected)) - math.Log2E*(runs-expected) // Chernoff's bound, as of a burst
}

// isPlain reports whether there is nothing in b but what ASCII prints, eight bytes at a time.
func isPlain(b []byte) bool {
	const every, high = 0x0101010101010101, 0x80 * 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] {
		if w := binary.LittleEndian.Uint64(b); (w|(w-' '*every))&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c < ' ' || c >= 0x80 {
			return false
		}
	}
	return true
}

// strewnPoints are the points for characters strewn over a line. Up to strewnBits, as of
// one or two runs of them in a log that never had one, they say nothing; beyond that each
// doubling in units of strewnUnit is worth strewnWeight points: half a dozen runs are flagged.
func (m *letters) strewnPoints(b []byte) float32 {
	return min(mostOdd, strewnWeight*log2(1+float64(max(0, m.strewn(b)-strewnBits)/strewnUnit)))
}

const (
	strewnBits   = 15 // one run in a log of 30,000 characters
	strewnUnit   = 5  // bits
	strewnWeight = 4  // as of a length
	mostOdd      = 20 // points
)

// points says how far a line of so many bits a character is above other new
// ones: by itself, and by how much these differ among each other.
func (m *letters) points(bits float32) float32 {
	if m.lines <= 5 {
		return 0
	}
	beyond := bits - m.mean
	deviations := beyond / (float32(math.Sqrt(float64(m.spread))) + leastDeviation)
	return max(3*min(4, beyond), min(mostOdd, 6*(deviations-1)))
}

func (m *letters) learn(b []byte) {
	if len(b) < 2 {
		return
	}
	b = b[:min(len(b), letterBytes)]
	p := fold[b[0]]
	for _, c := range b[1:] {
		k := fold[c]
		pair := &m.pairs[int(p)<<6|int(k)]
		if *pair == math.MaxUint16 {
			m.halve()
		}
		*pair++
		m.firsts[p]++
		p = k
	}
}

// usual takes a new line's surprise into the mean, and whether something
// stays open in it.
func (m *letters) usual(bits float32, open bool) {
	m.lines = min(m.lines+1, 100)
	d := min(bits-m.mean, mostApart) // a garbled line is not to make the next one usual
	m.mean += (bits - m.mean) / m.lines
	m.spread += (d*d - m.spread) / m.lines
	m.open += (b2f(open) - m.open) / m.lines
}

// openBits is how little usual it is that something stays open in a new line.
func (m *letters) openBits() float32 {
	return min(openBits, -log2(float64(m.open)+leastOpen))
}

// unclosed reports whether a quote or a bracket stays open in b, as in a line
// that is cut.
func unclosed(b []byte) bool {
	var count [128]int
	for _, c := range b {
		if c < 128 {
			count[c]++
		}
	}
	return count['"']&1 != 0 || count['('] > count[')'] || count['['] > count[']'] || count['{'] > count['}']
}

func (m *letters) halve() {
	clear(m.firsts[:])
	for i := range m.pairs {
		m.pairs[i] >>= 1
		m.firsts[i>>6] += uint32(m.pairs[i])
	}
}

func (m *letters) carry(c *codec.Codec) {
	for i := range m.pairs {
		c.U16(&m.pairs[i])
	}
	for i := range m.firsts {
		c.U32(&m.firsts[i])
	}
	c.F32In(&m.mean, 0, mostLetterBits)
	c.F32In(&m.spread, 0, mostLetterBits*mostLetterBits)
	c.F32(&m.lines)
	c.F32(&m.open)
}
