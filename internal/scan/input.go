package scan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	gzipMagic     = "\x1f\x8b\x08"
	byteOrderMark = "\xef\xbb\xbf"
	utf16Little   = "\xff\xfe" // the byte order marks of UTF-16
	utf16Big      = "\xfe\xff"
)

// foreign are the beginnings of files that are told apart from text, so that
// nobody gets verdicts on noise.
var foreign = []struct{ magic, problem string }{
	{"\x28\xb5\x2f\xfd", packed("zstd", "zstd -dc")},
	{"\xfd7zXZ\x00", packed("xz", "xz -dc")},
	{"\x04\x22\x4d\x18", packed("lz4", "lz4 -dc")},
	{"BZh91AY&SY", packed("bzip2", "bzip2 -dc")},
	{"PK\x03\x04", packed("zip", "unzip -p")},
	{"LPKSHHRH", "the input is a journal of systemd, which is not read: give the output of 'journalctl -o json --file FILE'"},
	{"\x7fELF", "the input is a program, not a log"},
	{"\x89PNG\r\n", "the input is a picture, not a log"},
	{"\xff\xd8\xff", "the input is a picture, not a log"},
	{"%PDF-", "the input is a PDF document, not a log"},
	{"SQLite format 3\x00", "the input is a SQLite database, not a log"},
}

func packed(format, command string) string {
	return fmt.Sprintf("the input is compressed with %s, which is not read: pipe it through '%s' (plain text and gzip are read)", format, command)
}

// Decompress returns the text of an input that is plain or gzip, of any
// number of members; the first bytes tell which, not a name. UTF-16 with a
// byte order mark becomes UTF-8; the mark itself is dropped. The error for
// what is no text says what to do about it.
func Decompress(in io.Reader) (io.Reader, error) {
	head, whole, err := peek(in)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(head, []byte(gzipMagic)) {
		return decode(head, whole), nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(whole, readSize))
	if err != nil {
		return nil, gzipError(err)
	}
	if head, whole, err = peek(&gzipReader{z}); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte(gzipMagic)) {
		return nil, errors.New("the input is compressed with gzip twice: pipe it through 'gzip -dc'")
	}
	return decode(head, whole), nil
}

// peek looks at the beginning of an input. whole still has it.
func peek(in io.Reader) (head []byte, whole io.Reader, err error) {
	// No more is waited for than it takes to decide: in a live pipe, the next
	// byte may be long in coming.
	head = make([]byte, 0, 16)
	for tries := 0; undecided(head) && tries < 100; tries++ {
		n, err := in.Read(head[len(head) : len(head)+1])
		head = head[:len(head)+n]
		if err == io.EOF {
			break
		} else if err != nil {
			return head, in, err
		}
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return head, in, errors.New(f.problem)
		}
	}
	return head, io.MultiReader(bytes.NewReader(head), in), nil
}

// undecided reports whether more bytes could still make a known beginning of it.
func undecided(head []byte) bool {
	begins := func(magic string) bool {
		return len(head) < len(magic) && magic[:len(head)] == string(head)
	}
	for _, f := range foreign {
		if begins(f.magic) {
			return true
		}
	}
	return begins(gzipMagic) || begins(byteOrderMark) || begins(utf16Little) || begins(utf16Big)
}

// decode makes UTF-8 of a text that a byte order mark says something of.
func decode(head []byte, whole io.Reader) io.Reader {
	switch {
	case bytes.HasPrefix(head, []byte(byteOrderMark)):
		io.CopyN(io.Discard, whole, int64(len(byteOrderMark))) // which are in memory
	case bytes.HasPrefix(head, []byte(utf16Little)), bytes.HasPrefix(head, []byte(utf16Big)):
		return transform.NewReader(whole, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	}
	return whole
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
