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
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// threeDays writes three days of the example service as JSON lines with their times, with
// one incident of each kind a day, and returns by line which it belongs to, with its day.
func threeDays(t *testing.T, path string) (incidentOf map[string]string, lines int) {
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
	g := shoplog.New(shoplog.Options{Seed: 1, Start: start, Daily: true})
	for r := g.Next(); r.Time.Before(start.Add(72 * time.Hour)); r = g.Next() {
		at := r.Time.UTC().Format("2006-01-02T15:04:05.000000000Z")
		if err := e.Encode(map[string]string{"time": at, "log": r.Line}); err != nil {
			t.Fatal(err)
		}
		lines++
		if r.Incident != "" {
			incidentOf[at+r.Line] = r.Time.Format("2 January ") + r.Incident
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return incidentOf, lines
}

// scanned are the incidents that flb-anomaly scan would have somebody called for in a log,
// with the pattern of the record that makes it one.
func scanned(t *testing.T, path string) map[string]string {
	t.Helper()
	calls := map[string]string{}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = scan.Run(t.Context(), f, scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		if l.Nth == 1 {
			calls[string(l.Incident)] = detector.PatternID(l.Verdict.Pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// A pager that gets the record with the number 1 of each incident is called for each of
// the 24 things that go wrong in three days, at most twice, and for less than one other in
// 10,000 lines. Every Fluent Bit, and flb-anomaly scan, gives the incidents and patterns
// the same ids; where the forests are fitted at other records, a few are called for by one
// of them alone.
func TestOneAlertForEachIncident(t *testing.T) {
	log := filepath.Join(t.TempDir(), "shop.jsonl")
	incidentOf, lines := threeDays(t, log)
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
		last := map[string]time.Time{} // of each incident's records
		all := slices.Concat(pages, rest)
		slices.SortStableFunc(all, func(a, b map[string]any) int { return strings.Compare(a["time"].(string), b["time"].(string)) })
		for _, r := range all {
			id, _ := r["anomaly_incident"].(string)
			if id == "" {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, r["time"].(string))
			if err != nil {
				t.Fatal(err)
			}
			// A record may go on with what was told hours before, which tells nobody of it.
			goesOn := !last[id].IsZero() && at.Sub(last[id]) > incident.DefaultGap
			if last[id] = at; goesOn {
				continue
			}
			if name := incidentOf[r["time"].(string)+r["log"].(string)]; name != "" {
				if of[name] == nil {
					of[name] = map[string]bool{}
				}
				of[name][id] = true
			}
		}
		same := 0
		for _, r := range pages {
			id := r["anomaly_incident"].(string)
			if paged[id] {
				t.Errorf("two calls for %s", id)
			}
			paged[id] = true
			if want[id] == r["anomaly_pattern"].(string) {
				same++
			}
		}
		put := map[string]bool{}
		for _, name := range incidentOf {
			put[name] = true
		}
		known := map[string]bool{}
		for name := range put {
			n := 0
			for id := range of[name] {
				known[id] = true
				if paged[id] {
					n++
				}
			}
			if n < 1 || n > 2 {
				t.Errorf("%d calls for %s", n, name)
			}
		}
		others := 0
		for id := range paged {
			if !known[id] {
				others++
			}
		}
		if len(put) != 24 || others > lines/10_000 {
			t.Errorf("%d calls for something else, in %d lines with %d incidents; at most one in 10,000 and 24 wanted", others, lines, len(put))
		}
		if alone := len(pages) + len(want) - 2*same; alone > len(want)/5 {
			t.Errorf("of %d calls and %d by flb-anomaly scan, %d have the same ids", len(pages), len(want), same)
		}
		t.Logf("%d lines, %d calls: one or two for each of %d incidents, %d for something else; %d have the ids of scan, which has %d", lines, len(pages), len(put), others, same, len(want))
	})
}
