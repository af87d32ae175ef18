package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// listed runs scan on the example log, which has eight incidents in it.
func listed(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := call(t, "", append([]string{"scan", "--color", "never", shopLog}, args...)...)
	if status != statusOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	return out
}

func jsonListed(t *testing.T, args ...string) (l jsonList) {
	t.Helper()
	if err := json.Unmarshal([]byte(listed(t, append(args, "-o", "json")...)), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestScanListsIncidents(t *testing.T) {
	l := jsonListed(t)
	if len(l.Incidents) < 5 || len(l.Incidents) > 12 || l.Lines != 4000 {
		t.Fatalf("%d incidents in %d lines", len(l.Incidents), l.Lines)
	}
	var flagged, storm int64
	for i, s := range l.Incidents {
		flagged += s.Flagged
		storm = max(storm, s.Lines)
		if i > 0 && s.ID <= l.Incidents[i-1].ID {
			t.Errorf("incident %s stands behind %s", s.ID, l.Incidents[i-1].ID)
		}
	}
	if flagged != l.Flagged || storm < 200 {
		t.Errorf("%d flagged lines in incidents, %d in all; the largest has %d lines, and the retries are more than 200", flagged, l.Flagged, storm)
	}
	table := listed(t)
	for _, s := range l.Incidents {
		if !strings.Contains(table, s.ID) {
			t.Errorf("the table lacks %s", s.ID)
		}
	}
	if strings.Count(listed(t, "--lines"), "  0.") < int(l.Flagged) {
		t.Error("--lines does not show each flagged line")
	}
}

// TestScanCountsQuietIncidents at the end of each list, and tells them on demand: news of the
// first day that says nothing bad, alone, is none that somebody is called for.
func TestScanCountsQuietIncidents(t *testing.T) {
	log, err := os.ReadFile(shopLog)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "a.log")
	const line = `ts=2026-03-02T10:30:00.000Z level=info app=shop-api msg="feature flags loaded from disk" flags=14`
	if err := os.WriteFile(file, append(log, line...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args    []string
		counted bool
		head    string // before the line, if it is told
	}{
		{nil, true, ""},
		{[]string{"--all"}, false, "INFO  new"},
		{[]string{"-o", "markdown"}, true, "## Quiet"},
		{[]string{"-o", "markdown", "--all"}, false, "## 2026"},
		{[]string{"-o", "html"}, true, "<details><summary>1 quiet incident"},
		{[]string{"-o", "html", "--all"}, false, "<section>"},
		{[]string{"-o", "json"}, false, `"quiet":true`},
		{[]string{"-o", "json", "--top", "1"}, false, ""}, // the others come first
	} {
		status, out, errs := call(t, "", append([]string{"scan", "--color", "never", file}, c.args...)...)
		if status != statusOK {
			t.Fatalf("%v: status %d: %s", c.args, status, errs)
		}
		before, _, told := strings.Cut(out, " loaded from disk")
		if told != (c.head != "") || told && !strings.Contains(before, c.head) || strings.Contains(out, "1 quiet incident, 1 line flagged") != c.counted {
			t.Errorf("%v: told %v, counted %v wanted: %s", c.args, told, c.counted, out[max(0, len(out)-800):])
		}
	}
	if status, _, errs := call(t, "", "scan", "--all", "--lines", file); status != statusUsage || !strings.Contains(errs, "--all is about incidents") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestScanTop(t *testing.T) {
	all, top := jsonListed(t), jsonListed(t, "--top", "2")
	best := 0.0
	for _, s := range all.Incidents {
		best = max(best, s.Score)
	}
	if len(top.Incidents) != 2 || top.Incidents[0].Score != best || top.Incidents[1].Score > best {
		t.Errorf("--top 2 gives %+v", top.Incidents)
	}
}

// TestScanSince leaves out what is outside, and nothing else: the verdicts inside
// are those of the whole log.
func TestScanSince(t *testing.T) {
	all := jsonListed(t)
	part := jsonListed(t, "--since", "2026-03-02 08:30", "--until", "2026-03-02T09:00:00Z")
	var want []string
	for _, s := range all.Incidents {
		if s.First.Format("15:04") >= "08:30" && s.Last.Format("15:04") < "09:00" {
			want = append(want, s.ID)
		}
	}
	var got []string
	for _, s := range part.Incidents {
		got = append(got, s.ID)
	}
	if len(want) == 0 || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
	status, _, _ := call(t, "", "scan", "--fail-on-anomaly", "--until", "2026-03-02 08:00", shopLog)
	if status != statusOK {
		t.Errorf("status %d, and no line that is shown is flagged", status)
	}
	if status, _, errs := call(t, "", "scan", "--since", "soon", shopLog); status != statusUsage || !strings.Contains(errs, "--since") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestReportsObeyNobody: a log writes what it likes.
func TestReportsObeyNobody(t *testing.T) {
	log, err := os.ReadFile(shopLog)
	if err != nil {
		t.Fatal(err)
	}
	hostile := filepath.Join(t.TempDir(), "a.log")
	const line = "panic: <script>alert(1)</script> ![x](http://evil.example/x) `code` <img src=x onerror=alert(2)>\x1b[31m\n"
	if err := os.WriteFile(hostile, append(log, line...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, page, _ := call(t, "", "scan", "-o", "html", hostile)
	if !strings.Contains(page, "&lt;script") || regexp.MustCompile(`<script|<img|\x1b`).MatchString(page) {
		t.Error("the page has what the log has said")
	}
	if regexp.MustCompile(`(src|href|url)\s*[=(]\s*["']?http`).MatchString(page) {
		t.Error("the page is not one file")
	}
	_, md, _ := call(t, "", "scan", "-o", "markdown", hostile)
	for l := range strings.Lines(md) {
		if strings.Contains(l, "<script") && !strings.HasPrefix(l, "      ") {
			t.Errorf("outside of code: %s", l)
		}
	}
}

func TestIgnoreFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ignore.txt")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := jsonListed(t)
	worst := before.Incidents[0].Patterns[0]
	write("# known\npattern:" + worst.ID + "\n")
	for _, s := range jsonListed(t, "--ignore-file", file).Incidents {
		for _, p := range s.Patterns {
			if p.ID == worst.ID {
				t.Errorf("%+v is ignored", p)
			}
		}
	}
	for _, wrong := range []string{"ok\n(\n", "\npattern:xyz\n", "a\n^\n"} {
		write(wrong)
		if status, _, errs := call(t, "", "scan", "--ignore-file", file, shopLog); status == statusOK || !strings.Contains(errs, "line 2") {
			t.Errorf("%q: status %d, %s", wrong, status, errs)
		}
	}
}

// TestBaselineGuardsABuild: the exit status is what a build looks at.
func TestBaselineGuardsABuild(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := strings.Repeat("[INFO] compiling the module\n[INFO] tests run: 12, failures: 0\n", 100)
	base := file("good.log", good)
	broken := file("broken.log", good+"[ERROR] cannot find symbol Shop in Main.java\n")
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--fail-on-anomaly", base}, statusOK, "No unusual error that it has not got over."},
		{[]string{"--fail-on-anomaly", broken}, statusAnomaly, "Stop: line 201"},
		{[]string{broken}, statusOK, "New patterns: 1"},
		{[]string{"--mode", "batch", broken}, statusUsage, ""},
	} {
		status, out, errs := call(t, "", append([]string{"scan", "--color", "never", "--baseline", base}, c.args...)...)
		if status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("%v: status %d, want %d, and %q in\n%s%s", c.args, status, c.status, c.says, out, errs)
		}
	}
	if status, _, errs := call(t, "", "scan", "--baseline", filepath.Join(dir, "none"), base); status != statusError || !strings.Contains(errs, "baseline") {
		t.Errorf("without the baseline's file: status %d, %s", status, errs)
	}
}

// TestBaselineListsAllThatDiffers: patterns and fields, new, gone and changed, in the table
// and as data.
func TestBaselineListsAllThatDiffers(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, lines ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	served := `{"msg":"request served","took":3,"user":"u1"}` + "\n"
	plain := strings.ReplaceAll(served, `,"user":"u1"`, "")
	base := write("base.log", strings.Repeat(served, 300), strings.Repeat(`{"msg":"cache warmed","took":3}`+"\n", 300), `{"msg":"mail sent","took":3,"host":"a"}`+"\n")
	log := write("now.log", strings.Repeat(plain, 300), served, strings.Repeat(`{"msg":"cache warmed","took":3}`+"\n", 10), `{"msg":"mail refused","took":3,"region":"b"}`+"\n")
	status, table, errs := call(t, "", "scan", "--color", "never", "--baseline", base, log)
	if status != statusOK {
		t.Fatal(errs)
	}
	for _, want := range []string{
		"New patterns: 1\n         1  line 312: mail refused", "Patterns that are gone: 1\n         1  mail sent", "Patterns that come far more or less often: 1\n        10  was 300: cache warmed",
		"New fields: 1\n         1  region", "Fields that are gone: 1\n         1  host", "Fields that come far more or less often: 1\n         1  was 300: user",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	// Reports tell the same, and what a log says is shown and not obeyed.
	hostile := write("hostile.log", strings.Repeat(plain, 300), served, `{"level":"error","msg":"mail *refused* <script>","took":3,"<b>":"b"}`+"\n")
	for format, wants := range map[string][]string{
		"markdown": {"\n## Compared with the baseline\n\nStop: line 302: ", "\n### New patterns: 1\n\n- 1 line, line 302: mail \\*refused\\* \\<script\\>\n", "\n### Patterns that are gone: 2\n\n- 300 lines: cache warmed\n", "\n### New fields: 1\n\n- 1 line: \\<b\\>\n", "\n### Fields that come far more or less often: 1\n\n- 1 line, was 300: user\n"},
		"html":     {"<h2>Compared with the baseline</h2>\n<p>Stop: line 302: ", "<h3>New patterns: 1</h3>\n<ul><li>1 line, line 302: <code>mail *refused* &lt;script&gt;</code></li>", "<h3>Fields that are gone: 1</h3>\n<ul><li>1 line: <code>host</code></li>", "<h3>New fields: 1</h3>\n<ul><li>1 line: <code>&lt;b&gt;</code></li>"},
	} {
		_, out, _ := call(t, "", "scan", "-o", format, "--baseline", base, hostile)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("the report as %s lacks %q:\n%s", format, want, out)
			}
		}
		if _, out, _ = call(t, "", "scan", "-o", format, hostile); strings.Contains(out, "baseline") {
			t.Errorf("the report as %s speaks of a baseline, and there is none:\n%s", format, out)
		}
	}
	_, data, _ := call(t, "", "scan", "-o", "json", "--baseline", base, log)
	var l jsonList
	if err := json.Unmarshal([]byte(data), &l); err != nil || l.Compared == nil {
		t.Fatal(err, data)
	}
	c := l.Compared
	if len(c.New) != 1 || c.New[0].Text != "mail refused" || c.New[0].Line != 312 || len(c.Gone) != 1 || c.Gone[0].Text != "mail sent" || len(c.Changed) != 1 || c.Changed[0].Before != 300 || c.Changed[0].Now != 10 {
		t.Errorf("patterns %+v", c)
	}
	if fmt.Sprint(c.NewFields, c.GoneFields, c.ChangedFields) != "[{region 0 1}] [{host 1 0}] [{user 300 1}]" {
		t.Errorf("fields %+v", c)
	}
}
