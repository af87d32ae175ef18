package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// answerPatterns lists the patterns of what the filter means: sort is
// flagged, strange, count, rare, first, newest, last or gone.
func answerPatterns(v *view, r *http.Request) (any, error) {
	q := r.URL.Query()
	f, at, n, err := v.parseRows(r, 100)
	if err != nil {
		return nil, err
	}
	all, err := v.countPatterns(r.Context(), f)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p patternRow) bool { return p.Count == 0 })
	order := map[string]func(a, b *patternRow) int{
		"": func(a, b *patternRow) int {
			return cmp.Or(cmp.Compare(b.Flagged, a.Flagged), cmp.Compare(b.Max, a.Max))
		},
		"strange": func(a, b *patternRow) int { return cmp.Compare(b.Max, a.Max) },
		"count":   func(a, b *patternRow) int { return cmp.Compare(b.Count, a.Count) },
		"rare":    func(a, b *patternRow) int { return cmp.Compare(a.Count, b.Count) },
		"first":   func(a, b *patternRow) int { return cmp.Compare(a.First, b.First) },
		"newest":  func(a, b *patternRow) int { return cmp.Compare(b.First, a.First) },
		"last":    func(a, b *patternRow) int { return cmp.Compare(b.Last, a.Last) },
		"gone":    func(a, b *patternRow) int { return cmp.Compare(a.Last, b.Last) },
	}[q.Get("sort")]
	if order == nil {
		return nil, fmt.Errorf("sort has the value %q; allowed: strange, count, rare, first, newest, last, gone, or none for flagged", q.Get("sort"))
	}
	slices.SortFunc(all, func(a, b patternRow) int { return cmp.Or(order(&a, &b), cmp.Compare(a.First, b.First)) })
	total := len(all)
	all = all[min(max(at, 0), total):]
	all = all[:min(len(all), min(max(n, 0), maxRows))]
	if err := v.overTime(r.Context(), f, axis(q.Get("x")), all); err != nil {
		return nil, err
	}
	for i := range all {
		p := &all[i]
		d := v.patterns.describe(p.index)
		p.ID, p.Record, p.Text, p.Sample, p.Lines = d.ID, d.Record, d.Text, d.Sample, d.Lines
	}
	return map[string]any{"total": total, "patterns": append([]patternRow{}, all...)}, nil
}

// newShare: a pattern is new when it was not seen before the last so many parts of 100 of
// the log, or before what is selected of it.
const newShare = 10

// overTime says of patterns when their lines came, in bins along the log, or along the
// range of a filter.
func (v *view) overTime(ctx context.Context, f *filter, x axis, rows []patternRow) error {
	snap, c, err := v.choose(ctx, f)
	if err != nil || len(rows) == 0 {
		return err
	}
	if x != byTime {
		x = byLine
	}
	first, last := v.extent(&snap, x)
	fresh := first + (last-first)*(100-newShare)/100
	if f.axis == x {
		first, last = max(first, f.from), min(last, f.to-1)
		fresh = first
	}
	at := func(ch *chunk, k, i int) int64 {
		if x == byTime {
			return ch.time[k]
		}
		return int64(i) + 1
	}
	into, all := newStoryScale(first, last), make([][]int32, v.patterns.len())
	for i := range rows {
		rows[i].Bins = make([]int32, storyBins)
		all[rows[i].index] = rows[i].Bins
	}
	for j := range c.n {
		i := c.at(j)
		ch, k := snap.at(i)
		p := ch.pattern[k]
		if int(p) >= len(all) || all[p] == nil { // not asked for
			continue
		}
		if t := at(ch, k, i); t >= first && t <= last {
			all[p][into.bin(t)]++
		}
	}
	firsts := v.patterns.firsts()
	for i := range rows {
		line := firsts[rows[i].index]
		if int(line) >= snap.n {
			continue
		}
		ch, k := snap.at(int(line))
		// What the model learned first is not news.
		rows[i].New = at(ch, k, int(line)) >= fresh && ch.flags[k]&judgedBit != 0
	}
	return nil
}

// patternRow is a pattern as the page lists it.
type patternRow struct {
	ID      string                `json:"id"`     // in base 16
	Record  string                `json:"record"` // the one that records have; empty for the rest beyond maxPatterns
	Text    string                `json:"text"`   // constants as they are, what varies as <kind>
	Sample  string                `json:"sample"` // a message of it
	Lines   int64                 `json:"lines"`  // that it has in the whole log
	Count   int64                 `json:"count"`
	Flagged int64                 `json:"flagged"`
	Mean    float64               `json:"mean"` // score of the judged lines
	Max     float64               `json:"max"`
	First   int64                 `json:"first"` // number of its first line
	Last    int64                 `json:"last"`
	Since   int64                 `json:"since"` // when these are, Unix milliseconds; 0 = not known
	Until   int64                 `json:"until"`
	New     bool                  `json:"new"`  // see fresh
	Bins    []int32               `json:"bins"` // of its lines, along the log or what is selected of it
	Levels  [pattern.Levels]int64 `json:"levels"`

	index  uint16
	judged int64
}

// countPatterns adds up what a filter means by pattern. The table is by the patterns'
// numbers; patterns without a line have Count 0.
func (v *view) countPatterns(ctx context.Context, f *filter) ([]patternRow, error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return nil, err
	}
	all := make([]patternRow, v.patterns.len())
	for j := range c.n {
		i := c.at(j)
		ch, k := snap.at(i)
		p := &all[ch.pattern[k]]
		if p.Count == 0 {
			p.First, p.Since = int64(i)+1, ch.time[k]
		}
		p.Last, p.Until = int64(i)+1, ch.time[k]
		p.Count++
		p.Levels[ch.flags[k]&levelMask]++
		if ch.flags[k]&judgedBit != 0 {
			p.judged++
			p.Mean += ch.score[k].float()
			p.Max = max(p.Max, ch.score[k].float())
		}
		if ch.sweep[k]>>f.stop&1 == 1 {
			p.Flagged++
		}
	}
	for i := range all {
		all[i].index = uint16(i)
		if all[i].judged > 0 {
			all[i].Mean = text.Score(all[i].Mean / float64(all[i].judged))
		}
		all[i].Max = text.Score(all[i].Max)
	}
	return all, nil
}
