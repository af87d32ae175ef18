package model

import (
	"math"
	"math/bits"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// texts is what is known of the new texts of a place: which characters stand in
// them, how long they are. It knows a text that is made of what never stood there:
// traversal in a path, a quote in a name, a shell in an agent.
type texts struct {
	n       float32
	again   float32    // of n, how often one that came back was counted again, for its signs alone
	with    [64]uint16 // texts in which a character stood, folded as by letters
	pairs   [64]uint16 // texts in which two characters that are neither letter nor digit stood side by side
	mean    float32    // usual surprise of a new text, in bits
	spread  float32    // and its variance
	lengths span

	// odd are the characters, and the pairs, that a text may not have to be routine, as
	// they were when there were so many texts.
	odd    marks
	oddFor float32
}

const (
	// fewTexts is how many texts must have been seen before one is judged.
	fewTexts = 2

	// plainBits is up to which surprise a character says nothing: what stands in
	// one text of eight is usual.
	plainBits = 3

	// knownMark is in how many texts a character must have stood for it to be less and less
	// news, by toldBits for each doubling: those that call one page in a thousand have all
	// the letters of its name.
	knownMark = 32

	// mostText is the most points that a text may have.
	mostText = 20

	// textWeight is how many points a standard deviation is worth, from textUsual
	// deviations on. textSpread is added to the deviation, in bits: texts that are all
	// alike are not so exactly. Measured.
	textWeight = 3.5
	textUsual  = 0.5
	textSpread = 2

	// longWeight is how many points an octave beyond the longest text is worth, from
	// one octave on; measured.
	longWeight = 5

	// textEvidence is how many points each doubling of the texts seen allows.
	textEvidence = 4

	// textHorizon is over how many new texts their usual surprise is taken.
	textHorizon = 50

	// outlierText is up to how many deviations a text moves them: one attack must not
	// hide the next.
	outlierText = 3

	// fullTexts is the number of texts at which the counts, of 16 bits, are halved.
	fullTexts = 1 << 14

	// mostTextBits is more than the surprise of any text: of 128 marks that never stood in
	// one of fullTexts.
	mostTextBits = 128 * 16
)

// marks are the characters of a text, and pairs of those that are neither letters
// nor digits, each once.
type marks struct{ with, pairs uint64 }

// markOf is the mark of a character.
var markOf = func() (t [256]uint64) {
	for c, k := range fold {
		t[c] = 1 << (k & 63)
	}
	return t
}()

// firstSign is the first mark, by its number, of what is neither letter nor digit.
const firstSign = 28

// letterMarks are the marks of letters and digits.
const letterMarks = 1<<beyondASCII - 1

func marksOf(b []byte) (m marks) {
	var in base64
	last := byte(0)
	b = b[:min(len(b), maxValue)]
	for i, c := range b {
		k := fold[c]
		m.with |= 1 << (k & 63)
		if k < firstSign {
			last = 0
			continue
		}
		if last != 0 && !in.spells(b, i-1) && !in.spells(b, i) {
			m.pairs |= 1 << ((uint32(last)*31 + uint32(c)) * 0x9e3779b1 >> 26)
		}
		last = c
	}
	return m
}

// base64 is a run of the 64 signs by which a number is written (RFC 4648, base64url) in a text.
type base64 struct {
	from, to int
	is       bool // such a number
}

// spells reports whether what stands at a place in the text is a hyphen or an underscore of such a number:
// two of them side by side are chance. Of places in their order each run is looked at once.
func (run *base64) spells(b []byte, at int) bool {
	if ofBase64[b[at]] != joint {
		return false
	}
	if at >= run.from && at < run.to {
		return run.is
	}
	run.from, run.to = at, at+1
	for run.from > 0 && ofBase64[b[run.from-1]] != 0 {
		run.from--
	}
	for run.to < len(b) && ofBase64[b[run.to]] != 0 {
		run.to++
	}
	kinds := uint8(0)
	for _, c := range b[run.from:run.to] {
		kinds |= ofBase64[c]
	}
	const all = upper | lower | numeral
	run.is = run.to-run.from >= leastBase64 && kinds&all == all
	return run.is
}

// leastBase64 is how many characters such a number has: 72 bits, of which two are not the same.
const leastBase64 = 12

// Kinds of the 64 signs.
const (
	joint = 1 << iota
	upper
	lower
	numeral
)

var ofBase64 = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = upper
		case c >= 'a' && c <= 'z':
			t[c] = lower
		case c >= '0' && c <= '9':
			t[c] = numeral
		case c == '-', c == '_':
			t[c] = joint
		}
	}
	return t
}()

