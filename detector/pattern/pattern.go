// Package pattern turns the text of a log line into tokens, in one pass over
// its bytes: what is constant (words) is hashed, what varies (numbers, times,
// addresses, identifiers) is masked by its kind, and the level is taken out.
//
// Two lines of the same statement in the same program give the same Hash. What a
// line is does not depend on those before it, and no text is kept beyond the line
// that was scanned last: counting is the detector's work.
//
// The way of a line: its bytes are copied into the Workspace and cut into runs of
// letters and digits, 8 bytes at a time (runs.go). Scan goes from run to run:
// plain words and plain numbers, two tokens in three, are done in its loop;
// a look at the byte before and the byte after sends the others to word.go
// and number.go. A line that differs from one before in its digits alone needs
// none of that, see shapes.go.
package pattern

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Limits of one line. What lies beyond them is not looked at.
const (
	MaxBytes   = 4096 // bytes of a line that are scanned
	MaxTokens  = 192  // tokens of a line that are kept
	MaxNumbers = 16   // numbers of a line that are kept
)

// Kind is what a token is.
type Kind uint8

// The kinds of token. Word is the only kind whose text is part of the pattern.
const (
	Word      Kind = iota // letters, and digits behind them, which are masked (node12)
	Number                // 12, -0.5, 1e-3, 1,234,567, with or without a unit: 12ms, 4.5 MB, 99%, 1h2m3s
	Time                  // dates, times of day, both together; digits joined by colons
	Address               // IPv4, IPv6 and MAC addresses, with port, zone and prefix length; each is a number of the line: the largest part of an IPv4 one, so that 999.1.1.1 stands out, 0 of the others, so that the numbers behind keep their places
	ID                    // hex, UUID, hash, base64, e-mail address, names with a part that varies (web-7d4b9c6f5-x2x7k)
	Version               // 1.2.3, v1.2.3-rc1, the 2.0 of HTTP/2.0
	LevelWord             // the level of the line itself
	Path                  // of a file, or a URL
)

const kinds = int(Path) + 1

// Token is a piece of a line.
type Token struct {
	Hash       uint32 // of a Word, its text and the byte after it; else of the kind, and of a Number's dimension
	Start, End uint16 // in the line, in bytes
	Kind       Kind
}

// Word returns a Word's hash without the byte behind it; line is the token's.
func (t *Token) Word(line []byte) uint32 {
	if int(t.End) < len(line) && class[line[t.End]]&alnum == 0 {
		return t.Hash - uint32(line[t.End])*nextByte
	}
	return t.Hash
}

// Num is a number of a line, in base units (seconds, bytes) where it has a
// unit.
type Num struct {
	Value float64 // finite
	Token uint16  // index in Line.Tokens
	Unit  Unit

	// Bracketed says that it stands in brackets by itself: [1234] is a process, a
	// thread or an index, an identifier rather than a quantity. One with a unit,
	// [250ms], is none.
	Bracketed bool
}

// Line is a scanned line.
type Line struct {
	Hash      uint64 // of the whole pattern, the level left out
	Vars      uint64 // of what the pattern masks, times left out: equal lines but for their time have equal Hash and Vars
	Level     Level  // found in the text; LevelNone if there is none
	Tokens    []Token
	Numbers   []Num
	Truncated bool // the line went on beyond MaxBytes or MaxTokens
}

// Workspace is what a line is scanned in. It is meant to be reused: Scan overwrites
// it. It must not be copied, as the Line's Tokens and Numbers are kept inside it.
type Workspace struct {
	Line

	tokens  [MaxTokens]Token
	numbers [MaxNumbers]Num

	alnum  [MaxBytes/64 + 1]uint64 // a bit for each byte of the line and the 0 behind it: is it a letter or a digit?
	edges  [edgeSize]byte          // where runs of letters and digits start and end, by turns
	text   [textSize]byte          // the line, with room to load 16 bytes anywhere in it
	size   int                     // of the line in text
	piece  piece
	nn     int // numbers kept
	joined int // names that end up to here are known to be made of words
	mail   int // where the next e-mail address begins

	spaceless uint16 // not 0: words stand beside each other without a space

	shapes *shapes // nil = none are remembered
	rest   rest
	forms  [MaxNumbers]notation // of numbers
}

