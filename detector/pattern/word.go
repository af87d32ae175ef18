package pattern

import (
	"bytes"
	"encoding/binary"
)

// longWord is the length from which a run of letters is looked at as base64
// or the like.
const longWord = 20

// wordAfter says what class of byte, behind this one, makes more of the word
// before it: the rest of a name, of an address or of a URL.
var wordAfter = [256]uint16{
	'-': alnum | join,
	'_': alnum | join,
	'/': alnum,
	'+': alnum,
	':': hex | colon | slash,
	'.': digit, // ffaa.2478.5262
}

// wordBefore says what class of byte, before this one, makes more of the word
// behind it: a path, an IPv6 address, an escape sequence, base64 in angle brackets.
var wordBefore = [256]uint16{'/': open, ':': colon, '[': escape, '<': any, '+': open}

// nameJoins join the parts of names such as querier-6b5f6db455-5zvkm,
// attempt_1445_m_000005 and dGhl+cXVp/Y2s=.
var nameJoins = [256]bool{'-': true, '_': true, '/': true, '+': true}

// pathAfter are the bytes at which a path ends.
var pathAfter = [256]bool{0: true, ' ': true, '\t': true, '\r': true, '\n': true, '"': true, '\'': true, '`': true, '(': true, ')': true, '[': true, ']': true, '{': true, '}': true, ',': true, '<': true, '>': true, ';': true, '|': true}

// path makes p the path or the URL that begins at start, before the run p. The next run
// starts at edge k.
func (s *Scanner) path(l *Workspace, p *piece, start, k int) {
	end := p.end
	for !pathAfter[l.text[(before+end)&textMask]] {
		if end++; end == l.start(k) { // of a run all belongs to it
			end = l.end(k)
			k += 2
		}
	}
	s.mask(p, Path, start, end)
}

// wholeBefore and wholeAfter are the bytes before and behind a run that whole looks at.
var (
	wholeBefore = [256]bool{'[': true, '/': true, ':': true, '<': true, '+': true}
	wholeAfter  = [256]bool{'.': true, ':': true, '-': true}
)

// whole looks for what begins with the run p and is more than it: a path, a
// URL, an address, a UUID. The next run starts at edge k.
func (s *Scanner) whole(l *Workspace, p *piece, k int) bool {
	b := l.text[before:]
	i, j := p.start, p.end
	if i >= l.mail {
		if i > l.mail { // it was part of something else
			l.findMail(i)
		}
		if i == l.mail {
			end := mailEnd(b, i)
			l.findMail(end)
			s.mask(p, ID, i, end)
			return true
		}
	}
	if start, end := l.angled(i); end > 0 {
		s.mask(p, ID, start, end)
		return true
	}
	switch prev, prev2 := l.text[before+i-1], l.text[before+i-2]; {
	case prev == '[' && prev2 == 0x1b:
		escapeSequence(b, p)
		return true
	case prev == '/' && class[prev2]&open != 0 && i > 0:
		s.path(l, p, i-1, k)
		return true
	case prev == ':' && prev2 == ':' && class[b[i]]&hex != 0:
		if kind, end := colonHex(b, i-2); kind != Word {
			s.mask(p, kind, i-2, end)
			return true
		}
	}
	switch b[j] {
	case '.':
		if j-i == 4 && class[b[i]]&letter != 0 && ciscoMAC(b, i) {
			s.mask(p, Address, i, i+ciscoMACSize)
			return true
		}
	case ':':
		if b[j+1] == '/' && b[j+2] == '/' || j-i == 1 && b[j+1] == '\\' {
			s.path(l, p, i, k)
			return true
		}
		if j-i <= 4 && class[b[i]]&hex != 0 && class[b[j+1]]&(hex|colon) != 0 {
			if kind, end := colonHex(b, i); kind != Word {
				s.mask(p, kind, i, end)
				return true
			}
		}
	case '-':
		if j-i == 8 && l.uuid(k, i) {
			s.mask(p, ID, i, i+uuidSize)
			return true
		}
		if j-i == 2 && dashedMAC(b, i) {
			s.mask(p, Address, i, i+macSize)
			return true
		}
	}
	return false
}

