package web

import (
	"context"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// chartAnswer is a log in bins of equal width, for a chart and for the counts
// beside it.
type chartAnswer struct {
	Axis    axis      `json:"axis"`
	From    int64     `json:"from"`  // where the first bin begins
	Width   int64     `json:"width"` // of a bin, in milliseconds or lines
	First   int64     `json:"first"` // the range of all lines that are meant
	Last    int64     `json:"last"`  // included
	Outside *outside  `json:"outside,omitempty"`
	Lines   [][]int32 `json:"lines"`   // by group of levels, for each bin
	Flagged [][]int32 `json:"flagged"` // the same of the flagged ones
	Total   totals    `json:"total"`   // of all lines that are meant, inside the range or not
}

// outside are lines at times far from those of the others, which the chart leaves out.
type outside struct {
	Before int64 `json:"before"` // lines
	After  int64 `json:"after"`
	Least  int64 `json:"least"` // when the earliest and the latest are
	Most   int64 `json:"most"`
}

type totals struct {
	Lines     int64                 `json:"lines"`
	Judged    int64                 `json:"judged"`
	Flagged   []int64               `json:"flagged"` // for each stop of the slider
	Levels    [pattern.Levels]int64 `json:"levels"`
	EachLevel [pattern.Levels]int64 `json:"eachLevel"` // if the filter wanted all levels
}

// levelGroups puts the levels together that a chart can tell apart: none,
// debug, info, warn, error.
var levelGroups = [pattern.Levels]int{
	pattern.LevelNone: 0, pattern.LevelTrace: 1, pattern.LevelDebug: 1, pattern.LevelInfo: 2, pattern.LevelNotice: 2,
	pattern.LevelWarn: 3, pattern.LevelError: 4, pattern.LevelCritical: 4, pattern.LevelFatal: 4,
}

const (
	groups  = 5
	maxBins = 600
)

// widths are those that people count time by, in milliseconds; beyond them
// come multiples of 7 days.
var widths = []int64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
	900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000}

// binWidth is the smallest width that people count by with which a range has
// at most so many bins.
func binWidth(a axis, span int64, bins int) int64 {
	least := max(1, (span+int64(bins)-1)/int64(bins))
	if a == byTime {
		for _, w := range widths {
			if w >= least {
				return w
			}
		}
		week := widths[len(widths)-1]
		return (least + week - 1) / week * week
	}
	for w := int64(1); ; w *= 10 {
		for _, m := range []int64{1, 2, 5} {
			if m*w >= least {
				return m * w
			}
		}
	}
}

// chart counts the lines that a filter means in at most so many bins, in the
// range that the filter has or in all of the log. Whether the filter wants
// flagged lines only does not count: a chart shows both.
func (v *view) chart(ctx context.Context, f *filter, a axis, bins int) (chartAnswer, error) {
	all := f.base()
	all.levels = 0
	snap, c, err := v.choose(ctx, all)
	answer := chartAnswer{Axis: a, Total: totals{Flagged: make([]int64, len(v.server.stops))}}
	if err != nil {
		return answer, err
	}
	// The range of the whole log, whatever is filtered: the chart keeps its
	// place when a filter changes.
	first, last := v.extent(&snap, a)
	if e := v.times(&snap); a == byTime && e.Before+e.After > 0 {
		answer.Outside = &outside{e.Before, e.After, e.Least, e.Most}
	}
	answer.First, answer.Last = first, last
	from, to := first, last+1
	if f.axis == a {
		from, to = min(max(from, f.from), last), min(to, f.to)
	}
	to = max(to, from+1)
	width := binWidth(a, to-from, min(max(bins, 1), maxBins))
	answer.Width = width
	if a == byTime {
		answer.From = from - from%width
	} else {
		answer.From = from - (from-1)%width
	}
	n := int((to - answer.From + width - 1) / width)
	answer.Lines, answer.Flagged = newBins(n), newBins(n)
	for j := range c.n {
		i := c.at(j)
		ch, k := snap.at(i)
		flags, sweep := ch.flags[k], ch.sweep[k]
		level := flags & levelMask
		flagged := sweep>>f.stop&1 == 1
		t := &answer.Total
		t.EachLevel[level]++
		if f.levels != 0 && f.levels>>level&1 == 0 {
			continue
		}
		t.Lines++
		t.Levels[level]++
		if flags&judgedBit != 0 {
			t.Judged++
		}
		for s := 0; sweep != 0; s, sweep = s+1, sweep>>1 {
			t.Flagged[s] += int64(sweep & 1)
		}
		x := int64(i) + 1
		if a == byTime {
			x = ch.time[k]
		}
		if x < from || x >= to {
			continue
		}
		bin, group := (x-answer.From)/width, levelGroups[level]
		answer.Lines[group][bin]++
		if flagged {
			answer.Flagged[group][bin]++
		}
	}
	return answer, nil
}

func newBins(n int) [][]int32 {
	all := make([][]int32, groups)
	for i := range all {
		all[i] = make([]int32, n)
	}
	return all
}
