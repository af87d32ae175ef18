package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// look cuts a line into places.
func look(line string) *places {
	var p places
	var l pattern.Workspace
	var words spoken
	pattern.NewScanner(1).Scan([]byte(line), &l)
	p.look([]byte(line), &l.Line, &words)
	return &p
}

// TestPlaces are what stands between blanks and brackets; what holds digits is one kind of
// place, and several of them in a row are one.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		line string
		n    int
		free string // f for a place that may be a variable, - for one that may not be
	}{
		{"", 0, ""},
		{"one", 1, "f"},
		{"one two three", 3, "fff"},
		{"user=alice role=(admin)", 4, "ffff"},
		{"took 12 ms", 2, "f-"}, // a number with its unit
		{"from 12 to 99", 4, "f-f-"},
		{"at 12 13 14 now", 3, "f-f"},
		{"a/b/c.d x", 2, "ff"},
		{"was lost again", 3, "f-f"}, // a word of failure is no variable
		{"ERROR in shop", 3, "-ff"},
		{"disk7 is full", 3, "-f-"},
		{"日本語 x", 4, "ffff"}, // each of the words without spaces between them
	} {
		p := look(c.line)
		free := ""
		for i := range p.n {
			if p.free[i] {
				free += "f"
			} else {
				free += "-"
			}
		}
		if p.n != c.n || free != c.free {
			t.Errorf("%q has %d places, %s; want %d, %s", c.line, p.n, free, c.n, c.free)
		}
	}
	// What stands in the places makes the line; the digits of an identifier do not, those of
	// a number neither.
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"user alice came", "user bob came", false}, {"took 12 ms", "took 99 ms", true}, {"node a7f3 down", "node b81c down", true}, {"a b", "b a", false}, {"took 12 ms", "took x ms", false},
		{"from 1 2 3 to", "from 4 5 6 to", true},
	} {
		if got := look(c.a).whole() == look(c.b).whole(); got != c.same {
			t.Errorf("%q and %q are the same: %v", c.a, c.b, got)
		}
	}
	// Lines that differ in one place have a name in common, and those that differ in two.
	a, b, both := look("user alice came from home"), look("user bob came from home"), look("user bob came from work")
	if a.without(1, 1) != b.without(1, 1) || a.without(0, 0) == b.without(0, 0) || a.without(1, 1) == both.without(1, 1) || a.without(1, 4) != both.without(1, 4) || a.without(1, 1) == a.without(2, 2) {
		t.Error("lines go by other names than those of what they have in common")
	}
	// No more places are looked at than there is room for.
	for _, n := range []int{maxPlaces - 1, maxPlaces, maxPlaces + 1, 3 * maxPlaces} {
		words := make([]string, n)
		for i := range words {
			words[i] = strings.Repeat("x", 1+i%7) + "y"
		}
		line := strings.Join(words, " ")
		p := look(line)
		if p.n != min(n, maxPlaces) {
			t.Errorf("of %d places %d are looked at", n, p.n)
		}
		if n == maxPlaces+1 && p.whole() == look(line+" other").whole() {
			t.Error("what stands beyond those that are looked at is no part of the line")
		}
	}
}

// TestNamesInTheirOrder: the narrower ones first, those of two places only where they are
// asked for, and none of a line that is too short.
func TestNamesInTheirOrder(t *testing.T) {
	names := func(line string, pairs bool) (single, double int) {
		p := look(line)
		p.each(pairs, func(name uint64, pair bool, _ uint16) bool {
			if pair {
				double++
			} else {
				single++
				if double > 0 {
					t.Errorf("%q: a name without one place behind one without two", line)
				}
			}
			return false
		})
		return single, double
	}
	for _, c := range []struct {
		line           string
		pairs          bool
		single, double int
	}{
		{"one two", true, 0, 0}, {"one two three", true, 3, 0}, {"a b c d", true, 4, 0}, {"a b c d e", true, 5, 10}, {"a b c d e", false, 5, 0}, {"a 7 b c d", true, 4, 6},
		{strings.TrimSpace(strings.Repeat("w ", 20)), true, 20, maxPairPlaces * (maxPairPlaces - 1) / 2},
	} {
		if s, d := names(c.line, c.pairs); s != c.single || d != c.double {
			t.Errorf("%q: %d names without one place, %d without two; want %d and %d", c.line, s, d, c.single, c.double)
		}
	}
	n := 0
	if look("a b c d").each(true, func(uint64, bool, uint16) bool { n++; return n == 2 }) != true || n != 2 {
		t.Errorf("it does not end with the name that is taken: %d", n)
	}
}

