package detector

import (
	"runtime"
	"slices"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/forest"
	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// window is the ring of the rows seen last, in pieces of rowsAtOnce rows but for
// the last: however large it is, what it does at a record is small.
type window struct {
	pieces [][]row
	next   int
	size   int
}

func newWindow(size int) window { return window{size: size} }

// windowRoom returns a window to copy others of so many rows into, in memory that
// the system has given already.
func windowRoom(rows int) (w window) {
	for ; rows > 0; rows -= rowsAtOnce {
		p := make([]row, min(rows, rowsAtOnce))
		for i := range p {
			p[i][0] = 1
		}
		w.pieces = append(w.pieces, p)
	}
	return w
}

func (w *window) copyFrom(from *window) {
	pieces := w.pieces[:cap(w.pieces)]
	for len(pieces) < len(from.pieces) {
		pieces = append(pieces, nil)
	}
	for i, p := range from.pieces {
		pieces[i] = append(pieces[i][:0], p...)
	}
	*w = window{pieces[:len(from.pieces)], from.next, from.size}
}

func (w *window) add(r *row) {
	if n := w.len(); n < w.size {
		if n == 0 {
			w.pieces = append(w.pieces, make([]row, 0, min(w.size, 256)))
		} else if n%rowsAtOnce == 0 {
			w.pieces = append(w.pieces, make([]row, 0, min(w.size-n, rowsAtOnce)))
		}
		last := &w.pieces[len(w.pieces)-1]
		if len(*last) == cap(*last) { // twice as many, and none beyond the piece's end
			*last = append(make([]row, 0, min(2*n, w.size, rowsAtOnce)), *last...)
		}
		*last = append(*last, *r)
		return
	}
	w.pieces[w.next/rowsAtOnce][w.next%rowsAtOnce] = *r
	if w.next++; w.next == w.size {
		w.next = 0
	}
}

func (w *window) len() int {
	if last := len(w.pieces) - 1; last >= 0 {
		return last*rowsAtOnce + len(w.pieces[last])
	}
	return 0
}

// all returns the rows, in no order; valid until the next add.
func (w *window) all() []row { return joined(w.pieces) }

// some returns so many rows, from all over the window.
func (w *window) some(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		at := i * w.len() / n
		rows[i] = w.pieces[at/rowsAtOnce][at%rowsAtOnce]
	}
	return rows
}

func joined(pieces [][]row) []row {
	if len(pieces) == 1 {
		return pieces[0]
	}
	return slices.Concat(pieces...)
}

// What is done at a record is bounded, as others wait for it; the rest goes on
// beside, in the background. Synchronous detectors do all of it at the record.
const (
	// fitAtOnce bounds the first fit that is done at a record, in rows that the
	// trees have room for and rows that they score. With the usual options it is
	// 100 trees x (256 + 256) rows, and takes one millisecond.
	fitAtOnce = 1 << 16

	// treeAtLeast is how many rows a tree has room for at least.
	treeAtLeast = 256

	// scoreAtOnce bounds the rows whose scores a threshold begins with.
	scoreAtOnce = 1024

	// rowsAtOnce bounds the rows of a window that are moved at a record: a copy
	// of so many takes 10 us.
	rowsAtOnce = 4096
)

// fitsAtOnce reports whether a first fit on so many rows, the start of the
// threshold included, is small enough to be done at a record.
func (o *Options) fitsAtOnce(rows int) bool {
	return rows <= scoreAtOnce && o.Trees*(max(min(o.SampleSize, rows), treeAtLeast)+rows) <= fitAtOnce
}

// refit is the work of fitting a forest to a copy of a window.
type refit struct {
	pieces [][]row
	points bool          // are wanted
	to     chan<- fitted // with room for one: the worker never waits
}

// fitted is what comes of a refit.
type fitted struct {
	forest *forest.Forest // nil: the fit failed
	points []float32      // where they were wanted: what mix.points says of its rows
}

// refit fits the group's forest anew, now or in the background, and says when
// next: a young model's after twice as many records, up to RefitRecords.
func (d *Detector) refit(g *group, now time.Duration) {
	g.nextRefit = g.records + min(max(g.records, 1), d.options.RefitRecords)
	if g.records < d.options.Warmup {
		g.nextRefit = d.options.Warmup
	}
	g.refitAt = now + d.options.RefitInterval
	g.refitFrom = g.records + min(d.options.Window, g.records)
	if g.window.len() == 0 { // all that came is ignored
		return
	}
	first := g.forest == nil // from here on there are verdicts
	switch {
	case d.options.Synchronous || first && !g.fitting && d.options.fitsAtOnce(g.window.len()):
		g.install(d.fit(g.window.all()), d)
		if first {
			g.startThreshold(&d.mix)
		}
	case !g.fitting:
		g.fitting = true
		g.handOver(d)
	}
}

