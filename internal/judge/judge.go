// Package judge is what the filter and the output have in common: a chunk of
// events in, a judged chunk out, and models that outlive their instance, in
// files and over a hot reload. It knows msgpack events and the detector, not
// Fluent Bit.
package judge

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/ignore"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// Judge judges chunks of events and writes the verdicts into them. One
// goroutine at a time may use it.
type Judge struct {
	settings options.Settings
	detector *detector.Detector
	keeper   *keeper
	log      *slog.Logger
	counts   Counts
	said     struct{ blind, failedFit, learned bool }

	walker  *record.Walker
	reader  *event.Reader
	ahead   ahead
	verdict detector.Verdict

	// The names and, where they are always the same, the values of the fields,
	// encoded once.
	learning record.Fields // the tag of a record without a score yet
	normal   record.Fields // of a record that is not flagged; its score, if any, is set last
	flagged  record.Fields
	fields   record.Fields

	ignore  *ignore.File // nil = none is named
	ignored ignore.Seen

	incidents *incident.Tracker
	names     fieldNames
	scratch   []byte // of what a field is made of

	owed float64 // normal records that Keep_Share is behind
}

// fieldNames are the names of the fields that are written; empty of those that are
// not.
type fieldNames struct{ score, reason, kind, pattern, template, incident, nth string }

// Instance is what a judge is used by: one section of a Fluent Bit's
// configuration.
type Instance struct {
	Name    string       // models are kept under it
	Version string       // of this program; saved models name it
	Log     *slog.Logger // of the instance
	Go      func(func()) // starts a goroutine in which a panic is caught
}

// Counts are of records, since the judge was made.
type Counts struct {
	Records   uint64 // that came in
	Unjudged  uint64 // passed without a verdict
	Dropped   uint64 // normal ones not kept, by Keep anomalies
	Incidents uint64 // that somebody is called for
}

// Stats are a judge's figures.
type Stats struct {
	Counts

	Saves        uint64    // of models to Model_Path
	SaveFailures uint64    // saves that failed
	Saved        time.Time // the last save; zero before the first

	Detector detector.Stats
}

// New makes a judge that goes on with the models that were kept under the
// instance's name.
func New(s options.Settings, by Instance) (*Judge, error) {
	j, err := newJudge(s, by.Log)
	if err != nil {
		return nil, err
	}
	j.keeper = newKeeper(j.detector, j.incidents, &s, by, &thisProcess, diskPatience)
	j.keeper.start()
	if s.IgnoreFile != "" {
		j.ignore = ignore.Watch(s.IgnoreFile, by.Log, by.Go, diskPatience)
	}
	return j, nil
}

// blindRecords is how many records without anything to judge by are said to be
// so: a few are no fault in the configuration.
const blindRecords = 100

// newJudge makes one that has no keeper yet.
func newJudge(s options.Settings, log *slog.Logger) (*Judge, error) {
	reader, err := event.NewReader(&s)
	if err != nil {
		return nil, err
	}
	d, err := detector.New(s.Detector)
	if err != nil {
		return nil, err
	}
	j := &Judge{settings: s, detector: d, log: log, reader: reader, walker: record.NewWalker(record.NewFinder(s.Fields())), incidents: incident.New(s.IncidentGap)}
	name := func(into *string, word string, wanted bool) {
		if wanted {
			*into = s.Field(word)
		}
	}
	n, a := &j.names, &s.Added
	name(&n.score, "score", a.Score)
	name(&n.reason, "reason", a.Reason)
	name(&n.kind, "kind", a.Kind)
	name(&n.pattern, "pattern", a.Pattern)
	name(&n.template, "template", a.Template)
	name(&n.incident, "incident", a.Incident)
	name(&n.nth, "nth", a.Nth)
	j.tag(&j.learning, false)
	j.tag(&j.normal, false)
	if n.score != "" {
		j.normal.Float64(n.score, 0)
	}
	j.tag(&j.flagged, true)
	return j, nil
}

// Chunk appends chunk to dst, with the verdicts written into its events, and
// returns that. Whatever is no log event, or has nothing to judge by, passes as it is.
func (j *Judge) Chunk(dst, chunk []byte) []byte {
	if j.ignore != nil {
		if ig, changed := j.ignore.Current(&j.ignored); changed {
			j.detector.SetIgnore(ig)
		}
	}
	dst = j.process(dst, chunk)
	j.keeper.tick(time.Now())
	j.tell()
	return dst
}

// Stats returns the figures.
func (j *Judge) Stats() Stats {
	return Stats{
		Counts: j.counts,
		Saves:  j.keeper.saves, SaveFailures: j.keeper.failures, Saved: j.keeper.saved,
		Detector: j.detector.Stats(),
	}
}

// Close saves the models and ends the judge, which must not be used after it.
func (j *Judge) Close() {
	if j.ignore != nil {
		j.ignore.Close()
	}
	j.keeper.close()
}

