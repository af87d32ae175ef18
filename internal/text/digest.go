package text

import "hash/fnv"

// DigestSize is how many bytes a digest has.
const DigestSize = 16

// Digest stands for a name that is too long to be kept: FNV-1a of 128 bits. Names of one digest are
// taken for one, which two that are given in good faith never have. Who could make up such a pair to
// share a name has it anyway: he can give that very name. A cryptographic hash would be a thirtieth of
// the shared objects.
func Digest(name []byte) (sum [DigestSize]byte) {
	h := fnv.New128a()
	h.Write(name)
	h.Sum(sum[:0])
	return sum
}
