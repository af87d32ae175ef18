package main

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// FuzzTagger passes any bytes through a filter that has learned enough to judge:
// what comes out must be what went in, but for the fields.
func FuzzTagger(f *testing.F) {
	m := chunks.NewMaker(1)
	for range 300 {
		if c := m.Chunk(2); len(c) < 2000 { // the fuzzer is slow with more
			f.Add(c)
		}
	}
	f.Add([]byte{})
	f.Add(routine(f, 2))
	var taggers []*tagger
	for _, given := range []map[string]string{
		{"Warmup": "32"},
		{"Warmup": "32", "Group_By": "a", "Max_Groups": "3", "Contamination": "0.3"},
	} {
		t := tag(f, given)
		t.process(nil, routine(f, 300))
		taggers = append(taggers, t)
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		for _, tg := range taggers {
			if _, err := chunks.Compare(chunk, tg.process(nil, chunk)); err != nil {
				t.Fatalf("%v\nin % x", err, chunk)
			}
		}
	})
}
