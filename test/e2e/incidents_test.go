package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// aDay writes a day of the example service as JSON lines with their times, with
// one incident of each kind, and returns by line which it belongs to.
func aDay(t *testing.T, path string) (incidentOf map[string]string, lines int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	incidentOf = map[string]string{}
	start := time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	const linesADay = 60_000 // a little less than there are
	g := shoplog.New(shoplog.Options{Seed: 1, Start: start, Incidents: true, Lines: linesADay})
	for r := g.Next(); r.Time.Before(start.Add(24 * time.Hour)); r = g.Next() {
		at := r.Time.UTC().Format("2006-01-02T15:04:05.000000000Z")
		if err := e.Encode(map[string]string{"time": at, "log": r.Line}); err != nil {
			t.Fatal(err)
		}
		lines++
		if r.Incident != "" {
			incidentOf[at+r.Line] = r.Incident
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return incidentOf, lines
}

// scanned are the incidents that flb-anomaly scan finds in a log, and the pattern
// of the first record of each.
func scanned(t *testing.T, path string) (ids []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = scan.Run(t.Context(), f, scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		if l.Nth == 1 {
			ids = append(ids, string(l.Incident)+" "+detector.PatternID(l.Verdict.Pattern))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}

// A pager that gets the first record of each incident is called for each thing
// that goes wrong in a day, at most twice, and for little else. Every Fluent Bit,
// and flb-anomaly scan, gives the incidents and patterns the same ids.
func TestOneAlertForEachIncident(t *testing.T) {
	log := filepath.Join(t.TempDir(), "shop.jsonl")
	incidentOf, lines := aDay(t, log)
	want := scanned(t, log)
	withEach(t, func(t *testing.T, fb fluentBit) {
		dir := t.TempDir()
		writeFile(t, dir, "parsers.conf", `
[PARSER]
    Name        timed
    Format      json
    Time_Key    time
    Time_Format %Y-%m-%dT%H:%M:%S.%LZ
    Time_Keep   On
`)
		p := fb.start(t, dir, "conf", `
[SERVICE]
    Flush        0.5
    Parsers_File DIR/parsers.conf
[INPUT]
    Name           tail
    Path           `+log+`
    Tag            shop
    Parser         timed
    Read_from_Head On
    Exit_On_Eof    On
[FILTER]
    Name  anomaly
    Match shop
[FILTER]
    Name  rewrite_tag
    Match shop
    Rule  $anomaly_nth ^1$ page.$TAG false
[OUTPUT]
    Name   file
    Match  shop
    Path   DIR
    File   rest.log
    Format plain
[OUTPUT]
    Name   file
    Match  page.*
    Path   DIR
    File   page.log
    Format plain
`, "-e", filter.Build(t))
		if status := p.End(); status != 0 {
			t.Fatalf("status %d\n%s", status, p.Output())
		}
		pages, rest := jsonLines(t, filepath.Join(dir, "page.log")), jsonLines(t, filepath.Join(dir, "rest.log"))
		if got := len(pages) + len(rest); got != lines {
			t.Fatalf("%d records of %d", got, lines)
		}
		// What was put in, by the id that its flagged records have.
		of, paged := map[string]map[string]bool{}, map[string]bool{}
		for _, r := range slices.Concat(pages, rest) {
			id, _ := r["anomaly_incident"].(string)
			if name := incidentOf[r["time"].(string)+r["log"].(string)]; name != "" && id != "" {
				if of[name] == nil {
					of[name] = map[string]bool{}
				}
				of[name][id] = true
			}
		}
		ids := []string{}
		for _, r := range pages {
			id := r["anomaly_incident"].(string)
			if paged[id] {
				t.Errorf("two calls for %s", id)
			}
			paged[id] = true
			ids = append(ids, id+" "+r["anomaly_pattern"].(string))
		}
		known := map[string]bool{}
		for _, i := range shoplog.Incidents() {
			n := 0
			for id := range of[i.Name] {
				known[id] = true
				if paged[id] {
					n++
				}
			}
			if n < 1 || n > 2 {
				t.Errorf("%d calls for %s", n, i.Name)
			}
		}
		others := 0
		for id := range paged {
			if !known[id] {
				others++
			}
		}
		if others > lines/1000 {
			t.Errorf("%d calls for something else, in %d lines; at most one in 1,000", others, lines)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			t.Errorf("the ids differ from those of flb-anomaly scan:\n%s\n\n%s", strings.Join(ids, "\n"), strings.Join(want, "\n"))
		}
		t.Logf("%d lines, %d calls: one or two for each of %d incidents, %d for something else", lines, len(pages), len(of), others)
	})
}
