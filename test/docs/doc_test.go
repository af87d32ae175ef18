// Package doctest holds the documentation together with what it is about.
package doctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, rest, ok1 := strings.Cut(text, begin)
	part, _, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("no part from %q to %q", begin, end)
	}
	return part
}

// The records with which the README begins are those of the example log, with the
// verdicts that the detector gives them: one as the nginx parser makes it of a line of
// the access log, one that has a line as its text. UPDATE=1 go test ./test/docs writes
// the verdicts.
func TestReadmeRecords(t *testing.T) {
	log := read(t, "examples/shop.log")
	access := regexp.MustCompile(`(?m)^(\S+) - (\S+) \[([^]]+)\] "(\S+) (\S+) [^"]*" (\d+) (\d+) "([^"]*)" "([^"]*)".*$`)
	parsed := access.ReplaceAllString(log, `{"time":"$3","remote":"$1","host":"-","user":"$2","method":"$4","path":"$5","code":"$6","size":"$7","referer":"$8","agent":"$9"}`)
	readmeRecord(t, 0, parsed, func(record, line string) bool { return strings.HasSuffix(line, strings.TrimPrefix(record, "{")) })
	readmeRecord(t, 1, log, func(record, line string) bool { return record == `{"log":`+quoted(t, line)+"}" })
}

// readmeRecord compares the n-th record of the README and what becomes of it with the
// line of a log that it is.
func readmeRecord(t *testing.T, n int, log string, is func(record, line string) bool) {
	t.Helper()
	readme := read(t, "README.md")
	blocks := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindAllStringSubmatch(readme, 4)
	if len(blocks) != 4 {
		t.Fatal("the README has no two records before and after")
	}
	record, got, want := blocks[2*n][1], blocks[2*n+1][1], ""
	_, err := scan.Run(t.Context(), strings.NewReader(log), scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		if l.Verdict.Anomaly && is(record, string(l.Text)) {
			want = fmt.Sprintf("%s,\n "+`"anomaly":"true","anomaly_score":%.4f,"anomaly_reason":%s,`+"\n "+
				`"anomaly_kind":"%s","anomaly_pattern":"%s","anomaly_incident":"%s","anomaly_nth":"%d"}`,
				strings.TrimSuffix(record, "}"), l.Verdict.Score, quoted(t, string(l.Verdict.Reason)),
				l.Verdict.Kind, detector.PatternID(l.Verdict.Pattern), l.Incident, l.Nth)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want == "" {
		t.Fatalf("no flagged line of the example log: %s", record)
	}
	if got == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("UPDATE=1 go test ./test/docs writes the record\ngot  %s\nwant %s", got, want)
	}
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(strings.Replace(readme, got, want, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// The README's few options are among all of them, with their defaults.
func TestReadmeOptions(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:`([^`]*)`)? \\|").FindAllStringSubmatch(between(t, read(t, "README.md"), "<!-- options -->", "<!-- /options -->"), -1)
	if len(rows) < 5 {
		t.Fatalf("only %d options in the README", len(rows))
	}
	for _, row := range rows {
		found := false
		for _, o := range options.Table {
			if o.Name == row[1] {
				found = true
				if o.Default != row[2] {
					t.Errorf("%s has the default %q, in the README %q", o.Name, o.Default, row[2])
				}
			}
		}
		if !found {
			t.Errorf("there is no option %s", row[1])
		}
	}
}

// Each option has its paragraph in docs/options.md.
func TestOptionsAreExplained(t *testing.T) {
	page := read(t, "docs/options.md")
	_, text, _ := strings.Cut(page, "<!-- /options -->")
	bold := strings.Join(regexp.MustCompile(`\*\*[^*]+\*\*`).FindAllString(text, -1), " ")
	for _, o := range options.Table {
		if !strings.Contains(bold, "`"+o.Name) {
			t.Errorf("docs/options.md does not explain %s", o.Name)
		}
	}
}

