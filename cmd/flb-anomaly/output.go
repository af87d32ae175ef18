package main

import (
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// writer is one output format.
type writer interface {
	begin() error                  // before the first file
	file(name string) error        // a file begins
	line(line *scan.Line) error    // one of its lines
	end(result *scan.Result) error // the file has ended
}

func newWriter(f *scanFlags, out *output, several bool) writer {
	switch f.format {
	case "jsonl":
		return &jsonlWriter{out: out, text: f.text, several: several}
	case "csv":
		return &csvWriter{out: out, text: f.text, several: several}
	default:
		return &tableWriter{out: out, several: several, color: useColor(f.color, out.to)}
	}
}

// outputSize is how much is written at once.
const outputSize = 64 << 10

// output is a buffer that the formats append to: strconv's and our own Append
// functions need no copy and no call for each piece of a line.
type output struct {
	to  io.Writer
	buf []byte
	err error // the first; nothing is written after it
}

// full writes the buffer out when it is well filled; called once a line.
func (o *output) full() error {
	if len(o.buf) < outputSize-4096 {
		return o.err
	}
	return o.flush()
}

func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.to.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}

// appendScore appends a score in [0, 1] with 6 decimals, and with 9 near 0 and
// near 1, where many scores lie close together and their order matters. It is
// several times faster than strconv.AppendFloat, which has no fast way for a
// fixed number of decimals.
func appendScore(b []byte, score float64) []byte {
	if !(score >= 0 && score <= 1) {
		return strconv.AppendFloat(b, score, 'g', -1, 64)
	}
	digits, scale := 6, 1e6
	if score < 0.01 || score > 0.99 {
		digits, scale = 9, 1e9
	}
	n := uint64(score*scale + 0.5)
	if n >= uint64(scale) {
		return append(b, '1')
	}
	b = append(b, "0.000000000"[:2+digits]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// appendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendString(b, s []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0 // what is not yet appended
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[from:i]...)
		switch {
		case c >= utf8.RuneSelf:
			b = append(b, "\uFFFD"...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
