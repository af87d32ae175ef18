package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// tableWriter writes the flagged lines and a summary, for people.
type tableWriter struct {
	out     *output
	several bool
	color   bool
	explain bool

	name    string
	headed  bool
	flagged int64
	reasons map[string]int64 // how often each kind of reason was given
}

// Limits of what a table shows.
const (
	shownText    = 400 // bytes of a line
	shownReasons = 5
	keptReasons  = 1000 // kinds that are counted; reasons are made of a log's words
)

func useColor(mode string, to io.Writer) bool {
	switch mode {
	case "always":
		return true
	case "never":
		return false
	}
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	return isTerminal(to)
}

func (w *tableWriter) paint(a color.Attribute, s string) string {
	if !w.color {
		return s
	}
	c := color.New(a)
	c.EnableColor()
	return c.Sprint(s)
}

func (w *tableWriter) begin() error { return nil }

func (w *tableWriter) file(name string) error {
	w.name, w.headed, w.flagged, w.reasons = name, false, 0, map[string]int64{}
	if w.several && w.out.together == nil {
		w.heading()
	}
	return nil
}

// heading says which file what comes is of.
func (w *tableWriter) heading() {
	w.printf("%s\n", w.paint(color.Bold, text.Printable([]byte(display(w.name)), shownText)))
}

func (w *tableWriter) line(line *scan.Line) error {
	if !line.Verdict.Anomaly {
		return nil
	}
	w.head()
	w.flagged++
	w.printf("%s  %.4f  %s\n", w.place(line.Number, ':'), line.Verdict.Score, text.Printable(line.Verdict.Reason, shownText))
	w.printf("%*s%s\n", w.placeWidth()+len("  0.1234  "), "", w.paint(color.FgRed, text.Printable(line.Text, shownText)))
	if w.explain {
		w.fields(line.Fields())
	}
	kind := kindOf(line.Verdict.Reason)
	if _, known := w.reasons[kind]; known || len(w.reasons) < keptReasons {
		w.reasons[kind]++
	}
	return w.out.full()
}

// head writes the columns' names, once.
func (w *tableWriter) head() {
	headed := &w.headed
	if t := w.out.together; t != nil {
		headed = &t.headed
	}
	if !*headed {
		*headed = true
		w.printf("%*s  %6s  %s\n", w.placeWidth(), "line", "score", "reason")
	}
}

// placeWidth is how wide the first column is.
func (w *tableWriter) placeWidth() int {
	if t := w.out.together; t != nil {
		return t.width
	}
	return 10
}

// place is the number of a line, with the file where there is more than one, as
// grep has it: a mark of : for what is meant, of - for what stands around it.
func (w *tableWriter) place(number int64, mark byte) string {
	if w.out.together == nil {
		return fmt.Sprintf("%10d", number)
	}
	at := fmt.Sprintf("%s%c%d", text.Printable([]byte(display(w.name)), shownText), mark, number)
	return w.paint(color.FgMagenta, fmt.Sprintf("%*s", w.placeWidth(), at))
}

func (w *tableWriter) end(r *scan.Result) error {
	switch {
	case w.out.together != nil:
		w.printf("\n")
		w.heading()
	case w.flagged > 0:
		w.printf("\n")
	}
	w.printf("%s, %s judged, %s flagged", count(r.Lines, "line"), thousands(r.Judged), thousands(r.Flagged))
	if r.Judged > 0 && r.Flagged > 0 {
		w.printf(" (%.2f %%)", 100*float64(r.Flagged)/float64(r.Judged))
	}
	if r.First != 0 {
		first, last := time.Unix(0, int64(r.First)).UTC(), time.Unix(0, int64(r.Last)).UTC()
		const form = "2006-01-02 15:04:05"
		w.printf(", %s to %s (%s)", first.Format(form), last.Format(form), span(last.Sub(first)))
	}
	w.printf("\n")
	if r.Judged == 0 && r.Lines > 0 {
		w.printf("Nothing was judged: the model still learns. A shorter --warmup or --mode batch judges short files.\n")
	}
	w.summary()
	if w.several && w.out.together == nil {
		w.printf("\n")
	}
	return w.out.full()
}

// summary shows the reasons that were given most.
func (w *tableWriter) summary() {
	kinds := make([]string, 0, len(w.reasons))
	for kind := range w.reasons {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if d := w.reasons[b] - w.reasons[a]; d != 0 {
			return int(min(max(d, -1), 1))
		}
		return strings.Compare(a, b)
	})
	if len(kinds) > 0 {
		w.printf("%10s  %s\n", "lines", "reason")
	}
	for _, kind := range kinds[:min(len(kinds), shownReasons)] {
		w.printf("%10s  %s\n", thousands(w.reasons[kind]), kind)
	}
	if more := len(kinds) - shownReasons; more > 0 {
		w.printf("%10s  and %s\n", "", count(int64(more), "other reason"))
	}
}

func (w *tableWriter) printf(format string, args ...any) {
	w.out.buf = fmt.Appendf(w.out.buf, format, args...)
}

// kindOf is the first of a verdict's reasons without its numbers, with their
// units, and its quoted words, so that reasons can be counted.
func kindOf(reason []byte) string {
	first := text.Printable(reason, shownText)
	first = quotedWord.ReplaceAllString(first, "…")
	first, _, _ = strings.Cut(first, ";")
	first = numbers.ReplaceAllString(first, "$1…")
	// What is left of a phrase about numbers alone says nothing.
	return strings.NewReplacer("length of … bytes", "length", "usual … to …", "usual range", "usual …", "usual value").Replace(first)
}

var (
	quotedWord = regexp.MustCompile(`"[^"]*"?`)
	numbers    = regexp.MustCompile(`(^| )-?[0-9][0-9.,]*(e[+-]?[0-9]+)?[A-Za-z]*`)
)

var (
	count     = text.Count
	thousands = text.Thousands
	span      = text.Span
)
