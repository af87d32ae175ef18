package shoplog

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The options that examples/shop.log is made with:
//
//	go run ./examples/generate -seed 1 -lines 4000 -incidents > examples/shop.log
var example = Options{Seed: 1, Lines: 4000, Incidents: true}

func TestExampleIsWhatTheGeneratorMakes(t *testing.T) {
	want, err := os.ReadFile("../shop.log")
	if err != nil {
		t.Fatal(err)
	}
	g := New(example)
	for i, line := range strings.Split(strings.TrimSuffix(string(want), "\n"), "\n") {
		if r := g.Next(); r.Line != line {
			t.Fatalf("line %d of shop.log is not what the generator makes now:\n%s\nwant\n%s", i+1, line, r.Line)
		}
		if i == example.Lines {
			t.Fatalf("shop.log has more than %d lines", example.Lines)
		}
	}
}

func TestReadmeNotesTheIncidents(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var notes bytes.Buffer
	if err := WriteNotes(&notes, example); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, notes.Bytes()) {
		t.Errorf("examples/README.md does not have this table:\n%s", &notes)
	}
}

func TestIncidents(t *testing.T) {
	for seed := range uint64(5) {
		o := example
		o.Seed = seed
		lines := map[string]int{}
		for i, r := range take(New(o), o.Lines) {
			if r.Incident == "" {
				continue
			}
			if i < o.Lines*2/5 {
				t.Errorf("seed %d: %s in record %d, before the incidents' part", seed, r.Incident, i+1)
			}
			lines[r.Incident]++
		}
		for _, incident := range Incidents() {
			if lines[incident.Name] == 0 {
				t.Errorf("seed %d: no %s", seed, incident.Name)
			}
		}
		if n := lines["retry-storm"]; n < 100 {
			t.Errorf("seed %d: a storm of %d lines is none", seed, n)
		}
	}
}

func TestHealthy(t *testing.T) {
	const n = 36_000 // from the evening into the morning
	broken := regexp.MustCompile(`FATAL|level=fatal|Out of memory|No space left|expired on|refused parcel`)
	before := time.Time{}
	byLevel := map[string]int{}
	busy, quiet := 0, 0
	for _, r := range take(New(Options{Seed: 7, Start: time.Date(2026, time.March, 2, 18, 0, 0, 0, time.UTC)}), n) {
		if r.Incident != "" || broken.MatchString(r.Line) {
			t.Fatalf("an incident in a healthy stream: %s", r.Line)
		}
		if strings.ContainsAny(r.Line, "\n\r") || r.Line == "" {
			t.Fatalf("no single line: %q", r.Line)
		}
		if r.Time.Before(before) {
			t.Fatalf("time goes backwards, from %s to %s: %s", before, r.Time, r.Line)
		}
		before = r.Time
		byLevel[r.Level]++
		switch r.Time.Hour() {
		case 20:
			busy++
		case 3:
			quiet++
		}
	}
	if busy < 4*quiet {
		t.Errorf("%d lines in the evening's hour, %d in the night's: no daily rhythm", busy, quiet)
	}
	for _, level := range []string{"", "DEBUG", "INFO", "WARN", "ERROR"} {
		if byLevel[level] == 0 {
			t.Errorf("no line of level %q", level)
		}
	}
	if share := float64(byLevel["ERROR"]) / n; share > 0.01 {
		t.Errorf("%.3f of the lines are errors", share)
	}
}

// A working day's deploys replace the three pods and change the version.
func TestDeploy(t *testing.T) {
	ready := regexp.MustCompile(`pod=(\S+) version=(\S+) msg="ready"`)
	pods, versions := map[string]bool{}, map[string]bool{}
	for _, r := range take(New(Options{Seed: 7}), 12_000) {
		if m := ready.FindStringSubmatch(r.Line); m != nil {
			pods[m[1]], versions[m[2]] = true, true
		}
	}
	if len(pods) < 3 || len(pods) != 3*len(versions) {
		t.Errorf("%d new pods with %d new versions, want three of each version", len(pods), len(versions))
	}
}

// A new release words a third of the lines anew, from its record on.
func TestRelease(t *testing.T) {
	const at, n = 8_000, 16_000
	anew := regexp.MustCompile(`query answered|basket changed|payment intent|session opened|template order|cache generation|Run complete|served from cache|Allocation of|connections to`)
	share := [2]float64{}
	for i, r := range take(New(Options{Seed: 3, ReleaseAt: at}), n) {
		if anew.MatchString(r.Line) {
			share[i/at] += 1.0 / at
		}
	}
	if share[0] != 0 || share[1] < 0.28 || share[1] > 0.38 {
		t.Errorf("%.2f of the lines before the release and %.2f after it are of the new wording, want 0 and a third", share[0], share[1])
	}
}

func TestSameOptionsSameLines(t *testing.T) {
	a, b := take(New(example), 1000), take(New(example), 1000)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("record %d differs:\n%v\n%v", i+1, a[i], b[i])
		}
	}
	other := example
	other.Seed++
	if c := take(New(other), 1000); c[999] == a[999] {
		t.Error("another seed makes the same lines")
	}
}

func take(g *Generator, n int) []Record {
	records := make([]Record, n)
	for i := range records {
		records[i] = g.Next()
	}
	return records
}

func BenchmarkNext(b *testing.B) {
	g := New(Options{Seed: 1})
	b.ReportAllocs()
	for b.Loop() {
		g.Next()
	}
}
