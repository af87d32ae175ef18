package model

import "math"

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

// judgeRush sees whether one kind of record makes up most of the last ones and
// hardly any of those before.
func (m *Model) judgeRush(o *Observation) {
	fs, s := &m.fields, &o.fields
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
		if s.ofNetwork(l) {
			continue
		}
		if l.seen >= 0 {
			if p := o.placeOf(l.seen); p.compared < longCompared*p.n {
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

// shapeMix spreads the values of a record's categories over the hash of their sum.
const shapeMix = 0x9e3779b1
