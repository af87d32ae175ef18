package event

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event/names"
	"github.com/flb-anomaly/flb-anomaly/internal/event/timestamp"
)

// str takes in a value that came as text. What is wholly a number, true or false
// is one, in whatever form it comes.
func (r *Reader) str(n *node, v []byte) {
	if len(v) == 0 {
		r.value(n, detector.Text, v, 0)
		return
	}
	first := firsts[v[0]]
	switch {
	case n.plain && first&^ofTime == 0: // as of most texts
		kind := detector.Text
		if first != 0 && timestamp.Whole(v) {
			kind = detector.Time
		}
		r.put(n, kind, v, 0, pattern.UnitNone, false)
		return
	case first&ofNumber != 0:
		if num, ok := plainNumber(v); ok {
			r.numeric(n, v, num, true)
			return
		}
	case first&ofBool != 0 && (string(v) == "true" || string(v) == "false"):
		r.value(n, detector.Bool, v, 0)
		return
	}
	if n.plain {
		r.field(n, detector.Text, v, 0)
	} else {
		r.value(n, detector.Text, v, 0)
	}
}

// firsts says of the first byte of a text what that may be beside a text.
var firsts = func() (t [256]uint8) {
	for c := range t {
		if beginsQuantity[c] {
			t[c] = ofQuantity
		}
		if c == '-' || c >= '0' && c <= '9' {
			t[c] |= ofNumber
		}
		if timestamp.Begins(byte(c)) {
			t[c] |= ofTime
		}
	}
	t['t'] |= ofBool
	t['f'] |= ofBool
	return t
}()

const (
	ofQuantity = 1 << iota
	ofNumber
	ofBool
	ofTime
)

// integer takes in a whole number. One of more than 15 digits is no quantity.
func (r *Reader) integer(n *node, text []byte, num float64) {
	if num >= 1e15 || num <= -1e15 {
		r.value(n, detector.Text, text, 0)
		return
	}
	r.numeric(n, text, num, false)
}

// float takes in any other number; what JSON cannot write is text.
func (r *Reader) float(n *node, text []byte, num float64) {
	if math.IsNaN(num) || math.IsInf(num, 0) {
		r.value(n, detector.Text, text, 0)
		return
	}
	r.numeric(n, text, num, false)
}

func (r *Reader) bool(n *node, v bool) {
	if v {
		r.value(n, detector.Bool, yes, 0)
	} else {
		r.value(n, detector.Bool, no, 0)
	}
}

func (r *Reader) null(n *node) { r.value(n, detector.Null, nil, 0) }

var yes, no = []byte("true"), []byte("false")

// value takes in a value.
func (r *Reader) value(n *node, kind detector.Kind, v []byte, num float64) {
	if n.plain || !r.special(n, kind, v, num) {
		r.field(n, kind, v, num)
	}
}

// numeric takes in a number, quoted if it came as a text.
func (r *Reader) numeric(n *node, v []byte, num float64, quoted bool) {
	if !n.plain && r.special(n, detector.Number, v, num) || n.out || n.skip {
		return
	}
	r.put(n, detector.Number, v, num, pattern.UnitNone, quoted)
}

// field makes a value a field of the event.
func (r *Reader) field(n *node, kind detector.Kind, v []byte, num float64) {
	if n.out || n.skip {
		return
	}
	unit, quoted := pattern.UnitNone, false
	if kind == detector.Text {
		if q, base, ok := quantity(v); ok {
			kind, num, unit, quoted = detector.Number, q, base, true
		} else if timestamp.Whole(v) {
			kind = detector.Time
		}
	}
	r.put(n, kind, v, num, unit, quoted)
}

// put makes what is known to be of a kind a field of the event.
func (r *Reader) put(n *node, kind detector.Kind, v []byte, num float64, unit pattern.Unit, quoted bool) {
	at := len(r.fields)
	if n.event == r.event && !n.within && !r.several {
		at = int(n.at) // of a key that is given twice, the last counts
	} else {
		if at == cap(r.fields) || n.levels > shallow && at >= deepRoom {
			return
		}
		n.event, n.at = r.event, int32(at)
		r.fields = r.fields[:at+1]
	}
	f := &r.fields[at]
	f.Kind, f.Value, f.Number, f.Unit, f.Quoted = kind, v, num, unit, quoted
	if f.Known != &n.known || n.passing {
		f.Name, f.Known = n.name, &n.known
	}
}

// special takes in the value of a field that is more than a field, and reports
// whether it is none beside that.
func (r *Reader) special(n *node, kind detector.Kind, v []byte, num float64) bool {
	if n.skip {
		return true
	}
	if n.group {
		r.group = v
		return true
	}
	if n.level > 0 && kind != detector.Null {
		if level := r.levelOf(n, kind, v, num); level != 0 {
			to := &r.level
			if n.scale.Carried(level) {
				to = &r.carried
			}
			if to.rank == 0 || int32(n.level) <= to.rank {
				*to = rated{int32(n.level), level}
			}
			return true
		}
	}
	if n.message > 0 {
		return r.messageOf(n, kind, v, num)
	}
	if n.clock > 0 && isTime(kind, v, num) {
		if r.clock.rank == 0 || r.layer < 2 && int32(n.clock) <= r.clock.rank {
			r.clock = moment{int32(n.clock), v}
		}
		return true
	}
	return false
}

