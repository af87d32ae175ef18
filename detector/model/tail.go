package model

import "github.com/flb-anomaly/flb-anomaly/detector/internal/codec"

// tails knows how often each feature of fields has been how strange lately, over all
// records with fields: in a log in which something is odd all the time, once more is no
// news.
type tails struct {
	count  [tailsOf][tailBuckets]float32
	total  float32
	weight float32 // of the next record: it grows instead of all counts fading
}

// tailOf is a feature, or a part of one, by which tails goes.
type tailOf uint8

const (
	tailOfValue tailOf = iota
	tailOfKey
	tailOfText
	tailOfPair
	tailOfRush
	tailsOf
)

const (
	tailBuckets = 24   // of a point and a third each, up to most
	tailHorizon = 3000 // records over which it looks back
	tailGrowth  = 1 + 1.0/tailHorizon
)

func tailBucket(points float32) int {
	return min(int(points*tailBuckets/most), tailBuckets-1)
}

// least returns as many of the points as their rarity allows, weight for each bit of it.
func (t *tails) least(of tailOf, points, weight float32) float32 {
	if points <= 0 || t.total == 0 {
		return points
	}
	sum := t.weight / 2
	for _, c := range t.count[of][tailBucket(points):] {
		sum += c
	}
	return min(points, -weight*log2(float64(sum/(t.total+t.weight))))
}

func (t *tails) learn(points *[tailsOf]float32) {
	if t.weight == 0 {
		t.weight = 1
	}
	for of, p := range points {
		if p > 0 {
			t.count[of][tailBucket(p)] += t.weight
		}
	}
	t.total += t.weight
	if t.weight *= tailGrowth; t.weight > 1e12 {
		for of := range t.count {
			for i := range t.count[of] {
				t.count[of][i] /= 1e12
			}
		}
		t.total /= 1e12
		t.weight /= 1e12
	}
}

func (t *tails) carry(c *codec.Codec) {
	for of := range t.count {
		c.F32s(t.count[of][:])
	}
	c.F32(&t.total)
	c.F32(&t.weight)
}
