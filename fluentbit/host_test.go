package fluentbit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// The tests drive a real filter, testdata/odd, in the embedded host and, where
// there is one, in a real Fluent Bit.
var (
	odd   = testbuild.Object{Package: "fluentbit/testdata/odd", Name: "flb-filter_odd.so"}
	hello = testbuild.Object{Package: "fluentbit/testdata/hello", Name: "flb-filter_hello.so"}
)

func TestMain(m *testing.M) { testbuild.Main(m) }

func runHost(t testing.TB, stdin string, args ...string) testbuild.Result {
	t.Helper()
	return testbuild.Run(t, exec.Command(testbuild.Host(t), append([]string{"-e", odd.Build(t)}, args...)...), stdin)
}

const (
	threeLines   = "one\n{\"n\": 2}\nthree\n"
	threeRecords = "{\"log\":\"one\"}\n{\"n\":2}\n{\"log\":\"three\"}\n"
)

// What a filter returns, and what becomes of the records.
func TestHostOutcomes(t *testing.T) {
	tests := []struct {
		do, want, logged string
	}{
		{"copy", threeRecords, ""},
		{"own", threeRecords, ""},
		{"chunk", threeRecords, ""},
		{"offset", threeRecords, ""},
		{"twice", threeRecords + threeRecords, ""},
		{"drop", "", ""},
		{"same", threeRecords, ""},
		{"deep", threeRecords, ""},
		{"error", threeRecords, "[error] [filter:odd:odd.0] the records pass unchanged: error in call 1"},
		{"panic", threeRecords, `[error] [filter:odd:odd.0] a panic was caught, the records pass unchanged (logged once, counted as panics_total): call 1\nof host.0 at main.(*odd).Filter (main.go:`},
		{"nil", threeRecords, "nil pointer dereference at main.(*odd).Filter (main.go:"},
		{"index", threeRecords, "index out of range"},
		{"log", threeRecords, "[ info] [filter:odd:odd.0] a chunk tag=host.0 bytes="},
	}
	for _, tt := range tests {
		t.Run(tt.do, func(t *testing.T) {
			for _, abi := range []string{"3.2", "5.1"} {
				r := runHost(t, threeLines, "--abi", abi, "-F", "odd", "-p", "do="+tt.do)
				if r.Stdout != tt.want || r.Status != 0 {
					t.Errorf("status %d\n%s\nwant\n%s\n%s", r.Status, r.Stdout, tt.want, r.Stderr)
				}
				r.MustHave(t, r.Stderr, tt.logged)
			}
		})
	}
}

// An error is logged once in a while and a panic once, each is counted.
func TestHostCountsFailures(t *testing.T) {
	for do, counter := range map[string]string{"panic": "panics_total", "nil": "panics_total", "error": "errors_total"} {
		r := runHost(t, strings.Repeat("x\n", 500), "-n", "1", "--metrics", "-F", "odd", "-p", "do="+do)
		r.MustHave(t, r.Stderr, "fluentbit_filter_odd_"+counter+`{name="odd.0"} 500`)
		if n := strings.Count(r.Stderr, "pass unchanged"); n != 1 {
			t.Errorf("%s: %d lines tell of it\n%s", do, n, r.Stderr)
		}
		if n := strings.Count(r.Stdout, "\n"); n != 500 {
			t.Errorf("%s: %d records left", do, n)
		}
	}
}

func TestHostMetrics(t *testing.T) {
	r := runHost(t, strings.Repeat("x\n", 10), "-n", "3", "--metrics", "-F", "odd", "-p", "alias=my odd", "-F", "odd", "-p", "do=drop")
	r.MustHave(t, r.Stderr, "# TYPE fluentbit_filter_odd_chunks_total counter\n")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunks_total{name="my odd",how="copy"} 4`)
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunks_total{name="odd.1",how="drop"} 4`)
	r.MustHave(t, r.Stderr, "# TYPE fluentbit_filter_odd_chunk_bytes gauge\n")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunk_bytes{name="my odd"} 20`) // of the last chunk, one record
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_panics_total{name="odd.1"} 0`)
}