// levelWord is what a short text says in a field of levels.
type levelWord struct {
	text  [13]byte
	size  uint8
	scale names.Scale
	level pattern.Level
}

// levelWords remembers them: the same few stand there in one record after the other.
// Those of most logs differ in the sum of length and first letter.
type levelWords [8]levelWord

// levelOf is what a value of a level's field says.
func (r *Reader) levelOf(n *node, kind detector.Kind, v []byte, num float64) pattern.Level {
	if kind == detector.Number {
		return n.scale.Level(v, true, num)
	}
	if len(v) == 0 {
		return pattern.LevelNone
	}
	w := &r.levelWords[(uint(len(v))+uint(v[0]))%uint(len(r.levelWords))]
	if len(v) == int(w.size) && w.scale == n.scale && string(v) == string(w.text[:w.size]) {
		return w.level
	}
	level := n.scale.Level(r.colourless(v), false, 0)
	if len(v) <= len(w.text) {
		w.size, w.scale, w.level = uint8(copy(w.text[:], v)), n.scale, level
	}
	return level
}

// messageOf takes in what may be the message.
func (r *Reader) messageOf(n *node, kind detector.Kind, v []byte, num float64) bool {
	rank := int32(n.message)
	switch {
	case kind == detector.Null || len(v) == 0:
		r.blank = true
		return true
	case kind != detector.Text:
		rank += 2 * nested // any text is more of a message
	}
	best := &r.message
	if best.rank != 0 {
		c := candidate{rank: rank, node: n, kind: kind, value: v, num: num}
		if rank > best.rank {
			r.demote(&c, best)
			return true
		}
		if best.node != n {
			r.demote(best, &c)
		}
	}
	best.rank, best.node, best.kind, best.value, best.num = rank, n, kind, v, num
	best.plain, best.line, best.shape = false, false, 0
	return true
}

// demote makes a field of what could have been the message, where it says
// something that the message does not.
func (r *Reader) demote(c, message *candidate) {
	if c.node != nil && !c.node.template && !bytes.Equal(c.value, message.value) {
		r.field(c.node, c.kind, c.value, c.num)
	}
}

// leastTime and mostTime are between which numbers one may be a time: from 1973 on in
// seconds, up to the last nanosecond that 64 bits hold, in 2262.
const (
	leastTime = 1e8
	mostTime  = math.MaxInt64
)

func mayBeTime(num float64) bool { return num >= leastTime && num <= mostTime }

// isTime reports whether a value looks like a time and not like a duration.
func isTime(kind detector.Kind, v []byte, num float64) bool {
	switch kind {
	case detector.Number:
		return mayBeTime(num)
	case detector.Text:
		digits := 0
		for _, c := range v[:min(len(v), 40)] {
			if c-'0' < 10 {
				if digits++; digits == 6 {
					return true
				}
			}
		}
	}
	return false
}

// maxNumber is the length up to which a text is read as a number: 15 digits
// before the point, and those behind.
const maxNumber = 40

// plainNumber reads a text that is wholly a plain decimal number. Leading zeros,
// a plus sign and more than 15 digits before the point are those of identifiers.
func plainNumber(v []byte) (float64, bool) {
	if len(v) > maxNumber {
		return 0, false
	}
	i := 0
	if v[0] == '-' {
		i++
	}
	from := i
	var mantissa uint64
	for i < len(v) && v[i]-'0' < 10 {
		mantissa = mantissa*10 + uint64(v[i]-'0')
		i++
	}
	if digits := i - from; digits == 0 || digits > 15 || digits > 1 && v[from] == '0' {
		return 0, false
	}
	if i == len(v) {
		if from > 0 {
			return -float64(mantissa), true
		}
		return float64(mantissa), true
	}
	if v[i] != '.' || i+1 == len(v) {
		return 0, false
	}
	point := i
	for i++; i < len(v); i++ {
		if v[i]-'0' >= 10 {
			return 0, false
		}
	}
	return decimal(v, from, point), true
}

// decimal is the value of digits with a point among them.
func decimal(v []byte, from, point int) float64 {
	if digits := len(v) - from - 1; digits <= 15 {
		// Both are exact, so that the quotient is rounded once.
		var mantissa uint64
		for i := from; i < len(v); i++ {
			if i != point {
				mantissa = mantissa*10 + uint64(v[i]-'0')
			}
		}
		f := float64(mantissa) / powers[len(v)-point-1]
		if from > 0 {
			return -f
		}
		return f
	}
	return parseFloat(v)
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

func parseFloat(v []byte) float64 {
	f, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(v), len(v)), 64)
	return f
}
