package detector

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// language is a model of which words follow which: counts of words, and of
// words after the one and the two before them, smoothed by how often
// something new stood in that place (Witten and Bell 1991, method C). It says
// how surprising a line's words are in their places.
type language struct {
	grams grams
	fresh float32 // share of never seen words among recent ones, fading
}

const (
	freshHorizon = 2000 // tokens over which language.fresh fades
	gramLimit    = 1 << 16
)

// Keys of the table. A context is a word or two words; a pair is a context
// and the word behind it. The constants are odd and of no meaning.
func keyWord(w uint32) uint32      { return w }
func keyOne(a uint32) uint32       { return (a*0x85ebca6b ^ a>>15) * 0xc2b2ae35 }
func keyTwo(a, b uint32) uint32    { return (a*0x9e3779b1 ^ b ^ b>>13) * 0x27d4eb2f }
func keyBehind(c, w uint32) uint32 { return (c ^ w*0x165667b1 ^ c>>11) * 0x9e3779b1 }

// What stands before the first token and behind the last one.
const (
	lineBegin0 uint32 = 1
	lineBegin1 uint32 = 2
	lineEnd    uint32 = 0x5bd1e995
)

// surprise is what language says of a line.
type surprise struct {
	word    float32 // bits, of the most surprising token
	sum     float32 // bits beyond 3, of all tokens
	failure float32 // bits, of the most surprising word of failure
	network float32 // bits, of the most surprising word of networks
	end     float32 // bits, of the line's end
	class   wordClass
	news    int // tokens never seen before
	at      int // the most surprising token
	failed  int // the most surprising word of failure
	wired   int // and of networks
}

const (
	maxBits = 30

	// knownElsewhere is the chance that something new in a place is a certain
	// word that is known from other places.
	knownElsewhere = 0.3

	// endAnywhere is the same for the line's end: one token in some twenty.
	endAnywhere = 0.05
)

func (g *language) surprise(b []byte, l *pattern.Line) (s surprise) {
	fresh := float64(g.fresh) + 0.0005
	two, one := lineBegin0, lineBegin1
	for i := 0; i <= len(l.Tokens); i++ {
		w := lineEnd
		if i < len(l.Tokens) {
			w = l.Tokens[i].Hash
		}
		c1, c2 := keyOne(one), keyTwo(two, one)
		g1, g2 := g.grams.find(c1), g.grams.find(c2)
		n1, t1, n2, t2 := float64(g1.n), float64(g1.t), float64(g2.n), float64(g2.t)
		var p float64
		if g.grams.find(keyWord(w)).n == 0 {
			s.news++
			// A word never seen: how often is there something new in this place?
			p = (max(0, t1-1) + 2*fresh) / (n1 + 2)
			p = (max(0, t2-1) + 2*p) / (n2 + 2)
		} else {
			// A word that is known from elsewhere. How common it is there says
			// little of this place: in a place that takes many words, a rare one
			// is no surprise.
			p = knownElsewhere
			if i == len(l.Tokens) {
				p = endAnywhere
			}
			p = (float64(g.grams.find(keyBehind(c1, w)).n) + max(t1, 1)*p) / (n1 + max(t1, 1))
			p = (float64(g.grams.find(keyBehind(c2, w)).n) + max(t2, 1)*math.Sqrt(p)*0.5) / (n2 + max(t2, 1))
		}
		bits := min(maxBits, max(0, -log2(p)))
		if i == len(l.Tokens) {
			s.end = bits
		} else if t := &l.Tokens[i]; t.Kind == pattern.Word {
			class := classify(b[t.Start:t.End])
			s.class |= class
			if class&classFailure != 0 && bits > s.failure {
				s.failure, s.failed = bits, i
			}
			if class&classNetwork != 0 && bits > s.network {
				s.network, s.wired = bits, i
			}
		}
		if bits > s.word {
			s.word, s.at = bits, i
		}
		s.sum += max(0, bits-3)
		two, one = one, w
	}
	return s
}

