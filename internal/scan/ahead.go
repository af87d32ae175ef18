package scan

import (
	"errors"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
)

// A log is read, taken apart into events and these into tokens ahead of the judge: all
// that needs no model, and half of the work. It has a core of its own, and neither waits
// for the other as long as there are batches between them. On a single core they take
// turns, a batch each: either is so much code that from line to line it would push the
// other's out of the processor's first cache.
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

	give func(*batch) (*batch, error) // takes a full one and returns one to be filled
}

func (r *run) newAhead(in *LineReader, events *event.Reader, give func(*batch) (*batch, error)) *ahead {
	a := &ahead{run: r, in: in, events: events, scanner: r.detector.Scanner(), message: new(pattern.Workspace), give: give}
	a.message.Remember()
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
	b, err := a.give(a.batch)
	if err == nil {
		a.begin(b)
	}
	return err
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
		l.Event.Scan(a.scanner, a.message, &a.scanned)
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

// judge calls each for every line of a batch.
func (r *run) judge(b *batch, each func(*Line) error) error {
	for i := range b.lines[:b.n] {
		if err := each(&b.lines[i]); err != nil {
			return err
		}
	}
	if b.err != nil {
		return b.err
	}
	r.progress(b.read)
	return nil
}

// inTurn is lines for an input that keeps nobody waiting: a batch is read, then each is
// called for every line of it.
func (r *run) inTurn(in *LineReader, events *event.Reader, each func(*Line) error) error {
	var failed error
	a := r.newAhead(in, events, func(b *batch) (*batch, error) {
		if failed == nil { // lines that are on their way come behind that
			failed = r.judge(b, each)
		}
		return b, failed
	})
	err := r.lines(in, events, a)
	if failed != nil {
		return failed
	}
	a.read, a.err = r.read, err
	return r.judge(a.batch, each)
}

// ahead is inTurn where there is a core for either: lines are read while each is called
// for those before.
func (r *run) ahead(in *LineReader, events *event.Reader, each func(*Line) error) error {
	// No send waits: there are no more batches than places in a channel.
	full, free, stop := make(chan *batch, batches), make(chan *batch, batches), make(chan struct{})
	for range batches - 1 {
		free <- newBatch()
	}
	a := r.newAhead(in, events, func(b *batch) (*batch, error) {
		full <- b
		select {
		case b := <-free:
			return b, nil
		case <-stop:
			return nil, errStopped
		}
	})
	go func() {
		defer close(full)
		if err := r.lines(in, events, a); err != errStopped {
			a.read, a.err = r.read, err
			full <- a.batch
		}
	}()
	defer func() {
		close(stop)
		for range full { // the reader has ended when it is closed
		}
	}()
	judged := make([]*batch, 0, givenBack)
	for b := range full {
		if err := r.judge(b, each); err != nil {
			return err
		}
		if judged = append(judged, b); len(judged) == givenBack {
			for _, b := range judged {
				free <- b
			}
			judged = judged[:0]
		}
	}
	return nil
}
