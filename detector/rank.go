package detector

import (
	"math"
	"slices"
)

// ranks say which of the records of a whole log are its strangest share. Points are
// counted in classes so narrow that it does not matter who in one is stranger.
type ranks struct {
	counts map[uint32]int // of records, by the class of their points
	all    int
	bar    uint32 // the class of the least strange ones that are flagged
	left   int    // how many of them are
}

// classOf keeps 15 binary digits of points.
func classOf(points float32) uint32 { return math.Float32bits(points) >> 8 }

func (r *ranks) add(points float32) {
	r.counts[classOf(points)]++
	r.all++
}

// among reports whether so many points are among the strangest that are left.
func (r *ranks) among(points float32) bool {
	c := classOf(points)
	return c > r.bar || c == r.bar && r.left > 0
}

// take is among, for one of them.
func (r *ranks) take(points float32) bool {
	if !r.among(points) {
		return false
	}
	if classOf(points) == r.bar {
		r.left--
	}
	return true
}

// strangest returns the ranks by which exactly a share of the records is flagged.
func (r *ranks) strangest(share float32) *ranks {
	s := &ranks{bar: math.MaxUint32, left: int(math.Round(float64(share) * float64(r.all)))}
	classes := make([]uint32, 0, len(r.counts))
	for c := range r.counts {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	for _, c := range slices.Backward(classes) {
		if s.bar = c; s.left <= r.counts[c] {
			return s
		}
		s.left -= r.counts[c]
	}
	return s
}

// Rank judges the event as JudgeLearned does, for RankBy, and says nothing of it.
func (d *Detector) Rank(ev *Event) {
	var v Verdict
	d.seen.Learned = true
	g := d.look(ev, &v)
	if p, _, _ := d.strangeness(g); !d.ignored(ev) {
		if g.threshold.ranks == nil {
			g.threshold.ranks = &ranks{counts: map[uint32]int{}}
		}
		g.threshold.ranks.add(p)
	}
	g.model.Pass(&d.seen)
	d.seen.Learned = false
}

// RankBy lets each Contamination that is given flag exactly that share, the strangest,
// of the events that by has ranked, which d will judge in its turn. Ignored ones do
// not count. by has learned what d has.
func (d *Detector) RankBy(by *Detector) {
	each := func(g, ranked *group) {
		if ranked.threshold.ranks == nil {
			return // all of it is ignored
		}
		g.threshold.rankBy(ranked.threshold.ranks)
		g.sweep.rankBy(ranked.threshold.ranks)
	}
	if d.only != nil {
		each(d.only, by.only)
	}
	for _, g := range d.groups {
		if h := by.hash([]byte(g.name)); by.groups[h] != nil {
			each(g, by.groups[h])
		}
	}
}

func (t *threshold) rankBy(all *ranks) {
	if t.contamination > 0 {
		t.ranks = all.strangest(t.contamination)
		t.points = math.Float32frombits(t.ranks.bar << 8)
	}
}
