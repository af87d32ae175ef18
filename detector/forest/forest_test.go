package forest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// blob returns n rows of a standard normal distribution; the last outliers of
// them are moved away in one feature each.
func blob(seed uint64, n, features, outliers int) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, features)
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
		if i >= n-outliers {
			rows[i][r.IntN(features)] += 12
		}
	}
	return rows
}

// bytesBlob returns n rows of small numbers, most of them zero.
func bytesBlob(seed uint64, n, features int) []Row {
	r := rand.New(rand.NewPCG(seed, 1))
	rows := make([]Row, n)
	for i := range rows {
		for j := range features {
			rows[i][j] = uint8(min(255, math.Abs(r.NormFloat64())*float64(8*j)))
		}
	}
	return rows
}

func floats(rows []Row, features int) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		for _, v := range r[:features] {
			out[i] = append(out[i], float64(v))
		}
	}
	return out
}

func must(f *Forest, err error) *Forest {
	if err != nil {
		panic(err)
	}
	return f
}

func TestBytesAndFloatsGrowTheSameForest(t *testing.T) {
	rows := bytesBlob(1, 2000, 12)
	narrow := must(FitRows(rows, 12, Options{Seed: 5}))
	wide := must(Fit(floats(rows, 12), Options{Seed: 5}))
	probe := bytesBlob(2, 500, 12)
	for i, row := range floats(probe, 12) {
		want := narrow.ScoreRow(&probe[i])
		for name, got := range map[string]float64{
			"narrow.Score":  narrow.Score(row),
			"wide.Score":    wide.Score(row),
			"wide.ScoreRow": wide.ScoreRow(&probe[i]),
		} {
			if got != want {
				t.Fatalf("row %d: %s = %v, narrow.ScoreRow = %v", i, name, got, want)
			}
		}
	}
}

const benchFeatures = 12

func BenchmarkScore(b *testing.B) {
	rows := blob(1, 4096, benchFeatures, 0)
	f := must(Fit(rows, Options{}))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Score(rows[i%len(rows)])
		i++
	}
	reportRows(b, 1)
}

func BenchmarkScoreAll(b *testing.B) {
	rows := blob(1, 4096, benchFeatures, 0)
	f := must(Fit(rows, Options{}))
	out := make([]float64, len(rows))
	b.ReportAllocs()
	for b.Loop() {
		f.ScoreAll(rows, out)
	}
	reportRows(b, len(rows))
}

func BenchmarkScoreRow(b *testing.B) {
	rows := bytesBlob(1, 4096, benchFeatures)
	f := must(FitRows(rows, benchFeatures, Options{}))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.ScoreRow(&rows[i%len(rows)])
		i++
	}
	reportRows(b, 1)
}

func BenchmarkScoreRows(b *testing.B) {
	rows := bytesBlob(1, 4096, benchFeatures)
	f := must(FitRows(rows, benchFeatures, Options{}))
	out := make([]float64, len(rows))
	b.ReportAllocs()
	for b.Loop() {
		f.ScoreRows(rows, out)
	}
	reportRows(b, len(rows))
}

func BenchmarkFit(b *testing.B) {
	rows := blob(1, 4096, benchFeatures, 0)
	b.ReportAllocs()
	for b.Loop() {
		must(Fit(rows, Options{}))
	}
}

func BenchmarkFitRows(b *testing.B) {
	rows := bytesBlob(1, 4096, benchFeatures)
	b.ReportAllocs()
	for b.Loop() {
		must(FitRows(rows, benchFeatures, Options{}))
	}
}

func BenchmarkFitterFitRows(b *testing.B) {
	rows := bytesBlob(1, 4096, benchFeatures)
	var ft Fitter
	var f Forest
	b.ReportAllocs()
	for b.Loop() {
		if err := ft.FitRows(&f, rows, benchFeatures, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func reportRows(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
