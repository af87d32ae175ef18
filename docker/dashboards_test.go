package docker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// ask asks a server for JSON; it must answer with success.
func ask(t *testing.T, method, address, body string) (answer map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 || json.Unmarshal(b, &answer) != nil {
		t.Fatalf("%s %s: %s, %v\n%s\n%s", method, address, response.Status, err, body, b)
	}
	return answer
}

// put puts a question of Grafana's to Loki or Prometheus, for the last ten
// minutes, and returns the results.
func (q question) put(t *testing.T, api string) []any {
	t.Helper()
	expr := strings.NewReplacer("$__range", "10m", "$__auto", "1m", "$__rate_interval", "1m", "$service", ".+", "$incident", ".*", "$pattern", ".*").Replace(q.expr)
	values, path := url.Values{"query": {expr}}, "/query"
	if q.over {
		end := time.Now().Unix() + 1 // a step
		path += "_range"
		values.Set("start", strconv.FormatInt(end-600, 10))
		values.Set("end", strconv.FormatInt(end, 10))
		values.Set("step", "60s")
		values.Set("limit", "5000")
	}
	results := list(ask(t, "GET", api+path+"?"+values.Encode(), ""), "data", "result")
	if len(results) == 0 && !q.quiet {
		t.Errorf("%s: no answer to %s", q.by, expr)
	}
	for _, r := range results {
		if problem := text(r, "metric", "__error__"); problem != "" {
			t.Errorf("%s: %s", q.by, problem)
		}
	}
	return results
}

// flaggedDocs are the flagged records as Elasticsearch got them.
func (s *standIns) flaggedDocs() (docs []map[string]any) {
	for _, d := range s.docs {
		if d["anomaly"] == "true" {
			docs = append(docs, d)
		}
	}
	return docs
}

// tally counts the values of a field.
func tally(docs []map[string]any, field string) map[string]int {
	n := map[string]int{}
	for _, d := range docs {
		value, _ := d[field].(string)
		n[value]++
	}
	return n
}

// askLoki puts each question that Grafana has for Loki to a real one. What is
// grouped is what the records say.
func askLoki(t *testing.T, s *standIns) {
	if s.realLoki == "" {
		t.Skip("SKIPPED, NOT TESTED: there is no Loki to put Grafana's questions to; make loki builds one")
	}
	docs, asked := s.flaggedDocs(), 0
	for _, q := range questions(t) {
		if q.kind != "loki" {
			continue
		}
		asked++
		results := q.put(t, s.realLoki+"/loki/api/v1")
		if !strings.Contains(q.expr, "count_over_time") || q.over {
			continue
		}
		field := ""
		switch {
		case strings.HasPrefix(q.expr, "sum by (anomaly_incident) "):
			field = "anomaly_incident"
		case q.by == "Patterns" && strings.HasPrefix(q.expr, "topk(25, "):
			field = "anomaly_pattern"
		default:
			continue
		}
		want, got := tally(docs, field), map[string]int{}
		for _, r := range results {
			n, _ := strconv.Atoi(text(r, "value", 1))
			got[text(r, "metric", field)] += n
		}
		for value, n := range got {
			if n != want[value] {
				t.Errorf("%s: %d records of %s, want %d", q.by, n, value, want[value])
			}
		}
		if len(got) != min(len(want), 25) {
			t.Errorf("%s: %d values of %s, want %d", q.by, len(got), field, len(want))
		}
	}
	if asked < 10 {
		t.Errorf("%d questions to Loki", asked)
	}
}

