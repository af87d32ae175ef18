// Package flbtest runs a real Fluent Bit in tests: the program that the
// environment variable FLUENT_BIT names, or else fluent-bit on the path. A
// test that needs one skips, and says so, where there is none.
package flbtest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait; a test that reaches it has failed.
const Patience = 3 * time.Minute

// Find returns the path of Fluent Bit, or skips the test.
func Find(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FLUENT_BIT")
	if path == "" {
		path = "fluent-bit"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no Fluent Bit here (%v); set FLUENT_BIT to the path of one", err)
	}
	return path
}

// Version returns the major and minor version of the Fluent Bit at path.
func Version(t testing.TB, path string) (major, minor int) {
	t.Helper()
	out, err := exec.Command(path, "--version").Output()
	m := regexp.MustCompile(`v(\d+)\.(\d+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%s --version: %v\n%s", path, err, out)
	}
	major, _ = strconv.Atoi(string(m[1]))
	minor, _ = strconv.Atoi(string(m[2]))
	return major, minor
}

// Process is a program that runs, with all it has written.
type Process struct {
	Cmd  *exec.Cmd
	Done <-chan struct{} // closed when it has ended and all it wrote is read

	t testing.TB

	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at the next line
}

// Start starts Fluent Bit in dir. It is killed when the test ends.
func Start(t testing.TB, dir string, args ...string) *Process {
	t.Helper()
	cmd := exec.Command(Find(t), args...)
	cmd.Dir = dir
	return Run(t, cmd)
}

// killCalled kills the processes that were called with just these arguments: a daemon is
// nobody's child and has a session of its own. A test names a file of its own in them.
func killCalled(args []string) {
	cmdline := strings.Join(args, "\x00") + "\x00"
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && string(b) == cmdline {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// Run starts a program, with its output taken. It is killed when the test ends, and with
// -d what it has put into the background.
func Run(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	done := make(chan struct{})
	p := &Process{t: t, Cmd: cmd, Done: done, changed: make(chan struct{})}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	cmd.WaitDelay = 5 * time.Second // a daemon may hold on to them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(bufio.NewReader(r), done)
	go func() {
		cmd.Wait()
		w.Close()
	}()
	t.Cleanup(func() {
		p.Kill()
		if slices.Contains(cmd.Args, "-d") {
			killCalled(cmd.Args)
		}
	})
	return p
}

func (p *Process) read(in *bufio.Reader, done chan<- struct{}) {
	for {
		line, err := in.ReadString('\n')
		p.mu.Lock()
		p.text.WriteString(line)
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			close(done)
			return
		}
	}
}

// Kill ends the program at once.
func (p *Process) Kill() {
	p.Cmd.Process.Kill()
	<-p.Done
}

// Output returns all that was written so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// Wait waits until text has been written n times.
func (p *Process) Wait(text string, n int) {
	p.t.Helper()
	limit := time.After(Patience)
	for {
		p.mu.Lock()
		found, changed := strings.Count(p.text.String(), text) >= n, p.changed
		p.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-p.Done:
			if strings.Count(p.Output(), text) < n {
				p.t.Fatalf("%s ended, and %q was not written %d times\n%s", p.Cmd.Path, text, n, p.Output())
			}
			return
		case <-limit:
			p.t.Fatalf("%q was not written %d times\n%s", text, n, p.Output())
		}
	}
}

// Signal sends a signal.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// End waits for the process to end and returns its exit status, -1 for a
// signal.
func (p *Process) End() int {
	p.t.Helper()
	select {
	case <-p.Done:
	case <-time.After(Patience):
		p.t.Fatalf("%s does not end\n%s", p.Cmd.Path, p.Output())
	}
	return p.Cmd.ProcessState.ExitCode()
}

// SaidAtEnd reports whether Fluent Bit, which has ended, has written a line while it
// ended; begin is what begins any line of its kind. Before 5.1 Fluent Bit's logger stops
// when it is told to, and what still waits in its pipe is lost, now and then: there the
// line may be missing, but no other one of its kind may stand in its place.
func (p *Process) SaidAtEnd(line, begin string) bool {
	p.t.Helper()
	out := p.Output()
	if strings.Contains(out, line) {
		return true
	}
	major, minor := Version(p.t, p.Cmd.Path)
	return !strings.Contains(out, begin) && (major < 5 || major == 5 && minor < 1)
}

// FreePort returns a port that nothing listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// WaitFor asks url until the answer matches the expression, and returns it.
func (p *Process) WaitFor(url, expression string) string {
	p.t.Helper()
	re := regexp.MustCompile(expression)
	last := ""
	// A program that was stopped may hold on to a connection for ever.
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		select {
		case <-p.Done:
			p.t.Fatalf("%s ended, and %s never answered %s; last:\n%s\n%s", p.Cmd.Path, url, expression, last, p.Output())
		default:
		}
		r, err := client.Get(url)
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if last = string(body); re.MatchString(last) {
			return last
		}
	}
	p.t.Fatalf("%s never answered %s; last:\n%s\n%s", url, expression, last, p.Output())
	return ""
}
