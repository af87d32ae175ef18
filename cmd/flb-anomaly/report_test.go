package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// rotated writes six hours of the example service into three files of two hours, with the
// lines that extra gives for a time put in between.
func rotated(t *testing.T, extra map[string]string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	g := shoplog.New(shoplog.Options{Seed: 4})
	var b strings.Builder
	hours := ""
	flush := func() {
		if hours != "" {
			name := filepath.Join(dir, hours+".log")
			if err := os.WriteFile(name, []byte(strings.TrimSuffix(b.String(), "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, name)
			b.Reset()
		}
	}
	for {
		r := g.Next()
		if now := r.Time.Truncate(2 * time.Hour).Format("15"); now != hours {
			flush()
			if hours = now; len(files) == 3 {
				return files
			}
		}
		for at, line := range extra {
			if r.Time.Format("2006-01-02 15:04") >= at {
				fmt.Fprintln(&b, line)
				delete(extra, at)
			}
		}
		fmt.Fprintln(&b, r.Line)
	}
}

// TestReportOfFiles tells what happened in the second of three files, by what was learned
// in the first; what came in the others is not told.
func TestReportOfFiles(t *testing.T) {
	files := rotated(t, map[string]string{
		"2026-03-02 09:30": "2026-03-02 09:30:00,000 ERROR [worker-1] robots: arm 7 lost its grip on tray 12",
		"2026-03-02 11:00": "2026-03-02 11:00:00,000 ERROR [worker-2] robots: lidar of arm 3 is blind <b>now</b>",
		"2026-03-02 13:00": "2026-03-02 13:00:00,000 ERROR [worker-3] robots: belt 5 runs backwards",
	})
	args := append([]string{"report", "--since", "2026-03-02 10:00", "--until", "2026-03-02 12:00"}, files...)
	status, out, errs := call(t, "", args...)
	if status != statusOK || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	incidents, fresh, ok := strings.Cut(out, "\n## New patterns\n")
	if !ok || !strings.Contains(incidents, "lidar of arm 3") || !strings.Contains(fresh, "lidar of arm") || !strings.Contains(out, "2026-03-02 10:00 to 2026-03-02 12:00 UTC") {
		t.Errorf("the second file is not told:\n%s", out)
	}
	if strings.Contains(out, "lost its grip") || strings.Contains(out, "runs backwards") {
		t.Errorf("another file is told:\n%s", out)
	}
	if strings.Contains(fresh, "<b>") && !strings.Contains(fresh, `\<b\>`) {
		t.Errorf("the log writes HTML:\n%s", fresh)
	}

	status, out, _ = call(t, "", append([]string{"report"}, files...)...) // of yesterday
	if status != statusOK || !strings.Contains(out, "No line in this time; the log has lines from 2026-03-02 08:00:00 to 2026-03-02 13:59") {
		t.Errorf("status %d:\n%s", status, out)
	}
	status, out, _ = call(t, "", "report", "--since", "2026-03-02", "--until", "2026-03-03", files[0])
	if status != statusOK || strings.Contains(out, "## New patterns") || !strings.Contains(out, "The model was still learning for") {
		t.Errorf("all is new in the first file, and told:\n%s", out)
	}
}

// taggedRecords are records as the filter writes them: of two incidents and a quiet one, on the day before now.
func taggedRecords(at time.Time) []map[string]any {
	record := func(minutes int, incident string, nth int, kind, pattern, message string) map[string]any {
		return map[string]any{
			"@timestamp": at.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339Nano), "level": "error", "log": message, "anomaly": "true", "anomaly_score": 0.6 + float64(nth)/100,
			"anomaly_reason": "new message pattern, seen 0 times in 900 records", "anomaly_kind": kind, "anomaly_pattern": pattern, "anomaly_incident": incident, "anomaly_nth": strconv.Itoa(nth),
		}
	}
	return []map[string]any{
		record(5, "20260302T000500-aaaaa", 1, "new", "6d2gp2dwsd", "lidar of arm 3 is blind"),
		record(6, "20260302T000500-aaaaa", 2, "new", "6d2gp2dwsd", "lidar of arm 4 is blind"),
		record(7, "20260302T000500-aaaaa", 3, "rate", "vewe3z0d3b", "arm stopped"),
		record(700, "20260302T114000-bbbbb", 1, "level", "0000000001", "belt 5 started"),
		record(800, "20260302T132000-ccccc", 0, "number", "0000000002", "belt 6 took 900 ms"),
	}
}

// wantTold is what a report of these must have.
func wantTold(t *testing.T, out string) {
	t.Helper()
	for _, want := range []string{
		"5 flagged records, 2 incidents, 1 new pattern. Besides, 1 quiet incident, 1 line flagged: ", "3 lines in 2m  ERROR  new \\(2\\), rate", "`20260302T000500-aaaaa`, score 0.6300", "`20260302T114000-bbbbb`",
		"| 2 | ERROR | `6d2gp2dwsd` | lidar of arm 3 is blind |", "seen 0 times in 900 records", "      belt 5 started",
	} {
		if !strings.Contains(strings.ReplaceAll(out, `\`, ""), strings.ReplaceAll(want, `\`, "")) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "belt 6") {
		t.Errorf("the quiet one is told:\n%s", out)
	}
}

// yesterday is the midnight at which the reports begin.
func yesterday() time.Time { return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1) }

func TestReportOfElasticsearch(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, secret, _ := r.BasicAuth(); name != "report" || secret != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"type":"security_exception","reason":"unable to authenticate user [report]"}}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var hits []any
		if strings.HasSuffix(r.URL.Path, "/logs-anomaly-*/_search") {
			if !strings.Contains(string(body), yesterday().Format(`"gte":"2006-01-02T00:00:00Z"`)) || !strings.Contains(string(body), `{"anomaly":"true"}`) {
				t.Errorf("asked for %s", body)
			}
			for _, record := range taggedRecords(yesterday()) {
				at, _ := time.Parse(time.RFC3339Nano, record["@timestamp"].(string))
				hits = append(hits, map[string]any{"_source": record, "sort": []any{at.UnixMilli()}})
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"hits": map[string]any{"hits": hits}})
	}))
	defer s.Close()
	args := []string{"report", "--elasticsearch", s.URL, "--index", "logs-anomaly-*"}
	status, out, errs := call(t, "", append(args, "--user", "report", "--password-file", password)...)
	if status != statusOK || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	wantTold(t, out)
	if status, _, errs = call(t, "", args...); status != statusError || !strings.Contains(errs, "401 Unauthorized: unable to authenticate user [report]") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// lokiOf plays a Loki that has these lines, with what is beside them.
func lokiOf(t *testing.T, lines []map[string]any, line func(record map[string]any) (string, map[string]string)) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.ParseInt(r.URL.Query().Get("start"), 10, 64)
		to, _ := strconv.ParseInt(r.URL.Query().Get("end"), 10, 64)
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		var result []any
		for _, record := range lines {
			at, err := time.Parse(time.RFC3339Nano, record["@timestamp"].(string))
			if err != nil {
				t.Error(err)
			}
			if ns := at.UnixNano(); ns >= from && ns < to && len(result) < limit {
				text, stream := line(record)
				result = append(result, map[string]any{"stream": stream, "values": [][]string{{strconv.FormatInt(ns, 10), text}}})
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"resultType": "streams", "result": result}})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestReportOfLoki reads the fields from beside the line, as structured metadata, and from
// the line, as JSON.
func TestReportOfLoki(t *testing.T) {
	beside := func(record map[string]any) (string, map[string]string) {
		stream := map[string]string{"job": "shop"}
		for name, value := range record {
			if name != "log" && name != "@timestamp" {
				stream[name] = fmt.Sprint(value)
			}
		}
		return record["log"].(string), stream
	}
	inside := func(record map[string]any) (string, map[string]string) {
		b, _ := json.Marshal(record)
		return string(b), map[string]string{"job": "shop"}
	}
	for name, line := range map[string]func(map[string]any) (string, map[string]string){"beside": beside, "inside": inside} {
		t.Run(name, func(t *testing.T) {
			url := lokiOf(t, taggedRecords(yesterday()), line)
			status, out, errs := call(t, "", "report", "--loki", url, "--query", `{job="shop"} | anomaly="true"`)
			if status != statusOK || errs != "" {
				t.Fatalf("status %d: %s", status, errs)
			}
			wantTold(t, out)
			status, out, _ = call(t, "", "report", "--loki", url, "--query", `{job="shop"}`, "--since", "1h")
			if status != statusOK || !strings.Contains(out, "No flagged record in this time, and so no incident.") {
				t.Errorf("status %d:\n%s", status, out)
			}
			status, out, _ = call(t, "", "report", "--loki", url, "--query", `{job="shop"}`, "--key-prefix", "odd")
			if status != statusOK || !strings.Contains(out, "5 records, and none that the filter has flagged") {
				t.Errorf("status %d:\n%s", status, out)
			}
		})
	}
}

// TestReportJudges judges the lines of a Loki that no filter has seen, by those of the day
// before.
func TestReportJudges(t *testing.T) {
	g := shoplog.New(shoplog.Options{Seed: 6, Start: yesterday().Add(-2 * time.Hour)})
	var lines []map[string]any
	told := false
	for {
		r := g.Next()
		if r.Time.After(yesterday().Add(2 * time.Hour)) {
			break
		}
		lines = append(lines, map[string]any{"@timestamp": r.Time.Format(time.RFC3339Nano), "log": r.Line})
		if !told && r.Time.After(yesterday().Add(time.Hour)) {
			told = true
			lines = append(lines, map[string]any{"@timestamp": r.Time.Format(time.RFC3339Nano), "log": "ERROR lidar of arm 3 is blind"})
		}
	}
	url := lokiOf(t, lines, func(record map[string]any) (string, map[string]string) {
		return record["log"].(string), map[string]string{"job": "shop"}
	})
	status, out, errs := call(t, "", "report", "--loki", url, "--query", `{job="shop"}`, "--judge", "--learn", "3h")
	if status != statusOK || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	if !strings.Contains(out, "lidar of arm 3 is blind") || !strings.Contains(out, "## New patterns") {
		t.Errorf("%s", out)
	}
}

func TestReportFlags(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--loki", "http://x"}, statusUsage, "--query is missing"},
		{[]string{"--elasticsearch", "http://x"}, statusUsage, "--index is missing"},
		{[]string{"--loki", "http://x", "--elasticsearch", "http://x"}, statusUsage, "one of both is right"},
		{[]string{"--loki", "http://x", "--query", "{}", "app.log"}, statusUsage, `the file "app.log" is named beside a store`},
		{[]string{"--judge", "app.log"}, statusUsage, "are about a store"},
		{[]string{"--loki", "x:1", "--query", "{}"}, statusError, "is no URL of a store"},
		{[]string{"--since", "2026-03-03", "--until", "2026-03-02", "app.log"}, statusUsage, "a later time is right for --until"},
		{[]string{"--since", "soon", "app.log"}, statusUsage, "--since has the value"},
		{[]string{"--top", "-1", "app.log"}, statusUsage, "--top has the value -1"},
		{[]string{"--loki", "http://x", "--query", "{}", "--user", "a"}, statusUsage, "--user and --password-file go together"},
		{[]string{"--loki", "http://x", "--query", "{}", "--token-file", "missing"}, statusError, "--token-file: open missing"},
		{[]string{"--loki", "http://x", "--query", "{}", "--ca-file", empty}, statusUsage, "has no certificate in PEM"},
		{[]string{"--loki", "http://x", "--query", "{}", "--header", "none"}, statusUsage, "--header has the value"},
		{[]string{"missing.log"}, statusError, "no such file"},
	} {
		status, _, errs := call(t, "", append([]string{"report"}, c.args...)...)
		if status != c.status || !strings.Contains(errs, c.says) {
			t.Errorf("report %q: status %d, %q; want %d, %q", c.args, status, errs, c.status, c.says)
		}
	}
}
