package judge

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// TestSoak lives long: records of groups that come and go, refits and saves
// beside them, a hot reload after each twentieth part. After the first tenth
// memory must stay flat, goroutines and file descriptors constant, and every
// record must come out. SOAK_RECORDS sets how long; the table is in the log.
func TestSoak(t *testing.T) {
	const perChunk, reloads = 500, 20
	records := 100_000
	if testbuild.Race {
		records = 20_000
	}
	if s := os.Getenv("SOAK_RECORDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		records = n
	} else if testing.Short() {
		t.Skip("not in short mode")
	}
	dir := t.TempDir()
	given := map[string]string{"Model_Path": dir, "Group_By": "app", "Max_Groups": "12", "Refit_Records": "5000", "Warmup": "64"}
	s, err := options.Parse(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &logText{}
	start := func() *life {
		j, err := New(s, Instance{Name: "soak", Version: "test", Log: slog.New(slog.NewTextHandler(log, nil)), Go: func(f func()) { go f() }})
		if err != nil {
			t.Fatal(err)
		}
		return &life{j, j.keeper, log}
	}

	// 40 groups, eight of them at a time, three of which are others after each
	// fortieth part.
	g := shoplog.New(shoplog.Options{Seed: 9, Incidents: true, Lines: 20_000})
	pool := make([]string, 20_000)
	for i := range pool {
		pool[i] = g.Next().Line
	}
	base := runtime.NumGoroutine()
	fds := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("SKIPPED: no /proc here")
		}
		return len(list)
	}
	rss := func() int {
		b, _ := os.ReadFile("/proc/self/statm")
		pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
		return pages * os.Getpagesize() >> 10
	}

	l := start()
	var c chunks.Counts
	walker, ev := record.NewWalker(nil), record.Event{}
	var out, in []byte
	var saves, failures, refits, evicted, flagged uint64
	var heapThen, heapMost uint64
	var fdThen, goThen int
	t.Logf("%12s %10s %10s %10s %6s %8s %8s %8s", "records", "heap KB", "RSS KB", "goroutines", "fds", "refits", "evicted", "saves")
	for n, part := 0, 1; n < records; n += perChunk {
		in = in[:0]
		for i := range perChunk {
			app := (n/(records/40)*3 + i*7%8) % 40
			in = append(in, eventOf(uint32(1_770_000_000+(n+i)/100), mapOf("log", pool[(n+i*13)%len(pool)], "app", fmt.Sprint("app-", app)))...)
		}
		out = l.process(out[:0], in)
		l.tick(time.Now())
		events := 0
		for walker.Reset(out); walker.Next(&ev); events++ {
		}
		if events != perChunk || len(walker.Rest()) > 0 {
			t.Fatalf("record %d: %d events came out of %d", n, events, perChunk)
		}
		if n/perChunk%97 == 0 { // every chunk in full would take longer than the filter
			counts, err := chunks.Compare(in, out)
			if err != nil || counts.Events != perChunk {
				t.Fatalf("record %d: %+v, %v", n, counts, err)
			}
			c.Add(counts)
		}
		if n/perChunk%200 == 0 {
			l.keeper.next = time.Time{} // a save is due
		}
		if n+perChunk >= records/reloads*part {
			if l.counts.Records == 0 || l.counts.Dropped != 0 {
				t.Fatalf("%+v", l.counts)
			}
			st := l.Judge.detector.Stats()
			l.settle(t)
			l.close()
			saves, failures, refits, evicted, flagged = saves+l.saves, failures+l.failures, refits+st.Refits, evicted+st.Evicted, flagged+st.Anomalies
			l = start()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap, goroutines, open := m.HeapAlloc, runtime.NumGoroutine(), fds()
			t.Logf("%12d %10d %10d %10d %6d %8d %8d %8d", n+perChunk, heap>>10, rss(), goroutines, open, refits, evicted, saves)
			if part == 2 { // the first tenth is over
				heapThen, fdThen, goThen = heap, open, goroutines
			} else if part > 2 {
				heapMost = max(heapMost, heap)
				if open > fdThen || goroutines > goThen {
					t.Errorf("%d descriptors and %d goroutines, after the first tenth %d and %d", open, goroutines, fdThen, goThen)
				}
			}
			part++
		}
	}
	l.close()
	t.Logf("%d records, %d compared byte by byte, none lost or changed; heap %d KB after the first tenth, %d KB at most later; %d flagged", records, c.Events, heapThen>>10, heapMost>>10, flagged)
	if heapMost > heapThen+heapThen/4+2<<20 {
		t.Errorf("the heap grew from %d KB to %d KB", heapThen>>10, heapMost>>10)
	}
	if failures > 0 || saves < reloads || refits == 0 || evicted == 0 {
		t.Errorf("%d failed saves, %d saves, %d refits, %d evictions\n%s", failures, saves, refits, evicted, log)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
	for range 100 {
		if runtime.NumGoroutine() <= base {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", base, runtime.NumGoroutine())
}

func mapOf(pairs ...string) []byte {
	b := []byte{0x80 | byte(len(pairs)/2)}
	for _, s := range pairs {
		b = appendStr(b, s)
	}
	return b
}

func appendStr(b []byte, s string) []byte {
	return append(append(b, 0xda, byte(len(s)>>8), byte(len(s))), s...)
}
