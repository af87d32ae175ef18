package forest

import (
	"errors"
	"fmt"
	"math"
)

// Fit grows a forest on rows of numbers, all of the same length. It returns an
// error if there are no rows, no features, rows of different lengths, or a
// value that is not a number or beyond float32, which it names by row and column
// (both from 0), or if the options are out of range. The rows are not kept.
func Fit(rows [][]float64, o Options) (*Forest, error) {
	f := new(Forest)
	if err := new(Fitter).Fit(f, rows, o); err != nil {
		return nil, err
	}
	return f, nil
}

// FitRows grows a forest on the first features bytes of each row. It returns an
// error if there are no rows, if features is not within 1..MaxFeatures, or if the
// options are out of range. The rows are not kept.
func FitRows(rows []Row, features int, o Options) (*Forest, error) {
	f := new(Forest)
	if err := new(Fitter).FitRows(f, rows, features, o); err != nil {
		return nil, err
	}
	return f, nil
}

// Fitter grows forests into memory that is there already: after the first of a
// shape, refits allocate nothing. The zero value is ready. A Fitter must not be
// used by two goroutines at once.
type Fitter struct {
	forest *Forest
	random random

	columns  []uint32 // the tree's sample, as keys: feature f of sample row i at f*psi+i
	order    []uint16 // sample rows; a node's are a run of it
	right    []uint16 // room for partition
	features []uint16 // those known to be constant in the current branch come first
	rows     []int32  // the tree's sample, as indices of the caller's rows
	taken    []uint64 // bit set over the caller's rows
}

// Fit is the function Fit into dst, whose former content is lost, also on
// error. No goroutine may be scoring with dst.
func (ft *Fitter) Fit(dst *Forest, rows [][]float64, o Options) error {
	if len(rows) == 0 {
		return errors.New("forest: no rows")
	}
	features := len(rows[0])
	if features == 0 {
		return errors.New("forest: rows without features")
	}
	if features > math.MaxUint16 {
		return fmt.Errorf("forest: %d features, at most %d", features, math.MaxUint16)
	}
	for i, row := range rows {
		if len(row) != features {
			return fmt.Errorf("forest: row %d has %d features, row 0 has %d", i, len(row), features)
		}
		for j, x := range row {
			if !(math.Abs(x) <= math.MaxFloat32) {
				return fmt.Errorf("forest: row %d, column %d: %v, want a finite number within float32", i, j, x)
			}
		}
	}
	if err := ft.start(dst, len(rows), features, o, false); err != nil {
		return err
	}
	for t := range dst.trees {
		ft.sample(len(rows), o.Seed, t)
		psi := dst.psi
		for i, r := range ft.rows {
			for j, x := range rows[r] {
				ft.columns[j*psi+i] = floatKey(x)
			}
		}
		ft.grow(t, 1, 0, psi, 0, 0)
	}
	return nil
}

// FitRows is the function FitRows into dst, whose former content is lost, also
// on error. No goroutine may be scoring with dst.
func (ft *Fitter) FitRows(dst *Forest, rows []Row, features int, o Options) error {
	if len(rows) == 0 {
		return errors.New("forest: no rows")
	}
	if features < 1 || features > MaxFeatures {
		return fmt.Errorf("forest: %d features, want 1 to %d", features, MaxFeatures)
	}
	if err := ft.start(dst, len(rows), features, o, true); err != nil {
		return err
	}
	for t := range dst.trees {
		ft.sample(len(rows), o.Seed, t)
		psi := dst.psi
		for i, r := range ft.rows {
			for j, x := range rows[r][:features] {
				ft.columns[j*psi+i] = uint32(x)
			}
		}
		ft.grow(t, 1, 0, psi, 0, 0)
	}
	return nil
}

