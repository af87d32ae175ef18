package flbtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDaemonEnds: what a program has put into the background ends with the test that has
// started it.
func TestDaemonEnds(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no setsid here: %v", err)
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "daemon")
	// It calls itself again, with the same arguments and in a session of its own.
	const text = `
if [ -z "$AGAIN" ]; then
  AGAIN=1 setsid sh "$0" -d </dev/null >/dev/null 2>&1 &
  exit
fi
echo $$ >"$0.new" && mv "$0.new" "$0.pid"
while :; do sleep 0.1; done
`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var pid int
	t.Run("starts", func(t *testing.T) {
		if status := Run(t, exec.Command("sh", script, "-d")).End(); status != 0 {
			t.Fatalf("exit status %d", status)
		}
		for end := time.Now().Add(Patience); pid == 0; time.Sleep(time.Millisecond) {
			b, _ := os.ReadFile(script + ".pid")
			if pid, _ = strconv.Atoi(strings.TrimSpace(string(b))); pid == 0 && time.Now().After(end) {
				t.Fatal("it does not start")
			}
		}
	})
	if pid == 0 {
		return
	}
	// Killed is not yet gone: its parent has to hear of it.
	for end := time.Now().Add(Patience); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(end) {
			syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("it is left")
		}
	}
}
