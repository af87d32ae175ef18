package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// How many points a bit of a feature's own rarity in this log allows it (see tails):
// with 1.4, what comes once in 1,000 records has 14 points, and is flagged. Measured;
// values and keys are told apart by what they are, and need it least.
const (
	valueTail = 3.5
	keyTail   = 3.5
	textTail  = 1.5
	pairTail  = 1.8
	rushTail  = 1.4
)

const (
	// rareKey is up to how many records a field's name is news.
	rareKey = 8

	// keyTold is after how many records with a field its name is half the news.
	keyTold = 4
)

// judgeFields judges the event's fields. It changes nothing that is judged by.
func (m *Model) judgeFields(o *Observation) {
	s, fs := &o.fields, &m.fields
	s.nlows, s.nrest, s.noffs, s.nalongs, s.flows = 0, 0, 0, 0, 0
	s.rawValue, s.rawKey, s.rawText, s.rawPair, s.rawRush, s.rushBits, s.rawNumber, s.rawShift, s.rawSurge = 0, 0, 0, 0, 0, 0, 0, 0, 0
	s.rushed, s.runAlike, s.set, s.young, s.shape, s.compared, s.shapes, s.met = false, false, false, 0, 0, 0, 0, 0
	s.odd, s.newKey, s.rareKey, s.words, s.lost, s.strange, s.far, s.shifted, s.surged, s.relapsed, s.outdated, s.away, s.setting = -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
	if s.n = len(o.Fields); s.n == 0 {
		return
	}
	// That a record has a message and a level is known as that it has a field.
	if o.Size > 0 {
		s.list[s.n] = seenMessage
		s.n++
		s.form = nextName(s.form, seenMessage.hash)
	}
	if o.Level != pattern.LevelNone {
		s.list[s.n] = seenLevel
		s.n++
		s.form = nextName(s.form, seenLevel.hash)
	}
	alone := !sampled(m.records) && !sampled(m.records+1) // nothing of it is learned by samples
	if s.routine = alone && m.routine(o); s.routine {
		return
	}
	m.sift(o)
	for _, at := range s.rest[:s.nrest] {
		m.judgePart(o, int(at))
	}
	if fs.records < youngRecords {
		return
	}
	set := fs.keys.named(s.names)
	if set == nil {
		mask := s.mask()
		if set = fs.keys.set(&mask); set != nil {
			set.names = s.names
		}
	}
	m.judgeKeys(o, set)
	m.judgeSurges(o)
	m.judgeValueFlows(o)
	m.judgePairs(o)
	m.weighFields(o)
	m.identifyFields(o, s.ids)
	if alone && s.nrest == 0 && set != nil && set.n >= settledAfter && o.settledKeys(set) && s.nlows < maxLows && (s.nlows < 2 || s.shapes >= knownKeySet) {
		m.remember(o)
	}
}

// judgeKeys judges which fields the event has, a set that may be known: whether one is new or
// seldom there, or is missing.
func (m *Model) judgeKeys(o *Observation, set *keySet) {
	fs, s := &m.fields, &o.fields
	if s.newKey >= 0 {
		s.rawKey = keyWeight * s.close[s.newKey].bits
	}
	if points := keyWeight * s.rareBits; s.rareKey >= 0 && points > s.rawKey {
		s.rawKey, s.newKey = points, -1
	}
	missing := func(at int, bits float32) {
		if points := keyWeight * bits; at >= 0 && points > s.rawKey {
			s.rawKey, s.lost, s.newKey, s.rareKey = points, at, -1, -1
		}
	}
	told := float32(Strange / 2) // a new kind of record has other fields: one that is new says it
	if o.known != nil && o.known.seen >= newKind {
		told = Strange
	}
	known := set != nil && set.n >= knownKeySet
	usual := o.known == nil || set != nil && o.known.keys.sum == set.sum
	if s.rawKey >= told || known && usual {
		return
	}
	mask := s.mask()
	if !usual {
		missing(fs.keys.lacking(&o.known.keys, &mask, float32(o.own())))
	}
	if known || s.rawKey >= told {
		return
	}
	at, bits := fs.keys.missing(&mask)
	if o.Size == 0 { // of a record that is cut short there may be too little left to compare
		if a, b := fs.messageless(); b > bits {
			at, bits = a, b
		}
	}
	if set != nil {
		bits -= toldBits * log2(float64(1+set.n-float32(o.own())))
	}
	missing(at, bits)
}

// messageless returns the key that stands for the message, and how surprising it is that a
// record has none.
func (fs *fields) messageless() (key int, bits float32) {
	key = fs.keys.find(seenMessage.hash)
	if key < 0 || fs.keys.all[key].n < alwaysThere {
		return -1, 0
	}
	return key, -log2(float64((max(0, fs.records-fs.keys.all[key].n) + 0.5) / (fs.records + 1)))
}