// word makes a token of the letters p, whose neighbours or whose hash h hint
// at more than a word. The next run starts at edge k; p is the line's nt-th
// token.
func (s *Scanner) word(l *Workspace, p *piece, k int, h uint32, nt int) {
	i, j := p.start, p.end
	w := l.text[i&textMask:][:before]
	prev, prev2, next := w[before-1], w[before-2], l.text[(before+j)&textMask]
	if (i >= l.mail || wholeBefore[prev] || wholeAfter[next]) && s.whole(l, p, k) {
		return
	}
	b := l.text[before:]
	if prev == '%' && l.Level == LevelNone {
		l.Level = l.cisco(i)
	}
	if j-i == 1 && prev == ':' && nt == 1 && l.Level == LevelNone {
		l.Level = l.redis(i)
	}
	if nameJoins[next] {
		if next == '/' && prev == ' ' && prev2 == ':' && l.Level == LevelNone {
			// [2026-03-02 08:00:01,123: INFO/ForkPoolWorker-1]
			if lv := s.levelOf(h, l, i, j, nt); lv != LevelNone {
				l.Level = lv
				s.mask(p, LevelWord, i, j)
				return
			}
		}
		if i >= l.joined {
			end, varies := s.name(l, k, j, false)
			if varies {
				s.mask(p, ID, i, end)
				return
			}
			l.joined = end
		}
	}
	if j-i == 3 && isDateWord(b[i:j]) {
		if end := l.date(k, j); end > j {
			s.mask(p, Time, i, end)
			return
		}
	}
	if nt < levelTokens && l.Level == LevelNone {
		if lv := s.levelOf(h, l, i, j, nt); lv != LevelNone {
			l.Level = lv
			s.mask(p, LevelWord, i, j)
			return
		}
	}
	if j-i >= longWord && scrambled(b[i:j]) {
		end, _ := s.name(l, k, j, true)
		s.mask(p, ID, i, end)
		return
	}
}

// scrambled reports whether a long run of letters is no words of any language:
// it changes between capitals and small letters all the time, or is longer
// than words are.
func scrambled(b []byte) bool {
	utf8 := byte(0)
	for _, c := range b[1:] {
		utf8 |= c
	}
	return utf8 < 0x80 && (changes(b)*5 >= len(b)*2 || len(b) >= 64)
}

// changes is how often capitals and small letters follow each other.
func changes(b []byte) (n int) {
	for i := 1; i < len(b); i++ {
		n += int((b[i] ^ b[i-1]) >> 5 & 1)
	}
	return n
}

// angled returns where base64 in angle brackets begins and ends whose first letters or digits stand
// at i, session=<9Kk0fT+cnuNW/Rd>; end is 0 where there is none. <StackTrace> is a word: beside capitals and
// small letters there is a digit or a plus, or these change all the time.
func (l *Workspace) angled(i int) (start, end int) {
	b := l.text[before:]
	switch prev, prev2 := l.text[before+i-1], l.text[before+i-2]; {
	case prev == '<':
		start = i
	case prev2 == '<' && (prev == '+' || prev == '/'):
		start = i - 1
	default:
		return 0, 0
	}
	end = start
	for class[b[end]]&alnum != 0 && b[end] < 0x80 || b[end] == '+' || b[end] == '/' {
		end++
	}
	is := b[start:end]
	for b[end] == '=' {
		end++
	}
	if b[end] != '>' || len(is) < leastAngled {
		return 0, 0
	}
	var capitals, small, others bool
	for _, c := range is {
		switch {
		case c >= 'a':
			small = true
		case c >= 'A':
			capitals = true
		case c != '/':
			others = true
		}
	}
	if capitals && small && (others || changes(is)*partsLeast >= len(is)) {
		return start, end
	}
	return 0, 0
}

// partsLeast is how long what stands between two changes of capitals and small letters is at most, in
// base64: on average a little above 2.
const partsLeast = 4