// Fluent Bit takes two instances with one alias, or numbers processors alike: they
// get names of their own, and the user hears of it when it was the user who gave it.
func TestHostNamesAreUnique(t *testing.T) {
	r := runHost(t, "x\n", "--metrics", "-F", "odd", "-p", "alias=mine", "-F", "odd", "-p", "alias=mine")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunks_total{name="mine",how="copy"} 1`)
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunks_total{name="mine-2",how="copy"} 1`)
	r.MustHave(t, r.Stderr, "[ warn] [filter:odd:mine-2] another instance has the alias mine: this one goes by mine-2")
	for what, args := range map[string][]string{"without an alias": {"-F", "odd", "-F", "odd"}, "with one": {"-F", "odd", "-p", "alias=mine"}} {
		if r := runHost(t, "x\n", args...); strings.Contains(r.Stderr, "another instance") {
			t.Errorf("a warning %s\n%s", what, r.Stderr)
		}
	}
}

func TestHostOptions(t *testing.T) {
	for _, abi := range []string{"3.2", "5.1"} {
		r := runHost(t, "", "--abi", abi, "-F", "odd", "-p", "Word=a b", "-p", "WORD=", "-p", "word=c=d", "-p", "number=7")
		r.MustHave(t, r.Stderr, `words="[\"a b\" \"\" \"c=d\"]" number=7 set=true`)

		r = runHost(t, "", "--abi", abi, "-F", "odd")
		r.MustHave(t, r.Stderr, "do=copy words=[] number=42 set=false")

		r = runHost(t, "", "--abi", abi, "-F", "odd", "-p", "wrod=a")
		r.MustHave(t, r.Stderr, "unknown configuration property 'wrod'")
		if r.Status != 1 {
			t.Errorf("a misspelt option: status %d, want 1", r.Status)
		}
		r = runHost(t, "", "--abi", abi, "-F", "odd", "-p", "do=a", "-p", "Do=b")
		r.MustHave(t, r.Stderr, "is set 2 times")

		r = runHost(t, "", "--abi", abi, "-F", "odd", "--help-options")
		for _, want := range []string{"odd: Does odd things on demand", "Word", "string, may be repeated", "integer, default: 42",
			"double, default: 0.5", "boolean, default: true", "size, default: 2M", "time, default: 10m"} {
			r.MustHave(t, r.Stdout, want)
		}
	}
}

func TestHostRefusals(t *testing.T) {
	for start, want := range map[string]string{
		"refuse":  `[error] [filter:odd:odd.0] option Start has the value "refuse": it is refused, as it says`,
		"panic":   "[error] [filter:odd:odd.0] the filter panicked while it started: assignment to entry in nil map at main.start (main.go:",
		"nothing": "[error] [filter:odd:odd.0] the filter's New returned neither a filter nor an error",
	} {
		r := runHost(t, threeLines, "-F", "odd", "-p", "start="+start)
		r.MustHave(t, r.Stderr, want)
		if r.Status != 1 || r.Stdout != "" {
			t.Errorf("start %s: status %d, records %q", start, r.Status, r.Stdout)
		}
	}
	r := runHost(t, threeLines, "--abi", "unknown", "-F", "odd")
	r.MustHave(t, r.Stderr, "[error] [filter:odd.0] this version of Fluent Bit lays out a filter's instance in a way that this filter does not know")
	if r.Status != 1 {
		t.Errorf("an unknown layout: status %d", r.Status)
	}
	r = runHost(t, threeLines, "--fork", "-F", "odd")
	r.MustHave(t, r.Stderr, "[error] [filter:odd.0] Fluent Bit went into the background")
	r.MustHave(t, r.Stderr, "[filter] Fluent Bit went into the background")
	if r.Status != 1 {
		t.Errorf("after a fork: status %d", r.Status)
	}
}

