package model

import (
	"math"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// dependencies are which fields have a value that follows from another one's: a cashier's store, a
// pod's namespace, a station's tenant (functional dependencies, Codd 1970). Each of two values may be
// as usual as any: that they do not belong together is news. Pairs tell it of values that came often
// enough to have met, these of as many owners as there are.
type dependencies struct {
	of      [dependencyLimit]dependency
	owners  []owner                            // of all of them, by their hashes; empty as long as there are none
	places  *[dependencyForms]dependencyPlaces // nil once one was found, or given up
	studies *dependencyStudies
}

// dependency is a field whose values own those of others.
type dependency struct {
	name       uint32 // hash of the field's name; 0 = none
	last       uint32 // key of the owner of the last record
	dependents [maxDependents]dependent
}

// dependent is a field whose value follows from the owner.
type dependent struct {
	name   uint32  // hash of the field's name; 0 = none
	drawn  float32 // times that an owner came again, behind another one, and had its own value,
	alike  float32 // and how often the one before had the same, as chance would have it
	broken float32 // owners that had another one
	last   drawn
}

// drawn is a value that stood there, of an owner.
type drawn struct {
	by uint32 // its key
	is uint8  // eight bits of the value's hash, not 0
}

// owner is a value that others follow from, and eight bits of the hash of each.
type owner struct {
	key    uint32 // of the dependency and its own hash; 0 = none
	seen   uint16 // two bits for each of its values: how often it came behind another owner, up to 3
	broken uint8  // a bit for each: it had another one, too, and is not asked any more
	worth  uint8  // how often it came, less how often another one wanted its room
	values uint64 // a byte for each; 0 = none yet
}

const (
	// dependencyLimit is how many fields may be owners, and maxDependents how many fields may
	// follow from each.
	dependencyLimit = 8
	maxDependents   = 8

	// ownerLimit is for how many owners there is room.
	ownerLimit = 1 << 13

	// ownerSeen is how often an owner must have come again with its own value for another one to be
	// news.
	ownerSeen = 3

	// leastDrawn is how many times another value would have stood there, had it nothing to do with
	// the owner, and none did, for the first one to be told.
	leastDrawn = 128

	// dependencyForms is of how many forms of records it is kept where these fields stand.
	dependencyForms = 64
)

// dependencyPlaces is where in the records of a form owners stand, and what follows from them.
type dependencyPlaces struct {
	form   uint64
	n      int
	owners [dependencyLimit]struct {
		of, at, n  uint8 // the dependency, its place in the list, and how many follow
		dependents [maxDependents]dependentPlace
	}
}

type dependentPlace struct{ at, lane uint8 }

// owned is an owner of the event at hand.
type owned struct {
	key    uint32
	room   uint16 // index in owners
	of     uint8  // index in dependencies
	places uint8  // and in the form's places
	values uint64
}

// expected is how many times another value would have stood there, had it nothing to do with the owner.
func (d *dependent) expected() float32 { return d.drawn - d.alike }

// points are those of the next owner that has another value, from so many times on.
func (d *dependent) points(least float32) float32 {
	return Strange + onePoints(max(1, d.expected()), d.broken) - zeroPoints(least)
}

// draw takes in that an owner had its own value, behind another one that had one.
func (d *dependent) draw(is uint8, times float32) {
	if d.last.by == 0 {
		return
	}
	d.drawn += times
	if d.last.is == is {
		d.alike += times
	}
}

// drawnOf is what a value is known by; 0 = it says nothing.
func (s *seenField) drawnOf() uint8 {
	if s.sort == sortEmpty || s.aside != 0 {
		return 0
	}
	return max(1, uint8(s.both>>24))
}

// lane returns the i-th of eight.
func lane(values uint64, i uint8) uint8 { return uint8(values >> (8 * i)) }

func (w *owner) times(i uint8) uint16 { return w.seen >> (2 * i) & 3 }

// clear forgets what follows in a lane.
func (w *owner) clear(i uint8) {
	w.values &^= 0xff << (8 * i)
	w.seen &^= 3 << (2 * i)
	w.broken &^= 1 << i
}

// placesOf returns where the event's owners stand.
func (d *dependencies) placesOf(o *Observation) *dependencyPlaces {
	if d.places == nil {
		d.places = new([dependencyForms]dependencyPlaces)
	}
	p := &d.places[o.fields.form%dependencyForms]
	if p.form == o.fields.form {
		return p
	}
	*p = dependencyPlaces{form: o.fields.form}
	for i := range d.of {
		is := &d.of[i]
		at := o.fieldNamed(is.name)
		if at < 0 {
			continue
		}
		to := &p.owners[p.n]
		to.of, to.at = uint8(i), uint8(at)
		for j := range is.dependents {
			if at := o.fieldNamed(is.dependents[j].name); at >= 0 {
				to.dependents[to.n] = dependentPlace{uint8(at), uint8(j)}
				to.n++
			}
		}
		if to.n > 0 {
			p.n++
		}
	}
	return p
}

// fieldNamed returns the index of the first field of a name, -1 where there is none.
func (o *Observation) fieldNamed(name uint32) int {
	for i := range o.Fields {
		if name != 0 && uint32(o.fields.list[i].hash) == name {
			return i
		}
	}
	return -1
}

// find finds the owners of the event.
func (d *dependencies) find(o *Observation) {
	o.nowned = 0
	if len(d.owners) == 0 || len(o.Fields) < 2 || o.Learned {
		return
	}
	p := d.placesOf(o)
	for i := range p.owners[:p.n] {
		is := &p.owners[i]
		s := &o.fields.list[is.at]
		if s.drawnOf() == 0 {
			continue
		}
		own := &o.owned[o.nowned]
		*own = owned{uint32(s.both)&^(dependencyLimit-1) | dependencyLimit | uint32(is.of), uint16(s.both >> 32 % ownerLimit), is.of, uint8(i), 0}
		for _, to := range is.dependents[:is.n] {
			own.values |= uint64(o.fields.list[to.at].drawnOf()) << (8 * to.lane)
		}
		o.nowned++
	}
}

// judgeDependencies judges whether a value is another one than its owner always had. A value that is
// new is told by itself.
func (m *Model) judgeDependencies(o *Observation) {
	d := &m.dependencies
	o.foreign.owner = -1
	d.find(o)
	most := featPair.Points(&o.Row)
	for i := range o.owned[:o.nowned] {
		own := &o.owned[i]
		w := &d.owners[own.room]
		if w.key != own.key || w.values == own.values {
			continue
		}
		places := &d.places[o.fields.form%dependencyForms].owners[own.places]
		for _, to := range places.dependents[:places.n] {
			was, is := lane(w.values, to.lane), lane(own.values, to.lane)
			if was == is || was == 0 || is == 0 || w.broken>>to.lane&1 != 0 || w.times(to.lane) < ownerSeen {
				continue
			}
			p := d.of[own.of].dependents[to.lane].points(leastDrawn)
			if p > most && p >= Strange && m.fields.values.find(o.fields.list[to.at].id()).n >= knownValue {
				most, o.foreign = p, foreign{int(places.at), int(to.at), d.of[own.of].dependents[to.lane]}
			}
		}
	}
	if o.foreign.owner >= 0 {
		featPair.set(&o.Row, most)
	}
}

// foreign is a value that is not its owner's.
type foreign struct {
	owner, value int // where in the list of the event's fields they stand; -1 = none is
	is           dependent
}

// phraseForeign says whose it is not.
func (o *Observation) phraseForeign(dst []byte) []byte {
	s, f := o.seenAt(o.foreign.value)
	dst = o.said(append(s.named(dst, f), ' '), o.foreign.value)
	s, f = o.seenAt(o.foreign.owner)
	dst = o.said(append(s.named(append(dst, " of "...), f), ' '), o.foreign.owner)
	dst = thousands(append(dst, ", which always had another: it changed in "...), int(o.foreign.is.broken))
	return append(thousands(append(dst, " of "...), int(o.foreign.is.drawn)), " records"...)
}

// learn takes the event's owners in.
func (d *dependencies) learn(o *Observation, sample bool) {
	for i := range o.owned[:o.nowned] {
		own := &o.owned[i]
		is, w := &d.of[own.of], &d.owners[own.room]
		run := is.last == own.key
		is.last = own.key
		switch {
		case w.key == own.key:
			if !run {
				w.worth = saturate8(uint(w.worth) + 1)
			}
			if w.values != own.values || w.seen != math.MaxUint16 || sample {
				d.learnValues(own, w, sample)
			}
		case run:
		case w.worth > 0:
			w.worth--
		default:
			*w = owner{key: own.key, worth: 1, values: own.values}
		}
		for j := range is.dependents {
			if now := lane(own.values, uint8(j)); now != 0 && is.dependents[j].name != 0 {
				is.dependents[j].last = drawn{own.key, now}
			}
		}
	}
}

// learnValues takes in which values an owner has that came before.
func (d *dependencies) learnValues(own *owned, w *owner, sample bool) {
	for j := range uint8(maxDependents) {
		to := &d.of[own.of].dependents[j]
		was, now := lane(w.values, j), lane(own.values, j)
		switch {
		case now == 0 || w.broken>>j&1 != 0:
		case was == 0:
			w.values |= uint64(now) << (8 * j)
		case was != now:
			w.broken |= 1 << j
			if to.broken++; to.points(leastFollowed) < Strange {
				d.drop(own.of, j)
			}
		case to.last.by != own.key:
			if w.times(j) < ownerSeen {
				w.seen += 1 << (2 * j)
			}
			switch { // once it is known well, samples are enough
			case to.drawn < settledAfter:
				to.draw(now, 1)
			case sample:
				to.draw(now, sampleOne)
			}
		}
	}
}

// drop gives up that a field follows from another one.
func (d *dependencies) drop(of, j uint8) {
	is := &d.of[of]
	is.dependents[j], d.places = dependent{}, nil
	if is.dependents == [maxDependents]dependent{} {
		*is = dependency{}
	}
	for i := range d.owners {
		if w := &d.owners[i]; w.key%dependencyLimit == uint32(of) {
			if w.clear(j); is.name == 0 {
				*w = owner{}
			}
		}
	}
}

// age halves what is counted. An owner that had another value is asked again once others have driven it
// out: those that change it as they like do so all the time.
func (d *dependencies) age() {
	for i := range d.of {
		for j := range d.of[i].dependents {
			to := &d.of[i].dependents[j]
			to.drawn /= 2
			to.alike /= 2
			to.broken /= 2
		}
	}
	for i := range d.owners {
		d.owners[i].worth /= 2
	}
}

// copyFrom makes a copy in the memory that d has, and returns how many bytes it takes.
func (d *dependencies) copyFrom(o *dependencies) int {
	d.of, d.owners = o.of, append(d.owners[:0], o.owners...)
	return len(d.owners) * int(unsafe.Sizeof(owner{}))
}

// merge takes those of the log that ends later: an owner's values are of that, too.
func (d *dependencies) merge(o *dependencies, later bool) {
	if len(o.owners) > 0 && (later || len(d.owners) == 0) {
		d.of, d.owners = o.of, o.owners
	}
	d.places, d.studies = nil, nil
}

func (d *dependencies) carry(c *codec.Codec) {
	for i := range d.of {
		is := &d.of[i]
		c.U32(&is.name)
		if is.name == 0 {
			continue
		}
		c.U32(&is.last)
		for j := range is.dependents {
			is.dependents[j].carry(c)
		}
	}
	some := len(d.owners) > 0
	if c.Bool(&some); some && len(d.owners) == 0 {
		d.owners = make([]owner, ownerLimit)
	}
	for i := range d.owners {
		w := &d.owners[i]
		c.U32(&w.key)
		if w.key == 0 {
			continue
		}
		c.U16(&w.seen)
		c.U8(&w.broken)
		c.U8(&w.worth)
		c.U64(&w.values)
	}
}

func (d *dependent) carry(c *codec.Codec) {
	c.U32(&d.name)
	if d.name == 0 {
		return
	}
	c.F32(&d.drawn)
	c.F32(&d.alike)
	c.F32(&d.broken)
	c.U32(&d.last.by)
	c.U8(&d.last.is)
}
