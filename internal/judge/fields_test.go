package judge

import (
	"bytes"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/ignore"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
)

// strange is the chunk of a strange record, which comes a while after a Routine
// of a thousand.
func strange(t testing.TB, text string, after int) []byte {
	bodies := make([]map[string]any, after+1)
	for i := range bodies {
		bodies[i] = map[string]any{"log": text}
	}
	all := testchunk.Of(t, bodies...)
	one := len(all) / len(bodies)
	return all[one*after:]
}

func keys(body map[string]any) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(body)) {
		if k != "log" {
			list = append(list, strings.TrimPrefix(k, "anomaly"))
		}
	}
	return strings.Join(list, " ")
}

func TestAnnotateFields(t *testing.T) {
	for _, c := range []struct{ words, routine, flagged string }{
		{"score,reason,pattern,kind,incident,nth", " _score", " _incident _kind _nth _pattern _reason _score"}, // the default
		{"none", "", ""},
		{"nth", "", " _nth"},
		{"Template, reason", "", " _reason _template"},
	} {
		out := testchunk.Bodies(t, judging(t, map[string]string{"Annotate_Fields": c.words}).process(nil, testchunk.Routine(t, 1000)))
		if got, want := keys(out[999]), c.routine; got != want {
			t.Errorf("Annotate_Fields %s: a routine record has %q, want %q", c.words, got, want)
		}
		if got, want := keys(out[1000]), c.flagged; got != want {
			t.Errorf("Annotate_Fields %s: a flagged record has %q, want %q", c.words, got, want)
		}
	}
	out := testchunk.Bodies(t, judging(t, map[string]string{"Annotate_Fields": "pattern,kind,incident,nth,template"}).process(nil, testchunk.Routine(t, 1000)))
	flagged, first := 0, map[string]any{}
	for _, b := range out {
		if b["anomaly"] == "true" {
			if flagged++; flagged == 1 {
				first = b
			}
		}
	}
	last := out[1000]
	if last["anomaly_kind"] != string(detector.NewPattern) || last["anomaly_nth"] != strconv.Itoa(flagged) || last["anomaly_template"] != "kernel <level>: unrecoverable machine check, halting all processors" {
		t.Errorf("the strange record is %v", last)
	}
	if id := last["anomaly_incident"].(string); !strings.HasPrefix(id, "20260202T02") || id != first["anomaly_incident"] {
		t.Errorf("its incident is %s, want the time of the first record in front, of which the incident is %v", id, first["anomaly_incident"])
	}
}

// TestFieldsAreTheSameOnEveryNode: ids depend on the records, and the seed.
func TestFieldsAreTheSameOnEveryNode(t *testing.T) {
	run := func() []byte { return judging(t, nil).process(nil, testchunk.Routine(t, 1000)) }
	if !bytes.Equal(run(), run()) {
		t.Error("two filters give the same log other fields")
	}
	last := testchunk.Bodies(t, run())[1000]
	other := testchunk.Bodies(t, judging(t, map[string]string{"Seed": "2"}).process(nil, testchunk.Routine(t, 1000)))[1000]
	if last["anomaly_pattern"] == other["anomaly_pattern"] {
		t.Error("the pattern's id does not depend on the seed: whoever writes logs could make two alike")
	}
}

// number is that of a record in its incident.
func number(body map[string]any) int {
	n, _ := strconv.Atoi(body["anomaly_nth"].(string))
	return n
}

func TestAnIncidentGoesOn(t *testing.T) {
	const strangeToo = "out of memory: killed process 4711 of the checkout service"
	for _, c := range []struct {
		name  string
		given map[string]string
		next  func(p *process) *process
	}{
		{"over a hot reload", nil, func(p *process) *process { return p }},
		{"over a restart", map[string]string{"Model_Path": filepath.Join(t.TempDir(), "m")}, func(*process) *process { return new(process) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := new(process)
			first := p.live(t, "a", c.given)
			before := testchunk.Bodies(t, first.process(nil, testchunk.Routine(t, 1000)))[1000]
			first.close()
			second := c.next(p).live(t, "a", c.given)
			defer second.close()
			after := testchunk.Bodies(t, second.process(nil, strange(t, strangeToo, 1060)))[0]
			if after["anomaly_incident"] != before["anomaly_incident"] || number(after) != number(before)+1 {
				t.Errorf("a minute on: %v\nbefore: %v", after, before)
			}
			later := testchunk.Bodies(t, second.process(nil, strange(t, "disk sda has failed, the array is degraded", 1400)))[0]
			if id := later["anomaly_incident"]; id == before["anomaly_incident"] || id == nil || later["anomaly_nth"] != "1" {
				t.Errorf("more than five minutes on: %v", later)
			}
			// The one that went on began in the judge before.
			if n := second.counts.Incidents; n != 1 {
				t.Errorf("%d incidents began, want 1", n)
			}
		})
	}
}

