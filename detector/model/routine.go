package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// routines remembers records that were routine throughout, by what their fields of few
// values held together. Of a record that holds the same again no more is looked at than
// what each may have another of: numbers and identifiers. Nothing of it is saved, as it is
// found anew, and nothing is judged by it otherwise than without it.
type routines struct {
	forms [1 << 6]form
	held  [1 << 9][2]held // the one that was remembered last comes first
	aged  uint32          // fields.values.aged of then
	begun uint32          // how many values began to be followed since, see valueFlows
}

// form is which fields records have, in their order. Those of the parts of open fields
// stand behind them.
type form struct {
	of    uint64 // hash of the names
	n     int    // fields and parts
	open  uint64 // those of which each record may have another value,
	paths uint64 // which of them have parts,
	ids   uint64 // and in which identifiers stand
	keys  [maxForm]int16
}

const maxForm = 64 // as many as a mask of 64 bits holds; what has more is looked at each time

// held is what fields of few values held together: the sum of their hashes, the form's and the
// statement's says where it stands.
type held struct {
	sum   uint32          // its upper half
	shape uint32          // see fieldsSeen.shape, but for the line's hash,
	nets  uint32          // and what fieldsSeen.compared is more
	rare  [mostRare]uint8 // see fieldsSeen.rare
	flows uint64          // fieldsSeen.flows where
	begun uint32          // routines.begun was this
}

// place returns where it stands whether records of a form are routine whose values' hashes and
// statement's come to a sum. Two have one: with a place for each, one record in ten drove another
// out, and the other that one again.
func (r *routines) place(f *form, sum uint64) *[2]held {
	return &r.held[(sum+f.of)%uint64(len(r.held))]
}

// holds returns what those held, nil where it is not known that they are routine.
func (r *routines) holds(f *form, sum uint64) *held {
	h, half := r.place(f, sum), uint32((sum+f.of)>>32)
	for i := range h {
		if h[i].sum == half {
			return &h[i]
		}
	}
	return nil
}

// nextName returns the hash of a form with one more name.
func nextName(form, name uint64) uint64 { return form*0x9e3779b97f4a7c15 + name }

// forget is called when what is routine, or known, may have changed.
func (fs *fields) forget() {
	if fs.routines != nil {
		*fs.routines = routines{aged: fs.values.aged}
	}
	if fs.codes != nil {
		*fs.codes = codesSeen{aged: fs.values.aged}
	}
}

// routine reports whether the event is known to be routine, as far as its fields go.
func (m *Model) routine(o *Observation) bool {
	fs, all := &m.fields, &o.fields
	r := fs.routines
	if r == nil || r.aged != fs.values.aged {
		return false
	}
	f := &r.forms[all.form%uint64(len(r.forms))]
	if f.of != all.form {
		return false
	}
	n, ids := all.n, o.identified.n
	if m.routineForm(o, r, f) {
		return true
	}
	o.identified.cut(ids)
	all.n, all.rawSurge, all.surged = n, 0, -1 // parts are added anew
	return false
}

