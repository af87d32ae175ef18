package model

import (
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"math"
	"strings"
	"testing"
)

// TestFold: letters are the same in either case, digits are one, bytes of UTF-8 another.
func TestFold(t *testing.T) {
	for c := range 256 {
		b := byte(c)
		k := fold[b]
		want := k
		switch {
		case b >= 'a' && b <= 'z':
			want = b - 'a'
		case b >= 'A' && b <= 'Z':
			want = fold[b-'A'+'a']
		case b >= '0' && b <= '9':
			want = fold['0']
		case b >= 0x80:
			want = fold[0x80]
		case b == '\t':
			want = fold[' ']
		case b < ' ':
			want = fold[0]
		default: // of 33 characters, a few share a place
			if k < 28 || k == fold[0] || k >= 64 {
				t.Errorf("%q is folded to %d", b, k)
			}
		}
		if k != want || k >= 64 {
			t.Errorf("%q is folded to %d, want %d", b, k, want)
		}
	}
	different := map[uint8]string{}
	for _, c := range []byte("az0\x80 \x01") {
		if other := different[fold[c]]; other != "" {
			t.Errorf("%q and %s are folded to the same", c, other)
		}
		different[fold[c]] = string(c)
	}
}

// TestLettersByTheirDefinition: the mean surprise of a line's pairs of characters, by how
// often the second one stood behind the first.
func TestLettersByTheirDefinition(t *testing.T) {
	var m letters
	text := strings.Repeat("The quick brown fox jumps over the lazy dog, 12 times. ", 9)[:letterBytes-20]
	m.learn([]byte(text))
	m.learn([]byte("x"))
	m.learn(nil)
	pairs, firsts := map[[2]uint8]float64{}, map[uint8]float64{}
	for i := 1; i < len(text); i++ {
		pairs[[2]uint8{fold[text[i-1]], fold[text[i]]}]++
		firsts[fold[text[i-1]]]++
	}
	for _, line := range []string{"the fox", "qzqzqz", "a", "ab", text} {
		want := 0.0
		for i := 1; i < len(line); i++ {
			p, k := fold[line[i-1]], fold[line[i]]
			want += math.Log2((firsts[p] + 64*unseenPair) / (pairs[[2]uint8{p, k}] + unseenPair))
		}
		if len(line) > 1 {
			want /= float64(len(line) - 1)
		}
		if got := surpriseOf(&m, []byte(line)); math.Abs(float64(got)-want) > 0.1 {
			t.Errorf("%.20q has %v bits a character, want %v", line, got, want)
		}
	}
	// Only the beginning counts.
	long := []byte(strings.Repeat("the ", letterBytes/4))
	if a, b := surpriseOf(&m, long), surpriseOf(&m, append(long, "\x00\x01\x02qqqq"...)); a != b {
		t.Errorf("what stands behind %d bytes changes %v to %v", letterBytes, a, b)
	}
	var one, two letters
	one.learn(long)
	two.learn(append(long, "zzzz"...))
	if one != two {
		t.Error("what stands behind is learned from")
	}
	m.mean = 7
	if got := surpriseOf(&m, []byte("x")); got != 7 {
		t.Errorf("a line of one character has %v bits, want the usual", got)
	}
}

// TestLettersHaveRoom: a pair that has come as often as can be counted halves all.
func TestLettersHaveRoom(t *testing.T) {
	var m letters
	pair := func(a, b byte) *uint16 { return &m.pairs[int(fold[a])<<6|int(fold[b])] }
	*pair('a', 'b'), *pair('a', 'c'), *pair('d', 'e') = math.MaxUint16, 9, 1
	m.firsts[fold['a']], m.firsts[fold['d']] = math.MaxUint16+9, 1
	m.learn([]byte("ab"))
	if ab, ac, de := *pair('a', 'b'), *pair('a', 'c'), *pair('d', 'e'); ab != math.MaxUint16/2+1 || ac != 4 || de != 0 {
		t.Errorf("%d, %d and %d are left", ab, ac, de)
	}
	if a, d := m.firsts[fold['a']], m.firsts[fold['d']]; a != math.MaxUint16/2+1+4 || d != 0 {
		t.Errorf("%d and %d first characters are left", a, d)
	}
	m.learn([]byte("ac"))
	if *pair('a', 'c') != 5 || *pair('a', 'b') != math.MaxUint16/2+1 {
		t.Error("where there is room, it is halved")
	}
}

