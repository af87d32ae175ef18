package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// served starts flb-anomaly serve as a user does, and returns the page's
// address. It ends with the test.
func served(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said := &watched{want: regexp.MustCompile(`http://[^/]+/`), seen: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), io.Discard, said)
	}()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != statusOK {
			t.Errorf("it ends with status %d", status)
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
			var start struct {
				Views []string
				Stop  int
			}
			if err := json.Unmarshal(get(t, address+"api/start"), &start); err != nil {
				t.Fatal(err)
			}
			view := address + "api/views/" + start.Views[0]
			for phase := ""; phase != "done"; {
				var v struct{ Phase, Error string }
				if err := json.Unmarshal(get(t, view), &v); err != nil || v.Error != "" {
					t.Fatal(err, v.Error)
				}
				phase = v.Phase
			}
			onPage := parse(t, string(get(t, fmt.Sprintf("%s/export?format=jsonl&stop=%d", view, start.Stop))))
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
		})
	}
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
		{"serve --listen 127.0.0.1:0 no.log", 1, "no.log: no such file"},
		{"serve --listen 127.0.0.1:0 ../../examples", 1, "is a directory"},
	} {
		status, out, errs := call(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("%q: status %d, want %d with %q:\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
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
