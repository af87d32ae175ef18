// Package forest is an isolation forest on rows of bytes: fit, score, save. It
// knows nothing of logs.
//
// The algorithm is that of Liu, Ting and Zhou, "Isolation Forest" (ICDM 2008)
// and "Isolation-Based Anomaly Detection" (TKDD 6(1), 2012). Each tree takes a
// sample of psi rows without replacement and splits it, at a random feature and
// at a random point between that feature's least and greatest value, until a
// row stands alone, the rows left are equal, or the tree is ceil(log2 psi)
// high. A row that few splits separate from the rest is an anomaly: with E(h)
// the row's mean path length over the trees and c(psi) the mean path length of
// a tree of psi rows, its score is 2^(-E(h)/c(psi)).
//
// Where the papers leave a choice open, it is scikit-learn's: the feature is
// drawn among those that are not constant in the node.
//
// [Fit] grows a forest, [Forest.Score] and [Forest.ScoreAll] ask it,
// [Forest.AppendBinary] and [Forest.UnmarshalBinary] save and load it. The same
// rows, options and seed give the same scores on every platform, bit for bit.
package forest

import (
	"fmt"
	"math/bits"
)

const (
	// MaxFeatures is how many features a Row has: the one place that says so. A
	// score takes 1 % more at 24, 2 % more at 32.
	MaxFeatures = 16

	// MaxSampleSize is the largest sample a tree can be grown from. A row takes
	// several times as long in trees of more than 256 rows as in those up to there.
	MaxSampleSize = 1 << 15

	// MaxNodes bounds a forest: trees times sample size (as a power of two, and
	// at least 256) may not be more. It allows 1000 trees of 4096 rows, and keeps
	// the largest forest at 25 MB; one of 100 trees of 256 has 0.15 MB.
	MaxNodes = 1 << 22
)

// Options shape a forest. The papers recommend 100 trees of 256 rows.
type Options struct {
	Trees      int    // how many trees, at least 1
	SampleSize int    // psi, rows a tree is grown from, 1 to MaxSampleSize; of fewer rows, all
	Seed       uint64 // the same rows, options and seed give the same forest
	Workers    int    // how many goroutines grow the trees, which are the same then; 0 is one
}

// Row is one observation: small unsigned integers, one byte a feature. Bytes
// beyond the forest's features are ignored.
type Row [MaxFeatures]uint8

// Forest is a fitted isolation forest. Methods that do not change it are safe
// for concurrent use. The zero Forest has no trees; it is a destination for
// UnmarshalBinary.
type Forest struct {
	features int
	psi      int // rows each tree was grown from
	trees    int
	height   int // the limit a tree is grown to, ceil(log2 psi)
	levels   int // that a walk takes: height, but at least minLevels
	stride   int // nodes reserved for a tree, 1<<levels

	// Trees are complete and stored as heaps: the root is node 1, the children
	// of node i are 2i and 2i+1, tree t owns nodes[t*stride:(t+1)*stride]. Where
	// a branch ends early, unset nodes below send every row left, so that each
	// walk takes exactly levels steps and its end is a leaf index. nodes and
	// lengths are padded with empty trees of length 0 to a multiple of lanes.
	nodes   []node
	lengths []uint16 // of leaf (i mod stride), path length in 1/lengthUnit
	left    []uint16 // of node i, how many of the sample's rows its split sent left

	means []uint16 // c(n) for n = 0..psi, in 1/lengthUnit
	scale float64  // sum of lengths over all trees to E(h)/c(psi)
}

// A node is a split, the threshold above, the feature below. A row whose
// features are shifted likewise is compared with the node as it is: right if the
// row's number is greater. (The feature's bits cannot change the outcome: in the
// row they are zero, so equal values go left.) A tree of 256 rows and its leaves
// take 1 KB to walk: what a row costs is how much of the forest it has to load.
type node uint16

const (
	nodeShift = 8

	// unset is greater than every row, so that all go left. Its feature is one that keys
	// have a slot for.
	unset = 255<<nodeShift | node(slots-1)
)

// Trees returns the number of trees.
func (f *Forest) Trees() int { return f.trees }

// Features returns the number of features of a row.
func (f *Forest) Features() int { return f.features }

// All forests of up to 256 rows a tree share the fastest walk, whose arrays and
// number of steps are constants.
const (
	minLevels = 8
	minStride = 1 << minLevels
)

// newForest returns a forest that is ready to be filled with trees of this
// shape.
func newForest(features, psi, trees int) (*Forest, error) {
	height := bits.Len(uint(psi - 1)) // ceil(log2 psi)
	levels := max(minLevels, height)
	stride := 1 << levels
	if trees > MaxNodes/stride {
		return nil, fmt.Errorf("forest: %d trees of %d rows are too large, at most %d trees of that size", trees, psi, MaxNodes/stride)
	}
	padded := (trees + lanes - 1) / lanes * lanes
	f := &Forest{
		features: features, psi: psi, trees: trees,
		height: height, levels: levels, stride: stride,
		nodes:   make([]node, padded*stride),
		lengths: make([]uint16, padded*stride),
		left:    make([]uint16, trees*stride),
		means:   meanLengths(psi),
	}
	for i := range f.nodes {
		f.nodes[i] = unset
	}
	if c := f.means[psi]; c > 0 {
		f.scale = 1 / (float64(c) * float64(trees))
	}
	return f, nil
}

// split returns what node i of tree t asks; ok is false where nothing is.
func (f *Forest) split(t, i int) (feature, threshold int, ok bool) {
	n := f.nodes[t*f.stride+i]
	return int(n & (1<<nodeShift - 1)), int(n >> nodeShift), n != unset
}

// setSplit makes node i of tree t send so many rows left.
func (f *Forest) setSplit(t, i, feature, threshold, left int) {
	f.nodes[t*f.stride+i] = node(threshold<<nodeShift | feature)
	f.left[t*f.stride+i] = uint16(left)
}

// setLeaf ends a branch of tree t at node i: n rows, h(x) = depth + c(n). A walk
// passes i and goes on to the left, down to the last level.
func (f *Forest) setLeaf(t, i, depth, n int) {
	end := i << (f.levels - depth)
	f.lengths[t*f.stride+end&(f.stride-1)] = uint16(depth*lengthUnit) + f.means[n]
}
