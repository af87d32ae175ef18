package scan

import (
	"bytes"
	"errors"
	"io"
)

// MaxLine is the length in bytes up to which a line is looked at. The rest of
// a longer one is skipped: a file without line ends must not fill the memory.
const MaxLine = 1 << 20

// readSize is how much is asked of the input at once: large enough that the
// cost of a system call is nothing for each line, small enough to stay in a
// core's second-level cache.
const readSize = 64 << 10

// LineReader splits an input into lines in bounded memory, without an
// allocation for a line. A line ends with \n or \r\n or with the input.
type LineReader struct {
	in     io.Reader
	failed error // of in: what came before it is given first

	block   []byte // what is read goes here
	at, end int    // of it, what has been read and not been given
	start   int    // of the line in it
	found   int    // where the next line ends in it, if it is known
	long    []byte // a line that is longer than a block

	// turn is called before each read, and returns the block that is read into. Lines
	// that were given stay valid in the one before. nil = it is always the same one.
	turn func() ([]byte, error)

	line   []byte
	number int64
	offset int64 // of line
	next   int64 // of the line after it
	err    error
	cut    bool
	isLong bool // the line is in long
}

const unfound = -1

// NewLineReader returns a reader of the lines of in.
func NewLineReader(in io.Reader) *LineReader {
	return &LineReader{in: in, block: make([]byte, readSize), found: unfound}
}

// Next goes to the next line, and reports whether there is one: not at the end of
// the input, nor when the input fails; Err tells which.
func (r *LineReader) Next() bool {
	if r.err != nil {
		return false
	}
	line, size, err := r.take()
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

// take returns the next line with its end, or what stands before the error. Of one that
// does not fit into a block it is as much as tells that it is too long.
func (r *LineReader) take() (line []byte, size int64, err error) {
	end, err := r.find()
	line, r.start, r.at = r.block[r.at:end:end], r.at, end
	if r.isLong = err == errFull; !r.isLong {
		return line, int64(len(line)), err
	}
	r.long = r.long[:0]
	for {
		size += int64(len(line))
		r.long = append(r.long, line[:min(len(line), MaxLine+1-len(r.long))]...)
		if err != errFull {
			return r.long, size, err
		}
		end, err = r.find()
		line, r.at = r.block[r.at:end], end
	}
}

// find returns where the next line ends in the block, or what there is of it before the
// error, which is errFull where all of the block is.
func (r *LineReader) find() (end int, err error) {
	if end = r.found; end != unfound {
		r.found = unfound
		return end + 1, nil
	}
	for seen := 0; ; {
		if i := bytes.IndexByte(r.block[r.at+seen:r.end], '\n'); i >= 0 {
			return r.at + seen + i + 1, nil
		}
		seen = r.end - r.at
		switch {
		case r.failed != nil:
			return r.end, r.failed
		case seen == len(r.block):
			return r.end, errFull
		}
		r.read()
	}
}

// errFull says that a line goes on behind the block.
var errFull = errors.New("the block is full")

// read reads once more, and reports whether something came. What has not been given
// moves to the beginning of the block.
func (r *LineReader) read() bool {
	rest := r.block[r.at:r.end]
	if r.turn != nil {
		block, err := r.turn()
		if err != nil {
			r.failed = err
			return false
		}
		r.block = block
	}
	r.at, r.end, r.found = 0, copy(r.block, rest), unfound
	for range mostEmpty {
		n, err := r.in.Read(r.block[r.end:])
		r.end, r.failed = r.end+n, err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	r.failed = io.ErrNoProgress
	return false
}

// mostEmpty is how many reads in a row may bring nothing, as package bufio has it.
const mostEmpty = 100

// move lets the text go on in another block, this line included. What of it was given
// stays valid in the one before.
func (r *LineReader) move(block []byte) {
	from := r.at
	if !r.isLong {
		from = r.start
		r.line = block[:len(r.line):len(r.line)]
	}
	end := copy(block, r.block[from:r.end])
	if r.found != unfound {
		r.found -= from
	}
	r.block, r.start, r.at, r.end = block, 0, r.at-from, end
}

// Ready reports whether all of the next line has been read, or as much as is at
// once. It reads nothing.
func (r *LineReader) Ready() bool {
	b := r.block[r.at:r.end]
	return bytes.IndexByte(b, '\n') >= 0 || len(b) == len(r.block)
}

// Fill reads once more, and reports whether something came. This line is not valid
// any more then.
func (r *LineReader) Fill() bool {
	return r.failed == nil && r.end-r.at < len(r.block) && r.read()
}

// Peek returns the beginning of the next line, as far as it is wanted to tell what
// it is. It is false where that much has not been read yet, and reads nothing.
func (r *LineReader) Peek() (head []byte, ok bool) {
	b := r.block[r.at:min(r.end, r.at+peekSize)]
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		r.found = r.at + end
		return bytes.TrimSuffix(b[:end], carriageReturn), true
	}
	return b, len(b) == peekSize
}

var carriageReturn = []byte("\r")

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

// Long reports whether the line is valid only until the next call of Next, whatever
// block it goes on in.
func (r *LineReader) Long() bool { return r.isLong }

// Err is what ended the input, nil for its regular end.
func (r *LineReader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}
