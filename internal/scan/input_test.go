package scan

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func TestText(t *testing.T) {
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
		{"zstd", zstandard(routine), routine},
		{"zstd of nothing", zstandard(""), ""},
		{"zstd of several frames", zstandard("a\n") + "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard("b\n"), "a\nb\n"},
		{"pzstd", "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard("b\n"), "b\n"},
		{"xz", xzip(routine), routine},
		{"xz of several streams", xzip("a\n") + xzip("b\n"), "a\nb\n"},
		{"bzip2", bzipped, routine},
		{"bzip2 of several streams", bzipped + bzipped, routine + routine},
		{"UTF-16 in zstd", zstandard(little(german)), german},
		{"UTF-16 in gzip", zip("\xff\xfea\x00\n\x00"), "a\n"},
		{"UTF-16 without a mark, little end first", little(german), german},
		{"UTF-16 without a mark, big end first", big(german), german},
		{"a line of it", little("ready\n"), "ready\n"},
		{"UTF-16 without a mark in gzip", zip(big(german)), german},
		{"UTF-16 of another language", little(chinese), chinese},
		{"NULs first", "\x00\x00\x00\x00a\n", "\x00\x00\x00\x00a\n"},
		{"one NUL first", "\x00a line\n", "\x00a line\n"},
		{"a NUL in the second place", "a\x00 line of text, and another one\n", "a\x00 line of text, and another one\n"},
		{"NULs in between", strings.Repeat("a \x00 line\n", 2000), strings.Repeat("a \x00 line\n", 2000)},
		{"Latin-1", strings.Repeat("Z\xfcrich, gr\xfc\xdfe\n", 2000), strings.Repeat("Z\xfcrich, gr\xfc\xdfe\n", 2000)},
		{"colors", strings.Repeat("\x1b[31mred\x1b[0m\n", 2000), strings.Repeat("\x1b[31mred\x1b[0m\n", 2000)},
		{"text that only begins like gzip", "\x1f\x8b\n", "\x1f\x8b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, in := range []io.Reader{strings.NewReader(c.input), iotest.OneByteReader(strings.NewReader(c.input)),
				strings.NewReader(c.input), iotest.DataErrReader(iotest.HalfReader(strings.NewReader(c.input)))} {
				text, err := Text(in, i%2 == 0)
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
func TestTextError(t *testing.T) {
	whole := zip(strings.Repeat("routine\n", 1000))
	flipped := []byte(whole)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	random := make([]byte, 9000)
	rand.NewChaCha8([32]byte{}).Read(random)
	for _, c := range []struct{ name, input, want string }{
		{"random bytes", string(random), "a binary file, not a log"},
		{"fewer of them", string(random[:200]), "a binary file, not a log"},
		{"random bytes in gzip", zip(string(random)), "a binary file, not a log"},
		{"binary without high bytes", strings.Repeat("\x01\x02\x03abc", 1000), "a binary file, not a log"},
		{"UTF-16 of no text", little(strings.Repeat("\x01\x02\x03abc", 1000)), "a binary file, not a log"},
		{"cut", whole[:len(whole)-10], "the gzip file is cut off"},
		{"cut in its header", whole[:8], "the gzip file is cut off"},
		{"damaged", string(flipped), "the gzip file is damaged: its checksum is wrong"},
		{"followed by text", whole + "and lines of text behind it", "behind the gzip file's end stands something that is not gzip"},
		{"zstd, cut", zstandard(routine)[:20], "the zstd file is cut off"},
		{"xz, cut", xzip(routine)[:60], "the xz file is cut off"},
		{"bzip2, cut", bzipped[:50], "the bzip2 file is cut off"},
		{"zstd, damaged", flip(zstandard(routine)), "the zstd file is damaged: its checksum is wrong"},
		{"bzip2, damaged", flip(bzipped), "the bzip2 file is damaged"},
		{"xz, damaged", flip(xzip(routine)), "the xz file is damaged"},
		{"zstd and more", zstandard(routine) + "and lines of text", "behind the zstd file's end stands something that is not zstd"},
		{"zstd that wants a gigabyte", "\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00", "'zstd -dc --long=31'"},
		{"tar", archive("app.log", routine), "the input is a tar archive"},
		{"tar in zstd", zstandard(archive("app.log", routine)), "the input is a tar archive"},
		{"lz4", "\x04\x22\x4d\x18\x00\x00", "'lz4 -dc'"},
		{"gzip in gzip", zip(zip("a\n")), "compressed twice, with gzip within gzip: pipe it through 'gzip -dc'"},
		{"zstd in gzip", zip("\x28\xb5\x2f\xfd\x04\x00"), "compressed twice, with zstd within gzip"},
		{"journal", "LPKSHHRH\x00\x00", "'journalctl -o export --file FILE'"},
		{"program", "\x7fELF\x02\x01", "is a program, not a log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, live := range []bool{false, true} {
				text, err := Text(strings.NewReader(c.input), live)
				if err == nil {
					_, err = io.Copy(io.Discard, text)
				}
				if _, ok := errors.AsType[*Problem](err); !ok || !strings.Contains(err.Error(), c.want) {
					t.Errorf("live %v: got %v, want %q", live, err, c.want)
				}
			}
		})
	}
}

// A live input that has brought a line is not asked for more before the line
// is handed on.
func TestTextDoesNotWait(t *testing.T) {
	for _, line := range []string{"a line\n", "\x1f is a line\n", "BZ is one too\n", "x\x00y\n"} {
		in, feed := io.Pipe()
		go io.WriteString(feed, line)
		text, err := Text(in, true)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		if _, err := io.ReadFull(text, got); err != nil || string(got) != line {
			t.Errorf("%q, %v; want %q", got, err, line)
		}
		feed.Close()
	}
}

// An input that breaks off is told from one that ends.
func TestTextBreaksOff(t *testing.T) {
	for _, live := range []bool{false, true} {
		in := io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(io.ErrUnexpectedEOF))
		text, err := Text(in, live)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(text); string(got) != "a\nb" || err != io.ErrUnexpectedEOF {
			t.Errorf("live %v: %q, %v", live, got, err)
		}
	}
}

const german, chinese = "2026-03-02 08:00:01 bereit für größere Öfen\r\nzweite Zeile\r\n", "2026-03-02 08:00:01 用户登录 id=7\n"

func little(text string) string { return wide(text, binary.LittleEndian) }
func big(text string) string    { return wide(text, binary.BigEndian) }

// wide is a text in UTF-16 without a byte order mark.
func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func archive(name, text string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

var routine = strings.Repeat("routine\n", 1000)

// bzipped is routine, by the command bzip2.
var bzipped = func() string {
	b, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWbWBT3kAC7fBgAAQAiGWACAAUIYECaqAMVINVIO1IN1IO1IOVIPVIPVIPi7kinChIWsCnvI=")
	if err != nil {
		panic(err)
	}
	return string(b)
}()

func zstandard(text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func xzip(text string) string {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		panic(err)
	}
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// flip changes a bit of a compressed file near its end.
func flip(packed string) string {
	b := []byte(packed)
	b[len(b)-2] ^= 1
	return string(b)
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}
