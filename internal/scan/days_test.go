package scan_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// TestEachIncidentIsOneEntry lets three days of the example service pass, on each of which
// eight things go wrong. Each is in the list, twice at the most; the storms are one entry
// each with their number of lines; and there is not much else in it: deploys and, on the
// first day, what goes wrong for the first time.
func TestEachIncidentIsOneEntry(t *testing.T) {
	const (
		most      = 1.0 // entries about something else, in 10,000 lines; 0.7 to 1.2 with the seeds 1 to 12, 0.9 on average
		mostLater = 0.6 // from the second day on; 0.2 to 0.6
	)
	g := shoplog.New(shoplog.Options{Seed: 1, Daily: true})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	var of []string // of each line: what it belongs to, with its day
	firstDay := 0   // lines
	entries := map[string][]string{}
	for r := g.Next(); r.Time.Sub(start) < 72*time.Hour; r = g.Next() {
		what := ""
		if r.Incident != "" {
			what = r.Time.Format("2 January ") + r.Incident
			entries[what] = nil
		}
		of = append(of, what)
		if r.Time.Sub(start) < 24*time.Hour {
			firstDay++
		}
		log.WriteString(r.Line)
		log.WriteByte('\n')
	}
	if len(entries) != 24 {
		t.Fatalf("%d things go wrong, 24 wanted", len(entries))
	}
	about := map[string][]string{}     // what was put in, by the incident's id
	called := map[string]bool{}        // what was put in, if somebody is called for it
	last := map[string]time.Duration{} // time of each incident's last line
	teller := incident.NewTeller(0)
	_, err := scan.Run(t.Context(), &log, scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		what, id := of[l.Number-1], string(l.Incident)
		if l.Verdict.Anomaly {
			// A line may go on with what was told hours before, and is not what that is about.
			goesOn := last[id] > 0 && l.Event.Time-last[id] > incident.DefaultGap
			last[id] = l.Event.Time
			called[what] = called[what] || l.Nth > 0 && !goesOn
			if what != "" && !slices.Contains(entries[what], id) {
				entries[what] = append(entries[what], id)
				if !goesOn {
					about[id] = append(about[id], what)
				}
			}
		}
		teller.Line(&incident.Line{Number: l.Number, Time: l.Event.Time, Text: l.Text, Verdict: &l.Verdict, Incident: l.Incident, Nth: l.Nth, Template: l.Template})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for what, ids := range entries {
		if called[what] {
			told++
		} else {
			t.Errorf("%s is not in the list", what)
		}
		if len(ids) > 2 {
			t.Errorf("%s has the %d entries %v", what, len(ids), ids)
		}
	}
	others, later, storms := 0, 0, 0
	loud, quiet := incident.Loud(teller.Stories())
	for _, s := range loud {
		switch what := strings.Join(about[s.ID], ", "); {
		case what == "":
			if others++; s.From > int64(firstDay) {
				later++
			}
		case strings.HasSuffix(what, "retry-storm"):
			storms++
			i := slices.IndexFunc(s.Patterns, func(p incident.Pattern) bool { return p.Lines > 200 })
			if i < 0 || !strings.Contains(s.Patterns[i].Reason, " in ") {
				t.Errorf("%s: an entry with more than 200 lines of a pattern and its rate wanted: %+v", what, s.Patterns)
			}
		}
	}
	if storms != 3 {
		t.Errorf("%d entries about the three storms", storms)
	}
	share, laterShare := 1e4*float64(others)/float64(len(of)), 1e4*float64(later)/float64(len(of)-firstDay)
	t.Logf("%d of 24 are told; %d other entries in %d lines, %.2f in 10,000; %.2f from the second day on; %d quiet ones", told, others, len(of), share, laterShare, len(quiet))
	if share > most || laterShare > mostLater {
		t.Errorf("%d other entries in %d lines: %.2f in 10,000 and %.2f from the second day on, at most %.1f and %.1f wanted", others, len(of), share, laterShare, most, mostLater)
	}
}