func TestHostClosing(t *testing.T) {
	for stop, want := range map[string]string{
		"panic": "[error] [filter:odd:odd.0] a panic in Close was caught: while closing at main.(*odd).Close (main.go:",
		"error": `[error] [filter:odd:odd.0] the filter did not close well error="would not close"`,
	} {
		r := runHost(t, threeLines, "-F", "odd", "-p", "stop="+stop)
		r.MustHave(t, r.Stderr, want)
		if r.Status != 0 || r.Stdout != threeRecords {
			t.Errorf("stop %s: status %d, records %q", stop, r.Status, r.Stdout)
		}
	}
}

// One shared object under two names holds two filters; a variable that nobody
// registered for is a filter that refuses to start.
func TestHostSeveralFilters(t *testing.T) {
	odd := odd.Build(t)
	dir := t.TempDir()
	for _, name := range []string{"twin", "forgotten", "absent"} {
		if err := os.Symlink(odd, filepath.Join(dir, "flb-filter_"+name+".so")); err != nil {
			t.Fatal(err)
		}
	}
	r := runHost(t, threeLines, "-e", filepath.Join(dir, "flb-filter_twin.so"), "-F", "odd", "-F", "twin")
	r.MustHave(t, r.Stderr, "[filter:odd:odd.0] options")
	r.MustHave(t, r.Stderr, "[filter:twin:twin.1] options")
	if r.Stdout != threeRecords {
		t.Errorf("records: %q", r.Stdout)
	}
	r = runHost(t, threeLines, "-e", filepath.Join(dir, "flb-filter_forgotten.so"), "-F", "forgotten")
	r.MustHave(t, r.Stderr, "[filter:forgotten.0] the shared object declares this filter, but no init function calls fluentbit.Register")
	r = runHost(t, threeLines, "-e", filepath.Join(dir, "flb-filter_absent.so"))
	r.MustHave(t, r.Stderr, "filter_absent_plugin")
	if r.Status != 1 {
		t.Errorf("status %d", r.Status)
	}

	// Two shared objects of Go in one process.
	r = runHost(t, threeLines, "-e", hello.Build(t), "-F", "odd", "-p", "do=nil", "-F", "hello", "-p", "greeting=hi")
	if want := strings.ReplaceAll(threeRecords, "}", `,"greeting":"hi"}`); r.Stdout != want {
		t.Errorf("records: %s\nwant %s\n%s", r.Stdout, want, r.Stderr)
	}
	r.MustHave(t, r.Stderr, "nil pointer dereference")
}

func TestHostLog(t *testing.T) {
	r := runHost(t, threeLines, "-F", "odd", "-p", "start=log")
	r.MustHave(t, r.Stderr, `[ info] [filter:odd:odd.0] percent %s %n, line\nfeed, NUL \x00, escape \x1b[31m, bad \xff key="two words" n=7`+"\n")
	r.MustHave(t, r.Stderr, `[ warn] [filter:odd:odd.0] grouped a=1 g.b=2 g.h.c=3 g.e="an error"`+"\n")
	r.MustHave(t, r.Stderr, "...\n")
	if strings.Contains(r.Stderr, "for debuggers") {
		t.Error("a debug line at level info")
	}
	r = runHost(t, threeLines, "-F", "odd", "-p", "start=log", "-p", "log_level=debug")
	r.MustHave(t, r.Stderr, "[debug] [filter:odd:odd.0] for debuggers\n")
	r = runHost(t, threeLines, "-F", "odd", "-p", "start=log", "-p", "log_level=error")
	if n := strings.Count(r.Stderr, "\n"); n != 1 {
		t.Errorf("%d lines at level error\n%s", n, r.Stderr)
	}
	r = runHost(t, threeLines, "-F", "odd", "-p", "start=log", "-p", "log_level=off")
	if r.Stderr != "" {
		t.Errorf("at level off:\n%s", r.Stderr)
	}
	r = runHost(t, threeLines, "-F", "odd", "-p", "do=flood")
	r.MustHave(t, r.Stderr, "flood n=255\n")
	r.MustHave(t, r.Stderr, "[ warn] [filter:odd:odd.0] 744 log lines were lost: too many at once")

	// The queue has room for 256 lines a call, however many calls there were, and a
	// loss is told once.
	r = runHost(t, strings.Repeat("x\n", 600), "-n", "1", "-F", "odd", "-p", "do=log")
	if n := strings.Count(r.Stderr, "[filter:odd:odd.0] a chunk tag="); n != 600 || strings.Contains(r.Stderr, "lost") {
		t.Errorf("%d of 600 lines came out\n%.2000s", n, r.Stderr)
	}
	r = runHost(t, strings.Repeat("x\n", 3), "-n", "1", "-F", "odd", "-p", "do=flood")
	if n := strings.Count(r.Stderr, "744 log lines were lost"); n != 3 {
		t.Errorf("the loss of 3 calls is told %d times\n%.2000s", n, r.Stderr)
	}
}

