package options

import (
	"fmt"
	"math/bits"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// Each option has a range. Together, what the ranges allow would hold up Fluent Bit
// for half a minute at a chunk, or take hundreds of gigabytes: these are the bounds
// of what they may come to.
const (
	// mostForest bounds Trees x Sample_Size, in rows that a forest has room for:
	// ten times the default. Such a forest takes 1.5 MB, stays in a processor's
	// cache, and gives a new record its score in 25 us; a larger one falls out of
	// the cache, and 16 times as large it takes 1,500 us.
	mostForest = 1 << 18

	// mostScores bounds Trees x Window, the walks through a tree with which a
	// threshold begins: some three seconds for a model, once.
	mostScores = 100_000_000

	// mostMemory bounds the memory of all models, in bytes, with full windows and
	// forests and with words and patterns as usual logs have them.
	mostMemory = 8 << 30

	// usualModel is what the words and patterns of a usual log take, in bytes.
	usualModel = 512 << 10

	// rowSize and nodeSize are bytes of a row of the window, and of a row's place in
	// a tree.
	rowSize, nodeSize = 16, 6

	// leastTree is how many rows a tree has room for at least.
	leastTree = 256
)

// treeSize is for how many rows a tree has room that is grown from so many.
func treeSize(sample int) int { return max(leastTree, 1<<bits.Len(uint(sample-1))) }

// Memory is how much memory the models take, in bytes: all that may be held, with
// full windows and forests, and with words and patterns as usual logs have them.
func (s *Settings) Memory() int64 {
	return int64(s.models()) * s.modelSize()
}

// models is how many models may be held at once.
func (s *Settings) models() int {
	if s.GroupBy == "" {
		return 1
	}
	return s.Detector.MaxGroups + 1 // that of records without the field
}

func (s *Settings) modelSize() int64 {
	d := &s.Detector
	return usualModel + int64(d.Window)*rowSize + int64(d.Trees)*int64(treeSize(d.SampleSize))*nodeSize
}

// checkAffordable refuses values that are right one by one and too much together.
func (s *Settings) checkAffordable() error {
	d := &s.Detector
	if _, err := detector.NewIgnore(d.Ignore); err != nil {
		return wrong("Ignore", "is given %d times: %v", len(d.Ignore), err)
	}
	if size := treeSize(d.SampleSize); d.Trees*size > mostForest {
		return wrong("Trees", "has the value %d: with Sample_Size %d each new record would have to walk through a forest of %d rows, and hold up Fluent Bit; allowed: at most %d trees of that size, or Sample_Size at most %d",
			d.Trees, d.SampleSize, d.Trees*size, mostForest/size, 1<<(bits.Len(uint(mostForest/d.Trees))-1))
	}
	if d.Trees*d.Window > mostScores {
		return wrong("Window", "has the value %d: with %d Trees a threshold would begin with %d million walks through a tree; allowed: at most %d", d.Window, d.Trees, d.Trees*d.Window/1_000_000, mostScores/d.Trees)
	}
	if s.Memory() > mostMemory {
		return wrong("Max_Groups", "has the value %d: with Group_By, Window %d, Trees %d and Sample_Size %d so many models take %s, without what hostile text adds; allowed: at most %d, or a smaller Window",
			d.MaxGroups, d.Window, d.Trees, d.SampleSize, gibibytes(s.Memory()), mostMemory/s.modelSize()-1)
	}
	return nil
}

func gibibytes(n int64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) }
