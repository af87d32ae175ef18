package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// newDetector returns a detector with the defaults of the command, changed by change.
func newDetector(t testing.TB, change func(*detector.Options)) *detector.Detector {
	t.Helper()
	o := options.Defaults().Detector
	o.Synchronous = true
	if change != nil {
		change(&o)
	}
	d, err := detector.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// healthy returns n lines of the example service without incidents.
func healthy(n int, seed uint64) [][]byte {
	g := shoplog.New(shoplog.Options{Seed: seed})
	lines := make([][]byte, n)
	for i := range lines {
		r := g.Next()
		lines[i] = []byte(r.Line)
	}
	return lines
}

func TestHealthyStreamStaysQuiet(t *testing.T) {
	const head, limit = 5000, 10.0
	lines := healthy(100_000, 7)
	d := newDetector(t, nil)
	flagged := 0
	var v detector.Verdict
	for i, line := range lines {
		if d.Observe(&detector.Event{Message: line}, &v); v.Anomaly && i >= head {
			flagged++
		}
	}
	if rate := 1e4 * float64(flagged) / float64(len(lines)-head); rate > limit {
		t.Errorf("%d of %d healthy lines flagged: %.1f in 10,000, at most %.0f wanted", flagged, len(lines)-head, rate, limit)
	}
}

// TestUniformLogStaysQuiet is about a log of one message: it is all that is
// said, and no burst of it.
func TestUniformLogStaysQuiet(t *testing.T) {
	for _, step := range []time.Duration{0, time.Millisecond, 10 * time.Second} {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(3, 9))
		now := time.Duration(0)
		flagged := 0
		var v detector.Verdict
		for i := range 5000 {
			now += step
			d.Observe(&detector.Event{Time: now, Message: fmt.Appendf(nil, "request %d served in %d ms", i, 1+rng.IntN(40))}, &v)
			if v.Anomaly {
				flagged++
			}
		}
		if flagged > 0 {
			t.Errorf("%d of 5000 lines of a uniform log are flagged, one line each %s", flagged, step)
		}
	}
}

func TestContaminationIsTheShareFlagged(t *testing.T) {
	lines := healthy(100_000, 11)
	for _, c := range []float64{0.001, 0.01, 0.05, 0.1} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			d := newDetector(t, func(o *detector.Options) { o.Contamination = c })
			flagged, judged := 0, 0
			var v detector.Verdict
			for i, line := range lines {
				if d.Observe(&detector.Event{Message: line}, &v); i < 20_000 {
					continue
				}
				judged++
				if v.Anomaly {
					flagged++
				}
			}
			if share := float64(flagged) / float64(judged); share < 0.75*c || share > 1.25*c {
				t.Errorf("flagged %.5f of the records, want %v within a quarter", share, c)
			}
		})
	}
}

// TestContaminationHoldsInRestlessLogs: after a calm beginning, hours in which nothing
// happens follow hours in which up to one line in five was never seen. The share that
// is flagged is what was asked for, from the first of them on, and in a short log too.
func TestContaminationHoldsInRestlessLogs(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 16))
		lines := healthy(12_000, 17)
		for at := 2000; at < len(lines); {
			part := lines[at:min(len(lines), at+200+rng.IntN(1000))]
			at += len(part)
			strange := []float64{0, 0, 0.02, 0.05, 0.1, 0.2}[rng.IntN(6)]
			for i := range part {
				if rng.Float64() < strange {
					part[i] = append([]byte([]string{"", "WARN ", "ERROR "}[rng.IntN(3)]), randomLine(rng, nil)...)
				}
			}
		}
		for _, c := range []float64{0.01, 0.05, 0.1} {
			d := newDetector(t, func(o *detector.Options) { o.Contamination = c })
			flagged := 0
			for i, v := range verdicts(d, lines)[2000:] {
				if v.Anomaly {
					flagged++
				}
				if n := i + 1; n%2000 == 0 {
					if share := float64(flagged) / float64(n); share < 0.75*c || share > 1.25*c {
						t.Errorf("log %d: flagged %.4f of the first %d records, want %v within a quarter", seed, share, n, c)
					}
				}
			}
		}
	}
}

// verdicts observes the lines and returns what was said of them.
func verdicts(d *detector.Detector, lines [][]byte) []detector.Verdict {
	all := make([]detector.Verdict, len(lines))
	for i, line := range lines {
		d.Observe(&detector.Event{Message: line}, &all[i])
		all[i].Reason = bytes.Clone(all[i].Reason)
	}
	return all
}

func TestReplayGivesTheSameVerdicts(t *testing.T) {
	lines := incidents(4000)
	want := verdicts(newDetector(t, nil), lines)
	old := runtime.GOMAXPROCS(1)
	got := verdicts(newDetector(t, nil), lines)
	runtime.GOMAXPROCS(old)
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("line %d: %+v, the first time %+v", i+1, got[i], want[i])
		}
	}
}

