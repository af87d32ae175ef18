package pattern

import (
	"fmt"
	"reflect"
	"testing"
)

// TestLines: lines that are held are what each was when it was scanned, however many there
// are, and those before a Reset make way.
func TestLines(t *testing.T) {
	s := NewScanner(1)
	var held Lines
	var w, alone Workspace
	for range 3 {
		var texts []string
		var lines []*Line
		for i := range 100 {
			texts = append(texts, fmt.Sprintf("WARN disk sd%c: %d of %d sectors failed after %dms", 'a'+i%26, i, i*i, 3*i), "", "parcel scanned")
		}
		for _, text := range texts {
			s.Scan([]byte(text), &w)
			lines = append(lines, held.Keep(&w))
		}
		for i, l := range lines {
			if s.Scan([]byte(texts[i]), &alone); !reflect.DeepEqual(*l, alone.Line) {
				t.Fatalf("%q is held as %+v, want %+v", texts[i], *l, alone.Line)
			}
		}
		held.Reset()
	}
	if n := cap(held.lines); n > 1000 {
		t.Errorf("there is room for %d lines after 300 at a time", n)
	}
}
