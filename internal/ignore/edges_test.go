package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at)); err != nil {
		t.Fatal(err)
	}
}

// TestAChangeIsSeenByAnyOfItsSigns: another size, another time, another file; where all
// three stay, nobody can tell.
func TestAChangeIsSeenByAnyOfItsSigns(t *testing.T) {
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, c := range []struct {
		name   string
		change func(path string)
		seen   bool
	}{
		{"another size", func(path string) { write(t, path, "longer", old) }, true},
		{"another time", func(path string) { write(t, path, "secnd", old.Add(time.Second)) }, true},
		{"an earlier time", func(path string) { write(t, path, "secnd", old.Add(-time.Second)) }, true},
		{"another file", func(path string) {
			write(t, path+".new", "secnd", old)
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"none", func(path string) { write(t, path, "secnd", old) }, false},
	} {
		path := filepath.Join(t.TempDir(), "ignore.txt")
		write(t, path, "first", old)
		f := &File{path: path, log: slog.New(slog.DiscardHandler)}
		f.look()
		var seen Seen
		if _, changed := f.Current(&seen); !changed {
			t.Fatal("the file says nothing")
		}
		c.change(path)
		f.look()
		if _, changed := f.Current(&seen); changed != c.seen {
			t.Errorf("%s: seen: %v, want %v", c.name, changed, c.seen)
		}
	}
}

// TestTroubleIsLoggedOnce, and again when it is another one or was over in between.
func TestTroubleIsLoggedOnce(t *testing.T) {
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	path := filepath.Join(t.TempDir(), "ignore.txt")
	var log bytes.Buffer
	f := &File{path: path, log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "file" {
			return slog.Attr{}
		}
		return a
	}}))}
	var many strings.Builder
	for n := range 700 {
		fmt.Fprintf(&many, "^an expression of %d letters and numbers\n", n)
	}
	says := func(what string, want ...string) {
		t.Helper()
		log.Reset()
		for range 3 {
			f.look()
		}
		got := strings.ReplaceAll(log.String(), path, "FILE")
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if got == "" {
			lines = nil
		}
		if len(lines) != len(want) {
			t.Errorf("%s: %d lines are logged, want %d\n%s", what, len(lines), len(want), got)
			return
		}
		for i := range want {
			if !strings.HasPrefix(lines[i], want[i]) {
				t.Errorf("%s: %s, want %s", what, lines[i], want[i])
			}
		}
	}
	says("no file", `level=WARN msg="Ignore_File: stat FILE: no such file or directory: nothing is ignored by it"`)
	write(t, path, "(", old)
	says("a line that is wrong", `level=ERROR msg="Ignore_File: FILE, line 1: `)
	write(t, path, "(x", old)
	says("another one", `level=ERROR msg="Ignore_File: FILE, line 1: `)
	write(t, path, "x\npattern:0123456789", old)
	says("it is right", `level=INFO msg="what is to be ignored is in force" expressions=1 patterns=1`)
	says("it stays")
	write(t, path, "(x", old)
	says("wrong again", `level=ERROR msg="Ignore_File: FILE, line 1: `)
	write(t, path, "x", old)
	says("right again", `level=INFO msg="what is to be ignored has changed and is in force" expressions=1 patterns=0`)
	write(t, path, many.String(), old)
	says("too much together", `level=ERROR msg="Ignore_File: `)
	if !strings.Contains(log.String(), "stays in force") {
		t.Errorf("%s", &log)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	says("gone", `level=WARN msg="Ignore_File: stat FILE: no such file or directory: what it said before stays in force"`)
	write(t, path, "x", old)
	says("back, as it was last", `level=INFO msg="what is to be ignored has changed and is in force" expressions=1 patterns=0`)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	says("a directory in its place", `level=ERROR msg="Ignore_File: FILE is no regular file: what it said before stays in force"`)
}

// TestAPipeIsNotWaitedFor: to open one waits for somebody to write to it.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := Entries(path)
		result <- err
	}()
	select {
	case err := <-result:
		if err == nil || !strings.HasSuffix(err.Error(), "is no regular file") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits")
	}
}

// TestLimitsOfAFile to the byte and to the line.
func TestLimitsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"as many bytes as may be", strings.Repeat("#", 1<<20), true},
		{"one more", strings.Repeat("#", 1<<20+1), false},
		{"as many lines as may be", strings.Repeat("a\n", 10_000), true},
		{"one more", strings.Repeat("a\n", 10_001), false},
		{"lines that say nothing", strings.Repeat("#a\n\n", 10_001), true},
	} {
		write(t, path, c.text, time.Now())
		if _, err := Entries(path); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	const entry = "pattern:0123456789"
	added := len("# flb-anomaly: why\n" + entry + "\n")
	for _, c := range []struct {
		name, text string
		want       string // of the error; empty = none
	}{
		{"to as many bytes as may be", strings.Repeat("#", 1<<20-added-1) + "\n", ""},
		{"to one more", strings.Repeat("#", 1<<20-added) + "\n", "would have more than 1048576 bytes"},
		{"to as many lines as may be", strings.Repeat("a\n", 9999), ""},
		{"to one more line", strings.Repeat("a\n", 10_000), "has more than 10000 lines that say something"},
	} {
		write(t, path, c.text, time.Now())
		err := Add(path, entry, "why")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		got, _ := os.ReadFile(path)
		if changed := string(got) != c.text; changed != (c.want == "") {
			t.Errorf("%s: changed: %v", c.name, changed)
		}
	}
}

// TestAddToAShortFile, and to none: the mode of one that is made is that of other files
// of settings.
func TestAddToAShortFile(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a\n", "\n": "\n", "a\n": "a\n"} {
		path := filepath.Join(t.TempDir(), "ignore.txt")
		write(t, path, text, time.Now())
		if err := Add(path, "b", "why"); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != want+"# flb-anomaly: why\nb\n" {
			t.Errorf("%q became %q", text, got)
		}
	}
	path := filepath.Join(t.TempDir(), "ignore.txt")
	if err := Add(path, "b", "why"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := Add(t.TempDir(), "b", "why"); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a directory: %v", err)
	}
	if err := Add(filepath.Join(t.TempDir(), "none", "x"), "b", "why"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a directory that is not there: %v", err)
	}
	if err := Remove(filepath.Join(t.TempDir(), "none"), "b"); err != nil {
		t.Errorf("out of a file that is not there: %v", err)
	}
}

// TestRemoveKeepsOtherComments: only the one that stands right above what is removed goes.
func TestRemoveKeepsOtherComments(t *testing.T) {
	const ours = "# flb-anomaly: "
	for text, want := range map[string]string{
		ours + "why\nb\n":                       "",
		ours + "why\nb\n" + ours + "other\nc\n": ours + "other\nc\n",
		ours + "why\n\nb\n":                     ours + "why\n\n",
		ours + "one\n" + ours + "two\nb\nc":     ours + "one\nc",
		"# own\nb\n":                            "# own\n",
		"b\nb\n  b \n":                          "",
		"a\n" + ours + "nothing below it":       "a\n" + ours + "nothing below it",
		"b\n" + ours + "at the end\n":           ours + "at the end\n",
	} {
		path := filepath.Join(t.TempDir(), "ignore.txt")
		write(t, path, text, time.Now())
		if err := Remove(path, "b"); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
