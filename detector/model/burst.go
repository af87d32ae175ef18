package model

import (
	"math"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// knownFor is the number of records after which a pattern that was seen a few
// times is no longer new: what is new and comes often is no burst of it.
const knownFor = 256

// rateHorizon is the number of records whose share rate is: after so many
// without it, it has halved.
const rateHorizon = 44

// burstRecords is the half-life in records of what is known of bursts of trouble.
const burstRecords = 5000

var rateFading = newFading(rateHorizon)

const (
	perNat = 1.4427 // bits in a nat, 1/ln 2

	burstWeight = 4.5     // points for each doubling of
	burstScale  = 4       // so many bits beyond the usual burst
	runWeight   = 5       // points for each octave that a run of one line is longer than the longest,
	runFree     = 2       // less so many
	mostBurst   = 24      // points
	mostRun     = 1 << 15 // lines of a run that are counted
)

// judgeBurst sees whether a known pattern comes more often than it ever did.
func (m *Model) judgeBurst(o *Observation) {
	st := o.known
	o.all = o.hashAll()
	if st == nil {
		o.rate, o.run, o.burst, o.faster = 1, 0, 0, faster{}
		return
	}
	gap := m.records - st.last
	o.rate = st.rate*rateFading.after(gap) + 1
	expected := (st.n + 0.5) / (m.total + 1) * rateHorizon * perNat * m.clock.lull()
	o.burst = burstBits(o.rate, expected)
	o.run = st.same.goesOn(gap == 1 && st.all == o.all)
	var points float32
	if o.faster = (faster{}); st.seen >= flowKnown {
		points, o.faster = m.judgeFlow(o, &st.flow)
	}
	if o.textless() || st.seen < maturity {
		featBurst.set(&o.Row, min(mostBurst, points))
		return // of records without a message a rush and a run of their fields say it better
	}
	known := 2*o.rate < float32(st.seen) || m.records-st.first > knownFor
	if known && o.burst > burstOver {
		usual := burstBits(st.peak, expected)        // of the largest, were it now
		if st.seen >= summitKnown && st.summit > 0 { // what grows by and by is usual all the while
			usual = min(usual, burstBits(summitTimes*st.summit, expected))
		}
		if o.bad > 0 { // a burst of trouble is news again when it returns
			usual *= float32(math.Exp2(-float64(m.records-st.burstAt) / burstRecords))
		}
		if is := burstPoints(o.burst - usual); is > points {
			points, o.faster = is, faster{}
		}
	}
	if is := st.same.points(o.run, 1, st.seen); is > points {
		points, o.faster = is, faster{}
	}
	featBurst.set(&o.Row, min(mostBurst, points))
}

// judgeRun sees whether a record without a message comes oftener in a row than ever: the
// very same one, or one that differs by its numbers and identifiers alone.
func (m *Model) judgeRun(o *Observation) {
	s, st := &o.fields, o.known
	if s.similar = 0; st == nil {
		return
	}
	s.similar = st.alike.goesOn(m.records-st.last == 1 && st.alikeOf == uint32(s.alike))
	same, alike := st.same.points(o.run, leastRush, st.seen), st.alike.points(s.similar, leastRush, st.seen)
	if points := min(mostBurst, max(same, alike)); points > featBurst.Points(&o.Row) {
		featBurst.set(&o.Row, points)
		o.faster = faster{}
		s.rushed, s.runAlike = false, alike > same
	}
}

// inRow is how many records of the run that makes the event strange came before it; 0 if
// none does.
func (o *Observation) inRow() uint16 {
	switch {
	case o.fields.rushed, o.surged(), o.faster.is():
		return 0
	case o.fields.runAlike:
		return o.fields.similar
	}
	return o.run
}

// run is how often in a row a statement says the same.
type run struct {
	n       uint16  // times behind the first, until now
	longest octaves // usual longest run
}

// goesOn returns n with a record that says the same as the one before, or does not.
func (r *run) goesOn(same bool) uint16 {
	if !same {
		return 0
	}
	return min(r.n+1, mostRun)
}

// points are the points for n of them, of which at least so many are a run, where the
// statement has seen so many records. Nine times as many as ever flag a line alone.
func (r *run) points(n, least uint16, seen uint32) float32 {
	if others := seen - min(seen, uint32(n)); n < least || others < maturity {
		return 0
	}
	return runWeight*(octavesOf(float64(n+1))-r.longest).float() - runFree
}

// learn takes n of them in. A run is usual once it is over, or as far as it was strange: until
// then a longer one is longer, however slowly it came to be.
func (r *run) learn(n uint16, strange bool) {
	if n < r.n {
		r.longest = max(r.longest, octavesOf(float64(r.n+1)))
	}
	r.n = n
	if x := octavesOf(float64(n + 1)); strange && x > r.longest {
		r.longest += max(1, octaves(float32(x-r.longest)*runFollow))
	}
}

func (r *run) carry(c *codec.Codec) {
	c.U16(&r.n)
	r.longest.carry(c)
}

// burstPoints are those for so many bits beyond the usual burst.
func burstPoints(bits float32) float32 {
	return burstWeight * log2(1+float64(max(0, bits-burstOver)/burstScale))
}

// burstBits is Chernoff's bound on so many records of a Poisson process, in bits.
func burstBits(rate, expected float32) float32 {
	if rate <= expected {
		return 0
	}
	return rate*log2(float64(rate/expected)) - perNat*(rate-expected)
}

// hashAll is a hash of all that the event says, but for its time: of two lines of one
// statement, words in a free place and fields may differ.
func (o *Observation) hashAll() uint64 {
	h := mix64(o.Line.Hash, o.Line.Vars)
	if o.Size == 0 {
		return h // Vars is of the fields
	}
	return h + o.fields.sum
}

func (m *Model) learnBurst(o *Observation, st *statement) {
	if at := secondOf(o.Time); at > 0 {
		st.flow.follow(at, m.records-st.last, st.isAway(at, m.records), o.toldBurst())
	}
	st.last, st.all, st.rate = m.records, o.all, o.rate
	if o.rate > st.height {
		st.height = o.rate
	} else if o.rate < st.height/4 { // the burst is over: such a one is no news again
		st.peak = max(st.peak, st.height)
		st.summit = max(st.summit, st.height)
		st.height = o.rate
	}
	if o.rate > st.peak/2 {
		st.burstAt = m.records
	}
	if o.burst == 0 || o.rate < calmRate {
		st.calm = calm{st.seen, m.records, o.Time}
	}
	strange := featBurst.Points(&o.Row) >= Strange
	if o.rate > st.peak {
		st.peak += (o.rate - st.peak) * followPart(strange, o.bad)
	}
	if strange {
		st.summit = max(st.summit, o.rate)
	}
	st.same.learn(o.run, strange)
	if o.textless() {
		st.alike.learn(o.fields.similar, strange)
		st.alikeOf = uint32(o.fields.alike)
	}
}

// calm is where a statement was when its rate was last a usual one: what came since
// then is the burst. Nothing is judged by it.
type calm struct {
	seen   uint32        // statement.seen before that record
	record uint32        // of the log
	time   time.Duration // 0 = unknown
}

// calmRate is up to what rate there is no burst, however rare a statement is: no other
// record of it among the last rateHorizon.
const calmRate = 1.5

func (s *calm) carry(c *codec.Codec) {
	c.U32(&s.seen)
	c.U32(&s.record)
	codec.I64(c, &s.time)
}

const (
	// burstOver are bits that a burst must be above the usual one.
	burstOver = 4

	// A burst that is strange is no news until it is larger, whether it is told or not; one
	// that is not becomes the usual one by burstFollow of the way with each record, so that
	// what is restless is not told all the time.
	burstFollow = 0.1

	// badFollow is the same for trouble: one that grows slowly is not to be the usual one
	// before there is enough of it to be told.
	badFollow = burstFollow / 2

	// summitTimes is how many times as high as the highest burst that is over one is news,
	// however slowly it grew, and summitKnown how many records of a statement say how high
	// its bursts are.
	summitTimes = 3
	summitKnown = knownFor

	// runFollow is by how much of the way a run that is strange becomes the usual one with
	// each record, whether it is told or, in a storm, is not.
	runFollow = 0.25
)

func followPart(strange bool, bad badness) float32 {
	switch {
	case strange:
		return 1
	case bad > 0:
		return badFollow
	}
	return burstFollow
}
