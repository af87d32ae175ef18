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
		must(FitRows(bytesBlob(1, 1000, 12), 12, Options{Trees: 7})),
		must(FitRows(bytesBlob(1, 30, 2), 2, Options{Trees: 2})),
		must(FitRows(make([]Row, 1), 1, Options{Trees: 1})),
		must(Fit(blob(1, 1000, 5, 3), Options{Trees: 3})),
		must(Fit(blob(1, 1000, 20, 3), Options{Trees: 2, SampleSize: 400})),
	}
}

func TestBinaryRoundTrip(t *testing.T) {
	for i, f := range samples() {
		b, err := f.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var g Forest
		if err := g.UnmarshalBinary(b); err != nil {
			t.Fatalf("forest %d: %v", i, err)
		}
		if again, _ := g.MarshalBinary(); !slices.Equal(b, again) {
			t.Errorf("forest %d: written again, it differs", i)
		}
		rows := blob(2, 100, f.Features(), 10)
		if !slices.Equal(scores(f, rows), scores(&g, rows)) {
			t.Errorf("forest %d: scores differ", i)
		}
		a, c := make([]float64, f.features), make([]float64, f.features)
		f.Contributions(rows[99], a)
		g.Contributions(rows[99], c)
		if !slices.Equal(a, c) {
			t.Errorf("forest %d: contributions differ", i)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	f := samples()[0]
	good, _ := f.MarshalBinary()
	for n := range len(good) {
		if err := new(Forest).UnmarshalBinary(good[:n]); err == nil {
			t.Fatalf("%d of %d bytes are accepted", n, len(good))
		}
	}
	header := func(form byte, numbers ...uint64) []byte {
		b := []byte{form}
		for _, n := range numbers {
			b = binary.AppendUvarint(b, n)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"more":                   append(slices.Clone(good), 0),
		"form":                   header(3, 1, 1, 1),
		"no features":            header(formNarrow, 0, 1, 1),
		"17 bytes":               header(formNarrow, 17, 1, 1),
		"no trees":               header(formNarrow, 1, 1, 0),
		"too many trees":         append(header(formNarrow, 1, 1, 16385), make([]byte, 16385)...),
		"large sample":           header(formNarrow, 1, MaxSampleSize+1, 1),
		"more trees than input":  header(formNarrow, 1, 256, 4096),
		"no trees in input":      header(formNarrow, 1, 1, 100),
		"split of one row":       append(header(formNarrow, 1, 1, 1), 1, 0, 1),
		"huge number":            header(formNarrow, 1, math.MaxUint64, 1),
		"feature out of range":   append(header(formNarrow, 1, 2, 1), 2, 0, 1),
		"nothing on the left":    append(header(formNarrow, 1, 2, 1), 1, 0, 0),
		"nothing on the right":   append(header(formNarrow, 1, 2, 1), 1, 0, 2),
		"threshold of no row":    append(header(formNarrow, 1, 2, 1), 1, 255, 1),
		"threshold not a number": append(header(formWide, 1, 2, 1), 1, 255, 255, 255, 255, 1),
	} {
		g := *f
		if err := g.UnmarshalBinary(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if g.trees != f.trees || &g.narrow[0] != &f.narrow[0] {
			t.Errorf("%s: the forest changed", name)
		}
	}
}

// What UnmarshalBinary accepts is a forest: it scores, and it is written as it
// was read.
func FuzzUnmarshalBinary(f *testing.F) {
	for _, g := range samples() {
		b, _ := g.MarshalBinary()
		f.Add(b)
	}
	f.Add([]byte{formNarrow, 1, 2, 1, 1, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var g Forest
		if g.UnmarshalBinary(b) != nil {
			return
		}
		row := make([]float64, g.Features())
		for i := range row {
			row[i] = float64(i * 7 % 256)
		}
		if s := g.Score(row); !(s > 0 && s < 1) {
			t.Fatalf("score %v", s)
		}
		g.Contributions(row, row)
		again, _ := g.MarshalBinary()
		var h Forest
		if err := h.UnmarshalBinary(again); err != nil {
			t.Fatalf("written again, it is refused: %v", err)
		}
		if len(again) > len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(again))
		}
	})
}
