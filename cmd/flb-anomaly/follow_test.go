package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// logFiles are files that a program would write to.
type logFiles struct {
	*testing.T
	folder string
}

func (l logFiles) path(name string) string { return filepath.Join(l.folder, name) }

// write writes to a file as flags say, besides making it.
func (l logFiles) write(name string, flags int, lines string) {
	l.Helper()
	f, err := os.OpenFile(l.path(name), os.O_WRONLY|os.O_CREATE|flags, 0o600)
	if err == nil {
		_, err = f.WriteString(lines)
		f.Close()
	}
	if err != nil {
		l.Fatal(err)
	}
}

func (l logFiles) rename(from, to string) {
	l.Helper()
	if err := os.Rename(l.path(from), l.path(to)); err != nil {
		l.Fatal(err)
	}
}

// followedLines starts scan -f with jsonl and returns what waits for the next lines, in
// any order, as file:text.
func followedLines(l logFiles, errs *bytes.Buffer, args ...string) (next func(want ...string), end func()) {
	ctx, stop := context.WithCancel(l.Context())
	out := &watchedLines{lines: make(chan string, 1000)}
	status := make(chan int)
	go func() {
		status <- execute(ctx, append([]string{"scan", "-f", "-o", "jsonl", "--text"}, args...), strings.NewReader(""), out, errs)
	}()
	next = func(want ...string) {
		l.Helper()
		var got []string
		for range want {
			select {
			case line := <-out.lines:
				var v struct{ File, Text string }
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					l.Fatal(err, line)
				}
				name, err := filepath.Rel(l.folder, v.File)
				if err != nil {
					l.Fatal(err)
				}
				got = append(got, filepath.ToSlash(name)+":"+v.Text)
			case <-time.After(patience):
				l.Fatalf("no lines %q, only %q", want, got)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			l.Fatalf("got %q, want %q", got, want)
		}
	}
	end = func() {
		l.Helper()
		stop()
		if s := <-status; s != statusInterrupted {
			l.Errorf("status %d", s)
		}
		if len(out.lines) > 0 {
			l.Errorf("one line more: %s", <-out.lines)
		}
	}
	return next, end
}

// TestFollowSeveral: each of several files is followed over growth, rotation and being
// emptied, and has a count of lines of its own.
func TestFollowSeveral(t *testing.T) {
	l := logFiles{t, t.TempDir()}
	l.write("a.log", 0, "a1\n")
	l.write("b.log", 0, "b1\n")
	var errs bytes.Buffer
	next, end := followedLines(l, &errs, l.path("a.log"), l.path("b.log"))
	next("a.log:a1", "b.log:b1")
	l.write("a.log", os.O_APPEND, "a2\n")
	next("a.log:a2")
	l.rename("a.log", "a.log.1")
	l.write("a.log", 0, "a3\n")
	next("a.log:a3")
	l.write("b.log", os.O_TRUNC, "b\n")
	next("b.log:b")
	l.write("a.log", os.O_APPEND, "a4\n")
	l.write("b.log", os.O_APPEND, "b2\n")
	next("a.log:a4", "b.log:b2")
	end()
	if errs.Len() > 0 {
		t.Errorf("said %q", errs.String())
	}
}

// TestFollowRenamed: where both are named, what app.log was is not read again as
// app.log.1.
func TestFollowRenamed(t *testing.T) {
	l := logFiles{t, t.TempDir()}
	l.write("app.log.1", 0, "old\n")
	l.write("app.log", 0, "one\n")
	next, end := followedLines(l, new(bytes.Buffer), l.path("app.log"), l.path("app.log.1"))
	next("app.log:one", "app.log.1:old")
	l.rename("app.log", "app.log.1")
	l.write("app.log", 0, "two\n")
	next("app.log:two")
	// Once it has been seen to be at its end, what comes late is read.
	for range 2 {
		l.write("app.log", os.O_APPEND, "more\n")
		next("app.log:more")
	}
	end()
}

// TestFollowFolder: new files of a folder are followed, what rotation left there is not.
func TestFollowFolder(t *testing.T) {
	l := logFiles{t, t.TempDir()}
	if err := os.MkdirAll(l.path("pods/.hidden"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.write("app.log", 0, "one\n")
	l.write("app.log.1", 0, "old\n")
	l.write("app.log-20260301.gz", 0, "older\n")
	l.write("pods/.hidden/x.log", 0, "hidden\n")
	l.write("picture.png", 0, "\x89PNG\r\n\x1a\n")
	var errs bytes.Buffer
	next, end := followedLines(l, &errs, "-r", l.folder)
	next("app.log:one")
	l.write("pods/shop.log", 0, "shop\n")
	next("pods/shop.log:shop")
	l.rename("app.log", "app-2026-03-02.log")
	l.write("app.log", 0, "two\n")
	next("app.log:two")
	l.write("pods/pay.log", 0, "pay\n") // a look at the folder behind the rotation
	next("pods/pay.log:pay")
	end()
	if said := errs.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "picture.png: the input is a picture") {
		t.Errorf("said %q", said)
	}
}

func TestFollowUsage(t *testing.T) {
	l := logFiles{t, t.TempDir()}
	l.write("a.log", 0, "a\n")
	none := l.path("none.log")
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	var out, errs bytes.Buffer
	if status := execute(ctx, []string{"scan", "-f", none}, strings.NewReader(""), &out, &errs); status != statusError || !strings.Contains(errs.String(), "none.log: no such file") {
		t.Errorf("status %d: %s", status, errs.String())
	}
	errs.Reset()
	if status := execute(ctx, []string{"scan", "-f", none, none}, strings.NewReader(""), &out, &errs); status != statusError || !strings.Contains(errs.String(), "2 of 2 files could not be read") {
		t.Errorf("status %d: %s", status, errs.String())
	}
}

func TestIsPast(t *testing.T) {
	all := []string{"logs/app.log", "logs/messages", "logs/shop.log"}
	for name, want := range map[string]bool{
		"logs/app.log.1": true, "logs/app.log.12.gz": true, "logs/app.log-20260302": true, "logs/app.log.2026-03-02T08:00.zst": true, "logs/messages-20260302": true,
		"logs/app.log.old": true, "logs/app.log.gz": true,
		"logs/app.log": false, "logs/app2.log": false, "logs/app.log.d": false, "logs/messages-relay": false, "other/app.log.1": false, "logs/pay.log.1": false,
	} {
		if got := isPast(filepath.FromSlash(name), all); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestFollowMost: no more files are followed than there is room for, which is said
// once.
func TestFollowMost(t *testing.T) {
	l := logFiles{t, t.TempDir()}
	var want []string
	for i := range maxFollowed + 3 {
		name := fmt.Sprintf("%03d.log", i)
		if l.write(name, 0, "x\n"); i < maxFollowed {
			want = append(want, name+":x")
		}
	}
	var errs bytes.Buffer
	next, end := followedLines(l, &errs, "-r", l.folder)
	next(want...)
	end()
	if said := errs.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "100 files are followed, which is the most") {
		t.Errorf("said %q", said)
	}
}
