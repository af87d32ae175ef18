//go:build !amd64

package pattern

// look returns the hash of a text's shape, and its marks. It is not empty.
func look(b []byte) (hash uint64, m Marks) { return lookPortable(b) }

// findAlnum fills l.alnum for the n bytes of the line and reports whether there are any
// beyond ASCII.
func (l *Workspace) findAlnum(n int) (high bool) { return l.findAlnumPortable(n) }

// findEdges fills l.edges by the bits of the n bytes of the line in l.alnum, and returns how
// many there are.
func (l *Workspace) findEdges(n int) int { return l.findEdgesPortable(n) }
