package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// served starts flb-anomaly serve as a user does, and returns the page's
// address. It is interrupted, and must end, with the test.
func served(t *testing.T, args ...string) string {
	t.Helper()
	return servedFrom(t, strings.NewReader(""), args...)
}

// servedFrom is served with a standard input.
func servedFrom(t *testing.T, stdin io.Reader, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said := &watched{want: regexp.MustCompile(`http://[^/]+/`), seen: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), stdin, io.Discard, said)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case status := <-ended:
			if status != statusOK {
				t.Errorf("it ends with status %d", status)
			}
		case <-time.After(patience):
			t.Error("it does not end when it is interrupted")
		}
	})
	select {
	case address := <-said.seen:
		return address
	case status := <-ended:
		ended <- statusOK
		t.Fatalf("status %d: %s", status, said.text())
		return ""
	}
}

// watched hands on the first thing written that an expression matches.
type watched struct {
	mu   sync.Mutex
	all  bytes.Buffer
	want *regexp.Regexp
	seen chan string
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if m := w.want.Find(w.all.Bytes()); m != nil && !w.done {
		w.done = true
		w.seen <- string(m)
	}
	return len(p), nil
}

func (w *watched) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v, %s", url, r.Status, err, b)
	}
	return b
}

// TestServeGivesTheVerdictsOfScan holds the page's answer against the command
// scan on the same file with the same flags, line by line.
func TestServeGivesTheVerdictsOfScan(t *testing.T) {
	for _, flags := range []string{"", "--contamination 0.01", "--contamination 0.0123", "--mode batch", "--mode batch --contamination 0.05", "--warmup 64 --seed 7 --ignore GET"} {
		t.Run(flags, func(t *testing.T) {
			args := append(strings.Fields(flags), shopLog)
			address := served(t, args...)
			sameVerdicts(t, address, args)
		})
	}
}

// firstView waits until the first log of a page is judged, or as far as wanted,
// and returns its address and the stop that the page's slider begins at.
func firstView(t *testing.T, address string, lines int) (view string, stop int) {
	t.Helper()
	var start struct {
		Views []string
		Stop  int
	}
	if err := json.Unmarshal(get(t, address+"api/start"), &start); err != nil {
		t.Fatal(err)
	}
	view = address + "api/views/" + start.Views[0]
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var v struct {
			Phase, Error string
			Lines        int
		}
		if err := json.Unmarshal(get(t, view), &v); err != nil || v.Error != "" {
			t.Fatal(err, v.Error)
		}
		if v.Phase == "done" || lines > 0 && v.Lines >= lines {
			return view, start.Stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log stays as it is: %+v", v)
		}
	}
}

// sameVerdicts holds a page against the command scan with the same arguments.
func sameVerdicts(t *testing.T, address string, args []string) {
	t.Helper()
	view, stop := firstView(t, address, 0)
	onPage := parse(t, string(get(t, fmt.Sprintf("%s/export?format=jsonl&stop=%d", view, stop))))
	status, out, errs := call(t, "", append([]string{"scan", "--format", "jsonl", "--text"}, args...)...)
	if status != statusOK {
		t.Fatal(errs)
	}
	all := parse(t, out)
	if len(onPage) != len(all) || flagged(all) == 0 {
		t.Fatalf("%d lines on the page, %d by scan, %d of these flagged", len(onPage), len(all), flagged(all))
	}
	for i, want := range all {
		got := onPage[i]
		same := got.Line == want.Line && got.Text == want.Text && got.Anomaly == want.Anomaly && got.Reason == want.Reason &&
			(got.Score == nil) == (want.Score == nil) && (got.Score == nil || *got.Score == *want.Score)
		if !same {
			t.Fatalf("line %d: the page says %+v, scan %+v", i+1, got, want)
		}
	}
	for format, flags := range map[string][]string{"csv": {"--format", "csv"}, "jsonl": {"--format", "jsonl", "--text"}} {
		_, want, _ := call(t, "", append(append([]string{"scan"}, flags...), args...)...)
		if got := get(t, fmt.Sprintf("%s/export?format=%s&stop=%d", view, format, stop)); string(got) != want {
			t.Errorf("the page's %s is not that of scan", format)
		}
	}
}

// TestServeReadsWhatScanReads does the same with files of other forms.
func TestServeReadsWhatScanReads(t *testing.T) {
	text, err := os.ReadFile(shopLog)
	if err != nil {
		t.Fatal(err)
	}
	wide := []byte("\xff\xfe")
	for _, r := range utf16.Encode([]rune(string(text))) {
		wide = binary.LittleEndian.AppendUint16(wide, r)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	odd := slices.Concat(bytes.Join(lines[:1000], nil), []byte("\n\n\xff\xfe\x80 no UTF-8\n\x00\x00\x00 NULs \x00\n\x1b[31mred\x1b[0m\n\r\n"),
		bytes.Repeat([]byte("x"), scan.MaxLine+5), []byte("\n"), bytes.Join(lines[1000:], nil), []byte("without an end"))
	trace := []byte("java.lang.IllegalStateException: no connection\n\tat shop.Pool.take(Pool.java:41)\n\tat shop.Main.run(Main.java:7)\n")
	traces := slices.Concat(bytes.Join(lines[:1500], nil), trace, bytes.Join(lines[1500:1600], nil), trace, bytes.Join(lines[1600:], nil), trace)
	for name, content := range map[string][]byte{
		"traces.log":  traces,
		"shop.log.gz": zipped(text),
		"crlf.log":    bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		"utf16.log":   wide,
		"bom.log":     append([]byte("\xef\xbb\xbf"), text...),
		"nul.log":     append(make([]byte, 6000), text...),
		"odd.log":     odd,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, content, 0o666); err != nil {
				t.Fatal(err)
			}
			sameVerdicts(t, served(t, file), []string{file})
		})
	}
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// namedPipe makes one, or skips the test.
func namedPipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skipf("%s NEEDS a file system with named pipes and did not run: %v", t.Name(), err)
	}
	return name
}

