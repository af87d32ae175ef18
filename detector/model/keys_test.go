package model

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestKeys: each is found again, up to as many as are told apart; names are cut.
func TestKeys(t *testing.T) {
	var k keys
	hash := func(i int) uint64 { return uint64(i+1) * 0x9e3779b97f4a7c15 }
	for i := range maxKeys {
		if k.find(hash(i)) != -1 {
			t.Fatalf("key %d is there before it came", i)
		}
		if at := k.add(hash(i), fmt.Appendf(nil, "key %d", i), uint32(i*7)); at != i || k.find(hash(i)) != i {
			t.Fatalf("key %d is at %d, found at %d", i, at, k.find(hash(i)))
		}
		if one := k.all[i]; string(one.text()) != fmt.Sprintf("key %d", i) || one.first != uint32(i*7) || one.hash != hash(i) {
			t.Fatalf("key %d is %q, first at %d", i, one.text(), one.first)
		}
	}
	if at := k.add(hash(maxKeys), []byte("one too many"), 1); at != -1 || len(k.all) != maxKeys || k.find(hash(maxKeys)) != -1 {
		t.Errorf("one too many is at %d of %d", at, len(k.all))
	}
	for i := range maxKeys {
		if k.find(hash(i)) != i {
			t.Fatalf("key %d is lost", i)
		}
	}
	var one keys
	one.add(1, []byte(strings.Repeat("é", 30)), 0)
	if got := string(one.all[0].text()); got != strings.Repeat("é", 20) {
		t.Errorf("a name of 60 bytes is kept as %q", got)
	}
}

// mask is a set of keys.
func mask(list ...int) *keyMask {
	var m keyMask
	for _, i := range list {
		m.add(i)
	}
	return &m
}

// TestKeySets counts how often the same keys came together, and remembers the sets that
// came most; of equals, those that came last.
func TestKeySets(t *testing.T) {
	m := mask(0, 63, 64, maxKeys-1)
	for i := range maxKeys {
		if m.has(i) != (i == 0 || i == 63 || i == 64 || i == maxKeys-1) {
			t.Errorf("key %d is in the set: %v", i, m.has(i))
		}
	}
	var k keys
	for i := range maxKeySets {
		k.learnSet(mask(i), uint32(i), 1)
	}
	for range 3 {
		k.learnSet(mask(5), 100, 1)
	}
	if s := k.set(mask(5)); s == nil || s.n != 4 || s.last != 100 {
		t.Errorf("a set that came 4 times is %+v", s)
	}
	if k.set(mask(5, 6)) != nil || len(k.sets) != maxKeySets {
		t.Errorf("%d sets are remembered", len(k.sets))
	}
	// What is frequent is found first.
	for i, s := range k.sets {
		if s.n == 4 && i >= 5 {
			t.Errorf("the most frequent one is the %d.", i)
		}
	}
	// One more makes the rarest go that was not seen for longest.
	k.learnSet(mask(1, 2), 101, 1)
	if k.set(mask(0)) != nil || k.set(mask(1)) == nil || k.set(mask(5)) == nil || k.set(mask(1, 2)) == nil || len(k.sets) != maxKeySets {
		t.Error("another one than the oldest of the rarest made room")
	}
	k.learnSet(mask(1), 102, 1)
	k.learnSet(mask(1, 3), 103, 1)
	if k.set(mask(1)) == nil || k.set(mask(2)) != nil {
		t.Error("one that came again made room, or one that came once did not")
	}
}