// ready reports whether the group has learned enough to judge. A first fit that
// goes on in the background has to end before.
func (g *group) ready(o *Options) bool {
	return g.records >= o.Warmup && (g.forest != nil || o.Synchronous)
}

// handOver copies the next piece of the window, and gives the copy to the
// background once all rows are there. It goes on with the next record until then.
func (g *group) handOver(d *Detector) {
	if len(d.refits) == cap(d.refits) {
		return // the others come first
	}
	g.pieces = append(g.pieces, slices.Clone(g.window.pieces[len(g.pieces)]))
	if len(g.pieces) < len(g.window.pieces) {
		return
	}
	g.fitted = make(chan fitted, 1)
	d.refits <- refit{g.pieces, g.forest == nil || g.provisional, g.fitted} // there is room: nobody else sends
	g.pieces = nil
}

func (d *Detector) fitInBackground() {
	defer d.workers.Done()
	for r := range d.refits {
		r.to <- d.fitOrFail(r)
	}
}

// fitOrFail returns no forest when the fit panics: nobody above this goroutine
// could catch that, and it must not end the process that the detector serves.
func (d *Detector) fitOrFail(r refit) (f fitted) {
	defer func() {
		if recover() != nil {
			d.failedFits.Add(1)
			f = fitted{}
		}
	}()
	rows := joined(r.pieces)
	faultInFit(rows)
	f.forest = d.fit(rows)
	if r.points {
		f.points = d.mix.points(f.forest, rows)
	}
	return f
}

// collect goes on with a fit in the background: what there is to be handed over,
// or what has come of it.
func (g *group) collect(d *Detector) {
	if !g.fitting {
		return
	}
	if g.fitted == nil {
		g.handOver(d)
		return
	}
	select {
	case f := <-g.fitted:
		g.fitting, g.fitted = false, nil
		if g.forest == nil {
			if f.forest == nil {
				g.nextRefit = g.records + d.options.Warmup // nothing is judged until then: soon
				return
			}
		}
		if f.points != nil {
			g.start(f.points)
			g.provisional = false
		}
		g.install(f.forest, d)
		g.fitting = g.provisional && f.forest != nil // one that was under way before it was asked for points
	default:
	}
}

func (d *Detector) fit(rows []row) *forest.Forest {
	o := forest.Options{Trees: d.options.Trees, SampleSize: d.options.SampleSize, Seed: d.options.Seed}
	if d.options.Synchronous {
		o.Workers = runtime.GOMAXPROCS(0) // everything waits for it
	}
	f, err := forest.Fit(rows, int(model.Features), o)
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
	var points []float32
	if g.threshold.contamination > 0 || g.sweep.len() > 0 { // auto does not ask for them
		points = x.points(g.forest, g.window.all())
	}
	g.start(points)
}

// resetThreshold sets the threshold of another Contamination by the rows in the
// window. What takes longer is begun with some of them, and goes on beside: a forest
// is fitted anew, and its threshold with it.
func (d *Detector) resetThreshold(g *group) {
	rows, most := g.window.len(), max(fitAtOnce/d.options.Trees, 1)
	if d.options.Synchronous || rows <= min(most, scoreAtOnce) || g.threshold.contamination == 0 && g.sweep.len() == 0 {
		g.startThreshold(&d.mix)
		return
	}
	g.start(d.mix.points(g.forest, g.window.some(min(most, scoreAtOnce))))
	if g.forest != nil { // else it is still to be fitted
		g.provisional, g.fitting = true, true // from its next record on
	}
}

// start sets the threshold by the points of the rows learned from, in ascending
// order.
func (g *group) start(points []float32) {
	g.threshold.start(points)
	g.sweep.start(points)
}

// carry reads into a window whose size is set.
func (w *window) carry(c *codec.Codec) {
	n := c.Count("rows", w.len(), w.size, len(row{}))
	if !c.Reading {
		for _, p := range w.pieces {
			for i := range p {
				c.B = append(c.B, p[i][:]...)
			}
		}
	} else {
		w.pieces = nil
		for ; n > 0; n -= rowsAtOnce {
			p := make([]row, min(n, rowsAtOnce))
			for i := range p {
				copy(p[i][:], c.Take(len(row{})))
			}
			w.pieces = append(w.pieces, p)
		}
	}
	c.Index("the next row", &w.next, w.size)
	if c.Reading && w.next != 0 && w.len() < w.size {
		c.Fail("a window of %d rows begins anew at %d", w.len(), w.next)
	}
}
