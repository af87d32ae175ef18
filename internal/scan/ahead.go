package scan

import (
	"errors"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
)

// A log is read, taken apart into events and these into tokens ahead of the judge, on a
// core of its own: all that needs no model, and half of the work.
// Neither waits for the other as long as there are batches between them.
const (
	batches    = 6
	givenBack  = 3   // at once: who reads sleeps and wakes a third as often
	batchLines = 512 // a block's, of routine lines; of shorter ones a batch has no more

	// keptBytes is up to which size a batch's memory is used again.
	keptBytes = 4 * readSize
)

// batch holds lines that are to be judged, and all that they are made of.
type batch struct {
	lines []Line // of which so many are there:
	n     int

	block   []byte // of the text in which they stand
	copies  []byte // of what stands in none
	events  event.Store
	scanned pattern.Lines // of their events

	read int64 // bytes of the input that had been read by then
	err  error // what ended the input, behind the last line
}

func newBatch() *batch {
	return &batch{lines: make([]Line, batchLines), block: make([]byte, readSize)}
}

// line is where the next line goes.
func (b *batch) line() *Line {
	if b.n == len(b.lines) { // a record of many lines is kept together
		b.lines = append(b.lines, Line{})
	}
	return &b.lines[b.n]
}

// keep copies what is used again before the batch is judged. Memory that becomes too small
// is left to the lines that have it.
func (b *batch) keep(s []byte) []byte {
	from := len(b.copies)
	b.copies = append(b.copies, s...)
	return b.copies[from:len(b.copies):len(b.copies)]
}

// errStopped ends the reading of what nobody judges any more.
var errStopped = errors.New("stopped")

// ahead takes lines for the judge, a batch at a time.
type ahead struct {
	run    *run
	in     *LineReader
	events *event.Reader

	scanner *pattern.Scanner
	message *pattern.Workspace

	*batch // that is being filled

	// No send waits: there are no more batches than places in a channel.
	full, free chan *batch
	stop       chan struct{}
}

func (r *run) newAhead(in *LineReader, events *event.Reader) *ahead {
	a := &ahead{
		run: r, in: in, events: events, scanner: r.detector.Scanner(), message: new(pattern.Workspace),
		full: make(chan *batch, batches), free: make(chan *batch, batches), stop: make(chan struct{}),
	}
	a.message.Remember()
	for range batches - 1 {
		a.free <- newBatch()
	}
	a.begin(newBatch())
	in.block, in.turn = a.block, a.turn
	return a
}

// begin goes on with a batch whose lines have been judged, or a new one.
func (a *ahead) begin(b *batch) {
	a.batch = b
	if cap(b.copies) > keptBytes { // what a giant took is not kept
		b.copies = nil
	}
	b.n, b.copies = 0, b.copies[:0]
	b.scanned.Reset()
	a.events.Into(&b.events)
}

// hand gives the batch to the judge and begins another.
func (a *ahead) hand() error {
	a.read = a.run.read
	a.full <- a.batch
	select {
	case b := <-a.free:
		a.begin(b)
		return nil
	case <-a.stop:
		return errStopped
	}
}

// turn hands over what is there, which is judged before more is waited for.
func (a *ahead) turn() ([]byte, error) {
	if a.n > 0 {
		if err := a.hand(); err != nil {
			return nil, err
		}
	}
	return a.block, nil
}

func (a *ahead) take(l *Line) error {
	if !l.Continues {
		a.scanner.ScanShape(l.Event.Message, l.Event.Shape, a.message)
		l.Event.Line = a.scanned.Keep(a.message)
	}
	a.n++
	return nil
}

func (a *ahead) whole() error {
	if a.n < batchLines {
		return nil
	}
	if err := a.hand(); err != nil {
		return err
	}
	a.in.move(a.block)
	return nil
}

// ahead is lines for an input that keeps nobody waiting: each is called for every line
// while those behind it are read.
func (r *run) ahead(in *LineReader, events *event.Reader, each func(*Line) error) error {
	a := r.newAhead(in, events)
	go func() {
		defer close(a.full)
		if err := r.lines(in, events, a); err != errStopped {
			a.read, a.err = r.read, err
			a.full <- a.batch
		}
	}()
	defer func() {
		close(a.stop)
		for range a.full { // the reader has ended when it is closed
		}
	}()
	judged := make([]*batch, 0, givenBack)
	for b := range a.full {
		for i := range b.lines[:b.n] {
			if err := each(&b.lines[i]); err != nil {
				return err
			}
		}
		if b.err != nil {
			return b.err
		}
		r.progress(b.read)
		if judged = append(judged, b); len(judged) == givenBack {
			for _, b := range judged {
				a.free <- b
			}
			judged = judged[:0]
		}
	}
	return nil
}
