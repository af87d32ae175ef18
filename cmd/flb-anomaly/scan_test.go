package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

const shopLog = "../../examples/shop.log"

// call runs the command as a shell would.
func call(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = execute(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

type verdict struct {
	File    string
	Line    int
	Anomaly bool
	Score   *float64 `json:"anomaly_score"`
	Reason  string   `json:"anomaly_reason"`
	Text    string
}

func parse(t *testing.T, jsonl string) []verdict {
	t.Helper()
	var all []verdict
	d := json.NewDecoder(strings.NewReader(jsonl))
	for {
		var v verdict
		if err := d.Decode(&v); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestScanJSONL(t *testing.T) {
	status, want, errs := call(t, "", "scan", "--format", "jsonl", shopLog)
	if status != statusOK || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	all := parse(t, want)
	if len(all) != 4000 {
		t.Fatalf("%d verdicts of 4000 lines", len(all))
	}
	warmup := options.Defaults().Detector.Warmup
	for i, v := range all {
		if v.Line != i+1 || i < warmup && (v.Score != nil || v.Anomaly) || v.Anomaly != (v.Reason != "") {
			t.Fatalf("verdict %d: %+v", i+1, v)
		}
	}
	// The same from standard input, from gzip, and again.
	text := read(t, shopLog)
	packed := filepath.Join(t.TempDir(), "packed") // no .gz: the bytes tell
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	if err := os.WriteFile(packed, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"stdin": {"scan", "-o", "jsonl", "-"}, "gzip": {"scan", "-o", "jsonl", packed}, "again": {"scan", "-o", "jsonl", shopLog},
	} {
		if _, got, _ := call(t, text, args...); got != want {
			t.Errorf("%s: other verdicts", name)
		}
	}
}

func TestScanSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	text := strings.SplitAfter(read(t, shopLog), "\n")
	a, b := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log")
	os.WriteFile(a, []byte(strings.Join(text[:300], "")), 0o600)
	os.WriteFile(b, []byte(strings.Join(text[:300], "")), 0o600)

	_, out, _ := call(t, "", "scan", "--format", "jsonl", "--text", a, b)
	all := parse(t, out)
	if len(all) != 600 {
		t.Fatalf("%d verdicts of 600 lines", len(all))
	}
	for i, v := range all {
		if name := []string{a, b}[i/300]; v.File != name || v.Line != i%300+1 || v.Text+"\n" != text[i%300] {
			t.Fatalf("verdict %d is %+v", i, v)
		}
	}
	for i := range 300 {
		// Each file has a model of its own.
		if fmt.Sprint(all[i].Score == nil, all[i].Anomaly) != fmt.Sprint(all[300+i].Score == nil, all[300+i].Anomaly) {
			t.Fatalf("line %d is judged differently in a second file of the same text", i+1)
		}
	}

	// One that is missing does not hide the others.
	status, out, errs := call(t, "", "scan", "--format", "jsonl", a, filepath.Join(dir, "no.log"), b)
	if status != statusError || len(parse(t, out)) != 600 || !strings.Contains(errs, "no.log: no such file") || !strings.Contains(errs, "1 of 3 files") {
		t.Errorf("status %d, %s", status, errs)
	}
}

func TestScanBatch(t *testing.T) {
	for _, args := range [][]string{{"scan", "-o", "jsonl", "-m", "batch", shopLog}, {"scan", "-o", "jsonl", "-m", "batch", "-"}} {
		status, out, errs := call(t, read(t, shopLog), args...)
		all := parse(t, out)
		if status != statusOK || len(all) != 4000 {
			t.Fatalf("status %d, %d verdicts, %s", status, len(all), errs)
		}
		for _, v := range all {
			if v.Score == nil {
				t.Fatalf("line %d is not judged", v.Line)
			}
		}
	}
}

func TestScanTable(t *testing.T) {
	status, out, errs := call(t, "", "scan", shopLog)
	if status != statusOK || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	if !strings.Contains(out, "4,000 lines, ") || !strings.Contains(out, "2026-03-02 08:00:00 to 2026-03-02 09:3") {
		t.Errorf("no summary in\n%s", out)
	}
	if strings.Contains(out, "\x1b") {
		t.Error("color, and no terminal")
	}

	_, out, _ = call(t, "one\ntwo\n", "scan", "-")
	if !strings.Contains(out, "2 lines, 0 judged, 0 flagged\nNothing was judged: the model still learns.") {
		t.Errorf("a short file: %s", out)
	}
	if _, out, _ = call(t, "", "scan", "-"); !strings.HasPrefix(out, "0 lines, 0 judged, 0 flagged\n") {
		t.Errorf("an empty file: %s", out)
	}
}

func TestFailOnAnomaly(t *testing.T) {
	// A share of lines is flagged whatever they are; none before the warmup.
	args := []string{"scan", "-o", "jsonl", "--fail-on-anomaly", "--contamination", "0.1"}
	if status, _, errs := call(t, "", append(args, shopLog)...); status != statusAnomaly || errs != "" {
		t.Errorf("anomalies: status %d, %s", status, errs)
	}
	if status, _, errs := call(t, "one\ntwo\n", append(args, "-")...); status != statusOK || errs != "" {
		t.Errorf("no anomalies: status %d, %s", status, errs)
	}
	// The log of a build has lines that come once, healthy or not.
	build := strings.Repeat("--- PASS: TestCart (0.02s)\n", 900) + "cleaning up orphan processes\n"
	args = []string{"scan", "--mode", "batch", "--lines", "--fail-on-anomaly"}
	if status, out, errs := call(t, build, args...); status != statusOK || !strings.Contains(out, " 1 flagged") {
		t.Errorf("a healthy build: status %d, %s%s", status, errs, out)
	}
	if status, out, errs := call(t, build+"##[error]Process completed with exit code 1.\n", args...); status != statusAnomaly || !strings.Contains(out, " 2 flagged") {
		t.Errorf("a failed build: status %d, %s%s", status, errs, out)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 0, "Available Commands"},
		{"--version", 0, "flb-anomaly version "},
		{"scan --help", 0, "--contamination string"},
		{"scna x.log", 2, `unknown command "scna"`},
		{"scan --warm 5 x.log", 2, "unknown flag: --warm"},
		{"scan --format xml x.log", 2, `--format has the value "xml"; allowed: table, jsonl, csv`},
		{"scan --mode live x.log", 2, `--mode has the value "live"; allowed: stream, batch`},
		{"scan --color red x.log", 2, `--color has the value "red"`},
		{"scan --text x.log", 2, "--text goes with --format jsonl"},
		{"scan - -", 2, "given several times"},
		{"scan --warmup 5 x.log", 2, `--warmup has the value "5": out of range; allowed: 32 to 1000000`},
		{"scan --seed 1 --seed 2 x.log", 2, "--seed is given 2 times: once is right"},
		{"scan --window 300 --sample-size 400 x.log", 2, "--sample-size has the value 400"},
		{"scan --ignore ( x.log", 2, `--ignore has the value "("`},
		{"scan --log-key $log[ x.log", 2, `--log-key has the value "$log["`},
		{"scan --keep anomalies x.log", 2, "unknown flag: --keep"},
		{"scan ../../examples", 1, "is a directory"},
		{"scan no.log", 1, "flb-anomaly: open no.log: no such file"},
	} {
		status, out, errs := call(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%q: status %d, want %d with %q:\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
		if (status == 0) != (errs == "") {
			t.Errorf("%q: status %d and on standard error %q", c.args, status, errs)
		}
	}
}

// Every option that is not about records is a flag, with the table's words.
func TestOptionsAreFlags(t *testing.T) {
	_, help, _ := call(t, "", "scan", "--help")
	for _, o := range options.Table {
		has := strings.Contains(help, "--"+o.Flag()+" ")
		if has == o.Records {
			t.Errorf("%s: as a flag %v, and about records %v", o.Name, has, o.Records)
		}
		if !o.Records && (!strings.Contains(help, o.Range) || !strings.Contains(help, strings.TrimSuffix(o.Help, "."))) {
			t.Errorf("the help does not have the table's words of %s", o.Name)
		}
	}
}

func TestIgnoreIsGivenSeveralTimes(t *testing.T) {
	args := []string{"scan", "-o", "jsonl", "--contamination", "0.1", shopLog}
	_, out, _ := call(t, "", args...)
	before := flagged(parse(t, out))
	_, out, _ = call(t, "", append(args, "--ignore", "[a-m]", "--ignore", "[n-z]")...)
	if after := flagged(parse(t, out)); before == 0 || after != 0 {
		t.Errorf("%d lines flagged, %d with every line ignored", before, after)
	}
}

func flagged(all []verdict) (n int) {
	for _, v := range all {
		if v.Anomaly {
			n++
		}
	}
	return n
}

// A reader that has gone, as head goes, is no error to speak of.
func TestClosedOutput(t *testing.T) {
	var errs bytes.Buffer
	status := execute(t.Context(), []string{"scan", "-o", "jsonl", shopLog}, strings.NewReader(""), brokenPipe{}, &errs)
	if status != statusError || errs.Len() > 0 {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// Ctrl-C ends also a wait for input, and what was judged before is written.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, feed := io.Pipe()
	defer feed.Close()
	written := make(chan struct{})
	go func() {
		io.WriteString(feed, "1\n2\n")
		io.WriteString(feed, "thr")
		<-written
		cancel()
	}()
	var errs bytes.Buffer
	out := &watchedBuffer{want: "{\"line\":2,", seen: written}
	status := execute(ctx, []string{"scan", "-o", "jsonl", "-"}, in, out, &errs)
	if status != statusInterrupted || errs.Len() > 0 || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("status %d, wrote %q, %q", status, out.String(), errs.String())
	}
}

// watchedBuffer tells when it has been written something.
type watchedBuffer struct {
	bytes.Buffer
	want string
	seen chan struct{}
}

func (w *watchedBuffer) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.want != "" && strings.Contains(w.String(), w.want) {
		w.want = ""
		close(w.seen)
	}
	return n, err
}
