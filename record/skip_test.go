package record

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// librarySkip is skip by the library: how long the value at the start of b is,
// -1 when there is none.
func librarySkip(b []byte) int {
	r := bytes.NewReader(b)
	if err := msgpack.NewDecoder(r).Skip(); err != nil {
		return -1
	}
	return len(b) - r.Len()
}

// TestSkipFirstByte walks values of every first byte, with lengths as the bytes
// behind it happen to say, cut off at every place.
func TestSkipFirstByte(t *testing.T) {
	for c := range 256 {
		for _, fill := range []byte{0x00, 0x01, 0x02} {
			b := append([]byte{byte(c)}, repeat(700, fill)...)
			for n := range len(b) + 1 {
				if got, want := skip(b[:n], 0), librarySkip(b[:n]); got != want {
					t.Fatalf("first byte %02x, then %02x, %d bytes in all: %d, want %d", c, fill, n, got, want)
				}
			}
		}
	}
}

func TestSkipLongForms(t *testing.T) {
	for _, n := range []int{0, 1, 31, 255, 256, 65535, 65536} {
		for _, c := range []byte{0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf} {
			b := []byte{c}
			switch c {
			case 0xc4, 0xc7, 0xd9:
				if n > 255 {
					continue
				}
				b = append(b, byte(n))
			case 0xc5, 0xc8, 0xda, 0xdc, 0xde:
				if n > 65535 {
					continue
				}
				b = binary.BigEndian.AppendUint16(b, uint16(n))
			default:
				b = binary.BigEndian.AppendUint32(b, uint32(n))
			}
			content := n
			switch c {
			case 0xc7, 0xc8, 0xc9:
				content++
			case 0xde, 0xdf:
				content *= 2
			}
			b = append(b, repeat(content, 0x05)...)
			if got := skip(b, 0); got != len(b) {
				t.Errorf("%02x of length %d: ends at %d, want %d", c, n, got, len(b))
			}
			if got := skip(append(b, 0xc1), 0); got != len(b) {
				t.Errorf("%02x of length %d with a byte behind: ends at %d, want %d", c, n, got, len(b))
			}
			if got := skip(b[:len(b)-1], 0); got != -1 {
				t.Errorf("%02x of length %d, last byte cut off: %d, want -1", c, n, got)
			}
		}
	}
}

// TestSkipHostile walks what is made to make a decoder allocate, overflow or
// recurse.
func TestSkipHostile(t *testing.T) {
	const deep = 1_000_000
	for _, c := range []struct {
		name string
		in   []byte
		want int
	}{
		{"map32 of 4G pairs, no data", []byte{0xdf, 0xff, 0xff, 0xff, 0xff}, -1},
		{"array32 of 4G elements, little data", concat([]byte{0xdd, 0xff, 0xff, 0xff, 0xff}, repeat(1000, 0xc0)), -1},
		{"map32 within map32, a million times", concat(bytes.Repeat([]byte{0xdf, 0xff, 0xff, 0xff, 0xff}, deep)), -1},
		{"str32 beyond the end", []byte{0xdb, 0xff, 0xff, 0xff, 0xff, 'x'}, -1},
		{"bin32 beyond the end", []byte{0xc6, 0xff, 0xff, 0xff, 0xff, 'x'}, -1},
		{"ext32 beyond the end", []byte{0xc9, 0xff, 0xff, 0xff, 0xff, 0, 'x'}, -1},
		{"arrays, a million deep", concat(repeat(deep, 0x91), []byte{0xc0}), deep + 1},
		{"arrays, a million deep, no end", repeat(deep, 0x91), -1},
		{"maps as values, a million deep", concat(bytes.Repeat([]byte{0x81, 0xa0}, deep), []byte{0xc0}), 2*deep + 1},
		{"maps as keys, a million deep", concat(repeat(deep, 0x81), []byte{0xc0}, repeat(deep, 0xc0)), 2*deep + 1},
		{"array16, a million deep", concat(bytes.Repeat([]byte{0xdc, 0, 1}, deep), []byte{0xc0}), 3*deep + 1},
		{"c1 deep inside", concat(repeat(100, 0x91), []byte{0xc1}), -1},
		{"nothing", nil, -1},
	} {
		if got := skip(c.in, 0); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if n := testing.AllocsPerRun(1, func() { skip(c.in, 0) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}
