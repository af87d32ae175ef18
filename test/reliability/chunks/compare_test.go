package chunks

import (
	"slices"
	"testing"
)

// TestCompareForms: versions of Fluent Bit write an event's array in different
// forms; what may be changed is the same in all of them.
func TestCompareForms(t *testing.T) {
	time := []byte{0xd7, 0, 0x65, 0x53, 0xf1, 0, 0, 0, 0, 0}
	forged, clean := []byte{0x82, 0xa1, 'n', 1, 0xa7, 'a', 'n', 'o', 'm', 'a', 'l', 'y', 0xc0}, []byte{0x81, 0xa1, 'n', 1}
	for _, head := range [][]byte{{0x92}, {0xdc, 0, 2}, {0xdd, 0, 0, 0, 2}} {
		for _, when := range [][]byte{time, slices.Concat([]byte{0x92}, time, []byte{0x80})} {
			was, is := slices.Concat(head, when, forged), slices.Concat(head, when, clean)
			if c, err := Compare(was, is); err != nil || c.Replaced != 1 {
				t.Errorf("% x: a forged field was taken out: %v", was, err)
			}
			if _, err := Compare(was, was); err == nil {
				t.Errorf("% x: a forged field may stay", was)
			}
			if _, err := Compare(was, slices.Concat(head, when, []byte{0x80})); err == nil {
				t.Errorf("% x: a field may go", was)
			}
		}
		marker := slices.Concat(head, []byte{0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, forged)
		if _, err := Compare(marker, marker); err != nil {
			t.Errorf("% x: a group marker passes as it is: %v", marker, err)
		}
	}
}