func (m *Model) routineForm(o *Observation, r *routines, f *form) bool {
	fs, all := &m.fields, &o.fields
	for left := f.paths; left != 0; left &= left - 1 {
		if at := lowest(left); all.list[at].hasParts() {
			all.addParts(at, o.Fields[at].Value)
		}
	}
	if all.n != f.n {
		return false
	}
	sum := o.Pattern()
	all.noffs, all.nalongs = 0, 0
	for at := range f.n {
		if f.open>>(at&63)&1 == 0 {
			sum += all.list[at].both
		}
	}
	h := r.holds(f, sum)
	if h == nil {
		return false
	}
	all.rare = h.rare
	for _, at := range h.rare {
		if at == 0 {
			break
		}
		if int(at) > f.n || f.keys[at-1] < 0 { // another form of the same hashes
			return false
		}
		all.list[at-1].key = f.keys[at-1]
		if m.judgeSurge(o, int(at)-1); all.rawSurge > 0 {
			return false
		}
	}
	if h.begun != r.begun {
		h.begun, h.flows = r.begun, m.followed(o, f.open)
	}
	all.flows = h.flows
	now := secondOf(o.Time)
	for left := h.flows; left != 0; left &= left - 1 {
		if v := fs.flows.of(all.list[lowest(left)].id()); v != nil && (v.exceeds(now) || v.isAway(now, m.records-v.record)) {
			return false
		}
	}
	for left := f.open; left != 0; left &= left - 1 {
		at := lowest(left)
		s, key := &all.list[at], f.keys[at]
		p := &fs.keys.all[key].place
		switch {
		case p.settled.sort != s.sort+1 || s.hasParts() && f.paths>>at&1 == 0:
			return false
		case s.sort == sortNumber:
			if !fs.within(o, at, s.number, key) { // nor is noNumber
				return false
			}
		case s.part == whole && !s.usualText(p, o.Fields[at].Value):
			return false
		}
	}
	ids := o.identified.n
	m.identifyFields(o, f.ids)
	if points, _ := m.cameAgain(o, ids); points > 0 {
		return false
	}
	// What is looked for in all records with fields.
	all.alike = sum
	all.shape = h.shape ^ (uint32(o.Line.Hash) | 1)
	if fs.recently(all.shape) >= leastRush {
		return false
	}
	all.compared = all.shape + h.nets
	return pairTimes(uint32(fs.shapes.find(all.compared).n)) == 0
}

// within reports whether a number, at a place in the list, is within the range that its
// statement, and its field in all records, is known to have, and there is no more to say of
// it: a high or low one may be one of many.
func (fs *fields) within(o *Observation, at int, x octaves, key int16) bool {
	s, p := &o.fields.list[at], &fs.keys.all[key].place
	if s.unit != p.unit || !p.numbers.told.holds(x) {
		return false
	}
	r := fs.ranges.follow(&fs.keys.ranged[key], o.rangeKey(s))
	if r == nil || r.n < settledAfter || !r.told.holds(x) {
		return false
	}
	size := sized(x, s.unit)
	is := r.off(size)
	if is != usualSize && (x == 0 || o.known == nil || r.offPoints(is, o.known.seen) > 0) {
		return false
	}
	off := is != usualSize
	if by, key := o.alongside(at, r); by >= 0 {
		along := fs.ranges.index(key)
		if along < 0 {
			return false
		}
		own := &fs.ranges.slots[along]
		if !own.shift.known(own.n) {
			return false
		}
		if is := own.off(size); is != usualSize {
			if x == 0 || o.known == nil || own.offPoints(is, own.seen) > 0 {
				return false
			}
			off = true
		}
		o.fields.alongs[o.fields.nalongs] = uint16(along)
		o.fields.nalongs++
	}
	if off {
		o.fields.addOff(at)
	}
	return true
}

func (all *fieldsSeen) addOff(at int) {
	all.offs[all.noffs] = uint8(at)
	all.noffs++
}

// remember takes in an event all of whose fields were found to be routine.
func (m *Model) remember(o *Observation) {
	fs, all := &m.fields, &o.fields
	n := 0
	for n < all.n && all.list[n].part == whole {
		n++
	}
	if n > maxForm {
		return
	}
	f, sum := form{of: all.form, n: n}, o.Pattern()
	var place [maxSeen]int8 // where each of the list stands there
	for at := range all.n {
		s := &all.list[at]
		to := at
		if at >= n {
			if f.open>>s.of&1 == 0 { // it goes with the whole
				place[at] = -1
				continue
			}
			if to = f.n; to == maxForm {
				return
			}
			f.n++
		}
		place[at] = int8(to)
		if f.keys[to] = s.key; s.key >= 0 && fs.keys.all[s.key].place.settled.any {
			f.open |= 1 << to
			if s.hasParts() {
				f.paths |= 1 << to
			}
		} else {
			sum += s.both
		}
	}
	f.ids = all.ids
	rare, ok := m.rareOnes(o, place[:])
	if !ok {
		return
	}
	if fs.routines == nil {
		fs.routines = new(routines)
	}
	if fs.routines.aged != fs.values.aged {
		fs.forget()
	}
	r := fs.routines
	r.forms[f.of%uint64(len(r.forms))] = f
	h, is := r.place(&f, sum), held{uint32((sum + f.of) >> 32), all.shape ^ (uint32(o.Line.Hash) | 1), all.compared - all.shape, rare, 0, r.begun - 1}
	if h[0].sum != is.sum {
		h[1] = h[0]
	}
	h[0] = is
}

