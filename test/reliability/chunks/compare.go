// Package chunks makes chunks of log events in every odd shape, and compares
// what went into the filter with what came out. It reads msgpack with the
// msgpack library and shares no code with package record.
package chunks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
)

// usual are the names of the message that the filter looks for.
var usual = []string{"log", "message", "msg", "MESSAGE", "body"}

// Added are the fields of the filter.
var Added = []string{"anomaly", "anomaly_score", "anomaly_reason", "anomaly_kind", "anomaly_pattern", "anomaly_template", "anomaly_incident", "anomaly_nth"}

// Counts are what Compare has seen.
type Counts struct {
	Events   int // values in the chunk
	Tagged   int // events with the field anomaly
	Scored   int
	Flagged  int
	Replaced int // events that came with fields of the filter's names
	Others   int // values that are no log events with a map as body
	Rest     int // bytes behind the last whole value
}

// Add adds up.
func (c *Counts) Add(o Counts) {
	c.Events += o.Events
	c.Tagged += o.Tagged
	c.Scored += o.Scored
	c.Flagged += o.Flagged
	c.Replaced += o.Replaced
	c.Others += o.Others
	c.Rest += o.Rest
}

// Compare says how out, a chunk that came out of the filter, differs from in,
// which went in, but for the fields that the filter adds and replaces: an event
// lost, changed or in another place, or a field that has not the shape that is
// promised. Each event with a message must have the tag; one without may, as it is
// judged by its other fields. messages are the names of a message's fields, when
// they are not the usual ones.
func Compare(in, out []byte, messages ...string) (c Counts, err error) {
	if messages == nil {
		messages = usual
	}
	a, b := reader{b: in}, reader{b: out}
	for {
		from := a.at
		was, ok := a.value()
		if !ok {
			// Nothing can be known of what follows: it must be as it was.
			c.Rest = len(in) - from
			if !bytes.Equal(in[from:], out[b.at:]) {
				return c, fmt.Errorf("behind event %d: %d bytes that are no msgpack became %d others", c.Events, c.Rest, len(out)-b.at)
			}
			return c, nil
		}
		is, ok := b.value()
		if !ok {
			return c, fmt.Errorf("event %d is missing: % x", c.Events, short(was))
		}
		if err := c.event(was, is, messages); err != nil {
			return c, fmt.Errorf("event %d: %w", c.Events, err)
		}
		c.Events++
		if a.at == len(in) {
			if b.at != len(out) {
				return c, fmt.Errorf("%d bytes too many: % x", len(out)-b.at, short(out[b.at:]))
			}
			return c, nil
		}
	}
}

// event compares one event. Its parts before the body and its pairs are compared
// byte by byte.
func (c *Counts) event(was, is []byte, messages []string) error {
	headA, pairsA, okA := event(was)
	headB, pairsB, okB := event(is)
	if !okA {
		c.Others++
		if !bytes.Equal(was, is) {
			return fmt.Errorf("what is no log event was % x and is % x", short(was), short(is))
		}
		return nil
	}
	if !okB || !bytes.Equal(headA, headB) {
		return fmt.Errorf("time and metadata were % x and are % x", short(headA), short(headB))
	}
	if !isLog(headA) {
		if !bytes.Equal(was, is) {
			return fmt.Errorf("a group marker, or an event without a time, was % x and is % x", short(was), short(is))
		}
		return nil
	}
	ours, fields := 0, map[string][]byte{}
	at := 0
	for _, p := range pairsB {
		if name := p.name(); name != "" {
			if fields[name] != nil {
				return fmt.Errorf("the field %s stands there twice", name)
			}
			fields[name] = p.value
			ours++
			continue
		}
		for at < len(pairsA) && pairsA[at].name() != "" {
			at++
		}
		if at == len(pairsA) || ours > 0 || !bytes.Equal(pairsA[at].raw, p.raw) {
			return fmt.Errorf("pair %d is % x, of % x", at, short(p.raw), short(was))
		}
		at++
	}
	replaced := false
	for _, p := range pairsA[at:] {
		if p.name() == "" {
			return fmt.Errorf("the pair % x is missing", short(p.raw))
		}
	}
	for _, p := range pairsA {
		replaced = replaced || p.name() != ""
	}
	if replaced {
		c.Replaced++
	}
	if has, tagged := hasMessage(pairsA, messages), fields[Added[0]] != nil; has && !tagged {
		return fmt.Errorf("it has a message and is not tagged: % x", short(is))
	}
	return c.verdict(fields)
}

