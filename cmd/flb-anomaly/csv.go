package main

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// csvWriter writes a row for every line (RFC 4180).
type csvWriter struct {
	out     *output
	text    bool
	several bool
	name    []byte // of the file, as a field
}

func (w *csvWriter) begin() error {
	b := w.out.buf
	if w.several {
		b = append(b, "file,"...)
	}
	b = append(b, "line,anomaly,anomaly_score,anomaly_reason"...)
	if w.text {
		b = append(b, ",text"...)
	}
	w.out.buf = append(b, "\r\n"...)
	return nil
}

func (w *csvWriter) file(name string) error {
	if w.several {
		w.name = append(appendField(w.name[:0], []byte(name)), ',')
	}
	return nil
}

func (w *csvWriter) line(line *scan.Line) error {
	b := append(w.out.buf, w.name...)
	b = strconv.AppendInt(b, line.Number, 10)
	v := &line.Verdict
	switch {
	case !v.Judged:
		b = append(b, ",false,,"...)
	case v.Anomaly:
		b = append(b, ",true,"...)
		b = append(appendScore(b, v.Score), ',')
		b = appendField(b, v.Reason)
	default:
		b = append(b, ",false,"...)
		b = append(appendScore(b, v.Score), ',')
	}
	if w.text {
		b = appendField(append(b, ','), line.Text)
	}
	w.out.buf = append(b, "\r\n"...)
	return w.out.full()
}

func (w *csvWriter) end(*scan.Result) error { return nil }

// appendField appends text from a log as one field. A spreadsheet takes a
// field that begins with one of = + - @ tab CR for a formula, also in quotes,
// and log lines are written by strangers: such a field gets an apostrophe in
// front. Bytes that are not UTF-8 become U+FFFD, NUL too: spreadsheets stop
// reading there.
func appendField(b, s []byte) []byte {
	formula := len(s) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0
	plain := true
	for _, c := range s {
		if c == '"' || c == ',' || c < ' ' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if formula && plain {
		b = append(b, '\'')
	}
	if plain {
		return append(b, s...)
	}
	b = append(b, '"')
	if formula {
		b = append(b, '\'')
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == '"':
			b = append(b, '"', '"')
		case r == 0 || r == utf8.RuneError:
			b = append(b, "\uFFFD"...)
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return append(b, '"')
}
