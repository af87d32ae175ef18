package fluentbit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The tests drive a real filter, testdata/odd, in the embedded host and, where
// there is one, in a real Fluent Bit. Both are built once, into a directory
// that lives as long as the tests.
var built struct {
	dir        string
	host, odd  func() (string, error)
	hello      func() (string, error)
	sanitizing func() (string, error)
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "fluentbit-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir = dir
	built.host = sync.OnceValues(func() (string, error) { return buildHost("flb-host", "-O2") })
	built.sanitizing = sync.OnceValues(func() (string, error) {
		return buildHost("flb-host-sanitizing", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
	})
	built.odd = sync.OnceValues(func() (string, error) { return buildFilter("odd") })
	built.hello = sync.OnceValues(func() (string, error) { return buildFilter("hello") })
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

func buildHost(name string, flags ...string) (string, error) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	sources, err := filepath.Glob("host/*.c")
	if err != nil {
		return "", err
	}
	out := filepath.Join(built.dir, name)
	args := append([]string{"-std=gnu11", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o", out}, flags...)
	args = append(append(args, sources...), "-ldl", "-lpthread", "-lm")
	return out, run(exec.Command(cc, args...))
}

func buildFilter(name string) (string, error) {
	out := filepath.Join(built.dir, "flb-filter_"+name+".so")
	return out, run(exec.Command("go", "build", "-buildmode=c-shared", "-o", out, "./testdata/"+name))
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// need is what a build gave, or the end of the test.
func need(t testing.TB, build func() (string, error)) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a shared object: not in short mode")
	}
	if raceDetector {
		t.Skip("the race detector's runtime does not start in a shared object that is loaded late")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
