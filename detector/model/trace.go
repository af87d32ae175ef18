package model

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event/trace"
)

// traced is the last frame of a stack trace whose lines came one by one, as shippers
// send them that join none.
type traced struct {
	record uint32 // the one behind it
	at     uint16 // where in its line it began
	form   trace.Form
}

// codeIndent is by how many blanks the line of code below a frame of Python's, and the
// marks below that, are further in.
const codeIndent = 2

// frame reports whether the line is one of a stack trace that says where a failure
// passed, not what failed. It belongs to the record above it: it is no news.
func (o *Observation) frame() (traced, bool) {
	m := o.model
	if at, form := trace.Frame(o.Text); at >= 0 {
		return traced{m.records + 1, uint16(at), form}, true
	}
	last := m.traced
	next := traced{m.records + 1, last.at, last.form}
	switch below := m.records == last.record; {
	case last.form == trace.Python && below && o.codeAt(int(last.at)), last.form == trace.Go && below && trace.IsGoCall(o.Text):
		return next, true
	case last.form == trace.Python && m.records-last.record <= 1 && len(bytes.TrimRight(o.Text, " "))+codeIndent <= int(last.at):
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

// below is how a line belongs to the one above it, where nobody joined the two.
type below uint8

const (
	itself    below = iota // it does not
	continued              // its text is no news; what it says of failures is
	framed                 // it is one of a stack trace
)

const (
	// indentHorizon is over how many records the share of indented lines is taken.
	indentHorizon = 1000

	// indentedLog is from what share of indented lines on a line goes on with the one
	// above it only if it is a frame.
	indentedLog = 0.25
)

// indented reports whether the line begins with white space.
func (o *Observation) indented() bool {
	return len(o.Text) > 0 && (o.Text[0] == ' ' || o.Text[0] == '\t')
}

// endWith takes down what the line's end says of those below it.
func (m *Model) endWith(o *Observation) {
	last := o.lastByte()
	m.opened, m.within = o.opens(last), o.within(last, m.within)
}

// opens reports whether an indented line below goes on with this one: it is indented
// itself, or its last byte says that something follows. Behind a gap something begins.
func (o *Observation) opens(last byte) bool {
	switch last {
	case 0:
		return false
	case ':', '{', '[', '(', ',', '=', '\\':
		return true
	}
	return o.indented() || o.rules()
}

// lastByte is the line's last byte that is no white space, 0 if it has none.
func (o *Observation) lastByte() byte {
	for end := len(o.Text) - 1; end >= 0; end-- {
		if c := o.Text[end]; c != ' ' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// headed reports whether the line begins as a record does that nobody has parsed: with a
// time or a level, or one of them behind a name or two.
func (o *Observation) headed() bool {
	for i := range min(headTokens, len(o.Line.Tokens)) {
		if k := o.Line.Tokens[i].Kind; k == pattern.Time || k == pattern.LevelWord {
			return true
		}
	}
	return false
}

// within returns how many lines behind this one may go on with a record that ended with
// an open bracket, which left of them could so far: until one begins with the closing
// bracket, or as a record does, or is of a message that is known.
func (o *Observation) within(last byte, left uint8) uint8 {
	opens := last == '(' || last == '[' || last == '{'
	switch {
	case left == 0 && !opens:
		return 0
	case o.headed():
		if opens {
			return mostWithin
		}
		return 0
	case left == 0 || o.seen >= maturity || len(o.Text) > 0 && (o.Text[0] == ')' || o.Text[0] == ']' || o.Text[0] == '}'):
		return 0
	}
	return left - 1
}

const (
	// headTokens is among how many of a line's first tokens its time or level stands.
	headTokens = 3

	// mostWithin is how many lines go on with one that ended with an open bracket, should
	// it never be closed: a page of a terminal or so.
	mostWithin = 32
)

// rules reports whether the line is nothing but brackets, rules and the like.
func (o *Observation) rules() bool {
	if len(o.Line.Tokens) > 0 {
		return false
	}
	for _, c := range o.Text {
		if c < ' ' && c != '\t' && c != '\r' || c > '~' {
			return false
		}
	}
	return true
}

// judgeBelow takes back what was said of the text of a line that goes on with the one
// above it: a frame of a stack trace, a line within brackets that a record has opened, an
// indented line of several in a log whose lines are not, a line of nothing but brackets or
// rules.
func (m *Model) judgeBelow(o *Observation) {
	was := o.Row
	var ofTrace bool
	switch o.trace, ofTrace = o.frame(); {
	case ofTrace:
		o.below, o.bad, o.rare = framed, 0, false
		o.Row = Row{}
	case o.rules() || m.within > 0 && !o.headed() || o.indented() && m.opened && m.indent < indentedLog:
		o.below = continued
		o.Row = Row{featFailure: was[featFailure], featLevel: was[featLevel], featSeverity: was[featSeverity]}
		if o.bad >= 2 {
			o.Row[featTrouble], o.Row[featBurst] = was[featTrouble], was[featBurst]
			return
		}
	default:
		return
	}
	o.again, o.open = false, false
}

func (t *traced) carry(c *codec.Codec) {
	c.U32(&t.record)
	c.U16(&t.at)
	c.U8((*uint8)(&t.form))
}
