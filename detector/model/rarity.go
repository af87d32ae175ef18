package model

import (
	"math/bits"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// rarity counts, fading, how often something comes that was seen never, once, 2 to
// 3, 4 to 7, … times before: a pattern in a log, a value in a place. So it knows
// whether something new is news (Good 1953): where one in ten is new, a new one is
// worth 3 bits.
type rarity struct {
	count  [rarityBuckets]float32
	total  float32
	weight float32 // of the next one: it grows instead of all counts fading
}

const rarityBuckets = 10

func rarityBucket(seen uint32) int {
	return min(bits.Len32(seen), rarityBuckets)
}

// surprise returns -log2 of the share of those seen as seldom; nothing for what is
// common.
func (r *rarity) surprise(seen uint32) (bits float32, ok bool) {
	b := rarityBucket(seen)
	if b >= rarityBuckets || r.total == 0 {
		return 0, false
	}
	sum := r.weight * 0.5
	for _, c := range r.count[:b+1] {
		sum += c
	}
	return -log2(float64(sum / (r.total + r.weight))), true
}

// learn takes so many in; horizon is the number of them over which rarity looks back.
func (r *rarity) learn(seen uint32, times, horizon float32) {
	if r.weight == 0 {
		r.weight = 1
	}
	if b := rarityBucket(seen); b < rarityBuckets {
		r.count[b] += times * r.weight
	}
	r.total += times * r.weight
	if r.weight *= 1 + times/horizon; r.weight > 1e12 {
		for i := range r.count {
			r.count[i] /= 1e12
		}
		r.total /= 1e12
		r.weight /= 1e12
	}
}

func (r *rarity) carry(c *codec.Codec) {
	c.F32s(r.count[:])
	c.F32(&r.total)
	c.F32(&r.weight)
}
