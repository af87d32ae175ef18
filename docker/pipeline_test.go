package docker

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

func TestMain(m *testing.M) { testbuild.Main(m) }

// standIns stand in for Elasticsearch and Loki and keep what they are sent.
type standIns struct {
	realLoki, realSearch string // addresses of real ones that get the same; empty = there is none

	mu      sync.Mutex
	docs    []map[string]any
	lines   int
	flagged []lokiLine
}

// lokiLine is one flagged line as Loki gets it.
type lokiLine struct {
	labels map[string]string
	text   string
	beside map[string]string
}

func (s *standIns) elasticsearch(w http.ResponseWriter, r *http.Request) {
	body := body(r)
	if s.realSearch != "" {
		answer, err := http.Post(s.realSearch+r.URL.Path, "application/x-ndjson", bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(`"errors":false`)) {
			http.Error(w, string(text), http.StatusBadRequest)
			return
		}
	}
	var items []string
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range bytes.Lines(body) {
		var v map[string]any
		if json.Unmarshal(line, &v) != nil {
			http.Error(w, "not JSON", http.StatusBadRequest)
			return
		}
		if create, ok := v["create"].(map[string]any); ok {
			items = append(items, fmt.Sprintf(`{"create":{"_index":%q,"status":201}}`, create["_index"]))
			continue
		}
		s.docs = append(s.docs, v)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"took":1,"errors":false,"items":[%s]}`, strings.Join(items, ","))
}

func (s *standIns) loki(w http.ResponseWriter, r *http.Request) {
	var push struct {
		Streams []struct {
			Stream map[string]string
			Values [][]json.RawMessage
		}
	}
	text := body(r)
	if err := json.Unmarshal(text, &push); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.realLoki != "" {
		answer, err := http.Post(s.realLoki+"/loki/api/v1/push", "application/json", bytes.NewReader(text))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			problem, _ := io.ReadAll(answer.Body)
			http.Error(w, string(problem), http.StatusBadRequest)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stream := range push.Streams {
		for _, v := range stream.Values {
			l := lokiLine{labels: stream.Stream}
			json.Unmarshal(v[1], &l.text)
			if len(v) > 2 {
				json.Unmarshal(v[2], &l.beside)
			}
			s.lines++
			if l.labels["anomaly"] == "true" {
				s.flagged = append(s.flagged, l)
			}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func body(r *http.Request) []byte {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if z, err := gzip.NewReader(in); err == nil {
			in = z
		}
	}
	b, _ := io.ReadAll(in)
	return b
}

// available starts a real server where there is one; where there is none, a test
// of its own says so.
func available(t *testing.T, name string, start func(testing.TB) string) (url string) {
	t.Run(name, func(t *testing.T) { url = start(t) })
	return url
}

// The configuration of compose.yml in a real Fluent Bit: the shop's records
// arrive at both servers, all of them, tagged, with the fields, labels and
// metadata that the dashboards ask for, and what the dashboards and the alerts ask
// of real servers is answered by what was sent.
func TestPipeline(t *testing.T) {
	bin := flbtest.Find(t)
	if major, minor := flbtest.Version(t, bin); major < 3 || major == 3 && minor < 2 {
		t.Skipf("SKIPPED: Fluent Bit %d.%d does not know this configuration's list of plugins, nor structured metadata", major, minor)
	}
	plugin := testbuild.Filter.Build(t)

	s := &standIns{realLoki: available(t, "Loki", servers.Loki), realSearch: available(t, "OpenSearch", servers.OpenSearch)}
	if s.realSearch != "" {
		ask(t, "PUT", s.realSearch+"/_index_template/logs-anomaly", string(read(t, "elasticsearch/index-template.json")))
	}
	elasticsearch := httptest.NewServer(http.HandlerFunc(s.elasticsearch))
	defer elasticsearch.Close()
	loki := httptest.NewServer(http.HandlerFunc(s.loki))
	defer loki.Close()
	input, metrics := flbtest.FreePort(t), flbtest.FreePort(t)
	port := func(url string) string { return url[strings.LastIndex(url, ":")+1:] }
	config := strings.NewReplacer(
		"/fluent-bit/plugins/flb-filter_anomaly.so", plugin,
		"/var/lib/flb-anomaly", t.TempDir(),
		"0.0.0.0", "127.0.0.1", "port: 5170", "port: "+input, "http_port: 2020", "http_port: "+metrics,
		"port: 9200", "port: "+port(elasticsearch.URL), "port: 3100", "port: "+port(loki.URL),
	).Replace(string(read(t, "compose/fluent-bit.yaml")))
	path := filepath.Join(t.TempDir(), "fluent-bit.yaml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", path)
	cmd.Env = append(os.Environ(), "ELASTICSEARCH_HOST=127.0.0.1", "ELASTICSEARCH_PASSWORD=x", "LOKI_HOST=127.0.0.1")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("Fluent Bit said:\n%s", &log)
		}
	}()

	const lines = 4000
	conn := dial(t, "127.0.0.1:"+input)
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: lines})
	objects := json.NewEncoder(conn)
	for range lines {
		r := g.Next()
		o := map[string]string{"service": r.Service, "log": r.Line}
		if r.Level != "" {
			o["level"] = r.Level
		}
		if err := objects.Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	defer conn.Close()

	for limit := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		docs, got := len(s.docs), s.lines
		s.mu.Unlock()
		if docs >= lines && got >= lines {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%d of %d records at Elasticsearch, %d at Loki", docs, lines, got)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	flagged := 0
	for _, d := range s.docs {
		if d["@timestamp"] == nil || d["service"] == nil || d["log"] == nil || d["anomaly"] == nil {
			t.Fatalf("a record lacks a field: %v", d)
		}
		if d["anomaly"] == "true" {
			flagged++
			if d["anomaly_score"] == nil || d["anomaly_reason"] == nil {
				t.Errorf("a flagged record lacks score or reason: %v", d)
			}
		}
	}
	if len(s.docs) != lines || s.lines != lines {
		t.Errorf("%d records at Elasticsearch and %d at Loki, want %d", len(s.docs), s.lines, lines)
	}
	if flagged == 0 || flagged != len(s.flagged) {
		t.Errorf("%d are flagged at Elasticsearch, %d at Loki", flagged, len(s.flagged))
	}
	for _, l := range s.flagged {
		if l.labels["job"] != "fluent-bit" || l.labels["service_name"] == "" || l.beside["anomaly_score"] == "" || l.beside["anomaly_reason"] == "" {
			t.Errorf("a flagged line lacks a label or metadata: %+v", l)
		}
		if len(l.labels) > 4 {
			t.Errorf("a line has other labels too: %v", l.labels)
		}
	}

	t.Run("questions to Loki", func(t *testing.T) { askLoki(t, s) })
	t.Run("questions to OpenSearch", func(t *testing.T) { askSearch(t, s) })
	t.Run("questions to Prometheus", func(t *testing.T) { askPrometheus(t, metrics) })

	// The image's health check asks what compose.yml's Fluent Bit answers.
	r, err := http.Get("http://127.0.0.1:" + metrics + "/api/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("the health check answers %s", r.Status)
	}
	r, err = http.Get("http://127.0.0.1:" + metrics + "/api/v2/metrics/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(r.Body)
	r.Body.Close()
	for _, name := range []string{"records_total", "anomalies_total", "incidents_total", "threshold"} {
		if !strings.Contains(string(b), "fluentbit_filter_anomaly_"+name+`{name="shop"}`) {
			t.Errorf("no metric %s in\n%s", name, b)
		}
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}
