// Command bench measures what the plugin and the command cost, each figure
// beside what it is compared with, and prints one table. It takes the real
// shared object in a real Fluent Bit ($FLUENT_BIT, or fluent-bit on PATH),
// and leaves those rows out, saying so, where there is none.
//
//	go run ./test/bench [-lines 1000000] [-rounds 3] [-log FILE] [-only PART]
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/klauspost/compress/zstd"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

const (
	plugin  = "bin/flb-filter_anomaly.so"
	command = "bin/flb-anomaly"
)

func main() {
	lines := flag.Int("lines", 1_000_000, "lines of log to measure with")
	rounds := flag.Int("rounds", 3, "rounds; the table has medians, of the forest the best")
	log := flag.String("log", "", "log file to measure with instead of lines of the example service")
	only := flag.String("only", "", "the part to measure: pipeline, groups, threads, scan, zstd, calls or forest (default: all)")
	flag.Parse()
	b := &bench{rounds: *rounds, lines: *lines, table: tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)}
	if err := b.run(*log, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	dir    string
	log    string
	lines  int
	rounds int
	table  *tabwriter.Writer
}

func (b *bench) row(what, figure, compared string) {
	fmt.Fprintf(b.table, "%s\t%s\t%s\n", what, figure, compared)
}

func (b *bench) run(log, only string) (err error) {
	if b.dir, err = os.MkdirTemp("", "flb-anomaly-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.log = log; log == "" {
		b.log = filepath.Join(b.dir, "shop.log")
		if err := writeLog(b.log, b.lines, false); err != nil {
			return err
		}
	} else {
		data, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		b.lines = bytes.Count(data, []byte("\n"))
		if b.log, err = filepath.Abs(log); err != nil {
			return err
		}
	}
	b.row("WHAT", "FIGURE", "COMPARED WITH")
	parts := []struct {
		name    string
		measure func() error
	}{{"pipeline", b.pipeline}, {"groups", b.groups}, {"threads", b.threads}, {"scan", b.scan}, {"zstd", b.compressed}, {"calls", b.calls}, {"forest", b.forest}}
	known := only == ""
	for _, part := range parts {
		known = known || part.name == only
	}
	if !known {
		return fmt.Errorf("-only %q is no part; it is one of pipeline, groups, threads, scan, zstd, calls, forest", only)
	}
	for _, part := range parts {
		if only != "" && part.name != only {
			continue
		}
		if err := part.measure(); err != nil {
			return err
		}
	}
	return b.table.Flush()
}

