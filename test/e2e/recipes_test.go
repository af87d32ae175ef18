package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// recipe is one configuration of examples/recipes at work: started as it is
// shipped, but for addresses and paths.
type recipe struct {
	t       *testing.T
	fb      fluentBit
	dir     string                     // the logs are in DIR/app or DIR/containers, the archive in DIR/archive, what Fluent Bit keeps in DIR/lib
	edit    func(config string) string // before it is started; nil = as it is
	process *process
}

// newRecipe reads the log of the example service unless the test gives others.
func newRecipe(t *testing.T, fb fluentBit) *recipe {
	t.Helper()
	r := &recipe{t: t, fb: fb, dir: t.TempDir()}
	for _, d := range []string{"app", "containers", "lib"} {
		if err := os.Mkdir(filepath.Join(r.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// run starts the configuration, with each old text, which must be in it,
// replaced by the new one.
func (r *recipe) run(file string, replace ...string) {
	r.t.Helper()
	config, err := os.ReadFile(filepath.Join("../../examples/recipes", file))
	if err != nil {
		r.t.Fatal(err)
	}
	text := string(config)
	for i := 0; i < len(replace); i += 2 {
		// Values are in columns in the classic format.
		key, value, _ := strings.Cut(replace[i], " ")
		found := false
		var out strings.Builder
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) == 2 && strings.EqualFold(strings.TrimSuffix(words[0], ":"), key) && strings.EqualFold(words[1], value) {
				found = true
				line = line[:strings.LastIndex(line, words[1])] + replace[i+1] + "\n"
			}
			out.WriteString(line)
		}
		if !found {
			r.t.Fatalf("%s has no line %q", file, replace[i])
		}
		text = out.String()
	}
	if r.edit != nil {
		text = r.edit(text)
	}
	for old, new := range map[string]string{"/var/log/app": "DIR/app", "/var/log/containers": "DIR/containers", "/var/log/archive": "DIR/archive", "/var/lib/fluent-bit": "DIR/lib"} {
		text = strings.ReplaceAll(text, old, new)
	}
	r.process = r.fb.start(r.t, r.dir, strings.TrimPrefix(filepath.Ext(file), "."), text, "-e", filter.Build(r.t), "-e", output.Build(r.t))
}

// option is a line that adds an option to a plugin, in the file's format.
func option(file, key, value string) string {
	if strings.HasSuffix(file, ".yaml") {
		return "      " + key + ": " + value
	}
	return "    " + key + " " + value
}

// serviceOption is option for the section service.
func serviceOption(file, key, value string) string {
	return strings.Replace(option(file, key, value), "      ", "  ", 1)
}

// shop makes the example service's log the input, and returns how many lines
// it has.
func (r *recipe) shop() int {
	r.t.Helper()
	data, err := os.ReadFile("../../examples/shop.log")
	if err != nil {
		r.t.Fatal(err)
	}
	writeFile(r.t, filepath.Join(r.dir, "app"), "shop.log", string(data))
	return shopLines
}

func (r *recipe) archive() []map[string]any {
	return jsonLines(r.t, filepath.Join(r.dir, "archive", "app.log"))
}

// elasticsearch is a stand-in with the template, and the replacements for it.
func (r *recipe) elasticsearch() (*elasticsearch, []string) {
	e := newElasticsearch(r.t)
	putIndexTemplate(r.t, e.URL)
	return e, []string{"host elasticsearch.example", "127.0.0.1", "port 9200", e.port()}
}

// eachFormat runs a recipe's test in both formats of configuration, with each
// Fluent Bit that is recent enough.
func eachFormat(t *testing.T, name string, since [2]int, test func(t *testing.T, fb fluentBit, file string)) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		if !fb.since(since[0], since[1]) {
			t.Skipf("Fluent Bit %s does not have what this recipe uses: it came with %d.%d", fb, since[0], since[1])
		}
		files, err := filepath.Glob(filepath.Join("../../examples/recipes", name, "fluent-bit.*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no configuration of %s: %v", name, err)
		}
		for _, file := range files {
			base := filepath.Base(file)
			t.Run(strings.TrimPrefix(filepath.Ext(base), "."), func(t *testing.T) { test(t, fb, filepath.Join(name, base)) })
		}
	})
}

var anyVersion = [2]int{2, 2}

