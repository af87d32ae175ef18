package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The filter as Fluent Bit would load it, in the embedded host.
func TestMask(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a shared object: not in short mode")
	}
	dir := t.TempDir()
	filter, host := filepath.Join(dir, "flb-filter_mask.so"), filepath.Join(dir, "flb-host")
	must(t, "go", "build", "-buildmode=c-shared", "-o", filter, ".")
	sources, err := filepath.Glob("../../fluentbit/host/*.c")
	if err != nil {
		t.Fatal(err)
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	must(t, cc, append([]string{"-std=gnu11", "-O1", "-rdynamic", "-o", host}, append(sources, "-ldl", "-lpthread", "-lm")...)...)

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
			var stdout, stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(tt.in), &stdout, &stderr
			cmd.Run()
			if stdout.String() != tt.out || cmd.ProcessState.ExitCode() != tt.status {
				t.Errorf("status %d, got\n%swant\n%s", cmd.ProcessState.ExitCode(), &stdout, tt.out)
			}
			if !strings.Contains(stderr.String(), tt.log) {
				t.Errorf("%q is not in the log\n%s", tt.log, &stderr)
			}
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

func must(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
