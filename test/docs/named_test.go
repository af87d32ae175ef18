package doctest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPagesNameTestsThatThereAre: a proof that nobody can run is none. So for the
// files that pages name, and for what make reliability runs.
func TestPagesNameTestsThatThereAre(t *testing.T) {
	there := map[string]bool{}
	source(t, func(path string, _ *token.FileSet, file *ast.File) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				there[f.Name.Name] = true
			}
		}
	})
	if len(there) < 100 {
		t.Fatalf("%d functions of tests only", len(there))
	}
	named := 0
	for _, page := range pages(t) {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, m := range regexp.MustCompile("`((?:Test|Benchmark|Fuzz)[A-Z]\\w*)`").FindAllStringSubmatch(text, -1) {
			if named++; !there[m[1]] {
				t.Errorf("%s names %s, and there is none", page, m[1])
			}
		}
		for _, m := range regexp.MustCompile("`([a-z]+(?:/[a-z]+)*/\\w+\\.go)`").FindAllStringSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join(root, m[1]))
			if _, beside := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil && beside != nil {
				t.Errorf("%s names %s, and there is none", page, m[1])
			}
		}
	}
	if named < 40 {
		t.Errorf("the pages name %d tests only", named)
	}
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile(`-(?:run|bench) '?([\w|^$]+)'?`).FindAllStringSubmatch(makefile, -1) {
		for _, part := range strings.Split(strings.Trim(m[1], "^$"), "|") {
			found := part == ""
			for name := range there {
				found = found || strings.Contains(name, part)
			}
			if !found {
				t.Errorf("the Makefile runs %q, and no test has that in its name", part)
			}
		}
	}
}

// TestPromisesNameTheirTests: each row of what docs/reliability.md promises names a test,
// or a target of make that runs some.
func TestPromisesNameTheirTests(t *testing.T) {
	rows := 0
	column := -1
	for line := range strings.Lines(read(t, "docs/reliability.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		switch {
		case !strings.HasPrefix(line, "|"):
			column = -1
		case strings.HasPrefix(line, "| ---"):
		case column < 0:
			column = len(cells) // none, in tables of figures that one test writes
			for i, cell := range cells {
				if name := strings.TrimSpace(cell); name == "test" || name == "where" {
					column = i
				}
			}
		case column < len(cells):
			if rows++; !regexp.MustCompile("Test[A-Z]|make [a-z]").MatchString(cells[column]) {
				t.Errorf("no test for %.100s", line)
			}
		}
	}
	if rows < 40 {
		t.Errorf("%d rows with tests only", rows)
	}
}