// settledKeys reports whether it will stay no news that the event's statement has these
// fields.
func (o *Observation) settledKeys(set *keySet) bool {
	if o.known == nil {
		return false
	}
	u := &o.known.keys
	return u.sum == set.sum && u.votes >= knownValue || u.others >= knownValue
}

// weighFields turns what was found into features.
func (m *Model) weighFields(o *Observation) {
	fs, s, r := &m.fields, &o.fields, &o.Row
	if s.rawValue == 0 && s.rawKey == 0 && s.rawText == 0 && s.rawPair == 0 && s.rawNumber == 0 && s.rawShift == 0 && s.rawRush == 0 && s.rawSurge == 0 && s.relapsed < 0 {
		return
	}
	points := [...]struct {
		feature Feature
		points  float32
	}{
		{featValue, fs.tails.least(tailOfValue, s.rawValue, valueTail)},
		{featKey, fs.tails.least(tailOfKey, s.rawKey, keyTail)},
		{featText, fs.tails.least(tailOfText, s.rawText, textTail)},
		{featPair, fs.tails.least(tailOfPair, s.rawPair, pairTail)},
		{featNumber, max(s.rawNumber, s.rawShift)},
	}
	// What a kind of record that is new itself brings with it is told by its kind.
	if st := o.known; st == nil || st.seen < newKind {
		for i := range points {
			if f := points[i].feature; f == featText || f == featPair || f == featValue && o.Size > 0 || f == featKey && s.lost < 0 && !o.failureKey() && !o.outgrown() {
				points[i].points *= explained
			}
		}
	}
	// So is what comes with a value that is young itself: the instances of a new release,
	// what a new client asks for. What it does for the first time in this log is not.
	if s.odd >= 0 && !s.oddSort && !s.older && s.young&^(1<<s.odd) != 0 && !o.placeOf(s.odd).codeWorse(o.field(s.odd)) && !o.saysKind(s.odd) {
		points[0].points *= explained
	}
	if s.young != 0 && s.lost < 0 && !o.failureKey() {
		points[1].points *= explained
	}
	strongest := 0
	for i := range points {
		if points[i].points > points[strongest].points {
			strongest = i
		}
	}
	for i := range points {
		p := &points[i]
		if i != strongest && !(s.odd == s.strange && ofValue(p.feature) && ofValue(points[strongest].feature)) {
			p.points *= explained
		}
		if p.points > p.feature.Points(r) {
			p.feature.set(r, p.points)
			if p.feature == featNumber {
				if o.shifted = s.rawShift > s.rawNumber; o.shifted {
					s.far = -1
				} else {
					s.shifted = -1
				}
			}
		} else if p.feature == featNumber {
			s.far, s.shifted = -1, -1
		}
	}
	if s.relapsed >= 0 && featValue.Points(r) < Strange {
		featValue.set(r, Strange)
	} else {
		s.relapsed = -1
	}
	if rush := fs.tails.least(tailOfRush, s.rawRush, rushTail); rush > featBurst.Points(r) {
		featBurst.set(r, rush)
		s.rushed, o.faster = true, faster{}
	}
	if s.rawSurge > featBurst.Points(r) {
		featBurst.set(r, s.rawSurge)
		o.faster = faster{}
	} else {
		s.surged = -1
	}
}

// saysKind reports whether the name of the field at a place in the list says what kind of
// record it is.
func (o *Observation) saysKind(at int) bool { return o.fields.list[o.fields.whole(at)].kind }

// ofValue reports whether a feature is about what stands in one field.
func ofValue(f Feature) bool { return f == featValue || f == featText }

// failureKey reports whether the new field is one that says what went wrong: an error
// in a record of a new kind is no part of its kind.
func (o *Observation) failureKey() bool {
	at := o.fields.newKey
	if at < 0 {
		return false
	}
	name := o.field(at).Name
	return named(name, wordNames) || named(name, failureNames)
}

// outgrown reports whether the record would be of a kind that is well known, but for a
// field that no record had: it is the field that makes the kind new, and explains nothing.
func (o *Observation) outgrown() bool {
	if o.Size > 0 || o.fields.newKey < 0 {
		return false
	}
	st := o.model.statements.find(o.older)
	return st != nil && st.seen >= newKind
}

// newKind is up to how many records a kind of record is new, and explains what comes
// with it.
const newKind = maturity

// explained is what share is left of an oddity that another one in the same record
// explains: one cause changes several fields, and is told once. Measured.
const explained = 0.4
