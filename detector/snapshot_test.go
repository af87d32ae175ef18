package detector_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func snapshot(t testing.TB, d *detector.Detector) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.WriteSnapshot(&b, "test", noon); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shopEvents are n events of the example service, incidents among them, in
// groups.
func shopEvents(n, groups int) []detector.Event {
	g := shoplog.New(shoplog.Options{Seed: 1, Incidents: true, Lines: n})
	list := make([]detector.Event, n)
	for i := range list {
		r := g.Next()
		list[i] = detector.Event{Time: time.Duration(r.Time.UnixNano()), Message: []byte(r.Line)}
		if groups > 1 {
			list[i].Group = fmt.Appendf(nil, "group %d", i*i%groups)
		}
	}
	return list
}

func observe(d *detector.Detector, events []detector.Event) []detector.Verdict {
	all := make([]detector.Verdict, len(events))
	for i := range events {
		d.Observe(&events[i], &all[i])
		all[i].Reason = bytes.Clone(all[i].Reason)
	}
	return all
}

func same(t *testing.T, what string, got, want []detector.Verdict) {
	t.Helper()
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: record %d: %+v, without a restart %+v", what, i+1, got[i], want[i])
		}
	}
}

// TestRestoredGoesOnTheSame stops at many points and goes on with a restored
// detector, and with one that has inherited: the verdicts must be those of one
// that was never stopped, bit for bit, and so must be what it knows at the end.
func TestRestoredGoesOnTheSame(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	for _, log := range []struct {
		name   string
		events []detector.Event
	}{{"lines", shopEvents(10_000, 1)}, {"lines in 7 groups", shopEvents(10_000, 7)}, {"records with fields", fieldEvents(t, 10_000)}} {
		events := log.events
		smaller := func(o *detector.Options) { o.RefitRecords = 2000; o.MaxGroups = 5 }
		whole := newDetector(t, smaller)
		want := observe(whole, events)
		for _, cut := range []int{0, 100, 256, 1000, 8000} {
			first := newDetector(t, smaller)
			observe(first, events[:cut])
			file := snapshot(t, first)
			restored, heir := newDetector(t, smaller), newDetector(t, smaller)
			if _, err := restored.Restore(bytes.NewReader(file)); err != nil {
				t.Fatalf("at record %d: %v", cut, err)
			}
			if again := snapshot(t, restored); !bytes.Equal(again, file) {
				t.Errorf("at record %d: the snapshot of the restored detector differs", cut)
			}
			if err := heir.Inherit(first); err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("%s, restored at record %d", log.name, cut), observe(restored, events[cut:]), want[cut:])
			same(t, fmt.Sprintf("%s, inherited at record %d", log.name, cut), observe(heir, events[cut:]), want[cut:])
			if !bytes.Equal(snapshot(t, restored), snapshot(t, whole)) || !bytes.Equal(snapshot(t, heir), snapshot(t, whole)) {
				t.Errorf("at record %d: what is known at the end differs", cut)
			}
		}
	}
}

// TestNotesGoWithTheModels, in a snapshot and in memory.
func TestNotesGoWithTheModels(t *testing.T) {
	d := newDetector(t, nil)
	observe(d, shopEvents(500, 1))
	d.SetNotes([]byte("the caller's"))
	restored := newDetector(t, nil)
	if _, err := restored.Restore(bytes.NewReader(snapshot(t, d))); err != nil {
		t.Fatal(err)
	}
	heir := newDetector(t, nil)
	if err := heir.Inherit(restored); err != nil {
		t.Fatal(err)
	}
	if got := string(heir.Notes()); got != "the caller's" {
		t.Errorf("the notes are %q", got)
	}
	d.SetNotes(make([]byte, detector.MaxNotes+1))
	none := newDetector(t, nil)
	if _, err := none.Restore(bytes.NewReader(snapshot(t, d))); err != nil || none.Notes() != nil {
		t.Errorf("too long notes are kept: %d bytes, %v", len(none.Notes()), err)
	}
}

// TestRestoredAfterEviction is the same when the tables have met their limits.
func TestRestoredAfterEviction(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	if testing.Short() {
		t.Skip("60,000 patterns")
	}
	events := make([]detector.Event, 60_000)
	for i := range events {
		events[i].Message = fmt.Appendf(nil, "%s %s says %s to no one", letterWord(i%9000), letterWord(i/7), letterWord(i*i))
	}
	want := observe(newDetector(t, nil), events)
	first := newDetector(t, nil)
	const cut = 45_000
	observe(first, events[:cut])
	restored := newDetector(t, nil)
	if _, err := restored.Restore(bytes.NewReader(snapshot(t, first))); err != nil {
		t.Fatal(err)
	}
	same(t, "restored", observe(restored, events[cut:]), want[cut:])
}

