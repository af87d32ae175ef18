// Package scan judges files: lines of text or JSON become events, the detector
// gives each a verdict, and a callback gets line and verdict in the file's
// order.
//
// It is the one way into a log: opening, decompression, encodings, and what is
// no log (Open, Text). It knows how lines look (their ends, JSON, timestamps) and
// nothing of how verdicts are shown; the command and the page both stand on it. The
// detector runs synchronously here: the same file, options and seed give the
// same verdicts, bit for bit.
package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Mode says what a line is judged by.
type Mode string

// The modes.
const (
	Stream Mode = "stream" // by the lines before it, as in a pipeline
	Batch  Mode = "batch"  // by a model of the whole input
)

// DefaultSpoolLimit is how many bytes of an input that cannot be read twice
// batch mode keeps in a temporary file.
const DefaultSpoolLimit = 8 << 30

// Options say how an input is judged.
type Options struct {
	Settings options.Settings
	Mode     Mode // empty = Stream

	// Plain says that the input is what Text returned: it is not looked at for
	// a compression or an encoding again.
	Plain bool

	// Modified is when the input was written to last; zero is now. Times without
	// a year get theirs from it.
	Modified time.Time

	// Baseline is what lines are judged by instead of the others of the input; Mode
	// means nothing then. nil = none.
	Baseline *Baseline

	// Model is a snapshot that the detector begins with, as that of a filter does; in
	// a stream only. It must be of the same Seed, Trees, SampleSize and Window. nil = none.
	Model []byte

	// Live says that the input may keep one waiting: lines are judged as they
	// come.
	Live bool

	// Wait reports whether there is something to read from a live input within a time.
	// Without it, a line is not waited for: what belongs to the one before it may come
	// too late to be judged with it.
	Wait func(time.Duration) bool

	// Progress is called, when set, every now and then with the number of bytes read so
	// far, as they are stored (compressed), by the goroutine that calls back for lines; of
	// a live input before each read. Batch mode reads everything Passes times and counts
	// all.
	Progress func(read int64)

	// Learned is called, when set, with what is known of the input: at its end, and on
	// the way there whenever it has four times as many lines as when it was called last.
	Learned func(*detector.Contents)

	// SpoolLimit replaces DefaultSpoolLimit when it is above 0.
	SpoolLimit int64
}

// Line is one line of the input. It is valid during the callback only.
type Line struct {
	Number int64  // counted from 1
	Offset int64  // of its first byte in the text, in bytes
	Text   []byte // without the line's end, at most MaxLine bytes
	Cut    bool   // the line is longer than MaxLine

	// First is the number of the line with which its record begins. A line that
	// continues one has the score and the pattern of the record, which is flagged in
	// its first line, and neither level nor time of its own.
	First     int64
	Continues bool
	Record    []byte // the text of the whole record, in its first line

	// Event is what the detector saw. Time is 0 when the line has none.
	Event   detector.Event
	Verdict detector.Verdict

	// Incident is the id of the incident of a flagged line, and Nth which of its
	// lines this is, from 1; 0 = they do not weigh enough so far.
	Incident []byte
	Nth      uint64

	detector *detector.Detector
	fields   []Field // of a clone
}

// Field is a field of a record, and what is usual there.
type Field struct {
	detector.Field
	Usual model.FieldContents
	Known bool // a record had it before this one
}

// Fields returns the fields of the record that begins with the line. It may be
// called during the callback.
func (l *Line) Fields() []Field {
	if l.detector == nil || l.Continues {
		return l.fields
	}
	var list []Field
	for _, f := range l.Event.Fields {
		usual, known := l.detector.Usual(f.Name)
		f.Name, f.Value, f.Known = bytes.Clone(f.Name), bytes.Clone(f.Value), nil
		list = append(list, Field{f, usual, known && usual.Records > 1})
	}
	return list
}

// Clone returns a copy that stays valid behind the callback, but for its pattern
// as text.
func (l *Line) Clone() *Line {
	c := *l
	c.fields = l.Fields()
	c.Text, c.Record, c.Incident = bytes.Clone(l.Text), nil, bytes.Clone(l.Incident)
	c.Verdict.Reason = bytes.Clone(l.Verdict.Reason)
	c.Event = detector.Event{Time: l.Event.Time, Level: l.Event.Level, Transport: l.Event.Transport, Group: bytes.Clone(l.Event.Group)}
	c.detector = nil
	return &c
}

// Template returns the pattern of the line as text, of one without a message the
// line. It may be called during the callback.
func (l *Line) Template() string {
	const most = 400
	var b []byte
	if l.detector != nil {
		b = l.detector.AppendPattern(nil)
	}
	if len(b) == 0 {
		b = l.Text
	}
	return text.Valid(text.Cut(b, most))
}

