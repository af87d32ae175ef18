package detector

import (
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// patternText is a pattern as people read it: its words, and what varies as
// <num>, <time> and so on. It is cut to what fits, and kept within its statement
// so that a model stays one flat piece of memory.
type patternText struct {
	n uint8
	b [96]byte
}

func (t *patternText) bytes() []byte { return t.b[:min(int(t.n), len(t.b))] }

// set renders the pattern of the line. It allocates nothing.
func (t *patternText) set(text []byte, l *pattern.Line) {
	var room [2 * len(t.b)]byte // the last token may reach beyond
	b := appendPattern(room[:0:len(room)], text, l, len(t.b))
	t.n = uint8(copy(t.b[:], trim(b, len(t.b))))
}

// AppendPattern appends the pattern of the event judged last to dst, as text:
// what is constant as it stands in the message, what varies as <num>, <time>,
// <addr>, <id>, <version>, <path> and <level>. It must be called before the
// message that was given with the event changes.
func (d *Detector) AppendPattern(dst []byte) []byte {
	return appendPattern(dst, d.seen.text, &d.line, 4*pattern.MaxBytes)
}

var kindNames = [...]string{
	pattern.Number: "<num>", pattern.Time: "<time>", pattern.Address: "<addr>", pattern.ID: "<id>",
	pattern.Version: "<version>", pattern.LevelWord: "<level>", pattern.Path: "<path>",
}

// appendPattern stops behind the token, a few dozen bytes at most, that reaches
// limit.
func appendPattern(dst, text []byte, l *pattern.Line, limit int) []byte {
	from, at := len(dst), 0
	for i := range l.Tokens {
		t := &l.Tokens[i]
		dst = appendBetween(dst, text[min(at, int(t.Start)):t.Start], limit-(len(dst)-from))
		at = int(t.End)
		if len(dst)-from >= limit {
			return dst
		}
		if t.Kind != pattern.Word {
			dst = append(dst, kindNames[t.Kind]...)
			continue
		}
		word := text[t.Start:t.End]
		digits := len(word)
		for digits > 0 && word[digits-1] >= '0' && word[digits-1] <= '9' {
			digits-- // node12: the digits vary
		}
		dst = append(dst, word[:digits]...)
		if digits < len(word) {
			dst = append(dst, "<num>"...)
		}
	}
	if l.Truncated {
		return append(dst, "..."...)
	}
	return appendBetween(dst, text[min(at, len(text)):], limit-(len(dst)-from))
}

// appendBetween appends what stands between two tokens: spaces and punctuation.
// Anything else there belongs to a control sequence, or to something that the
// tokeniser reads as a whole and that varies.
func appendBetween(dst, b []byte, limit int) []byte {
	for i, c := range b {
		switch {
		case limit <= 0:
			return dst
		case c == '\t':
			c = ' '
		case c == '[' && i > 0 && b[i-1] == 0x1b, c != ' ' && !isPunctuation(c):
			continue
		}
		dst = append(dst, c)
		limit--
	}
	return dst
}

func isPunctuation(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

// trim cuts b to n bytes, between characters.
func trim(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}
