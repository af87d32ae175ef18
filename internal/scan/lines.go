package scan

import (
	"bufio"
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
	in   *bufio.Reader
	long []byte // a line that is longer than in's buffer
	err  error

	line   []byte
	number int64
	offset int64 // of line
	next   int64 // of the line after it
	cut    bool
}

// NewLineReader returns a reader of the lines of in.
func NewLineReader(in io.Reader) *LineReader {
	return &LineReader{in: bufio.NewReaderSize(&failed{in: in}, readSize)}
}

// failed is an input whose error stays: who looks ahead does not take it away.
type failed struct {
	in  io.Reader
	err error
}

func (f *failed) Read(p []byte) (n int, err error) {
	if f.err == nil {
		n, f.err = f.in.Read(p)
	}
	return n, f.err
}

// Next goes to the next line, and reports whether there is one: not at the end of
// the input, nor when the input fails; Err tells which.
func (r *LineReader) Next() bool {
	if r.err != nil {
		return false
	}
	line, err := r.in.ReadSlice('\n')
	size := int64(len(line))
	if err == bufio.ErrBufferFull {
		line, size, err = r.readLong(line)
	}
	// What stands before an error is no line: its rest is missing.
	if r.err = err; err != nil && (err != io.EOF || size == 0) {
		return false
	}
	if err == nil && line[len(line)-1] == '\n' {
		line = line[:len(line)-1]
		if n := len(line); n > 0 && n <= MaxLine && line[n-1] == '\r' {
			line = line[:n-1]
		}
	}
	if r.cut = len(line) > MaxLine; r.cut {
		line = line[:MaxLine]
	}
	r.line = line
	r.number++
	r.offset, r.next = r.next, r.next+size
	return true
}

// readLong reads a line that does not fit into the buffer: as much of it as
// tells that it is too long, and how long it is.
func (r *LineReader) readLong(part []byte) (line []byte, size int64, err error) {
	r.long = r.long[:0]
	for err = bufio.ErrBufferFull; ; part, err = r.in.ReadSlice('\n') {
		size += int64(len(part))
		r.long = append(r.long, part[:min(len(part), MaxLine+1-len(r.long))]...)
		if err != bufio.ErrBufferFull {
			return r.long, size, err
		}
	}
}

// Ready reports whether all of the next line has been read, or as much as is at
// once. It reads nothing.
func (r *LineReader) Ready() bool {
	b, _ := r.in.Peek(r.in.Buffered())
	return bytes.IndexByte(b, '\n') >= 0 || len(b) == readSize
}

// Fill reads once more, and reports whether something came. This line is not valid
// any more then.
func (r *LineReader) Fill() bool {
	_, err := r.in.Peek(r.in.Buffered() + 1)
	return err == nil
}

// Peek returns the beginning of the next line, as far as it is wanted to tell what
// it is. It is false where that much has not been read yet, and reads nothing.
func (r *LineReader) Peek() (head []byte, ok bool) {
	b, _ := r.in.Peek(min(r.in.Buffered(), peekSize))
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return bytes.TrimSuffix(b[:end], []byte("\r")), true
	}
	return b, len(b) == peekSize
}

// peekSize is how much of the next line is looked at, in bytes.
const peekSize = 512

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
