package scan

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// A compression is told by the first bytes of a file. Each goes on behind a
// file's end with what was compressed by itself and joined.
type compression struct {
	name, command, magic string
	open                 func(io.Reader) (io.Reader, error)
}

var compressions = append(bzip2s(), []compression{
	{"gzip", "gzip", "\x1f\x8b\x08", func(in io.Reader) (io.Reader, error) { return gzip.NewReader(in) }},
	{"zstd", "zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"zstd", "zstd", "\x50\x2a\x4d\x18", openZstd}, // pzstd begins with a frame of its own
	{"xz", "xz", "\xfd7zXZ\x00", func(in io.Reader) (io.Reader, error) { return xz.NewReader(in) }},
}...)

// bzip2s are the nine sizes of bzip2.
func bzip2s() (all []compression) {
	for size := '1'; size <= '9'; size++ {
		all = append(all, compression{"bzip2", "bzip2", "BZh" + string(size) + "1AY&SY", func(in io.Reader) (io.Reader, error) { return bzip2.NewReader(in), nil }})
	}
	return all
}

// maxWindow is the most memory that a file of zstd may ask for, as much as
// the command zstd gives unasked.
const maxWindow = 128 << 20

func openZstd(in io.Reader) (io.Reader, error) {
	// On one goroutine: it needs no end but the garbage collector's, and judging
	// takes many times as long.
	return zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
}

// compressionOf tells what a file that begins with head is compressed with, nil
// for nothing.
func compressionOf(head []byte) *compression {
	for i := range compressions {
		if bytes.HasPrefix(head, []byte(compressions[i].magic)) {
			return &compressions[i]
		}
	}
	return nil
}

// unpack returns what is compressed in an input.
func (c *compression) unpack(in io.Reader) (io.Reader, error) {
	u := &unpacked{of: c, from: &remembering{in: in}}
	var err error
	if u.text, err = c.open(bufio.NewReaderSize(u.from, readSize)); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return u, u.problem(err)
}

// unpacked is what is compressed in an input.
type unpacked struct {
	of   *compression
	text io.Reader
	from *remembering
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.text.Read(p)
	return n, u.problem(err)
}

// problem says what is wrong with the file: "unexpected EOF" alone would not
// tell that it is the compressed file that ends too early.
func (u *unpacked) problem(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case u.from.err != nil && u.from.err != io.EOF:
		return u.from.err // nothing is wrong with what has come
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem("the %s file is cut off", u.of.name)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return problem("the %s file is damaged: its checksum is wrong", u.of.name)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		return problem("behind the %s file's end stands something that is not %s", u.of.name, u.of.name)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return problem("the zstd file needs more memory than is given to one: pipe it through 'zstd -dc --long=31'")
	}
	return problem("the %s file is damaged: %v", u.of.name, err)
}

// remembering keeps the error of an input, to tell it from one of its format.
type remembering struct {
	in  io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}
