// Package pattern turns the text of a log line into tokens, in one pass over
// its bytes: what is constant (words) is hashed, what varies (numbers, times,
// addresses, identifiers) is masked by its kind, and the level is taken out.
//
// Two lines of the same statement in the same program give the same Hash. The
// package keeps no state between lines and stores no text: counting is the
// detector's work.
package pattern

import (
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
	Word      Kind = iota
	Number         // 12, 0.5, with or without a unit: 12ms, 4.5MB, 99%
	Time           // dates, times of day, and other runs of digits joined by : / -
	Address        // IPv4 address
	ID             // hex, UUID, hash, base64 and other mixtures of letters and digits
	Version        // digits joined by dots that are neither a decimal number nor an address
	LevelWord      // the level of the line itself
	Path           // of a file or a URL
)

// Token is a piece of a line.
type Token struct {
	Hash       uint32 // of a Word, its text and the byte after it; else of the kind
	Start, End uint16 // in the line, in bytes
	Kind       Kind
}

// Num is a number of a line, in base units (seconds, bytes) where it has a
// unit.
type Num struct {
	Value float64
	Token uint16 // index in Line.Tokens
	Unit  Unit
}

// Line is a scanned line. It is meant to be reused: Scan overwrites it.
type Line struct {
	Hash      uint64 // of the whole pattern, the level left out
	Vars      uint64 // of what the pattern masks, times left out: equal lines but for their time have equal Hash and Vars
	Level     Level  // found in the text; LevelNone if there is none
	Tokens    []Token
	Numbers   []Num
	Truncated bool // the line went on beyond MaxBytes or MaxTokens

	tokens  [MaxTokens]Token
	numbers [MaxNumbers]Num
}

// Scanner scans lines. Its seed goes into every hash, so that nobody who
// writes log lines can aim them at one slot of a table.
type Scanner struct {
	seed   uint64
	levels [levelSlots]levelSlot
	kinds  [8]uint32
	dates  [dateSlots]uint32
}

// NewScanner returns a scanner whose hashes depend on seed.
func NewScanner(seed uint64) *Scanner {
	s := &Scanner{seed: mix(seed^0x9e3779b97f4a7c15, 0xd1b54a32d192ed03)}
	for k := range s.kinds {
		s.kinds[k] = uint32(mix(s.seed^uint64(k+1), 0xa0761d6478bd642f)) | 1
	}
	s.fillLevels()
	s.fillDates()
	return s
}

// mix is the folded 64 x 64 bit product, the mixing step of wyhash.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// classes of bytes
const (
	letter = 1 << iota
	digit
	space
	punct
	control
)

var class = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
			t[i] = letter // bytes of UTF-8 sequences stand in words
		case c >= '0' && c <= '9':
			t[i] = digit
		case c == ' ' || c == '\t':
			t[i] = space
		case c < ' ' || c == 0x7f:
			t[i] = control
		default:
			t[i] = punct
		}
	}
	return t
}()

// load8 returns up to 8 bytes of b from i, n of them, the rest zero.
func load8(b []byte, i, n int) uint64 {
	if i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		if n >= 8 {
			return v
		}
		return v & (1<<(uint(n)*8) - 1)
	}
	if n > 8 {
		n = 8
	}
	var v uint64
	for k := n - 1; k >= 0; k-- {
		v = v<<8 | uint64(b[i+k])
	}
	return v
}

// hashBytes hashes b[i:j], at least one byte.
func (s *Scanner) hashBytes(b []byte, i, j int) uint64 {
	n := j - i
	h := s.seed ^ uint64(n)
	if n <= 8 {
		return mix(h^load8(b, i, n), 0xe7037ed1a0b428db)
	}
	for n > 16 {
		h = mix(h^load8(b, i, 8), 0xa0761d6478bd642f^load8(b, i+8, 8))
		i, n = i+16, n-16
	}
	if n > 8 {
		return mix(h^load8(b, i, 8), 0xe7037ed1a0b428db^load8(b, i+8, n-8))
	}
	return mix(h^load8(b, i, n), 0xe7037ed1a0b428db)
}

// maxDigits is the most digits that make a number; more are an identifier.
const maxDigits = 15

// longWord is the length from which a run of letters is taken for base64 or
// the like.
const longWord = 40

