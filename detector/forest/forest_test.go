package forest

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// blob returns n rows of a standard normal distribution; the last outliers of
// them lie far out in one feature each.
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

// bytesBlob returns n rows of bytes: the first feature is constant, the next
// take few values, the last many.
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

func scores(f *Forest, rows [][]float64) []float64 {
	out := make([]float64, len(rows))
	f.ScoreAll(rows, out)
	return out
}

func TestOutliersScoreAboveInliers(t *testing.T) {
	rows := blob(1, 1000, 4, 10)
	out := scores(must(Fit(rows, Options{})), rows)
	for i, s := range out {
		if s <= 0 || s >= 1 {
			t.Fatalf("row %d: score %v, want within (0, 1)", i, s)
		}
	}
	if a := auc(out, strings.Repeat("0", 990)+strings.Repeat("1", 10)); a < 0.99 {
		t.Errorf("AUC %v, want at least 0.99", a)
	}
	inliers := out[:990]
	if mean := sum(inliers) / 990; mean < 0.35 || mean > 0.5 {
		t.Errorf("inliers score %v on average, want a little below 0.5", mean)
	}
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// The scores of far outliers grow with the distance, but no further than the
// data that the forest has seen.
func TestScoresBeyondTheData(t *testing.T) {
	f := must(Fit(blob(1, 1000, 2, 0), Options{}))
	far, infinite := f.Score([]float64{1e30, 0}), f.Score([]float64{math.Inf(1), 0})
	if near := f.Score([]float64{0, 0}); near >= far {
		t.Errorf("the centre scores %v, a row far out %v", near, far)
	}
	if nan := f.Score([]float64{math.NaN(), 0}); far != infinite || far != nan {
		t.Errorf("far out %v, infinite %v, not a number %v; want the same", far, infinite, nan)
	}
}

func TestFacesAgree(t *testing.T) {
	for _, shape := range []struct {
		name             string
		rows, features   int
		trees, sample    int
		narrowDoesNotFit bool
	}{
		{name: "defaults", rows: 2000, features: 12},
		{name: "all features", rows: 2000, features: 16},
		{name: "one feature", rows: 300, features: 2, trees: 3},
		{name: "small sample", rows: 2000, features: 12, trees: 13, sample: 50},
		{name: "large sample", rows: 2000, features: 12, trees: 20, sample: 1000},
		{name: "few rows", rows: 5, features: 12},
		{name: "two rows", rows: 2, features: 12},
		{name: "one row", rows: 1, features: 12},
	} {
		t.Run(shape.name, func(t *testing.T) {
			o := Options{Trees: shape.trees, SampleSize: shape.sample, Seed: 5}
			rows := bytesBlob(1, shape.rows, shape.features)
			narrow := must(FitRows(rows, shape.features, o))
			wide := must(Fit(floats(rows, shape.features), o))

			probe := bytesBlob(2, 200, shape.features)
			probeFloats := floats(probe, shape.features)
			all := map[string][]float64{
				"narrow.ScoreAll": scores(narrow, probeFloats),
				"wide.ScoreAll":   scores(wide, probeFloats),
				"wide.ScoreRows":  make([]float64, len(probe)),
			}
			wide.ScoreRows(probe, all["wide.ScoreRows"])
			want := make([]float64, len(probe))
			narrow.ScoreRows(probe, want)
			for i, row := range probeFloats {
				got := map[string]float64{
					"narrow.ScoreRow": narrow.ScoreRow(&probe[i]),
					"narrow.Score":    narrow.Score(row),
					"wide.ScoreRow":   wide.ScoreRow(&probe[i]),
					"wide.Score":      wide.Score(row),
					"narrow, plain":   narrow.score(narrow.plainSum(row)),
					"wide, plain":     wide.score(wide.plainSum(row)),
				}
				for name, out := range all {
					got[name] = out[i]
				}
				for name, s := range got {
					if s != want[i] {
						t.Fatalf("row %d: %s = %v, narrow.ScoreRows = %v", i, name, s, want[i])
					}
				}
			}
		})
	}
}

// All walks are the same function.
func TestFastWalksAreThePlainOne(t *testing.T) {
	rows := blob(3, 1000, 12, 20)
	for _, o := range []Options{{}, {Trees: 1}, {Trees: 9, SampleSize: 3}, {SampleSize: 100}, {SampleSize: 700}} {
		f := must(Fit(rows, o))
		for i, s := range scores(f, rows) {
			if plain := f.score(f.plainSum(rows[i])); s != plain {
				t.Fatalf("%+v: row %d: %v, plain %v", o, i, s, plain)
			}
		}
	}
}

func TestManyFeatures(t *testing.T) {
	rows := blob(4, 500, 40, 10)
	out := scores(must(Fit(rows, Options{Trees: 300})), rows)
	if in, outl := sum(out[:490])/490, sum(out[490:])/10; outl < in+0.02 {
		t.Errorf("inliers score %v on average, outliers %v", in, outl)
	}
}

func TestReproducible(t *testing.T) {
	rows := blob(1, 1000, 6, 10)
	first := scores(must(Fit(rows, Options{Seed: 1})), rows)
	if again := scores(must(Fit(rows, Options{Seed: 1})), rows); !slices.Equal(first, again) {
		t.Error("the same seed gives other scores")
	}
	other := scores(must(Fit(rows, Options{Seed: 2})), rows)
	same := 0
	for i := range first {
		if first[i] == other[i] {
			same++
		}
	}
	if same > len(rows)/10 {
		t.Errorf("seeds 1 and 2 give the same score to %d of %d rows", same, len(rows))
	}
}

// These are the forest and the scores of amd64: every platform must have them.
func TestSameOnEveryPlatform(t *testing.T) {
	r := newRandom(1, 0)
	bytes, floats := make([]Row, 1000), make([][]float64, 1000)
	for i := range bytes {
		floats[i] = make([]float64, 12)
		for j := range 12 {
			bytes[i][j] = uint8(r.next() >> (24 + r.below(8)))
			floats[i][j] = (float64(r.next()) - 1<<31) / float64(1+r.next())
		}
	}
	for _, test := range []struct {
		name           string
		forest         *Forest
		fitted, scored uint64
	}{
		{"bytes", must(FitRows(bytes, 12, Options{Seed: 1})), 0x53612538c4a42f29, 0xc99dcf52d9419431},
		{"floats", must(Fit(floats, Options{Seed: 1})), 0x14efca877fb575fa, 0xeda15faf7ff6fd86},
	} {
		fitted, scored := fnv.New64a(), fnv.New64a()
		b, _ := test.forest.MarshalBinary()
		fitted.Write(b)
		binary.Write(scored, binary.LittleEndian, scores(test.forest, floats))
		if fitted.Sum64() != test.fitted || scored.Sum64() != test.scored {
			t.Errorf("%s: forest %#x, scores %#x; want %#x, %#x", test.name, fitted.Sum64(), scored.Sum64(), test.fitted, test.scored)
		}
	}
}

// Trees do not depend on each other, nor on how many there are.
func TestTreesAreIndependent(t *testing.T) {
	rows := blob(1, 1000, 6, 10)
	few, many := must(Fit(rows, Options{Trees: 3})), must(Fit(rows, Options{Trees: 30}))
	if n := 3 * few.stride; !slices.Equal(few.wide[:n], many.wide[:n]) {
		t.Error("the first three trees of 30 are not those of a forest of three")
	}
}

func TestEqualRowsScoreHalf(t *testing.T) {
	rows := make([][]float64, 500)
	for i := range rows {
		rows[i] = []float64{3, -1, 0}
	}
	for _, n := range []int{1, 2, 500} {
		f := must(Fit(rows[:n], Options{}))
		for _, row := range [][]float64{rows[0], {1e6, 0, -4}} {
			if s := f.Score(row); math.Abs(s-0.5) > 1e-9 {
				t.Errorf("%d equal rows: %v scores %v, want 0.5", n, row, s)
			}
		}
	}
}

func TestDuplicatesOfARowMakeItOrdinary(t *testing.T) {
	rows := blob(1, 1000, 4, 0)
	rare := []float64{6, 6, 6, 6}
	once := must(Fit(append(slices.Clone(rows), rare), Options{})).Score(rare)
	for range 300 {
		rows = append(rows, rare)
	}
	often := must(Fit(rows, Options{})).Score(rare)
	if often > 0.6 || once < 0.7 {
		t.Errorf("the row scores %v when it came once, %v when 300 times", once, often)
	}
}

func TestConstantFeaturesDoNotMatter(t *testing.T) {
	rows := blob(1, 600, 3, 6)
	padded := make([][]float64, len(rows))
	for i, r := range rows {
		padded[i] = append([]float64{7, 0, -2}, r...)
	}
	f := must(Fit(padded, Options{Trees: 200}))
	for node, n := range f.wide[:f.trees*f.stride] {
		if n != unsetWide && uint32(n) < 3 {
			t.Fatalf("node %d splits at constant feature %d", node, uint32(n))
		}
	}
	plain, with := scores(must(Fit(rows, Options{Trees: 200})), rows), scores(f, padded)
	if r := spearman(plain, with); r < 0.97 {
		t.Errorf("constant features change the ranking: Spearman %v", r)
	}
}

// The order of the rows is the sample's luck only.
func TestRowOrderDoesNotMatter(t *testing.T) {
	rows := blob(1, 256, 4, 5) // every tree takes all
	backwards := slices.Clone(rows)
	slices.Reverse(backwards)
	a, b := must(Fit(rows, Options{Seed: 9})), must(Fit(backwards, Options{Seed: 9}))
	if !slices.Equal(scores(a, rows), scores(b, rows)) {
		t.Error("with all rows in every tree, their order changes the scores")
	}
}

// Every tree keeps the promises of the paper.
func TestTrees(t *testing.T) {
	for _, o := range []Options{{}, {SampleSize: 100}, {SampleSize: 600, Trees: 10}} {
		f := must(FitRows(bytesBlob(1, 1000, 12), 12, o))
		for tree := range f.trees {
			sizes := f.sizes[2*tree*f.stride:]
			if int(sizes[1]) != f.psi {
				t.Fatalf("tree %d grows from %d rows, want %d", tree, sizes[1], f.psi)
			}
			var visit func(i, depth int)
			visit = func(i, depth int) {
				n := int(sizes[i])
				if n < 1 || depth > f.height {
					t.Fatalf("tree %d, node %d: %d rows at depth %d", tree, i, n, depth)
				}
				if depth < f.height {
					if _, _, ok := f.split(tree, i); ok {
						if int(sizes[2*i])+int(sizes[2*i+1]) != n {
							t.Fatalf("tree %d, node %d: %d rows become %d and %d", tree, i, n, sizes[2*i], sizes[2*i+1])
						}
						visit(2*i, depth+1)
						visit(2*i+1, depth+1)
						return
					}
				}
				end := i << (f.levels - depth) & (f.stride - 1)
				got := float64(f.lengths[tree*f.stride+end]) / lengthUnit
				if want := float64(depth) + c(n); math.Abs(got-want) > 1e-3 {
					t.Fatalf("tree %d, leaf %d: length %v, want %d + c(%d) = %v", tree, i, got, depth, n, want)
				}
			}
			visit(1, 0)
		}
	}
}

// c is 2H(n-1) - 2(n-1)/n.
func c(n int) float64 {
	h := 0.0
	for i := range n - 1 {
		h += 1 / float64(i+1)
	}
	return 2*h - 2*float64(n-1)/float64(n)
}

func TestHeightLimit(t *testing.T) {
	for psi, want := range map[int]int{1: 0, 2: 1, 3: 2, 4: 2, 5: 3, 128: 7, 129: 8, 256: 8, 257: 9, 1024: 10} {
		f := must(Fit(blob(1, psi, 1, 0), Options{Trees: 1, SampleSize: psi}))
		if f.height != want || f.SampleSize() != psi {
			t.Errorf("psi %d: height limit %d, sample size %d; want %d, %d", psi, f.height, f.SampleSize(), want, psi)
		}
	}
}

func TestSampleIsWithoutReplacement(t *testing.T) {
	var ft Fitter
	var f Forest
	counts := make([]int, 300)
	if err := ft.FitRows(&f, make([]Row, 300), 1, Options{}); err != nil {
		t.Fatal(err)
	}
	for tree := range 2000 {
		ft.sample(300, 1, tree)
		seen := map[int32]bool{}
		for _, r := range ft.rows {
			if seen[r] {
				t.Fatalf("tree %d takes row %d twice", tree, r)
			}
			seen[r] = true
			counts[r]++
		}
	}
	// Each row is expected 2000*256/300 = 1707 times, deviation 16.
	for r, n := range counts {
		if n < 1707-5*16 || n > 1707+5*16 {
			t.Errorf("row %d is taken %d times, want about 1707", r, n)
		}
	}
}

func TestThresholdsAreUniform(t *testing.T) {
	var ft Fitter
	rows := make([]Row, 200)
	for i := range rows {
		rows[i][0] = uint8(i % 2 * 10)
	}
	var f Forest
	if err := ft.FitRows(&f, rows, 1, Options{Trees: 1000}); err != nil {
		t.Fatal(err)
	}
	var counts [10]int
	for tree := range f.trees {
		_, threshold, _ := f.split(tree, 1)
		counts[threshold]++ // out of range: not within [0, 10)
	}
	for v, n := range counts {
		if n < 50 || n > 150 {
			t.Errorf("%d of 1000 trees split 0 and 10 at %d, want about 100", n, v)
		}
	}
}

func TestContributions(t *testing.T) {
	rows := blob(1, 1000, 12, 0)
	f := must(Fit(rows, Options{}))
	out := make([]float64, 12)
	for _, row := range rows[:100] {
		f.Contributions(row, out)
		if got, want := sum(out), 1+math.Log2(f.Score(row)); math.Abs(got-want) > 1e-6 {
			t.Fatalf("shares add up to %v, want 1 + log2(score) = %v", got, want)
		}
	}
	for j := range 12 {
		row := make([]float64, 12)
		row[j] = -8
		f.Contributions(row, out)
		for k, v := range out {
			if k != j && v >= out[j]/2 {
				t.Errorf("feature %d is far out, with a share of %v; feature %d is not, with %v", j, out[j], k, v)
			}
		}
	}
}

func TestContributionsOfBytes(t *testing.T) {
	rows := bytesBlob(1, 1000, 12)
	narrow, wide := must(FitRows(rows, 12, Options{})), must(Fit(floats(rows, 12), Options{}))
	a, b := make([]float64, 12), make([]float64, 12)
	for i, row := range floats(rows, 12) {
		narrow.ContributionsRow(&rows[i], a)
		wide.Contributions(row, b)
		if !slices.Equal(a, b) {
			t.Fatalf("row %d: narrow %v, wide %v", i, a, b)
		}
	}
}

func TestFitErrors(t *testing.T) {
	good := [][]float64{{1, 2}, {3, 4}}
	for _, test := range []struct {
		rows [][]float64
		o    Options
		want string
	}{
		{nil, Options{}, "no rows"},
		{[][]float64{{}, {}}, Options{}, "0 features"},
		{[][]float64{{1, 2}, {3}}, Options{}, "row 1 has 1 features, row 0 has 2"},
		{[][]float64{{1, 2}, {3, math.NaN()}}, Options{}, "row 1, column 1: NaN"},
		{[][]float64{{math.Inf(-1), 2}}, Options{}, "row 0, column 0: -Inf"},
		{[][]float64{{1e39, 2}}, Options{}, "row 0, column 0: 1e+39"},
		{good, Options{Trees: -1}, "-1 trees"},
		{good, Options{SampleSize: -1}, "sample size -1"},
		{good, Options{SampleSize: MaxSampleSize + 1}, "sample size 32769"},
		{good, Options{Trees: 20000}, "20000 trees"},
	} {
		if _, err := Fit(test.rows, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Fit(%v, %+v): error %v, want %q", test.rows, test.o, err, test.want)
		}
	}
	for _, features := range []int{-1, 0, 17} {
		if _, err := FitRows(make([]Row, 3), features, Options{}); err == nil {
			t.Errorf("FitRows accepts %d features", features)
		}
	}
	if _, err := FitRows(nil, 3, Options{}); err == nil {
		t.Error("FitRows accepts no rows")
	}
}

func TestWrongShapesPanic(t *testing.T) {
	f := must(Fit(blob(1, 100, 3, 0), Options{}))
	for name, call := range map[string]func(){
		"short row":           func() { f.Score(make([]float64, 2, 8)) },
		"long row":            func() { f.Score(make([]float64, 4)) },
		"short out":           func() { f.ScoreAll(blob(1, 2, 3, 0), make([]float64, 1)) },
		"short contributions": func() { f.Contributions(make([]float64, 3), make([]float64, 2)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestRefitAllocatesNothing(t *testing.T) {
	rows := bytesBlob(1, 1000, 12)
	row := floats(rows[:1], 12)[0]
	var ft Fitter
	var f Forest
	refit := func() {
		if err := ft.FitRows(&f, rows, 12, Options{Trees: 10}); err != nil {
			t.Fatal(err)
		}
	}
	refit()
	out := make([]float64, 12)
	for name, call := range map[string]func(){
		"FitRows":          refit,
		"ScoreRow":         func() { f.ScoreRow(&rows[0]) },
		"Score":            func() { f.Score(row) },
		"Contributions":    func() { f.Contributions(row, out) },
		"ContributionsRow": func() { f.ContributionsRow(&rows[0], out) },
	} {
		if n := testing.AllocsPerRun(10, call); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// A forest that was something else before is as good as new.
func TestFitterReuse(t *testing.T) {
	floatRows, byteRows := blob(1, 700, 20, 5), bytesBlob(1, 500, 12)
	var ft Fitter
	var f Forest
	fits := []func() (*Forest, error){
		func() (*Forest, error) { return &f, ft.FitRows(&f, byteRows, 12, Options{Seed: 1}) },
		func() (*Forest, error) { return &f, ft.Fit(&f, floatRows, Options{Seed: 1, SampleSize: 500}) },
		func() (*Forest, error) { return &f, ft.FitRows(&f, byteRows[:9], 3, Options{Seed: 1, Trees: 5}) },
	}
	fresh := []*Forest{
		must(FitRows(byteRows, 12, Options{Seed: 1})),
		must(Fit(floatRows, Options{Seed: 1, SampleSize: 500})),
		must(FitRows(byteRows[:9], 3, Options{Seed: 1, Trees: 5})),
	}
	for _, i := range []int{0, 1, 2, 1, 0, 2, 0} {
		got, _ := must(fits[i]()).MarshalBinary()
		want, _ := fresh[i].MarshalBinary()
		if !slices.Equal(got, want) {
			t.Errorf("refit of forest %d is not what a new Fitter makes", i)
		}
		rows := blob(2, 50, f.features, 0)
		if !slices.Equal(scores(&f, rows), scores(fresh[i], rows)) {
			t.Errorf("refit of forest %d scores unlike a new one", i)
		}
	}
}

func TestConcurrentScores(t *testing.T) {
	rows := blob(1, 300, 12, 5)
	f := must(Fit(rows, Options{}))
	want := scores(f, rows)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, row := range rows {
				if f.Score(row) != want[i] {
					t.Errorf("row %d scores otherwise beside others", i)
				}
			}
		})
	}
	wg.Wait()
}

func TestExp2neg(t *testing.T) {
	for x := 0.0; x < 40; x += 0.0137 {
		if got, want := exp2neg(x), math.Exp2(-x); math.Abs(got-want) > 1e-9*want {
			t.Fatalf("exp2neg(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestKeysOrderAsValues(t *testing.T) {
	values := []float64{math.Inf(-1), -math.MaxFloat32, -2, -1.5, -1e-40, 0, 1e-40, 1, 1.5, 255, math.MaxFloat32, math.Inf(1), math.NaN()}
	for i := 1; i < len(values); i++ {
		if a, b := values[i-1], values[i]; floatKey(a) >= floatKey(b) {
			t.Errorf("key of %v is not below that of %v", a, b)
		}
	}
	for _, v := range values[:len(values)-1] {
		if got := keyFloat(floatKey(v)); got != float32(v) {
			t.Errorf("%v comes back from its key as %v", v, got)
		}
	}
	if floatKey(math.Copysign(0, -1)) != floatKey(0) {
		t.Error("zeros differ")
	}
	for x, want := range map[float64]uint8{-3: 0, 0: 0, 0.2: 1, 1: 1, 253.5: 254, 254: 254, 254.1: 255, 1e9: 255, math.Inf(1): 255} {
		if got := byteKey(x); got != want {
			t.Errorf("byteKey(%v) = %d, want %d", x, got, want)
		}
	}
	if byteKey(math.NaN()) != 255 {
		t.Error("byteKey(NaN) is not the greatest")
	}
}
