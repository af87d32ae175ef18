package forest

// walkBlocks is walk for so many blocks of eight trees, at least one, whose nodes and lengths
// stand behind each other.
//
//go:noescape
func walkBlocks(nodes *node, lengths *uint16, blocks int, k *keys) uint32
