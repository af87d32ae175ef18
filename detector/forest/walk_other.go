//go:build !amd64

package forest

import "unsafe"

// walkBlocks is walk for so many blocks of eight trees, at least one, whose nodes and lengths
// stand behind each other.
func walkBlocks(nodes *node, lengths *uint16, blocks int, k *keys) (sum uint32) {
	const block = lanes * minStride
	n, l := unsafe.Slice(nodes, blocks*block), unsafe.Slice(lengths, blocks*block)
	for at := 0; at < len(n); at += block {
		sum += walk(n[at:], l[at:], k)
	}
	return sum
}
