package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// nodeLog is the log of a node of its own: the example service of another seed,
// and much later what all nodes say, with a number that is the node's.
func nodeLog(t *testing.T, dir string, node int, start time.Time) (lines int, message string) {
	t.Helper()
	var log strings.Builder
	write := func(at time.Time, line string) {
		b, err := json.Marshal(map[string]string{"time": at.UTC().Format("2006-01-02T15:04:05.000Z"), "log": line})
		if err != nil {
			t.Fatal(err)
		}
		log.Write(append(b, '\n'))
		lines++
	}
	g := shoplog.New(shoplog.Options{Seed: uint64(node)})
	for i := range 2000 {
		write(start.Add(time.Duration(i)*time.Second), g.Next().Line)
	}
	message = fmt.Sprintf("storage controller %d lost its cache battery, writes go straight to disk", 10+node)
	write(start.Add(45*time.Minute), message)
	writeFile(t, filepath.Join(dir, "app"), "node.log", log.String())
	writeFile(t, dir, "parsers.conf", timed)
	return lines, message
}

// stores are outputs beside those of a recipe.
const stores = `  outputs:
    - name: loki
      match: app
      host: 127.0.0.1
      port: LOKI
      labels: job=fleet, node=NODE, anomaly=$anomaly
      structured_metadata: anomaly_score=$anomaly_score, anomaly_reason=$anomaly_reason, anomaly_kind=$anomaly_kind, anomaly_pattern=$anomaly_pattern, anomaly_incident=$anomaly_incident, anomaly_nth=$anomaly_nth
      remove_keys: node, anomaly, anomaly_score, anomaly_reason, anomaly_kind, anomaly_pattern, anomaly_incident, anomaly_nth
      drop_single_key: raw
      line_format: key_value
    - name: es
      match: app
      host: 127.0.0.1
      port: SEARCH
      index: logs-anomaly-fleet
      suppress_type_name: on
      time_key: "@timestamp"
      time_key_nanos: on
      generate_id: on
`

