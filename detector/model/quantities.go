package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

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

// zeroWeight is how many points a bit of surprise is worth for the first number that
// is not 0 in a field that always was: after 4,000 zeros it is flagged.
const zeroWeight = 1.2

// zeroPoints are those of a 0 among n numbers of which none was: as surprising as the
// first number that is no 0 among as many that are.
func zeroPoints(n float32) float32 { return zeroWeight * log2(float64(n)) }

// oddZero reports whether the i-th number of the event's text is a 0 where none was, and stands by
// itself: in 4312-0 and 10/0 it is a part of something.
func (o *Observation) oddZero(st *statement, i int) bool {
	n := &o.Line.Numbers[i]
	return st.nums[i].lo >= leastBeside(n.Unit) && n.Value == 0 && !n.Bracketed && !o.isJoined(i)
}

// leastBeside is how large all others of a unit must be for a 0 among them to be news: 1, as below
// that a number may be rounded to 0, and where the time is short it is.
func leastBeside(u pattern.Unit) octaves {
	if u.IsTime() {
		return leastLarge
	}
	return perOctave
}

// isJoined reports whether the i-th number of the event's text is a part of something: 33/42, #4312-0.
func (o *Observation) isJoined(i int) bool {
	t := &o.Line.Tokens[o.Line.Numbers[i].Token]
	end := int(t.End)
	return t.Start > 0 && joins[o.Text[t.Start-1]] || end+1 < len(o.Text) && joins[o.Text[end]] && fold[o.Text[end+1]] <= digit
}

// joins are what stands between the parts of a number or a name.
var joins = [256]bool{'-': true, '/': true, '_': true, '#': true, '.': true, '@': true}

// leastLarge is from what number on one is not small, 15: where some are less, another is but less.
const leastLarge = 4 * perOctave

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
	r, apart := &p.numbers, float32(0)
	if c.ranged = int32(m.fields.ranges.index(o.rangeKey(s))); c.ranged >= 0 {
		own := &m.fields.ranges.slots[c.ranged]
		if own.n < firmRange {
			if own.n >= fewNumbers && s.number != noNumber && own.far(s.number, s.unit) <= nearNumber {
				return // whatever it is beside those of other kinds of records
			}
			m.judgeFew(o, at, p, own)
		} else {
			r, apart = &own.bounds, own.apart(s.number)
			o.judgeShift(at, p, own, o.knownSeen(), false)
			if by, key := o.alongside(at, own); by >= 0 {
				if own := m.fields.ranges.find(key); own != nil {
					o.judgeShift(at, p, own, own.seen, true)
				}
			}
		}
	}
	if r.n < firmRange {
		return
	}
	if s.number == noNumber { // a 0 may mean small, none or unknown
		if points := zeroPoints(r.n); r.noZero(p.unit) && o.fields.stranger(points, at, o.fields.rawNumber, o.fields.far) {
			o.fields.rawNumber, o.fields.far, o.fields.farUsual = points, at, r.told
		}
		if c.count > 0 {
			return
		}
	}
	d := max(r.far(s.number, s.unit), apart)
	if d <= nearNumber {
		return
	}
	width := min(widest, r.span.width())
	points := farWeight*log2(float64(1+d/(1+widthWeight*width))) + evidenceWeight*log2(float64(r.n))
	if r.span.zeros() { // how far it is from 0, no logarithm can tell
		points = min(points, zeroWeight*log2(float64(r.n)))
	}
	if p.numbers.span.holds(s.number) {
		points *= explained // other records have such numbers there
	}
	if o.fields.stranger(points, at, o.fields.rawNumber, o.fields.far) {
		o.fields.rawNumber, o.fields.far, o.fields.farUsual = points, at, r.told
	}
}

// judgeFew judges a number by the few that its statement had in the field, where these say what is
// usual.
func (m *Model) judgeFew(o *Observation, at int, p *place, r *numberRange) {
	if o.known == nil {
		return
	}
	s := &o.fields.list[at]
	points := m.fewPoints(o.known, r.told.noticed(s.unit), s.number, r.ascent.rises < r.ascent.pairs)
	if points == 0 {
		return
	}
	if p.numbers.n >= firmRange && p.numbers.span.holds(s.number) {
		points *= explained
	}
	if o.fields.stranger(points, at, o.fields.rawNumber, o.fields.far) {
		o.fields.rawNumber, o.fields.far, o.fields.farUsual = points, at, r.told
	}
}