// TestMissingKeys: the key that is missed most, by how seldom it is not there when another
// one is that tells most.
func TestMissingKeys(t *testing.T) {
	table := func(n []float32, sets ...keySet) *keys {
		k := &keys{sets: sets}
		for i := range n {
			k.all = append(k.all, key{hash: uint64(i), n: n[i]})
		}
		return k
	}
	set := func(n float32, list ...int) keySet { return keySet{mask: *mask(list...), n: n} }
	for _, c := range []struct {
		name   string
		of     *keys
		record *keyMask
		missed int
		bits   float64
	}{
		{"one of three, always there", table([]float32{1000, 1000, 1000}, set(1000, 0, 1, 2)), mask(0, 1), 2, math.Log2(1001 / 0.5)},
		{"nothing is missing", table([]float32{1000, 1000, 1000}, set(1000, 0, 1, 2)), mask(0, 1, 2), -1, 0},
		{"two of four", table([]float32{100, 100, 100, 100}, set(100, 0, 1, 2, 3)), mask(0, 1), 2, math.Log2(101 / 0.5)},
		{"three of five are too many", table([]float32{100, 100, 100, 100, 100}, set(100, 0, 1, 2, 3, 4)), mask(0, 1), -1, 0},
		{"only one is there", table([]float32{100, 100}, set(100, 0, 1)), mask(0), -1, 0},
		{"hardly known", table([]float32{15, 15, 15}, set(15, 0, 1, 2)), mask(0, 1), -1, 0},
		{"known", table([]float32{16, 16, 16}, set(16, 0, 1, 2)), mask(0, 1), 2, math.Log2(17 / 0.5)},
		{"a set that is hardly known", table([]float32{100, 100, 100}, set(7, 0, 1, 2), set(93, 0, 1)), mask(0, 1), -1, 0},
		{"seldom there", table([]float32{100, 100, 20}, set(20, 0, 1, 2), set(80, 0, 1)), mask(0, 1), 2, math.Log2(101 / 80.5)},
		{"told by one that comes with it alone", table([]float32{100, 20, 20}, set(20, 0, 1, 2), set(80, 0)), mask(0, 1), 2, math.Log2(21 / 0.5)},
	} {
		missed, bits := c.of.missing(c.record)
		if missed != c.missed || math.Abs(float64(bits)-c.bits) > 0.1 {
			t.Errorf("%s: %d is missed, %v bits; want %d, %v", c.name, missed, bits, c.missed, c.bits)
		}
	}
	// Sets that were forgotten: of the records that had them, those without the key.
	k := table([]float32{100, 60}, set(50, 0, 1))
	if got := k.forgotten(); got != 50 {
		t.Errorf("%v records had sets that are forgotten", got)
	}
	for q, want := range []float32{0, 0.8} { // 50 of 50 had the first, 10 the second
		if got := k.absent(q, 50); math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("key %d was absent in %v of them, want %v", q, got, want)
		}
	}
	if got := k.absent(1, 0.5); got != 0 {
		t.Errorf("of none it was absent in %v", got)
	}
	if got := table([]float32{100}, set(120, 0)).forgotten(); got != 0 {
		t.Errorf("%v records had sets that are forgotten, of less than none", got)
	}
}

