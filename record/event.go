package record

import (
	"encoding/binary"
	"math"
	"time"
)

// EventKind says what an event is.
type EventKind uint8

const (
	// Log is a log event: time, metadata where there is any, and a map as body.
	Log EventKind = iota
	// GroupStart and GroupEnd stand around the events of a group (Fluent Bit
	// 3.2 and later). They carry no log and must stay as they are.
	GroupStart
	GroupEnd
	// Other is msgpack that is well-formed but no log event: another shape, a
	// time of another type, a body that is not a map. It must stay as it is.
	Other
)

// An Event is one event of a chunk. It is filled by [Walker.Next] and refers to
// the chunk: it is valid until the next call, and no longer than the chunk. The
// zero Event is ready to use, and one Event serves any number of chunks.
type Event struct {
	Kind EventKind

	// Time is the event's time since the Unix epoch; 0 when it is unknown, which
	// is so for all that is not a Log, and for times that a Duration cannot hold.
	Time time.Duration

	// Raw is the whole event, as it stands in the chunk.
	Raw []byte

	// Body is the body of a Log: the map that ends the event. It is nil for
	// all other kinds.
	Body []byte

	// Meta is the metadata of a Log, a map; nil when it has none or is empty.
	Meta []byte

	// Lone is not 0 where the body is of a single field, a short key and a text, as that
	// of the record before it with the same Lone was: key and header are the same, and Text
	// is the field's. 0 says nothing.
	Lone uint64
	Text []byte

	chunk []byte
	body  int // positions in the chunk: the body's header,
	first int // its first pair,
	end   int // and its end, which is the event's
	pairs int
	slots []found
	drops []span // the pairs to be replaced
}

type span struct{ start, end int }

// found is the best candidate for a slot so far.
type found struct {
	start, end int // end is 0 for nothing
	rank       int32
}

func reset(slots []found) {
	for i := range slots {
		s := &slots[i]
		s.end, s.rank = 0, math.MaxInt32
	}
}

// Value returns what was found for the given slot of the walker's Finder. Its
// bytes are a slice of the chunk.
func (ev *Event) Value(slot int) Value {
	s := &ev.slots[slot]
	if s.end == 0 {
		return Value{}
	}
	return valueOf(ev.chunk[s.start:s.end:s.end])
}

// Cursor returns a Cursor before the body of a Log. What stands behind the event in the
// chunk is in its reach, so that it finds the last keys of the body as fast as the others
// (see Cursor.Take).
func (ev *Event) Cursor() Cursor { return Cursor{b: ev.chunk, p: ev.body} }

// Replaces reports whether the body has fields of the names that the Finder was
// told to replace.
func (ev *Event) Replaces() bool { return len(ev.drops) > 0 }

func (ev *Event) reset(chunk []byte, f *Finder) {
	ev.Kind, ev.Time, ev.Body, ev.Meta, ev.Lone, ev.chunk = Log, 0, nil, nil, 0, chunk
	if len(ev.slots) != len(f.candidates) {
		ev.slots = make([]found, len(f.candidates))
	}
	reset(ev.slots)
	if cap(ev.drops) > 64 {
		// Only a record made to harm replaces that many fields; what it cost
		// is not kept.
		ev.drops = nil
	}
	ev.drops = ev.drops[:0]
}

func (ev *Event) other(b []byte, start int) int {
	ev.Kind, ev.Time, ev.Meta = Other, 0, nil
	return skip(b, start)
}

// head reads the time and steps over the metadata. It returns the position of
// the body, or -1 when there is no such head: the event may still be
// well-formed, or else it is cut off.
func (ev *Event) head(b []byte, p int) int {
	n, p := arrayHead(b, p)
	if p < 0 || n != 2 {
		return -1
	}
	n, first := arrayHead(b, p)
	if first >= 0 {
		if n != 2 {
			return -1
		}
		p = first
	}
	end := skip(b, p)
	if end < 0 {
		return -1
	}
	var ok bool
	if ev.Kind, ev.Time, ok = eventTime(b[p:end]); !ok {
		return -1
	}
	if first < 0 {
		return end
	}
	pairs, inside := mapHead(b, end)
	if inside < 0 {
		return -1
	}
	body := skip(b, end)
	if pairs > 0 && body > 0 && ev.Kind == Log {
		ev.Meta = b[end:body:body]
	}
	return body
}

// Group markers, as seconds of an event's time.
const (
	groupStart = -1
	groupEnd   = -2
)

// extTime reads the 8 bytes of Fluent Bit's ext type 0: seconds and
// nanoseconds. The seconds are unsigned, but for the two values that mark a
// group, so that times hold beyond 2038.
func extTime(b []byte) (EventKind, time.Duration) {
	sec := binary.BigEndian.Uint32(b)
	switch int32(sec) {
	case groupStart:
		return GroupStart, 0
	case groupEnd:
		return GroupEnd, 0
	}
	return Log, time.Duration(sec)*time.Second + time.Duration(binary.BigEndian.Uint32(b[4:]))
}

// eventTime reads a time in any of the forms that Fluent Bit reads. ok is
// false when raw is of another type.
func eventTime(raw []byte) (kind EventKind, t time.Duration, ok bool) {
	if raw[0] == 0xd7 && raw[1] == 0 {
		kind, t = extTime(raw[2:])
		return kind, t, true
	}
	if raw[0] == 0xc7 && raw[1] == 8 && raw[2] == 0 {
		kind, t = extTime(raw[3:])
		return kind, t, true
	}
	const limit = math.MaxInt64 / int64(time.Second)
	var sec int64
	switch v := valueOf(raw); v.Kind {
	case Int:
		if sec = v.Int(); -limit < sec && sec < limit {
			t = time.Duration(sec) * time.Second
		}
	case Float:
		whole, part := math.Modf(v.Float())
		if math.Abs(whole) < float64(limit) { // not so for NaN
			sec = int64(whole)
			t = time.Duration(sec)*time.Second + time.Duration(math.Round(part*float64(time.Second)))
		}
	case Uint:
	default:
		return Other, 0, false
	}
	switch sec {
	case groupStart:
		return GroupStart, 0, true
	case groupEnd:
		return GroupEnd, 0, true
	}
	return Log, t, true
}
