package model

import (
	"math"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Normal is a rate, not a count. A statement's slow rate says how rare it is, its
// quick one how much of it there is just now, and its usual gaps what is a silence.

const (
	// slowRecords and slowTime are the half-lives of a statement's slow rate: the
	// one that is over first counts. By the time, a weekly job stays known; by the
	// records, a busy log is known by its last day or so.
	slowRecords = 20000
	slowTime    = 7 * 24 * time.Hour
	slowStep    = 10 * time.Minute // by which the latter fades

	// quickRecords is the half-life in records of a statement's quick rate.
	quickRecords = 300

	// newsRecords is the half-life in records of how often there is news.
	newsRecords = 5000

	// badRecords is the half-life in records of how often lines are how bad.
	badRecords = 3000

	// rareBits is from how many bits on a statement counts as rare: one in 256.
	rareBits = 8
)

// rareSlow is the share of a statement that has just more than rareBits, as log2 gives them.
const rareSlow = (1 + 1.0/perOctave) / (1 << rareBits)

// badness is how bad a line is by its level and its words: 0 = not, 1 = a
// warning, 2 = words of failure, 3 = an error or a warning with such words, 4 =
// an error with such words, or worse.
type badness uint8

const badnesses = 5

// Storms are how many kinds of storms there are: of lines that say nothing bad, of
// warnings and words of failure, of errors.
const Storms = 3

// Storm is the kind of storm that the event would belong to, from 0 to Storms-1.
func (o *Observation) Storm() int { return int(o.bad+1) / 2 }

func badnessOf(level pattern.Level, class wordClass) badness {
	b := badness(0)
	switch {
	case level >= pattern.LevelCritical:
		b = 4
	case level == pattern.LevelError:
		b = 3
	case level == pattern.LevelWarn:
		b = 1
	}
	if class&classFailure != 0 {
		if b == 0 {
			return 2
		}
		return min(b+1, 4)
	}
	return b
}

// habits is how often things are said in a log.
type habits struct {
	weight float64       // of the next record in slow rates: it grows instead of all rates fading
	total  float64       // of all slow rates
	era    uint32        // times that weight was brought down
	begin  time.Duration // of the first record with a time; 0 = unknown
	now    time.Duration // up to which slow rates have faded

	newsWeight float64
	news       [badnesses]float64 // rare lines, by badness
	newsQuick  float32            // rare lines among the last few
	badWeight  float64
	bad        [badnesses]float64 // lines, by badness
}

var (
	slowGrowth  = math.Exp2(1.0 / slowRecords)
	newsGrowth  = math.Exp2(1.0 / newsRecords)
	badGrowth   = math.Exp2(1.0 / badRecords)
	quickFading = newFading(quickRecords / quickStep)
)

const (
	quickStep  = 8
	eraBits    = 20    // weight doubles so often in an era
	forgotten  = 64    // half-lives after which nothing is left; a clock may jump by a century
	calmFading = 0.966 // half-life of 20 records
)

// quickLeft is what is left of a quick rate after so many records.
func quickLeft(records uint32) float32 {
	return quickFading.after(records/quickStep) * (1 - float32(records%quickStep)*(math.Ln2/quickRecords))
}

func newHabits() habits { return habits{weight: 1, newsWeight: 1, badWeight: 1} }

// habit is what is known of how often a statement comes.
type habit struct {
	_      [0]func()     // nothing compares habits: see statement
	slow   float32       // weight of its records, by habits.weight
	era    uint32        // of slow
	quick  float32       // records, fading over quickRecords
	told   uint32        // statement.seen with the record that was flagged last; 0 = none was
	loud   uint32        // statement.seen with the record that was trouble enough by itself
	begun  uint32        // statement.seen before the first since it is said
	most   uint32        // records of its largest episode that is over, halved by slowTime
	since  uint32        // the record since which it is said
	from   time.Duration // and its time; 0 = unknown
	time   time.Duration // of its last record; 0 = unknown
	paused time.Duration // clock.paused at it
	gaps   gaps
	pauses gaps    // those of them that last leastPause and more
	times  float32 // that it came back, fading over slowTime
	soon   float32 // of them, those on the same day
	fixed  uint64  // a bit for each identifier that stood in all of its bad lines
}

// gaps are the usual pauses between a statement's records: mean and variance of
// their logarithms, in octaves of milliseconds, and the longest lately.
type gaps struct {
	n, mean, variance, longest float32
}

const (
	gapsKnown   = 3    // gaps that must be seen before one is too long
	gapsFollow  = 0.02 // part of the way that the means go with each
	longestFade = 0.02 // octaves that the longest comes down with each

	mostOctaves = 128 // more than those of any gap, as octaves hold
)

// beyond returns by how many octaves a gap is longer than the usual ones. The longest
// is one of them up to most: that there was one of a day does not make the next usual.
func (g *gaps) beyond(x, most float32) float32 {
	if g.n < gapsKnown {
		return 0
	}
	return max(0, x-g.bound(most))
}

// bound is what hardly any gap is longer than, in octaves.
func (g *gaps) bound(most float32) float32 {
	return max(min(g.longest, most), g.mean+2*sqrt(g.variance))
}

// usualGap is what hardly any pause of the statement is longer than.
func (p *habit) usualGap() time.Duration {
	return time.Duration((octaves(p.gaps.bound(p.mostGap())*perOctave).exp() - 1) * float64(time.Millisecond))
}

// mostGap is up to how many octaves the longest gap counts as a usual one.
func (p *habit) mostGap() float32 {
	if p.times >= comesAndGoes {
		return math.MaxFloat32
	}
	return quietOctaves
}

func (g *gaps) learn(x float32) {
	w := float32(gapsFollow)
	if g.n < 1/gapsFollow {
		g.n++
		w = 1 / g.n
	}
	d := x - g.mean
	g.mean += w * d
	g.variance = (1 - w) * (g.variance + w*d*d)
	g.longest = max(x, g.longest-longestFade)
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// gapOctaves is the logarithm of a pause.
func gapOctaves(d time.Duration) float32 { return log2(1 + float64(d)/float64(time.Millisecond)) }

// judgeHabit says how rare the event's statement is, how long it was away, and
// what follows for a line as bad as this.
func (m *Model) judgeHabit(o *Observation) {
	h, st := &m.habits, o.known
	class := o.class
	if st != nil {
		class = wordClass(st.class)
	}
	o.bad = badnessOf(o.Level, class)
	if o.Size == 0 && o.failed {
		o.bad = max(o.bad, 3) // as an ERROR
	}
	o.quick, o.away, o.back = 1, 0, false
	slow := 0.0
	if st != nil {
		p := &st.habit
		if e := h.era - p.era; e > 0 {
			p.slow *= float32(math.Exp2(-eraBits * float64(e)))
			p.era = h.era
		}
		slow = float64(p.slow)
		o.quick += p.quick * quickLeft(m.records-st.last)
		if m.rested(o, p) {
			if p.time > 0 && o.Time >= p.time {
				silence := m.silence(o, p)
				gap := gapOctaves(silence)
				o.away = p.gaps.beyond(gap, p.mostGap())
				if silence >= longSilence { // what comes in clumps is away as what comes by itself is
					o.away = max(o.away, p.pauses.beyond(gap, p.mostGap()))
				}
			}
			o.back = o.away > returned || m.quietFor(o, st) || p.quick*float32(m.records-st.last) > returnedAfter*quickRecords/math.Ln2
		}
	}
	total := h.total/h.weight + 1
	isNew := st == nil && o.same == 0
	var raw float32
	if isNew {
		raw = log2(4 * total)
	} else {
		raw = max(0, -log2((slow/h.weight+0.5)/total))
	}
	o.rare = raw >= rareBits

	if m.comesAgain(o, st) && o.Size == len(o.Text) && unclosed(o.Text) {
		// A line that was told as it was cut is told on another day as trouble is.
		o.open = true
		featEnd.set(&o.Row, max(Strange*m.letters.openBits()/openBits, featEnd.Points(&o.Row)))
	}
	if o.again = false; o.bad == 0 {
		return
	}
	if raw > leastNovelty {
		most := m.mostNovelty(o.bad)
		if isNew {
			most += 2
		}
		if raw > most {
			raw = most + softly*(raw-most)
		}
	}
	rarity := min(mostRarity, raw)
	weak := float32(0)
	if o.bad >= 2 {
		weak = min(8, silenceWeight*o.away)
	}
	every, worse := sumFrom(&h.bad, 0), sumFrom(&h.bad, o.bad)
	how := -log2(min(1, (worse/h.badWeight+0.5)/(every/h.badWeight+1)))
	bad := min(mostBad, max(how+float32(o.bad)/2, awayShare*weak)) * float32(o.bad) / 4
	odd := min(mostRarity, rarity+weak)
	used := m.used(st)
	odd *= 1 - usedPart*used*(1-min(1, weak/4))
	scale := float32(oldTrouble)
	switch {
	case o.Size == 0: // it has no words that other features judge
	case isNew:
		scale = newTrouble
	case st != nil && st.seen < maturity:
		scale = youngTrouble
	}
	featTrouble.set(&o.Row, scale*(odd+min(bad, odd)))
	fine := o.Level != pattern.LevelNone && o.Level < pattern.LevelWarn && st != nil && st.habit.times >= comesFine
	if o.again = o.bad >= 2 && !fine && m.comesAgain(o, st); o.again {
		featTrouble.set(&o.Row, max(Strange, featTrouble.Points(&o.Row)))
	}
	if st != nil && o.bad >= 3 && st.habit.loud > 0 && used < halfUsed && m.records-st.habit.since < slowRecords && st.habit.due(st.habit.loud, st.seen) && o.quick > 4 {
		featTrouble.set(&o.Row, Strange)
	}
}

// mostNovelty is how many bits of a line's rarity count in full: as many as news as bad
// as it has.
func (m *Model) mostNovelty(bad badness) float32 {
	h := &m.habits
	lines := min(float64(m.records), newsRecords*perNat) + 1
	return max(leastNovelty, -log2(min(1, (sumFrom(&h.news, bad)/h.newsWeight+0.5)/lines)))
}

// sumFrom is what is counted of lines that bad or worse.
func sumFrom(counts *[badnesses]float64, bad badness) (sum float64) {
	for _, n := range counts[bad:] {
		sum += n
	}
	return sum
}

// used says how far the log is used to the statement, from 0 to 1: it was said for
// half of the time that the log is known, or for half of what is remembered, by
// records and by time.
func (m *Model) used(st *statement) float32 {
	if st == nil {
		return 0
	}
	h, p := &m.habits, &st.habit
	part := float32(m.records-p.since) / float32(max(leastUsed, float32(min(m.records, 2*slowRecords)+1)))
	if p.from > 0 && h.now > h.begin && !m.clock.stopped() {
		from := p.from
		if from > h.now { // it began while the clock was wrong
			from = h.begin
		}
		part = min(part, float32(h.now-from)/float32(min(h.now-h.begin, 2*slowTime)))
	}
	used := min(1, max(0, usedSlope*part-(usedSlope/2-1)))
	if p.gaps.n >= gapsKnown && !m.clock.stopped() { // what comes in clumps is news with each of them
		used *= min(1, max(0, (clumpy-sqrt(p.gaps.variance))/2))
	}
	return used
}

// What trouble weighs, in points a bit. New lines' words and levels are judged by
// features of their own. The weights were chosen on real and synthetic logs
// together: less misses outages, more tells of routine errors.
const (
	newTrouble   = 0.55
	youngTrouble = 0.6
	oldTrouble   = 0.88
)

const (
	mostRarity    = 12  // bits that rarity counts up to
	mostBad       = 6   // bits that badness counts up to
	silenceWeight = 1.5 // bits for each octave of silence
	leastNovelty  = 6   // bits that rarity counts in full, also where much is rare
	softly        = 0.5 // what bits beyond that count
)

// What being used to a statement takes away: of what it is rare, of the surprise
// of its words and of its words of failure while it is young.
const (
	usedPart    = 0.75
	usedYoung   = 0.6
	usedFailure = 0.4
)

const (
	// leastUsed is how many records a log must be known until half of that is
	// long enough to be used to anything.
	leastUsed = 2000

	// usedSlope makes used 0 at a quarter and 1 at half of the time.
	usedSlope = 4

	// clumpy is from how many octaves of deviation between its gaps on a statement
	// comes in clumps, and none is routine; gaps of chance deviate by 1.85.
	clumpy = 5

	// halfUsed is from where on it is no news that something goes on.
	halfUsed = 0.5

	// awayShare is how much of a long silence's points a bad line that ends it has at
	// the least, however common bad lines are.
	awayShare = 0.75

	// loudShare is from what share of Strange on a record of trouble is one by itself.
	loudShare = 0.9

	// returned is from how many octaves of silence on a statement begins anew.
	returned = 3

	// comesAndGoes is how many times in a fortnight or so a statement must have come back
	// for its pauses to be usual ones.
	comesAndGoes = maturity

	// comesFine is the same for what its own level says nothing bad of, "expired carts
	// deleted" at INFO: it is told on the second day and on the third.
	comesFine = 1.5

	// comesSoon is how many times on the same day, to be no thing of another day.
	comesSoon = 2

	// returnedAfter is the same by records: in so many times its usual gap, of late.
	returnedAfter = 8
)

// leastPause is what a statement is not away for, however quick its lines are otherwise:
// nobody is called twice within it.
const leastPause = time.Minute

const (
	// quietTime and quietRecords are how long a statement must have been silent for
	// an episode of it to be over: what comes back then is told again. Where records
	// have no time, their number alone says it.
	quietTime    = 10 * time.Minute
	quietRecords = 200
)

var quietOctaves = gapOctaves(quietTime)

const (
	// longSilence and longRecords are after how long something is a thing of another
	// day: half of one, in which the log went on.
	longSilence = 12 * time.Hour
	longRecords = slowRecords / 8
)

// comesAgain reports whether a statement that was told comes back on another day. It is
// told again until it has come so often that its pauses are usual ones. What comes and
// goes within a day is told by its rate.
func (m *Model) comesAgain(o *Observation, st *statement) bool {
	if st == nil || st.habit.told == 0 || st.habit.times >= comesAndGoes || st.habit.soon >= comesSoon {
		return false
	}
	return st.habit.time > 0 && m.silence(o, &st.habit) >= longSilence && m.records-st.last >= longRecords
}

// quietFor reports whether an episode of the statement is over.
func (m *Model) quietFor(o *Observation, st *statement) bool {
	if m.records-st.last < quietRecords {
		return false
	}
	return o.Time == 0 || st.habit.time == 0 || m.silence(o, &st.habit) >= quietTime
}

// rested reports whether the statement may have been away: where times say nothing, of a
// record without one or one that is late, that is for the number of records to say.
func (m *Model) rested(o *Observation, p *habit) bool {
	return p.time == 0 || o.Time < p.time || m.silence(o, p) >= leastPause
}

// silence is for how long a statement was silent while the log went on, before the event
// and in a log with times.
func (m *Model) silence(o *Observation, p *habit) time.Duration {
	return max(0, o.Time-p.time-(m.clock.paused+m.clock.pause(o.Time)-p.paused))
}

func (m *Model) learnHabit(o *Observation, st *statement) {
	h, p := &m.habits, &st.habit
	if o.back {
		left := float32(math.Exp2(-float64(max(0, o.Time-p.time)) / float64(slowTime)))
		p.most = max(uint32(float32(p.most)*left), st.seen-p.begun)
		p.begun = st.seen
		p.times, p.soon = p.times*left+1, p.soon*left
		if st.seen > 0 && o.Time-p.time < longSilence {
			p.soon++
		}
	}
	if p.time > 0 && o.Time >= p.time {
		silence := m.silence(o, p)
		p.gaps.learn(gapOctaves(silence))
		if silence >= leastPause {
			p.pauses.learn(gapOctaves(silence))
		}
	}
	if o.Time > 0 {
		p.time, p.paused = o.Time, m.clock.paused
		if passed := o.Time - h.now; h.now > 0 && passed >= slowStep {
			h.weight *= math.Exp2(min(float64(passed)/float64(slowTime), forgotten))
			h.now = o.Time
		} else if h.now == 0 || passed < 0 {
			h.now = o.Time
		}
		if h.begin == 0 || o.Time < h.begin {
			h.begin = o.Time
		}
	}
	switch {
	case o.same > 0: // lines of it came before it was known for one
		p.since, p.from = min(o.first, m.records), o.Time
		if o.Time > 0 {
			p.from -= time.Duration(float64(h.now-h.begin) * (1 - float64(p.since)/float64(m.records+1)))
		}
	case st.seen == 0 || o.away > returned:
		p.since, p.from = m.records, o.Time
	}
	if p.slow == 0 {
		p.era = h.era
	}
	p.slow += float32(h.weight)
	p.quick = o.quick
	h.total += h.weight
	if o.bad > 0 && (st.seen == 0 || p.fixed != 0) {
		p.fixed = o.fixed(st)
	}
	if o.Flagged {
		p.told = st.seen + 1
	}
	if featTrouble.Points(&o.Row) >= Strange*loudShare {
		p.loud = st.seen + 1
	}
	h.weight *= slowGrowth
	for h.weight > 1<<eraBits {
		h.weight /= 1 << eraBits
		h.total /= 1 << eraBits
		h.era++
	}
	h.newsQuick = faded(h.newsQuick * calmFading)
	if o.rare {
		h.news[o.bad] += h.newsWeight / float64(1+h.newsQuick)
		h.newsQuick++
	}
	h.bad[o.bad] += h.badWeight
	h.newsWeight = grow(h.newsWeight, newsGrowth, &h.news)
	h.badWeight = grow(h.badWeight, badGrowth, &h.bad)
}

// grow lets a weight grow, and brings it and what was added by it down before it
// is too large.
func grow(weight, by float64, sums *[badnesses]float64) float64 {
	if weight *= by; weight > 1<<eraBits {
		for i := range sums {
			sums[i] /= 1 << eraBits
		}
		weight /= 1 << eraBits
	}
	return weight
}

func (h *habits) carry(c *codec.Codec) {
	c.F64(&h.weight)
	c.F64(&h.total)
	c.U32(&h.era)
	codec.I64(c, &h.begin)
	codec.I64(c, &h.now)
	c.F64(&h.newsWeight)
	for i := range h.news {
		c.F64(&h.news[i])
	}
	c.F32(&h.newsQuick)
	c.F64(&h.badWeight)
	for i := range h.bad {
		c.F64(&h.bad[i])
	}
	for _, w := range []float64{h.weight, h.newsWeight, h.badWeight} {
		if c.Reading && c.Err == nil && !(w > 0 && w <= 1<<eraBits) {
			c.Fail("a weight is beyond its range")
		}
	}
}

func (p *habit) carry(c *codec.Codec) {
	c.F32(&p.slow)
	c.U32(&p.era)
	c.F32(&p.quick)
	c.U32(&p.told)
	c.U32(&p.loud)
	c.U32(&p.begun)
	c.U32(&p.most)
	c.U32(&p.since)
	codec.I64(c, &p.from)
	codec.I64(c, &p.time)
	codec.I64(c, &p.paused)
	p.gaps.carry(c)
	p.pauses.carry(c)
	c.F32(&p.times)
	c.F32(&p.soon)
	c.U64(&p.fixed)
}

func (g *gaps) carry(c *codec.Codec) {
	c.F32(&g.n)
	c.F32In(&g.mean, 0, mostOctaves)
	c.F32In(&g.variance, 0, mostOctaves*mostOctaves)
	c.F32In(&g.longest, -mostOctaves, mostOctaves)
}