// TestObjects: which of them bring new names again and again, and what a new name is worth
// there.
func TestObjects(t *testing.T) {
	a, b := objectOf([]byte("request.id")), objectOf([]byte("request.user.name"))
	if a != b || a == objectOf([]byte("response.id")) || objectOf([]byte("request")) != recordObject || objectOf(nil) != recordObject || a == recordObject {
		t.Error("a field belongs to something else than the first part of its name")
	}
	var o objects
	for i := range maxObjects {
		hash := uint64(i + 10)
		if o.find(hash) != -1 {
			t.Fatalf("object %d is there before it came", i)
		}
		if at := o.claim(hash); int(at) != i+1 || o.claim(hash) != at || o.find(hash) != i {
			t.Fatalf("object %d is at %d", i, at)
		}
	}
	if o.claim(5) != 0 || len(o.all) != maxObjects {
		t.Error("there is room for one more")
	}
	// Two objects: one gets new names, the other not. The first names are none.
	o = objects{}
	o.claim(recordObject)
	o.claim(7)
	o.learn(0b11, 0b11, 1)
	o.learn(0b10, 0b10, 1)
	o.learn(0b01, 0b00, 1)
	o.learn(0b11, 0b01, 1)
	if r, x := o.all[0], o.all[1]; r.n != 3 || r.newer != 1 || x.n != 3 || x.newer != 1 {
		t.Errorf("%+v", o.all)
	}
	o.age()
	if r := o.all[0]; r.n != 1.5 || r.newer != 0.5 {
		t.Errorf("half of it is %+v", r)
	}
	for _, c := range []struct {
		name string
		of   object
		want float64
	}{
		{"too few times", object{7, 10, openObject - 1}, 9},
		{"often", object{7, 10, openObject}, math.Log2(11 / 3.5)},
		{"nearly always", object{7, 10, 10}, math.Log2(11 / 10.5)},
		{"seldom, and yet again and again", object{7, 1000, openObject}, math.Log2(1001 / 3.5)},
		{"the record itself, seldom", object{recordObject, 1000, openObject}, 9},
		{"the record itself, often enough", object{recordObject, 64 * openObject, openObject}, math.Log2((64*openObject + 1) / 3.5)},
	} {
		o := objects{all: []object{c.of}}
		if got := o.least(9, 0); math.Abs(float64(got)-min(9, c.want)) > 0.1 {
			t.Errorf("%s: %v bits, want %v", c.name, got, c.want)
		}
		if o.least(9, -1) != 9 || o.least(9, 1) != 9 {
			t.Errorf("%s: in no object a new name is worth less", c.name)
		}
	}
}

