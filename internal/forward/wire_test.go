package forward

import (
	"bufio"
	"bytes"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// TestAnswersOfEachForm: the first and the last byte of each range of msgpack.
func TestAnswersOfEachForm(t *testing.T) {
	times := strings.Repeat
	for _, c := range []struct {
		name, said string
		want       any
	}{
		{"least number", "\x00", ignored{}},
		{"largest number of one byte", "\x7f", ignored{}},
		{"least negative number of one byte", "\xe0", ignored{}},
		{"largest negative number", "\xff", ignored{}},
		{"empty map", "\x80", map[string]any{}},
		{"map of one", "\x81\xa1a\xc3", map[string]any{"a": true}},
		{"empty array", "\x90", []any{}},
		{"largest short array", "\x9f" + times("\xc0", 15), make([]any, 15)},
		{"empty text", "\xa0", ""},
		{"longest short text", "\xbf" + times("x", 31), times("x", 31)},
		{"nil", "\xc0", nil},
		{"no", "\xc2", false},
		{"yes", "\xc3", true},
		{"bin 8", "\xc4\x01x", "x"},
		{"bin 16", "\xc5\x00\x01x", "x"},
		{"bin 32", "\xc6\x00\x00\x00\x01x", "x"},
		{"ext 8", "\xc7\x01\x05x", ignored{}},
		{"ext 16", "\xc8\x00\x01\x05x", ignored{}},
		{"ext 32", "\xc9\x00\x00\x00\x01\x05x", ignored{}},
		{"float 32", "\xca" + times("x", 4), ignored{}},
		{"float 64", "\xcb" + times("x", 8), ignored{}},
		{"uint 8", "\xccx", ignored{}},
		{"uint 16", "\xcd" + times("x", 2), ignored{}},
		{"uint 32", "\xce" + times("x", 4), ignored{}},
		{"uint 64", "\xcf" + times("x", 8), ignored{}},
		{"int 8", "\xd0x", ignored{}},
		{"int 16", "\xd1" + times("x", 2), ignored{}},
		{"int 32", "\xd2" + times("x", 4), ignored{}},
		{"int 64", "\xd3" + times("x", 8), ignored{}},
		{"fixext 1", "\xd4\x05" + times("x", 1), ignored{}},
		{"fixext 2", "\xd5\x05" + times("x", 2), ignored{}},
		{"fixext 4", "\xd6\x05" + times("x", 4), ignored{}},
		{"fixext 8", "\xd7\x05" + times("x", 8), ignored{}},
		{"fixext 16", "\xd8\x05" + times("x", 16), ignored{}},
		{"str 8", "\xd9\x01x", "x"},
		{"str 16", "\xda\x00\x01x", "x"},
		{"str 32", "\xdb\x00\x00\x00\x01x", "x"},
		{"array 16", "\xdc\x00\x10" + times("\xc0", 16), make([]any, 16)},
		{"array 32", "\xdd\x00\x00\x00\x01\xc3", []any{true}},
		{"map 16", "\xde\x00\x01\xa1a\xc0", map[string]any{"a": nil}},
		{"map 32", "\xdf\x00\x00\x00\x01\xa1a\xc0", map[string]any{"a": nil}},
		{"as deep as may be", "\x91\x91\x91\xc3", []any{[]any{[]any{true}}}},
	} {
		in := bufio.NewReader(strings.NewReader(c.said + "behind"))
		got, err := readAnswer(in)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, %v; want %#v", c.name, got, err, c.want)
		}
		if rest, _ := in.Peek(7); string(rest) != "behind" {
			t.Errorf("%s: %q is left to be read", c.name, rest)
		}
	}
	for _, c := range []struct{ name, said string }{
		{"what is never used", "\xc1"},
		{"too deep", "\x91\x91\x91\x91\xc3"},
		{"too deep in a map", "\x81\xa1a\x81\xa1a\x81\xa1a\x80"},
		{"too many members", "\xdc\x00\x11" + times("\xc0", 17)},
		{"too many members of a map", "\xde\x00\x11" + times("\xa1a\xc0", 17)},
		{"a name that is none", "\x81\xc3\xc3"},
		{"too long", "\xda\x40\x01" + times("x", 0x4001)},
	} {
		if got, err := readAnswer(bufio.NewReader(strings.NewReader(c.said))); err != errNotForward {
			t.Errorf("%s: %#v, %v", c.name, got, err)
		}
	}
}

// TestAnswersOfTheLongestForm: 16 KiB in all, with what stands before a text.
func TestAnswersOfTheLongestForm(t *testing.T) {
	for n, ok := range map[int]bool{longestAnswer - 3: true, longestAnswer - 2: false} {
		said := append([]byte{0xda, byte(n >> 8), byte(n)}, bytes.Repeat([]byte("x"), n)...)
		got, err := readAnswer(bufio.NewReader(bytes.NewReader(said)))
		if text, _ := got.(string); (err == nil) != ok || ok && len(text) != n {
			t.Errorf("a text of %d bytes: %v", n, err)
		}
	}
	// A value for which no byte is left.
	said := append([]byte{0x92, 0xda, 0x3f, 0xfc}, bytes.Repeat([]byte("x"), longestAnswer-4)...)
	if _, err := readAnswer(bufio.NewReader(bytes.NewReader(append(said, 0xc0)))); err != errNotForward {
		t.Errorf("%v", err)
	}
}

// TestTextsAreSaidInTheShortestForm, as the msgpack library has it.
func TestTextsAreSaidInTheShortestForm(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 255, 256, 65535, 65536} {
		s := strings.Repeat("x", n)
		want, err := msgpack.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendStr([]byte("a"), s); !bytes.Equal(got, append([]byte("a"), want...)) {
			t.Errorf("a text of %d bytes begins with % x, want % x", n, got[1:6], want[:min(len(want), 5)])
		}
	}
	for n, want := range map[uint64]string{0: "\x00", 127: "\x7f", 128: "\xcf\x00\x00\x00\x00\x00\x00\x00\x80", 1 << 40: "\xcf\x00\x00\x01\x00\x00\x00\x00\x00"} {
		if got := appendUint(nil, n); string(got) != want {
			t.Errorf("%d: % x, want % x", n, got, want)
		}
	}
}

// timeless is a connection to which no deadline can be set: it is closed.
type timeless struct{ *tape }

func (timeless) SetDeadline(time.Time) error { return net.ErrClosed }

// TestNoDeadlineNoSend: without a deadline nothing is sent, and nothing passes for sent.
func TestNoDeadlineNoSend(t *testing.T) {
	if err := newConn(timeless{&tape{Reader: strings.NewReader("")}}).send("a", events, time.Minute); err != net.ErrClosed {
		t.Errorf("%v", err)
	}
}
