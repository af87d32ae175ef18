package model

import "math"

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
	m.learnSurges(o)
	m.learnValueFlows(o, o.toldBurst())
	m.learnPairs(o)
	for _, at := range s.offs[:s.noffs] {
		is := &s.list[at]
		r := fs.ranges.claim(o.rangeKey(is))
		r.learnOff(o, is, o.knownSeen())
		if by, key := o.alongside(int(at), r); by >= 0 {
			own := fs.ranges.claim(key)
			own.learnOff(o, is, own.seen)
		}
	}
	for _, at := range s.alongs[:s.nalongs] {
		fs.ranges.slots[at].seen++
	}
	s.had, s.grown = 0, 0
	for _, at := range s.rest[:s.nrest] {
		m.learnField(o, int(at), 1)
	}
	if !s.routine {
		sample := sampled(m.records)
		if sample {
			m.learnRoutine(o)
			m.learnDimensions(o)
		}
		m.learnKeys(o, sample)
	}
	fs.shapes.count(s.shape, 1)
	if s.compared != s.shape {
		fs.shapes.count(s.compared, 1)
	}
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
	set = fs.keys.learnSet(&mask, m.records, times)
	if st := o.known; st != nil {
		st.keys.learn(set.sum, times)
	}
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
	switch {
	case s.crowded:
		p.crowded += times
	case p.paired():
		p.compared += times
	}
	if s.part == whole && times == 1 {
		m.learnRelapse(o, at, c.count)
	}
	counts, of := uint32(times), uint32(1)
	if p.identifier() { // some are enough, and say how many the others are
		of = someIdentifiers
	}
	if s.value%of == 0 {
		if c.count == 0 {
			p.distinct += min(counts*of, math.MaxUint32-p.distinct)
			counts = 1
			if key, _, ok := likeKey(s, f); ok {
				fs.values.count(key, 1)
			}
		}
		fs.values.countAt(c.place, s.id(), counts)
		if c.count == 0 {
			if g := fs.values.find(s.id()); g.key != 0 {
				g.t = uint16(octavesOf(float64(m.records + 1)))
			}
		}
	}
	if p.distinct <= categoryValues && s.part == whole {
		p.setting.learn(s, f, m.records)
		if c.count == 0 && f.Kind == Text {
			if before, version, ok := versionOf(f.Value); ok {
				p.releases.learn(product(before), version)
			}
		}
		p.learnUsual(s.value, f, times)
	}
	if s.sort == sortNumber {
		p.unit = f.Unit
		if s.quoted {
			p.quoted += times
		}
		n := s.number
		if n == noNumber {
			n = 0
		}
		p.numbers.learn(n, f.Unit, times)
		r := fs.ranges.claimAt(int(c.ranged), o.rangeKey(s))
		r.take(o, n, f.Number, f.Unit, times, o.knownSeen())
		m.learnAlong(o, at, r, n, times)
	}
	if s.sort == sortText && s.part == whole && f.Kind == Text && (c.count == 0 || p.confirms(c.count)) {
		if c.count > 0 || p.n < youngRecords {
			c.marks = marksOf(f.Value)
			c.bits = p.texts.surprise(c.marks)
		}
		if c.count == 0 {
			fs.values.count(c.buildKey(s, f.Value), 1)
		}
		p.texts.learn(c.marks, c.count > 0, c.bits, octavesOf(float64(len(f.Value)+1)), times)
	}
	was := p.settled
	if p.settle(); was.sort != p.settled.sort || was.any != p.settled.any || was.quoted != p.settled.quoted || was.category != p.settled.category {
		fs.forget()
		if was.category && !p.settled.category {
			fs.ranges.dropDimension(s.hash)
		}
	}
}

// someIdentifiers is one in how many identifiers is counted, by its hash.
const someIdentifiers = 8
