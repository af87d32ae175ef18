package forest

import "math/bits"

// random is splitmix64 (Steele, Lea, Flood, OOPSLA 2014): one addition and a
// mix, passes BigCrush, and any state is a good one.
type random uint64

const golden = 0x9e3779b97f4a7c15

// newRandom returns the generator of tree i. The seed is mixed first: seeds one
// apart, of forests on the same rows, must not share trees.
func newRandom(seed uint64, tree int) random { return random(mix(seed+golden) + uint64(tree)) }

// next returns 32 random bits.
func (r *random) next() uint32 {
	*r += golden
	return uint32(mix(uint64(*r)) >> 32)
}

// below returns a number in [0, n), n > 0. The bias of the multiplication is
// n/2^32, nothing at the sizes here.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(uint64(r.next())<<32, uint64(n))
	return int(hi)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
