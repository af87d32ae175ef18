package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/options"
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
		files, err := filepath.Glob(filepath.Join(dir, "*.1"))
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
	if _, ok := first["flb-anomaly-man.1"]; ok {
		t.Error("a page for a hidden command")
	}
}