// Lines and panics of background goroutines come out with the next call.
func TestHostBackground(t *testing.T) {
	r := runHost(t, strings.Repeat("x\n", 3), "-n", "1", "--metrics", "-F", "odd", "-p", "start=background", "-p", "do=slow")
	r.MustHave(t, r.Stderr, "[filter:odd:odd.0] logged in the background\n")
	r.MustHave(t, r.Stderr, "a panic in the background was caught (logged once, counted as panics_total): in the background at main.start.func")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_panics_total{name="odd.0"} 1`)
}

// Functions of metrics are called when a call has ended, one that panicked too.
func TestHostMetricFunctions(t *testing.T) {
	r := runHost(t, threeLines, "-n", "1", "--metrics", "-F", "odd", "-p", "do=panic", "-p", "log_level=debug")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_calls_total{name="odd.0"} 3`)
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_busy{name="odd.0"} 0`)
	r.MustHave(t, r.Stderr, "[filter:odd:odd.0] a metric is read")
	r = runHost(t, threeLines, "-n", "1", "--metrics", "-F", "odd", "-p", "do=bad metric")
	if r.Status != 0 || r.Stdout != threeRecords {
		t.Errorf("status %d, records\n%s\n%s", r.Status, r.Stdout, r.Stderr)
	}
	r.MustHave(t, r.Stderr, "a panic in the function of the metric busy was caught (logged once, counted as panics_total): in a metric")
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_calls_total{name="odd.0"} 3`)
}

func TestHostThreadsAndReloads(t *testing.T) {
	r := runHost(t, strings.Repeat(threeLines, 100), "--threads", "4", "--reload", "3", "--repeat", "5", "-n", "7", "-s", "--metrics",
		"-F", "odd", "-p", "do=log", "-F", "odd", "-p", "do=copy", "-F", "odd", "-p", "do=panic")
	if want := strings.Repeat(threeRecords, 100*4*5); r.Stdout != want || r.Status != 0 {
		t.Errorf("status %d, %d bytes of records, want %d\n%.2000s", r.Status, len(r.Stdout), len(want), r.Stderr)
	}
	for thread := range 4 {
		r.MustHave(t, r.Stderr, fmt.Sprintf("thread %d: 6000 records in, 6000 out", thread))
	}
	// Counters start anew with each instance.
	r.MustHave(t, r.Stderr, `fluentbit_filter_odd_chunks_total{name="odd.10",how="copy"} 215`)
	if strings.Contains(r.Stderr, "two calls at once") {
		t.Error("calls of one instance overlapped")
	}
}

// Stacks as small as those of the coroutines in which some inputs collect.
func TestHostSmallStacks(t *testing.T) {
	for _, size := range []string{"16k", "24k"} {
		for _, do := range []string{"copy", "twice", "own", "panic", "nil", "deep", "log", "error"} {
			r := runHost(t, strings.Repeat(threeLines, 100), "--stack", size, "--repeat", "20", "-n", "3", "-q", "-F", "odd", "-p", "do="+do)
			m := regexp.MustCompile(`stack of \d+ bytes, (\d+) used`).FindStringSubmatch(r.Stderr)
			if r.Status != 0 || m == nil {
				t.Fatalf("do %s on %s: status %d\n%.3000s", do, size, r.Status, r.Stderr)
			}
			used, _ := strconv.Atoi(m[1])
			t.Logf("do %s on %s: %d bytes of the stack used", do, size, used)
			if used > 14<<10 {
				t.Errorf("do %s on %s: %d bytes of the stack used", do, size, used)
			}
		}
	}
}

