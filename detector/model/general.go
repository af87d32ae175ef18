package model

import (
	"math/bits"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// general finds the statement that a line of unknown text was made by.
//
// What a run of characters is (a word, a number, an identifier) the tokeniser
// can only guess. A place of a statement is known better: lines that differ in
// one place, in which several words were seen, are one statement. So each new
// line is counted under the hashes of itself without one and without two of its
// places; one that was counted often enough is the statement's name from then on.
//
// It is asked for new patterns only.
type general struct {
	counts grams // new lines, by the hash of what they have in common
	pairs  bool  // a statement of two free places was found
}

const (
	// freePlace is how many words a place takes until it is free, and freePair
	// how many two places take together. Two words may be a choice (opened,
	// closed), and two places agree by chance sooner than one.
	freePlace = 4
	freePair  = 12

	// quotedPlace and quotedPair are the same where the words stand in quotes: what an author
	// puts there (queue 'mail.out' in vhost 'shop') is a name, and varies.
	quotedPlace = 2
	quotedPair  = 4

	// openPlace is how many new lines must have differed in one place for anything to stand
	// there: a user whose name is error is no error.
	openPlace = categoryValues
)

const (
	// maxPlaces is how many places of a line are looked at, and maxPairPlaces how
	// many may be free in twos: their number is the square of that.
	maxPlaces     = 64
	maxPairPlaces = 14

	// longNumber is from how many characters on a number may be an identifier.
	longNumber = 8

	// shortHex is from how many letters on one may be hexadecimal, 24 bits of it.
	shortHex = 6

	// maxIdentifiers is how many places of a line are tried for an identifier without a
	// digit.
	maxIdentifiers = 2

	countsLimit = 1 << 16
)

// places are what a line is made of, between blanks, brackets and the like.
// What holds a digit is one kind of place, and several of them in a row are one,
// so that neither the digits of an identifier nor their number matter.
type places struct {
	n     int
	hash  [maxPlaces]uint64 // of the place and what stands in it; their sum is the line's
	free  [maxPlaces]bool   // may be a variable
	bad   [maxPlaces]bool   // is none, for a word of failure
	long  [maxPlaces]bool   // may be an identifier that happens to hold no digit
	held  [maxPlaces]uint64 // what stands in the place: a hash, or for a row of digits row
	row   [maxPlaces]bool   // it is one
	quote [maxPlaces]bool   // it stands in quotes
	sum   uint64
	class wordClass // of its words
	open  bool      // it was found by what it has in common with lines that differ in one place
}

// between says what parts places.
var between = func() (t [256]bool) {
	for _, c := range " \t\r\n=:,;()[]{}<>\"'|" {
		t[c] = true
	}
	return t
}()

// look cuts the line into places.
func (p *places) look(text []byte, l *pattern.Line, words *spoken) {
	p.n, p.sum, p.class, p.open = 0, 0, 0, false
	var place struct {
		hash              uint64
		digits, held, bad bool
		start             uint16
	}
	var row uint64 // numbers in a row of places with digits, plus 1
	end, nn := 0, 0
	flush := func() {
		if place.hash != 0 && !place.digits {
			if row > 0 {
				p.put(row, false, false, false, true)
			}
			row = 0
			at := p.n
			p.put(place.hash, !place.held && !place.bad, place.bad && !place.held, noDigit(text[place.start:end]), false)
			if at < p.n {
				p.quote[at] = isQuoted(text, int(place.start), end)
			}
		}
		place.hash, place.digits, place.held, place.bad = 0, false, false, false
	}
	for i := range l.Tokens {
		t := &l.Tokens[i]
		for _, c := range text[end:t.Start] {
			if between[c] || c >= 0x80 {
				flush()
				break
			}
		}
		if end > 0 && end == int(t.Start) && (text[end] >= 0x80 || text[end-1] >= 0x80) {
			flush() // words without spaces between them
		}
		end = int(t.End)
		if place.hash == 0 {
			place.start = t.Start
		}
		number := nn < len(l.Numbers) && int(l.Numbers[nn].Token) == i
		word := text[t.Start:t.End]
		switch {
		case t.Kind == pattern.LevelWord:
			place.held = true
		case t.Kind != pattern.Word || word[len(word)-1] >= '0' && word[len(word)-1] <= '9':
			place.digits = true
			row = max(row, 1)
			if number {
				// Numbers are told apart by their order. A long one may be an
				// identifier, which is none in the next line.
				if len(word) < longNumber {
					row++
				}
				nn++
			}
		default:
			class := words.said(text, l.Tokens, i)
			p.class |= class
			place.bad = place.bad || class&classFailure != 0
		}
		// The byte behind a word is part of its token's hash, and none of the place.
		place.hash = mixed(place.hash ^ uint64(t.Word(text)) + 1)
	}
	flush()
	if row > 0 {
		p.put(row, false, false, false, true)
	}
}

func (p *places) put(held uint64, free, bad, long, row bool) {
	h := mixed(held ^ uint64(p.n+1)*0x9e3779b97f4a7c15)
	p.sum += h
	if p.n < maxPlaces {
		p.hash[p.n], p.held[p.n], p.free[p.n], p.bad[p.n], p.long[p.n], p.row[p.n] = h, held, free, bad, long, row
		p.n++
	}
}

// noDigit reports whether what stands in a place may be an identifier in which no digit happens to
// be: letters of both cases, - and _ (MmYp-cQx), or those of a hexadecimal number (efcfcf). What holds
// others (../../etc/passwd) is none.
func noDigit(b []byte) bool {
	upper, lower, hex := false, false, true
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			lower, hex = true, hex && c <= 'f'
		case c >= 'A' && c <= 'Z':
			upper, hex = true, hex && c <= 'F'
		case c != '-' && c != '_':
			return false
		default:
			hex = false
		}
	}
	return len(b) >= longNumber && upper && lower || len(b) >= shortHex && hex
}

