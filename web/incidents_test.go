package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/web"
)

type incidentOf struct {
	ID, Group      string
	First, Last    int64
	From, To       int64
	Lines, Flagged int64
	Level          int
	Score          float64
	Quiet          bool
	Kinds          []struct {
		Kind  string
		Lines int64
	}
	Patterns          []struct{ Row struct{ N int64 } }
	Bins              []int
	kinds, sampleOnly string
}

type incidentsOf struct {
	Total     int
	Quiet     int
	Sort      string
	Incidents []incidentOf
}

func (c client) incidents(id, query string) (a incidentsOf) {
	c.Helper()
	if status := c.ask("GET", "/api/views/"+id+"/incidents?n=400&"+query, nil, &a); status != http.StatusOK {
		c.Fatalf("status %d", status)
	}
	return a
}

// TestIncidentsAreThoseOfScan, line by line and story by story, whatever the slider says
// and however the lines are grouped.
func TestIncidentsAreThoseOfScan(t *testing.T) {
	c := newClient(t, web.Config{})
	var start struct{ Stops []float64 }
	c.ask("GET", "/api/start", nil, &start)
	// At last comes harmless news of the first day, alone.
	text := append(readFile(t, shopLog), `ts=2026-03-02T10:30:00.000Z level=info app=shop-api msg="feature flags loaded from disk" flags=14`...)
	for _, given := range []map[string][]string{{}, {"Group_By": {"app"}, "Incident_Gap": {"1m"}}} {
		v, _ := c.upload(bytes.NewReader(text), map[string]any{"name": "shop.log", "options": given})
		for _, stop := range []int{0, 12} {
			settings, err := options.Parse(func(name string) []string {
				if name == "Contamination" && stop > 0 {
					return []string{fmt.Sprint(start.Stops[stop])}
				}
				return given[name]
			})
			if err != nil {
				t.Fatal(err)
			}
			teller := incident.NewTeller(settings.IncidentGap)
			var body []byte
			c.ask("GET", fmt.Sprintf("/api/views/%s/export?format=jsonl&stop=%d", v.ID, stop), nil, &body)
			lines := strings.Split(string(body), "\n")
			_, err = scan.Run(t.Context(), bytes.NewReader(text), scan.Options{Settings: settings}, func(l *scan.Line) error {
				teller.Line(&incident.Line{Number: l.Number, Time: l.Event.Time, Group: l.Event.Group, Text: l.Text, Verdict: &l.Verdict, Incident: l.Incident, Nth: l.Nth, Template: l.Template})
				want := fmt.Sprintf(`"anomaly_incident":%q,"anomaly_nth":"%d"`, l.Incident, l.Nth)
				if got := lines[l.Number-1]; strings.Contains(got, want) != l.Verdict.Anomaly {
					return fmt.Errorf("line %d is %s, want %s: %v", l.Number, got, want, l.Verdict.Anomaly)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			got := c.incidents(v.ID, fmt.Sprintf("stop=%d&quiet=1", stop))
			want := teller.Stories()
			loud, quiet := incident.Loud(want)
			if usual := c.incidents(v.ID, fmt.Sprintf("stop=%d", stop)); usual.Total != len(loud) || usual.Quiet != len(quiet) || got.Quiet != len(quiet) || len(given) == 0 && stop == 0 && len(quiet) == 0 {
				t.Errorf("%v, stop %d: %d incidents and %d quiet ones, want %d and %d", given, stop, usual.Total, usual.Quiet, len(loud), len(quiet))
			}
			if len(got.Incidents) != len(want) || got.Total != len(want) || len(want) == 0 {
				t.Fatalf("%v, stop %d: %d incidents, want %d", given, stop, len(got.Incidents), len(want))
			}
			for i, g := range got.Incidents {
				w := want[i]
				if g.ID != w.ID || g.Quiet != w.Quiet || g.Group != w.Group || g.From != w.From || g.To != w.To || g.Lines != w.Lines || g.Flagged != w.Flagged ||
					g.Level != int(w.Level) || g.First != w.First.Milliseconds() || g.Last != w.Last.Milliseconds() || len(g.Patterns) != len(w.Patterns) || g.Patterns[0].Row.N != w.Patterns[0].Line {
					t.Errorf("%v, stop %d: incident %+v, want %+v", given, stop, g, w)
				}
				for k, kind := range g.Kinds {
					if len(g.Kinds) != len(w.Kinds) || kind.Kind != w.Kinds[k].Word || kind.Lines != w.Kinds[k].Times {
						t.Errorf("%v, stop %d: the kinds of %s are %v, want %v", given, stop, g.ID, g.Kinds, w.Kinds)
					}
				}
				if len(g.Kinds) == 0 {
					t.Errorf("%v, stop %d: incident %s has no kind", given, stop, g.ID)
				}
				var rows struct{ Total int }
				c.ask("GET", fmt.Sprintf("/api/views/%s/rows?stop=%d&incident=%s&n=1", v.ID, stop, g.ID), nil, &rows)
				sum := 0
				for _, n := range g.Bins {
					sum += n
				}
				if int64(rows.Total) != g.Lines || int64(sum) != g.Lines {
					t.Errorf("incident %s has %d lines; %d in the table, %d along the log", g.ID, g.Lines, rows.Total, sum)
				}
			}
		}
	}
}

func TestIncidentsAreFilteredAndSorted(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	all := c.incidents(v.ID, "")
	some := c.incidents(v.ID, "q=could+not+write")
	if all.Sort != "first" || some.Total != 1 || !strings.Contains(fmt.Sprint(all.Incidents), some.Incidents[0].ID) {
		t.Fatalf("with the words there is %+v", some)
	}
	var rows struct{ Rows []struct{ P string } }
	c.ask("GET", "/api/views/"+v.ID+"/rows?only=1&q=could+not+write&n=1", nil, &rows)
	for _, i := range c.incidents(v.ID, "hide="+rows.Rows[0].P).Incidents {
		for _, p := range i.Patterns {
			if strings.Contains(fmt.Sprint(p), rows.Rows[0].P) {
				t.Errorf("%+v has what is set aside", i)
			}
		}
	}
	for sort, less := range map[string]func(a, b incidentOf) bool{
		"first": func(a, b incidentOf) bool { return a.From < b.From }, "newest": func(a, b incidentOf) bool { return a.Last > b.Last },
		"score": func(a, b incidentOf) bool { return a.Score > b.Score }, "lines": func(a, b incidentOf) bool { return a.Lines > b.Lines },
		"long": func(a, b incidentOf) bool { return a.Last-a.First > b.Last-b.First }, "level": func(a, b incidentOf) bool { return a.Level > b.Level },
	} {
		list := c.incidents(v.ID, "sort="+sort)
		for i := 1; i < len(list.Incidents); i++ {
			if less(list.Incidents[i], list.Incidents[i-1]) {
				t.Errorf("sorted by %s, incident %d is wrong", sort, i)
			}
		}
	}
	// In windows, as the table asks for them.
	for _, w := range []struct{ at, n, from, to int }{{0, 2, 0, 2}, {1, 2, 1, 3}, {-1, 1, 0, 1}, {all.Total - 1, 9, all.Total - 1, all.Total}, {all.Total, 9, 0, 0}, {999, 9, 0, 0}, {0, -1, 0, 0}} {
		var part incidentsOf
		c.ask("GET", fmt.Sprintf("/api/views/%s/incidents?at=%d&n=%d", v.ID, w.at, w.n), nil, &part)
		if part.Total != all.Total || len(part.Incidents) != w.to-w.from || len(part.Incidents) > 0 && !reflect.DeepEqual(part.Incidents, all.Incidents[w.from:w.to]) {
			t.Errorf("from %d on, %d of them: %d of %d, want %d to %d", w.at, w.n, len(part.Incidents), part.Total, w.from, w.to)
		}
	}
	var e struct{ Error string }
	if status := c.ask("GET", "/api/views/"+v.ID+"/incidents?sort=x", nil, &e); status != http.StatusBadRequest || !strings.Contains(e.Error, "allowed: first") {
		t.Errorf("status %d, %s", status, e.Error)
	}
	// A log that grows is told on, not anew.
	again := c.incidents(v.ID, "")
	if !reflect.DeepEqual(again, all) {
		t.Error("asked again, they are others")
	}
}

// TestReportHasTheComparison, of another log and of another part of the same one.
func TestReportHasTheComparison(t *testing.T) {
	c := newClient(t, web.Config{})
	log := readFile(t, shopLog)
	old, _ := c.upload(bytes.NewReader(log), map[string]any{"name": "old.log"})
	v, _ := c.upload(bytes.NewReader(append(log, "2026-03-02 10:00:00.000  INFO 7 --- [stock-1] c.shop.stock.Moon : The moon is <full>\n"...)), map[string]any{"name": "new.log"})
	for _, format := range []string{"html", "markdown"} {
		for query, want := range map[string]string{
			"": "", "&before.view=" + old.ID: "Compared with old", "&before.axis=line&before.from=1&before.to=2000&axis=line&from=2000&to=4002": "Compared with another part of the log",
		} {
			var body []byte
			status := c.ask("GET", "/api/views/"+v.ID+"/report?format="+format+query, nil, &body)
			said := strings.ReplaceAll(string(body), `\`, "")
			if status != http.StatusOK || strings.Contains(said, "Compared with") != (want != "") || !strings.Contains(said, want) {
				t.Errorf("%s%s: status %d, %.300s", format, query, status, said)
			}
			if news := regexp.MustCompile(`New patterns: [1-9]`).MatchString(said); news != (want != "") || strings.Contains(said, "Stop") || strings.Contains(said, "got over") {
				t.Errorf("%s%s: new patterns are told: %v; %s", format, query, news, said[strings.Index(said, "Compared"):])
			}
		}
	}
	if status := c.ask("GET", "/api/views/"+v.ID+"/report?format=html&before.view=gone", nil, nil); status != http.StatusBadRequest {
		t.Errorf("with a log that is gone: status %d", status)
	}
}

// TestReportObeysNobody writes the incidents of a log that says what it likes.
func TestReportObeysNobody(t *testing.T) {
	c := newClient(t, web.Config{})
	log := append(readFile(t, shopLog), "panic: <script>alert(1)</script> `code` <img src=x onerror=alert(2)>\x1b[31m\n"...)
	v, _ := c.upload(bytes.NewReader(log), map[string]any{"name": `<b>"shop".log`})
	id := c.incidents(v.ID, "").Incidents[0].ID
	for format, want := range map[string]string{"html": "<mark>", "markdown": "# Incidents in "} {
		var body []byte
		status := c.ask("GET", "/api/views/"+v.ID+"/report?format="+format, nil, &body)
		if status != http.StatusOK || !bytes.Contains(body, []byte(want)) || !bytes.Contains(body, []byte(id)) || !bytes.Contains(body, []byte("onerror")) {
			t.Errorf("%s: status %d, %.300s", format, status, body)
		}
		if format == "html" && bytes.Contains(body, []byte("<script")) || bytes.Contains(body, []byte("\x1b")) || bytes.Contains(body, []byte("<b>")) {
			t.Errorf("%s says what the log says", format)
		}
		var h http.Header
		c.ask("GET", "/api/views/"+v.ID+"/report?format="+format, nil, &h)
		if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") {
			t.Errorf("%s: %s", format, h.Get("Content-Disposition"))
		}
	}
	if status := c.ask("GET", "/api/views/"+v.ID+"/report?format=pdf", nil, nil); status != http.StatusBadRequest {
		t.Errorf("of another format: status %d", status)
	}
}
