package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// attack is a message that nobody wants to be taught as normal.
const attack = "ALERT unauthorized root login from 203.0.113.9, audit log disabled"

// randomLine is text of random words, all of them new.
func randomLine(rng *rand.Rand, b []byte) []byte {
	b = b[:0]
	for range 3 + rng.IntN(20) {
		for range 2 + rng.IntN(9) {
			b = append(b, byte('a'+rng.IntN(26)))
		}
		b = append(b, ' ')
	}
	return b
}

// TestRandomTextHasBoundedMemory lets an attacker write lines of which each is
// new, with levels, numbers and lengths of all kinds.
func TestRandomTextHasBoundedMemory(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	total := 150_000
	if os.Getenv("RELIABILITY") == "long" {
		total = 2_000_000
	}
	if testing.Short() {
		total = 50_000
	}
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(3, 4))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var line []byte
	var v detector.Verdict
	var half uint64
	for i := range total {
		line = randomLine(rng, line)
		if d.Observe(&detector.Event{Message: line}, &v); i == total/2 {
			half = heap()
		}
	}
	end := heap()
	t.Logf("%d lines of random words: the model takes %d KB after half of them and %d KB at the end", total, (half-before)>>10, (end-before)>>10)
	if end > half+half/10+256<<10 || end-before > 8<<20 {
		t.Error("memory grows with hostile text")
	}
	runtime.KeepAlive(d)
}

// TestWorstLines measures what the lines cost that cost most, beside routine
// ones: the factor that docs/reliability.md states. Time is not asserted; only
// a factor that would mean a line of more than linear cost fails.
func TestWorstLines(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	distinct := func(line func(i int) string) [][]byte {
		list := make([][]byte, 2000)
		for i := range list {
			list[i] = []byte(line(i))
		}
		return list
	}
	words := func(n, length int) string {
		var b strings.Builder
		for range n {
			for range length {
				b.WriteByte(byte('a' + rng.IntN(26)))
			}
			b.WriteByte(' ')
		}
		return b.String()
	}
	kinds := []struct {
		name   string
		lines  [][]byte
		groups [][]byte // of the lines; none = no Group_By
	}{
		{"routine lines", healthy(2000, 1), nil},
		{"random words, 150 bytes", distinct(func(int) string { return words(20, 6) }), nil},
		{"random words, 4 KB", distinct(func(int) string { return words(580, 6) }), nil},
		{"single letters, 384 bytes", distinct(func(int) string { return words(192, 1) }), nil},
		{"words of failure, 4 KB", distinct(func(i int) string { return strings.Repeat(fmt.Sprintf("failed timeout %d ", i), 220) }), nil},
		{"dates and addresses, 4 KB", distinct(func(i int) string {
			return strings.Repeat(fmt.Sprintf("2026-03-02T12:00:%02dZ 10.0.0.%d ", i%60, i%256), 120)
		}), nil},
		{"hex and quotes, 4 KB", distinct(func(i int) string { return strings.Repeat(fmt.Sprintf("\"0x%x\"-", i), 500) }), nil},
		{"punctuation, 4 KB", distinct(func(i int) string { return strings.Repeat("{[(\"'<", 680) + fmt.Sprint(i) }), nil},
		{"escapes, 4 KB", distinct(func(i int) string { return strings.Repeat("\x1b[", 2000) + fmt.Sprint(i) }), nil},
		{"one run of letters, 1 MB", [][]byte{bytes.Repeat([]byte("x"), 1<<20)}, nil},
		{"a group's name of 1 MB", healthy(2000, 1), [][]byte{bytes.Repeat([]byte("n"), 1<<20)}},
		{"a new group for each line", healthy(2000, 1), distinct(func(int) string { return words(1, 16) })},
		{"three Ignore, 1 MB, flagged", distinct(func(i int) string { return "FATAL " + words(3, 9) })[:20], nil},
	}
	var routine float64
	for _, k := range kinds {
		d := newDetector(t, func(o *detector.Options) {
			if strings.Contains(k.name, "Ignore") {
				o.Ignore = []string{"(planned|scheduled) drill", `user=\w+@example`, "a.*b.*c$"}
				for i := range k.lines {
					k.lines[i] = append(k.lines[i], bytes.Repeat([]byte("word "), 1<<20/5)...)
				}
			}
		})
		verdicts(d, healthy(5000, 2))
		best, longest := time.Duration(1<<62), time.Duration(1<<62)
		size := 0
		var v detector.Verdict
		for range 5 {
			start := time.Now()
			size = 0
			var slowest time.Duration
			for i := range k.lines {
				ev := detector.Event{Message: k.lines[i]}
				size += len(ev.Message)
				if k.groups != nil {
					ev.Group = k.groups[i%len(k.groups)]
				}
				before := time.Now()
				d.Observe(&ev, &v)
				slowest = max(slowest, time.Since(before))
			}
			best, longest = min(best, time.Since(start)), min(longest, slowest)
			if k.name != "routine lines" { // each time as new as the first
				for _, name := range k.groups[min(1, len(k.groups)):] {
					rng.Shuffle(len(name), func(a, b int) { name[a], name[b] = name[b], name[a] })
				}
				for i := range k.lines {
					rng.Shuffle(min(100, len(k.lines[i])), func(a, b int) { k.lines[i][a], k.lines[i][b] = k.lines[i][b], k.lines[i][a] })
				}
			}
		}
		perLine := float64(best.Nanoseconds()) / float64(len(k.lines))
		if routine == 0 {
			routine = perLine
		}
		t.Logf("%-28s %9.2f us a line, %7.2f ns a byte, %6.1f times a routine line; the slowest %v", k.name, perLine/1000, float64(best.Nanoseconds())/float64(size), perLine/routine, longest)
		if perLine/routine > 2000 {
			t.Errorf("%s: a line costs %.0f times what a routine line costs", k.name, perLine/routine)
		}
	}
}

