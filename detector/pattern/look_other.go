//go:build !amd64

package pattern

// look returns the hash of a text's shape, and its marks. It is not empty.
func look(b []byte) (hash uint64, m Marks) { return lookPortable(b) }

// findAlnum fills l.alnum for the n bytes of the line and reports whether there are any
// beyond ASCII.
func (l *Workspace) findAlnum(n int) (high bool) { return l.findAlnumPortable(n) }
