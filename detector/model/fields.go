package model

import (
	"bytes"
	"math"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// fields is what is known of the fields of a log's records: which there are, what
// stands in each, which go together.
type fields struct {
	keys    keys
	values  grams // how often each value stood in its field
	shapes  grams // how often the values of all categories came together as they do
	pairs   grams // how often two of them did
	ranges  ranges
	objects objects
	records float32 // that had fields, aged

	tails tails

	routines *routines  // nil = there are none yet
	codes    *codesSeen // nil = none are known yet

	recent [recentShapes]uint32 // shapes of the last records
	next   uint8                // in recent

	rushPeak float32 // bits of the largest rush so far, fading
}

// Where a constant here is said to be measured, it is the one of some that were tried
// with which most labelled records were found in twelve structured logs of different
// systems (access logs, audit logs, JSON and logfmt of services) at no more false
// alarms. What hangs on it is little, or it is said.

// What a rush is: one kind of record that makes up many of the last ones and hardly any
// of those before.
const (
	recentShapes = 64   // records over which it is looked for
	leastRush    = 21   // records of them that must be of the kind, a third
	restless     = 1000 // records that a log must have shown: sessions and page loads are rushes too
	leastUsual   = 0.1  // records of the kind that are expected among recentShapes at the least, as nothing is impossible
	rushWeight   = 3    // points for each doubling of a rush's surprise, which is counted in
	rushUnit     = 4    // bits; measured

	// usualRush is what share of the largest rush so far is no news; measured.
	usualRush = 0.8

	// rushFading makes that fade by half in 20,000 records, which are 28,854 x ln 2.
	rushFading = 1 - 1.0/28854
)

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

// What the tables of values, of pairs and of all values together are bounded to, in
// entries: 512 fields of 128 values each, half as many pairs.
const (
	valueLimit = 1 << 16
	pairLimit  = 1 << 15
	shapeLimit = 1 << 13
)

func newFields() fields {
	return fields{values: newGrams(valueLimit), shapes: newGrams(shapeLimit), pairs: newGrams(pairLimit)}
}

// seenField is a field of the event at hand, or a part of one.
type seenField struct {
	Name
	both   uint64  // hash of name and value
	value  uint32  // hash
	number octaves // noNumber for what is none, and for 0
	part   part
	aside  uint8
	text   uint8 // see usualText
	sort   uint8
	unit   pattern.Unit
	of     int16 // of a part: the index of the field

	key     int16 // index in keys; -1 for a new one
	routine bool  // see Model.sift
	open    bool  // each record may have another value there
}

// seenClose is what is found out of a field that is not routine.
type seenClose struct {
	place  uint32  // of the value's id in fields.values
	count  uint32  // how often the value stood here before
	ranged int32   // index of the number's range in fields.ranges; -1 = it was not looked for, or is not there
	bits   float32 // of a new text, by its characters; of a new name, by how often there is one
	marks  marks
}

// id is what a value is known by in its field.
func (s *seenField) id() uint32 { return uint32(s.both) }

// part says what of a field's value is looked at.
type part uint8

const (
	whole  part = iota
	first       // of a path: its first part
	ending      // of a path: what stands behind the last dot, jpg
)

// What sets a few fields aside.
const (
	null = 1 + iota // it is as if they were not there
	path            // they have parts
)

// partSeeds turn the hash of a field's name into that of a part's.
var partSeeds = [...]uint64{first: 0x5555, ending: 0xaaaa}

// maxSeen is how many fields, with the message and the level, and parts of fields of an
// event are looked at.
const maxSeen = MaxFields + 16

// fieldsSeen is what judgeFields found out of the event at hand.
type fieldsSeen struct {
	list      [maxSeen]seenField // of Observation.Fields, in their order, then of what else is looked at
	n         int
	form      uint64          // hash of their names, in their order
	sum       uint64          // of the hashes of the fields with their values
	alike     uint64          // of those that not each record has another value of, and of the statement
	routine   bool            // nothing more was looked at, see Model.routine
	text      [maxSeen][]byte // of parts
	rest      [maxSeen]uint8  // indices in list of what is not routine
	nrest     int
	close     [maxSeen]seenClose // of the rest
	names     uint64             // the sum of the hashes of its keys
	had       uint64             // of the objects that are there
	grown     uint64             // and of those that get a new name
	young     uint64             // indices in list of values that came into a category lately
	lows      [maxLows]low
	nlows     int
	shape     uint32
	rushed    bool   // a rush is what is strange
	similar   uint16 // records in a row before it that were alike
	runAlike  bool   // their run is what is strange
	shapes    uint32 // how often the shape came before
	rawValue  float32
	rawKey    float32
	rawText   float32
	rawPair   float32
	rawRush   float32
	rushBits  float32
	rushCount float32 // of the last records, those of the event's kind, and
	rushUsual float32 // how many are usual
	rawNumber float32

	// What is strangest, for the explanation.
	odd      int // index in list, by its value
	oddSort  bool
	newKey   int // index in list
	rareKey  int // index in list, the rarest of those seen few times
	words    int // index in list, the rarest of those judged with the message
	wordsIn  float32
	lost     int // index in keys
	strange  int // index in list, by its text
	far      int // index in list, by its number
	farUsual span
	together [2]int // indices in lows
}

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

// shapeMix spreads the values of a record's categories over the hash of their sum.
const shapeMix = 0x9e3779b1

const (
	nameSeed = 0x1d8e4e27c47d124f // of the hashes of names, any number

	// youngRecords is up to how many records with fields nothing is said of them:
	// nothing is usual yet.
	youngRecords = 30

	// commonValue is how often a value must have come to be no news anywhere.
	commonValue = 1 << (rarityBuckets - 1)

	// firmValue is how often a value must have come for it to be known well, as often
	// as a message until it is no longer young.
	firmValue = 8
)

// newcomer is for how many records a value of a category is a newcomer, as long as it
// came less than firmValue times: as far as rarity looks back.
const newcomer = rarityHorizon

const (
	// rareKey is up to how many records a field's name is news.
	rareKey = 8

	// keyTold is after how many records with a field its name is half the news.
	keyTold = 4
)

// statementOfFields says which statement a record without a message belongs to: the
// kind that its own fields give. All that give none belong to one.
func (o *Observation) statementOfFields() uint64 {
	var kind, older uint64
	o.failed = false
	for i := range o.Fields {
		is := &o.fields.list[i]
		if !is.kind || is.aside == null || !o.tellsKind(i) {
			continue
		}
		f, both := &o.Fields[i], is.both
		o.failed = o.failed || codeWorse(f)
		if f.plain() && f.Number >= 100 && f.Number < 600 {
			both = mix64(is.hash, uint64(f.Number)/100) // 2xx
		}
		kind += both
		if is.key >= 0 && o.model.fields.keys.all[is.key].n > float32(o.own()) {
			older += both
		}
	}
	of := func(kind uint64) uint64 {
		if kind == 0 {
			return mix64(nameSeed, 3)
		}
		return mix64(kind, 2)
	}
	o.older = of(older)
	return of(kind)
}

// kindNames are names of fields that say what kind of record it is, in lower case;
// of a nested one the last part counts. It is a first guess only: of a record that has
// none, the names of all its fields say it.
var kindNames = map[string]bool{
	"event": true, "eventname": true, "event_name": true, "event_type": true, "eventtype": true, "eventid": true, "event_id": true,
	"type": true, "kind": true, "verb": true, "method": true, "action": true, "operation": true, "op": true, "_path": true,
	"msgid": true, "channel": true, "code": true, "status": true, "status_code": true, "response_code": true, "proto": true,
}

// tellsKind reports whether the i-th field says what kind of record it is: its name
// says so, and what stood there so far does not say that it is an identifier.
func (o *Observation) tellsKind(i int) bool {
	is, keys := &o.fields.list[i], &o.model.fields.keys
	if !is.kind || len(o.Fields[i].Value) > 64 {
		return false
	}
	is.key = int16(keys.find(is.hash))
	return is.key < 0 || !keys.all[is.key].place.identifier()
}

// wordNames are names of fields whose text goes on where the message ends: what went
// wrong, in words, in lower case.
var wordNames = map[string]bool{
	"err": true, "error": true, "exception": true, "cause": true, "reason": true, "errormessage": true, "error_message": true,
	"errmsg": true, "detail": true, "details": true, "description": true, "warning": true, "panic": true, "failure": true,
}

// failureNames are names of other fields that come when something went wrong.
var failureNames = map[string]bool{
	"stack": true, "stacktrace": true, "stack_trace": true, "traceback": true, "backtrace": true, "failure_reason": true,
	"error_code": true, "errorcode": true, "errno": true, "fault": true, "crash": true,
}

// named reports whether the last part of a field's name is among names.
func named(name []byte, names map[string]bool) bool {
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > 16 || len(name) < 2 {
		return false
	}
	var b [16]byte
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b[i] = c
	}
	return names[string(b[:len(name)])]
}

