package model

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A merge adds up what two models of the same kind of log have learned, as if one had
// read both logs beside each other. What is counted is added (records, levels, words,
// values, lengths), ranges take in both, habits are means by how much each rests on.
//
// How many different ones two counts have in common is not known: of different values
// and of different words behind a word, see union. What goes on at the moment is that
// of the model whose log ends later: bursts, runs, what was told and which identifiers.
// The age of something in records is that in its own log, as the next log is one of
// them; what was the first third of one is that of both.

// Merge takes in what another model has learned, which must be of the same seed. The
// other one must not be used again.
func (m *Model) Merge(o *Model) {
	g := merger{m: m, o: o, a: m.records, b: o.records}
	g.records = uint32(min(uint64(g.a)+uint64(g.b), math.MaxUint32/2))
	g.later = o.clock.now > m.clock.now || o.clock.now == m.clock.now && g.b >= g.a
	now := max(m.habits.now, o.habits.now)
	g.fadeA, g.fadeB = m.habits.left(now), o.habits.left(now)
	m.restartPauses()
	o.restartPauses()
	g.statements()
	m.general.counts.merge(&o.general.counts, firstOf)
	m.general.pairs = m.general.pairs || o.general.pairs
	m.language.merge(&o.language, g.share(math.MaxUint32))
	m.letters.merge(&o.letters)
	m.lengths.merge(&o.lengths)
	g.fields()
	m.identifiers.merge(&o.identifiers, g.later)
	m.dependencies.merge(&o.dependencies, g.later)
	g.habits()
	if g.later {
		m.told = o.told
	}
	m.traced, m.opened, m.within = traced{}, false, 0 // nothing of one log goes on in the other
	g.clock()
	m.skew.merge(&o.skew)
	m.stucks.merge(o.stucks, g.later)
	m.seldom.merge(&o.seldom)
	m.indent = meanOf(m.indent, o.indent, g.share(indentHorizon))
	m.news = meanOf(m.news, o.news, g.share(calmHorizon))
	m.failure = meanOf(m.failure, o.failure, g.share(failureHorizon))
	m.total += o.total
	for i := range m.levels {
		m.levels[i] += o.levels[i]
	}
	m.records, m.passed = g.records, min(m.passed+o.passed, g.records)
	for m.total > 2*ageEvery { // more than a model of one log ever counts
		m.age()
	}
}

// merger is a merge that is going on.
type merger struct {
	m, o    *Model
	a, b    uint32 // records of both
	records uint32 // and of what comes of them
	later   bool   // o's log ends later

	// What is left of what each log heard, had it gone on until the later one's end.
	fadeA, fadeB float64
}

// share is o's part in a mean over so many records at the most.
func (g *merger) share(horizon uint32) float32 {
	a, b := float32(min(g.a, horizon)), float32(min(g.b, horizon))
	if b == 0 {
		return 0
	}
	return b / (a + b)
}

// meanOf is the mean of two numbers, of the second one by its share.
func meanOf(a, b, share float32) float32 { return a + (b-a)*share }

// begun is where in both logs is what was at a record of one of them: what was a third
// of it ago is so of both.
func (g *merger) begun(at, of uint32) uint32 {
	if of == 0 {
		return 0
	}
	return uint32(uint64(at) * uint64(g.records) / uint64(of))
}

// ago is the record that is as far back as one of a log of so many.
func (g *merger) ago(at, of uint32) uint32 { return g.records - min(of-at, g.records) }

// union is how many different ones there are of two lots of so many, where the share of
// new ones lately is such: few where few are new, all where each is new.
func union(a, b uint32, fresh float32) uint32 {
	both := uint64(max(a, b)) + uint64(float32(min(a, b))*min(1, max(0, fresh)))
	return uint32(min(both, math.MaxUint32))
}

