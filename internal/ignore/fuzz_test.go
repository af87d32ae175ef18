package ignore

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// FuzzEntries reads files of any content: what is taken is what the option Ignore takes,
// line by line, and what is refused is named by its line.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("# normal\n^GET /health\n\npattern: 0123456789\n"))
	f.Add([]byte("\ufeff(\r\n"))
	f.Add([]byte("a{1000}{1000}\n^(a*)*$"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := entries("normal.txt", text)
		if err != nil {
			if list != nil || !strings.HasPrefix(err.Error(), "normal.txt") {
				t.Fatalf("%q, %v", list, err)
			}
			return
		}
		if len(list) > maxLines {
			t.Fatalf("%d lines", len(list))
		}
		for _, e := range list {
			if _, err := detector.NewIgnore([]string{e}); err != nil || e != strings.TrimSpace(e) || e == "" || e[0] == '#' {
				t.Fatalf("%q is taken: %v", e, err)
			}
		}
	})
}
