package web

import (
	"slices"
	"sync"
)

// extent is when the lines of a log are: from the first to the last, without the few
// that lie so far away that beside them the others would be a point. One record of the
// year 2099 makes no chart of a log useless.
type extent struct {
	First, Last   int64 // Unix milliseconds; 0 = no line has a time
	Before, After int64 // lines that lie outside
	Least, Most   int64 // when these are: the earliest and the latest of all
}

const (
	extentSample = 4096 // times that are looked at to find where most are

	// Of these, so many parts of 100 at each end may be strays.
	strayShare = 100

	// A time is a stray when it lies so many times farther out than the others are
	// apart: a chart with it would show them in a tenth of its width.
	strayTimes = 9

	// leastSpan is how far apart times are at least, in milliseconds, for others to be
	// measured by it.
	leastSpan = 1000
)

// extents remembers the last one.
type extents struct {
	mu   sync.Mutex
	seen int
	last extent
}

// times is the extent of the lines of a snapshot.
func (v *view) times(snap *snapshot) extent {
	v.extents.mu.Lock()
	defer v.extents.mu.Unlock()
	if v.extents.seen != snap.n {
		v.extents.seen, v.extents.last = snap.n, extentOf(snap)
	}
	return v.extents.last
}

func extentOf(snap *snapshot) extent {
	var sample []int64
	step := snap.n/extentSample + 1
	for i := 0; i < snap.n; i += step {
		if c, k := snap.at(i); c.time[k] != 0 {
			sample = append(sample, c.time[k])
		}
	}
	if len(sample) == 0 {
		return extent{}
	}
	slices.Sort(sample)
	strays := min(max(1, len(sample)/strayShare), (len(sample)-1)/2)
	low, high := sample[strays], sample[len(sample)-1-strays]
	far := strayTimes * max(high-low, leastSpan)
	low, high = low-far, high+far
	e := extent{First: high, Last: low}
	for i := range snap.n {
		c, k := snap.at(i)
		switch t := c.time[k]; {
		case t == 0:
			continue
		case t < low:
			e.Before++
		case t > high:
			e.After++
		default:
			e.First, e.Last = min(e.First, t), max(e.Last, t)
		}
		if t := c.time[k]; e.Most == 0 {
			e.Least, e.Most = t, t
		} else {
			e.Least, e.Most = min(e.Least, t), max(e.Most, t)
		}
	}
	return e
}

// extent is what a chart along an axis shows at first, the last included.
func (v *view) extent(snap *snapshot, a axis) (first, last int64) {
	if a != byTime {
		return 1, int64(snap.n)
	}
	e := v.times(snap)
	return e.First, e.Last
}