// Every recipe has a test here, and a page.
func TestEveryRecipeIsTested(t *testing.T) {
	source, err := os.ReadFile("recipes_test.go")
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := os.ReadDir("../../examples/recipes")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		if !strings.Contains(string(source), `eachFormat(t, "`+d.Name()+`"`) {
			t.Errorf("no test of the recipe %s", d.Name())
		}
		for _, file := range []string{"README.md", "fluent-bit.yaml"} {
			if _, err := os.Stat(filepath.Join("../../examples/recipes", d.Name(), file)); err != nil {
				t.Error(err)
			}
		}
	}
}

// Each record is in one of the two places, once, after a restart too: the input
// goes on where it was, if it has a database of positions.
func testTwoStreams(t *testing.T, fb fluentBit, file string) {
	r := newRecipe(t, fb)
	n := r.shop()
	e, replace := r.elasticsearch()
	arrive := func() {
		t.Helper()
		r.run(file, replace...)
		eventually(t, "all records arrive", func() bool { return len(e.stored("*"))+len(r.archive()) >= n }, r.process)
		r.process.stop()
	}
	arrive()
	if fb.sqlite {
		log, err := os.OpenFile(filepath.Join(r.dir, "app", "shop.log"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(log, "written while Fluent Bit was away")
		log.Close()
		n++
		arrive()
	}
	index, archive := e.stored("logs-anomaly-app"), r.archive()
	if len(index) == 0 || flagged(index) != len(index) || flagged(archive) != 0 || len(index)+len(archive) != n {
		t.Errorf("%d records in the index, %d of them flagged; %d in the archive, %d of them flagged; %d in all",
			len(index), flagged(index), len(archive), flagged(archive), n)
	}
	if r := e.refusals(); len(r) > 0 {
		t.Errorf("refused: %s", r[0])
	}
}

// The server stores a chunk and its answer is lost: Fluent Bit sends the chunk
// again, and it overwrites itself.
func TestRecipeAnswerLost(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		r := newRecipe(t, fb)
		n := r.shop()
		e, replace := r.elasticsearch()
		e.lose = 1
		r.run("stack-traces/fluent-bit.yaml", append(replace, "flush 1", "1\n  scheduler.base: 1\n  scheduler.cap: 2")...)
		eventually(t, "the chunk is sent again", func() bool { return e.bulkRequests() >= 2 && len(e.stored("*")) >= n }, r.process)
		// Were a retry refused, it would be tried again by now.
		r.process.settle(e.bulkRequests)
		requests := e.bulkRequests()
		r.process.stop()
		if got := len(e.stored("*")); got != n || len(e.refusals()) > 0 {
			t.Errorf("%d documents of %d records, refused: %v", got, n, e.refusals())
		}
		if again := e.bulkRequests(); again != requests {
			t.Errorf("%d requests, and %d at the end", requests, again)
		}
	})
}

// The server refuses a record, or all of a chunk. docs/routing.md says what
// becomes of them, by version.
func TestRecipeRecordRefused(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		const retries = 2
		for _, c := range []struct {
			name     string
			lines    string
			stored   int
			requests int
			printed  bool // Trace_Error prints the server's answer
		}{
			// Before 3.x the whole chunk is sent again, and refused in part again.
			{"one of three", `{"n":1}` + "\n" + `{"n":{"deep":1}}` + "\n" + `{"n":2}` + "\n", 2, map[bool]int{true: 1, false: 1 + retries}[fb.since(3, 2)], !fb.since(3, 2)},
			{"all", `{"taken":{"deep":1}}` + "\n", 0, 1 + retries, true},
		} {
			t.Run(c.name, func(t *testing.T) {
				r := newRecipe(t, fb)
				writeFile(t, r.dir, "parsers.conf", parsers)
				writeFile(t, filepath.Join(r.dir, "app"), "app.log", c.lines)
				e, replace := r.elasticsearch()
				request(t, "POST", e.URL+"/_bulk", `{"index":{"_index":"logs-anomaly-app"}}`+"\n"+`{"taken":1}`+"\n", nil)
				requests := func() int { return e.bulkRequests() - 1 }
				r.run("keep-anomalies/fluent-bit.yaml", append(replace,
					"flush 1", "1\n  scheduler.base: 1\n  scheduler.cap: 2\n  parsers_file: DIR/parsers.conf",
					"tag app", "app\n      parser: json", "retry_limit 20", strconv.Itoa(retries))...)
				eventually(t, "the chunk arrives", func() bool { return requests() >= c.requests }, r.process)
				r.process.settle(requests)
				r.process.stop()
				if got := len(e.stored("*")) - 1; got != c.stored || requests() != c.requests {
					t.Errorf("%d documents stored, want %d; %d requests, want %d", got, c.stored, requests(), c.requests)
				}
				if printed := strings.Contains(r.process.Output(), "document_parsing_exception"); printed != c.printed {
					t.Errorf("the answer is printed: %v, want %v\n%s", printed, c.printed, r.process.Output())
				}
			})
		}
	})
}

