package fluentbit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// TestThreadRoom reads the limits of cgroups of both versions, in trees made up.
func TestThreadRoom(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		room  int
		limit int
		where string
	}{
		{"nothing there", nil, -1, 0, ""},
		{"version 2", map[string]string{
			"proc/self/cgroup":                             "0::/a.slice/b.service\n",
			"sys/fs/cgroup/pids.current":                   "1\n", // the root has no limit
			"sys/fs/cgroup/a.slice/pids.max":               "max\n",
			"sys/fs/cgroup/a.slice/b.service/pids.max":     "20\n",
			"sys/fs/cgroup/a.slice/b.service/pids.current": "13\n",
		}, 7, 20, "a.slice/b.service"},
		{"a limit above", map[string]string{
			"proc/self/cgroup":                             "0::/a.slice/b.service\n",
			"sys/fs/cgroup/a.slice/pids.max":               "100\n",
			"sys/fs/cgroup/a.slice/pids.current":           "99\n",
			"sys/fs/cgroup/a.slice/b.service/pids.max":     "20\n",
			"sys/fs/cgroup/a.slice/b.service/pids.current": "13\n",
		}, 1, 100, "a.slice"},
		{"a container of version 2", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/pids.max": "64\n", "sys/fs/cgroup/pids.current": "60\n",
		}, 4, 64, "sys/fs/cgroup"},
		{"a container of version 1, by the host's path", map[string]string{
			"proc/self/cgroup":                "4:memory:/docker/0123\n3:cpu,pids:/docker/0123\n2:name=systemd:/docker/0123\n0::/\n",
			"sys/fs/cgroup/pids/pids.max":     "32\n",
			"sys/fs/cgroup/pids/pids.current": "40\n", // the limit was lowered
		}, 0, 32, "sys/fs/cgroup/pids"},
		{"another controller's", map[string]string{
			"proc/self/cgroup": "3:mypids,pidsx:/\n", "sys/fs/cgroup/pids/pids.max": "32\n", "sys/fs/cgroup/pids/pids.current": "4\n",
		}, -1, 0, ""},
		{"no limit", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/pids.max": "max\n", "sys/fs/cgroup/pids.current": "4\n",
		}, -1, 0, ""},
		{"rubbish", map[string]string{
			"proc/self/cgroup": "0\n:\n0::/\n", "sys/fs/cgroup/pids.max": "some\n", "sys/fs/cgroup/pids.current": "-4\n",
		}, -1, 0, ""},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := roomBelow(root)
		if r.threads != c.room || r.limit != c.limit || !strings.HasSuffix(r.what, c.where) {
			t.Errorf("%s: %+v, want room for %d of %d in %s", c.name, r, c.room, c.limit, c.where)
		}
	}
}

func TestThreadTrouble(t *testing.T) {
	for _, c := range []struct {
		room                int
		started, processors int
		want                string
	}{
		{-1, 0, 64, ""},
		{11, 5, 8, ""},
		{10, 5, 8, "10 threads more can be started here (pids.max in /x is 100), and Go may want 11 more, for it uses 8 processors: when it cannot start one it ends Fluent Bit; set the limit to at least 101, or GOMAXPROCS lower"},
		{0, 16, 8, ""}, // all are started
		{0, 70, 8, ""},
	} {
		if got := (room{c.room, 100, "pids.max in /x"}).trouble(c.started, c.processors); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// limited runs the host with the filter odd under a limit of threads, as a cgroup of
// its own has it.
func limited(t *testing.T, most int, processors int) testbuild.Result {
	t.Helper()
	const pids = "/sys/fs/cgroup/pids"
	dir := filepath.Join(pids, fmt.Sprintf("flb-anomaly-test-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no cgroup with a limit of processes can be made here: %v", err)
	}
	defer syscall.Rmdir(dir)
	if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte(fmt.Sprint(most)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir, testbuild.Host(t), "-e", odd.Build(t), "-F", "odd")
	cmd.Env = append(os.Environ(), fmt.Sprint("GOMAXPROCS=", processors))
	return testbuild.Run(t, cmd, threeLines)
}

// TestFewThreads, for real: too few for Go to start, and for Go to go on for sure.
func TestFewThreads(t *testing.T) {
	r := limited(t, 4, 2)
	r.MustHave(t, r.Stderr, "[filter] 3 threads more can be started here (pids.max in /sys/fs/cgroup/pids/flb-anomaly-test-")
	r.MustHave(t, r.Stderr, "and a plugin in Go needs at least 8")
	if r.Status == 0 {
		t.Error("Go has started with 3 threads: the number is too high")
	}
	r = limited(t, 30, 60)
	r.MustHave(t, r.Stderr, "[ warn] [filter:odd:odd.0] ")
	r.MustHave(t, r.Stderr, "for it uses 60 processors: when it cannot start one it ends Fluent Bit; set the limit to at least ")
	if r.Stdout != threeRecords {
		t.Errorf("status %d, records %q", r.Status, r.Stdout)
	}
	r = limited(t, 30, 2)
	if r.Stdout != threeRecords || strings.Contains(r.Stderr, "threads") {
		t.Errorf("status %d, records %q\n%s", r.Status, r.Stdout, r.Stderr)
	}
}

// TestFewThreadsOfTheUser: the limit of a user that is not root.
func TestFewThreadsOfTheUser(t *testing.T) {
	host, object := testbuild.Host(t), odd.Build(t)
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT TESTED: only root can become another user")
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: no setpriv here")
	}
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: no prlimit here")
	}
	dir, err := os.MkdirTemp("", "") // the tests' own is for their user alone
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{host, object} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(from)), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const nobody = "64999" // nobody else's
	run := func(most string) testbuild.Result {
		return testbuild.Run(t, exec.Command(setpriv, "--reuid", nobody, "--clear-groups", prlimit, "--nproc="+most,
			filepath.Join(dir, filepath.Base(host)), "-e", filepath.Join(dir, filepath.Base(object)), "-F", "odd"), threeLines)
	}
	r := run("5")
	if bytes.Contains([]byte(r.Stderr), []byte("ermission denied")) {
		t.Skipf("SKIPPED, NOT TESTED: another user may run nothing in %s", dir)
	}
	r.MustHave(t, r.Stderr, "[filter] 4 threads more can be started here (the user's limit of processes (ulimit -u) is 5)")
	if r = run("500"); r.Stdout != threeRecords || strings.Contains(r.Stderr, "threads") {
		t.Errorf("status %d, records %q\n%s", r.Status, r.Stdout, r.Stderr)
	}
}