// messageField and levelField stand for the message and the level among the fields.
var (
	messageField = Field{Name: []byte("message"), Kind: Bool}
	levelField   = Field{Name: []byte("level"), Kind: Bool}

	seenMessage = seenOf(messageField)
	seenLevel   = seenOf(levelField)
)

// field is the field that stands at a place in the list, or of which a part does.
func (o *Observation) field(at int) *Field {
	s := &o.fields.list[at]
	switch {
	case s.part != whole:
		return &o.Fields[s.of]
	case at < len(o.Fields):
		return &o.Fields[at]
	case s.hash == seenLevel.hash:
		return &levelField
	}
	return &messageField
}

// judgeFields judges the event's fields. It changes nothing that is judged by.
func (m *Model) judgeFields(o *Observation) {
	s, fs := &o.fields, &m.fields
	s.nlows, s.nrest = 0, 0
	s.rawValue, s.rawKey, s.rawText, s.rawPair, s.rawRush, s.rushBits, s.rawNumber = 0, 0, 0, 0, 0, 0, 0
	s.rushed, s.runAlike, s.young = false, false, 0
	s.odd, s.newKey, s.rareKey, s.words, s.lost, s.strange, s.far = -1, -1, -1, -1, -1, -1, -1
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
	if s.newKey >= 0 {
		s.rawKey = keyWeight * s.close[s.newKey].bits
	} else if s.rareKey >= 0 {
		k := &fs.keys.all[s.list[s.rareKey].key]
		s.rawKey = keyWeight * fs.objects.least(log2(float64((fs.records+1)/(k.n+0.5))), int(k.object)-1) / (1 + k.n/keyTold)
	} else if set == nil || set.n < knownKeySet {
		mask := s.mask()
		lost, bits := fs.keys.missing(&mask)
		if o.Size == 0 { // of a record that is cut short there may be too little left to compare
			if at, b := fs.messageless(); b > bits {
				lost, bits = at, b
			}
		}
		if lost >= 0 {
			if set != nil {
				bits -= toldBits * log2(float64(1+set.n-float32(o.own())))
			}
			if points := keyWeight * bits; points > s.rawKey {
				s.rawKey, s.lost = points, lost
			}
		}
	}
	m.judgePairs(o)
	m.weighFields(o)
	if alone && s.nrest == 0 && set != nil && set.n >= settledAfter && s.nlows < maxLows && (s.nlows < 2 || s.shapes >= knownKeySet) {
		fs.remember(o)
	}
}

