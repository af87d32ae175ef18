package chunks

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/vmihailenco/msgpack/v5"
)

// Maker makes log events of odd shapes: every type and form of msgpack, text
// that is not UTF-8, keys that come twice, forged fields of the filter, group
// markers, events of older senders, values that are no events. The same seed
// makes the same events.
type Maker struct {
	rnd *rand.Rand
	n   int
}

// NewMaker returns a Maker.
func NewMaker(seed uint64) *Maker { return &Maker{rnd: rand.New(rand.NewPCG(seed, 1))} }

// Event returns any event, or what stands in the place of one.
func (m *Maker) Event() []byte {
	m.n++
	body := m.body()
	switch m.rnd.IntN(40) {
	case 0: // no event
		return m.value(3)
	case 1: // a head of another shape
		return join([]byte{0x92, 0x92}, m.time(), m.value(1), body)
	case 2: // a body that is no map
		return join([]byte{0x92, 0x92}, m.time(), []byte{0x80}, m.value(2))
	case 3: // an older sender's
		return join([]byte{0x92}, m.time(), body)
	case 4: // with metadata
		return join([]byte{0x92, 0x92}, m.time(), m.mapOf(3, 1), body)
	case 5: // a group opens or closes
		return join([]byte{0x92, 0x92}, stamp(uint32(math.MaxUint32-m.rnd.IntN(2)), 0), []byte{0x80}, body)
	}
	return join([]byte{0x92, 0x92}, m.time(), []byte{0x80}, body)
}

// Log returns a log event of the usual outer shape whose body, with a number in
// the field n that grows from event to event, is odd.
func (m *Maker) Log() (time, body []byte) {
	m.n++
	return stamp(uint32(1_700_000_000+m.n/1000), uint32(m.n%1000)*1_000_000), m.body()
}

// Chunk returns n events, or a damaged chunk now and then.
func (m *Maker) Chunk(n int) []byte {
	var b []byte
	for range n {
		b = append(b, m.Event()...)
	}
	switch m.rnd.IntN(50) {
	case 0:
		b = b[:m.rnd.IntN(len(b))]
	case 1:
		b[m.rnd.IntN(len(b))] = byte(m.rnd.Uint32())
	}
	return b
}

func (m *Maker) body() []byte {
	n := []int{1, 2, 3, 5, 10, 12, 13, 14, 15, 16, 20}[m.rnd.IntN(11)]
	if m.rnd.IntN(2000) == 0 {
		n = 65530 + m.rnd.IntN(8) // where a map's form must grow
	}
	pairs, left := join(encode("n"), encode(m.n)), n-1
	if left > 0 && m.rnd.IntN(8) > 0 {
		pairs = join(pairs, pick(m.rnd, messageKeys), m.message())
		left--
	}
	for range left {
		if n > 1000 {
			pairs = append(pairs, encode(fmt.Sprint("k", len(pairs)))...)
			pairs = append(pairs, 0x01)
			continue
		}
		pairs = join(pairs, m.key(), m.value(2))
	}
	return join(m.mapHead(n), pairs)
}

func (m *Maker) message() []byte {
	switch m.rnd.IntN(10) {
	case 0:
		return m.value(1)
	case 1:
		b := make([]byte, m.rnd.IntN(300))
		for i := range b {
			b[i] = byte(m.rnd.Uint32())
		}
		return encode(string(b))
	case 2:
		return encode(fmt.Appendf(nil, "binary message %d", m.rnd.IntN(1000)))
	case 3:
		return encode(strings.Repeat("a long message of words ", m.rnd.IntN(400)))
	}
	return encode(fmt.Sprintf("request %d of user%d took %d ms", m.n, m.rnd.IntN(100), m.rnd.IntN(50)))
}

func (m *Maker) key() []byte {
	if m.rnd.IntN(30) == 0 {
		return m.value(1)
	}
	return pick(m.rnd, keys)
}

func (m *Maker) time() []byte {
	if m.rnd.IntN(3) > 0 {
		return stamp(uint32(1_700_000_000+m.n/1000), uint32(m.rnd.IntN(1e9)))
	}
	return pick(m.rnd, times)
}