// writeLog writes lines of the example service or, when random, lines in
// which every word is new.
func writeLog(path string, lines int, random bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	g := shoplog.New(shoplog.Options{Seed: 9})
	rng := rand.New(rand.NewPCG(3, 4))
	for range lines {
		if !random {
			fmt.Fprintln(w, g.Next().Line)
			continue
		}
		for range 12 {
			for range 3 + rng.IntN(9) {
				w.WriteByte(byte('a' + rng.IntN(26)))
			}
			w.WriteByte(' ')
		}
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// writeRecords writes JSON lines of a service, a worker and a proxy, 8 to 14 fields
// each.
func writeRecords(path string, lines int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	rng := rand.New(rand.NewPCG(5, 6))
	of := func(words ...string) string { return words[rng.IntN(len(words))] }
	amount := func(middle float64) int { return int(middle * math.Exp(rng.NormFloat64()/2)) }
	for i := range lines {
		now := 1767225600 + float64(i)/500
		switch n := rng.IntN(10); {
		case n < 5:
			fmt.Fprintf(w, `{"ts": %.3f, "level": "info", "service": "orders", "msg": "order handled", "verb": %q, "endpoint": %q, "status": %s, "took_ms": %d, "size": %d, "customer": %d, "trace": "%016x%016x", "zone": %q}`+"\n",
				now, of("GET", "GET", "GET", "PUT"), of("/", "/basket", "/items", "/pay", "/ping"), of("200", "200", "200", "200", "204", "404"), amount(18), amount(900), rng.IntN(1_000_000), rng.Uint64(), rng.Uint64(), of("a", "b", "c"))
		case n < 7:
			fmt.Fprintf(w, `{"ts": %.3f, "level": %q, "service": "billing", "msg": %q, "topic": %q, "try": %s, "took": "%d.%dms", "job": "%016x"}`+"\n",
				now, of("info", "info", "info", "warn"), of("job begun", "invoice made", "job over"), of("invoices", "refunds"), of("1", "1", "1", "2"), amount(50), rng.IntN(10), rng.Uint64())
		default:
			fmt.Fprintf(w, `{"time": %.3f, "remote": "10.1.%d.%d", "host": "www.example.org", "user": "-", "method": "GET", "path": "/item/%d?from=%06x", "code": %s, "size": %d, "referer": "-", "agent": %q, "request_time": %.3f, "upstream": "10.2.0.%d:8080", "http": {"version": "1.1", "tls": "TLSv1.3"}, "cache": %q}`+"\n",
				now, rng.IntN(4), rng.IntN(256), rng.IntN(5000), rng.IntN(1<<24), of("200", "200", "200", "304", "404"), amount(3000), of("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "okhttp/4.12.0"), 0.05*math.Exp(rng.NormFloat64()/2), 1+rng.IntN(8), of("HIT", "MISS"))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// usage is what a process took.
type usage struct{ cpu, megabytes float64 }

// fluentBit is the binary to measure with, empty where there is none.
func fluentBit() string {
	bin := os.Getenv("FLUENT_BIT")
	if bin == "" {
		bin, _ = exec.LookPath("fluent-bit")
	}
	return bin
}

const noFluentBit = "Fluent Bit is not on this machine"

func measure(cmd *exec.Cmd) (usage, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", cmd, err, errs.String())
	}
	r := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return usage{seconds(r.Utime) + seconds(r.Stime), float64(r.Maxrss) / 1024}, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// pipeline measures CPU and memory inside Fluent Bit.
func (b *bench) pipeline() error {
	bin := fluentBit()
	if bin == "" {
		b.row("CPU a record in Fluent Bit, memory added", "not measured", noFluentBit)
		return nil
	}
	lua := filepath.Join(b.dir, "add.lua")
	if err := os.WriteFile(lua, []byte("function add(tag, ts, record)\n  record[\"anomaly\"] = \"false\"\n  record[\"anomaly_score\"] = 0.41\n  return 2, ts, record\nend\n"), 0o600); err != nil {
		return err
	}
	filters := map[string]string{
		"none":    "",
		"modify":  "[FILTER]\n    Name modify\n    Match *\n    Add anomaly false\n",
		"lua":     "[FILTER]\n    Name lua\n    Match *\n    script " + lua + "\n    call add\n",
		"anomaly": "[FILTER]\n    Name anomaly\n    Match *\n",
	}
	run := func(name, log, limit string) (usage, error) {
		conf := filepath.Join(b.dir, name+".conf")
		service, parser := "", ""
		if log == filepath.Join(b.dir, "records.log") {
			service, parser = "    parsers_file "+filepath.Join(b.dir, "parsers.conf")+"\n", "    Parser json\n"
		}
		text := "[SERVICE]\n    flush 1\n    log_level error\n" + service + "[INPUT]\n    Name tail\n    Path " + log + "\n    Tag app\n    Read_from_Head on\n    Exit_On_Eof on\n" +
			"    Mem_Buf_Limit " + limit + "\n    Buffer_Chunk_Size 512k\n    Buffer_Max_Size 1M\n" + parser + filters[name] + "[OUTPUT]\n    Name null\n    Match *\n"
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			return usage{}, err
		}
		args := []string{"-c", conf}
		if name == "anomaly" {
			path, err := filepath.Abs(plugin)
			if err != nil {
				return usage{}, err
			}
			args = append([]string{"-e", path}, args...)
		}
		return measure(exec.Command(bin, args...))
	}
	records, parsers := filepath.Join(b.dir, "records.log"), filepath.Join(b.dir, "parsers.conf")
	if err := writeRecords(records, b.lines); err != nil {
		return err
	}
	if err := os.WriteFile(parsers, []byte("[PARSER]\n    Name json\n    Format json\n"), 0o600); err != nil {
		return err
	}
	for _, c := range []struct{ what, log string }{{"text", b.log}, {"8 to 14 fields, all judged", records}} {
		cpu := map[string][]float64{}
		for range b.rounds {
			for _, name := range []string{"none", "modify", "lua", "anomaly"} {
				u, err := run(name, c.log, "1G")
				if err != nil {
					return err
				}
				cpu[name] = append(cpu[name], u.cpu)
			}
		}
		added := func(name string) float64 { return 1e6 * (median(cpu[name]) - median(cpu["none"])) / float64(b.lines) }
		b.row("CPU a record in Fluent Bit, "+c.what, fmt.Sprintf("%.2f us", added("anomaly")),
			fmt.Sprintf("modify %.2f us (x %.2f), lua %.2f us (x %.2f); all threads, refits included", added("modify"), added("anomaly")/added("modify"), added("lua"), added("anomaly")/added("lua")))
	}

	random := filepath.Join(b.dir, "random.log")
	if err := writeLog(random, b.lines, true); err != nil {
		return err
	}
	for _, c := range []struct{ what, log string }{{"memory added to Fluent Bit", b.log}, {"memory added, every word of every line new", random}} {
		with, err := run("anomaly", c.log, "5M")
		if err != nil {
			return err
		}
		without, err := run("none", c.log, "5M")
		if err != nil {
			return err
		}
		b.row(c.what, fmt.Sprintf("%.0f MB", with.megabytes-without.megabytes), fmt.Sprintf("Fluent Bit alone %.0f MB", without.megabytes))
	}
	return nil
}

// scan measures the command on one core against wc.
func (b *bench) scan() error {
	var scan, wc []float64
	for range b.rounds {
		cmd := exec.Command(command, "scan", "--format", "jsonl", b.log)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		u, err := measure(cmd)
		if err != nil {
			return err
		}
		scan = append(scan, u.cpu)
		cmd = exec.Command("wc", "-w", b.log)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		if u, err = measure(cmd); err != nil {
			return err
		}
		wc = append(wc, u.cpu)
	}
	s, w := median(scan), median(wc)
	b.row("flb-anomaly scan --format jsonl, one core", fmt.Sprintf("%.2f us a line", 1e6*s/float64(b.lines)), fmt.Sprintf("wc -w %.2f us (x %.1f)", 1e6*w/float64(b.lines), s/w))
	return nil
}

// compressed measures what a file costs more that is compressed with zstd, against the
// library alone, which unpacks the same file into nothing.
func (b *bench) compressed() error {
	text, err := os.ReadFile(b.log)
	if err != nil {
		return err
	}
	packed := filepath.Join(b.dir, "packed.log.zst")
	e, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(packed, e.EncodeAll(text, nil), 0o600); err != nil {
		return err
	}
	size := float64(len(text)) / 1e6
	text = nil
	scan := func(log string) (float64, error) {
		cmd := exec.Command(command, "scan", "--format", "jsonl", log)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		u, err := measure(cmd)
		return u.cpu, err
	}
	var plain, whole, library []float64
	for range b.rounds {
		p, err := scan(b.log)
		if err != nil {
			return err
		}
		z, err := scan(packed)
		if err != nil {
			return err
		}
		l, err := unpack(packed)
		if err != nil {
			return err
		}
		plain, whole, library = append(plain, p), append(whole, z), append(library, l)
	}
	// The best of each: their difference is small beside either.
	p, z, l := slices.Min(plain), slices.Min(whole), slices.Min(library)
	b.row("scan of the same with zstd, one core", fmt.Sprintf("%.2f us a line", 1e6*z/float64(b.lines)),
		fmt.Sprintf("plain and the library into nothing %.2f us (x %.2f); the library alone %.0f MB/s", 1e6*(p+l)/float64(b.lines), z/(p+l), size/l))
	return nil
}

// unpack unpacks a file into nothing, and returns the CPU time that it took.
func unpack(packed string) (seconds float64, err error) {
	f, err := os.Open(packed)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	used := func() float64 {
		var r syscall.Rusage
		err = errors.Join(err, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
		return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
	}
	begin := used()
	d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	defer d.Close()
	_, err = io.Copy(io.Discard, d)
	return used() - begin, err
}

// calls takes the benchmarks of the filter's call.
func (b *bench) calls() error {
	out, err := exec.Command("go", "test", "-run", "-", "-bench", "Judge|FirstFit", "-benchmem", "-benchtime", "2s", "./internal/judge").Output()
	if err != nil {
		return fmt.Errorf("the benchmarks of ./internal/judge: %w\n%s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		switch {
		case strings.HasPrefix(line, "BenchmarkJudgePause"):
			b.row("calls of 1,000 records, p99.9, with refits going on", fmt.Sprintf("%.2f ms", value(line, "p99.9-ms")),
				fmt.Sprintf("without %.2f ms (x %.2f)", value(line, "calm-p99.9-ms"), value(line, "p99.9-ms")/value(line, "calm-p99.9-ms")))
		case strings.HasPrefix(line, "BenchmarkFirstFit"):
			b.row("the longest call of 100 records while the largest first fit goes on, CPU of its thread", fmt.Sprintf("%.2f ms", value(line, "longest-ms")), fmt.Sprintf("usual call %.2f ms", value(line, "usual-ms")))
		case strings.HasPrefix(line, "BenchmarkJudge/"):
			of := map[string]string{"text": "lines of text", "records": "records of some ten fields", "new": "the first 20,000 lines of a log"}[regexp.MustCompile(`/(\w+)`).FindStringSubmatch(line)[1]]
			b.row("a call of the filter, without the crossing from C: "+of, fmt.Sprintf("%.0f ns a record", value(line, "ns/record")), fmt.Sprintf("%.0f allocations a call of 1,000 records", value(line, "allocs/op")))
		}
	}
	return nil
}

// value returns the figure with that unit in a line of a Go benchmark.
func value(line, unit string) float64 {
	m := regexp.MustCompile(`([\d.]+) ` + regexp.QuoteMeta(unit) + `(\s|$)`).FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	v, _ := strconv.ParseFloat(m[1], 64)
	return v
}

// forest measures the isolation forest as the detector calls it, against
// scikit-learn's where there is one. The two take turns, and the best of each
// counts.
func (b *bench) forest() error {
	best := map[string]float64{}
	keep := func(what string, seconds float64) {
		if v, ok := best[what]; !ok || seconds < v {
			best[what] = seconds
		}
	}
	var version, absent string
	for range b.rounds {
		cmd := exec.Command("go", "test", "-run", "-", "-bench", "^Benchmark(Score|Fit)$", "-benchtime", "5ms", "-count", "15", "./detector/forest")
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("the benchmarks of ./detector/forest: %w\n%s", err, out)
		}
		for _, line := range strings.Split(string(out), "\n") {
			if f := strings.Fields(line); len(f) > 0 && strings.HasPrefix(f[0], "Benchmark") {
				keep(strings.TrimPrefix(f[0], "Benchmark"), value(line, "ns/op")/1e9)
			}
		}
		if absent != "" {
			continue
		}
		var errs bytes.Buffer
		cmd = exec.Command("python3", "detector/forest/testdata/compare.py")
		cmd.Stderr = &errs
		if out, err = cmd.Output(); err != nil {
			if absent = strings.TrimSpace(errs.String()); absent == "" {
				absent = err.Error()
			}
			continue
		}
		var fit, score float64
		if _, err := fmt.Sscan(string(out), &version, &fit, &score); err != nil {
			return fmt.Errorf("compare.py printed %q: %w", out, err)
		}
		keep("fit there", fit)
		keep("score there", score)
	}
	compared := func(figure func(float64) string, here, there string) string {
		if absent != "" {
			return absent
		}
		return fmt.Sprintf("scikit-learn %s: %s (x %.1f)", version, figure(best[there]), best[there]/best[here])
	}
	perRow := func(s float64) string { return fmt.Sprintf("%.2f us a row", 1e6*s) }
	once := func(s float64) string { return fmt.Sprintf("%.2f ms", 1e3*s) }
	b.row("isolation forest, one score (12 features, 100 trees of 256)", perRow(best["Score"]), compared(perRow, "Score", "score there"))
	b.row("isolation forest, fit", once(best["Fit"]), compared(once, "Fit", "fit there"))
	return nil
}
