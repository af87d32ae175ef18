package forest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"
)

// Fit grows a forest on the first features bytes of each row. It returns an
// error if there are no rows, if features is not within 1..MaxFeatures, or if the
// options are out of range. The rows are not kept.
func Fit(rows []Row, features int, o Options) (*Forest, error) {
	if len(rows) == 0 {
		return nil, errors.New("forest: no rows")
	}
	if features < 1 || features > MaxFeatures {
		return nil, fmt.Errorf("forest: %d features, want 1 to %d", features, MaxFeatures)
	}
	if o.Trees < 1 {
		return nil, fmt.Errorf("forest: %d trees, want at least 1", o.Trees)
	}
	if o.SampleSize < 1 || o.SampleSize > MaxSampleSize {
		return nil, fmt.Errorf("forest: sample size %d, want 1 to %d", o.SampleSize, MaxSampleSize)
	}
	f, err := newForest(features, min(o.SampleSize, len(rows)), o.Trees)
	if err != nil {
		return nil, err
	}
	workers := min(max(1, o.Workers), o.Trees)
	first := firsts(rows)
	var growing sync.WaitGroup
	for w := 1; w < workers; w++ {
		growing.Go(func() { f.plant(rows, first, o.Seed, w, workers) })
	}
	f.plant(rows, first, o.Seed, 0, workers)
	growing.Wait()
	return f, nil
}

// firsts returns for each row the index of the first that is equal to it. Routine rows are
// few and come again and again: equal ones stay together down to a leaf, so that a tree
// is grown from one of them and their number.
func firsts(rows []Row) []int32 {
	first := make([]int32, len(rows))
	shift := 64 - bits.Len(uint(2*len(rows)-1))
	seen := make([]int32, 1<<(64-shift)) // 1 + the index of a first one, at its hash or behind that
	for i := range rows {
		r := &rows[i]
		at := (binary.LittleEndian.Uint64(r[:])*golden ^ binary.LittleEndian.Uint64(r[8:])) * golden >> shift
		for seen[at] != 0 && rows[seen[at]-1] != *r {
			at = (at + 1) & uint64(len(seen)-1)
		}
		if seen[at] == 0 {
			seen[at] = int32(i) + 1
		}
		first[i] = seen[at] - 1
	}
	return first
}

// plant grows every step-th tree from one on.
func (f *Forest) plant(rows []Row, first []int32, seed uint64, one, step int) {
	ft := newFitter(f, len(rows))
	for t := one; t < f.trees; t += step {
		ft.sample(len(rows), seed, t)
		ft.gather(rows, first)
		ft.grow(t, 1, 0, len(ft.order), f.psi, 0, 0)
	}
}

// fitter grows the trees of a forest, one after the other.
type fitter struct {
	forest *Forest
	random random

	taken    []uint64 // bit set over the rows
	rows     []int32  // the tree's sample, as indices of the rows
	place    []uint16 // of a row that is the first of its kind: the kind's in count, if it is there
	kinds    []int32  // of the sample: their first rows
	count    []uint16 // of the kind at a place, how many rows of the sample are of it
	columns  []uint8  // feature f of the kind at place i: at f*psi+i
	order    []uint16 // places; a node's are a run of it
	right    []uint16 // room for partition
	features []uint8  // those known to be constant in the current branch come first
}

func newFitter(f *Forest, rows int) *fitter {
	return &fitter{
		forest:   f,
		taken:    make([]uint64, (rows+63)/64),
		rows:     make([]int32, f.psi),
		place:    make([]uint16, rows),
		kinds:    make([]int32, 0, f.psi),
		count:    make([]uint16, f.psi),
		columns:  make([]uint8, f.features*f.psi),
		order:    make([]uint16, 0, f.psi),
		right:    make([]uint16, f.psi),
		features: make([]uint8, f.features),
	}
}

// sample starts tree t: it draws psi of n rows without replacement into ft.rows,
// by Floyd's algorithm (Bentley and Floyd, CACM 30(9), 1987), which needs psi
// numbers and a bit a row, not a shuffled list of all rows. Trees are independent
// of each other: tree t follows from the rows, the seed and t alone.
func (ft *fitter) sample(n int, seed uint64, t int) {
	ft.random = newRandom(seed, t)
	clear(ft.taken)
	first := n - len(ft.rows)
	for i := range ft.rows {
		r := ft.random.below(first + i + 1)
		if ft.taken[r/64]>>(r%64)&1 != 0 {
			r = first + i
		}
		ft.taken[r/64] |= 1 << (r % 64)
		ft.rows[i] = int32(r)
	}
	for i := range ft.features {
		ft.features[i] = uint8(i)
	}
}

