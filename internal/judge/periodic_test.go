package judge

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
)

// instance makes a judge as the filter does, with options given.
func instance(t *testing.T, name string, given map[string]string) *Judge {
	t.Helper()
	s, err := options.Parse(func(option string) []string {
		if v, ok := given[option]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Detector.Synchronous = true
	j, err := New(s, Instance{Name: name, Version: "test", Log: discard, Go: func(f func()) { go f() }})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestSavesAtTheInterval turns the clock: the model is saved with the first chunk
// after Save_Interval, again an interval after that save began, and with 0 on exit
// only.
func TestSavesAtTheInterval(t *testing.T) {
	for _, every := range []struct {
		option string
		time.Duration
	}{{"", 5 * time.Minute}, {"30", 30 * time.Second}, {"7d", 7 * 24 * time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			given := map[string]string{"Model_Path": filepath.Join(t.TempDir(), "models")}
			if every.option != "" {
				given["Save_Interval"] = every.option
			}
			j := instance(t, "periodic", given)
			defer j.Close()
			chunk := testchunk.Routine(t, 10)
			// save sends chunks until the save that has begun, if one has, is over.
			save := func() uint64 {
				j.Chunk(nil, chunk)
				for j.keeper.snapshot != nil {
					synctest.Wait() // the writer waits for the next group, or is done
					j.Chunk(nil, chunk)
				}
				return j.Stats().Saves
			}
			for n := range uint64(3) {
				time.Sleep(every.Duration - time.Nanosecond)
				if got := save(); got != n {
					t.Fatalf("%v: %d saves before the one that is due, want %d", every, got, n)
				}
				time.Sleep(time.Nanosecond)
				if got := save(); got != n+1 {
					t.Fatalf("%v: %d saves when it is due, want %d", every, got, n+1)
				}
				if at := j.Stats().Saved; !at.Equal(time.Now()) {
					t.Errorf("%v: saved at %v, and it is %v", every, at, time.Now())
				}
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		j := instance(t, "periodic", map[string]string{"Model_Path": filepath.Join(t.TempDir(), "models"), "Save_Interval": "0"})
		for range 10 {
			time.Sleep(7 * 24 * time.Hour)
			j.Chunk(nil, testchunk.Routine(t, 10))
			synctest.Wait()
		}
		if n := j.Stats().Saves; n != 0 {
			t.Errorf("%d saves with Save_Interval 0", n)
		}
		if j.Close(); j.keeper.saves != 1 {
			t.Errorf("%d saves with the one on exit, want 1", j.keeper.saves)
		}
	})
}

// TestModelsWaitAMinute for an instance of their name to come back after a reload.
func TestModelsWaitAMinute(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		kept bool
	}{{handoverTime - time.Nanosecond, true}, {handoverTime, false}} {
		synctest.Test(t, func(t *testing.T) {
			j := instance(t, "waiting", nil)
			j.Chunk(nil, testchunk.Routine(t, 1000))
			j.Close()
			time.Sleep(c.wait)
			synctest.Wait()
			j = instance(t, "waiting", nil)
			defer j.Close()
			if kept := scored(t, j.Chunk(nil, testchunk.Routine(t, 1))); kept != c.kept {
				t.Errorf("%v after the end the models are there: %v, want %v", c.wait, kept, c.kept)
			}
		})
	}
	// They are those of the instance that ended last: the time of a former one is no matter.
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			j := instance(t, "again", nil)
			j.Chunk(nil, testchunk.Routine(t, 1000))
			j.Close()
			time.Sleep(handoverTime * 2 / 3)
		}
		j := instance(t, "again", nil)
		defer j.Close()
		if !scored(t, j.Chunk(nil, testchunk.Routine(t, 1))) {
			t.Error("the models are let go of by the clock of the instance before")
		}
	})
}

// TestASaveThatDoesNotEnd is a trouble after a minute, once.
func TestASaveThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(process)
		answers := make(chan struct{})
		calls := 0
		spawn := func(f func()) {
			if calls++; calls > 1 { // the first is of the start
				go func() { <-answers; f() }()
			} else {
				go f()
			}
		}
		l := p.liveOn(t, "a", map[string]string{"Model_Path": t.TempDir()}, spawn, diskPatience)
		l.process(nil, testchunk.Routine(t, 1000))
		time.Sleep(5 * time.Minute)
		l.tick(time.Now())
		for range 95 { // with those behind them just more than it takes
			l.tick(time.Now())
		}
		time.Sleep(slowSave)
		if l.tick(time.Now()); l.failures != 0 {
			t.Errorf("%d failures when it is a minute", l.failures)
		}
		time.Sleep(time.Nanosecond)
		for range 10 {
			l.tick(time.Now())
		}
		if l.failures != 1 {
			t.Errorf("%d failures after it, want 1", l.failures)
		}
		close(answers)
		synctest.Wait()
		for l.snapshot != nil {
			l.tick(time.Now())
			synctest.Wait()
		}
		if l.says(t, "the disk does not answer", "the model is saved again"); l.saves != 1 {
			t.Errorf("%d saves", l.saves)
		}
		l.close()
	})
}

// TestKeepShareIsKept: of the normal records exactly the share is kept, evenly
// spread, whatever the share is.
func TestKeepShareIsKept(t *testing.T) {
	for _, share := range []float64{0.001, 0.1, 0.3, 0.7, 0.999, 1} {
		j := judging(t, map[string]string{"Keep": "anomalies", "Keep_Share": fmt.Sprint(share), "Warmup": "32"})
		j.process(nil, testchunk.Routine(t, 1000))
		if share == 1 && j.counts.Dropped != 0 {
			t.Errorf("Keep_Share 1: %d records are dropped", j.counts.Dropped)
		}
		before, kept := j.counts, 0
		for n := 1; n <= 2000; n++ {
			out := j.process(nil, testchunk.Of(t, map[string]any{"log": fmt.Sprintf("request %d served in %d ms", n, 10+n%7)}))
			if len(out) > 0 {
				kept++
			}
			if want := share * float64(n); float64(kept) < want-1-1e-6 || float64(kept) > want+1+1e-6 {
				t.Fatalf("Keep_Share %g: %d of the first %d are kept", share, kept, n)
			}
		}
		if c := j.counts; c.Dropped-before.Dropped != uint64(2000-kept) || c.Records-before.Records != 2000 {
			t.Errorf("Keep_Share %g: counted as %+v, was %+v, and %d were kept", share, c, before, kept)
		}
	}
}

// TestReloadsLetGo of the detector before, at once and not when a minute is over:
// reloads may come faster.
func TestReloadsLetGo(t *testing.T) {
	gone := make(chan struct{})
	func() { // on a stack of its own, which holds nothing afterwards
		j := instance(t, "let go", nil)
		j.Chunk(nil, testchunk.Routine(t, 1000))
		runtime.SetFinalizer(j.detector, func(*detector.Detector) { close(gone) })
		j.Close()
	}()
	j := instance(t, "let go", nil)
	defer j.Close()
	if !scored(t, j.Chunk(nil, testchunk.Routine(t, 1))) {
		t.Fatal("the models are not taken over")
	}
	for range 1000 { // finalizers may wait for others' on a busy machine
		runtime.GC()
		select {
		case <-gone:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the detector of before the reload is held")
}