// Chunks of random bytes, and none at all: a filter gets what there is.
func TestHostHostileChunks(t *testing.T) {
	in := filepath.Join(t.TempDir(), "in")
	out := filepath.Join(t.TempDir(), "out")
	rnd := rand.New(rand.NewPCG(1, 2))
	var chunks bytes.Buffer
	for n := range 300 {
		chunk := make([]byte, 1+rnd.IntN(1<<(n%17)))
		for i := range chunk {
			chunk[i] = byte(rnd.Uint32())
		}
		chunks.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(chunk))))
		chunks.Write(chunk)
	}
	if err := os.WriteFile(in, chunks.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, do := range []string{"copy", "own", "chunk", "offset", "same", "panic", "error"} {
		r := runHost(t, "", "-q", "--raw-in", in, "--raw-out", out, "-F", "odd", "-p", "do="+do)
		got, err := os.ReadFile(out)
		if err != nil || !bytes.Equal(got, chunks.Bytes()) {
			t.Errorf("do %s: what came out differs from what went in (%v)\n%.2000s", do, err, r.Stderr)
		}
	}
}

// The dynamic linker's lock, the order of constructors, Go's start: a process
// that hung would hang the test. FLUENTBIT_STARTS sets the number of starts.
func TestHostStarts(t *testing.T) {
	starts := 100
	if s := os.Getenv("FLUENTBIT_STARTS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		starts = n
	}
	for n := range starts {
		cmd := exec.Command(testbuild.Host(t), "-e", odd.Build(t), "-F", "odd")
		if n%2 == 1 {
			cmd.Env = append(os.Environ(), "LD_BIND_NOW=1")
		}
		if r := testbuild.Run(t, cmd, threeLines); r.Status != 0 || r.Stdout != threeRecords {
			t.Fatalf("start %d: status %d\n%s%s", n, r.Status, r.Stdout, r.Stderr)
		}
	}
}

// The C halves, of the kit and of the host, under the address sanitizer.
func TestHostSanitized(t *testing.T) {
	host := testbuild.Host(t, testbuild.Sanitizers...)
	sanitized := odd
	flags := strings.Join(testbuild.Sanitizers, " ")
	sanitized.Env = []string{"CGO_CFLAGS=-O1 " + flags, "CGO_LDFLAGS=" + flags}
	odd := sanitized.Build(t)
	for _, args := range [][]string{
		{"-F", "odd", "-p", "do=copy", "--threads", "3", "--reload", "2"},
		{"-F", "odd", "-p", "do=twice", "-F", "odd", "-p", "do=own", "-F", "odd", "-p", "do=offset"},
		{"-F", "odd", "-p", "do=drop"},
		{"-F", "odd", "-p", "do=panic", "-p", "stop=panic"},
		{"-F", "odd", "-p", "do=flood", "--abi", "3.2"},
		{"-F", "odd", "-p", "start=log", "-p", "word=a", "-p", "word=b", "--metrics"},
		{"-F", "odd", "-p", "start=refuse"},
		{"-F", "odd", "-p", "wrod=a"},
		{"-F", "odd", "-p", "start=background", "--help-options"},
		{"-F", "odd", "-p", "start=chatter", "--reload", "20"}, // goroutines that log on after the end
	} {
		cmd := exec.Command(host, append([]string{"-e", odd, "-n", "2", "--repeat", "3"}, args...)...)
		r := testbuild.Run(t, cmd, strings.Repeat(threeLines, 20))
		if r.Status == -1 || strings.Contains(r.Stderr, "Sanitizer") || strings.Contains(r.Stderr, "runtime error: ") && !strings.Contains(r.Stderr, "caught") {
			t.Errorf("%q: status %d\n%s", args, r.Status, r.Stderr)
		}
	}
}

