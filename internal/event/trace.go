package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/internal/event/trace"
)

// closes reports whether a line only closes what was opened in those before.
func closes(text []byte) bool {
	for i, c := range text {
		switch c {
		case '}', ')', ']':
		case ',', ';', '\r':
			if i == 0 {
				return false
			}
		default:
			return false
		}
	}
	return len(text) > 0
}

// fold takes the frames of stack traces out of a message of several lines: which
// calls led to a failure, and how many, makes no other record of it. The names of
// exceptions and what they say stay, as does all else.
func (r *Reader) fold(message []byte) []byte {
	end := bytes.IndexByte(message, '\n')
	if end < 0 {
		return message
	}
	from := len(r.text)
	form, code, dropped := trace.Begins(message[:end]), false, false
	r.text = append(r.text, bytes.TrimRight(message[:end], " \t\r")...)
	for rest := message[end+1:]; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, lineEnd)
		text := bytes.TrimSpace(line)
		indented := len(text) > 0 && (line[0] == ' ' || line[0] == '\t')
		if t := trace.Begins(text); t != trace.None {
			form = t
		}
		frame := len(text) == 0 || trace.IsFrame(text) || trace.IsGoLine(text) || form == trace.Go && trace.IsGoCall(text) ||
			form == trace.Python && (code && indented || trace.IsPythonLink(text)) || bytes.HasPrefix(text, []byte("Traceback (most recent call last)"))
		// Below a frame of Python's stands the line of its code.
		code = frame && indented && form == trace.Python
		if frame {
			dropped = dropped || len(text) > 0
			continue
		}
		r.text = append(append(r.text, '\n'), text...)
	}
	if !dropped {
		r.text = r.text[:from]
		return message
	}
	return r.text[from:len(r.text):len(r.text)]
}

var lineEnd = []byte("\n")
