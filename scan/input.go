package scan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

const (
	gzipMagic     = "\x1f\x8b\x08"
	byteOrderMark = "\xef\xbb\xbf"
)

// packed are the beginnings of compressed files that are told apart from
// text, so that nobody gets verdicts on noise.
var packed = []struct {
	magic, format, command string
}{
	{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"},
	{"\xfd7zXZ\x00", "xz", "xz -dc"},
	{"\x04\x22\x4d\x18", "lz4", "lz4 -dc"},
	{"PK\x03\x04", "zip", "unzip -p"},
}

// Decompress returns the text of an input that is plain or gzip, of any
// number of members; the first bytes tell which, not a name. A byte order mark
// before the text is dropped. The error for another compression says what to
// do about it.
func Decompress(in io.Reader) (io.Reader, error) {
	// No more is waited for than it takes to decide: in a live pipe, the next
	// byte may be long in coming.
	head := make([]byte, 0, 16)
	for tries := 0; undecided(head) && tries < 100; tries++ {
		n, err := in.Read(head[len(head) : len(head)+1])
		head = head[:len(head)+n]
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
	}
	whole := io.MultiReader(bytes.NewReader(head), in)
	if bytes.HasPrefix(head, []byte(gzipMagic)) {
		z, err := gzip.NewReader(bufio.NewReaderSize(whole, readSize))
		return &gzipReader{z}, gzipError(err)
	}
	for _, p := range packed {
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return nil, fmt.Errorf("the input is compressed with %s, which is not read: pipe it through '%s' (plain text and gzip are read)", p.format, p.command)
		}
	}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		whole = io.MultiReader(bytes.NewReader(head[len(byteOrderMark):]), in)
	}
	return whole, nil
}

// undecided says whether more bytes could still make a known beginning of it.
func undecided(head []byte) bool {
	begins := func(magic string) bool {
		return len(head) < len(magic) && magic[:len(head)] == string(head)
	}
	for _, p := range packed {
		if begins(p.magic) {
			return true
		}
	}
	return begins(gzipMagic) || begins(byteOrderMark)
}

type gzipReader struct{ z *gzip.Reader }

func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	return n, gzipError(err)
}

// gzipError says what is wrong with the file: "unexpected EOF" alone would not
// tell that it is the compressed file that ends too early.
func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the gzip file is cut off")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the gzip file is damaged: its checksum is wrong")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("behind the gzip file's end stands something that is not gzip")
	}
	return err
}
