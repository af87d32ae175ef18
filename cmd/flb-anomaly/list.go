package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/report"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// listFlags are the flags of scan that say what is listed.
type listFlags struct {
	lines   bool
	explain bool
	all     bool
	top     int
}

func addListFlags(command *cobra.Command) *listFlags {
	var l listFlags
	f := command.Flags()
	f.BoolVar(&l.lines, "lines", false, "with table: the flagged lines one by one, not as incidents")
	f.BoolVar(&l.explain, "explain", false, "with table: the flagged lines one by one, each with its fields and what is usual in them")
	f.BoolVar(&l.all, "all", false, "tell the quiet incidents as the others: "+report.QuietMeans)
	f.IntVarP(&l.top, "top", "n", 0, "show so many by score, the strangest first: incidents, with --lines flagged lines, with jsonl and csv lines (0 = all, in their order)")
	complete(command, "top")
	return &l
}

func (l *listFlags) check(format string) error {
	switch {
	case l.top < 0:
		return fmt.Errorf("--top has the value %d; allowed: 0 (all) or more", l.top)
	case l.explain && format != "table":
		return errors.New("--explain goes with --format table")
	case l.lines && format != "table":
		return errors.New("--lines goes with --format table: jsonl and csv have all lines anyway, json, markdown and html have incidents")
	case l.all && (l.lines || l.explain || format == "jsonl" || format == "csv"):
		return errors.New("--all is about incidents: --lines, --explain, jsonl and csv have all lines anyway")
	}
	return nil
}

// moment reads a time as the flags have it.
func moment(flag, value string, now time.Time) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	if ago, err := time.ParseDuration(value); err == nil && ago >= 0 {
		return time.Duration(now.Add(-ago).UnixNano()), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, value); err == nil && t.UnixNano() > 0 {
			return time.Duration(t.UnixNano()), nil
		}
	}
	return 0, fmt.Errorf("--%s has the value %q; a time such as 2026-03-02T08:00:00Z or 2026-03-02 08:00, or how long ago, such as 90m, is right", flag, value)
}

// listWriter writes the incidents of each file: for people, as JSON, as Markdown
// or as a page that stands alone.
type listWriter struct {
	tableWriter
	format string
	top    int
	all    bool // quiet ones are told as the others
	gap    time.Duration
	live   bool // lines are shown as they come: nobody waits for the end of a stream
	teller *incident.Teller
	files  int
}

func (w *listWriter) begin() error {
	if w.format == "html" {
		w.printf("%s", report.HTMLHead)
	}
	return nil
}

func (w *listWriter) file(name string) error {
	w.files++
	w.teller = incident.NewTeller(w.gap)
	if w.format == "table" {
		return w.tableWriter.file(name)
	}
	w.name = name
	return nil
}

func (w *listWriter) line(l *scan.Line) error {
	if l.Continues {
		return nil // its record has been told
	}
	w.teller.Line(&incident.Line{
		Number: l.Number, Time: l.Event.Time, Group: l.Event.Group, Text: l.Text, Verdict: &l.Verdict, Incident: l.Incident, Nth: l.Nth, Template: l.Template,
	})
	if w.live && w.format == "table" {
		return w.tableWriter.line(l)
	}
	return w.out.full()
}

func (w *listWriter) end(r *scan.Result) error {
	list, quiet := w.teller.Stories(), []*incident.Story(nil)
	if !w.all && w.format != "json" {
		list, quiet = incident.Loud(list)
	}
	list = incident.Top(list, w.top)
	switch w.format {
	case "json":
		return w.json(r, list)
	case "markdown":
		if err := report.Markdown(appending{&w.out.buf}, w.report(r, list, quiet)); err != nil {
			return err
		}
	case "html":
		if err := report.HTML(appending{&w.out.buf}, w.report(r, list, quiet)); err != nil {
			return err
		}
	default:
		if !w.live {
			w.stories(list)
			w.quiet(quiet)
		}
		if r.Compared != nil {
			w.compared(r.Compared)
			w.printf("\n")
		}
		return w.tableWriter.end(r)
	}
	return w.out.full()
}

func (w *listWriter) stories(list []*incident.Story) {
	for _, s := range list {
		w.printf("%s  (score %.4f, %s)\n", w.paint(color.Bold, report.Heading(s)), s.Score, s.ID)
		for i := range s.Patterns {
			p := &s.Patterns[i]
			if i == 0 {
				w.printf("%10d  %s\n", p.Line, text.Printable([]byte(p.Reason), shownText))
				w.printf("            %s\n", w.marked(p))
				continue
			}
			if i == shownPatterns {
				w.printf("            and %s\n", count(int64(len(s.Patterns)-i)+min(s.More, 1), "other pattern"))
				break
			}
			w.printf("%10d  %s: %s\n", p.Line, count(p.Lines, "line"), text.Printable([]byte(p.Sample), 120))
		}
		w.flagged += s.Flagged
	}
	if w.teller.Left > 0 {
		w.printf("%s with lower scores are left out.\n", count(w.teller.Left, "incident"))
	}
}

