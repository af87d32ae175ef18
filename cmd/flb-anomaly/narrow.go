package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// narrowFlags are the flags of scan that say which lines are shown. All are learned
// from.
type narrowFlags struct {
	level  string
	grep   string
	invert bool
	since  string
	until  string

	before, after, around int

	least    pattern.Level
	only     *regexp.Regexp // nil = all
	from, to time.Duration  // since the Unix epoch; 0 = not given
}

func addNarrowFlags(command *cobra.Command) *narrowFlags {
	var n narrowFlags
	f := command.Flags()
	f.StringVar(&n.level, "level", "", "show only records of this level or a worse one: trace, debug, info, notice, warn, error, critical or fatal")
	f.StringVarP(&n.grep, "grep", "e", "", "show only records that a regular expression (RE2) matches, such as (?i)payment")
	f.BoolVarP(&n.invert, "invert", "v", false, "with --grep: show only those that it does not match")
	f.StringVar(&n.since, "since", "", "show no line from before: a time such as 2026-03-02T08:00:00Z or 2026-03-02 08:00, or how long ago, such as 2h; earlier lines are learned from")
	f.StringVar(&n.until, "until", "", "show no line from after, as --since; the lines' own times count, in UTC where they have no zone")
	f.IntVarP(&n.after, "after-context", "A", 0, "with table: show so many lines behind each flagged one, as they stand in the log")
	f.IntVarP(&n.before, "before-context", "B", 0, "the same for lines before it")
	f.IntVarP(&n.around, "context", "C", 0, "the same for both")
	complete(command, "level", scan.LevelNames[1:]...)
	for _, flag := range []string{"grep", "since", "until", "after-context", "before-context", "context"} {
		complete(command, flag)
	}
	return &n
}

func (n *narrowFlags) check(format string, now time.Time) (err error) {
	if n.level != "" {
		if n.least = pattern.ParseLevel([]byte(n.level)); n.least == pattern.LevelNone || len(n.level) == 1 {
			return fmt.Errorf("--level has the value %q; allowed: %s", n.level, strings.Join(scan.LevelNames[1:], ", "))
		}
	}
	if n.only = nil; n.grep != "" {
		if n.only, err = regexp.Compile(n.grep); err != nil {
			return fmt.Errorf("--grep has the value %q, which is no regular expression: %w", n.grep, err)
		}
	} else if n.invert {
		return errors.New("--invert goes with --grep, which says what is not shown then")
	}
	for flag, value := range map[string]int{"after-context": n.after, "before-context": n.before, "context": n.around} {
		if value < 0 || value > maxContext {
			return fmt.Errorf("--%s has the value %d; allowed: 0 to %d", flag, value, maxContext)
		}
	}
	n.before, n.after = max(n.before, n.around), max(n.after, n.around)
	if n.context() && format != "table" {
		return errors.New("--context goes with --format table: jsonl and csv have all lines anyway, json, markdown and html have incidents")
	}
	if n.from, err = moment("since", n.since, now); err != nil {
		return err
	}
	if n.to, err = moment("until", n.until, now); err != nil {
		return err
	}
	if n.from != 0 && n.to != 0 && n.to < n.from {
		return fmt.Errorf("--until has the value %q, which is before --since", n.until)
	}
	return nil
}

// maxContext is how many lines of context there may be.
const maxContext = 1000

// context reports whether lines around the flagged ones are to be shown.
func (n *narrowFlags) context() bool { return n.before > 0 || n.after > 0 }

// narrowWriter passes on the records that are asked for.
type narrowWriter struct {
	writer
	flags  *narrowFlags
	now    time.Duration // of the line, or of the one before it
	passes bool          // the record does

	stops pattern.Level // the least level of a flagged line to stop for
	stop  bool          // one was passed on
}

// contextual is a writer that shows lines around others, also those that are not
// asked for.
type contextual interface{ around(l *scan.Line) error }

func (w *narrowWriter) file(name string) error {
	w.now = 0
	return w.writer.file(name)
}

func (w *narrowWriter) line(l *scan.Line) error {
	n := w.flags
	if l.Event.Time != 0 {
		w.now = l.Event.Time
	}
	if !l.Continues {
		w.passes = w.now >= n.from && (n.to == 0 || w.now <= n.to) && l.Verdict.Level >= n.least &&
			(n.only == nil || n.only.Match(l.Record) != n.invert)
	}
	if !w.passes {
		if c, ok := w.writer.(contextual); ok {
			return c.around(l)
		}
		return nil
	}
	w.stop = w.stop || l.Verdict.Anomaly && l.Verdict.Level >= w.stops
	return w.writer.line(l)
}

// topWriter passes on the lines of the highest scores of each file, the highest
// first.
type topWriter struct {
	writer
	most    int
	flagged bool // only flagged ones
	lines   []*scan.Line
}

func (w *topWriter) file(name string) error {
	w.lines = w.lines[:0]
	return w.writer.file(name)
}

func (w *topWriter) line(l *scan.Line) error {
	v := &l.Verdict
	if l.Continues || !v.Judged || w.flagged && !v.Anomaly {
		return nil
	}
	if len(w.lines) == w.most && v.Score <= w.lines[len(w.lines)-1].Verdict.Score {
		return nil // of equals, the first
	}
	at, _ := slices.BinarySearchFunc(w.lines, v.Score, func(k *scan.Line, score float64) int {
		if k.Verdict.Score >= score {
			return -1
		}
		return 1
	})
	if len(w.lines) == w.most {
		w.lines = w.lines[:len(w.lines)-1]
	}
	w.lines = slices.Insert(w.lines, at, l.Clone())
	return nil
}

func (w *topWriter) end(r *scan.Result) error {
	for _, l := range w.lines {
		if err := w.writer.line(l); err != nil {
			return err
		}
	}
	return w.writer.end(r)
}

// filesIn are the files in a folder and below, by name. Hidden ones are left out.
func filesIn(folder string) (found []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != folder && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			found = append(found, path)
		}
		return nil
	})
	slices.SortFunc(found, cmp.Compare)
	return found, err
}

// split tells folders from the other names.
func split(names []string) (files, folders []string) {
	for _, name := range names {
		if info, err := os.Stat(name); name != scan.Stdin && err == nil && info.IsDir() {
			folders = append(folders, name)
		} else {
			files = append(files, name)
		}
	}
	return files, folders
}

// walk replaces folders by the files in them, by name. Hidden files and folders are
// left out, as other tools have it. walked has those that were not named.
func walk(names []string) (files []string, walked map[string]bool, err error) {
	walked = map[string]bool{}
	for _, name := range names {
		if _, folders := split([]string{name}); len(folders) == 0 {
			files = append(files, name)
			continue
		}
		found, err := filesIn(name)
		if err != nil {
			return nil, nil, err
		}
		for _, path := range found {
			walked[path] = true
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("there is no file in %s", strings.Join(names, ", "))
	}
	return files, walked, nil
}
