package scan

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFollowedEnds: what is away for long enough ends the input, behind all that was
// written to it.
func TestFollowedEnds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(name, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var files Followed
	in, err := files.Open(t.Context(), nil, name, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := os.Stat(name)
	if err != nil || !files.Has(info) {
		t.Errorf("it is not followed: %v", err)
	}
	other := name + ".1"
	if err := os.Rename(name, other); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(other); err != nil || !files.Has(info) {
		t.Errorf("it is not followed under another name: %v", err)
	}
	all, err := io.ReadAll(in)
	if string(all) != "one\ntwo\n" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	if _, err := files.Open(t.Context(), nil, name, 0); err == nil || !strings.Contains(err.Error(), "open "+name) {
		t.Errorf("%v for a file that is not there", err)
	}
}
