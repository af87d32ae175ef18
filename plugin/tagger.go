package main

import (
	"fmt"
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// The slots of the finder.
const (
	slotMessage = iota
	slotLevel
	slotGroup
)

// tagger judges chunks of events and writes the verdicts into them. One
// goroutine at a time may use it.
type tagger struct {
	settings options.Settings
	detector *detector.Detector
	counts   counts

	walker  *record.Walker
	event   record.Event
	verdict detector.Verdict

	// The names and, where they are always the same, the values of the fields,
	// encoded once.
	learning record.Fields // the tag of a record without a score yet
	normal   record.Fields
	flagged  record.Fields
	fields   record.Fields

	scoreName, reasonName string

	message, level, group []byte  // scratch for values that are no strings
	owed                  float64 // normal records that Keep_Share is behind
}

// counts are a tagger's counters, since it was made.
type counts struct {
	records  uint64 // that came in
	unjudged uint64 // passed without a verdict
	dropped  uint64 // normal ones not kept, by Keep anomalies

	structured uint64 // of those unjudged, with a map, an array or an ext as message
}

// structuredMessage is the warning, once, for counts.structured.
const structuredMessage = "the message of a record is a map, an array or an ext: such records pass without a verdict (logged once); set Log_Key to the field with the text, as in $log['message']"

func newTagger(s options.Settings) (*tagger, error) {
	finder, err := newFinder(&s)
	if err != nil {
		return nil, err
	}
	d, err := detector.New(s.Detector)
	if err != nil {
		return nil, err
	}
	t := &tagger{settings: s, detector: d, walker: record.NewWalker(finder), scoreName: s.Fields()[1], reasonName: s.Fields()[2]}
	t.tag(&t.learning, false)
	t.tag(&t.normal, false)
	t.tag(&t.flagged, true)
	return t, nil
}

// newFinder compiles what is looked for in a record.
func newFinder(s *options.Settings) (*record.Finder, error) {
	message, err := accessors("Log_Key", s.LogKey, options.MessageNames)
	if err != nil {
		return nil, err
	}
	level, err := accessors("Level_Key", s.LevelKey, options.LevelNames)
	if err != nil {
		return nil, err
	}
	group, err := accessors("Group_By", s.GroupBy, nil)
	if err != nil {
		return nil, err
	}
	replaced := s.Fields()
	return record.NewFinder(replaced[:], message, level, group), nil
}

func accessors(option, given string, usual []string) ([]record.Accessor, error) {
	if given != "" {
		a, err := record.ParseAccessor(given)
		if err != nil {
			return nil, fmt.Errorf("option %s has the value %q: %w", option, given, err)
		}
		return []record.Accessor{a}, nil
	}
	var list []record.Accessor
	for _, name := range usual {
		list = append(list, record.Key(name))
	}
	return list, nil
}

// process appends chunk to dst, with the verdicts written into its events.
// Whatever is not a log event with a message passes as it is.
func (t *tagger) process(dst, chunk []byte) []byte {
	w, ev := t.walker, &t.event
	others, broken := w.Others, w.Broken
	w.Reset(chunk)
	if t.settings.Forward.OnlyAnomalies {
		dst = t.onlyAnomalies(dst)
	} else {
		for w.Next(ev) {
			if ev.Kind == record.Log {
				dst = t.one(dst, ev)
			} else {
				dst = ev.Annotate(dst, nil)
			}
		}
		dst = append(dst, w.Rest()...)
	}
	w.Reset(nil)
	odd := w.Others - others + w.Broken - broken
	t.counts.records += odd
	t.counts.unjudged += odd
	return dst
}

// onlyAnomalies appends what is flagged, and the marks of the groups in which that
// stands: they say what their records have in common.
func (t *tagger) onlyAnomalies(dst []byte) []byte {
	w, ev := t.walker, &t.event
	var mark []byte // of the group that has begun, until it is written
	inside := false // a group whose mark is written
	for w.Next(ev) {
		switch ev.Kind {
		case record.GroupStart:
			mark, inside = ev.Raw, false
		case record.GroupEnd:
			if inside {
				dst = append(dst, ev.Raw...)
			}
			mark, inside = nil, false
		case record.Log:
			before := len(dst)
			dst = append(dst, mark...)
			after := len(dst)
			if dst = t.one(dst, ev); len(dst) == after {
				dst = dst[:before]
			} else if mark != nil {
				mark, inside = nil, true
			}
		}
	}
	return dst
}

// one judges one event.
func (t *tagger) one(dst []byte, ev *record.Event) []byte {
	t.counts.records++
	message := ev.Value(slotMessage)
	switch message.Kind {
	case record.Map, record.Array, record.Ext:
		t.counts.structured++
		fallthrough
	case record.Absent, record.Nil:
		t.counts.unjudged++
		if t.settings.Forward.OnlyAnomalies {
			return dst
		}
		return ev.Annotate(dst, nil)
	}
	v := &t.verdict
	t.detector.Observe(&detector.Event{
		Time:    ev.Time,
		Message: text(message, &t.message),
		Level:   text(ev.Value(slotLevel), &t.level),
		Group:   text(ev.Value(slotGroup), &t.group),
	}, v)
	if !v.Judged {
		t.counts.unjudged++
	}
	if !t.keep(v) {
		t.counts.dropped++
		return dst
	}
	return ev.Annotate(dst, t.annotation(v))
}

// text returns a value as text: the chunk's own bytes for a string, else
// written to scratch.
func text(v record.Value, scratch *[]byte) []byte {
	switch v.Kind {
	case record.Absent, record.Nil:
		return nil
	case record.Str, record.Bin:
		return v.Bytes
	}
	*scratch = v.AppendText((*scratch)[:0])
	return *scratch
}

// annotation returns the fields that the record gets, nil for none.
func (t *tagger) annotation(v *detector.Verdict) *record.Fields {
	switch {
	case t.settings.Annotate == options.AnnotateAnomalies && !v.Anomaly:
		return nil
	case !v.Judged:
		return &t.learning
	}
	f := &t.fields
	f.Reset()
	if v.Anomaly {
		f.Append(&t.flagged)
	} else {
		f.Append(&t.normal)
	}
	f.Float64(t.scoreName, math.Round(v.Score*1e4)/1e4)
	if v.Anomaly {
		f.Text(t.reasonName, v.Reason)
	}
	return f
}

func (t *tagger) tag(f *record.Fields, anomaly bool) {
	switch {
	case t.settings.ValueType == options.ValueBool:
		f.Bool(t.settings.KeyPrefix, anomaly)
	case anomaly:
		f.String(t.settings.KeyPrefix, "true")
	default:
		f.String(t.settings.KeyPrefix, "false")
	}
}

// keep reports whether the record goes on.
func (t *tagger) keep(v *detector.Verdict) bool {
	if t.settings.Forward.OnlyAnomalies {
		return v.Anomaly
	}
	if t.settings.Keep == options.KeepAll || v.Anomaly || !v.Judged {
		return true
	}
	if t.owed += t.settings.KeepShare; t.owed >= 1 {
		t.owed--
		return true
	}
	return false
}
