package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// Tests of the shared object in a real Fluent Bit.

func TestMain(m *testing.M) { testbuild.Main(m) }

// start starts Fluent Bit with the shared object and a configuration in YAML
// (it begins with a line that ends in a colon) or classic, in which DIR stands
// for a directory of the test's own.
func start(t *testing.T, config string) (p *flbtest.Process, dir string) {
	t.Helper()
	flbtest.Find(t)
	dir = t.TempDir()
	name := "fluent-bit.conf"
	if first, _, _ := strings.Cut(strings.TrimSpace(config), "\n"); strings.HasSuffix(first, ":") {
		name = "fluent-bit.yaml"
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(config, "DIR", dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	return flbtest.Start(t, dir, "-e", testbuild.Filter.Build(t), "-c", path), dir
}

// TestEveryRecordComesOut tails lines of the example service through the
// filter into a file: as many come out, in order, each its line but for the
// added fields. LINES sets how many; a million is what is measured with.
func TestEveryRecordComesOut(t *testing.T) {
	flbtest.Find(t)
	lines := 50_000
	if n, err := strconv.Atoi(os.Getenv("LINES")); err == nil {
		lines = n
	}
	in := filepath.Join(t.TempDir(), "in.log")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	g := shoplog.New(shoplog.Options{Seed: 8})
	want := make([]string, lines)
	for i := range want {
		want[i] = g.Next().Line
		fmt.Fprintln(w, want[i])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	p, dir := start(t, `
[SERVICE]
    Flush     0.5
    Log_Level warn
[INPUT]
    Name           tail
    Path           `+in+`
    Tag            shop
    Read_from_Head On
    Exit_On_Eof    On
[FILTER]
    Name  anomaly
    Match *
[OUTPUT]
    Name   file
    Match  *
    Path   DIR
    File   out.jsonl
    Format plain
`)
	if code := p.End(); code != 0 {
		t.Fatalf("exit status %d\n%s", code, p.Output())
	}
	out, err := os.Open(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	n, flagged := 0, 0
	for ; sc.Scan(); n++ {
		var record map[string]any
		if err := json.Unmarshal(sc.Bytes(), &record); err != nil {
			t.Fatalf("record %d: %v\n%s", n+1, err, sc.Bytes())
		}
		if n >= lines || record["log"] != want[n] {
			t.Fatalf("record %d is %s", n+1, sc.Bytes())
		}
		for key := range record {
			if key != "log" && !slices.Contains(chunks.Added, key) {
				t.Fatalf("record %d has the field %q", n+1, key)
			}
		}
		if record["anomaly"] == "true" {
			flagged++
		}
	}
	if n != lines || flagged == 0 {
		t.Errorf("%d records came out of %d, %d of them flagged", n, lines, flagged)
	}
	t.Logf("%d records in, %d out, in order and unchanged but for the fields; %d flagged", lines, n, flagged)
}

const shopInput = `
[SERVICE]
    Flush     0.2
    Grace     1
    Log_Level info
[INPUT]
    Name           tail
    Path           DIR/../../shop.log
    Tag            shop
    Read_from_Head On
    Exit_On_Eof    On
`

// withShop puts the path of the example log into a configuration.
func withShop(t *testing.T, config string) string {
	path, err := filepath.Abs("../examples/shop.log")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(config, "DIR/../../shop.log", path)
}

func TestRoutesByTheTag(t *testing.T) {
	p, _ := start(t, withShop(t, strings.Replace(shopInput, "    Exit_On_Eof    On\n", "", 1)+`
[FILTER]
    Name  anomaly
    Match shop
[FILTER]
    Name  rewrite_tag
    Match shop
    Rule  $anomaly ^true$ anomaly.$TAG false
[FILTER]
    Name    grep
    Match   shop
    Exclude anomaly ^false$
[OUTPUT]
    Name   stdout
    Match  *
`))
	// rewrite_tag moves the flagged ones, grep drops all the others.
	p.Wait(`"anomaly"=>"true"`, 8)
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Fatalf("exit status %d\n%s", code, p.Output())
	}
	if strings.Contains(p.Output(), `"anomaly"=>"false"`) || strings.Contains(p.Output(), "] shop: [[") {
		t.Errorf("more than the flagged records came through\n%s", p.Output())
	}
}

func TestRefusesAtStart(t *testing.T) {
	for _, c := range []struct{ option, says string }{
		{"Contaminatoin 0.1", "contaminatoin"}, // Fluent Bit itself
		{"Contamination 0.7", `option Contamination has the value \"0.7\"`},
		{"Contamination loud", "neither auto nor a number"},
		{"Warmup 3", "allowed: 32 to 1000000"},
		{"Keep some", "allowed: all or anomalies"},
		{"Ignore (", "option Ignore"},
		{"Log_Key $a[", "option Log_Key"},
		{"Key_Prefix a b", "option Key_Prefix"},
		{"Refit_Interval soon", "not a time such as"},
	} {
		t.Run(c.option, func(t *testing.T) {
			p, _ := start(t, "[INPUT]\n    Name dummy\n[FILTER]\n    Name anomaly\n    Match *\n    "+c.option+"\n[OUTPUT]\n    Name null\n    Match *\n")
			code := p.End()
			says := strings.ReplaceAll(c.says, `\"`, `"`)
			if out := strings.ReplaceAll(p.Output(), `\"`, `"`); code == 0 || !strings.Contains(out, says) {
				t.Errorf("exit status %d, want a refusal that says %s\n%s", code, says, out)
			}
		})
	}
}

func TestShowsItsOptions(t *testing.T) {
	p := flbtest.Start(t, t.TempDir(), "-e", testbuild.Filter.Build(t), "-F", "anomaly", "-h")
	p.End()
	for _, want := range []string{"contamination", "refit_records", "keep_share", "Allowed: auto, or above 0 and below 0.5"} {
		if shown := strings.Join(strings.Fields(strings.ToLower(p.Output())), " "); !strings.Contains(shown, strings.ToLower(want)) {
			t.Errorf("-F anomaly -h does not show %q\n%s", want, p.Output())
		}
	}
}

func TestMetricsInTheEndpoint(t *testing.T) {
	port := flbtest.FreePort(t)
	p, _ := start(t, withShop(t, strings.Replace(strings.Replace(shopInput, "    Exit_On_Eof    On\n", "", 1), "[SERVICE]\n", "[SERVICE]\n    HTTP_Server On\n    HTTP_Listen 127.0.0.1\n    HTTP_Port "+port+"\n", 1)+`
[FILTER]
    Name  anomaly
    Alias shop
    Match *
[OUTPUT]
    Name  null
    Match *
`))
	text := p.WaitFor("http://127.0.0.1:"+port+"/api/v2/metrics/prometheus", `fluentbit_filter_anomaly_records_total\{name="shop"\} 4000\b`)
	for _, want := range []string{
		`fluentbit_filter_anomaly_anomalies_total{name="shop"} `, `fluentbit_filter_anomaly_incidents_total{name="shop"} 1`, `fluentbit_filter_anomaly_unjudged_total{name="shop"} 256`, `fluentbit_filter_anomaly_refits_total{name="shop"} `,
		`fluentbit_filter_anomaly_groups{name="shop"} 1`, `fluentbit_filter_anomaly_threshold{name="shop"} 0.5`,
		`fluentbit_filter_anomaly_groups_evicted_total{name="shop"} 0`, `fluentbit_filter_anomaly_saves_total{name="shop"} 0`, `fluentbit_filter_anomaly_save_failures_total{name="shop"} 0`,
		`fluentbit_filter_anomaly_saved_timestamp_seconds{name="shop"} 0`, `fluentbit_filter_anomaly_dropped_total{name="shop"} 0`, `fluentbit_filter_anomaly_refit_failures_total{name="shop"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the endpoint does not show %s\n%s", want, text)
		}
	}
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Errorf("exit status %d on SIGINT\n%s", code, p.Output())
	}
	// At its end the filter says the same.
	shown := func(name string) string {
		m := regexp.MustCompile(`fluentbit_filter_anomaly_` + name + `\{name="shop"\} (\d+)\n`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("the endpoint does not show %s\n%s", name, text)
		}
		return m[1]
	}
	const begin = "done records="
	if want := fmt.Sprintf(begin+"%s judged=3744 anomalies=%s refits=%s groups=%s\n", shown("records_total"), shown("anomalies_total"), shown("refits_total"), shown("groups")); !p.SaidAtEnd(want, begin) {
		t.Errorf("at its end the filter does not say %s%s", want, p.Output())
	}
}

// TestSavesAndGroupsAreCounted in the endpoint: models that were saved and when, saves that
// failed, and groups that made room for others.
func TestSavesAndGroupsAreCounted(t *testing.T) {
	port := flbtest.FreePort(t)
	input := func(group string) string {
		return "[INPUT]\n    Name  dummy\n    Rate  20\n    Dummy {\"svc\": \"" + group + "\", \"log\": \"a request took 12 ms\"}\n"
	}
	began := time.Now()
	p, dir := start(t, `
[SERVICE]
    Flush       0.2
    Grace       1
    HTTP_Server On
    HTTP_Listen 127.0.0.1
    HTTP_Port   `+port+`
`+input("one")+input("other")+`
[FILTER]
    Name          anomaly
    Alias         few
    Match         *
    Contamination 0.25
    Group_By      svc
    Max_Groups    1
    Model_Path    DIR/models
    Save_Interval 1
[OUTPUT]
    Name  null
    Match *
`)
	const metric = `fluentbit_filter_anomaly_%s\{name="few"\} `
	url := "http://127.0.0.1:" + port + "/api/v2/metrics/prometheus"
	p.WaitFor(url, fmt.Sprintf(metric, "saves_total")+`[1-9]`)
	text := p.WaitFor(url, fmt.Sprintf(metric, "groups_evicted_total")+`[1-9]`)
	if !regexp.MustCompile(fmt.Sprintf(metric, "save_failures_total") + `0\b`).MatchString(text) {
		t.Errorf("no save has failed\n%s", text)
	}
	// No group stays for long enough that a forest is fitted for it.
	if !regexp.MustCompile(fmt.Sprintf(metric, "refits_total") + `0\b`).MatchString(text) {
		t.Errorf("no forest was fitted\n%s", text)
	}
	m := regexp.MustCompile(fmt.Sprintf(metric, "saved_timestamp_seconds") + `([0-9.e+]+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the endpoint does not show when it was saved\n%s", text)
	}
	seconds, err := strconv.ParseFloat(m[1], 64)
	if at := time.UnixMilli(int64(seconds * 1000)); err != nil || at.Before(began) || at.After(time.Now()) {
		t.Errorf("saved at %s, %v", m[1], err)
	}
	// A save that is going on may still write into the directory, or make it again: it is
	// moved away whole, until a file stands in its place.
	models := filepath.Join(dir, "models")
	for try := 0; ; try++ {
		if err := os.Rename(models, fmt.Sprintf("%s.%d", models, try)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(models, nil, 0o600); err == nil {
			break
		} else if try == 10 {
			t.Fatal(err)
		}
	}
	p.WaitFor(url, fmt.Sprintf(metric, "save_failures_total")+`[1-9]`)
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Errorf("exit status %d on SIGINT\n%s", code, p.Output())
	}
	for _, want := range []string{"ready contamination=0.25 ", "the model cannot be saved"} {
		if !strings.Contains(p.Output(), want) {
			t.Errorf("the log lacks %q\n%s", want, p.Output())
		}
	}
}

// TestModelPathOfNothing is said, as nobody sets it to that on purpose; a path is not.
func TestModelPathOfNothing(t *testing.T) {
	for path, want := range map[string]bool{"${A_VARIABLE_THAT_IS_NOT_SET}": true, "DIR/models": false} {
		p, _ := start(t, "[SERVICE]\n    Grace 1\n[INPUT]\n    Name dummy\n[FILTER]\n    Name anomaly\n    Match *\n    Model_Path "+path+"\n[OUTPUT]\n    Name null\n    Match *\n")
		p.Wait("ready contamination=auto", 1)
		if said := strings.Contains(p.Output(), "no models are saved; is it a variable that is not set?"); said != want {
			t.Errorf("Model_Path %s: said: %v\n%s", path, said, p.Output())
		}
		p.Kill()
	}
}

// TestProcessorsAndReloads runs four instances at once, with options of their
// own: a section, a processor of a threaded input, a processor of an output
// and one more section, across two hot reloads.
func TestProcessorsAndReloads(t *testing.T) {
	port := flbtest.FreePort(t)
	p, _ := start(t, `service:
  flush: 0.2
  grace: 1
  hot_reload: on
  http_server: on
  http_listen: 127.0.0.1
  http_port: `+port+`
pipeline:
  inputs:
    - name: dummy
      tag: first
      rate: 100
      threaded: true
      dummy: '{"log": "a request took 12 ms"}'
      processors:
        logs:
          - name: anomaly
            key_prefix: early
            warmup: 32
  filters:
    - name: anomaly
      match: first
      warmup: 64
    - name: anomaly
      match: first
      key_prefix: late
      value_type: bool
      warmup: 32
  outputs:
    - name: stdout
      match: first
      format: json_lines
      processors:
        logs:
          - name: anomaly
            key_prefix: last
            warmup: 32
`)
	const whole = `"last":"false","last_score":`
	p.Wait(whole, 10)
	for n := range 2 {
		p.Signal(syscall.SIGHUP)
		p.Wait("ready contamination=auto", 4*(n+2))
		p.Wait(whole, strings.Count(p.Output(), whole)+50) // half a second: the reload is over
	}
	for _, want := range []string{`"anomaly":"false","anomaly_score":`, `"late":false,"late_score":`, `"last":"false","last_score":`} {
		if !strings.Contains(p.Output(), want) {
			t.Errorf("no record has %s", want)
		}
	}
	p.Signal(syscall.SIGINT)
	if code := p.End(); code != 0 {
		t.Errorf("exit status %d on SIGINT\n%s", code, p.Output())
	}
}

// TestConfigurationsRunAsTheyStand starts what a user drops in.
func TestConfigurationsRunAsTheyStand(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml", "plugins.conf"} {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), "2020", flbtest.FreePort(t)))
		if err := os.WriteFile(filepath.Join(root, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log, err := filepath.Abs("../examples/shop.log")
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"bin/flb-filter_anomaly.so": testbuild.Filter.Build(t), "examples/shop.log": log} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		t.Run(name, func(t *testing.T) {
			if major, minor := flbtest.Version(t, flbtest.Find(t)); name == "fluent-bit.yaml" && (major < 3 || major == 3 && minor < 2) {
				t.Skipf("SKIPPED: Fluent Bit %d.%d does not read the list of plugins in YAML; %s is for 3.2 and later", major, minor, name)
			}
			p := flbtest.Start(t, root, "-c", name)
			p.Wait(`"anomaly":"true"`, 8)
			p.Signal(syscall.SIGINT)
			if code := p.End(); code != 0 || strings.Contains(p.Output(), `"anomaly":"false"`) {
				t.Errorf("exit status %d, want 0 and only anomalies printed\n%s", code, p.Output())
			}
		})
	}
}
