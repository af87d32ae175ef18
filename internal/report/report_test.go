package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

var morning = time.Duration(time.Date(2026, 3, 2, 8, 0, 1, 0, time.UTC).UnixNano())

// TestHeading says when, how much and what, and nothing that says nothing.
func TestHeading(t *testing.T) {
	kinds := []incident.Count{{Word: "new", Times: 1}}
	for _, c := range []struct {
		story incident.Story
		want  string
	}{
		{incident.Story{From: 7, To: 7, Lines: 1, Flagged: 1, Kinds: kinds}, "line 7  1 line  new"},
		{incident.Story{From: 1007, To: 1012, Lines: 3, Flagged: 3, Kinds: kinds}, "lines 1,007 to 1,012  3 lines  new"},
		{incident.Story{First: morning, Last: morning, From: 7, To: 9, Lines: 2, Flagged: 2, Kinds: kinds}, "2026-03-02 08:00:01  2 lines  new"},
		{incident.Story{First: morning, Last: morning + 90*time.Second, Lines: 1200, Flagged: 1002, Kinds: kinds}, "2026-03-02 08:00:01  1,200 lines in 2m, 1,002 flagged  new"},
		{incident.Story{First: morning, Last: morning + time.Second, Lines: 2, Flagged: 2, Kinds: kinds}, "2026-03-02 08:00:01  2 lines in 1s  new"},
		{incident.Story{First: morning, Last: morning + time.Second, Lines: 1, Flagged: 1, Kinds: kinds}, "2026-03-02 08:00:01  1 line  new"},
		{incident.Story{From: 1, To: 1, Lines: 1, Flagged: 1, Level: pattern.LevelError, Group: "web\x1b[31m", Kinds: []incident.Count{{Word: "new", Times: 1234}, {Word: "rate", Times: 1}}},
			`line 1  1 line  ERROR  new (1,234), rate  web\x1b[31m`},
	} {
		if got := Heading(&c.story); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestEscaped: Markdown obeys none of the text, and it stays readable.
func TestEscaped(t *testing.T) {
	const marks = "\\`*_{}[]<>()#+-.!|~&"
	for _, r := range marks {
		if got, want := Escaped("a"+string(r)), `a\`+string(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, want := Escaped("plain ä, 10: \"x\";\x00"), `plain ä, 10: "x";\\x00`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Escaped(strings.Repeat("a", 401)); got != strings.Repeat("a", 400)+" …" {
		t.Errorf("of 401 bytes: %q", got)
	}
}

// told is a log of two incidents and a quiet one, in which strangers have written.
func told() *Log {
	return &Log{
		Name: "shop_1.log", Lines: 12345, Flagged: 1002, First: morning, Last: morning + time.Hour,
		Stories: []*incident.Story{
			{ID: "20260302T080001-abcde", First: morning, Last: morning, From: 3, To: 3, Lines: 2, Flagged: 2, Level: pattern.LevelError, Score: 0.98765, Kinds: []incident.Count{{Word: "new", Times: 2}},
				Patterns: []incident.Pattern{
					{Line: 1003, Lines: 1, Sample: "arm <b>7</b> lost *it*", Reason: `unusual word "lost"`},
					{Line: 4, Lines: 2, Sample: "lost", Reason: `unusual word "lost"; <i>`},
				}},
			{ID: "n5", From: 5, To: 5, Lines: 1, Flagged: 1, Score: 0.5, Kinds: []incident.Count{{Word: "rate", Times: 1}}},
		},
		Quiet: []*incident.Story{
			{ID: "n9", From: 9, To: 9, Lines: 1, Flagged: 1, Kinds: []incident.Count{{Word: "number", Times: 1}}, Patterns: []incident.Pattern{{Sample: "took <9000> ms"}, {Sample: "not shown"}}},
			{ID: "n10", From: 10, To: 10, Lines: 1, Flagged: 1, Kinds: []incident.Count{{Word: "text", Times: 1}}, Patterns: []incident.Pattern{{Sample: "last"}}},
		},
	}
}

func TestMarkdown(t *testing.T) {
	const want = `# Incidents in shop\_1\.log

12,345 lines, 1,002 flagged, 2 incidents and 2 quiet, 2026\-03\-02 08:00:01 to 2026\-03\-02 09:00:01 UTC

## 2026\-03\-02 08:00:01  2 lines  ERROR  new \(2\)

- line 1,003, 1 line: unusual word "lost"

      arm <b>7</b> lost *it*
- line 4, 2 lines: unusual word "lost"; \<i\>

      lost

Incident ` + "`20260302T080001-abcde`" + `, score 0.9877

## line 5  1 line  rate


Incident ` + "`n5`" + `, score 0.5000

## Quiet

2 quiet incidents, 2 lines flagged: harmless news of the log's first day, and single lines that are hardly strange

- line 9  1 line  number

      took <9000> ms

- line 10  1 line  text

      last

`
	var b strings.Builder
	if err := Markdown(&b, told()); err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestHTML(t *testing.T) {
	const want = `<h1>Incidents in shop_1.log</h1>
<p>12,345 lines, 1,002 flagged, 2 incidents and 2 quiet, 2026-03-02 08:00:01 to 2026-03-02 09:00:01 UTC</p>
<section><h2>2026-03-02 08:00:01  2 lines  ERROR  new (2)</h2>
<p>line 1,003, 1 line: unusual word &#34;lost&#34;</p>
<pre>arm &lt;b&gt;7&lt;/b&gt; <mark>lost</mark> *it*</pre>
<p>line 4, 2 lines: unusual word &#34;lost&#34;; &lt;i&gt;</p>
<pre><mark>lost</mark></pre>
<p><small>Incident <code>20260302T080001-abcde</code>, score 0.9877</small></p></section>
<section><h2>line 5  1 line  rate</h2>
<p><small>Incident <code>n5</code>, score 0.5000</small></p></section>
<details><summary>2 quiet incidents, 2 lines flagged: harmless news of the log&#39;s first day, and single lines that are hardly strange</summary>
<p>line 9  1 line  number</p>
<pre>took &lt;9000&gt; ms</pre>
<p>line 10  1 line  text</p>
<pre>last</pre>
</details>
`
	var b strings.Builder
	if err := HTML(&b, told()); err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
	if !strings.Contains(HTMLHead, `content="default-src 'none'; style-src 'unsafe-inline'"`) {
		t.Error("the page may load something")
	}
}

// TestALogOfWhichNothingIsTold, without times: there is no quiet part, and no time.
func TestALogOfWhichNothingIsTold(t *testing.T) {
	l := &Log{Name: "a", Lines: 1}
	var m, h strings.Builder
	if err := errors.Join(Markdown(&m, l), HTML(&h, l)); err != nil {
		t.Fatal(err)
	}
	if want := "# Incidents in a\n\n1 line, 0 flagged, 0 incidents\n\n"; m.String() != want {
		t.Errorf("%q, want %q", m.String(), want)
	}
	if want := "<h1>Incidents in a</h1>\n<p>1 line, 0 flagged, 0 incidents</p>\n"; h.String() != want {
		t.Errorf("%q, want %q", h.String(), want)
	}
}

// TestOneQuietIncident is told as well.
func TestOneQuietIncident(t *testing.T) {
	l := &Log{Name: "a", Lines: 9, Flagged: 1, Quiet: told().Quiet[1:]}
	var m, h strings.Builder
	if err := errors.Join(Markdown(&m, l), HTML(&h, l)); err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{m.String(), h.String()} {
		if !strings.Contains(got, "9 lines, 1 flagged, 0 incidents and 1 quiet") || !strings.Contains(got, "1 quiet incident, 1 line flagged: ") || !strings.Contains(got, "last") {
			t.Errorf("%s", got)
		}
	}
}

// changed is a log that differs from its baseline in each way.
func changed() *scan.Comparison {
	c := &scan.Comparison{
		Gone:          []scan.Change{{Text: "bye *now*", Before: 7.9, Line: 3}},
		Changed:       []scan.Change{{Text: "tick", Before: 1000, Now: 2}},
		NewFields:     []scan.FieldChange{{Name: "new_field", Now: 3.2}},
		GoneFields:    []scan.FieldChange{{Name: "gone", Before: 4}},
		ChangedFields: []scan.FieldChange{{Name: "often", Before: 1, Now: 5000}},
	}
	for n := range 12 {
		c.New = append(c.New, scan.Change{Text: fmt.Sprintf("<new> %d", n), Now: int64(n + 1), Line: int64(1000 + n)})
	}
	return c
}

func TestCompared(t *testing.T) {
	c := changed()
	c.Stop = &scan.Stop{Line: 1234, Text: "panic: <nil>", Reason: "unusual *word*"}
	with := WithBaseline(c)
	l := &Log{Name: "a", Lines: 1, Compared: with}
	with.With = "the _baseline_"
	var m, h strings.Builder
	if err := errors.Join(Markdown(&m, l), HTML(&h, l)); err != nil {
		t.Fatal(err)
	}
	const wantMarkdown = `
## Compared with the \_baseline\_

Stop: line 1,234: unusual \*word\*

    panic: <nil>

### New patterns: 12

- 1 line, line 1,000: \<new\> 0
- 2 lines, line 1,001: \<new\> 1
- 3 lines, line 1,002: \<new\> 2
- 4 lines, line 1,003: \<new\> 3
- 5 lines, line 1,004: \<new\> 4
- 6 lines, line 1,005: \<new\> 5
- 7 lines, line 1,006: \<new\> 6
- 8 lines, line 1,007: \<new\> 7
- 9 lines, line 1,008: \<new\> 8
- 10 lines, line 1,009: \<new\> 9
- and 2 more

### Patterns that are gone: 1

- 7 lines: bye \*now\*

### Patterns that come far more or less often: 1

- 2 lines, was 1,000: tick

### New fields: 1

- 3 lines: new\_field

### Fields that are gone: 1

- 4 lines: gone

### Fields that come far more or less often: 1

- 5,000 lines, was 1: often

`
	if _, got, _ := strings.Cut(m.String(), "incidents\n"); got != wantMarkdown {
		t.Errorf("%s\nwant\n%s", got, wantMarkdown)
	}
	const wantHTML = `<section><h2>Compared with the _baseline_</h2>
<p>Stop: line 1,234: unusual *word*</p>
<pre>panic: &lt;nil&gt;</pre>
<h3>New patterns: 12</h3>
<ul><li>1 line, line 1,000: <code>&lt;new&gt; 0</code></li>
<li>2 lines, line 1,001: <code>&lt;new&gt; 1</code></li>
<li>3 lines, line 1,002: <code>&lt;new&gt; 2</code></li>
<li>4 lines, line 1,003: <code>&lt;new&gt; 3</code></li>
<li>5 lines, line 1,004: <code>&lt;new&gt; 4</code></li>
<li>6 lines, line 1,005: <code>&lt;new&gt; 5</code></li>
<li>7 lines, line 1,006: <code>&lt;new&gt; 6</code></li>
<li>8 lines, line 1,007: <code>&lt;new&gt; 7</code></li>
<li>9 lines, line 1,008: <code>&lt;new&gt; 8</code></li>
<li>10 lines, line 1,009: <code>&lt;new&gt; 9</code></li>
<li>and 2 more</li>
</ul>
<h3>Patterns that are gone: 1</h3>
<ul><li>7 lines: <code>bye *now*</code></li>
</ul>
<h3>Patterns that come far more or less often: 1</h3>
<ul><li>2 lines, was 1,000: <code>tick</code></li>
</ul>
<h3>New fields: 1</h3>
<ul><li>3 lines: <code>new_field</code></li>
</ul>
<h3>Fields that are gone: 1</h3>
<ul><li>4 lines: <code>gone</code></li>
</ul>
<h3>Fields that come far more or less often: 1</h3>
<ul><li>5,000 lines, was 1: <code>often</code></li>
</ul>
</section>
`
	if _, got, _ := strings.Cut(h.String(), "incidents</p>\n"); got != wantHTML {
		t.Errorf("%s\nwant\n%s", got, wantHTML)
	}
	if WithBaseline(nil) != nil {
		t.Error("compared with nothing")
	}
}

// TestWhatIsSaidOfNoStop: a log is told to be fit where it was looked for a line to stop
// for, and to be the same where nothing differs.
func TestWhatIsSaidOfNoStop(t *testing.T) {
	one := []Changes{{Title: "New patterns", Count: 1, List: []Change{{Lines: 1, Text: "x"}}}}
	for _, c := range []struct {
		compared Comparison
		want     string // empty = neither is said
	}{
		{Comparison{With: "b", Stops: true}, NoStop},
		{Comparison{With: "b", Stops: true, Changes: one}, NoStop},
		{Comparison{With: "b"}, NoChange},
		{Comparison{With: "b", Changes: one}, ""},
	} {
		var m, h strings.Builder
		l := &Log{Name: "a", Compared: &c.compared}
		if err := errors.Join(Markdown(&m, l), HTML(&h, l)); err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{NoStop, NoChange} {
			if strings.Contains(m.String(), "\n"+said+"\n") != (said == c.want) || strings.Contains(h.String(), "<p>"+said+"</p>") != (said == c.want) {
				t.Errorf("%+v: that %q is said or not is wrong in\n%s%s", c.compared, said, m.String(), h.String())
			}
		}
	}
	for count, want := range map[int]string{10: "", 11: "and 1 more", 1234: "and 1,224 more"} {
		changes := Changes{Count: count, List: make([]Change, 10)}
		if more := changes.More(); more != want {
			t.Errorf("beside ten of %d: %q, want %q", count, more, want)
		}
	}
	long := Compared(&scan.Comparison{New: []scan.Change{{Text: strings.Repeat("x", 121)}}})
	if got := long[0].List[0].Text; got != strings.Repeat("x", 120)+" …" {
		t.Errorf("of a pattern of 121 bytes: %s", got)
	}
}

// TestWhatCannotBeWritten is an error.
func TestWhatCannotBeWritten(t *testing.T) {
	l := told()
	l.Compared = WithBaseline(changed())
	if err := Markdown(refusing{}, l); err == nil {
		t.Error("Markdown: no error")
	}
	if err := HTML(refusing{}, l); err == nil {
		t.Error("HTML: no error")
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }
