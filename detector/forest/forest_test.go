package forest

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// usual is the papers' recommendation.
var usual = Options{Trees: 100, SampleSize: 256}

// blob returns n rows around the middle of the range; the last outliers of them
// lie far out in one feature each.
func blob(seed uint64, n, features, outliers int) []Row {
	r := rand.New(rand.NewPCG(seed, 0))
	rows := make([]Row, n)
	for i := range rows {
		for j := range features {
			rows[i][j] = toByte(100 + 12*r.NormFloat64())
		}
		if i >= n-outliers {
			rows[i][r.IntN(features)] = 244
		}
	}
	return rows
}

// bytesBlob returns n rows as logs give them, in which 0 is usual: the first
// feature is constant, the next take few values, the last many.
func bytesBlob(seed uint64, n, features int) []Row {
	r := rand.New(rand.NewPCG(seed, 1))
	rows := make([]Row, n)
	for i := range rows {
		for j := range features {
			rows[i][j] = toByte(math.Abs(r.NormFloat64()) * float64(8*j))
		}
	}
	return rows
}

func toByte(x float64) uint8 { return uint8(min(255, max(0, x))) }

func must(f *Forest, err error) *Forest {
	if err != nil {
		panic(err)
	}
	return f
}

func scores(f *Forest, rows []Row) []float64 {
	out := make([]float64, len(rows))
	f.ScoreAll(rows, out)
	return out
}

func TestOutliersScoreAboveInliers(t *testing.T) {
	rows := blob(1, 1000, 4, 10)
	out := scores(must(Fit(rows, 4, usual)), rows)
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
	f := must(Fit(blob(1, 1000, 2, 0), 2, usual))
	far, farther := f.Score(&Row{200, 100}), f.Score(&Row{255, 100})
	if near := f.Score(&Row{100, 100}); near >= far {
		t.Errorf("the centre scores %v, a row far out %v", near, far)
	}
	if far != farther {
		t.Errorf("far out %v, farther %v; want the same", far, farther)
	}
}

// plainScore is Score by the definition: one tree after the other, one node after
// the other, a stop at each leaf.
func plainScore(f *Forest, r *Row) float64 {
	var total uint32
	for t := range f.trees {
		i, depth := 1, 0
		for ; depth < f.height; depth++ {
			feature, threshold, ok := f.split(t, i)
			if !ok {
				break
			}
			i *= 2
			if int(r[feature]) > threshold {
				i++
			}
		}
		end := i << (f.levels - depth)
		total += uint32(f.lengths[t*f.stride+end&(f.stride-1)])
	}
	return f.score(total)
}

// All walks are the same function.
func TestFastWalksAreThePlainOne(t *testing.T) {
	for _, shape := range []struct {
		name           string
		rows, features int
		Options
	}{
		{"usual", 2000, 12, usual},
		{"all features", 2000, MaxFeatures, usual},
		{"one tree", 2000, 12, Options{Trees: 1, SampleSize: 256}},
		{"two features", 300, 2, Options{Trees: 3, SampleSize: 256}},
		{"small sample", 2000, 12, Options{Trees: 13, SampleSize: 50}},
		{"tiny sample", 2000, 12, Options{Trees: 9, SampleSize: 3}},
		{"large sample", 2000, 12, Options{Trees: 20, SampleSize: 1000}},
		{"few rows", 5, 12, usual},
		{"two rows", 2, 12, usual},
		{"one row", 1, 12, usual},
	} {
		t.Run(shape.name, func(t *testing.T) {
			f := must(Fit(bytesBlob(1, shape.rows, shape.features), shape.features, shape.Options))
			probe := bytesBlob(2, 200, MaxFeatures) // more features than the forest has: ignored
			for i, all := range scores(f, probe) {
				if one, plain := f.Score(&probe[i]), plainScore(f, &probe[i]); one != plain || all != plain {
					t.Fatalf("row %d: Score %v, ScoreAll %v, plain %v", i, one, all, plain)
				}
			}
		})
	}
}

// A node's lowest bits must never lead beyond the keys.
func TestSlots(t *testing.T) {
	if slots < MaxFeatures || slots >= 2*MaxFeatures || slots&(slots-1) != 0 || slots > 1<<nodeShift {
		t.Errorf("%d slots for %d features: want the next power of two, at most %d", slots, MaxFeatures, 1<<nodeShift)
	}
}