// docs/metrics.md has every metric, and its rules and the README no others.
func TestMetrics(t *testing.T) {
	const prefix = "fluentbit_filter_anomaly_"
	exist := map[string]bool{prefix + "panics_total": true, prefix + "errors_total": true}
	for _, m := range regexp.MustCompile(`\bi\.(?:Counter|Gauge)Func\("(\w+)"`).FindAllStringSubmatch(read(t, "plugin/filter.go"), -1) {
		exist[prefix+m[1]] = true
	}
	if len(exist) < 10 {
		t.Fatalf("found only %v in the filter's source", exist)
	}
	page := read(t, "docs/metrics.md")
	for name := range exist {
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("docs/metrics.md has no row for %s", name)
		}
	}
	for _, file := range []string{"docs/metrics.md", "docs/deploy.md", "docs/troubleshooting.md", "README.md"} {
		for _, name := range regexp.MustCompile(prefix+`\w+`).FindAllString(read(t, file), -1) {
			if !exist[name] {
				t.Errorf("%s speaks of %s, which there is not", file, name)
			}
		}
	}
}

// pages are the Markdown files of the repository.
func pages(t *testing.T) (pages []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == ".git"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			pages = append(pages, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// Prose is at most 120 characters wide; tables, code, what is generated and links
// that stand alone are as wide as they have to be.
func TestProseWidth(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for i, line := range strings.Split(string(text), "\n") {
			trimmed := strings.TrimSpace(line)
			if strings.HasPrefix(trimmed, "```") {
				code = !code
			}
			if n := utf8.RuneCountInString(line); n > 120 && !code && !strings.HasPrefix(trimmed, "|") && !strings.HasPrefix(trimmed, "<!--") && strings.Contains(trimmed, " ") {
				t.Errorf("%s:%d: %d characters, at most 120 are right", page, i+1, n)
			}
		}
	}
}

// Links within the repository lead somewhere.
func TestLinks(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s: no such file", page, m[1])
				continue
			}
			if anchor != "" && strings.HasSuffix(target, ".md") && !anchors(t, target)[anchor] {
				t.Errorf("%s: %s: no such heading", page, m[1])
			}
		}
	}
}

// anchors are those of a page's headings, as GitHub makes them.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		all[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return all
}

// CONTRIBUTING.md says of every folder what is in it, and of no other.
func TestContributingNamesTheFolders(t *testing.T) {
	page := between(t, read(t, "CONTRIBUTING.md"), "## Where things are", "\nImports go one way")
	folders := func(dir string) []string {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			if name := e.Name(); e.IsDir() && name[0] != '.' && name != "bin" && name != "dist" { // what make makes
				names = append(names, name)
			}
		}
		return names
	}
	check := func(of string, text, expression string, want []string) {
		var got []string
		for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: CONTRIBUTING.md has %q, there are %q", of, got, want)
		}
	}
	firsts := strings.Join(regexp.MustCompile("(?m)^\\| `.*?` \\|").FindAllString(page, -1), "")
	check("the top", firsts, "`(\\w+)/`", folders("."))
	check("internal", between(t, page, "| `internal/` |", "\n"), "`(\\w+)`", folders("internal"))
}

// The forge shows a form for an issue, or nothing at all where the file is wrong.
func TestIssueForms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/ISSUE_TEMPLATE/*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "config.yml" {
			continue
		}
		var form struct {
			Name, Description string
			Labels            []string
			Body              []struct {
				Type, ID    string
				Attributes  struct{ Label, Description, Render string }
				Validations struct{ Required bool }
			}
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&form); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if form.Name == "" || form.Description == "" || len(form.Body) == 0 {
			t.Errorf("%s: a form has a name, a description and a body", path)
		}
		seen := map[string]bool{}
		for _, e := range form.Body {
			if e.Type != "textarea" || e.ID == "" || seen[e.ID] || e.Attributes.Label == "" {
				t.Errorf("%s: %+v: a textarea with an id of its own and a label is right", path, e)
			}
			seen[e.ID] = true
		}
	}
}
