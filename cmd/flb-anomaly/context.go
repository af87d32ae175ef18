package main

import (
	"github.com/fatih/color"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// contextWriter writes the flagged lines with lines around them, as they stand in
// the log.
type contextWriter struct {
	*tableWriter
	before, after int

	kept  []kept // the lines before, a ring
	next  int    // where the oldest stands
	left  int    // lines that are still to be shown behind a flagged one
	shown int64  // the last line that was; 0 = none
}

// kept is a line that may be shown before a flagged one.
type kept struct {
	number int64
	text   []byte
}

func (w *contextWriter) file(name string) error {
	w.kept, w.next, w.left, w.shown = w.kept[:0], 0, 0, 0
	return w.tableWriter.file(name)
}

func (w *contextWriter) line(l *scan.Line) error {
	if !l.Verdict.Anomaly {
		return w.around(l)
	}
	first := l.Number - int64(len(w.kept))
	if w.shown > 0 && first > w.shown+1 {
		w.printf("%*s\n", w.placeWidth(), "--")
	}
	w.head()
	for i := range w.kept {
		k := &w.kept[(w.next+i)%len(w.kept)]
		w.context(k.number, k.text)
	}
	w.kept, w.next, w.left, w.shown = w.kept[:0], 0, w.after, l.Number
	return w.tableWriter.line(l)
}

// around takes in a line that is not shown for itself.
func (w *contextWriter) around(l *scan.Line) error {
	if w.left > 0 {
		w.left--
		w.context(l.Number, l.Text)
		w.shown = l.Number
		return w.out.full()
	}
	switch {
	case w.before == 0:
	case len(w.kept) < w.before:
		if len(w.kept) < cap(w.kept) { // a buffer that was used before
			w.kept = w.kept[:len(w.kept)+1]
		} else {
			w.kept = append(w.kept, kept{})
		}
		k := &w.kept[len(w.kept)-1]
		k.number, k.text = l.Number, append(k.text[:0], text.Cut(l.Text, shownText)...)
	default:
		k := &w.kept[w.next]
		k.number, k.text = l.Number, append(k.text[:0], text.Cut(l.Text, shownText)...)
		w.next = (w.next + 1) % len(w.kept)
	}
	return nil
}

func (w *contextWriter) context(number int64, line []byte) {
	w.printf("%s%10s%s\n", w.place(number, '-'), "", w.paint(color.Faint, text.Printable(line, shownText)))
}
