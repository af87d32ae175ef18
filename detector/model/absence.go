package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// absence is how long a message, or what has a value, was away at the most, before it came again: by
// the records' time, and by the records of the log in between. What comes every minute and comes
// again after hours, while others went on, was silent. When nobody is there to say so, that is told
// once it comes again.
type absence struct {
	longest uint32 // seconds
	most    uint32 // records
}

const (
	// leastAbsence is for how many seconds something must be away for it to be news.
	leastAbsence = uint32(15 * time.Minute / time.Second)

	// absenceTimes is how many times as long as ever, both by time and by records, something must
	// be away: from Friday evening to Monday morning is 4.4 times a night.
	absenceTimes = 5
)

// exceeds reports whether it is much longer than ever.
func (a *absence) exceeds(seconds, records uint32) bool {
	return seconds >= leastAbsence && seconds/absenceTimes > a.longest && records/absenceTimes > a.most
}

// learn takes one in. What was told counts as twice the longest before: it is told three times or so
// until it is usual.
func (a *absence) learn(seconds, records uint32, told bool) {
	if told {
		seconds, records = 2*max(a.longest, leastAbsence/absenceTimes), 2*max(a.most, 1)
	}
	a.longest, a.most = max(a.longest, seconds), max(a.most, records)
}

func (a *absence) merge(o absence) {
	a.longest, a.most = max(a.longest, o.longest), max(a.most, o.most)
}

func (a *absence) carry(c *codec.Codec) {
	c.U32(&a.longest)
	c.U32(&a.most)
}

// passed is how many seconds passed since the last record; 0 where that is not known.
func (f *flow) passed(at uint32) uint32 {
	if at <= f.second || f.second == 0 {
		return 0
	}
	return at - f.second
}

// daily reports whether it is known what there is in a day.
func (f *flow) daily() bool { return f.second >= f.since+flowDay }

// isAway reports whether a record that comes now, so many records of the log behind the last one, ends an
// absence that is much longer than ever.
func (f *flow) isAway(at, records uint32) bool {
	passed := f.passed(at)
	return passed >= leastAbsence && f.daily() && f.away.exceeds(passed, records)
}

// isAway reports whether that is so of a message that came often enough to say.
func (st *statement) isAway(at, record uint32) bool {
	return st.seen >= flowKnown && st.flow.isAway(at, record-st.last)
}

// wentSilent is what was away.
type wentSilent struct {
	is      bool
	value   int    // index in the list of fields of the value that was, -1 = it is the message
	longest uint32 // seconds that it was away before
	seconds uint32 // and now
}

// judgeAbsence judges whether the event's message was away, or what has one of its values (see
// judgeValueFlows). In a second reading nothing is.
func (m *Model) judgeAbsence(o *Observation) {
	o.silent.is = false
	st, at := o.known, secondOf(o.Time)
	if o.Learned || st == nil || at == 0 || featTrouble.Points(&o.Row) >= Strange {
		return
	}
	if st.isAway(at, m.records) {
		o.silent = wentSilent{true, -1, st.flow.away.longest, st.flow.passed(at)}
	} else if away := o.fields.away; len(o.Fields) > 0 && away >= 0 {
		v := m.fields.flows.of(o.fields.list[away].id())
		o.silent = wentSilent{true, away, v.away.longest, v.passed(at)}
	}
	if o.silent.is {
		featTrouble.set(&o.Row, Strange)
	}
}

// phraseSilent says for how long it was away.
func (o *Observation) phraseSilent(dst []byte) []byte {
	if o.silent.value < 0 {
		dst = append(dst, "message"...)
	} else {
		s, f := o.seenAt(o.silent.value)
		dst = o.said(append(s.named(dst, f), ' '), o.silent.value)
	}
	dst = duration(append(dst, " is back after "...), time.Duration(o.silent.seconds)*time.Second)
	dst = duration(append(dst, ", away for "...), time.Duration(o.silent.longest)*time.Second)
	return append(dst, " at most before"...)
}
