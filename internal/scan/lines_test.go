package scan

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	buffers := func(of string, n int) string { return strings.Repeat(of, n*readSize) }
	for _, c := range []struct {
		name, input string
		want        []string
	}{
		{"nothing", "", nil},
		{"one line", "a\n", []string{"a"}},
		{"last line without its end", "a\nb", []string{"a", "b"}},
		{"empty lines", "\n\na\n\n", []string{"", "", "a", ""}},
		{"ends of both kinds", "a\r\nb\n\r\nc\r\n", []string{"a", "b", "", "c"}},
		{"a carriage return within", "a\rb\r\r\nc\r", []string{"a\rb\r", "c\r"}},
		{"bytes that are no text", "\x00\xff\n\xfe\x00", []string{"\x00\xff", "\xfe\x00"}},
		{"as long as is read", long + "\nb\n", []string{long, "b"}},
		{"longer", long + "y\nb\n", []string{long, "b"}},
		{"longer, with the other end", long + "yyy\r\nb\n", []string{long, "b"}},
		{"far longer", "a\n" + strings.Repeat(long, 5) + "\nb\n" + long + long + "\nc", []string{"a", long, "b", long, "c"}},
		{"longer than the buffer, one after the other", buffers("x", 3) + "\n" + buffers("y", 2) + "\nb\n" + buffers("z", 2), []string{buffers("x", 3), buffers("y", 2), "b", buffers("z", 2)}},
		{"longer, and nothing behind", strings.Repeat(long, 3), []string{long}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, in := range map[string]io.Reader{
				"whole":            strings.NewReader(c.input),
				"halves":           iotest.HalfReader(strings.NewReader(c.input)),
				"end with data":    iotest.DataErrReader(strings.NewReader(c.input)),
				"single bytes":     iotest.OneByteReader(strings.NewReader(c.input[:min(len(c.input), 1000)])),
				"nothing at times": &stuttering{in: strings.NewReader(c.input)},
			} {
				want := c.want
				if name == "single bytes" && len(c.input) > 1000 {
					continue
				}
				got := readAll(t, in, c.input)
				if !slices.Equal(got, want) {
					t.Errorf("%s: got %d lines %.40q, want %d lines %.40q", name, len(got), got, len(want), want)
				}
			}
		})
	}
}

// readAll returns the lines and checks their numbers, offsets and marks.
func readAll(t *testing.T, in io.Reader, text string) []string {
	t.Helper()
	var got []string
	r := NewLineReader(in)
	for r.Next() {
		got = append(got, string(r.Line()))
		if r.Number() != int64(len(got)) {
			t.Errorf("line %d has number %d", len(got), r.Number())
		}
		rest := text[r.Offset():]
		if !strings.HasPrefix(rest, string(r.Line())) || r.Offset() > 0 && text[r.Offset()-1] != '\n' {
			t.Errorf("line %d has offset %d, where no such line begins", r.Number(), r.Offset())
		}
		if whole, _, _ := strings.Cut(rest, "\n"); r.Cut() != (len(whole) > MaxLine) {
			t.Errorf("line %d of %d bytes: cut is %v", r.Number(), len(whole), r.Cut())
		}
	}
	if r.Err() != nil {
		t.Error(r.Err())
	}
	if r.Next() {
		t.Error("a line after the last one")
	}
	return got
}

// stuttering returns nothing on every other read.
type stuttering struct {
	in io.Reader
	on bool
}

func (s *stuttering) Read(p []byte) (int, error) {
	if s.on = !s.on; !s.on {
		return 0, nil
	}
	return s.in.Read(p)
}

// TestLineReaderInBlocks: the text goes on in other blocks, whenever more is read and in
// between, and what was written over the ones before changes no line.
func TestLineReaderInBlocks(t *testing.T) {
	var want []string
	for i := range 5000 {
		want = append(want, strings.Repeat("x", i%97)+strings.Repeat("long", i%1000/999*readSize)+strconv.Itoa(i))
	}
	blocks := [2][]byte{make([]byte, readSize), make([]byte, readSize)}
	turns := 0
	r := NewLineReader(strings.NewReader(strings.Join(want, "\n")))
	r.turn = func() ([]byte, error) {
		turns++
		return blocks[turns%2], nil
	}
	for i := 0; r.Next(); i++ {
		before := r.block
		if i%7 == 0 {
			r.Peek()
		}
		if i%5 == 0 {
			turns++
			r.move(blocks[turns%2])
			for k := range before {
				before[k] = '\n'
			}
		}
		if i >= len(want) || string(r.Line()) != want[i] {
			t.Fatalf("line %d is %.40q, want %.40q", i+1, r.Line(), want[min(i, len(want)-1)])
		}
	}
	if r.Err() != nil || int(r.Number()) != len(want) {
		t.Errorf("%d lines, want %d; %v", r.Number(), len(want), r.Err())
	}
	stop := errors.New("stop")
	r = NewLineReader(strings.NewReader("a\n"))
	r.turn = func() ([]byte, error) { return nil, stop }
	if r.Next() || r.Err() != stop {
		t.Errorf("there is no block to read into: %v", r.Err())
	}
}

func TestLineReaderError(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := NewLineReader(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)))
	var got []string
	for r.Next() {
		got = append(got, string(r.Line()))
	}
	if !slices.Equal(got, []string{"a"}) || r.Err() != broken {
		t.Errorf("got %q and %v, want the whole lines before it and the error", got, r.Err())
	}

	r = NewLineReader(emptyReader{})
	if r.Next() || r.Err() != io.ErrNoProgress {
		t.Errorf("a reader that returns nothing: %v", r.Err())
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

func FuzzLineReader(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nc"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want []string
		rest := text
		for len(rest) > 0 {
			line, after, ended := bytes.Cut(rest, []byte("\n"))
			if ended {
				line = bytes.TrimSuffix(line, []byte("\r"))
			}
			want, rest = append(want, string(line)), after
		}
		if got := readAll(t, iotest.HalfReader(bytes.NewReader(text)), string(text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	})
}

func BenchmarkLineReader(b *testing.B) {
	line := strings.Repeat("routine message of some service, 12 ms, user=8812 ", 3)[:130] + "\n"
	text := []byte(strings.Repeat(line, 10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	in := bytes.NewReader(text)
	r := NewLineReader(in)
	for b.Loop() {
		in.Reset(text)
		*r = LineReader{in: in, block: r.block, found: unfound}
		for r.Next() {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/line")
}
