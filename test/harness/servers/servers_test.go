package servers

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server ends with its test, also when that is killed: its end of the pipe is
// closed then.
func TestEnds(t *testing.T) {
	dir := t.TempDir()
	s, err := start(dir, "sh", "-c", "echo $$ >pid; exec sleep 600")
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	for limit := time.Now().Add(time.Minute); pid == 0 && time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(dir, "pid"))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if pid == 0 || syscall.Kill(pid, 0) != nil {
		t.Fatalf("the program does not run: %s", s.said())
	}
	s.kill()
	for limit := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("it runs on")
		}
	}
}