// TestTexts: by their characters and by their length a new text is far from the others.
func TestTexts(t *testing.T) {
	with := func(s string) marks { return marksOf([]byte(s)) }
	for _, c := range []struct {
		text        string
		with, pairs int
	}{{"", 0, 0}, {"aA", 1, 0}, {"ab", 2, 0}, {"a/b", 3, 0}, {"a//b", 3, 1}, {"/../", 2, 3}, {"12", 1, 0}, {"a b", 3, 0}} {
		count := func(set uint64) (n int) {
			for ; set != 0; set &= set - 1 {
				n++
			}
			return n
		}
		if m := with(c.text); count(m.with) != c.with || count(m.pairs) != c.pairs {
			t.Errorf("%q has %d characters and %d pairs, want %d and %d", c.text, count(m.with), count(m.pairs), c.with, c.pairs)
		}
	}
	var x texts
	for range 40 {
		m := with("/cart/items")
		x.learn(m, false, x.surprise(m), octavesOf(12), 1)
	}
	if x.n != 40 || x.lengths != (span{octavesOf(12), octavesOf(12)}) {
		t.Errorf("%v texts, of the lengths %v", x.n, x.lengths)
	}
	for _, c := range []struct {
		text, strange string
	}{{"/cart/../x", ".."}, {"/cart'x", "'"}, {"/cart", "c"}} {
		got, n, of := x.strangest([]byte(c.text))
		if c.strange == "c" {
			if n != 40 || of != 40 {
				t.Errorf("the strangest of %q, %q, stood in %d of %v", c.text, got, n, of)
			}
		} else if !strings.Contains(c.strange, string(got)) || n != 0 {
			t.Errorf("the strangest of %q is %q, in %d; want of %q", c.text, got, n, c.strange)
		}
	}
	usual, strange := with("/cart/items"), with("/cart/../../etc/passwd")
	if x.surprise(usual) != 0 || x.surprise(strange) < 10 {
		t.Errorf("usual ones have %v bits, strange ones %v", x.surprise(usual), x.surprise(strange))
	}
	for _, c := range []struct {
		beyond float32 // octaves
		want   float32
	}{{0, -mostText}, {1, -mostText}, {1.5, 1.5 * longWeight}, {3, 3 * longWeight}, {9, mostText}} {
		length := x.lengths.hi + octaves(c.beyond*perOctave)
		if got := x.lengthPoints(length); got != c.want {
			t.Errorf("%v octaves longer: %v points, want %v", c.beyond, got, c.want)
		}
		if got := x.byLength(0, length); got != (c.want > x.charPoints(0)) {
			t.Errorf("%v octaves longer: it is by the length: %v", c.beyond, got)
		}
	}
	x.mean, x.spread = 2, 4
	for bits, want := range map[float32]float32{2: -textWeight * textUsual, 6: textWeight * (1 - textUsual), 100: mostText} {
		if got := x.charPoints(bits); got != want {
			t.Errorf("%v bits: %v points, want %v", bits, got, want)
		}
	}
	for n, want := range map[float32]float32{0: 0, fewTexts - 0.5: 0, fewTexts: textEvidence * log2(fewTexts+1), 1e6: mostText} {
		x := texts{n: n, lengths: x.lengths}
		if got := x.points(1e6, 0); got != want {
			t.Errorf("of %v texts: %v points at the most, want %v", n, got, want)
		}
	}
	// One far away moves the usual no further than a bound.
	x = texts{n: 1000, mean: 2, spread: 4, lengths: span{1, 1}}
	x.learn(marks{}, false, 1e6, 1, 1)
	if d := float64(outlierText * (2 + 1)); math.Abs(float64(x.mean)-(2+d/textHorizon)) > 1e-4 || math.Abs(float64(x.spread)-(4+(d*d-4)/textHorizon)) > 1e-3 {
		t.Errorf("the usual is %v, the variance %v", x.mean, x.spread)
	}
	// One that comes again counts with its signs alone: its letters are among as many as before.
	x = texts{n: 7, lengths: span{1, 1}}
	x.learn(with("/cart"), true, 0, 1, 1)
	if slash, letter := lowest(with("/").with), lowest(with("c").with); x.n != 8 || x.again != 1 || x.with[slash] != 1 || x.with[letter] != 0 {
		t.Errorf("of one that comes again: %v texts, %v of them again, / in %d, c in %d", x.n, x.again, x.with[slash], x.with[letter])
	}
	for _, c := range []struct {
		b    string
		want float32
	}{{"'", 17}, {"c", 9}} {
		x = texts{n: 16, again: 8}
		if got, want := x.surprise(with(c.b)), log2(float64(c.want/0.5))-plainBits; math.Abs(float64(got-want)) > 0.1 {
			t.Errorf("%s, never seen: %v bits, want %v", c.b, got, want)
		}
		if _, n, of := x.strangest([]byte(c.b)); n != 0 || of != c.want-1 {
			t.Errorf("%s in %d of %v others, want 0 of %v", c.b, n, of, c.want-1)
		}
	}
	// Counts have room: they are halved with the number of texts.
	x = texts{n: fullTexts - 1}
	x.with[3], x.pairs[4] = 1000, 501
	if x.learn(marks{with: 1 << 3}, false, 0, 1, 1); x.n != fullTexts/2 || x.with[3] != 500 || x.pairs[4] != 250 {
		t.Errorf("of full ones: %v texts, a character in %d, a pair in %d", x.n, x.with[3], x.pairs[4])
	}
}

