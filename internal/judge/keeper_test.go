package judge

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

	"github.com/flb-anomaly/flb-anomaly/internal/judge/modelfile"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
)

// life is one life of an instance.
type life struct {
	*Judge
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

// process is one in which instances live, one after the other.
type process struct{ handover handover }

func (p *process) live(t *testing.T, name string, given map[string]string) *life {
	t.Helper()
	return p.liveOn(t, name, given, func(f func()) { go f() }, diskPatience)
}

// liveOn is live with a disk of which spawn and patience decide how soon it
// answers: nothing else touches it.
func (p *process) liveOn(t *testing.T, name string, given map[string]string, spawn func(func()), patience time.Duration) *life {
	t.Helper()
	j := judging(t, given)
	log := &logText{}
	by := Instance{Name: name, Version: "test", Log: slog.New(slog.NewTextHandler(log, nil)), Go: spawn}
	k := newKeeper(j.detector, j.incidents, &j.settings, by, &p.handover, patience)
	k.start()
	return &life{j, k, log}
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

// scored reports whether the first of the chunk's records has a score.
func scored(t *testing.T, out []byte) bool {
	return testchunk.Bodies(t, out)[0]["anomaly_score"] != nil
}

func TestRestartJudgesFromTheFirstRecord(t *testing.T) {
	p := new(process)
	dir := filepath.Join(t.TempDir(), "models")
	given := map[string]string{"Model_Path": dir}
	first := p.live(t, "my instance", given)
	first.says(t, "no saved model yet")
	first.process(nil, testchunk.Routine(t, 2000))
	first.close()
	p = new(process)

	// The verdicts are those of a filter that was never restarted.
	whole := judging(t, nil)
	whole.process(nil, testchunk.Routine(t, 2000))
	want := whole.process(nil, testchunk.Routine(t, 500))

	second := p.live(t, "my instance", given)
	second.says(t, "starts from the saved model", "my%20instance.model", "groups=1")
	if got := second.process(nil, testchunk.Routine(t, 500)); !scored(t, got) || !bytes.Equal(got, want) {
		t.Error("a restarted filter gives other verdicts than one that was not restarted")
	}
	second.close()
}

func TestHotReloadKeepsModelsInMemory(t *testing.T) {
	p := new(process)
	first := p.live(t, "a", nil)
	first.process(nil, testchunk.Routine(t, 1000))
	first.close()
	second := p.live(t, "a", nil)
	second.says(t, "goes on with the models from before the reload")
	other := p.live(t, "b", nil)
	if !scored(t, second.process(nil, testchunk.Routine(t, 10))) || scored(t, other.process(nil, testchunk.Routine(t, 10))) {
		t.Error("a must judge from its first record on, b must learn")
	}
	// Two of one name at once: the second one keeps nothing.
	twin := p.live(t, "a", map[string]string{"Model_Path": t.TempDir()})
	twin.says(t, "another instance has the same name")
	twin.process(nil, testchunk.Routine(t, 1000))
	twin.settleNothing(t)
	twin.close()
	second.close()
	other.close()
	// With other options, learning starts anew, and is said.
	third := p.live(t, "a", map[string]string{"Seed": "5"})
	third.says(t, "learning starts anew: the model does not fit: Seed was 1 and is 5")
	if scored(t, third.process(nil, testchunk.Routine(t, 10))) {
		t.Error("a model of another seed is used")
	}
	third.close()
	p.handover.forget("a", third.keeper.detector)
	if n := len(p.handover.models); n != 1 { // b's
		t.Errorf("%d models wait in memory", n)
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
		{"another field", func(b []byte) []byte { return b }, map[string]string{"Level_Key": "lvl", "Group_By": strings.Repeat("g", 300)}, "previous",
			"Level_Key was not set and is lvl; Group_By was not set and is ggg"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, dir := new(process), t.TempDir()
			given := map[string]string{"Model_Path": dir}
			first := p.live(t, "a", given)
			first.process(nil, testchunk.Routine(t, 1000))
			first.close()
			p = new(process)
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
			second := p.live(t, "a", given)
			second.says(t, "learning starts anew", c.says, "set_aside_as="+path+"."+c.aside)
			if scored(t, second.process(nil, testchunk.Routine(t, 1000))) {
				t.Error("the first record has a score")
			}
			second.close()
			p = new(process)
			if _, err := os.Stat(path + "." + c.aside); err != nil {
				t.Error(err)
			}
			third := p.live(t, "a", given)
			third.says(t, "starts from the saved model")
			third.close()
			p = new(process)
		})
	}
}

// TestSaveTroubleIsLoggedOnce makes the directory vanish, come back as a file,
// and come back: each trouble is logged once, records flow on, saves go on.
func TestSaveTroubleIsLoggedOnce(t *testing.T) {
	p := new(process)
	top := t.TempDir()
	dir := filepath.Join(top, "mount", "models")
	l := p.live(t, "a", map[string]string{"Model_Path": dir})
	step := func(what string, logged int, saved bool) {
		t.Helper()
		saves := l.saves
		for range 3 {
			if out := l.process(nil, testchunk.Routine(t, 300)); len(testchunk.Bodies(t, out)) != 301 {
				t.Fatalf("%s: %d records came out", what, len(testchunk.Bodies(t, out)))
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
	p := new(process)
	given := map[string]string{"Group_By": "app", "Max_Groups": "8", "Warmup": "32"}
	plain := judging(t, given)
	saving := map[string]string{"Model_Path": t.TempDir()}
	for k, v := range given {
		saving[k] = v
	}
	l := p.live(t, "a", saving)
	for i := range 2000 {
		c := testchunk.Of(t, map[string]any{"log": fmt.Sprintf("request %d took %d ms", i, i%50), "app": fmt.Sprint("app", i*i%13)})
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

// TestADiskThatDoesNotAnswer stops the disk when an instance starts, saves and
// ends: none of it waits for longer than a while, each is said once, and the models
// are there for the instance of after a reload.
func TestADiskThatDoesNotAnswer(t *testing.T) {
	p := new(process)
	const patience = 100 * time.Millisecond
	given := map[string]string{"Model_Path": t.TempDir()}
	first := p.live(t, "a", given)
	first.process(nil, testchunk.Routine(t, 1000))
	first.close()
	p = new(process)

	answers := make(chan struct{})
	var disk sync.WaitGroup
	spawn := func(f func()) { disk.Go(func() { <-answers; f() }) }
	within := func(what string, f func()) {
		t.Helper()
		start := time.Now()
		if f(); time.Since(start) > 5*patience+5*time.Second {
			t.Errorf("%s took %v", what, time.Since(start))
		}
	}
	var second *life
	within("the start", func() { second = p.liveOn(t, "a", given, spawn, patience) })
	second.says(t, "the disk did not answer within 100ms, and learning starts anew")
	if scored(t, second.process(nil, testchunk.Routine(t, 1000))) {
		t.Error("a model that was not read is used")
	}
	now := time.Now()
	second.keeper.next = now
	second.tick(now)
	for range 10 {
		second.tick(now.Add(2 * slowSave)) // few calls in a long time: the save had no help
	}
	if n := second.failures; n != 1 {
		t.Errorf("%d failures before the save is slow, want that of the start", n)
	}
	for range 1000 {
		second.tick(now.Add(2 * slowSave))
	}
	if n := second.failures; n != 2 {
		t.Errorf("%d failures, want the start and the save that does not end", n)
	}
	second.says(t, "a save does not end, the disk does not answer")
	within("the end", second.close)
	if n := second.failures; n != 3 {
		t.Errorf("%d failures, want one more for the exit", n)
	}
	third := p.live(t, "a", nil)
	third.says(t, "goes on with the models from before the reload")
	if !scored(t, third.process(nil, testchunk.Routine(t, 10))) {
		t.Error("the models have not been handed over")
	}
	close(answers) // what was given up ends, and changes nothing
	disk.Wait()
	third.process(nil, testchunk.Routine(t, 10))
	third.close()
}

// TestExitWithASaveThatHangs stops the disk only when the last save goes on.
func TestExitWithASaveThatHangs(t *testing.T) {
	p := new(process)
	answers := make(chan struct{})
	var disk sync.WaitGroup
	defer disk.Wait()
	defer close(answers)
	calls := 0
	spawn := func(f func()) {
		if calls++; calls == 1 { // of the start
			go f()
			return
		}
		disk.Go(func() { <-answers; f() })
	}
	first := p.liveOn(t, "a", map[string]string{"Model_Path": t.TempDir()}, spawn, 100*time.Millisecond)
	first.process(nil, testchunk.Routine(t, 1000))
	first.close()
	first.says(t, "the disk did not answer within 100ms")
	second := p.live(t, "a", nil)
	second.says(t, "goes on with the models from before the reload")
	second.close()
}
