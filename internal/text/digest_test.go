package text

import (
	"encoding/hex"
	"testing"
)

// TestDigest has the values that the authors of FNV give. A file's name is made of them, so that
// another digest would lose its model.
func TestDigest(t *testing.T) {
	for name, want := range map[string]string{
		"":       "6c62272e07bb014262b821756295c58d",
		"a":      "d228cb696f1a8caf78912b704e4a8964",
		"foobar": "343e1662793c64bf6f0d3597ba446f18",
	} {
		sum := Digest([]byte(name))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
