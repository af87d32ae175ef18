package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// A number in a message may be a code: exit status 2, success=0, errno=111. A place in
// which few whole numbers stand again and again holds codes, however far they lie
// apart; there, one that never stood is news, and how far it is from the others means
// nothing.

const (
	// manyCodes is how many different numbers a place may have shown to hold codes.
	manyCodes = 5

	// manyStatuses is the same where all of them are HTTP statuses: a service answers with
	// some twenty of the sixty that there are.
	manyStatuses = 20

	// knownCodes is how many records of a statement must have been seen before a
	// code is news.
	knownCodes = 300

	// codeWeight is how many points a bit of a code's surprise is worth.
	codeWeight = 1.45
)

// mayBeCode reports whether the event's i-th number may be a code.
func (o *Observation) mayBeCode(i int) bool {
	n := &o.Line.Numbers[i]
	// What begins a line is its time, and so is what begins with a 0: 081109 203615.
	if n.Token == 0 || n.Bracketed || n.Unit != pattern.UnitNone || n.Value != float64(int32(n.Value)) {
		return false
	}
	t := &o.Line.Tokens[n.Token]
	return t.Kind == pattern.Number && (t.End-t.Start == 1 || o.Text[t.Start] != '0')
}

// codesSeen remembers of codes that they were seen knownValue times: that is asked for each
// of them, and most are the same few. Nothing of it is saved, as it is found anew, and nothing
// is judged by it otherwise than without it.
type codesSeen struct {
	list [1 << 8]struct{ place, value uint32 }
	aged uint32 // fields.values.aged of then
}

// at returns where it stands whether a code is one of them.
func (s *codesSeen) at(c *code) *struct{ place, value uint32 } {
	return &s.list[c.value%uint32(len(s.list))]
}

// isKnown reports whether the code is remembered to be known.
func (fs *fields) isKnown(c *code) bool {
	s := fs.codes
	if s == nil || s.aged != fs.values.aged {
		return false
	}
	at := s.at(c)
	return at.value == c.value && at.place == uint32(c.place)
}

// becomesKnown remembers that the code is known.
func (fs *fields) becomesKnown(c *code) {
	if fs.codes == nil {
		fs.codes = new(codesSeen)
	}
	if fs.codes.aged != fs.values.aged {
		fs.forget()
	}
	at := fs.codes.at(c)
	at.place, at.value = uint32(c.place), c.value
}

// code is a number that may be one.
type code struct {
	number int    // its index
	place  uint64 // what its place is known by, in fields.ranges by the low half
	at     int    // index there; -1 = nothing is known of it
	value  uint32 // what its value is known by
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
	o.reached = uint32(st.all) + st.last + st.habit.begun + uint32(st.same.longest)
	sample := sampled(m.records)
	for i := range min(len(o.Line.Numbers), trackedNumbers) {
		if st.uncoded>>i&1 != 0 || !o.mayBeCode(i) {
			continue
		}
		place := mix64(st.hash, uint64(i)+1)
		c := code{i, place, -1, codeValue(place, o.Line.Numbers[i].Value)}
		if !sample && m.fields.isKnown(&c) {
			continue // nothing is to be said of it, nor is it learned from
		}
		c.at = m.fields.ranges.index(uint32(place))
		o.codeList[o.coded] = c
		o.coded++
	}
}

// judgeCodes looks for a code that hardly ever stood in its place.
func (m *Model) judgeCodes(o *Observation) {
	o.oddCode = -1
	if st := o.known; st == nil || st.seen < knownCodes {
		return
	}
	var points float32
	for i := range o.codeList[:o.coded] {
		c := &o.codeList[i]
		if c.at < 0 {
			continue
		}
		r := &m.fields.ranges.slots[c.at]
		if r.n < knownCodes || !m.holdsCodes(r, c.place) {
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
		o.number, o.shifted = -1, false
	} else {
		o.oddCode = -1
	}
}

// learnCodes counts the codes of the event, once its statement is known.
func (m *Model) learnCodes(o *Observation) {
	st := o.known
	if st == nil {
		return
	}
	for i := range o.codeList[:o.coded] {
		c := &o.codeList[i]
		r := m.fields.ranges.claimAt(c.at, uint32(c.place))
		if m.knownCode(r, c) && m.holdsCodes(r, c.place) {
			if sampled(m.records) {
				r.n += sampleOne
				m.fields.values.count(c.value, sampleOne)
			}
			continue
		}
		r.n++
		if !isStatus(o.Line.Numbers[c.number].Value) {
			r.out++
		}
		if m.fields.values.count(c.value, 1) {
			r.few++
		}
		if !m.holdsCodes(r, c.place) {
			st.uncoded |= 1 << c.number
		}
	}
}

// holdsCodes reports whether few enough different numbers stood in a place.
func (m *Model) holdsCodes(r *numberRange, place uint64) bool {
	if r.few <= manyCodes {
		return true
	}
	return r.few <= manyStatuses && r.out == 0 && m.fields.values.find(codeValue(place, 200)).n > 0
}

// codeValue is what a code is known by in its place.
func codeValue(place uint64, code float64) uint32 { return uint32(mix64(place, uint64(int64(code)))) }

func isStatus(code float64) bool { return code >= 100 && code < 600 }

// knownCode reports whether a code is known so well, as its place is, that it is learned
// from one record in sampleOne, as what stands in fields is.
func (m *Model) knownCode(r *numberRange, c *code) bool {
	switch {
	case r.n < settledAfter:
		return false
	case m.fields.isKnown(c):
		return true
	case m.fields.values.find(c.value).n < knownValue:
		return false
	}
	m.fields.becomesKnown(c)
	return true
}
