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