func TestRecipeOwnIndex(t *testing.T) { eachFormat(t, "own-index", anyVersion, testTwoStreams) }

func TestRecipeConditionalRoutes(t *testing.T) {
	eachFormat(t, "conditional-routes", [2]int{4, 2}, testTwoStreams)
}

func TestRecipeKeepAnomalies(t *testing.T) {
	eachFormat(t, "keep-anomalies", anyVersion, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		n := r.shop()
		e, replace := r.elasticsearch()
		r.run(file, replace...)
		// The warm-up, a hundredth of what follows, and the anomalies.
		const warmup = 256
		least := warmup + (n-warmup-300)/100
		eventually(t, "the records arrive", func() bool { return len(e.stored("*")) >= least }, r.process)
		r.process.stop()
		docs := e.stored("logs-anomaly-app")
		anomalies := flagged(docs)
		unjudged := 0
		for _, d := range docs {
			if d["anomaly_score"] == nil {
				unjudged++
			}
		}
		kept := len(docs) - anomalies - unjudged
		if want := (n - unjudged - anomalies) / 100; unjudged != warmup || anomalies < 10 || kept < want-1 || kept > want+1 {
			t.Errorf("%d records: %d of the warm-up, %d flagged, %d normal ones kept, want %d", len(docs), unjudged, anomalies, kept, want)
		}
	})
}

// webhook stands in for a server that takes JSON posts.
type webhook struct {
	*httptest.Server
	mu    sync.Mutex
	posts [][]byte
	bad   []string
}

