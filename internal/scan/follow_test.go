package scan

import (
	"context"
	"errors"
	"fmt"
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

// TestFollowedStops with its context while it waits: for more of the file, and for another
// one to take its place.
func TestFollowedStops(t *testing.T) {
	for _, moved := range []bool{false, true} {
		name := filepath.Join(t.TempDir(), "app.log")
		if err := os.WriteFile(name, []byte("one\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var files Followed
		in, err := files.Open(ctx, nil, name, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		b := make([]byte, 10)
		if n, err := io.ReadAtLeast(in, b, 4); n != 4 || err != nil {
			t.Fatalf("%q, %v", b[:n], err)
		}
		if moved {
			if err := os.Rename(name, name+".1"); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan error, 1)
		go func() {
			n, err := in.Read(b)
			if n != 0 {
				err = fmt.Errorf("%d bytes", n)
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			t.Fatalf("moved away %v: %v before anything happened", moved, err)
		case <-time.After(3 * followEvery):
		}
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("moved away %v: %v", moved, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("moved away %v: it goes on", moved)
		}
	}
}
