package forest

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// samples returns forests of all kinds.
func samples() []*Forest {
	return []*Forest{
		must(Fit(bytesBlob(1, 1000, 12), 12, Options{Trees: 7, SampleSize: 256})),
		must(Fit(bytesBlob(1, 30, 2), 2, Options{Trees: 2, SampleSize: 256})),
		must(Fit(make([]Row, 1), 1, Options{Trees: 1, SampleSize: 256})),
		must(Fit(bytesBlob(1, 1000, MaxFeatures), MaxFeatures, Options{Trees: 2, SampleSize: 400})),
	}
}

func marshal(f *Forest) []byte {
	b, err := f.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

func TestBinaryRoundTrip(t *testing.T) {
	for i, f := range samples() {
		b := marshal(f)
		var g Forest
		if err := g.UnmarshalBinary(b); err != nil {
			t.Fatalf("forest %d: %v", i, err)
		}
		if !slices.Equal(b, marshal(&g)) {
			t.Errorf("forest %d: written again, it differs", i)
		}
		if f.Trees() != g.Trees() || f.Features() != g.Features() {
			t.Errorf("forest %d: %d trees of %d features, %d of %d before", i, g.Trees(), g.Features(), f.Trees(), f.Features())
		}
		rows := bytesBlob(2, 100, MaxFeatures)
		if !slices.Equal(scores(f, rows), scores(&g, rows)) {
			t.Errorf("forest %d: scores differ", i)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	f := samples()[0]
	good := marshal(f)
	for n := range len(good) {
		if err := new(Forest).UnmarshalBinary(good[:n]); err == nil {
			t.Fatalf("%d of %d bytes are accepted", n, len(good))
		}
	}
	header := func(numbers ...uint64) (b []byte) {
		for _, n := range numbers {
			b = binary.AppendUvarint(b, n)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"more":                  append(slices.Clone(good), 0),
		"no features":           append(header(0, 1, 1), 0),
		"a feature too many":    append(header(MaxFeatures+1, 1, 1), 0),
		"no trees":              append(header(1, 1, 0), 0),
		"too many trees":        append(header(1, 1, 16385), make([]byte, 16385)...),
		"large sample":          append(header(1, MaxSampleSize+1, 1), 0),
		"more trees than input": header(1, 256, 4096),
		"no trees in input":     header(1, 1, 100),
		"split of one row":      append(header(1, 1, 1), 1, 0, 1),
		"huge number":           append(header(1, math.MaxUint64, 1), 0),
		"feature out of range":  append(header(1, 2, 1), 2, 0, 1),
		"nothing on the left":   append(header(1, 2, 1), 1, 0, 0),
		"nothing on the right":  append(header(1, 2, 1), 1, 0, 2),
		"threshold of no row":   append(header(1, 2, 1), 1, 255, 1),
	} {
		g := *f
		if err := g.UnmarshalBinary(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if g.trees != f.trees || &g.nodes[0] != &f.nodes[0] {
			t.Errorf("%s: the forest changed", name)
		}
	}
}

// What UnmarshalBinary accepts is a forest: it scores, and it is written as it
// was read.
func FuzzUnmarshalBinary(f *testing.F) {
	for _, g := range samples() {
		f.Add(marshal(g))
	}
	f.Add([]byte{1, 2, 1, 1, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var g Forest
		if g.UnmarshalBinary(b) != nil {
			return
		}
		var row Row
		for i := range row {
			row[i] = uint8(i * 7)
		}
		if s := g.Score(&row); !(s > 0 && s < 1) {
			t.Fatalf("score %v", s)
		}
		again := marshal(&g)
		var h Forest
		if err := h.UnmarshalBinary(again); err != nil {
			t.Fatalf("written again, it is refused: %v", err)
		}
		if len(again) > len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(again))
		}
	})
}