func newWebhook(t *testing.T, start func(http.Handler) *httptest.Server, path string, check func([]byte) error) *webhook {
	w := &webhook{}
	w.Server = start(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && (r.Method != "POST" || r.URL.Path != path || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")) {
			err = fmt.Errorf("%s %s of %s", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		if err == nil {
			err = check(body)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if err != nil {
			w.bad = append(w.bad, fmt.Sprintf("%v: %s", err, body))
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		w.posts = append(w.posts, body)
		rw.Write([]byte("ok"))
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *webhook) port() string { return portOf(w.URL) }

func (w *webhook) received() ([][]byte, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts), slices.Clone(w.bad)
}

// alert is what Alertmanager's API takes: labels and annotations are strings.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func parseAlerts(body []byte) (list []alert, err error) {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	err = d.Decode(&list)
	for _, a := range list {
		if a.Labels["alertname"] == "" && err == nil {
			err = fmt.Errorf("an alert without a name: %+v", a)
		}
	}
	return list, err
}

// timed is a parser of JSON lines that have their time.
const timed = `
[PARSER]
    Name        timed
    Format      json
    Time_Key    time
    Time_Format %Y-%m-%dT%H:%M:%S.%LZ
`

// The first record of each incident is an alert, labelled by its pattern: two
// incidents of a service are two alerts.
func TestRecipeAlertmanager(t *testing.T) {
	eachFormat(t, "alertmanager", anyVersion, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		writeFile(t, r.dir, "parsers.conf", timed)
		var log strings.Builder
		n, at := 0, time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
		write := func(line string) {
			at = at.Add(time.Second)
			n++
			fmt.Fprintf(&log, "%s\n", object("time", at.Format("2006-01-02T15:04:05.000Z"), "log", line))
		}
		shop := shoplog.New(shoplog.Options{Seed: 5})
		for range 1500 {
			write(shop.Next().Line)
		}
		strange := []string{
			"kernel panic: unrecoverable machine check, halting all processors",
			"the ledger of yesterday does not balance, payouts are stopped",
		}
		for _, line := range strange {
			at = at.Add(time.Hour)
			write(line)
			write(shop.Next().Line)
			write(line)
		}
		writeFile(t, filepath.Join(r.dir, "app"), "app.log", log.String())
		w := newWebhook(t, httptest.NewServer, "/api/v2/alerts", func(b []byte) error { _, err := parseAlerts(b); return err })
		r.run(file, "host alertmanager.example", "127.0.0.1", "port 9093", w.port(), "tag app", "app\n"+option(file, "parser", "timed"),
			"flush 1", "1\n"+serviceOption(file, "parsers_file", "DIR/parsers.conf"))
		alerts := func() (all []alert) {
			posts, bad := w.received()
			if len(bad) > 0 {
				t.Fatalf("refused: %.1000s", bad[0])
			}
			for _, p := range posts {
				list, _ := parseAlerts(p)
				all = append(all, list...)
			}
			return all
		}
		firsts := func() (n int) {
			for _, record := range r.archive() {
				if record["anomaly_nth"] == "1" {
					n++
				}
			}
			return n
		}
		eventually(t, "the archive has all records, and each incident's first is an alert", func() bool {
			return len(r.archive()) == n && len(alerts()) >= firsts()
		}, r.process)
		r.process.stop()

		text := func(record map[string]any, name string) string { s, _ := record[name].(string); return s }
		want, patterns := map[string]int{}, map[string]string{}
		for _, record := range r.archive() {
			if record["anomaly_nth"] == "1" {
				want[fmt.Sprint(text(record, "log"), text(record, "anomaly_reason"), text(record, "anomaly_kind"), text(record, "anomaly_incident"), text(record, "anomaly_pattern"))]++
				patterns[text(record, "log")] = text(record, "anomaly_pattern")
			}
		}
		if a, b := patterns[strange[0]], patterns[strange[1]]; a == "" || b == "" || a == b {
			t.Errorf("the two incidents have the patterns %q and %q", a, b)
		}
		for _, a := range alerts() {
			l, m := a.Labels, a.Annotations
			if l["alertname"] != "LogAnomaly" || l["severity"] != "warning" || l["service"] != "app" || len(l) != 4 || len(m) != 4 {
				t.Errorf("an alert: %+v", a)
			}
			want[fmt.Sprint(m["description"], m["summary"], m["kind"], m["incident"], l["pattern"])]--
		}
		for record, missing := range want {
			if missing != 0 {
				t.Errorf("%d alerts missing of %s", missing, record)
			}
		}
	})
}

func TestRecipeSlack(t *testing.T) {
	eachFormat(t, "slack", anyVersion, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		n := r.shop()
		text := func(b []byte) (string, error) {
			var m map[string]string // as Slack: an object, no array
			err := json.Unmarshal(b, &m)
			if err == nil && m["text"] == "" {
				err = fmt.Errorf("no_text")
			}
			return m["text"], err
		}
		w := newWebhook(t, httptest.NewTLSServer, "/services/T/B/X", func(b []byte) error { _, err := text(b); return err })
		r.fb.env = []string{"SLACK_WEBHOOK=" + strings.Replace(w.URL, "127.0.0.1", "localhost", 1) + "/services/T/B/X"}
		// The stand-in's certificate is nobody's.
		r.run(file, "retry_limit 10", "10\n"+option(file, "tls.verify", "off"))
		eventually(t, "the archive has all records, and the posts every flagged one", func() bool {
			archive := r.archive()
			posts, bad := w.received()
			if len(bad) > 0 {
				t.Fatalf("refused: %.1000s", bad[0])
			}
			return len(archive) == n && len(posts) > 0 && strings.Count(string(slices.Concat(posts...)), "anomaly_reason") >= flagged(archive)
		}, r.process)
		r.process.stop()
		posts, _ := w.received()
		var all string
		for _, p := range posts {
			s, _ := text(p)
			all += s
		}
		if got := strings.Count(all, "anomaly_reason"); got != flagged(r.archive()) || strings.Contains(all, "anomaly_score") {
			t.Errorf("%d records posted, %d flagged", got, flagged(r.archive()))
		}
		// Those of a flush interval are one message.
		if n := len(posts); n > flagged(r.archive())/2 {
			t.Errorf("%d posts of %d records", n, flagged(r.archive()))
		}
	})
}

func TestRecipeStackTraces(t *testing.T) {
	eachFormat(t, "stack-traces", anyVersion, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		var log strings.Builder
		shop := shoplog.New(shoplog.Options{Seed: 5})
		routine := func(n int) {
			for range n {
				log.WriteString(shop.Next().Line + "\n")
			}
		}
		routine(2000)
		const frames = 40
		log.WriteString("Exception in thread \"main\" java.lang.IllegalStateException: cannot reserve stock\n")
		for i := range frames {
			fmt.Fprintf(&log, "\tat com.example.shop.Stock.reserve%d(Stock.java:%d)\n", i, 100+i)
		}
		log.WriteString("Caused by: java.net.SocketTimeoutException: connect timed out\n\tat com.example.shop.Db.connect(Db.java:17)\n")
		routine(50)
		writeFile(t, filepath.Join(r.dir, "app"), "app.log", log.String())
		e, replace := r.elasticsearch()
		r.run(file, replace...)
		eventually(t, "all records arrive", func() bool { return len(e.stored("*")) >= 2051 }, r.process)
		r.process.stop()
		docs := e.stored("logs-anomaly-app")
		traces := 0
		for _, d := range docs {
			line := d["log"].(string)
			if strings.Contains(line, "cannot reserve stock") {
				traces++
				if d["anomaly"] != "true" || strings.Count(line, "\n\tat ") != frames+1 || !strings.Contains(line, "Caused by: java.net.SocketTimeoutException") {
					t.Errorf("anomaly is %v, or not the whole trace: %s", d["anomaly"], line)
				}
			} else if strings.Contains(line, "\tat com.example") {
				t.Errorf("a frame by itself: %s", line)
			}
		}
		if len(docs) != 2051 || traces != 1 || flagged(docs) > len(docs)/50 {
			t.Errorf("%d records, %d of them the trace, %d flagged", len(docs), traces, flagged(docs))
		}
	})
}

