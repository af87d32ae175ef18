package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// followEvery is how often a file that is followed is looked at for more: often
// enough that nobody waits, seldom enough to cost nothing.
const followEvery = 200 * time.Millisecond

// Follow opens a file whose lines are read as they are written, until the context
// ends: also those of the file that takes its place when it is rotated, and those
// behind a cut when it is emptied. What is there already comes first. An input
// that is no file keeps one waiting by itself.
func Follow(ctx context.Context, stdin io.Reader, name string) (*Input, error) {
	if name == Stdin {
		return Open(ctx, stdin, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, opening(err)
	case !info.Mode().IsRegular():
		return Open(ctx, stdin, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	in := live(ctx, &follower{ctx: ctx, name: name, file: f})
	in.Modified = info.ModTime()
	return in, nil
}

// follower reads a file that grows. One goroutine reads, another may close.
type follower struct {
	ctx    context.Context
	name   string
	file   *os.File
	at     int64 // how far it is read
	within bool  // a line whose end has not come
	next   *os.File
}

func (f *follower) Read(p []byte) (int, error) {
	for {
		n, err := f.file.Read(p)
		if n > 0 {
			f.at += int64(n)
			f.within = p[n-1] != '\n'
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("following %s: %w", f.name, err)
		}
		if f.next != nil { // all of the old one is read
			f.file.Close()
			f.file, f.next, f.at = f.next, nil, 0
			if f.broken(p) {
				return 1, nil
			}
			continue
		}
		info, err := os.Stat(f.name)
		if err != nil { // moved away; another will come
			if err := f.sleep(); err != nil {
				return 0, err
			}
			continue
		}
		own, err := f.file.Stat()
		if err != nil {
			return 0, err
		}
		switch {
		case !os.SameFile(info, own):
			// What was written to the old one last comes before.
			if f.next, err = os.Open(f.name); err != nil {
				f.next = nil
			}
		case own.Size() < f.at:
			if _, err := f.file.Seek(0, io.SeekStart); err != nil {
				return 0, err
			}
			f.at = 0
			if f.broken(p) {
				return 1, nil
			}
			continue
		}
		if f.next == nil {
			if err := f.sleep(); err != nil {
				return 0, err
			}
		}
	}
}

// broken ends a line whose own end will not come.
func (f *follower) broken(p []byte) bool {
	was := f.within
	if was {
		p[0], f.within = '\n', false
	}
	return was
}

func (f *follower) sleep() error {
	t := time.NewTimer(followEvery)
	defer t.Stop()
	select {
	case <-f.ctx.Done():
		return f.ctx.Err()
	case <-t.C:
		return nil
	}
}

// Close may be called while a Read waits, which ends by its context then.
func (f *follower) Close() error { return nil }