// identifier makes p what the line of q would be, were an identifier with digits in its
// i-th place.
func (p *places) identifier(q *places, i int) {
	p.n, p.sum = 0, 0
	var row uint64
	for j := range q.n {
		switch {
		case j == i:
			row = max(row, 1)
		case q.row[j]:
			row = max(row, 1) + q.held[j] - 1
		default:
			if row > 0 {
				p.put(row, false, false, false, true)
			}
			row = 0
			p.put(q.held[j], q.free[j], false, false, false)
		}
	}
	if row > 0 {
		p.put(row, false, false, false, true)
	}
}

func mixed(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xd1b54a32d192ed03)
	return hi ^ lo | 1
}

// without is the name of the lines that have all but the places i and j in
// common; i and j may be the same.
func (p *places) without(i, j int) uint64 {
	h := p.sum - p.hash[i]
	if j != i {
		h -= p.hash[j]
	}
	return mixed(h ^ uint64(i<<16|j<<8|p.n+1)*0xe7037ed1a0b428db)
}

// whole is the name of the lines that have all in common.
func (p *places) whole() uint64 { return mixed(p.sum) }

// isQuoted reports whether what stands in the text from start to end stands in quotes.
func isQuoted(text []byte, start, end int) bool {
	if start == 0 || end == len(text) {
		return false
	}
	c := text[end]
	return c == text[start-1] && (c == '\'' || c == '"')
}

// least is how many lines that differ in the places i and j, which may be the same, make them free.
func (p *places) least(i, j int) uint16 {
	quoted := p.quote[i] && p.quote[j]
	switch {
	case i == j && quoted:
		return quotedPlace
	case i == j:
		return freePlace
	case quoted:
		return quotedPair
	}
	return freePair
}

// each calls f with the names that the line may go by, the narrower ones first,
// until it returns true, and with how many lines of each make it one.
func (p *places) each(pairs bool, f func(name uint64, pair bool, least uint16) bool) bool {
	if p.n > 2 {
		for i := range p.n {
			if p.free[i] && f(p.without(i, i), false, p.least(i, i)) {
				return true
			}
		}
	}
	if n := min(p.n, maxPairPlaces); pairs && n > 4 {
		for i := range n {
			for j := i + 1; p.free[i] && j < n; j++ {
				if p.free[j] && f(p.without(i, j), true, p.least(i, j)) {
					return true
				}
			}
		}
	}
	return false
}

// find returns the statement that the line belongs to, or nil.
func (g *general) find(t *statements, p *places) *statement {
	st := g.search(t, p, g.pairs)
	if st.settled() || p.n == maxPlaces {
		return st
	}
	for i := range p.n {
		if !p.bad[i] {
			continue
		}
		if is := t.find(p.without(i, i)); is.settled() && is.free >= openPlace {
			p.open = true
			return is
		}
	}
	// What may hold an identifier (MmYp-cQx, in which no digit happens to be) is one
	// where the same line is known with one.
	tries := 0
	for i := 0; i < p.n && tries < maxIdentifiers; i++ {
		if p.free[i] && p.long[i] {
			var q places
			q.identifier(p, i)
			tries++
			if is := g.search(t, &q, false); is.settled() {
				return is
			}
		}
	}
	return st
}

func (g *general) search(t *statements, p *places, pairs bool) *statement {
	st := t.find(p.whole())
	if st.settled() {
		return st
	}
	p.each(pairs, func(name uint64, pair bool, _ uint16) bool {
		if is := t.find(name); is != nil {
			st = is
		}
		p.open = st.settled() && !pair
		return st.settled()
	})
	return st
}

// name returns the name of the line's statement, which is not known, and how many
// of those before it agree with it but for places that have turned out free; 0 =
// there are none. The first of them was about the record first.
func (g *general) name(p *places) (name uint64, seen, first uint32) {
	name = p.whole()
	p.each(true, func(n uint64, pair bool, least uint16) bool {
		if s := g.counts.find(uint32(n >> 32)); s.n >= least-1 && uint32(s.n) > seen {
			name, seen, first = n, uint32(s.n), uint32(octaves(s.t).exp())
		}
		return false
	})
	return name, seen, first
}

// learn counts the line, which is the log's at-th.
func (g *general) learn(p *places, at uint32) {
	when := uint16(octavesOf(float64(at + 1)))
	p.each(true, func(n uint64, pair bool, least uint16) bool {
		s := g.counts.claim(uint32(n >> 32))
		if s.n == 0 {
			s.t = when
		}
		s.n = saturate(uint32(s.n) + 1)
		g.pairs = g.pairs || pair && s.n >= least
		return false
	})
}

func (g *general) carry(c *codec.Codec) {
	g.counts.carry(c)
	c.Bool(&g.pairs)
}