// Three nodes, of every version there is, say the same new thing: it is one alert,
// by the engines that hold their records and by Alertmanager, and it is told on how
// many nodes. The queries are those of docs/deploy.md.
func TestFleet(t *testing.T) {
	all := []fluentBit{newest(t)}
	if !all[0].since(3, 2) {
		t.Skipf("SKIPPED: Fluent Bit %s has no structured metadata", all[0])
	}
	for _, name := range filepath.SplitList(os.Getenv("FLUENT_BIT_OLDER")) {
		if fb := findFluentBit(t, name); fb.since(3, 2) {
			all = append(all, fb)
		}
	}
	loki, search := servers.Loki(t), servers.OpenSearch(t)
	putIndexTemplate(t, search)
	told := newWebhook(t, httptest.NewServer, "/told", func(b []byte) error { return nil })
	alertmanager := servers.Alertmanager(t, strings.ReplaceAll(`
route:
  receiver: on-call
  group_by: [alertname, service, pattern]
  group_wait: 5s
receivers:
  - name: on-call
    webhook_configs:
      - url: URL/told
`, "URL", told.URL))

	start := time.Now().Add(-46 * time.Minute).Truncate(time.Second)
	const nodes, file = 3, "alertmanager/fluent-bit.yaml"
	var recipes []*recipe
	lines, messages := 0, map[string]bool{}
	for n := range nodes {
		r := newRecipe(t, all[n%len(all)])
		wrote, message := nodeLog(t, r.dir, n, start)
		lines += wrote
		messages[message] = true
		name := fmt.Sprintf("node-%d", n)
		r.edit = func(config string) string {
			// What the stores get names the node; an alert does not.
			const first = "    # The first record of each incident"
			config = strings.Replace(config, first, "    - name: record_modifier\n      match: app\n      record: node "+name+"\n\n"+first, 1)
			return strings.Replace(config, "  outputs:\n", strings.NewReplacer("LOKI", portOf(loki), "SEARCH", portOf(search), "NODE", name).Replace(stores), 1)
		}
		r.run(file, "host alertmanager.example", "127.0.0.1", "port 9093", portOf(alertmanager),
			"flush 1", "1\n  parsers_file: DIR/parsers.conf", "tag app", "app\n      parser: timed")
		recipes = append(recipes, r)
	}
	count := func(query string) int {
		var answer struct{ Count int }
		r, err := http.Head(search + "/logs-anomaly-fleet")
		if err != nil || r.StatusCode != http.StatusOK {
			return 0
		}
		request(t, "POST", search+"/logs-anomaly-fleet/_refresh", "", nil)
		request(t, "POST", search+"/logs-anomaly-fleet/_count", query, &answer)
		return answer.Count
	}
	for _, r := range recipes {
		eventually(t, "the archive has all records", func() bool { return len(r.archive()) == lines/nodes }, r.process)
	}
	eventually(t, "OpenSearch has all records", func() bool { return count(`{}`) == lines }, recipes[0].process, recipes[1].process, recipes[2].process)
	eventually(t, "Loki has all lines", func() bool { return len(logQL(t, loki, `{job="fleet"}`)) == min(lines, 5000) }, recipes[0].process)

	// What the nodes made of the message.
	pattern := ""
	for n, r := range recipes {
		for _, record := range r.archive() {
			if !messages[record["log"].(string)] {
				continue
			}
			id, _ := record["anomaly_pattern"].(string)
			if record["anomaly_nth"] != "1" || id == "" || pattern != "" && id != pattern {
				t.Errorf("node %d: %v, want the first record of an incident, and the pattern %s", n, record, pattern)
			}
			pattern = id
		}
	}
	if pattern == "" {
		t.Fatal("nobody flagged the message")
	}

	page, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		_, rest, _ := strings.Cut(string(page), "### One alert for a fleet\n")
		_, rest, _ = strings.Cut(rest, "```"+kind+"\n")
		block, _, ok := strings.Cut(rest, "```\n")
		if !ok {
			t.Fatalf("docs/deploy.md has no query in %s", kind)
		}
		return block
	}
	t.Run("Loki", func(t *testing.T) {
		queries := strings.Split(strings.TrimSpace(strings.ReplaceAll(block("logql"), `job="fluent-bit"`, `job="fleet"`)), "\n\n")
		if len(queries) != 2 {
			t.Fatalf("the page has the queries %q", queries)
		}
		for i, query := range queries {
			var sum struct {
				Data struct {
					Result []struct {
						Metric map[string]string
						Value  [2]any
					}
				}
			}
			request(t, "GET", loki+"/loki/api/v1/query?"+url.Values{"query": {query}}.Encode(), "", &sum)
			n := 0
			for _, r := range sum.Data.Result {
				if r.Metric["anomaly_pattern"] == pattern {
					n++
					if r.Value[1] != fmt.Sprint(nodes) {
						t.Errorf("%v for %s, want %d", r.Value[1], query, nodes)
					}
				}
			}
			if n != 1 {
				t.Errorf("query %d: %d alerts, want one: %+v", i+1, n, sum.Data.Result)
			}
		}
	})
	t.Run("OpenSearch", func(t *testing.T) {
		var answer struct {
			Aggregations struct {
				Patterns struct {
					Buckets []struct {
						Key   string
						Nodes struct{ Value int }
					}
				}
			}
		}
		request(t, "POST", search+"/logs-anomaly-fleet/_search", block("json"), &answer)
		n := 0
		for _, b := range answer.Aggregations.Patterns.Buckets {
			if b.Key == pattern {
				n++
				if b.Nodes.Value != nodes {
					t.Errorf("it is on %d nodes, want %d", b.Nodes.Value, nodes)
				}
			}
		}
		if n != 1 {
			t.Errorf("%d buckets, want one: %+v", n, answer.Aggregations.Patterns.Buckets)
		}
	})
	t.Run("Alertmanager", func(t *testing.T) {
		var alerts []struct {
			Labels      map[string]string
			Annotations map[string]string
		}
		request(t, "GET", alertmanager+"/api/v2/alerts", "", &alerts)
		n := 0
		for _, a := range alerts {
			if a.Labels["pattern"] == pattern {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d alerts of %s: %v", n, pattern, alerts)
		}
		notified := func() (n int) {
			posts, _ := told.received()
			for _, p := range posts {
				if strings.Contains(string(p), pattern) {
					n++
				}
			}
			return n
		}
		eventually(t, "somebody is told", func() bool { return notified() > 0 })
		if n := notified(); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
	for _, r := range recipes {
		r.process.stop()
	}
	t.Logf("%d records of %d nodes (%v), pattern %s", lines, nodes, all, pattern)
}
