package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// putIndexTemplate installs docker/elasticsearch/index-template.json.
func putIndexTemplate(t *testing.T, url string) {
	t.Helper()
	template, err := os.ReadFile("../../docker/elasticsearch/index-template.json")
	if err != nil {
		t.Fatal(err)
	}
	request(t, "PUT", url+"/_index_template/logs-anomaly", string(template), nil)
}

// request makes an HTTP request that must go well, and decodes the answer.
func request(t *testing.T, method, url, body string, into any) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, answer.Status, err, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, url, err, data)
		}
	}
}

// toElasticsearch tags two logs and sends all records to Elasticsearch, as the
// recipe does, and to a file, so that the test knows what was sent. The second
// log is in JSON, with what a user's records may hold: fields that have our
// names and other types among them.
const toElasticsearch = `
service:
  flush: 0.5
  grace: 2
  parsers_file: DIR/parsers.conf
plugins:
  - PLUGIN_FILTER
pipeline:
  inputs:
    - name: tail
      path: SHOP
      tag: shop
      read_from_head: on
    - name: tail
      path: DIR/odd.log
      tag: odd
      parser: json
      buffer_chunk_size: 256k
      buffer_max_size: 1m
      read_from_head: on
  filters:
    - name: anomaly
      match: "*"
      value_type: VALUE
      key_prefix: anomaly
  outputs:
    - name: es
      match: "*"
      host: 127.0.0.1
      port: PORT
      index: logs-anomaly-shop
      suppress_type_name: on
      time_key: "@timestamp"
      time_key_nanos: on
      generate_id: on
      trace_error: on
      retry_limit: no_limits
    - name: file
      match: "*"
      path: DIR
      file: sent.log
      format: plain
`

const parsers = `
[PARSER]
    Name   json
    Format json
`

// oddRecords are JSON objects, one a line.
func oddRecords() (lines string, n int) {
	var b strings.Builder
	for i := range 400 {
		for _, format := range []string{
			`{"message":"user %d logged in","anomaly":"perhaps","anomaly_score":"high","anomaly_reason":{"a":[1]},"n":%[1]d}`,
			`{"message":"user %d logged in","anomaly":{"nested":true},"text":"größe \u0000 \ud83d\ude00"}`,
			`{"n":%d}`,
		} {
			fmt.Fprintf(&b, format+"\n", i)
			n++
		}
	}
	b.WriteString(`{"message":"kernel panic: ` + strings.Repeat("unrecoverable machine check ", 2000) + `"}` + "\n")
	return b.String(), n + 1
}

const shopLines = 4000

// sendToElasticsearch starts Fluent Bit and returns the records that it sent,
// once it has sent all.
func sendToElasticsearch(t *testing.T, fb fluentBit, port, valueType string) (p *process, sent func() []map[string]any, n int) {
	dir := t.TempDir()
	odd, n := oddRecords()
	if !fb.since(3, 2) {
		// 2.2's own parser of JSON makes invalid UTF-8 of such a pair.
		odd = strings.ReplaceAll(odd, ` \ud83d\ude00`, "")
	}
	writeFile(t, dir, "odd.log", odd)
	writeFile(t, dir, "parsers.conf", parsers)
	shop, err := filepath.Abs("../../examples/shop.log")
	if err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("SHOP", shop, "PORT", port, "VALUE", valueType).Replace(toElasticsearch)
	p = fb.start(t, dir, "yaml", config)
	n += shopLines
	sent = func() []map[string]any { return jsonLines(t, filepath.Join(dir, "sent.log")) }
	eventually(t, "all records are sent", func() bool { return len(sent()) == n }, p)
	return p, sent, n
}

// Nothing that the filter writes is ever refused, whatever was in the record.
func TestElasticsearchTakesEverything(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		for _, valueType := range []string{"string", "bool"} {
			t.Run(valueType, func(t *testing.T) {
				e := newElasticsearch(t)
				putIndexTemplate(t, e.URL)
				p, sent, n := sendToElasticsearch(t, fb, e.port(), valueType)
				eventually(t, "all documents are stored", func() bool { return len(e.stored("*")) >= n || len(e.refusals()) > 0 }, p)
				p.stop()
				if r := e.refusals(); len(r) > 0 {
					t.Fatalf("%d refusals, the first: %.500s", len(r), r[0])
				}
				want, got := flagged(sent()), flagged(e.stored("logs-anomaly-shop"))
				if want == 0 || got != want || len(e.stored("*")) != n {
					t.Errorf("%d documents stored of %d, %d flagged of %d", len(e.stored("*")), n, got, want)
				}
				t.Logf("%d documents stored, %d flagged", n, got)
			})
		}
	})
}

func flagged(records []map[string]any) (n int) {
	for _, r := range records {
		if r["anomaly"] == "true" || r["anomaly"] == true {
			n++
		}
	}
	return n
}

// The same against a real server of that family.
func TestOpenSearchTakesEverything(t *testing.T) {
	fb := newest(t)
	url := servers.OpenSearch(t)
	putIndexTemplate(t, url)
	p, sent, n := sendToElasticsearch(t, fb, portOf(url), "string")
	count := func(query string) int {
		var answer struct{ Count int }
		request(t, "POST", url+"/logs-anomaly-shop/_refresh", "", nil)
		request(t, "POST", url+"/logs-anomaly-shop/_count", query, &answer)
		return answer.Count
	}
	eventually(t, "the index is there", func() bool {
		r, err := http.Head(url + "/logs-anomaly-shop")
		return err == nil && r.StatusCode == http.StatusOK
	}, p)
	eventually(t, "all documents are stored", func() bool { return count(`{}`) == n }, p)
	p.stop()
	if strings.Contains(p.Output(), "mapper_parsing_exception") {
		t.Errorf("refusals\n%s", p.Output())
	}

	want := flagged(sent())
	if got := count(`{"query":{"term":{"anomaly":true}}}`); got != want || want == 0 {
		t.Errorf("%d documents flagged, want %d", got, want)
	}
	if got := count(`{"query":{"range":{"anomaly_score":{"gt":0.5}}}}`); got < want {
		t.Errorf("%d documents have a score above 0.5, %d are flagged", got, want)
	}
	var hits struct {
		Hits struct {
			Hits []struct{ Source map[string]any } `json:"hits"`
		}
	}
	request(t, "POST", url+"/logs-anomaly-shop/_search", `{"size":1,"query":{"bool":{"filter":[{"term":{"anomaly":true}},{"exists":{"field":"anomaly_reason"}}]}}}`, &hits)
	if len(hits.Hits.Hits) != 1 {
		t.Errorf("no flagged document has a reason: %+v", hits)
	}
	var mapping map[string]struct {
		Mappings struct {
			Properties map[string]struct{ Type string }
		}
	}
	request(t, "GET", url+"/logs-anomaly-shop/_mapping", "", &mapping)
	for field, kind := range map[string]string{"@timestamp": "date", "anomaly": "boolean", "anomaly_score": "half_float", "anomaly_reason": "keyword"} {
		if got := mapping["logs-anomaly-shop"].Mappings.Properties[field].Type; got != kind {
			t.Errorf("%s is a %s in the index, want %s", field, got, kind)
		}
	}
	t.Logf("%d documents stored, %d flagged", n, want)
}