// TestJudgedByWhatCameBefore cuts the stream at a line and changes all that
// follows: the verdicts up to there must be the same.
func TestJudgedByWhatCameBefore(t *testing.T) {
	lines := incidents(4000)
	want := verdicts(newDetector(t, nil), lines)
	const cut = 2600
	other := append(slices.Clone(lines[:cut]), healthy(100, 99)...)
	got := verdicts(newDetector(t, nil), other)
	for i := range cut {
		if got[i].Score != want[i].Score || got[i].Anomaly != want[i].Anomaly {
			t.Fatalf("line %d: score %v, with another future %v", i+1, want[i].Score, got[i].Score)
		}
	}
}

func incidents(n int) [][]byte {
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: n})
	lines := make([][]byte, n)
	for i := range lines {
		lines[i] = []byte(g.Next().Line)
	}
	return lines
}

func TestIncidentsAreFlagged(t *testing.T) {
	const n = 4000
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: n})
	d := newDetector(t, nil)
	flagged, seen := map[string]int{}, map[string]int{}
	var v detector.Verdict
	for range n {
		r := g.Next()
		d.Observe(&detector.Event{Message: []byte(r.Line)}, &v)
		if r.Incident != "" {
			seen[r.Incident]++
			if v.Anomaly {
				flagged[r.Incident]++
			}
		}
	}
	for name, lines := range seen {
		if flagged[name] == 0 {
			t.Errorf("incident %s: none of its %d lines is flagged", name, lines)
		}
	}
}