func TestIgnoreByPattern(t *testing.T) {
	flagged := testchunk.Bodies(t, judging(t, nil).process(nil, testchunk.Routine(t, 1000)))[1000]
	j := judging(t, map[string]string{"Ignore": "pattern:" + flagged["anomaly_pattern"].(string)})
	out := testchunk.Bodies(t, j.process(nil, testchunk.Routine(t, 1000)))[1000]
	if out["anomaly"] != "false" || out["anomaly_score"] != flagged["anomaly_score"] || out["anomaly_pattern"] != nil {
		t.Errorf("the ignored record is %v", out)
	}
}

// TestIgnoreMatchesTheEnd before the line's end, which container logs have in the
// message.
func TestIgnoreMatchesTheEnd(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n"} {
		j := judging(t, map[string]string{"Ignore": "all hands$"})
		j.process(nil, testchunk.Routine(t, 1000))
		if out := testchunk.Bodies(t, j.process(nil, strange(t, "core breach: abandon ship, all hands"+end, 1001)))[0]; out["anomaly"] != "false" || out["anomaly_score"].(float64) < 0.5 {
			t.Errorf("with the end %q: %v", end, out)
		}
	}
}

// TestWhatIsIgnoredMovesNoThreshold: the others are judged as if it had not come.
func TestWhatIsIgnoredMovesNoThreshold(t *testing.T) {
	for _, contamination := range []string{"auto", "0.05"} {
		j := judging(t, map[string]string{"Contamination": contamination, "Ignore": "^heartbeat"})
		j.process(nil, testchunk.Routine(t, 2000))
		before := j.detector.Stats().Threshold
		var noise []map[string]any
		for i := range 2000 {
			noise = append(noise, map[string]any{"log": "heartbeat " + strings.Repeat(string(rune('a'+i%26)), 1+i/26) + " failed: panic"})
		}
		out := testchunk.Bodies(t, j.process(nil, testchunk.Of(t, noise...)))
		if slices.ContainsFunc(out, func(b map[string]any) bool { return b["anomaly"] != "false" }) {
			t.Errorf("Contamination %s: an ignored record is flagged", contamination)
		}
		if after := j.detector.Stats().Threshold; after > before {
			t.Errorf("Contamination %s: the threshold went from %.4f to %.4f", contamination, before, after)
		}
	}
}

// TestIgnoreFileChanges under a stream of records: what it says is in force within
// ten seconds, and a broken one changes nothing.
func TestIgnoreFileChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	write := func(text string) {
		t.Helper()
		// As editors and Kubernetes do: another file in its place.
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write("# nothing yet\n")
	log := &logText{}
	s, err := options.Parse(func(name string) []string { return map[string][]string{"Ignore_File": {path}}[name] })
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(s, Instance{Name: t.Name(), Version: "test", Log: slog.New(slog.NewTextHandler(log, nil)), Go: func(f func()) { go f() }})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	j.Chunk(nil, testchunk.Routine(t, 1000))
	ignored := func(text string) bool {
		ig, changed := j.ignore.Current(new(ignore.Seen))
		return changed && ig.Has([]byte(text), nil, 0)
	}
	until := func(text string, want bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ignored(text) != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("after ten seconds, %q ignored: %v\n%s", text, !want, log)
			}
			j.Chunk(nil, strange(t, "a request took 12 ms", 1000))
		}
	}
	until("meltdown", false)
	write("meltdown$\npattern:0123456789\n")
	until("meltdown\n", true)
	write("meltdown\nfire (\n")
	for end := time.Now().Add(10 * time.Second); !strings.Contains(log.String(), "line 2"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a bad line is not named\n%s", log)
		}
	}
	time.Sleep(2500 * time.Millisecond) // the next look
	until("meltdown", true)
	until("fire", false)
	if got := strings.Count(log.String(), "line 2"); got != 1 {
		t.Errorf("the bad line is named %d times", got)
	}
	write("fire\n")
	until("fire", true)
	until("meltdown", false)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond)
	until("fire", true)
}

// BenchmarkFields is what the fields of a flagged record cost beside its reason, by
// what Annotate_Fields says.
func BenchmarkFields(b *testing.B) {
	for _, words := range []string{"score,reason", "score,reason,pattern,kind,incident,nth", "score,reason,pattern,kind,incident,nth,template"} {
		b.Run(words, func(b *testing.B) {
			j := judging(b, map[string]string{"Annotate_Fields": words})
			j.process(nil, testchunk.Routine(b, 1000))
			v := j.verdict
			if !v.Anomaly {
				b.Fatal("the last record is not flagged")
			}
			b.ReportAllocs()
			for b.Loop() {
				j.annotation(&v, nil)
			}
		})
	}
}

func TestFieldsDoNotAllocate(t *testing.T) {
	j := judging(t, map[string]string{"Annotate_Fields": "score,reason,pattern,kind,incident,nth,template"})
	j.process(nil, testchunk.Routine(t, 1000))
	v := j.verdict
	if !v.Anomaly {
		t.Fatal("the last record is not flagged")
	}
	if n := testing.AllocsPerRun(1000, func() { j.annotation(&v, nil) }); n > 0 {
		t.Errorf("%v allocations for the fields of a flagged record", n)
	}
}