func TestReproducible(t *testing.T) {
	rows := blob(1, 1000, 6, 10)
	seeded := func(seed uint64) []float64 {
		return scores(must(Fit(rows, 6, Options{Trees: 100, SampleSize: 256, Seed: seed})), rows)
	}
	first := seeded(1)
	if !slices.Equal(first, seeded(1)) {
		t.Error("the same seed gives other scores")
	}
	other := seeded(2)
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

// These are the forests and the scores of amd64: every platform must have them.
func TestSameOnEveryPlatform(t *testing.T) {
	r := newRandom(1, 0)
	rows := make([]Row, 1000)
	for i := range rows {
		for j := range 12 {
			rows[i][j] = uint8(r.next() >> (24 + r.below(8)))
		}
	}
	for _, test := range []struct {
		Options
		fitted, scored uint64
	}{
		{Options{Seed: 1, Trees: 100, SampleSize: 256}, 0xf9c47e05c79d3628, 0x55c354d58c8bf00a},
		{Options{Seed: 1, Trees: 20, SampleSize: 700}, 0x7ba6acbc00047df4, 0xce93e34404928534},
	} {
		f := must(Fit(rows, 12, test.Options))
		fitted, scored := fnv.New64a(), fnv.New64a()
		fitted.Write(marshal(f))
		binary.Write(scored, binary.LittleEndian, scores(f, rows))
		if fitted.Sum64() != test.fitted || scored.Sum64() != test.scored {
			t.Errorf("%+v: forest %#x, scores %#x; want %#x, %#x", test.Options, fitted.Sum64(), scored.Sum64(), test.fitted, test.scored)
		}
	}
}

// However many grow a forest, it is the same.
func TestWorkers(t *testing.T) {
	rows := blob(1, 1000, 6, 10)
	one := marshal(must(Fit(rows, 6, usual)))
	for _, workers := range []int{1, 2, 7, 1000} {
		o := usual
		o.Workers = workers
		if !slices.Equal(marshal(must(Fit(rows, 6, o))), one) {
			t.Errorf("%d workers grow another forest", workers)
		}
	}
}

// Trees do not depend on each other, nor on how many there are.
func TestTreesAreIndependent(t *testing.T) {
	rows := blob(1, 1000, 6, 10)
	few, many := must(Fit(rows, 6, Options{Trees: 3, SampleSize: 256})), must(Fit(rows, 6, Options{Trees: 30, SampleSize: 256}))
	if n := 3 * few.stride; !slices.Equal(few.nodes[:n], many.nodes[:n]) {
		t.Error("the first three trees of 30 are not those of a forest of three")
	}
}

func TestEqualRowsScoreHalf(t *testing.T) {
	rows := make([]Row, 500)
	for i := range rows {
		rows[i] = Row{3, 1, 0}
	}
	for _, n := range []int{1, 2, 500} {
		f := must(Fit(rows[:n], 3, usual))
		for _, row := range []Row{rows[0], {255, 0, 4}} {
			if s := f.Score(&row); math.Abs(s-0.5) > 1e-9 {
				t.Errorf("%d equal rows: %v scores %v, want 0.5", n, row, s)
			}
		}
	}
}

func TestDuplicatesOfARowMakeItOrdinary(t *testing.T) {
	rows := blob(1, 1000, 4, 0)
	rare := Row{172, 172, 172, 172}
	once := must(Fit(append(slices.Clone(rows), rare), 4, usual)).Score(&rare)
	for range 300 {
		rows = append(rows, rare)
	}
	often := must(Fit(rows, 4, usual)).Score(&rare)
	if often > 0.6 || once < 0.7 {
		t.Errorf("the row scores %v when it came once, %v when 300 times", once, often)
	}
}

func TestConstantFeaturesDoNotMatter(t *testing.T) {
	rows := blob(1, 600, 3, 6)
	padded := make([]Row, len(rows))
	for i, r := range rows {
		padded[i] = Row{7, 0, 255, r[0], r[1], r[2]}
	}
	o := Options{Trees: 200, SampleSize: 256}
	f := must(Fit(padded, 6, o))
	for tree := range f.trees {
		for i := range f.stride {
			if feature, _, ok := f.split(tree, i); ok && feature < 3 {
				t.Fatalf("tree %d, node %d splits at constant feature %d", tree, i, feature)
			}
		}
	}
	plain, with := scores(must(Fit(rows, 3, o)), rows), scores(f, padded)
	if r := spearman(plain, with); r < 0.97 {
		t.Errorf("constant features change the ranking: Spearman %v", r)
	}
}

// The order of the rows is the sample's luck only.
func TestRowOrderDoesNotMatter(t *testing.T) {
	rows := blob(1, 256, 4, 5) // every tree takes all
	backwards := slices.Clone(rows)
	slices.Reverse(backwards)
	if !slices.Equal(scores(must(Fit(rows, 4, usual)), rows), scores(must(Fit(backwards, 4, usual)), rows)) {
		t.Error("with all rows in every tree, their order changes the scores")
	}
}

// Every tree keeps the promises of the paper.
func TestTrees(t *testing.T) {
	for _, o := range []Options{usual, {Trees: 100, SampleSize: 100}, {SampleSize: 600, Trees: 10}} {
		f := must(Fit(bytesBlob(1, 1000, 12), 12, o))
		if f.Trees() != o.Trees || f.Features() != 12 || f.psi != o.SampleSize {
			t.Fatalf("%d trees of %d rows of %d features, want %+v of 12", f.Trees(), f.psi, f.Features(), o)
		}
		for tree := range f.trees {
			var visit func(i, depth, n int)
			visit = func(i, depth, n int) {
				if n < 1 || depth > f.height {
					t.Fatalf("tree %d, node %d: %d rows at depth %d", tree, i, n, depth)
				}
				if depth < f.height {
					if _, _, ok := f.split(tree, i); ok {
						left := int(f.left[tree*f.stride+i])
						visit(2*i, depth+1, left)
						visit(2*i+1, depth+1, n-left)
						return
					}
				}
				end := i << (f.levels - depth) & (f.stride - 1)
				got := float64(f.lengths[tree*f.stride+end]) / lengthUnit
				if want := float64(depth) + c(n); math.Abs(got-want) > 1e-3 {
					t.Fatalf("tree %d, leaf %d: length %v, want %d + c(%d) = %v", tree, i, got, depth, n, want)
				}
			}
			visit(1, 0, f.psi)
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
		f := must(Fit(blob(1, psi, 1, 0), 1, Options{Trees: 1, SampleSize: psi}))
		if f.height != want || f.psi != psi {
			t.Errorf("psi %d: height limit %d, sample size %d; want %d, %d", psi, f.height, f.psi, want, psi)
		}
	}
}

// TestEqualRowsAreCounted: a tree is grown from the kinds of rows in its sample, and how
// many rows are of each.
func TestEqualRowsAreCounted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 300, 4096} {
		for _, values := range []int{1, 2, 256} {
			rows := make([]Row, n)
			for i := range rows {
				rows[i][0], rows[i][MaxFeatures-1] = uint8(rng.IntN(values)), uint8(rng.IntN(values))
			}
			first, seen := firsts(rows), map[Row]int32{}
			for i, r := range rows {
				if _, ok := seen[r]; !ok {
					seen[r] = int32(i)
				}
				if first[i] != seen[r] {
					t.Fatalf("of %d rows of %d values, row %d is first seen at %d, want %d", n, values, i, first[i], seen[r])
				}
			}
			f, err := newForest(MaxFeatures, min(n, 256), 1)
			if err != nil {
				t.Fatal(err)
			}
			ft := newFitter(f, n)
			for tree := range 20 {
				ft.sample(n, 1, tree)
				ft.gather(rows, first)
				want, got := map[Row]int{}, map[Row]int{}
				for _, r := range ft.rows {
					want[rows[r]]++
				}
				for i := range ft.order {
					var r Row
					for k := range r {
						r[k] = ft.column(k)[i]
					}
					got[r] += int(ft.count[ft.order[i]])
				}
				if len(ft.order) != len(want) || !maps.Equal(got, want) {
					t.Fatalf("tree %d of %d rows of %d values: %d kinds %v, want %v", tree, n, values, len(ft.order), got, want)
				}
			}
		}
	}
}

