package model

import "github.com/flb-anomaly/flb-anomaly/detector/internal/codec"

// tail knows how often a feature has been how strange lately, over all records: in a
// log in which something is odd all the time, once more is no news.
type tail struct {
	count  [tailBuckets]float32
	total  float32
	weight float32 // of the next record: it grows instead of all counts fading
}

const (
	tailBuckets = 24   // of a point and a third each, up to most
	tailHorizon = 3000 // records over which it looks back
	tailGrowth  = 1 + 1.0/tailHorizon
)

func tailBucket(points float32) int {
	return min(int(points*tailBuckets/most), tailBuckets-1)
}

// least returns as many of the points as their rarity allows, weight for each bit of it.
func (t *tail) least(points, weight float32) float32 {
	if points <= 0 || t.total == 0 {
		return points
	}
	sum := t.weight / 2
	for _, c := range t.count[tailBucket(points):] {
		sum += c
	}
	return min(points, -weight*log2(float64(sum/(t.total+t.weight))))
}

func (t *tail) learn(points float32) {
	if t.weight == 0 {
		t.weight = 1
	}
	if points > 0 {
		t.count[tailBucket(points)] += t.weight
	}
	t.total += t.weight
	if t.weight *= tailGrowth; t.weight > 1e12 {
		for i := range t.count {
			t.count[i] /= 1e12
		}
		t.total /= 1e12
		t.weight /= 1e12
	}
}

func (t *tail) carry(c *codec.Codec) {
	c.F32s(t.count[:])
	c.F32(&t.total)
	c.F32(&t.weight)
}
