// Package incident says which flagged records belong together: those of a group
// that are near in time are one incident, which has an id and counts them. A record
// that comes alone and says no more than what was told today goes on with that. Which
// of its records somebody is called for is the one from which on they weigh enough.
//
// It knows neither how records are judged nor how they are written. Ids depend
// on the records alone: the same log gives the same ones on every node.
package incident

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	// DefaultGap is how far apart two flagged records may be in one incident.
	DefaultGap = 5 * time.Minute

	// gapRecords is the same in records, where none has a time: as many as the
	// detector's rarity looks back over.
	gapRecords = 300

	// longest is how long an incident lasts at most. One that goes on then is
	// another one, so that somebody is told again: as Alertmanager does by
	// default.
	longest        = 4 * time.Hour
	longestRecords = longest / DefaultGap * gapRecords

	// today is for how long what was told is known: a record of the same pattern that
	// comes alone within it, and is no stranger, tells nothing new. It is the time after
	// which the detector takes trouble for that of another day.
	today        = 12 * time.Hour
	todayRecords = today / DefaultGap * gapRecords

	// maxTold is how many patterns are known to have been told. The one that was told
	// first goes first.
	maxTold = 4096

	// maxOpen is how many incidents are held, of all groups together. The one
	// that had no record for longest goes first.
	maxOpen = 1024
)

// Tracker finds the incident of each flagged record. One goroutine at a time may
// use it.
type Tracker struct {
	gap     time.Duration
	records uint64        // that went by
	now     time.Duration // time of the last one that had one
	open    []open        // the one that had a record last comes first
	found   open          // what Flagged has found, as AppendID needs it
	told    map[uint64]told
}

// told is what is known of a pattern of a group that was told.
type told struct {
	at     int64   // when, as of open
	score  float64 // the highest since then
	lone   int64   // its last record that came alone since then; 0 = none
	opened int64   // of the incident in which it was told, which is found by that and
	mark   uint64  // by its mark
	timed  bool
}

// open is an incident that may still get records.
type open struct {
	group       uint64 // hash of its name
	mark        uint64 // what its id ends in, as a hash
	first, last int64  // nanoseconds since the Unix epoch, or records
	opened      int64  // first, as it was when the id was made of it
	timed       bool   // it has times
	halves      uint8  // that its records weigh, up to enough
	n           uint64 // records since they weigh enough, the one with which they do included
}

// enough is how many halves are an incident that somebody is called for.
const enough = 2

// add takes a record of a weight in.
func (o *open) add(w detector.Weight) {
	switch w {
	case detector.Whole:
		o.halves = enough
	case detector.Half:
		o.halves = min(o.halves+1, enough)
	}
	if o.halves == enough {
		o.n++
	}
}

// New returns a tracker without incidents. A gap of 0 is DefaultGap.
func New(gap time.Duration) *Tracker {
	if gap <= 0 {
		gap = DefaultGap
	}
	return &Tracker{gap: gap, open: make([]open, 0, 16), told: map[uint64]told{}}
}

// Pass is called for every record, flagged or not, with its time since the Unix
// epoch, 0 when it has none: it then has that of the one before it.
func (t *Tracker) Pass(at time.Duration) {
	t.records++
	if at > 0 && int64(at) <= maxTime {
		t.now = at
	}
}

