package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// hostileFields are streams of fields by somebody who wants the model to grow, or to
// take its time. Each call fills the event anew.
var hostileFields = []struct {
	name string
	fill func(ev *detector.Event, i int, rng *rand.Rand)
}{
	{"made-up keys", func(ev *detector.Event, i int, _ *rand.Rand) {
		for k := range 20 {
			addField(ev, fmt.Sprintf("key%d_%d", i, k), "x")
		}
	}},
	{"made-up values", func(ev *detector.Event, i int, rng *rand.Rand) {
		for k := range 20 {
			addField(ev, fmt.Sprintf("key%d", k), fmt.Sprintf("%x", rng.Uint64()))
		}
	}},
	{"made-up numbers in made-up statements", func(ev *detector.Event, i int, rng *rand.Rand) {
		ev.Message = fmt.Appendf(nil, "%s says %s", letterWord(i), letterWord(i*7))
		for k := range 20 {
			addNumber(ev, fmt.Sprintf("key%d", k), float64(rng.Uint32()))
		}
	}},
	{"values told again until they are known", func(ev *detector.Event, i int, _ *rand.Rand) {
		for k := range 20 {
			addField(ev, fmt.Sprintf("key%d", k), fmt.Sprint("value ", i/10*(k+1)%60))
		}
	}},
	{"10,000 sets of keys", func(ev *detector.Event, i int, _ *rand.Rand) {
		for k := range 14 {
			if i%10_000>>k&1 == 0 {
				addField(ev, fmt.Sprintf("key%d", k), "x")
			}
		}
		addField(ev, "last", "x")
	}},
	{"200 fields of 512 names", func(ev *detector.Event, i int, rng *rand.Rand) {
		for range 200 {
			addField(ev, fmt.Sprintf("key%d", rng.IntN(512)), "x")
		}
	}},
	{"sets that nearly are known ones", func(ev *detector.Event, i int, rng *rand.Rand) {
		missing := -1
		if i > 1000 {
			missing = rng.IntN(60)
		}
		for k := range 60 {
			if k != missing && k != i/20%60 {
				addField(ev, fmt.Sprintf("key%d", k), fmt.Sprint("value ", i%2))
			}
		}
	}},
	{"paths of many parts", func(ev *detector.Event, i int, rng *rand.Rand) {
		for k := range 20 {
			addField(ev, fmt.Sprintf("key%d", k), fmt.Sprintf("/%x/%s.x%d", rng.Uint32(), strings.Repeat("../", 300), i%1000))
		}
	}},
	{"values of 4 KB", func(ev *detector.Event, i int, _ *rand.Rand) {
		for k := range 20 {
			addField(ev, fmt.Sprintf("key%d", k), fmt.Sprint(i)+long)
		}
	}},
}

var long = strings.Repeat("y", 4096)

func addField(ev *detector.Event, name, value string) {
	ev.Fields = append(ev.Fields, detector.Field{Name: []byte(name), Kind: detector.Text, Value: []byte(value)})
}

func addNumber(ev *detector.Event, name string, v float64) {
	ev.Fields = append(ev.Fields, detector.Field{Name: []byte(name), Kind: detector.Number, Value: fmt.Append(nil, v), Number: v})
}

// manyFields are n records of a hostile kind.
func manyFields(kind, n int) []detector.Event {
	rng := rand.New(rand.NewPCG(uint64(kind), 1))
	list := make([]detector.Event, n)
	for i := range list {
		hostileFields[kind].fill(&list[i], i, rng)
	}
	return list
}

// TestFieldsHaveBoundedMemory has hostile records come without end: what a model takes
// in memory and in a snapshot has a limit, which they reach and do not pass.
func TestFieldsHaveBoundedMemory(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	const limit = 6 << 20 // bytes, of one model: what docs/reliability.md promises
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	for _, h := range hostileFields {
		t.Run(h.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			d := newDetector(t, nil)
			before := heap()
			var ev detector.Event
			var v detector.Verdict
			for i := range 15_000 {
				ev = detector.Event{Fields: ev.Fields[:0]}
				h.fill(&ev, i, rng)
				d.Observe(&ev, &v)
			}
			ev = detector.Event{}
			end := heap() - before
			var size counter
			d.WriteSnapshot(&size, "", noon)
			t.Logf("%d KB, a snapshot of %d KB", end>>10, int(size)>>10)
			if end > limit || int(size) > limit {
				t.Errorf("the model takes %d KB and its snapshot %d KB, at most %d KB wanted", end>>10, int(size)>>10, limit>>10)
			}
			runtime.KeepAlive(d)
		})
	}
}