// TestBurstIsNewsOnlyAtFirst repeats one routine message ten thousand times.
func TestBurstIsNewsOnlyAtFirst(t *testing.T) {
	lines := healthy(20_000, 3)
	d := newDetector(t, nil)
	verdicts(d, lines)
	burst := make([][]byte, 10_000)
	for i := range burst {
		burst[i] = fmt.Appendf(nil, `ts=2026-03-02T12:00:%02d.%03dZ level=warn app=shop-api msg="cart service slow, retrying" attempt=%d`, i/1000%60, i%1000, i%3)
	}
	// It is a message that the service knows.
	mixed := slices.Clone(lines[:2000])
	for i := 0; i < len(mixed); i += 100 {
		mixed[i] = burst[0]
	}
	verdicts(d, mixed)
	first, flagged := -1, 0
	for i, v := range verdicts(d, burst) {
		if v.Anomaly {
			flagged++
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 || first > 50 {
		t.Errorf("the burst is first flagged at its line %d, want one of the first 50", first)
	}
	if flagged > 100 {
		t.Errorf("%d of 10,000 lines of one burst are flagged, want at most 100", flagged)
	}
}

// TestLevelsAreJudgedByTheMessage is the table of the article that the design
// comes from: a dozen messages, each with its usual level. What is rare is the
// pair of level and message, not the level.
func TestLevelsAreJudgedByTheMessage(t *testing.T) {
	messages := []struct{ level, text string }{
		{"ERROR", "Database connection failed"},
		{"INFO", "API request received: GET /products"},
		{"WARN", "Rate limit exceeded for user"},
		{"INFO", "User logged in successfully"},
		{"ERROR", "Payment declined by issuer"},
		{"DEBUG", "Cache miss for key session"},
		{"INFO", "Order placed"},
		{"WARN", "Slow query on table orders"},
		{"INFO", "Scheduled job finished"},
		{"ERROR", "Failed to send email"},
		{"INFO", "File uploaded"},
		{"DEBUG", "Heartbeat received"},
	}
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	observe := func(level, text string) detector.Verdict {
		var v detector.Verdict
		d.Observe(&detector.Event{Message: []byte(text), Level: pattern.ParseLevel([]byte(level))}, &v)
		return v
	}
	routineFlagged := 0
	for i := range 5000 {
		m := messages[rng.IntN(len(messages))]
		if v := observe(m.level, m.text); v.Anomaly && i > 1000 {
			routineFlagged++
		}
	}
	if routineFlagged > 0 {
		t.Errorf("%d routine pairs of level and message are flagged", routineFlagged)
	}
	for _, m := range []struct{ level, text string }{
		{"FATAL", "API request received: GET /products"},
		{"ERROR", "Heartbeat received"},
		{"INFO", "Database connection failed"},
		{"DEBUG", "Payment declined by issuer"},
		{"CRITICAL", "Order placed"},
	} {
		for range 300 { // calm between them
			r := messages[rng.IntN(len(messages))]
			observe(r.level, r.text)
		}
		if v := observe(m.level, m.text); !v.Anomaly || !strings.Contains(string(v.Reason), "level "+m.level) {
			t.Errorf("%s %q: score %.3f, reason %q, want it flagged for its level", m.level, m.text, v.Score, v.Reason)
		}
	}
}

// TestNewReleaseBecomesNormal changes a third of the messages for good.
func TestNewReleaseBecomesNormal(t *testing.T) {
	const at, settled, n = 30_000, 10_000, 80_000
	g := shoplog.New(shoplog.Options{Seed: 4, ReleaseAt: at})
	d := newDetector(t, nil)
	var v detector.Verdict
	soon, late := 0, 0
	for i := range n {
		d.Observe(&detector.Event{Message: []byte(g.Next().Line)}, &v)
		switch {
		case !v.Anomaly:
		case i >= at && i < at+2000:
			soon++
		case i >= at+settled:
			late++
		}
	}
	if soon < 5 {
		t.Errorf("%d lines are flagged when the release comes, want at least 5", soon)
	}
	if rate := 1e4 * float64(late) / float64(n-at-settled); rate > 10 {
		t.Errorf("%.1f in 10,000 lines are flagged %d records after the release, want at most 10", rate, settled)
	}
}

func TestBatchJudgesByTheWholeFile(t *testing.T) {
	lines := incidents(4000)
	d := newDetector(t, func(o *detector.Options) { o.Contamination = 0.01 })
	for _, line := range lines {
		d.Learn(&detector.Event{Message: line})
	}
	for _, line := range lines {
		d.Survey(&detector.Event{Message: line}, new(detector.Verdict))
	}
	before := d.Stats().Refits
	if d.Fit(); d.Stats().Refits != before+1 {
		t.Errorf("Fit fits %d forests, want 1", d.Stats().Refits-before)
	}
	flagged := 0
	var v detector.Verdict
	for i, line := range lines {
		d.Judge(&detector.Event{Message: line}, &v)
		if !v.Judged {
			t.Fatalf("line %d has no verdict", i+1)
		}
		if v.Anomaly {
			flagged++
		}
	}
	if flagged < 20 || flagged > 80 {
		t.Errorf("%d of 4000 lines flagged at a contamination of 0.01, want about 40", flagged)
	}
}

func TestBackgroundRefitsEndWithClose(t *testing.T) {
	before := runtime.NumGoroutine()
	lines := healthy(2000, 2)
	for range 50 { // Close comes while forests are being fitted
		o := options.Defaults().Detector
		o.Warmup, o.RefitRecords = 32, 50
		d, err := detector.New(o)
		if err != nil {
			t.Fatal(err)
		}
		verdicts(d, lines)
		d.Close()
		if s := d.Stats(); s.Refits == 0 {
			t.Error("no forest was fitted")
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after Close", before, runtime.NumGoroutine())
}

func TestNewRefusesBadOptions(t *testing.T) {
	for name, change := range map[string]func(*detector.Options){
		"Warmup":        func(o *detector.Options) { o.Warmup = 0 },
		"Contamination": func(o *detector.Options) { o.Contamination = 0.5 },
		"Ignore":        func(o *detector.Options) { o.Ignore = []string{"("} },
	} {
		o := options.Defaults().Detector
		change(&o)
		if _, err := detector.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v, want one that names it", name, err)
		}
	}
}

// BenchmarkObserve is the cost of an event: of the example service, and of
// lines in which every word is new.
func BenchmarkObserve(b *testing.B) {
	random := make([][]byte, 20_000)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range random {
		for range 12 {
			for range 3 + rng.IntN(9) {
				random[i] = append(random[i], byte('a'+rng.IntN(26)))
			}
			random[i] = append(random[i], ' ')
		}
	}
	for name, lines := range map[string][][]byte{"routine": healthy(50_000, 1), "new": random} {
		b.Run(name, func(b *testing.B) {
			d := newDetector(b, nil)
			var v detector.Verdict
			for _, line := range lines {
				d.Observe(&detector.Event{Message: line}, &v)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d.Observe(&detector.Event{Message: lines[i%len(lines)]}, &v)
			}
		})
	}
}

// A line is judged by the others: that it was learned from makes it no less strange.
func TestJudgeLearnedByTheOthers(t *testing.T) {
	d := newDetector(t, nil)
	odd := map[int]string{1200: "ERROR cache of depot 7 is corrupt, 12 entries lost", 2100: `INFO parcel 71 scanned by "; drop table`}
	line := func(i int) *detector.Event {
		if s, ok := odd[i]; ok {
			return &detector.Event{Message: []byte(s)}
		}
		return &detector.Event{Message: fmt.Appendf(nil, "INFO %s %d", [...]string{"parcel scanned", "label printed", "route planned"}[i%3], 1+i*7919%1000)}
	}
	const lines = 3000
	for i := range lines {
		d.Learn(line(i))
	}
	d.Fit()
	var v detector.Verdict
	known := map[int]float64{}
	for i := range odd {
		d.Judge(line(i), &v)
		known[i] = v.Score
	}
	for i := range lines {
		if d.JudgeLearned(line(i), &v); !v.Anomaly {
			if odd[i] != "" {
				t.Errorf("line %d is not flagged by what is known of the others, score %.3f", i, v.Score)
			}
			continue
		}
		if odd[i] == "" {
			t.Errorf("line %d is flagged: %s", i, v.Reason)
		} else if v.Score <= known[i] {
			t.Errorf("line %d has the score %.3f, and %.3f by what is known of itself too", i, v.Score, known[i])
		}
	}
	if d.Judge(line(1200), &v); v.Score != known[1200] {
		t.Errorf("the score %.3f became %.3f", known[1200], v.Score)
	}
}
