package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// A reader of JSON (RFC 8259) that decodes nothing that is not asked for and
// allocates nothing, for escapes neither: fields are slices of the text. A
// library that builds a tree of values (valyala/fastjson, the fastest tried)
// takes twice the time, and keeps the memory of the largest text it has seen.
// Every function takes an index into b and returns the one behind what it read,
// or -1 when that is not JSON.

// maxDepth is how deep values may be nested. A deeper line is text.
const maxDepth = 200

// skipSpace skips white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipValue skips the value that begins at i.
func skipValue(b []byte, i, depth int) int {
	if i >= len(b) || depth > maxDepth {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		i, _ = skipString(b, i+1)
		return i
	case c == '{':
		return skipObject(b, i+1, depth+1)
	case c == '[':
		return skipArray(b, i+1, depth+1)
	case c == '-' || c >= '0' && c <= '9':
		return skipNumber(b, i)
	case c == 't':
		return skipWord(b, i, "true")
	case c == 'f':
		return skipWord(b, i, "false")
	case c == 'n':
		return skipWord(b, i, "null")
	}
	return -1
}

func skipWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

func skipNumber(b []byte, i int) int {
	digits := func(i int) int {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		if i == from {
			return -1
		}
		return i
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = digits(i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(i)
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipString skips a string whose quote is before i, and says whether there
// are escapes in it. Eight bytes are looked at together: a string is most of a
// log line.
func skipString(b []byte, i int) (end int, escapes bool) {
	for {
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			quote, slash := x^(ones*'"'), x^(ones*'\\')
			// The lowest byte that is marked is a quote, a backslash or a control
			// character; higher marks may come of its borrow.
			special := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*' ') &^ x)
			if special &= highs; special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i >= len(b) || b[i] < ' ' {
			return -1, escapes
		}
		if b[i] == '"' {
			return i + 1, escapes
		}
		escapes = true
		if i+1 >= len(b) {
			return -1, true
		}
		switch b[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i += 2
		case 'u':
			if i+6 > len(b) || unhex(b[i+2:]) < 0 {
				return -1, true
			}
			i += 6
		default:
			return -1, true
		}
	}
}

// unhex is the value of four hexadecimal digits, -1 when they are not.
func unhex(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// member reads one member of an object from its key's quote on: where the key
// (still escaped, without quotes) and the value stand, and what is behind.
func member(b []byte, i, depth int) (key []byte, escapes bool, value, end int) {
	if i >= len(b) || b[i] != '"' {
		return nil, false, 0, -1
	}
	from := i + 1
	i, escapes = skipString(b, from)
	if i < 0 {
		return nil, false, 0, -1
	}
	key = b[from : i-1]
	if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
		return nil, false, 0, -1
	}
	value = skipSpace(b, i+1)
	end = skipValue(b, value, depth)
	return key, escapes, value, end
}

// next goes from behind a member or element to the following one. done says
// that the last one was it; then the index is behind the closing bracket.
func next(b []byte, i int, closing byte) (at int, done bool) {
	if i < 0 {
		return -1, true
	}
	i = skipSpace(b, i)
	switch {
	case i >= len(b):
		return -1, true
	case b[i] == ',':
		return skipSpace(b, i+1), false
	case b[i] == closing:
		return i + 1, true
	}
	return -1, true
}

func skipObject(b []byte, i, depth int) int {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for done := false; !done; {
		_, _, _, i = member(b, i, depth)
		i, done = next(b, i, '}')
	}
	return i
}

func skipArray(b []byte, i, depth int) int {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for done := false; !done; {
		i = skipValue(b, i, depth)
		i, done = next(b, i, ']')
	}
	return i
}

// unescape appends the text of a string that is JSON, without its quotes. Half
// of a surrogate pair becomes U+FFFD, as it does in encoding/json.
func unescape(to, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			from := i
			for i < len(s) && s[i] != '\\' {
				i++
			}
			to = append(to, s[from:i]...)
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			to = append(to, '\b')
		case 'f':
			to = append(to, '\f')
		case 'n':
			to = append(to, '\n')
		case 'r':
			to = append(to, '\r')
		case 't':
			to = append(to, '\t')
		case 'u':
			r := unhex(s[i+2:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+8 <= len(s) && s[i+2] == '\\' && s[i+3] == 'u' {
					low = unhex(s[i+4:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			to = utf8.AppendRune(to, r)
		default:
			to = append(to, c)
		}
		i += 2
	}
	return to
}

// jsonObject takes in a text that is an object. It is false for one that is not;
// then some of it may have been taken in.
func (r *Reader) jsonObject(b []byte) bool {
	i := r.jsonMap(b, 1, &r.tree.root, 1)
	return i > 0 && skipSpace(b, i) == len(b)
}

// jsonMap takes in an object from behind its brace on.
func (r *Reader) jsonMap(b []byte, i int, n *node, depth int) int {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	var last *node
	for done := false; !done; {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		from := i + 1
		var escapes bool
		if i, escapes = skipString(b, from); i < 0 {
			return -1
		}
		key := b[from : i-1]
		if i < len(b) && b[i] == ':' {
			i++
		} else if i = skipSpace(b, i); i < len(b) && b[i] == ':' {
			i++
		} else {
			return -1
		}
		if escapes {
			key = r.unescaped(key)
		}
		i = r.jsonValue(b, skipSpace(b, i), r.tree.follow(n, key, &last), depth)
		i, done = next(b, i, '}')
	}
	return i
}

// jsonArray takes in an array from behind its bracket on.
func (r *Reader) jsonArray(b []byte, i int, n *node, depth int) int {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	at := 0
	for done := false; !done; at++ {
		i = r.jsonValue(b, i, r.element(n, at), depth)
		i, done = next(b, i, ']')
	}
	return i
}

// jsonValue takes in the value at i, which n tells the meaning of; nil for one
// that is not looked at.
func (r *Reader) jsonValue(b []byte, i int, n *node, depth int) int {
	if n == nil || n.skip || i >= len(b) {
		return skipValue(b, i, depth)
	}
	from := i
	switch b[i] {
	case '"':
		var escapes bool
		if i, escapes = skipString(b, from+1); i < 0 {
			return -1
		}
		text := b[from+1 : i-1 : i-1]
		if escapes {
			text = r.unescaped(text)
		}
		r.str(n, text)
		return i
	case '{':
		if !n.inside() || depth >= maxDepth {
			return skipValue(b, i, depth)
		}
		return r.jsonMap(b, i+1, n, depth+1)
	case '[':
		if !n.inside() || depth >= maxDepth {
			return skipValue(b, i, depth)
		}
		return r.jsonArray(b, i+1, n, depth+1)
	}
	if i = skipValue(b, from, depth); i < 0 {
		return -1
	}
	switch text := b[from:i:i]; text[0] {
	case 't', 'f':
		r.bool(n, text[0] == 't')
	case 'n':
		r.null(n)
	default:
		if num, ok := plainNumber(text); ok {
			r.numeric(n, text, num, false)
		} else if bytes.ContainsAny(text, ".eE") {
			r.float(n, text, parseFloat(text))
		} else {
			r.integer(n, text, parseFloat(text))
		}
	}
	return i
}

// unescaped is the text of a string with escapes.
func (r *Reader) unescaped(s []byte) []byte {
	from := len(r.text)
	r.text = unescape(r.text, s)
	return r.text[from:len(r.text):len(r.text)]
}