// TestTeachingAnAttack measures what it takes until an attack's message is no
// longer flagged, when whoever can write lines repeats it at different paces
// within a healthy stream.
func TestTeachingAnAttack(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	for _, c := range []struct {
		every int  // one line of the attacker's in so many
		vary  bool // the attacker changes a word each time
	}{{1, false}, {10, false}, {100, false}, {1000, false}, {1, true}, {10, true}, {100, true}} {
		repetitions := min(300, 100_000/c.every)
		d := newDetector(t, nil)
		lines := healthy(10_000+repetitions*c.every, 12)
		verdicts(d, lines[:10_000])
		rest := lines[10_000:]
		flagged, last, first := 0, 0, false
		var v detector.Verdict
		for n := range repetitions {
			for _, line := range rest[n*c.every : n*c.every+c.every-1] {
				d.Observe(&detector.Event{Message: line}, &v)
			}
			message := attack
			if c.vary {
				message = strings.Replace(message, "root", letterWord(1000+n*17), 1)
			}
			if d.Observe(&detector.Event{Message: []byte(message)}, &v); v.Anomaly {
				flagged, last = flagged+1, n+1
				first = first || n == 0
			}
		}
		what := "the same line"
		if c.vary {
			what = "a new word each time"
		}
		t.Logf("one in %4d lines, %-20s: the first one flagged: %v; flagged %3d of %d times, the last time at repetition %d", c.every, what, first, flagged, repetitions, last)
		if !first {
			t.Errorf("one in %d lines: the first one is not flagged", c.every)
		}
		if flagged < 3 {
			t.Errorf("one in %d lines: flagged %d times only", c.every, flagged)
		}
	}
	// What was taught wears off: a model that has not seen it for a long time.
	d := newDetector(t, nil)
	lines := healthy(120_000, 13)
	verdicts(d, lines[:10_000])
	taught := make([][]byte, 100)
	for i := range taught {
		taught[i] = []byte(attack)
	}
	verdicts(d, taught)
	before := verdicts(d, [][]byte{[]byte(attack)})[0]
	verdicts(d, lines[10_000:])
	after := verdicts(d, [][]byte{[]byte(attack)})[0]
	t.Logf("taught by 100 lines in a row: score %.3f then, %.3f when 110,000 healthy lines have passed (threshold 0.5)", before.Score, after.Score)
}

// TestSmokescreen writes lines made to be flagged right before an attack, whose line
// must be flagged all the same: in a storm the bar rises, but not without end, and by half
// only for what is worse than the storm or less bad.
func TestSmokescreen(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	lines := healthy(10_000, 14)
	failures := []string{"failed", "denied", "corrupt", "panic", "refused", "timeout", "killed", "unreachable"}
	decoys := map[string]func(rng *rand.Rand, n int) []byte{
		"strange in all ways": func(rng *rand.Rand, n int) []byte {
			return fmt.Appendf(nil, "FATAL %s%s %s %d %s", randomLine(rng, nil), failures[rng.IntN(8)], failures[rng.IntN(8)], rng.Uint64(), strings.Repeat("x", n*7%300))
		},
		"errors of random words": func(rng *rand.Rand, _ int) []byte { return append([]byte("ERROR "), randomLine(rng, nil)...) },
		"random words":           func(rng *rand.Rand, _ int) []byte { return randomLine(rng, nil) },
		"the same error": func(_ *rand.Rand, n int) []byte {
			return fmt.Appendf(nil, "FATAL database corrupt, panic: killed %d", n)
		},
	}
	for _, c := range []struct {
		attack string
		most   int // decoys that do not hide it
	}{
		{attack, 500},
		{"WARN login of root from 203.0.113.9 accepted with a password", 100},
		{"audit log disabled by uid 0", 100},
		{"INFO user backup added to group sudo by uid 0", 5},
	} {
		for name, decoy := range decoys {
			for _, n := range []int{0, 5, 20, 100, 500} {
				if n > c.most {
					break
				}
				rng := rand.New(rand.NewPCG(7, 8))
				d := newDetector(t, nil)
				verdicts(d, lines)
				for i := range n {
					d.Observe(&detector.Event{Message: decoy(rng, i)}, new(detector.Verdict))
				}
				if v := verdicts(d, [][]byte{[]byte(c.attack)})[0]; !v.Anomaly {
					t.Errorf("%d decoys (%s) hide %q: score %.3f, threshold %.3f", n, name, c.attack, v.Score, d.Stats().Threshold)
				}
			}
		}
	}
}

// TestStormIsOverByTheClock: what a storm has raised comes down by the records' time
// too, where few records follow it.
func TestStormIsOverByTheClock(t *testing.T) {
	lines := healthy(10_000, 14)
	at := time.Duration(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).UnixNano())
	after := func(pause time.Duration) float64 {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(7, 8))
		now := at
		observe := func(message []byte) {
			now += time.Second
			d.Observe(&detector.Event{Time: now, Message: message}, new(detector.Verdict))
		}
		for _, line := range lines {
			observe(line)
		}
		for range 20 {
			observe(append([]byte("ERROR "), randomLine(rng, nil)...))
		}
		now += pause
		for _, line := range lines[:3] { // so many are believed
			observe(line)
		}
		return d.Stats().Threshold
	}
	soon, later := after(0), after(10*24*time.Hour)
	if soon < 0.53 || later > 0.501 {
		t.Errorf("a threshold of %.3f right after a storm and %.3f ten days later, at least 0.53 and about 0.5 wanted", soon, later)
	}
}
