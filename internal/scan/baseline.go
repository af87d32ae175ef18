package scan

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Baseline is what a log is held against: another log, or a model. What is known
// from there is normal, and nothing is learned from the log itself.
type Baseline struct {
	// Open opens the file. It is called several times.
	Open func() (io.ReadCloser, error)

	records  int64
	patterns map[uint64]*Change // by their hash
	ordered  bool               // it is known which line of the baseline had each first
	fields   FieldLines
}

// FieldLines are how many lines have each field, by name, of those that have fields.
type FieldLines struct {
	Of    map[string]float64
	Lines float64
}

// Change is a pattern that differs between the baseline and the log.
type Change struct {
	ID     string
	Text   string  // its pattern as text, or a line of it
	Before float64 // lines of the baseline
	Now    int64   // lines of the log
	Line   int64   // number of its first one in the log; 0 = none

	first int64 // number of its first line in the baseline
	last  int64 // of its last one in the log
}

// FieldChange is a field that differs between the baseline and the log.
type FieldChange struct {
	Name   string
	Before float64 // lines of the baseline that have it
	Now    float64 // lines of the log
}

// Comparison is what is other in a log than in its baseline.
type Comparison struct {
	New     []Change // the ones with most lines first
	Gone    []Change
	Changed []Change // far more often or far more seldom

	NewFields, GoneFields, ChangedFields []FieldChange // by their names

	// Stop is the line for which a build that has written the log should stop; nil
	// when there is none.
	Stop *Stop

	baseline *Baseline
	records  int64 // of the log
	now      map[uint64]*Change
	fields   FieldLines
	reached  int64  // first line in the baseline of the farthest pattern that has come
	errors   []Stop // the last unusual errors, at most maxErrors
}

// Stop is a line at level ERROR or worse that is unusual by the baseline and that the
// log has not got over: the first of those behind the last one that it has.
//
// A log has got over an error when most of what the baseline still had to say at that
// point comes behind it: patterns that the baseline has for the first time behind all of
// those that have come. Where nothing was left to say, it has when it goes on with
// anything that the baseline has. A line that says that a process exited with a code
// other than 0 is final, whatever comes behind it: the steps that clean up come always.
// Of a model, in which nothing has a place, each unusual error is one to stop for.
type Stop struct {
	Line   int64
	Text   string
	Reason string

	reached int64
	final   bool
}

// exited is what the line of a process that failed looks like: "exit code 1", "exited
// with 2", "exit status 127".
var exited = regexp.MustCompile(`(?i)\bexit(ed|s)?\b\D{0,24}[1-9]`)

const (
	maxErrors = 1000

	// A pattern has changed when it comes so many times as often or as seldom, and
	// that is so many standard deviations from what it was.
	changedTimes      = 4
	changedDeviations = 4

	// MaxFieldNames is how many fields are told apart.
	MaxFieldNames = 1000

	// LongFieldName is up to how many bytes of a field's name a model keeps.
	LongFieldName = 40
)

// detector returns a detector that knows the baseline and nothing else.
func (b *Baseline) detector(ctx context.Context, o Options) (*detector.Detector, error) {
	in, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	settings := o.Settings.Detector
	settings.Synchronous = true
	head := make([]byte, 64)
	n, err := io.ReadFull(in, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), in)
	b.records, b.patterns, b.fields, b.ordered = 0, map[uint64]*Change{}, FieldLines{Of: map[string]float64{}}, false
	if detector.IsSnapshot(head[:n]) {
		return b.restore(whole, settings)
	}
	settings.Warmup = 1 // all that is there is known
	d, err := detector.New(settings)
	if err != nil {
		return nil, err
	}
	r := run{ctx: ctx, options: Options{Settings: o.Settings}, detector: d}
	if err = r.records(whole, func(l *Line) error {
		d.Learn(&l.Event)
		b.records++
		return nil
	}, nothing); err == nil {
		err = b.survey(&r)
	}
	if err == nil && b.records == 0 {
		err = fmt.Errorf("there is no line in it")
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	d.Fit()
	return d, nil
}

// survey goes through the log a second time, when it is known: what is strange in
// it then is so in a healthy log.
func (b *Baseline) survey(r *run) error {
	in, err := b.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	b.ordered = true
	var v detector.Verdict
	return r.records(in, func(l *Line) error {
		r.detector.Survey(&l.Event, &v)
		b.fields.add(&l.Event)
		if c := b.patterns[v.Pattern]; c != nil {
			c.Before++
		} else if len(b.patterns) < MaxPatterns {
			b.patterns[v.Pattern] = &Change{ID: detector.PatternID(v.Pattern), Text: r.template(l), Before: 1, first: l.Number}
		}
		return nil
	}, nothing)
}

func (r *run) template(l *Line) string {
	l.detector = r.detector
	return l.Template()
}