// statements brings o's statements to those of m. One goes by the names that it has in
// o: under one of them m may know it.
func (g *merger) statements() {
	t, from := &g.m.statements, &g.o.statements
	for _, s := range t.all() {
		s.age(g.m.epoch)
		s.rebase(g, g.a)
		g.m.habits.rebase(&s.habit, g.fadeA)
	}
	names := from.names()
	of := make([][]uint64, from.n)
	for _, n := range names {
		of[n.at-1] = append(of[n.at-1], n.hash)
	}
	others := make([]uint64, from.n) // the hash under which o's statements go now
	for i, s := range from.all() {
		s.age(g.o.epoch)
		s.epoch = g.m.epoch
		s.rebase(g, g.b)
		g.o.habits.rebase(&s.habit, g.fadeB)
		is := t.find(s.hash)
		for _, name := range of[i] {
			if is == nil {
				is = t.find(name)
			}
		}
		if is == nil {
			others[i] = s.hash
			t.push(s) // without a name yet: only m's own are found
			continue
		}
		others[i] = is.hash
		is.merge(s, g.later)
	}
	own := t.names()
	size := statementsAtFirst
	for size < min(t.n, t.limit) {
		size *= 2
	}
	t.makeSlots(namesEach * size)
	t.sort()
	t.n = min(t.n, t.limit)
	t.index()
	// Names, of m's first, as long as there is room for them.
	name := func(name, hash uint64) {
		if s := t.find(hash); s != nil && t.find(name) == nil && 2*(t.used+1) < namesEach*t.limit {
			t.call(s, name)
		}
	}
	for _, n := range own {
		name(n.hash, n.of)
	}
	for i, list := range of {
		name(from.at(i).hash, others[i])
		for _, n := range list {
			name(n, others[i])
		}
	}
}

// alias is a name of a statement beside its own.
type alias struct {
	hash uint64
	at   uint32 // the statement's index, plus 1
	of   uint64 // the statement's own
}

// names returns the names of statements beside their own, in order.
func (t *statements) names() []*alias {
	var list []*alias
	for i, h := range t.heads {
		if h != 0 && h&ownBit == 0 {
			list = append(list, &alias{t.slots[i], h.at(), t.of(h).hash})
		}
	}
	slices.SortFunc(list, func(a, b *alias) int { return cmp.Compare(a.hash, b.hash) })
	return list
}

// rebase turns a statement's records of one log into those of both.
func (s *statement) rebase(g *merger, of uint32) {
	s.first, s.habit.since = g.begun(s.first, of), g.begun(s.habit.since, of)
	s.last, s.burstAt, s.calm.record = g.ago(s.last, of), g.ago(s.burstAt, of), g.ago(s.calm.record, of)
}

// merge adds another log's statement, which may be of the later log.
func (s *statement) merge(o *statement, later bool) {
	one, other := s.seen, o.seen
	if later {
		s.all, s.rate, s.height, s.calm = o.all, o.rate, o.height, o.calm
		s.alikeOf = o.alikeOf
		s.burstAt = o.burstAt
		s.calm.seen += one
	} else {
		s.calm.seen += other
	}
	s.habit.merge(&o.habit, one, other, later)
	if s.numbers == o.numbers {
		for i := range s.nums[:s.numbers] {
			s.nums[i].merge(o.nums[i])
			if s.sizes[i].hi == unlimited || o.sizes[i].hi == unlimited {
				s.sizes[i] = span{}
			} else {
				s.sizes[i].merge(o.sizes[i])
			}
		}
		s.seldomZero &= o.seldomZero
		s.mixed |= o.mixed
	} else if o.seen > s.seen {
		s.numbers, s.nums, s.mixed, s.token, s.before, s.sizes, s.seldomZero = o.numbers, o.nums, o.mixed, o.token, o.before, o.sizes, o.seldomZero
	}
	for _, at := range o.identifiers {
		s.addIdentifier(at)
	}
	s.n += o.n
	for i := range s.levels {
		s.levels[i] += o.levels[i]
	}
	s.seen = min(s.seen+o.seen, math.MaxUint32/2)
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	s.peak, s.summit = max(s.peak, o.peak), max(s.summit, o.summit)
	s.flow.merge(o.flow, later)
	s.same.merge(o.same, later)
	s.alike.merge(o.alike, later)
	s.keys.merge(&o.keys)
	if s.version == 0 {
		s.version, s.releases = o.version, o.releases
	} else if s.version == o.version {
		s.releases.merge(&o.releases)
	}
	s.free = max(s.free, o.free)
	s.uncoded |= o.uncoded
	s.length.merge(o.length)
}