// Scanner scans lines. Its seed goes into every hash, so that nobody who
// writes log lines can aim them at one slot of a table. A Scanner is never
// written after NewScanner: any number of goroutines may share it, each with
// its own Workspace.
type Scanner struct {
	seed, seed2 uint64
	kinds       [kinds]uint32
	known       [256]uint64 // a bit for the hash of each level and name of a month or day: 1% of other words hit one
	levels      [levelSlots]levelSlot
}

// NewScanner returns a scanner whose hashes depend on seed.
func NewScanner(seed uint64) *Scanner {
	s := &Scanner{seed: mix(seed^0x9e3779b97f4a7c15, 0xd1b54a32d192ed03)}
	s.seed2 = mix(s.seed^0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3)
	for k := range s.kinds {
		s.kinds[k] = uint32(mix(s.seed^uint64(k+1), 0xa0761d6478bd642f)) | 1
	}
	s.fillLevels()
	return s
}

// mix is the folded 64 x 64 bit product, the mixing step of wyhash.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// varies has a bit for each kind that counts for Line.Vars.
const varies = 1<<Number | 1<<Address | 1<<ID | 1<<Version | 1<<Path

// varies reports whether k counts for Line.Vars. The compiler sees that there are fewer
// kinds than bits.
func (k Kind) varies() bool { return varies>>(k&15)&1 != 0 }

// nextByte spreads the byte after a word over the word's hash.
const nextByte = 0x9e3779b1

// Scan cuts b into tokens and fills l. It does not keep b.
func (s *Scanner) Scan(b []byte, l *Workspace) { s.ScanShape(b, 0, l) }

// ScanShape is Scan for who knows b's shape: it must be what ShapeOf says, or 0.
func (s *Scanner) ScanShape(b []byte, shape Shape, l *Workspace) {
	l.Truncated = false
	if len(b) == 0 {
		l.size, l.Hash, l.Vars, l.Level = 0, mix(s.seed, s.seed|1), 0, LevelNone
		l.Tokens, l.Numbers = l.tokens[:0], l.numbers[:0]
		return
	}
	if len(b) > MaxBytes {
		b, l.Truncated = b[:MaxBytes], true
	}
	n := copy(l.text[before:before+MaxBytes], b)
	l.size = n
	*(*[after]byte)(l.text[before+n:]) = [after]byte{}
	if l.shapes != nil {
		if shape == 0 {
			shape = ShapeOf(b)
		}
		if l.recall(s, shape) {
			return
		}
	}
	l.rest = rest{}
	l.split(n)
	l.Level, l.Vars, l.nn, l.joined, l.mail = LevelNone, 0, 0, 0, nowhere
	if at := bytes.IndexByte(b, '@'); at >= 0 {
		l.findMail(at)
	}

	// Plain words and plain numbers are done here, without a branch but for
	// those that tell them: the bytes around them say that they are no part of
	// something else. All others go the slow way.
	nt, k, hash := 0, 0, s.seed
line:
	for {
		// The loop inside has the plain ones only, and reads the edges again where it
		// seldom needs them: it keeps little, and that in registers.
		var h, made uint64
		for {
			v := l.edge(k)
			i, j := int(v&0xffff), int(v>>16)
			if i >= nowhere || uint(nt) >= MaxTokens { // behind the last run is nowhere
				break line
			}
			t := &l.tokens[nt]
			t.Start, t.End = uint16(v), uint16(v>>16) // one store
			h, made = 0, 0
			size := uint(j - i)
			if size > 16 {
				i, j := l.run(k)
				if made = l.longMadeOf(i, j); made == allLetters {
					h = s.letters(l, i, j)
				}
				break
			}
			m := &masks[size]
			w, next := l.text[i&textMask:][:before+16], (before+j)&textMask // from before the run on
			lo, hi := binary.LittleEndian.Uint64(w[before:])&m.lo, binary.LittleEndian.Uint64(w[before+8:])&m.hi
			if made = madeOf(lo, hi); made == m.letters {
				h = mix(lo^s.seed, hi^s.seed2)
				made = allLetters
				hint := wordBefore[w[before-1]]&class[w[before-2]] | wordAfter[l.text[next]]&class[l.text[next+1]]
				if (s.known[h>>6&255]>>(h&63)&1 != 0 || hint|l.spaceless != 0) && (i >= l.joined || hint&^(alnum|join)|l.spaceless != 0) || i >= l.mail {
					break
				}
				th := uint32(h) + uint32(l.text[next])*nextByte
				t.Hash, t.Kind = th, Word
				hash = chain(hash, th)
			} else {
				if made != 0 {
					break
				}
				hint := numberBefore[w[before-1]]&class[w[before-2]] | numberAfter[l.text[next]]&class[l.text[next+1]]
				if hint != 0 || size > 8 || i >= l.mail {
					break
				}
				digits := lo << spare(size)
				t.Hash, t.Kind = s.kinds[Number], Number
				if l.nn < MaxNumbers {
					i, j := l.run(k)
					l.numbers[l.nn] = Num{Value: float64(eight(digits)), Token: uint16(nt), Bracketed: l.bracketed(i, j)}
					l.forms[l.nn] = whole(i, j)
					l.nn++
				}
				l.Vars = chainVars(l.Vars, digits>>spare(size))
				hash = chain(hash, s.kinds[Number])
			}
			k += 2
			nt++
		}
		k = s.slow(l, k, nt, made, uint32(h))
		if p := &l.piece; p.kind != nothing {
			l.tokens[nt] = Token{Hash: p.hash, Start: uint16(p.start), End: uint16(p.end), Kind: p.kind}
			hash = chain(hash, p.hash)
			nt++
		}
	}
	l.Truncated = l.Truncated || l.start(k) < n
	l.Hash = mix(hash, s.seed|1)
	l.Tokens, l.Numbers = l.tokens[:nt], l.numbers[:l.nn]
	if l.shapes != nil {
		l.remember()
	}
}

