package scan

import (
	"bytes"
	"io"
)

// MaxLine is the length in bytes up to which a line is looked at. The rest of
// a longer one is skipped: a file without line ends must not fill the memory.
const MaxLine = 1 << 20

// readSize is how much is asked of the input at once: large enough that the
// cost of a system call is nothing for each line, small enough to stay in a
// core's second-level cache.
const readSize = 256 << 10

// LineReader splits an input into lines in bounded memory, without an
// allocation for a line. A line ends with \n or \r\n or with the input.
type LineReader struct {
	in         io.Reader
	buf        []byte
	start, end int // of what is read and not yet handed out
	err        error
	skip       bool // the rest of a long line comes first

	line   []byte
	number int64
	offset int64 // of line
	next   int64 // of the line after it
	cut    bool
}

// NewLineReader returns a reader of the lines of in.
func NewLineReader(in io.Reader) *LineReader {
	return &LineReader{in: in, buf: make([]byte, readSize)}
}

// Next goes to the next line, and reports whether there is one: not at the end of
// the input, nor when the input fails; Err tells which.
func (r *LineReader) Next() bool {
	if r.skip && !r.skipLine() {
		return false
	}
	r.cut = false
	searched := 0 // bytes after start without a newline
	for {
		if i := bytes.IndexByte(r.buf[r.start+searched:r.end], '\n'); i >= 0 {
			i += searched
			if i > MaxLine {
				r.hand(MaxLine, i+1)
				r.cut = true
				return true
			}
			r.hand(i, i+1)
			if i > 0 && r.line[i-1] == '\r' {
				r.line = r.line[:i-1]
			}
			return true
		}
		searched = r.end - r.start
		if searched > MaxLine {
			r.hand(MaxLine, MaxLine)
			r.skip, r.cut = true, true
			return true
		}
		if !r.fill() {
			// What stands before an error is no line: its rest is missing.
			if r.start == r.end || r.err != io.EOF {
				return false
			}
			r.hand(r.end-r.start, r.end-r.start)
			return true
		}
	}
}

// Line is the line without its end, at most MaxLine bytes, valid until the
// next call of Next.
func (r *LineReader) Line() []byte { return r.line }

// Number is the line's, counted from 1.
func (r *LineReader) Number() int64 { return r.number }

// Offset is where the line starts in the input, in bytes.
func (r *LineReader) Offset() int64 { return r.offset }

// Cut reports whether the line is longer than MaxLine and only its first part is
// given.
func (r *LineReader) Cut() bool { return r.cut }

// Err is what ended the input, nil for its regular end.
func (r *LineReader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// hand makes the first length bytes the line and goes on behind used bytes.
func (r *LineReader) hand(length, used int) {
	r.line = r.buf[r.start : r.start+length]
	r.number++
	r.offset = r.next
	r.next += int64(used)
	r.start += used
}

// skipLine drops everything up to and with the next newline.
func (r *LineReader) skipLine() bool {
	for {
		if i := bytes.IndexByte(r.buf[r.start:r.end], '\n'); i >= 0 {
			r.start += i + 1
			r.next += int64(i + 1)
			r.skip = false
			return true
		}
		r.next += int64(r.end - r.start)
		r.start = r.end
		if !r.fill() {
			return false
		}
	}
}

// fill reads more behind what is there, and reports whether there was more.
func (r *LineReader) fill() bool {
	if r.err != nil {
		return false
	}
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		grown := make([]byte, min(2*len(r.buf), MaxLine+readSize))
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
	// A reader may return nothing without an error; one that does so again and
	// again is broken.
	for range 100 {
		var n int
		n, r.err = r.in.Read(r.buf[r.end:])
		r.end += n
		if n > 0 {
			return true
		}
		if r.err != nil {
			return false
		}
	}
	r.err = io.ErrNoProgress
	return false
}
