package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// dependencyStudies find out which fields' values follow from those of another one. Nothing of them is
// saved; what was found is, see dependencies.
type dependencyStudies struct {
	of      [dependencyStudied]*dependencyStudy
	studied [maxKeys]float32 // how many records had each field when it was studied last
}

const (
	// dependencyStudied is how many fields are studied at a time, each as one whose values may own
	// those of others.
	dependencyStudied = 4

	// studiedDependents is of how many other fields it is found out whether they follow from it.
	studiedDependents = 16

	// studiedOwners is how many of its values are followed.
	studiedOwners = 1 << 6

	// ownersAgain is how many times one of these must have come again, behind another one, for it
	// to be decided, if no field may follow yet, and studiedLongest after how many records it is
	// anyway.
	ownersAgain    = 128
	studiedLongest = 1 << 11

	// studiedEach is up to how many records each is looked at, and later samples are.
	studiedEach = 1 << 13

	// studiedTwice is how many times as many records have a field when it is studied again.
	studiedTwice = 4

	// leastFollowed is how many times another value would have stood there, had it nothing to do
	// with the owner, and none did, to say that it follows from that: chance would need luck of one
	// in 60,000.
	leastFollowed = 16

	// leastOwners and leastOwned are how many values a field must have to own those of others, and
	// to be owned. Two that never came together are told by pairs.
	leastOwners = 3
	leastOwned  = 2
)

// dependencyStudy is of one field.
type dependencyStudy struct {
	key        int // index in keys
	name       uint32
	last       uint32 // key of the owner of the last record
	records    int
	again      int
	dependents [studiedDependents]dependent
	n          int
	given      keyMask // fields that do not follow
	owners     [studiedOwners]studiedOwner

	form uint64 // of the last record with the field
	at   int    // where it stood in it,
	of   [studiedDependents]int
}

// studiedOwner is one of its values, as owner is.
type studiedOwner struct {
	key    uint32
	broken uint16
	worth  uint8
	values [studiedDependents]uint8
}

// studyDependencies takes a record in.
func (m *Model) studyDependencies(o *Observation, sample bool) {
	d := &m.dependencies
	if len(o.Fields) < 2 || !sample && m.records >= studiedEach {
		return
	}
	if d.studies == nil {
		d.studies = new(dependencyStudies)
	}
	for i, s := range d.studies.of {
		if s == nil {
			d.studies.of[i] = m.beginDependencyStudy(o)
			continue
		}
		if s.learn(m, o); s.records >= studiedLongest || s.again >= ownersAgain && !s.undecided() {
			d.studies.studied[s.key] = m.fields.keys.all[s.key].n
			d.studies.of[i] = nil
			d.decide(s)
		}
	}
}

// beginDependencyStudy begins one of a field of the event, nil where none is to be studied.
func (m *Model) beginDependencyStudy(o *Observation) *dependencyStudy {
	all := m.dependencies.studies
next:
	for at := range o.Fields {
		k := m.fields.keys.find(o.fields.list[at].hash)
		if k < 0 || m.fields.keys.all[k].n < studiedTwice*all.studied[k] || !m.mayFollow(o, at, k, leastOwners) {
			continue
		}
		for _, s := range all.of {
			if s != nil && s.key == k {
				continue next
			}
		}
		return &dependencyStudy{key: k, name: uint32(o.fields.list[at].hash)}
	}
	return nil
}

// mayFollow reports whether a field may own others, or follow from one: what stands there are texts or
// codes, of several that come again.
func (m *Model) mayFollow(o *Observation, at, key int, least uint32) bool {
	s, p := &o.fields.list[at], &m.fields.keys.all[key].place
	if s.drawnOf() == 0 || s.words || s.run || p.n < categoryRecords || p.distinct < least || p.identifier() {
		return false
	}
	return s.sort == sortText || s.sort == sortNumber && s.unit == pattern.UnitNone && !p.quantity(s.number, s.unit)
}

// find finds out where the fields stand in the event's record, and reports whether the one studied does.
func (s *dependencyStudy) find(m *Model, o *Observation) bool {
	if s.form == o.fields.form {
		return true
	}
	at := o.fieldNamed(s.name)
	if at < 0 { // as in most records of a log of many programs
		return false
	}
	s.form, s.at = o.fields.form, at
	for j := range s.of {
		s.of[j] = -1
	}
	for at := range o.Fields {
		name := o.fields.list[at].hash
		k := m.fields.keys.find(name)
		if k < 0 || k == s.key || s.given.has(k) {
			continue
		}
		if j := s.dependent(m, o, at, k); j >= 0 && s.of[j] < 0 {
			s.of[j] = at
		}
	}
	return true
}

// dependent returns the index of a field among those that may follow, into which it is taken where there
// is room, -1 where it is none.
func (s *dependencyStudy) dependent(m *Model, o *Observation, at, key int) int {
	name, free := uint32(o.fields.list[at].hash), s.n
	for j := range s.dependents[:s.n] {
		switch s.dependents[j].name {
		case name:
			return j
		case 0:
			free = min(free, j)
		}
	}
	if free == studiedDependents || !m.mayFollow(o, at, key, leastOwned) {
		return -1
	}
	s.n = max(s.n, free+1)
	s.dependents[free] = dependent{name: name}
	for i := range s.owners {
		s.owners[i].values[free] = 0
		s.owners[i].broken &^= 1 << free
	}
	return free
}

