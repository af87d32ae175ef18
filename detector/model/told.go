package model

import (
	"bytes"
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// told are the identifiers in the lines that were flagged last: what has a name of
// its own (a machine, a block, a request) and fails is told once.
type told struct {
	ids  [toldIDs]uint64 // a ring; 0 = none
	next uint8
}

const (
	toldIDs = 64
	idSeed  = 0x9e3779b97f4a7c15
)

// GoesOn reports whether all that makes the event strange is that a statement which
// was told goes on, or goes on at a level that it seldom has, so that it is too soon to
// tell it again. Its n-th report comes with its n*n-th record: an outage stays told and
// fills no page. A level that a message seldom has is told eight times and each time that it
// had it twice as often, and hides nothing that is strange in the fields. What says nothing
// bad is told with its first line or, on that day, not at all. One of a thing with an
// identifier that was not told is told. What is new at DEBUG, says nothing bad and is strange
// by its words alone is not told at all.
func (o *Observation) GoesOn() bool {
	st := o.known
	if o.Level != pattern.LevelNone && o.Level <= pattern.LevelDebug && o.bad == 0 && o.onlyWorded() {
		return true // news for who wrote it
	}
	first, second := o.strongest()
	if first == featLevel && o.levelGoesOn() {
		if !ofFields(second) || second.Points(&o.Row) < Strange {
			return true
		}
		first = second // which the level must not hide
	}
	if o.relapsed(first) || first == featValue && o.identified.again >= 0 {
		return false
	}
	if first == featValue && o.fields.odd >= 0 && !o.fields.oddSort { // by how often it stood there
		return tooSoon(float64(o.fields.close[o.fields.odd].count) + 1)
	}
	if st == nil {
		return false
	}
	p := &st.habit
	if st.seen < maturity && p.told > p.begun && o.repeats(st) && o.onlySaid() {
		return !p.due(p.told, st.seen)
	}
	if st.seen < maturity { // what is harmless is news with its first line, told or not, and then on another day
		return (p.told > 0 || o.bad == 0) && o.onlyWorded() && !(p.time > 0 && o.model.silence(o, p) >= longSilence)
	}
	if first == featLevel && !o.again {
		return false
	}
	if o.back {
		return false
	}
	if first == featBurst {
		if o.surged() || o.faster.is() { // it is told again when it is larger
			return false
		}
		return o.burstGoesOn() && (o.bad == 0 || p.told > p.begun && !p.due(p.told, st.seen))
	}
	if p.told <= p.begun {
		return false
	}
	switch first {
	case featTrouble, featRarity:
	default:
		return false
	}
	if has, told := o.toldID(); has && !told {
		return false
	}
	return !p.due(p.told, st.seen)
}

// levelGoesOn reports whether a level that a known statement seldom has was told, by how often it had that,
// whatever it speaks of.
func (o *Observation) levelGoesOn() bool {
	if o.known == nil || o.known.seen < maturity || o.again {
		return false
	}
	n := uint32(o.known.levels[o.Level]) + 1
	return n > maturity && n&(n-1) != 0
}

// ofFields reports whether a feature is about what stands in the fields, or which there are.
func ofFields(f Feature) bool {
	switch f {
	case featValue, featKey, featText, featPair:
		return true
	}
	return false
}

// onlyWorded reports whether the event says nothing bad, and is strange by its words
// alone: once it was told, they are no news.
func (o *Observation) onlyWorded() bool {
	return featFailure.Points(&o.Row) < Strange/2 && o.bad <= 1 && o.onlySaid()
}

// momentAgo is for how many records a line, word for word, says nothing new, quietTime at
// the most: as many as one sees at once. Later it is a thing of its own until its message
// is known.
const momentAgo = 20

// repeats reports whether the event says word for word what its statement said a moment ago.
func (o *Observation) repeats(st *statement) bool {
	if st.all != o.all || o.model.records-st.last > momentAgo {
		return false
	}
	return o.Time == 0 || st.habit.time == 0 || o.Time-st.habit.time < quietTime
}

// onlySaid reports whether the event is strange by what it says and how rare that is alone.
func (o *Observation) onlySaid() bool {
	for i := range Features {
		switch i {
		case featRarity, featWord, featSequence, featFailure, featTrouble, featSeverity:
			continue
		}
		if i.Points(&o.Row) >= Strange/2 {
			return false
		}
	}
	return true
}

// tooSoon reports whether what came for the n-th time is told again only later: its first
// eight are told, then those whose number is a square.
func tooSoon(n float64) bool {
	root := math.Sqrt(n)
	return n > maturity && root != math.Floor(root)
}

// burstGrowth is by what factor a burst or a run must have grown to be told again: once
// for each decade of its size.
const burstGrowth = 10

// burstGoesOn reports whether the burst, or the run of one line, that makes the event
// strange was told when it was not a tenth as large.
func (o *Observation) burstGoesOn() bool {
	st := o.known
	begun := min(st.calm.seen, st.seen)
	if n := uint32(o.inRow()); n > 2 {
		begun = st.seen - min(n, st.seen)
	}
	return st.habit.told > begun && st.seen+1-begun < burstGrowth*(st.habit.told-begun)
}

// due reports whether a statement that goes on is told again with the record behind
// seen others: its n-th report comes with its n*n-th record, and where it has come as
// often in one go before, with none until there are more.
func (p *habit) due(told, seen uint32) bool {
	if told > p.begun && seen+1-p.begun <= p.most {
		return false
	}
	reports := math.Floor(math.Sqrt(float64(told - min(told, p.begun))))
	return float64(seen+1-p.begun) >= (reports+1)*(reports+1)
}

// toldID reports whether the line has identifiers that name a thing, and whether one of
// them was told.
func (o *Observation) toldID() (has, told bool) {
	for i := range o.Line.Tokens {
		if id := o.id(i); id != 0 && o.known.habit.fixed&idBit(id) == 0 && !o.ofThread(i) {
			has = true
			for _, is := range o.model.told.ids {
				if is == id {
					return true, true
				}
			}
		}
	}
	return has, false
}

// ofThread reports whether the line's i-th token stands in brackets before its level or
// right behind it: there stands the thread that speaks, and no thing that fails.
func (o *Observation) ofThread(i int) bool {
	t, text := &o.Line.Tokens[i], o.Text
	open := bytes.LastIndexAny(text[:t.Start], "[]")
	end := bytes.IndexAny(text[t.End:], "[]")
	if open < 0 || text[open] != '[' || end < 0 || text[int(t.End)+end] != ']' {
		return false
	}
	for n := range o.Line.Tokens {
		if l := &o.Line.Tokens[n]; l.Kind == pattern.LevelWord {
			return int(l.Start) > int(t.End)+end || int(l.End) <= open && len(bytes.TrimSpace(text[l.End:open])) == 0
		}
	}
	return false
}

// id is a hash of the line's i-th token, if that is an identifier, or 0.
func (o *Observation) id(i int) uint64 {
	t := &o.Line.Tokens[i]
	if t.Kind != pattern.ID {
		return 0
	}
	return hashBytes(idSeed, o.Text[t.Start:t.End])
}

// idBit is the bit of an identifier in habit.fixed.
func idBit(id uint64) uint64 { return 1 << (id >> 58) }

// fixed returns habit.fixed with the line. What stands in all lines of a statement
// (x86_64, a signal's name) is no name of one of the things that it speaks of.
func (o *Observation) fixed(st *statement) uint64 {
	var here uint64
	for i := range o.Line.Tokens {
		if id := o.id(i); id != 0 {
			here |= idBit(id)
		}
	}
	if st.seen == 0 {
		return here
	}
	return st.habit.fixed & here
}

func (m *Model) learnTold(o *Observation) {
	if !o.Flagged {
		return
	}
	for i := range o.Line.Tokens {
		if id := o.id(i); id != 0 {
			m.told.ids[m.told.next%toldIDs] = id
			m.told.next = (m.told.next + 1) % toldIDs
		}
	}
}

func (t *told) carry(c *codec.Codec) {
	for i := range t.ids {
		c.U64(&t.ids[i])
	}
	c.U8(&t.next)
}