// TestUsualLetters: mean, variance and share of the open among the last hundred lines.
func TestUsualLetters(t *testing.T) {
	var m letters
	for i, bits := range []float32{4, 5, 3, 4} {
		m.usual(bits, i == 1)
	}
	if m.lines != 4 || m.mean != 4 || math.Abs(float64(m.open)-0.25) > 1e-6 {
		t.Errorf("%v lines of %v bits, %v of them open", m.lines, m.mean, m.open)
	}
	if m.points(100) != 0 {
		t.Error("a line is far from four others")
	}
	for range 200 {
		m.usual(4, false)
	}
	if m.lines != 100 || math.Abs(float64(m.mean)-4) > 0.01 || m.open > 0.1 {
		t.Errorf("%v lines of %v bits, %v of them open", m.lines, m.mean, m.open)
	}
	spread := m.spread
	m.usual(1e6, true) // one line widens the deviation by no more than mostApart
	if want := spread + (mostApart*mostApart-spread)/100; math.Abs(float64(m.spread-want)) > 1e-4 {
		t.Errorf("the variance is %v, want %v", m.spread, want)
	}
	for _, c := range []struct {
		name               string
		spread, bits, want float32 // bits beyond the mean
	}{
		{"usual", 1, 0, 0},
		{"two bits, and not two deviations", 1, 2, 3 * 2},
		{"a third of a bit, and three deviations", 0, 0.3, 6 * (3 - 1)},
		{"many bits, and few deviations", 16, 6, 3 * 4},
		{"many deviations", 0, 5, 20},
		{"less than usual", 1, -3, -9},
	} {
		l := letters{mean: 4, spread: c.spread, lines: 6}
		if got := l.points(4 + c.bits); math.Abs(float64(got-c.want)) > 0.01 {
			t.Errorf("%s: %v points, want %v", c.name, got, c.want)
		}
	}
	l := letters{lines: 5}
	if l.points(9) != 0 {
		t.Error("five lines say what is usual")
	}
	if l.lines = 5.5; l.points(9) == 0 {
		t.Error("more than five do not")
	}
}

// TestOpenBits: how little usual it is that something stays open, up to a bound.
func TestOpenBits(t *testing.T) {
	for open, want := range map[float32]float64{0: -math.Log2(leastOpen), 0.25: -math.Log2(0.254), 1: 0} {
		m := letters{open: open}
		if got := m.openBits(); math.Abs(float64(got)-min(want, openBits)) > 0.09 {
			t.Errorf("a share of %v: %v bits, want %v", open, got, want)
		}
	}
	for line, want := range map[string]bool{
		"": false, "plain": false, `a "b" c`: false, `a "b`: true, "f(x)": false, "f(x": true, "f)x": false, "[a]": false, "[a": true, "a]": false, "{a}": false, "{a": true, "a}": false,
		"(a]": true, "\xff(": true, "\x80(": true, "\x7f": false, "'": false, `""""`: false, `"""`: true, "((a)": true,
	} {
		if got := unclosed([]byte(line)); got != want {
			t.Errorf("in %q something stays open: %v", line, got)
		}
	}
}

