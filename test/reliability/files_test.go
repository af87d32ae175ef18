//go:build !race

package reliability

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// saver returns a detector that has learned a few groups.
func saver() *detector.Detector {
	o := options.Defaults().Detector
	o.Synchronous, o.Warmup = true, 100
	d, err := detector.New(o)
	if err != nil {
		panic(err)
	}
	for i := range 6000 {
		teach(d, i)
	}
	return d
}

func teach(d *detector.Detector, i int) {
	d.Observe(&detector.Event{Message: fmt.Appendf(nil, "request %d of user%d served in %d ms", i, i%100, i%20), Group: fmt.Appendf(nil, "group %d", i%20)}, new(detector.Verdict))
}

// saveForEver is what the process does that is killed: it learns and saves, as
// the filter does, from its first moment to its last. A byte on standard output
// says that it has begun.
func saveForEver(dir string) {
	d := saver()
	path := modelfile.Path(dir, "killed")
	os.Stdout.WriteString(".")
	for i := 0; ; i++ {
		s := d.NewSnapshot("test", time.Now())
		done := make(chan error)
		go func() {
			done <- modelfile.Write(path, func(w io.Writer) error {
				_, err := s.WriteTo(w)
				return err
			})
		}()
		for !s.Step(1 << 18) {
			teach(d, i)
		}
		if err := <-done; err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// TestKillWhileSaving kills a process that saves without a break, at random
// moments, and starts from what it finds: a sound model, each time after the
// first save.
func TestKillWhileSaving(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := modelfile.Path(dir, "killed")
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	kills, loaded, none, unfinished := amount(10, 100), 0, 0, 0
	for n := range kills {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "RELIABILITY_SAVE_TO="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(60 * time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); len(left) > 0 {
			unfinished++
		}
		modelfile.CleanUp(path)
		o := options.Defaults().Detector
		o.Warmup = 100
		d, err := detector.New(o)
		if err != nil {
			t.Fatal(err)
		}
		err = modelfile.Read(path, func(r io.Reader) error {
			_, err := d.Restore(r)
			return err
		})
		switch {
		case err == nil && d.Stats().Groups == 20:
			loaded++
		case errors.Is(err, fs.ErrNotExist) && loaded == 0:
			none++
		default:
			t.Errorf("kill %d: %v, %d groups", n, err, d.Stats().Groups)
		}
		d.Close()
		if left, _ := os.ReadDir(dir); len(left) > 1 {
			t.Errorf("kill %d: %d files are left", n, len(left))
		}
	}
	t.Logf("%d kills: %d in the midst of a file, %d times a sound model was found, %d times none yet, never a damaged one", kills, unfinished, loaded, none)
	if unfinished == 0 {
		t.Error("no kill hit an unfinished file")
	}
}

// TestDiskTrouble runs the filter with Model_Path on a disk that is full, one
// that is read-only, and in a directory that cannot be made: one line in the log,
// and all records pass.
func TestDiskTrouble(t *testing.T) {
	mount := func(t *testing.T, options string, flags uintptr) string {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
			t.Skipf("SKIPPED: no right to mount a small disk here: %v", err)
		}
		t.Cleanup(func() { syscall.Unmount(dir, 0) })
		return dir
	}
	text := lines(10_000)
	for _, c := range []struct {
		name, want string
		dir        func(t *testing.T) string
	}{
		{"full", "no space left on device", func(t *testing.T) string { return mount(t, "size=16k", 0) }},
		{"read-only", "read-only file system", func(t *testing.T) string { return mount(t, "size=1m", syscall.MS_RDONLY) }},
		{"not there", "no such file or directory", func(t *testing.T) string { return filepath.Join(t.TempDir(), "no", "such") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := host(t, text, "--repeat", fmt.Sprint(amount(30, 300)), "-q", "-s", "--metrics", "-F", "anomaly", "-p", "alias=a", "-p", "save_interval=1s", "-p", "model_path="+c.dir(t))
			logged := strings.Count(r.Stderr, "cannot be saved")
			t.Logf("%d failed saves, %d logged; %s", metric(t, r, "save_failures_total"), logged, strings.TrimSpace(r.Stderr[strings.LastIndex(r.Stderr[:len(r.Stderr)-1], "\n")+1:]))
			want := fmt.Sprintf("%d records in, %[1]d out", 10_000*amount(30, 300))
			if r.Status != 0 || logged != 1 || !strings.Contains(r.Stderr, c.want) || !strings.Contains(r.Stderr, want) {
				t.Errorf("status %d\n%.3000s", r.Status, r.Stderr)
			}
		})
	}
}

// TestRestartInTheHost stops the filter and starts it again: it judges from its
// first record on, and so it does after a hot reload without Model_Path.
func TestRestartInTheHost(t *testing.T) {
	dir := t.TempDir()
	for n, want := range []string{"no saved model yet", "starts from the saved model"} {
		r := host(t, lines(1000), "-F", "anomaly", "-p", "alias=a", "-p", "model_path="+dir)
		first, _, _ := strings.Cut(r.Stdout, "\n")
		if !strings.Contains(r.Stderr, want) || strings.Contains(first, "anomaly_score") != (n == 1) {
			t.Errorf("start %d: %s\n%.2000s", n, first, r.Stderr)
		}
	}
	r := host(t, lines(1000), "--reload", "2", "--metrics", "-F", "anomaly", "-p", "alias=a")
	if n := strings.Count(r.Stderr, "goes on with the models from before the reload"); n != 2 || metric(t, r, "unjudged_total") != 0 {
		t.Errorf("%d times\n%.2000s", n, r.Stderr)
	}
	if b, err := os.ReadFile(modelfile.Path(dir, "a")); err != nil || bytes.Contains(b, []byte("request 7 of")) {
		t.Errorf("%v, or a line as it came is in the model", err)
	}
}
