package model

import (
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
		o.pattern = o.Line.Append(o.pattern, o.Text)
	}
	t.n = 0
	for _, c := range text.Cut(o.pattern, len(t.b)) {
		if c >= ' ' && c != 0x7f { // nothing that a terminal would obey
			t.b[t.n] = c
			t.n++
		}
	}
}

func (t *patternText) carry(c *codec.Codec) {
	b := c.Bytes("pattern", t.bytes(), len(t.b))
	if c.Reading {
		t.n = uint8(copy(t.b[:], b))
	}
}
