package model

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// nearBits reports whether a figure in bits is the one that its definition gives, but for
// the steps of the logarithm, which is interpolated.
func nearBits(got float32, want float64) bool { return math.Abs(float64(got)-want) < 0.1 }

// TestRarityByItsDefinition: how seldom something comes that was seen as seldom is the
// share of those among the last ones, each of which counts a little less than the next.
func TestRarityByItsDefinition(t *testing.T) {
	for seen, want := range map[uint32]int{0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 7: 3, 8: 4, 255: 8, 256: 9, 511: 9, 512: 10, math.MaxUint32: 10} {
		if got := rarityBucket(seen); got != want {
			t.Errorf("seen %d times: lot %d, want %d", seen, got, want)
		}
	}
	const horizon = 20
	rng := rand.New(rand.NewPCG(1, 2))
	var r rarity
	if _, ok := r.surprise(0); ok {
		t.Error("it knows how rare something is before anything came")
	}
	var count [rarityBuckets + 1]float64
	total := 0.0
	for i := range 3000 {
		seen := uint32(1)<<rng.IntN(13) - 1
		r.learn(seen, 1, horizon)
		count[rarityBucket(seen)]++
		total++
		total /= 1 + 1.0/horizon
		for b := range count {
			count[b] /= 1 + 1.0/horizon
		}
		seen = uint32(1)<<rng.IntN(13) - 1
		bits, ok := r.surprise(seen)
		if ok != (seen < 512) {
			t.Fatalf("seen %d times is rare: %v", seen, ok)
		}
		sum := 0.5
		for _, c := range count[:min(rarityBucket(seen)+1, rarityBuckets)] {
			sum += c
		}
		if want := -math.Log2(sum / (total + 1)); ok && !nearBits(bits, want) {
			t.Fatalf("after %d: seen %d times has %v bits, want %v", i, seen, bits, want)
		}
	}
	if r.weight > 1e12 || math.IsInf(float64(r.total), 0) {
		t.Errorf("its weight has grown to %v", r.weight)
	}
}

// TestTailByItsDefinition: of the points of a feature as many count as they are rare,
// among the last records.
func TestTailByItsDefinition(t *testing.T) {
	for points, want := range map[float32]int{0: 0, 0.1: 0, most / tailBuckets * 1.5: 1, most / 2: tailBuckets / 2, most * 0.999: tailBuckets - 1, most: tailBuckets - 1, 2 * most: tailBuckets - 1} {
		if got := tailBucket(points); got != want {
			t.Errorf("%v points: lot %d, want %d", points, got, want)
		}
	}
	var x tails
	if got := x.least(tailOfText, 9, 1); got != 9 {
		t.Errorf("of 9 points %v count before anything came", got)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var count [tailBuckets]float64
	total := 0.0
	for i := range 100_000 { // enough for the weight to be brought down
		points := float32(max(0, rng.NormFloat64()*8))
		x.learn(&[tailsOf]float32{tailOfText: points, tailOfRush: 1})
		total++
		if points > 0 {
			count[tailBucket(points)]++
		}
		total /= tailGrowth
		for b := range count {
			count[b] /= tailGrowth
		}
		if i%97 != 0 {
			continue
		}
		points = rng.Float32() * most
		sum := 0.5
		for _, c := range count[tailBucket(points):] {
			sum += c
		}
		const weight = 1.5
		if want := min(float64(points), -weight*math.Log2(sum/(total+1))); math.Abs(float64(x.least(tailOfText, points, weight))-want) > 0.2 {
			t.Fatalf("after %d: of %v points %v count, want %v", i, points, x.least(tailOfText, points, weight), want)
		}
	}
	if x.weight > 1e12 {
		t.Errorf("its weight has grown to %v", x.weight)
	}
	for _, points := range []float32{0, -1} {
		if got := x.least(tailOfText, points, 1); got != points {
			t.Errorf("of %v points %v count", points, got)
		}
	}
}

// TestFading: what is left after so many steps is halved by each half-life, and nothing is
// left behind the table.
func TestFading(t *testing.T) {
	f := newFading(64)
	for steps, want := range map[uint32]float64{0: 1, 64: 0.5, 128: 0.25, 32: math.Sqrt2 / 2, 1023: math.Exp2(-1023.0 / 64), 1024: 0, math.MaxUint32: 0} {
		if got := f.after(steps); math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("after %d steps %v is left, want %v", steps, got, want)
		}
	}
	const halfLife = quickRecords / quickStep * quickStep // in whole steps
	for records := range uint32(3000) {
		if got, want := quickLeft(records), math.Exp2(-float64(records)/halfLife); math.Abs(float64(got)-want) > 0.001 {
			t.Fatalf("of a quick rate %v is left after %d records, want %v", got, records, want)
		}
	}
}