// TestServeReadsAsItComes shows what a pipe brings while it is open, and ends
// when it is interrupted, whether anything comes or not.
func TestServeReadsAsItComes(t *testing.T) {
	t.Run("standard input", func(t *testing.T) {
		in, feed := io.Pipe()
		t.Cleanup(func() { feed.Close() }) // after the command has ended
		address := servedFrom(t, in, "-")
		fmt.Fprint(feed, strings.Repeat("a line\n", 10))
		view, _ := firstView(t, address, 10)
		var v struct{ Name string }
		if err := json.Unmarshal(get(t, view), &v); err != nil || v.Name != "standard input" {
			t.Errorf("%v, %+v", err, v)
		}
	})
	t.Run("named pipe", func(t *testing.T) {
		name := namedPipe(t)
		feed, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { feed.Close() })
		address := served(t, name)
		fmt.Fprint(feed, strings.Repeat("a line\n", 10))
		firstView(t, address, 10)
	})
	t.Run("named pipe without a writer", func(t *testing.T) {
		get(t, served(t, namedPipe(t)))
	})
}

func TestServeUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"serve --help", 0, "--listen string"},
		{"serve --listen 8765", 2, `--listen has the value "8765"`},
		{"serve --max-size much", 2, `--max-size has the value "much": not a size; allowed: a number above 0 with KiB, MiB or GiB`},
		{"serve --max-size 0", 2, "out of range"},
		{"serve --mode live", 2, "allowed: stream, batch"},
		{"serve --warmup 5", 2, "--warmup has the value"},
		{"serve --listen 127.0.0.1:0 no.log", 1, "open no.log: no such file"},
		{"serve --listen 127.0.0.1:0 ../../examples", 1, "is a directory"},
		{"serve - -", 2, "the standard input (-) can be read once"},
		{"serve --listen 127.0.0.1:0 no\x1b[31m.log", 1, `no\x1b[31m.log: no such file`},
	} {
		status, out, errs := call(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%q: status %d, want %d with %q:\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
	}
}

// An address of IPv4 is listened on, and named, as one.
func TestListen(t *testing.T) {
	for address, want := range map[string]string{"0.0.0.0:0": "0.0.0.0:", "127.0.0.1:0": "127.0.0.1:"} {
		l, err := listen(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Addr().String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s is listened on as %s", address, got)
		}
		l.Close()
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"1": 1, "1000": 1000, "2KiB": 2048, "1.5 MiB": 3 << 19, "1gib": 1 << 30, "3MB": 3e6, "2g": 2 << 30, "7b": 7} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "MiB", "-1", "0.5", "NaN", "1e30"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}

// TestServeIgnoreFile: what the page calls normal is written to the file, which need not be
// there, and is in force from then on.
func TestServeIgnoreFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	address := served(t, "--ignore-file", path, shopLog)
	type answer struct {
		Views      []string
		IgnoreFile string
		Rows       []struct{ P, ID string }
		Phase      string
	}
	ask := func(method, path, body string) (a answer, status int) {
		t.Helper()
		r, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		if got.StatusCode == http.StatusOK {
			if err := json.NewDecoder(got.Body).Decode(&a); err != nil {
				t.Fatal(err)
			}
		}
		return a, got.StatusCode
	}
	start, _ := ask("GET", "api/start", "")
	if start.IgnoreFile != path || len(start.Views) != 1 {
		t.Fatalf("the page begins with %+v", start)
	}
	view := "api/views/" + start.Views[0]
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if v, _ := ask("GET", view, ""); v.Phase == "done" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the log is not scanned")
		}
	}
	rows, _ := ask("GET", view+"/rows?only=1&n=1", "")
	if _, status := ask("POST", view+"/normal", `{"pattern":"`+rows.Rows[0].P+`","normal":true}`); status != http.StatusNoContent {
		t.Fatalf("status %d", status)
	}
	is, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(string(is), "\npattern:"+rows.Rows[0].ID+"\n") {
		t.Errorf("the file is %q (%v)", is, err)
	}
	// The command reads it, too; one that is wrong is said to be.
	if status, _, errs := call(t, "", "scan", "--ignore-file", path, shopLog); status != statusOK {
		t.Errorf("status %d: %s", status, errs)
	}
	if err := os.WriteFile(path, []byte("ok\n(\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := call(t, "", "serve", "--listen", "127.0.0.1:0", "--ignore-file", path); status == statusOK || !strings.Contains(errs, "line 2") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestConnectionsAreLimited: more than so many wait until one is closed.
func TestConnectionsAreLimited(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	l := &limitedListener{Listener: inner, open: make(chan struct{}, 2)}
	accepted := make(chan net.Conn)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, second := <-accepted, <-accepted
	defer second.Close()
	select {
	case <-accepted:
		t.Error("a third connection is accepted")
	case <-time.After(100 * time.Millisecond):
	}
	first.Close()
	first.Close() // once more makes no more room
	third := <-accepted
	defer third.Close()
	if len(l.open) != 2 {
		t.Errorf("%d connections are counted", len(l.open))
	}
}
