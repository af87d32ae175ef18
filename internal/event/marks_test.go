package event

import (
	"bytes"
	"testing"
)

func FuzzMarks(f *testing.F) {
	for _, text := range []string{"", "a", "\"", ",,,,,,,", "=\t\"", "2026-03-02T08:00:01Z level=info msg=\"ready\"", "plain prose, of some length", "\x1b[31mred\x1b[0m behind", "é=ü\x80\xff\x00", "12345678=", "=12345678", "1234567,"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want marks
		for c, m := range markOf {
			if m != 0 && bytes.IndexByte(text, byte(c)) >= 0 {
				want |= m
			}
		}
		for _, c := range text {
			if c < ' ' {
				want |= controlMark
			}
		}
		if got := marksOf(text); got != want {
			t.Errorf("%q has marks %b, want %b", text, got, want)
		}
	})
}

// What has a byte that tells it has a mark for that.
func TestFormatsHaveMarks(t *testing.T) {
	for _, f := range formats {
		if f.has != 0 && markOf[f.has] == 0 {
			t.Errorf("there is no mark of %q", f.has)
		}
	}
}