// kubeAPI stands in for the API server: two pods, with labels that clash in an
// index unless dots are replaced.
func kubeAPI(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app, ok := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/shop/pods/")
		if !ok {
			http.NotFound(w, r)
			return
		}
		app, _, _ = strings.Cut(app, "-")
		json.NewEncoder(w).Encode(map[string]any{"kind": "Pod", "apiVersion": "v1", "metadata": map[string]any{
			"name": app + "-7d9f", "namespace": "shop", "uid": "u-" + app,
			"labels": map[string]string{"app": app, "app.kubernetes.io/name": app}},
			"spec": map[string]any{"nodeName": "n1", "containers": []any{map[string]string{"name": app}}}})
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRecipeKubernetes(t *testing.T) {
	eachFormat(t, "kubernetes", anyVersion, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		api := kubeAPI(t)
		log := func(app string, seed uint64, last string) {
			var b strings.Builder
			shop := shoplog.New(shoplog.Options{Seed: seed})
			for i := range 1000 {
				line := shop.Next().Line
				if i == 900 {
					line = last
				}
				fmt.Fprintf(&b, "2026-03-02T10:%02d:%02d.%03dZ stdout F %s\n", i/60, i%60, i, line)
			}
			id := strings.Repeat("0123456789abcdef", 4)
			writeFile(t, filepath.Join(r.dir, "containers"), app+"-7d9f_shop_"+app+"-"+id+".log", b.String())
		}
		const strange = "kernel panic: unrecoverable machine check, halting all processors"
		log("web", 5, strange)
		log("batch", 6, strange)
		e, replace := r.elasticsearch()
		prefix := "kube." + strings.ReplaceAll(strings.Trim(r.dir, "/"), "/", ".") + ".containers."
		r.run(file, append(replace, "kube_url https://kubernetes.default.svc:443", api.URL, "kube_tag_prefix kube.var.log.containers.", prefix,
			"annotations off", "off\n"+option(file, "kube_token_file", writeFile(t, r.dir, "token", "a token")))...)
		eventually(t, "all records arrive", func() bool { return len(e.stored("*")) >= 2000 || len(e.refusals()) > 0 }, r.process)
		r.process.stop()
		if bad := e.refusals(); len(bad) > 0 {
			t.Fatalf("%d refused, the first: %s", len(bad), bad[0])
		}
		unjudged, found := map[string]int{}, map[string]any{}
		for _, d := range e.stored("logs-anomaly-kubernetes") {
			kubernetes, _ := d["kubernetes"].(map[string]any)
			labels, _ := kubernetes["labels"].(map[string]any)
			app, _ := labels["app"].(string)
			if app == "" {
				t.Fatalf("no metadata: %v\n%s", d, r.process.Output())
			}
			if d["anomaly_score"] == nil {
				unjudged[app]++
			}
			if d["log"] == strange {
				found[app] = d["anomaly"]
			}
		}
		if unjudged["web"] != 256 || unjudged["batch"] != 256 || len(unjudged) != 2 {
			t.Errorf("records of the warm-ups, by app: %v; want 256 of each", unjudged)
		}
		// Each has its own model: what one has seen is new to the other.
		if found["web"] != "true" || found["batch"] != "true" {
			t.Errorf("the strange line: %v", found)
		}
	})
}

