package scan

import (
	"errors"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
)

// A log is read, taken apart into events and these into tokens ahead of the judge, on a
// core of its own: all that needs no model, and half of the work.
// Neither waits for the other as long as there are batches between them.
const (
	batches    = 4
	batchLines = 128      // enough that handing a batch over costs a line nothing
	batchBytes = 64 << 10 // of text and fields: a batch fits a core's second-level cache

	// keptBytes is up to which size a batch's memory is used again.
	keptBytes = 4 * batchBytes
)

// batch holds lines that are to be judged, with copies of all that they are made of.
type batch struct {
	lines  []unjudged
	bytes  []byte
	fields []detector.Field
	names  []detector.FieldName

	tokens  []pattern.Token
	numbers []pattern.Num

	read int64 // bytes of the input that had been read by then
	err  error // what ended the input, behind the last line
}

// unjudged is a Line as far as it is known without a verdict.
type unjudged struct {
	number, offset, first int64
	text, record          []byte
	event                 detector.Event
	scanned               pattern.Line // of event
	cut, continues        bool
}

func (u *unjudged) to(l *Line) {
	l.Number, l.Offset, l.First = u.number, u.offset, u.first
	l.Text, l.Record, l.Event = u.text, u.record, u.event
	if !u.continues {
		l.Event.Line = &u.scanned
	}
	l.Cut, l.Continues = u.cut, u.continues
}

func newBatch() *batch {
	return &batch{lines: make([]unjudged, 0, batchLines), bytes: make([]byte, 0, batchBytes)}
}

func (b *batch) full() bool { return len(b.lines) >= batchLines || len(b.bytes) >= batchBytes }

func (b *batch) reset() {
	if cap(b.bytes) > keptBytes { // what a giant took is not kept
		b.bytes = make([]byte, 0, batchBytes)
	}
	b.lines, b.bytes, b.fields, b.names = b.lines[:0], b.bytes[:0], b.fields[:0], b.names[:0]
	b.tokens, b.numbers = b.tokens[:0], b.numbers[:0]
}

// scan keeps what a line's message has been scanned into.
func (b *batch) scan(u *unjudged, w *pattern.Workspace) {
	u.scanned = w.Line
	t, n := len(b.tokens), len(b.numbers)
	b.tokens, b.numbers = append(b.tokens, w.Tokens...), append(b.numbers, w.Numbers...)
	u.scanned.Tokens, u.scanned.Numbers = b.tokens[t:len(b.tokens):len(b.tokens)], b.numbers[n:len(b.numbers):len(b.numbers)]
}

// add copies a line. Memory that becomes too small is left to the lines that have it.
func (b *batch) add(l *Line) *unjudged {
	u := unjudged{number: l.Number, offset: l.Offset, first: l.First, event: l.Event, cut: l.Cut, continues: l.Continues}
	u.text = b.keep(l.Text)
	switch {
	case l.Continues:
	case len(l.Record) == len(l.Text): // a record of one line
		u.record = u.text
	default:
		u.record = b.keep(l.Record)
	}
	ev, from := &u.event, len(b.fields)
	ev.Message, ev.Group = b.keep(ev.Message), b.keep(ev.Group)
	for _, f := range l.Event.Fields {
		f.Name, f.Value = b.keep(f.Name), b.keep(f.Value)
		if f.Known != nil {
			b.names = append(b.names, *f.Known)
			f.Known = &b.names[len(b.names)-1]
		}
		b.fields = append(b.fields, f)
	}
	ev.Fields = b.fields[from:len(b.fields):len(b.fields)]
	b.lines = append(b.lines, u)
	return &b.lines[len(b.lines)-1]
}

func (b *batch) keep(s []byte) []byte {
	if s == nil {
		return nil
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, s...)
	return b.bytes[from:len(b.bytes):len(b.bytes)]
}

// errStopped ends the reading of what nobody judges any more.
var errStopped = errors.New("stopped")

// ahead is lines for an input that keeps nobody waiting: each is called for every line
// while those behind it are read.
func (r *run) ahead(in *LineReader, w *watched, events *event.Reader, each func(*Line) error) error {
	// No send waits: there are no more batches than places in a channel.
	full, free, stop := make(chan *batch, batches), make(chan *batch, batches), make(chan struct{})
	for range batches - 1 {
		free <- newBatch()
	}
	go func() {
		defer close(full)
		b := newBatch()
		scanner, message := r.detector.Scanner(), new(pattern.Workspace)
		message.Remember()
		hand := func() error {
			full <- b
			select {
			case b = <-free:
				return nil
			case <-stop:
				return errStopped
			}
		}
		// What is there is judged before more is waited for.
		w.before = func(read int64) error {
			if b.read = read; len(b.lines) == 0 {
				return nil
			}
			return hand()
		}
		err := r.lines(in, events, func(l *Line) error {
			u := b.add(l)
			if !l.Continues {
				scanner.ScanShape(l.Event.Message, l.Event.Shape, message)
				b.scan(u, message)
			}
			if b.full() {
				b.read = r.read
				return hand()
			}
			return nil
		})
		if err != errStopped {
			b.read, b.err = r.read, err
			full <- b
		}
	}()
	defer func() {
		close(stop)
		for range full { // the reader has ended when it is closed
		}
	}()
	var line Line
	for b := range full {
		for i := range b.lines {
			b.lines[i].to(&line)
			if err := each(&line); err != nil {
				return err
			}
		}
		if b.err != nil {
			return b.err
		}
		r.progress(b.read)
		b.reset()
		free <- b
	}
	return nil
}
