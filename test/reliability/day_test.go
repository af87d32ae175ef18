//go:build !race

package reliability

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// chunkOf encodes n events of a service, in groups that come and go, with times that
// jump: on by a day, back by an hour, to 1970 and to 2106.
func chunkOf(g *shoplog.Generator, part, n int) []byte {
	var b []byte
	start := uint32(1_770_000_000 + 60*part)
	switch part % 10 {
	case 3:
		start += 86400
	case 5:
		start -= 3600
	case 7:
		start = 5
	case 8:
		start = 1<<32 - 100_000
	}
	for i := range n {
		b = append(b, 0x92, 0x92, 0xd7, 0x00)
		b = binary.BigEndian.AppendUint32(b, start+uint32(i/10))
		b = append(b, 0, 0, 0, 0, 0x80, 0x83)
		b = record.AppendString(record.AppendString(b, "log"), g.Next().Line)
		b = record.AppendString(record.AppendString(b, "app"), fmt.Sprint("app ", (part/4*3+i%8)%40))
		b = append(record.AppendString(b, "n"), 0xcd, byte(i>>8), byte(i))
	}
	return b
}

// TestDay is what a day brings, at full speed: SOAK_RECORDS (make soak: 200 million)
// through the shared object in the embedded host, with groups that come and go, hot
// reloads, refits, saves, a clock that jumps, an Ignore_File that changes, is broken
// and vanishes, and a disk that fills up and has room again. Every record comes out,
// and memory, descriptors and threads stay as they are.
func TestDay(t *testing.T) {
	const perChunk, chunks, reloads = 500, 160, 50
	records := amount(1_000_000, 20_000_000)
	if s := os.Getenv("SOAK_RECORDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		records = n
	}
	passes := max(records/(perChunk*chunks)/(reloads+1), 1)
	total := perChunk * chunks * passes * (reloads + 1)

	dir := t.TempDir()
	in, ignore := filepath.Join(dir, "in"), filepath.Join(dir, "ignore.txt")
	g := shoplog.New(shoplog.Options{Seed: 11, Incidents: true, Lines: perChunk * chunks})
	var raw bytes.Buffer
	for part := range chunks {
		c := chunkOf(g, part, perChunk)
		raw.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(c))))
		raw.Write(c)
	}
	if err := os.WriteFile(in, raw.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(dir, "models")
	if err := os.Mkdir(models, 0o700); err != nil {
		t.Fatal(err)
	}
	fills := syscall.Mount("tmpfs", models, "tmpfs", 0, "size=16m") == nil
	if fills {
		defer syscall.Unmount(models, syscall.MNT_DETACH)
	} else {
		t.Log("no right to mount a small disk here: it does not fill up")
	}

	// What changes meanwhile, every half second or so.
	stop, changed := make(chan struct{}), make(chan struct{})
	full := 0
	go func() {
		defer close(changed)
		for n := 0; ; n++ {
			switch n % 4 {
			case 0:
				os.WriteFile(ignore, fmt.Appendf(nil, "# %d\n^payment of order\npattern:0123456789\n", n), 0o600)
			case 1:
				os.WriteFile(ignore, []byte("(\n"), 0o600)
			case 2:
				os.Remove(ignore)
			case 3:
				os.WriteFile(ignore, nil, 0o600)
			}
			if filler := filepath.Join(models, "filler"); fills && n%8 == 2 {
				f, err := os.Create(filler)
				for block := make([]byte, 1<<16); err == nil; {
					_, err = f.Write(block)
				}
				f.Close()
				full++
			} else if fills && n%8 == 6 {
				os.Remove(filler)
			}
			select {
			case <-stop:
				os.Remove(filepath.Join(models, "filler"))
				return
			case <-time.After(500 * time.Millisecond):
			}
		}
	}()

	cmd := exec.Command(testbuild.Host(t), "-e", testbuild.Filter.Build(t), "-q", "-s", "--repeat", fmt.Sprint(passes), "--reload", fmt.Sprint(reloads), "--raw-in", in,
		"-F", "anomaly", "-p", "alias=day", "-p", "group_by=app", "-p", "max_groups=12", "-p", "warmup=64", "-p", "refit_records=5000", "-p", "refit_interval=1m",
		"-p", "ignore_file="+ignore, "-p", "model_path="+models, "-p", "save_interval=1s")
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var seen []usage
	limit := time.After(11 * time.Hour)
	for running := true; running; {
		select {
		case err := <-done:
			running = false
			if err != nil {
				t.Fatalf("%v\n%.3000s", err, log.String())
			}
		case <-limit:
			cmd.Process.Kill()
			<-done
			t.Fatalf("it does not end\n%.3000s", log.String())
		case <-time.After(50 * time.Millisecond):
			if u, ok := usageOf(cmd.Process.Pid); ok {
				seen = append(seen, u)
			}
		}
	}
	took := time.Since(begun)
	close(stop)
	<-changed

	text := log.String()
	sum := func(name string) (n, lines int) {
		for _, m := range regexp.MustCompile(`\] done .*\b`+name+`=(\d+)`).FindAllStringSubmatch(text, -1) {
			v, _ := strconv.Atoi(m[1])
			n, lines = n+v, lines+1
		}
		return n, lines
	}
	judged, lives := sum("records")
	refits, _ := sum("refits")
	flagged, _ := sum("anomalies")
	count := func(s string) int { return strings.Count(text, s) }
	t.Logf("%d records in %v: %d lives, %d refits, %d flagged; the disk was full %d times: %d troubles with saves logged, %d times saved again; the ignore file: %d times another one in force, %d troubles",
		total, took.Round(time.Second), lives, refits, flagged, full, count("cannot be saved"), count("is saved again"), count("has changed and is in force"), count("Ignore_File: "))
	if judged != total || lives != reloads+1 {
		t.Errorf("%d of %d records in %d lives are accounted for", judged, total, lives)
	}
	if count("goes on with the models from before the reload") != reloads {
		t.Errorf("%d of %d reloads went on with their models", count("goes on with the models from before the reload"), reloads)
	}
	if refits < lives || flagged == 0 {
		t.Error("there were no refits, or nothing was flagged")
	}
	if took/(reloads+1) > 5*time.Second { // a life is long enough to see what changes
		if fills && (count("cannot be saved") == 0 || count("is saved again") == 0) {
			t.Error("the disk was never full, or the model never saved again")
		}
		if count("has changed and is in force") == 0 {
			t.Error("the ignore file has never changed")
		}
	}
	if strings.Contains(text, "panic") {
		t.Errorf("%.3000s", text)
	}
	check(t, seen, total, text)
	if left, _ := filepath.Glob(filepath.Join(models, ".*")); len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}