// TestRestoredAfterEvictionOfFields is the same for what is known of fields.
func TestRestoredAfterEvictionOfFields(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	for kind, h := range hostileFields {
		const n, cut = 4000, 3000
		events := append(fieldEvents(t, n/4), manyFields(kind, n/2)...)
		events = append(events, fieldEvents(t, n/4)...)
		want := observe(newDetector(t, nil), events)
		first, restored := newDetector(t, nil), newDetector(t, nil)
		observe(first, events[:cut])
		file := snapshot(t, first)
		if _, err := restored.Restore(bytes.NewReader(file)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(snapshot(t, restored), file) {
			t.Errorf("%s: the snapshot of the restored detector differs", h.name)
		}
		same(t, h.name+": restored", observe(restored, events[cut:]), want[cut:])
	}
}

func letterWord(n int) string {
	b := []byte("w")
	for n = max(n, -n); n > 0; n /= 26 {
		b = append(b, byte('a'+n%26))
	}
	return string(b)
}

// TestSnapshotBesideTheDetector takes snapshots step by step, written by
// another goroutine, while the detector goes on. The verdicts must not change,
// and each snapshot must be a sound one. The race detector watches.
func TestSnapshotBesideTheDetector(t *testing.T) {
	events := shopEvents(20_000, 30)
	want := observe(newDetector(t, nil), events)
	d := newDetector(t, nil)
	var got []detector.Verdict
	var s *detector.Snapshot
	var file bytes.Buffer
	written := make(chan error, 1)
	snapshots := 0
	for i := 0; i < len(events); i += 50 {
		got = append(got, observe(d, events[i:i+50])...)
		if s == nil {
			s = d.NewSnapshot("test", noon)
			file.Reset()
			go func(s *detector.Snapshot) {
				_, err := s.WriteTo(&file)
				written <- err
			}(s)
		}
		if s.Step(100_000) {
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			s = nil
			if _, err := newDetector(t, nil).Restore(bytes.NewReader(file.Bytes())); err != nil {
				t.Fatalf("snapshot %d: %v", snapshots, err)
			}
			snapshots++
		}
	}
	same(t, "beside snapshots", got, want)
	if snapshots == 0 {
		t.Error("no snapshot was completed")
	}
	if s != nil {
		s.Cancel()
		<-written
	}
}

func TestSnapshotGivenUp(t *testing.T) {
	d := newDetector(t, nil)
	observe(d, shopEvents(1000, 30))
	s := d.NewSnapshot("test", noon)
	done := make(chan error)
	go func() { _, err := s.WriteTo(io.Discard); done <- err }()
	for range 3 {
		s.Step(1) // some of the 30 groups may be copied by now
	}
	s.Cancel()
	if err := <-done; err == nil {
		t.Error("a snapshot that was given up is written without an error")
	}
	// A writer that fails must not hang who steps.
	s = d.NewSnapshot("test", noon)
	go func() { _, err := s.WriteTo(failing{}); done <- err }()
	for range 10 {
		s.Step(1)
	}
	if err := <-done; !errors.Is(err, errFull) {
		t.Errorf("%v, want the writer's error", err)
	}
}

var errFull = errors.New("no space left")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

// TestRestoreSaysWhatDiffers names each option that differs, with both values.
func TestRestoreSaysWhatDiffers(t *testing.T) {
	d := newDetector(t, nil)
	observe(d, shopEvents(1000, 1))
	file := snapshot(t, d)
	var differs *detector.DifferentError
	other := func(o *detector.Options) { o.Seed, o.Window = 7, 1024 }
	_, err := newDetector(t, other).Restore(bytes.NewReader(file))
	if !errors.As(err, &differs) || !strings.Contains(err.Error(), "Seed was 1 and is 7; Window was 4096 and is 1024") {
		t.Errorf("%v", err)
	}
	if err := newDetector(t, other).Inherit(d); !errors.As(err, &differs) || !strings.Contains(err.Error(), "Seed was 1 and is 7") {
		t.Errorf("%v", err)
	}
	newer := bytes.Clone(file)
	newer[len("flb-anomaly model\n")] = 9
	if _, err := newDetector(t, nil).Restore(bytes.NewReader(newer)); !errors.As(err, &differs) || !strings.Contains(err.Error(), "written in format 9, this version reads 1") {
		t.Errorf("%v", err)
	}
	// These may differ.
	free := newDetector(t, func(o *detector.Options) {
		o.Contamination, o.Warmup, o.RefitRecords, o.MaxGroups, o.Ignore = 0.02, 2000, 500, 3, []string{"x"}
	})
	if _, err := free.Restore(bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
}

// TestRestoreKeepsTheGroupsUsedLast restores into fewer groups than were saved.
func TestRestoreKeepsTheGroupsUsedLast(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.Warmup = 10 })
	long := strings.Repeat("a long name ", 1000)
	names := []string{"a", "b", "c", "", long + "1", long + "2"}
	for range 30 {
		for _, n := range names {
			d.Observe(&detector.Event{Message: []byte("hello"), Group: []byte(n)}, new(detector.Verdict))
		}
	}
	e := newDetector(t, func(o *detector.Options) { o.Warmup = 10; o.MaxGroups = 3 })
	if _, err := e.Restore(bytes.NewReader(snapshot(t, d))); err != nil {
		t.Fatal(err)
	}
	if n := e.Stats().Groups; n != 4 {
		t.Errorf("%d groups, want 3 and the one without a name", n)
	}
	for _, g := range []struct {
		name string
		kept bool
	}{{long + "2", true}, {long + "1", true}, {"c", true}, {"", true}, {"a", false}} {
		var v detector.Verdict
		if e.Observe(&detector.Event{Message: []byte("hello"), Group: []byte(g.name)}, &v); v.Judged != g.kept {
			t.Errorf("group %.14q… is kept: %v, want %v", g.name, v.Judged, g.kept)
		}
	}
}

