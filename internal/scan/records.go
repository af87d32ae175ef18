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

// lines calls each for every line of in, with the event of its record in the first.
func (r *run) lines(in *LineReader, events *event.Reader, each func(*Line) error) error {
	var line Line
	begins := func(text []byte, first int64) error {
		line.First, line.Continues, line.Record = first, false, text
		events.Line(text, &line.Event)
		return each(&line)
	}
	continues := func() error {
		line.Continues, line.Record, line.Event = true, nil, detector.Event{Group: line.Event.Group}
		return each(&line)
	}
	at := func() { line.Number, line.Offset, line.Text, line.Cut = in.Number(), in.Offset(), in.Line(), in.Cut() }
	var joiner event.Joiner
	var rec record
	whole := func() error {
		from := 0
		for i, p := range rec.pieces {
			line.Number, line.Offset, line.Text, line.Cut = p.number, p.offset, rec.raw[from:p.end:p.end], p.cut
			from = p.end
			if i > 0 {
				if err := continues(); err != nil {
					return err
				}
			} else if err := begins(rec.joined, p.number); err != nil {
				return err
			}
		}
		return nil
	}
	for more := in.Next(); more; {
		joiner.Begin(in.Line())
		if next, ok := in.Peek(); in.Cut() || ok && !joiner.Continues(next) {
			at()
			if err := begins(line.Text, line.Number); err != nil {
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
			at()
			if err := continues(); err != nil {
				return err
			}
		}
		if !judged {
			if err := whole(); err != nil {
				return err
			}
		}
	}
	if in.Err() == nil && line.Number == 1 && line.Cut {
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