// counter is a writer that counts.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// A healthy log is judged as before when somebody has made up what would fill the
// tables.
func TestFieldsAfterAFlood(t *testing.T) {
	for kind, h := range hostileFields[:5] {
		w := watch(t, shopLog(20), 8000)
		for _, ev := range manyFields(kind, 3000) {
			w.detector.Observe(&ev, new(detector.Verdict))
		}
		w.goOn(2000)
		if v := w.see(changed("status", "503")); !v.Anomaly || !strings.Contains(string(v.Reason), "status 503") {
			t.Errorf("%s: a status of 503 has the score %.3f and the reason %q", h.name, v.Score, v.Reason)
		}
		if n := w.goOn(5000); n > 20 {
			t.Errorf("%s: %d of 5,000 healthy records are flagged", h.name, n)
		}
	}
}

// Records with fields allocate nothing once the tables have their sizes.
func TestFieldsNoAllocations(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector, which allocates itself; make test runs it")
	}
	for name, next := range map[string]func() string{"service": shopLog(21), "access log": accessLog(21)} {
		w := watch(t, next, 20_000)
		lines := make([][]byte, 2000)
		for i := range lines {
			lines[i] = []byte(next())
		}
		i := 0
		if n := testing.AllocsPerRun(len(lines), func() {
			w.reader.Line(lines[i%len(lines)], &w.event)
			w.detector.Observe(&w.event, &w.verdict)
			i++
		}); n != 0 {
			t.Errorf("%s: %v allocations a record", name, n)
		}
	}
	for kind, h := range hostileFields {
		list := manyFields(kind, 1000)
		d := newDetector(t, nil)
		for range 4 {
			observe(d, list)
		}
		i := 0
		var v detector.Verdict
		if n := testing.AllocsPerRun(len(list), func() { d.Observe(&list[i%len(list)], &v); i++ }); n != 0 {
			t.Errorf("%s: %v allocations a record", h.name, n)
		}
	}
}

// fieldEvents are n events with fields: of the service, of an access log, hostile ones.
func fieldEvents(t testing.TB, n int) []detector.Event {
	shop, access := watch(t, shopLog(23), 0), watch(t, accessLog(23), 0)
	hostile := manyFields(0, 100)
	list := make([]detector.Event, n)
	for i := range list {
		w := shop
		if i/1000%2 == 1 {
			w = access
		}
		line := w.next()
		switch i % 300 {
		case 297:
			line = changed("status", "503")
		case 298:
			line = changed("user", "")
		case 299:
			list[i] = hostile[i/300%len(hostile)]
			continue
		}
		w.reader.Line([]byte(line), &w.event)
		list[i] = cloneEvent(&w.event)
		list[i].Time = time.Duration(noon.UnixNano()) + time.Duration(i)*time.Second
	}
	return list
}

func cloneEvent(ev *detector.Event) detector.Event {
	c := *ev
	c.Message, c.Group = bytes.Clone(ev.Message), bytes.Clone(ev.Group)
	c.Fields = slices.Clone(ev.Fields)
	for i := range c.Fields {
		f := &c.Fields[i]
		f.Name, f.Value = bytes.Clone(f.Name), bytes.Clone(f.Value)
	}
	return c
}

// The same events have the same verdicts, bit for bit.
func TestFieldsAreDeterministic(t *testing.T) {
	events := fieldEvents(t, 6000)
	same(t, "again", observe(newDetector(t, nil), events), observe(newDetector(t, nil), events))
}

// BenchmarkFields is what a record costs: routine ones with 10 fields, and those of
// hostileFields, which cost most.
func BenchmarkFields(b *testing.B) {
	run := func(name string, list []detector.Event) {
		b.Run(name, func(b *testing.B) {
			d := newDetector(b, nil)
			observe(d, list)
			b.ReportAllocs()
			var v detector.Verdict
			i := 0
			for b.Loop() {
				d.Observe(&list[i%len(list)], &v)
				i++
			}
		})
	}
	run("routine", fieldEvents(b, 900))
	for kind, h := range hostileFields {
		run(h.name, manyFields(kind, 2000))
	}
}
