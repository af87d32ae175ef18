package detector

import (
	"bytes"
	"container/list"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/forest"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Options are a detector's settings. Package options has the ranges and
// defaults; all fields but those that say so must be set.
type Options struct {
	Contamination float64       // share of recent records to flag, in (0, 0.5); 0 = auto
	Warmup        int           // records that a model learns from before it judges
	Window        int           // recent rows that a refit draws from
	Trees         int           // trees of the isolation forest
	SampleSize    int           // rows that each tree is grown from
	RefitInterval time.Duration // longest time between refits, by the events' own time; 0 = no limit
	RefitRecords  int           // most records between refits
	MaxGroups     int           // models held at once
	Seed          uint64        // of the forest's sampling and of the tables' hashes
	Ignore        []string      // what is never flagged, see NewIgnore; may be empty

	// Source says by name where the events' parts come from. Models made of others
	// do not fit; those that do not say fit any. May be empty.
	Source []Setting

	// Synchronous makes Observe refit at an exact record instead of in the
	// background: the same events give the same verdicts, bit for bit.
	Synchronous bool

	// Sweep are other values of Contamination, at most MaxSweep, to decide by
	// besides; Verdict.Sweep has the answers. May be empty.
	Sweep []float64
}

// Verdict is what the detector says of an event.
type Verdict struct {
	Judged  bool          // false while the model is learning: Score is 0 and Anomaly false then
	Anomaly bool          // the score is at or above the threshold, it is not ignored, and nothing that was just told goes on
	Score   float64       // in (0, 1), larger is stranger
	Level   pattern.Level // of the event, by its field or its text
	Pattern uint64        // events of the same pattern have the same number, under one seed
	Reason  []byte        // why, in words; only when Anomaly or Sweep; valid until the next call
	Kind    AnomalyKind   // what is strange most; only when Anomaly or Sweep
	ByValue bool          // a value came back or comes too often, and not all events of the pattern; only when Anomaly or Sweep
	Weight  Weight        // how far it is an incident by itself; only when Anomaly or Sweep

	// Sweep has a bit for each value of Options.Sweep, the first the lowest:
	// is this an anomaly to a detector of that Contamination?
	Sweep uint32
}

// Stats are a detector's counters, since it was made, and gauges.
type Stats struct {
	Records    uint64  // observed, learned or judged
	Judged     uint64  // got a score
	Anomalies  uint64  // flagged
	Refits     uint64  // of all models
	FailedFits uint64  // that panicked in the background; the forest before them stays in use
	Evicted    uint64  // models that made room for another group's
	Groups     int     // models held now
	Threshold  float64 // score from which on a record of the group judged last is flagged, at WARN or worse or of no level; 0 before the first verdict
}

// Detector judges events. One goroutine at a time may call its methods.
type Detector struct {
	options Options
	ignore  [2]*Ignore // of Options, of SetIgnore; nil = nothing
	mix     mix
	scanner *pattern.Scanner
	line    pattern.Workspace
	seen    model.Observation
	reason  []byte
	notes   []byte // of the caller: see SetNotes
	fields  []byte // scratch of ignored

	longName []byte // scratch of canonical
	text     []byte // scratch of words

	only       *group // the model of all events without a group
	groups     map[uint64]*group
	halvings   int // of the room of each
	seed       maphash.Seed
	order      list.List // of *group, the most recently used first
	stats      Stats
	threshold  float32 // in points, of the group judged last
	refits     chan refit
	failedFits atomic.Uint64
	workers    sync.WaitGroup
}

// group is one model with all that judges by it.
type group struct {
	state
	sweep   sweep
	memo    memo
	fitting bool        // in the background: see refit.go
	pieces  [][]row     // of the window, copied for it so far
	fitted  chan fitted // from it, once all is handed over

	provisional bool // is the threshold, until the fit is there

	name    string // canonical; empty for events without a group
	hash    uint64
	element *list.Element // of order; nil for events without a group
}

// state is what a snapshot holds of a group.
type state struct {
	model     model.Model
	window    window
	forest    *forest.Forest // never changed once it is here
	threshold threshold
	records   int           // learned
	nextRefit int           // at so many records
	refitAt   time.Duration // or at this time,
	refitFrom int           // once there are so many: the window is new
}

// New returns a detector, or an error that names the option.
func New(o Options) (*Detector, error) {
	check := func(name string, v, least int) error {
		if v < least {
			return fmt.Errorf("detector: %s is %d: at least %d is right", name, v, least)
		}
		return nil
	}
	for _, err := range []error{
		check("Warmup", o.Warmup, 1), check("Window", o.Window, 16), check("Trees", o.Trees, 1), check("SampleSize", o.SampleSize, 2),
		check("RefitRecords", o.RefitRecords, 1), check("MaxGroups", o.MaxGroups, 1),
	} {
		if err != nil {
			return nil, err
		}
	}
	if !(o.Contamination >= 0 && o.Contamination < 0.5) {
		return nil, fmt.Errorf("detector: Contamination is %v: 0 (auto) or a share below 0.5 is right", o.Contamination)
	}
	if err := checkSweep(o.Sweep); err != nil {
		return nil, err
	}
	d := &Detector{options: o, mix: usualMix(), scanner: pattern.NewScanner(o.Seed), groups: map[uint64]*group{}, seed: maphash.MakeSeed()}
	ignore, err := NewIgnore(o.Ignore)
	if err != nil {
		return nil, fmt.Errorf("detector: Ignore %w", err)
	}
	d.ignore[0] = ignore
	d.line.Remember()
	if !o.Synchronous {
		d.refits = make(chan refit, 4)
		d.workers.Add(1)
		go d.fitInBackground()
	}
	return d, nil
}

// Scanner returns what scans messages: who makes events on a core of its own scans them
// there, into Event.Line. Any number of goroutines may use it.
func (d *Detector) Scanner() *pattern.Scanner { return d.scanner }

// Scan is Event.Scan for who makes some events, on the core of the detector, before the
// first of them is observed.
func (d *Detector) Scan(ev *Event, into *pattern.Lines) { ev.Scan(d.scanner, &d.line, into) }

// Close ends the background work. The detector must not be used after it.
func (d *Detector) Close() {
	if d.refits != nil {
		close(d.refits)
		d.workers.Wait()
		d.refits = nil
	}
}

// Observe judges the event by what came before it, then learns from it.
func (d *Detector) Observe(ev *Event, v *Verdict) {
	g := d.look(ev, v)
	if g.ready(&d.options) {
		d.verdict(g, ev, v, true)
	}
	d.learn(g, ev)
}

// Learn learns from the event without judging it.
func (d *Detector) Learn(ev *Event) {
	var v Verdict
	d.learn(d.look(ev, &v), ev)
}

// Survey takes the event's row, by what was learned up to now, into what the
// next Fit draws from, without learning from the event. The verdict gets the level
// and the pattern.
func (d *Detector) Survey(ev *Event, v *Verdict) {
	g := d.look(ev, v)
	d.survey(g, ev)
	g.model.Pass(&d.seen)
}

// Fit fits each group's forest now, and sets its threshold by the rows seen
// last.
func (d *Detector) Fit() {
	each := func(g *group) {
		if g != nil && g.window.len() > 0 {
			g.install(d.fit(g.window.all()), d)
			g.startThreshold(&d.mix)
		}
	}
	each(d.only)
	for _, g := range d.groups {
		each(g)
	}
}

// Judge judges the event without learning from it.
func (d *Detector) Judge(ev *Event, v *Verdict) {
	g := d.look(ev, v)
	d.verdict(g, ev, v, false)
	g.model.Pass(&d.seen)
}

// JudgeLearned judges an event that was learned from as if it had not been: what it
// brought itself makes it no less strange.
func (d *Detector) JudgeLearned(ev *Event, v *Verdict) {
	d.seen.Learned = true
	d.Judge(ev, v)
	d.seen.Learned = false
}

// Stats returns the counters and gauges.
func (d *Detector) Stats() Stats {
	s := d.stats
	s.FailedFits = d.failedFits.Load()
	if s.Judged > 0 {
		s.Threshold = score(d.threshold)
	}
	s.Groups = len(d.groups)
	if d.only != nil {
		s.Groups++
	}
	return s
}

// look finds the event's group, and its row by that group's model.
func (d *Detector) look(ev *Event, v *Verdict) *group {
	*v = Verdict{}
	d.stats.Records++
	fault(ev)
	g := d.group(ev.Group)
	o := &d.seen
	o.SetFields(ev.Fields)
	message := d.words(ev)
	if o.Line = ev.Line; o.Line == nil || len(message) != len(ev.Message) {
		shape := ev.Shape
		if len(message) != len(ev.Message) {
			shape = 0
		}
		d.scanner.ScanShape(message, shape, &d.line)
		o.Line = &d.line.Line
	}
	o.Text, o.Size, o.Time = message[:min(len(message), pattern.MaxBytes)], len(message), ev.Time
	o.Level = ev.Level
	if o.Level == pattern.LevelNone {
		o.Level = o.Line.Level
	}
	if o.Level == pattern.LevelNone {
		o.Level = ev.Transport
	}
	g.collect(d)
	g.model.Judge(o)
	v.Level, v.Pattern = o.Level, o.Pattern()
	return g
}

// words returns the message with what the fields add to it in words, in the order of
// their names, so that the order in which they came does not matter.
func (d *Detector) words(ev *Event) []byte {
	if len(ev.Message) == 0 {
		return nil
	}
	if !d.seen.AnyWords {
		return ev.Message
	}
	d.text = d.text[:0]
	var last []byte
	for range maxWords {
		var next *Field
		for i := range d.seen.Fields {
			if f := &ev.Fields[i]; d.seen.Words(i) && bytes.Compare(f.Name, last) > 0 && (next == nil || bytes.Compare(f.Name, next.Name) < 0) {
				next = f
			}
		}
		if next == nil {
			break
		}
		if len(d.text) == 0 {
			d.text = append(d.text, ev.Message[:min(len(ev.Message), pattern.MaxBytes)]...)
		}
		d.text = append(append(append(d.text, model.Joint...), next.Name...), ": "...)
		said := unbound(next.Value)
		d.text = append(d.text, said[:min(len(said), pattern.MaxBytes)]...)
		last = next.Name
	}
	if len(d.text) == 0 {
		return ev.Message
	}
	return d.text
}

// unbound is a field's text up to the values bound to a statement's parameters, which are
// what people typed: parameters: $1 = 'storm lantern'.
func unbound(text []byte) []byte {
	if i := bytes.Index(text, firstParameter); i >= 0 {
		return text[:i]
	}
	return text
}

var firstParameter = []byte("$1 = ")

// maxWords is how many fields' words are put behind a message.
const maxWords = 4

// verdict judges what was looked at. In a stream, what goes on is told at growing
// intervals.
func (d *Detector) verdict(g *group, ev *Event, v *Verdict, stream bool) {
	p, s, part := d.strangeness(g)
	v.Judged, v.Score = true, s
	d.stats.Judged++
	// What is ignored moves no threshold.
	if !d.ignores() || !(g.threshold.reaches(p) || g.sweep.reaches(p)) || !d.ignored(ev) {
		goesOn, storm := stream && p >= scale && d.seen.GoesOn(), d.seen.Storm()
		v.Anomaly = g.threshold.flag(p, part, d.seen.Time, storm, goesOn)
		v.Sweep = g.sweep.flag(p, part, d.seen.Time, storm, goesOn)
	}
	if d.seen.Flagged = v.Anomaly; v.Anomaly {
		d.stats.Anomalies++
	}
	if v.Anomaly || v.Sweep != 0 {
		d.reason = d.seen.Explain(d.reason[:0])
		v.Reason, v.Kind, v.ByValue = d.reason, d.seen.Anomaly(), d.seen.ByValue()
		v.Weight = d.seen.Weight(v.Kind, whole(p, part))
	}
	d.threshold = g.threshold.points
}

// strangeness returns the points and the score of what was looked at, and which part of
// the points beyond the threshold counts.
func (d *Detector) strangeness(g *group) (points float32, s float64, part float32) {
	points, s = g.memo.strangeness(&d.mix, g.forest, &d.seen.Row)
	part = partOf(d.seen.Level)
	if points > scale && part < 1 {
		points = scale + part*(points-scale)
		s = score(points)
	}
	return points, s, part
}

// survey takes the row into the window. What is ignored is left out as long as the
// threshold has still to be set by the window, if there is anything else.
func (d *Detector) survey(g *group, ev *Event) {
	if g.forest == nil && d.ignores() && g.window.len() >= leastRows && d.ignored(ev) {
		return
	}
	g.window.add(&d.seen.Row)
}

// leastRows is how many rows a window has at least, whatever is ignored.
const leastRows = 16

func (d *Detector) learn(g *group, ev *Event) {
	d.survey(g, ev)
	g.model.Learn(&d.seen)
	g.records++
	if g.records >= g.nextRefit || d.options.RefitInterval > 0 && d.seen.Time >= g.refitAt && g.records >= g.refitFrom && g.records > d.options.Warmup {
		d.refit(g, d.seen.Time) // by the model's clock, which no single record moves far
	}
}

// group returns the model for the value of Group_By, made if need be.
func (d *Detector) group(name []byte) *group {
	if len(name) == 0 {
		if d.only == nil {
			d.only = d.newGroup("")
		}
		return d.only
	}
	name = d.canonical(name)
	h := d.hash(name)
	g := d.groups[h]
	if g == nil {
		if len(d.groups) >= d.options.MaxGroups {
			oldest := d.order.Remove(d.order.Back()).(*group)
			delete(d.groups, oldest.hash)
			d.stats.Evicted++
		}
		g = d.newGroup(string(name))
		g.hash = h
		d.groups[h] = g
		g.element = d.order.PushFront(g)
		d.shareRoom(g)
	} else {
		d.order.MoveToFront(g.element)
	}
	return g
}

// Models share the room that there is: of up to crowd of them each may grow as one alone
// does, of up to twice as many to half of that, of more to a quarter.
const (
	crowd        = 32
	mostHalvings = 2
)

// shareRoom says to a new group's model how large it may grow, and to all where it is one
// too many for what they were told.
func (d *Detector) shareRoom(of *group) {
	halvings := min(bits.Len(uint(len(d.groups)-1)/crowd), mostHalvings)
	if halvings == d.halvings {
		of.model.SetRoom(halvings)
		return
	}
	d.halvings = halvings
	for _, g := range d.groups {
		g.model.SetRoom(halvings)
	}
}

func (d *Detector) hash(name []byte) uint64 { return maphash.Bytes(d.seed, name) }

// maxGroupName is the length in bytes up to which a group's name is kept.
const maxGroupName = 256

// canonical returns a name that is not too long to be kept: its beginning and
// its hash stand for a longer one. Of a name of any length no more is read than
// of a message.
func (d *Detector) canonical(name []byte) []byte {
	if len(name) <= maxGroupName {
		return name
	}
	sum := text.Digest(name[:min(len(name), pattern.MaxBytes)])
	short := append(d.longName[:0], text.Cut(name, maxGroupName-len("... ")-2*len(sum))...)
	d.longName = hex.AppendEncode(append(short, "... "...), sum[:])
	return d.longName
}

func (d *Detector) newGroup(name string) *group {
	g := &group{name: name, state: newState(&d.options), memo: newMemo(groupMemoBits)}
	if name == "" {
		g.memo = newMemo(memoBits)
	}
	g.threshold.contamination = float32(d.options.Contamination)
	g.threshold.points = scale
	g.sweep = newSweep(d.options.Sweep)
	return g
}

func newState(o *Options) state {
	return state{model: model.New(), window: newWindow(o.Window), nextRefit: o.Warmup}
}

// AppendPattern appends the pattern of the event judged last to dst, as text:
// what is constant as it stands in the message, what varies as <num>, <time>
// and the like. It must be called before the message that was given with the
// event changes.
func (d *Detector) AppendPattern(dst []byte) []byte {
	return d.seen.AppendPattern(dst)
}
