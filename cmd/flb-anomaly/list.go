package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// listFlags are the flags of scan that say what is listed.
type listFlags struct {
	lines   bool
	explain bool
	top     int
}

func addListFlags(command *cobra.Command) *listFlags {
	var l listFlags
	f := command.Flags()
	f.BoolVar(&l.lines, "lines", false, "with table: the flagged lines one by one, not as incidents")
	f.BoolVar(&l.explain, "explain", false, "with table: the flagged lines one by one, each with its fields and what is usual in them")
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
	gap    time.Duration
	live   bool // lines are shown as they come: nobody waits for the end of a stream
	teller *incident.Teller
	files  int
}

func (w *listWriter) begin() error {
	if w.format == "html" {
		w.printf("%s", pageHead)
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
		Number: l.Number, Time: l.Event.Time, Group: l.Event.Group, Text: l.Text, Verdict: &l.Verdict, Incident: l.Incident, Template: l.Template,
	})
	if w.live && w.format == "table" {
		return w.tableWriter.line(l)
	}
	return w.out.full()
}

func (w *listWriter) end(r *scan.Result) error {
	list := w.teller.Stories(w.top)
	switch w.format {
	case "json":
		return w.json(r, list)
	case "markdown":
		w.markdown(r, list)
	case "html":
		if err := w.html(r, list); err != nil {
			return err
		}
	default:
		if !w.live {
			w.stories(list)
		}
		if r.Compared != nil {
			w.compared(r.Compared)
			w.printf("\n")
		}
		return w.tableWriter.end(r)
	}
	return w.out.full()
}

// when is the time of a story, or its lines where there is none.
func when(s *incident.Story) string {
	if s.First == 0 {
		if s.From == s.To {
			return "line " + thousands(s.From)
		}
		return "lines " + thousands(s.From) + " to " + thousands(s.To)
	}
	return clock(s.First)
}

func clock(t time.Duration) string {
	return time.Unix(0, int64(t)).UTC().Format("2006-01-02 15:04:05")
}

// howMany says how many lines a story has and in what time.
func howMany(s *incident.Story) string {
	b := count(s.Lines, "line")
	if took := s.Took(); took > 0 && s.Lines > 1 {
		b += " in " + span(took)
	}
	if s.Flagged < s.Lines {
		b += ", " + thousands(s.Flagged) + " flagged"
	}
	return b
}

func words(list []incident.Count) string {
	var b []string
	for _, k := range list {
		if k.Times == 1 {
			b = append(b, k.Word)
		} else {
			b = append(b, fmt.Sprintf("%s (%s)", k.Word, thousands(k.Times)))
		}
	}
	return strings.Join(b, ", ")
}

// heading is what a story is called in one line.
func heading(s *incident.Story) string {
	b := when(s) + "  " + howMany(s)
	if l := s.Level.String(); l != "" {
		b += "  " + l
	}
	b += "  " + words(s.Kinds)
	if s.Group != "" {
		b += "  " + text.Printable([]byte(s.Group), shownText)
	}
	return b
}

func (w *listWriter) stories(list []*incident.Story) {
	for _, s := range list {
		w.printf("%s  (score %.4f, %s)\n", w.paint(color.Bold, heading(s)), s.Score, s.ID)
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
			Level: scan.LevelNames[s.Level], Score: text.Score(s.Score), Kinds: map[string]int64{}, More: s.More}
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

// escaped is text of a log for Markdown, in which it must mean nothing.
func escaped(s string) string {
	s = text.Printable([]byte(s), shownText)
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (w *listWriter) summaryLine(r *scan.Result, list []*incident.Story) string {
	b := fmt.Sprintf("%s, %s flagged, %s", count(r.Lines, "line"), thousands(r.Flagged), count(int64(len(list)), "incident"))
	if r.First != 0 {
		b += ", " + clock(r.First) + " to " + clock(r.Last) + " UTC"
	}
	return b
}

func (w *listWriter) markdown(r *scan.Result, list []*incident.Story) {
	w.printf("# Incidents in %s\n\n%s\n", escaped(display(w.name)), escaped(w.summaryLine(r, list)))
	for _, s := range list {
		w.printf("\n## %s\n\n", escaped(heading(s)))
		for i := range s.Patterns {
			p := &s.Patterns[i]
			w.printf("- line %s, %s: %s\n\n", thousands(p.Line), count(p.Lines, "line"), escaped(p.Reason))
			// Indented code obeys nobody, whatever is in it.
			w.printf("      %s\n", text.Printable([]byte(p.Sample), shownText))
		}
		w.printf("\nIncident `%s`, score %.4f\n", s.ID, s.Score)
	}
	w.printf("\n")
}

const pageHead = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Incidents</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0 1rem; padding: .5rem; border-left: .25rem solid #b3261e }
mark { background: #ffd54d; color: #000 }
</style></head><body>
`

var pageFile = template.Must(template.New("file").Parse(`<h1>Incidents in {{.Name}}</h1>
<p>{{.Summary}}</p>
{{range .Stories}}<section><h2>{{.Heading}}</h2>
{{range .Patterns}}<p>line {{.Line}}, {{.Lines}}: {{.Reason}}</p>
<pre>{{range .Parts}}{{if .Odd}}<mark>{{.Text}}</mark>{{else}}{{.Text}}{{end}}{{end}}</pre>
{{end}}<p><small>Incident <code>{{.ID}}</code>, score {{printf "%.4f" .Score}}</small></p></section>
{{end}}`))

func (w *listWriter) html(r *scan.Result, list []*incident.Story) error {
	type part struct {
		Text string
		Odd  bool
	}
	type pattern struct {
		Line, Lines, Reason string
		Parts               []part
	}
	type story struct {
		Heading, ID string
		Score       float64
		Patterns    []pattern
	}
	page := struct {
		Name, Summary string
		Stories       []story
	}{Name: display(w.name), Summary: w.summaryLine(r, list)}
	for _, s := range list {
		one := story{Heading: heading(s), ID: s.ID, Score: s.Score}
		for i := range s.Patterns {
			p := &s.Patterns[i]
			shown := pattern{Line: thousands(p.Line), Lines: count(p.Lines, "line"), Reason: text.Printable([]byte(p.Reason), shownText)}
			at := 0
			show := func(to int, odd bool) {
				if to > at {
					shown.Parts = append(shown.Parts, part{text.Printable([]byte(p.Sample[at:to]), shownText), odd})
					at = to
				}
			}
			for _, m := range p.Marks() {
				show(m[0], false)
				show(m[1], true)
			}
			show(len(p.Sample), false)
			one.Patterns = append(one.Patterns, shown)
		}
		page.Stories = append(page.Stories, one)
	}
	var b strings.Builder
	err := pageFile.Execute(&b, page)
	w.printf("%s", b.String())
	return errors.Join(err, w.out.full())
}