// learn takes a record in.
func (s *dependencyStudy) learn(m *Model, o *Observation) {
	s.records++
	if !s.find(m, o) || o.fields.list[s.at].drawnOf() == 0 {
		return
	}
	both := o.fields.list[s.at].both
	key := uint32(both) | 1
	run, w := s.last == key, &s.owners[both>>32%studiedOwners]
	s.last = key
	switch {
	case w.key == key:
		if !run {
			s.again++
			w.worth = saturate8(uint(w.worth) + 1)
		}
	case w.worth > 0:
		w.worth--
		w = nil
	default:
		*w = studiedOwner{key: key, worth: 1}
	}
	for j, at := range s.of[:s.n] {
		if at < 0 {
			continue
		}
		to, now := &s.dependents[j], o.fields.list[at].drawnOf()
		if to.name == 0 || now == 0 {
			continue
		}
		if w != nil && w.broken>>j&1 == 0 {
			switch was := w.values[j]; {
			case was == 0:
				w.values[j] = now
			case was != now:
				w.broken |= 1 << j
				to.broken++
			case to.last.by != key:
				to.draw(now, 1)
			}
		}
		if to.last = (drawn{key, now}); to.broken >= leastBroken && !to.follows() {
			s.given.add(m.fields.keys.find(o.fields.list[at].hash))
			*to, s.form = dependent{}, 0 // another one takes its place
		}
	}
}

// leastBroken is how many owners of another value say that a field does not follow.
const leastBroken = 4

// follows reports whether the field is known to follow.
func (d *dependent) follows() bool { return d.points(leastFollowed) >= Strange }

// undecided reports whether there is a field of which it may turn out that it follows.
func (s *dependencyStudy) undecided() bool {
	for j := range s.dependents[:s.n] {
		if to := &s.dependents[j]; to.expected() > 0 && !to.follows() {
			return true
		}
	}
	return false
}

// decide takes in which fields follow from that of a study, those first that say most. What follows
// from one in between need not be looked at, nor what follows from a field that says the same.
func (d *dependencies) decide(s *dependencyStudy) {
	found := false
	for {
		var to *dependent
		for j := range s.dependents[:s.n] {
			if is := &s.dependents[j]; is.name != 0 && is.follows() && (to == nil || is.expected() > to.expected()) {
				to = is
			}
		}
		if to == nil {
			break
		}
		if !d.has(s.name, to.name) && !d.implied(s.name, to.name) && !d.same(s, to.name) {
			found = d.add(s.name, *to) || found
		}
		to.drawn = 0
	}
	if !found {
		return
	}
	for i := range d.of {
		for j := range d.of[i].dependents {
			if is := &d.of[i]; is.dependents[j].name != 0 && d.implied(is.name, is.dependents[j].name) {
				d.drop(uint8(i), uint8(j))
			}
		}
	}
}

// add takes one in, if there is room.
func (d *dependencies) add(name uint32, is dependent) bool {
	var own *dependency
	for i := range d.of {
		if of := &d.of[i]; of.name == name {
			own = of
			break
		} else if of.name == 0 && own == nil {
			own = of
		}
	}
	if own == nil {
		return false
	}
	for j := range own.dependents {
		if own.dependents[j].name == 0 {
			own.name, own.dependents[j], d.places = name, is, nil
			if len(d.owners) == 0 {
				d.owners = make([]owner, ownerLimit)
			}
			return true
		}
	}
	return false
}

// has reports whether one field is known to follow from another one.
func (d *dependencies) has(name, dependent uint32) bool {
	for i := range d.of {
		for j := range d.of[i].dependents {
			if d.of[i].name == name && d.of[i].dependents[j].name == dependent {
				return true
			}
		}
	}
	return false
}

// mostBetween is how many fields may stand between two, one of which follows from the other.
const mostBetween = 3

// leads reports whether a field follows from another one by way of so many others at most, and of one at
// least where it must not be directly.
func (d *dependencies) leads(name, dependent uint32, ways int, directly bool) bool {
	if directly && d.has(name, dependent) {
		return true
	}
	for i := range d.of {
		if between := d.of[i].name; ways > 0 && between != 0 && d.has(name, between) && d.leads(between, dependent, ways-1, true) {
			return true
		}
	}
	return false
}

// implied reports whether it goes without saying that a field follows from another one: as that follows
// from it, too, or as it follows from one in between.
func (d *dependencies) implied(name, dependent uint32) bool {
	return d.leads(dependent, name, mostBetween, true) || d.leads(name, dependent, mostBetween, false)
}

// same reports whether a field is known to follow from one that says the same as that of a study.
func (d *dependencies) same(s *dependencyStudy, dependent uint32) bool {
	for j := range s.dependents[:s.n] {
		is := &s.dependents[j]
		if is.name != 0 && is.broken == 0 && d.leads(is.name, s.name, mostBetween, true) && d.leads(is.name, dependent, mostBetween, true) {
			return true
		}
	}
	return false
}