func TestSampleIsWithoutReplacement(t *testing.T) {
	f, err := newForest(1, 256, 1)
	if err != nil {
		t.Fatal(err)
	}
	ft := newFitter(f, 300)
	counts := make([]int, 300)
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
	rows := make([]Row, 200)
	for i := range rows {
		rows[i][0] = uint8(i % 2 * 10)
	}
	f := must(Fit(rows, 1, Options{Trees: 1000, SampleSize: 256}))
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

func TestFitErrors(t *testing.T) {
	rows := make([]Row, 300)
	for _, test := range []struct {
		rows     []Row
		features int
		Options
		want string
	}{
		{nil, 3, usual, "no rows"},
		{rows, -1, usual, "-1 features"},
		{rows, 0, usual, "0 features"},
		{rows, MaxFeatures + 1, usual, "features, want 1 to"},
		{rows, 3, Options{SampleSize: 256}, "0 trees"},
		{rows, 3, Options{Trees: -1, SampleSize: 256}, "-1 trees"},
		{rows, 3, Options{Trees: 100}, "sample size 0"},
		{rows, 3, Options{Trees: 100, SampleSize: MaxSampleSize + 1}, "sample size 32769"},
		{rows, 3, Options{Trees: 20000, SampleSize: 256}, "20000 trees"},
	} {
		if _, err := Fit(test.rows, test.features, test.Options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d rows of %d features, %+v: error %v, want %q", len(test.rows), test.features, test.Options, err, test.want)
		}
	}
}

func TestWrongLengthPanics(t *testing.T) {
	f := must(Fit(blob(1, 100, 3, 0), 3, usual))
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f.ScoreAll(make([]Row, 2), make([]float64, 1))
}

func TestScoresAllocateNothing(t *testing.T) {
	rows, out := bytesBlob(1, 1000, 12), make([]float64, 1000)
	for _, o := range []Options{usual, {Trees: 10, SampleSize: 700}} {
		f := must(Fit(rows, 12, o))
		for name, call := range map[string]func(){
			"Score":    func() { f.Score(&rows[0]) },
			"ScoreAll": func() { f.ScoreAll(rows, out) },
		} {
			if n := testing.AllocsPerRun(10, call); n != 0 {
				t.Errorf("%s, %+v: %v allocations", name, o, n)
			}
		}
	}
}

func TestConcurrentScores(t *testing.T) {
	rows := blob(1, 300, 12, 5)
	f := must(Fit(rows, 12, usual))
	want := scores(f, rows)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range rows {
				if f.Score(&rows[i]) != want[i] {
					t.Errorf("row %d scores otherwise beside others", i)
				}
			}
		})
	}
	wg.Wait()
}

