package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// What the tests share: building records with the msgpack library, and taking
// them apart with it.

// obj is a map as a list of keys and values, which keeps order and duplicates.
type obj []any

func (o obj) EncodeMsgpack(e *msgpack.Encoder) error {
	if err := e.EncodeMapLen(len(o) / 2); err != nil {
		return err
	}
	for _, v := range o {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// raw is msgpack as it stands.
type raw = msgpack.RawMessage

func enc(v any) []byte {
	b, err := msgpack.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// at is Fluent Bit's time: ext type 0 as fixext8.
func at(sec, nsec uint32) raw {
	b := []byte{0xd7, 0}
	b = binary.BigEndian.AppendUint32(b, sec)
	return binary.BigEndian.AppendUint32(b, nsec)
}

// log is an event as every current input writes it.
func log(body any) []byte {
	return enc([]any{[]any{at(1700000000, 123456789), obj{}}, body})
}

// pair is one field of a map, undecoded.
type pair struct{ key, value []byte }

// text is the content of a key that is str or bin, decoded by the library.
func (p pair) text() (string, bool) {
	if c := p.key[0]; c&0xe0 == 0xa0 || c >= 0xd9 && c <= 0xdb || c >= 0xc4 && c <= 0xc6 {
		s, err := msgpack.NewDecoder(bytes.NewReader(p.key)).DecodeString()
		return s, err == nil
	}
	return "", false
}

// parts takes the event raw apart with the library: what stands before the body,
// and the body's pairs. ok is false when it is no log event with a map as body.
func parts(raw []byte) (before []byte, pairs []pair, ok bool) {
	r := bytes.NewReader(raw)
	d := msgpack.NewDecoder(r)
	if n, err := d.DecodeArrayLen(); err != nil || n != 2 {
		return nil, nil, false
	}
	if err := d.Skip(); err != nil {
		return nil, nil, false
	}
	before = raw[:len(raw)-r.Len()]
	if c, err := d.PeekCode(); err != nil || c&0xf0 != 0x80 && c != 0xde && c != 0xdf {
		return nil, nil, false
	}
	n, err := d.DecodeMapLen()
	if err != nil {
		return nil, nil, false
	}
	for range n {
		key, err := d.DecodeRaw()
		if err != nil {
			return nil, nil, false
		}
		value, err := d.DecodeRaw()
		if err != nil {
			return nil, nil, false
		}
		pairs = append(pairs, pair{key, value})
	}
	return before, pairs, r.Len() == 0
}

// mustParse parses one list of candidates.
func mustParse(list ...string) (as []Accessor) {
	for _, s := range list {
		a, err := ParseAccessor(s)
		if err != nil {
			panic(err)
		}
		as = append(as, a)
	}
	return as
}

// one walks a chunk of one event.
func one(t *testing.T, f *Finder, chunk []byte) (*Walker, *Event) {
	t.Helper()
	w, ev := NewWalker(f), new(Event)
	w.Reset(chunk)
	if !w.Next(ev) {
		t.Fatalf("no event in % x", chunk)
	}
	if !bytes.Equal(ev.Raw, chunk) {
		t.Fatalf("Raw is\n% x, want\n% x", ev.Raw, chunk)
	}
	return w, ev
}

// show writes a value as kind and content.
func show(v Value) string {
	switch v.Kind {
	case Str, Bin:
		return fmt.Sprintf("%v %q", v.Kind, v.Bytes)
	case Int, Uint, Float, Bool:
		return fmt.Sprintf("%v %s", v.Kind, v.AppendText(nil))
	case Absent:
		return "absent"
	}
	return fmt.Sprintf("%v %x", v.Kind, v.Bytes)
}

func concat(bs ...[]byte) []byte { return bytes.Join(bs, nil) }

func repeat(n int, b ...byte) []byte { return bytes.Repeat(b, n) }
