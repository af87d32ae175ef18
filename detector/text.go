package detector

import "github.com/flb-anomaly/flb-anomaly/internal/text"

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
func (t *patternText) set(o *observation) {
	o.pattern = o.line.Append(o.pattern[:0], o.text)
	t.n = 0
	for _, c := range text.Cut(o.pattern, len(t.b)) {
		if c >= ' ' && c != 0x7f { // nothing that a terminal would obey
			t.b[t.n] = c
			t.n++
		}
	}
}

// AppendPattern appends the pattern of the event judged last to dst, as text:
// what is constant as it stands in the message, what varies as <num>, <time>
// and the like. It must be called before the message that was given with the
// event changes.
func (d *Detector) AppendPattern(dst []byte) []byte {
	return d.line.Append(dst, d.seen.text)
}
