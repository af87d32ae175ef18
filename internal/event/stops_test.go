package event

import (
	"bytes"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

var stopTexts = []string{
	"", "a", "a=b", "a=1 b=2", `a="x y" b='z "w"' c`, `ts=2026-03-02T08:00:01Z level=info msg="request completed" status=200`,
	"Mar  2 08:00:01 host kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DF PROTO=TCP",
	"LogSegment(baseOffset=5, size=7 time=9)", "a) (b {c} d=1 e=2 f=3", `a="\" b=1" c=2`, `a="\`, `a='\\' b=2`, `a="b"c d=2 e=3`, `a="it's" b='"'`,
	"a=1,b=2;c=3,; d=", "=a =b", "==", "a==b c==d", "\ta=1\tb=2\t", "é=1 ü=2 a=é b=\xff\x00", "9=1 a=2 b=3", ":a=1 b=2 c=3", "x:a=1 y=2 z=3",
	"msg=many words without quotes level=info", "time=2026-03-02 08:00:01 level=info", "level=info some thing=1 else", "a=1 (b=2 c=3 d=4",
	"prose a=1 and more prose, b=2 c=3 d=4 DF SYN", "a=1 b=2 toolongflag c=3", "a=1 b c d e", `say "a=1 b=2`, "exactly=32 bytes=that-make-one..", "a= b= c=",
	"\x00\t\n\x09 \"'\\ ,;=", "a=1 b=2\x00 c=3", `msg="` + strings.Repeat("long ", 150) + `" a=1 b="` + strings.Repeat("x", 600),
}

// FuzzStops holds that each way to find the stops of a text that there is on this machine
// finds them, also where others were found before, and that they are stepped between.
func FuzzStops(f *testing.F) {
	for i, text := range stopTexts {
		f.Add([]byte(text), []byte(strings.Repeat("x=\"9é' \\", 30*i)), uint16(i))
	}
	for _, size := range []int{31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 2000} {
		f.Add(bytes.Repeat([]byte("a"), size), []byte(" "), uint16(size/2))
		f.Add(bytes.Repeat([]byte("az-AZ[`{@09/:\x7f\x80 $._\t"), size/20+1)[:size], bytes.Repeat([]byte(`"='\`), size/4), uint16(1))
	}
	kinds := [stopKinds]func(c byte) bool{
		keyStop:   func(c byte) bool { return !keyByte[c] },
		wordStop:  func(c byte) bool { return c == ' ' || c == '\t' },
		quoteStop: func(c byte) bool { return c == '"' || c == '\'' || c == '\\' },
	}
	var s stops
	f.Fuzz(func(t *testing.T, text, other []byte, from uint16) {
		for _, b := range [][]byte{text, other, text} {
			if got, want := s.find(b), bytes.Count(b, equals); got != want {
				t.Fatalf("of %q: %d '=', want %d", b, got, want)
			}
			for kind, is := range kinds {
				i := int(from) % (len(b) + 1)
				want := i
				for want < len(b) && !is(b[want]) {
					want++
				}
				if got := s.next(kind, i); got != want {
					t.Fatalf("of %q: stop %d from %d on is at %d, want %d", b, kind, i, got, want)
				}
			}
			if len(b) == 0 {
				continue
			}
			for name, fill := range map[string]func(stops, []byte) int{"fill": stops.fill, "fillPortable": stops.fillPortable} {
				if got, want := fill(s, b), bytes.Count(b, equals); got != want {
					t.Fatalf("%s: of %q: %d '=', want %d", name, b, got, want)
				}
				for kind, is := range kinds {
					for i, c := range b {
						if got := s[i/64][kind]>>(i%64)&1 != 0; got != is(c) {
							t.Fatalf("%s: of %q: stop %d at %d: %v", name, b, kind, i, got)
						}
					}
				}
			}
		}
	})
}

var equals = []byte("=")

// pairsBefore finds the pairs of a text byte by byte, as it was done before there were
// stops.
type pairsBefore struct {
	r     *Reader
	pairs []pair
	asked bool
}

func (b *pairsBefore) split(text []byte) (head int) {
	if bytes.Count(text, equals) < leastPairs {
		return -1
	}
	head = b.first(text, 0)
	for head >= 0 {
		stopped, ok := b.from(text, head)
		if ok {
			open := 0
			for _, c := range text[:head] {
				switch c {
				case '(', '{':
					open++
				case ')', '}':
					open--
				}
			}
			if open > 0 {
				return -1
			}
			return head
		}
		head = b.first(text, stopped)
	}
	return -1
}

func (b *pairsBefore) first(text []byte, i int) int {
	for i < len(text) {
		at := bytes.IndexByte(text[i:], '=')
		if at <= 0 {
			if at < 0 {
				return -1
			}
			i++
			continue
		}
		from := i + at
		for from > i && keyByte[text[from-1]] {
			from--
		}
		if from < i+at && firstKeyByte(text[from]) && (from == 0 || b.separates(text[from-1]) || text[from-1] == ':') {
			return from
		}
		i += at + 1
	}
	return -1
}

func (b *pairsBefore) separates(c byte) bool { return c == ' ' || c == '\t' || c == ',' || c == ';' }

func (b *pairsBefore) from(text []byte, i int) (stopped int, ok bool) {
	behind := i > 0
	b.pairs = b.pairs[:0]
	pairs, flags := 0, 0
	for len(b.pairs) < maxPairs {
		for i < len(text) && b.separates(text[i]) {
			i++
		}
		if i == len(text) {
			break
		}
		from := i
		for i < len(text) && keyByte[text[i]] {
			i++
		}
		if i > from && i < len(text) && text[i] == '=' && firstKeyByte(text[from]) {
			p := pair{key: from, keyEnd: i}
			if i, ok = b.value(&p, text, i+1); !ok {
				return i, false
			}
			b.pairs = append(b.pairs, p)
			pairs++
			continue
		}
		i = b.either(text, i, ' ', '\t')
		word := bytes.TrimRight(text[from:i], ",;")
		if b.belongs(text, word) {
			b.pairs[len(b.pairs)-1].to = from + len(word)
			continue
		}
		if !isFlag(word, behind) {
			return i, false
		}
		b.pairs = append(b.pairs, pair{key: from, keyEnd: from + len(word), is: flag})
		flags++
	}
	least := leastPairs
	if behind {
		least = leastBehind
	}
	return len(text), pairs >= least && pairs >= 2*flags
}

func (b *pairsBefore) value(p *pair, text []byte, i int) (end int, ok bool) {
	if i < len(text) && (text[i] == '"' || text[i] == '\'') {
		end := b.either(text, i+1, text[i], '\\')
		for end < len(text) && text[end] == '\\' {
			p.is = escaped
			end = b.either(text, min(end+2, len(text)), text[i], '\\')
		}
		if end >= len(text) || end+1 < len(text) && !b.separates(text[end+1]) {
			return i, false
		}
		p.from, p.to = i+1, end
		p.is |= quoted
		return end + 1, true
	}
	p.from = i
	i = b.either(text, i, ' ', '\t')
	p.to = i
	for p.to > p.from && (text[p.to-1] == ',' || text[p.to-1] == ';') {
		p.to--
	}
	return i, true
}

func (b *pairsBefore) either(text []byte, i int, x, y byte) int {
	for i < len(text) && text[i] != x && text[i] != y {
		i++
	}
	return i
}

func (b *pairsBefore) belongs(text, word []byte) bool {
	if len(b.pairs) == 0 || len(word) == 0 {
		return false
	}
	p := &b.pairs[len(b.pairs)-1]
	if p.is != 0 || p.from == p.to {
		return false
	}
	b.asked = true
	n := b.r.tree.child(&b.r.tree.root, text[p.key:p.keyEnd])
	return n != nil && (n.message > 0 || n.clock > 0 && word[0] >= '0' && word[0] <= '9')
}

// FuzzPairs holds that the pairs of a text are those that are found byte by byte, also
// where others were found before.
func FuzzPairs(f *testing.F) {
	for _, text := range stopTexts {
		f.Add([]byte(text), uint8(0))
		f.Add([]byte(text+" "), uint8(10))
		f.Add([]byte(text+`" d="`), uint8(3))
	}
	s := options.Defaults()
	reader := func() *Reader {
		r, err := NewReader(&s)
		if err != nil {
			f.Fatal(err)
		}
		return r
	}
	r, before := reader(), &pairsBefore{r: reader()}
	f.Fuzz(func(t *testing.T, text []byte, times uint8) {
		text = bytes.Repeat(text, int(times)%20+1)
		for _, b := range [][]byte{text, text[len(text)/3:]} {
			r.begin()
			before.r.begin()
			r.asked, before.asked = false, false
			head, want := r.split(b), before.split(b)
			if head != want || r.asked != before.asked {
				t.Fatalf("%q: pairs from %d on, asked %v, want %d, %v", b, head, r.asked, want, before.asked)
			}
			if head < 0 {
				continue
			}
			if len(r.pairs) != len(before.pairs) {
				t.Fatalf("%q: %d pairs, want %d", b, len(r.pairs), len(before.pairs))
			}
			for i, p := range r.pairs {
				if p != before.pairs[i] {
					t.Fatalf("%q: pair %d is %+v, want %+v", b, i, p, before.pairs[i])
				}
			}
		}
	})
}

// What a giant takes is not kept, and room that is enough is used again.
func TestRoomForStops(t *testing.T) {
	var s stops
	giant, line := bytes.Repeat([]byte("key=value "), maxText/10), []byte("a=1 b=2 c=3")
	if equals := s.find(giant); equals != len(giant)/10 {
		t.Errorf("%d '=' in a giant, want %d", equals, len(giant)/10)
	}
	if equals := s.find(line); equals != 3 || len(s) > keptStops {
		t.Errorf("%d '=' in %q, want 3; room for %d bytes is kept", equals, line, 64*len(s))
	}
	if n := testing.AllocsPerRun(100, func() { s.find(line) }); n != 0 {
		t.Errorf("%v allocations for a line, want none", n)
	}
}
