package model

import "math"

// low is a value of a category.
type low struct {
	id   uint32
	seen int // index in list; -1 for the statement

	// Filled for shapes that are not routine.
	count float32 // records with it
	of    float32 // records in which its field was compared with others
	fresh float32 // how far each of its records is a draw of its own, see beganAnew
}

// maxLows is how many categories of an event are compared with each other: 120 pairs,
// what an attacker can make a record cost.
const maxLows = 16

// addLow takes a value of a category in.
func (all *fieldsSeen) addLow(id uint32, at int) {
	if all.nlows == maxLows {
		all.addLowest(id, at)
		return
	}
	l := &all.lows[all.nlows]
	l.id, l.seen = id, at
	all.nlows++
}

// addLowest is addLow where there are too many to be compared: those of the lowest names
// stay, in whatever order they come.
func (all *fieldsSeen) addLowest(id uint32, at int) {
	name := func(i int) uint64 { return all.list[all.lows[i].seen].hash }
	i := 0
	for j := range all.lows {
		if name(j) > name(i) {
			i = j
		}
	}
	if all.list[at].hash < name(i) {
		all.list[all.lows[i].seen].crowded = true
		all.lows[i].id, all.lows[i].seen = id, at
	} else {
		all.list[at].crowded = true
	}
}

const (
	// leastExpected is how often two values must have been expected together before
	// it is news that they come together for the first time: the chance that they did
	// not by accident is e^-3, one in twenty.
	leastExpected = 3

	// mostCrowded is how many records for each that a field was compared in it may have been a
	// category in and was not, as there were more of them than maxLows.
	mostCrowded = 0.1

	// leastCompared is how many records both fields must have been in, so that their
	// values' shares are known.
	leastCompared = 200

	// clumped is the power of the share of a value's records that are draws of their own
	// by which fewer pairs are expected: between 1, where all of a session are one draw,
	// and 0, where each is one. Sessions that go on at once take turns, and begin anew
	// oftener than there are sessions. Measured.
	clumped = 0.3

	// leastOther is the share of records that would have had another value before at the
	// least, so that a value that nearly always stands there is not divided by nothing.
	leastOther = 0.02

	// manyStrangers is from how many pairs on that never came together before and did then, of
	// values of the same two fields, another one is worth no more than as seldom as there was
	// one (Good-Turing): what a page's ending and the machine behind it have to do with each
	// other is known to have exceptions. Fewer may be what somebody is to see.
	manyStrangers = 3

	// pairWeight is how many points an octave of the expected number is worth, less what
	// chance may do among all pairs that could have been missed. Two values expected
	// together 8 times beyond that are flagged: the chance of it is e^-8, one in 3,000.
	// Measured.
	pairWeight = 4.4

	// networkWeight multiplies that where one of the two is the network of an address: machines move,
	// and have their first dealings with each other. Those that were expected some 80 times are flagged.
	networkWeight = 0.5
)

// judgePairs looks for two values, each routine, that never came together.
func (m *Model) judgePairs(o *Observation) {
	fs, s := &m.fields, &o.fields
	if st := o.known; st != nil && len(o.Text) > 0 && st.seen >= firmValue && s.nlows < maxLows {
		s.lows[s.nlows].id, s.lows[s.nlows].seen = uint32(mix64(st.hash, 5)), -1
		s.nlows++
	}
	shape, networks := uint32(0), uint32(0)
	for i := range s.nlows {
		if l := &s.lows[i]; s.ofNetwork(l) {
			networks += l.id * shapeMix
		} else {
			shape += l.id * shapeMix
		}
	}
	s.shape = shape ^ (uint32(o.Line.Hash) | 1)
	s.compared = s.shape + networks
	m.judgeRush(o)
	if s.nlows < 2 {
		return
	}
	if s.shapes = uint32(fs.shapes.find(s.compared).n); s.shapes >= knownKeySet {
		return
	}
	for i := range s.nlows {
		l := &s.lows[i]
		g := fs.pairs.find(l.id)
		l.count, l.of, l.fresh = float32(g.n), fs.records, 1
		if l.seen >= 0 {
			p := o.placeOf(l.seen)
			if l.of = p.compared; p.crowded > mostCrowded*p.compared {
				l.of = 0 // it may have met the others where it was not compared
			}
			l.fresh = beganAnew(float32(g.t), l.count, l.of)
		}
	}
	if !fs.strangers(s.lows[:s.nlows], o.own()) { // as in most records
		return
	}
	most, told, compared := float32(0), uint64(0), 0
	for i := range s.nlows {
		a := &s.lows[i]
		for j := i + 1; j < s.nlows; j++ {
			b := &s.lows[j]
			expected := expected(a, b)
			if expected < leastExpected {
				continue
			}
			// What stands there for a whole session is one draw, not one a record.
			// A pair is drawn no oftener than the one of the two that begins anew less.
			fresh := float32(math.Pow(float64(min(a.fresh, b.fresh)), clumped))
			if expected *= fresh; expected < leastExpected {
				continue
			}
			if a.seen >= 0 && b.seen >= 0 {
				// They can only meet in records that have both fields.
				if expected = min(expected, fresh*m.beside(o, a, b)); expected < leastExpected {
					continue
				}
			}
			compared++
			key := pairKey(a.id, b.id)
			// Of equals whole values are told, not parts of a path, then one of them in
			// whatever order they come.
			rank := uint64(s.parts(a)+s.parts(b))<<32 | uint64(key)
			if (expected > most || expected == most && rank < told) && fs.pairs.find(key).n <= o.own() {
				most, told = expected, rank
				s.together = [2]int{i, j}
			}
		}
	}
	if most > 0 { // the more pairs there are, the sooner one of them never met by chance (Bonferroni)
		s.rawPair = pairWeight * log2(float64(1+max(0, most-float32(math.Log(float64(compared))))))
		a, b := &s.lows[s.together[0]], &s.lows[s.together[1]]
		if s.ofNetwork(a) || s.ofNetwork(b) {
			s.rawPair *= networkWeight
		}
		if s.rawPair < Strange {
			return
		}
		s.met = pairKey(s.fieldOf(a), s.fieldOf(b))
		n := fs.pairs.find(s.met).n
		if n -= min(n, o.own()); n >= manyStrangers {
			s.rawPair = min(s.rawPair, -log2((float64(n)+0.5)/float64(min(a.of, b.of)+1)))
		}
	}
}

