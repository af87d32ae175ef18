package pattern

import (
	"bytes"
	"testing"
)

func TestAllHex(t *testing.T) {
	for size := range 20 {
		for at := range max(size, 1) {
			for c := range 256 {
				b := bytes.Repeat([]byte("9aF0"), 5)[:size]
				want := true
				if size > 0 {
					b[at] = byte(c)
					want = c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
				}
				if allHex(b) != want {
					t.Fatalf("allHex(%q) = %v", b, !want)
				}
			}
		}
	}
}