// isLog reports whether what stands before a body is that of a log: a time, alone or
// with a map, that does not mark a group.
func isLog(head []byte) bool {
	d := msgpack.NewDecoder(bytes.NewReader(head))
	if _, err := d.DecodeArrayLen(); err != nil { // of the event, in any of its forms
		return false
	}
	if c, err := d.PeekCode(); err != nil {
		return false
	} else if c&0xf0 == 0x90 || c == 0xdc || c == 0xdd {
		if n, err := d.DecodeArrayLen(); err != nil || n != 2 {
			return false
		}
	}
	raw, err := d.DecodeRaw()
	if err != nil {
		return false
	}
	if c, err := d.PeekCode(); err == nil && c&0xf0 != 0x80 && c != 0xde && c != 0xdf {
		return false // the metadata is no map
	}
	var seconds int64
	switch {
	case raw[0] == 0xd7 && raw[1] == 0:
		seconds = int64(int32(binary.BigEndian.Uint32(raw[2:])))
	case raw[0] == 0xc7 && raw[1] == 8 && raw[2] == 0:
		seconds = int64(int32(binary.BigEndian.Uint32(raw[3:])))
	case raw[0] >= 0xc7 && raw[0] <= 0xc9, raw[0] >= 0xd4 && raw[0] <= 0xd8:
		return false
	default:
		var v any
		if msgpack.Unmarshal(raw, &v) != nil {
			return false
		}
		switch v := reflect.ValueOf(v); {
		case v.IsValid() && v.CanInt():
			seconds = v.Int()
		case v.IsValid() && v.CanUint():
		case v.IsValid() && v.CanFloat():
			if f := math.Trunc(v.Float()); f == -1 || f == -2 {
				seconds = int64(f)
			}
		default:
			return false
		}
	}
	return seconds != -1 && seconds != -2
}

// hasMessage reports whether one of the fields is text, a number or a bool. A map of the
// same name beside it does not matter.
func hasMessage(pairs []pair, messages []string) bool {
	return slices.ContainsFunc(pairs, func(p pair) bool {
		name, ok := p.text()
		c := p.value[0]
		scalar := c < 0x80 || c >= 0xa0 && c <= 0xbf || c >= 0xc2 && c <= 0xc6 || c >= 0xca && c <= 0xd3 || c >= 0xd9 && c <= 0xdb || c >= 0xe0
		return ok && scalar && slices.Contains(messages, name)
	})
}

// verdict checks the fields that the filter has added.
func (c *Counts) verdict(fields map[string][]byte) error {
	decode := func(name string) (v any) {
		if raw := fields[name]; raw != nil && msgpack.Unmarshal(raw, &v) != nil {
			return errors.New("not msgpack")
		}
		return v
	}
	tag, score, reason := decode(Added[0]), decode(Added[1]), decode(Added[2])
	if len(fields) == 0 {
		return nil // forged fields taken out of an event with nothing to judge by
	}
	c.Tagged++
	s, isScore := score.(float64)
	_, isReason := reason.(string)
	switch {
	case tag == "true" && isScore && s > 0 && s < 1 && isReason:
		c.Flagged++
		c.Scored++
	case tag == "false" && isScore && s >= 0 && s < 1 && reason == nil:
		c.Scored++
	case tag == "false" && score == nil && reason == nil: // the model learns
	default:
		return fmt.Errorf("the verdict is %v, %v, %v", tag, score, reason)
	}
	return nil
}

func short(b []byte) []byte { return b[:min(len(b), 200)] }

// reader takes values off the front of b with the library.
type reader struct {
	b  []byte
	at int
}

func (r *reader) value() ([]byte, bool) {
	if r.at == len(r.b) {
		return nil, false
	}
	in := bytes.NewReader(r.b[r.at:])
	if msgpack.NewDecoder(in).Skip() != nil {
		return nil, false
	}
	v := r.b[r.at : len(r.b)-in.Len()]
	r.at += len(v)
	return v, true
}

type pair struct{ raw, key, value []byte }

// name is which of the filter's fields the pair is, empty for none.
func (p *pair) name() string {
	if name, ok := p.text(); ok && slices.Contains(Added, name) {
		return name
	}
	return ""
}

// text is the key, when it is text.
func (p *pair) text() (string, bool) {
	c := p.key[0]
	if c&0xe0 != 0xa0 && !(c >= 0xd9 && c <= 0xdb) && !(c >= 0xc4 && c <= 0xc6) {
		return "", false
	}
	s, err := msgpack.NewDecoder(bytes.NewReader(p.key)).DecodeString()
	return s, err == nil
}

// event takes a log event apart: what stands before the body's map, and the
// map's pairs. ok is false for anything else, group markers too.
func event(raw []byte) (head []byte, pairs []pair, ok bool) {
	in := bytes.NewReader(raw)
	d := msgpack.NewDecoder(in)
	at := func() int { return len(raw) - in.Len() }
	if n, err := d.DecodeArrayLen(); err != nil || n != 2 || d.Skip() != nil {
		return nil, nil, false
	}
	head = raw[:at()]
	if c, err := d.PeekCode(); err != nil || c&0xf0 != 0x80 && c != 0xde && c != 0xdf {
		return nil, nil, false
	}
	n, err := d.DecodeMapLen()
	if err != nil {
		return nil, nil, false
	}
	for range n {
		from := at()
		if d.Skip() != nil {
			return nil, nil, false
		}
		middle := at()
		if d.Skip() != nil {
			return nil, nil, false
		}
		pairs = append(pairs, pair{raw[from:at()], raw[from:middle], raw[middle:at()]})
	}
	return head, pairs, in.Len() == 0
}

// Frame writes a chunk in the form that the embedded host reads and writes:
// behind its length, 4 bytes, little-endian.
func Frame(w io.Writer, chunk []byte) error {
	n := uint32(len(chunk))
	if _, err := w.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}); err != nil {
		return err
	}
	_, err := w.Write(chunk)
	return err
}

// ReadFrame reads what Frame wrote; io.EOF behind the last one.
func ReadFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	chunk := make([]byte, uint32(head[0])|uint32(head[1])<<8|uint32(head[2])<<16|uint32(head[3])<<24)
	_, err := io.ReadFull(r, chunk)
	return chunk, err
}
