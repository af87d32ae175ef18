package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: a program has one end of it, a test reads from
// the other what would be on the screen.
type terminal struct {
	*os.File // the program's end
	keyboard *os.File
	mu       sync.Mutex
	screen   bytes.Buffer
	ended    chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("%s NEEDS a pseudo-terminal and did not run: %v", t.Name(), err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &terminal{File: slave, keyboard: master, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			w.mu.Lock()
			w.screen.Write(buf[:n])
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		slave.Close()
		<-w.ended // without another end, the read fails
		master.Close()
	})
	return w
}

func (w *terminal) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.screen.String()
}

// wait waits until something has been on the screen.
func (w *terminal) wait(t *testing.T, want string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if s := w.text(); strings.Contains(s, want) {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q on the screen:\n%s", want, w.text())
		}
	}
}

// Without a file and on a terminal, a command says how it is used; so it does
// where there is no standard input at all. It waits for nothing.
func TestNoFile(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name, stdin := range map[string]io.Reader{"terminal": newTerminal(t).File, "no input": null} {
		for _, args := range [][]string{{"scan"}, {"train", "-o", filepath.Join(t.TempDir(), "model")}} {
			var out, errs bytes.Buffer
			status := execute(t.Context(), args, stdin, &out, &errs)
			want := fmt.Sprintf("no file is named, and nothing comes from the standard input: 'flb-anomaly %s app.log' reads a file", args[0])
			if status != statusUsage || !strings.Contains(errs.String(), want) || out.Len() > 0 {
				t.Errorf("%s, %s: status %d, %q, %q", name, args[0], status, out.String(), errs.String())
			}
		}
	}
}

// A pipe needs no -, and neither does a file that the shell gives.
func TestPipeNeedsNoName(t *testing.T) {
	_, want, _ := call(t, "", "scan", "--format", "jsonl", shopLog)
	file, err := os.Open(shopLog)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		io.WriteString(w, read(t, shopLog))
		w.Close()
	}()
	for name, stdin := range map[string]io.Reader{"pipe": r, "file": file} {
		var out, errs bytes.Buffer
		if status := execute(t.Context(), []string{"scan", "--format", "jsonl"}, stdin, &out, &errs); status != statusOK || out.String() != want {
			t.Errorf("%s: status %d, %s, other verdicts", name, status, errs.String())
		}
	}
	model := filepath.Join(t.TempDir(), "model")
	if status, _, errs := call(t, read(t, shopLog), "train", "-o", model); status != statusOK {
		t.Errorf("train: status %d, %s", status, errs)
	}
}

// Ctrl-C ends a live stream with the summary of what has come.
func TestInterruptedStreamIsSummedUp(t *testing.T) {
	for _, name := range []string{"pipe", "named pipe"} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			screen := newTerminal(t)
			args, stdin, feed := []string{"scan", "--warmup", "32", "--contamination", "0.1"}, io.Reader(nil), (*os.File)(nil)
			if name == "pipe" {
				r, w, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				stdin, feed = r, w
			} else {
				fifo := namedPipe(t)
				w, err := os.OpenFile(fifo, os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				args, feed = append(args, fifo), w
			}
			defer feed.Close()
			status := make(chan int)
			var errs bytes.Buffer
			go func() { status <- execute(ctx, args, stdin, screen.File, &errs) }()
			lines := strings.SplitAfter(read(t, shopLog), "\n")[:1000]
			io.WriteString(feed, strings.Join(lines, ""))
			screen.wait(t, "score  reason") // a line is seen while the pipe is open
			io.WriteString(feed, "half a line")
			interrupt()
			if got := <-status; got != statusInterrupted || errs.Len() > 0 {
				t.Errorf("status %d, %s", got, errs.String())
			}
			if text := screen.wait(t, " flagged ("); !regexp.MustCompile(`(?m)^[\d,]+ lines?, [\d,]+ judged, [\d,]+ flagged \(`).MatchString(text) {
				t.Errorf("no summary in\n%s", text)
			}
		})
	}
}

