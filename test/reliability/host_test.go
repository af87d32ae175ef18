//go:build !race

package reliability

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// Two builds of the filter besides the one that people get.
var (
	faulting  = testbuild.Object{Package: "plugin", Name: "flb-filter_anomaly.so", Flags: []string{"-tags", "faults"}}
	sanitized = testbuild.Object{Package: "plugin", Name: "flb-filter_anomaly.so", Env: []string{
		"CGO_CFLAGS=-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined", "CGO_LDFLAGS=-fsanitize=address,undefined",
	}}
)

// TestDifferentialHost passes events of odd shapes through the filter in the
// embedded host, bytes in, bytes out: none may be lost, changed or moved.
func TestDifferentialHost(t *testing.T) {
	const perChunk, perRun = 10, 50_000
	var all chunks.Counts
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for n, seed := 0, uint64(1); n < amount(20_000, 1_000_000); seed++ {
		f, err := os.Create(in)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(f)
		m := chunks.NewMaker(seed)
		for made := 0; made < min(perRun, amount(20_000, perRun)); made += perChunk {
			if err := chunks.Frame(w, m.Chunk(perChunk)); err != nil {
				t.Fatal(err)
			}
			n += perChunk
		}
		if err := errors.Join(w.Flush(), f.Close()); err != nil {
			t.Fatal(err)
		}
		options := [][]string{nil, {"-p", "group_by=a", "-p", "max_groups=3"}, {"-p", "contamination=0.2"}, {"-p", "log_key=b"}}[seed%4]
		if r := host(t, "", append([]string{"-q", "--raw-in", in, "--raw-out", out, "-F", "anomaly", "-p", "warmup=32"}, options...)...); strings.Contains(r.Stderr, "panic") {
			t.Fatalf("status %d\n%s", r.Status, r.Stderr)
		}
		var messages []string
		if seed%4 == 3 {
			messages = []string{"b"}
		}
		all.Add(compareFiles(t, in, out, messages...))
	}
	t.Logf("%d events passed the embedded host: %d tagged, %d scored, %d flagged, %d came with fields of the filter's names, %d were no log events, %d bytes were no msgpack; none lost, changed or moved",
		all.Events, all.Tagged, all.Scored, all.Flagged, all.Replaced, all.Others, all.Rest)
	if all.Flagged == 0 || all.Replaced == 0 || all.Others == 0 || all.Rest == 0 {
		t.Error("not all kinds were tried")
	}
}

