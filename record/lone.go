package record

import (
	"encoding/binary"
	"sync/atomic"
)

// lone is how a record of a single field begins, up to the field's text: the header of a
// map of one pair and the key. Most logs that nobody has parsed are of such records, and
// all of them begin alike.
type lone struct {
	beginning
	key  int    // where that stands in the body,
	size int    // and its end; 0 = none is known
	name uint64 // see Event.Lone
}

var lones atomic.Uint64 // names that were given

// loneOf returns how a body begins; none where it is not a map of one pair with a str as
// value, or its key is too long.
func loneOf(body []byte) (l lone) {
	pairs, key := mapHead(body, 0)
	if key < 0 || pairs != 1 || key >= len(body) || body[key]&0xe0 != 0xa0 {
		return l
	}
	size := key + 1 + int(body[key]&0x1f)
	if size > beginningSize { // the keys that loggers have are short
		return l
	}
	if _, end := str(body, size); end != len(body) {
		return l
	}
	l.beginning = beginningOf(body[:size])
	l.key, l.size, l.name = key, size, lones.Add(1)
	return l
}

// text returns where the text of the body that begins b begins and ends, end 0 where that
// does not begin so, has no text, or stands at the end of the chunk.
func (l *lone) text(b []byte) (from, end int) {
	if len(b) < beginningSize || !l.of(b) || l.size == 0 {
		return 0, 0
	}
	return str(b, l.size)
}

// str returns where the text of the str at p begins and ends, end 0 where there is none that
// is whole, or one that is longer than 64 KiB.
func str(b []byte, p int) (from, end int) {
	if len(b)-p < 3 { // the longest head but for one
		return 0, 0
	}
	switch c := b[p]; {
	case c == 0xd9:
		from = p + 2
		end = from + int(b[p+1])
	case c == 0xda:
		from = p + 3
		end = from + int(binary.BigEndian.Uint16(b[p+1:]))
	case c&0xe0 == 0xa0:
		from = p + 1
		end = from + int(c&0x1f)
	}
	if end > len(b) {
		return 0, 0
	}
	return from, end
}
