// Package model is what is known of a log: its statements, its words, its
// numbers, its pace. An event and the model give a row of features, each of them
// a surprise in points; then the model learns from the event.
//
// Each type stands in a file of its own with how it is saved: a method called
// Carry or carry lists its fields in the order of their declaration.
// TestSnapshotCarriesEveryField finds one that is missing there.
package model

import (
	"math"
	"time"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

const (
	// ageEvery is the number of records after which all counts are halved.
	// What was said a hundred thousand records ago counts for half.
	ageEvery = 1 << 16

	// rarityHorizon is the number of records over which rarity looks back.
	rarityHorizon = 300

	// failureHorizon is the number of young records over which model.failure
	// fades.
	failureHorizon = 50

	// calmHorizon is the number of records over which the share of new
	// patterns is taken: while many are new (a start, a deploy), their words
	// are less of a surprise.
	calmHorizon = 50
)

// How surprises in bits become points. A point is about one bit; what is larger grows
// with its logarithm, so that one feature alone does not drown the others. The weights
// were measured on labelled logs of many systems; `make quality` shows for a log of our
// own what each feature is worth.
const (
	rarityWeight = 0.8 // points a bit, up to
	rarityBits   = 10  // as many bits

	mostWord       = 20 // points for one word
	mostEnd        = 14 // points for a line's end, with
	openBits       = 8  // bits at most for a bracket or quote that stays open
	sequenceWeight = 6  // points for each doubling of 1 + the bits of a word on average

	failureWeight = 4.2  // points for each doubling of a word of failure's surprise,
	failureScale  = 1.6  // of which a bit counts so much,
	failureRest   = 0.02 // less by so much for each bit of surprise elsewhere in the line,
	failureUneasy = 0.45 // and by this share where everything is new
	usualFailure  = 0.3  // share of the usual points of young patterns that is taken off

	levelWeight      = 1.6  // points a bit for a level that is unusual,
	worseLevelWeight = 2.6  // and for one that is worse than the usual
	unseenLevel      = 0.25 // records by which each level counts as seen from the beginning
	levelPrior       = 0.5  // records by which the log's levels stand for the pattern's

	numberWeight      = 6   // points for each doubling of 1 + the octaves outside
	lengthWeight      = 4   // the same for a line's length
	youngLengthWeight = 5.5 // and for the length of a young pattern's line, by the log's

	// calmBits is from how many bits of surprise of a new pattern on a log is calm:
	// one new in 64.
	calmBits  = 6
	leastNews = 0.001 // share of new patterns, and
	leastOpen = 0.004 // of lines with something open, that are never ruled out
)

// Model is what is known of one group's log, and turns its events into rows.
// It is used by one goroutine.
type Model struct {
	records uint32
	passed  uint32 // of records, those that were not learned from
	epoch   uint32
	total   float32 // records, aged
	levels  [pattern.Levels]float32

	statements statements
	general    general
	language   language
	letters    letters
	lengths    lengths

	habits habits
	told   told
	traced traced
	indent float32 // share of indented lines
	opened bool    // by the last line, see opens
	within uint8   // lines that may go on within brackets, see Observation.within
	fields fields

	identifiers  identifiers
	dependencies dependencies
	stucks       stucks

	clock  clock
	skew   skew
	seldom rarity
	news   float32 // share of new patterns among the last few records

	failure float32 // usual points of young patterns for words of failure
}

// New returns a model that has seen nothing.
func New() Model {
	var m Model // a literal of it would stand in the shared object, 18 KB of zeros
	m.statements = newStatements(maxStatements)
	m.general.counts = newGrams(countsLimit)
	m.language.grams = newGrams(gramLimit)
	m.habits = newHabits()
	m.fields = newFields()
	m.news = 1
	return m
}

// SetRoom bounds the model's tables to what New gives them, halved so many times. What
// they hold already they keep.
func (m *Model) SetRoom(halvings int) {
	m.statements.limit = maxStatements >> halvings
	m.general.counts.limit = countsLimit >> halvings
	m.language.grams.limit = gramLimit >> halvings
	m.fields.values.limit = valueLimit >> halvings
	m.fields.shapes.limit = shapeLimit >> halvings
	m.fields.pairs.limit = pairLimit >> halvings
}

// Judge fills o.Row by what was learned so far. It changes nothing.
func (m *Model) Judge(o *Observation) {
	if st := m.recognize(o); !m.judgeUsual(o, st) {
		m.judgeAll(o, st)
	}
}

// textless reports whether the event is judged by its fields alone.
func (o *Observation) textless() bool { return o.Size == 0 && len(o.Fields) > 0 }

// recognize returns the statement that is known to have made the event's text, nil for none.
func (m *Model) recognize(o *Observation) *statement {
	o.model, o.Flagged = m, false
	o.stamp, o.Time = o.Time, m.clock.guard(o.Time)
	if o.off = (skewed{}); o.stamp > 0 {
		o.off = m.skew.of(secondOf(o.stamp))
	}
	o.spoken.begin()
	l := o.Line
	if o.textless() {
		l.Hash, l.Vars = o.statementOfFields(), o.fields.sum
	}
	o.name, o.same, o.first, o.class, o.unnamed, o.inRanges = l.Hash, 0, 0, 0, false, false
	return m.statements.find(l.Hash)
}

// judgeAll is Judge of an event, whatever there is to say of it.
func (m *Model) judgeAll(o *Observation, st *statement) {
	l, textless := o.Line, o.textless()
	if o.unnamed = !st.settled() && !textless; o.unnamed {
		o.places.look(o.Text, l, &o.spoken)
		o.class = o.places.class
		if is := m.general.find(&m.statements, &o.places); is != nil {
			st = is
		}
		if st == nil {
			o.name, o.same, o.first = m.general.name(&o.places)
		}
	}
	own := uint32(o.own())
	if own > 0 && st != nil && st.seen <= own {
		st, o.name, o.same = nil, st.hash, 0
	}
	o.known, o.Row, o.seen, o.number, o.open, o.shifted = st, Row{}, 0, -1, false, false
	m.reach(o)
	r := &o.Row
	young := true
	if st != nil {
		st.age(m.epoch)
		o.seen = st.seen - own
		young = o.seen < maturity
	} else if o.same > 0 {
		o.seen, young = maturity, false
	}
	numbers := l.Numbers[:min(len(l.Numbers), trackedNumbers)]
	if st != nil && !st.aligned(l, numbers) { // one of them was an identifier, or is one
		numbers = nil
	}
	o.tracked = len(numbers)
	for i := range numbers {
		o.numbers[i] = numberOctaves(numbers[i].Value)
		if numbers[i].Bracketed {
			o.numbers[i] = noNumber
		}
	}
	o.length = octavesOf(float64(o.Size + 1))

	if bits, ok := m.seldom.surprise(o.seen); ok && !textless { // the fields say it better
		featRarity.set(r, rarityWeight*min(bits, rarityBits))
	}
	if textless {
		o.words, o.failure, o.odd = surprise{}, 0, m.letters.mean
	} else if young {
		o.words = m.language.surprise(o.Text, l, o.Level, m.levelPoints(st, o.Level, float32(own)), &o.spoken, float32(own))
		w := &o.words
		// What came all along, if seldom, is less of a surprise each time.
		calm := min(1, -log2(float64(m.news)+leastNews)/calmBits) * (1 - usedYoung*m.used(st))
		featWord.set(r, min(mostWord, w.word)*calm)
		mean := w.sum / float32(len(l.Tokens)+1) // a long line is no stranger than a short one
		featSequence.set(r, sequenceWeight*log2(1+float64(mean*calm)))
		// In a log whose new lines often speak of failures, one that does is less
		// of a surprise.
		o.failure = failurePoints(w, calm)
		featFailure.set(r, (o.failure-usualFailure*m.failure)*(1-usedFailure*m.used(st)))
		featEnd.set(r, min(mostEnd, w.end)*calm)
		odd := m.lengths.surprise(o.Size)
		if st != nil && st.length.holds(o.length) { // its other lines are as long
			odd /= 1 + float32(o.seen)
		}
		featLength.set(r, youngLengthWeight*log2(1+float64(odd)))
		if st == nil {
			var news float32
			o.odd, news = m.letters.surprise(o.Text, l, &m.language, float32(own))
			featOdd.set(r, m.letters.points(news))
			if o.open = o.Size == len(o.Text) && unclosed(o.Text); o.open {
				featEnd.set(r, min(mostEnd, w.end+m.letters.openBits())*calm)
			}
		}
	} else if st != nil {
		featLength.set(r, lengthWeight*log2(1+float64(st.length.beyond(o.length, st.n, firmLength))))
	}
	if st != nil {
		worst, zero := float32(0), -1
		for i := range min(len(numbers), int(st.numbers)) {
			if o.numbers[i] == noNumber {
				if zero < 0 && o.oddZero(st, i) {
					zero = i
				}
				continue
			}
			d := st.nums[i].noticed(numbers[i].Unit).beyond(o.numbers[i], st.n, firmNumber)
			if d = max(d, st.apart(i, o.numbers[i])*st.n/(st.n+firmNumber)); d > worst {
				worst, o.number, o.usual = d, i, st.nums[i]
			}
		}
		worst = m.judgeBeside(o, worst)
		points := numberWeight * log2(1+float64(worst))
		if zero >= 0 {
			far := st.apart(zero, noNumber) * st.n / (st.n + firmNumber)
			if is := max(zeroPoints(st.n), numberWeight*log2(1+float64(far))); is > points {
				points, o.number, o.usual = is, zero, st.nums[zero]
			}
		}
		if st.n < firmRange {
			points = m.judgeFewInText(o, st, points, zero)
		}
		featNumber.set(r, points)
		m.judgeShifts(o)
	}
	if !textless && (st == nil || o.unnamed) { // what is garbled may stand where anything may
		featOdd.set(r, max(m.letters.strewnPoints(o.Text), featOdd.Points(r)))
	}
	if points := m.levelPoints(st, o.Level, float32(own)); points > 0 && (textless || says(l)) {
		featLevel.set(r, points)
	}
	featSeverity.set(r, float32(o.Level)-float32(pattern.LevelNotice))
	m.judgeHabit(o)
	m.judgeBurst(o)
	m.judgeCodes(o)
	if o.below = itself; !textless && (young || o.unnamed || featTrouble.Points(r) >= Strange/2 || featBurst.Points(r) >= Strange/2) {
		m.judgeBelow(o) // asked of what may be news alone
	}
	m.identifyText(o, st)
	m.judgeFields(o)
	m.judgeAgain(o)
	m.judgeDependencies(o)
	m.judgeFewTimes(o)
	m.judgeAbsence(o)
	m.judgeSkew(o)
	m.vary(o)
	m.judgeStuck(o)
	if textless {
		m.judgeRun(o)
	}
}

// failurePoints are the points for the most surprising word of failure. In a
// line that is routine but for it, it says that an outcome is turned; in one
// in which much else is surprising it says less.
func failurePoints(w *surprise, calm float32) float32 {
	rest := max(0, w.sum-w.failure)
	return failureWeight * log2(1+float64(failureScale*w.failure/(1+failureRest*rest)*(failureUneasy+(1-failureUneasy)*calm)))
}

// says reports whether there is anything in the line but its level: an empty line at
// ERROR is the gap between two others.
func says(l *pattern.Line) bool {
	for i := range l.Tokens {
		if k := l.Tokens[i].Kind; k != pattern.LevelWord && k != pattern.Time {
			return true
		}
	}
	return false
}

// levelPoints is the surprise of the level given the pattern, in own of whose records
// the line itself is counted.
func (m *Model) levelPoints(st *statement, level pattern.Level, own float32) float32 {
	if st == nil && level < pattern.LevelWarn {
		return 0
	}
	here := float32(0)
	if st != nil {
		if here = max(0, st.levels[level]-own); 2*here > st.n {
			return 0 // the usual one
		}
	}
	overall := (max(0, m.levels[level]-own) + unseenLevel) / (m.total + 1)
	if st == nil {
		return -log2(float64(overall))
	}
	bits := -log2(float64((here + levelPrior*overall) / (st.n + levelPrior)))
	// Worse than what the pattern usually has?
	var below float32
	for _, n := range st.levels[:level] {
		below += n
	}
	if 2*below > st.n {
		return worseLevelWeight * bits
	}
	return levelWeight * bits
}

// Learn takes the judged event in.
func (m *Model) Learn(o *Observation) {
	m.learnFields(o)
	sample := sampled(m.records)
	if m.identifiers.learn(o, sample); sample {
		m.findFieldIdentifiers(o)
	}
	m.dependencies.learn(o, sample)
	m.studyDependencies(o, sample)
	m.learnCodes(o)
	l, st := o.Line, o.known
	isNew := st == nil // a statement, if not a line of a new kind
	if isNew {
		if o.unnamed {
			m.general.learn(&o.places, m.records)
		}
		st = m.statements.add(o.name)
		if o.same > 0 {
			st.free, st.seen, st.n = 1, max(maturity, o.same), float32(o.same)
		}
		st.epoch, st.first = m.epoch, m.records
		st.text.set(o)
		st.length = span{o.length, o.length}
		st.numbers = uint8(min(len(l.Numbers), trackedNumbers))
		for i := range st.numbers {
			at := spotOf(l, int(i))
			st.nums[i], st.token[i], st.before[i] = spanOf(o.numbers[i]), at.token, at.before
		}
		st.class = uint8(o.class)
		st.findVersion(o)
		if o.same == 0 && o.below != framed && !o.garbled() {
			m.letters.usual(o.odd, o.open)
		}
		o.known = st
	}
	if o.unnamed {
		if !isNew && o.places.open && st.free < math.MaxUint8 {
			st.free++
		}
		m.statements.call(st, l.Hash)
	}
	m.learnStuck(o)
	m.skew.learn(o)
	m.clock.tick(o.stamp)
	m.indent = approach(m.indent, b2f(o.indented()), 1.0/indentHorizon)
	m.endWith(o)
	news := 0
	if o.below == framed {
		m.traced = o.trace
	} else {
		m.seldom.learn(o.seen, 1, rarityHorizon)
		m.news = approach(m.news, b2f(isNew && o.same == 0), 1.0/calmHorizon)
	}
	switch {
	case st.seen < maturity && o.below == framed: // what calls what is no language
	case st.seen < maturity:
		news = o.words.news
		m.failure += (o.failure - m.failure) / failureHorizon
		m.language.learn(l, 1)
		if !o.garbled() {
			m.letters.learn(o.Text)
		}
	case st.seen&(st.seen-1) == 0 && st.seen < 1<<20:
		m.language.learn(l, st.seen/2) // what was not counted one by one
	}
	if !isNew {
		st.learnVersion(o)
		m.learnShifts(o, st)
	}
	if !isNew && !o.inRanges {
		m.learnBeside(o)
		for i := range o.tracked {
			switch {
			case o.numbers[i] != noNumber:
				if o.numbers[i] <= st.nums[i].hi && st.seen < maturity {
					st.mixed |= 1 << i
				}
				st.nums[i].learn(o.numbers[i], st.n)
			case o.oddZero(st, i):
				st.nums[i].lo /= 2 // it is told some times and then usual, however large the others are
			}
		}
	}
	if !o.inRanges {
		st.length.learn(o.length, st.n)
	}
	if o.below != framed {
		m.language.freshen(len(l.Tokens), news)
		m.lengths.learn(o.Size)
	}
	st.findTextIdentifiers(o)
	m.learnHabit(o, st)
	m.learnTold(o)
	m.learnBurst(o, st)

	st.n++
	st.seen = min(st.seen+1, math.MaxUint32/2)
	st.levels[o.Level]++
	m.levels[o.Level]++
	m.total++
	m.records++
	if m.records%ageEvery == 0 {
		m.age()
	}
}

// garbled reports whether the event was flagged for its characters: one garbled line is
// not to make the next one usual.
func (o *Observation) garbled() bool {
	if !o.Flagged {
		return false
	}
	first, _ := o.strongest()
	return first == featOdd
}

// Pass moves what follows the stream along without learning from it.
func (m *Model) Pass(o *Observation) {
	if o.known != nil {
		m.learnBurst(o, o.known)
	}
	m.endWith(o)
	if !o.Learned {
		m.identifiers.learn(o, false)
		m.skew.learn(o)
	}
	if o.below == framed {
		m.traced = o.trace
	} else if o.Learned {
		m.news = approach(m.news, b2f(o.known == nil), 1.0/calmHorizon)
	}
	m.records++
	m.passed++
}

// learned is how many records were learned from.
func (m *Model) learned() int { return int(m.records - m.passed) }

// age halves what is counted. Statements are aged when they come up.
func (m *Model) age() {
	m.epoch++
	m.total /= 2
	for i := range m.levels {
		m.levels[i] /= 2
	}
	m.language.halve()
	m.lengths.halve()
	m.fields.age()
	m.identifiers.age()
	m.dependencies.age()
	m.stucks.age()
	m.skew.age()
}

// approach returns x, gone part of the way to a value.
func approach(x, to, part float32) float32 { return faded(x + (to-x)*part) }

// faded returns x, or 0 where that is all but left of it. What fades for ever would end as
// a number that is too small to be held in full, with which a processor takes many times as
// long as with others.
func faded(x float32) float32 {
	if x < 1e-12 {
		return 0
	}
	return x
}

func b2f(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func (m *Model) Carry(c *codec.Codec) {
	c.U32(&m.records)
	c.U32(&m.passed)
	c.U32(&m.epoch)
	c.F32(&m.total)
	c.F32s(m.levels[:])
	m.statements.carry(c)
	m.general.carry(c)
	m.language.carry(c)
	m.letters.carry(c)
	m.lengths.carry(c)
	m.habits.carry(c)
	m.told.carry(c)
	m.traced.carry(c)
	c.F32(&m.indent)
	c.Bool(&m.opened)
	c.U8(&m.within)
	m.fields.carry(c)
	m.identifiers.carry(c)
	m.dependencies.carry(c)
	m.stucks.carry(c)
	m.clock.carry(c)
	m.skew.carry(c)
	m.seldom.carry(c)
	c.F32(&m.news)
	c.F32(&m.failure)
}

// Latest is the time of the latest event since the Unix epoch, 0 if none had one.
func (m *Model) Latest() time.Duration { return m.clock.now }

// Words is how many words and neighbours of words are counted.
func (m *Model) Words() int { return m.language.grams.used }

// Levels are the records by their level, what is long past counting less.
func (m *Model) Levels() [pattern.Levels]float32 { return m.levels }

// Room is how much the tables of a model hold.
type Room struct{ statements, names, counts, words int }

// Room returns how much room a copy of the model needs.
func (m *Model) Room() Room {
	return Room{m.statements.n, len(m.statements.slots), len(m.general.counts.slots), len(m.language.grams.slots)}
}

// Max returns room for each of both.
func (r Room) Max(s Room) Room {
	return Room{max(r.statements, s.statements), max(r.names, s.names), max(r.counts, s.counts), max(r.words, s.words)}
}

// NewCopy makes room for a copy. It touches the memory, so that the system gives
// it now, to a goroutine that nobody waits for: that takes longer than the copying.
func NewCopy(r Room) Model {
	var m Model
	m.statements.slots, m.statements.heads = make([]uint64, r.names), make([]head, r.names)
	m.general.counts.slots, m.language.grams.slots = make([]gram, r.counts), make([]gram, r.words)
	for range r.statements {
		m.statements.push(&statement{n: 1})
	}
	for i := range m.statements.slots {
		m.statements.slots[i], m.statements.heads[i] = 1, 1
	}
	for _, t := range [][]gram{m.general.counts.slots, m.language.grams.slots} {
		for i := range t {
			t[i].n = 1
		}
	}
	return m
}

// CopyFrom makes m a copy of from that can be carried, but neither judge nor
// learn, in the memory that m has. It returns about how many bytes that were.
func (m *Model) CopyFrom(from *Model) int {
	blocks, names, heads := m.statements.blocks, m.statements.slots, m.statements.heads
	counts, words, fields, identifiers, dependencies, stucks := m.general.counts.slots, m.language.grams.slots, m.fields, m.identifiers, m.dependencies, m.stucks
	*m = *from
	n := m.fields.copyTables(&fields)
	m.statements.blocks, m.statements.n = blocks, 0
	for _, s := range from.statements.all() {
		m.statements.push(s)
	}
	m.statements.slots, m.statements.heads = append(names[:0], from.statements.slots...), append(heads[:0], from.statements.heads...)
	m.general.counts.slots = append(counts[:0], from.general.counts.slots...)
	m.language.grams.slots = append(words[:0], from.language.grams.slots...)
	m.identifiers = identifiers
	n += m.identifiers.copyFrom(&from.identifiers)
	m.dependencies = dependencies
	n += m.dependencies.copyFrom(&from.dependencies)
	m.stucks = append(stucks[:0], from.stucks...)
	n += len(m.stucks) * int(unsafe.Sizeof(stuck{}))
	return n + int(unsafe.Sizeof(statement{}))*m.statements.n + nameBytes*len(m.statements.slots) +
		gramBytes*(len(m.general.counts.slots)+len(m.language.grams.slots)) + int(unsafe.Sizeof(*m))
}
