package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	vocabulary "github.com/flb-anomaly/flb-anomaly/detector/model/words"
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
func keyWord(w uint32) uint32 { return w }

func keyOne(a uint32) uint32 { return (a*0x85ebca6b ^ a>>15) * 0xc2b2ae35 }

func keyTwo(a, b uint32) uint32 { return (a*0x9e3779b1 ^ b ^ b>>13) * 0x27d4eb2f }

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
	end     float32 // bits, of the line's end
	class   wordClass
	news    int // tokens never seen before
	at      int // the most surprising token
	failed  int // the most surprising word of failure
}

const (
	maxBits = 30

	// knownElsewhere is the chance that something new in a place is a certain
	// word that is known from other places.
	knownElsewhere = 0.3

	// leastNewWord is the share of never seen words that is never ruled out.
	leastNewWord = 0.0005

	// backOff is what is left of a word's chance after one word when it never stood
	// behind the two; its root, because what the one knows the two know better.
	backOff = 0.5

	// endAnywhere is the same for the line's end: one token in some twenty.
	endAnywhere = 0.05
)

// surprise says how surprising the line's words are. own is 1 for a line that was
// learned from, of which it is asked as if it had not been, else 0. leveled are the
// points that the line's level has by itself: a word of failure that only repeats the
// level is no more of a surprise than what they leave.
func (g *language) surprise(b []byte, l *pattern.Line, level pattern.Level, leveled float32, words *spoken, own float32) (s surprise) {
	fresh := float64(g.fresh) + leastNewWord
	two, one := lineBegin0, lineBegin1
	for i := 0; i <= len(l.Tokens); i++ {
		w := lineEnd
		if i < len(l.Tokens) {
			w = l.Tokens[i].Hash
		}
		c1, c2 := keyOne(one), keyTwo(two, one)
		g1, g2 := g.grams.find(c1), g.grams.find(c2)
		n1, t1, n2, t2 := float64(g1.n), float64(g1.t), float64(g2.n), float64(g2.t)
		word, behind1, behind2 := float64(g.grams.find(keyWord(w)).n), float64(g.grams.find(keyBehind(c1, w)).n), float64(g.grams.find(keyBehind(c2, w)).n)
		if own > 0 {
			word--
			n1, t1, behind1 = without(n1, t1, behind1)
			n2, t2, behind2 = without(n2, t2, behind2)
		}
		var p float64
		if word <= 0 {
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
			p = (behind1 + max(t1, 1)*p) / (n1 + max(t1, 1))
			p = (behind2 + max(t2, 1)*math.Sqrt(p)*backOff) / (n2 + max(t2, 1))
		}
		bits := min(maxBits, max(0, -log2(p)))
		if i == len(l.Tokens) {
			s.end = bits
		} else if t := &l.Tokens[i]; t.Kind == pattern.Word {
			if word > 0 && bits > 0 && vocabulary.IsPlaceholder(b, int(t.Start), int(t.End)) {
				// It may stand wherever a value may: it is no more news than it is seldom.
				lines := float64(g.grams.find(keyTwo(lineBegin0, lineBegin1)).n) + 1
				bits = min(bits, max(0, -log2(min(1, word/lines))))
			}
			class := words.said(b, l.Tokens, i)
			s.class |= class
			if class&classFailure != 0 {
				failure := bits
				if repeats(b[t.Start:t.End], level) {
					failure -= leveled
				}
				if failure > s.failure {
					s.failure, s.failed = failure, i
				}
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

// without takes one record out of a place: the times that it came, those of them
// that something new stood there, and of what stands there.
func without(n, t, behind float64) (float64, float64, float64) {
	if behind <= 1 {
		t--
	}
	return max(0, n-1), max(0, t), max(0, behind-1)
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
	share := float32(0)
	if news > 0 {
		share = float32(news) / float32(n)
	}
	var part float32
	if n < len(freshParts) {
		part = freshParts[n]
	} else {
		part = freshPart(n)
	}
	g.fresh = approach(g.fresh, share, part)
}

// freshPart is by how much of the way a line of so many tokens moves language.fresh, and
// freshParts those of most lines.
func freshPart(n int) float32 { return float32(n) / (freshHorizon + float32(n)) }

var freshParts = func() (t [64]float32) {
	for n := range t {
		t[n] = freshPart(n)
	}
	return t
}()

// halve ages the counts.
func (g *language) halve() {
	g.grams.halve()
}

func (g *language) carry(c *codec.Codec) {
	g.grams.carry(c)
	c.F32(&g.fresh)
}