// TestGrow: what was added by a weight stays the same share when the weight is brought
// down.
func TestGrow(t *testing.T) {
	sums := [badnesses]float64{1, 2, 3, 4, 5}
	weight := 1.0
	for range 100 {
		weight = grow(weight, 1.5, &sums)
	}
	if weight > 1<<eraBits || weight < 1 {
		t.Errorf("the weight is %v", weight)
	}
	for i, s := range sums {
		if want := float64(i+1) / math.Pow(1.5, 100); math.Abs(s/weight/want-1) > 1e-9 {
			t.Errorf("%d. is %v of the weight, want %v", i, s/weight, want)
		}
	}
	if weight = grow(1<<eraBits/2, 2, &sums); weight != 1<<eraBits { // it may be as large as that
		t.Errorf("the weight is %v", weight)
	}
}

// TestGapsByTheirDefinition: mean and variance of all pauses, as long as none fades, and
// the longest of them, which comes down.
func TestGapsByTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var g gaps
	var sum, squares, longest float64
	if g.beyond(100, 100) != 0 {
		t.Error("a pause is long before any has been seen")
	}
	for i := range 50 {
		x := 10 + 3*rng.NormFloat64()
		g.learn(float32(x))
		sum, squares, longest = sum+x, squares+x*x, max(x, longest-longestFade)
		n := float64(i + 1)
		if mean, variance := sum/n, squares/n-sum/n*sum/n; math.Abs(float64(g.mean)-mean) > 1e-3 || math.Abs(float64(g.variance)-variance) > 1e-2 || math.Abs(float64(g.longest)-longest) > 1e-3 || float64(g.n) != n {
			t.Fatalf("after %d: %+v, want %v, %v, the longest %v", i+1, g, mean, variance, longest)
		}
		if known := g.beyond(1000, 0) > 0; known != (i+1 >= gapsKnown) {
			t.Errorf("after %d pauses a very long one is: %v", i+1, known)
		}
	}
	if g.learn(10); g.n != 50 {
		t.Errorf("%v pauses are counted, at most 50", g.n)
	}
	g = gaps{n: 10, mean: 10, variance: 4, longest: 20}
	for _, c := range []struct{ x, most, want float32 }{
		{14, 0, 0}, {15, 0, 1}, {20, 30, 0}, {21, 30, 1}, {20, 16, 4}, {9, 0, 0},
	} {
		if got := g.beyond(c.x, c.most); got != c.want {
			t.Errorf("a pause of %v octaves, the longest known up to %v: %v beyond, want %v", c.x, c.most, got, c.want)
		}
	}
	if got := gapOctaves(1023 * time.Millisecond); got != 10 {
		t.Errorf("a second has %v octaves of milliseconds", got)
	}
	if got := gapOctaves(0); got != 0 {
		t.Errorf("no time has %v octaves", got)
	}
	p := habit{gaps: gaps{n: 10, mean: 10, longest: 22}}
	if got := p.usualGap(); got != time.Duration((math.Exp2(float64(quietOctaves))-1)*float64(time.Millisecond)) && (got < 9*time.Minute || got > 11*time.Minute) {
		t.Errorf("the usual pauses are up to %v", got) // ten minutes: a longer one counts for no more
	}
	if p.times = comesAndGoes; p.usualGap() < 60*time.Minute || p.usualGap() > 80*time.Minute { // 2^22 ms
		t.Errorf("of what comes and goes the usual pauses are up to %v", p.usualGap())
	}
	if p.times = comesAndGoes - 1; p.usualGap() > 11*time.Minute {
		t.Errorf("of what hardly comes and goes the usual pauses are up to %v", p.usualGap())
	}
}

// TestBurstBits is Chernoff's bound: of more records than expected alone.
func TestBurstBits(t *testing.T) {
	for _, c := range []struct{ rate, expected float32 }{{1, 1}, {0.5, 1}, {0, 0.1}} {
		if got := burstBits(c.rate, c.expected); got != 0 {
			t.Errorf("%v where %v are expected: %v bits", c.rate, c.expected, got)
		}
	}
	for _, c := range []struct{ rate, expected float64 }{{2, 1}, {8, 1}, {100, 3}, {5, 4}} {
		want := (c.rate*math.Log(c.rate/c.expected) - c.rate + c.expected) / math.Ln2
		if got := burstBits(float32(c.rate), float32(c.expected)); math.Abs(float64(got)-want) > 0.09*c.rate {
			t.Errorf("%v where %v are expected: %v bits, want %v", c.rate, c.expected, got, want)
		}
	}
}

// TestTooSoon: the first eight are told, then those whose number is a square.
func TestTooSoon(t *testing.T) {
	for n := range 200 {
		root := int(math.Round(math.Sqrt(float64(n))))
		if got, want := tooSoon(float64(n)), n > 8 && root*root != n; got != want {
			t.Errorf("the %d. is too soon: %v", n, got)
		}
	}
	// A report comes with the square of its number, counted from where it began.
	for begun := range uint32(3) {
		p := habit{begun: begun}
		var told []uint32
		last := uint32(0)
		for seen := begun; seen < begun+40; seen++ {
			if p.due(last, seen) {
				last = seen + 1
				told = append(told, last-begun)
			}
		}
		if len(told) != 6 || told[0] != 1 || told[1] != 4 || told[2] != 9 || told[5] != 36 {
			t.Errorf("begun at %d: told at %v", begun, told)
		}
	}
}