// slow makes l.piece of the run at edge k that is, or may be, more than a
// plain word or a plain number, the line's nt-th: of allLetters with hash h, of
// digits (0) or of both. It returns the edge at which to go on.
func (s *Scanner) slow(l *Workspace, k, nt int, made uint64, h uint32) int {
	i, j := l.run(k)
	p := &l.piece
	*p = piece{start: i, end: j}
	switch made {
	case allLetters:
		p.hash = h
		if next := l.text[before+j]; class[next]&alnum == 0 { // no word without a space between
			p.hash += uint32(next) * nextByte
		}
		s.word(l, p, k+2, h, nt)
	case 0:
		p.kind, p.hash = Number, s.kinds[Number]
		s.number(l, p, k+2)
	default:
		s.mixed(l, p, k+2)
	}
	if (p.kind == Number || p.kind == Address) && l.nn < MaxNumbers {
		num := Num{Token: uint16(nt), Bracketed: l.bracketed(p.start, p.end)}
		if p.kind == Number || p.quad {
			num.Value, num.Unit = p.value, p.unit
			l.forms[l.nn] = p.form
		} else {
			l.forms[l.nn] = notation{}
		}
		l.numbers[l.nn] = num
		l.nn++
	}
	if p.kind.varies() {
		l.Vars = l.vary(l.Vars, p.start, p.end)
	}
	if p.end == j {
		return k + 2
	}
	return l.resume(k, p.end)
}

// bracketed is Num.Bracketed of what stands from i to j.
func (l *Workspace) bracketed(i, j int) bool {
	b := l.text[before:]
	return l.text[before+i-1] == '[' && b[j] == ']' && class[b[j-1]]&digit != 0
}

// chain takes a token's hash into that of the line.
func chain(hash uint64, token uint32) uint64 {
	return (bits.RotateLeft64(hash, 23) ^ uint64(token)) * 0xe7037ed1a0b428db
}

// chainVars takes bytes that are masked into Line.Vars.
func chainVars(vars, bytes uint64) uint64 {
	return (bits.RotateLeft64(vars, 29) ^ bytes) * 0xa0761d6478bd642f
}

// vary takes the bytes from i to j, which are masked, into vars.
func (l *Workspace) vary(vars uint64, i, j int) uint64 {
	for ; j-i > 8; i += 8 {
		vars = chainVars(vars, l.load(before+i))
	}
	return chainVars(vars, l.load(before+j-8)>>spare(uint(j-i)))
}

// resume returns the edge at which to go on when the token that began in
// the run at edge k ended at end, some runs further on or inside one.
func (l *Workspace) resume(k, end int) int {
	for l.end(k+2) <= end {
		k += 4
	}
	if l.end(k) <= end {
		k += 2
	}
	if l.start(k) < end {
		l.setStart(k, end)
	}
	return k
}

// piece is a token in the making.
type piece struct {
	start, end int
	kind       Kind
	hash       uint32
	unit       Unit     // of a Number
	value      float64  // of a Number, in base units; of a quad, its largest part
	form       notation // of value
	quad       bool     // an IPv4 address, also one with a part that is too large
}

// nothing is the kind of a piece that is no token.
const nothing = Kind(kinds)