// Flagged is called when the record that passed last is flagged. It returns the record's
// number in its incident, from 1, which is that of the one from which on they weigh
// enough; before that it is 0. The group's name may be empty.
func (t *Tracker) Flagged(group []byte, v *detector.Verdict) (nth uint64) {
	at, gap, most, day, timed := int64(t.now), int64(t.gap), max(int64(longest), int64(t.gap)), int64(today), true
	if t.now == 0 {
		at, gap, most, day, timed = int64(t.records), gapRecords, int64(longestRecords), int64(todayRecords), false
	}
	h := hash(group)
	key := (h ^ v.Pattern) * 0x9e3779b97f4a7c15
	was, known := t.told[key]
	known = known && was.timed == timed && at >= was.at-gap && at < was.at+day
	for i := range t.open {
		o := &t.open[i]
		// From afar, in either direction, comes what has nothing to do with it:
		// one record from the future does not move the incident of the others.
		if o.group != h || o.timed != timed || at > o.last+gap || at < o.first-gap || at-o.opened > most {
			continue
		}
		o.first, o.last = min(o.first, at), max(o.last, at)
		o.add(v.Weight)
		t.toFront(i)
		t.tell(key, was, known, at, v.Score)
		return t.found.n
	}
	// That a message is rare is no news of a single record, however rare it was meanwhile.
	stranger := v.Score > was.score && v.Kind != detector.RarePattern && v.Kind != detector.Returned
	if known && !stranger && !(was.lone != 0 && at <= was.lone+gap && at >= was.lone-gap) {
		// Nobody was called for one that does not weigh enough: what does is another one.
		if o := t.of(h, &was); o != nil && (o.halves == enough || v.Weight != detector.Whole) {
			// That it goes on makes nothing else that comes now a part of it.
			was.lone = at
			t.told[key] = was
			if o.halves == enough {
				o.n++
			}
			t.found = *o
			return o.n
		}
	}
	if len(t.open) < maxOpen {
		t.open = append(t.open, open{})
	}
	last := len(t.open) - 1
	t.open[last] = open{group: h, mark: key, first: at, last: at, opened: at, timed: timed}
	t.open[last].add(v.Weight)
	t.toFront(last)
	t.tell(key, was, known, at, v.Score)
	return t.found.n
}

// tell takes down that a pattern is told in the incident that comes first. What was told
// today stays so from then on, in the last incident that told it.
func (t *Tracker) tell(key uint64, was told, known bool, at int64, score float64) {
	o := &t.open[0]
	t.found = *o
	is := told{at: at, score: score, opened: o.opened, mark: o.mark, timed: o.timed}
	if known {
		is.at, is.score = was.at, max(was.score, score)
	} else if _, ok := t.told[key]; !ok && len(t.told) >= maxTold {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(t.told)), func(a, b uint64) int {
			return cmp.Or(cmp.Compare(t.told[a].at, t.told[b].at), cmp.Compare(a, b))
		})
		delete(t.told, oldest)
	}
	t.told[key] = is
}

// of is the incident of a group in which something was told, nil when it is not held any
// more.
func (t *Tracker) of(group uint64, was *told) *open {
	for i := range t.open {
		if o := &t.open[i]; o.group == group && o.mark == was.mark && o.opened == was.opened && o.timed == was.timed {
			return o
		}
	}
	return nil
}

func (t *Tracker) toFront(i int) {
	if i > 0 {
		o := t.open[i]
		copy(t.open[1:i+1], t.open[:i])
		t.open[0] = o
	}
}

// AppendID appends the id of the incident that Flagged found last:
// 20261126T163219-k3x9q. It begins with the time of its first record, in UTC, or
// with that record's number where there is no time, so that ids sort by time;
// behind that it tells the group and the first record's pattern.
func (t *Tracker) AppendID(b []byte) []byte { return t.found.appendID(b) }

func (o *open) appendID(b []byte) []byte {
	if o.timed {
		b = time.Unix(0, o.opened).UTC().AppendFormat(b, "20060102T150405")
	} else {
		b = append(b, 'n')
		for tenth := int64(1e11); tenth > o.opened && tenth > 1; tenth /= 10 {
			b = append(b, '0')
		}
		b = strconv.AppendInt(b, o.opened, 10)
	}
	b = append(b, '-')
	from := len(b)
	b = text.AppendID(b, o.mark>>14)
	return append(b[:from], b[len(b)-markSize:]...)
}

// markSize is how many letters of an id tell the group and the pattern.
const markSize = 5

// hash is FNV-1a: the same on every machine.
func hash(b []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}