// build returns a hash of the signs of a text, in their order, and of where letters and digits
// stand between them: CN=jdoe,OU=Users is built like CN=mhaas,OU=Sales. In a field of many values
// of several kinds, the characters of one kind are unusual among all; where some were built like
// it, they are those of its kind.
func build(b []byte) (h uint64) {
	last := uint64(0)
	for _, c := range b[:min(len(b), maxValue)] {
		is := uint64(c)
		switch k := fold[c]; {
		case k < beyondASCII:
			is = aWord
		case k == beyondASCII:
			is = anotherWord
		}
		if is != last || is < aWord {
			h = mix64(h, is)
		}
		last = is
	}
	return h
}

// What build takes letters and digits for, and what is beyond ASCII: no signs.
const (
	aWord       = 256
	anotherWord = 257
)

// lettered is of how many texts the letters and digits were counted.
func (t *texts) lettered() float32 { return max(0, t.n-t.again) }

// strangest returns the character, or two of them side by side, that stood in the
// fewest texts so far, in how many and of how many.
func (t *texts) strangest(b []byte) (strange []byte, n uint16, of float32) {
	var in base64
	b = b[:min(len(b), maxValue)]
	n = math.MaxUint16
	for i := range b {
		one := marksOf(b[i : i+1])
		if in := t.with[lowest(one.with)]; in < n {
			strange, n, of = b[i:i+1], in, t.n
			if one.with&letterMarks != 0 {
				of = t.lettered()
			}
		}
		if i == 0 {
			continue
		}
		if two := marksOf(b[i-1 : i+1]); two.pairs != 0 && t.pairs[lowest(two.pairs)] < n && !in.spells(b, i-1) && !in.spells(b, i) {
			strange, n, of = b[i-1:i+1], t.pairs[lowest(two.pairs)], t.n
		}
	}
	return strange, n, of
}

// lowest is the index of the lowest mark in a set that has some.
func lowest(set uint64) int { return bits.TrailingZeros64(set) & 63 }

// surprise is the sum of the surprises of the text's marks, in bits.
func (t *texts) surprise(m marks) float32 {
	var sum float32
	add := func(set uint64, counts *[64]uint16, of float32) {
		from := plain(of)
		for ; set != 0; set &= set - 1 {
			n := counts[lowest(set)]
			if n >= from {
				continue
			}
			b := -log2(float64((float32(n)+0.5)/(of+1))) - toldBits*log2(float64(1+float32(n)/knownMark))
			if b > plainBits {
				sum += b - plainBits
			}
		}
	}
	add(m.with&letterMarks, &t.with, t.lettered())
	add(m.with&^letterMarks, &t.with, t.n)
	add(m.pairs, &t.pairs, t.n)
	return sum
}

// points says how far a new text is from the others, by its characters and by its
// length.
func (t *texts) points(bits float32, length octaves) float32 {
	if t.n < fewTexts {
		return 0
	}
	points := max(t.charPoints(bits), t.lengthPoints(length))
	return min(points, textEvidence*log2(float64(t.n+1))) // few texts are no rule
}

func (t *texts) charPoints(bits float32) float32 {
	deviations := (bits - t.mean) / (float32(math.Sqrt(float64(t.spread))) + textSpread)
	return min(mostText, textWeight*(deviations-textUsual))
}

