//go:build !race

package reliability

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// TestSoakHost is TestSoak of package judge with all that stands around the Go: the
// shared object, the kit in C, the crossing between them. The embedded host lives
// through records of groups that come and go, refits, saves and hot reloads, and is
// watched from outside: memory must stay flat, descriptors and threads few.
func TestSoakHost(t *testing.T) {
	const perPass, reloads = 10_000, 20
	passes := max(amount(2_100_000, 20_000_000)/perPass/(reloads+1), 1)
	total := perPass * passes * (reloads + 1)
	dir := t.TempDir()
	var b strings.Builder
	for i := range perPass {
		fmt.Fprintf(&b, "{\"app\":\"app %d\",\"log\":\"request %d of user%d served in %d ms\"}\n", (i/100)%40, i, i%100, 5+i%20)
	}
	in := filepath.Join(dir, "in.jsonl")
	if err := os.WriteFile(in, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testbuild.Host(t), "-e", testbuild.Filter.Build(t), "-q", "-s", "-n", "500", "--repeat", fmt.Sprint(passes), "--reload", fmt.Sprint(reloads),
		"-F", "anomaly", "-p", "alias=soak", "-p", "group_by=app", "-p", "max_groups=12", "-p", "warmup=64", "-p", "refit_records=5000",
		"-p", "model_path="+dir, "-p", "save_interval=1s", in)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var seen []usage
	limit := time.After(time.Hour)
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("%v\n%.3000s", err, log.String())
			}
			check(t, seen, total, log.String())
			return
		case <-limit:
			cmd.Process.Kill()
			<-done
			t.Fatalf("it does not end\n%.3000s", log.String())
		case <-tick:
			if u, ok := usageOf(cmd.Process.Pid); ok {
				seen = append(seen, u)
			}
		}
	}
}

// usage is what a process takes.
type usage struct{ rss, descriptors, threads int } // rss in KB

func usageOf(pid int) (u usage, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, false
	}
	number := func(name string) int {
		m := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+)`).FindSubmatch(status)
		if m == nil { // it is about to end
			ok = false
			return 0
		}
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	ok = true
	u.rss, u.threads = number("VmRSS"), number("Threads")
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.descriptors = len(open)
	return u, ok && err == nil
}

func check(t *testing.T, seen []usage, total int, log string) {
	t.Helper()
	if len(seen) < 20 {
		t.Fatalf("it was seen %d times only", len(seen))
	}
	most := func(part []usage) (u usage) {
		for _, s := range part {
			u.rss, u.descriptors, u.threads = max(u.rss, s.rss), max(u.descriptors, s.descriptors), max(u.threads, s.threads)
		}
		return u
	}
	from := len(seen) / 10
	for i := range 20 {
		t.Log(most(seen[len(seen)*i/20 : len(seen)*(i+1)/20]))
	}
	early, late := most(seen[from:len(seen)/2]), most(seen[len(seen)/2:])
	t.Logf("%d records in the embedded host, seen %d times: RSS %d KB at most in the first half after its first tenth, %d KB in the second; descriptors %d and %d, threads %d and %d",
		total, len(seen), early.rss, late.rss, early.descriptors, late.descriptors, early.threads, late.threads)
	if late.rss > early.rss+early.rss/10+8<<10 || late.descriptors > early.descriptors+2 || late.threads > early.threads+4 {
		t.Error("it grows")
	}
	if !strings.Contains(log, fmt.Sprintf("%d records in, %d out", total, total)) {
		t.Errorf("not all records came out\n%.3000s", log)
	}
}
