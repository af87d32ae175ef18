// Package text makes text of logs safe to show and to hand on: cut between
// characters, without what a terminal would obey, as JSON, as a field of CSV.
// It knows the lines that are written about a log (Row, Writer) and nothing of
// where they come from or go to. It imports the standard library alone.
package text

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Cut returns at most the first n bytes of b, cut between characters. Where b
// is no UTF-8 at that place, it is cut there.
func Cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for i := n; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}

// Ends returns the beginning and the end of b where it is longer than n bytes, so many
// together at the most, else b and nothing. What holds a blank is told by how it begins:
// its end is nothing. An address or a path often is told by its end.
func Ends(b []byte, n int) (begin, end []byte) {
	if len(b) <= n {
		return b, nil
	}
	if bytes.IndexByte(b, ' ') >= 0 {
		return Cut(b, n), nil
	}
	begin, end = Cut(b, n/2), b[len(b)-n/2:]
	for i := range min(utf8.UTFMax, len(end)) {
		if utf8.RuneStart(end[i]) {
			return begin, end[i:]
		}
	}
	return begin, end
}

// Valid is b with each byte that is no UTF-8 replaced by U+FFFD.
func Valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string([]rune(string(b)))
}

// Printable is text that does nothing to a terminal: escapes and other control
// characters, tabs apart, are shown and not obeyed. At most limit bytes of it
// are used; that there are more is shown.
func Printable(text []byte, limit int) string {
	rest := Cut(text, limit)
	cut := len(rest) < len(text)
	var b strings.Builder
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			const hex = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(hex[rest[0]>>4])
			b.WriteByte(hex[rest[0]&15])
		case r == '\t':
			b.WriteByte('\t')
		case unicode.IsPrint(r) || r == ' ':
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		rest = rest[size:]
	}
	if cut {
		b.WriteString(" …")
	}
	return b.String()
}

// PrintableLines is Printable for a short text whose line ends count, such as
// an error.
func PrintableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = Printable([]byte(l), len(l))
	}
	return strings.Join(lines, "\n")
}

// decimals is a score in [0, 1] as a whole number of 10^-digits: 6 digits, and
// 9 near 0 and near 1, where many scores lie close together and their order
// matters.
func decimals(score float64) (n, scale uint64, digits int) {
	digits, scale = 6, 1e6
	if score < 0.01 || score > 0.99 {
		digits, scale = 9, 1e9
	}
	return uint64(score*float64(scale) + 0.5), scale, digits
}

// Score is a score in [0, 1] with the decimals that AppendScore writes.
func Score(score float64) float64 {
	n, scale, _ := decimals(score)
	return float64(n) / float64(scale)
}

// AppendScore appends a score in [0, 1] with 6 decimals, and with 9 near 0 and
// near 1. It is several times faster than strconv.AppendFloat, which has no
// fast way for a fixed number of decimals.
func AppendScore(b []byte, score float64) []byte {
	if !(score >= 0 && score <= 1) {
		return strconv.AppendFloat(b, score, 'g', -1, 64)
	}
	n, scale, digits := decimals(score)
	if n >= scale {
		return append(b, '1')
	}
	b = append(b, "0.000000000"[:2+digits]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// AppendTime appends a time since the Unix epoch as RFC 3339 has it, in UTC and to the
// millisecond. It is several times faster than time.Time.AppendFormat, which reads its
// layout anew for every line.
func AppendTime(b []byte, t time.Duration) []byte {
	at := time.Unix(0, int64(t)).UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	b = append(b, "0000-00-00T00:00:00.000Z"...)
	to := (*[24]byte)(b[len(b)-24:])
	pair := func(at int, n int) {
		ten := byte(uint8(n) / 10)
		to[at] += ten
		to[at+1] += byte(n) - 10*ten
	}
	pair(0, year/100)
	pair(2, year%100)
	pair(5, int(month))
	pair(8, day)
	pair(11, hour)
	pair(14, minute)
	pair(17, second)
	milli := uint32(at.Nanosecond()) / 1e6
	to[20] += byte(milli / 100)
	pair(21, int(milli%100))
	return b
}

// AppendJSON appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func AppendJSON(b, s []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0   // what is not yet appended
	looked := 0 // up to where 8 bytes at a time are known not to be plain
	for i := 0; i < len(s); {
		if i >= looked && i+8 <= len(s) {
			if looked = i + 8; plainJSON(binary.LittleEndian.Uint64(s[i:])) {
				i = looked
				continue
			}
		}
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

// plainJSON reports whether 8 bytes stand in a JSON string as they are. Subtracting from
// each byte borrows into the high bit where it was less, as far as there is one at all.
func plainJSON(w uint64) bool {
	const (
		every = 0x0101010101010101
		high  = 0x80 * every
	)
	quote, backslash, delete := w^'"'*every, w^'\\'*every, w^0x7f*every
	return (w|(w-' '*every)|(quote-every)|(backslash-every)|(delete-every))&high == 0
}

// AppendCSV appends text from a log as one field (RFC 4180). A spreadsheet
// takes a field that begins with one of = + - @ tab CR for a formula, also in
// quotes, and log lines are written by strangers: such a field gets an
// apostrophe in front. Bytes that are not UTF-8 become U+FFFD, NUL too:
// spreadsheets stop reading there.
func AppendCSV(b, s []byte) []byte {
	formula := len(s) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0
	plain := true
	for _, c := range s {
		if c == '"' || c == ',' || c < ' ' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		if formula {
			b = append(b, '\'')
		}
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

// idDigits are Crockford's base 32, without letters that are taken for digits.
const idDigits = "0123456789abcdefghjkmnpqrstvwxyz"

// AppendID appends the id of a hash: its last 50 bits as 10 letters and digits.
// Of 20,000 hashes, two have the same id once in five million logs.
func AppendID(b []byte, hash uint64) []byte {
	for shift := 45; shift >= 0; shift -= 5 {
		b = append(b, idDigits[hash>>shift&31])
	}
	return b
}

// ID is what AppendID appends.
func ID(hash uint64) string { return string(AppendID(nil, hash)) }

// IDSize is the length of an id in bytes.
const IDSize = 10

// ParseID returns the part of a hash that its id tells, and whether s is an id.
func ParseID(s string) (hash uint64, ok bool) {
	for _, c := range []byte(s) {
		d := strings.IndexByte(idDigits, c)
		if d < 0 {
			return 0, false
		}
		hash = hash<<5 | uint64(d)
	}
	return hash, len(s) == IDSize
}

// IDBits are the bits of a hash that its id tells.
const IDBits = 1<<(5*IDSize) - 1
