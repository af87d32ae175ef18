package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// An identifier is of one thing: an order, a request, a message. Where thousands of records of a
// statement said another one each, one that comes again is of a thing that was done twice, or of a
// record that came twice.

// identifiers are those that came lately. Both are empty until there are some.
type identifiers struct {
	lately []uint32 // each with its place; one takes the room of another
	places []onces  // by place; some share one
	scopes []scopes // the same of addresses
}

// onces is how many identifiers stood in a place, by samples, and how many of them came again.
type onces struct {
	n     uint16 // stays at its limit
	again uint8
}

const (
	// latelyLimit is how many there is room for: what is done twice is, as a rule, within some
	// hundreds of records, each of which has a few.
	latelyLimit = 1 << 12

	// oncesLimit is for how many places it is counted. Few share one; these are silent if in one
	// of them identifiers come again.
	oncesLimit  = 1 << 12
	scopesLimit = 1 << 10

	// mostIdentifiers is how many of an event are looked at, and textIdentifiers how many of a
	// statement's text.
	mostIdentifiers = 8
	textIdentifiers = 4

	// leastIdentifier is how many letters and digits stand in a row in one, with a digit among
	// them: shorter names are of hosts and users, and of numbers with less digits some come
	// again by chance.
	leastIdentifier = 9
	leastNumber     = 1e8
	mostNumber      = 1e40 // as that of a UUID

	// leastOnce is how many identifiers say that each comes once, and surelyAgain how many that came
	// again say that they do: one more has no points then, however many there are.
	leastOnce   = 1 << 10
	surelyAgain = 32

	// firstTime and lastTime are between when what may be a time is one, in seconds since 1970.
	firstTime = 0.9e9
	lastTime  = 2.9e9
)

// identifier is one of the event at hand, or what stands where one does as a rule.
type identifier struct {
	place uint32 // hash of the statement and the field, or the token
	both  uint32 // with what stands there; not 0,
	room  uint16 // and where among those that came lately: no part of both, which would tell less then
	at    int16  // index in the list of fields, or of the line's tokens
	field bool
	scope scope // of an address, which is looked at for that alone
}

// identified are those of the event at hand.
type identified struct {
	list  [mostIdentifiers]identifier
	n     int
	came  uint8 // a bit for each that came lately, and for addresses that are seldom of such a scope
	again int   // index of the one that is strange for that; -1 = none is
}

func (all *identified) add(ids *identifiers, place uint32, value uint64, at int, field bool, is scope) {
	if all.n == len(all.list) {
		return
	}
	both := mix64(uint64(place), value)
	one := &all.list[all.n]
	*one = identifier{place, max(1, uint32(both)), uint16(both>>32) % latelyLimit, int16(at), field, is}
	if !ids.empty() && (is == noAddress && *ids.slot(one) == one.both || is != noAddress && ids.scopesOf(one).points(is) > 0) {
		all.came |= 1 << all.n
	}
	all.n++
}

// cut leaves the first n.
func (all *identified) cut(n int) {
	all.n = n
	all.came &= 1<<n - 1
}

// identifyText takes in what stands in the event's text where identifiers do.
func (m *Model) identifyText(o *Observation, st *statement) {
	all, l := &o.identified, o.Line
	if all.cut(0); st == nil {
		return
	}
	for _, at := range st.identifiers {
		if at == 0 || int(at) > len(l.Tokens) {
			return
		}
		t := &l.Tokens[at-1]
		place, is, of := uint32(mix64(st.hash, uint64(at))), o.Text[t.Start:t.End], noAddress
		if t.Kind == pattern.Address {
			of = scopeOf(is)
		}
		if of != noAddress || len(is) >= leastIdentifier && t.Kind != pattern.Word {
			all.add(&m.identifiers, place, hashBytes(idSeed, is), int(at-1), false, of)
		}
	}
}

// identifyFields takes in what stands in the fields, of a mask of their places in the list, in
// which identifiers do.
func (m *Model) identifyFields(o *Observation, mask uint64) {
	for ; mask != 0 && o.known != nil; mask &= mask - 1 {
		at := lowest(mask)
		f, s := &o.Fields[at], &o.fields.list[at]
		if s.aside == 0 && s.scope == noAddress && f.Kind == Text && len(f.Value) >= leastIdentifier || f.Kind == Number && f.Number >= leastNumber {
			o.identified.add(&m.identifiers, o.rangeKey(s), s.both, at, true, noAddress)
		}
	}
}