// leastAngled is how long base64 in angle brackets is at least: 8 bytes of it.
const leastAngled = 11

// name reads on behind the first part of a name that ends at j. It varies
// when a part begins with a digit or is an identifier; varies says that the
// first part is one. Two of - and _ may follow each other: blk_-123. A slash
// before a digit ends the name: product/1.0, and so does one before a level.
func (s *Scanner) name(l *Workspace, k, j int, varies bool) (end int, v bool) {
	b := l.text[before:]
	end = j
	for nameJoins[b[end]] {
		i, to := l.run(k)
		if i != end+1 && (i != end+2 || class[b[end]]&class[b[end+1]]&join == 0) {
			break
		}
		if b[to] == ']' && b[i-1] == '/' && b[i] >= 'A' && b[i] <= 'Z' && b[to-1] <= 'Z' {
			break // [Worker-Main-3/INFO]
		}
		if class[b[i]]&digit != 0 {
			if b[i-1] == '/' && !varies {
				break
			}
			varies = true
		} else if !varies && !l.spelt(i, to) {
			varies = s.identifier(l, i, to, true)
		}
		end = to
		k += 2
	}
	if varies { // the padding of base64
		for n := 0; n < 2 && b[end] == '=' && class[b[end+1]]&alnum == 0; n++ {
			end++
		}
	}
	return end, varies
}

// identifier reports whether the run b[i:j], which begins with a letter, is one
// that varies, not a word or a word with a number behind it; inName says that
// it is part of a name, where less is asked.
func (s *Scanner) identifier(l *Workspace, i, j int, inName bool) bool {
	b := l.text[before+i : before+j]
	q := 0
	for q < len(b) && class[b[q]]&letter != 0 {
		q++
	}
	if q == len(b) {
		return false
	}
	letters := q
	for q < len(b) && class[b[q]]&digit != 0 {
		q++
	}
	switch {
	case q < len(b):
		return true
	case len(b) >= 8 && allHex(b):
		return true
	}
	// Generated names keep clear of vowels.
	return len(b) >= 5 && (inName || letters >= 2 && letters+2 >= len(b)) && !hasVowel(b[:letters])
}

func hasVowel(b []byte) bool {
	for _, c := range b {
		const vowels = 1<<('a'&31) | 1<<('e'&31) | 1<<('i'&31) | 1<<('o'&31) | 1<<('u'&31) | 1<<('y'&31)
		if vowels>>(c&31)&1 != 0 || c >= 0x80 {
			return true
		}
	}
	return false
}

// allHex reports whether b is hexadecimal digits, 8 of them at a time, see
// findAlnumPortable.
func allHex(b []byte) bool {
	const (
		fromA   = (0x80 - 'a') * every
		beyondF = (0x80 - 'f' - 1) * every
	)
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		low := w & low7
		lower := low | fold
		if (((lower+fromA)^(lower+beyondF))|((low+from0)^(low+beyond9)))&^w&highBits != highBits {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if class[c]&hex == 0 {
			return false
		}
	}
	return true
}

