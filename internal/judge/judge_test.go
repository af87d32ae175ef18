package judge

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
	"github.com/vmihailenco/msgpack/v5"
	"golang.org/x/sys/unix"
)

var discard = slog.New(slog.DiscardHandler)

// judging returns a judge that keeps nothing.
func judging(t testing.TB, given map[string]string) *Judge {
	t.Helper()
	s, err := options.Parse(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Detector.Synchronous = true
	j, err := newJudge(s, discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.detector.Close)
	return j
}

func TestJudgeAddsFields(t *testing.T) {
	j := judging(t, map[string]string{"Warmup": "64"})
	out := testchunk.Bodies(t, j.process(nil, testchunk.Routine(t, 1000)))
	if len(out) != 1001 {
		t.Fatalf("%d records came out of 1001", len(out))
	}
	if first := out[0]; first["anomaly"] != "false" || first["anomaly_score"] != nil {
		t.Errorf("a record of the warm-up: %v, want the tag false and no score", first)
	}
	last := out[1000]
	if score, _ := last["anomaly_score"].(float64); last["anomaly"] != "true" || score <= 0.5 || score >= 1 || last["anomaly_reason"] == nil {
		t.Errorf("the strange record: %v, want it flagged, with score and reason", last)
	}
	if c := j.counts; c.Records != 1001 || c.Unjudged != 64 {
		t.Errorf("counts %+v, want 1001 records, 64 of them unjudged", c)
	}
}

func TestJudgeOptions(t *testing.T) {
	flagged := func(out []map[string]any, key string, value any) (n int) {
		for _, b := range out {
			if b[key] == value {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name  string
		given map[string]string
		check func(out []map[string]any) bool
	}{
		{"Annotate anomalies", map[string]string{"Annotate": "anomalies"}, func(out []map[string]any) bool {
			return flagged(out, "anomaly", "false") == 0 && out[1000]["anomaly"] == "true"
		}},
		{"Value_Type bool", map[string]string{"Value_Type": "bool"}, func(out []map[string]any) bool {
			return out[0]["anomaly"] == false && out[1000]["anomaly"] == true
		}},
		{"Key_Prefix", map[string]string{"Key_Prefix": "odd"}, func(out []map[string]any) bool {
			return out[1000]["odd"] == "true" && out[1000]["odd_score"] != nil && out[1000]["odd_reason"] != nil && out[1000]["anomaly"] == nil
		}},
		{"Keep anomalies", map[string]string{"Keep": "anomalies"}, func(out []map[string]any) bool {
			return len(out) < 300 && len(out) >= 257 && out[len(out)-1]["anomaly"] == "true"
		}},
		{"Keep_Share", map[string]string{"Keep": "anomalies", "Keep_Share": "0.5"}, func(out []map[string]any) bool {
			return len(out) > 600 && len(out) < 660
		}},
		{"Ignore", map[string]string{"Ignore": "kernel panic"}, func(out []map[string]any) bool {
			return out[1000]["anomaly"] == "false" && out[1000]["anomaly_score"].(float64) > 0.5
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out := testchunk.Bodies(t, judging(t, c.given).process(nil, testchunk.Routine(t, 1000))); !c.check(out) {
				t.Errorf("%v: %d records came out, the last of them %v", c.given, len(out), out[len(out)-1])
			}
		})
	}
}

func TestJudgeGroupsHaveTheirOwnModels(t *testing.T) {
	j := judging(t, map[string]string{"Group_By": "$kubernetes['labels']['app']", "Max_Groups": "2", "Warmup": "32"})
	record := func(app string, i int) map[string]any {
		return map[string]any{"log": fmt.Sprintf("request %d served in %d ms", i, i%7), "kubernetes": map[string]any{"labels": map[string]any{"app": app}}}
	}
	for i := range 40 {
		j.process(nil, testchunk.Of(t, record("a", i)))
	}
	if out := testchunk.Bodies(t, j.process(nil, testchunk.Of(t, record("a", 1), record("b", 1)))); out[0]["anomaly_score"] == nil || out[1]["anomaly_score"] != nil {
		t.Errorf("want a judged and b learning, got %v", out)
	}
	j.process(nil, testchunk.Of(t, record("c", 1)))
	if s := j.detector.Stats(); s.Groups != 2 || s.Evicted != 1 {
		t.Errorf("%d groups held, %d evicted, want 2 and 1", s.Groups, s.Evicted)
	}
}

// TestJudgePassesOddShapes is about what is no log event or has nothing to judge
// by: it must come out as it went in.
func TestJudgePassesOddShapes(t *testing.T) {
	j := judging(t, nil)
	for name, in := range map[string][]byte{
		"nothing usual":  testchunk.Of(t, map[string]any{"kubernetes": map[string]any{"pod_name": "x"}}),
		"no map":         {0x92, 0x92, 0x01, 0x80, 0xa1, 'x'},
		"a group opens":  {0x92, 0x92, 0xff, 0x80, 0x81, 0xa1, 'a', 0x01},
		"invalid byte":   {0xc1, 0x01, 0x02},
		"cut":            testchunk.Of(t, map[string]any{"log": "hello"})[:9],
		"a bare integer": {0x05},
	} {
		before := j.counts
		if out := j.process(nil, in); !bytes.Equal(out, in) {
			t.Errorf("%s: % x came out of % x", name, out, in)
		}
		if c := j.counts; c.Records-before.Records != c.Unjudged-before.Unjudged {
			t.Errorf("%s: counted as %+v, was %+v", name, c, before)
		}
	}
}

// TestJudgeTellsWhatItDoesNotJudge: a log of such records would look healthy for
// ever.
func TestJudgeTellsWhatItDoesNotJudge(t *testing.T) {
	var said bytes.Buffer
	s, err := options.Parse(func(name string) []string { return map[string][]string{"Fields": {"none"}, "Warmup": {"32"}}[name] })
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJudge(s, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer j.detector.Close()
	for i := range 300 {
		in := testchunk.Of(t, map[string]any{"line": "hello", "n": i})
		if out := j.process(nil, in); !bytes.Equal(out, in) {
			t.Errorf("% x came out of % x", out, in)
		}
		if j.tell(); (said.Len() > 0) != (i >= blindRecords-1) {
			t.Fatalf("after %d records it said %q", i+1, said.String())
		}
	}
	if n := strings.Count(said.String(), "\n"); n != 1 || !strings.Contains(said.String(), "line, n;") || !strings.Contains(said.String(), "Log_Key") {
		t.Errorf("it said %q", said.String())
	}
	if c := j.counts; c.Records != 300 || c.Unjudged != 300 {
		t.Errorf("counts %+v", c)
	}
}

// TestJudgeJudgesRecordsWithoutAMessage by their fields.
func TestJudgeJudgesRecordsWithoutAMessage(t *testing.T) {
	j := judging(t, map[string]string{"Warmup": "32"})
	for i := range 100 {
		out := j.process(nil, testchunk.Of(t, map[string]any{"method": "GET", "code": 200, "path": "/"}))
		if judged := bytes.Contains(out, []byte("anomaly_score")); judged != (i >= 32) {
			t.Errorf("record %d judged: %v", i, judged)
		}
	}
}

func TestJudgeReplacesForgedFields(t *testing.T) {
	// What has nothing to judge by gets no verdict, and keeps none that it came with.
	in := testchunk.Of(t, map[string]any{"stream": "x", "anomaly": "false", "anomaly_score": 0.1, "anomaly_reason": "me"})
	if out := judging(t, nil).process(nil, in); !bytes.Equal(out, testchunk.Of(t, map[string]any{"stream": "x"})) {
		t.Errorf("forged fields without a message came out as %v", testchunk.Bodies(t, out)[0])
	}
	j := judging(t, nil)
	out := testchunk.Bodies(t, j.process(nil, testchunk.Of(t, map[string]any{"log": "hello", "anomaly": "true", "anomaly_score": 1.0, "anomaly_reason": "me"})))
	if b := out[0]; b["anomaly"] != "false" || b["anomaly_score"] != nil || b["anomaly_reason"] != nil {
		t.Errorf("forged fields came out as %v", b)
	}
}

// TestJudgeGivesTheSameInChunksOfAnySize cuts streams into chunks of other sizes: what
// is read ahead within a chunk changes nothing.
func TestJudgeGivesTheSameInChunksOfAnySize(t *testing.T) {
	maker := chunks.NewMaker(3)
	var odd []byte
	for range 3000 {
		odd = append(odd, maker.Event()...)
	}
	for name, of := range map[string]struct {
		all   []byte
		given map[string]string
	}{
		"routine":              {testchunk.Routine(t, 2000), nil},
		"all shapes":           {odd, map[string]string{"Warmup": "32"}},
		"all shapes, filtered": {odd, map[string]string{"Warmup": "32", "Keep": "anomalies", "Contamination": "0.1"}},
		"held":                 {testchunk.Of(t, heldRecords(2000)...), map[string]string{"Group_By": "team", "Contamination": "0.1", "Annotate_Fields": "score,reason,template"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := judging(t, of.given).process(nil, of.all)
			var ends []int // of the events
			r := bytes.NewReader(of.all)
			for d := msgpack.NewDecoder(r); d.Skip() == nil; {
				ends = append(ends, len(of.all)-r.Len())
			}
			if len(ends) < 1000 {
				t.Fatalf("%d events are too few to tell", len(ends))
			}
			for _, size := range []int{1, 7, 300} {
				j := judging(t, of.given)
				var got []byte
				for i, from := 0, 0; i < len(ends); i += size {
					to := ends[min(i+size, len(ends))-1]
					got = append(got, j.process(nil, of.all[from:to])...)
					from = to
				}
				if got = append(got, j.process(nil, of.all[ends[len(ends)-1]:])...); !bytes.Equal(got, want) {
					t.Errorf("chunks of %d events give other records than one chunk", size)
				}
			}
		})
	}
}

// heldRecords are records that are made into events in memory that is used again: texts
// with escapes and colours, fields of keys that are not remembered, words that a field adds
// to the message.
func heldRecords(n int) (list []map[string]any) {
	for i := range n {
		r := map[string]any{"team": []string{"", "shop", "mail"}[i%3]}
		switch i % 5 {
		case 0:
			r["log"] = fmt.Sprintf(`{"msg":"said \"%d\"","user":"a\nb %d","made up %d":{"in":"\u00e9 %d"}}`, i, i, i, i)
		case 1:
			r["log"] = fmt.Sprintf(`level=warn msg="out of \"stock\"" sku=%d ratio=0.5`, i)
		case 2:
			r["log"] = fmt.Sprintf("INFO \x1b[31mparcel %d\x1b[0m scanned\nat dock %d", i, i%7)
		case 3:
			r["msg"], r["error"], r["took"] = "request failed", fmt.Sprintf("dial tcp 10.0.0.%d: i/o timeout", i%200), i
		default:
			for k := range 3 {
				r[fmt.Sprintf("key %d of %d", k, i)] = fmt.Sprintf("value %d", i%9)
			}
		}
		list = append(list, r)
	}
	return list
}

// TestReadingAheadAllocatesNothing: what is read ahead lies in memory that is used again.
func TestReadingAheadAllocatesNothing(t *testing.T) {
	if testbuild.Race {
		t.Skip("SKIPPED under the race detector, which allocates itself; make test runs it")
	}
	var list []map[string]any
	for _, r := range heldRecords(500) {
		if r["log"] != nil && !strings.Contains(r["log"].(string), "made up") {
			list = append(list, r)
		}
	}
	j, chunk := judging(t, nil), testchunk.Of(t, list...)
	var out []byte
	for range 300 { // until nothing is news
		out = j.process(out[:0], chunk)
	}
	if n := testing.AllocsPerRun(100, func() { out = j.process(out[:0], chunk) }); n != 0 {
		t.Errorf("%v allocations for %d records", n, len(list))
	}
}

// benchChunks returns chunks of 1,000 lines of the example service, and their
// mean size.
func benchChunks(b *testing.B) (chunks [][]byte, size int) {
	g := shoplog.New(shoplog.Options{Seed: 5})
	for range 100 {
		var list []map[string]any
		for range perChunk {
			list = append(list, map[string]any{"log": g.Next().Line})
		}
		chunks = append(chunks, testchunk.Of(b, list...))
		size += len(chunks[len(chunks)-1])
	}
	return chunks, size / len(chunks)
}

const perChunk = 1000

// recordChunks is benchChunks for records of a dozen fields.
func recordChunks(b *testing.B) (chunks [][]byte, size int) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[int(rng.ExpFloat64()*2)%len(of)] }
	for range 50 {
		var list []map[string]any
		for range perChunk {
			r := map[string]any{"level": pick("info", "info", "debug", "warn"), "service": "checkout", "trace_id": fmt.Sprintf("%032x", rng.Uint64())}
			if rng.IntN(3) > 0 {
				maps.Copy(r, map[string]any{
					"msg": "request served", "method": pick("GET", "POST", "PUT"), "path": "/orders/" + strconv.Itoa(rng.IntN(5000)), "status": 200 + rng.IntN(3)/2*4,
					"bytes": int(math.Exp(6 + rng.NormFloat64())), "seconds": math.Round(math.Exp(rng.NormFloat64()-3)*1e3) / 1e3,
					"user": map[string]any{"id": rng.IntN(1e6), "plan": pick("free", "team", "enterprise")}, "region": pick("north", "south"),
				})
			} else {
				maps.Copy(r, map[string]any{
					"msg": pick("job taken", "job done", "mail sent"), "queue": pick("mail", "bulk"), "attempt": 1 + rng.IntN(20)/19, "took": fmt.Sprintf("%.1fms", 9*math.Exp(rng.NormFloat64())),
				})
			}
			list = append(list, r)
		}
		chunks = append(chunks, testchunk.Of(b, list...))
		size += len(chunks[len(chunks)-1])
	}
	return chunks, size / len(chunks)
}

// BenchmarkJudge is what a call of the filter costs: all but the crossing
// between C and Go. Of a new judge it is what the first records cost, when much is
// said for the first time.
func BenchmarkJudge(b *testing.B) {
	for _, of := range []struct {
		name   string
		chunks func(*testing.B) ([][]byte, int)
		new    bool
	}{{"text", benchChunks, false}, {"records", recordChunks, false}, {"new", benchChunks, true}} {
		b.Run(of.name, func(b *testing.B) {
			chunks, size := of.chunks(b)
			j := judging(b, nil)
			var out []byte
			for i := 0; i < 3*len(chunks) && !of.new; i++ {
				out = j.process(out[:0], chunks[i%len(chunks)])
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			start := time.Now()
			for i := 0; b.Loop(); i++ {
				if of.new && i%20 == 0 {
					j.detector.Close()
					j = judging(b, nil)
				}
				out = j.process(out[:0], chunks[i%len(chunks)])
			}
			b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(b.N)/perChunk, "ns/record")
		})
	}
}

// BenchmarkFirstFit is how long the longest call of the filter takes while the first
// forest is fitted and the threshold set, with the largest window, warm-up and forest
// that the options allow, in CPU time of the thread that calls.
func BenchmarkFirstFit(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	given := map[string]string{"Warmup": "50000", "Window": "50000", "Trees": "1000", "Sample_Size": "256", "Contamination": "0.01"}
	s, err := options.Parse(func(name string) []string {
		if v, ok := given[name]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	g := shoplog.New(shoplog.Options{Seed: 1})
	const perCall, calls = 100, 700
	chunks := make([][]byte, calls)
	for i := range chunks {
		var list []map[string]any
		for range perCall {
			list = append(list, map[string]any{"log": g.Next().Line})
		}
		chunks[i] = testchunk.Of(b, list...)
	}
	var longest, usual time.Duration
	for b.Loop() {
		j, err := newJudge(s, discard)
		if err != nil {
			b.Fatal(err)
		}
		took := make([]time.Duration, 0, calls)
		var out []byte
		for _, c := range chunks {
			start := threadTime(b)
			out = j.process(out[:0], c)
			took = append(took, threadTime(b)-start)
		}
		j.detector.Close()
		slices.Sort(took)
		longest, usual = took[len(took)-1], took[len(took)/2]
	}
	b.ReportMetric(longest.Seconds()*1e3, "longest-ms")
	b.ReportMetric(usual.Seconds()*1e3, "usual-ms")
}

// threadTime is the CPU time that the calling thread has used.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkJudgePause is how long the longest calls take while refits go on
// in the background, one for every ten calls, and while none does.
func BenchmarkJudgePause(b *testing.B) {
	chunks, _ := benchChunks(b)
	calls := func(refitRecords int) float64 {
		s := options.Defaults()
		s.Detector.RefitRecords = refitRecords
		s.Detector.RefitInterval = 0
		j, err := newJudge(s, discard)
		if err != nil {
			b.Fatal(err)
		}
		defer j.detector.Close()
		var out []byte
		for _, c := range chunks {
			out = j.process(out[:0], c)
		}
		took := make([]time.Duration, 0, 10_000)
		for i := range cap(took) {
			start := time.Now()
			out = j.process(out[:0], chunks[i%len(chunks)])
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took[len(took)*999/1000].Seconds() * 1e3
	}
	var with, without float64
	for b.Loop() {
		without = calls(1_000_000_000)
		with = calls(10 * perChunk)
	}
	b.ReportMetric(with, "p99.9-ms")
	b.ReportMetric(without, "calm-p99.9-ms")
}
