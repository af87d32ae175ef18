package model

import (
	"bytes"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// patternText is a pattern as people read it: its words, and what varies as
// <num>, <time> and so on. It is cut to what fits, and kept within its statement
// so that a model stays one flat piece of memory.
type patternText struct {
	n uint8
	b [96]byte
}

func (t *patternText) bytes() []byte { return t.b[:min(int(t.n), len(t.b))] }

// set renders the pattern of the event. It allocates nothing once o's scratch
// memory has grown to the longest pattern.
func (t *patternText) set(o *Observation) {
	if o.pattern = o.pattern[:0]; o.Size == 0 {
		o.pattern = o.render(o.pattern)
	} else {
		o.pattern = o.AppendPattern(o.pattern)
	}
	t.n = 0
	for _, c := range text.Cut(o.pattern, len(t.b)) {
		if c >= ' ' && c != 0x7f { // nothing that a terminal would obey
			t.b[t.n] = c
			t.n++
		}
	}
}

// Joint stands between a message and the words of a field that go on with it, which begin
// with the field's name. A word is known with the byte behind it, and behind a message's
// last word stands none: with a zero it stays the word it was.
const Joint = "\x00; "

// AppendPattern appends the pattern of the event's text to dst. The name of a field whose
// words go on with the message is that, also where it would be a level (error, warning).
func (o *Observation) AppendPattern(dst []byte) []byte {
	at, text := len(dst), o.Text
	dst = o.Line.Append(dst, text)
	for {
		i, j := bytes.Index(dst[at:], []byte(Joint)), bytes.Index(text, []byte(Joint))
		if i < 0 || j < 0 {
			return dst
		}
		text = text[j+len(Joint):]
		at += i
		dst = slices.Delete(dst, at, at+1) // the zero
		at += len(Joint) - 1
		if name, _, ok := bytes.Cut(text, []byte{':'}); ok && bytes.HasPrefix(dst[at:], levelPlace) {
			dst = slices.Replace(dst, at, at+len(levelPlace), name...)
		}
	}
}

var levelPlace = []byte("<level>")

func (t *patternText) carry(c *codec.Codec) {
	b := c.Bytes("pattern", t.bytes(), len(t.b))
	if c.Reading {
		t.n = uint8(copy(t.b[:], b))
	}
}
