package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/modelfile"
)

// life is one life of an instance.
type life struct {
	*tagger
	*keeper
	log *logText
}

// logText is a log that goroutines may write to.
type logText struct {
	sync.Mutex
	bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.Write(p)
}

func (l *logText) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.String()
}

func live(t *testing.T, name string, given map[string]string) *life {
	t.Helper()
	tg := tag(t, given)
	log := &logText{}
	k := newKeeper(tg.detector, name, &tg.settings, slog.New(slog.NewTextHandler(log, nil)), func(f func()) { go f() })
	k.start()
	t.Cleanup(func() { handover.models = nil })
	return &life{tg, k, log}
}

// settle ticks until the save that has begun is over.
func (l *life) settle(t *testing.T) {
	t.Helper()
	l.keeper.next = time.Time{}
	l.tick(time.Now())
	for l.keeper.snapshot != nil {
		time.Sleep(time.Millisecond)
		l.tick(time.Now())
	}
}

func (l *life) says(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(l.log.String(), w) {
			t.Errorf("the log lacks %q:\n%s", w, l.log)
		}
	}
}

// scored says whether the first of the chunk's records has a score.
func scored(t *testing.T, out []byte) bool { return bodies(t, out)[0]["anomaly_score"] != nil }

func TestRestartJudgesFromTheFirstRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "models")
	given := map[string]string{"Model_Path": dir}
	first := live(t, "my instance", given)
	first.says(t, "no saved model yet")
	first.process(nil, routine(t, 2000))
	first.close()
	handover.models = nil // another process

	// The verdicts are those of a filter that was never restarted.
	whole := tag(t, nil)
	whole.process(nil, routine(t, 2000))
	want := whole.process(nil, routine(t, 500))

	second := live(t, "my instance", given)
	second.says(t, "starts from the saved model", "my%20instance.model", "groups=1")
	if got := second.process(nil, routine(t, 500)); !scored(t, got) || !bytes.Equal(got, want) {
		t.Error("a restarted filter gives other verdicts than one that was not restarted")
	}
	second.close()
}

func TestHotReloadKeepsModelsInMemory(t *testing.T) {
	first := live(t, "a", nil)
	first.process(nil, routine(t, 1000))
	first.close()
	second := live(t, "a", nil)
	second.says(t, "goes on with the models from before the reload")
	other := live(t, "b", nil)
	if !scored(t, second.process(nil, routine(t, 10))) || scored(t, other.process(nil, routine(t, 10))) {
		t.Error("a must judge from its first record on, b must learn")
	}
	// Two of one name at once: the second one keeps nothing.
	twin := live(t, "a", map[string]string{"Model_Path": t.TempDir()})
	twin.says(t, "another instance has the same name")
	twin.process(nil, routine(t, 1000))
	twin.settleNothing(t)
	twin.close()
	second.close()
	other.close()
	// With other options, learning starts anew, and is said.
	third := live(t, "a", map[string]string{"Seed": "5"})
	third.says(t, "learning starts anew: the model does not fit: Seed was 1 and is 5")
	if scored(t, third.process(nil, routine(t, 10))) {
		t.Error("a model of another seed is used")
	}
	third.close()
	forget("a", third.keeper.detector)
	if len(handover.models) != 1 { // b's
		t.Errorf("%d models wait in memory", len(handover.models))
	}
}

// settleNothing checks that no save begins.
func (l *life) settleNothing(t *testing.T) {
	t.Helper()
	l.keeper.next = time.Time{}
	if l.tick(time.Now()); l.keeper.snapshot != nil {
		t.Error("a save begins")
	}
}

