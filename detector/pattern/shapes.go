package pattern

// A line's shape is the line with all of its digits made equal. A program says the same
// again and again, at other times and with other numbers: lines of one shape have the
// same tokens at the same places, but for the few that rest on which digit stands
// somewhere, and these places are remembered too. So a line of a shape that is known
// needs no scanning. What is left to find are the values of its numbers.

const (
	// maxShape is the longest line whose shape is remembered, in bytes.
	maxShape = 1024

	// What such a line may have at most; of one that has more, nothing is remembered.
	maxShapeTokens = 40
	maxVarying     = 24
	maxRest        = 6

	// shapeSets times shapeWays lines are remembered, in 400 KB. A thousand would be
	// known for 3 lines more in a hundred.
	shapeSets = 256
	shapeWays = 2

	// onceSeen is of how many lines it is known that they came before, in 4 KB.
	onceSeen = 2048
)

// shapes are lines that were scanned, by their shape.
type shapes struct {
	once  [onceSeen]uint16 // a part of the hash of lines that were seen: what comes once is not remembered
	want  uint64           // that of the line at hand and its scanner; 0 = it is none to remember
	sets  [shapeSets]shapeSet
	lines [shapeSets * shapeWays]known // shapeWays of each set
}

type shapeSet struct {
	hash [shapeWays]uint64 // 0 = none
	last uint8             // which was asked for last
}

// known is a line that was scanned.
type known struct {
	_     [0]func() // nothing compares them: see model.statement
	hash  uint64
	level Level

	rest
	is [maxRest]byte // what stands where rest says

	tokens, numbers, spans uint8

	span  [maxVarying]struct{ start, end uint16 } // of what counts for Line.Vars
	form  [MaxNumbers]notation
	place [MaxNumbers]struct {
		token     uint16
		unit      Unit
		bracketed bool
	}
	token [maxShapeTokens]Token
}

// rest is what a line's tokens rest on beside its shape.
type rest struct {
	loose bool // on digits that are not taken down
	asked bool // whether the line begins with a compact time,
	began bool // and the answer
	n     uint8
	at    [maxRest]uint16 // on which digits stand there
}

// on takes down that something rests on which digits stand from i to j.
func (r *rest) on(i, j int) {
	for ; i < j; i++ {
		if r.n == maxRest {
			r.loose = true
			return
		}
		r.at[r.n] = uint16(i)
		r.n++
	}
}

// notation is how a number is written, as far as its value is found again by that.
type notation struct {
	from, point, end uint16
	of               notationKind
	negative         bool
}

type notationKind uint8

const (
	noValue  notationKind = iota
	digits                // from to point
	fraction              // with a point, to end
	quad                  // an IPv4 address
)

// whole is the notation of the digits from i to j.
func whole(i, j int) notation { return notation{from: uint16(i), point: uint16(j), of: digits} }

// Remember lets l remember the lines that it scans by their shape: of a line like one
// of the last few hundred, only the numbers are looked at then. Tokens are valid until
// the next Scan in any case.
func (l *Workspace) Remember() { l.shapes = new(shapes) }

// recall makes the line in l.text what it is if one of its shape is known.
func (l *Workspace) recall(s *Scanner, shape Shape) bool {
	h := l.shapes
	if h.want = 0; shape == 0 {
		return false
	}
	h.want = (uint64(shape) ^ s.seed) | 1
	at := h.want >> 32 % shapeSets
	set := &h.sets[at]
	way := uint8(0)
	if set.hash[0] != h.want {
		if way = 1; set.hash[1] != h.want {
			return false
		}
	}
	k := &h.lines[at*shapeWays+uint64(way)]
	for i, at := range k.at[:k.n] {
		if l.text[before+int(at)] != k.is[i] {
			return false
		}
	}
	if k.asked && compactTime(l.text[before:]) != k.began {
		return false
	}
	for i := range k.form[:k.numbers] {
		v, ok := l.valueOf(&k.form[i], k.place[i].unit)
		if !ok {
			return false
		}
		l.numbers[i] = Num{v, k.place[i].token, k.place[i].unit, k.place[i].bracketed}
	}
	vars := uint64(0)
	for _, v := range k.span[:k.spans] {
		vars = l.vary(vars, int(v.start), int(v.end))
	}
	set.last = way
	l.Hash, l.Vars, l.Level = k.hash, vars, k.level
	l.Tokens, l.Numbers = k.token[:k.tokens:k.tokens], l.numbers[:k.numbers]
	return true
}

// valueOf is the value of a number in base units. It is not ok where what stands there
// is another kind of token.
func (l *Workspace) valueOf(f *notation, u Unit) (v float64, ok bool) {
	switch f.of {
	case digits:
		v = l.value(int(f.from), int(f.point))
	case fraction:
		v = l.fraction(int(f.from), int(f.point), int(f.end))
	case quad:
		return l.quad(int(f.from))
	default:
		return 0, true
	}
	if v = finite(u.base(v)); f.negative {
		v = -v
	}
	return v, true
}

// remember keeps the line that was scanned, in the place of the one of its set that was
// not asked for last.
func (l *Workspace) remember() {
	h := l.shapes
	if h.want == 0 || l.rest.loose || len(l.Tokens) > maxShapeTokens {
		return
	}
	if once, part := &h.once[h.want>>40%onceSeen], uint16(h.want>>8)|1; *once != part {
		*once = part
		return
	}
	at := h.want >> 32 % shapeSets
	set := &h.sets[at]
	way := 1 - set.last
	if i := 1 - way; set.hash[i] == h.want { // of its shape, but not like it
		way = i
	}
	k := &h.lines[at*shapeWays+uint64(way)]
	set.hash[way] = 0
	k.spans = 0
	for i := range l.Tokens {
		t := &l.Tokens[i]
		if !t.Kind.varies() {
			continue
		}
		if k.spans == maxVarying {
			return
		}
		k.span[k.spans] = struct{ start, end uint16 }{t.Start, t.End}
		k.spans++
	}
	k.hash, k.level, k.rest = l.Hash, l.Level, l.rest
	for i, at := range l.rest.at[:l.rest.n] {
		k.is[i] = l.text[before+int(at)]
	}
	k.numbers = uint8(copy(k.form[:], l.forms[:len(l.Numbers)]))
	for i, num := range l.Numbers {
		k.place[i].token, k.place[i].unit, k.place[i].bracketed = num.Token, num.Unit, num.Bracketed
	}
	k.tokens = uint8(copy(k.token[:], l.Tokens))
	set.hash[way], set.last = h.want, way
}