// Lines become records: what is a JSON object, and what is text.
func TestHostJSON(t *testing.T) {
	tests := []struct{ line, want string }{
		{`{}`, `{}`},
		{` { "a" : 1 , "b" : [ ] } `, `{"a":1,"b":[]}`},
		{`{"i":-9223372036854775808,"u":18446744073709551615,"big":18446744073709551616,"f":1.50,"e":-1e3,"z":-0}`,
			`{"i":-9223372036854775808,"u":18446744073709551615,"big":1.8446744073709552e+19,"f":1.5,"e":-1000.0,"z":0}`},
		{`{"inf":1e999,"tiny":5e-324,"t":true,"f":false,"n":null}`, `{"inf":null,"tiny":4.94065645841247e-324,"t":true,"f":false,"n":null}`},
		{`{"s":"\"\\\/\b\f\n\r\t\u0041\u00e9\u6771\ud83d\ude42"}`, `{"s":"\"\\/\u0008\u000c\n\r\tAé東🙂"}`},
		{`{"nul":"\u0000","del":"` + "\x7f" + `"}`, `{"nul":"\u0000","del":"\u007f"}`},
		{`{"a":1,"a":2}`, `{"a":1,"a":2}`},
		{`{"a":{"b":[{"c":[[]]}]}}`, `{"a":{"b":[{"c":[[]]}]}}`},
	}
	for _, text := range []string{`{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{'a':1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":+1}`, `{"a":1e}`,
		`{"a":tru}`, `{"a":"\x"}`, `{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\u12"}`, `{"a":1} x`, `[1]`, `"a"`, `1`, `{"a":"` + "\t" + `"}`} {
		tests = append(tests, struct{ line, want string }{text, `{"log":` + quoteJSON(text) + `}`})
	}
	// Bytes that are not UTF-8 are text, and print as U+FFFD.
	tests = append(tests, struct{ line, want string }{"{\"a\":\"\xff\"}", `{"log":"{\"a\":\"` + "\ufffd" + `\"}"}`})
	tests = append(tests, struct{ line, want string }{"\xed\xa0\x80 \xc0\x80 \xf4\x90\x80\x80", `{"log":"` + strings.Repeat("\ufffd", 3) + " " + strings.Repeat("\ufffd", 2) + " " + strings.Repeat("\ufffd", 4) + `"}`})
	// Nesting has a limit.
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests = append(tests, struct{ line, want string }{deep(200), deep(200)})
	tests = append(tests, struct{ line, want string }{deep(201), `{"log":` + quoteJSON(deep(201)) + `}`})
	// Maps, arrays and strings of each size that msgpack has a form for.
	for _, n := range []int{15, 16, 31, 32, 255, 256, 65535, 65536} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"k%d":%d`, i, i)
		}
		object := "{" + strings.Join(members, ",") + "}"
		tests = append(tests, struct{ line, want string }{object, object})
		array := `{"a":[` + strings.Repeat("1,", n-1) + `1],"s":"` + strings.Repeat("x", n) + `"}`
		tests = append(tests, struct{ line, want string }{array, array})
	}
	var in, want strings.Builder
	for _, tt := range tests {
		in.WriteString(tt.line + "\n")
	}
	r := runHost(t, in.String(), "-F", "odd")
	got := strings.Split(r.Stdout, "\n")
	for n, tt := range tests {
		if n >= len(got) || got[n] != tt.want {
			t.Errorf("%.200s\ngot  %.200s\nwant %.200s", tt.line, got[min(n, len(got)-1)], tt.want)
		}
		want.WriteString(tt.want + "\n")
	}
	if r.Stdout != want.String() {
		t.Error("more or fewer records than lines")
	}
	r = runHost(t, "x\n\ny\r\nlast", "-F", "odd", "--time", "1700000000", "--step", "250", "--date", "--legacy")
	if want := `{"date":1700000000.000000000,"log":"x"}` + "\n" + `{"date":1700000000.250000000,"log":"y"}` + "\n" +
		`{"date":1700000000.500000000,"log":"last"}` + "\n"; r.Stdout != want {
		t.Errorf("got\n%s\nwant\n%s", r.Stdout, want)
	}
}

// The filter of the README, with what every filter meets: events that are cut off,
// marks of groups, bodies that are no maps.
func TestHelloPassesWhatIsNoRecord(t *testing.T) {
	hello := hello.Build(t)
	record := []byte{0x92, 0x92, 0x05, 0x80, 0x81, 0xa1, 'v', 0x01}
	var in []byte
	for _, chunk := range [][]byte{
		record[:7], // the value is missing
		record[:3],
		{0x92, 0x92, 0xff, 0x80, 0x81, 0xa1, 'g', 0x01}, // a group begins
		{0x92, 0x92, 0xfe, 0x80, 0x80},                  // and ends
		{0x92, 0x92, 0x05, 0x80, 0x91, 0x01},
		{0xc1},
	} {
		in = append(binary.LittleEndian.AppendUint32(in, uint32(len(chunk))), chunk...)
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(from, in, 0o644); err != nil {
		t.Fatal(err)
	}
	r := runHost(t, "", "-q", "-e", hello, "--raw-in", from, "--raw-out", to, "-F", "hello")
	if out, err := os.ReadFile(to); err != nil || !bytes.Equal(out, in) {
		t.Errorf("% x came out of % x (%v)\n%s", out, in, err, r.Stderr)
	}
}

// What readers copy is what is tested.
func TestReadmeHasTheExample(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("testdata/hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, source) {
		t.Error("the example in README.md is not testdata/hello/main.go")
	}
}

func quoteJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(s) + `"`
}