// TestLengthsByTheirDefinition: how seldom lines are as short, or as long, and how far
// beyond all others one is.
func TestLengthsByTheirDefinition(t *testing.T) {
	var h lengths
	for i := range fewLines {
		if i == fewLines-1 && h.surprise(5000) != 0 {
			t.Errorf("%d lines say what is usual", i)
		}
		h.learn(99 + i%2) // a bin of its own, or the same
	}
	for range 70 {
		h.learn(199)
	}
	const total = fewLines + 70
	bin := func(n int) float64 { return float64(lengthBin(n)) }
	tail := func(count, beyond float64) float64 {
		return tailBits*math.Log2((total+1)/(count+1)) + max(0, beyond)/binsPerBit
	}
	for n, want := range map[int]float64{
		150:  max(0, 0.5*tail(70, 0)-plainLength),
		199:  0,
		5000: 0.5*tail(0, bin(5000)-bin(199)) - plainLength,
		3:    tail(0, bin(99)-bin(3)) - plainLength,
		0:    tail(0, bin(99)-bin(0)) - plainLength,
		85:   max(0, tail(fewLines, bin(99)-bin(85))-plainLength), // not a quarter of an octave shorter than others: as rare as they are
		76:   tail(0, bin(99)-bin(76)) - plainLength,
	} {
		if got := h.surprise(n); math.Abs(float64(got)-want) > 0.1 {
			t.Errorf("a line of %d bytes has %v bits, want %v", n, got, want)
		}
	}
	if h.total != total || h.lo != lengthBin(99) || h.hi != lengthBin(199) {
		t.Errorf("%v lines from bin %d to %d", h.total, h.lo, h.hi)
	}
	for n, want := range map[int]int{0: 0, 1: 12, 3: 24, 7: 36, 1 << 30: 12*13 - 1} {
		if got := lengthBin(n); got != want {
			t.Errorf("%d bytes are in bin %d, want %d", n, got, want)
		}
	}
}

// TestLengthsAge: halved, until less than a quarter of a line is left in a bin; the ends
// are those of what is left.
func TestLengthsAge(t *testing.T) {
	var h lengths
	h.learn(3) // one
	for range 8 {
		h.learn(100)
		h.learn(500)
	}
	h.learn(5000)
	h.learn(5000)
	for _, c := range []struct {
		total  float32
		lo, hi int // lengths
	}{{9.5, 3, 5000}, {4.75, 3, 5000}, {2.25, 100, 5000}, {1, 100, 500}, {0.5, 100, 500}, {0, 100, 500}} {
		if h.halve(); h.total != c.total || h.lo != lengthBin(c.lo) || h.hi != lengthBin(c.hi) {
			t.Errorf("%v lines from bin %d to %d, want %v from %d to %d", h.total, h.lo, h.hi, c.total, lengthBin(c.lo), lengthBin(c.hi))
		}
	}
	if h.learn(50); h.total != 1 || h.lo != lengthBin(50) || h.hi != h.lo {
		t.Errorf("the first line of an empty one: %v from %d to %d", h.total, h.lo, h.hi)
	}
}

// surpriseOf is what a line's characters say by themselves, in bits.
func surpriseOf(m *letters, b []byte) float32 {
	all, _ := m.surprise(b, &pattern.Line{}, nil, 0)
	return all
}

// TestKnownWordsAreNotGarbled: in words that the log has said, no pair of characters is more of a
// surprise than usual, however seldom they come; in others and between words each is.
func TestKnownWordsAreNotGarbled(t *testing.T) {
	m, g := letters{mean: 1}, language{grams: newGrams(gramLimit)}
	m.learn([]byte(strings.Repeat("the quick brown fox ", 20)))
	s := pattern.NewScanner(1)
	scan := func(line string) *pattern.Line {
		w := new(pattern.Workspace)
		s.Scan([]byte(line), w)
		return &w.Line
	}
	known := "zxqj vwkp hgfy"
	before, news := m.surprise([]byte(known), scan(known), &g, 0)
	if before != news {
		t.Errorf("of unknown words all are news: %v bits and %v", before, news)
	}
	g.learn(scan(known), 1)
	if all, news := m.surprise([]byte(known), scan(known), &g, 0); all != before || news >= all/2 || news <= m.mean {
		t.Errorf("of known words %v bits, %v of them news, want %v, and less than half of it", all, news, before)
	}
	if _, news := m.surprise([]byte(known), scan(known), &g, 1); news != before {
		t.Errorf("what the line itself said is known: %v bits, want %v", news, before)
	}
}
