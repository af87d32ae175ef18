package forward

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// What a receiver says is short; what claims to be longer than this, in bytes,
// in members, in levels of nesting, is not the protocol.
const (
	longestAnswer = 16 << 10
	mostMembers   = 16
	deepest       = 3
)

var errNotForward = errors.New("the receiver's answer is not of the Forward protocol")

// readAnswer reads one message of the receiver, in msgpack: a map is a
// map[string]any, an array a []any; strings and binaries are a string each, since
// senders differ in which they use; nil and bool are themselves, and what the
// protocol has no use for, numbers and extensions, is an ignored.
//
// No length is believed: what is larger than the limits is refused before
// anything is allocated for it, and so no answer costs more than some 100 KB.
func readAnswer(in *bufio.Reader) (any, error) {
	r := answerReader{in: in, left: longestAnswer}
	return r.value(deepest)
}

type ignored struct{}

type answerReader struct {
	in   *bufio.Reader
	left int // bytes that the message may still have
}

func (r *answerReader) take(n uint64) ([]byte, error) {
	if n > uint64(r.left) {
		return nil, errNotForward
	}
	r.left -= int(n)
	b := make([]byte, n)
	if _, err := io.ReadFull(r.in, b); err != nil {
		return nil, err
	}
	return b, nil
}

// length reads a number of width bytes.
func (r *answerReader) length(width uint64) (uint64, error) {
	b, err := r.take(width)
	if err != nil {
		return 0, err
	}
	var eight [8]byte
	copy(eight[8-width:], b)
	return binary.BigEndian.Uint64(eight[:]), nil
}

func (r *answerReader) value(levels int) (any, error) {
	if r.left == 0 {
		return nil, errNotForward
	}
	c, err := r.in.ReadByte()
	if err != nil {
		return nil, err
	}
	r.left--
	switch {
	case c < 0x80 || c >= 0xe0: // fixint
		return ignored{}, nil
	case c < 0x90:
		return r.mapOf(uint64(c&0x0f), levels)
	case c < 0xa0:
		return r.arrayOf(uint64(c&0x0f), levels)
	case c < 0xc0:
		return r.text(uint64(c & 0x1f))
	}
	switch c {
	case 0xc0:
		return nil, nil
	case 0xc2, 0xc3:
		return c == 0xc3, nil
	case 0xc4, 0xc5, 0xc6: // bin
		return r.sized(1<<(c-0xc4), func(n uint64) (any, error) { return r.text(n) })
	case 0xd9, 0xda, 0xdb: // str
		return r.sized(1<<(c-0xd9), func(n uint64) (any, error) { return r.text(n) })
	case 0xdc, 0xdd:
		return r.sized(2<<(c-0xdc), func(n uint64) (any, error) { return r.arrayOf(n, levels) })
	case 0xde, 0xdf:
		return r.sized(2<<(c-0xde), func(n uint64) (any, error) { return r.mapOf(n, levels) })
	case 0xc7, 0xc8, 0xc9: // ext, with a byte for its type
		return r.sized(1<<(c-0xc7), func(n uint64) (any, error) { return r.skip(n + 1) })
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // fixext
		return r.skip(1<<(c-0xd4) + 1)
	case 0xca, 0xcb: // float
		return r.skip(4 << (c - 0xca))
	case 0xcc, 0xcd, 0xce, 0xcf: // uint
		return r.skip(1 << (c - 0xcc))
	case 0xd0, 0xd1, 0xd2, 0xd3: // int
		return r.skip(1 << (c - 0xd0))
	}
	return nil, errNotForward // 0xc1 is never used
}

func (r *answerReader) sized(width uint64, read func(n uint64) (any, error)) (any, error) {
	n, err := r.length(width)
	if err != nil {
		return nil, err
	}
	return read(n)
}

func (r *answerReader) text(n uint64) (any, error) {
	b, err := r.take(n)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}

func (r *answerReader) skip(n uint64) (any, error) {
	if _, err := r.take(n); err != nil {
		return nil, err
	}
	return ignored{}, nil
}

func (r *answerReader) arrayOf(n uint64, levels int) (any, error) {
	if n > mostMembers || levels == 0 {
		return nil, errNotForward
	}
	list := make([]any, n)
	for i := range list {
		var err error
		if list[i], err = r.value(levels - 1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r *answerReader) mapOf(n uint64, levels int) (any, error) {
	if n > mostMembers || levels == 0 {
		return nil, errNotForward
	}
	m := make(map[string]any, n)
	for range n {
		key, err := r.value(levels - 1)
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, errNotForward
		}
		if m[name], err = r.value(levels - 1); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// What a sender says is appended to a message in the making.

func appendStr(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 1<<5:
		b = append(b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		b = append(b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
	}
	return append(b, s...)
}

// appendBinHeader is what stands before a binary of n bytes.
func appendBinHeader(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0xc6), uint32(n))
}

func appendUint(b []byte, n uint64) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xcf), n)
}

// The first bytes of an array and a map of n members, below 16.
func appendArrayHeader(b []byte, n int) []byte { return append(b, 0x90|byte(n)) }
func appendMapHeader(b []byte, n int) []byte   { return append(b, 0x80|byte(n)) }
