// Package report writes the incidents of a log for a ticket: as Markdown, and as a
// page that stands alone. Whatever the log says, it is shown and not obeyed.
package report

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Log is what is told of a log.
type Log struct {
	Name           string // for people
	Lines, Flagged int64
	First, Last    time.Duration // since the Unix epoch; 0 = no line has a time
	Stories        []*incident.Story
	Quiet          []*incident.Story // of which a line each is told
	Compared       *Comparison       // nil = with nothing
}

// shown is how many bytes of a line are shown.
const shown = 400

// Clock is a time since the Unix epoch, in UTC.
func Clock(t time.Duration) string {
	return time.Unix(0, int64(t)).UTC().Format("2006-01-02 15:04:05")
}

// Heading is what a story is called in one line.
func Heading(s *incident.Story) string {
	b := when(s) + "  " + howMany(s)
	if l := s.Level.String(); l != "" {
		b += "  " + l
	}
	b += "  " + words(s.Kinds)
	if s.Group != "" {
		b += "  " + text.Printable([]byte(s.Group), shown)
	}
	return b
}

// when is the time of a story, or its lines where there is none.
func when(s *incident.Story) string {
	if s.First == 0 {
		if s.From == s.To {
			return "line " + text.Thousands(s.From)
		}
		return "lines " + text.Thousands(s.From) + " to " + text.Thousands(s.To)
	}
	return Clock(s.First)
}

// howMany says how many lines a story has and in what time.
func howMany(s *incident.Story) string {
	b := text.Count(s.Lines, "line")
	if took := s.Took(); took > 0 && s.Lines > 1 {
		b += " in " + text.Span(took)
	}
	if s.Flagged < s.Lines {
		b += ", " + text.Thousands(s.Flagged) + " flagged"
	}
	return b
}

func words(list []incident.Count) string {
	var b []string
	for _, k := range list {
		if k.Times == 1 {
			b = append(b, k.Word)
		} else {
			b = append(b, fmt.Sprintf("%s (%s)", k.Word, text.Thousands(k.Times)))
		}
	}
	return strings.Join(b, ", ")
}

// QuietMeans says what the quiet incidents are.
const QuietMeans = "harmless news of the log's first day, and single lines that are hardly strange"

// Quiet says how many incidents are quiet, and what that means.
func Quiet(list []*incident.Story) string {
	lines := int64(0)
	for _, s := range list {
		lines += s.Flagged
	}
	return fmt.Sprintf("%s, %s flagged: %s", text.Count(int64(len(list)), "quiet incident"), text.Count(lines, "line"), QuietMeans)
}

func summary(l *Log) string {
	b := fmt.Sprintf("%s, %s flagged, %s", text.Count(l.Lines, "line"), text.Thousands(l.Flagged), text.Count(int64(len(l.Stories)), "incident"))
	if len(l.Quiet) > 0 {
		b += fmt.Sprintf(" and %s quiet", text.Thousands(int64(len(l.Quiet))))
	}
	if l.First != 0 {
		b += ", " + Clock(l.First) + " to " + Clock(l.Last) + " UTC"
	}
	return b
}

// Escaped is text of a log for Markdown, in which it must mean nothing.
func Escaped(s string) string {
	s = text.Printable([]byte(s), shown)
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Markdown writes a log as a chapter.
func Markdown(w io.Writer, l *Log) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Incidents in %s\n\n%s\n", Escaped(l.Name), Escaped(summary(l)))
	for _, s := range l.Stories {
		fmt.Fprintf(&b, "\n## %s\n\n", Escaped(Heading(s)))
		for i := range s.Patterns {
			p := &s.Patterns[i]
			fmt.Fprintf(&b, "- line %s, %s: %s\n\n", text.Thousands(p.Line), text.Count(p.Lines, "line"), Escaped(p.Reason))
			// Indented code obeys nobody, whatever is in it.
			fmt.Fprintf(&b, "      %s\n", text.Printable([]byte(p.Sample), shown))
		}
		fmt.Fprintf(&b, "\nIncident `%s`, score %.4f\n", s.ID, s.Score)
	}
	if len(l.Quiet) > 0 {
		fmt.Fprintf(&b, "\n## Quiet\n\n%s\n", Escaped(Quiet(l.Quiet)))
		for _, s := range l.Quiet {
			fmt.Fprintf(&b, "\n- %s\n\n      %s\n", Escaped(Heading(s)), text.Printable([]byte(s.Patterns[0].Sample), shown))
		}
	}
	if l.Compared != nil {
		markdownCompared(&b, l.Compared)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// HTMLHead begins a page, which needs no end.
const HTMLHead = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Incidents</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
h3 { font-size: 1rem; margin: 1rem 0 .3rem }
li code { overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0 1rem; padding: .5rem; border-left: .25rem solid #b3261e }
mark { background: #ffd54d; color: #000 }
</style></head><body>
`

var chapter = template.Must(template.New("chapter").Parse(`<h1>Incidents in {{.Name}}</h1>
<p>{{.Summary}}</p>
{{range .Stories}}<section><h2>{{.Heading}}</h2>
{{range .Patterns}}<p>line {{.Line}}, {{.Lines}}: {{.Reason}}</p>
<pre>{{range .Parts}}{{if .Odd}}<mark>{{.Text}}</mark>{{else}}{{.Text}}{{end}}{{end}}</pre>
{{end}}<p><small>Incident <code>{{.ID}}</code>, score {{printf "%.4f" .Score}}</small></p></section>
{{end}}{{with .Quiet}}<details><summary>{{.Says}}</summary>
{{range .Lines}}<p>{{.Heading}}</p>
<pre>{{.Text}}</pre>
{{end}}</details>
{{end}}`))

// HTML writes a log as a chapter of a page.
func HTML(w io.Writer, l *Log) error {
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
	type line struct{ Heading, Text string }
	type quiet struct {
		Says  string
		Lines []line
	}
	page := struct {
		Name, Summary string
		Stories       []story
		Quiet         *quiet
	}{Name: l.Name, Summary: summary(l)}
	if len(l.Quiet) > 0 {
		page.Quiet = &quiet{Says: Quiet(l.Quiet)}
		for _, s := range l.Quiet {
			page.Quiet.Lines = append(page.Quiet.Lines, line{Heading(s), text.Printable([]byte(s.Patterns[0].Sample), shown)})
		}
	}
	for _, s := range l.Stories {
		one := story{Heading: Heading(s), ID: s.ID, Score: s.Score}
		for i := range s.Patterns {
			p := &s.Patterns[i]
			said := pattern{Line: text.Thousands(p.Line), Lines: text.Count(p.Lines, "line"), Reason: text.Printable([]byte(p.Reason), shown)}
			at := 0
			show := func(to int, odd bool) {
				if to > at {
					said.Parts = append(said.Parts, part{text.Printable([]byte(p.Sample[at:to]), shown), odd})
					at = to
				}
			}
			for _, m := range p.Marks() {
				show(m[0], false)
				show(m[1], true)
			}
			show(len(p.Sample), false)
			one.Patterns = append(one.Patterns, said)
		}
		page.Stories = append(page.Stories, one)
	}
	if err := chapter.Execute(w, page); err != nil || l.Compared == nil {
		return err
	}
	return htmlCompared(w, l.Compared)
}