func (m *Maker) value(depth int) []byte {
	if depth > 0 {
		switch m.rnd.IntN(6) {
		case 0:
			return m.mapOf(m.rnd.IntN(6), depth-1)
		case 1:
			n := m.rnd.IntN(5)
			b := []byte{0x90 | byte(n)}
			for range n {
				b = append(b, m.value(depth-1)...)
			}
			return b
		}
	}
	if m.rnd.IntN(50_000) == 0 {
		return encode(strings.Repeat("x", 70_000))
	}
	return pick(m.rnd, scalars)
}

func (m *Maker) mapOf(n, depth int) []byte {
	b := m.mapHead(n)
	for range n {
		b = join(b, m.key(), m.value(depth))
	}
	return b
}

// mapHead is a map's head in any of the forms that hold n.
func (m *Maker) mapHead(n int) []byte {
	switch form := m.rnd.IntN(8); {
	case form == 0 || n > math.MaxUint16:
		return binary.BigEndian.AppendUint32([]byte{0xdf}, uint32(n))
	case form == 1 || n > 15:
		return binary.BigEndian.AppendUint16([]byte{0xde}, uint16(n))
	}
	return []byte{0x80 | byte(n)}
}

func stamp(sec, nsec uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{0xd7, 0x00}, sec), nsec)
}

func pick(rnd *rand.Rand, from [][]byte) []byte { return from[rnd.IntN(len(from))] }

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func encode(v any) []byte {
	b, err := msgpack.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func encodeAll(values ...any) (list [][]byte) {
	for _, v := range values {
		list = append(list, encode(v))
	}
	return list
}

var (
	messageKeys = encodeAll("log", "message", "msg", "MESSAGE", "body")
	keys        = append(encodeAll("log", "message", "level", "severity", "a", "a", "b", "anomaly", "anomaly_score", "anomaly_reason", "", "stream",
		"kubernetes", []byte("log"), []byte("anomaly"), strings.Repeat("k", 40), "k\xff", "k\x00", 5, nil, -1.5, true),
		[]byte{0xd9, 1, 'a'}, []byte{0xda, 0, 3, 'l', 'o', 'g'}, []byte{0xdb, 0, 0, 0, 7, 'a', 'n', 'o', 'm', 'a', 'l', 'y'})
	scalars = append(encodeAll(nil, true, false, "", "text", "warn", "\xff\xfe", "nul\x00", "größe 東 🙂", strings.Repeat("long ", 60), []byte("bin"), []byte{},
		[]byte(strings.Repeat("b", 300)), 0, 127, 128, -1, -32, -33, int8(-100), int16(-1000), int32(-100_000), int64(math.MinInt64),
		uint8(200), uint16(60_000), uint32(math.MaxUint32), uint64(math.MaxInt64), uint64(math.MaxUint64), 0.5, float32(0.1),
		math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)),
		stamp(1, 2), []byte{0xd4, 1, 2}, []byte{0xd5, 1, 2, 3}, []byte{0xd6, 1, 2, 3, 4, 5}, append([]byte{0xd8, 1}, make([]byte, 16)...),
		[]byte{0xc7, 0, 1}, []byte{0xc7, 3, 0xff, 1, 2, 3}, []byte{0xc8, 0, 1, 5, 5}, []byte{0xc9, 0, 0, 0, 1, 5, 5},
		[]byte{0xd9, 1, 'x'}, []byte{0xda, 0, 1, 'x'}, []byte{0xdb, 0, 0, 0, 1, 'x'}, []byte{0xc5, 0, 1, 'x'}, []byte{0xc6, 0, 0, 0, 1, 'x'},
		[]byte{0xcf, 0, 0, 0, 0, 0, 0, 0, 7}, []byte{0xd3, 0, 0, 0, 0, 0, 0, 0, 7}, []byte{0xdc, 0, 1, 0xc0}, []byte{0xdd, 0, 0, 0, 1, 0xc0}, []byte{0xde, 0, 0}, []byte{0xdf, 0, 0, 0, 0})
	times = append(encodeAll(1_700_000_000, -7, uint64(math.MaxUint64), 1_700_000_000.25, float32(1.5), -1, -2.5, math.NaN(), "text", nil),
		stamp(0, 0), stamp(4_000_000_000, math.MaxUint32), append([]byte{0xc7, 8}, stamp(5, 5)[1:]...))
)