// What JSON has no form for, printed.
func TestHostPrints(t *testing.T) {
	body := func(v ...byte) []byte { return append([]byte{0x92, 0x92, 0x05, 0x80, 0x81, 0xa1, 'v'}, v...) }
	tests := []struct {
		event []byte
		want  string
	}{
		{body(0xc4, 2, 0xff, 0x00), `{"v":"0xff00"}`},
		{body(0xd4, 0xfe, 0x07), `{"v":{"ext":-2,"data":"0x07"}}`},
		{body(0xc7, 0, 3), `{"v":{"ext":3,"data":"0x"}}`},
		{body(0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0), `{"v":null}`},
		{body(0xca, 0x3e, 0x80, 0, 0), `{"v":0.25}`},
		{body(0xd0, 0x80), `{"v":-128}`},
		{body(0xd1, 0xff, 0x7f), `{"v":-129}`},
		{body(0xd2, 0x80, 0, 0, 0), `{"v":-2147483648}`},
		{body(0xe0), `{"v":-32}`},
		{body(0xcd, 1, 0), `{"v":256}`},
		{body(0xa2, 0xff, 'a'), `{"v":"` + "\ufffd" + `a"}`},
		{body(0x82, 0x01, 0x02, 0x90, 0xc0), `{"v":{"1":2,"[]":null}}`},
		{append([]byte{0x92, 0x05, 0x93}, 1, 2, 3), `[1,2,3]`},
		{[]byte{0x2a}, `42`},
		{body(bytes.Repeat([]byte{0x91}, 250)...), ``}, // cut short
	}
	path := filepath.Join(t.TempDir(), "chunk")
	for _, tt := range tests {
		if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint32(nil, uint32(len(tt.event))), tt.event...), 0o644); err != nil {
			t.Fatal(err)
		}
		r := runHost(t, "", "--raw-in", path, "-F", "odd")
		want, status := tt.want+"\n", 0
		if tt.want == "" {
			want, status = "", 1
		}
		if r.Stdout != want || r.Status != status {
			t.Errorf("% x: status %d, got %s want %s", tt.event, r.Status, r.Stdout, want)
		}
	}
}
