package pattern

import (
	"encoding/binary"
	"math/bits"
)

// Room around the line in Workspace.text: any byte of it can be loaded together
// with the 8 before or the 16 behind it, and blocks of 64 never end early.
// Both stay zero, so that a byte before or behind the line reads as 0.
const (
	before = 8
	after  = 64 + 16
)

// nowhere is a place behind every line.
const nowhere = 1 << 15

// every returns a word with the byte c eight times.
const every = 0x0101010101010101

const highBits = 0x80 * every

// Classes of bytes. The bytes of UTF-8 sequences are letters.
const (
	letter = 1 << iota
	digit
	hex  // a digit or a letter of a hexadecimal number
	unit // the first letter of a unit that may stand behind a space
	colon
	slash // or backslash
	open  // behind it a slash begins a path; 0 is the line's beginning
	escape
	join // part of the joins of names, of which two may follow each other
	any
)

var class = func() (t [256]uint16) {
	for i := range t {
		t[i] = any
		c := byte(i)
		switch lower := c | 0x20; {
		case c >= 0x80, lower >= 'a' && lower <= 'z':
			t[i] |= letter
			if lower <= 'f' {
				t[i] |= hex
			}
		case c >= '0' && c <= '9':
			t[i] |= digit | hex
		}
	}
	for _, c := range []byte("BKMGTbkmunshdp") {
		t[c] |= unit
	}
	for _, c := range []byte("\x00 \t\"'`=([{,<>:|") {
		t[c] |= open
	}
	t[':'] |= colon
	t['/'] |= slash
	t['\\'] |= slash
	t[0x1b] |= escape
	t['-'] |= join
	t['_'] |= join
	return t
}()

const alnum = letter | digit

// The arrays of a Workspace are larger than a line needs, so that the compiler sees
// masked indices to be in range: a load takes 2 instructions then, of a checked
// slice 12.
const (
	textSize = 2*MaxBytes + after
	textMask = 2*MaxBytes - 1
	edgeSize = 4*MaxBytes + 64
	edgeMask = 4*MaxBytes - 1
)

// load returns the 8 bytes at l.text[i:]; the line begins at before.
func (l *Workspace) load(i int) uint64 {
	return binary.LittleEndian.Uint64(l.text[i&textMask:][:8])
}

// edge returns the edge k, where a run starts, and the one behind it, where it ends.
func (l *Workspace) edge(k int) uint32 {
	return binary.LittleEndian.Uint32(l.edges[2*k&edgeMask:][:4])
}

// run returns where the run at edge k starts and ends.
func (l *Workspace) run(k int) (start, end int) {
	v := l.edge(k)
	return int(v & 0xffff), int(v >> 16)
}

func (l *Workspace) start(k int) int {
	i, _ := l.run(k)
	return i
}

func (l *Workspace) end(k int) int {
	return int(binary.LittleEndian.Uint16(l.edges[2*k&edgeMask:][2:4]))
}

// setStart makes the run at edge k start at i.
func (l *Workspace) setStart(k, i int) {
	binary.LittleEndian.PutUint16(l.edges[k*2:], uint16(i))
}

// What findAlnumPortable adds to a byte to carry into its high bit, where the byte reaches
// the bound; gather brings the high bits of 8 bytes together in the highest.
const (
	low7    = 0x7f * every
	fold    = 0x20 * every
	fromA   = (0x80 - 'a') * every
	beyondZ = (0x80 - 'z' - 1) * every
	from0   = (0x80 - '0') * every
	beyond9 = (0x80 - '9' - 1) * every
	gather  = 0x0002040810204081
)

// lanes is 1 in each 16 bits of a word.
const lanes = 0x0001000100010001

// edgesOf[m] are the numbers of the bits that are set in m, 16 bits each.
var edgesOf = func() (t [256][2]uint64) {
	for m := range t {
		n := 0
		for i := range 8 {
			if m>>i&1 != 0 {
				t[m][n/4] |= uint64(i) << (n % 4 * 16)
				n++
			}
		}
	}
	return t
}()

// split finds the runs of letters and digits in the first n bytes of the
// line: l.edges has their starts and ends by turns, and behind the last edges
// that lie behind every line.
//
// A bit for each byte says whether it is a letter or a digit.
func (l *Workspace) split(n int) {
	high := l.findAlnum(n)
	k := l.findEdges(n)
	*(*[len(noEdges)]byte)(l.edges[2*k&edgeMask:]) = noEdges
	l.spaceless = 0
	if high {
		l.splitSpaceless(n)
	}
}

