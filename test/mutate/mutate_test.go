package main

import (
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	panic("never")
}
`
	set := token.NewFileSet()
	f, err := parse(set, "p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	list := mistakesIn(set, f, "p.go", []byte(source))
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

// TestSwitches puts all of a function's mistakes behind switches.
func TestSwitches(t *testing.T) {
	const source = "package p\n\nfunc f(a, b int, s string) (int, bool) {\n" +
		"\tfor i := 0; i < a && !(b == 2 || s != \"\"); i++ {\n\t\tif b > 3 {\n\t\t\tbreak\n\t\t}\n\t\tb += a << 1\n\t}\n" +
		"\treturn max(a, b-1) * 2, s+s == \"\"\n}\n"
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("p", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module x\n\ngo 1.26\n", "p/p.go": source} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := mistakesOf("p/p.go")
	if err != nil {
		t.Fatal(err)
	}
	var list []*mistake
	for i := range all {
		list = append(list, &all[i])
	}
	sw, err := switchable("p", dir, list)
	if err != nil {
		t.Fatal(err)
	}
	var not []string
	for _, m := range list {
		if sw.number[m] == 0 {
			not = append(not, m.name)
		}
	}
	// Texts cannot be taken from each other.
	if want := []string{`p/p.go f: s+s => s-s`}; !slices.Equal(not, want) {
		t.Errorf("cannot be switched on: %q, want %q", not, want)
	}
	if _, err := output("vet", "-overlay="+sw.overlay, "./p"); err != nil {
		t.Error(err)
	}
}

// TestEachIsTried plants mistakes into a module of its own, of which its test sees
// some: alone, and with a switch.
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
		"n-- => n++":               found, // without end
	}
	tried := trial{ctx: t.Context(), usual: map[string]func() (time.Duration, error){}}
	var list []*mistake
	for i := range all {
		list = append(list, &all[i])
	}
	tests, err := tried.suites("record", t.TempDir(), list)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		_, what, _ := strings.Cut(m.name, ": ")
		if want[what] == "" {
			continue
		}
		if n := tests.switched.number[m]; n == 0 {
			t.Errorf("%s cannot be switched on", m.name)
		} else if got, err := tests.try(n); err != nil || got != want[what] {
			t.Errorf("%s, switched on: %s, %v, want %s", m.name, got, err, want[what])
		}
		if what != "n-- => n++" { // alone it takes the minute of grace
			if got, err := tried.try(m); err != nil || got != want[what] {
				t.Errorf("%s: %s, %v, want %s", m.name, got, err, want[what])
			}
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

// TestDaemonsAreKilled: what a command leaves behind in a session of its own ends with it,
// and what has the session of this process does not.
func TestDaemonsAreKilled(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no setsid here: %v", err)
	}
	adopt()
	own := exec.Command("sleep", "1000")
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { own.Process.Kill(); own.Wait() }()
	file := filepath.Join(t.TempDir(), "pid")
	if _, err := watch(exec.CommandContext(t.Context(), "sh", "-c", `setsid sh -c 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec sleep 1000' "$0" >/dev/null 2>&1 & while [ ! -s "$0" ]; do sleep 0.01; done`, file)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		syscall.Kill(pid, syscall.SIGKILL)
		t.Errorf("the daemon is left (%v)", err)
	}
	if err := own.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("another child was killed: %v", err)
	}
}
