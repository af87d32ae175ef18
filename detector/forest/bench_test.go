package forest

import "testing"

// The shape of testdata/compare.py, whose figures of scikit-learn `make bench` sets
// beside these: 4096 rows of 12 features, 100 trees of 256.
const (
	benchRows     = 4096
	benchFeatures = 12
)

// BenchmarkScore is what a record costs whose row is not remembered.
func BenchmarkScore(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	f := must(Fit(rows, benchFeatures, usual))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Score(&rows[i%benchRows])
		i++
	}
	reportRows(b, 1)
}

// BenchmarkScoreAll is the start of a threshold: a window at once.
func BenchmarkScoreAll(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	for name, o := range map[string]Options{"256": usual, "4096": {Trees: 100, SampleSize: 4096}} {
		f := must(Fit(rows, benchFeatures, o))
		out := make([]float64, benchRows)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.ScoreAll(rows, out)
			}
			reportRows(b, benchRows)
		})
	}
}

func reportRows(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkFit(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	b.ReportAllocs()
	for b.Loop() {
		must(Fit(rows, benchFeatures, usual))
	}
}

func BenchmarkMarshal(b *testing.B) {
	f := must(Fit(bytesBlob(1, benchRows, benchFeatures), benchFeatures, usual))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = f.AppendBinary(buf[:0])
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}