// gather counts the sample's rows by kind, and puts the kinds side by side.
func (ft *fitter) gather(rows []Row, first []int32) {
	kinds, place, count := ft.kinds[:0], ft.place, ft.count
	for _, r := range ft.rows {
		kind := first[r]
		// What stands in place may be of a tree before.
		if p := int(place[kind]); p < len(kinds) && kinds[p] == kind {
			count[p]++
			continue
		}
		place[kind], count[len(kinds)] = uint16(len(kinds)), 1
		kinds = append(kinds, kind)
	}
	columns, psi := ft.columns, ft.forest.psi
	ft.kinds, ft.order = kinds, ft.order[:len(kinds)]
	for i, kind := range kinds {
		ft.order[i] = uint16(i)
		at := i
		for _, v := range rows[kind][:ft.forest.features] {
			columns[at] = v
			at += psi
		}
	}
}

// grow makes node i of tree t, at the given depth, of the n rows whose kinds are
// order[lo:hi], and all below it. The first constants of ft.features are known
// to be constant in them.
func (ft *fitter) grow(t, i, lo, hi, n, depth, constants int) {
	f := ft.forest
	for n > 1 && depth < f.height {
		places := ft.order[lo:hi]
		feature, least, most, ok := ft.drawFeature(places, &constants)
		if !ok {
			break
		}
		threshold := ft.drawThreshold(least, most)
		left, rows := ft.partition(places, feature, threshold)
		f.setSplit(t, i, feature, int(threshold), rows)
		depth++
		ft.grow(t, 2*i, lo, lo+left, rows, depth, constants)
		i, lo, n = 2*i+1, lo+left, n-rows
	}
	f.setLeaf(t, i, depth, n)
}

// column returns the sample's values of a feature.
func (ft *fitter) column(feature int) []uint8 {
	psi := ft.forest.psi
	return ft.columns[feature*psi:][:psi]
}

// drawFeature returns a random one of the features that are not constant in the
// rows, with its least and greatest value there; ok is false if all are. It
// counts the constants it meets: as in scikit-learn, those of a node are not
// tried again below it.
func (ft *fitter) drawFeature(places []uint16, constants *int) (feature int, least, most uint8, ok bool) {
	for known := *constants; known < len(ft.features); known++ {
		at := known + ft.random.below(len(ft.features)-known)
		drawn := ft.features[at]
		least, most = span(ft.column(int(drawn)), places)
		if least < most {
			return int(drawn), least, most, true
		}
		ft.features[at], ft.features[known] = ft.features[known], drawn
		*constants = known + 1
	}
	return 0, 0, 0, false
}

// span returns the least and the greatest value at the places.
func span(column []uint8, places []uint16) (least, most uint8) {
	lo, hi := uint32(255), uint32(0)
	for _, p := range places {
		v := uint32(column[p])
		lo, hi = min(lo, v), max(hi, v)
	}
	return uint8(lo), uint8(hi)
}

// partition moves the kinds whose value is at most the threshold to the front and
// returns how many they are, and how many rows are of them. Each place is written to
// both sides and one of the ends moves on: the outcome is a coin toss, and with a branch
// on it a fit takes 1.7 ms instead of 1.0.
func (ft *fitter) partition(places []uint16, feature int, threshold uint8) (left, rows int) {
	column, count, room := ft.column(feature), ft.count, ft.right
	right := 0
	for _, p := range places {
		places[left] = p
		room[right] = p
		over := 0
		if column[p] > threshold {
			over = 1
		}
		right += over
		left += 1 - over
		rows += int(count[p]) & (over - 1)
	}
	copy(places[left:], room[:right])
	return left, rows
}

// drawThreshold returns a threshold drawn uniformly from [least, most), so that
// either side gets a row. It is the floor of the real number that the paper
// draws, and splits whole numbers alike.
func (ft *fitter) drawThreshold(least, most uint8) uint8 {
	return least + uint8(uint64(ft.random.next())*uint64(most-least)>>32)
}
