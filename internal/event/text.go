package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// A format is a form that a text may have.
type format struct {
	// has is a byte without which no text has the form, which tells most texts
	// fast; 0 for none.
	has byte

	// read takes in a text. It is false, and nothing is taken in, when the text
	// has another form. more says that there may be a message in what was taken in
	// that has a form itself.
	read func(r *Reader, text []byte) (more, ok bool)
}

// formatsOf are those that a text of such marks may have.
var formatsOf = func() (of [pattern.AllMarks + 1][]format) {
	for m := range of {
		for _, f := range formats {
			if markOf[f.has]&^pattern.Marks(m) == 0 {
				of[m] = append(of[m], f)
			}
		}
	}
	return of
}()

// markOf is the mark of a byte that a form has.
var markOf = [256]pattern.Marks{'"': pattern.QuoteMark, ',': pattern.CommaMark, '=': pattern.EqualMark, '\t': pattern.ControlMark}

// formats are all forms that a text may have, in the order in which they are
// tried.
var formats = []format{
	{0, (*Reader).json},
	{0, (*Reader).table},
	{0, (*Reader).jsonBehind},
	{'"', (*Reader).access},
	{'"', (*Reader).loadBalancer},
	{'"', (*Reader).s3},
	{'"', (*Reader).haproxy},
	{'=', (*Reader).logfmt},
	{'\t', (*Reader).tabs},
	{',', (*Reader).commas},
	{'"', (*Reader).within},
}

// formats takes in a text of whatever form; it is plain already. What stands
// before it for its transport is taken off first.
//
// Of a text of several lines that has no form as a whole, the first may have one.
// The others belong to its message.
func (r *Reader) formats(text []byte) (more, ok bool) {
	carried := text
	text = r.transport(text)
	if r.known && len(text) == len(carried) && len(r.header.names) == 0 {
		return false, false
	}
	if more, ok := r.form(text, carried); ok {
		return more, true
	}
	if r.marks&pattern.ControlMark != 0 && r.rest == nil {
		if first, rest, several := bytes.Cut(text, lineEnd); several {
			if more, ok := r.form(first, carried); ok {
				r.rest = rest
				return more, true
			}
		}
	}
	if len(text) < len(carried) {
		// The message is what is left.
		r.message = candidate{rank: lineRank, value: text, plain: true, line: r.marks&pattern.ControlMark == 0}
		return false, true
	}
	if len(r.header.names) == 0 && !r.asked {
		if r.shape == 0 { // it was coloured
			r.shape = pattern.ShapeOf(text)
		}
		r.plains.add(r.shape, text, r.marks)
	}
	return false, false
}

// form takes in a text that is carried by another.
func (r *Reader) form(text, carried []byte) (more, ok bool) {
	for _, f := range formatsOf[r.marks&pattern.AllMarks] {
		if len(text) < len(carried) && f.has != 0 && bytes.IndexByte(text, f.has) < 0 {
			continue // it stood in what carries the text
		}
		if more, ok := f.read(r, text); ok {
			return more, true
		}
		if r.undone {
			// What stood before it must be taken in again.
			r.undone = false
			r.transport(carried)
		}
	}
	return false, false
}

// json takes in an object in JSON.
func (r *Reader) json(text []byte) (more, ok bool) {
	if len(text) < 2 || text[0] != '{' {
		return false, false
	}
	// Of what turns out not to be JSON, nothing must be left.
	if text[len(text)-1] != '}' || !r.alone && skipValue(text, 0, 0) != len(text) {
		return false, false
	}
	if r.jsonObject(text) {
		return true, true
	}
	r.undo()
	return false, false
}

// jsonBehind takes in an object in JSON behind a text, which is the message
// where there is none in the object:
//
//	Mar  2 08:00:01 host app[7]: {"level":"error","msg":"declined"}
//	2026-03-02T08:00:01Z	INFO	listening	{"port": 80}
func (r *Reader) jsonBehind(text []byte) (more, ok bool) {
	if len(text) < 8 || text[len(text)-1] != '}' {
		return false, false
	}
	at := bytes.Index(text, objectStart)
	if at < 2 || text[at-1] != ' ' && text[at-1] != '\t' && text[at-1] != ':' || skipValue(text, at, 0) != len(text) || !r.jsonObject(text[at:]) {
		return false, false
	}
	if r.message.rank != 0 {
		return true, true
	}
	if head := bytes.TrimRight(text[:at], " \t:-|="); len(head) > 0 {
		r.message = candidate{rank: lineRank, value: head, plain: true}
	}
	return false, true
}

var objectStart = []byte(`{"`)

// undo forgets what was taken in of a text that was alone.
func (r *Reader) undo() {
	r.event++
	r.undone = true
	r.fields = r.fields[:0]
	r.message, r.blank = candidate{}, false
	r.level, r.carried, r.clock, r.group = rated{}, rated{}, moment{}, nil
}

// plain is a text without the codes that colour it and without white space at its end.
func (r *Reader) plain(text []byte) []byte { return r.colourless(trimmed(text)) }

// trimmed is a text without white space at its end.
func trimmed(text []byte) []byte {
	for len(text) > 0 && text[len(text)-1] <= ' ' && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// colourless is a text without the codes that colour it on a terminal (ECMA-48,
// control sequences: ESC [ … and a letter).
func (r *Reader) colourless(text []byte) []byte {
	i := bytes.IndexByte(text, escape)
	if i < 0 {
		return text
	}
	from := len(r.text)
	for i >= 0 {
		r.text = append(r.text, text[:i]...)
		text = text[i:]
		end := 2
		if len(text) > 1 && text[1] == '[' {
			for end < len(text) && (text[end] >= '0' && text[end] <= '?') {
				end++
			}
			if end < len(text) && text[end] >= '@' && text[end] <= '~' {
				text = text[end+1:]
				i = bytes.IndexByte(text, escape)
				continue
			}
		}
		// Something else stays as it is.
		r.text = append(r.text, escape)
		text = text[1:]
		i = bytes.IndexByte(text, escape)
	}
	r.text = append(r.text, text...)
	return r.text[from:len(r.text):len(r.text)]
}

const escape = 0x1b
