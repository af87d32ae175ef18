package record

import "encoding/binary"

// A Walker walks chunks event by event and finds fields on the way. One
// goroutine at a time may use it; it allocates nothing for a record.
type Walker struct {
	// Counters of all chunks since the Walker was made.
	Logs   uint64 // events of the kind Log
	Groups uint64 // events of the kinds GroupStart and GroupEnd
	Others uint64 // events of the kind Other
	Broken uint64 // chunks that could not be walked to their end

	finder *Finder
	chunk  []byte
	pos    int
	broken bool

	// memos are those of the first, second, … container of a body.
	memos      [4]memo
	containers uint // among the fields of the current body, so far

	// lone is how the last record of a single field began of which nothing was looked
	// for: nor is it of the next.
	lone lone
}

// NewWalker returns a Walker that fills the slots of f. A nil Finder has no
// slots and replaces nothing.
func NewWalker(f *Finder) *Walker {
	if f == nil {
		f = NewFinder(nil)
	}
	w := &Walker{finder: f}
	for i := range w.memos {
		w.memos[i].slots = make([]found, len(f.candidates))
	}
	return w
}

// Reset begins a chunk. The Walker keeps it, unchanged and not copied, until
// the next Reset; Reset(nil) lets go of it.
func (w *Walker) Reset(chunk []byte) {
	w.chunk, w.pos, w.broken = chunk, 0, false
	for i := range w.memos {
		w.memos[i].raw = nil
	}
}

// Rest returns what of the chunk is not walked yet. After Next has returned
// false that is empty, or begins with the first event that is cut off or is not
// msgpack: nothing can be known of where the next event begins, so that all of
// it has to be passed on as it is. At any other moment it is the way to pass on
// the remainder of a chunk without a further look.
func (w *Walker) Rest() []byte { return w.chunk[w.pos:] }

// Next walks the next event into ev and reports whether there was one; if not,
// ev says nothing.
func (w *Walker) Next(ev *Event) bool {
	if w.pos >= len(w.chunk) || w.broken {
		return false
	}
	end := w.event(ev)
	if end < 0 {
		w.broken = true
		w.Broken++
		return false
	}
	ev.Raw = w.chunk[w.pos:end:end]
	w.pos = end
	switch ev.Kind {
	case Log:
		w.Logs++
	case Other:
		w.Others++
	default:
		w.Groups++
	}
	return true
}

// event fills ev but for Raw and returns the position behind the event, or -1.
func (w *Walker) event(ev *Event) int {
	b, p := w.chunk, w.pos
	ev.reset(b, w.finder)

	if time, body := plainHead(b, p); body > 0 {
		ev.Kind, ev.Time = extTime(b[time : time+8])
		p = body
	} else if p = ev.head(b, p); p < 0 {
		return ev.other(b, w.pos)
	}
	if ev.Kind == Log {
		if from, end := w.lone.text(b[p:]); end != 0 {
			ev.Text, ev.Lone = b[p+from:p+end:p+end], w.lone.name
			ev.body, ev.first, ev.pairs, ev.end = p, p+w.lone.key, 1, p+end
			ev.Body = b[p : p+end : p+end]
			return p + end
		}
	}
	pairs, first := mapHead(b, p)
	if first < 0 {
		return ev.other(b, w.pos)
	}
	if ev.Kind != Log {
		return skip(b, p)
	}
	ev.body, ev.first, ev.pairs = p, first, pairs
	w.containers = 0
	ev.end = w.fields(ev.slots, &w.finder.root, first, pairs, ev)
	if ev.end >= 0 {
		ev.Body = b[p:ev.end:ev.end]
		if pairs == 1 {
			w.learnLone(ev)
		}
	}
	return ev.end
}

// learnLone takes in how a record of a single field begins.
func (w *Walker) learnLone(ev *Event) {
	l := loneOf(ev.Body)
	if l.size == 0 || w.finder.root.lookup(ev.Body, l.key+1, l.size) != nil {
		return
	}
	from, end := str(ev.Body, l.size)
	w.lone, ev.Lone, ev.Text = l, l.name, ev.Body[from:end:end]
}

// plainHead knows the heads that current inputs write: [[fixext8 of type 0,
// {}], with containers in their shortest form or, as Fluent Bit's encoder of
// events has them, as array32 and map32. It returns the positions of the time
// and of the body, or 0 for any other head.
func plainHead(b []byte, p int) (time, body int) {
	const longest = 5 + 5 + 10 + 5
	if len(b)-p <= longest {
		return 0, 0
	}
	q := p + 2
	if binary.BigEndian.Uint16(b[p:]) != 0x9292 {
		if binary.BigEndian.Uint64(b[p:]) != 0xdd00000002dd0000 || binary.BigEndian.Uint16(b[p+8:]) != 2 {
			return 0, 0
		}
		q = p + 10
	}
	if binary.BigEndian.Uint16(b[q:]) != 0xd700 {
		return 0, 0
	}
	switch q += 2; {
	case b[q+8] == 0x80:
		return q, q + 9
	case b[q+8] == 0xdf && binary.BigEndian.Uint32(b[q+9:]) == 0:
		return q, q + 13
	}
	return 0, 0
}
