package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// entry is a line that Loki has, with its labels and its structured metadata.
type entry struct {
	line             string
	labels, metadata map[string]string
}

// logQL asks Loki for all lines of the last hour that a query selects.
func logQL(t *testing.T, loki, query string) (all []entry) {
	t.Helper()
	now := time.Now()
	values := url.Values{"query": {query}, "limit": {"5000"}, "start": {strconv.FormatInt(now.Add(-time.Hour).UnixNano(), 10)},
		"end": {strconv.FormatInt(now.Add(time.Minute).UnixNano(), 10)}}
	r, err := http.NewRequest("GET", loki+"/loki/api/v1/query_range?"+values.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Else Loki mixes metadata with labels.
	r.Header.Set("X-Loki-Response-Encoding-Flags", "categorize-labels")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body struct {
		Data struct {
			Result []struct {
				Stream map[string]string
				Values [][]json.RawMessage
			}
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", query, answer.Status, err)
	}
	for _, stream := range body.Data.Result {
		for _, v := range stream.Values {
			e := entry{labels: stream.Stream}
			var more struct{ StructuredMetadata map[string]string }
			if err := json.Unmarshal(v[1], &e.line); err != nil {
				t.Fatal(err)
			}
			if len(v) > 2 {
				if err := json.Unmarshal(v[2], &more); err != nil {
					t.Fatal(err)
				}
			}
			e.metadata = more.StructuredMetadata
			all = append(all, e)
		}
	}
	return all
}

const toLoki = `
service:
  flush: 0.5
  grace: 2
plugins:
  - PLUGIN_FILTER
pipeline:
  inputs:
    - name: tail
      path: DIR/in.log
      tag: shop
      read_from_head: on
  filters:
    - name: anomaly
      match: "*"
  outputs:
    - name: loki
      match: "*"
      host: 127.0.0.1
      port: PORT
      labels: LABELS
      structured_metadata: METADATA
      remove_keys: anomaly, anomaly_score, anomaly_reason, anomaly_kind, anomaly_pattern, anomaly_incident, anomaly_nth
      drop_single_key: raw
      line_format: key_value
      retry_limit: no_limits
    - name: file
      match: "*"
      path: DIR
      file: sent.log
      format: plain
`

// The lines that are flagged, and no others, are found by LogQL: with anomaly
// as a label and with anomaly as structured metadata.
func TestLoki(t *testing.T) {
	newest(t)
	loki := servers.Loki(t)
	shop, err := os.ReadFile("../../examples/shop.log")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{
		"kernel panic: unrecoverable machine check, halting all processors",
		"FATAL out of memory: killed process 4711 (java)",
	}
	withEach(t, func(t *testing.T, fb fluentBit) {
		if !fb.since(3, 2) {
			lokiWithoutMetadata(t, fb, loki, string(shop))
			return
		}
		for name, c := range map[string]struct{ labels, metadata, query string }{
			"label":    {"job=%s, anomaly=$anomaly", "anomaly_score=$anomaly_score, anomaly_reason=$anomaly_reason, anomaly_kind=$anomaly_kind, anomaly_pattern=$anomaly_pattern, anomaly_incident=$anomaly_incident, anomaly_nth=$anomaly_nth", `{job="%s", anomaly="true"}`},
			"metadata": {"job=%s", "anomaly=$anomaly, anomaly_score=$anomaly_score, anomaly_reason=$anomaly_reason, anomaly_kind=$anomaly_kind, anomaly_pattern=$anomaly_pattern, anomaly_incident=$anomaly_incident, anomaly_nth=$anomaly_nth", `{job="%s"} | anomaly="true"`},
		} {
			t.Run(name, func(t *testing.T) {
				job := fmt.Sprintf("shop-%s-%s", strings.ReplaceAll(fb.String(), ".", "-"), name)
				dir := t.TempDir()
				writeFile(t, dir, "in.log", string(shop)+strings.Join(known, "\n")+"\n")
				n := shopLines + len(known)
				p := fb.start(t, dir, "yaml", strings.NewReplacer("PORT", portOf(loki), "LABELS", fmt.Sprintf(c.labels, job), "METADATA", c.metadata).Replace(toLoki))
				eventually(t, "Loki has all lines", func() bool { return len(logQL(t, loki, fmt.Sprintf(`{job="%s"}`, job))) == n }, p)
				p.stop()

				var want, got []string
				unseen := 0 // flagged for a new message
				for _, r := range jsonLines(t, filepath.Join(dir, "sent.log")) {
					if r["anomaly"] == "true" {
						want = append(want, r["log"].(string))
						if strings.Contains(r["anomaly_reason"].(string), "new message") {
							unseen++
						}
					}
				}
				for _, e := range logQL(t, loki, fmt.Sprintf(c.query, job)) {
					got = append(got, e.line)
					score, err := strconv.ParseFloat(e.metadata["anomaly_score"], 64)
					if err != nil || score <= 0 || score > 1 {
						t.Errorf("the score of %q is %q", e.line, e.metadata["anomaly_score"])
					}
					if e.metadata["anomaly_reason"] == "" || e.labels["anomaly_reason"] != "" || e.labels["anomaly_score"] != "" {
						t.Errorf("%q has the labels %v and the metadata %v", e.line, e.labels, e.metadata)
					}
					if isLabel := e.labels["anomaly"] == "true"; isLabel != (name == "label") {
						t.Errorf("%q has the labels %v", e.line, e.labels)
					}
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(want, got) {
					t.Errorf("%d lines flagged, %d found by %s\nwant %q\ngot  %q", len(want), len(got), c.query, want, got)
				}
				for _, line := range known {
					if !slices.Contains(got, line) {
						t.Errorf("not among them: %s", line)
					}
				}
				// The queries of docs/routing.md, in the order of the page.
				queries := pageQueries(t, name)
				ask := func(i int) int {
					return len(logQL(t, loki, strings.ReplaceAll(queries[i], `job="shop"`, `job="`+job+`"`)))
				}
				strangest := 0
				for _, r := range jsonLines(t, filepath.Join(dir, "sent.log")) {
					if score, _ := r["anomaly_score"].(float64); score > 0.7 {
						strangest++
					}
				}
				if n := ask(0); n != len(want) {
					t.Errorf("%d lines by %s, want %d", n, queries[0], len(want))
				}
				if n := ask(2); n != strangest || n == 0 {
					t.Errorf("%d lines by %s, want %d", n, queries[2], strangest)
				}
				if n := ask(3); n != unseen || n == 0 {
					t.Errorf("%d lines by %s, want %d", n, queries[3], unseen)
				}
				var sum struct {
					Data struct{ Result []struct{ Value [2]any } }
				}
				count := strings.ReplaceAll(queries[1], `job="shop"`, `job="`+job+`"`)
				request(t, "GET", loki+"/loki/api/v1/query?"+url.Values{"query": {count}}.Encode(), "", &sum)
				if len(sum.Data.Result) != 1 || sum.Data.Result[0].Value[1] != strconv.Itoa(len(want)) {
					t.Errorf("counted: %+v, want %d", sum.Data.Result, len(want))
				}
				t.Logf("%d lines in Loki, %d flagged, and found", n, len(got))
			})
		}
	})
}

// pageQueries are the queries that docs/routing.md has for anomaly as a label
// or as metadata, in the order of its table.
func pageQueries(t *testing.T, kind string) (queries []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "<!-- loki queries -->\n")
	table, _, ok := strings.Cut(table, "<!-- /loki queries -->")
	if !ok {
		t.Fatal("docs/routing.md has no table of queries")
	}
	for _, row := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		// A bar in a cell is written with a backslash.
		cells := strings.Split(strings.ReplaceAll(row, `\|`, "\x00"), "|")
		cell := cells[2]
		if kind == "metadata" {
			cell = cells[3]
		}
		queries = append(queries, strings.ReplaceAll(strings.Trim(cell, " `"), "\x00", "|"))
	}
	if len(queries) != 4 {
		t.Fatalf("the page has %d queries: %q", len(queries), queries)
	}
	return queries
}

// What docs/routing.md has for Fluent Bit 2.2, whose loki output knows no
// structured metadata.
func lokiWithoutMetadata(t *testing.T, fb fluentBit, loki, shop string) {
	dir := t.TempDir()
	writeFile(t, dir, "in.log", shop)
	job := "shop-" + strings.ReplaceAll(fb.String(), ".", "-")
	config := strings.NewReplacer("PORT", portOf(loki), "LABELS", "job="+job+", anomaly=$anomaly",
		"      structured_metadata: METADATA\n", "", "anomaly, anomaly_score, anomaly_reason, anomaly_kind, anomaly_pattern, anomaly_incident, anomaly_nth", "anomaly",
		"      drop_single_key: raw\n", "", "key_value", "json").Replace(toLoki)
	p := fb.start(t, dir, "yaml", config)
	eventually(t, "Loki has all lines", func() bool { return len(logQL(t, loki, `{job="`+job+`"}`)) == shopLines }, p)
	p.stop()
	flagged, strangest := 0, 0
	for _, r := range jsonLines(t, filepath.Join(dir, "sent.log")) {
		if r["anomaly"] == "true" {
			flagged++
			if r["anomaly_score"].(float64) > 0.7 {
				strangest++
			}
		}
	}
	query := `{job="` + job + `", anomaly="true"}`
	if n := len(logQL(t, loki, query)); n != flagged || n == 0 {
		t.Errorf("%d lines flagged, %d by %s", flagged, n, query)
	}
	query += ` | json | anomaly_score > 0.7`
	if n := len(logQL(t, loki, query)); n != strangest || n == 0 {
		t.Errorf("%d lines above 0.7, %d by %s", strangest, n, query)
	}
}
