package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

const (
	fewLines        = 30   // lines before a length is judged
	tailBits        = 0.7  // weight of a bit of a tail's rarity
	binsPerBit      = 3    // twelfths of an octave beyond all lengths that are worth a bit
	longShare       = 0.5  // weight of long lines beside short ones, which may be cut off
	alike           = 3    // twelfths of an octave: a line so much shorter than others is as rare as they are
	plainLength     = 3    // bits that say nothing
	forgottenLength = 0.25 // lines, aged, of which nothing is kept
)

// lengths is a histogram of the lines' lengths, in twelfths of an octave.
type lengths struct {
	count [12 * 13]float32
	total float32
	lo    int // first and last in use
	hi    int
}

func lengthBin(n int) int {
	return min(int(octavesOf(float64(n+1)))*12/perOctave, 12*13-1)
}

func (h *lengths) learn(n int) {
	bin := lengthBin(n)
	if h.total == 0 {
		h.lo, h.hi = bin, bin
	}
	h.lo, h.hi = min(h.lo, bin), max(h.hi, bin)
	h.count[bin]++
	h.total++
}

// surprise returns how seldom lines are as short as n or, at half the weight,
// as long, in bits, and 4 for each octave beyond all that was seen. Each message has
// a length of its own, however many lines there are of the others: one that is the
// shortest by a sixth was not cut, as one of half the length may have been.
func (h *lengths) surprise(n int) float32 {
	if h.total < fewLines {
		return 0
	}
	bin := lengthBin(n)
	var below, above float32
	for k := h.lo; k <= min(bin+alike, h.hi); k++ {
		below += h.count[k]
	}
	for k := max(bin, h.lo); k <= h.hi; k++ {
		above += h.count[k]
	}
	tail := func(count float32, beyond int) float32 {
		return tailBits*log2(float64((h.total+1)/(count+1))) + float32(max(0, beyond))/binsPerBit
	}
	return max(0, max(tail(below, h.lo-bin), longShare*tail(above, bin-h.hi))-plainLength)
}

// usual returns the lengths in bytes between which 98 of 100 lines are.
func (h *lengths) usual() (lo, hi int) {
	edge := func(bin int) int { return int(math.Round(octaves((bin*perOctave+11)/12).exp())) - 1 } // see lengthBin
	lo, hi = h.lo, h.hi
	for sum := h.count[lo]; lo < hi && sum < h.total/100; sum += h.count[lo] {
		lo++
	}
	for sum := h.count[hi]; lo < hi && sum < h.total/100; sum += h.count[hi] {
		hi--
	}
	return edge(lo), edge(hi + 1)
}

func (h *lengths) halve() {
	h.total = 0
	first := true
	for k := range h.count {
		if h.count[k] /= 2; h.count[k] < forgottenLength {
			h.count[k] = 0
			continue
		}
		if first {
			h.lo, first = k, false
		}
		h.hi = k
		h.total += h.count[k]
	}
}

func (h *lengths) carry(c *codec.Codec) {
	c.F32s(h.count[:])
	c.F32(&h.total)
	c.Index("the shortest length", &h.lo, len(h.count))
	c.Index("the longest length", &h.hi, len(h.count))
}
