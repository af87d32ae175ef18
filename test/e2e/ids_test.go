package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
)

// marks are what tells a flagged record from others.
type marks struct{ pattern, incident, nth string }

// TestIDsAreTheSame gives one log to Fluent Bit at once, and with a restart or a hot reload
// in its middle: each flagged line has the pattern, the incident and the number that scan
// gives it. With every Fluent Bit there is, that makes them the same in all versions.
func TestIDsAreTheSame(t *testing.T) {
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: 4000})
	var lines, logs []string
	for range 4000 {
		r := g.Next()
		logs = append(logs, r.Line)
		lines = append(lines, fmt.Sprintf(`{"time":%q,"log":%s}`, r.Time.Format("2006-01-02T15:04:05.000000Z"), text.AppendJSON(nil, []byte(r.Line))))
	}
	// In the middle of an incident, behind its first flagged record.
	want := map[string]marks{} // by the line
	half := 0
	settings := options.Defaults()
	_, err := scan.Run(t.Context(), strings.NewReader(strings.Join(lines, "\n")), scan.Options{Settings: settings}, func(l *scan.Line) error {
		if l.Verdict.Anomaly {
			want[logs[l.Number-1]] = marks{text.ID(l.Verdict.Pattern), string(l.Incident), fmt.Sprint(l.Nth)}
			if half == 0 && l.Number > 2000 && l.Nth == 2 {
				half = int(l.Number)
			}
		}
		return nil
	})
	if err != nil || len(want) < 10 || half == 0 {
		t.Fatalf("%v; %d lines are flagged, and line %d is an incident's second: the test proves nothing", err, len(want), half)
	}
	withEach(t, func(t *testing.T, fb fluentBit) {
		for _, middle := range []string{"nothing", "restart", "reload"} {
			t.Run(middle, func(t *testing.T) {
				t.Parallel()
				got := idsOf(t, fb, lines, half, middle)
				if len(got) != len(lines) {
					t.Errorf("%d records came out of %d", len(got), len(lines))
				}
				flagged, same, near := 0, 0, 0
				for line, m := range got {
					w := want[line]
					if m.pattern == "" && w.pattern == "" {
						continue
					}
					flagged++
					switch {
					case m.pattern == "" || w.pattern == "":
						// The filter fits its forests beside the records, scan at an exact
						// one: a record near the threshold may be flagged by one of them,
						// and then those behind it have another place in the incident.
						near++
					case m.pattern == w.pattern && m.incident == w.incident:
						same++
					default:
						t.Errorf("%+v, by scan %+v: %s", m, w, line)
					}
				}
				t.Logf("of %d flagged records %d have the same ids, %d are flagged by one alone", flagged, same, near)
				if near > flagged/5 {
					t.Errorf("%d of %d records are flagged by one alone", near, flagged)
				}
			})
		}
	})
}

// idsOf has a log judged and returns the ids of all records, which are empty where one is
// not flagged.
func idsOf(t *testing.T, fb fluentBit, lines []string, half int, middle string) map[string]marks {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.log"), filepath.Join(dir, "out.jsonl")
	write := func(lines []string) {
		t.Helper()
		// Under its name it is there whole, or not at all.
		if err := os.Rename(writeFile(t, dir, "in.new", strings.Join(lines, "\n")+"\n"), in); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, dir, "parsers.conf", `
[PARSER]
    Name        timed
    Format      json
    Time_Key    time
    Time_Format %Y-%m-%dT%H:%M:%S.%LZ
`)
	const config = `
service:
  flush: 0.2
  grace: 2
  hot_reload: on
  parsers_file: DIR/parsers.conf
plugins:
  - PLUGIN_FILTER
pipeline:
  inputs:
    - name: tail
      path: DIR/in.log
      tag: shop
      parser: timed
      read_from_head: on
      refresh_interval: 1
  filters:
    - name: anomaly
      alias: shop
      match: shop
      model_path: DIR/models
  outputs:
    - name: file
      match: shop
      path: DIR
      file: out.jsonl
      format: plain
`
	read := func() map[string]marks {
		all := map[string]marks{}
		f, err := os.Open(out)
		if err != nil {
			return all
		}
		defer f.Close()
		for sc := bufio.NewScanner(f); sc.Scan(); {
			var r map[string]any
			if json.Unmarshal(sc.Bytes(), &r) != nil {
				return all // the line that is being written
			}
			of := func(key string) string { s, _ := r[key].(string); return s }
			all[of("log")] = marks{of("anomaly_pattern"), of("anomaly_incident"), of("anomaly_nth")}
		}
		return all
	}
	waitFor := func(n int) map[string]marks {
		t.Helper()
		for end := time.Now().Add(flbtest.Patience); ; time.Sleep(100 * time.Millisecond) {
			if all := read(); len(all) >= n || time.Now().After(end) {
				return all
			}
		}
	}
	first := lines
	if middle != "nothing" {
		first = lines[:half]
	}
	write(first)
	p := fb.start(t, dir, "yaml", config)
	waitFor(len(first))
	switch middle {
	case "restart":
		p.stop()
		write(lines[half:])
		p = fb.start(t, dir, "yaml", config)
	case "reload":
		if err := os.Remove(in); err != nil {
			t.Fatal(err)
		}
		p.Signal(syscall.SIGHUP)
		p.Wait("ready contamination=auto", 2)
		write(lines[half:])
	}
	all := waitFor(len(lines))
	p.stop()
	return all
}
