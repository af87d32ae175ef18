// Package docker is the image and compose.yml; its tests hold them together
// with the filter that they show.
package docker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readYAML(t *testing.T, path string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := yaml.Unmarshal(read(t, path), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// at walks maps and lists: at(v, "services", "loki", "image"), at(v, "list", 0).
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func text(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}

func list(v any, path ...any) []any {
	l, _ := at(v, path...).([]any)
	return l
}

// metrics are the names that the filter's metrics have in Prometheus, read off
// its source, and those that every filter of package fluentbit has.
func metrics(t *testing.T) []string {
	t.Helper()
	const prefix = "fluentbit_filter_anomaly_"
	names := []string{prefix + "panics_total", prefix + "errors_total"}
	file, err := parser.ParseFile(token.NewFileSet(), "../plugin/filter.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "CounterFunc" || f.Sel.Name == "GaugeFunc") {
			if name, ok := call.Args[0].(*ast.BasicLit); ok {
				s, err := strconv.Unquote(name.Value)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, prefix+s)
			}
		}
		return true
	})
	if len(names) < 8 {
		t.Fatalf("found only the metrics %v in the filter's source", names)
	}
	return names
}

// fields are those that the filter writes, and those of the generator's
// records.
func fields() []string {
	s := options.Defaults()
	return append(s.Fields(), "service", "level", "log")
}

// The outputs of compose's Fluent Bit by their names.
func outputs(t *testing.T) map[string]map[string]any {
	t.Helper()
	byName := map[string]map[string]any{}
	for _, o := range list(readYAML(t, "compose/fluent-bit.yaml"), "pipeline", "outputs") {
		byName[text(o, "name")] = o.(map[string]any)
	}
	return byName
}

// pairs reads a list such as job=fluent-bit, level=$level.
func pairs(s string) map[string]string {
	m := map[string]string{}
	for p := range strings.SplitSeq(s, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		m[k] = v
	}
	return m
}

// What goes to Loki, as labels and beside them, are fields of the records.
func TestLokiFields(t *testing.T) {
	loki := outputs(t)["loki"]
	for _, list := range []string{"labels", "structured_metadata"} {
		for name, value := range pairs(text(loki, list)) {
			if field, ok := strings.CutPrefix(value, "$"); ok && !slices.Contains(fields(), field) {
				t.Errorf("%s: %s is %s, which no record has", list, name, value)
			}
		}
	}
	for name := range strings.SplitSeq(text(loki, "remove_keys"), ",") {
		if !slices.Contains(fields(), strings.TrimSpace(name)) {
			t.Errorf("remove_keys: no record has %s", name)
		}
	}
}

// question is what Grafana asks a data source.
type question struct {
	by      string // a panel, an annotation, an alert rule
	kind    string // of the data source
	expr    string
	over    bool // time, not at one moment
	quiet   bool // a rule to which no answer is the usual one
	flagged bool // it must be of the flagged records alone
}

