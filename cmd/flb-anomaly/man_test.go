package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// Every option of the detector is in the manual, and the pages are the same
// bytes each time.
func TestMan(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1750000000")
	pages := func() map[string]string {
		dir := t.TempDir()
		var stderr bytes.Buffer
		if status := execute(context.Background(), []string{"man", dir}, nil, &stderr, &stderr); status != statusOK {
			t.Fatalf("status %d: %s", status, &stderr)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.[17]"))
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(f)] = string(b)
		}
		return texts
	}
	first, second := pages(), pages()
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if !strings.Contains(first["flb-anomaly.1"], `"Jun 2025"`) {
		t.Error("flb-anomaly.1 is not dated by SOURCE_DATE_EPOCH")
	}
	scan := strings.ReplaceAll(first["flb-anomaly-scan.1"], `\-`, "-")
	for i := range options.Table {
		if o := &options.Table[i]; !o.Records && !strings.Contains(scan, "--"+o.Flag()) {
			t.Errorf("flb-anomaly-scan.1 has no --%s", o.Flag())
		}
	}
	for name, text := range first {
		if strings.HasPrefix(name, "flb-anomaly-man") || strings.Contains(name, "completion") || strings.Contains(text, "completion") {
			t.Errorf("%s is a page for a hidden command, or names one", name)
		}
	}
	for page, texts := range map[string][]string{
		"flb-anomaly-inspect.1": {"shown as <num>, <time>, <id> and the like", "/var/lib/flb-anomaly/app.model"},
		"flb-anomaly-scan.1":    {"$kubernetes['labels']['app']", "\nzcat -f app.log.2.gz app.log.1 app.log | flb-anomaly scan\n", "\ntable  the incidents: flagged lines that are near in time"},
		"flb-filter_anomaly.7":  {"$kubernetes['labels']['app']", "/usr/lib/flb-anomaly/flb-filter_anomaly.so", "PREFIX_score"},
	} {
		text := plain(first[page])
		for _, want := range texts {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q\n%s", page, want, text)
			}
		}
	}
	for i := range options.Table {
		if o := &options.Table[i]; !strings.Contains(first["flb-filter_anomaly.7"], `\fB`+o.Name+`\fP`) {
			t.Errorf("flb-filter_anomaly.7 has no %s", o.Name)
		}
	}
}

// plain is the text of a page as a reader sees it, but for line breaks.
func plain(roff string) string {
	return strings.NewReplacer(`\-`, "-", `\(aq`, "'", `\e`, `\`, `\fB`, "", `\fP`, "", `\&`, "").Replace(roff)
}

// Values of flags are completed to what they may be, not to names of files.
func TestCompletion(t *testing.T) {
	for flag, want := range map[string]string{
		"scan --format": "table\njsonl\ncsv\njson\nmarkdown\nhtml\n", "scan --mode": "stream\nbatch\n", "scan --color": "auto\nalways\nnever\n", "scan --contamination": "auto\n", "scan --warmup": "",
		"inspect --format": "table\njson\n", "serve --mode": "stream\nbatch\n", "train --contamination": "auto\n",
	} {
		_, out, _ := call(t, "", append(append([]string{"__complete"}, strings.Fields(flag)...), "")...)
		if out != want+":4\n" { // 4 = no files
			t.Errorf("%s: %q, want %q", flag, out, want)
		}
	}
}