// mixed makes a token of the run p, which has letters as well as digits. The
// next run starts at edge k.
func (s *Scanner) mixed(l *Workspace, p *piece, k int) {
	if s.whole(l, p, k) {
		return
	}
	b := l.text[before:]
	i, j := p.start, p.end
	q := i
	if class[b[i]]&digit != 0 {
		for class[b[q]]&digit != 0 {
			q++
		}
		if q-i == 8 && b[q] == 'T' && class[b[q+1]]&digit != 0 && (j-i == 15 || j-i == 16) {
			s.mask(p, Time, i, l.afterDate(k, j)) // 20060102T150405Z
			return
		}
		if j-i == 4 && b[j] == '.' && ciscoMAC(b, i) {
			s.mask(p, Address, i, i+ciscoMACSize)
			return
		}
		if j-i >= hexDigits && allHex(b[i:j]) { // 4567890d, whatever d may stand for
			end, _ := s.name(l, k, j, true)
			s.mask(p, ID, i, end)
			return
		}
		if b[q] >= 0x80 && s.grouped(l, p, k, i, q, l.text[before+i-1] == '-' && class[l.text[before+i-2]]&open != 0) {
			return
		}
		p.kind, p.hash, p.value, p.form = Number, s.kinds[Number], l.value(i, q), whole(i, q)
		s.suffixed(l, p, k, q, j, ID)
		if p.kind == Number {
			p.sign(l.text[before+i-1] == '-' && class[l.text[before+i-2]]&alnum == 0 && l.text[before+i-2] != '-')
			return
		}
		if b[q] >= 0x80 { // a number before words without spaces between them
			*p = piece{start: i, end: q, kind: Number, hash: s.kinds[Number], value: l.value(i, q), form: whole(i, q)}
			return
		}
		end, _ := s.name(l, k, j, true)
		s.mask(p, ID, i, end)
		return
	}

	for class[b[q]]&letter != 0 {
		q++
	}
	if l.text[before+i-1] == '%' && l.Level == LevelNone {
		l.Level = l.cisco(i)
	}
	switch c := b[i]; {
	case l.klog(i, j):
		if l.Level == LevelNone {
			l.Level = letterLevel(c)
		}
		s.mask(p, Time, i, l.thread(l.afterDate(k, j)))
		return
	case c|0x20 == 'v' && q == i+1 && b[j] == '.' && l.follows(k, j):
		p.kind = Version
		p.value = maxValue
		s.dotted(l, p, k)
		return
	case c == 'P' && (q == i+1 || q == i+2 && b[i+1] == 'T'):
		if end, seconds, ok := isoDuration(l, i+1); ok {
			p.kind, p.value, l.rest.loose = Number, seconds, true
			s.inUnit(p, end, UnitSecond)
			return
		}
	}
	ascii := true
	for _, c := range b[i:j] {
		ascii = ascii && c < 0x80
	}
	if !ascii { // the words before a number, without spaces between them
		p.kind, p.end = Word, q
		p.hash = uint32(s.letters(l, i, q))
		return
	}
	id := s.identifier(l, i, j, false)
	if id || nameJoins[b[j]] && i >= l.joined {
		end, varies := s.name(l, k, j, id)
		if varies {
			s.mask(p, ID, i, end)
			return
		}
		l.joined = end
	}
	p.kind, p.hash = Word, uint32(s.letters(l, i, q))+s.kinds[Number]
}

// hexDigits is from how many on digits and the letters a to f are an identifier,
// not a number with a unit.
const hexDigits = 6

const (
	ciscoMACSize = 14

	uuidSize = 36
	macSize  = 17
)

// uuid reports whether the run of 8 at i, behind which comes edge k, is the
// first of five that have the lengths and the joins of a UUID.
func (l *Workspace) uuid(k, i int) bool {
	b := l.text[before:]
	if b[i+13] != '-' || b[i+18] != '-' || b[i+23] != '-' {
		return false
	}
	for _, size := range [...]int{4, 4, 4, 12} {
		start, end := l.run(k)
		if end-start != size {
			return false
		}
		k += 2
	}
	return l.end(k-2) == i+uuidSize && allHex(b[i:i+8]) && allHex(b[i+24:i+uuidSize])
}

// dashedMAC reports whether 00-1A-2B-3C-4D-5E stands at b[i:].
func dashedMAC(b []byte, i int) bool {
	for n := 0; n < 6; n++ {
		if class[b[i]]&class[b[i+1]]&hex == 0 || n < 5 && b[i+2] != '-' {
			return false
		}
		i += 3
	}
	return class[b[i-1]]&alnum == 0 && b[i-1] != '-'
}

// ciscoMAC reports whether 001a.2b3c.4d5e stands at b[i:].
func ciscoMAC(b []byte, i int) bool {
	if b[i+4] != '.' || b[i+9] != '.' || class[b[i+14]]&alnum != 0 || b[i+14] == '.' && class[b[i+15]]&alnum != 0 {
		return false
	}
	return allHex(b[i:i+4]) && allHex(b[i+5:i+9]) && allHex(b[i+10:i+14])
}

