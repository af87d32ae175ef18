package report

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Comparison is how a log differs from what it is compared with.
type Comparison struct {
	With    string // what that is, for people
	Stops   bool   // it was looked for a line to stop a build for
	Stop    *scan.Stop
	Changes []Changes
}

// WithBaseline is the comparison of a log with its baseline.
func WithBaseline(c *scan.Comparison) *Comparison {
	if c == nil {
		return nil
	}
	return &Comparison{With: "the baseline", Stops: true, Stop: c.Stop, Changes: Compared(c)}
}

// Changes are patterns or fields that differ from a baseline in one way.
type Changes struct {
	Title string
	Count int
	List  []Change // at most shownChanges
}

// Change is one of them.
type Change struct {
	Lines int64  // that it has; had, where it is gone
	Says  string // the line it begins with, or how many it had; may be empty
	Text  string // printable
}

// shownChanges is how many changes of a kind are shown.
const shownChanges = 10

// More says how many changes are not listed, empty for none.
func (c *Changes) More() string {
	if more := c.Count - len(c.List); more > 0 {
		return fmt.Sprintf("and %s more", text.Thousands(int64(more)))
	}
	return ""
}

// Compared are the ways in which a log differs from its baseline, without those in which
// it does not.
func Compared(c *scan.Comparison) []Changes {
	var all []Changes
	add := func(title string, n int, change func(i int) Change) {
		if n == 0 {
			return
		}
		one := Changes{Title: title, Count: n}
		for i := range min(n, shownChanges) {
			k := change(i)
			k.Text = text.Printable([]byte(k.Text), shownChange)
			one.List = append(one.List, k)
		}
		all = append(all, one)
	}
	was := func(n float64) string { return "was " + text.Thousands(int64(n)) }
	add("New patterns", len(c.New), func(i int) Change {
		return Change{c.New[i].Now, "line " + text.Thousands(c.New[i].Line), c.New[i].Text}
	})
	add("Patterns that are gone", len(c.Gone), func(i int) Change { return Change{int64(c.Gone[i].Before), "", c.Gone[i].Text} })
	add("Patterns that come far more or less often", len(c.Changed), func(i int) Change {
		return Change{c.Changed[i].Now, was(c.Changed[i].Before), c.Changed[i].Text}
	})
	add("New fields", len(c.NewFields), func(i int) Change { return Change{int64(c.NewFields[i].Now), "", c.NewFields[i].Name} })
	add("Fields that are gone", len(c.GoneFields), func(i int) Change { return Change{int64(c.GoneFields[i].Before), "", c.GoneFields[i].Name} })
	add("Fields that come far more or less often", len(c.ChangedFields), func(i int) Change {
		return Change{int64(c.ChangedFields[i].Now), was(c.ChangedFields[i].Before), c.ChangedFields[i].Name}
	})
	return all
}

// shownChange is how many bytes of a pattern are shown.
const shownChange = 120

// NoStop is said of a log for which nothing is to be stopped.
const NoStop = "No unusual error that it has not got over."

// NoChange is said of a log that has the patterns and the fields of the other one, about as
// often.
const NoChange = "Neither a pattern nor a field differs."

// says is what a change is said to be in one line, without its text.
func (c *Change) says() string {
	b := text.Count(c.Lines, "line")
	if c.Says != "" {
		b += ", " + c.Says
	}
	return b
}

// markdownCompared writes how a log differs from its baseline.
func markdownCompared(b *strings.Builder, c *Comparison) {
	fmt.Fprintf(b, "\n## Compared with %s\n\n", Escaped(c.With))
	if s := c.Stop; s != nil {
		fmt.Fprintf(b, "Stop: line %s: %s\n\n    %s\n", text.Thousands(s.Line), Escaped(s.Reason), text.Printable([]byte(s.Text), shown))
	} else if c.Stops {
		b.WriteString(NoStop + "\n")
	} else if len(c.Changes) == 0 {
		b.WriteString(NoChange + "\n")
	}
	for _, k := range c.Changes {
		fmt.Fprintf(b, "\n### %s: %s\n\n", k.Title, text.Thousands(int64(k.Count)))
		for i := range k.List {
			fmt.Fprintf(b, "- %s: %s\n", k.List[i].says(), Escaped(k.List[i].Text))
		}
		if more := k.More(); more != "" {
			fmt.Fprintf(b, "- %s\n", more)
		}
	}
}

var compared = template.Must(template.New("compared").Parse(`<section><h2>Compared with {{.With}}</h2>
{{with .Stop}}<p>Stop: line {{.Line}}: {{.Reason}}</p>
<pre>{{.Text}}</pre>
{{else}}{{with .Says}}<p>{{.}}</p>
{{end}}{{end}}{{range .Changes}}<h3>{{.Title}}</h3>
<ul>{{range .List}}<li>{{.Says}}: <code>{{.Text}}</code></li>
{{end}}{{with .More}}<li>{{.}}</li>
{{end}}</ul>
{{end}}</section>
`))

func htmlCompared(w io.Writer, c *Comparison) error {
	type change struct{ Says, Text string }
	type changes struct {
		Title string
		List  []change
		More  string
	}
	type stop struct{ Line, Reason, Text string }
	var page struct {
		With    string
		Stop    *stop
		Says    string
		Changes []changes
	}
	page.With = text.Printable([]byte(c.With), shown)
	switch {
	case c.Stops:
		page.Says = NoStop
	case len(c.Changes) == 0:
		page.Says = NoChange
	}
	if s := c.Stop; s != nil {
		page.Stop = &stop{text.Thousands(s.Line), text.Printable([]byte(s.Reason), shown), text.Printable([]byte(s.Text), shown)}
	}
	for _, k := range c.Changes {
		one := changes{Title: k.Title + ": " + text.Thousands(int64(k.Count)), More: k.More()}
		for i := range k.List {
			one.List = append(one.List, change{k.List[i].says(), k.List[i].Text})
		}
		page.Changes = append(page.Changes, one)
	}
	return compared.Execute(w, page)
}
