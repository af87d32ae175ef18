package pattern

import "golang.org/x/sys/cpu"

// wide is whether the machine has what lookWide needs: most that were made since 2013.
var wide = cpu.X86.HasAVX2 && cpu.X86.HasAES && cpu.X86.HasPOPCNT

// wideBytes is how many bytes lookWide looks at together, and needs at least.
const wideBytes = 32

// padding is what stands behind a shorter text: no digits, and nothing that has a mark.
var padding = [wideBytes]byte([]byte("................................"))

// look returns the hash of a text's shape, and its marks. It is not empty.
func look(b []byte) (hash uint64, m Marks) {
	if !wide {
		return lookPortable(b)
	}
	n, room := len(b), [wideBytes]byte{}
	if n < wideBytes {
		room = padding
		copy(room[:], b)
		b = room[:]
	}
	hash, bits := lookWide(&b[0], len(b), n, &shapeKey)
	return hash, Marks(bits)
}

// lookWide is look for the size bytes at b, at least wideBytes, 32 of them at a time.
// Of them n are the text.
//
//go:noescape
func lookWide(b *byte, size, n int, key *[4]uint64) (hash, marks uint64)

// findAlnum fills l.alnum for the n bytes of the line and reports whether there are any
// beyond ASCII.
func (l *Workspace) findAlnum(n int) (high bool) {
	if wide {
		return alnumWide(&l.text[before], n+1, &l.alnum[0]) != 0
	}
	return l.findAlnumPortable(n)
}

// alnumWide sets a bit in bits for each of the n bytes at b, at least one, that is a
// letter, a digit or beyond ASCII. It returns not 0 where there are any of the latter.
// It reads up to the next multiple of wideBytes, and of the last word sets all bits.
//
//go:noescape
func alnumWide(b *byte, n int, bits *uint64) (high uint64)

// findEdges fills l.edges by the bits of the n bytes of the line in l.alnum, and returns how
// many there are.
func (l *Workspace) findEdges(n int) int {
	if wide {
		return edgesWide(&l.alnum[0], n/64+1, &l.edges[0], &edgesOf)
	}
	return l.findEdgesPortable(n)
}

// edgesWide writes the numbers of the bits at which those in so many words, at least one,
// change, the first from 0, and returns how many there are. It writes up to 16 bytes beyond
// the last.
//
//go:noescape
func edgesWide(bits *uint64, words int, edges *byte, table *[256][2]uint64) (n int)
