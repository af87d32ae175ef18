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
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// servers stand in for Elasticsearch and Loki and keep what they are sent.
type servers struct {
	real string // address of a real Loki that gets the same; empty = there is none

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

func (s *servers) elasticsearch(w http.ResponseWriter, r *http.Request) {
	body := body(r)
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

func (s *servers) loki(w http.ResponseWriter, r *http.Request) {
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
	if s.real != "" {
		answer, err := http.Post(s.real+"/loki/api/v1/push", "application/json", bytes.NewReader(text))
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

// The configuration of compose.yml in a real Fluent Bit: the shop's records
// arrive at both servers, all of them, tagged, with the fields, labels and
// metadata that the dashboards ask for.
func TestPipeline(t *testing.T) {
	bin := os.Getenv("FLUENT_BIT")
	if bin == "" {
		bin = "fluent-bit"
	}
	bin, err := exec.LookPath(bin)
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: no Fluent Bit here (%v)", err)
	}
	if major, minor := flbtest.Version(t, bin); major < 3 || major == 3 && minor < 2 {
		t.Skipf("SKIPPED: Fluent Bit %d.%d does not know this configuration's list of plugins, nor structured metadata", major, minor)
	}
	plugin, err := filepath.Abs("../bin/flb-filter_anomaly.so")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(plugin); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: %v; make builds it", err)
	}

	s := &servers{real: startLoki(t)}
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

	if s.real != "" {
		askLoki(t, s.real)
	}

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
	for _, name := range []string{"records_total", "anomalies_total", "threshold"} {
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

// startLoki starts a real Loki with compose.yml's configuration, where there is
// one: $LOKI, or what make loki has built.
func startLoki(t *testing.T) (url string) {
	t.Helper()
	bin := os.Getenv("LOKI")
	if bin == "" {
		cache := os.Getenv("FLB_ANOMALY_CACHE")
		if cache == "" {
			dir, err := os.UserCacheDir()
			if err != nil {
				t.Fatal(err)
			}
			cache = filepath.Join(dir, "flb-anomaly")
		}
		found, _ := filepath.Glob(filepath.Join(cache, "loki-*", "loki"))
		if len(found) == 0 {
			t.Log("NOT TESTED against a real Loki: there is none; make loki builds one")
			return ""
		}
		bin = found[len(found)-1]
	}
	dir, port := t.TempDir(), flbtest.FreePort(t)
	config := strings.NewReplacer(
		"http_listen_port: 3100", "http_listen_address: 127.0.0.1\n  http_listen_port: "+port+"\n  grpc_listen_address: 127.0.0.1\n  grpc_listen_port: "+flbtest.FreePort(t),
		" /loki", " "+dir,
	).Replace(string(read(t, "compose/loki.yaml")))
	path := filepath.Join(dir, "loki.yaml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-config.file="+path)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("Loki said:\n%s", &log)
		}
	})
	url = "http://127.0.0.1:" + port
	for limit := time.Now().Add(90 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if r, err := http.Get(url + "/ready"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return url
			}
		}
		if time.Now().After(limit) {
			t.Fatal("Loki is not ready")
		}
	}
}

// askLoki puts each question of Grafana's dashboard to a real Loki. Each has an
// answer, and what the dashboard calls kinds and patterns has no numbers.
func askLoki(t *testing.T, address string) {
	t.Helper()
	var dashboard map[string]any
	if err := json.Unmarshal(read(t, "compose/grafana/dashboards/anomalies.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, panel := range list(dashboard, "panels") {
		for _, target := range list(panel, "targets") {
			if text(target, "datasource", "type") != "loki" {
				continue
			}
			asked++
			query := strings.NewReplacer("$__range", "30m", "$__auto", "1m", "$service", ".+").Replace(text(target, "expr"))
			path := "/loki/api/v1/query"
			values := url.Values{"query": {query}}
			if text(target, "queryType") == "range" {
				path += "_range"
				values.Set("since", "30m")
				values.Set("step", "60s")
			}
			r, err := http.Get(address + path + "?" + values.Encode())
			if err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(r.Body)
			r.Body.Close()
			var v map[string]any
			if err := json.Unmarshal(answer, &v); err != nil || r.StatusCode != http.StatusOK {
				t.Errorf("%s: %s\n%s\n%s", text(panel, "title"), r.Status, query, answer)
				continue
			}
			results := list(v, "data", "result")
			if len(results) == 0 {
				t.Errorf("%s: no answer to %s", text(panel, "title"), query)
			}
			for _, result := range results {
				for _, name := range []string{"kind", "message"} {
					if made := text(result, "metric", name); strings.ContainsAny(made, "0123456789") {
						t.Errorf("%s: the %s %q has a number", text(panel, "title"), name, made)
					}
				}
				if problem := text(result, "metric", "__error__"); problem != "" {
					t.Errorf("%s: %s", text(panel, "title"), problem)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("the dashboard asks Loki nothing")
	}
}
