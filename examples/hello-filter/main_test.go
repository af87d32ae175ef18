package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

func TestMain(m *testing.M) { testbuild.Main(m) }

// The filter as Fluent Bit would load it, in the embedded host.
func TestMask(t *testing.T) {
	filter := testbuild.Object{Package: "examples/hello-filter", Name: "flb-filter_mask.so"}.Build(t)
	host := testbuild.Host(t)
	for _, tt := range []struct {
		name, in, out, log string
		args               []string
		status             int
	}{
		{
			name: "an address",
			in:   "mail to ann.o+x@shop.example failed\n",
			out:  `{"log":"mail to *** failed"}` + "\n",
			log:  `fluentbit_filter_mask_masked_total{name="mask.0"} 1`,
		},
		{
			name: "several, and a field beside them",
			in:   `{"to":"a@b.example","log":"a@b.example, c@d.example"}` + "\n",
			out:  `{"to":"a@b.example","log":"***, ***"}` + "\n",
		},
		{
			name: "none",
			in:   "user@localhost is no address\n{\"n\":1}\n{\"log\":7}\n",
			out:  "{\"log\":\"user@localhost is no address\"}\n{\"n\":1}\n{\"log\":7}\n",
			log:  `fluentbit_filter_mask_masked_total{name="mask.0"} 0`,
		},
		{
			name: "other options",
			args: []string{"-p", "key=to", "-p", "with=someone"},
			in:   `{"to":"a@b.example","log":"from c@d.example"}` + "\n",
			out:  `{"log":"from c@d.example","to":"someone"}` + "\n",
			log:  "[ info] [filter:mask:mask.0] ready key=to",
		},
		{
			name:   "a wrong option",
			args:   []string{"-p", "key="},
			log:    "option Key is empty: the name of a field, such as log, is right",
			status: 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(host, append([]string{"-e", filter, "--metrics", "-F", "mask"}, tt.args...)...)
			r := testbuild.Run(t, cmd, tt.in)
			if r.Stdout != tt.out || r.Status != tt.status {
				t.Errorf("status %d, got\n%swant\n%s", r.Status, r.Stdout, tt.out)
			}
			r.MustHave(t, r.Stderr, tt.log)
		})
	}
}

// The page's Go is this filter's own, so that what readers copy is what is
// tested.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/writing-filters.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 3 {
		t.Fatalf("%d blocks of Go in the page", len(blocks))
	}
	for _, block := range blocks {
		for part := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n\n") {
			if !strings.Contains(string(source), part) {
				t.Errorf("this is in the page and not in main.go:\n%s", part)
			}
		}
	}
}