// TestWalkBlocks holds the walk that scores are made by to the one that says what it is.
func TestWalkBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	for _, trees := range []int{1, lanes, 100} {
		rows := make([]Row, 1000)
		for i := range rows {
			for k := range rows[i] {
				rows[i][k] = uint8(rng.IntN(1 << rng.IntN(9)))
			}
		}
		f, err := Fit(rows, MaxFeatures, Options{Trees: trees, SampleSize: 256, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		const block = lanes * minStride
		for i := range rows {
			var k keys
			k.set(&rows[i])
			want := uint32(0)
			for at := 0; at < len(f.lengths); at += block {
				want += walk(f.nodes[at:], f.lengths[at:], &k)
			}
			if got := walkBlocks(&f.nodes[0], &f.lengths[0], len(f.lengths)/block, &k); got != want {
				t.Fatalf("%d trees, row %v: %d, want %d", trees, rows[i], got, want)
			}
		}
	}
}

// TestZeroForest has no trees, and says of each row what it says of all.
func TestZeroForest(t *testing.T) {
	var f Forest
	out := make([]float64, 2)
	f.ScoreAll([]Row{{1}, {2}}, out)
	if one := f.Score(&Row{1}); one != out[0] || one != out[1] {
		t.Errorf("%v by one, %v by many", one, out)
	}
}
