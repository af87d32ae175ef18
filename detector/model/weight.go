package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Weight is what a flagged event is to somebody who is called for incidents. Whatever it
// is, the event stays flagged.
type Weight uint8

// The weights of flagged events.
const (
	Whole Weight = iota // an incident by itself
	Half                // an incident with another one near in time
	None                // no part of what makes an incident one
)

// weakPoints is up to how many points a flagged event that says nothing bad is only half
// an incident: as improbable as 1 in 2^16 records, about one of a day of a service that
// logs one a second.
const weakPoints = Strange + 2

// firstDay is how long a log must be known until what comes once a day was seen.
const firstDay = 24 * time.Hour

// Weight returns the weight of the event, which has been judged, by its kind and its
// points.
//
// What its author calls routine, that says nothing bad and is new, has none as long as the
// log is not known for a day: a daily job begins. Half of an incident is what says nothing
// bad and is hardly stranger than what is flagged at all (a slow request, but none that
// takes 32 times as long as all others, nor one of many), and trouble that is only rare and
// was seen again and again: an error that comes thrice a day.
func (o *Observation) Weight(kind Anomaly, points float32) Weight {
	first, _ := o.strongest()
	if kind == CutOff || o.Level >= pattern.LevelCritical || o.relapsed(first) {
		return Whole
	}
	if o.bad == 0 && !o.saysFailed() && first != featText { // an attack is a strange text, too
		switch kind {
		case NewPattern, RarePattern, OffCategory, OffFields, OddText:
			if o.Level != pattern.LevelNone && o.model.habits.young() {
				return None
			}
		}
		if points < weakPoints && !(kind == OffNumber && (o.shifted || o.farBeyond())) {
			return Half
		}
		return Whole
	}
	s := &o.fields
	switch {
	case kind == RarePattern && o.known != nil && o.known.seen >= maturity,
		first == featValue && !s.oddSort && s.odd >= 0 && s.close[s.odd].count >= firmValue:
		return Half
	}
	return Whole
}

// farBeyond reports whether the event's strangest number is larger than all usual ones by
// farOctaves.
func (o *Observation) farBeyond() bool {
	x, usual := noNumber, o.usual
	switch {
	case o.fields.far >= 0:
		x, usual = o.fields.list[o.fields.far].number, o.fields.farUsual
	case o.number >= 0:
		x = numberOctaves(o.Line.Numbers[o.number].Value)
	}
	return x != noNumber && !usual.zeros() && x.float()-usual.hi.float() >= farOctaves
}

// farOctaves is by how much a number must be larger than the usual ones to be no slow
// request among others: 32 times.
const farOctaves = 5

// saysFailed reports whether what is strange about an event says that something failed,
// whatever level its author gave it: a code of a failure, a word of failure as a value, a
// new field for what went wrong.
func (o *Observation) saysFailed() bool {
	if o.failed || o.failureKey() {
		return true
	}
	if at := o.fields.odd; at >= 0 {
		if o.fields.list[at].part == whole && o.placeOf(at).failed(o.field(at)) {
			return true
		}
	}
	if o.oddCode >= 0 {
		code := o.Line.Numbers[o.oddCode].Value
		return code >= 500 && code < 600
	}
	return false
}

// young reports whether the log is known for less than a day, by the records' time.
func (h *habits) young() bool { return h.begin > 0 && h.now-h.begin < firstDay }