func compareFiles(t *testing.T, in, out string, messages ...string) (all chunks.Counts) {
	t.Helper()
	a, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	was, is := bufio.NewReader(a), bufio.NewReader(b)
	for n := 0; ; n++ {
		x, err := chunks.ReadFrame(was)
		if err == io.EOF {
			if _, err := is.ReadByte(); err != io.EOF {
				t.Fatal("more chunks came out than went in")
			}
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		y, err := chunks.ReadFrame(is)
		if err != nil {
			t.Fatalf("chunk %d: %v", n, err)
		}
		c, err := chunks.Compare(x, y, messages...)
		if err != nil {
			t.Fatalf("chunk %d: %v", n, err)
		}
		all.Add(c)
	}
}

// TestPlantedPanic lets the detector panic at certain messages: their chunks pass
// as they came, the others are tagged, one line in the log, one count each.
func TestPlantedPanic(t *testing.T) {
	const rounds = 1000
	cmd := exec.Command(testbuild.Host(t), "-e", faulting.Build(t), "-n", "1", "--metrics", "-F", "anomaly", "-p", "warmup=32")
	r := testbuild.Run(t, cmd, strings.Repeat("one\nplant a panic here\nthree\n", rounds))
	plain, tagged := strings.Count(r.Stdout, `{"log":"plant a panic here"}`+"\n"), strings.Count(r.Stdout, `"anomaly":`)
	logged := strings.Count(r.Stderr, "a panic was caught")
	t.Logf("%d panics planted in %d chunks: %d counted, %d logged, %d chunks passed as they came, %d were tagged", rounds, 3*rounds, metric(t, r, "panics_total"), logged, plain, tagged)
	if r.Status != 0 || plain != rounds || tagged != 2*rounds || logged != 1 || metric(t, r, "panics_total") != rounds {
		t.Errorf("status %d\n%.3000s", r.Status, r.Stderr)
	}
	// In the background, where a forest is fitted.
	cmd = exec.Command(testbuild.Host(t), "-e", faulting.Build(t), "--metrics", "--repeat", "20", "-F", "anomaly", "-p", "refit_records=1000")
	cmd.Env = append(os.Environ(), "PLANT_FIT_PANIC=1")
	r = testbuild.Run(t, cmd, lines(5000))
	n, logged := strings.Count(r.Stdout, "\n"), strings.Count(r.Stderr, "a panic while a forest was fitted")
	t.Logf("%d fits of a forest panicked: %d logged, %d of 100,000 records came out", metric(t, r, "refit_failures_total"), logged, n)
	if r.Status != 0 || n != 100_000 || logged != 1 || metric(t, r, "refit_failures_total") == 0 {
		t.Errorf("status %d\n%.3000s", r.Status, r.Stderr)
	}
}

// TestSmallStacks calls the filter on stacks as small as those of the coroutines
// in which some inputs collect, saves and refits going on.
func TestSmallStacks(t *testing.T) {
	calls := amount(10_000, 100_000)
	text := lines(calls-calls/100) + strings.Repeat("PANIC: something strange "+strings.Repeat("word ", 300)+"\n", calls/100)
	r := host(t, text, "--stack", "16k", "-n", "1", "-q", "-F", "anomaly", "-p", "model_path="+t.TempDir(), "-p", "save_interval=1s", "-p", "refit_records=1000")
	m := regexp.MustCompile(`stack of (\d+) bytes, (\d+) used`).FindStringSubmatch(r.Stderr)
	if r.Status != 0 || m == nil {
		t.Fatalf("status %d\n%.3000s", r.Status, r.Stderr)
	}
	used, _ := strconv.Atoi(m[2])
	t.Logf("%d calls on a stack of %s bytes: %d bytes used at most", calls, m[1], used)
	if used > 12<<10 {
		t.Errorf("%d bytes of the stack used", used)
	}
}

// TestSanitized runs the C of the filter and of the host under the address sanitizer
// and the one for undefined behaviour; both are built with them.
func TestSanitized(t *testing.T) {
	program, plugin := testbuild.Host(t, testbuild.Sanitizers...), sanitized.Build(t)
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	m := chunks.NewMaker(3)
	for range amount(500, 10_000) {
		if err := chunks.Frame(f, m.Chunk(10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--threads", "3", "--reload", "3", "--repeat", "3", "-F", "anomaly", "-F", "anomaly", "-p", "alias=second"},
		{"--abi", "3.2", "--reload", "2", "-F", "anomaly", "-p", "model_path=" + dir, "-p", "save_interval=1s"},
		{"-n", "1", "--stack", "16k", "--metrics", "-F", "anomaly", "-p", "keep=anomalies"},
		{"--raw-in", in, "--raw-out", filepath.Join(dir, "out"), "-F", "anomaly", "-p", "warmup=32"},
		{"--help-options", "-F", "anomaly"},
		{"-F", "anomaly", "-p", "warmup=none"},
	} {
		cmd := exec.Command(program, append([]string{"-q", "-e", plugin}, args...)...)
		// Go's runtime keeps memory of its own to the end.
		cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0")
		if r := testbuild.Run(t, cmd, lines(2000)); strings.Contains(r.Stderr, "Sanitizer") || strings.Contains(r.Stderr, "runtime error: ") || r.Status > 1 || r.Status < 0 {
			t.Errorf("%q: status %d\n%.5000s", args, r.Status, r.Stderr)
		}
	}
}

// TestRaces runs the filter in the host under the race detector: the callbacks of
// several threads, and beside them refits, saves, metrics, the log, hot reloads.
func TestRaces(t *testing.T) {
	program, dir := faulting.RaceHost(t), t.TempDir()
	races := func(env string, args ...string) int {
		t.Helper()
		cmd := exec.Command(program, append([]string{"-q", "-e", faulting.Name}, args...)...)
		cmd.Env = append(os.Environ(), env)
		r := testbuild.Run(t, cmd, lines(2000))
		if r.Status != 0 || !strings.Contains(r.Stderr, "done records=") {
			t.Errorf("%q: status %d\n%.5000s", args, r.Status, r.Stderr)
		}
		return strings.Count(r.Stderr, "WARNING: DATA RACE")
	}
	for _, args := range [][]string{
		{"--threads", "3", "--reload", "3", "--repeat", "3", "-F", "anomaly", "-F", "anomaly", "-p", "alias=second"},
		{"--threads", "4", "--metrics", "--repeat", fmt.Sprint(amount(5, 200)), "-F", "anomaly", "-p", "refit_records=500",
			"-p", "model_path=" + dir, "-p", "save_interval=1s", "-p", "group_by=log", "-p", "max_groups=4"},
		{"-n", "1", "--reload", "5", "-F", "anomaly", "-p", "keep=anomalies", "-p", "model_path=" + dir},
	} {
		if n := races("PLANT_NONE=", args...); n > 0 {
			t.Errorf("%q: %d data races", args, n) // -v has them
		}
	}
	if races("PLANT_RACE=1", "--threads", "3", "-F", "anomaly") == 0 {
		t.Error("the race that is planted is not found")
	}
}

// TestValgrind looks for memory that the C half loses or misuses. Of Go's own
// memory valgrind knows nothing.
func TestValgrind(t *testing.T) {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		t.Skip("SKIPPED: no valgrind here")
	}
	if !long {
		t.Skip("in the long version only")
	}
	lost := func(reloads int) (bytes int, r testbuild.Result) {
		cmd := exec.Command(valgrind, "--leak-check=full", "--show-leak-kinds=definite", "--undef-value-errors=no",
			testbuild.Host(t), "-q", "-n", "50", "--reload", fmt.Sprint(reloads), "-e", testbuild.Filter.Build(t), "-F", "anomaly", "-p", "alias=x")
		r = testbuild.Run(t, cmd, lines(1000))
		m := regexp.MustCompile(`definitely lost: ([\d,]+) bytes`).FindStringSubmatch(r.Stderr)
		if m == nil && !strings.Contains(r.Stderr, "no leaks are possible") {
			t.Fatalf("status %d\n%.5000s", r.Status, r.Stderr)
		}
		if m != nil {
			bytes, _ = strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		}
		return bytes, r
	}
	few, _ := lost(1)
	many, r := lost(20)
	// Go moves stacks and reads strings by 32 bytes at a time, which valgrind takes
	// for errors: what counts is what C code does.
	var invalid []string
	for _, m := range regexp.MustCompile(`(?m)^.*Invalid (?:read|write|free).*\n.* at 0x[0-9A-F]+: (.*)$`).FindAllStringSubmatch(r.Stderr, -1) {
		if !strings.Contains(m[1], ".go:") && !strings.Contains(m[1], ".s:") && !strings.HasPrefix(m[1], "runtime.") {
			invalid = append(invalid, m[1])
		}
	}
	t.Logf("valgrind: %d bytes lost with 1 reload, %d with 20; %d invalid reads, writes and frees in C", few, many, len(invalid))
	if many > few+64 || len(invalid) > 0 {
		t.Errorf("in %q\n%.5000s", invalid, r.Stderr)
	}
}
