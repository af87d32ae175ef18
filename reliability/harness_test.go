//go:build !race

package reliability

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// long says whether the proofs run in full.
var long = os.Getenv("RELIABILITY") == "long"

// amount is how much of something a test does.
func amount(short, full int) int {
	if long {
		return full
	}
	return short
}

// What the tests drive is built once, in a directory that lives as long as they.
var built struct {
	dir                                                string
	host, sanitized, plugin, faulting, sanitizedPlugin func() (string, error)
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("RELIABILITY_SAVE_TO"); dir != "" {
		saveForEver(dir)
	}
	dir, err := os.MkdirTemp("", "reliability-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir = dir
	built.host = sync.OnceValues(func() (string, error) { return buildHost("flb-host", "-O2") })
	built.sanitized = sync.OnceValues(func() (string, error) {
		return buildHost("flb-host-sanitized", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
	})
	built.plugin = sync.OnceValues(func() (string, error) { return buildPlugin("whole") })
	built.faulting = sync.OnceValues(func() (string, error) { return buildPlugin("faulting", "-tags", "faults") })
	built.sanitizedPlugin = sync.OnceValues(func() (string, error) {
		return buildPluginWith([]string{"CGO_CFLAGS=-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined", "CGO_LDFLAGS=-fsanitize=address,undefined"}, "sanitized")
	})
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

func buildHost(name string, flags ...string) (string, error) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	sources, err := filepath.Glob("../fluentbit/host/*.c")
	if err != nil {
		return "", err
	}
	out := filepath.Join(built.dir, name)
	args := append([]string{"-std=gnu11", "-rdynamic", "-o", out}, flags...)
	return out, run(exec.Command(cc, append(append(args, sources...), "-ldl", "-lpthread", "-lm")...))
}

func buildPlugin(dir string, flags ...string) (string, error) {
	return buildPluginWith(nil, dir, flags...)
}

func buildPluginWith(env []string, dir string, flags ...string) (string, error) {
	out := filepath.Join(built.dir, dir, "flb-filter_anomaly.so")
	args := append([]string{"build", "-buildmode=c-shared", "-o", out}, flags...)
	cmd := exec.Command("go", append(args, "../plugin")...)
	cmd.Env = append(os.Environ(), env...)
	return out, run(cmd)
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

func need(t testing.TB, build func() (string, error)) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a shared object: not in short mode")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// result is what a run of the embedded host gave.
type result struct {
	stdout, stderr string
	status         int
}

func runProgram(t testing.TB, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// host runs the embedded host with the filter.
func host(t testing.TB, stdin string, args ...string) result {
	t.Helper()
	args = append([]string{"-e", need(t, built.plugin)}, args...)
	return runProgram(t, exec.Command(need(t, built.host), args...), stdin)
}

// metric is a counter of the filter's, from what the host prints.
func (r result) metric(t testing.TB, name string) int {
	t.Helper()
	_, rest, ok := strings.Cut(r.stderr, "\nfluentbit_filter_anomaly_"+name+"{")
	if !ok {
		t.Fatalf("no metric %s\n%s", name, r.stderr)
	}
	_, rest, _ = strings.Cut(rest, "} ")
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// lines are n routine lines of text.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "request %d of user%d served in %d ms\n", i, i%100, 5+i%20)
	}
	return b.String()
}