// learn counts the line's words times times.
func (g *language) learn(l *pattern.Line, times uint32) {
	two, one := lineBegin0, lineBegin1
	for i := 0; i <= len(l.Tokens); i++ {
		w := lineEnd
		if i < len(l.Tokens) {
			w = l.Tokens[i].Hash
		}
		c1, c2 := keyOne(one), keyTwo(two, one)
		new1, new2 := g.grams.count(keyBehind(c1, w), times), g.grams.count(keyBehind(c2, w), times)
		g.grams.context(c1, times, new1)
		g.grams.context(c2, times, new2)
		g.grams.count(keyWord(w), times)
		two, one = one, w
	}
}

// freshen lets the share of new words fade over a line of n tokens, news of
// them new.
func (g *language) freshen(n, news int) {
	part := float32(n) / (freshHorizon + float32(n))
	share := float32(0)
	if n > 0 {
		share = float32(news) / float32(n)
	}
	g.fresh += (share - g.fresh) * part
}

// halve ages the counts.
func (g *language) halve() {
	g.grams.halve()
}

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

// surprise returns the mean surprise of b's pairs of characters, in bits.
func (m *letters) surprise(b []byte) float32 {
	if len(b) < 2 {
		return m.mean
	}
	b = b[:min(len(b), letterBytes)]
	var sum int
	p := fold[b[0]]
	for _, c := range b[1:] {
		k := fold[c]
		seen := float64(m.pairs[int(p)<<6|int(k)]) + 0.05
		sum += int(octavesOf((float64(m.firsts[p]) + 3.2) / seen))
		p = k
	}
	return float32(sum) / perOctave / float32(len(b)-1)
}

// points says how far a line of so many bits a character is above other new
// ones: by itself, and by how much these differ among each other.
func (m *letters) points(bits float32) float32 {
	if m.lines <= 5 {
		return 0
	}
	beyond := bits - m.mean
	deviations := beyond / (float32(math.Sqrt(float64(m.spread))) + 0.1)
	return max(3*min(4, beyond), min(20, 6*(deviations-1)))
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
	d := min(bits-m.mean, 1.5) // a garbled line is not to make the next one usual
	m.mean += (bits - m.mean) / m.lines
	m.spread += (d*d - m.spread) / m.lines
	m.open += (b2f(open) - m.open) / m.lines
}

// unclosed says whether a quote or a bracket stays open in b, as in a line
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

// lengths is a histogram of the lines' lengths, in twelfths of an octave.
type lengths struct {
	count [12 * 13]float32
	total float32
	lo    int // first and last in use
	hi    int
}

func lengthBin(n int) int {
	return min(int(octavesOf(float64(n+1)))*12/perOctave, 12*13-1)
}

func (h *lengths) learn(n int) {
	bin := lengthBin(n)
	if h.total == 0 {
		h.lo, h.hi = bin, bin
	}
	h.lo, h.hi = min(h.lo, bin), max(h.hi, bin)
	h.count[bin]++
	h.total++
}

// surprise returns how seldom lines are as short as n or, at half the weight,
// as long, in bits, and 4 for each octave beyond all that was seen.
func (h *lengths) surprise(n int) float32 {
	if h.total < 30 {
		return 0
	}
	bin := lengthBin(n)
	var below, above float32
	for k := h.lo; k <= h.hi; k++ {
		if k <= bin {
			below += h.count[k]
		}
		if k >= bin {
			above += h.count[k]
		}
	}
	tail := func(count float32, beyond int) float32 {
		return 0.7*log2(float64((h.total+1)/(count+1))) + float32(max(0, beyond))/3
	}
	return max(0, max(tail(below, h.lo-bin), 0.5*tail(above, bin-h.hi))-3)
}

func (h *lengths) halve() {
	h.total = 0
	first := true
	for k := range h.count {
		if h.count[k] /= 2; h.count[k] < 0.25 {
			h.count[k] = 0
			continue
		}
		if first {
			h.lo, first = k, false
		}
		h.hi = k
		h.total += h.count[k]
	}
}
