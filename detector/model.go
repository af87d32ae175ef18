package detector

import (
	"math"
	"time"

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

// model is what is known of one group's log, and turns its events into rows.
// It is used by one goroutine.
type model struct {
	records uint32
	epoch   uint32
	total   float32 // records, aged
	levels  [pattern.Levels]float32

	statements statements
	language   language
	letters    letters
	lengths    lengths

	clock  clock
	seldom rarity
	news   float32 // share of new patterns among the last few records

	failure float32 // usual points of young patterns for words of failure
}

func newModel() model {
	return model{
		statements: newStatements(maxStatements),
		language:   language{grams: newGrams(gramLimit)},
		news:       1,
	}
}

// observation is an event on its way through the model: what judge found
// out, for learn and for the explanation.
type observation struct {
	text  []byte // its first pattern.MaxBytes
	size  int    // of the whole
	line  *pattern.Line
	level pattern.Level
	time  time.Duration

	known   *statement // nil for a new pattern
	row     row
	words   surprise // filled for young patterns
	failure float32  // points for words of failure, for young patterns
	odd     float32  // bits a character, for new patterns
	open    bool     // something stays open, for new patterns
	number  int      // index of the strangest number
	numbers [trackedNumbers]octaves
	length  octaves
	seen    uint32
	burst   float32 // bits
	rate    float32
	run     uint16
	pattern []byte // scratch
}

// judge fills o.row. It changes nothing.
func (m *model) judge(o *observation) {
	l := o.line
	st := m.statements.find(l.Hash)
	o.known, o.row, o.seen, o.number = st, row{}, 0, -1
	r := &o.row
	young := true
	if st != nil {
		st.age(m.epoch)
		o.seen = st.seen
		young = st.seen < maturity
	}
	numbers := l.Numbers[:min(len(l.Numbers), trackedNumbers)]
	for i := range numbers {
		o.numbers[i] = numberOctaves(numbers[i].Value)
		if bracketed(o.text, &l.Tokens[numbers[i].Token]) {
			o.numbers[i] = noNumber
		}
	}
	o.length = octavesOf(float64(o.size + 1))

	if bits, ok := m.seldom.surprise(o.seen); ok {
		featRarity.set(r, 0.8*min(bits, 10))
	}
	if young {
		o.words = m.language.surprise(o.text, l)
		w := &o.words
		calm := min(1, -log2(float64(m.news)+0.001)/6)
		featWord.set(r, min(20, w.word)*calm)
		featSequence.set(r, 1.9*log2(1+float64(w.sum*calm)))
		// In a log whose new lines often speak of failures, one that does is less
		// of a surprise.
		o.failure = failurePoints(w, calm)
		featFailure.set(r, o.failure-0.3*m.failure)
		featNetwork.set(r, 1.5*log2(1+float64(w.network*calm)))
		featEnd.set(r, min(14, w.end)*calm)
		featLength.set(r, 4.7*log2(1+float64(m.lengths.surprise(o.size))))
		if st == nil {
			o.odd = m.letters.surprise(o.text)
			featOdd.set(r, m.letters.points(o.odd))
			if o.open = o.size == len(o.text) && unclosed(o.text); o.open {
				featEnd.set(r, min(14, w.end+min(8, -log2(float64(m.letters.open)+0.004)))*calm)
			}
		}
	} else {
		featLength.set(r, 4*log2(1+float64(st.length.beyond(o.length, st.n, firmLength))))
	}
	if st != nil {
		var worst float32
		for i := range min(len(numbers), int(st.numbers)) {
			if o.numbers[i] == noNumber {
				continue
			}
			if d := st.nums[i].beyond(o.numbers[i], st.n, firmNumber); d > worst {
				worst, o.number = d, i
			}
		}
		if worst > 0 {
			featNumber.set(r, 6*log2(1+float64(worst)))
		}
	}
	featLevel.set(r, m.levelPoints(st, o.level))
	featSeverity.set(r, float32(o.level)-float32(pattern.LevelNotice))
	m.judgeBurst(o)
}

// failurePoints are the points for the most surprising word of failure. In a
// line that is routine but for it, it says that an outcome is turned; in one
// in which much else is surprising it says less.
func failurePoints(w *surprise, calm float32) float32 {
	rest := max(0, w.sum-w.failure)
	return 4.2 * log2(1+float64(1.6*w.failure/(1+0.02*rest)*(0.45+0.55*calm)))
}

// levelPoints is the surprise of the level given the pattern.
func (m *model) levelPoints(st *statement, level pattern.Level) float32 {
	overall := (m.levels[level] + 0.25) / (m.total + 1)
	if st == nil {
		if level < pattern.LevelWarn {
			return 0
		}
		return -log2(float64(overall))
	}
	here := st.levels[level]
	if 2*here > st.n {
		return 0 // the usual one
	}
	bits := -log2(float64((here + 0.5*overall) / (st.n + 0.5)))
	// Worse than what the pattern usually has?
	var below float32
	for _, n := range st.levels[:level] {
		below += n
	}
	if 2*below > st.n {
		return 2.6 * bits
	}
	return 1.6 * bits
}

// knownFor is the number of records after which a pattern that was seen a few
// times is no longer new: what is new and comes often is no burst of it.
const knownFor = 256

// rateHorizon is the number of records whose share rate is: after so many
// without it, it has halved.
const rateHorizon = 44

var rateFading = newFading(rateHorizon)

// judgeBurst sees whether a known pattern comes more often than it ever did.
func (m *model) judgeBurst(o *observation) {
	st := o.known
	if st == nil {
		o.rate, o.run, o.burst = 1, 0, 0
		return
	}
	gap := m.records - st.last
	o.rate = st.rate*rateFading.after(gap) + 1
	// Chernoff's bound on so many records of a Poisson process, in bits.
	o.burst = 0
	expected := (st.n + 0.5) / (m.total + 1) * rateHorizon * 1.4427 * m.clock.lull()
	if o.rate > expected {
		o.burst = o.rate*log2(float64(o.rate/expected)) - 1.4427*(o.rate-expected)
	}
	o.run = 0
	if st.vars == o.line.Vars && gap == 1 {
		o.run = min(st.run+1, 1<<15)
	}
	if st.seen < maturity {
		return
	}
	var points float32
	known := 2*o.rate < float32(st.seen) || m.records-st.first > knownFor
	if over := o.burst - st.peak - 4; over > 0 && known {
		points = 4.5 * log2(1+float64(over/4))
	}
	if others := st.seen - min(st.seen, uint32(o.run)); o.run > 0 && others >= maturity {
		same := (octavesOf(float64(o.run+1)) - st.longest).float()
		points = max(points, 5*same-2)
	}
	featBurst.set(&o.row, min(24, points))
}

// learn takes the judged event in.
func (m *model) learn(o *observation) {
	l, st := o.line, o.known
	isNew := st == nil
	if isNew {
		st = m.statements.add(l.Hash)
		st.epoch, st.first = m.epoch, m.records
		st.text.set(o)
		st.length = span{o.length, o.length}
		st.numbers = uint8(min(len(l.Numbers), trackedNumbers))
		for i := range st.numbers {
			st.nums[i] = spanOf(o.numbers[i])
		}
		st.class = uint8(o.words.class)
		m.letters.usual(o.odd, o.open)
		o.known = st
	}
	m.clock.tick(o.time)
	m.seldom.learn(o.seen)
	m.news += (b2f(isNew) - m.news) / calmHorizon
	news := 0
	if st.seen < maturity {
		news = o.words.news
		m.failure += (o.failure - m.failure) / failureHorizon
		m.language.learn(l, 1)
		m.letters.learn(o.text)
	} else {
		if st.seen&(st.seen-1) == 0 && st.seen < 1<<20 {
			m.language.learn(l, st.seen/2) // what was not counted one by one
		}
	}
	if !isNew {
		for i := range min(len(l.Numbers), int(st.numbers)) {
			if o.numbers[i] != noNumber {
				st.nums[i].learn(o.numbers[i], st.n)
			}
		}
	}
	m.language.freshen(len(l.Tokens), news)
	st.length.learn(o.length, st.n)
	m.lengths.learn(o.size)
	m.learnBurst(o, st)

	st.n++
	st.seen = min(st.seen+1, math.MaxUint32/2)
	st.levels[o.level]++
	m.levels[o.level]++
	m.total++
	m.records++
	if m.records%ageEvery == 0 {
		m.age()
	}
}

// pass moves what follows the stream along without learning from it.
func (m *model) pass(o *observation) {
	if o.known != nil {
		m.learnBurst(o, o.known)
	}
	m.records++
}

func (m *model) learnBurst(o *observation, st *statement) {
	if o.run < st.run { // the run is over
		st.longest = max(st.longest, octavesOf(float64(st.run+1)))
	}
	st.last, st.vars, st.rate, st.run = m.records, o.line.Vars, o.rate, o.run
	if o.burst > st.height {
		st.height = o.burst
	} else if o.burst < st.height/4 { // the burst is over: such a one is no news again
		st.peak = max(st.peak, st.height)
		st.height = o.burst
	}
	told := featBurst.points(&o.row) >= scale // once flagged, it is less news
	if o.burst > st.peak {
		st.peak += (o.burst - st.peak) * followPart(told)
	}
	if r := octavesOf(float64(o.run + 1)); r > st.longest {
		st.longest += max(1, octaves(float32(r-st.longest)*followPart(told)))
	}
}

func followPart(told bool) float32 {
	if told {
		return 0.25
	}
	return 0.01
}

// age halves what is counted. Statements are aged when they come up.
func (m *model) age() {
	m.epoch++
	m.total /= 2
	for i := range m.levels {
		m.levels[i] /= 2
	}
	m.language.halve()
	m.lengths.halve()
}

func b2f(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// clock follows how fast records come, by their own time. In a lull, what is
// said at fixed intervals makes up more of the records: that is no burst.
type clock struct {
	now   time.Duration
	pace  float32 // records in the last minutes, fading with a half-life of 128 s
	usual float32 // pace, fading over clockHorizon records
}

const (
	clockHorizon = 4096
	clockStep    = time.Second
)

var clockFading = newFading(128)

// tick takes in the time of a record; 0 = unknown, and time that runs
// backwards stands still.
func (c *clock) tick(t time.Duration) {
	if t > c.now {
		if c.now == 0 {
			c.now = t
		}
		steps := (t - c.now) / clockStep // whole ones; the rest counts next time
		c.pace *= clockFading.after(uint32(min(steps, 1<<16)))
		c.now += steps * clockStep
	}
	c.pace++
	c.usual += (c.pace - c.usual) / clockHorizon
}

// lull returns how many times slower than usual records come now, at least 1.
func (c *clock) lull() float32 {
	if c.pace >= c.usual {
		return 1
	}
	return c.usual / c.pace
}

// rarity counts, fading, how often records come whose pattern was seen never,
// once, 2 to 3, 4 to 7, … times.
type rarity struct {
	count  [rarityBuckets]float32
	total  float32
	weight float32 // of the next record: it grows instead of all counts fading
}

const (
	rarityBuckets = 10
	rarityGrowth  = 1 + 1.0/rarityHorizon
)

func rarityBucket(seen uint32) int {
	b := 0
	for ; seen > 0 && b < rarityBuckets; seen >>= 1 {
		b++
	}
	return b
}

// surprise returns -log2 of the share of recent records with a pattern seen
// as seldom; nothing for patterns that are common.
func (r *rarity) surprise(seen uint32) (bits float32, ok bool) {
	b := rarityBucket(seen)
	if b >= rarityBuckets || r.total == 0 {
		return 0, false
	}
	sum := r.weight * 0.5
	for _, c := range r.count[:b+1] {
		sum += c
	}
	return -log2(float64(sum / (r.total + r.weight))), true
}

func (r *rarity) learn(seen uint32) {
	if r.weight == 0 {
		r.weight = 1
	}
	if b := rarityBucket(seen); b < rarityBuckets {
		r.count[b] += r.weight
	}
	r.total += r.weight
	if r.weight *= rarityGrowth; r.weight > 1e12 {
		for i := range r.count {
			r.count[i] /= 1e12
		}
		r.total /= 1e12
		r.weight /= 1e12
	}
}