// TestRestoreRefusesDamage flips every kind of bit, and cuts at every length:
// an error, and the detector is as new.
func TestRestoreRefusesDamage(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	d := newDetector(t, func(o *detector.Options) { o.Window, o.Trees, o.SampleSize = 64, 3, 32 })
	observe(d, shopEvents(600, 3))
	file := snapshot(t, d)
	fresh := newDetector(t, func(o *detector.Options) { o.Window, o.Trees, o.SampleSize = 64, 3, 32 })
	check := func(what string, b []byte) {
		_, err := fresh.Restore(bytes.NewReader(b))
		var damaged *detector.DamagedError
		var different *detector.DifferentError
		if !errors.As(err, &damaged) && !errors.As(err, &different) {
			t.Fatalf("%s: %v", what, err)
		}
		if fresh.Stats().Groups != 0 {
			t.Fatalf("%s: the detector is no longer new", what)
		}
	}
	step := max(1, len(file)/1000)
	for i := 0; i < len(file); i += step {
		check(fmt.Sprint("cut at ", i), file[:i])
		b := bytes.Clone(file)
		b[i] ^= 1 << (i % 8)
		check(fmt.Sprint("flipped at ", i), b)
	}
	check("more behind the end", append(bytes.Clone(file), 0))
	if _, err := fresh.Restore(bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
}

func TestInspect(t *testing.T) {
	d := newDetector(t, nil)
	for i := range 2000 {
		d.Observe(&detector.Event{Time: time.Duration(noon.UnixNano()), Level: pattern.LevelInfo, Message: fmt.Appendf(nil, "request %d of user%d served in %d ms", i, i, 10+i%20)}, new(detector.Verdict))
		d.Observe(&detector.Event{Level: pattern.LevelWarn, Message: []byte("cache miss")}, new(detector.Verdict))
	}
	c, err := detector.Inspect(bytes.NewReader(snapshot(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Saved.Equal(noon) || c.Version != "test" || len(c.Groups) != 1 || c.Settings[0] != (detector.Setting{Name: "Seed", Value: "1"}) {
		t.Errorf("%+v", c)
	}
	g := c.Groups[0]
	if g.Records != 4000 || g.Trees != 100 || g.Rows != 4000 || g.Threshold < 0.4 || g.Threshold > 0.6 || g.Latest != time.Duration(noon.UnixNano()) || len(g.Patterns) != 2 {
		t.Errorf("%+v", g)
	}
	for _, f := range g.Features {
		if f.Name == "" {
			t.Error("a feature has no name: featureTitles must list it")
		}
	}
	for _, p := range g.Patterns {
		switch p.Text {
		case "request <num> of user<num> served in <num>s":
			ms := p.Numbers[len(p.Numbers)-1]
			if p.Seen != 2000 || p.Levels[3] < 1900 || ms.Low < 0.008 || ms.Low > 0.012 || ms.High < 0.025 || ms.High > 0.035 || p.Lengths.High < 35 || p.Lengths.High > 50 {
				t.Errorf("%+v", p)
			}
		case "cache miss":
			if len(p.Numbers) != 0 || p.Seen != 2000 {
				t.Errorf("%+v", p)
			}
		default:
			t.Errorf("the pattern %q", p.Text)
		}
	}
}

func TestAppendPattern(t *testing.T) {
	d := newDetector(t, nil)
	d.Observe(&detector.Event{Message: []byte("WARN disk 3 is 97% full")}, new(detector.Verdict))
	if got, want := string(d.AppendPattern([]byte("> "))), "> <level> disk <num> is <num>% full"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzRestore gives hostile bytes to the reader, checksums set right. An error
// is fine, and so is a model; a panic, or memory out of proportion, is not. What
// is restored must work, and must be what it saves again.
//
// A snapshot is long, and most of it is counts. So what is fuzzed is which of
// some snapshots to begin with, and how to change it: 4 bytes at a time, where
// (3 bytes) and what to add there. With another base the bytes are the file.
func FuzzRestore(f *testing.F) {
	small := func() *detector.Detector {
		o := options.Defaults().Detector
		o.Synchronous, o.Window, o.Trees, o.SampleSize, o.MaxGroups = true, 32, 2, 8, 4
		d, err := detector.New(o)
		if err != nil {
			f.Fatal(err)
		}
		return d
	}
	var bases [][]byte
	add := func(events []detector.Event) {
		d := small()
		observe(d, events)
		if len(events) == 30 {
			d.SetNotes([]byte("the caller's"))
		}
		bases = append(bases, snapshot(f, d))
		f.Add(uint8(len(bases)-1), []byte{0, 0, 0, 0}, uint32(0))
	}
	for _, n := range []int{0, 1, 30, 300} {
		for _, groups := range []int{1, 3} {
			add(shopEvents(n, groups))
		}
	}
	for _, n := range []int{1, 30, 300} {
		add(fieldEvents(f, n))
	}
	f.Add(uint8(255), bases[0], uint32(0))
	f.Add(uint8(255), bases[0][:100], uint32(0))
	f.Add(uint8(3), []byte{0, 0, 30, 255, 0, 1, 0, 9}, uint32(5))
	f.Add(uint8(10), []byte{0, 0, 90, 255, 0, 2, 0, 9, 0, 20, 0, 77}, uint32(0))
	f.Add(uint8(8), []byte("\x000Z\xff00000000"), uint32(0)) // a variance below 0
	events := append(shopEvents(50, 3), fieldEvents(f, 50)...)
	f.Fuzz(func(t *testing.T, base uint8, edits []byte, cut uint32) {
		b := edits
		if int(base) < len(bases) {
			b = bytes.Clone(bases[base])
			for ; len(edits) >= 4; edits = edits[4:] {
				b[(int(edits[0])<<16|int(edits[1])<<8|int(edits[2]))%len(b)] += edits[3]
			}
			b = b[:len(b)-int(cut)%len(b)]
		}
		b = bytes.Clone(b)
		detector.MendChecksums(b)
		detector.Inspect(bytes.NewReader(b))
		d := small()
		if _, err := d.Restore(bytes.NewReader(b)); err != nil {
			return
		}
		again, e := snapshot(t, d), small()
		if _, err := e.Restore(bytes.NewReader(again)); err != nil || !bytes.Equal(snapshot(t, e), again) {
			t.Errorf("what was restored is not what it saves: %v", err)
		}
		observe(d, events)
		if _, err := small().Restore(bytes.NewReader(snapshot(t, d))); err != nil {
			t.Errorf("what was restored and has learned cannot be restored again: %v", err)
		}
	})
}

// BenchmarkSnapshotStep is how much longer a filter call takes because of a
// snapshot: the copy of one group, here of a usual one and of the largest that
// the defaults allow.
func BenchmarkSnapshotStep(b *testing.B) {
	for _, kind := range []string{"shop", "largest"} {
		d := newDetector(b, nil)
		if kind == "shop" {
			observe(d, shopEvents(30_000, 1))
		} else {
			for i := range 30_000 {
				d.Learn(&detector.Event{Message: fmt.Appendf(nil, "%s %s says %s", letterWord(i%4000), letterWord(i/7), letterWord(i*i))})
			}
		}
		b.Run(kind, func(b *testing.B) {
			size := len(snapshot(b, d))
			var steps []time.Duration
			for b.Loop() {
				s := d.NewSnapshot("", noon)
				done := make(chan struct{})
				go func() {
					s.WriteTo(io.Discard)
					close(done)
				}()
				for {
					start := time.Now()
					if s.Step(1) {
						steps = append(steps, time.Since(start))
						break
					}
					runtime.Gosched()
				}
				<-done
			}
			slices.Sort(steps)
			b.ReportMetric(float64(steps[len(steps)/2].Nanoseconds())/1000, "us/step")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(size), "snapshot-bytes")
		})
	}
}
