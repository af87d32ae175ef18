package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	// maxFollowed is how many files are followed at once: each has a model and buffers of
	// its own, some three MB.
	maxFollowed = 100

	// lookEvery is how often folders are looked at for new files, goneAfter how long one
	// that was found there may be away until it is over: rotation takes less.
	lookEvery = time.Second
	goneAfter = time.Minute

	// maxPlaceWidth is how wide the column of files and lines is at most, in bytes.
	maxPlaceWidth = 40
)

// followers judge files that grow, all at once, each with a model of its own.
type followers struct {
	options scan.Options
	flags   *scanFlags
	stdin   io.Reader
	stderr  io.Writer
	several bool
	files   scan.Followed
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // of the output, and of what follows
	out    *output
	all    []*followed // those that are not over, in the order in which they came
	full   bool        // it has been said that there are too many
	begun  int
	failed int
	stop   bool  // there is something to fail for
	err    error // why nothing goes on
}

// followed is one of the files.
type followed struct {
	name   string
	found  bool // in a folder, not named
	writer *narrowWriter
	result *scan.Result // when it has ended with all others
}

// follow follows files, and those in folders, also new ones, until the context ends
// or there is nothing to follow any more.
func (s *followers) follow(ctx context.Context, names, folders []string) error {
	if s.several = len(names)+len(folders) > 1 || len(folders) > 0; s.several {
		s.out.together = new(together)
	}
	if err := newWriter(s.flags, s.out, s.several).begin(); err != nil {
		return err
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	s.cancel = cancel
	for _, name := range names {
		s.begin(run, name, false)
	}
	for _, folder := range folders {
		if err := s.look(run, folder); err != nil {
			s.say(err)
			s.failed++
		}
	}
	if len(folders) > 0 && len(s.all) == 0 && s.failed == 0 {
		s.say(fmt.Errorf("there is no file in %s yet", strings.Join(folders, ", ")))
	}
	if len(s.all) > 0 || len(folders) > s.failed {
		s.wait(run, folders)
	}
	switch {
	case s.err != nil:
		return s.err
	case ctx.Err() != nil:
		// Ctrl-C is how one ends a live stream: what it was is summed up.
		for _, one := range s.all {
			if one.result != nil && one.result.Lines > 0 {
				if err := one.writer.end(one.result); err != nil {
					return err
				}
			}
		}
		return errors.Join(s.out.flush(), ctx.Err())
	case s.failed > 0 && s.several:
		return fmt.Errorf("%d of %d files could not be read to their end", s.failed, max(s.begun, s.failed))
	case s.flags.failOnAnomaly && s.stop:
		return errAnomaly
	}
	return nil
}

// wait waits until there is nothing to follow any more. In a folder, something may
// always come.
func (s *followers) wait(ctx context.Context, folders []string) {
	if len(folders) > 0 {
		for tick := time.NewTicker(lookEvery); ctx.Err() == nil; {
			select {
			case <-ctx.Done():
				tick.Stop()
			case <-tick.C:
				for _, folder := range folders {
					s.look(ctx, folder) // what is wrong with it has been said
				}
			}
		}
	}
	s.running.Wait()
}

// look follows the files of a folder that are new there.
func (s *followers) look(ctx context.Context, folder string) error {
	found, err := filesIn(folder)
	if err != nil {
		return err
	}
	for _, name := range found {
		if s.follows(name) || isPast(name, found) {
			continue
		}
		if info, err := os.Stat(name); err != nil || s.files.Has(info) {
			continue // gone again, or a file that is read under the name it had
		}
		s.begin(ctx, name, true)
	}
	return nil
}

func (s *followers) follows(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.all, func(one *followed) bool { return one.name == name })
}

// past is what rotation puts behind the name of a file: app.log.1, app.log-20260302.gz.
var past = regexp.MustCompile(`^[.\-_](\d[\d.:T_-]*|old|bak)?(\.?(gz|zst|xz|bz2|zip))?$`)

// isPast reports whether a file has the name of another of its folder and what
// rotation puts behind it.
func isPast(name string, all []string) bool {
	for end := len(name) - 1; end > 0 && name[end] != os.PathSeparator; end-- {
		if _, found := slices.BinarySearch(all, name[:end]); found && past.MatchString(name[end:]) {
			return true
		}
	}
	return false
}

// begin follows a file.
func (s *followers) begin(ctx context.Context, name string, found bool) {
	s.mu.Lock()
	if len(s.all) >= maxFollowed {
		if !s.full {
			s.full = true
			s.say(fmt.Errorf("%d files are followed, which is the most: %s and what else is new is left out", maxFollowed, name))
		}
		s.mu.Unlock()
		return
	}
	one := &followed{name: name, found: found}
	s.all = append(s.all, one)
	s.begun++
	s.mu.Unlock()

	gone := time.Duration(0)
	if found {
		gone = goneAfter
	}
	in, err := s.files.Open(ctx, s.stdin, name, gone)
	if err != nil {
		s.ended(one, nil, err)
		return
	}
	s.running.Go(func() {
		defer in.Close()
		result, err := s.judge(ctx, one, in)
		if ctx.Err() != nil && s.err == nil {
			one.result = &result
			return
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", display(name), err)
		}
		s.ended(one, &result, err)
	})
}

func (s *followers) judge(ctx context.Context, one *followed, in *scan.Input) (scan.Result, error) {
	s.mu.Lock()
	w := newWriter(s.flags, s.out, s.several)
	if l, ok := w.(*listWriter); ok {
		l.live = true
	}
	one.writer = &narrowWriter{writer: w, flags: s.flags.narrow}
	if t := s.out.together; t != nil {
		const digits = 6 // of a line's number, and the mark before it
		t.width = min(max(t.width, len(display(one.name))+digits), maxPlaceWidth)
	}
	err := one.writer.file(one.name)
	s.mu.Unlock()
	if err != nil {
		return scan.Result{}, err
	}
	o := s.options
	o.Baseline = baseline(ctx, s.stdin, s.flags.baseline) // counts for one file
	o.Live, o.Wait, o.Modified = in.Live, in.Wait, in.Modified
	o.Progress = func(int64) {
		// A line must be seen before the next one is waited for.
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out.flush()
	}
	return scan.Run(ctx, in.ReadCloser, o, func(l *scan.Line) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return one.writer.line(l)
	})
}

// ended takes down that a file has ended by itself.
func (s *followers) ended(one *followed, result *scan.Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var noLog *scan.Problem
	switch {
	case s.out.err != nil:
		s.fail(s.out.err)
		return
	case err != nil && !s.several:
		s.fail(errors.Join(s.out.flush(), err))
		return
	case errors.As(err, &noLog) && one.found:
		// That a folder has others than logs in it is no failure. It stays among all: it
		// is not looked at again.
		s.say(err)
		return
	case err != nil: // the others are still worth a look
		s.failed++
		s.say(err)
		if result != nil && result.Lines > 0 {
			s.sum(one, result)
		}
	default:
		s.stop = s.stop || s.flags.baseline == "" && one.writer.stop || result.Compared != nil && result.Compared.Stop != nil
		s.sum(one, result)
	}
	s.all = slices.DeleteFunc(s.all, func(o *followed) bool { return o == one })
}

func (s *followers) sum(one *followed, result *scan.Result) {
	if err := errors.Join(one.writer.end(result), s.out.flush()); err != nil {
		s.fail(err)
	}
}

// fail ends it all.
func (s *followers) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.cancel()
}

func (s *followers) say(err error) {
	fmt.Fprintf(s.stderr, "flb-anomaly: %s\n", text.PrintableLines(err.Error()))
}
