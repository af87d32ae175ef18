package judge

import (
	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// atOnce is how many events are read and scanned before the first of them is judged.
//
// What an event takes from its bytes to its verdict is more code than the first cache of
// a processor holds (32 KB): one event after the other, most of it is loaded anew each
// time. Measured: more than 32 gain nothing more.
const atOnce = 32

// ahead are events that are read and scanned, and not judged yet.
type ahead struct {
	held [atOnce]held
	n    int // of them are there,
	next int // and those before this one are judged

	store event.Store
	lines pattern.Lines
}

type held struct {
	record record.Event
	event  detector.Event
	known  bool // there is something to judge by
}

// begin forgets what is left of a chunk that was given up.
func (a *ahead) begin() { a.n, a.next = 0, 0 }

// next returns the next event of the walker's chunk, nil behind the last one. It is valid
// until the next call.
func (j *Judge) next() *held {
	a := &j.ahead
	if a.next == a.n {
		if j.readAhead(); a.n == 0 {
			return nil
		}
	}
	h := &a.held[a.next]
	a.next++
	return h
}

// readAhead reads the walker's next events, then scans their messages.
func (j *Judge) readAhead() {
	a := &j.ahead
	a.begin()
	j.reader.Into(&a.store)
	a.lines.Reset()
	for a.n < atOnce && j.walker.Next(&a.held[a.n].record) {
		h := &a.held[a.n]
		h.known = j.reader.Record(&h.record, &h.event)
		a.n++
	}
	for i := range a.held[:a.n] {
		if h := &a.held[i]; h.known {
			j.detector.Scan(&h.event, &a.lines)
		}
	}
}
