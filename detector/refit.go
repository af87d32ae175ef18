package detector

import (
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/forest"
	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// window is the ring of the rows seen last.
type window struct {
	rows []row
	next int
	size int
}

func newWindow(size int) window {
	return window{rows: make([]row, 0, min(size, 256)), size: size}
}

func (w *window) add(r *row) {
	if len(w.rows) < w.size {
		w.rows = append(w.rows, *r)
		return
	}
	w.rows[w.next] = *r
	if w.next++; w.next == w.size {
		w.next = 0
	}
}

func (w *window) len() int { return len(w.rows) }

// all returns the rows, in no order; valid until the next add.
func (w *window) all() []row { return w.rows }

// refit is the work of fitting a forest to a copy of a window.
type refit struct {
	rows []row
	to   chan<- *forest.Forest // with room for one: the worker never waits
}

// refit fits the group's forest anew, now or in the background, and says when
// next: a young model's after twice as many records, up to RefitRecords.
func (d *Detector) refit(g *group, now time.Duration) {
	first := g.forest == nil // one millisecond, once: from here on there are verdicts
	g.nextRefit = g.records + min(max(g.records, 1), d.options.RefitRecords)
	if g.records < d.options.Warmup {
		g.nextRefit = d.options.Warmup
	}
	g.refitAt = now + d.options.RefitInterval
	g.refitFrom = g.records + min(d.options.Window/2, g.records)
	if d.options.Synchronous || first {
		g.install(d.fit(g.window.all()), d)
		if first {
			g.startThreshold(&d.mix)
		}
		return
	}
	if g.fitting {
		return
	}
	fitted := make(chan *forest.Forest, 1)
	select {
	case d.refits <- refit{slices.Clone(g.window.all()), fitted}:
		g.fitting, g.fitted = true, fitted
	default: // the others come first; try again soon
		g.nextRefit = g.records + d.options.Warmup
	}
}

func (d *Detector) fitInBackground() {
	defer d.workers.Done()
	for r := range d.refits {
		r.to <- d.fitOrFail(r.rows)
	}
}

// fitOrFail returns nil when the fit panics: nobody above this goroutine could
// catch that, and it must not end the process that the detector serves.
func (d *Detector) fitOrFail(rows []row) (f *forest.Forest) {
	defer func() {
		if recover() != nil {
			d.failedFits.Add(1)
		}
	}()
	faultInFit(rows)
	return d.fit(rows)
}

// collect installs the forest that the background has fitted, if it has.
func (g *group) collect(d *Detector) {
	if !g.fitting {
		return
	}
	select {
	case f := <-g.fitted:
		g.fitting = false
		g.install(f, d)
	default:
	}
}

func (d *Detector) fit(rows []row) *forest.Forest {
	f, err := forest.FitRows(rows, int(model.Features), forest.Options{Trees: d.options.Trees, SampleSize: d.options.SampleSize, Seed: d.options.Seed})
	if err != nil {
		return nil // there is no such input: rows are never empty here
	}
	return f
}

func (g *group) install(f *forest.Forest, d *Detector) {
	if f == nil {
		return
	}
	g.forest = f
	g.memo.forget()
	d.stats.Refits++
}

// startThreshold sets the threshold by the rows in the window.
func (g *group) startThreshold(x *mix) {
	points := make([]float32, 0, g.window.len())
	for i := range g.window.all() {
		points = append(points, x.strangeness(g.forest, &g.window.all()[i]))
	}
	g.threshold.start(points)
	g.sweep.start(points)
}

// kthLargest returns the value below which all but k of the values are.
func kthLargest(v []float32, k int) float32 {
	slices.Sort(v)
	return v[max(0, len(v)-1-min(k, len(v)-1))]
}

// carry reads into a window whose size is set.
func (w *window) carry(c *codec.Codec) {
	n := c.Count("rows", len(w.rows), w.size, len(row{}))
	if !c.Reading {
		for i := range w.rows {
			c.B = append(c.B, w.rows[i][:]...)
		}
	} else {
		w.rows = make([]row, n, max(n, min(w.size, 256)))
		for i := range w.rows {
			copy(w.rows[i][:], c.Take(len(row{})))
		}
	}
	c.Index("the next row", &w.next, w.size)
	if c.Reading && w.next != 0 && len(w.rows) < w.size {
		c.Fail("a window of %d rows begins anew at %d", len(w.rows), w.next)
	}
}
