package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// The worst case that docs/deploy.md plans memory by: as many groups as the
// default allows, each with random words until its model is at its limits. The
// figure is printed; deploy/kubernetes has 5 MiB for each group.
func TestWorstMemory(t *testing.T) {
	fb := newest(t)
	const groups, each = 64, 10_000
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "in.log"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range groups * each {
		fmt.Fprintf(w, `{"app":"a%d","log":"`, i%groups)
		for range 12 {
			for range 3 + random.IntN(8) {
				w.WriteByte(byte('a' + random.IntN(26)))
			}
			w.WriteByte(' ')
		}
		w.WriteString("\"}\n")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	writeFile(t, dir, "parsers.conf", parsers)
	port := flbtest.FreePort(t)
	p := fb.start(t, dir, "yaml", strings.ReplaceAll(`
service:
  flush: 1
  parsers_file: DIR/parsers.conf
  http_server: on
  http_listen: 127.0.0.1
  http_port: PORT
plugins:
  - PLUGIN_FILTER
pipeline:
  inputs:
    - name: tail
      path: DIR/in.log
      tag: app
      parser: json
      mem_buf_limit: 10M
      read_from_head: on
  filters:
    - name: anomaly
      match: app
      group_by: app
      model_path: DIR/models
  outputs:
    - name: "null"
      match: app
`, "PORT", port))
	p.WaitFor("http://127.0.0.1:"+port+"/api/v2/metrics/prometheus", fmt.Sprintf(`fluentbit_filter_anomaly_records_total\{[^}]*\} %d\b`, groups*each))
	p.stop() // and saves the models
	kB := int(p.Cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	t.Logf("%d groups of %d lines of random words: %d MiB at the peak", groups, each, kB/1024)
	if most := 5*groups + 64; kB/1024 > most {
		t.Errorf("%d MiB at the peak, planned are %d", kB/1024, most)
	}
}