// Threshold returns the score from which on a line is flagged, as it stood when this one
// had been judged: a line that is flagged may have raised it. It may be called during
// the callback.
func (l *Line) Threshold() float64 { return l.detector.Stats().Threshold }

// Result sums up a run.
type Result struct {
	Lines   int64
	Judged  int64 // the others are what the model learned from first
	Flagged int64
	First   time.Duration // earliest time of a line since the Unix epoch; 0 = no line has one
	Last    time.Duration // latest
	Array   bool          // the input begins as a JSON array, whose lines are no events: see ArrayHint
	Stats   detector.Stats

	Compared *Comparison // with the baseline; nil where there was none
}

// ArrayHint says what to do about a JSON array.
const ArrayHint = "this looks like a JSON array, which is judged line by line as any text: 'jq -c .[]' makes a line of each of its objects"

// isArray reports whether a first line is that of a JSON array of objects.
func isArray(line []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("["))
	rest = bytes.TrimSpace(rest)
	return ok && (len(rest) == 0 || rest[0] == '{')
}

// Run judges every line of in, which is text or gzip, and calls each for each
// line in order. An error of each, of the input, or of the context ends the
// run and is returned, with the result so far.
//
// Batch mode needs the input more than once: one that is an io.Seeker (a regular file)
// is read again from where it stood, any other is kept in a temporary file on
// the way.
func Run(ctx context.Context, in io.Reader, o Options, each func(*Line) error) (Result, error) {
	settings := o.Settings.Detector
	settings.Synchronous = true
	var compared *Comparison
	d, err := (*detector.Detector)(nil), error(nil)
	if b := o.Baseline; b != nil {
		o.Mode = Stream
		if d, err = b.detector(ctx, o); err != nil {
			return Result{}, fmt.Errorf("the baseline: %w", err)
		}
		compared = newComparison(b)
	} else if d, err = o.detector(settings); err != nil {
		return Result{}, err
	}
	defer d.Close()
	r := run{ctx: ctx, options: o, detector: d}
	if o.Mode == Batch {
		both, err := r.twice(in)
		if err != nil {
			return Result{}, err
		}
		defer both.done()
		err = r.records(both.first, func(line *Line) error {
			d.Learn(&line.Event)
			return nil
		}, nothing)
		if err != nil {
			return Result{}, err
		}
		d.Fit()
		if in, err = both.again(); err != nil {
			return Result{}, err
		}
		if o.Passes() > 2 {
			if err := r.rank(in); err != nil {
				return Result{}, err
			}
			if in, err = both.again(); err != nil {
				return Result{}, err
			}
		}
	}
	incidents := incident.New(o.Settings.IncidentGap)
	var result Result
	next := int64(firstLearned)
	judge := func(line *Line) error {
		switch {
		case compared != nil:
			d.Judge(&line.Event, &line.Verdict)
		case o.Mode == Batch:
			d.JudgeLearned(&line.Event, &line.Verdict)
		default:
			d.Observe(&line.Event, &line.Verdict)
		}
		incidents.Pass(line.Event.Time)
		line.Nth = 0
		if v := &line.Verdict; v.Anomaly {
			line.Nth = incidents.Flagged(line.Event.Group, v)
			line.Incident = incidents.AppendID(line.Incident[:0])
		}
		if compared != nil {
			compared.record(line)
		}
		return nil
	}
	err = r.records(in, judge, func(line *Line) error {
		if line.Continues {
			line.Nth = 0
		}
		result.count(line)
		if result.Lines == next {
			next *= 4
			r.tellLearned()
		}
		return each(line)
	})
	r.tellLearned()
	result.Stats = d.Stats()
	if compared != nil {
		compared.finish()
		result.Compared = compared
	}
	return result, err
}

