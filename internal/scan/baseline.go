package scan

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
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

	lines    int64
	patterns map[uint64]*Change // by their hash
	fields   map[string]bool    // by name; nil = not known
}

// Change is a pattern that differs between the baseline and the log.
type Change struct {
	ID     string
	Text   string  // its pattern as text, or a line of it
	Before float64 // lines of the baseline
	Now    int64   // lines of the log
	Line   int64   // number of its first one in the log; 0 = none
}

// Comparison is what is other in a log than in its baseline.
type Comparison struct {
	New     []Change // the ones with most lines first
	Gone    []Change
	Changed []Change // far more often or far more seldom

	NewFields, GoneFields []string

	// Stop is the line for which a build that has written the log should stop; nil
	// when there is none.
	Stop *Stop

	baseline *Baseline
	now      map[uint64]*Change
	fields   map[string]bool
	errors   []Stop // unusual errors among the last lines
}

// Stop is the first line at level ERROR or worse that is unusual by the baseline, in
// the last lines of the log: what goes on for longer than that has survived it.
type Stop struct {
	Line   int64
	Text   string
	Reason string
}

const (
	// survived is after how many lines a log has got over an error. In builds that
	// failed, the last unusual error stood at most 82 lines before the end, in
	// those that passed at least 163.
	survived = 100

	// A pattern has changed when it comes so many times as often or as seldom, and
	// that is so many standard deviations from what it was.
	changedTimes      = 4
	changedDeviations = 4

	maxFieldNames = 1000
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
	b.lines, b.patterns, b.fields = 0, map[uint64]*Change{}, nil
	if detector.IsSnapshot(head[:n]) {
		return b.restore(whole, settings)
	}
	settings.Warmup = 1 // all that is there is known
	d, err := detector.New(settings)
	if err != nil {
		return nil, err
	}
	b.fields = map[string]bool{}
	r := run{ctx: ctx, options: Options{Settings: o.Settings}, detector: d}
	if err = r.lines(whole, func(l *Line) error {
		d.Learn(&l.Event)
		b.lines++
		return nil
	}); err == nil {
		err = b.survey(&r)
	}
	if err == nil && b.lines == 0 {
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
	var v detector.Verdict
	return r.lines(in, func(l *Line) error {
		r.detector.Survey(&l.Event, &v)
		addNames(b.fields, &l.Event)
		if c := b.patterns[v.Pattern]; c != nil {
			c.Before++
		} else if len(b.patterns) < MaxPatterns {
			b.patterns[v.Pattern] = &Change{ID: detector.PatternID(v.Pattern), Text: r.template(l), Before: 1}
		}
		return nil
	})
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
		b.lines += int64(c.Groups[i].Records)
		for _, p := range c.Groups[i].Patterns {
			k := b.patterns[p.Hash]
			if k == nil {
				k = &Change{ID: detector.PatternID(p.Hash), Text: p.Text}
				b.patterns[p.Hash] = k
			}
			k.Before += float64(p.Seen)
		}
	}
	return d, nil
}

func addNames(names map[string]bool, ev *detector.Event) {
	for i := range ev.Fields {
		if n := ev.Fields[i].Name; !names[string(n)] && len(names) < maxFieldNames {
			names[string(n)] = true
		}
	}
}

func newComparison(b *Baseline) *Comparison {
	return &Comparison{baseline: b, now: map[uint64]*Change{}, fields: map[string]bool{}}
}

func (c *Comparison) line(l *Line) {
	v := &l.Verdict
	addNames(c.fields, &l.Event)
	if k := c.now[v.Pattern]; k != nil {
		k.Now++
	} else if len(c.now) < MaxPatterns {
		k := &Change{ID: detector.PatternID(v.Pattern), Now: 1, Line: l.Number}
		if was := c.baseline.patterns[v.Pattern]; was != nil {
			k.Text, k.Before = was.Text, was.Before
		} else {
			k.Text = l.Template()
		}
		c.now[v.Pattern] = k
	}
	if v.Anomaly && v.Level >= pattern.LevelError {
		recent := slices.IndexFunc(c.errors, func(s Stop) bool { return l.Number-s.Line < survived })
		if recent < 0 {
			recent = len(c.errors)
		}
		c.errors = append(c.errors[:0], c.errors[recent:]...)
		c.errors = append(c.errors, Stop{l.Number, text.Valid(text.Cut(l.Text, 400)), string(v.Reason)})
	}
}

// finish fills in what can be said when the log has ended.
func (c *Comparison) finish(lines int64) {
	b := c.baseline
	for _, k := range c.now {
		switch usual := k.Before * float64(lines) / float64(max(1, b.lines)); {
		case k.Before == 0:
			c.New = append(c.New, *k)
		case Changed(float64(k.Now), usual):
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
	if b.fields != nil {
		c.NewFields, c.GoneFields = without(c.fields, b.fields), without(b.fields, c.fields)
	}
	if i := slices.IndexFunc(c.errors, func(s Stop) bool { return lines-s.Line < survived }); i >= 0 {
		c.Stop = &c.errors[i]
	}
}

// Changed reports whether a pattern that came so many times came far more or less often
// than usual.
func Changed(now, usual float64) bool {
	return math.Max(now, usual) >= changedTimes*math.Min(now, usual) && math.Abs(now-usual) >= changedDeviations*math.Sqrt(usual+1)
}

// without are the names of one that the other has not.
func without(one, other map[string]bool) (names []string) {
	for n := range one {
		if !other[n] {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}
