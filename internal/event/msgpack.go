package event

import (
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// maxElements is how many elements of an array are looked at.
const maxElements = 8

// msgpack takes in a value in msgpack.
func (r *Reader) msgpack(c *record.Cursor, n *node) {
	v, inside := c.Next()
	switch v.Kind {
	case record.Str, record.Bin:
		r.str(n, v.Bytes)
	case record.Map:
		if !n.inside() {
			c.Skip(2 * inside)
			return
		}
		r.inside(c, n, inside)
	case record.Array:
		if !n.inside() {
			c.Skip(inside)
			return
		}
		for i := range inside {
			if i >= maxElements && !n.far {
				c.Skip(inside - i)
				return
			}
			if e := r.element(n, i); e == nil {
				c.Skip(1)
			} else {
				r.msgpack(c, e)
			}
		}
	case record.Int:
		i := v.Int()
		if r.timed && n.isClock() && mayBeTime(float64(i)) {
			return
		}
		r.integer(n, r.number(func(b []byte) []byte { return strconv.AppendInt(b, i, 10) }), float64(i))
	case record.Uint:
		if r.timed && n.isClock() && mayBeTime(float64(v.Uint())) {
			return
		}
		r.integer(n, r.number(v.AppendText), float64(v.Uint()))
	case record.Float:
		if r.timed && n.isClock() && mayBeTime(v.Float()) {
			return
		}
		// A float32 has the digits that it is written with.
		text := r.number(v.AppendText)
		num := v.Float()
		if v.Bytes[0] == 0xca {
			num = parseFloat(text)
		}
		r.float(n, text, num)
	case record.Bool:
		r.bool(n, v.Bool())
	case record.Nil:
		r.null(n)
	}
}

// inside takes in so many pairs of the map n. Records have the same keys in the same order
// again and again, and most are of fields with a short text or a number: these are read
// without a look at anything else.
func (r *Reader) inside(c *record.Cursor, n *node, pairs int) {
	guess := &n.begins
	for ; pairs > 0; pairs-- {
		child := guess[0]
		if child == nil || !c.Take(&child.stands) {
			if child = r.key(c, n, guess); child == nil {
				c.Skip(1)
				continue
			}
		}
		child.misses = 0
		guess = &child.next
		if child.plain {
			if text, ok := c.Short(); ok {
				r.str(child, text)
				continue
			}
			if num, ok := c.Number(); ok { // its text is made where somebody wants it
				r.put(child, detector.Number, nil, num, pattern.UnitNone, false)
				continue
			}
		} else if child.skip {
			c.Skip(1)
			continue
		}
		r.msgpack(c, child)
	}
}

// key steps over a key of the map n, for which there are guesses, and returns what it means;
// nil when that is nothing.
func (r *Reader) key(c *record.Cursor, n *node, guess *[2]*node) *node {
	first, second := guess[0], guess[1]
	switch {
	case second != nil && c.Take(&second.stands):
		return second
	case first != nil && c.TakeOther(&first.stands):
		return first
	case second != nil && c.TakeOther(&second.stands):
		return second
	}
	key, ok := c.Key()
	if !ok {
		return nil
	}
	return r.tree.anew(n, key, guess)
}

// isClock reports whether a field is the event's time and nothing else.
func (n *node) isClock() bool {
	return n.clock > 0 && n.message == 0 && n.level == 0 && !n.group && !n.skip
}

// element is what the i-th element of an array means, nil when it is not to be
// looked at.
func (r *Reader) element(n *node, i int) *node {
	if i >= maxElements && !r.tree.rules.wants(n, i) {
		return nil
	}
	e := r.tree.element(n, i)
	if e != nil && e.skip {
		return nil
	}
	return e
}

// number returns the text that write appends.
func (r *Reader) number(write func([]byte) []byte) []byte {
	from := len(r.text)
	r.text = write(r.text)
	return r.text[from:len(r.text):len(r.text)]
}
