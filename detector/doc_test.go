package detector_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

const page = "../docs/detector.md"

// holds keeps the part of docs/detector.md between two comments what want makes of it.
func holds(t *testing.T, part string, want func(old string) string) {
	t.Helper()
	holdsOn(t, page, part, want)
}

// holdsOn is holds for another page.
func holdsOn(t *testing.T, page, part string, want func(old string) string) {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+" -->\n", "<!-- /"+part+" -->"
	before, rest, ok1 := strings.Cut(string(b), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for this part: %s … %s", page, strings.TrimSpace(begin), end)
	}
	text := want(old)
	if text == old {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Errorf("the %s in %s are not what they are here: UPDATE=1 go test ./detector writes them\nthere %s\nhere  %s", part, page, old, text)
		return
	}
	if err := os.WriteFile(page, []byte(before+begin+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The page's table of features is model.Table.
func TestPageHasTheFeatures(t *testing.T) {
	holds(t, "features", func(string) string {
		var b strings.Builder
		b.WriteString("| feature | what it says | when | range |\n| --- | --- | --- | --- |\n")
		for _, f := range model.Table {
			fmt.Fprintf(&b, "| %s | %s | %s | 0 to %.0f |\n", f.Name, f.Says, f.When, f.Most)
		}
		return b.String()
	})
}

// The page's examples are judged as it says, by a detector that has seen 8,000
// healthy lines of the log that they are of. A line in braces is a record, the one
// below it what the detector says.
func TestPageHasTheFieldExamples(t *testing.T) {
	shop, web := watch(t, shopLog(30), 8000), watch(t, accessLog(30), 8000)
	holds(t, "usual fields", func(string) string {
		c, err := detector.Inspect(bytes.NewReader(snapshot(t, shop.detector)))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		b.WriteString("| field | in | what it is | usual |\n| --- | --- | --- | --- |\n")
		for _, f := range c.Groups[0].Fields {
			switch f.Name {
			case "trace", "host", "method", "route", "status", "duration_ms", "errno":
			default:
				continue
			}
			usual := ""
			if f.Numbers != nil {
				usual = fmt.Sprintf("%v to %v", f.Numbers.Low, f.Numbers.High)
			}
			for i, u := range f.Usual {
				if i > 0 {
					usual += ", "
				}
				usual += fmt.Sprintf("%s (%.0f %%)", u.Text, 100*u.Share)
			}
			if f.Part != "" {
				f.Name += ", its " + f.Part
			}
			fmt.Fprintf(&b, "| `%s` | %.0f %% | %s | %s |\n", f.Name, 100*f.Share, f.Kind, usual)
		}
		return b.String()
	})
	holds(t, "field examples", func(old string) string {
		lines := strings.Split(old, "\n")
		examples := 0
		for i, line := range lines {
			if !strings.HasPrefix(line, "{") {
				continue
			}
			w := shop
			if strings.Contains(line, `"remote":`) {
				w = web
			}
			w.goOn(200)
			v := w.judge(line)
			said := fmt.Sprintf("  %.2f  not flagged", v.Score)
			if v.Anomaly {
				said = fmt.Sprintf("  %.2f  %s", v.Score, v.Reason)
			}
			lines[i+1] = said
			examples++
		}
		if examples < 15 {
			t.Errorf("the page has %d examples of fields only", examples)
		}
		return strings.Join(lines, "\n")
	})
}

// The page says of every feature what is lost without it.
func TestPageHasTheAblation(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(b), "\n| without | average precision |")
	for _, f := range model.Table {
		if !strings.Contains(table, "\n| "+f.Name+" | 0.") {
			t.Errorf("%s has no row without %s: `make quality` prints the table", page, f.Name)
		}
	}
}