func (t *texts) lengthPoints(length octaves) float32 {
	beyond := (length - t.lengths.hi).float()
	if beyond <= 1 {
		return -mostText
	}
	return min(mostText, longWeight*beyond)
}

// byLength reports whether it is a new text's length that is far from the others',
// rather than its characters.
func (t *texts) byLength(bits float32, length octaves) bool {
	return t.lengthPoints(length) > t.charPoints(bits)
}

// learn takes a text in, so many times: a new one, or one that comes again. Which letters
// the few that come again have says nothing of those of the next one, as names have any;
// their signs do.
func (t *texts) learn(m marks, again bool, bits float32, length octaves, times float32) {
	if t.n == 0 {
		t.lengths = span{length, length}
	}
	if t.n >= 1 {
		part := min(1, times*max(1.0/textHorizon, 1/t.n))
		// One that is far from the others is not to make the next one usual.
		d := min(bits-t.mean, outlierText*(float32(math.Sqrt(float64(t.spread)))+1))
		t.mean += d * part
		t.spread += (d*d - t.spread) * part
	}
	t.lengths.learn(length, t.n)
	t.n += times
	if again {
		t.again += times
		m.with &^= letterMarks
	}
	for set := m.with; set != 0; set &= set - 1 {
		t.with[lowest(set)] += uint16(times)
	}
	for set := m.pairs; set != 0; set &= set - 1 {
		t.pairs[lowest(set)] += uint16(times)
	}
	if t.n >= fullTexts {
		t.halve()
	}
	if t.n > t.oddFor+t.oddFor/oddAgain {
		t.findOdd()
	}
}

// routine reports whether a new text is made of what stands in most of the others and is
// no longer than they are.
func (t *texts) routine(b []byte) bool {
	if octavesOf(float64(len(b)+1)) > t.lengths.hi {
		return false
	}
	b = b[:min(len(b), maxValue)]
	var with uint64
	left := b
	for ; len(left) >= 4; left = left[4:] {
		with |= markOf[left[0]] | markOf[left[1]] | markOf[left[2]] | markOf[left[3]]
	}
	for _, c := range left {
		with |= markOf[c]
	}
	if with&t.odd.with != 0 {
		return false
	}
	return with < 1<<firstSign || marksOf(b).pairs&t.odd.pairs == 0 // of letters and digits there are no pairs
}

// findOdd finds the marks that have some surprise.
func (t *texts) findOdd() {
	t.odd, t.oddFor = marks{}, t.n
	letter, sign := plain(t.lettered()), plain(t.n)
	for i := range 64 {
		from := sign
		if letterMarks>>i&1 != 0 {
			from = letter
		}
		if t.with[i] < from {
			t.odd.with |= 1 << i
		}
		if t.pairs[i] < sign {
			t.odd.pairs |= 1 << i
		}
	}
}

// oddAgain: what is odd is found anew when there is one more text for each so many. What
// became odd since then has hardly any surprise.
const oddAgain = 16

// plain is from how many texts of n on a character that stands in them says nothing.
func plain(n float32) uint16 {
	return uint16(math.Ceil(float64((n+1)/(1<<plainBits)) - 0.5))
}

func (t *texts) halve() {
	t.n /= 2
	t.again /= 2
	for i := range 64 {
		t.with[i] /= 2
		t.pairs[i] /= 2
	}
	t.findOdd()
}

func (t *texts) carry(c *codec.Codec) {
	c.F32In(&t.n, 0, fullTexts)
	c.F32In(&t.again, 0, fullTexts)
	for i := range 64 {
		c.U16(&t.with[i])
		c.U16(&t.pairs[i])
	}
	c.F32In(&t.mean, 0, mostTextBits)
	c.F32In(&t.spread, 0, mostTextBits*mostTextBits)
	t.lengths.carry(c)
	c.U64(&t.odd.with)
	c.U64(&t.odd.pairs)
	c.F32(&t.oddFor)
}
