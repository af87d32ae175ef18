package scan

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	byteOrderMark = "\xef\xbb\xbf"
	utf16Little   = "\xff\xfe" // the byte order marks of UTF-16
	utf16Big      = "\xfe\xff"
)

// decode makes UTF-8 of a text whose first bytes tell that it is something
// else, by a byte order mark or by NULs in every second place. head is the
// beginning of whole.
func decode(head []byte, whole io.Reader) io.Reader {
	wide := func(e unicode.Endianness, mark unicode.BOMPolicy) io.Reader {
		return transform.NewReader(whole, unicode.UTF16(e, mark).NewDecoder())
	}
	switch {
	case bytes.HasPrefix(head, []byte(byteOrderMark)):
		io.CopyN(io.Discard, whole, int64(len(byteOrderMark))) // which are in memory
		return whole
	case bytes.HasPrefix(head, []byte(utf16Little)), bytes.HasPrefix(head, []byte(utf16Big)):
		return wide(unicode.LittleEndian, unicode.ExpectBOM)
	}
	switch wideNULs(head) {
	case 1:
		return wide(unicode.LittleEndian, unicode.IgnoreBOM)
	case 0:
		return wide(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return whole
}

// wideEnough is how many bytes tell UTF-16 without a byte order mark.
const wideEnough = 32

// maybeWide reports whether a beginning may be that of UTF-16, but for more of it
// to be sure. Logs begin with a time, a bracket, a brace or a word, all of them
// ASCII.
func maybeWide(head []byte) bool {
	if len(head) >= wideEnough {
		return false
	}
	// Two characters are enough to let a line of text with a NUL in it go on.
	for i, c := range head[:min(len(head), 4)] {
		if big := head[0] == 0; (c == 0) != (i%2 == 0 == big) {
			return false
		}
	}
	return len(head) > 1 || len(head) == 1 && head[0] != '\n' // an empty line waits for nothing
}

// wideNULs returns at which of two places a text of UTF-16 has its NULs: 1 for
// the little end first, 0 for the big one, -1 when it is no such text.
func wideNULs(head []byte) int {
	var nuls [2]int
	for i, c := range head {
		if c == 0 {
			nuls[i%2]++
		}
	}
	for place, n := range nuls {
		// Most characters of a log are ASCII, whatever its language; and hardly
		// any has a NUL in its other byte.
		if other := nuls[1-place]; len(head) >= 4 && n*5 > len(head)*2 && other*20 < n {
			return place
		}
	}
	return -1
}

var (
	errBinary = problem("this is a binary file, not a log: text and JSON lines are read, as they are or compressed with gzip, zstd, xz or bzip2")
	errTar    = problem("the input is a tar archive, which is not read: unpack it, or pipe one of its files through 'tar -xO -f ARCHIVE FILE'")
)

// checked refuses what is no text, by the first bytes of a live input, as soon
// as there are enough of them.
type checked struct {
	in   io.Reader
	head []byte // until there are enough to tell
	told bool
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if c.told {
		return n, err
	}
	c.head = append(c.head, p[:min(n, headSize-len(c.head))]...)
	if len(c.head) >= headSize || err == io.EOF {
		c.told = true
		if p := noLog(c.head); p != nil {
			return 0, p
		}
		c.head = nil
	}
	return n, err
}

// noLog says what a text that begins with head is in the place of a log, nil for
// nothing.
func noLog(head []byte) *Problem {
	switch {
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return errTar
	case isBinary(head):
		return errBinary
	}
	return nil
}

// isBinary tells from its first bytes what cannot be a log. NULs alone are no
// sign of it: a log that was cut in place, or a machine that lost its power,
// leaves runs of them.
func isBinary(head []byte) bool {
	text, control, broken := 0, 0, 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		switch {
		case r == 0:
		case r == utf8.RuneError && n == 1:
			broken++
			text++
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != 0x1b || r == 0x7f:
			control++
			text++
		default:
			text += n
		}
		i += n
	}
	return control > 8 && (control*10 > text || control*25 > text && broken*4 > text)
}