// merge adds another log's run, which may be of the later log.
func (r *run) merge(o run, later bool) {
	if later {
		r.n = o.n
	}
	r.longest = max(r.longest, o.longest)
}

// restartPauses counts the log's pauses from here on, so that those of two logs can be
// compared.
func (m *Model) restartPauses() {
	for _, s := range m.statements.all() {
		s.habit.paused -= m.clock.paused
	}
	for i := range m.fields.relapses {
		if r := &m.fields.relapses[i]; r.time != 0 {
			r.time += m.clock.paused
		}
	}
	m.clock.paused = 0
}

func (s *span) merge(o span) {
	switch {
	case o.zeros() && s.lo.fraction():
	case s.zeros() && o.lo.fraction():
		*s = o
	default:
		s.lo, s.hi = min(s.lo, o.lo), max(s.hi, o.hi)
	}
}

// left is what is left at a later time of what was heard.
func (h *habits) left(now time.Duration) float64 {
	if h.now == 0 {
		return 1
	}
	return math.Exp2(-float64(now-h.now) / float64(slowTime))
}

// rebase makes a statement's slow rate one by a weight of 1, of which so much is left.
func (h *habits) rebase(p *habit, left float64) {
	p.slow *= float32(math.Exp2(-eraBits*float64(h.era-p.era)) / h.weight * left)
	p.era = 0
}

// merge adds how often another log's statement comes, of which one and the other had so
// many records.
func (p *habit) merge(o *habit, one, other uint32, later bool) {
	behind := other
	if later {
		p.told, p.loud, p.begun, p.quick = o.told, o.loud, o.begun, o.quick
		behind = one
	}
	for _, at := range []*uint32{&p.told, &p.loud} {
		if *at > 0 {
			*at += behind
		}
	}
	if p.begun > 0 || p.told > 0 {
		p.begun += behind
	}
	p.slow += o.slow
	p.since = min(p.since, o.since)
	if p.from == 0 || o.from != 0 && o.from < p.from {
		p.from = o.from
	}
	if o.time > p.time {
		p.time, p.paused = o.time, o.paused
	}
	p.gaps.merge(&o.gaps)
	p.pauses.merge(&o.pauses)
	p.times += o.times
	p.soon += o.soon
	p.most = max(p.most, o.most)
	p.fixed &= o.fixed
}

func (g *gaps) merge(o *gaps) {
	if o.n == 0 {
		return
	}
	share := o.n / (g.n + o.n)
	d := o.mean - g.mean
	g.variance = meanOf(g.variance, o.variance, share) + share*(1-share)*d*d
	g.mean += share * d
	g.n = min(g.n+o.n, 1/gapsFollow)
	g.longest = max(g.longest, o.longest)
}

// habits adds how often things are said.
func (g *merger) habits() {
	h, from := &g.m.habits, &g.o.habits
	h.total = h.total/h.weight*g.fadeA + from.total/from.weight*g.fadeB
	h.weight, h.era, h.now = 1, 0, max(h.now, from.now)
	if h.begin == 0 || from.begin != 0 && from.begin < h.begin {
		h.begin = from.begin
	}
	// News is counted by how many of the last lines were some: twice as many lines are
	// not remembered for there being two logs.
	lines := func(n uint32) float64 { return min(float64(n), newsRecords*perNat) + 1 }
	scale := lines(g.records) / (lines(g.a) + lines(g.b) - 1)
	for i := range h.news {
		h.news[i] = (h.news[i]/h.newsWeight + from.news[i]/from.newsWeight) * scale
		h.bad[i] = h.bad[i]/h.badWeight + from.bad[i]/from.badWeight
	}
	h.newsWeight, h.badWeight = 1, 1
	if g.later {
		h.newsQuick = from.newsQuick
	}
}

