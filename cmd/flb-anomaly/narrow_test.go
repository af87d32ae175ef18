package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shown are the numbers of the lines in a table: of the flagged ones, and of those
// around them.
func shown(table string) (flagged, around []string) {
	for l := range strings.Lines(table) {
		if strings.Contains(l, " judged, ") {
			break // the summary
		}
		if m := regexp.MustCompile(`^ +(\d+)  (0\.\d+)?`).FindStringSubmatch(l); m != nil && strings.TrimSpace(l[:10]) == m[1] {
			if m[2] != "" {
				flagged = append(flagged, m[1])
			} else {
				around = append(around, m[1])
			}
		}
	}
	return flagged, around
}

// narrowLog has three failures among routine lines, at lines 401, 403 and 420.
func narrowLog(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for i := range 440 {
		at = at.Add(time.Second)
		head := at.Format("2006-01-02 15:04:05")
		switch i + 1 {
		case 401:
			fmt.Fprintf(&b, "%s FATAL disk is full, database shop stops\n", head)
		case 403:
			fmt.Fprintf(&b, "%s WARN certificate of payment gateway refused\n", head)
		case 420:
			fmt.Fprintf(&b, "%s ERROR replica 3 lost: connection reset by peer\n", head)
		default:
			fmt.Fprintf(&b, "%s INFO order %d placed in %d ms\n", head, 7000+i, 20+i%9)
		}
	}
	file := filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNarrow(t *testing.T) {
	file := narrowLog(t)
	for _, c := range []struct{ args, flagged, around string }{
		{"--lines", "401 403 420", ""},
		{"--lines --level error", "401 420", ""},
		{"--lines --level fatal", "401", ""},
		{"--lines --grep payment|replica", "403 420", ""},
		{"--lines -e payment|replica -v", "401", ""},
		{"--lines -e (?i)DISK", "401", ""},
		{"--lines --since 2026-03-02T08:06:42Z", "403 420", ""},
		{"--lines --since 2026-03-02T08:06:42Z --until 2026-03-02T08:06:50Z", "403", ""},
		{"--lines -n 1", "401", ""},
		{"--lines -n 9", "401 420 403", ""},
		{"-C 1", "401 403 420", "400 402 404 419 421"},
		{"-B 2", "401 403 420", "399 400 402 418 419"},
		{"-A 3", "401 403 420", "402 404 405 406 421 422 423"},
		{"-A 1 -B 2", "401 403 420", "399 400 402 404 418 419 421"},
		{"-C 1 --level fatal", "401", "400 402"},
		{"-B 400 -e disk", "401", strings.Trim(strings.Repeat("x ", 400), " ")},
	} {
		status, out, errs := call(t, "", append(append([]string{"scan"}, strings.Fields(c.args)...), file)...)
		flagged, around := shown(out)
		if c.args == "-B 400 -e disk" {
			for i := range around {
				around[i] = "x"
			}
		}
		if status != statusOK || strings.Join(flagged, " ") != c.flagged || strings.Join(around, " ") != c.around {
			t.Errorf("%s: status %d, flagged %v around %v, want %q, %q: %s\n%s", c.args, status, flagged, around, c.flagged, c.around, errs, out)
		}
	}
	_, out, _ := call(t, "", "scan", "-C", "1", file)
	if n := strings.Count(out, "        --\n"); n != 1 {
		t.Errorf("%d gaps between the lines around 401, 403 and those around 420:\n%s", n, out)
	}
}

// --top is by score, whatever was flagged.
func TestTopRows(t *testing.T) {
	status, out, errs := call(t, "", "scan", "-o", "jsonl", "--text", "-n", "5", narrowLog(t))
	last, n := 2.0, 0
	for l := range strings.Lines(out) {
		var v struct {
			Line  int64
			Score float64 `json:"anomaly_score"`
			Text  string
		}
		if err := json.Unmarshal([]byte(l), &v); err != nil || v.Score > last || v.Text == "" {
			t.Errorf("%v: %s", err, l)
		}
		if last = v.Score; n == 0 && v.Line != 401 {
			t.Errorf("the strangest is %s", l)
		}
		n++
	}
	if status != statusOK || n != 5 {
		t.Errorf("status %d, %d rows: %s", status, n, errs)
	}
}

// What is shown decides what a build stops for.
func TestNarrowedFailure(t *testing.T) {
	file := narrowLog(t)
	for args, want := range map[string]int{"": statusAnomaly, "--level critical": statusAnomaly, "-e nothing": statusOK, "-e . -v": statusOK} {
		if status, _, errs := call(t, "", append(append([]string{"scan", "--fail-on-anomaly"}, strings.Fields(args)...), file)...); status != want {
			t.Errorf("%q: status %d, want %d: %s", args, status, want, errs)
		}
	}
}

func TestNarrowUsage(t *testing.T) {
	file := narrowLog(t)
	for args, want := range map[string]string{
		"--level loud": `--level has the value "loud"`, "--level e": `"e"`, "--grep (": "no regular expression", "-v": "--invert goes with --grep",
		"-C -1": "allowed: 0 to 1000", "-C 1 -o jsonl": "--context goes with", "-C 1 -n 1": "--top goes without --context",
		"-n x": `--top has the value "x"; a whole number is right`, "--levle warn": "unknown flag: --levle: is --level meant?", "--gerp x": "is --grep meant?", "--explain=x": "true or false is right",
		"-f -m batch": "--follow goes with --mode stream", "-f -n 1": "--follow goes with", "-f -o html": "--follow goes with",
	} {
		status, _, errs := call(t, "", append(append([]string{"scan"}, strings.Fields(args)...), file)...)
		if status != statusUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d, %q, want %q", args, status, errs, want)
		}
	}
	if status, _, errs := call(t, "", "scan", filepath.Dir(file)); status != statusError || !strings.Contains(errs, "--recursive") {
		t.Errorf("a folder: status %d, %q", status, errs)
	}
}

