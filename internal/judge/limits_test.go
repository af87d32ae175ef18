package judge

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// eventOf is a log event of the given time around an encoded body.
func eventOf(sec uint32, body []byte) []byte {
	b := []byte{0x92, 0x92, 0xd7, 0x00, byte(sec >> 24), byte(sec >> 16), byte(sec >> 8), byte(sec), 0, 0, 0, 0, 0x80}
	return append(b, body...)
}

func logBody(message string, pairs ...[]byte) []byte {
	b := []byte{0xde, byte((1 + len(pairs)) >> 8), byte(1 + len(pairs))}
	b = record.AppendString(record.AppendString(b, "log"), message)
	for _, p := range pairs {
		b = append(b, p...)
	}
	return b
}

// TestLimits passes records of every kind of excess: each comes out as it went
// in, tagged and scored, and so does the routine record behind it.
func TestLimits(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	const now = 1_770_000_000
	nested := func(open byte, key string, levels int) []byte {
		b := record.AppendString(nil, "deep")
		for range levels {
			b = append(b, open)
			if open == 0x81 {
				b = record.AppendString(b, key)
			}
		}
		return append(b, 0xc0)
	}
	keys := []byte{0xdf, 0, 1, 0x86, 0xa1} // 100,001 pairs
	keys = record.AppendString(record.AppendString(keys, "log"), "request 1 served")
	for i := range 100_000 {
		keys = append(record.AppendString(keys, fmt.Sprint("key", i)), 0x05)
	}
	forged := []byte{0xdf, 0, 1, 0x86, 0xa1}
	forged = record.AppendString(record.AppendString(forged, "log"), "request 1 served")
	for range 100_000 {
		forged = record.AppendString(record.AppendString(forged, "anomaly"), "false")
	}
	routineEvent := eventOf(now, logBody("request 5 of 9 served"))
	cases := map[string][]byte{
		"an empty line":                          eventOf(now, logBody("")),
		"a line of 1 MB":                         eventOf(now, logBody(strings.Repeat("word ", 200_000))),
		"a line of 1 MB without a space":         eventOf(now, logBody(strings.Repeat("x", 1_000_000))),
		"a line of 1 MB of digits":               eventOf(now, logBody(strings.Repeat("7", 1_000_000))),
		"a line of 1 MB of escapes":              eventOf(now, logBody(strings.Repeat("\x1b[31m", 200_000))),
		"a line of 1 MB of NUL":                  eventOf(now, logBody(strings.Repeat("\x00", 1_000_000))),
		"a line of 1 MB that is not UTF-8":       eventOf(now, logBody(strings.Repeat("\xff\xc0", 500_000))),
		"a record of 32 MB":                      eventOf(now, logBody("request 1 served", append(record.AppendString(nil, "blob"), record.AppendString(nil, strings.Repeat("b", 32<<20))...))),
		"a map of 100,000 keys":                  eventOf(now, keys),
		"100,000 forged fields":                  eventOf(now, forged),
		"maps nested 10,000 levels":              eventOf(now, logBody("request 1 served", nested(0x81, "k", 10_000))),
		"arrays nested 10,000 levels":            eventOf(now, logBody("request 1 served", nested(0x91, "", 10_000))),
		"a message that is nested 10,000 levels": eventOf(now, append([]byte{0x81}, append(record.AppendString(nil, "log"), nested(0x81, "log", 10_000)[5:]...)...)),
		"time 0":                                 eventOf(0, logBody("request 1 served")),
		"the year 2106":                          eventOf(1<<32-3, logBody("request 1 served")),
		"ten years back":                         eventOf(now-10*365*86400, logBody("request 1 served")),
	}
	j := judging(t, map[string]string{"Warmup": "64", "Refit_Interval": "1s", "Group_By": "deep"})
	for i := range 200 {
		j.process(nil, eventOf(now, logBody(fmt.Sprintf("request %d of 9 served", i))))
	}
	for range 3 { // each is new, then known
		for name, e := range cases {
			in := append(bytes.Clone(e), routineEvent...)
			c, err := chunks.Compare(in, j.process(nil, in))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			tagged := 2
			if strings.HasPrefix(name, "a message that is nested") {
				tagged = 1 // it is no text
			}
			if c.Events != 2 || c.Tagged != tagged || c.Scored < 1 {
				t.Errorf("%s: %+v, want two events, %d tagged", name, c, tagged)
			}
		}
	}
}

// TestLongLinesAreJudgedByTheirFirstPart changes a long line behind the limit
// and before it.
func TestLongLinesAreJudgedByTheirFirstPart(t *testing.T) {
	long := strings.Repeat("this is a long and routine line of words ", 200) // 8,200 bytes
	d := judging(t, map[string]string{"Warmup": "64"}).detector
	see := func(line string) (v detector.Verdict) {
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
		return v
	}
	for range 300 {
		see(long)
	}
	same, other := see(long).Pattern, "CATASTROPHE"
	if v := see(long[:5000] + other + long[5000+len(other):]); v.Pattern != same || v.Anomaly {
		t.Errorf("a change behind the limit: %+v", v)
	}
	if v := see(long[:800] + other + long[800+len(other):]); v.Pattern == same {
		t.Errorf("a change within the limit: %+v", v)
	}
}

// TestManyGroups sends 100,000 groups through a table of 64.
func TestManyGroups(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector: one goroutine has no races to find; make test runs it")
	}
	j := judging(t, map[string]string{"Group_By": "app", "Max_Groups": "64", "Warmup": "32"})
	var out, in []byte
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	groups := 100_000
	if testing.Short() {
		groups = 5000
	}
	var full uint64
	for i := range groups {
		in = eventOf(1_770_000_000, append([]byte{0x82}, append(record.AppendString(record.AppendString(nil, "log"), "hello"), record.AppendString(record.AppendString(nil, "app"), fmt.Sprint("app ", i))...)...))
		if out = j.process(out[:0], in); i == 1000 {
			full = heap()
		}
	}
	s := j.detector.Stats()
	end := heap()
	t.Logf("%d groups: %d held, %d evicted; heap %d KB after 1,000 groups, %d KB at the end", groups, s.Groups, s.Evicted, full>>10, end>>10)
	if s.Groups != 64 || int(s.Evicted) != groups-64 || end > full+full/4+1<<20 {
		t.Errorf("%+v, heap %d KB, then %d KB", s, full>>10, end>>10)
	}
}

// TestTimeThatJumps lets records come from any time: each has a score that is a
// number, and what comes after is judged as it should be.
func TestTimeThatJumps(t *testing.T) {
	j := judging(t, map[string]string{"Warmup": "64", "Refit_Interval": "10m"})
	times := []uint32{1_770_000_000, 0, 1<<32 - 3, 1_770_000_001, 5, 1_000_000_000, 4_000_000_000, 1_770_000_002}
	refits := j.detector.Stats().Refits
	for i := range 4000 {
		in := eventOf(times[i%len(times)], logBody(fmt.Sprintf("request %d served in %d ms", i, i%40)))
		c, err := chunks.Compare(in, j.process(nil, in))
		if err != nil || c.Flagged > 0 && i > 500 {
			t.Fatalf("record %d: %+v, %v", i, c, err)
		}
	}
	if n := j.detector.Stats().Refits - refits; n > 100 {
		t.Errorf("%d refits for 4,000 records", n)
	}
	in := eventOf(7, logBody("kernel panic, all processors halted"))
	if c, err := chunks.Compare(in, j.process(nil, in)); err != nil || c.Flagged != 1 {
		t.Errorf("%+v, %v: want it flagged", c, err)
	}
}