func TestBadFilesAreSetAside(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		given  map[string]string
		aside  string
		says   string
	}{
		{"damaged", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, nil, "damaged", "a checksum is wrong"},
		{"cut", func(b []byte) []byte { return b[:len(b)-3] }, nil, "damaged", "it is cut off"},
		{"empty", func(b []byte) []byte { return nil }, nil, "damaged", "it is cut off"},
		{"text", func(b []byte) []byte { return []byte("a text that is no model at all") }, nil, "damaged", "does not begin as a model does"},
		{"newer", func(b []byte) []byte { b[18]++; return b }, nil, "previous", "it is written in format 2, this version reads 1"},
		{"other options", func(b []byte) []byte { return b }, map[string]string{"Window": "1024", "Trees": "50"}, "previous", "Trees was 100 and is 50; Window was 4096 and is 1024"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			given := map[string]string{"Model_Path": dir}
			first := live(t, "a", given)
			first.process(nil, routine(t, 1000))
			first.close()
			handover.models = nil
			path := modelfile.Path(dir, "a")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.given {
				given[name] = value
			}
			second := live(t, "a", given)
			second.says(t, "learning starts anew", c.says, "set_aside_as="+path+"."+c.aside)
			if scored(t, second.process(nil, routine(t, 1000))) {
				t.Error("the first record has a score")
			}
			second.close()
			handover.models = nil
			if _, err := os.Stat(path + "." + c.aside); err != nil {
				t.Error(err)
			}
			third := live(t, "a", given)
			third.says(t, "starts from the saved model")
			third.close()
			handover.models = nil
		})
	}
}

// TestSaveTroubleIsLoggedOnce makes the directory vanish, come back as a file,
// and come back: each trouble is logged once, records flow on, saves go on.
func TestSaveTroubleIsLoggedOnce(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "mount", "models")
	l := live(t, "a", map[string]string{"Model_Path": dir})
	step := func(what string, logged int, saved bool) {
		t.Helper()
		saves := l.saves
		for range 3 {
			if out := l.process(nil, routine(t, 300)); len(bodies(t, out)) != 301 {
				t.Fatalf("%s: %d records came out", what, len(bodies(t, out)))
			}
			l.settle(t)
		}
		if n := strings.Count(l.log.String(), "cannot be saved"); n != logged || (l.saves > saves) != saved {
			t.Fatalf("%s: %d troubles logged, want %d; %d saves\n%s", what, n, logged, l.saves-saves, l.log)
		}
	}
	step("no directory", 1, false)
	if err := os.Mkdir(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	step("there", 1, true)
	l.says(t, "the model is saved again")
	if err := os.Rename(filepath.Dir(dir), filepath.Join(top, "gone")); err != nil {
		t.Fatal(err)
	}
	step("vanished", 2, false)
	if err := os.WriteFile(filepath.Dir(dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	step("a file in its place", 3, false)
	if err := os.Remove(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(top, "gone"), filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	step("back", 3, true)
	if l.failures != 10 { // one of the probe at the start
		t.Errorf("%d failures counted, want 10", l.failures)
	}
	l.close()
}

// TestSavesChangeNoVerdict takes saves all the time, with groups that come and
// go, and compares with a filter that saves nothing.
func TestSavesChangeNoVerdict(t *testing.T) {
	given := map[string]string{"Group_By": "app", "Max_Groups": "8", "Warmup": "32"}
	plain := tag(t, given)
	saving := map[string]string{"Model_Path": t.TempDir()}
	for k, v := range given {
		saving[k] = v
	}
	l := live(t, "a", saving)
	for i := range 2000 {
		c := chunk(t, map[string]any{"log": fmt.Sprintf("request %d took %d ms", i, i%50), "app": fmt.Sprint("app", i*i%13)})
		want := plain.process(nil, c)
		if got := l.process(nil, c); !bytes.Equal(got, want) {
			t.Fatalf("chunk %d: % x, without saves % x", i, got, want)
		}
		l.keeper.next = time.Time{}
		l.tick(time.Now())
	}
	l.settle(t)
	l.close()
	if l.saves < 2 || l.failures != 0 {
		t.Errorf("%d saves, %d failures\n%s", l.saves, l.failures, l.log)
	}
}
