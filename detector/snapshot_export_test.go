package detector

import (
	"encoding/binary"
	"hash/crc32"
)

// MendChecksums sets the checksums of a snapshot's blocks right, as far as its
// blocks go.
func MendChecksums(b []byte) {
	for at := len(magic) + 2; at+9 <= len(b); {
		end := at + 5 + int(binary.LittleEndian.Uint32(b[at+1:]))
		if end < at || end+4 > len(b) {
			return
		}
		binary.LittleEndian.PutUint32(b[end:], crc32.Checksum(b[at:end], castagnoli))
		at = end + 4
	}
}
