package web_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// BenchmarkLargeLog serves a log of 1.5 million lines, over 200 MB, by the
// command in a process of its own, and measures what a person notices: how
// soon the first anomaly can be seen, how long the whole takes, the server's
// memory, how fast the table, the chart and the search answer, and, where
// there is a browser, how evenly the table scrolls, and how soon the same file,
// dropped onto the page, shows an anomaly there.
func BenchmarkLargeLog(b *testing.B) {
	const lines = 1_500_000
	dir := b.TempDir()
	name := filepath.Join(dir, "large.log")
	size := writeLog(b, name, lines)
	command := filepath.Join(dir, "flb-anomaly")
	if out, err := exec.Command("go", "build", "-pgo", "../plugin/default.pgo", "-o", command, "../cmd/flb-anomaly").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for b.Loop() {
		serveLarge(b, command, name, size, lines)
	}
}

func writeLog(b *testing.B, name string, lines int) int64 {
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	g := shoplog.New(shoplog.Options{Seed: 7, Incidents: true, Lines: lines})
	for range lines {
		w.WriteString(g.Next().Line)
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

func serveLarge(b *testing.B, command, name string, size int64, lines int) {
	server := exec.Command(command, "serve", "--listen", "127.0.0.1:0")
	said, err := server.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	first, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	c := client{b, strings.TrimSuffix(regexp.MustCompile(`http://[^ ]+`).FindString(first), "/")}

	v := c.create(map[string]any{"name": "large.log", "size": size})
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	begin := time.Now()
	ended := make(chan error, 1)
	go func() {
		r, err := http.NewRequest("PUT", c.url+"/api/views/"+v.ID+"/text", f)
		if err == nil {
			r.ContentLength = size
			var a *http.Response
			if a, err = http.DefaultClient.Do(r); err == nil && a.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %s", a.Status)
			}
		}
		ended <- err
	}()
	get := func(query string, to any) { c.ask("GET", "/api/views/"+v.ID+"/"+query, nil, to) }
	for {
		var a struct{ Total int }
		if get("rows?only=1&n=50", &a); a.Total > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-first-anomaly")
	// The page asks for its rows and its chart all the while.
	for waiting := true; waiting; {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatal(err)
			}
			waiting = false
		case <-time.After(400 * time.Millisecond):
			get("rows?only=1&n=100", nil)
			get("chart?x=time", nil)
		}
	}
	whole := time.Since(begin)
	b.ReportMetric(whole.Seconds(), "s-in-all")
	b.ReportMetric(float64(size)/1e6/whole.Seconds(), "MB/s")
	median := func(query func(i int) string) float64 {
		var all []time.Duration
		for i := range 9 {
			at := time.Now()
			get(query(i), nil)
			all = append(all, time.Since(at))
		}
		slices.Sort(all)
		return float64(all[len(all)/2].Microseconds()) / 1000
	}
	b.ReportMetric(median(func(i int) string { return fmt.Sprintf("rows?at=%d&n=100", i*lines/9) }), "ms-rows")
	b.ReportMetric(median(func(i int) string { return fmt.Sprintf("rows?only=1&stop=%d&n=100", i) }), "ms-slider")
	b.ReportMetric(median(func(i int) string { return fmt.Sprintf("chart?x=time&stop=%d", i) }), "ms-chart")
	b.ReportMetric(median(func(i int) string { return fmt.Sprintf("patterns?stop=%d", i) }), "ms-patterns")
	b.ReportMetric(median(func(i int) string { return fmt.Sprintf("rows?q=user+u%d1&n=100", i) }), "ms-search")
	if chromium() != "" {
		scroll(b, c.url+"/#tab=lines&all=1&log="+v.ID)
		c.ask("DELETE", "/api/views/"+v.ID, nil, nil)
		drop(b, c.url, name)
	}
	if peak := peakMemory(server.Process.Pid); peak > 0 {
		b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
		if peak > mostMemory {
			b.Errorf("the server took %d MiB, more than %d", peak>>20, mostMemory>>20)
		}
	}
}

// mostMemory is what a server may take for the large log: a promise, not a
// matter of how fast the machine is.
const mostMemory = 300 << 20

// peakMemory is the most memory that a process ever had, where the system
// tells (Linux), in bytes.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return n << 10
}

// drop drops the file onto the page, as a hand would.
func drop(b *testing.B, url, name string) {
	p := browse(b, 1280, 900, url)
	p.rests()
	begin := time.Now()
	p.dropFiles(name)
	p.until(`document.querySelector(".grid .row.flagged")`)
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-first-anomaly-dropped")
	p.settled()
	b.ReportMetric(time.Since(begin).Seconds(), "s-in-all-dropped")
}

// scroll turns the wheel over the table of all lines for a while and measures
// the time from frame to frame.
func scroll(b *testing.B, url string) {
	p := browse(b, 1280, 900, url)
	p.settled()
	frames, err := chromedp.Run(p.ctx, chromedp.Evaluate[json.RawMessage](`new Promise(done => {
		const grid = document.getElementById("grid"), gaps = [];
		let last = 0, empty = 0;
		const turn = now => {
			if (last) gaps.push(now - last);
			last = now;
			empty += document.querySelectorAll(".grid .row").length === 0;
			if (gaps.length === 300) {
				gaps.sort((a, b) => a - b);
				return done({median: gaps[150], p95: gaps[285], longest: gaps[299], empty, line: document.querySelector(".grid .row .n").textContent});
			}
			// Mostly in small steps, at times far, as a hand does.
			grid.scrollTop += gaps.length % 60 === 59 ? grid.scrollHeight / 8 : 120;
			requestAnimationFrame(turn);
		};
		requestAnimationFrame(turn);
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatal(err)
	}
	var f struct{ Median, P95, Longest, Empty float64 }
	if err := json.Unmarshal(frames, &f); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(f.Median, "ms-frame")
	b.ReportMetric(f.P95, "ms-frame-p95")
	b.ReportMetric(f.Longest, "ms-frame-longest")
	if f.Empty > 0 {
		b.Errorf("the table was empty in %v of 300 frames", f.Empty)
	}
}
