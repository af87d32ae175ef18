// Package edges holds what a function of bytes makes of everything that is one slip
// away from a text: cut at each place, with a byte left out, twice, changed or put
// in. Tests with cases say what is right; this says that nothing has moved where no
// case looks. A file beside the test has a line for each text: a hash of all that
// came out, and the text, as Go quotes it. A text is added as a line of its own.
//
// Where something moved on purpose, UPDATE=1 writes the hashes anew; EDGES=DIR writes
// what came out as text, so that two versions can be compared.
package edges

import (
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// other are the bytes that come in the place of others: one of each kind that
// anything that reads logs tells apart, and the last and the first of ranges.
const other = "09azAZ .:-/,\"'=%[]{}()<>_+;|\\@#$\n\t\x00\x7f\xc3\xe9"

// Around gives a text and what is one slip away from it. The slice is used again.
func Around(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		b := make([]byte, 0, len(text)+1)
		with := func(parts ...[]byte) bool {
			b = b[:0]
			for _, p := range parts {
				b = append(b, p...)
			}
			return yield(b)
		}
		if !with(text) {
			return
		}
		for i := range len(text) {
			head, at, tail := text[:i], text[i:i+1], text[i+1:]
			if !with(head) || !with(at, tail) || !with(head, tail) || !with(head, at, at, tail) {
				return
			}
			for k := range len(other) {
				c := []byte(other[k : k+1])
				// Not all of them everywhere: the places of a kind get all.
				if k%2 == i%2 && !with(head, c, tail) || k%3 == i%3 && !with(head, c, at, tail) {
					return
				}
			}
		}
	}
}

// Hold compares what comes out around each text of a file with what the file says.
func Hold(t *testing.T, file string, outcome func(to, text []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var now, to []byte
	moved, texts := 0, 0
	for line := range strings.Lines(string(b)) {
		at := strings.IndexByte(line, '"')
		text, err := strconv.Unquote(strings.TrimSpace(line[max(at, 0):]))
		if err != nil {
			t.Fatalf("%s: %q has no text that Go has quoted", file, line)
		}
		h := fnv.New64a()
		var all []byte
		for b := range Around([]byte(text)) {
			to = outcome(to[:0], b)
			h.Write(to)
			if os.Getenv("EDGES") != "" {
				all = append(append(strconv.AppendQuote(all, string(b)), ' '), strconv.Quote(string(to))...)
				all = append(all, '\n')
			}
		}
		if dir := os.Getenv("EDGES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.txt", t.Name(), texts)), all, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		texts++
		is := fmt.Sprintf("%016x %q\n", h.Sum64(), text)
		if now = append(now, is...); is != line {
			if moved++; os.Getenv("UPDATE") == "" && moved <= 3 {
				t.Errorf("something moved around %q, which itself gives %q", text, outcome(nil, []byte(text)))
			}
		}
	}
	switch {
	case texts == 0:
		t.Fatalf("%s has no texts", file)
	case moved == 0:
	case os.Getenv("UPDATE") == "":
		t.Fatalf("%s: %d of %d texts moved; EDGES=DIR before and after says what; UPDATE=1 writes the file anew", file, moved, texts)
	default:
		if err := os.WriteFile(file, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
