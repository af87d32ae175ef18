package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// judged is a line of a day of the example service, with all that the filter
// would write.
type judged struct {
	at     time.Time
	line   string
	fields map[string]string
}

// judgedDay is a day, judged by its own times and then squeezed into the last three
// quarters of an hour, of which Loki answers at once.
func judgedDay(t *testing.T) (day []judged) {
	t.Helper()
	var log bytes.Buffer
	start := time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	g := shoplog.New(shoplog.Options{Seed: 1, Start: start, Incidents: true, Lines: 60_000})
	for r := g.Next(); r.Time.Before(start.Add(24 * time.Hour)); r = g.Next() {
		fmt.Fprintln(&log, object("time", r.Time.UTC().Format("2006-01-02T15:04:05.000000000Z"), "log", r.Line))
		day = append(day, judged{r.Time, r.Line, map[string]string{"service_name": r.Service, "level": r.Level}})
	}
	_, err := scan.Run(t.Context(), &log, scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		f := day[l.Number-1].fields
		f["anomaly"] = strconv.FormatBool(l.Verdict.Anomaly)
		if l.Verdict.Judged {
			f["anomaly_score"] = strconv.FormatFloat(l.Verdict.Score, 'f', 4, 64)
		}
		if l.Verdict.Anomaly {
			f["anomaly_kind"], f["anomaly_pattern"] = string(l.Verdict.Kind), detector.PatternID(l.Verdict.Pattern)
			f["anomaly_incident"], f["anomaly_nth"] = string(l.Incident), strconv.FormatUint(l.Nth, 10)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range day {
		day[i].at = now.Add(-45 * time.Minute * time.Duration(len(day)-i) / time.Duration(len(day)))
	}
	return day
}

// streams groups a day by labels. Fields that are no labels are structured
// metadata.
func streams(day []judged, labels []string) (order []string, by map[string][]judged) {
	by = map[string][]judged{}
	for _, j := range day {
		key := ""
		for _, l := range labels {
			if v := j.fields[l]; v != "" {
				key += fmt.Sprintf(",%s=%q", l, v)
			}
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], j)
	}
	return order, by
}

// push sends a day to Loki under a job.
func push(t *testing.T, loki, job string, day []judged, labels []string) {
	t.Helper()
	isLabel := map[string]bool{}
	for _, l := range labels {
		isLabel[l] = true
	}
	for len(day) > 0 {
		n := min(2500, len(day))
		type stream struct {
			Stream map[string]string `json:"stream"`
			Values [][]any           `json:"values"`
		}
		var body struct {
			Streams []stream `json:"streams"`
		}
		order, by := streams(day[:n], labels)
		for _, key := range order {
			s := stream{Stream: map[string]string{"job": job}}
			for _, j := range by[key] {
				beside := map[string]string{}
				for name, v := range j.fields {
					if v == "" {
						continue
					}
					if isLabel[name] {
						s.Stream[name] = v
					} else {
						beside[name] = v
					}
				}
				s.Values = append(s.Values, []any{strconv.FormatInt(j.at.UnixNano(), 10), j.line, beside})
			}
			body.Streams = append(body.Streams, s)
		}
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		// Loki takes some megabytes a second.
		eventually(t, "Loki takes the lines", func() bool {
			r, err := http.Post(loki+"/loki/api/v1/push", "application/json", bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode != http.StatusNoContent && r.StatusCode != http.StatusTooManyRequests {
				t.Fatalf("Loki answers %s", r.Status)
			}
			return r.StatusCode == http.StatusNoContent
		})
		day = day[n:]
	}
}

// What docs/routing.md says of labels is what a real Loki does with a day of the
// example service: how many streams there are, and how many lines it reads to find
// the flagged ones. UPDATE=1 writes the table.
func TestLokiLabels(t *testing.T) {
	loki := servers.Loki(t)
	day := judgedDay(t)
	flagged := 0
	for _, j := range day {
		if j.fields["anomaly"] == "true" {
			flagged++
		}
	}
	base := []string{"service_name", "level"}
	type row struct {
		labels         string
		streams, reads int // reads = -1: not asked
	}
	var rows []row
	for _, c := range []struct {
		what  string
		extra []string
		put   bool
		query string
	}{
		{"none of ours", nil, true, `{job="JOB"} | anomaly="true"`},
		{"`anomaly`", []string{"anomaly"}, true, `{job="JOB", anomaly="true"}`},
		{"`anomaly`, `anomaly_kind`", []string{"anomaly", "anomaly_kind"}, true, `{job="JOB", anomaly="true"}`},
		{"`anomaly`, `anomaly_pattern`", []string{"anomaly", "anomaly_pattern"}, true, `{job="JOB", anomaly="true"}`},
		{"`anomaly`, `anomaly_incident`", []string{"anomaly", "anomaly_incident"}, true, `{job="JOB", anomaly="true"}`},
		{"`anomaly`, `anomaly_score`", []string{"anomaly", "anomaly_score"}, false, ""},
	} {
		labels := append(base[:2:2], c.extra...)
		order, _ := streams(day, labels)
		got := row{c.what, len(order), -1}
		if c.put {
			job := fmt.Sprintf("labels-%d", len(rows))
			push(t, loki, job, day, labels)
			var answer struct {
				Data struct {
					Result []struct{ Value [2]any }
					Stats  struct {
						Summary struct{ TotalLinesProcessed int }
					}
				}
			}
			query := fmt.Sprintf("sum(count_over_time(%s [1h]))", strings.ReplaceAll(c.query, "JOB", job))
			eventually(t, "Loki finds the flagged lines", func() bool {
				request(t, "GET", loki+"/loki/api/v1/query?"+url.Values{"query": {query}}.Encode(), "", &answer)
				return len(answer.Data.Result) == 1 && answer.Data.Result[0].Value[1] == strconv.Itoa(flagged)
			})
			got.reads = answer.Data.Stats.Summary.TotalLinesProcessed
			var series struct{ Data []map[string]string }
			now := time.Now()
			request(t, "GET", loki+"/loki/api/v1/series?"+url.Values{"match[]": {`{job="` + job + `"}`},
				"start": {strconv.FormatInt(now.Add(-time.Hour).UnixNano(), 10)}, "end": {strconv.FormatInt(now.UnixNano(), 10)}}.Encode(), "", &series)
			// Loki divides a stream that grows fast, and says so by a label.
			there := map[string]bool{}
			for _, s := range series.Data {
				delete(s, "__stream_shard__")
				there[fmt.Sprint(s)] = true
			}
			if len(there) != got.streams {
				t.Errorf("%s: Loki has %d streams, want %d", c.what, len(there), got.streams)
			}
		}
		rows = append(rows, got)
	}

	var table strings.Builder
	fmt.Fprintf(&table, "| labels beside `service_name` and `level` | streams | lines read to find the %d flagged of %d |\n| --- | --- | --- |\n", flagged, len(day))
	for _, r := range rows {
		reads := "not tried: one for each score"
		if r.reads >= 0 {
			reads = strconv.Itoa(r.reads)
		}
		fmt.Fprintf(&table, "| %s | %d | %s |\n", r.labels, r.streams, reads)
	}
	t.Logf("\n%s", &table)
	const begin, end = "<!-- loki labels -->\n", "<!-- /loki labels -->"
	path := filepath.Join("..", "..", "docs", "routing.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(page), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("docs/routing.md has no table of labels")
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(head+begin+table.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	// The hour of the day and the detector move the figures a little; what they
	// argue for they argue by a factor.
	figures := func(s string) (all []float64) {
		for _, m := range regexp.MustCompile(`\| (\d+) `).FindAllStringSubmatch(s, -1) {
			n, _ := strconv.ParseFloat(m[1], 64)
			all = append(all, n)
		}
		return all
	}
	said, are := figures(old), figures(table.String())
	if len(said) != len(are) {
		t.Fatalf("the page has %d figures, there are %d; UPDATE=1 writes them", len(said), len(are))
	}
	for i := range are {
		if said[i] > 2*are[i] || are[i] > 2*said[i] {
			t.Errorf("the page says %v, it is %v; UPDATE=1 go test ./test/e2e -run LokiLabels writes the table", said[i], are[i])
		}
	}
}
