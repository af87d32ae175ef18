package model

import (
	"math/rand/v2"
	"testing"
)

// longestRun is how many places at most a search in the table looks at.
func (g *grams) longestRun() (longest int) {
	run := 0
	for i := range 2 * len(g.slots) { // once around, for a run may go over the end
		if g.slots[i%len(g.slots)].key == 0 {
			run = 0
		} else if run++; run > longest {
			longest = run
		}
	}
	return longest
}

// TestChosenKeysDoNotPileUp fills the table with keys that were chosen to share
// their low bits, their high bits, or both in turn: what somebody can make who
// knows Seed. Searches must stay about as short as with random keys.
func TestChosenKeysDoNotPileUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = gramLimit / 2
	fill := func(key func(i uint32) uint32) int {
		g := newGrams(gramLimit)
		for i := range uint32(n) {
			g.count(key(i), 2)
		}
		return g.longestRun()
	}
	random := fill(func(uint32) uint32 { return rng.Uint32() })
	for name, key := range map[string]func(i uint32) uint32{
		"the same low 16 bits":     func(i uint32) uint32 { return i<<16 | 0x1234 },
		"the same high 16 bits":    func(i uint32) uint32 { return 0x1234<<16 | i },
		"one after the other":      func(i uint32) uint32 { return i },
		"a step of a power of two": func(i uint32) uint32 { return i << 14 },
	} {
		run := fill(key)
		t.Logf("%s: the longest run of %d keys is %d places, of random keys %d", name, n, run, random)
		if run > 40*random {
			t.Errorf("%s: the longest run of %d keys is %d places, of random keys %d", name, n, run, random)
		}
	}
}

// TestWordsFade fills the table of words beyond its limit: all counts are halved, what was
// seen once goes, and what is said all the time stays at what it is by then.
func TestWordsFade(t *testing.T) {
	const limit = gramsAtFirst * 2
	g := newGrams(limit)
	const common, counted = 7, 1000
	g.count(common, counted)
	g.context(common, 0, true)
	g.context(common, 0, true)
	halved := 0
	for i, n := uint32(100), uint16(counted); i < 20*limit; i++ {
		g.count(i, 1)
		if len(g.slots) > limit || g.used > limit/4*3 {
			t.Fatalf("%d words in %d places", g.used, len(g.slots))
		}
		if now := g.find(common).n; now != n {
			if now != n/2 || g.used > 2 { // the common one, and the one that came
				t.Fatalf("of %d times %d are left, and %d words", n, now, g.used)
			}
			n, halved = now, halved+1
			if halved == 1 && g.find(common).t != 1 {
				t.Errorf("of 2 new ones behind it %d are left", g.find(common).t)
			}
			if n == 1 {
				break
			}
		}
	}
	if halved != 9 { // 1000, 500, ... 1
		t.Errorf("halved %d times", halved)
	}
}

// What is left of a full table that forgets is found where it is looked for, also in a
// cluster that goes over the table's end.
func TestForgottenWords(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	for range 50 {
		g, want := newGrams(gramsAtFirst), map[uint32]uint16{}
		for g.used < gramsAtFirst/4*3-1 {
			key, n := rng.Uint32()>>1, 1+rng.Uint32N(4)
			g.count(key, n)
			want[key] += uint16(n)
		}
		for range 2 {
			g.forget()
			left := 0
			for key, n := range want {
				want[key] = n / 2
				if s := g.find(key); s.n != n/2 || (s.key != 0) != (n/2 > 0) {
					t.Fatalf("a word seen %d times: %+v", n, *s)
				}
				if n/2 > 0 {
					left++
				}
			}
			if g.used != left {
				t.Fatalf("%d words are left, %d are counted", left, g.used)
			}
		}
	}
}