// besideKeys are what it is counted by in how many records each of two values stood beside the other's
// field, and the two fields beside each other.
func besideKeys(a, fieldOfA, b, fieldOfB uint32) [3]uint32 {
	key := func(id, field uint32) uint32 { return uint32(mix64(uint64(id), uint64(field)+1)) }
	return [3]uint32{key(a, fieldOfB), key(b, fieldOfA), key(min(fieldOfA, fieldOfB), max(fieldOfA, fieldOfB))}
}

// beside is in how many records two values would have come together, of those that have both of their
// fields: a service may be in most records of services, and of those that name a vehicle in few.
func (m *Model) beside(o *Observation, a, b *low) float32 {
	s := &o.fields
	var n [3]float32
	for i, key := range besideKeys(a.id, s.fieldOf(a), b.id, s.fieldOf(b)) {
		n[i] = float32(m.fields.pairs.find(key).n)
	}
	return (n[0] + 1) * (n[1] + 1) / (n[2] + 1)
}

// fieldOf is a hash of the field that a value stands in, of a part the part's.
func (all *fieldsSeen) fieldOf(l *low) uint32 {
	if l.seen < 0 {
		return 0 // the message
	}
	s := &all.list[l.seen]
	return uint32(mix64(s.hash, uint64(s.part)))
}

// beganAnew says how far each of the records with a value is a draw of its own, from 0 (it
// stands there for a whole session) to 1: in how many of them another value stood in the
// field before, beside in how many one would have if those before did not matter.
func beganAnew(anew, count, of float32) float32 {
	return min(1, (anew+0.5)/(count+0.5)/max(leastOther, 1-count/(of+1)))
}

// expected is in how many records two values would have come together if they had nothing
// to do with each other, and all records had both of their fields; 0 where too few had.
func expected(a, b *low) float32 {
	of := min(a.of, b.of)
	if of < leastCompared {
		return 0
	}
	return (a.count / (a.of + 1)) * (b.count / (b.of + 1)) * of
}

// strangers reports whether there are two values that never came together although they
// might have been expected to.
func (fs *fields) strangers(lows []low, own uint16) bool {
	for i := range lows {
		for j := i + 1; j < len(lows); j++ {
			a, b := &lows[i], &lows[j]
			if expected(a, b) >= leastExpected && fs.pairs.find(pairKey(a.id, b.id)).n <= own {
				return true
			}
		}
	}
	return false
}

// ofNetwork reports whether a value is the network of an address.
func (all *fieldsSeen) ofNetwork(l *low) bool { return l.seen >= 0 && all.list[l.seen].part == origin }

// parts is 1 for a value that is a part of another, 0 for a whole one.
func (all *fieldsSeen) parts(l *low) int {
	if l.seen >= 0 && all.list[l.seen].part != whole {
		return 1
	}
	return 0
}

func pairKey(a, b uint32) uint32 { return (min(a, b)*0x85ebca6b ^ max(a, b)) * 0xc2b2ae35 }

// learnPairs takes in which values of categories came together.
func (m *Model) learnPairs(o *Observation) {
	fs, s := &m.fields, &o.fields
	if s.nlows < 2 {
		return
	}
	times := pairTimes(s.shapes)
	if times == 0 {
		return
	}
	if s.met != 0 {
		fs.pairs.count(s.met, 1)
	}
	var fields [maxLows]uint32
	for i := range s.nlows {
		fields[i] = s.fieldOf(&s.lows[i])
	}
	for i := range s.nlows {
		fs.pairs.count(s.lows[i].id, times)
		for j := i + 1; j < s.nlows; j++ {
			a, b := &s.lows[i], &s.lows[j]
			fs.pairs.count(pairKey(a.id, b.id), times)
			if a.seen >= 0 && b.seen >= 0 {
				for _, key := range besideKeys(a.id, fields[i], b.id, fields[j]) {
					fs.pairs.count(key, times)
				}
			}
		}
	}
}

// learnAnew takes in which values of categories began anew, so many times.
func (m *Model) learnAnew(o *Observation, times float32) {
	fs, s := &m.fields, &o.fields
	if s.nlows < 2 {
		return
	}
	for i := range s.nlows {
		l := &s.lows[i]
		if l.seen < 0 { // a statement is a draw each time
			continue
		}
		if is := &s.list[l.seen]; is.value != fs.keys.all[is.key].place.last {
			if g := fs.pairs.find(l.id); g.key != 0 {
				g.t = saturate(uint32(g.t) + uint32(times))
			}
		}
	}
}

// pairTimes is how many times the pairs of a shape that came n times are counted: each time,
// and later not one by one. At 8, 12, 16, 24, 32, … those since then are.
func pairTimes(n uint32) uint32 {
	switch {
	case n < knownKeySet:
		return 1
	case n&(n-1) == 0:
		return n / 4
	case n%3 == 0 && n/3&(n/3-1) == 0:
		return n / 3
	}
	return 0
}
