// Package testbuild builds what tests drive from outside: the embedded host,
// and packages as the shared objects that Fluent Bit loads. Each is built once,
// into a directory that ends with the tests.
package testbuild

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var built struct {
	sync.Mutex
	dir  string
	once map[string]func() (string, error)
	end  []func()
}

// Main runs the tests of a package, removes what was built for them and ends
// what serves them all. A package that builds anything has it as its TestMain.
func Main(m *testing.M) {
	status := m.Run()
	for _, end := range slices.Backward(built.end) {
		end()
	}
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// AtEnd has Main call a function when the tests have run; the last one first.
func AtEnd(end func()) {
	built.Lock()
	defer built.Unlock()
	built.end = append(built.end, end)
}

// Host returns the embedded host, built with more flags for the C compiler. A
// test skips where that knows no sanitizer that they ask for.
func Host(t testing.TB, flags ...string) string {
	t.Helper()
	path, err := once(t, "flb-host", func(out string) error {
		cc := os.Getenv("CC")
		if cc == "" {
			cc = "cc"
		}
		sources, err := filepath.Glob(filepath.Join(root(), "fluentbit/host/*.c"))
		if err != nil {
			return err
		}
		args := append([]string{"-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o", out}, flags...)
		return run(exec.Command(cc, append(append(args, sources...), "-ldl", "-lpthread", "-lm")...))
	}, flags...)
	if err != nil && slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(f, "-fsanitize") }) {
		t.Skipf("SKIPPED, NOT TESTED: the compiler has no sanitizers: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return path
}

// Sanitizers are flags for Host that have it stop at what the address
// sanitizer and the one for undefined behaviour find.
var Sanitizers = []string{"-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"}

// RaceHost returns the embedded host with an object built into it, under the
// race detector, whose runtime does not start in a shared object that is loaded
// late. Whatever file it is told to load, the host takes what is built in; the
// file's name counts, and a version to be (--abi) comes too late.
func (o Object) RaceHost(t testing.TB) string {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the race detector with cgo is for Linux on amd64 and arm64")
	}
	o.mode, o.Name, o.Flags = "c-archive", strings.TrimSuffix(o.Name, ".so")+".a", append([]string{"-race"}, o.Flags...)
	return Host(t, "-no-pie", filepath.Join(root(), "test/harness/testbuild/testdata/builtin.c"), "-Wl,--wrap=dlopen",
		"-Wl,--whole-archive", o.Build(t), "-Wl,--no-whole-archive", "-lresolv")
}

// Object is a shared object of Go.
type Object struct {
	Package string   // its folder in the module, such as plugin
	Name    string   // of the file, such as flb-filter_anomaly.so
	Flags   []string // for go build
	Env     []string // in which that runs

	mode string // of the build; empty = c-shared
}

// The project's own.
var (
	Filter = Object{Package: "plugin", Name: "flb-filter_anomaly.so"}
	Output = Object{Package: "plugin/output", Name: "out_anomaly.so"}
)

// Build returns the path of the object. A test skips in short mode, and under
// the race detector, whose runtime does not start in a shared object that is
// loaded late.
func (o Object) Build(t testing.TB) string {
	t.Helper()
	path, err := once(t, o.Name, func(out string) error {
		args := append([]string{"build", "-buildmode=" + cmp.Or(o.mode, "c-shared"), "-o", out}, o.Flags...)
		cmd := exec.Command("go", append(args, "./"+o.Package)...)
		cmd.Dir, cmd.Env = root(), append(os.Environ(), o.Env...)
		return run(cmd)
	}, append(slices.Concat(o.Flags, o.Env), o.Package)...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// once builds a file of a name, unless that was done with the same flags.
func once(t testing.TB, name string, build func(out string) error, flags ...string) (string, error) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds what it tests: not in short mode")
	}
	if Race {
		t.Skip("the race detector's runtime does not start in a shared object that is loaded late")
	}
	built.Lock()
	if built.dir == "" {
		dir, err := os.MkdirTemp("", "flb-anomaly-test-")
		if err != nil {
			built.Unlock()
			t.Fatal(err)
		}
		built.dir, built.once = dir, map[string]func() (string, error){}
	}
	key := fmt.Sprintf("%q %q", name, flags)
	get, ok := built.once[key]
	if !ok {
		// Each in a folder of its own: the name of a shared object counts.
		out := filepath.Join(built.dir, fmt.Sprint(len(built.once)), name)
		get = sync.OnceValues(func() (string, error) {
			if err := os.Mkdir(filepath.Dir(out), 0o700); err != nil {
				return "", err
			}
			return out, build(out)
		})
		built.once[key] = get
	}
	built.Unlock()
	return get()
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// root is the module's folder.
var root = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		panic(err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
})

// Result is what the run of a program gave.
type Result struct {
	Stdout, Stderr string
	Status         int // -1 for a signal
}

// Run runs a program to its end, which comes at the latest shortly before the
// tests have to.
func Run(t testing.TB, cmd *exec.Cmd, stdin string) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := limited.Deadline(); ok {
			defer time.AfterFunc(time.Until(end)-10*time.Second, func() { cmd.Process.Kill() }).Stop()
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// MustHave fails the test when a text is not in what was written.
func (r Result) MustHave(t testing.TB, in, text string) {
	t.Helper()
	if !strings.Contains(in, text) {
		t.Errorf("%q is missing\nstatus %d\nstdout:\n%s\nstderr:\n%s", text, r.Status, r.Stdout, r.Stderr)
	}
}