func TestRecipeOutput(t *testing.T) {
	// The input forward of 2.2 knows no Shared_Key.
	eachFormat(t, "output", [2]int{3, 2}, func(t *testing.T, fb fluentBit, file string) {
		r := newRecipe(t, fb)
		n := r.shop()
		r.fb.env = []string{"FORWARD_KEY=a secret"}
		port := flbtest.FreePort(t)
		r.run(file, "forward_port 24224", port, "port 24224", port)
		eventually(t, "all records arrive", func() bool { return len(r.archive()) >= n }, r.process)
		r.process.stop()
		if all := r.archive(); len(all) != n || flagged(all) < 10 {
			t.Errorf("%d records, %d of them flagged", len(all), flagged(all))
		}
	})
}

// What the README says to install: no record is lost, and the flagged ones are
// where it says.
func TestRecipeReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "<!-- install -->\n```\n# plugins.conf\n")
	plugins, block, _ := strings.Cut(block, "\n# fluent-bit.conf\n")
	config, _, ok := strings.Cut(block, "```\n<!-- /install -->")
	if !ok {
		t.Fatal("the README has no plugins.conf and fluent-bit.conf")
	}
	withEach(t, func(t *testing.T, fb fluentBit) {
		r := newRecipe(t, fb)
		n := r.shop()
		plugins := writeFile(t, r.dir, "plugins.conf", strings.ReplaceAll(plugins, "/usr/lib/flb-anomaly/flb-filter_anomaly.so", filter.Build(t)))
		config := strings.NewReplacer("Plugins_File plugins.conf", "Plugins_File "+plugins+"\n    Flush 1", "/var/log", "DIR").Replace(config)
		p := fb.start(t, r.dir, "conf", config+`
[INPUT]
    Name           tail
    Path           DIR/app/shop.log
    Tag            app.shop
    Read_from_Head On

[OUTPUT]
    Name   file
    Match  app.*
    Path   DIR
    File   rest.log
    Format plain
`)
		at := func(name string) []map[string]any { return jsonLines(t, filepath.Join(r.dir, name)) }
		eventually(t, "all records arrive", func() bool { return len(at("anomalies.log"))+len(at("rest.log")) >= n }, p)
		p.stop()
		anomalies, rest := at("anomalies.log"), at("rest.log")
		if len(anomalies)+len(rest) != n || len(anomalies) < 10 || flagged(anomalies) != len(anomalies) || flagged(rest) != 0 {
			t.Errorf("%d records, %d flagged of %d in anomalies.log, %d of %d in the rest", n, flagged(anomalies), len(anomalies), flagged(rest), len(rest))
		}
		p.mustHave("] ready contamination=auto warmup=256", "] learned enough to judge records=")
	})
}

// What docs/deploy.md has for nodes that forward to an aggregator: while it is
// away, records wait on the node, and none is lost.
func TestRecipeNodesWait(t *testing.T) {
	page, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "**The nodes must be able to wait.**")
	_, rest, _ = strings.Cut(rest, "```\n")
	config, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("docs/deploy.md has no configuration of the nodes")
	}
	withEach(t, func(t *testing.T, fb fluentBit) {
		r := newRecipe(t, fb)
		n := r.shop()
		port := flbtest.FreePort(t)
		node := fb.start(t, r.dir, "conf", strings.NewReplacer("logs-fluent-bit", "127.0.0.1", "24224", port,
			"/var/log/containers", "DIR/app", "/var/lib/fluent-bit", "DIR/lib",
			"[SERVICE]\n", "[SERVICE]\n    Flush 1\n    scheduler.base 1\n    scheduler.cap 2\n",
			"Name         tail\n", "Name tail\n    Tag app\n    Read_from_Head On\n").Replace(config))
		// Without Retry_Limit no_limits, all is given up by the second retry.
		eventually(t, "some retries have failed", func() bool { return strings.Count(node.Output(), "failed to flush chunk") >= 3 }, node)
		aggregator := fb.start(t, r.dir, "conf", `
[SERVICE]
    Flush 1

[INPUT]
    Name   forward
    Listen 127.0.0.1
    Port   `+port+`

[OUTPUT]
    Name   file
    Match  *
    Path   DIR
    File   all.log
    Format plain
`)
		eventually(t, "all records arrive", func() bool { return len(jsonLines(t, filepath.Join(r.dir, "all.log"))) >= n }, node, aggregator)
		node.stop()
		aggregator.stop()
		if got := len(jsonLines(t, filepath.Join(r.dir, "all.log"))); got != n {
			t.Errorf("%d records of %d", got, n)
		}
	})
}