// Scan cuts b into tokens and fills l.
func (s *Scanner) Scan(b []byte, l *Line) {
	l.Truncated = false
	if len(b) > MaxBytes {
		b, l.Truncated = b[:MaxBytes], true
	}
	l.Level = LevelNone
	var (
		n       = len(b)
		nt, nn  int
		hash    = s.seed
		vars    uint64
		i       int
		levelAt = levelTokens // the level is looked for among the first tokens only
		joined  int           // up to here, words joined by - _ / are known to be no identifier
	)
	if n > 0 && b[0] == '<' {
		i = s.priority(b, l)
	} else if isKlog(b) { // the level is the first letter; month and day follow
		l.Level, i = klogLevel(b[0]), 1
	}
	for i < n {
		c := class[b[i]]
		if c&(space|punct) != 0 {
			if b[i] != '/' || !isPath(b, i) || nt == MaxTokens {
				i++
				continue
			}
		}
		if c == control {
			i = skipControl(b, i)
			continue
		}
		if nt == MaxTokens {
			l.Truncated = true
			break
		}
		start := i
		kind := Word
		var th uint32
		if c == punct {
			kind, i = Path, pathEnd(b, i)
			th = s.kinds[Path]
		} else if c == letter {
			i++
			for i < n && class[b[i]] == letter {
				i++
			}
			if i > joined && i+1 < n && joins[b[i]] && class[b[i+1]]&(letter|digit) != 0 {
				end, digits := join(b, i)
				if digits {
					kind, i, th = ID, end, s.kinds[ID]
					goto emit
				}
				joined = end
			}
			if i+1 < n && class[b[i]] != letter && i-start <= 4 {
				if k, end := colons(b, start); end > 0 {
					kind, i, th = k, end, s.kinds[k]
					goto emit
				}
			}
			if i < n && class[b[i]] == digit {
				kind, i = s.mixed(b, start, i)
				switch kind {
				case Word: // letters, then digits: the letters are constant
					end := i
					for end > start && class[b[end-1]] == digit {
						end--
					}
					th = uint32(s.hashBytes(b, start, end)) + s.kinds[Number]
				default:
					th = s.kinds[kind]
				}
			} else {
				h := s.hashBytes(b, start, i)
				th = uint32(h)
				if i < n {
					th += uint32(b[i]) * 0x9e3779b1
				}
				switch {
				case i-start >= longWord:
					kind, th = ID, s.kinds[ID]
				case i-start == 3 && s.isDate(uint32(h)) && dateFollows(b, i):
					kind, th = Time, s.kinds[Time]
				case nt < levelAt && l.Level == LevelNone:
					if lv := s.levelOf(uint32(h), b, start, i); lv != LevelNone {
						l.Level, kind, th = lv, LevelWord, s.kinds[LevelWord]
					}
				}
				if kind == Word && i-start == 8 && isUUID(b, start) {
					kind, i, th = ID, start+36, s.kinds[ID]
				}
			}
		} else {
			var value float64
			var unit Unit
			kind, i, value, unit = s.number(b, i)
			th = s.kinds[kind] + uint32(unit.dimension())
			if (kind == Number || kind == Address && value > 0) && nn < MaxNumbers {
				l.numbers[nn] = Num{Value: value, Token: uint16(nt), Unit: unit}
				nn++
			}
		}
	emit:
		l.tokens[nt] = Token{Hash: th, Start: uint16(start), End: uint16(i), Kind: kind}
		nt++
		if kind != Word && kind != Time && kind != LevelWord {
			from := max(start, i-8)
			vars = (bits.RotateLeft64(vars, 29) ^ load8(b, from, i-from)) * 0xa0761d6478bd642f
		}
		hash = (bits.RotateLeft64(hash, 23) ^ uint64(th)) * 0xe7037ed1a0b428db
	}
	l.Hash, l.Vars = mix(hash, s.seed|1), vars
	l.Tokens, l.Numbers = l.tokens[:nt], l.numbers[:nn]
}

// joins are the bytes that join the parts of names such as
// querier-burst-6b5f6db455-5zvkm, attempt_1445_m_000005 and bn364/bn364.
var joins = [256]bool{'-': true, '_': true, '/': true}

// join reads on after the first word of such a name at b[i:]. With a digit in
// it, it is taken for an identifier; without, for words.
func join(b []byte, i int) (end int, digits bool) {
	for i < len(b) {
		c := class[b[i]]
		if c&(letter|digit) == 0 && !(joins[b[i]] && i+1 < len(b) && class[b[i+1]]&(letter|digit) != 0) {
			break
		}
		digits = digits || c == digit
		i++
	}
	return i, digits
}

// isPath says whether the slash at b[i] begins a path: one that stands at the
// beginning of something and goes on with a letter.
func isPath(b []byte, i int) bool {
	if i+1 >= len(b) || class[b[i+1]] != letter {
		return false
	}
	if i == 0 {
		return true
	}
	switch b[i-1] {
	case ' ', '"', '\'', '=', '(', '[', '{', ',', '<', '\t', '`':
		return true
	}
	return false
}

