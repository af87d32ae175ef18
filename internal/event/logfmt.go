package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A pair is a key and its value as they stand in a text.
type pair struct {
	key      []byte
	from, to int  // of the value
	escapes  bool // the value has some
	quoted   bool
	flag     bool // a word without a value
}

const (
	// maxPairs is how many pairs of a text are looked at.
	maxPairs = 96

	// leastPairs is how many a text must have that consists of pairs; behind
	// prose, which may well have two by chance, leastBehind.
	leastPairs  = 2
	leastBehind = 3
)

// logfmt takes in pairs of key=value, from the first byte on or behind a text:
//
//	ts=2026-03-02T08:00:01Z level=info msg="request completed" status=200
//	Mar  2 08:00:01 host kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DF PROTO=TCP
//
// That text is the message where none of the pairs is.
func (r *Reader) logfmt(text []byte) (more, ok bool) {
	head := r.split(text)
	if head < 0 {
		return false, false
	}
	// Of pairs, both of a key that stands there twice say something: netfilter gives
	// the LEN of the packet and that of the datagram in it.
	r.several = true
	defer func() { r.several = false }()
	var last *node
	for i := range r.pairs {
		p := &r.pairs[i]
		n := r.tree.follow(&r.tree.root, p.key, &last)
		if n == nil || n.skip {
			continue
		}
		value := text[p.from:p.to:p.to]
		switch {
		case p.flag:
			r.bool(n, true)
			continue
		case p.escapes:
			value = r.unquoted(value)
		}
		if at, ok := auditTime(value); ok {
			// The Linux audit log has no message here, but the time.
			if r.clock.rank == 0 {
				r.clock = moment{1, at}
			}
			continue
		}
		r.str(n, value)
	}
	if r.message.rank == 0 {
		if prose := bytes.TrimRight(text[:head], " \t:-|"); len(prose) > 0 {
			r.message = candidate{rank: lineRank, value: prose, plain: true}
		}
		return false, true
	}
	return true, true
}

var equals = []byte("=")

// split fills r.pairs. It returns where the first pair begins, -1 for a text
// that is not made of pairs.
func (r *Reader) split(text []byte) (head int) {
	if bytes.Count(text, equals) < leastPairs {
		return -1
	}
	head = firstPair(text, 0)
	for head >= 0 {
		stopped, ok := r.pairsFrom(text, head)
		if ok {
			if within(text[:head]) {
				return -1
			}
			return head
		}
		// Prose may have pairs in it, and others at its end.
		head = firstPair(text, stopped)
	}
	return -1
}

// within reports whether what stands behind a text is inside brackets that were
// opened in it: LogSegment(baseOffset=5, size=7 time=9).
func within(text []byte) bool {
	if bytes.IndexByte(text, '(') < 0 && bytes.IndexByte(text, '{') < 0 {
		return false
	}
	open := 0
	for _, c := range text {
		switch c {
		case '(', '{':
			open++
		case ')', '}':
			open--
		}
	}
	return open > 0
}

// firstPair returns where the first word that begins like a pair does, from i
// on, or -1.
func firstPair(text []byte, i int) int {
	for i < len(text) {
		at := bytes.IndexByte(text[i:], '=')
		if at <= 0 {
			if at < 0 {
				return -1
			}
			i++
			continue
		}
		from := i + at
		for from > i && keyByte[text[from-1]] {
			from--
		}
		if from < i+at && firstKeyByte(text[from]) && (from == 0 || separates(text[from-1]) || text[from-1] == ':') {
			return from
		}
		i += at + 1
	}
	return -1
}

var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '/' || c == '@' || c == '$'
	}
	return t
}()

func firstKeyByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '@' || c == '$'
}