// tell logs what an operator should know, once.
func (j *Judge) tell() {
	if b := &j.reader.Blind; b.Records >= blindRecords && !j.said.blind {
		j.said.blind = true
		j.log.Warn(fmt.Sprintf("%d records had neither a message nor a field to judge by and passed without a verdict (logged once): their keys were %s; set Log_Key to the one with the message, or Fields to those to judge by", b.Records, strings.Join(b.Keys, ", ")))
	}
	s := j.detector.Stats()
	if s.FailedFits > 0 && !j.said.failedFit {
		j.said.failedFit = true
		j.log.Error("a panic while a forest was fitted was caught (logged once, counted as refit_failures_total): the forest before it stays in use")
	}
	if s.Judged > 0 && !j.said.learned {
		j.said.learned = true
		if s.Judged < s.Records { // else the models were restored
			j.log.Info("learned enough to judge", "records", s.Records)
		}
	}
}

// process is Chunk without what goes on beside it.
func (j *Judge) process(dst, chunk []byte) []byte {
	w := j.walker
	others, broken := w.Others, w.Broken
	w.Reset(chunk)
	j.ahead.begin()
	if j.settings.OnlyAnomalies {
		dst = j.onlyAnomalies(dst)
	} else {
		for h := j.next(); h != nil; h = j.next() {
			if h.record.Kind == record.Log {
				dst = j.one(dst, h)
			} else {
				dst = h.record.Annotate(dst, nil)
			}
		}
		dst = append(dst, w.Rest()...)
	}
	w.Reset(nil)
	odd := w.Others - others + w.Broken - broken
	j.counts.Records += odd
	j.counts.Unjudged += odd
	return dst
}

// onlyAnomalies appends what is flagged, and the marks of the groups in which that
// stands: they say what their records have in common.
func (j *Judge) onlyAnomalies(dst []byte) []byte {
	var mark []byte // of the group that has begun, until it is written
	inside := false // a group whose mark is written
	for h := j.next(); h != nil; h = j.next() {
		switch h.record.Kind {
		case record.GroupStart:
			mark, inside = h.record.Raw, false
		case record.GroupEnd:
			if inside {
				dst = append(dst, h.record.Raw...)
			}
			mark, inside = nil, false
		case record.Log:
			before := len(dst)
			dst = append(dst, mark...)
			after := len(dst)
			if dst = j.one(dst, h); len(dst) == after {
				dst = dst[:before]
			} else if mark != nil {
				mark, inside = nil, true
			}
		}
	}
	return dst
}

// one judges one event.
func (j *Judge) one(dst []byte, h *held) []byte {
	j.counts.Records++
	if !h.known {
		j.counts.Unjudged++
		if j.settings.OnlyAnomalies {
			return dst
		}
		return h.record.Annotate(dst, nil)
	}
	v := &j.verdict
	j.detector.Observe(&h.event, v)
	j.incidents.Pass(h.event.Time)
	if !v.Judged {
		j.counts.Unjudged++
	}
	if !j.keep(v) {
		j.counts.Dropped++
		return dst
	}
	return h.record.Annotate(dst, j.annotation(v, h.event.Group))
}

// annotation returns the fields that a record of the group gets, nil for none.
func (j *Judge) annotation(v *detector.Verdict, group []byte) *record.Fields {
	switch {
	case j.settings.Annotate == options.AnnotateAnomalies && !v.Anomaly:
		return nil
	case !v.Judged:
		return &j.learning
	}
	rounded := math.Round(v.Score*1e4) / 1e4
	if !v.Anomaly {
		if j.names.score != "" {
			j.normal.SetFloat64(rounded)
		}
		return &j.normal
	}
	f := &j.fields
	f.Reset()
	f.Append(&j.flagged)
	if j.names.score != "" {
		f.Float64(j.names.score, rounded)
	}
	j.flag(f, v, group)
	return f
}

// flag appends the fields of a flagged record.
func (j *Judge) flag(f *record.Fields, v *detector.Verdict, group []byte) {
	n, b := &j.names, j.scratch
	if n.reason != "" {
		f.Text(n.reason, v.Reason)
	}
	if n.kind != "" {
		f.String(n.kind, string(v.Kind))
	}
	if n.pattern != "" {
		b = detector.AppendPatternID(b[:0], v.Pattern)
		f.Text(n.pattern, b)
	}
	if n.template != "" {
		b = text.Cut(j.detector.AppendPattern(b[:0]), maxTemplate)
		f.Text(n.template, b)
	}
	nth := j.incidents.Flagged(group, v)
	if nth == 1 {
		j.counts.Incidents++
	}
	if n.incident != "" {
		b = j.incidents.AppendID(b[:0])
		f.Text(n.incident, b)
	}
	if n.nth != "" { // a string: rewrite_tag and grep match no others
		b = strconv.AppendUint(b[:0], nth, 10)
		f.Text(n.nth, b)
	}
	j.scratch = b[:0]
}

// maxTemplate is how many bytes of a pattern a record gets: what a person reads of
// a line.
const maxTemplate = 256

func (j *Judge) tag(f *record.Fields, anomaly bool) {
	if j.settings.ValueType == options.ValueBool {
		f.Bool(j.settings.KeyPrefix, anomaly)
	} else {
		f.String(j.settings.KeyPrefix, strconv.FormatBool(anomaly))
	}
}

// keep reports whether the record goes on.
func (j *Judge) keep(v *detector.Verdict) bool {
	if j.settings.OnlyAnomalies {
		return v.Anomaly
	}
	if j.settings.Keep == options.KeepAll || v.Anomaly || !v.Judged {
		return true
	}
	if j.owed += j.settings.KeepShare; j.owed >= 1 {
		j.owed--
		return true
	}
	return false
}