// TestAPlaceBecomesFree when enough words have stood in it, and two when they take more
// together. The name is that of the first line since.
func TestAPlaceBecomesFree(t *testing.T) {
	g := general{counts: newGrams(countsLimit)}
	p := func(words ...string) *places {
		return look("the user " + words[0] + " came in from " + words[len(words)-1])
	}
	for i, word := range []string{"alice", "bob", "carol", "dave", "eve"} {
		line := p(word, "home")
		name, seen, first := g.name(line)
		if free := name != line.whole(); free != (i >= freePlace-1) || free && (seen != uint32(i) || first < 90 || first > 111) {
			t.Errorf("the %d. word: free %v, seen %d times, first at %d", i+1, free, seen, first)
		}
		if free := name == line.without(2, 2); i >= freePlace-1 && !free {
			t.Errorf("another place than that of the words is free")
		}
		g.learn(line, uint32(100+i))
	}
	if g.pairs {
		t.Error("two places are free though one is")
	}
	g = general{counts: newGrams(countsLimit)}
	for i := range freePair + 2 {
		line := p(fmt.Sprint("user", string(rune('a'+i))), fmt.Sprint("place", string(rune('a'+i))))
		name, seen, _ := g.name(line)
		if free := name == line.without(2, 6); free != (i >= freePair-1) || free && seen != uint32(i) {
			t.Errorf("the %d. two words: free %v, seen %d times", i+1, free, seen)
		}
		g.learn(line, uint32(i))
		if g.pairs != (i >= freePair-1) {
			t.Errorf("behind the %d. two words it knows of two free places: %v", i+1, g.pairs)
		}
	}
}

// TestQuotedPlaces: what stands in quotes is a name, and is free sooner.
func TestQuotedPlaces(t *testing.T) {
	for line, want := range map[string][2]uint16{
		"queue 'mail' in vhost 'shop' deleted": {quotedPlace, quotedPair}, `queue "mail" in vhost "shop" deleted`: {quotedPlace, quotedPair},
		"queue 'mail' in vhost shop deleted": {quotedPlace, freePair}, "queue mail in vhost 'shop' deleted": {freePlace, freePair},
		"queue 'mail in vhost shop' deleted": {freePlace, freePair}, "queue 'mail\" in vhost 'shop deleted": {freePlace, freePair},
	} {
		p := look(line)
		if got := [2]uint16{p.least(1, 1), p.least(1, 4)}; got != want {
			t.Errorf("%s: %v lines make its places free, want %v", line, got, want)
		}
	}
}

