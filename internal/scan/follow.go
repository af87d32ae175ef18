package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// followEvery is how often a file that is followed is looked at for more: often
// enough that nobody waits, seldom enough to cost nothing.
const followEvery = 200 * time.Millisecond

// Followed are files that are followed together: what is read under one name is not
// read again when it gets another of theirs.
type Followed struct {
	mu   sync.Mutex
	open map[*follower][2]os.FileInfo // what each reads, and what it read before
}

// Open opens a file whose lines are read as they are written, until the context
// ends: also those of the file that takes its place when it is rotated, and those
// behind a cut when it is emptied. What is there already comes first. The input ends
// when its name has had no file for as long as gone; 0 is for ever. An input that is no
// file keeps one waiting by itself.
func (f *Followed) Open(ctx context.Context, stdin io.Reader, name string, gone time.Duration) (*Input, error) {
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
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	one := &follower{ctx: ctx, all: f, name: name, file: file, gone: gone}
	f.keep(one, info)
	in := live(ctx, one)
	in.Modified = info.ModTime()
	return in, nil
}

// Has reports whether a file is read, or was read last, under any name.
func (f *Followed) Has(info os.FileInfo) bool { return f.has(info, nil) }

func (f *Followed) has(info os.FileInfo, except *follower) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for one, files := range f.open {
		if one != except && (os.SameFile(info, files[0]) || files[1] != nil && os.SameFile(info, files[1])) {
			return true
		}
	}
	return false
}

// keep takes down which file is read under a name.
func (f *Followed) keep(one *follower, info os.FileInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = map[*follower][2]os.FileInfo{}
	}
	f.open[one] = [2]os.FileInfo{info, f.open[one][0]}
}

func (f *Followed) drop(one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, one)
}

// follower reads a file that grows. One goroutine reads, another may close.
type follower struct {
	ctx    context.Context
	all    *Followed
	name   string
	gone   time.Duration // see Open
	away   time.Time     // since when the name has no file; zero = it has one
	file   *os.File
	last   *os.File // the one before, open so that no other file gets its number
	at     int64    // how far it is read
	within bool     // a line whose end has not come
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
			if err := f.change(); err != nil {
				return 0, err
			}
			if f.broken(p) {
				return 1, nil
			}
			continue
		}
		info, err := os.Stat(f.name)
		if err != nil { // moved away; another will come
			if f.away.IsZero() {
				f.away = time.Now()
			}
			if f.gone > 0 && time.Since(f.away) >= f.gone {
				return 0, io.EOF
			}
			if err := f.sleep(); err != nil {
				return 0, err
			}
			continue
		}
		f.away = time.Time{}
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

// change goes on with the file that has taken the place of the old one. One that is
// read under another name, such as app.log that is app.log.1 now, is at its end.
func (f *follower) change() error {
	info, err := f.next.Stat()
	if err != nil {
		return err
	}
	if f.last != nil {
		f.last.Close()
	}
	f.last, f.file, f.next, f.at = f.file, f.next, nil, 0
	if f.all.has(info, f) {
		f.at, err = f.file.Seek(0, io.SeekEnd)
	}
	f.all.keep(f, info)
	return err
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
func (f *follower) Close() error {
	f.all.drop(f)
	return nil
}