// askPrometheus has a real Prometheus, with the configuration and the alerts of
// compose.yml, scrape this Fluent Bit, and puts each question of Grafana's to it.
func askPrometheus(t *testing.T, port string) {
	config := strings.NewReplacer("fluent-bit:2020", "127.0.0.1:"+port, "scrape_interval: 10s", "scrape_interval: 1s").Replace(string(read(t, "compose/prometheus/prometheus.yml")))
	rules := t.TempDir() + "/alerts.yml"
	writeFile(t, rules, read(t, "compose/prometheus/alerts.yml"))
	address := servers.Prometheus(t, "global:\n  evaluation_interval: 1s\n"+strings.ReplaceAll(config, "- alerts.yml", "- "+rules))
	// An increase takes two samples.
	const two = "count_over_time(fluentbit_filter_anomaly_records_total[1m]) >= 2"
	evaluated := func() bool {
		n := 0
		for _, g := range list(ask(t, "GET", address+"/api/v1/rules", ""), "data", "groups") {
			for _, r := range list(g, "rules") {
				if text(r, "health") == "unknown" {
					return false
				}
				n++
				if text(r, "health") != "ok" || text(r, "lastError") != "" {
					t.Fatalf("the alert %s: %s", text(r, "name"), text(r, "lastError"))
				}
			}
		}
		return n > 0
	}
	for limit := time.Now().Add(flbtest.Patience); !evaluated() || len(list(ask(t, "GET", address+"/api/v1/query?"+url.Values{"query": {two}}.Encode(), ""), "data", "result")) == 0; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("Prometheus has no samples of Fluent Bit's, or does not evaluate the alerts")
		}
	}
	asked := 0
	for _, q := range questions(t) {
		if q.kind == "prometheus" {
			q.put(t, address+"/api/v1")
			asked++
		}
	}
	if asked < 10 {
		t.Errorf("%d questions to Prometheus", asked)
	}
}

// askSearch computes each panel of Kibana's dashboard in a real OpenSearch, by the
// aggregations that its columns stand for.
func askSearch(t *testing.T, s *standIns) {
	if s.realSearch == "" {
		t.Skip("SKIPPED, NOT TESTED: there is no OpenSearch to compute Kibana's panels; make opensearch brings one")
	}
	docs, panels := s.flaggedDocs(), 0
	var derived map[string]any
	ask(t, "POST", s.realSearch+"/logs-anomaly-shop/_refresh", "")
	for line := range bytes.Lines(read(t, "compose/kibana/anomalies.ndjson")) {
		var o map[string]any
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		switch text(o, "type") {
		case "index-pattern":
			// OpenSearch calls derived what Elasticsearch calls runtime.
			if err := json.Unmarshal([]byte(text(o, "attributes", "runtimeFieldMap")), &derived); err != nil {
				t.Fatal(err)
			}
			continue
		case "lens":
		default:
			continue
		}
		panels++
		state := at(o, "attributes", "state")
		layer := at(state, "datasourceStates", "formBased", "layers", "layer1")
		columns, _ := at(layer, "columns").(map[string]any)
		var order []string
		for _, name := range list(layer, "columnOrder") {
			order = append(order, name.(string))
		}
		title := text(o, "attributes", "title")
		query, _ := json.Marshal(map[string]any{"size": 0, "track_total_hits": true, "derived": derived,
			"query": kuery(text(state, "query", "query")), "aggs": aggregations(t, columns, order)})
		answer := ask(t, "POST", s.realSearch+"/logs-anomaly-shop/_search", string(query))
		total, _ := at(answer, "hits", "total", "value").(float64)
		if want := len(docs); title != "Records" && int(total) != want || title == "Records" && int(total) != len(s.docs) {
			t.Errorf("%s: of %v records, %d are flagged", title, total, want)
		}
		top := at(answer, "aggregations")
		checkBuckets(t, title, top, columns, order)
		switch title {
		case "Incidents", "Patterns":
			field := map[string]string{"Incidents": "anomaly_incident", "Patterns": "anomaly_pattern"}[title]
			want := tally(docs, field)
			if text(state, "visualization", "layerType") == "data" && text(o, "attributes", "visualizationType") == "lnsMetric" {
				if n, _ := at(top, "y", "value").(float64); int(n) != len(want) {
					t.Errorf("%s: %v, want %d", title, n, len(want))
				}
				continue
			}
			for _, b := range list(top, order[0], "buckets") {
				if n, _ := at(b, "doc_count").(float64); int(n) != want[text(b, "key")] {
					t.Errorf("%s: %v records of %s, want %d", title, n, text(b, "key"), want[text(b, "key")])
				}
			}
			if n := len(list(top, order[0], "buckets")); n != min(len(want), 25) {
				t.Errorf("%s: %d, want %d", title, n, len(want))
			}
		}
		for _, l := range list(state, "visualization", "layers") {
			for _, a := range list(l, "annotations") {
				query, _ := json.Marshal(map[string]any{"query": kuery(text(a, "filter", "query"))})
				if n, _ := at(ask(t, "POST", s.realSearch+"/logs-anomaly-shop/_count", string(query)), "count").(float64); int(n) != tally(docs, "anomaly_nth")["1"] {
					t.Errorf("%s: %v annotations, want %d", title, n, tally(docs, "anomaly_nth")["1"])
				}
			}
		}
	}
	if panels < 8 {
		t.Errorf("%d panels", panels)
	}
}