// The progress bar is on the screen, its speed is believable from the first time
// on, it is gone in the end, and no line of the output has a piece of it.
func TestProgressBar(t *testing.T) {
	text := read(t, shopLog)
	file := filepath.Join(t.TempDir(), "large.log")
	size := 0
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for size < 120<<20 {
		n, err := io.WriteString(f, text)
		if size += n; err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	_, want, _ := call(t, "", "scan", "--color", "never", file)
	screen := newTerminal(t)
	begun := time.Now()
	if status := execute(t.Context(), []string{"scan", "--color", "never", file}, nil, screen.File, screen.File); status != statusOK {
		t.Fatalf("status %d", status)
	}
	took := time.Since(begun)
	last := strings.TrimSpace(want)
	all := screen.wait(t, last[strings.LastIndexByte(last, '\n')+1:])
	// A terminal's own line ends; what is drawn over is behind a carriage return.
	all = strings.ReplaceAll(all, "\r\n", "\n")
	drawn := regexp.MustCompile(`\d% [^\r\n]*\(([\d.]+) ?(kB|MB|)/\d+ MB, ([\d.]+) (kB|MB|GB)/s`).FindAllStringSubmatch(all, -1)
	if draws := int(took / barEvery); len(drawn) < max(1, draws/4) || len(drawn) > draws+1 {
		t.Errorf("%d draws in %v", len(drawn), took)
	}
	units := map[string]float64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "": 1e6}
	for i, d := range drawn {
		read, _ := strconv.ParseFloat(d[1], 64)
		speed, _ := strconv.ParseFloat(d[3], 64)
		read, speed = read*units[d[2]], speed*units[d[4]]
		// What has been read by the first draw took no less than barAfter.
		if most := 1.2 * read / barAfter.Seconds(); speed == 0 || i == 0 && speed > most || speed > float64(size)/barAfter.Seconds() {
			t.Errorf("draw %d shows %q", i, d[0])
		}
	}
	// Taken off the screen means: the line is cleared, and begins again.
	shown := regexp.MustCompile(`\r?[^\r\n]*\d+% [^\r\n]*/s[^\r\n]*`).ReplaceAllString(all, "")
	shown = strings.NewReplacer("\x1b[2K", "", "\r", "").Replace(shown)
	if shown != want {
		t.Errorf("on the screen remains\n%.2000s\nwant\n%.2000s", shown, want)
	}
}

// A file that is followed shows what is flagged as it is written, on a terminal as
// well.
func TestFollowOnTerminal(t *testing.T) {
	file := narrowLog(t)
	w := newTerminal(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	status := make(chan int)
	go func() {
		status <- execute(ctx, []string{"scan", "-f", "--color", "never", file}, w.File, w.File, w.File)
	}()
	w.wait(t, "replica 3 lost")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, "2026-03-02 08:08:00 FATAL segmentation fault in the kernel of accounting")
	w.wait(t, "segmentation fault")
	stop()
	if s := <-status; s != statusInterrupted {
		t.Errorf("status %d", s)
	}
	w.wait(t, "441 lines")
}

// Of several files that are followed, each line says its file, those around it too, and
// Ctrl-C sums up each.
func TestFollowSeveralOnTerminal(t *testing.T) {
	l := logFiles{t, filepath.Dir(narrowLog(t))}
	l.write("db.log", 0, read(t, l.path("app.log")))
	w := newTerminal(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	status := make(chan int)
	go func() {
		status <- execute(ctx, []string{"scan", "-f", "-r", "-C", "1", "--color", "never", l.folder}, w.File, w.File, w.File)
	}()
	app, db := l.path("app.log"), l.path("db.log")
	for _, name := range []string{app, db} {
		w.wait(t, name+":420  ")
		w.wait(t, name+"-419  ")
	}
	l.rename("db.log", "db.log.1")
	l.write("db.log", 0, "2026-03-02 08:08:00 FATAL segmentation fault in the kernel of accounting\n")
	w.wait(t, db+":441  ")
	l.write("app.log", os.O_TRUNC, "2026-03-02 08:08:01 FATAL all shops are closed\n")
	w.wait(t, app+":441  ")
	stop()
	if s := <-status; s != statusInterrupted {
		t.Errorf("status %d", s)
	}
	w.wait(t, "\n"+db+"\r\n441 lines, ")
	all := strings.ReplaceAll(w.text(), "\r\n", "\n")
	for _, want := range []string{"\n" + app + "\n441 lines, ", "\n" + db + "\n441 lines, "} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if n := strings.Count(all, "score  reason"); n != 1 {
		t.Errorf("%d heads in\n%s", n, all)
	}
}