// pathEnd returns where the path at b[i:] ends.
func pathEnd(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ' ', '"', '\'', '(', ')', '[', ']', '{', '}', ',', '<', '>', '\t', ';', '`':
			return i
		}
		i++
	}
	return i
}

// skipControl returns where the text goes on after a control character or an
// ANSI escape sequence (colours) at i.
func skipControl(b []byte, i int) int {
	if b[i] != 0x1b || i+1 >= len(b) || b[i+1] != '[' {
		return i + 1
	}
	for i += 2; i < len(b) && (b[i] < 0x40 || b[i] > 0x7e); i++ {
	}
	return min(i+1, len(b))
}

// mixed classifies a run that begins with the letters b[start:i] and goes on
// with a digit. A Word ends in its digits (node12, x509); anything wilder is
// an ID.
func (s *Scanner) mixed(b []byte, start, i int) (Kind, int) {
	if i-start == 8 && isUUID(b, start) {
		return ID, start + 36
	}
	letters := i
	for i < len(b) && class[b[i]] == digit {
		i++
	}
	if i < len(b) && class[b[i]] == letter {
		if start+8 <= len(b) && isUUID(b, start) {
			return ID, start + 36
		}
		for i < len(b) && class[b[i]]&(letter|digit) != 0 {
			i++
		}
		return ID, i
	}
	if i-start >= 8 && isHex(b[start:i]) {
		if i-start == 8 && isUUID(b, start) {
			return ID, start + 36
		}
		return ID, i
	}
	if letters-start >= 2 && !hasVowel(b[start:letters]) && letters-start+2 >= i-start && i-start >= 5 {
		return ID, i // generated names keep clear of vowels
	}
	return Word, i
}

func hasVowel(b []byte) bool {
	for _, c := range b {
		switch c | 0x20 {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			return true
		}
	}
	return false
}

var hexDigit = func() (t [256]bool) {
	for _, c := range []byte("0123456789abcdefABCDEF") {
		t[c] = true
	}
	return t
}()

func isHex(b []byte) bool {
	for _, c := range b {
		if !hexDigit[c] {
			return false
		}
	}
	return true
}

// isUUID says whether 8-4-4-4-12 hex digits stand at b[i:].
func isUUID(b []byte, i int) bool {
	if i+36 > len(b) || b[i+8] != '-' || b[i+13] != '-' || b[i+18] != '-' || b[i+23] != '-' {
		return false
	}
	return isHex(b[i:i+8]) && isHex(b[i+9:i+13]) && isHex(b[i+14:i+18]) && isHex(b[i+19:i+23]) && isHex(b[i+24:i+36])
}

// number reads what begins with a digit at b[i:]: its kind, where it ends,
// and for a Number its value in base units.
func (s *Scanner) number(b []byte, i int) (kind Kind, end int, value float64, unit Unit) {
	n := len(b)
	start := i
	var u uint64
	for i < n && class[b[i]] == digit {
		if i-start < 18 {
			u = u*10 + uint64(b[i]-'0')
		}
		i++
	}
	value = float64(u)
	for k := i - start; k > 18; k-- {
		value *= 10
	}
	if i == n && i-start <= maxDigits {
		return Number, i, value, UnitNone
	}
	if i-start > maxDigits {
		return ID, i, 0, UnitNone
	}
	if b[i] == ':' || class[b[i]] == letter && i-start < 4 {
		if k, end := colons(b, start); end > 0 {
			return k, end, 0, UnitNone
		}
	}
	switch c := b[i]; {
	case (c == ':' || c == '/' || c == '-') && i+1 < n && class[b[i+1]] == digit:
		if i-start == 8 && c == '-' && isUUID(b, start) {
			return ID, start + 36, 0, UnitNone
		}
		return Time, compound(b, i), 0, UnitNone
	case c == '.' && i+1 < n && class[b[i+1]] == digit:
		return dotted(b, start, i, value)
	case class[c] == letter || c == '%':
		return withUnit(b, start, i, value)
	case c == '-' && i-start == 8 && isUUID(b, start):
		return ID, start + 36, 0, UnitNone
	case c == ' ':
		if u, end := spacedUnit(b, i+1); u != UnitNone {
			return Number, end, value * u.scale(), u
		}
	}
	return Number, i, value, UnitNone
}

// compound returns the end of digits joined by : / - and what belongs to
// dates and times: T or _ between them, a fraction, Z.
func compound(b []byte, i int) int {
	n := len(b)
	for i+1 < n {
		switch c := b[i]; {
		case class[c] == digit:
			i++
		case (c == ':' || c == '/' || c == '-' || c == '.' || c == ',' || c == 'T' || c == '_' || c == '+') && class[b[i+1]] == digit:
			i += 2
		case c == 'Z':
			return i + 1
		default:
			return i
		}
	}
	if i < n && (class[b[i]] == digit || b[i] == 'Z') {
		i++
	}
	return i
}

