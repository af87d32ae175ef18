package web

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
)

// reader makes events of lines again, for one request at a time.
type reader struct {
	events  *event.Reader
	scanner *pattern.Scanner
	line    pattern.Workspace
	event   detector.Event
}

// reader takes one that is free, or makes one. The options were checked when the view
// was made.
func (v *view) reader() *reader {
	if r, ok := v.readers.Get().(*reader); ok {
		return r
	}
	events, err := event.NewReader(&v.settings)
	if err != nil {
		return nil
	}
	events.SetReference(v.modified)
	return &reader{events: events, scanner: pattern.NewScanner(1)}
}

// display is a line for people: the message, of the length that is returned, and the
// fields behind it, first those that the reason speaks of: a table has little room. The
// time and the level that the message begins with are left out where the row has them.
func (v *view) display(line []byte, timed, leveled bool, reason string) (shown []byte, message int) {
	r := v.reader()
	if r == nil {
		return line, len(line)
	}
	defer v.readers.Put(r)
	ev := &r.event
	r.events.Line(line, ev)
	fields := ev.Fields
	if len(ev.Message) > 0 {
		shown = append(shown, r.head(ev.Message, timed, leveled)...)
	} else {
		shown, fields = request(fields)
	}
	message = len(shown)
	ends := make([]int, 0, detector.MaxFields)
	for i := range fields {
		shown = appendField(append(shown, ' '), &fields[i])
		ends = append(ends, len(shown))
	}
	if marks := incident.Marks(string(shown), reason); reason != "" && len(marks) > 0 {
		shown = marked(shown, message, ends, marks)
	}
	if message == 0 {
		shown = bytes.TrimPrefix(shown, []byte(" "))
	}
	if message == 0 { // fields alone: none of them is behind the others
		message = len(shown)
	}
	return shown, message
}

// marked puts the fields with a mark, each of which begins where the one before it ends,
// before the others.
func marked(shown []byte, message int, ends []int, marks [][2]int) []byte {
	first, rest, from := slices.Clone(shown[:message]), []byte(nil), message
	for _, end := range ends {
		if slices.ContainsFunc(marks, func(m [2]int) bool { return m[0] < end && m[1] > from }) {
			first = append(first, shown[from:end]...)
		} else {
			rest = append(rest, shown[from:end]...)
		}
		from = end
	}
	return append(first, rest...)
}

// head cuts the time and the level off the beginning of a message, with what stands
// between them. It leaves at least a word.
func (r *reader) head(message []byte, timed, leveled bool) []byte {
	r.scanner.Scan(message, &r.line)
	end := 0
	for _, t := range r.line.Tokens {
		zone := end > 0 && t.Kind == pattern.Word && string(message[t.Start:t.End]) == "UTC"
		if !(timed && t.Kind == pattern.Time || leveled && t.Kind == pattern.LevelWord || zone) || len(bytes.Trim(message[end:t.Start], " \t[]()<>|:-,")) > 0 {
			break
		}
		end = int(t.End)
	}
	if rest := bytes.TrimLeft(message[end:], " \t])>|:-,"); end > 0 && len(rest) > 0 {
		return rest
	}
	return message
}

// request is what an access log says first, GET /cart 500, and the other fields. It is
// empty for other records.
func request(fields []detector.Field) (first []byte, rest []detector.Field) {
	at := func(name string) int {
		return slices.IndexFunc(fields, func(f detector.Field) bool { return string(f.Name) == name })
	}
	method, path, code := at("method"), at("path"), at("code")
	if method < 0 || path < 0 || code < 0 {
		return nil, fields
	}
	for _, i := range []int{method, path, code} {
		if len(first) > 0 {
			first = append(first, ' ')
		}
		first = append(first, fields[i].Value...)
	}
	for i := range fields {
		if i != method && i != path && i != code {
			rest = append(rest, fields[i])
		}
	}
	return first, rest
}

// appendField appends name=value, in quotes where it would not be told from the next.
func appendField(b []byte, f *detector.Field) []byte {
	b = append(append(b, f.Name...), '=')
	switch {
	case f.Kind == detector.Null:
		return append(b, "null"...)
	case len(f.Value) == 0 || bytes.ContainsAny(f.Value, " \t\""):
		return strconv.AppendQuote(b, string(f.Value))
	}
	return append(b, f.Value...)
}
