package record

import "encoding/binary"

// heads tells for each first byte of a msgpack value what can be told from it
// alone: how many bytes to step over, and how many values follow inside. A
// width of 0 stands for the values whose length is written behind the first
// byte, and for c1, which is never used.
var heads = func() (t [256]struct{ width, inside uint8 }) {
	for c := range t {
		h := &t[c]
		switch {
		case c < 0x80 || c >= 0xe0: // fixint
			h.width = 1
		case c < 0x90: // fixmap
			h.width, h.inside = 1, uint8(2*(c&0x0f))
		case c < 0xa0: // fixarray
			h.width, h.inside = 1, uint8(c&0x0f)
		case c < 0xc0: // fixstr
			h.width = uint8(1 + c&0x1f)
		}
	}
	for c, width := range map[int]uint8{
		0xc0: 1, 0xc2: 1, 0xc3: 1, // nil, false, true
		0xca: 5, 0xcb: 9, // float
		0xcc: 2, 0xcd: 3, 0xce: 5, 0xcf: 9, // uint
		0xd0: 2, 0xd1: 3, 0xd2: 5, 0xd3: 9, // int
		0xd4: 3, 0xd5: 4, 0xd6: 6, 0xd7: 10, 0xd8: 18, // fixext
	} {
		t[c].width = width
	}
	return t
}()

// plainWidth tells for each first byte how many bytes the value takes, 0 where that byte
// does not tell or there are values inside.
var plainWidth = func() (t [256]uint8) {
	for c, h := range heads {
		if h.inside == 0 {
			t[c] = h.width
		}
	}
	return t
}()

// isContainer tells the first bytes of maps and arrays.
var isContainer = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 && c < 0xa0 || c >= 0xdc && c <= 0xdf
	}
	return t
}()

// skip returns the position behind the value at p of b, or -1 when b ends
// before the value does or the value is not msgpack.
//
// Containers are walked with a count of the values still due instead of a
// stack: nesting of any depth costs neither memory nor time, and a count that
// the bytes left cannot hold ends the walk at once.
//
// The msgpack library's own Skip reads through an io.Reader, byte by byte, and
// recurses: for an event of one field it takes 95 ns against 19 ns here, for one
// of 60 fields 1,860 ns against 210 ns (BenchmarkSkip).
func skip(b []byte, p int) int {
	for due := 1; due > 0; {
		if uint(p) >= uint(len(b)) {
			return -1
		}
		c := b[p]
		if c&0xe0 == 0xa0 {
			p += 1 + int(c&0x1f)
			due--
			continue
		}
		if c == 0xd9 && p+1 < len(b) {
			p += 2 + int(b[p+1])
			due--
			continue
		}
		if h := heads[c]; h.width != 0 {
			p += int(h.width)
			due += int(h.inside) - 1
			continue
		}
		next, inside := long(b, p)
		if next < 0 {
			return -1
		}
		p = next
		due += inside - 1
		if due > len(b)-p {
			return -1
		}
	}
	if p > len(b) {
		return -1
	}
	return p
}

// long steps over the head and the content of the rarer values whose length is
// written behind the first byte, and says how many values follow inside.
// next is -1 when b is too short or the value is not msgpack.
func long(b []byte, p int) (next, inside int) {
	var (
		c    = b[p]
		left = uint64(len(b) - p)
		n    uint64 // length or count
		head uint64 // bytes before the content
	)
	switch c {
	case 0xc4, 0xc7, 0xd9: // 8 bit
		if left < 2 {
			return -1, 0
		}
		n, head = uint64(b[p+1]), 2
	case 0xc5, 0xc8, 0xda, 0xdc, 0xde: // 16 bit
		if left < 3 {
			return -1, 0
		}
		n, head = uint64(binary.BigEndian.Uint16(b[p+1:])), 3
	case 0xc6, 0xc9, 0xdb, 0xdd, 0xdf: // 32 bit
		if left < 5 {
			return -1, 0
		}
		n, head = uint64(binary.BigEndian.Uint32(b[p+1:])), 5
	default:
		return -1, 0
	}
	size := head
	switch c {
	case 0xdc, 0xdd:
		if n > left {
			return -1, 0
		}
		inside = int(n)
	case 0xde, 0xdf:
		if 2*n > left {
			return -1, 0
		}
		inside = int(2 * n)
	case 0xc7, 0xc8, 0xc9:
		size += 1 + n // the ext's type
	default:
		size += n
	}
	if size > left {
		return -1, 0
	}
	return p + int(size), inside
}

// mapHead returns the count of pairs of the map at p and the position of the
// first, or -1 when there is no map at p.
func mapHead(b []byte, p int) (pairs, next int) {
	if uint(p) >= uint(len(b)) {
		return 0, -1
	}
	c := b[p]
	if c&0xf0 == 0x80 {
		return int(c & 0x0f), p + 1
	}
	if c != 0xde && c != 0xdf {
		return 0, -1
	}
	next, inside := long(b, p)
	return inside / 2, next
}

// arrayHead is mapHead for arrays.
func arrayHead(b []byte, p int) (elements, next int) {
	if uint(p) >= uint(len(b)) {
		return 0, -1
	}
	c := b[p]
	if c&0xf0 == 0x90 {
		return int(c & 0x0f), p + 1
	}
	if c != 0xdc && c != 0xdd {
		return 0, -1
	}
	next, elements = long(b, p)
	return elements, next
}
