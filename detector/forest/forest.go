// Package forest is an isolation forest on plain numbers: fit, score, and say
// which features a score comes from. It knows nothing of logs.
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
// Choices the papers leave open are scikit-learn's: the feature is drawn among
// those that are not constant in the node, and values count as float32.
//
// There are two faces. [Fit] and [Forest.Score] take rows of float64. [FitRows]
// and [Forest.ScoreRow] take a [Row], up to 16 features of one byte each; such
// a forest takes less than half the memory to walk, and less time. On the same
// numbers both give the same trees and the same scores, bit for bit; and a seed
// gives the same ones on every platform.
package forest

import (
	"fmt"
	"math/bits"
)

const (
	// DefaultTrees and DefaultSampleSize are the papers' recommendation, and
	// scikit-learn's defaults.
	DefaultTrees      = 100
	DefaultSampleSize = 256

	// MaxFeatures is how many features a Row has. Forests that Fit makes may
	// have more; with more, they score ten times slower.
	MaxFeatures = 16

	// MaxSampleSize is the largest sample a tree can be grown from. Forests of
	// more than 256 rows a tree score three times slower than up to there.
	MaxSampleSize = 1 << 15

	// MaxNodes bounds a forest: trees times sample size (as a power of two, and
	// at least 256) may not be more. It allows 1000 trees of 4096 rows, and keeps
	// the largest forest below 60 MB; one of the default size has 0.2 MB on byte
	// rows and 0.4 MB on floats.
	MaxNodes = 1 << 22
)

// Options shape a forest. The zero value means the defaults.
type Options struct {
	Trees      int    // how many trees; 0 means DefaultTrees
	SampleSize int    // psi, rows a tree is grown from; 0 means DefaultSampleSize. Fewer rows: all of them.
	Seed       uint64 // the same rows, options and seed give the same forest
}

// Row is one observation: small unsigned integers, one byte a feature. Bytes
// beyond the forest's features are ignored.
type Row [MaxFeatures]uint8

// Forest is a fitted isolation forest. All methods that do not change it are
// safe for concurrent use. The zero Forest has no trees; it is a destination for
// Fitter and UnmarshalBinary.
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
	// walk takes exactly levels steps and its end is a leaf index. One of
	// narrow and wide is used, see nodes.go. Arrays are padded with empty
	// trees of length 0 to a multiple of lanes.
	narrow []narrowNode
	wide   []wideNode

	lengths []uint16 // of leaf (i mod stride), path length in 1/lengthUnit
	sizes   []uint16 // of node i, how many of the sample's rows reached it; 2*stride a tree

	means []uint16 // c(n) for n = 0..psi, in 1/lengthUnit
	scale float64  // sum of lengths over all trees to E(h)/c(psi)
}

// Trees returns the number of trees.
func (f *Forest) Trees() int { return f.trees }

// SampleSize returns psi, the number of rows each tree was grown from.
func (f *Forest) SampleSize() int { return f.psi }

// Features returns the number of features of a row.
func (f *Forest) Features() int { return f.features }

// All forests of the default sample size and smaller share the fastest walk,
// whose arrays and number of steps are constants.
const (
	minLevels = 8
	minStride = 1 << minLevels
)

// resize makes the forest ready to be filled with trees of this shape, in the
// memory it has where that is enough.
func (f *Forest) resize(features, psi, trees int, narrow bool) error {
	height := bits.Len(uint(psi - 1)) // ceil(log2 psi)
	levels := max(minLevels, height)
	stride := 1 << levels
	if trees > MaxNodes/stride {
		return fmt.Errorf("forest: %d trees of %d rows are too large, at most %d trees of that size", trees, psi, MaxNodes/stride)
	}
	f.features, f.psi, f.trees = features, psi, trees
	f.height, f.levels, f.stride = height, levels, stride
	padded := (trees + lanes - 1) / lanes * lanes
	if narrow {
		f.narrow = grown(f.narrow, padded*stride)
		f.wide = f.wide[:0]
		fill(f.narrow, unsetNarrow)
	} else {
		f.wide = grown(f.wide, padded*stride)
		f.narrow = f.narrow[:0]
		fill(f.wide, unsetWide)
	}
	f.lengths = grown(f.lengths, padded*stride)
	clear(f.lengths[trees*stride:])
	f.sizes = grown(f.sizes, trees*2*stride)
	if len(f.means) != psi+1 {
		f.means = meanLengths(psi)
	}
	f.scale = 0
	if c := f.means[psi]; c > 0 {
		f.scale = 1 / (float64(c) * float64(trees))
	}
	return nil
}

// isNarrow reports whether the forest splits bytes rather than floats.
func (f *Forest) isNarrow() bool { return len(f.narrow) > 0 }

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
