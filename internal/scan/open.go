package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Stdin is the name of the standard input among files.
const Stdin = "-"

// Input is a log that is open, and what is known of it before it is read.
type Input struct {
	io.ReadCloser
	Size     int64     // in bytes, as it is stored; below 0 when that is not known
	Live     bool      // it may keep one waiting, as a pipe does
	Modified time.Time // when it was written to last; zero when that is not known

	// Wait reports whether there is something to read of a live input within a time;
	// nil for one that is there as a whole.
	Wait func(time.Duration) bool
}

// live is an input that may keep one waiting.
func live(ctx context.Context, in io.ReadCloser) *Input {
	p := newPatient(ctx, in)
	return &Input{ReadCloser: p, Size: -1, Live: true, Wait: p.wait}
}

// Open opens a file, a named pipe or, by the name Stdin, the standard input.
// One that may keep its reader waiting, to be opened as well as to be read, is
// waited for no longer than the context lasts.
func Open(ctx context.Context, stdin io.Reader, name string) (*Input, error) {
	if name == Stdin {
		if f, ok := stdin.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				return &Input{ReadCloser: f, Size: info.Size(), Modified: info.ModTime()}, nil
			}
		}
		return live(ctx, io.NopCloser(stdin)), nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, opening(err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory: name the files in it, or let 'scan --recursive' walk it", name)
	case !info.Mode().IsRegular():
		return live(ctx, &lateFile{name: name}), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return &Input{ReadCloser: f, Size: info.Size(), Modified: info.ModTime()}, nil
}

// opening is an error of a file as that of opening it, which is what was
// wanted: which call found it is nobody's concern.
func opening(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "open", Path: p.Path, Err: p.Err}
	}
	return err
}

// OnceStdin says what is wrong with names of which several are Stdin.
func OnceStdin(names []string) error {
	n := 0
	for _, name := range names {
		if name == Stdin {
			n++
		}
	}
	if n > 1 {
		return errors.New("the standard input (-) can be read once, and is given several times")
	}
	return nil
}

// lateFile is opened by the first read: the opening of a named pipe waits for
// somebody to write.
type lateFile struct {
	name string
	file atomic.Pointer[os.File]
}

func (l *lateFile) Read(p []byte) (int, error) {
	f := l.file.Load()
	if f == nil {
		var err error
		if f, err = os.Open(l.name); err != nil {
			return 0, err
		}
		l.file.Store(f)
	}
	return f.Read(p)
}

func (l *lateFile) Close() error {
	if f := l.file.Load(); f != nil {
		return f.Close()
	}
	return nil
}

// patient reads an input that may keep one waiting for ever, such as a pipe,
// and gives up the wait when the context ends. The reading goroutine then
// stays in its last read until the input moves or the process ends.
type patient struct {
	ctx    context.Context
	in     io.ReadCloser
	full   chan []byte // what is read; closed at the input's end
	free   chan []byte // buffers to read into
	closed chan struct{}
	buf    []byte // in use
	unread []byte // of buf
	err    error  // of the input; set before full is closed
}

// Two buffers: one is filled while the other is judged.
const (
	patientBuffers = 2
	patientSize    = 256 << 10
)

func newPatient(ctx context.Context, in io.ReadCloser) *patient {
	p := &patient{
		ctx:    ctx,
		in:     in,
		full:   make(chan []byte, patientBuffers),
		free:   make(chan []byte, patientBuffers),
		closed: make(chan struct{}),
	}
	for range patientBuffers {
		p.free <- make([]byte, patientSize)
	}
	go p.fill()
	return p
}

func (p *patient) fill() {
	defer close(p.full)
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		case <-p.closed:
			return
		}
		n := 0
		for n == 0 && p.err == nil {
			n, p.err = p.in.Read(buf)
		}
		// There are no more buffers than places in a channel: no send waits.
		if n > 0 {
			p.full <- buf[:n]
		}
		if p.err != nil {
			return
		}
	}
}

func (p *patient) Read(into []byte) (int, error) {
	if len(p.unread) == 0 {
		if _, open := p.take(nil); !open {
			if err := p.ctx.Err(); err != nil {
				return 0, err
			}
			return 0, p.err
		}
	}
	n := copy(into, p.unread)
	p.unread = p.unread[n:]
	return n, nil
}

// wait reports whether a Read would return within a time.
func (p *patient) wait(within time.Duration) bool {
	if len(p.unread) > 0 {
		return true
	}
	late := time.NewTimer(within)
	defer late.Stop()
	came, _ := p.take(late.C)
	return came
}

// take takes over what is read next, and gives back what was used. came is false
// when it was late, open when there is no more.
func (p *patient) take(late <-chan time.Time) (came, open bool) {
	if p.buf != nil {
		p.free <- p.buf[:patientSize]
		p.buf = nil
	}
	select {
	case <-p.ctx.Done():
		return true, false
	case <-late:
		return false, true
	case p.buf, open = <-p.full:
		p.unread = p.buf
		return true, open
	}
}

// Close may be called once, after the last Read.
func (p *patient) Close() error {
	close(p.closed)
	return p.in.Close()
}
