// Package kubernetes is the values for the official Helm chart; its test holds
// them together with the filter.
package kubernetes

import (
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

type mount struct {
	Name      string
	MountPath string `yaml:"mountPath"`
}

type values struct {
	Kind           string
	InitContainers []struct {
		Image           string
		Command         []string
		VolumeMounts    []mount  `yaml:"volumeMounts"`
		SecurityContext security `yaml:"securityContext"`
	} `yaml:"initContainers"`
	Args              []string
	ExtraVolumes      []struct{ Name string }      `yaml:"extraVolumes"`
	ExtraVolumeMounts []mount                      `yaml:"extraVolumeMounts"`
	SecurityContext   security                     `yaml:"securityContext"`
	Resources         map[string]map[string]string `yaml:"resources"`
	Config            map[string]string
}

type security struct {
	AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
	ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
	Capabilities             struct{ Drop []string }
}

func load(t *testing.T, path string) values {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v values
	if err := yaml.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// sections are the [FILTER] sections with the given name: options, lower case.
func sections(text, name string) []map[string]string {
	var found []map[string]string
	for section := range strings.SplitSeq(text, "[FILTER]") {
		set := map[string]string{}
		for _, m := range regexp.MustCompile(`(?m)^ +(\S+) +(.+)$`).FindAllStringSubmatch(section, -1) {
			set[strings.ToLower(m[1])] = m[2]
		}
		if set["name"] == name {
			found = append(found, set)
		}
	}
	return found
}

func option(name string) bool {
	return slices.ContainsFunc(options.Table, func(o options.Option) bool { return strings.EqualFold(o.Name, name) })
}

func TestValues(t *testing.T) {
	for _, path := range []string{"values.yaml", "values-aggregator.yaml"} {
		t.Run(path, func(t *testing.T) {
			v := load(t, path)
			volumes := map[string]bool{}
			for _, x := range v.ExtraVolumes {
				volumes[x.Name] = true
			}
			at := map[string]string{} // where Fluent Bit has each volume
			for _, m := range v.ExtraVolumeMounts {
				at[m.Name] = m.MountPath
			}
			if len(v.InitContainers) != 1 {
				t.Fatalf("%d init containers", len(v.InitContainers))
			}
			init := v.InitContainers[0]
			for _, m := range append(init.VolumeMounts, v.ExtraVolumeMounts...) {
				if !volumes[m.Name] {
					t.Errorf("%s is mounted and is no volume", m.Name)
				}
			}

			// What the init container brings is what Fluent Bit loads.
			plugin := v.Args[slices.Index(v.Args, "-e")+1]
			if want := at["flb-anomaly"] + "/flb-filter_anomaly.so"; plugin != want {
				t.Errorf("Fluent Bit loads %s, the init container brings %s", plugin, want)
			}

			anomaly := sections(v.Config["filters"], "anomaly")
			if len(anomaly) != 1 {
				t.Fatalf("%d sections of the filter", len(anomaly))
			}
			f := anomaly[0]
			if _, err := record.ParseAccessor(f["group_by"]); err != nil {
				t.Error(err)
			}
			if f["alias"] == "" {
				t.Error("without an alias the file of its model has a name that other sections may shift")
			}
			if !slices.Contains([]string{at["flb-anomaly-models"], at["flb-anomaly-data"]}, f["model_path"]) {
				t.Errorf("Model_Path %s is on no volume", f["model_path"])
			}
			// A trained model goes to where the filter looks for it.
			if script := strings.Join(init.Command, "\n"); strings.Contains(script, "/trained/") && !strings.Contains(script, "/models/"+f["alias"]+".model") {
				t.Errorf("the trained model is not called %s.model", f["alias"])
			}

			for _, s := range []security{v.SecurityContext, init.SecurityContext} {
				if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
					t.Errorf("more rights than are needed: %+v", s)
				}
			}
			for _, r := range []string{v.Resources["requests"]["cpu"], v.Resources["requests"]["memory"], v.Resources["limits"]["memory"]} {
				if r == "" {
					t.Error("resources are not set")
				}
			}

			// The limit holds every group at its limits, about 5 MiB, beside Fluent
			// Bit's own 64 and as much again for buffers.
			groups, _ := strconv.Atoi(f["max_groups"])
			limit, err := strconv.Atoi(strings.TrimSuffix(v.Resources["limits"]["memory"], "Mi"))
			if err != nil || groups == 0 || limit < 5*groups+128 {
				t.Errorf("a memory limit of %s for %d groups, want at least %dMi", v.Resources["limits"]["memory"], groups, 5*groups+128)
			}

			for name := range f {
				if !slices.Contains([]string{"name", "alias", "match"}, name) && !option(name) {
					t.Errorf("the filter has no option %s", name)
				}
			}
		})
	}
}

// The init container of values.yaml brings the plugin, and a trained model from
// the ConfigMap or from its own image, unless the node has one.
func TestInitContainer(t *testing.T) {
	script := load(t, "values.yaml").InitContainers[0].Command[2]
	for _, tt := range []struct {
		name, trained, image, node, want string
	}{
		{name: "nothing trained"},
		{name: "from the ConfigMap", trained: "t", want: "t"},
		{name: "from the image", image: "i", want: "i"},
		{name: "the ConfigMap comes first", trained: "t", image: "i", want: "t"},
		{name: "the node's own stays", trained: "t", image: "i", node: "n", want: "n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			var moves []string
			for _, d := range []string{"/flb-anomaly", "/plugins", "/trained", "/models"} {
				if err := os.Mkdir(dir+d, 0o755); err != nil {
					t.Fatal(err)
				}
				moves = append(moves, " "+d+"/", " "+dir+d+"/", ">"+d+"/", ">"+dir+d+"/")
			}
			put := func(path, text string, compress bool) {
				t.Helper()
				if text == "" {
					return
				}
				f, err := os.Create(filepath.Join(dir, path))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if !compress {
					f.WriteString(text)
					return
				}
				z := gzip.NewWriter(f)
				z.Write([]byte(text))
				z.Close()
			}
			put("flb-anomaly/flb-filter_anomaly.so", "so", false)
			put("flb-anomaly/kube.model.gz", tt.image, true)
			put("trained/kube.model.gz", tt.trained, true)
			put("models/kube.model", tt.node, false)
			if out, err := exec.Command("sh", "-ec", strings.NewReplacer(moves...).Replace(script)).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if so, _ := os.ReadFile(dir + "/plugins/flb-filter_anomaly.so"); string(so) != "so" {
				t.Errorf("the plugin is %q", so)
			}
			if model, _ := os.ReadFile(dir + "/models/kube.model"); string(model) != tt.want {
				t.Errorf("the model is %q, want %q", model, tt.want)
			}
		})
	}
}

// The alerts of the operator's rule are those of docker/compose.
func TestPrometheusRule(t *testing.T) {
	groups := func(path string, in ...string) any {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(b, &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, key := range append(in, "groups") {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		return v
	}
	rule, alerts := groups("prometheusrule.yaml", "spec"), groups("../../docker/compose/prometheus/alerts.yml")
	if alerts == nil || !reflect.DeepEqual(rule, alerts) {
		t.Errorf("prometheusrule.yaml has other groups than docker/compose/prometheus/alerts.yml")
	}
}
