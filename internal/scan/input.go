package scan

import (
	"bytes"
	"fmt"
	"io"
)

// Problem is why an input is no log, or none that can be read: a sentence
// without its capital and its full stop, that says what to do.
type Problem struct{ text string }

func (p *Problem) Error() string { return p.text }

func problem(format string, args ...any) *Problem {
	return &Problem{fmt.Sprintf(format, args...)}
}

// foreign are the beginnings of files that are told apart from text, so that
// nobody gets verdicts on noise.
var foreign = []struct {
	magic   string
	problem *Problem
}{
	{"\x04\x22\x4d\x18", problem("the input is compressed with lz4, which is not read: pipe it through 'lz4 -dc' (text is read, and gzip, zstd, xz and bzip2)")},
	{"PK\x03\x04", problem("the input is compressed with zip, which is not read: pipe it through 'unzip -p' (text is read, and gzip, zstd, xz and bzip2)")},
	{"LPKSHHRH", problem("the input is a journal of systemd, which is not read: give the output of 'journalctl -o export --file FILE'")},
	{"\x7fELF", problem("the input is a program, not a log")},
	{"\x89PNG\r\n", problem("the input is a picture, not a log")},
	{"\xff\xd8\xff", problem("the input is a picture, not a log")},
	{"%PDF-", problem("the input is a PDF document, not a log")},
	{"SQLite format 3\x00", problem("the input is a SQLite database, not a log")},
}

// Text returns the text of an input, which is plain or compressed with gzip,
// zstd, xz or bzip2, as UTF-8 and without a byte order mark, that of a journal's
// export as JSON lines; the first bytes tell what it is, not a name. Every way into a scan leads through it. What is
// no log is a Problem, at once or at the end of its first bytes.
//
// A live input is not made to wait: what has come is handed on, and what it is
// is told by as few bytes as will do.
func Text(in io.Reader, live bool) (io.Reader, error) {
	head, whole, err := peek(in, live)
	if err != nil {
		return nil, err
	}
	if c := compressionOf(head); c != nil {
		if whole, err = c.unpack(whole); err != nil {
			return nil, err
		}
		if head, whole, err = peek(whole, live); err != nil {
			return nil, err
		}
		if again := compressionOf(head); again != nil {
			return nil, problem("the input is compressed twice, with %s within %s: pipe it through '%s -dc'", again.name, c.name, c.command)
		}
	}
	text := decode(head, whole)
	if bytes.HasPrefix(head, []byte(journalMagic)) {
		text = newJournalExport(text)
	}
	if live {
		return &checked{in: text}, nil
	}
	// The verdict on what it is comes before those on its lines.
	if head, text, err = begin(text); err != nil {
		return nil, err
	}
	if p := noLog(head); p != nil {
		return nil, p
	}
	return text, nil
}

// headSize is how much of an input is looked at to tell what it is.
const headSize = 4096

// peek looks at the beginning of an input. whole still has it.
func peek(in io.Reader, live bool) (head []byte, whole io.Reader, err error) {
	if live {
		// In a live pipe, the next byte may be long in coming.
		head = make([]byte, 0, headSize)
		for tries := 0; undecided(head) && tries < 100; tries++ {
			n, err := in.Read(head[len(head) : len(head)+1])
			head = head[:len(head)+n]
			if err == io.EOF {
				break
			} else if err != nil {
				return head, in, err
			}
		}
		whole = io.MultiReader(bytes.NewReader(head), in)
	} else if head, whole, err = begin(in); err != nil {
		return head, whole, err
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return head, whole, f.problem
		}
	}
	return head, whole, nil
}

// begin reads the first headSize bytes of an input, or all of a shorter one.
// whole still has them, and the error behind them where there is one.
func begin(in io.Reader) (head []byte, whole io.Reader, err error) {
	head = make([]byte, 0, headSize)
	for tries := 0; len(head) < headSize && err == nil; tries++ {
		var n int
		n, err = in.Read(head[len(head):headSize])
		if head = head[:len(head)+n]; n == 0 && err == nil && tries >= 2*headSize {
			err = io.ErrNoProgress
		}
	}
	switch {
	case err == nil:
		return head, io.MultiReader(bytes.NewReader(head), in), nil
	case err == io.EOF:
		return head, bytes.NewReader(head), nil
	case len(head) == 0:
		return head, in, err
	}
	return head, io.MultiReader(bytes.NewReader(head), failing{err}), nil
}

// failing is an input that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

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
	for i := range compressions {
		if begins(compressions[i].magic) {
			return true
		}
	}
	return begins(journalMagic) || begins(byteOrderMark) || begins(utf16Little) || begins(utf16Big) || maybeWide(head)
}