func (ft *Fitter) start(dst *Forest, rows, features int, o Options, narrow bool) error {
	if o.Trees == 0 {
		o.Trees = DefaultTrees
	}
	if o.SampleSize == 0 {
		o.SampleSize = DefaultSampleSize
	}
	if o.Trees < 0 {
		return fmt.Errorf("forest: %d trees, want at least 1", o.Trees)
	}
	if o.SampleSize < 0 || o.SampleSize > MaxSampleSize {
		return fmt.Errorf("forest: sample size %d, want 1 to %d", o.SampleSize, MaxSampleSize)
	}
	psi := min(o.SampleSize, rows)
	if err := dst.resize(features, psi, o.Trees, narrow); err != nil {
		return err
	}
	ft.forest = dst
	ft.columns = grown(ft.columns, features*psi)
	ft.order = grown(ft.order, psi)
	ft.right = grown(ft.right, psi)
	ft.rows = grown(ft.rows, psi)
	ft.taken = grown(ft.taken, (rows+63)/64)
	ft.features = grown(ft.features, features)
	return nil
}

// sample draws psi of n rows without replacement into ft.rows, by Floyd's
// algorithm (Bentley and Floyd, CACM 30(9), 1987): it needs psi numbers and a bit
// a row, not a shuffled list of all rows. Trees are independent of each other:
// tree t depends on the seed and t alone.
func (ft *Fitter) sample(n int, seed uint64, t int) {
	ft.random = newRandom(seed, t)
	for i := range ft.order {
		ft.order[i] = uint16(i)
	}
	for i := range ft.features {
		ft.features[i] = uint16(i)
	}
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
}

// grow makes node i of tree t of the sample rows order[lo:hi]. The first
// constants of ft.features are known to be constant in them.
func (ft *Fitter) grow(t, i, lo, hi, depth, constants int) {
	f := ft.forest
	n := hi - lo
	f.sizes[t*2*f.stride+i] = uint16(n)
	if n > 1 && depth < f.height {
		for constants < len(ft.features) {
			at := constants + ft.random.below(len(ft.features)-constants)
			feature := ft.features[at]
			column := ft.columns[int(feature)*f.psi:][:f.psi]
			least, most := span(column, ft.order[lo:hi])
			if least == most {
				ft.features[at] = ft.features[constants]
				ft.features[constants] = feature
				constants++
				continue
			}
			threshold := ft.draw(least, most)
			f.setSplit(t, i, int(feature), threshold)
			mid := lo + partition(column, ft.order[lo:hi], ft.right, threshold)
			ft.grow(t, 2*i, lo, mid, depth+1, constants)
			ft.grow(t, 2*i+1, mid, hi, depth+1, constants)
			return
		}
	}
	f.setLeaf(t, i, depth, n)
}

// span returns the least and the greatest key of the rows.
func span(column []uint32, rows []uint16) (least, most uint32) {
	least, most = ^uint32(0), 0
	for _, r := range rows {
		k := column[r]
		least, most = min(least, k), max(most, k)
	}
	return least, most
}

// partition moves the rows whose key is at most the threshold to the front and
// returns how many they are.
func partition(column []uint32, rows, room []uint16, threshold uint32) (left int) {
	right := 0
	for _, r := range rows {
		rows[left] = r
		room[right] = r
		over := 0
		if column[r] > threshold {
			over = 1
		}
		left += 1 - over
		right += over
	}
	copy(rows[left:], room[:right])
	return left
}

// draw returns the key of a threshold drawn uniformly from [least, most), as
// numbers, so that either side gets a row. For bytes it is the floor of the
// number that the same random bits give for floats.
func (ft *Fitter) draw(least, most uint32) uint32 {
	u := ft.random.next()
	if ft.forest.isNarrow() {
		return least + uint32(uint64(u)*uint64(most-least)>>32)
	}
	lo, hi := float64(keyFloat(least)), float64(keyFloat(most))
	x := lo + float64(float64(u)*(1.0/(1<<32))*(hi-lo))
	k := floatKey(x)
	if float64(keyFloat(k)) > x {
		k-- // rounded up: take the float32 below
	}
	if k >= most {
		return least
	}
	return k
}
