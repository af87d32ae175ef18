package scan

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDecompress(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"plain", "a\nb\n", "a\nb\n"},
		{"nothing", "", ""},
		{"one byte", "a", "a"},
		{"gzip", zip("a\nb\n"), "a\nb\n"},
		{"gzip of nothing", zip(""), ""},
		{"gzip of several members", zip("a\n") + zip("") + zip("b\n"), "a\nb\n"},
		{"a byte order mark", "\xef\xbb\xbfa\n", "a\n"},
		{"a byte order mark in gzip", zip("\xef\xbb\xbfa\n"), "a\n"},
		{"bytes that are no UTF-8 behind a byte order mark", "\xef\xbb\xbfa\xff\n", "a\xff\n"},
		{"UTF-16, little end first", "\xff\xfea\x00\xfc\x00\r\x00\n\x00", "aü\r\n"},
		{"UTF-16, big end first, with a pair and half a character", "\xfe\xff\x00a\xd8\x3d\xde\x00\x00\n\x00", "a😀\n\ufffd"},
		{"UTF-16 in gzip", zip("\xff\xfea\x00\n\x00"), "a\n"},
		{"text that only begins like gzip", "\x1f\x8b\n", "\x1f\x8b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(c.input), iotest.OneByteReader(strings.NewReader(c.input))} {
				text, err := Decompress(in)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(text); string(got) != c.want || err != nil {
					t.Errorf("got %q, %v; want %q", got, err, c.want)
				}
			}
		})
	}
}

// The error says what is wrong with the file, in words.
func TestDecompressError(t *testing.T) {
	whole := zip(strings.Repeat("routine\n", 1000))
	flipped := []byte(whole)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for _, c := range []struct{ name, input, want string }{
		{"cut", whole[:len(whole)-10], "the gzip file is cut off"},
		{"cut in its header", whole[:8], "the gzip file is cut off"},
		{"damaged", string(flipped), "the gzip file is damaged: its checksum is wrong"},
		{"followed by text", whole + "and lines of text behind it", "behind the gzip file's end stands something that is not gzip"},
		{"zstd", "\x28\xb5\x2f\xfd\x04\x00", "compressed with zstd, which is not read: pipe it through 'zstd -dc'"},
		{"xz", "\xfd7zXZ\x00\x00", "'xz -dc'"},
		{"bzip2", "BZh91AY&SY\x00", "'bzip2 -dc'"},
		{"gzip in gzip", zip(zip("a\n")), "compressed with gzip twice"},
		{"zstd in gzip", zip("\x28\xb5\x2f\xfd\x04\x00"), "'zstd -dc'"},
		{"journal", "LPKSHHRH\x00\x00", "'journalctl -o json --file FILE'"},
		{"program", "\x7fELF\x02\x01", "is a program, not a log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := Decompress(strings.NewReader(c.input))
			if err == nil {
				_, err = io.Copy(io.Discard, text)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}