// pairsFrom fills r.pairs with what stands from i on, and reports whether that
// is nothing but pairs, else up to where it is.
func (r *Reader) pairsFrom(text []byte, i int) (stopped int, ok bool) {
	behind := i > 0
	r.pairs = r.pairs[:0]
	pairs, flags := 0, 0
	for len(r.pairs) < cap(r.pairs) {
		for i < len(text) && separates(text[i]) {
			i++
		}
		if i == len(text) {
			break
		}
		from := i
		for i < len(text) && keyByte[text[i]] {
			i++
		}
		if i > from && i < len(text) && text[i] == '=' && firstKeyByte(text[from]) {
			p := pair{key: text[from:i:i]}
			if i, ok = p.valueFrom(text, i+1); !ok {
				return i, false
			}
			r.pairs = append(r.pairs, p)
			pairs++
			continue
		}
		i = either(text, i, ' ', '\t')
		word := bytes.TrimRight(text[from:i], ",;")
		if r.belongs(word) {
			r.pairs[len(r.pairs)-1].to = from + len(word)
			continue
		}
		if !isFlag(word, behind) {
			return i, false
		}
		r.pairs = append(r.pairs, pair{key: word[:len(word):len(word)], flag: true})
		flags++
	}
	least := leastPairs
	if behind {
		least = leastBehind
	}
	return len(text), pairs >= least && pairs >= 2*flags
}

// valueFrom takes the value that begins at i, and returns where it ends.
func (p *pair) valueFrom(text []byte, i int) (end int, ok bool) {
	if i < len(text) && (text[i] == '"' || text[i] == '\'') {
		end := either(text, i+1, text[i], '\\')
		for end < len(text) && text[end] == '\\' {
			p.escapes = true
			end = either(text, min(end+2, len(text)), text[i], '\\')
		}
		if end >= len(text) || end+1 < len(text) && !separates(text[end+1]) {
			return i, false
		}
		p.from, p.to, p.quoted = i+1, end, true
		return end + 1, true
	}
	p.from = i
	i = either(text, i, ' ', '\t')
	p.to = i
	for p.to > p.from && (text[p.to-1] == ',' || text[p.to-1] == ';') {
		p.to--
	}
	return i, true
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// either returns where the first of two bytes stands from i on, the text's end where none
// does. It looks at 8 bytes at a time, as one looks for a 0.
func either(text []byte, i int, a, b byte) int {
	as, bs := uint64(a)*everyByte, uint64(b)*everyByte
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		x, y := w^as, w^bs
		if m := ((x-everyByte)&^x | (y-everyByte)&^y) & highBits; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(text) && text[i] != a && text[i] != b {
		i++
	}
	return i
}

func separates(c byte) bool { return c == ' ' || c == '\t' || c == ',' || c == ';' }

// isFlag reports whether a word may stand among pairs. Behind prose that is only
// what netfilter has there: DF, SYN.
func isFlag(word []byte, behind bool) bool {
	if len(word) == 0 || !firstKeyByte(word[0]) || behind && len(word) > 5 {
		return false
	}
	for _, c := range word {
		if !keyByte[c] || behind && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// belongs reports whether a word is part of the value before it: of a message that
// somebody wrote without quotes, or of a time with a space in it.
func (r *Reader) belongs(word []byte) bool {
	if len(r.pairs) == 0 || len(word) == 0 {
		return false
	}
	p := &r.pairs[len(r.pairs)-1]
	if p.quoted || p.flag || p.from == p.to {
		return false
	}
	r.asked = true
	n := r.tree.child(&r.tree.root, p.key)
	return n != nil && (n.message > 0 || n.clock > 0 && word[0] >= '0' && word[0] <= '9')
}

// auditTime is the time in the Linux audit log's audit(1772438401.123:42):
func auditTime(value []byte) (at []byte, ok bool) {
	if len(value) < len(auditHead) || value[0] != auditHead[0] || value[len(auditHead)-1] != '(' {
		return nil, false // as nearly all
	}
	rest, ok := bytes.CutPrefix(value, auditHead)
	if !ok {
		return nil, false
	}
	end := bytes.IndexByte(rest, ':')
	if end < 0 {
		return nil, false
	}
	return rest[:end], true
}

var auditHead = []byte("audit(")

// unquoted is a quoted text without its escapes.
func (r *Reader) unquoted(s []byte) []byte {
	from := len(r.text)
	for {
		at := bytes.IndexByte(s, '\\')
		if at < 0 || at+1 == len(s) {
			break
		}
		c := s[at+1]
		switch c {
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		}
		r.text = append(append(r.text, s[:at]...), c)
		s = s[at+2:]
	}
	r.text = append(r.text, s...)
	return r.text[from:len(r.text):len(r.text)]
}