// colonHex reads groups of hexadecimal digits joined by colons at b[i:]: an
// IPv6 address (with port, zone or length of a prefix), a MAC address or, of
// more than 8 bytes, a fingerprint. It returns Word when it is none of them.
func colonHex(b []byte, i int) (Kind, int) {
	groups, pairs, size := 0, 0, 0
	gap, digits := false, false
	for {
		from := i
		for class[b[i]]&hex != 0 {
			digits = digits || class[b[i]]&digit != 0
			i++
		}
		if size = i - from; size > 0 {
			groups++
		}
		if size == 2 {
			pairs++
		}
		if size > 4 && (groups != 9 || size > 5) || groups > 64 {
			return Word, 0
		}
		if b[i] != ':' {
			break
		}
		if b[i+1] == ':' {
			if gap {
				return Word, 0
			}
			gap = true
			i++
		} else if class[b[i+1]]&hex == 0 {
			break // punctuation
		}
		i++
	}
	switch {
	case pairs == groups && groups == 6 && !gap:
		if class[b[i]]&alnum != 0 {
			return Word, 0
		}
		return Address, i
	case pairs == groups && groups > 8 && !gap:
		if class[b[i]]&alnum != 0 {
			return Word, 0
		}
		return ID, i
	case gap && digits && groups <= 8 || !gap && (groups == 8 || groups == 9):
	case !gap && groups == 7 && b[i] == '.': // the last 4 bytes as in IPv4
	default:
		return Word, 0
	}
	if b[i] == '.' && class[b[i+1]]&digit != 0 {
		for class[b[i]]&digit != 0 || b[i] == '.' && class[b[i+1]]&digit != 0 {
			i++
		}
	}
	if (b[i] == '%' || b[i] == '/') && class[b[i+1]]&alnum != 0 {
		for i++; class[b[i]]&alnum != 0; i++ {
		}
	}
	if class[b[i]]&alnum != 0 {
		return Word, 0
	}
	return Address, i
}

// findMail sets l.mail to where the first e-mail address begins whose @ is at
// or behind from.
func (l *Workspace) findMail(from int) {
	b := l.text[before : before+l.size+1]
	for at := from; at < l.size; at++ {
		next := bytes.IndexByte(b[at:], '@')
		if next < 0 {
			break
		}
		at += next
		if domainEnd(b, at+1) == 0 {
			continue
		}
		i := at
		for i > 0 && mailByte[b[i-1]] {
			i--
		}
		for i < at && class[b[i]]&alnum == 0 {
			i++
		}
		if i < at {
			l.mail = i
			return
		}
	}
	l.mail = nowhere
}

// mailEnd returns where the e-mail address at b[i:] ends.
func mailEnd(b []byte, i int) int {
	for b[i] != '@' {
		i++
	}
	return domainEnd(b, i+1)
}

// domainEnd returns where the name at b[i:] ends if it has a dot in it and
// letters behind the last, else 0.
func domainEnd(b []byte, i int) int {
	end, dot := i, 0
	for mailByte[b[end]] {
		if b[end] == '.' && end > i && class[b[end+1]]&letter != 0 {
			dot = end
		}
		end++
	}
	if dot == 0 {
		return 0
	}
	for class[b[end-1]]&alnum == 0 {
		end--
	}
	return end
}

// mailByte are the bytes that may stand in an e-mail address, but for the @.
var mailByte = func() (t [256]bool) {
	for i := range t {
		t[i] = class[i]&alnum != 0
	}
	t['.'], t['-'], t['_'], t['+'] = true, true, true, true
	return t
}()

// escapeSequence passes over the rest of an ANSI escape sequence (colours)
// behind its bracket, in which p begins.
func escapeSequence(b []byte, p *piece) {
	end := p.start
	for b[end] >= ' ' && b[end] < 0x40 {
		end++
	}
	p.end, p.kind = end+1, nothing
}
