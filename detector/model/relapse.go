package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// relapses are the values of categories that say that something failed (error_code E310), with
// when each came last. One that comes on another day is news again, as a message of trouble is,
// however well its field knows it. Where two want the same place, the later one has it.
type relapses [1 << 7]relapse

type relapse struct {
	id      uint32        // of the value in its field; 0 = none
	record  uint32        // with it last
	time    time.Duration // of that, but for the log's own pauses; 0 = unknown
	longest time.Duration // for which it did not come so far, halved with each ageing
}

// at returns where it stands what is known of a value.
func (r *relapses) at(id uint32) *relapse { return &r[id%uint32(len(r))] }

// has reports whether something is known of it.
func (r *relapses) has(id uint32) bool { return r.at(id).id == id }

// active is the event's time, but for the pauses of the log before it; 0 = unknown.
func (m *Model) active(o *Observation) time.Duration {
	if o.Time == 0 {
		return 0
	}
	return o.Time - m.clock.paused
}

// away is for how long a value has not come while the log went on, before the event; 0 = unknown.
func (m *Model) away(o *Observation, r *relapse) time.Duration {
	if r.time == 0 || o.Time == 0 {
		return 0
	}
	return max(0, m.active(o)-r.time)
}

// comesBack reports whether a value comes on another day, half a day in which the log went on
// as of a message (see comesAgain), and after it was away for twice as long as ever: what fails
// each day is told on the second one.
func (m *Model) comesBack(o *Observation, r *relapse) bool {
	return m.away(o, r) >= max(longSilence, 2*r.longest) && m.records-r.record >= longRecords
}

// judgeRelapse sees whether the value at a place in the list says that something failed, and
// comes on another day.
func (m *Model) judgeRelapse(o *Observation, at int) {
	all := &o.fields
	id := all.list[at].id()
	if r := m.fields.relapses.at(id); r.id != id || o.Learned || !m.comesBack(o, r) {
		return
	}
	if all.relapsed < 0 || all.list[at].hash < all.list[all.relapsed].hash {
		all.relapsed = at
	}
}

// learnRelapse takes it in that a value that stood there so many times before came.
func (m *Model) learnRelapse(o *Observation, at int, count uint32) {
	id := o.fields.list[at].id()
	r := m.fields.relapses.at(id)
	if r.id != id {
		if count&(count-1) != 0 || !o.failedAt(at) { // asked for now and then
			return
		}
		*r = relapse{id: id}
	}
	r.longest = max(r.longest, m.away(o, r))
	r.record, r.time = m.records, m.active(o)
}

// failedAt reports whether the value at a place in the list is one of a category and says that
// something failed, or stands in a field that does.
func (o *Observation) failedAt(at int) bool {
	s, f, p := &o.fields.list[at], o.field(at), o.placeOf(at)
	switch {
	case s.part != whole || !p.category() || s.sort == sortEmpty,
		s.kind && !named(f.Name, outcomeNames): // what is done, and not how it ends: DescribeAlarms
		return false
	}
	return p.failed(f) || f.Kind == Text && (named(f.Name, failureNames) || named(f.Name, errorNames))
}

// relapsed reports whether a value that comes on another day is what is strange, where that is
// the strongest feature.
func (o *Observation) relapsed(strongest Feature) bool {
	return strongest == featValue && o.fields.relapsed >= 0
}

// phraseRelapse says for how long it did not come.
func (o *Observation) phraseRelapse(dst []byte) []byte {
	at := o.fields.relapsed
	s, f := o.seenAt(at)
	r := o.model.fields.relapses.at(s.id())
	dst = append(o.said(append(s.named(dst, f), ' '), at), " is back after "...)
	dst = duration(dst, o.model.away(o, r))
	return append(times(append(dst, ", seen "...), int(o.model.fields.values.find(s.id()).n)), " before"...)
}

func (r *relapses) age() {
	for i := range r {
		r[i].longest /= 2
	}
}

// merge takes in what is known of another log. Of two values that want the same place the one
// that came later has it.
func (r *relapses) merge(o *relapses, g *merger) {
	for i := range r {
		own, other := &r[i], o[i]
		own.record, other.record = g.ago(own.record, g.a), g.ago(other.record, g.b)
		same := own.id == other.id
		longest := max(own.longest, other.longest)
		if other.id != 0 && (own.id == 0 || other.time > own.time) {
			*own = other
		}
		if same {
			own.longest = longest
		}
	}
}

func (r *relapses) carry(c *codec.Codec) {
	for i := range r {
		e := &r[i]
		c.U32(&e.id)
		c.U32(&e.record)
		codec.I64(c, &e.time)
		codec.I64(c, &e.longest)
	}
}