func (w *listWriter) quiet(list []*incident.Story) {
	for _, s := range list {
		w.flagged += s.Flagged
	}
	if len(list) > 0 {
		w.printf("%s (--all tells them)\n", report.Quiet(list))
	}
}

// shownPatterns is how many patterns of an incident a table shows.
const shownPatterns = 4

// marked is a pattern's line with what is odd in it marked.
func (w *listWriter) marked(p *incident.Pattern) string {
	if !w.color {
		return text.Printable([]byte(p.Sample), shownText)
	}
	var b strings.Builder
	at := 0
	for _, m := range p.Marks() {
		b.WriteString(text.Printable([]byte(p.Sample[at:m[0]]), shownText))
		b.WriteString(w.paint(color.FgRed, text.Printable([]byte(p.Sample[m[0]:m[1]]), shownText)))
		at = m[1]
	}
	b.WriteString(text.Printable([]byte(p.Sample[at:]), shownText))
	return b.String()
}

// The JSON form has an object for each file, times in RFC 3339.
type (
	jsonList struct {
		File      string      `json:"file"`
		Lines     int64       `json:"lines"`
		Judged    int64       `json:"judged"`
		Flagged   int64       `json:"flagged"`
		First     *time.Time  `json:"first,omitempty"`
		Last      *time.Time  `json:"last,omitempty"`
		Left      int64       `json:"incidents_left_out,omitempty"`
		Incidents []jsonStory `json:"incidents"`

		Compared *jsonCompared `json:"compared,omitempty"` // with --baseline
	}
	jsonStory struct {
		ID       string           `json:"incident"`
		Group    string           `json:"group,omitempty"`
		First    *time.Time       `json:"first,omitempty"`
		Last     *time.Time       `json:"last,omitempty"`
		From     int64            `json:"first_line"`
		To       int64            `json:"last_line"`
		Lines    int64            `json:"lines"`
		Flagged  int64            `json:"flagged"`
		Level    string           `json:"level,omitempty"`
		Score    float64          `json:"score"`
		Quiet    bool             `json:"quiet,omitempty"`
		Kinds    map[string]int64 `json:"kinds"`
		Patterns []jsonInvolved   `json:"patterns"`
		More     int64            `json:"flagged_of_other_patterns,omitempty"`
	}
	jsonInvolved struct {
		ID      string   `json:"pattern"`
		Text    string   `json:"template"`
		Line    int64    `json:"line"`
		Sample  string   `json:"text"`
		Marks   [][2]int `json:"marks,omitempty"` // in bytes of text
		Reason  string   `json:"reason"`
		Score   float64  `json:"score"`
		Lines   int64    `json:"lines"`
		Flagged int64    `json:"flagged"`
	}
)

func jsonTime(t time.Duration) *time.Time {
	if t == 0 {
		return nil
	}
	at := time.Unix(0, int64(t)).UTC()
	return &at
}

func (w *listWriter) json(r *scan.Result, list []*incident.Story) error {
	j := jsonList{File: w.name, Lines: r.Lines, Judged: r.Judged, Flagged: r.Flagged, First: jsonTime(r.First), Last: jsonTime(r.Last), Left: w.teller.Left, Incidents: []jsonStory{}}
	for _, s := range list {
		k := jsonStory{ID: s.ID, Group: text.Valid([]byte(s.Group)), First: jsonTime(s.First), Last: jsonTime(s.Last), From: s.From, To: s.To, Lines: s.Lines, Flagged: s.Flagged,
			Level: scan.LevelNames[s.Level], Score: text.Score(s.Score), Quiet: s.Quiet, Kinds: map[string]int64{}, More: s.More}
		for _, c := range s.Kinds {
			k.Kinds[c.Word] = c.Times
		}
		for i := range s.Patterns {
			p := &s.Patterns[i]
			k.Patterns = append(k.Patterns, jsonInvolved{p.ID, p.Text, p.Line, p.Sample, p.Marks(), p.Reason, text.Score(p.Score), p.Lines, p.Flagged})
		}
		j.Incidents = append(j.Incidents, k)
	}
	j.Compared = jsonComparison(r.Compared)
	b, err := json.Marshal(j)
	w.out.buf = append(append(w.out.buf, b...), '\n')
	return errors.Join(err, w.out.full())
}

// report is what a report tells of the log.
func (w *listWriter) report(r *scan.Result, list, quiet []*incident.Story) *report.Log {
	return &report.Log{Name: display(w.name), Lines: r.Lines, Flagged: r.Flagged, First: r.First, Last: r.Last, Stories: list, Quiet: quiet, Compared: report.WithBaseline(r.Compared)}
}

// appending appends what is written to a buffer.
type appending struct{ to *[]byte }

func (a appending) Write(p []byte) (int, error) {
	*a.to = append(*a.to, p...)
	return len(p), nil
}