// TestUsualValues keeps the values that come most, for people.
func TestUsualValues(t *testing.T) {
	var p place
	learn := func(value string, times int) {
		for range times {
			hash := uint32(2166136261)
			for _, c := range []byte(value) {
				hash = (hash ^ uint32(c)) * 16777619
			}
			p.learnUsual(hash, &Field{Value: []byte(value)}, 1)
		}
	}
	for _, v := range []string{"a", "b", "c", "d"} {
		learn(v, 5)
	}
	learn("e", 9) // takes the place of one that came five times, once it has come often enough
	seen := map[string]float32{}
	for i, u := range p.usual {
		seen[string(p.shown[i].appendTo(nil))] = u.count
	}
	if len(seen) != usualValues || seen["e"] != 0 && seen["e"] > 9 {
		t.Errorf("%v", seen)
	}
	p = place{}
	long := strings.Repeat("é", 16)
	learn(long, 1)
	learn("short", 1)
	if a, b := string(p.shown[0].appendTo([]byte("x:"))), string(p.shown[1].appendTo(nil)); a != "x:"+strings.Repeat("é", 7)+"..."+strings.Repeat("é", 7) || b != "short" {
		t.Errorf("%q and %q", a, b)
	}
	if p.usual[0].count != 1 || p.usual[1].count != 1 {
		t.Errorf("%v", p.usual)
	}
	learn("short", 2)
	if p.usual[1].count != 3 {
		t.Errorf("%v", p.usual)
	}
	// The least makes room only when it has gone.
	p = place{}
	for _, v := range []string{"a", "b", "c"} {
		learn(v, 9)
	}
	learn("d", 1)
	for want := float32(0.5); want >= 0.5; want -= 0.5 {
		learn("new", 1)
		if p.usual[3].count != want {
			t.Errorf("the least has %v left, want %v", p.usual[3].count, want)
		}
	}
	if learn("new", 1); p.usual[3].count != 1 || string(p.shown[3].appendTo(nil)) != "new" {
		t.Errorf("the new one is %v, %s", p.usual[3], p.shown[3].appendTo(nil))
	}
	// All that is counted of a place is halved.
	p = place{n: 8, compared: 4, texts: texts{n: 6}, numbers: bounds{n: 10, out: 3}}
	p.kinds[1] = 5
	p.usual[2].count = 9
	if p.age(); p.n != 4 || p.compared != 2 || p.texts.n != 3 || p.numbers.n != 5 || p.numbers.out != 1.5 || p.kinds[1] != 2.5 || p.usual[2].count != 4.5 {
		t.Errorf("%+v", p)
	}
}

// TestCategory: few values that come again and again.
func TestCategory(t *testing.T) {
	for _, c := range []struct {
		n        float32
		distinct uint32
		want     bool
	}{
		{50, 2, true}, {49.5, 2, false}, {1000, 1, false}, {1000, 62, true}, {1000, 63, true}, {1100, 64, true}, {1e6, 64, true}, {1e6, 65, false}, {50, 14, true}, {50, 15, false},
	} {
		p := place{n: c.n, distinct: c.distinct}
		if got := p.category(); got != c.want {
			t.Errorf("%d values in %v: %v", c.distinct, c.n, got)
		}
	}
	// How far each of a value's records is a draw of its own.
	for _, c := range []struct{ anew, count, of, want float32 }{
		{50, 100, 200, 1},      // every other time, where the other half are others
		{5, 100, 200, 0.109},   // five sessions
		{100, 100, 1e4, 1},     // never twice in a row
		{1, 1e4, 1e4, 0.0075},  // nearly always there
		{0, 40, 1000, 0.01286}, // one session
	} {
		if got := beganAnew(c.anew, c.count, c.of); math.Abs(float64(got/c.want)-1) > 0.02 {
			t.Errorf("of %v records of %v, %v anew: %v, want %v", c.count, c.of, c.anew, got, c.want)
		}
	}
	// The surprise of a value's sort.
	p := place{n: 100, distinct: 3}
	p.kinds[sortText], p.kinds[sortNumber] = 99, 1
	for _, c := range []struct {
		sort int
		own  float32
		want float64
	}{
		{sortText, 0, 0}, {sortText, 1, 0}, {sortEmpty, 0, math.Log2(101 / 0.5)}, {sortNumber, 1, math.Log2(101 / 0.5)},
		{sortNumber, 0, math.Log2(101/1.5) - toldBits*1},
	} {
		if got := p.sortBits(c.sort, c.own); math.Abs(float64(got)-c.want) > 0.15 {
			t.Errorf("sort %d, of which %v is its own: %v bits, want %v", c.sort, c.own, got, c.want)
		}
	}
	if p.distinct = 51; p.sortBits(sortNumber, 0) != 0 {
		t.Error("a number among identifiers is news")
	}
	if p.distinct = 50; p.sortBits(sortNumber, 0) == 0 {
		t.Error("a number among what is hardly an identifier is no news")
	}
}
