package judge

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/testchunk"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// FuzzJudge passes any bytes through a filter that has learned enough to judge:
// what comes out must be what went in, but for the fields.
func FuzzJudge(f *testing.F) {
	m := chunks.NewMaker(1)
	for range 300 {
		if c := m.Chunk(2); len(c) < 2000 { // the fuzzer is slow with more
			f.Add(c)
		}
	}
	f.Add([]byte{})
	f.Add(testchunk.Routine(f, 2))
	var judges []*Judge
	for _, given := range []map[string]string{
		{"Warmup": "32"},
		{"Warmup": "32", "Group_By": "a", "Max_Groups": "3", "Contamination": "0.3"},
	} {
		t := judging(f, given)
		t.process(nil, testchunk.Routine(f, 300))
		judges = append(judges, t)
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		for _, j := range judges {
			if _, err := chunks.Compare(chunk, j.process(nil, chunk)); err != nil {
				t.Fatalf("%v\nin % x", err, chunk)
			}
		}
	})
}