// questions are all that the dashboard and the alert rules ask.
func questions(t *testing.T) (all []question) {
	t.Helper()
	sources := map[string]string{}
	for _, d := range list(readYAML(t, "compose/grafana/provisioning/datasources/datasources.yaml"), "datasources") {
		sources[text(d, "uid")] = text(d, "type")
	}
	var dashboard map[string]any
	if err := json.Unmarshal(read(t, "compose/grafana/dashboards/anomalies.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	ids := map[float64]bool{}
	var walk func(panels []any, flagged bool)
	walk = func(panels []any, flagged bool) {
		for _, panel := range panels {
			title := text(panel, "title")
			if id, _ := at(panel, "id").(float64); id == 0 || ids[id] {
				t.Errorf("%s: no id of its own", title)
			} else {
				ids[id] = true
			}
			for _, target := range list(panel, "targets") {
				kind := text(target, "datasource", "type")
				if sources[text(target, "datasource", "uid")] != kind {
					t.Errorf("%s: its data source is not provisioned", title)
				}
				over := text(target, "queryType") == "range" || kind == "prometheus" && at(target, "instant") != true
				all = append(all, question{by: title, kind: kind, expr: text(target, "expr"), over: over, flagged: flagged})
			}
			walk(list(panel, "panels"), false) // of a row that is opened: the surroundings
		}
	}
	walk(list(dashboard, "panels"), true)
	for _, a := range list(dashboard, "annotations", "list") {
		if sources[text(a, "datasource", "uid")] != text(a, "datasource", "type") {
			t.Errorf("%s: its data source is not provisioned", text(a, "name"))
		}
		all = append(all, question{by: "annotation " + text(a, "name"), kind: text(a, "datasource", "type"), expr: text(a, "expr"), over: true, flagged: true})
	}
	for _, group := range list(readYAML(t, "compose/grafana/provisioning/alerting/rules.yaml"), "groups") {
		for _, rule := range list(group, "rules") {
			title := text(rule, "title")
			if at(rule, "annotations", "__panelId__") != nil {
				if id, _ := strconv.ParseFloat(text(rule, "annotations", "__panelId__"), 64); !ids[id] || text(rule, "annotations", "__dashboardUid__") != text(dashboard, "uid") {
					t.Errorf("%s: there is no panel %v", title, id)
				}
			}
			refs := map[string]bool{}
			for _, d := range list(rule, "data") {
				refs[text(d, "refId")] = true
				if text(d, "refId") != text(d, "model", "refId") {
					t.Errorf("%s: %s is called %s in its model", title, text(d, "refId"), text(d, "model", "refId"))
				}
				if text(d, "datasourceUid") == "__expr__" {
					if !refs[text(d, "model", "expression")] {
						t.Errorf("%s: %s is of %s, which there is not", title, text(d, "refId"), text(d, "model", "expression"))
					}
					continue
				}
				blind := strings.Contains(title, "not judged")
				all = append(all, question{by: "alert " + title, kind: sources[text(d, "datasourceUid")], expr: text(d, "model", "expr"), quiet: blind, flagged: !blind})
			}
			if !refs[text(rule, "condition")] {
				t.Errorf("%s: its condition %s is nowhere", title, text(rule, "condition"))
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d questions", len(all))
	}
	return all
}

// Each question of Grafana's is for what there is: metrics of the filter; labels
// and structured metadata that Fluent Bit sets.
func TestGrafanaQuestions(t *testing.T) {
	known, loki := metrics(t), outputs(t)["loki"]
	labels, beside := pairs(text(loki, "labels")), pairs(text(loki, "structured_metadata"))
	for _, q := range questions(t) {
		switch q.kind {
		case "prometheus":
			checkMetrics(t, q.by, q.expr, known)
		case "loki":
			selectors := regexp.MustCompile(`\{(\w[^{}]*)\}`).FindAllStringSubmatch(q.expr, -1)
			if len(selectors) == 0 {
				t.Fatalf("%s: no selector in %s", q.by, q.expr)
			}
			for _, s := range selectors {
				for _, m := range regexp.MustCompile(`(\w+)\s*=~?"`).FindAllStringSubmatch(s[1], -1) {
					if labels[m[1]] == "" {
						t.Errorf("%s: %s is no label", q.by, m[1])
					}
				}
				if q.flagged && !strings.Contains(s[1], `anomaly="true"`) {
					t.Errorf("%s: not only the flagged ones: %s", q.by, q.expr)
				}
			}
			made := map[string]bool{}
			for _, m := range regexp.MustCompile(`label_format (\w+)=`).FindAllStringSubmatch(q.expr, -1) {
				made[m[1]] = true
			}
			// Filters, what is unwrapped or printed, and what is summed by.
			var asked []string
			for _, m := range regexp.MustCompile(`\| (\w+)\s*(?:=~?|!=)\s*"|unwrap (\w+)|[ (]\.(\w+)|by \(([^)]*)\)`).FindAllStringSubmatch(q.expr, -1) {
				asked = append(asked, strings.Split(strings.Join(m[1:], ""), ", ")...)
			}
			for _, name := range asked {
				if labels[name] == "" && beside[name] == "" && !made[name] {
					t.Errorf("%s: neither a label nor structured metadata: %q in %s", q.by, name, q.expr)
				}
			}
		default:
			t.Errorf("%s: asks %q", q.by, q.kind)
		}
	}
}

func checkMetrics(t *testing.T, by, expr string, known []string) {
	t.Helper()
	names := regexp.MustCompile(`fluentbit_[a-z_]+`).FindAllString(expr, -1)
	if len(names) == 0 {
		t.Errorf("%s: no metric in %s", by, expr)
	}
	for _, name := range names {
		if all, ok := strings.CutSuffix(name, "_"); ok && strings.HasPrefix(known[0], all+"_") {
			continue // a regular expression for all of them
		}
		if !slices.Contains(known, name) {
			t.Errorf("%s: the filter has no metric %s", by, name)
		}
	}
}

// Prometheus' alerts are of metrics that there are, and say what they are about.
func TestAlerts(t *testing.T) {
	known := metrics(t)
	files := list(readYAML(t, "compose/prometheus/prometheus.yml"), "rule_files")
	if len(files) != 1 || files[0] != "alerts.yml" {
		t.Fatalf("prometheus.yml reads the rules %v", files)
	}
	n := 0
	for _, group := range list(readYAML(t, "compose/prometheus/alerts.yml"), "groups") {
		for _, rule := range list(group, "rules") {
			n++
			name := text(rule, "alert")
			checkMetrics(t, name, text(rule, "expr"), known)
			if text(rule, "labels", "severity") == "" || text(rule, "annotations", "summary") == "" || text(rule, "annotations", "description") == "" {
				t.Errorf("%s: no severity, summary or description", name)
			}
			if !strings.Contains(string(read(t, "../docs/metrics.md")), "| `"+name+"` |") {
				t.Errorf("docs/metrics.md has no row for the alert %s", name)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d alerts", n)
	}
}

// The real Prometheus' checker: each alert fires when it should, and none does
// in a quiet day.
func TestAlertsFire(t *testing.T) {
	promtool := servers.Promtool(t)
	for _, args := range [][]string{
		{"check", "rules", "compose/prometheus/alerts.yml"},
		{"test", "rules", "testdata/alerts_test.yml"},
	} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Each object of Kibana's dashboard is whole, refers to objects in the same
// file, and asks for fields that there are.
func TestKibanaDashboard(t *testing.T) {
	objects := map[string]map[string]any{}
	lines := bufio.NewScanner(bytes.NewReader(read(t, "compose/kibana/anomalies.ndjson")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o map[string]any
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		objects[text(o, "type")+"/"+text(o, "id")] = o
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	inner := func(v any, path ...any) (parsed any) {
		t.Helper()
		if err := json.Unmarshal([]byte(text(v, path...)), &parsed); err != nil {
			t.Fatalf("%v: %v", path, err)
		}
		return parsed
	}

	view := objects["index-pattern/logs-anomaly"]
	known := append(fields(), "@timestamp", "___records___")
	runtime, _ := inner(view, "attributes", "runtimeFieldMap").(map[string]any)
	for name, field := range runtime {
		for _, m := range regexp.MustCompile(`_source\['([^']*)'\]`).FindAllStringSubmatch(text(field, "script", "source"), -1) {
			if !slices.Contains(fields(), m[1]) {
				t.Errorf("the runtime field %s reads %s, which no record has", name, m[1])
			}
		}
	}
	for name := range runtime {
		if slices.Contains(known, name) {
			t.Errorf("the runtime field %s hides the records' own", name)
		}
	}
	for name := range runtime {
		known = append(known, name)
	}
	formats, _ := inner(view, "attributes", "fieldFormatMap").(map[string]any)
	for name, format := range formats {
		if !slices.Contains(known, name) || !strings.Contains(text(format, "params", "urlTemplate"), name+` : "{{value}}"`) {
			t.Errorf("a link from %s to %s", name, text(format, "params", "urlTemplate"))
		}
	}
	if index := text(outputs(t)["es"], "index"); !strings.HasPrefix(index, strings.TrimSuffix(text(view, "attributes", "title"), "*")) {
		t.Errorf("the data view %s does not show the index %s", text(view, "attributes", "title"), index)
	}

	for key, o := range objects {
		for _, r := range list(o, "references") {
			if objects[text(r, "type")+"/"+text(r, "id")] == nil {
				t.Errorf("%s refers to %s %s, which is not in the file", key, text(r, "type"), text(r, "id"))
			}
		}
		var kql []string
		var asked []string
		switch text(o, "type") {
		case "lens":
			kql = append(kql, text(o, "attributes", "state", "query", "query"))
			for _, layer := range list(o, "attributes", "state", "visualization", "layers") {
				for _, a := range list(layer, "annotations") {
					kql = append(kql, text(a, "filter", "query"))
					asked = append(asked, text(a, "timeField"))
				}
			}
			columns, _ := at(o, "attributes", "state", "datasourceStates", "formBased", "layers", "layer1", "columns").(map[string]any)
			for name, c := range columns {
				asked = append(asked, text(c, "sourceField"))
				kql = append(kql, text(c, "filter", "query"))
				if by := text(c, "params", "orderBy", "columnId"); by != "" && columns[by] == nil {
					t.Errorf("%s: %s is ordered by %s, which is no column", key, name, by)
				}
			}
			for _, name := range list(o, "attributes", "state", "datasourceStates", "formBased", "layers", "layer1", "columnOrder") {
				if columns[name.(string)] == nil {
					t.Errorf("%s: no column %s", key, name)
				}
			}
		case "search":
			kql = append(kql, text(inner(o, "attributes", "kibanaSavedObjectMeta", "searchSourceJSON"), "query", "query"))
			for _, c := range list(o, "attributes", "columns") {
				asked = append(asked, c.(string))
			}
		case "dashboard":
			panels, _ := inner(o, "attributes", "panelsJSON").([]any)
			if len(panels) != len(list(o, "references")) {
				t.Errorf("%s: %d panels, %d references", key, len(panels), len(list(o, "references")))
			}
			for i, p := range panels {
				if want := text(p, "panelIndex") + ":" + text(p, "panelRefName"); text(o, "references", i, "name") != want {
					t.Errorf("%s: the reference %s is called %s", key, want, text(o, "references", i, "name"))
				}
			}
		}
		for _, query := range kql {
			if field, _, ok := strings.Cut(query, " :"); ok {
				asked = append(asked, field)
			}
		}
		for _, name := range asked {
			if !slices.Contains(known, name) {
				t.Errorf("%s asks for %s, which no record has", key, name)
			}
		}
	}
}

// Versions are pinned, what is published is published on this machine alone,
// every password is asked for, and who waits for a service waits for its
// health.
func TestCompose(t *testing.T) {
	compose := readYAML(t, "compose.yml")
	services, _ := at(compose, "services").(map[string]any)
	if len(services) < 8 {
		t.Fatalf("%d services", len(services))
	}
	awaited := map[string]bool{}
	for name, s := range services {
		if image := text(s, "image"); image != "" && !regexp.MustCompile(`:v?\d+\.\d+\.\d+$`).MatchString(image) {
			t.Errorf("%s: %s is not pinned to a version", name, image)
		}
		for _, p := range list(s, "ports") {
			if !strings.HasPrefix(p.(string), "127.0.0.1:") {
				t.Errorf("%s: %s is open to the network", name, p)
			}
		}
		environment, _ := at(s, "environment").(map[string]any)
		for variable := range environment {
			v := text(environment, variable)
			secret := regexp.MustCompile(`PASSWORD|ENCRYPTIONKEY`).MatchString(variable)
			if secret && !regexp.MustCompile(`^\$\{\w+:\?`).MatchString(v) {
				t.Errorf("%s: %s is not asked for, it is %q", name, variable, v)
			}
		}
		after, _ := at(s, "depends_on").(map[string]any)
		for other := range after {
			switch condition := text(after, other, "condition"); condition {
			case "service_healthy":
				if at(services, other, "healthcheck") == nil && other != "fluent-bit" { // which has it in its image
					t.Errorf("%s waits for the health of %s, which tells none", name, other)
				}
			case "service_completed_successfully":
				awaited[other] = true
				if text(services, other, "restart") != "no" {
					t.Errorf("%s waits for the end of %s, which is started again", name, other)
				}
			default:
				t.Errorf("%s: %q is no condition to wait for", name, condition)
			}
		}
		// Files that are mounted are in the repository.
		for _, v := range list(s, "volumes") {
			from, _, _ := strings.Cut(v.(string), ":")
			if !strings.HasPrefix(from, "./") {
				continue
			}
			if _, err := os.Stat(from); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// docker compose up --wait takes the end of a container for a failure
	// unless another service waits for it.
	for name, s := range services {
		if text(s, "restart") == "no" && !awaited[name] {
			t.Errorf("%s runs once, and nothing waits for its end", name)
		}
	}
}

// Every secret that compose.yml asks for is made by up.sh.
func TestSecrets(t *testing.T) {
	script := string(read(t, "up.sh"))
	for _, m := range regexp.MustCompile(`\$\{(\w+):\?`).FindAllStringSubmatch(string(read(t, "compose.yml")), -1) {
		if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(script) {
			t.Errorf("up.sh does not make %s", m[1])
		}
	}
}

// The options in the configurations are options that the filter has.
func TestFilterOptions(t *testing.T) {
	usual := []string{"name", "match", "alias", "log_level"}
	for _, f := range list(readYAML(t, "compose/fluent-bit.yaml"), "pipeline", "filters") {
		if text(f, "name") != "anomaly" {
			continue
		}
		for option := range f.(map[string]any) {
			if !slices.Contains(usual, option) && !slices.ContainsFunc(options.Table, func(o options.Option) bool { return strings.EqualFold(o.Name, option) }) {
				t.Errorf("the filter has no option %s", option)
			}
		}
	}
}

// The image's versions of Go and of the C library are those that the project
// speaks of.
func TestDockerfile(t *testing.T) {
	file := string(read(t, "Dockerfile"))
	goMod := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(read(t, "../go.mod")))
	if !strings.Contains(file, "golang:"+goMod[1]+".") {
		t.Errorf("the Dockerfile builds with another Go than %s", goMod[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^FROM .*`).FindAllString(file, -1) {
		if strings.Contains(m, ":latest") {
			t.Errorf("not pinned: %s", m)
		}
	}
	for _, name := range regexp.MustCompile(`docker/[\w.-]+\.conf`).FindAllString(file, -1) {
		if _, err := os.Stat(strings.TrimPrefix(name, "docker/")); err != nil {
			t.Error(err)
		}
	}
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
