package ignore

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEntries(t *testing.T) {
	for _, c := range []struct{ text, want, wrong string }{
		{"", "", ""},
		{"\ufeff# a comment\r\n\r\n  ^health check \r\npattern:0123456789\r\n", "^health check|pattern:0123456789", ""},
		{"a # no comment", "a # no comment", ""},
		{"fine\n(", "", "line 2"},
		{"pattern:short", "", "line 1"},
		{"pattern:012345678u", "", "line 1"}, // no letter of an id
		{"#\n#\n.*\n", "", "line 3"},
		{strings.Repeat("a\n", maxLines+1), "", "more than 10000 lines"},
		{strings.Repeat("#", maxBytes+1), "", "more than 1048576 bytes"},
	} {
		path := filepath.Join(t.TempDir(), "ignore.txt")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := Entries(path)
		switch {
		case c.wrong == "" && (err != nil || strings.Join(list, "|") != c.want):
			t.Errorf("%.40q: %q, %v", c.text, list, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong) || !strings.Contains(err.Error(), path)):
			t.Errorf("%.40q: %v, want an error that names the file and %s", c.text, err, c.wrong)
		}
	}
	if _, err := Entries(t.TempDir()); err == nil {
		t.Error("a directory is read")
	}
}

// TestFileOfKubernetes is swapped as a ConfigMap is: a link to a directory gets
// another target.
func TestFileOfKubernetes(t *testing.T) {
	dir := t.TempDir()
	mount := func(name, text string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "ignore.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(name, filepath.Join(dir, "new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("one", "first")
	path := filepath.Join(dir, "ignore.txt")
	if err := os.Symlink(filepath.Join("..data", "ignore.txt"), path); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	f := &File{path: path, log: slog.New(slog.NewTextHandler(&log, nil)), stop: make(chan struct{})}
	var seen Seen
	says := func(text string, changed bool) {
		t.Helper()
		f.look()
		ig, is := f.Current(&seen)
		if is != changed || is && !ig.Has([]byte(text), nil, 0) {
			t.Errorf("ignores %q: %v, changed: %v, want %v\n%s", text, ig.Has([]byte(text), nil, 0), is, changed, &log)
		}
	}
	says("first", true)
	says("first", false)
	mount("two", "secnd") // of the same size
	says("secnd", true)
	mount("three", "(")
	says("", false)
	says("", false)
	if n := strings.Count(log.String(), "stays in force"); n != 1 {
		t.Errorf("the broken file is named %d times\n%s", n, &log)
	}
	mount("four", "secnd")
	says("secnd", true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	says("", false)
	mount("five", "")
	if err := os.Symlink(filepath.Join("..data", "ignore.txt"), path); err != nil {
		t.Fatal(err)
	}
	f.look()
	if ig, changed := f.Current(&seen); !changed || ig.Has([]byte("secnd"), nil, 0) {
		t.Error("an empty file ignores something")
	}
}

// TestWatchWaitsNoLongerThanItMay: a disk that does not answer holds nobody up.
func TestWatchWaitsNoLongerThanItMay(t *testing.T) {
	var log bytes.Buffer
	begun := time.Now()
	f := Watch("any", slog.New(slog.NewTextHandler(&log, nil)), func(func()) {}, 10*time.Millisecond) // never runs
	if took := time.Since(begun); took > 5*time.Second || !strings.Contains(log.String(), "did not answer") {
		t.Errorf("it took %v: %s", took, &log)
	}
	if _, changed := f.Current(new(Seen)); changed {
		t.Error("something is in force")
	}
	f.Close()
}