func (b *Baseline) restore(in io.Reader, settings detector.Options) (*detector.Detector, error) {
	all, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	c, err := detector.Inspect(bytes.NewReader(all))
	if err != nil {
		return nil, err
	}
	settings.Source = nil // a file's lines stand for a filter's records
	d, err := detector.New(settings)
	if err != nil {
		return nil, err
	}
	if _, err := d.Restore(bytes.NewReader(all)); err != nil {
		d.Close()
		return nil, err
	}
	for i := range c.Groups {
		b.records += int64(c.Groups[i].Records)
		for _, p := range c.Groups[i].Patterns {
			k := b.patterns[p.Hash]
			if k == nil {
				k = &Change{ID: detector.PatternID(p.Hash), Text: p.Text}
				b.patterns[p.Hash] = k
			}
			k.Before += float64(p.Seen)
		}
		records := 0.0 // that had fields, what is long past counting less
		for _, f := range c.Groups[i].Fields {
			if f.Part == "" {
				b.fields.Of[f.Name] += float64(f.Records)
				records = max(records, float64(f.Records)/f.Share)
			}
		}
		b.fields.Lines += records
	}
	return d, nil
}

// add counts the fields of a line.
func (f *FieldLines) add(ev *detector.Event) {
	if len(ev.Fields) == 0 {
		return
	}
	f.Lines++
	for i := range ev.Fields {
		name := text.Cut(ev.Fields[i].Name, LongFieldName)
		if _, ok := f.Of[string(name)]; ok || len(f.Of) < MaxFieldNames {
			f.Of[string(name)]++
		}
	}
}

func newComparison(b *Baseline) *Comparison {
	return &Comparison{baseline: b, now: map[uint64]*Change{}, fields: FieldLines{Of: map[string]float64{}}}
}

// record takes in a record of the log by its first line.
func (c *Comparison) record(l *Line) {
	v := &l.Verdict
	c.records++
	c.fields.add(&l.Event)
	k := c.now[v.Pattern]
	if k == nil && len(c.now) < MaxPatterns {
		k = &Change{ID: detector.PatternID(v.Pattern), Line: l.Number}
		if was := c.baseline.patterns[v.Pattern]; was != nil {
			k.Text, k.Before, k.first = was.Text, was.Before, was.first
		} else {
			k.Text = l.Template()
		}
		c.now[v.Pattern] = k
	}
	if k != nil {
		k.Now++
		k.last = l.Number
		c.reached = max(c.reached, k.first)
	}
	if v.Anomaly && v.Level >= pattern.LevelError {
		if len(c.errors) == maxErrors {
			c.errors = slices.Delete(c.errors, 0, maxErrors/2)
		}
		c.errors = append(c.errors, Stop{l.Number, text.Valid(text.Cut(l.Text, 400)), string(v.Reason), c.reached, exited.Match(l.Text)})
	}
}

// gotOver reports whether the log has got over an error, see Stop.
func (c *Comparison) gotOver(s *Stop) bool {
	if s.final || !c.baseline.ordered {
		return false
	}
	left, came, known := 0, 0, false
	for hash, k := range c.baseline.patterns {
		now := c.now[hash]
		behind := now != nil && now.last > s.Line
		known = known || behind
		if k.first > s.reached {
			left++
			if behind {
				came++
			}
		}
	}
	if left == 0 {
		return known
	}
	return 2*came > left
}

// finish fills in what can be said when the log has ended.
func (c *Comparison) finish() {
	b := c.baseline
	for _, k := range c.now {
		switch {
		case k.Before == 0:
			c.New = append(c.New, *k)
		case Changed(float64(k.Now), k.Before*float64(c.records)/float64(max(1, b.records))):
			c.Changed = append(c.Changed, *k)
		}
	}
	for hash, k := range b.patterns {
		if c.now[hash] == nil {
			c.Gone = append(c.Gone, *k)
		}
	}
	by := func(n func(*Change) float64) func(x, y Change) int {
		return func(x, y Change) int {
			if d := cmp.Compare(n(&y), n(&x)); d != 0 {
				return d
			}
			return cmp.Or(cmp.Compare(x.Line, y.Line), strings.Compare(x.ID, y.ID))
		}
	}
	most := func(k *Change) float64 { return max(k.Before, float64(k.Now)) }
	slices.SortFunc(c.New, by(most))
	slices.SortFunc(c.Gone, by(most))
	slices.SortFunc(c.Changed, by(most))
	c.NewFields, c.GoneFields, c.ChangedFields = CompareFields(&b.fields, &c.fields)
	over := false
	for i := range slices.Backward(c.errors) {
		s := &c.errors[i]
		if over = over || c.gotOver(s); !over || s.final {
			c.Stop = s
		}
	}
}

// Changed reports whether something that came so many times came far more or less often
// than usual.
func Changed(now, usual float64) bool {
	return max(now, usual) >= changedTimes*min(now, usual) && math.Abs(now-usual) >= changedDeviations*math.Sqrt(usual+1)
}

// CompareFields returns the fields that are new, gone, or come far more or less often
// than before, by their names.
func CompareFields(before, after *FieldLines) (fresh, gone, changed []FieldChange) {
	for name, now := range after.Of {
		f := FieldChange{name, before.Of[name], now}
		switch {
		case f.Before == 0:
			fresh = append(fresh, f)
		case Changed(now, f.Before*after.Lines/max(1, before.Lines)):
			changed = append(changed, f)
		}
	}
	for name, n := range before.Of {
		if after.Of[name] == 0 {
			gone = append(gone, FieldChange{name, n, 0})
		}
	}
	for _, list := range [][]FieldChange{fresh, gone, changed} {
		slices.SortFunc(list, func(x, y FieldChange) int { return strings.Compare(x.Name, y.Name) })
	}
	return fresh, gone, changed
}