// mask returns the keys that are there.
func (all *fieldsSeen) mask() (m keyMask) {
	for i := range all.n {
		if s := &all.list[i]; s.part == whole && s.key >= 0 {
			m.add(int(s.key))
		}
	}
	return m
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

// weighFields turns what was found into features.
func (m *Model) weighFields(o *Observation) {
	fs, s, r := &m.fields, &o.fields, &o.Row
	if s.rawValue == 0 && s.rawKey == 0 && s.rawText == 0 && s.rawPair == 0 && s.rawNumber == 0 && s.rawRush == 0 {
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
		{featNumber, s.rawNumber},
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
	if s.odd >= 0 && !s.oddSort && s.young&^(1<<s.odd) != 0 && !codeWorse(o.field(s.odd)) && !o.saysKind(s.odd) {
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
		} else if p.feature == featNumber {
			s.far = -1
		}
	}
	if rush := fs.tails.least(tailOfRush, s.rawRush, rushTail); rush > featBurst.Points(r) {
		featBurst.set(r, rush)
		s.rushed = true
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

const (
	// toldBits is how many bits of surprise each doubling of the times that a value
	// was seen takes: what was told once is less news the second time. Measured.
	toldBits = 1.5

	// plainValue is up to how many bits of surprise a value says nothing: what one
	// value in eight is, is no news.
	plainValue = 3

	// keyWeight is how many points a bit of a key's surprise is worth: one that is
	// the first in 900 records is flagged.
	keyWeight = 1.45

	// valueWeight is the same for a value's: one that is the first in 300 is flagged.
	valueWeight = 1.7

	// openWeight multiplies that for a value, made like the others, of a place that had more
	// than categoryValues: there are always new ones, pods of the next release, people of
	// the next year. However long there was none, one is not told by itself: of the most
	// bits that placeHorizon allows, 13.5, it leaves less than Strange with the forest's.
	openWeight = 0.4

	// partWeight multiplies that for a part of a path and for the address of a page: new
	// pages come all the time. Measured.
	partWeight = 0.8

	// worseWeight multiplies that for a code that says that something failed, as a
	// worse level does: 2.6 points a bit instead of 1.6, see Model.levelPoints.
	worseWeight = 1.6

	// betterWeight multiplies it for an HTTP status that says that a request went as it
	// may: the first redirect is as much less news as the first failure is more.
	betterWeight = 1 / worseWeight

	// maxEnding is the longest ending of a path, in bytes with its dot: .woff2.
	maxEnding = 6
)

// addParts adds the parts of a path, which stands at a place in the list, to that.
func (all *fieldsSeen) addParts(at int, path []byte) {
	path = path[:min(len(path), maxValue)]
	if q := bytes.IndexByte(path, '?'); q >= 0 {
		path = path[:q]
	}
	head := path[1:]
	if n := bytes.IndexByte(head, '/'); n >= 0 {
		head = head[:n]
	}
	all.addPart(at, first, head)
	last := path[bytes.LastIndexByte(path, '/')+1:]
	end := []byte(nil)
	if n := bytes.LastIndexByte(last, '.'); n >= 0 && len(last)-n <= maxEnding {
		end = last[n+1:]
	}
	all.addPart(at, ending, end)
}

func (all *fieldsSeen) addPart(of int, p part, text []byte) {
	if all.n == maxSeen {
		return
	}
	all.text[all.n] = text
	s := &all.list[all.n]
	all.n++
	*s = seenField{of: int16(of), part: p, sort: sortText, number: noNumber}
	s.hash = all.list[of].hash ^ partSeeds[p]
	s.both = mix64(s.hash, hashBytes(nameSeed, text))
	s.value = uint32(s.both)
}

// stranger reports whether what stands at one place in the list is stranger than at
// another, by their points; of equals, their names decide, so that the order in which
// a record's fields come does not matter.
func (all *fieldsSeen) stranger(points float32, at int, than float32, other int) bool {
	return points > than || points == than && other >= 0 && all.list[at].hash < all.list[other].hash
}

// tellWords has a field of words told that n records had, if it is the rarest so far.
func (all *fieldsSeen) tellWords(at int, n float32) {
	if all.words < 0 || all.stranger(-n, at, -all.wordsIn, all.words) {
		all.words, all.wordsIn = at, n
	}
}

// judgePart judges what stands at a place in the list.
func (m *Model) judgePart(o *Observation, at int) {
	fs, all := &m.fields, &o.fields
	s, c := &all.list[at], &all.close[at]
	f, p := o.field(at), s.part
	*c = seenClose{ranged: -1}
	if s.key >= 0 && o.Learned && fs.keys.all[s.key].n <= 1 {
		s.key = -1
	}
	k := int(s.key)
	if k < 0 {
		if p == whole && fs.values.find(uint32(s.hash)).n <= o.own() { // it may be one for which there was no room
			c.bits = log2(float64(fs.records + 1))
			if !s.words && !named(f.Name, failureNames) {
				c.bits = fs.objects.least(c.bits, fs.objects.find(objectOf(f.Name)))
			}
			if all.newKey < 0 || all.stranger(c.bits, at, all.close[all.newKey].bits, all.newKey) {
				all.newKey = at
			}
			if o.Size > 0 && s.words && f.Kind == Text {
				all.tellWords(at, 0)
			}
		}
		return
	}
	key := &fs.keys.all[k]
	if o.Size > 0 && p == whole && s.words && f.Kind == Text { // it is judged with the message
		if n := key.n - float32(o.own()); n < rareKey {
			all.tellWords(at, n)
		}
		return
	}
	pl := &key.place
	if p == whole && key.n < rareKey && (all.rareKey < 0 || all.stranger(-key.n, at, -fs.keys.all[all.list[all.rareKey].key].n, all.rareKey)) {
		all.rareKey = at
	}
	c.place = fs.values.place(s.id())
	c.count = uint32(fs.values.slots[c.place].n)
	if c.count > 0 {
		c.count -= uint32(o.own())
	}
	if pl.n < youngRecords || s.run && numbered(f) {
		return
	}
	unlike := float32(0)
	if s.sort == sortText && p == whole && f.Kind == Text && c.count == 0 {
		c.marks = marksOf(f.Value)
		c.bits = pl.texts.surprise(c.marks)
		unlike = pl.texts.points(c.bits, octavesOf(float64(len(f.Value)+1)))
		if all.stranger(unlike, at, all.rawText, all.strange) {
			all.rawText, all.strange = unlike, at
		}
	}
	bits, sorted := float32(0), false
	if c.count < commonValue && !pl.quantity(s.number, f.Unit) {
		rare, _ := pl.seldom.surprise(c.count)
		bits = rare - toldBits*log2(float64(1+c.count))
	}
	if p == whole {
		if b := pl.sortBits(int(s.sort), float32(o.own())); b > bits {
			bits, sorted = b, true
		}
	}
	if bits > plainValue {
		points := valueWeight * bits
		if p != whole || !sorted && f.isAddress() {
			points *= partWeight
		}
		if p == whole && (codeWorse(f) || saysFailure(f) || pl.endedBadly(f)) {
			points *= worseWeight
		} else if !sorted && pl.distinct > categoryValues && unlike < Strange/2 {
			points *= openWeight
		} else if p == whole && codeBetter(f) && pl.statuses() {
			points *= betterWeight
		}
		if all.stranger(points, at, all.rawValue, all.odd) {
			all.rawValue, all.odd, all.oddSort = points, at, sorted
		}
	}
	if f.Kind == Number && s.number != noNumber && pl.kinds[sortNumber] >= pl.kinds[sortText] {
		m.judgeNumber(o, at, pl)
	}
	if pl.category() && f.Unit == pattern.UnitNone {
		if c.count >= firmValue {
			all.addLow(s.id(), at)
		} else if c.count > 0 && p == whole && !codeWorse(f) && float64(m.records)-octaves(fs.values.slots[c.place].t).exp() < newcomer {
			all.young |= 1 << at
		}
	}
}

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
		all.lows[i].id, all.lows[i].seen = id, at
	}
}

// isAddress reports whether a field's value is the address of a page, as a referer is.
func (f *Field) isAddress() bool {
	return f.Kind == Text && (bytes.HasPrefix(f.Value, httpScheme) || bytes.HasPrefix(f.Value, httpsScheme))
}

var httpScheme, httpsScheme = []byte("http://"), []byte("https://")

// codeWorse reports whether a field's value is a code of a failure.
func codeWorse(f *Field) bool {
	return f.plain() && f.Number >= 500 && f.Number < 600 && f.Number == math.Trunc(f.Number)
}

// codeBetter reports whether a field's value is an HTTP status of a request that went as
// it may, if it is one.
func codeBetter(f *Field) bool {
	return f.plain() && f.Number >= 100 && f.Number < 400 && named(f.Name, outcomeNames)
}

// statuses reports whether HTTP statuses stand in a place: an exit status of 137 or an
// errno of 110 is none.
func (p *place) statuses() bool {
	for i := range p.usual {
		if u := &p.usual[i]; u.hash == okHash && u.count >= 1 {
			return true
		}
	}
	return false
}

var okHash = uint32((&Field{Kind: Number, Number: 200}).hash())

// saysFailure reports whether a field's value is one word of failure: res=failed is
// among words what a 500 is among numbers.
func saysFailure(f *Field) bool {
	return f.Kind == Text && len(f.Value) <= maxOutcome && classify(f.Value) != 0
}

// maxOutcome is the longest word of failure, in bytes: unauthenticated.
const maxOutcome = 16

// quantity reports whether a number is one of those whose range is known in its place:
// how far out it is says all there is to say of it, and that 90 ms never came, where 12
// to 79 did, is no news. A number with a unit is a quantity, however few there are, and
// so are counts: numbers that lie side by side, as codes do not.
func (p *place) quantity(x octaves, unit pattern.Unit) bool {
	if x == noNumber || p.distinct <= maxCodes && unit == pattern.UnitNone && !p.counts() {
		return false
	}
	return p.numbers.n >= firmRange && p.kinds[sortText]*mixedShare <= p.n
}

// counts reports whether most of the numbers between the least and the largest of a place
// stood there.
func (p *place) counts() bool {
	usual := &p.numbers.told
	return p.distinct >= leastCounts && usual.hi.number()-usual.lo.number() < 2*float64(p.distinct)
}

// leastCounts is how many numbers that lie side by side are counts: fewer are the exit
// statuses 0, 1 and 2, too.
const leastCounts = maturity

// outcomeNames are names of fields whose number says how something ended, in lower
// case; of a nested one the last part counts.
var outcomeNames = map[string]bool{
	"exit": true, "exit_code": true, "exitcode": true, "exit_status": true, "exitstatus": true, "rc": true, "ret": true, "retval": true,
	"return_code": true, "returncode": true, "errno": true, "error_code": true, "errorcode": true, "code": true, "status": true,
	"status_code": true, "statuscode": true, "rcode": true, "result": true, "grpc_code": true, "grpc_status": true,
}

// faultNames are names of fields that say by 1 or true that something failed, and
// goodNames by 0 or false, in lower case.
var (
	faultNames = map[string]bool{
		"iserror": true, "is_error": true, "haserror": true, "has_error": true, "error": true, "errors": true, "failed": true, "failure": true,
		"failures": true, "timedout": true, "timed_out": true, "dropped": true, "denied": true, "rejected": true, "blocked": true, "crashed": true,
		"panicked": true, "aborted": true, "oom": true, "oomkilled": true,
	}
	goodNames = map[string]bool{
		"success": true, "successful": true, "succeeded": true, "ok": true, "passed": true, "healthy": true, "valid": true, "up": true,
		"alive": true, "allowed": true, "authorized": true, "authenticated": true, "granted": true, "verified": true,
	}
)

// endedBadly reports whether a value says, as its field's name has it, that something
// failed: exit_code 137 where 0 is the rule, isError 1, success false.
func (p *place) endedBadly(f *Field) bool {
	switch {
	case f.plain() && f.Number != 0:
		return (named(f.Name, outcomeNames) || named(f.Name, faultNames)) && p.successes()
	case f.Kind == Bool || f.plain():
		if bad := len(f.Value) > 0 && f.Value[0] == 't'; bad {
			return named(f.Name, faultNames)
		}
		return named(f.Name, goodNames)
	}
	return false
}

// successes reports whether few numbers stand in a place, and 0 as a rule: what ends
// so went well, and another number says that it did not.
func (p *place) successes() bool {
	if p.distinct > maxCodes || p.kinds[sortNumber]*2 < p.n {
		return false
	}
	for i := range p.usual {
		if u := &p.usual[i]; u.hash == zeroHash {
			return u.count*2 > p.n
		}
	}
	return false
}

var zeroHash = uint32((&Field{Kind: Number}).hash())

// zeroWeight is how many points a bit of surprise is worth for the first number that
// is not 0 in a field that always was: after 4,000 zeros it is flagged.
const zeroWeight = 1.2

const (
	nearNumber     = 1   // octaves outside a range that say nothing
	farWeight      = 5.5 // points for each doubling of what is beyond, in octaves; measured
	widthWeight    = 0.1 // octaves beyond that each octave of the range's own width takes; measured
	evidenceWeight = 0.5 // points for each doubling of the numbers that the range rests on; measured

	negativeOctaves = 8 // that a negative number counts as beyond where there never was one
	smallMost       = 3 // octaves that a number below counts as at most,
	smallShare      = 4 // and one in so many of them: it is seldom news that something is small, but where all lie within an octave
)

// firmRange is how many numbers a range in a field of a statement rests on before it
// is judged by instead of the range of the field in all records.
const firmRange = 20

// mixedShare: a field in which one value in so many is a text holds no quantity. Its
// numbers are identifiers without letters (7f774eeffb9e, 550012525620).
const mixedShare = 4

func (m *Model) judgeNumber(o *Observation, at int, p *place) {
	s, c := &o.fields.list[at], &o.fields.close[at]
	if p.kinds[sortText]*mixedShare > p.n {
		return
	}
	usual, told, n := p.numbers.span, p.numbers.told, p.numbers.n
	if c.ranged = int32(m.fields.ranges.index(o.rangeKey(s))); c.ranged >= 0 {
		if r := &m.fields.ranges.slots[c.ranged]; r.n >= firmRange {
			usual, told, n = r.span, r.told, r.n
		}
	}
	if n < firmRange {
		return
	}
	var d float32
	switch {
	case s.number > usual.hi:
		d = (s.number - usual.noticed(s.unit).hi).float()
	case s.number < usual.lo && s.number < belowZero && usual.lo > belowZero:
		d = negativeOctaves
	case s.number < usual.lo:
		narrow := max(0, 1-(usual.hi-usual.lo).float())
		d = min(smallMost, (usual.lo-s.number).float()/(smallShare-(smallShare-1)*narrow))
	}
	if d <= nearNumber {
		return
	}
	width := min(widest, (usual.hi - usual.lo).float())
	points := farWeight*log2(float64(1+d/(1+widthWeight*width))) + evidenceWeight*log2(float64(n))
	if usual.zeros() { // how far it is from 0, no logarithm can tell
		points = min(points, zeroWeight*log2(float64(n)))
	}
	if all := p.numbers.span; s.number <= all.hi && s.number >= all.lo {
		points *= explained // other records have such numbers there
	}
	if o.fields.stranger(points, at, o.fields.rawNumber, o.fields.far) {
		o.fields.rawNumber, o.fields.far, o.fields.farUsual = points, at, told
	}
}

func (o *Observation) rangeKey(s *seenField) uint32 {
	return rangeKey(o.Pattern(), s.hash)
}

func rangeKey(statement, name uint64) uint32 { return uint32(mix64(statement, name)) }

const (
	// leastExpected is how often two values must have been expected together before
	// it is news that they come together for the first time: the chance that they did
	// not by accident is e^-3, one in twenty.
	leastExpected = 3

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

	// pairWeight is how many points an octave of the expected number is worth, less what
	// chance may do among all pairs that could have been missed. Two values expected
	// together 8 times beyond that are flagged: the chance of it is e^-8, one in 3,000.
	// Measured.
	pairWeight = 4.4
)

// judgePairs looks for two values, each routine, that never came together.
func (m *Model) judgePairs(o *Observation) {
	fs, s := &m.fields, &o.fields
	if st := o.known; st != nil && len(o.Text) > 0 && st.seen >= firmValue && s.nlows < maxLows {
		s.lows[s.nlows].id, s.lows[s.nlows].seen = uint32(mix64(st.hash, 5)), -1
		s.nlows++
	}
	s.shape = 0
	for i := range s.nlows {
		s.shape += s.lows[i].id * shapeMix
	}
	m.judgeRush(o)
	if s.nlows < 2 {
		return
	}
	if s.shapes = uint32(fs.shapes.find(s.shape).n); s.shapes >= knownKeySet {
		return
	}
	for i := range s.nlows {
		l := &s.lows[i]
		g := fs.pairs.find(l.id)
		l.count, l.of, l.fresh = float32(g.n), fs.records, 1
		if l.seen >= 0 {
			l.of = fs.keys.all[s.list[l.seen].key].place.compared
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
			if expected *= float32(math.Pow(float64(min(a.fresh, b.fresh)), clumped)); expected < leastExpected {
				continue
			}
			if a.seen >= 0 && b.seen >= 0 {
				// They can only meet in records that have both fields.
				both := fs.keys.together(int(s.list[s.whole(a.seen)].key), int(s.list[s.whole(b.seen)].key))
				if expected *= min(1, both/min(a.of, b.of)); expected < leastExpected {
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
	}
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

// whole is the place in the list of the field of which something stands at another.
func (all *fieldsSeen) whole(at int) int {
	if s := &all.list[at]; s.part != whole {
		return int(s.of)
	}
	return at
}

// parts is 1 for a value that is a part of another, 0 for a whole one.
func (all *fieldsSeen) parts(l *low) int {
	if l.seen >= 0 && all.list[l.seen].part != whole {
		return 1
	}
	return 0
}

// judgeRush sees whether one kind of record makes up most of the last ones and
// hardly any of those before.
func (m *Model) judgeRush(o *Observation) {
	fs, s := &m.fields, &o.fields
	s.shape ^= uint32(o.Line.Hash) | 1
	n := fs.recently(s.shape)
	if n < leastRush {
		return
	}
	before := float32(fs.shapes.find(s.shape).n)
	if shape := m.earlierShape(o); shape != s.shape {
		before += float32(fs.shapes.find(shape).n)
	}
	expected := recentShapes * (before - n + 1) / (fs.records + 1) * m.clock.lull()
	if expected = max(expected, leastUsual); n > expected {
		s.rushCount, s.rushUsual = n, expected
		s.rushBits = n*log2(float64(n/expected)) - math.Log2E*(n-expected) // Chernoff's bound, as of a burst
		s.rawRush = rushWeight * log2(float64(1+max(0, s.rushBits-usualRush*fs.rushPeak)/rushUnit))
	}
}

// recently is how many of the last records, with this one, had its shape, as far as it may
// be a rush; 0 if it is none.
func (fs *fields) recently(shape uint32) (n float32) {
	if fs.records < restless || fs.recent[(fs.next-1)%recentShapes] != shape && fs.recent[(fs.next-2)%recentShapes] != shape {
		return 0
	}
	n = 1
	for _, r := range fs.recent {
		if r == shape {
			n++
		}
	}
	return n
}

// earlierShape is the shape that a record as this one had before fields that were no
// categories for long came to be some: once a second value has come to one that was always
// 0, all records are of other shapes, and there are no more of them.
func (m *Model) earlierShape(o *Observation) (shape uint32) {
	s := &o.fields
	for i := range s.nlows {
		l := &s.lows[i]
		if l.seen >= 0 {
			if p := &m.fields.keys.all[s.list[l.seen].key].place; p.compared < longCompared*p.n {
				continue
			}
		}
		shape += l.id * shapeMix
	}
	return shape ^ (uint32(o.Line.Hash) | 1)
}

// longCompared is in what share of its values a field must have been a category to be in
// the shapes of all records that are remembered, but for few.
const longCompared = 0.9

func pairKey(a, b uint32) uint32 { return (min(a, b)*0x85ebca6b ^ max(a, b)) * 0xc2b2ae35 }

// learnFields takes the judged event's fields in.
func (m *Model) learnFields(o *Observation) {
	fs, s := &m.fields, &o.fields
	if len(o.Fields) == 0 {
		return
	}
	fs.tails.learn(&[tailsOf]float32{tailOfValue: s.rawValue, tailOfKey: s.rawKey, tailOfText: s.rawText, tailOfPair: s.rawPair, tailOfRush: s.rawRush})
	fs.rushPeak = max(fs.rushPeak*rushFading, s.rushBits)
	fs.recent[fs.next%recentShapes] = s.shape
	fs.next = (fs.next + 1) % recentShapes
	m.learnPairs(o)
	s.had, s.grown = 0, 0
	for _, at := range s.rest[:s.nrest] {
		m.learnField(o, int(at), 1)
	}
	if !s.routine {
		sample := sampled(m.records)
		if sample {
			m.learnRoutine(o)
		}
		m.learnKeys(o, sample)
	}
	fs.shapes.count(s.shape, 1)
}

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
	for i := range s.nlows {
		fs.pairs.count(s.lows[i].id, times)
		for j := i + 1; j < s.nlows; j++ {
			fs.pairs.count(pairKey(s.lows[i].id, s.lows[j].id), times)
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

// learnKeys takes in which fields the event has. Of a set of keys that is known well it
// counts samples alone, as it does of routine values.
func (m *Model) learnKeys(o *Observation, sample bool) {
	fs, s, times := &m.fields, &o.fields, float32(1)
	set := fs.keys.named(s.names)
	if set != nil && set.n >= settledAfter {
		if times = sampleOne; !sample {
			times = 0
		}
	}
	if next := sampled(m.records + 1); times == 0 && !next {
		return
	}
	if times > 0 {
		m.learnAnew(o, times) // before the values that stood there before are forgotten
	}
	for i := range s.n {
		is := &s.list[i]
		if is.key < 0 {
			continue
		}
		k := &fs.keys.all[is.key]
		k.n += times
		k.place.last = is.value
		s.had |= 1 << k.object >> 1
	}
	if times == 0 {
		return
	}
	fs.records += times
	fs.objects.learn(s.had, s.grown, times)
	mask := s.mask()
	fs.keys.learnSet(&mask, m.records, times)
}

// learnRoutine takes in what is routine in a sample, for all records whose like is not
// learned from.
func (m *Model) learnRoutine(o *Observation) {
	fs, all := &m.fields, &o.fields
	for at := range all.n {
		s := &all.list[at]
		if !s.routine {
			continue
		}
		c := &all.close[at]
		*c = seenClose{place: fs.values.place(s.id()), ranged: -1}
		c.count = uint32(fs.values.slots[c.place].n)
		if s.sort == sortText && s.part == whole && c.count == 0 {
			c.marks = marksOf(o.field(at).Value)
		}
		m.learnField(o, at, sampleOne)
	}
}

// learnField takes what stands at a place in the list in, so many times.
func (m *Model) learnField(o *Observation, at int, times float32) {
	fs, s, c := &m.fields, &o.fields.list[at], &o.fields.close[at]
	f := o.field(at)
	k := int(s.key)
	if k < 0 {
		if k = fs.keys.find(s.hash); k < 0 { // two of a name may be new at once
			isNew := fs.values.count(uint32(s.hash), 1)
			if k = fs.keys.add(s.hash, f.Name, m.records); k < 0 {
				// Where there is no room for more names, an object is still as open as it was.
				if at := fs.objects.find(objectOf(f.Name)); s.part == whole && at >= 0 {
					o.fields.had |= 1 << at
					if isNew {
						o.fields.grown |= 1 << at
					}
				}
				return
			}
			fs.keys.all[k].place.words = s.words
			if s.part == whole {
				fs.keys.all[k].object = fs.objects.claim(objectOf(f.Name))
				o.fields.grown |= 1 << fs.keys.all[k].object >> 1
			}
		}
		s.key = int16(k)
		o.fields.names += s.hash
	}
	p := &fs.keys.all[k].place
	p.n += times
	p.kinds[s.sort] += times
	p.seldom.learn(c.count, times, placeHorizon)
	if p.category() {
		p.compared += times
	}
	counts, of := uint32(times), uint32(1)
	if p.identifier() { // some are enough, and say how many the others are
		of = someIdentifiers
	}
	if s.value%of == 0 {
		if c.count == 0 {
			p.distinct += min(counts*of, math.MaxUint32-p.distinct)
			counts = 1
		}
		fs.values.countAt(c.place, s.id(), counts)
		if c.count == 0 {
			if g := fs.values.find(s.id()); g.key != 0 {
				g.t = uint16(octavesOf(float64(m.records + 1)))
			}
		}
	}
	if p.distinct <= categoryValues && s.part == whole {
		p.learnUsual(s.value, f, times)
	}
	if s.sort == sortNumber {
		p.unit = f.Unit
		n := s.number
		if n == noNumber {
			n = 0
		}
		p.numbers.learn(n, times)
		fs.ranges.claimAt(int(c.ranged), o.rangeKey(s)).learn(n, times)
	}
	if s.sort == sortText && s.part == whole && f.Kind == Text && (c.count == 0 || p.confirms(c.count)) {
		if c.count > 0 || p.n < youngRecords {
			c.marks = marksOf(f.Value)
			c.bits = p.texts.surprise(c.marks)
		}
		p.texts.learn(c.marks, c.count > 0, c.bits, octavesOf(float64(len(f.Value)+1)), times)
	}
	was := p.settled
	if p.settle(); was.sort != p.settled.sort || was.any != p.settled.any || was.category != p.settled.category {
		fs.forget()
	}
}

// knownIdentifier is how many values must have been seen to say that a field holds
// identifiers: in fewer, most are new in every field.
const knownIdentifier = 100

// someIdentifiers is one in how many identifiers is counted, by its hash.
const someIdentifiers = 8

// identifier reports whether most values are new: a name of one thing among many.
func (p *place) identifier() bool { return p.n > knownIdentifier && float32(p.distinct) > p.n/2 }

func (fs *fields) age() {
	fs.forget()
	fs.records /= 2
	fs.keys.age()
	fs.objects.age()
	fs.values.halve()
	fs.shapes.halve()
	fs.pairs.halve()
	fs.ranges.age()
}

func (fs *fields) carry(c *codec.Codec) {
	fs.keys.carry(c)
	fs.objects.carry(c)
	fs.values.carry(c)
	fs.shapes.carry(c)
	fs.pairs.carry(c)
	fs.ranges.carry(c)
	c.F32(&fs.records)
	fs.tails.carry(c)
	for i := range fs.recent {
		c.U32(&fs.recent[i])
	}
	c.U8(&fs.next)
	c.F32(&fs.rushPeak)
}

// render writes the pattern of a record without a message: the fields that say its
// kind with their values, then the names of the others.
func (o *Observation) render(dst []byte) []byte {
	for _, kinds := range []bool{true, false} {
		for i := range o.Fields {
			f := &o.Fields[i]
			if f.Kind == Null || o.tellsKind(i) != kinds {
				continue
			}
			if len(dst) > 0 {
				dst = append(dst, ' ')
			}
			dst = append(dst, f.Name...)
			if kinds {
				dst = append(dst, '=')
				from := len(dst)
				dst = f.AppendText(dst)
				dst = dst[:min(len(dst), from+24)]
			}
		}
	}
	return dst
}

// copyTables gives fs, which is a plain copy of another, tables of its own, in the
// memory of room. It returns about how many bytes that were.
func (fs *fields) copyTables(room *fields) int {
	fs.keys.all = append(room.keys.all[:0], fs.keys.all...)
	fs.keys.sets = append(room.keys.sets[:0], fs.keys.sets...)
	n := 0
	for _, t := range []struct{ own, room *grams }{{&fs.values, &room.values}, {&fs.shapes, &room.shapes}, {&fs.pairs, &room.pairs}} {
		t.own.slots = append(t.room.slots[:0], t.own.slots...)
		n += gramBytes * len(t.own.slots)
	}
	fs.ranges.slots = append(room.ranges.slots[:0], fs.ranges.slots...)
	fs.objects.all = append(room.objects.all[:0], fs.objects.all...)
	fs.routines, fs.codes = nil, nil
	return n + int(unsafe.Sizeof(key{}))*len(fs.keys.all) + rangeBytes*len(fs.ranges.slots)
}
