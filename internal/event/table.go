package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// header is a line of names that says what stands in those behind it. IIS and
// CloudFront write it (W3C's extended log format, https://www.w3.org/TR/WD-logfile),
// and Zeek in lower case:
//
//	#Fields: date time s-ip cs-method cs-uri-stem sc-status time-taken
//	2026-03-02 08:00:01 10.0.0.7 GET /cart 200 31
type header struct {
	text  []byte // its own copy
	names [][]byte
	date  int // which is the date, -1 for none
	clock int // which is the time of day, or all of the time
}

// maxHeader is the size in bytes of a header that is taken in.
const maxHeader = 4096

// table takes in a line of a table whose header came before. The header itself is
// text, as all else that begins with #.
func (r *Reader) table(text []byte) (more, ok bool) {
	if len(text) > 0 && text[0] == '#' {
		r.header.set(text)
		return false, false
	}
	h := &r.header
	if len(h.names) == 0 || len(text) == 0 {
		return false, false
	}
	// CloudFront has spaces in the header and tabs in the lines.
	between := byte(' ')
	if bytes.IndexByte(text, '\t') >= 0 {
		between = '\t'
	}
	if bytes.Count(text, []byte{between}) < len(h.names)-1 {
		return false, false
	}
	var values [detector.MaxFields][]byte
	n := 0
	for rest, found := text, true; found; n++ {
		if n == len(h.names) {
			return false, false
		}
		if between == ' ' && len(rest) > 0 && rest[0] == '"' {
			if inside, end := quotedFrom(rest, 0); end == len(rest) || end > 0 && rest[end] == ' ' {
				values[n] = inside
				if found = end < len(rest); found {
					rest = rest[end+1:]
				}
				continue
			}
		}
		value := rest
		if i := bytes.IndexByte(rest, between); i >= 0 {
			value, rest = rest[:i:i], rest[i+1:]
		} else {
			found = false
		}
		values[n] = value
	}
	if n != len(h.names) || !isTime(detector.Text, values[h.clock], 0) || h.date >= 0 && !isTime(detector.Text, values[h.date], 0) {
		return false, false
	}
	if h.date < 0 {
		r.at(values[h.clock])
	} else {
		from := len(r.text)
		r.text = append(append(append(r.text, values[h.date]...), ' '), values[h.clock]...)
		r.at(r.text[from:len(r.text):len(r.text)])
	}
	for i, name := range h.names {
		if i == h.date || i == h.clock {
			continue
		}
		if n := r.tree.child(&r.tree.root, name); n != nil {
			r.str(n, values[i])
		}
	}
	return r.message.rank != 0, true
}

// set takes in a line that begins with #, where it is a header.
func (h *header) set(text []byte) {
	list, ok := bytes.CutPrefix(text, []byte("#Fields:"))
	if !ok {
		list, ok = bytes.CutPrefix(text, []byte("#fields\t"))
	}
	if !ok || bytes.Equal(text, h.text) || len(text) > maxHeader {
		return
	}
	h.text = append(h.text[:0], text...)
	list = h.text[len(h.text)-len(list):]
	h.names, h.date, h.clock = h.names[:0], -1, -1
	for len(list) > 0 && len(h.names) < detector.MaxFields {
		end := bytes.IndexAny(list, " \t")
		if end < 0 {
			end = len(list)
		}
		if name := list[:end:end]; end > 0 {
			switch string(name) {
			case "date":
				h.date = len(h.names)
			case "time", "ts", "timestamp":
				h.clock = len(h.names)
			}
			h.names = append(h.names, name)
		}
		list = list[min(end+1, len(list)):]
	}
	if h.clock < 0 || len(h.names) < 3 || len(list) > 0 {
		h.names = h.names[:0] // without a time, no line could be told from others
	}
}
