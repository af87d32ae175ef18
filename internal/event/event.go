// Package event makes a detector.Event of whatever a log is made of: a record in
// msgpack, a line of JSON or of key=value pairs (logfmt), of an access log, or
// plain text. The same event becomes the same Event however it comes.
//
// Which field is the message, the level and the time stands in package names.
// What forms a text may have stands in formats, one file for each.
//
// The package knows nothing of what is usual or strange.
package event

import (
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event/timestamp"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// Reader makes events. It keeps what it needs for one and uses it again for the
// next: nothing is allocated once it has its size. One goroutine at a time may
// use it.
type Reader struct {
	tree   *tree
	store  *Store // nil = an event lasts until the next
	fields []detector.Field
	event  uint64

	message candidate
	blank   bool   // there is a field for the message, but nothing in it
	taken   []byte // the message that was taken apart
	level   rated
	carried rated
	clock   moment
	group   []byte
	layer   int           // of texts in texts
	marks   pattern.Marks // of the text that is taken apart
	shape   pattern.Shape
	known   bool   // it is of a shape that has no form
	asked   bool   // it was asked what a key in it means
	several bool   // both of a key that is given twice count
	timed   bool   // the record itself says when it was
	alone   bool   // nothing is taken in yet but the text that is looked at
	undone  bool   // what was taken in was forgotten
	rest    []byte // lines that belong to the message
	header  header

	lastNamed *node // of the record, of those whose names a format says

	lone uint64 // record.Event.Lone of the last record that had nothing but a message,
	only *node  // and the node of that

	text       []byte // made of escapes and numbers
	pairs      []pair
	stops      stops
	plains     plains
	levelWords levelWords
	lines      timestamp.Parser // of lines
	moments    timestamp.Parser // of fields of time

	// Blind tells of the records in which there was nothing to judge.
	Blind Blind
}

// candidate is what may be the message.
type candidate struct {
	rank  int32 // the smallest is best; 0 = there is none
	node  *node
	kind  detector.Kind
	value []byte
	num   float64
	plain bool // it is known to be without colours
	line  bool // and without control characters
	shape pattern.Shape
}

// rated is the level that the field of the best name says.
type rated struct {
	rank  int32
	level pattern.Level
}

// moment is the text of a time.
type moment struct {
	rank int32
	text []byte
}

// maxText is the size in bytes up to which a text is taken apart.
const maxText = 1 << 20

// maxLayers is how often a text is taken apart: a line, the message in it.
const maxLayers = 2

// Blind counts the records that had nothing to judge.
type Blind struct {
	Records uint64
	Keys    []string // some of what they had instead, in the order of appearance
}

// maxBlindKeys is how many keys Blind names.
const maxBlindKeys = 16

// NewReader returns a Reader, or an error that names the option.
func NewReader(s *options.Settings) (*Reader, error) {
	r, err := newRules(s)
	if err != nil {
		return nil, err
	}
	return &Reader{tree: newTree(r), fields: make([]detector.Field, 0, detector.MaxFields), pairs: make([]pair, 0, maxPairs)}, nil
}

// SetReference says when the log was written to last: a time without a year gets
// its from that. Without it, that is now.
func (r *Reader) SetReference(t time.Time) { r.lines.Reference, r.moments.Reference = t, t }

// look makes a text plain, and finds out what tells its forms.
func (r *Reader) look(text []byte) []byte {
	text, r.asked, r.known = trimmed(text), false, false
	if r.shape, r.marks = pattern.Look(text); r.plains.has(r.shape) {
		r.known = true
		return text
	}
	if r.marks&pattern.ControlMark != 0 {
		if plain := r.colourless(text); len(plain) != len(text) {
			text, r.shape = plain, 0
		}
	}
	return text
}

// Record makes the event of a record.Log. It reports whether there is something
// to judge by. The event's slices are the record's or the Reader's own, and valid
// until the next call, or as Into says.
func (r *Reader) Record(rec *record.Event, ev *detector.Event) bool {
	if rec.Kind != record.Log {
		*ev = detector.Event{}
		return false
	}
	r.begin()
	r.timed = rec.Time != 0
	if rec.Meta != nil {
		c := record.NewCursor(rec.Meta)
		r.msgpack(&c, &r.tree.meta)
	}
	if rec.Lone != 0 && rec.Lone == r.lone {
		if len(rec.Text) > maxNumber && r.message.rank == 0 { // it is text, and nothing else
			m := &r.message
			m.rank, m.node, m.kind, m.value = int32(r.only.message), r.only, detector.Text, rec.Text
		} else {
			r.str(r.only, rec.Text)
		}
	} else {
		c := rec.Cursor()
		r.msgpack(&c, &r.tree.root)
		// The nodes of messages are never forgotten.
		if n := r.tree.root.begins[0]; rec.Lone != 0 && len(r.fields) == 0 && n != nil && r.message.node == n && n.pinned && n.level == 0 && !n.group {
			r.lone, r.only = rec.Lone, n
		}
	}
	r.takeApart()
	ok := r.finish(ev)
	if ev.Time = rec.Time; ev.Time == 0 {
		ev.Time = r.time(ev.Message)
	}
	if !ok {
		r.countBlind(rec)
	}
	if r.store != nil {
		r.keep(false)
	}
	return ok
}

// Line makes the event of a line of text. The event's slices are the line's or
// the Reader's own, and valid until the next call, or as Into says.
func (r *Reader) Line(line []byte, ev *detector.Event) {
	r.begin()
	r.alone, r.timed = true, false
	r.message = candidate{rank: lineRank, kind: detector.Text, value: line}
	r.takeApart()
	if !r.finish(ev) {
		ev.Message = line
	}
	if r.store != nil {
		r.keep(true)
	}
	if len(line) > 0 && line[0] == '{' {
		// Some field's time is not the event's.
		line = ev.Message
	}
	ev.Time = r.time(line)
}

// lineRank is that of the text itself, as its own message.
const lineRank = 1 << 30

func (r *Reader) begin() {
	r.tree.reset()
	r.event++
	if cap(r.text) > maxText {
		r.text = nil // what a giant took is not kept
	}
	if r.store == nil {
		r.fields, r.text = r.fields[:0], r.text[:0]
	} else {
		r.fields = r.store.room()
	}
	r.message, r.blank, r.taken = candidate{}, false, nil
	r.level, r.carried, r.clock = rated{}, rated{}, moment{}
	r.group, r.layer, r.alone, r.undone, r.rest, r.lastNamed = nil, 0, false, false, nil, nil
}

// takeApart looks into the message as long as it is made of fields itself.
func (r *Reader) takeApart() {
	for r.message.rank != 0 && r.message.kind == detector.Text && r.layer < maxLayers && len(r.message.value) <= maxText {
		r.layer++
		text := r.look(r.message.value)
		node, rank, level := r.message.node, r.message.rank, r.level
		r.message.rank, r.level = 0, rated{}
		more, ok := r.formats(text)
		r.alone = false
		if r.level.level == pattern.LevelNone {
			r.level = level
		}
		if !ok {
			m := &r.message // one by one: a copy of the whole waits for its parts to be written
			m.rank, m.node, m.kind, m.value, m.num = rank, node, detector.Text, text, 0
			m.plain, m.line, m.shape = true, r.marks&pattern.ControlMark == 0, r.shape
			return
		}
		r.taken = text
		if !more {
			return
		}
	}
}

// finish gives the event what was found, and reports whether that is something.
func (r *Reader) finish(ev *detector.Event) bool {
	message, found := nothing, r.blank
	shape := pattern.Shape(0)
	switch m := &r.message; {
	case m.rank != 0:
		if message, found = m.value, true; !m.plain {
			message = r.plain(message)
		}
		if r.rest != nil {
			from := len(r.text)
			r.text = append(append(append(r.text, message...), '\n'), r.rest...)
			message = r.text[from:len(r.text):len(r.text)]
		}
		if shape = m.shape; !m.line || r.rest != nil {
			message, shape = r.fold(message), 0
		}
		if n := m.node; n != nil && n.event == r.event {
			// A record that has its own message as text, too, has two of the name.
			r.fields = slices.Delete(r.fields, int(n.at), int(n.at)+1)
		}
	case !found && len(r.fields) == 0 && r.taken != nil:
		message, found = r.taken, true // plain, as it was taken
	}
	// One by one, as a copy of the whole waits for its parts to be written.
	ev.Time, ev.Line, ev.Message, ev.Shape = 0, nil, message, shape
	ev.Level, ev.Transport, ev.Group, ev.Fields = r.level.level, r.carried.level, r.group, r.fields
	return found || len(r.fields) > 0
}

// nothing is a message that is empty, which is not the same as none: the page
// keeps the first message of each pattern.
var nothing = []byte{}

// time is that of the event by its fields, else by its text.
func (r *Reader) time(text []byte) time.Duration {
	if r.clock.rank != 0 {
		if t, ok := r.moments.Parse(r.clock.text); ok {
			r.lines.Beside(t)
			return t
		}
	}
	t, _ := r.lines.Parse(text)
	return t
}

// countBlind takes down what a record has in which there is nothing to judge.
func (r *Reader) countBlind(rec *record.Event) {
	b := &r.Blind
	b.Records++
	if len(b.Keys) >= maxBlindKeys || len(rec.Body) == 0 {
		return
	}
	c := record.NewCursor(rec.Body)
	_, pairs := c.Next()
	for ; pairs > 0 && len(b.Keys) < maxBlindKeys; pairs-- {
		if key, ok := c.Key(); ok && !b.has(key) && len(key) <= maxName {
			b.Keys = append(b.Keys, string(key))
		}
		c.Skip(1)
	}
}

func (b *Blind) has(key []byte) bool {
	for _, k := range b.Keys {
		if k == string(key) {
			return true
		}
	}
	return false
}
