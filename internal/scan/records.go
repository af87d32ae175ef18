package scan

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
)

// record is one of several lines, or whose next line has not come. Its lines are
// copied: those that follow take their place in the reader's buffer.
type record struct {
	joined []byte // their text as one
	raw    []byte // of the lines, one behind the other
	group  []byte // its own copy, for lines that come behind its judgement
	pieces []piece
}

// piece is a line of a record.
type piece struct {
	number, offset int64
	end            int // in raw
	cut            bool
}

const (
	// maxRecord is how much of a record is joined, in bytes. Ten times what is looked at
	// of a message leaves room for the frames that are not.
	maxRecord = 10 * pattern.MaxBytes

	// maxRecordLines is how many lines of a record are joined. Those behind belong to
	// it, too, and say nothing.
	maxRecordLines = 1000

	// lateLine is how long the next line of a record may be in coming, in a live input:
	// what writes a stack trace writes it at once, and who looks on notices no delay.
	lateLine = 100 * time.Millisecond
)

func (r *record) full() bool { return len(r.raw) >= maxRecord || len(r.pieces) >= maxRecordLines }

func (r *record) begin(lines *LineReader, j *event.Joiner) {
	r.raw, r.pieces = r.raw[:0], r.pieces[:0]
	r.joined = j.AppendFirst(r.joined[:0])
	r.take(lines)
}

func (r *record) add(lines *LineReader, j *event.Joiner) {
	r.joined = j.Append(r.joined, lines.Line())
	r.take(lines)
}

func (r *record) take(lines *LineReader) {
	r.raw = append(r.raw, lines.Line()...)
	r.pieces = append(r.pieces, piece{lines.Number(), lines.Offset(), len(r.raw), lines.Cut()})
}

// sink takes the lines of a log.
type sink interface {
	line() *Line             // where the next one goes; not all of it is empty
	keep(text []byte) []byte // lets what is used again last as long as that line
	take(l *Line) error      // the line is there
	whole() error            // nothing that belongs to the lines so far is on its way
}

// direct hands over each line as it comes.
type direct struct {
	one  Line
	each func(*Line) error
}

func (d *direct) line() *Line             { return &d.one }
func (d *direct) keep(text []byte) []byte { return text }
func (d *direct) take(l *Line) error      { return d.each(l) }
func (d *direct) whole() error            { return nil }

// lines gives every line of in to a sink, with the event of its record in the first.
func (r *run) lines(in *LineReader, events *event.Reader, to sink) error {
	var group []byte // of the record that is open
	begins := func(line *Line, text []byte) error {
		line.First, line.Continues, line.Record = line.Number, false, text
		events.Line(text, &line.Event)
		group = line.Event.Group
		return to.take(line)
	}
	continues := func(line *Line, first int64) error {
		line.First, line.Continues, line.Record = first, true, nil
		line.Event = detector.Event{Group: group}
		return to.take(line)
	}
	next := func() *Line {
		line := to.line()
		line.Number, line.Offset, line.Text, line.Cut = in.Number(), in.Offset(), in.Line(), in.Cut()
		if in.Long() {
			line.Text = to.keep(line.Text)
		}
		return line
	}
	var joiner event.Joiner
	var rec record
	whole := func() error {
		joined, raw := to.keep(rec.joined), to.keep(rec.raw)
		from := 0
		for i, p := range rec.pieces {
			line := to.line()
			line.Number, line.Offset, line.Text, line.Cut = p.number, p.offset, raw[from:p.end:p.end], p.cut
			from = p.end
			if i > 0 {
				if err := continues(line, rec.pieces[0].number); err != nil {
					return err
				}
			} else if err := begins(line, joined); err != nil {
				return err
			}
		}
		rec.group = append(rec.group[:0], group...)
		return to.whole()
	}
	for more := in.Next(); more; {
		joiner.Begin(in.Line())
		if head, ok := in.Peek(); in.Cut() || ok && !joiner.Continues(head) {
			line := next()
			if err := begins(line, line.Text); err != nil {
				return err
			}
			if err := to.whole(); err != nil {
				return err
			}
			more = in.Next()
			continue
		}
		rec.begin(in, &joiner)
		judged := false
		for {
			if !judged && (rec.full() || r.options.Live && !r.nextComes(in)) {
				judged = true
				if err := whole(); err != nil {
					return err
				}
			}
			if more = in.Next(); !more || !joiner.Continues(in.Line()) {
				break
			}
			if !judged {
				rec.add(in, &joiner)
				continue
			}
			group = to.keep(rec.group)
			if err := continues(next(), rec.pieces[0].number); err != nil {
				return err
			}
			if err := to.whole(); err != nil {
				return err
			}
		}
		if !judged {
			if err := whole(); err != nil {
				return err
			}
		}
	}
	if in.Err() == nil && in.Number() == 1 && in.Cut() {
		return errOneLine
	}
	return in.Err()
}

// nextComes reports whether the next line of a live input is there, or the input's
// end, or will be in a while.
func (r *run) nextComes(in *LineReader) bool {
	for !in.Ready() {
		if r.options.Wait == nil || !r.options.Wait(lateLine) {
			return false
		}
		if !in.Fill() {
			break
		}
	}
	return true
}
