package event

import "math/bits"

// stops say where runs of bytes of a text end: what goes over its pairs steps from one to
// the next, and looks at none of the bytes between them. Of each 64 bytes they have a
// bit for each byte and kind. Behind the text, all bits of the last word are set.
type stops [][stopKinds]uint64

// The kinds of stops.
const (
	keyStop   = iota // no byte of a key
	wordStop         // a space or a tab
	quoteStop        // a quote of either kind or a backslash
	stopKinds
)

// next returns where the first stop of a kind stands from i on, the text's end where there
// is none.
func (s stops) next(kind, i int) int {
	w := s[uint(i)/64][kind] >> (uint(i) % 64)
	for w == 0 {
		i = i&^63 + 64
		w = s[uint(i)/64][kind]
	}
	return i + bits.TrailingZeros64(w)
}

const (
	// leastStops is the room that there is for stops at first: most lines of pairs are no
	// longer than so many times 64 bytes.
	leastStops = 16

	// keptStops is the most room that is kept, for 64 KB. What a giant took, half a megabyte
	// for a text of maxText, is not.
	keptStops = 1 << 10
)

// find finds the stops of a text, and returns how many '=' there are.
func (s *stops) find(text []byte) (equals int) {
	last := len(text) / 64
	if last >= len(*s) || len(*s) > keptStops {
		*s = make(stops, max(leastStops, last+last/4+1)) // more than is needed, as others may be longer
	}
	if len(text) > 0 {
		equals = s.fill(text)
	}
	of, behind := &(*s)[last], ^uint64(0)<<(len(text)%64)
	of[keyStop] |= behind
	of[wordStop] |= behind
	of[quoteStop] |= behind
	return equals
}

// fillPortable is fill on any machine, stopLane bytes at a time: of each, a table has one bit
// for each kind.
func (s stops) fillPortable(text []byte) (equals int) {
	for at := 0; at < len(text); at += stopLane {
		var room [stopLane]byte // what is behind the text does not matter
		part := &room
		if len(text)-at >= stopLane {
			part = (*[stopLane]byte)(text[at:])
		} else {
			copy(room[:], text[at:])
		}
		var m uint64
		for i := stopLane - 8; i >= 0; i -= 8 {
			b := (*[8]byte)(part[i:])
			m = m<<1 | stopsOf[b[7]]
			m = m<<1 | stopsOf[b[6]]
			m = m<<1 | stopsOf[b[5]]
			m = m<<1 | stopsOf[b[4]]
			m = m<<1 | stopsOf[b[3]]
			m = m<<1 | stopsOf[b[2]]
			m = m<<1 | stopsOf[b[1]]
			m = m<<1 | stopsOf[b[0]]
		}
		of := &s[at/64]
		if at%64 == 0 {
			*of = [stopKinds]uint64{}
		}
		of[keyStop] |= uint64(uint16(m>>(stopLane*keyStop))) << (at & 63)
		of[wordStop] |= uint64(uint16(m>>(stopLane*wordStop))) << (at & 63)
		of[quoteStop] |= uint64(uint16(m>>(stopLane*quoteStop))) << (at & 63)
		if found := uint16(m >> (stopLane * stopKinds)); found != 0 {
			equals += bits.OnesCount16(found)
		}
	}
	return equals
}

// stopLane is how many bits there are for each kind, and for '=' behind them, in 64.
const stopLane = 64 / (stopKinds + 1)

// stopsOf has for each byte the lowest bit of those lanes that it belongs to.
var stopsOf = func() (t [256]uint64) {
	for c := range t {
		if !keyByte[c] {
			t[c] = 1 << (stopLane * keyStop)
		}
	}
	for _, c := range " \t" {
		t[c] |= 1 << (stopLane * wordStop)
	}
	for _, c := range `"'\` {
		t[c] |= 1 << (stopLane * quoteStop)
	}
	t['='] |= 1 << (stopLane * stopKinds)
	return t
}()