// fewPoints are the bits by which a number is far from the few of its statement, as those of a nightly job
// are few, where these differ and lie within an octave: Student's t of its distance from them, on the
// scale of octaves, with two degrees of freedom however many there are, as the tails of few are not known.
// Some that are the same may be of one request, and some in a row say nothing of the next day; on the
// first day the number must be farther. up says that they do not climb as a counter does.
func (m *Model) fewPoints(st *statement, usual span, x octaves, up bool) float32 {
	if st.seen < fewNumbers || !usual.narrow() || m.records-st.first < knownFor {
		return 0
	}
	if x == noNumber {
		x = 0
	}
	d := float32(0)
	switch {
	case x > usual.hi && up:
		d = x.over(usual.hi)
	case x < usual.lo:
		d = usual.lo.over(x)
	}
	if d < leastFar || d < farOctaves && m.habits.young() {
		return 0
	}
	n, width := float32(st.seen), max(narrowest, usual.width())
	deviation := width / (widthBase + widthSlope*log2(float64(n)))
	t := float64((d + width/2) / (deviation * sqrt(1+1/n)))
	r := math.Sqrt(2 + t*t)
	return log2(r * (r + t) / 2) // of 1/(1-t/r)
}

// judgeFewInText judges the numbers of the event's text by the few that its statement had, one of which
// may be a 0 that is odd (see oddZero), where they are stranger than others are by so many points.
func (m *Model) judgeFewInText(o *Observation, st *statement, points float32, zero int) float32 {
	for i := range min(len(o.Line.Numbers), int(st.numbers)) {
		n := &o.Line.Numbers[i]
		if i != zero && (o.numbers[i] == noNumber || n.Bracketed || o.isJoined(i)) {
			continue
		}
		if is := m.fewPoints(st, st.nums[i].noticed(n.Unit), o.numbers[i], st.mixed>>i&1 != 0); is > points {
			points, o.number, o.usual = is, i, st.nums[i]
		}
	}
	return points
}

const (
	// fewNumbers are three nights of a job.
	fewNumbers = 3

	// leastFar is how many octaves outside of them a number must be: four times as large, or a fourth.
	leastFar = 2

	// The width of a sample of normal numbers, in standard deviations, is close to a line over the
	// logarithm of how many they are: 1.7 of three, 2.1 of four, 2.8 of eight, 3.5 of sixteen.
	widthBase, widthSlope = 0.5, 0.76
)

// judgeShift looks for a number that goes on with a spell: of those of its statement, or along, of
// those that also have the value of its dimension. seen of them came before. An identifier that is
// larger than those before it is none.
func (o *Observation) judgeShift(at int, p *place, r *numberRange, seen uint32, along bool) {
	all := &o.fields
	s := &all.list[at]
	x := sized(s.number, s.unit)
	if o.Learned || o.known == nil || !p.quantity(x, s.unit) {
		return
	}
	is, points := r.spellPoints(x, seen)
	if all.stranger(points, at, all.rawShift, all.shifted) {
		all.rawShift, all.shifted, all.shiftedAlong, all.shiftedTo = points, at, along, is
	}
}

// noZero reports whether none of the numbers of a unit was 0, nor next to it.
func (r *bounds) noZero(u pattern.Unit) bool {
	return min(r.told.lo, r.last.lo) >= leastBeside(u)
}

// far is how far a number is outside of the range, in octaves, or in what counts as much
// where the numbers lie closer together (see strays). noNumber is a 0.
func (r *bounds) far(x octaves, u pattern.Unit) float32 {
	if x == noNumber {
		return min(smallMost, r.strays(0, u))
	}
	d, usual := float32(0), r.span
	switch {
	case x > usual.hi:
		d = x.over(usual.noticed(u).hi)
	case x >= usual.lo:
	case x < belowZero && usual.lo > belowZero:
		d = negative(x)
	case x < belowZero: // as large as one above is
		d = usual.lo.float() - x.float()
	default:
		narrow := max(0, 1-usual.width())
		d = min(smallMost, (usual.lo.float()-x.float())/(smallShare-(smallShare-1)*narrow))
	}
	return max(d, r.strays(x, u))
}

// apart is the span's, but of counters, which begin anew.
func (r *numberRange) apart(x octaves) float32 {
	if r.ascent.counts() {
		return 0
	}
	return r.told.apart(x)
}

func (o *Observation) rangeKey(s *seenField) uint32 {
	return rangeKey(o.Pattern(), s.hash)
}

func rangeKey(statement, name uint64) uint32 { return uint32(mix64(statement, name)) }
