package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// A number in a message may be a code: exit status 2, success=0, errno=111. A place in
// which few whole numbers stand again and again holds codes, however far they lie
// apart; there, one that never stood is news, and how far it is from the others means
// nothing.

const (
	// manyCodes is how many different numbers a place may have shown to hold codes.
	manyCodes = 5

	// knownCodes is how many records of a statement must have been seen before a
	// code is news.
	knownCodes = 300

	// codeWeight is how many points a bit of a code's surprise is worth.
	codeWeight = 1.45
)

// code returns what the event's i-th number is known by in its place, false for one
// that is no code by itself.
func (o *Observation) code(i int) (place, value uint32, ok bool) {
	n := &o.Line.Numbers[i]
	t := &o.Line.Tokens[n.Token]
	if t.Kind != pattern.Number || n.Unit != pattern.UnitNone || n.Value != float64(int32(n.Value)) || bracketed(o.Text, t) {
		return 0, 0, false
	}
	// What begins a line is its time, and so is what begins with a 0: 081109 203615.
	if n.Token == 0 || t.End-t.Start > 1 && o.Text[t.Start] == '0' {
		return 0, 0, false
	}
	h := mix64(o.known.hash, uint64(i)+1)
	return uint32(h), uint32(mix64(h, uint64(int64(n.Value)))), true
}

// code is a number that may be one.
type code struct {
	number       int    // its index
	place, value uint32 // what they are known by
	at           int    // index of what is known of the place in fields.ranges; -1 = nothing is
}

// reach finds the event's codes and what is known of their places, and loads its
// statement: what is not in the processor's caches is waited for once, not where each
// of it is used.
func (m *Model) reach(o *Observation) {
	o.coded = 0
	st := o.known
	if st == nil {
		return
	}
	o.reached = uint32(st.all) + st.last + st.habit.begun + uint32(st.longest)
	for i := range min(len(o.Line.Numbers), trackedNumbers) {
		if place, value, ok := o.code(i); ok {
			o.codeList[o.coded] = code{i, place, value, m.fields.ranges.index(place)}
			o.coded++
		}
	}
}

// judgeCodes looks for a code that hardly ever stood in its place.
func (m *Model) judgeCodes(o *Observation) {
	o.oddCode = -1
	if st := o.known; st == nil || st.seen < knownCodes {
		return
	}
	var points float32
	for _, c := range o.codeList[:o.coded] {
		if c.at < 0 {
			continue
		}
		r := &m.fields.ranges.slots[c.at]
		if r.n < knownCodes || r.few > manyCodes {
			continue
		}
		count := float32(m.fields.values.find(c.value).n)
		if count >= firmValue {
			continue
		}
		// As many codes as there are were new once: Good and Turing's share of news.
		bits := -log2(float64((float32(r.few)+count)/(r.n+1))) - log2(float64(1+count))
		if p := codeWeight * bits; p > points {
			points, o.oddCode, o.codes = p, c.number, *r
		}
	}
	if points > featNumber.Points(&o.Row) {
		featNumber.set(&o.Row, points)
		o.number = -1
	} else {
		o.oddCode = -1
	}
}

// learnCodes counts the codes of the event, once its statement is known.
func (m *Model) learnCodes(o *Observation) {
	if o.known == nil {
		return
	}
	for _, c := range o.codeList[:o.coded] {
		r := m.fields.ranges.claimAt(c.at, c.place)
		r.n++
		if r.few <= manyCodes && m.fields.values.count(c.value, 1) {
			r.few++
		}
	}
}
