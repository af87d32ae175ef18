// Package ignore reads files that say what is never flagged: in each line an
// expression or pattern: and an id, as the option Ignore takes them. Empty lines,
// and those that begin with #, say nothing.
//
// It knows when such a file has changed, and not what is done with what it says.
package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

const (
	// Limits of a file.
	maxBytes = 1 << 20
	maxLines = 10_000

	// interval is how often a file is looked at.
	interval = 2 * time.Second
)

// Entries reads a file into what the option Ignore takes. The error names the
// file, and the line where it is a line that is wrong.
func Entries(path string) ([]string, error) {
	text, err := content(path)
	if err != nil {
		return nil, err
	}
	return entries(path, text)
}

func content(path string) ([]byte, error) {
	// To open a pipe would wait for somebody to write to it.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("%s has more than %d bytes", path, maxBytes)
	}
	return text, err
}

func entries(path string, text []byte) ([]string, error) {
	var list []string
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if _, err := detector.NewIgnore([]string{line}); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		if list = append(list, line); len(list) > maxLines {
			return nil, fmt.Errorf("%s has more than %d lines that say something", path, maxLines)
		}
	}
	return list, nil
}

// File is a file that is read again when it has changed.
type File struct {
	path string
	log  *slog.Logger
	now  atomic.Pointer[version]
	stop chan struct{}

	// What the goroutine that looks at it knows.
	info    fs.FileInfo // of what was read last; nil = nothing could be
	text    []byte
	trouble string // that was logged
}

// version is what a file said at a time.
type version struct{ ignore *detector.Ignore }

// Watch reads the file now, waiting for it no longer than patience, and looks at
// it every few seconds in a goroutine that start starts. What is wrong with it is
// logged, once; what it said before stays in force then.
func Watch(path string, log *slog.Logger, start func(func()), patience time.Duration) *File {
	f := &File{path: path, log: log, stop: make(chan struct{})}
	first := make(chan struct{})
	start(func() { f.watch(first, interval) })
	select {
	case <-first:
	case <-time.After(patience):
		log.Error("the disk did not answer: what is to be ignored comes into force when it does", "file", path)
	}
	return f
}

// Current returns what the file says, and whether that is another than seen,
// which is what Current returned before; nil at first.
func (f *File) Current(seen *Seen) (ig *detector.Ignore, changed bool) {
	v := f.now.Load()
	if v == seen.version {
		return nil, false
	}
	seen.version = v
	return v.ignore, true
}

// Seen is what somebody has seen of a file.
type Seen struct{ version *version }

// Close ends the watch. It does not wait.
func (f *File) Close() { close(f.stop) }

func (f *File) watch(first chan<- struct{}, every time.Duration) {
	f.look()
	close(first)
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-t.C:
			f.look()
		}
	}
}

// look reads the file when it may have changed.
func (f *File) look() {
	info, err := os.Stat(f.path)
	if err != nil {
		f.failed(err)
		return
	}
	// A file can change twice within what its times tell: one that changed just
	// now is read again.
	if i := f.info; i != nil && os.SameFile(i, info) && i.Size() == info.Size() && i.ModTime().Equal(info.ModTime()) && time.Since(info.ModTime()) > 2*interval {
		return
	}
	text, err := content(f.path)
	if err != nil {
		f.failed(err)
		return
	}
	if f.info != nil && bytes.Equal(text, f.text) {
		f.info = info
		return
	}
	f.info, f.text = info, text
	list, err := entries(f.path, text)
	if err != nil {
		f.failed(err)
		return
	}
	ig, err := detector.NewIgnore(list)
	if err != nil {
		f.failed(err)
		return
	}
	again := f.now.Load() != nil
	f.now.Store(&version{ig})
	f.trouble = ""
	expressions, patterns := ig.Len()
	verb := "is in force"
	if again {
		verb = "has changed and is in force"
	}
	f.log.Info("what is to be ignored "+verb, "file", f.path, "expressions", expressions, "patterns", patterns)
}

// failed logs a trouble once, and again when it is another one.
func (f *File) failed(err error) {
	if said := err.Error(); said != f.trouble {
		f.trouble = said
		stays := "nothing is ignored by it"
		if f.now.Load() != nil {
			stays = "what it said before stays in force"
		}
		if errors.Is(err, fs.ErrNotExist) {
			f.log.Warn("Ignore_File: "+said+": "+stays, "file", f.path)
			f.info = nil
			return
		}
		f.log.Error("Ignore_File: "+said+": "+stays, "file", f.path)
	}
}