// is reports whether it is an identifier, or an address.
func (is *identifier) is(o *Observation) bool {
	if is.field {
		return o.identifies(int(is.at))
	}
	t := &o.Line.Tokens[is.at]
	switch t.Kind {
	case pattern.ID:
		return isIdentifier(o.Text[t.Start:t.End])
	case pattern.Address:
		return scopeOf(o.Text[t.Start:t.End]) != noAddress
	}
	for i := range o.Line.Numbers {
		if n := &o.Line.Numbers[i]; int16(n.Token) == is.at {
			return t.Kind == pattern.Number && n.Unit == pattern.UnitNone && isNumberOf(n.Value)
		}
	}
	return false
}

// identifies reports whether the field at a place in the list has an identifier, or an address.
func (o *Observation) identifies(at int) bool {
	f := o.field(at)
	switch f.Kind {
	case Text:
		return isIdentifier(f.Value[:min(len(f.Value), maxValue)])
	case Number:
		return f.plain() && isNumberOf(f.Number)
	}
	return false
}

// isIdentifier reports whether a text may be of one thing.
func isIdentifier(b []byte) bool {
	for len(b) >= leastIdentifier {
		part, digits, _, _ := partOf(b)
		if len(part) >= leastIdentifier && digits > 0 {
			if digits < len(part) {
				return true
			}
			x := 0.0
			for _, c := range part {
				x = 10*x + float64(c-'0')
			}
			if isNumberOf(x) {
				return true
			}
		}
		b = b[min(len(b), len(part)+1):]
	}
	return false
}

// isNumberOf is isIdentifier of a number. A time, in seconds or a smaller unit, is of none.
func isNumberOf(x float64) bool {
	if !(x >= leastNumber && x < mostNumber) || x != math.Trunc(x) {
		return false
	}
	for ; x >= firstTime; x /= 1e3 {
		if x < lastTime {
			return false
		}
	}
	return true
}

// judgeAgain judges whether an identifier came before.
func (m *Model) judgeAgain(o *Observation) {
	points, at := m.cameAgain(o, 0)
	if o.identified.again = -1; points > featValue.Points(&o.Row) {
		featValue.set(&o.Row, points)
		o.identified.again, o.fields.relapsed = at, -1
	}
}

// cameAgain finds the strangest of those from an index on that came before, and its points; 0 = none
// is strange. In a second reading each did.
func (m *Model) cameAgain(o *Observation, from int) (points float32, at int) {
	all := &o.identified
	if o.Learned {
		return 0, -1
	}
	for left := uint64(all.came) >> from << from; left != 0; left &= left - 1 {
		i := lowest(left)
		is := &all.list[i]
		var p float32
		if is.scope != noAddress {
			p = m.identifiers.scopesOf(is).points(is.scope)
		} else if p = m.identifiers.placeOf(is).points(); p > points && !is.is(o) {
			continue
		}
		if p > points {
			points, at = p, i
		}
	}
	return points, at
}

func (ids *identifiers) empty() bool { return len(ids.lately) == 0 }

func (ids *identifiers) make() {
	ids.lately, ids.places, ids.scopes = make([]uint32, latelyLimit), make([]onces, oncesLimit), make([]scopes, scopesLimit)
}

// copyFrom makes a copy in the memory that ids has, and returns how many bytes it takes.
func (ids *identifiers) copyFrom(o *identifiers) int {
	ids.lately, ids.places, ids.scopes = append(ids.lately[:0], o.lately...), append(ids.places[:0], o.places...), append(ids.scopes[:0], o.scopes...)
	return 4 * (len(ids.lately) + len(ids.places) + len(ids.scopes))
}

func (ids *identifiers) slot(is *identifier) *uint32 { return &ids.lately[is.room] }

func (ids *identifiers) scopesOf(is *identifier) *scopes { return &ids.scopes[is.place%scopesLimit] }

func (ids *identifiers) placeOf(is *identifier) *onces { return &ids.places[is.place%oncesLimit] }

// points are those of one that comes again. What says little by itself says nothing.
func (o *onces) points() float32 {
	if o.n < leastOnce || o.again >= surelyAgain {
		return 0
	}
	if p := onePoints(float32(o.n), float32(o.again)); p >= Strange/2 {
		return p
	}
	return 0
}