func (g *merger) clock() {
	c, from := &g.m.clock, &g.o.clock
	c.usual = meanOf(c.usual, from.usual, g.share(clockHorizon))
	if g.later {
		c.pace, c.alone = from.pace, from.alone
	}
	c.flow.merge(from.flow, g.later)
	c.now, c.doubts = max(c.now, from.now), 0
	c.gaps.merge(&from.gaps)
}

// entries returns what is counted, in the order of the keys.
func (g *grams) entries() []gram {
	order := make([]*gram, 0, g.used) // pointers are sorted by code that is there for others, too
	for i := range g.slots {
		if s := &g.slots[i]; s.key != 0 {
			order = append(order, s)
		}
	}
	slices.SortFunc(order, func(a, b *gram) int { return cmp.Compare(a.key, b.key) })
	list := make([]gram, len(order))
	for i, s := range order {
		list[i] = *s
	}
	return list
}

// firstOf is the smaller of two, of which 0 is none.
func firstOf(a, b gram) uint16 {
	if a.t == 0 || b.t != 0 && b.t < a.t {
		return b.t
	}
	return a.t
}

// merge adds the counts of another table; second says what the second number of what
// both count is. Where there is no room for all, counts are halved, as makeRoom does.
func (g *grams) merge(o *grams, second func(a, b gram) uint16) {
	a, b := g.entries(), o.entries()
	all := make([]gram, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := cmp.Compare(a[0].key, b[0].key); {
		case c < 0:
			all, a = append(all, a[0]), a[1:]
		case c > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			all = append(all, gram{a[0].key, saturate(uint32(a[0].n) + uint32(b[0].n)), second(a[0], b[0])})
			a, b = a[1:], b[1:]
		}
	}
	all = append(append(all, a...), b...)
	for len(all) >= g.limit/4*3 {
		kept := all[:0]
		for _, s := range all {
			if s.n, s.t = s.n>>1, s.t>>1; s.n > 0 {
				kept = append(kept, s)
			}
		}
		all = kept
	}
	size := max(len(g.slots), len(o.slots))
	for len(all) >= size/4*3 {
		size *= 2
	}
	*g = grams{slots: make([]gram, size), used: len(all), limit: g.limit}
	for _, s := range all {
		*g.find(s.key) = s
	}
}

// merge adds the other's words, which are such a share of both.
func (g *language) merge(o *language, share float32) {
	// Of the words behind one, some are the same in both. How many follows from how
	// many neighbours both tables have.
	both := 0
	for _, s := range o.grams.slots {
		if s.key != 0 && g.grams.find(s.key).n > 0 {
			both++
		}
	}
	fresh := 1 - float32(both)/float32(max(1, min(g.grams.used, o.grams.used)))
	g.grams.merge(&o.grams, func(a, b gram) uint16 { return saturate(union(uint32(a.t), uint32(b.t), fresh)) })
	g.fresh = meanOf(g.fresh, o.fresh, share)
}

func (m *letters) merge(o *letters) {
	for i := range m.pairs {
		for uint32(m.pairs[i])+uint32(o.pairs[i]) > math.MaxUint16 {
			m.halve()
			o.halve()
		}
	}
	for i := range m.pairs {
		m.pairs[i] += o.pairs[i]
	}
	for i := range m.firsts {
		m.firsts[i] += o.firsts[i]
	}
	if o.lines == 0 {
		return
	}
	share := o.lines / (m.lines + o.lines)
	m.mean, m.spread, m.open = meanOf(m.mean, o.mean, share), meanOf(m.spread, o.spread, share), meanOf(m.open, o.open, share)
	m.lines = max(m.lines, min(m.lines+o.lines, 100))
}

func (h *lengths) merge(o *lengths) {
	switch {
	case o.total == 0:
		return
	case h.total == 0:
		*h = *o
		return
	}
	h.lo, h.hi = min(h.lo, o.lo), max(h.hi, o.hi)
	for i := range h.count {
		h.count[i] += o.count[i]
	}
	h.total += o.total
}

