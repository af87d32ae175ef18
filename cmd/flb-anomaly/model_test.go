package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestTrainAndInspect makes a model from a log, in two files, that a filter starts
// from, whatever the field is that has its messages, and looks into it.
func TestTrainAndInspect(t *testing.T) {
	dir := t.TempDir()
	log := read(t, shopLog)
	half := strings.Index(log[len(log)/2:], "\n") + len(log)/2 + 1
	one, two, model := filepath.Join(dir, "1.log"), filepath.Join(dir, "2.log"), filepath.Join(dir, "new", "a.model")
	for name, text := range map[string]string{one: log[:half], two: log[half:]} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, out, errs := call(t, "", "train", one, two, "-o", model)
	if status != statusOK || !strings.Contains(out, "4,000 lines learned, 1 group, ") || errs != "" {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	if info, err := os.Stat(model); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v: want the mode 0600", info.Mode(), err)
	}
	settings, err := options.Parse(func(name string) []string {
		return map[string][]string{"Log_Key": {"msg"}}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := detector.New(settings.Detector)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, err := os.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := d.Restore(f); err != nil {
		t.Fatal(err)
	}
	var v detector.Verdict
	if d.Observe(&detector.Event{Message: []byte("kernel panic, all processors halted")}, &v); !v.Judged || !v.Anomaly {
		t.Errorf("%+v, want the first record judged and flagged", v)
	}

	status, out, errs = call(t, "", "inspect", model)
	if status != statusOK || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, want := range []string{"1 group, saved ", "made with Seed 1, Trees 100, Sample_Size 256, Window 4096", "4,000 records learned, threshold 0.5", "forest: 100 trees; window: 4,000 rows",
		"rarity", "<num>", "other patterns"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
	status, out, _ = call(t, "", "inspect", "-o", "json", model)
	var m jsonModel
	if err := json.Unmarshal([]byte(out), &m); err != nil || status != statusOK {
		t.Fatal(status, err)
	}
	if g := m.Groups[0]; g.Records != 4000 || len(g.Patterns) < 30 || g.Patterns[0].Seen < g.Patterns[1].Seen || m.Settings["Window"] != "4096" {
		t.Errorf("%+v", m)
	}
	if status, out, _ := call(t, "", "inspect", "-n", "1", "-g", "", model); status != statusOK || strings.Count(out, " bytes; numbers")+strings.Count(out, " bytes\n") > 3 {
		t.Errorf("status %d:\n%s", status, out)
	}
}

// What is known of fields is shown, for people and for programs.
func TestInspectFields(t *testing.T) {
	dir := t.TempDir()
	log, model := filepath.Join(dir, "a.log"), filepath.Join(dir, "a.model")
	var b strings.Builder
	for i := range 2000 {
		status := "200"
		if i%10 == 0 {
			status = "404"
		}
		fmt.Fprintf(&b, `{"msg":"request served","id":"%08x","status":%s,"took_ms":%d,"cached":%v}`+"\n", i*2654435761%4294967296, status, 20+i%30, i%4 == 0)
	}
	if err := os.WriteFile(log, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := call(t, "", "train", log, "-o", model); status != statusOK {
		t.Fatal(errs)
	}
	_, out, _ := call(t, "", "inspect", model)
	for _, want := range []string{
		"fields took_ms 20 to ", "          code  status: 200 90%, 404 10%\n", "    identifier  id: nearly always another value\n", "      category  cached: false 75%, true 25%\n", "      quantity  took_ms: 20 to ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
	_, out, _ = call(t, "", "inspect", "-o", "json", model)
	var m jsonModel
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatal(err)
	}
	g := m.Groups[0]
	kinds := map[string]string{}
	for _, f := range g.Fields {
		kinds[f.Name] = f.Kind
		if f.Records != 2000 || f.Share != 1 || (f.Numbers != nil) != (f.Name == "took_ms") || (len(f.Usual) == 2) != (f.Name == "status" || f.Name == "cached") {
			t.Errorf("%+v", f)
		}
	}
	if want := map[string]string{"id": "identifier", "status": "code", "took_ms": "quantity", "cached": "category"}; !maps.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
	if r := g.Patterns[0].Fields["took_ms"]; r[0] < 15 || r[0] > 25 || r[1] < 35 || r[1] > 60 {
		t.Errorf("took_ms of %q is usually %v", g.Patterns[0].Text, r)
	}
}

func TestTrainReplacesNoLog(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "1.log"), filepath.Join(dir, "2.log")
	for _, name := range []string{one, two} {
		if err := os.WriteFile(name, []byte("a line of a log\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ args, says string }{
		{"train " + two + " -o " + one, "is there and is no model"}, // as the shell makes of -o *.log
		{"train " + one + " " + two + " -o " + two, "which is one of the inputs"},
	} {
		status, _, errs := call(t, "", strings.Fields(c.args)...)
		if status != statusUsage || !strings.Contains(errs, "--output") || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d: %s", c.args, status, errs)
		}
	}
	for _, name := range []string{one, two} {
		if text, err := os.ReadFile(name); err != nil || string(text) != "a line of a log\n" {
			t.Errorf("%s is %q now (%v)", name, text, err)
		}
	}
	model := filepath.Join(dir, "a.model")
	for range 2 { // a model may be replaced
		if status, _, errs := call(t, "", "train", one, "-o", model); status != statusOK {
			t.Errorf("status %d: %s", status, errs)
		}
	}
}

func TestTrainAndInspectRefuse(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged.model")
	if err := os.WriteFile(damaged, []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(dir, "a.model")
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"train " + shopLog, statusUsage, "--output is missing"},
		{"train - - -o " + model, statusUsage, "can be read once"},
		{"train - -o " + model, statusError, "no line to learn from"},
		{"train no.log -o " + model, statusError, "flb-anomaly: open no.log: no such file"},
		{"train " + shopLog + " -o " + dir + "/no/such/a.model", statusError, "no such file"},
		{"train " + shopLog + " --warmup 1 -o " + model, statusUsage, "--warmup"},
		{"inspect " + damaged, statusError, "the model is damaged: it is cut off"},
		{"inspect no.model", statusError, "flb-anomaly: open no.model: no such file"},
		{"inspect", statusUsage, "accepts 1 arg"},
		{"inspect -o csv " + damaged, statusUsage, "allowed: table, json"},
	} {
		status, _, errs := call(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(errs, c.want) {
			t.Errorf("%s: status %d, %q; want %d, %q", c.args, status, errs, c.status, c.want)
		}
	}
	if _, err := os.Stat(model); err == nil {
		t.Error("a model was written all the same")
	}
}

// TestMerge merges models of two halves of a log, and says what is no use: one of other
// options, a log, an output that is an input.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	log := read(t, shopLog)
	half := strings.Index(log[len(log)/2:], "\n") + len(log)/2 + 1
	for name, args := range map[string][]string{"a.model": nil, "b.model": nil, "other.model": {"--seed", "7"}} {
		text := map[string]string{"a.model": log[:half]}[name]
		if text == "" {
			text = log[half:]
		}
		if status, _, errs := call(t, text, append([]string{"train", "-o", at(name)}, args...)...); status != statusOK {
			t.Fatal(errs)
		}
	}
	status, out, errs := call(t, "", "merge", at("a.model"), at("b.model"), "-o", at("sum.model"))
	if status != statusOK || errs != "" || !strings.Contains(out, "2 models, 4,000 records learned, 1 group, ") || !strings.Contains(out, "Not added") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	status, out, errs = call(t, "", "inspect", at("sum.model"))
	if status != statusOK || !strings.Contains(out, "4,000 records learned") || !strings.Contains(out, "forest: 100 trees; window: 4,000 rows") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{at("a.model"), at("other.model"), "-o", at("no.model")}, statusError, "Seed is 7, of those before it is 1"},
		{[]string{at("a.model"), shopLog, "-o", at("no.model")}, statusError, "it does not begin as a model does"},
		{[]string{at("a.model"), at("missing"), "-o", at("no.model")}, statusError, "no such file"},
		{[]string{at("a.model"), at("b.model"), "-o", at("b.model")}, statusUsage, "which is one of the inputs"},
		{[]string{at("a.model"), at("b.model")}, statusUsage, "--output is missing"},
		{[]string{at("a.model"), "-o", at("no.model")}, statusUsage, "at least 2 arg"},
	} {
		status, _, errs := call(t, "", append([]string{"merge"}, c.args...)...)
		if status != c.status || !strings.Contains(errs, c.says) {
			t.Errorf("merge %q: status %d, %q; want %d, %q", c.args, status, errs, c.status, c.says)
		}
		if _, err := os.Stat(at("no.model")); err == nil {
			t.Errorf("merge %q has written a model", c.args)
		}
	}
}
