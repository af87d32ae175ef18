package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMistakes lists what is planted into a function.
func TestMistakes(t *testing.T) {
	const source = `package p

const limit = 0

func (b *box[T]) take(n int) (ok bool, err error) {
	if n < 3 && !b.full {
		return true, errors.New("x")
	}
	b.n = 7
	defer b.close()
	return b.n == max(n, limit), nil
}
`
	list, err := mistakesIn("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, strings.TrimPrefix(m.name, "p.go "))
	}
	want := []string{
		"const: 0 => 1",
		"box.take: n < 3 && !b.full => !(n < 3 && !b.full)",
		"box.take: n < 3 && !b.full => n < 3 || !b.full",
		"box.take: n < 3 => n <= 3",
		"box.take: 3 => 6",
		"box.take: !b.full => b.full",
		`box.take: return true, errors.New("x") => return false, errors.New("x")`,
		`box.take: return true, errors.New("x") => return true, nil`,
		"box.take: b.n = 7 => left out",
		"box.take: 7 => 14",
		"box.take: defer b.close() => left out",
		"box.take: b.n == max(n, limit) => b.n != max(n, limit)",
		"box.take: max(n, limit) => min(n, limit)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, line := range map[int]string{3: "\tif n <= 3 && !b.full {\n", 5: "\tif n < 3 && b.full {\n", 8: "\tif false { b.n = 7 }\n", 12: "\treturn b.n == min(n, limit), nil\n"} {
		if with := string(list[i].in([]byte(source))); !strings.Contains(with, line) {
			t.Errorf("%s: no line %q in\n%s", list[i].name, line, with)
		}
	}
}

// TestEachIsTried plants two mistakes into a module of its own, of which its test
// sees one.
func TestEachIsTried(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command: not in short mode")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                   "module x\n\ngo 1.26\n",
		"record/a.go":              "package record\n\nfunc less(a, b int) bool { return a < b }\n\nfunc hang(n int) int {\n\tfor n > 0 {\n\t\tn--\n\t}\n\treturn n\n}\n",
		"record/a_test.go":         "package record\n\nimport \"testing\"\n\nfunc TestLess(t *testing.T) {\n\tif !less(1, 2) || less(2, 1) || hang(3) != 0 {\n\t\tt.Fail()\n\t}\n}\n",
		"internal/judge/a_test.go": "package judge\n\nimport \"testing\"\n\nfunc TestNothing(*testing.T) {}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	all, err := mistakes([]string{"./record"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]outcome{
		"a < b => a <= b":          survived, // no two are equal
		"return n => return n + 1": found,
	}
	tried := trial{ctx: t.Context(), usual: map[string]func() (time.Duration, error){}}
	for _, m := range all {
		_, what, _ := strings.Cut(m.name, ": ")
		if want[what] == "" {
			continue
		}
		if got, _, err := tried.try(&m); err != nil || got != want[what] {
			t.Errorf("%s: %s, %v, want %s", m.name, got, err, want[what])
		}
		delete(want, what)
	}
	if len(want) > 0 {
		t.Errorf("not among the mistakes: %v", want)
	}
}

// TestLists: what the lists name is there.
func TestLists(t *testing.T) {
	t.Chdir("../..")
	for _, s := range subjects {
		for _, dir := range append([]string{s.dir}, s.then...) {
			if _, err := os.Stat(dir); err != nil {
				t.Error(err)
			}
		}
	}
	planted, err := plantedIn(nil)
	if err != nil {
		t.Error(err)
	}
	for _, m := range planted {
		if testsOf(filepath.Dir(m.file)) == nil {
			t.Errorf("no tests are known for %s", m.file)
		}
	}
	reasons, err := readHarmless("test/mutate/harmless.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, err := mistakes(nil)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range all {
		if names[m.name] {
			t.Errorf("two mistakes are called %s", m.name)
		}
		names[m.name] = true
	}
	for name := range reasons {
		if !names[name] {
			t.Errorf("harmless.txt names a mistake that there is not: %s", name)
		}
	}
}

// TestHeld: the memory of a group of processes is that of all in it, and of no other.
func TestHeld(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("SKIPPED: no /proc here")
	}
	if n := held(syscall.Getpgrp()); n < 1<<20 {
		t.Errorf("the group of this test holds %d bytes", n)
	}
	if n := held(1 << 30); n != 0 {
		t.Errorf("a group that there is not holds %d bytes", n)
	}
}