// colons reads hex digits joined by colons at b[i:]: an IPv6 address, or an ID
// for the address of a network card. It returns 0 where there is neither.
func colons(b []byte, i int) (Kind, int) {
	n := len(b)
	groups, run, empty, pairs := 0, 0, 0, true
	start := i
	for ; i < n; i++ {
		switch {
		case hexDigit[b[i]]:
			if run++; run > 4 {
				return Word, 0
			}
			continue
		case b[i] != ':':
			if class[b[i]] == letter {
				return Word, 0
			}
		case run > 0:
			groups, run, pairs = groups+1, 0, pairs && run == 2
			continue
		case i > start && b[i-1] == ':' && empty == 0:
			empty++
			continue
		}
		break
	}
	if run > 0 {
		groups, pairs = groups+1, pairs && run == 2
	}
	switch {
	case empty == 1 && groups >= 2 || groups == 8:
		return Address, i
	case groups == 6 && pairs:
		return ID, i
	}
	return Word, 0
}

// dotted reads on after digits and a dot at b[dot] that is followed by a
// digit: a decimal number, an IPv4 address or a version.
func dotted(b []byte, start, dot int, value float64) (Kind, int, float64, Unit) {
	n := len(b)
	i := dot
	runs, largest := 1, value
	scale := 1.0
	for i+1 < n && b[i] == '.' && class[b[i+1]] == digit {
		runs++
		i++
		run, part := i, 0.0
		for i < n && class[b[i]] == digit {
			d := int(b[i] - '0')
			part = part*10 + float64(d)
			if runs == 2 && i-run < 15 {
				scale /= 10
				value += float64(d) * scale
			}
			i++
		}
		largest = max(largest, part)
	}
	switch {
	case runs == 2:
		if i < n && (class[b[i]] == letter || b[i] == '%') {
			return withUnit(b, start, i, value)
		}
		if i < n && b[i] == ' ' {
			if u, end := spacedUnit(b, i+1); u != UnitNone {
				return Number, end, value * u.scale(), u
			}
		}
		return Number, i, value, UnitNone
	case runs == 4:
		if i+1 < n && b[i] == ':' && class[b[i+1]] == digit { // the port
			for i++; i < n && class[b[i]] == digit; i++ {
			}
		}
		return Address, i, largest, UnitNone
	}
	return Version, i, 0, UnitNone
}

// withUnit reads the letters after a number at b[i:]: a unit, or the rest of
// an identifier such as 4bfd733b.
func withUnit(b []byte, start, i int, value float64) (Kind, int, float64, Unit) {
	n := len(b)
	if b[i] == '%' {
		return Number, i + 1, value, UnitPercent
	}
	j := i
	for j < n && class[b[j]] == letter {
		j++
	}
	if j < n && class[b[j]] == digit || j-i > maxUnit {
		if j-start >= 8 || j < n && class[b[j]] == digit {
			if i-start == 8 || start+36 <= n && b[min(start+8, n-1)] == '-' {
				if isUUID(b, start) {
					return ID, start + 36, 0, UnitNone
				}
			}
		}
		if u, end, v := goDuration(b, start); u != UnitNone {
			return Number, end, v, u
		}
		for j < n && class[b[j]]&(letter|digit) != 0 {
			j++
		}
		return ID, j, 0, UnitNone
	}
	if u := unitOf(b[i:j]); u != UnitNone {
		return Number, j, value * u.scale(), u
	}
	if start+36 <= n && isUUID(b, start) {
		return ID, start + 36, 0, UnitNone
	}
	return ID, j, 0, UnitNone
}

// goDuration reads 1h2m3.5s and the like at b[i:].
func goDuration(b []byte, i int) (Unit, int, float64) {
	n := len(b)
	total, parts := 0.0, 0
	for i < n && class[b[i]] == digit {
		v, scale := 0.0, 0.0
		for ; i < n && (class[b[i]] == digit || b[i] == '.' && scale == 0); i++ {
			if b[i] == '.' {
				scale = 1
				continue
			}
			if scale != 0 {
				scale /= 10
				v += float64(b[i]-'0') * scale
			} else {
				v = v*10 + float64(b[i]-'0')
			}
		}
		j := i
		for j < n && class[b[j]] == letter {
			j++
		}
		u := unitOf(b[i:j])
		if u.dimension() != dimTime {
			return UnitNone, 0, 0
		}
		total += v * u.scale()
		parts++
		i = j
	}
	if parts < 2 {
		return UnitNone, 0, 0
	}
	return UnitSecond, i, total
}
