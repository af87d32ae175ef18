package names

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const document = "../../../docs/options.md"

// TestDocumentHasTheTables keeps the tables of names in the document those of
// this package. UPDATE=1 go test ./internal/event/names writes them.
func TestDocumentHasTheTables(t *testing.T) {
	rows := func(list []Row, what string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "| name | %s |\n| --- | --- |\n", what)
		for _, r := range list {
			fmt.Fprintf(&b, "| `%s` | %s |\n", r.Name, r.From)
		}
		return b.String()
	}
	var levels strings.Builder
	levels.WriteString("| name | numbers | written by |\n| --- | --- | --- |\n")
	for _, r := range Levels {
		name := "`" + r.Name + "`"
		if r.Exact {
			name += ", with these capitals"
		}
		fmt.Fprintf(&levels, "| %s | %s | %s |\n", name, r.Scale, r.From)
	}
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, table := range []struct{ mark, want string }{
		{"containers", "\n`" + strings.Join(Containers[:len(Containers)-1], "`, `") + "` or `" + Containers[len(Containers)-1] + "`.\n"},
		{"message names", "\n" + rows(Messages, "written by")},
		{"level names", "\n" + levels.String()},
		{"time names", "\n" + rows(Times, "written by")},
		{"left out", "\n" + rows(LeftOut, "what it is")},
	} {
		before, rest, ok1 := strings.Cut(text, "<!-- "+table.mark+" -->")
		got, after, ok2 := strings.Cut(rest, "<!-- /"+table.mark+" -->")
		if !ok1 || !ok2 {
			t.Fatalf("%s has no place for %s", document, table.mark)
		}
		if got != table.want && os.Getenv("UPDATE") == "" {
			t.Errorf("%s: the table of %s is not the one of this package: UPDATE=1 go test ./internal/event/names writes it", document, table.mark)
		}
		text = before + "<!-- " + table.mark + " -->" + table.want + "<!-- /" + table.mark + " -->" + after
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestScales(t *testing.T) {
	for _, c := range []struct {
		scale Scale
		text  string
		n     float64 // below 0 = it is text
		want  string
	}{
		{Common, "warn", -1, "WARN"}, {Common, "", 3, "ERROR"}, {Common, "", 7, "DEBUG"}, {Common, "", 10, "TRACE"}, {Common, "", 35, "INFO"}, {Common, "", 60, "FATAL"},
		{Common, "", 100, "DEBUG"}, {Common, "", 250, "NOTICE"}, {Common, "", 300, "WARN"}, {Common, "", 550, "FATAL"}, {Common, "", 5000, "TRACE"}, {Common, "", 40000, "ERROR"},
		{Common, "", 8, ""}, {Common, "", 70, ""}, {Common, "", 1.5, ""}, {Common, "", 1e9, ""}, {Common, "", 700, ""},
		{Syslog, "", 0, "FATAL"}, {Syslog, "", 5, "NOTICE"}, {Syslog, "", 8, ""}, {Transport, "", 6, "INFO"}, {Priority, "", 165, "NOTICE"}, {Priority, "", 192, ""},
		{Python, "", 30, "WARN"}, {Python, "", 50, "CRITICAL"}, {Python, "", 60, ""}, {OpenTelemetry, "", 1, "TRACE"}, {OpenTelemetry, "", 17, "ERROR"}, {OpenTelemetry, "", 24, "FATAL"}, {OpenTelemetry, "", 25, ""}, {OpenTelemetry, "", 0, ""},
		{Google, "", 200, "INFO"}, {Google, "", 800, "FATAL"}, {Google, "", 3, "ERROR"}, {Google, "", 900, ""},
		{Windows, "", 2, "ERROR"}, {Windows, "", 0, "INFO"}, {Windows, "Error", -1, "ERROR"},
		{Letter, "E", -1, "ERROR"}, {Letter, "D2", -1, "DEBUG"}, {Letter, "error", -1, ""}, {Letter, "", 3, ""},
	} {
		number := c.n >= 0
		if got := c.scale.Level([]byte(c.text), number, c.n).String(); got != c.want {
			t.Errorf("%q or %v on the scale %q is %q, want %q", c.text, c.n, c.scale, got, c.want)
		}
	}
}
