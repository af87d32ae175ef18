package options_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestDocumentsHaveTheTables keeps the tables of options in the documents those
// of this package. UPDATE=1 go test ./internal/options writes them.
func TestDocumentsHaveTheTables(t *testing.T) {
	hasTable(t, "../../docs/options.md", "<!-- options -->\n", "<!-- /options -->", options.Table)
	hasTable(t, "../../docs/routing.md", "<!-- output options -->\n", "<!-- /output options -->", options.OutputTable)
}

func hasTable(t *testing.T, path, begin, end string, rows []options.Option) {
	t.Helper()
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table: %s … %s", path, strings.TrimSpace(begin), end)
	}
	var want strings.Builder
	want.WriteString("| option | default | allowed | meaning |\n| --- | --- | --- | --- |\n")
	for _, o := range rows {
		value := "`" + o.Default + "`"
		if o.Default == "" {
			value = ""
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", o.Name, value, o.Range, o.Help)
	}
	if table == want.String() {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Errorf("the table of options in %s is not the one of this package: UPDATE=1 go test ./internal/options writes it", path)
		return
	}
	if err := os.WriteFile(path, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