func (r *rarity) merge(o *rarity) {
	if o.weight == 0 {
		return
	}
	if r.weight == 0 {
		*r = *o
		return
	}
	for i := range r.count {
		r.count[i] = r.count[i]/r.weight + o.count[i]/o.weight
	}
	r.total = r.total/r.weight + o.total/o.weight
	r.weight = 1
}

func (t *tails) merge(o *tails) {
	if o.weight == 0 {
		return
	}
	if t.weight == 0 {
		*t = *o
		return
	}
	for of := range t.count {
		for i := range t.count[of] {
			t.count[of][i] = t.count[of][i]/t.weight + o.count[of][i]/o.weight
		}
	}
	t.total = t.total/t.weight + o.total/o.weight
	t.weight = 1
}

// fields adds what is known of the fields of records.
func (g *merger) fields() {
	fs, from := &g.m.fields, &g.o.fields
	objects := make([]uint8, len(from.objects.all)+1) // index in m of o's, plus 1
	for i := range from.objects.all {
		o := &from.objects.all[i]
		if objects[i+1] = fs.objects.claim(o.hash); objects[i+1] > 0 {
			own := &fs.objects.all[objects[i+1]-1]
			own.n, own.newer = own.n+o.n, own.newer+o.newer
		}
	}
	at := make([]int, len(from.keys.all)) // index in m of o's keys; -1 where there is no room
	for i := range fs.keys.all {
		k := &fs.keys.all[i]
		k.first = g.begun(k.first, g.a)
	}
	for i := range from.keys.all {
		o := &from.keys.all[i]
		o.first = g.begun(o.first, g.b)
		if int(o.object) < len(objects) { // what a file says may be anything
			o.object = objects[o.object]
		} else {
			o.object = 0
		}
		if at[i] = fs.keys.find(o.hash); at[i] >= 0 {
			k := &fs.keys.all[at[i]]
			k.n += o.n
			k.first = min(k.first, o.first)
			k.place.merge(&o.place, g.later)
		} else if at[i] = fs.keys.add(o.hash, o.text(), o.first); at[i] >= 0 {
			fs.keys.all[at[i]] = *o
		}
	}
	for i := range fs.keys.sets {
		fs.keys.sets[i].last = g.ago(fs.keys.sets[i].last, g.a)
	}
	for _, s := range from.keys.sets {
		var mask keyMask
		whole := true
		for i := range at {
			if s.mask.has(i) {
				if whole = whole && at[i] >= 0; whole {
					mask.add(at[i])
				}
			}
		}
		s.mask, s.last = mask, g.ago(s.last, g.b)
		if i := slices.IndexFunc(fs.keys.sets, func(k keySet) bool { return k.mask == mask }); i >= 0 {
			own := &fs.keys.sets[i]
			own.n, own.last = own.n+s.n, max(own.last, s.last)
		} else if whole {
			fs.keys.sets = append(fs.keys.sets, s)
		}
	}
	if len(fs.keys.sets) > maxKeySets {
		slices.SortStableFunc(fs.keys.sets, func(a, b keySet) int { return cmp.Compare(b.n, a.n) })
		fs.keys.sets = fs.keys.sets[:maxKeySets]
	}
	none := func(a, _ gram) uint16 { return a.t }
	fs.values.merge(&from.values, none)
	fs.shapes.merge(&from.shapes, none)
	fs.pairs.merge(&from.pairs, func(a, b gram) uint16 { return saturate(uint32(a.t) + uint32(b.t)) })
	fs.ranges.merge(&from.ranges)
	fs.relapses.merge(&from.relapses, g)
	fs.flows.merge(from.flows, g.later, g.records)
	fs.records += from.records
	fs.tails.merge(&from.tails)
	if g.later {
		fs.recent, fs.next = from.recent, from.next
	}
	fs.rushPeak = max(fs.rushPeak, from.rushPeak)
	fs.forget()
}