// detector returns a new one, or one that goes on from the model.
func (o *Options) detector(settings detector.Options) (*detector.Detector, error) {
	known := o.Model != nil && o.Mode != Batch
	if known {
		settings.Source = nil // a file's lines stand for a filter's records
	}
	d, err := detector.New(settings)
	if err != nil || !known {
		return d, err
	}
	if _, err := d.Restore(bytes.NewReader(o.Model)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// firstLearned is after how many lines Options.Learned is called first.
const firstLearned = 1000

// tellLearned tells what is known of the input. Where that cannot be read, there is
// nothing to tell.
func (r *run) tellLearned() {
	if r.options.Learned == nil {
		return
	}
	var b bytes.Buffer
	if r.detector.WriteSnapshot(&b, "", time.Time{}) != nil {
		return
	}
	if c, err := detector.Inspect(&b); err == nil {
		r.options.Learned(c)
	}
}

// Passes is how many times an input is read: once; in batch mode once to learn it and
// once to judge it; and once more between these where a share of it is to be flagged,
// to see which lines that are.
func (o *Options) Passes() int {
	d := &o.Settings.Detector
	switch {
	case o.Mode != Batch || o.Baseline != nil:
		return 1
	case d.Contamination > 0 || slices.ContainsFunc(d.Sweep, func(c float64) bool { return c > 0 }):
		return 3
	}
	return 2
}

// rank lets the detector flag exactly the strangest share. Judging leaves traces (what
// comes in a burst), so a copy of the detector goes ahead.
func (r *run) rank(in io.Reader) error {
	var learned bytes.Buffer
	if err := r.detector.WriteSnapshot(&learned, "", time.Time{}); err != nil {
		return err
	}
	settings := r.options.Settings.Detector
	settings.Synchronous = true
	ahead, err := detector.New(settings)
	if err != nil {
		return err
	}
	defer ahead.Close()
	if _, err := ahead.Restore(&learned); err != nil {
		return err
	}
	err = r.records(in, func(line *Line) error {
		ahead.Rank(&line.Event)
		return nil
	}, nothing)
	r.detector.RankBy(ahead)
	return err
}

func (r *Result) count(line *Line) {
	if r.Lines++; r.Lines == 1 {
		r.Array = isArray(line.Text)
	}
	if line.Verdict.Judged {
		r.Judged++
	}
	if line.Verdict.Anomaly {
		r.Flagged++
	}
	if t := line.Event.Time; t != 0 {
		if r.First == 0 || t < r.First {
			r.First = t
		}
		r.Last = max(r.Last, t)
	}
}

// run is what both passes share.
type run struct {
	ctx      context.Context
	options  Options
	detector *detector.Detector
	read     int64 // bytes of the input, over all passes
}

// records calls judge for every record of in, with its event, and then each for
// every line of it.
func (r *run) records(in io.Reader, judge, each func(*Line) error) error {
	events, err := event.NewReader(&r.options.Settings)
	if err != nil {
		return err
	}
	events.SetReference(r.options.Modified)
	w := &watched{run: r, in: in}
	var text io.Reader = w
	if !r.options.Plain {
		if text, err = Text(text, r.options.Live); err != nil {
			return err
		}
	}
	// The lines behind a record's first have its score and its pattern. What makes it
	// strange is told once.
	var record detector.Verdict
	all := func(line *Line) error {
		line.detector = r.detector
		if v := &line.Verdict; line.Continues {
			*v = record
		} else if err := judge(line); err != nil {
			return err
		} else {
			record.Judged, record.Score, record.Pattern = v.Judged, v.Score, v.Pattern
		}
		return each(line)
	}
	switch lines := NewLineReader(text); {
	case r.options.Live:
		return r.lines(lines, events, &direct{each: all})
	case runtime.GOMAXPROCS(0) == 1:
		return r.inTurn(lines, events, all)
	default:
		return r.ahead(lines, events, all)
	}
}

func (r *run) progress(read int64) {
	if r.options.Progress != nil {
		r.options.Progress(read)
	}
}

// nothing is done with a line.
func nothing(*Line) error { return nil }

var errOneLine = problem("it is one line, longer than %d bytes, and no log: a log has an event in each line, as JSON an object in each", MaxLine)

// watched is an input that counts what is read of it and ends at the context's end.
type watched struct {
	*run
	in io.Reader
}

func (w *watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if w.options.Live { // else it is told by who judges
		w.progress(w.read)
	}
	n, err := w.in.Read(p)
	w.read += int64(n)
	return n, err
}

// passes are those that batch mode makes over one input.
type passes struct {
	first io.Reader
	again func() (io.Reader, error)
	done  func()
}

func (r *run) twice(in io.Reader) (passes, error) {
	if s, ok := in.(io.Seeker); ok {
		// A pipe is a file too, but has no position.
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			again := func() (io.Reader, error) {
				_, err := s.Seek(start, io.SeekStart)
				return in, err
			}
			return passes{in, again, func() {}}, nil
		}
	}
	f, err := os.CreateTemp("", "flb-anomaly-*")
	if err != nil {
		return passes{}, fmt.Errorf("batch mode reads its input more than once and keeps it in a temporary file: %w", err)
	}
	limit := r.options.SpoolLimit
	if limit <= 0 {
		limit = DefaultSpoolLimit
	}
	// Without a name it is gone with the process, whatever ends that. Windows
	// removes no open file; there it is removed when the run is over.
	unlinked := os.Remove(f.Name()) == nil
	done := func() {
		f.Close()
		if !unlinked {
			os.Remove(f.Name())
		}
	}
	again := func() (io.Reader, error) {
		_, err := f.Seek(0, io.SeekStart)
		return f, err
	}
	return passes{io.TeeReader(in, &limited{f, limit}), again, done}, nil
}

// limited refuses to grow a file above a size.
type limited struct {
	to   io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errors.New("the input is larger than what batch mode keeps of one that cannot be read twice: give a file instead")
	}
	return l.to.Write(p)
}
