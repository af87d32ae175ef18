package web

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// spool is a temporary file that no other program finds: it is unlinked as
// soon as it is open, so it ends with its view, and with the process whatever
// ends that. Views of the same log share one.
type spool struct {
	file *os.File
	size atomic.Int64
	path string // to remove at the end, where an open file cannot be (Windows)

	mu    sync.Mutex
	users int
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "flb-anomaly-*")
	if err != nil {
		return nil, fmt.Errorf("a log is kept in a temporary file while it is shown, and there is none to be had: %w", err)
	}
	s := &spool{file: f, users: 1}
	if os.Remove(f.Name()) != nil {
		s.path = f.Name()
	}
	return s, nil
}

// share counts one more user, each of whom calls release. It reports whether there
// was one left to share with.
func (s *spool) share() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		return false
	}
	s.users++
	return true
}

func (s *spool) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	s.file.Close()
	if s.path != "" {
		os.Remove(s.path)
	}
}

// Write appends. One goroutine writes, any number read.
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.file.WriteAt(p, s.size.Load())
	s.size.Add(int64(n))
	if err != nil {
		return n, fmt.Errorf("the temporary file of the log cannot be written: %w", err)
	}
	return n, nil
}

// ReadAt reads what is written. It fails in the middle of nothing: a read at
// the end gives io.EOF.
func (s *spool) ReadAt(p []byte, off int64) (int, error) { return s.file.ReadAt(p, off) }

// text is a new reader of all that is written, which can seek.
func (s *spool) text() *io.SectionReader { return io.NewSectionReader(s, 0, s.size.Load()) }

// slice appends up to limit bytes of the spool to dst, from start up to end;
// end below 0 is up to what is written.
func (s *spool) slice(dst []byte, start, end int64, limit int) ([]byte, error) {
	if end < 0 {
		end = s.size.Load()
	}
	n := int(min(end-start, int64(limit)))
	if n <= 0 {
		return dst, nil
	}
	from := len(dst)
	dst = append(dst, make([]byte, n)...)
	got, err := s.ReadAt(dst[from:], start)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return dst[:from+got], err
}
