package model

import (
	"math"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// The dimension of a number is the field whose value tells most of how large it is: the route
// of a request's duration, the task of a job's. What is usual for one route is slow for
// another, and is among the usual numbers of all of them. So a number that has a dimension is
// known by the value that stands there, too, and one route that has become slow is told.

// dimensions are the statements of whose numbers it is being found out. Nothing of it is saved;
// what was found is, see numberRange.dimension.
type dimensions struct {
	studies [studied]*study
	passed  [studied]uint16 // records of others than each, that would have its place
}

const (
	// studied is how many statements are looked at at a time.
	studied = 8

	// studiedNumbers and studiedFields are how many of their numbers and of the fields that
	// may be their dimension. Of more fields, those are looked at that have most values.
	studiedNumbers = 8
	studiedFields  = 16

	// studiedBefore is how many records each is compared with: the last ones.
	studiedBefore = 32

	// studyRecords is after how many records it is decided. Each is one in sampleOne.
	studyRecords = 256

	// studyTries is in one of how many records it is asked whether there are numbers to study.
	studyTries = 8

	// studyAgain is how many times as many numbers there are when it is looked for again: a
	// field may have come, or may be known well, since then.
	studyAgain = 2

	// studyPairs is how many pairs of records with the same value say how near to each
	// other their numbers are.
	studyPairs = 128

	// dimensionShare is what share of the difference between any two numbers is left, at most,
	// between two that have the same value in their dimension: by its square, a quarter of the
	// variance is explained.
	dimensionShare = 0.85

	// dimensionKept is what share of that the difference counts for in the dimension that it
	// has: another one must tell a good deal more, as all is to be found out anew then.
	dimensionKept = 0.8
)

// study is of one statement.
type study struct {
	statement uint64
	records   int
	numbers   [studiedNumbers]studiedNumber
	fields    [studiedFields]int16 // indices in keys, -1 = none
	before    [studiedBefore]studiedRecord
}

// studiedNumber is what is known of one of its numbers.
type studiedNumber struct {
	key int16    // index in keys, -1 = none
	all distance // between any two
	of  [studiedFields]distance
}

// studiedRecord is a record of it.
type studiedRecord struct {
	numbers [studiedNumbers]octaves
	values  [studiedFields]uint32
}

// distance is how far from each other numbers are, in octaves.
type distance struct{ n, sum float32 }

func (d *distance) add(a, b octaves) {
	d.n++
	d.sum += float32(math.Abs(float64(a.float() - b.float())))
}

func (d distance) mean() float32 { return d.sum / d.n }

// learnDimensions takes in a record of a sample, whose fields are known.
func (m *Model) learnDimensions(o *Observation) {
	fs := &m.fields
	if o.known == nil {
		return
	}
	if fs.dimensions == nil {
		fs.dimensions = new(dimensions)
	}
	d, i := fs.dimensions, o.Pattern()%studied
	s := d.studies[i]
	if s == nil || s.statement != o.Pattern() {
		// The one that comes more often has the place. Where there is none, most numbers are known
		// by their dimensions, or to have none.
		d.passed[i]++
		if s != nil && int(d.passed[i]) <= s.records || s == nil && d.passed[i]%studyTries != 0 {
			return
		}
		next := fs.begin(o)
		if next == nil {
			return
		}
		s, d.studies[i], d.passed[i] = next, next, 0
	}
	var r studiedRecord
	for at := range o.fields.n {
		is := &o.fields.list[at]
		if is.key < 0 {
			continue
		}
		if i := slices.Index(s.fields[:], is.key); i >= 0 && r.values[i] == 0 {
			r.values[i] = is.value | 1
		}
		if is.sort == sortNumber && is.number != noNumber {
			for i := range s.numbers {
				if s.numbers[i].key == is.key {
					r.numbers[i] = is.number
				}
			}
		}
	}
	s.compare(&r)
	s.before[s.records%studiedBefore] = r
	if s.records++; s.records == studyRecords {
		fs.decide(s)
		d.studies[i], d.passed[i] = nil, 0
	}
}

// begin begins a study of the event's statement, nil if it has no numbers whose dimension is to be
// looked for.
func (fs *fields) begin(o *Observation) *study {
	var numbers [studiedNumbers]int16
	var fields [studiedFields]int16
	n, nfields := 0, 0
	for at := range o.fields.n {
		is := &o.fields.list[at]
		if is.key < 0 || is.part == ending || is.part == origin {
			continue
		}
		p := &fs.keys.all[is.key].place
		switch {
		case is.sort == sortNumber && p.quantity(is.number, is.unit):
			r := fs.ranges.find(o.rangeKey(is))
			if r != nil && r.n >= settledAfter && r.n >= studyAgain*r.studied && n < len(numbers) {
				numbers[n] = is.key
				n++
			}
		case p.settled.category && is.unit == pattern.UnitNone && (is.part == whole || !o.placeOf(int(is.of)).settled.category):
			if !slices.Contains(fields[:nfields], is.key) { // elements of a list have one name
				nfields = keepFirst(fields[:], nfields, is.key, fs.hasMore)
			}
		}
	}
	if n == 0 || nfields == 0 {
		return nil
	}
	s := &study{statement: o.Pattern()}
	for i := range s.numbers {
		if s.numbers[i].key = -1; i < n {
			s.numbers[i].key = numbers[i]
		}
	}
	for i := range s.fields {
		if s.fields[i] = -1; i < nfields {
			s.fields[i] = fields[i]
		}
	}
	return s
}

// hasMore reports whether a field has more values than another one; of equals, their names decide.
func (fs *fields) hasMore(a, b int16) bool {
	ka, kb := &fs.keys.all[a], &fs.keys.all[b]
	return ka.place.distinct > kb.place.distinct || ka.place.distinct == kb.place.distinct && ka.hash < kb.hash
}

// compare compares a record with those before it.
func (s *study) compare(r *studiedRecord) {
	for b := range s.before[:min(s.records, studiedBefore)] {
		before := &s.before[b]
		var same [studiedFields]bool
		for f := range same {
			same[f] = r.values[f] != 0 && r.values[f] == before.values[f]
		}
		for i := range s.numbers {
			n := &s.numbers[i]
			x, y := r.numbers[i], before.numbers[i]
			if n.key < 0 || x == 0 || y == 0 {
				continue
			}
			n.all.add(x, y)
			for f, is := range same {
				if is {
					n.of[f].add(x, y)
				}
			}
		}
	}
}

// decide finds the dimensions of the statement's numbers.
func (fs *fields) decide(s *study) {
	for i := range s.numbers {
		n := &s.numbers[i]
		if n.key < 0 {
			continue
		}
		r := fs.ranges.find(rangeKey(s.statement, fs.keys.all[n.key].hash))
		if r == nil {
			continue
		}
		r.studied = r.n
		if n.all.sum <= narrowest*n.all.n { // they are all alike
			continue
		}
		least, found := dimensionShare*n.all.mean(), -1
		for f, key := range s.fields {
			d := n.of[f]
			if key < 0 || d.n < studyPairs {
				continue
			}
			mean := d.mean()
			if uint32(fs.keys.all[key].hash) == r.dimension {
				mean *= dimensionKept
			}
			if mean < least {
				least, found = mean, f
			}
		}
		if found >= 0 {
			r.dimension = uint32(fs.keys.all[s.fields[found]].hash)
		}
	}
}

// alongside returns where in the list of the event's fields the dimension of a number of the
// range, which stands at another place, is, or the field of which it is a part, and what those
// numbers are known by that come with what stands there; -1 = nowhere.
func (o *Observation) alongside(at int, r *numberRange) (by int, key uint32) {
	if r.dimension == 0 {
		return -1, 0
	}
	all := &o.fields
	if by = int(all.beside[at]); !all.isDimension(by, r) {
		for by = 0; by < all.n && !all.isDimension(by, r); by++ {
		}
		if by == all.n {
			return -1, 0
		}
		all.beside[at] = uint8(by)
	}
	s := &all.list[by]
	if uint32(s.hash) == r.dimension {
		return by, alongKey(r, s.both)
	}
	head, _ := pathParts(o.Fields[by].Value)
	return by, alongKey(r, partHash(s.hash^partSeeds[first], head))
}

// isDimension reports whether what stands at a place in the list is the dimension of a number,
// or the path of which that is the first part: where it is known well, its parts are not in the
// list (see Model.routine).
func (all *fieldsSeen) isDimension(at int, r *numberRange) bool {
	s := &all.list[at]
	return at < all.n && (uint32(s.hash) == r.dimension || s.aside == path && uint32(s.hash^partSeeds[first]) == r.dimension)
}

// partOf returns where the dimension of a number itself stands, of which alongside found the path;
// where there was no room for its parts, that.
func (all *fieldsSeen) partOf(by int, r *numberRange) int {
	for at := by; at < all.n; at++ {
		if uint32(all.list[at].hash) == r.dimension {
			return at
		}
	}
	return by
}

// alongKey is what the numbers of a range are known by that come with a value of a field.
func alongKey(r *numberRange, both uint64) uint32 { return uint32(mix64(uint64(r.key), both)) }

// learnAlong takes in a number of the range by its dimension, too, which stands for several.
func (m *Model) learnAlong(o *Observation, at int, r *numberRange, x octaves, times float32) {
	by, key := o.alongside(at, r)
	if by < 0 {
		return
	}
	own := m.fields.ranges.claim(key)
	own.take(o, x, o.field(at).Number, o.fields.list[at].unit, times, own.seen)
	if times == 1 {
		own.seen++
	}
}

// dropDimension has no number known by a field any more.
func (t *ranges) dropDimension(name uint64) {
	for i := range t.slots {
		if t.slots[i].dimension == uint32(name) {
			t.slots[i].dimension, t.slots[i].studied = 0, 0
		}
	}
}
