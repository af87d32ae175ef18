package forest

import "testing"

// The shape of testdata/compare.py, which sets these figures beside
// scikit-learn's: 4096 rows of 12 features, 100 trees of 256.
const (
	benchRows     = 4096
	benchFeatures = 12
)

func BenchmarkScore(b *testing.B) {
	rows := blob(1, benchRows, benchFeatures, 0)
	f := must(Fit(rows, Options{}))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Score(rows[i%benchRows])
		i++
	}
	reportRows(b, 1)
}

func BenchmarkScoreAll(b *testing.B) {
	rows := blob(1, benchRows, benchFeatures, 0)
	f := must(Fit(rows, Options{}))
	out := make([]float64, benchRows)
	b.ReportAllocs()
	for b.Loop() {
		f.ScoreAll(rows, out)
	}
	reportRows(b, benchRows)
}

func BenchmarkScoreRow(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	f := must(FitRows(rows, benchFeatures, Options{}))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.ScoreRow(&rows[i%benchRows])
		i++
	}
	reportRows(b, 1)
}

func BenchmarkScoreRows(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	f := must(FitRows(rows, benchFeatures, Options{}))
	out := make([]float64, benchRows)
	b.ReportAllocs()
	for b.Loop() {
		f.ScoreRows(rows, out)
	}
	reportRows(b, benchRows)
}

func reportRows(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkContributions(b *testing.B) {
	rows := blob(1, benchRows, benchFeatures, 0)
	f := must(Fit(rows, Options{}))
	out := make([]float64, benchFeatures)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		f.Contributions(rows[i%benchRows], out)
		i++
	}
}

func BenchmarkFit(b *testing.B) {
	rows := blob(1, benchRows, benchFeatures, 0)
	b.ReportAllocs()
	for b.Loop() {
		must(Fit(rows, Options{}))
	}
}

func BenchmarkFitRows(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	b.ReportAllocs()
	for b.Loop() {
		must(FitRows(rows, benchFeatures, Options{}))
	}
}

// BenchmarkRefit is FitRows into memory that is there, as the detector does it.
func BenchmarkRefit(b *testing.B) {
	rows := bytesBlob(1, benchRows, benchFeatures)
	var ft Fitter
	var f Forest
	b.ReportAllocs()
	for b.Loop() {
		if err := ft.FitRows(&f, rows, benchFeatures, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	f := must(FitRows(bytesBlob(1, benchRows, benchFeatures), benchFeatures, Options{}))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = f.AppendBinary(buf[:0])
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}