// kuery is Kibana's query in that of the server, as far as the dashboard uses it.
func kuery(q string) map[string]any {
	if q == "" {
		return map[string]any{"match_all": map[string]any{}}
	}
	return map[string]any{"query_string": map[string]any{"query": strings.ReplaceAll(q, " : ", ":")}}
}

// aggregations are what columns of Lens are computed by: buckets within each other
// in their order, with the figures in the innermost.
func aggregations(t *testing.T, columns map[string]any, order []string) map[string]any {
	t.Helper()
	c := columns[order[0]]
	field := text(c, "sourceField")
	if at(c, "isBucketed") == true {
		inner := map[string]any{}
		if len(order) > 1 {
			inner = aggregations(t, columns, order[1:])
		}
		switch text(c, "operationType") {
		case "date_histogram":
			return map[string]any{order[0]: map[string]any{"date_histogram": map[string]any{"field": field, "fixed_interval": "1m"}, "aggs": inner}}
		case "terms":
			by := "_count"
			if text(c, "params", "orderBy", "type") == "alphabetical" {
				by = "_key"
			}
			return map[string]any{order[0]: map[string]any{"terms": map[string]any{"field": field, "size": at(c, "params", "size"), "order": map[string]any{by: text(c, "params", "orderDirection")}}, "aggs": inner}}
		}
		t.Fatalf("buckets by %s", text(c, "operationType"))
	}
	all := map[string]any{}
	for _, name := range order {
		c := columns[name]
		field := text(c, "sourceField")
		switch op := text(c, "operationType"); op {
		case "count":
		case "unique_count":
			all[name] = map[string]any{"cardinality": map[string]any{"field": field}}
		case "min", "max":
			all[name] = map[string]any{op: map[string]any{"field": field}}
		case "last_value":
			all[name] = map[string]any{"filter": kuery(text(c, "filter", "query")), "aggs": map[string]any{"last": map[string]any{
				"top_hits": map[string]any{"size": 1, "sort": []any{map[string]any{text(c, "params", "sortField"): "desc"}}, "_source": []string{field}}}}}
		default:
			t.Fatalf("the figure %s", op)
		}
	}
	return all
}

// checkBuckets checks that each cell of a panel has a value.
func checkBuckets(t *testing.T, title string, in any, columns map[string]any, order []string) {
	t.Helper()
	c := columns[order[0]]
	if at(c, "isBucketed") == true {
		buckets := list(in, order[0], "buckets")
		if len(buckets) == 0 {
			t.Errorf("%s: nothing by %s", title, text(c, "sourceField"))
		}
		for _, b := range buckets {
			checkBuckets(t, title, b, columns, order[1:])
		}
		return
	}
	for _, name := range order {
		field := text(columns[name], "sourceField")
		var value any
		switch text(columns[name], "operationType") {
		case "count":
			continue
		case "last_value":
			value = at(in, name, "last", "hits", "hits", 0, "_source", field)
		default:
			value = at(in, name, "value")
		}
		if value == nil || value == 0.0 || fmt.Sprint(value) == "" {
			t.Errorf("%s: no %s", title, text(columns[name], "label"))
		}
	}
}