func (p *place) merge(o *place, later bool) {
	fresh := float32(0)
	if n := p.seldom.total/max(p.seldom.weight, 1e-9) + o.seldom.total/max(o.seldom.weight, 1e-9); n > 0 {
		fresh = (p.seldom.count[0]/max(p.seldom.weight, 1e-9) + o.seldom.count[0]/max(o.seldom.weight, 1e-9)) / n
	}
	p.distinct = union(p.distinct, o.distinct, fresh)
	p.n += o.n
	for i := range p.kinds {
		p.kinds[i] += o.kinds[i]
	}
	p.quoted += o.quoted
	p.identifiers = p.identifiers || o.identifiers
	p.compared += o.compared
	p.crowded += o.crowded
	if later {
		p.last, p.unit = o.last, o.unit
	}
	p.seldom.merge(&o.seldom)
	if o.numbers.n > 0 && (later || p.numbers.n == 0) {
		p.unit = o.unit
	}
	p.surge.merge(o.surge)
	p.setting.merge(&o.setting, later)
	p.releases.merge(&o.releases)
	p.numbers.merge(&o.numbers)
	p.texts.merge(&o.texts)
	p.mergeUsual(o)
	p.settle()
}

// mergeUsual keeps those seen most of the usual values of both.
func (p *place) mergeUsual(o *place) {
	type value struct {
		usual
		shown
	}
	var all []value
	for i, u := range p.usual {
		all = append(all, value{u, p.shown[i]})
	}
	for i, u := range o.usual {
		if at := slices.IndexFunc(all, func(is value) bool { return is.hash == u.hash && is.count > 0 }); at >= 0 {
			all[at].count += u.count
		} else {
			all = append(all, value{u, o.shown[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b value) int { return cmp.Compare(b.count, a.count) })
	for i := range p.usual {
		p.usual[i], p.shown[i] = all[i].usual, all[i].shown
	}
}

func (t *texts) merge(o *texts) {
	switch {
	case o.n == 0:
		return
	case t.n == 0:
		*t = *o
		return
	}
	share := o.n / (t.n + o.n)
	d := o.mean - t.mean
	t.spread = meanOf(t.spread, o.spread, share) + share*(1-share)*d*d
	t.mean += d * share
	t.lengths.merge(o.lengths)
	t.n += o.n
	t.again += o.again
	for i := range 64 { // there is room: no count is above fullTexts
		t.with[i] += o.with[i]
		t.pairs[i] += o.pairs[i]
	}
	if t.findOdd(); t.n >= fullTexts {
		t.halve()
	}
}

// merge adds the other's ranges. Where there is no room for all, those stay that rest on
// the most numbers.
func (t *ranges) merge(o *ranges) {
	var others []*numberRange
	for _, r := range o.all() {
		if own := t.find(r.key); own != nil {
			own.merge(r)
		} else {
			others = append(others, r)
		}
	}
	all := append(t.all(), others...)
	slices.SortFunc(all, func(a, b *numberRange) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.key, b.key)) })
	all = all[:min(len(all), maxRanges/4*3)]
	if len(all) == 0 {
		return
	}
	size := max(rangesAtFirst, len(t.slots), len(o.slots))
	for len(all) > size/4*3 {
		size *= 2
	}
	*t = ranges{slots: make([]numberRange, size), used: len(all)}
	for _, r := range all {
		t.put(*r)
	}
}

func (r *numberRange) merge(o *numberRange) {
	switch {
	case r.n == 0:
		r.shift = o.shift
	case o.n > 0:
		r.shift.merge(o.shift)
	}
	r.ascent.merge(o.ascent)
	r.bounds.merge(&o.bounds)
	r.few = max(r.few, o.few)
	if r.dimension == 0 {
		r.dimension = o.dimension
	}
	r.seen += o.seen
	r.studied += o.studied
}

func (r *bounds) merge(o *bounds) {
	switch {
	case o.n == 0:
		return
	case r.n == 0:
		*r = *o
		return
	}
	r.span.merge(o.span)
	r.told.merge(o.told)
	r.last = span{max(r.last.lo, o.last.lo), min(r.last.hi, o.last.hi)} // what one of them saw once is not seen twice
	r.n += o.n
	r.out += o.out
	r.held = min(r.held, o.held)
}