// TestNoDigit: letters of both cases, - and _, or those of a hexadecimal number, as in an identifier
// without a digit.
func TestNoDigit(t *testing.T) {
	for text, want := range map[string]bool{
		"MmYp-cQx": true, "aGaGaGaG": true, "AzAzAz__": true, "zA------": true, "aGaGaGa": false, "abababab": true, "ABCDEF": true, "efcfcf": true,
		"ABABABAG": false, "abababag": false, "efcfc": false, "abc-def": false, "aabbcc_d": false, "": false, "--------": false, "aBaBaBa7": false,
		"../AbAbAb": false, "aB aBaBaB": false, "aBaBaBa@": false, "aBaBaBa[": false, "aBaBaBa`": false, "aBaBaBa{": false, "efcfc7": false, "efc fcf": false,
	} {
		if got := noDigit([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	// Such a one may be one with digits in another line: as long as one may be.
	for line, long := range map[string]bool{"got MmYpcQxA now": true, "got MmYpcQx now": false, "got mmypcqxa now": false, "got efcfcf now": true, "got decode now": false} {
		p := look(line)
		if p.long[1] != long {
			t.Errorf("%q: it may be an identifier: %v", line, p.long[1])
		}
		var q places
		q.identifier(p, 1)
		if same := q.whole() == look("got a7c9f8e1 now").whole(); !same {
			t.Errorf("%q, with an identifier with digits in its place, is another line", line)
		}
	}
	p := look("got 7 MmYpcQxA now")
	var q places
	q.identifier(p, 2)
	if q.n != 3 || q.whole() != look("got 7 a7c9f8e1 now").whole() {
		t.Error("beside other digits it is a place of its own")
	}
}

// TestSorts of values: a number, a text, none and a time.
func TestSorts(t *testing.T) {
	for _, c := range []struct {
		f    Field
		want int
	}{
		{Field{Kind: Number, Value: []byte("7")}, sortNumber}, {Field{Kind: Time, Value: []byte("x")}, sortTime}, {Field{Kind: Text, Value: []byte("x")}, sortText},
		{Field{Kind: Text}, sortEmpty}, {Field{Kind: Text, Value: []byte("-")}, sortEmpty}, {Field{Kind: Text, Value: []byte("--")}, sortText},
	} {
		if got := int(seenOf(c.f).sort); got != c.want || got >= valueSorts {
			t.Errorf("%v %q is of the sort %d, want %d", c.f.Kind, c.f.Value, got, c.want)
		}
	}
}

// TestGrams: what is counted, up to what can be; ageing leaves what was seen once.
func TestGrams(t *testing.T) {
	g := newGrams(gramsAtFirst)
	if !g.count(7, 3) || g.count(7, 2) || g.find(7).n != 5 || g.used != 1 {
		t.Errorf("%+v, %d used", g.find(7), g.used)
	}
	g.context(9, 4, true)
	g.context(9, 1, false)
	if s := g.find(9); s.n != 5 || s.t != 1 {
		t.Errorf("a context that came 5 times, once with something new, is %+v", s)
	}
	for _, key := range []uint32{7, 11} { // known, and new
		place := g.place(key)
		g.countAt(place, key, 1)
		g.countAt(place, key, 1)
	}
	if a, b := g.find(7).n, g.find(11).n; a != 7 || b != 2 {
		t.Errorf("by their places they were counted to %d and %d", a, b)
	}
	g.countAt(math.MaxUint32, 7, 1) // a place of another table
	g.countAt(g.place(11), 7, 1)
	if n := g.find(7).n; n != 9 {
		t.Errorf("by a wrong place it was counted to %d", n)
	}
	g.count(13, 1<<20)
	g.count(13, 1)
	if n := g.find(13).n; n != math.MaxUint16 {
		t.Errorf("more than can be counted is %d", n)
	}
	for n, want := range map[uint16][2]uint16{1: {1, 0}, 2: {1, 1}, 5: {3, 2}, math.MaxUint16: {1 << 15, math.MaxUint16 / 2}} {
		g.find(13).n, g.find(13).t = n, n
		if g.halve(); g.find(13).n != want[0] || g.find(13).t != want[1] {
			t.Errorf("of %d there are %d and %d left, want %v", n, g.find(13).n, g.find(13).t, want)
		}
	}
	// What is read must be in order, each once, and no more than there is room for.
	for name, c := range map[string]struct {
		size uint8
		keys []uint32
		bad  bool
	}{
		"in order": {10, []uint32{1 << 31, 1<<31 + 5}, false}, "twice": {10, []uint32{1 << 31, 1 << 31}, true}, "out of order": {10, []uint32{1<<31 + 5, 1 << 31}, true},
		"no key": {10, []uint32{5}, true}, "too small": {9, nil, true}, "too large": {11, nil, true}, "far too large": {200, nil, true},
	} {
		w := codec.Codec{}
		w.U8(&c.size)
		w.Count("words", len(c.keys), math.MaxInt32, 1)
		for _, k := range c.keys {
			s := gram{key: k, n: 1}
			s.carry(&w)
		}
		r := codec.Codec{B: w.B, Reading: true}
		got := newGrams(gramsAtFirst)
		if got.carry(&r); (r.Err != nil) != c.bad || !c.bad && got.used != len(c.keys) {
			t.Errorf("%s: %v, %d words", name, r.Err, got.used)
		}
	}
}

// TestTablesHaveTheirBounds, which are those of the masks and of the memory that they are
// made for.
func TestTablesHaveTheirBounds(t *testing.T) {
	var o objects
	for i := range uint64(70) {
		o.claim(i + 10)
	}
	if len(o.all) != 64 {
		t.Errorf("%d objects are held, a mask has 64 bits", len(o.all))
	}
	o = objects{all: []object{{recordObject, 192, 3}, {recordObject, 193, 3}}}
	if a, b := o.least(20, 0), o.least(20, 1); a == 20 || b != 20 {
		t.Errorf("where one record in 64 brings a new field one is worth %v bits, where fewer do %v", a, b)
	}
	var k keys
	for i := range uint64(600) {
		k.add(i+1, nil, 0)
	}
	if len(k.all) != 512 {
		t.Errorf("%d fields are told apart", len(k.all))
	}
	// Counts that have come as far as they can stay there when they are added up.
	a, b := statement{seen: math.MaxUint32 / 2}, statement{seen: math.MaxUint32 / 2}
	if a.merge(&b, false); a.seen != math.MaxUint32/2 {
		t.Errorf("%d and as many are %d", b.seen, a.seen)
	}
}