// onePoints are those of one more of what came so many times among n others: as of the first number
// that is not 0 among as many, and less for each that was told before.
func onePoints(n, again float32) float32 {
	return zeroPoints(n) - zeroWeight*(1+toldBits)*log2(float64(1+again))
}

// learn takes those of an event in; of a sample, how many stand in their places, too.
func (ids *identifiers) learn(o *Observation, sample bool) {
	all := &o.identified
	if all.n == 0 {
		return
	}
	if ids.empty() {
		ids.make()
	}
	for i := range all.list[:all.n] {
		is := &all.list[i]
		if is.scope != noAddress {
			ids.scopesOf(is).learn(is.scope, sample)
			continue
		}
		if all.came>>i&1 != 0 {
			if at := ids.placeOf(is); at.again < math.MaxUint8 && (at.again >= surelyAgain || is.is(o)) {
				at.again++
			}
		} else {
			*ids.slot(is) = is.both
		}
		if sample && is.is(o) {
			at := ids.placeOf(is)
			at.n = saturate(uint32(at.n) + sampleOne)
		}
	}
}

// findTextIdentifiers finds out where in a statement's text identifiers stand, whenever it has come
// twice as often.
func (st *statement) findTextIdentifiers(o *Observation) {
	if st.seen < maturity || st.seen&(st.seen-1) != 0 {
		return
	}
	for i := range o.Line.Tokens {
		if is := (identifier{at: int16(i)}); o.Line.Tokens[i].Kind != pattern.Word && is.is(o) {
			st.addIdentifier(uint8(i + 1))
		}
	}
}

// findFieldIdentifiers finds out in which fields they stand, from a sample.
func (m *Model) findFieldIdentifiers(o *Observation) {
	all := &o.fields
	for at := range min(all.n, len(o.Fields)) {
		s := &all.list[at]
		if s.key < 0 || s.aside != 0 || s.words {
			continue
		}
		if p := o.placeOf(at); !p.identifiers && p.distinct > categoryValues && o.identifies(at) {
			p.identifiers = true
			m.fields.forget()
		}
	}
}

// addIdentifier takes in at which token, plus 1, one stands, if there is room.
func (s *statement) addIdentifier(at uint8) {
	for i, is := range s.identifiers {
		if is == at {
			return
		}
		if is == 0 {
			s.identifiers[i] = at
			return
		}
	}
}

// phraseAgain says which one came again, or is of another scope.
func (o *Observation) phraseAgain(dst []byte) []byte {
	is := &o.identified.list[o.identified.again]
	if at := int(is.at); is.field {
		s, f := o.seenAt(at)
		dst = o.said(append(s.named(dst, f), ' '), at)
	} else {
		name := fieldName(o.Text, int(o.Line.Tokens[at].Start))
		switch {
		case len(name) > 0:
			dst = quoteless(dst, name)
		case is.scope != noAddress:
			dst = append(dst, "address"...)
		default:
			dst = append(dst, "identifier"...)
		}
		dst = o.quote(append(dst, ' '), at)
	}
	if is.scope != noAddress {
		return o.model.identifiers.scopesOf(is).phrase(dst, is.scope)
	}
	at := o.model.identifiers.placeOf(is)
	dst = thousands(append(dst, " came before, as did "...), int(at.again))
	return append(thousands(append(dst, " of "...), int(at.n)), " others"...)
}

func (ids *identifiers) age() {
	for i := range ids.places {
		ids.places[i].again /= 2
	}
}

// merge adds another log's. Of the later log are those that came lately.
func (ids *identifiers) merge(o *identifiers, later bool) {
	switch {
	case o.empty():
		return
	case ids.empty():
		*ids = *o
		return
	case later:
		ids.lately = o.lately
	}
	for i, other := range o.places {
		own := &ids.places[i]
		own.n = saturate(uint32(own.n) + uint32(other.n))
		own.again = saturate8(uint(own.again) + uint(other.again))
	}
	for i, other := range o.scopes {
		ids.scopes[i].merge(other)
	}
}

func (ids *identifiers) carry(c *codec.Codec) {
	some := !ids.empty()
	if c.Bool(&some); some && ids.empty() {
		ids.make()
	}
	for i := range ids.lately {
		c.U32(&ids.lately[i])
	}
	for i := range ids.places {
		c.U16(&ids.places[i].n)
		c.U8(&ids.places[i].again)
	}
	for i := range ids.scopes {
		ids.scopes[i].carry(c)
	}
}