func TestRecursive(t *testing.T) {
	dir := t.TempDir()
	log, err := os.ReadFile(narrowLog(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"b/app.log": string(log), "a.log": string(log), ".hidden.log": string(log), ".git/x.log": string(log), "c.bin": "\x7fELF" + strings.Repeat("\x00\x01", 3000),
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(status int, out, errs string) {
		t.Helper()
		var files []string
		for l := range strings.Lines(out) {
			var v struct{ File string }
			if err := json.Unmarshal([]byte(l), &v); err != nil {
				t.Fatal(err)
			}
			if len(files) == 0 || files[len(files)-1] != v.File {
				files = append(files, v.File)
			}
		}
		if status != statusOK || len(files) != 2 || filepath.Base(files[0]) != "a.log" || filepath.Base(files[1]) != "app.log" {
			t.Errorf("status %d, judged %v", status, files)
		}
		if strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "c.bin") {
			t.Errorf("said %q", errs)
		}
	}
	check(call(t, "", "scan", "-r", "-o", "jsonl", dir))
	t.Chdir(dir)
	check(call(t, "", "scan", "-r", "-o", "jsonl"))
	// What is named itself must be a log.
	if status, _, _ := call(t, "", "scan", "-r", "a.log", "c.bin"); status != statusError {
		t.Errorf("status %d for a file that is no log and is named", status)
	}
}

// TestFollow follows a file that grows, is rotated and is emptied.
func TestFollow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.log")
	add := func(flags int, lines string) {
		t.Helper()
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|flags, 0o600)
		if err == nil {
			_, err = f.WriteString(lines)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add(0, "first\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &watchedLines{lines: make(chan string, 100)}
	status := make(chan int)
	go func() {
		status <- execute(ctx, []string{"scan", "-f", "-o", "jsonl", "--text", file}, strings.NewReader(""), out, out)
	}()
	next := func(want string) {
		t.Helper()
		select {
		case l := <-out.lines:
			if !strings.Contains(l, `"text":"`+want+`"`) {
				t.Fatalf("got %s, want %s", l, want)
			}
		case <-time.After(patience):
			t.Fatalf("no line %q", want)
		}
	}
	next("first")
	add(os.O_APPEND, "second\nthi")
	next("second")
	add(os.O_APPEND, "rd\n")
	next("third")
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	if f, err := os.OpenFile(file+".1", os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		t.Fatal(err)
	} else {
		f.WriteString("late\nbroken off")
		f.Close()
	}
	add(0, "rotated\n")
	next("late")
	next("broken off")
	next("rotated")
	add(os.O_TRUNC, "new\n") // shorter than what was there
	next("new")
	stop()
	if s := <-status; s != statusInterrupted {
		t.Errorf("status %d", s)
	}
}

// watchedLines hands on whole lines.
type watchedLines struct {
	rest  string
	lines chan string
}

func (w *watchedLines) Write(p []byte) (int, error) {
	w.rest += string(p)
	for {
		line, rest, ok := strings.Cut(w.rest, "\n")
		if !ok {
			return len(p), nil
		}
		w.lines <- line
		w.rest = rest
	}
}

// TestExplain shows the fields of a flagged record, with what is usual in each.
func TestExplain(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		status, more := 200, ""
		if i%20 == 7 {
			status = 404
		}
		if i == 950 {
			status, more = 503, `,"error":"connection reset by peer"`
		}
		fmt.Fprintf(&b, `{"msg":"request completed","route":%q,"status":%d,"ms":%d,"trace":"%016x"%s}`+"\n", []string{"/a", "/b"}[i%2], status, 12+i*7%60, uint64(i+1)*0x9e3779b97f4a7c15, more)
	}
	for _, args := range []string{"--explain", "--explain -n 1", "--explain -o table --warmup 100"} {
		status, out, errs := call(t, b.String(), append([]string{"scan"}, strings.Fields(args)...)...)
		for _, want := range []string{
			"       951  0.", "\n                      route   \"/a\"  (usually /a 50.1%, /b 49.9%)\n",
			"\n                      status  503  (usually 200 94.8%, 404 5.05% and 1 other value)\n",
			"  (usually 12 to 71)\n", "  (nearly always another value)\n", "\n                      error   \"connection reset by peer\"  (a new field)\n",
		} {
			if status != statusOK || !strings.Contains(out, want) {
				t.Errorf("%s: status %d, no %q: %s\n%s", args, status, want, errs, out)
			}
		}
	}
	if status, _, errs := call(t, "", "scan", "--explain", "-o", "jsonl", shopLog); status != statusUsage || !strings.Contains(errs, "--explain goes with") {
		t.Errorf("status %d: %s", status, errs)
	}
}
