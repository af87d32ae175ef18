package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestScanFromModel: what 'train' has learned from one half of a log, 'scan --model'
// goes on with in the other, as if it had read both.
func TestScanFromModel(t *testing.T) {
	dir := t.TempDir()
	log := strings.SplitAfter(read(t, shopLog), "\n")
	one, two, model := filepath.Join(dir, "1.log"), filepath.Join(dir, "2.log"), filepath.Join(dir, "a.model")
	for name, lines := range map[string][]string{one: log[:2000], two: log[2000:]} {
		if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, out, errs := call(t, "", "train", "--trees", "50", one, "-o", model)
	if status != statusOK || !strings.Contains(out, "made with Seed 1, Trees 50, ") || !strings.Contains(out, "fits a filter") {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	before := read(t, model)
	_, whole, _ := call(t, "", "scan", "--trees", "50", "-o", "jsonl", shopLog)
	want := parse(t, whole)[2000:]
	// The number of trees is the model's.
	status, out, errs = call(t, "", "scan", "--model", model, "-o", "jsonl", two)
	got := parse(t, out)
	if status != statusOK || len(got) != len(want) {
		t.Fatalf("status %d, %d verdicts of %d: %s", status, len(got), len(want), errs)
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Score == nil || *g.Score != *w.Score || g.Anomaly != w.Anomaly || g.Reason != w.Reason {
			t.Fatalf("line %d: %+v, want %+v", i+1, g, w)
		}
	}
	if read(t, model) != before {
		t.Error("the model's file has changed")
	}

	// On the page, it judges from the first line on as well.
	if v := openedOnPage(t, "--model", model, two); v.Phase != "done" || v.Lines != 2000 || v.Judged != 2000 {
		t.Errorf("on the page: %+v", v)
	}

	other := filepath.Join(dir, "b.model")
	if err := os.WriteFile(other, []byte(before[:len(before)-40]), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--model " + model + " --trees 60":        "--trees has the value 60, and the model " + model + " was made with 50",
		"--model " + model + " -m batch":          "--mode batch says something else",
		"--model " + model + " --baseline " + one: "one is right",
		"--model " + other:                        "damaged",
		"--model " + one:                          "does not begin as a model does",
		"--model " + dir + "/c.model":             "no such file",
	} {
		if status, _, errs := call(t, "", append(append([]string{"scan"}, strings.Fields(args)...), two)...); status == statusOK || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d, %q, want %q", args, status, errs, want)
		}
	}
}

// TestInspectEveryModel opens models whose window is a ring that has begun anew
// anywhere, as that of a filter which has run for long.
func TestInspectEveryModel(t *testing.T) {
	for _, lines := range []int{15, 300, 4095, 4096, 4097, 5000, 8191, 9000} {
		s := options.Defaults()
		s.Detector.Synchronous = true
		d, err := detector.New(s.Detector)
		if err != nil {
			t.Fatal(err)
		}
		var v detector.Verdict
		for i := range lines {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, "order %d placed in %d ms", i, 20+i%9)}, &v)
		}
		var b bytes.Buffer
		if err := d.WriteSnapshot(&b, "test", time.Now()); err != nil {
			t.Fatal(err)
		}
		d.Close()
		model := filepath.Join(t.TempDir(), "a.model")
		if err := modelfile.Write(model, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
			t.Fatal(err)
		}
		status, out, errs := call(t, "", "inspect", model)
		if status != statusOK || !strings.Contains(out, thousands(int64(lines))+" records learned") || !strings.Contains(out, thousands(int64(min(lines, 4096)))+" rows") {
			t.Errorf("%d lines: status %d: %s%s", lines, status, errs, out)
		}
		if status, _, errs := call(t, "order 1 placed in 2 ms\n", "scan", "--model", model); status != statusOK {
			t.Errorf("%d lines: scan: status %d: %s", lines, status, errs)
		}
	}
}
