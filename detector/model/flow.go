package model

import (
	"math"
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// flow is how many records come in time. How large a share of the records a message has says
// little of one that always comes in clumps: 40 in a minute fill the log at night as 8 do.
type flow struct {
	since  uint32  // the second of its first record, since the Unix epoch; 0 = there was none
	second uint32  // and of its last
	n      float32 // records of the last minutes, fading with a half-life of flowSeconds
	now    float32 // the most of the hour
	most   float32 // and of those before it, halved every flowHours
	away   absence
}

const (
	flowSeconds = 128

	// flowHours is after how many hours half of what came at the most is forgotten: twice those
	// of a month, so that what comes once a month is known for more than half.
	flowHours = 2 * 30 * 24

	// flowKnown is how many records of a statement say how many come at the most, and flowDay
	// for how long it must be known, as most have hours that are busy.
	flowKnown = knownFor
	flowDay   = uint32(24 * time.Hour / time.Second)
	flowHour  = uint32(time.Hour / time.Second)

	// flowTimes is how many times as many as ever are news.
	flowTimes = 2

	// flowValue is how often a value must have come for its flow to be followed.
	flowValue = 4 * firmValue

	// flowOne is one in how many records has a value whose flow is followed, at most: what
	// there is more of is told by its share.
	flowOne = 16
)

var flowFading = newFading(flowSeconds)

// secondOf is a time in whole seconds since the Unix epoch.
func secondOf(t time.Duration) uint32 { return uint32(max(0, t) / time.Second) }

// with is how many there are with one more.
func (f *flow) with(at uint32) float32 {
	if at <= f.second { // some records are late
		return f.n + 1
	}
	return f.n*flowFading.after(at-f.second) + 1
}

// exceeds reports whether that is more than is usual, if it is known what is.
func (f *flow) exceeds(at uint32) bool {
	return f.daily() && f.most > 0 && f.with(at) > flowTimes*f.most
}

// learn takes one more in.
func (f *flow) learn(at uint32) {
	f.n = f.with(at)
	if f.since == 0 || f.second > at+uint32(farOff/time.Second) { // what came last had a wrong time
		f.since, f.second = at, at
	}
	if hours := at/flowHour - f.second/flowHour; at > f.second && hours > 0 {
		f.most = max(f.most, f.now) * float32(math.Exp2(-min(1, float64(hours)/flowHours)))
		f.now = 0
	}
	f.now = max(f.now, f.n)
	f.second = max(f.second, at)
}

// judgeFlow returns the points for what more records come of than ever did: more than can be
// explained by more of the log's coming, too. In a second reading, in which all came, there is none.
func (m *Model) judgeFlow(o *Observation, f *flow) (points float32, is faster) {
	all, at := &m.clock.flow, secondOf(o.Time)
	if o.Time == 0 || o.Learned || !f.exceeds(at) {
		return 0, is
	}
	n := f.with(at)
	usual := flowTimes * f.most * max(1, (all.with(at)-n)/max(1, all.most))
	if points = burstPoints(burstBits(n, usual)); points > 0 {
		is = faster{n, f.most}
	}
	return points, is
}

// faster is how many records come, and came at the most, where a burst is strange for that; else it
// is zero.
type faster struct{ n, most float32 }

func (f faster) is() bool { return f.n > 0 }

// toldBurst reports whether a burst is what the event was flagged for, for the most part.
func (o *Observation) toldBurst() bool { return o.Flagged && featBurst.Points(&o.Row) >= Strange/2 }

// follow takes one more in, so many records of the log behind the last one, which may end an absence
// (see isAway), and what was told as usual.
func (f *flow) follow(at, records uint32, away, told bool) {
	if passed := f.passed(at); passed > 0 {
		f.away.learn(passed, records, away)
	}
	f.learn(at)
	if told {
		f.most = max(f.most, f.n)
	}
}

// valueFlows are those of values that categories seldom have; none, or valueFlowLimit of them.
type valueFlows []valueFlow

const valueFlowLimit = 1 << 9

type valueFlow struct {
	id uint32 // of the value in its field; 0 = none
	flow
	record uint32 // the last one that had it
}

// of returns what is known of a value, nil if it is not followed.
func (v valueFlows) of(id uint32) *valueFlow {
	if len(v) == 0 || v[id%valueFlowLimit].id != id {
		return nil
	}
	return &v[id%valueFlowLimit]
}

// judgeValueFlows judges how often the values of the event come.
func (m *Model) judgeValueFlows(o *Observation) {
	s := &o.fields
	open := uint64(0)
	for at := range min(s.n, maxForm) {
		if s.list[at].open {
			open |= 1 << at
		}
	}
	s.flows = m.followed(o, open)
	most := float32(0) // times as long as ever
	for left := s.flows; left != 0; left &= left - 1 {
		at := lowest(left)
		v := m.fields.flows.of(s.list[at].id())
		if now := secondOf(o.Time); s.list[at].sort == sortText && v.isAway(now, m.records-v.record) {
			if times := float32(v.passed(now)) / float32(v.away.longest+1); s.stranger(times, at, most, s.away) {
				most, s.away = times, at
			}
		}
		points, is := m.judgeFlow(o, &v.flow)
		if points > 0 && s.stranger(points, at, s.rawSurge, s.surged) {
			s.rawSurge, s.surged, s.faster = points, at, is
		}
	}
}

// learnValueFlows takes the values in. One that is not followed is from one record in sampleOne
// on, where there is room.
func (m *Model) learnValueFlows(o *Observation, told bool) {
	fs, s, at := &m.fields, &o.fields, secondOf(o.Time)
	if o.Time == 0 {
		return
	}
	for left := s.flows; left != 0; left &= left - 1 {
		if v := fs.flows.of(s.list[lowest(left)].id()); v != nil {
			records := m.records - v.record
			v.follow(at, records, v.isAway(at, records), told)
			v.record = m.records
		}
	}
	if s.routine || !sampled(m.records) {
		return
	}
	for i := range s.nlows {
		if is := s.lows[i].seen; is >= 0 && s.list[is].part == whole && fs.flows.free(s.list[is].id(), at) && m.isSeldom(o, is) {
			fs.followFlow(s.list[is].id(), at, m.records)
		}
	}
}

// free reports whether there is room for a value that is not followed: what stands there did not
// come for a day.
func (v valueFlows) free(id, at uint32) bool {
	return len(v) == 0 || v[id%valueFlowLimit].id != id && at > v[id%valueFlowLimit].second+flowDay
}

// followFlow follows a value from one that comes now on.
func (fs *fields) followFlow(id, at, record uint32) {
	if fs.flows == nil {
		fs.flows = make(valueFlows, valueFlowLimit)
	}
	v := &fs.flows[id%valueFlowLimit]
	*v = valueFlow{id: id, record: record}
	v.learn(at)
	if fs.routines != nil {
		fs.routines.begun++
	}
}

// isSeldom reports whether the value at a place in the list is known well, and few records have it.
func (m *Model) isSeldom(o *Observation, at int) bool {
	s, p := &o.fields.list[at], o.placeOf(at)
	return m.fields.values.find(s.id()).n >= flowValue && isRare(m.share(s, p)*min(1, p.n/(m.total+1)), flowOne) && !o.isSerial(at)
}

// followed has a bit for each place of the list with the whole value of a field, but for those where
// each record may have another one, whose flow is followed.
func (m *Model) followed(o *Observation, open uint64) (places uint64) {
	if m.fields.flows == nil {
		return 0
	}
	s := &o.fields
	for at := 0; at < min(s.n, maxForm) && s.list[at].part == whole; at++ {
		if open>>at&1 == 0 && m.fields.flows.of(s.list[at].id()) != nil {
			places |= 1 << at
		}
	}
	return places
}

// phrase says so.
func (f faster) phrase(dst []byte) []byte {
	const perSecond = math.Ln2 / flowSeconds
	dst = rate(append(dst, " faster than ever: "...), f.n*perSecond)
	return rate(append(dst, ", at most "...), f.most*perSecond)
}

// merge adds another log's flow, which may be of the later log.
func (f *flow) merge(o flow, later bool) {
	most, since, away := max(f.most, f.now, o.most, o.now), f.since, f.away
	away.merge(o.away)
	if since == 0 || o.since > 0 && o.since < since {
		since = o.since
	}
	if later {
		*f = o
	}
	f.since, f.most, f.away = since, most, away
}

func (f *flow) carry(c *codec.Codec) {
	c.U32(&f.since)
	c.U32(&f.second)
	c.F32(&f.n)
	c.F32(&f.now)
	c.F32(&f.most)
	f.away.carry(c)
}

// merge adds another log's. How many records lie between the last one with a value and those to come
// is not known.
func (v *valueFlows) merge(o valueFlows, later bool, records uint32) {
	if len(*v) == 0 {
		*v = slices.Clone(o)
	}
	for i := range *v {
		(*v)[i].record = records
	}
	for i := range o {
		own, other := &(*v)[i], &o[i]
		switch {
		case own.id == other.id:
			own.flow.merge(other.flow, later)
		case other.second > own.second:
			*own = *other
			own.record = records
		}
	}
}

func (v *valueFlows) carry(c *codec.Codec) {
	some := len(*v) > 0
	if c.Bool(&some); some && len(*v) == 0 {
		*v = make(valueFlows, valueFlowLimit)
	}
	for i := range *v {
		c.U32(&(*v)[i].id)
		(*v)[i].flow.carry(c)
		c.U32(&(*v)[i].record)
	}
}