// findEdgesPortable is findEdges on any machine: a table turns 8 of the bits at which
// something changes into edges, without a branch.
func (l *Workspace) findEdgesPortable(n int) int {
	k, carry, base := 0, uint64(0), uint64(0)
	for at := 0; at <= n; at += 64 { // behind n there is a 0, which ends the last run
		m := l.alnum[at/64]
		changes := m ^ (m<<1 | carry)
		carry = m >> 63
		for from := base; changes != 0; from += 8 * lanes {
			t := &edgesOf[uint8(changes)]
			e := l.edges[2*k&edgeMask:][:16]
			binary.LittleEndian.PutUint64(e, t[0]+from)
			binary.LittleEndian.PutUint64(e[8:], t[1]+from)
			k += bits.OnesCount8(uint8(changes))
			changes >>= 8
		}
		base += 64 * lanes
	}
	return k
}

// findAlnumPortable is findAlnum on any machine, 8 bytes at a time: adding a constant to
// each byte, its high bit cleared before, carries into the high bit where the byte
// reaches a bound; a multiplication gathers the high bits.
func (l *Workspace) findAlnumPortable(n int) (high bool) {
	all, word := uint64(0), uint64(0)
	for at := 0; at <= n; at += 8 {
		w := l.load(before + at)
		all |= w
		low := w & low7
		lower := low | fold
		m := (((lower + fromA) ^ (lower + beyondZ)) | ((low + from0) ^ (low + beyond9)) | w) & highBits
		word |= m * gather >> 56 << (at & 63)
		if l.alnum[at/64] = word; at&63 == 64-8 {
			word = 0
		}
	}
	return all&highBits != 0
}

var noEdges = func() (e [32]byte) {
	for i := 0; i < len(e); i += 2 {
		binary.LittleEndian.PutUint16(e[i:], nowhere)
	}
	return e
}()

// masks[n] keeps the first n of 16 bytes; letters is what madeOf returns when
// all of them are letters.
var masks = func() (t [17]struct{ lo, hi, letters uint64 }) {
	for n := range t {
		for i := range n {
			if i < 8 {
				t[n].lo |= 0xff << (8 * i)
			} else {
				t[n].hi |= 0xff << (8 * (i - 8))
			}
		}
		t[n].letters = t[n].lo&highBits>>1 | t[n].hi&highBits
	}
	return t
}()

// madeOf tells letters from digits in up to 16 bytes that are nothing else:
// it has a bit for each letter. Letters have bit 6 set, or bit 7 in UTF-8.
func madeOf(lo, hi uint64) uint64 {
	return (lo|lo<<1)&highBits>>1 | (hi|hi<<1)&highBits
}

// What longMadeOf returns for letters only, and for letters and digits.
const (
	allLetters = 1
	someDigits = 2
)

// longMadeOf is madeOf for runs of more than 16 bytes.
func (l *Workspace) longMadeOf(i, j int) uint64 {
	some, all := uint64(0), ^uint64(0)
	for ; i < j; i += 16 {
		m := &masks[min(j-i, 16)]
		x := madeOf(l.load(before+i)&m.lo, l.load(before+i+8)&m.hi)
		some, all = some|x, all&(x|^m.letters)
	}
	switch {
	case some == 0:
		return 0
	case all == ^uint64(0):
		return allLetters
	}
	return someDigits
}

// spelt reports whether the run from i to j is of letters alone. Of a long one it says no.
func (l *Workspace) spelt(i, j int) bool {
	size := uint(j - i)
	if size > 16 {
		return false
	}
	m := &masks[size]
	return madeOf(l.load(before+i)&m.lo, l.load(before+i+8)&m.hi) == m.letters
}

// letters hashes the bytes from i to j, as Scan does a word.
func (s *Scanner) letters(l *Workspace, i, j int) (h uint64) {
	seed := s.seed
	for ; j-i > 16; i += 16 {
		seed = mix(l.load(before+i)^seed, l.load(before+i+8)^s.seed2)
	}
	m := &masks[j-i]
	return mix(l.load(before+i)&m.lo^seed, l.load(before+i+8)&m.hi^s.seed2)
}

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// eight returns the value of 8 decimal digits; bytes that are 0 count as the
// digit 0.
func eight(w uint64) uint64 {
	w &= 0x0f * every
	w = w*10 + w>>8 // pairs, in the low half of each 16 bits
	w = (w&0x000000ff000000ff)*(100+1000000<<32) + (w>>16&0x000000ff000000ff)*(1+10000<<32)
	return w >> 32
}

// spare is how many of a word's bits are beyond its first n bytes, which are 1 to 8.
func spare(n uint) uint { return -(8 * n) & 63 }

// value returns the value of the digits from i to j.
func (l *Workspace) value(i, j int) float64 {
	v := 0.0
	if first := (j - i) & 7; first != 0 {
		v = float64(eight(l.load(before+i) << spare(uint(first))))
		i += first
	}
	for ; i < j; i += 8 {
		v = v*1e8 + float64(eight(l.load(before+i)))
	}
	return finite(v)
}
