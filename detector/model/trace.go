package model

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/internal/event/trace"
)

// traced is the last frame of a stack trace whose lines came one by one, as shippers
// send them that join none.
type traced struct {
	record uint32 // the one behind it
	at     uint16 // where in its line it began
	form   uint8  // trace.Form
}

// codeIndent is by how many blanks the line of code below a frame of Python's, and the
// marks below that, are further in.
const codeIndent = 2

// frame reports whether the line is one of a stack trace that says where a failure
// passed, not what failed. It belongs to the record above it: it is no news.
func (o *Observation) frame() (traced, bool) {
	m := o.model
	if at, form := trace.Frame(o.Text); at >= 0 {
		return traced{m.records + 1, uint16(at), uint8(form)}, true
	}
	if last := m.traced; last.record == m.records && last.form == uint8(trace.Python) && o.codeAt(int(last.at)) {
		last.record++
		return last, true
	}
	if last := m.traced; last.form == uint8(trace.Python) && m.records-last.record <= 1 && len(bytes.TrimRight(o.Text, " "))+codeIndent <= int(last.at) {
		return last, true // but its header: the line that ends it
	}
	return traced{}, false
}

// codeAt reports whether the line is code below a frame that began at a place.
func (o *Observation) codeAt(at int) bool {
	if at < codeIndent || len(o.Text) <= at+codeIndent {
		return false
	}
	for _, c := range o.Text[at-codeIndent : at+codeIndent] {
		if c != ' ' {
			return false
		}
	}
	return true
}

// judgeFrame takes back what was said of the text of a line of a stack trace.
func (m *Model) judgeFrame(o *Observation) {
	if o.trace, o.ofTrace = o.frame(); !o.ofTrace {
		return
	}
	o.bad, o.rare, o.again, o.open, o.failure = 0, false, false, false, 0
	o.Row = Row{}
}

func (t *traced) carry(c *codec.Codec) {
	c.U32(&t.record)
	c.U16(&t.at)
	c.U8(&t.form)
}
