package model

// A statement with free places may have another number of numbers from line to line:
// "18242 bytes (17.8 KB) sent" and "42 bytes sent"; or as many, but in other places,
// where an identifier has no letters this time. There, a number is known by the words
// that stand beside it instead of by its index.

// besides reports whether the event's numbers are known so.
func (o *Observation) besides() bool {
	return o.known != nil && len(o.Line.Numbers) > 0 && o.tracked == 0
}

// beside is the key of the i-th number by what stands beside it.
func (o *Observation) beside(i int) uint32 {
	l := o.Line
	at := int(l.Numbers[i].Token)
	var before, after uint64
	if at > 0 {
		before = uint64(l.Tokens[at-1].Hash)
	}
	if at+1 < len(l.Tokens) {
		after = uint64(l.Tokens[at+1].Hash)
	}
	return uint32(mix64(mix64(o.known.hash, before<<32|after), 7))
}

// judgeBeside looks for a number that is farther out than worst, in octaves.
func (m *Model) judgeBeside(o *Observation, worst float32) float32 {
	if !o.besides() {
		return worst
	}
	for i := range min(len(o.Line.Numbers), trackedNumbers) {
		x := numberOctaves(o.Line.Numbers[i].Value)
		if x == noNumber || o.Line.Numbers[i].Bracketed {
			continue
		}
		r := m.fields.ranges.find(o.beside(i))
		if r == nil || r.n < firmRange {
			continue
		}
		if d := r.span.noticed(o.Line.Numbers[i].Unit).beyond(x, r.n, firmNumber); d > worst {
			worst, o.number, o.usual = d, i, r.span
		}
	}
	return worst
}

// learnBeside takes such numbers in.
func (m *Model) learnBeside(o *Observation) {
	if !o.besides() {
		return
	}
	for i := range min(len(o.Line.Numbers), trackedNumbers) {
		if x := numberOctaves(o.Line.Numbers[i].Value); x != noNumber {
			m.fields.ranges.claim(o.beside(i)).learn(x, o.Line.Numbers[i].Unit, 1)
		}
	}
}
