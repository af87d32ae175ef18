//go:build !amd64

package pattern

// look returns the hash of a text's shape, and its marks. It is not empty.
func look(b []byte) (hash uint64, m Marks) { return lookPortable(b) }
