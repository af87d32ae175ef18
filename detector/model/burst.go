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

	burstWeight = 4.5 // points for each doubling of
	burstScale  = 4   // so many bits beyond the usual burst
	runWeight   = 5   // points for each octave that a run of one line is longer than the longest,
	runFree     = 2   // less so many
	mostBurst   = 24  // points
)

// judgeBurst sees whether a known pattern comes more often than it ever did.
func (m *Model) judgeBurst(o *Observation) {
	st := o.known
	o.all = o.hashAll()
	if st == nil {
		o.rate, o.run, o.burst = 1, 0, 0
		return
	}
	gap := m.records - st.last
	o.rate = st.rate*rateFading.after(gap) + 1
	expected := (st.n + 0.5) / (m.total + 1) * rateHorizon * perNat * m.clock.lull()
	o.burst = burstBits(o.rate, expected)
	o.run = 0
	if st.all == o.all && gap == 1 {
		o.run = min(st.run+1, 1<<15)
	}
	if st.seen < maturity {
		return
	}
	var points float32
	known := 2*o.rate < float32(st.seen) || m.records-st.first > knownFor
	if known && o.burst > burstOver {
		usual := burstBits(st.peak, expected) // of the largest, were it now
		if o.bad > 0 {                        // a burst of trouble is news again when it returns
			usual *= float32(math.Exp2(-float64(m.records-st.burstAt) / burstRecords))
		}
		if over := o.burst - usual - burstOver; over > 0 {
			points = burstWeight * log2(1+float64(over/burstScale))
		}
	}
	if others := st.seen - min(st.seen, uint32(o.run)); o.run > 0 && others >= maturity {
		same := (octavesOf(float64(o.run+1)) - st.longest).float()
		points = max(points, runWeight*same-runFree)
	}
	if o.Size == 0 {
		return // of records without a message a rush says it better, see judgeRush
	}
	featBurst.set(&o.Row, min(mostBurst, points))
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
	if o.run < st.run { // the run is over
		st.longest = max(st.longest, octavesOf(float64(st.run+1)))
	}
	st.last, st.all, st.rate, st.run = m.records, o.all, o.rate, o.run
	if o.rate > st.height {
		st.height = o.rate
	} else if o.rate < st.height/4 { // the burst is over: such a one is no news again
		st.peak = max(st.peak, st.height)
		st.height = o.rate
	}
	if o.rate > st.peak/2 {
		st.burstAt = m.records
	}
	if o.burst == 0 || o.rate < calmRate {
		st.calm = calm{st.seen, m.records, o.Time}
	}
	told := o.Flagged && featBurst.Points(&o.Row) >= Strange // it is less news then
	if o.rate > st.peak {
		st.peak += (o.rate - st.peak) * followPart(told)
	}
	if r := octavesOf(float64(o.run + 1)); r > st.longest {
		st.longest += max(1, octaves(float32(r-st.longest)*followRun(told)))
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

	// A burst that was told is no news until it is larger; one that was not becomes
	// the usual one by burstFollow of the way with each record, so that what is
	// restless is not told all the time.
	burstFollow = 0.1

	// runToldFollow and runFollow are the same for runs of the very same line.
	runToldFollow = 0.25
	runFollow     = 0.01
)

func followPart(told bool) float32 {
	if told {
		return 1
	}
	return burstFollow
}

func followRun(told bool) float32 {
	if told {
		return runToldFollow
	}
	return runFollow
}
