package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// openInput opens a FILE argument, - for the standard input, and returns its
// size, below 0 when that is not known. A file that may keep one waiting, to be
// opened as well as to be read, is waited for no longer than the context lasts.
func openInput(ctx context.Context, stdin io.Reader, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		if f, ok := stdin.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				return f, info.Size(), nil
			}
		}
		return newPatient(ctx, io.NopCloser(stdin)), -1, nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, 0, err
	case info.IsDir():
		return nil, 0, fmt.Errorf("%s is a directory: name the files in it", name)
	case !info.Mode().IsRegular():
		return newPatient(ctx, &lateFile{name: name}), -1, nil
	}
	f, err := os.Open(name)
	return f, info.Size(), err
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

func (l *lateFile) Close() error { return l.file.Load().Close() }

// display is the name of an input for people.
func display(name string) string {
	if name == "-" {
		return "standard input"
	}
	return text.Printable([]byte(name), len(name))
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
		if p.buf != nil {
			p.free <- p.buf[:patientSize]
			p.buf = nil
		}
		var open bool
		select {
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		case p.buf, open = <-p.full:
			if !open {
				return 0, p.err
			}
		}
		p.unread = p.buf
	}
	n := copy(into, p.unread)
	p.unread = p.unread[n:]
	return n, nil
}

// Close may be called once, after the last Read.
func (p *patient) Close() error {
	close(p.closed)
	return p.in.Close()
}