// sift finds out which of the fields are known, and of which there is more to say than
// that their values are routine in their places: those alone are judged then.
func (m *Model) sift(o *Observation) {
	fs, all := &m.fields, &o.fields
	keys, guess := &fs.keys, &fs.keys.behind[0]
	all.names, all.alike, all.noffs, all.nalongs, all.ids = nameSeed, o.Pattern(), 0, 0, 0
	for at := 0; at < all.n; at++ { // parts come behind
		s := &all.list[at]
		s.routine, s.open, s.crowded = false, false, false
		if s.aside == null {
			s.key = -1
			all.alike += s.both
			continue
		}
		if s.hasParts() {
			all.addParts(at, o.Fields[at].Value)
		}
		k := keys.guessed(*guess, s.hash)
		if k == nil {
			k = keys.follow(guess, s.hash)
		}
		if k == nil {
			s.key, guess = -1, &keys.behind[0]
			all.addRest(at)
			all.alike += s.both
			continue
		}
		s.key = int16(*guess)
		guess = &keys.behind[s.key+1]
		all.names += s.hash
		p := &k.place
		any := p.settled.any
		if p.identifiers && at < len(o.Fields) {
			all.ids |= 1 << at
		}
		if s.open = p.open(s); !s.open && (s.part == whole || all.list[s.of].open) { // else it goes with the whole
			all.alike += s.both
		}
		switch {
		case p.settled.sort != s.sort+1:
			all.addRest(at)
			continue
		case s.sort == sortNumber && s.quoted != p.settled.quoted:
			all.addRest(at)
			continue
		case s.sort == sortNumber:
			x := s.number
			if x == noNumber { // 0 has a range only where it is one of few values
				x, any = 0, false
			}
			if !fs.within(o, at, x, s.key) {
				all.addRest(at)
				continue
			}
		case any && s.part == whole && !s.usualText(p, o.Fields[at].Value):
			all.addRest(at)
			continue
		}
		if !any && p.settled.value != s.value && (fs.values.find(s.id()).n < knownValue || fs.relapses.has(s.id())) {
			all.addRest(at)
			continue
		}
		s.routine = true
		if p.settled.category && s.unit == pattern.UnitNone && !(s.run && numbered(o.field(at))) { // as in judgePart
			all.addLow(s.id(), at)
		}
	}
}

// open reports whether each record may have another value in the place, of the sort at hand
// where it is not known well.
func (p *place) open(s *seenField) bool {
	if p.settled.sort != 0 {
		return p.settled.any
	}
	return s.sort == sortNumber && p.quantity(s.number, s.unit) || s.sort == sortText && p.identifier()
}

// What is known of a field's text by its characters.
const (
	textUnread uint8 = iota
	textRoutine
	textOdd
)

// usualText is texts.routine of a field's value in its place, found out once.
func (s *seenField) usualText(p *place, value []byte) bool {
	if s.text == textUnread {
		s.text = textOdd
		if p.texts.routine(value) {
			s.text = textRoutine
		}
	}
	return s.text == textRoutine
}

func (all *fieldsSeen) addRest(at int) {
	all.rest[all.nrest] = uint8(at)
	all.nrest++
}
