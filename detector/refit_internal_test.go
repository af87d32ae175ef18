package detector

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// withoutWorker returns a detector in whose background nobody works: what the
// calls do is all that is done. The test takes the refits.
func withoutWorker(t *testing.T, o Options) *Detector {
	t.Helper()
	o.RefitRecords, o.MaxGroups, o.Seed = 1_000_000, 1, 1
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	d.refits = make(chan refit, 1)
	return d
}

// observeOne observes the i-th of lines of which some are unlike the others.
func observeOne(d *Detector, i int) (v Verdict) {
	line := fmt.Appendf(nil, "request %d of user %d took %dms", i, i%7, 3+i%50)
	if i%97 == 0 {
		line = fmt.Appendf(nil, "worker %d gave up: no route to host after %d tries", i%3, i%11)
	}
	d.Observe(&Event{Message: line}, &v)
	return v
}

func (g *group) copiedRows() (n int) {
	for _, p := range g.pieces {
		n += len(p)
	}
	return n
}

// TestWorkAtARecordIsBounded observes records with options from all over their
// ranges, and counts what each call does for the first fit and the one after it.
func TestWorkAtARecordIsBounded(t *testing.T) {
	for _, test := range []struct {
		warmup, window, trees, sample int
		atOnce                        bool
	}{
		{256, 4096, 100, 256, true}, // the defaults
		{32, 256, 200, 4096, true},
		{32, 256, 1000, 4096, false}, // small trees in much memory
		{32, 256, 1, 8, true},
		{1024, 4096, 32, 4096, true},
		{1025, 4096, 1, 8, false},
		{512, 4096, 100, 256, false},
		{256, 4096, 1000, 256, false},
		{4097, 50_000, 1, 8, false},
		{50_000, 50_000, 1000, 4096, false},
		{50_000, 300, 1000, 4096, false},
	} {
		t.Run(fmt.Sprint(test.warmup, test.window, test.trees, test.sample), func(t *testing.T) {
			d := withoutWorker(t, Options{Warmup: test.warmup, Window: test.window, Trees: test.trees, SampleSize: test.sample, Contamination: 0.02})
			copied, fits := 0, 0
			for i := range test.warmup + 20 {
				v := observeOne(d, i)
				g := d.only
				if want := test.atOnce && i >= test.warmup; v.Judged != want {
					t.Fatalf("record %d: judged %v, want %v", i, v.Judged, want)
				}
				if n := g.window.len(); g.forest != nil && fits == 0 {
					fits++
					if work := test.trees * (max(256, min(test.sample, n)) + n); !test.atOnce || i+1 != test.warmup || n > scoreAtOnce || work > fitAtOnce {
						t.Fatalf("record %d: fitted at once on %d rows, work of %d", i, n, work)
					}
				}
				if last := g.window.pieces[len(g.window.pieces)-1]; cap(last) > 2*rowsAtOnce {
					t.Fatalf("record %d: the window moves %d rows when it grows", i, len(last))
				}
				now := g.copiedRows()
				select {
				case r := <-d.refits:
					if n := min(test.warmup, test.window); !r.points || rowsOf(r) < n {
						t.Errorf("a refit of %d rows, points wanted: %v; want a first one of %d", rowsOf(r), r.points, n)
					}
					now, fits = rowsOf(r), fits+1
				default:
				}
				if step := now - copied; step > rowsAtOnce {
					t.Fatalf("record %d: %d rows are copied at once, want at most %d", i, step, rowsAtOnce)
				}
				copied = max(copied, now)
			}
			if fits != 1 || (d.only.forest != nil) != test.atOnce {
				t.Errorf("%d first fits, a forest: %v; want 1, %v", fits, d.only.forest != nil, test.atOnce)
			}
		})
	}
}

// TestAnotherContaminationIsBounded restores models of more rows than are scored at
// once under another Contamination: the start looks at some of them, and the rest is
// done beside, from the next record on.
func TestAnotherContaminationIsBounded(t *testing.T) {
	const records = 12_000
	o := Options{Warmup: 256, Window: records, Trees: 100, SampleSize: 256, Contamination: 0.02}
	d := withoutWorker(t, o)
	for i := range records {
		observeOne(d, i)
		select {
		case r := <-d.refits:
			r.to <- d.fitOrFail(r)
		default:
		}
	}
	var saved bytes.Buffer
	if err := d.WriteSnapshot(&saved, "test", time.Time{}); err != nil {
		t.Fatal(err)
	}
	o.Contamination = 0.1
	d = withoutWorker(t, o)
	if _, err := d.Restore(&saved); err != nil {
		t.Fatal(err)
	}
	g := d.only
	some := d.mix.points(g.forest, g.window.some(fitAtOnce/o.Trees))
	fresh := threshold{contamination: 0.1}
	if fresh.start(some); g.threshold.points != fresh.points || !g.provisional {
		t.Errorf("a threshold of %v points to begin with, provisional: %v; want %v of %d rows", g.threshold.points, g.provisional, fresh.points, len(some))
	}
	for i, copied := records, 0; ; i++ {
		if !observeOne(d, i).Judged {
			t.Fatalf("record %d is not judged", i)
		}
		now := g.copiedRows()
		if now-copied > rowsAtOnce || i > records+10 {
			t.Fatalf("record %d: %d rows are copied", i, now-copied)
		}
		copied = now
		select {
		case r := <-d.refits:
			done := d.fitOrFail(r)
			if !r.points || len(done.points) != records {
				t.Fatalf("points wanted: %v, there are %d of %d rows", r.points, len(done.points), records)
			}
			r.to <- done
			observeOne(d, i+1)
			quiet := threshold{contamination: 0.1}
			quiet.start(done.points)
			flagged := quiet
			quiet.flag(0, 1, 0, 0, false)
			flagged.flag(1000, 1, 0, 0, false)
			if is := g.threshold.points; g.provisional || g.fitting || g.forest != done.forest || is != quiet.points && is != flagged.points {
				t.Errorf("provisional: %v, fitting: %v, a threshold of %v points, want %v or %v", g.provisional, g.fitting, is, quiet.points, flagged.points)
			}
			return
		default:
		}
	}
}

// TestResetThreshold holds how many rows another Contamination's threshold begins with:
// all where that is little work or nothing else would follow, else as many as are scored
// at once, and the rest beside.
func TestResetThreshold(t *testing.T) {
	const trees = 100
	most := fitAtOnce / trees
	for _, test := range []struct {
		name   string
		o      Options
		rows   int
		forest bool
		scored int
		beside bool // is the rest
	}{
		{"as many as are scored at once", Options{Trees: 1, Contamination: 0.1}, scoreAtOnce, true, scoreAtOnce, false},
		{"one more", Options{Trees: 1, Contamination: 0.1}, scoreAtOnce + 1, true, scoreAtOnce, true},
		{"as many as so many trees score", Options{Trees: trees, Contamination: 0.1}, most, true, most, false},
		{"one more for them", Options{Trees: trees, Contamination: 0.1}, most + 1, true, most, true},
		{"nobody waits", Options{Trees: trees, Contamination: 0.1, Synchronous: true}, 5000, true, 5000, false},
		{"auto asks for none", Options{Trees: trees}, 5000, true, 0, false},
		{"auto, beside others", Options{Trees: trees, Sweep: []float64{0.1}}, 5000, true, most, true},
		{"a forest that is to be fitted", Options{Trees: trees, Contamination: 0.1}, 5000, false, most, false},
		{"more trees than rows can be scored", Options{Trees: 2 * fitAtOnce, Contamination: 0.1}, 2, false, 1, false},
	} {
		test.o.Window, test.o.Warmup, test.o.SampleSize = 8192, 32, 256
		d := withoutWorker(t, test.o)
		observeOne(d, 0)
		g := d.only
		g.window = newWindow(test.o.Window)
		rng := rand.New(rand.NewPCG(1, 2))
		for range test.rows {
			var r row
			for i := range r {
				r[i] = byte(rng.IntN(256))
			}
			g.window.add(&r)
		}
		if test.forest {
			g.forest = d.fit(g.window.all())
		}
		var points []float32
		if test.scored > 0 {
			points = d.mix.points(g.forest, g.window.some(test.scored))
		}
		d.resetThreshold(g)
		own, swept := threshold{contamination: float32(test.o.Contamination)}, newSweep(test.o.Sweep)
		own.start(points)
		swept.start(points)
		if is := &g.threshold; is.share != own.share || is.points != own.points {
			t.Errorf("%s: Contamination %v begins at %v points of %v rows, want %v of %v", test.name, is.contamination, is.points, is.share.total, own.points, own.share.total)
		}
		if !slices.Equal(g.sweep.tallies, swept.tallies) || !slices.Equal(g.sweep.count, swept.count) {
			t.Errorf("%s: the contaminations of %v begin with %+v, want %+v", test.name, test.o.Sweep, g.sweep.tallies, swept.tallies)
		}
		if g.provisional != test.beside || g.fitting != test.beside {
			t.Errorf("%s: provisional %v, fitting %v, want %v", test.name, g.provisional, g.fitting, test.beside)
		}
	}
}

// TestSomeRows: some of a window are from all over it.
func TestSomeRows(t *testing.T) {
	w := newWindow(3 * rowsAtOnce)
	for i := range 2*rowsAtOnce + 100 {
		w.add(&row{byte(i / 100)})
	}
	some := w.some(50)
	for i, r := range some {
		if want := byte(i * w.len() / 50 / 100); r[0] != want {
			t.Errorf("row %d of %d is the %d hundredth, want %d", i, len(some), r[0], want)
		}
	}
}

func rowsOf(r refit) int { return len(slices.Concat(r.pieces...)) }

// TestFirstFitInBackground plays the background: a fit that fails, one that
// comes late; no record is judged before there is a forest, and none after it
// is not.
func TestFirstFitInBackground(t *testing.T) {
	const warmup = 10_000
	o := Options{Warmup: warmup, Window: warmup, Trees: 100, SampleSize: 256, Contamination: 0.02, Sweep: []float64{0, 0.1}}
	d := withoutWorker(t, o)
	i := 0
	untilRefit := func() refit {
		t.Helper()
		for {
			if observeOne(d, i).Judged {
				t.Fatalf("record %d is judged without a forest", i)
			}
			i++
			select {
			case r := <-d.refits:
				return r
			default:
			}
			if i > 3*warmup {
				t.Fatalf("no refit in %d records", i)
			}
		}
	}
	untilRefit().to <- fitted{} // failed
	first := i
	r := untilRefit()
	if i-first > warmup+10 {
		t.Errorf("after a fit that failed the next came %d records later", i-first)
	}
	done := d.fitOrFail(r)
	if done.forest == nil || len(done.points) != rowsOf(r) || !slices.IsSorted(done.points) {
		t.Fatalf("a forest: %v, %d points of %d rows, in order: %v", done.forest != nil, len(done.points), rowsOf(r), slices.IsSorted(done.points))
	}
	r.to <- done
	for range 10 {
		if !observeOne(d, i).Judged {
			t.Fatalf("record %d is not judged, the forest is there", i)
		}
		i++
	}
	g := d.only
	for _, s := range []struct {
		contamination float32
		points        float32
	}{{0.02, g.threshold.points}, {0.1, g.sweep.tallies[1].points()}} {
		n := float32(len(done.points))
		if want := done.points[int(n*(1-s.contamination))-1]; s.points < want-3 || s.points > want+3 {
			t.Errorf("contamination %v: threshold of %.2f points after 10 records, begun at %.2f", s.contamination, s.points, want)
		}
	}
	if g.sweep.auto.points < scale || g.sweep.auto.points > scale+floodMost {
		t.Errorf("contamination auto: threshold of %.2f points", g.sweep.auto.points)
	}
}

// TestSnapshotBeforeTheFirstForest takes a snapshot while the first forest is
// being fitted: who goes on from it fits it anew.
func TestSnapshotBeforeTheFirstForest(t *testing.T) {
	o := Options{Warmup: 512, Window: 512, Trees: 100, SampleSize: 256}
	d := withoutWorker(t, o)
	for i := range 600 {
		observeOne(d, i)
	}
	if d.only.forest != nil || !d.only.fitting {
		t.Fatal("this test wants a fit in the background")
	}
	var b bytes.Buffer
	if err := d.WriteSnapshot(&b, "test", time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	e := withoutWorker(t, o)
	if _, err := e.Restore(&b); err != nil {
		t.Fatal(err)
	}
	observeOne(e, 600)
	if len(e.refits) != 1 {
		t.Error("the first record after a restart begins no fit")
	}
}

// TestPointsOfManyRows: the points that a threshold begins with are those that
// records of these rows get.
func TestPointsOfManyRows(t *testing.T) {
	d := withoutWorker(t, Options{Warmup: 256, Window: 1000, Trees: 100, SampleSize: 256})
	for i := range 1000 {
		observeOne(d, i)
	}
	g := d.only
	for _, f := range []bool{true, false} {
		if !f {
			g.forest = nil
		}
		var want []float32
		for _, r := range g.window.all() {
			want = append(want, d.mix.strangeness(g.forest, &r))
		}
		slices.Sort(want)
		if !slices.Equal(d.mix.points(g.forest, g.window.all()), want) {
			t.Errorf("with a forest: %v; the points of the window are not those of its rows", f)
		}
	}
}

// TestWindow holds the window against a ring that is one slice, and copies and
// saves it at every size on the way.
func TestWindow(t *testing.T) {
	for _, size := range []int{16, 300, rowsAtOnce, rowsAtOnce + 1, 3*rowsAtOnce - 1} {
		w, room := newWindow(size), windowRoom(size/2)
		var want []row
		for i := range 2*size + size/2 {
			r := row{uint8(i), uint8(i >> 8), uint8(i >> 16)}
			w.add(&r)
			if len(want) < size {
				want = append(want, r)
			} else {
				want[i%size] = r
			}
			if i%(size/5+1) != 0 && i+1 != size {
				continue
			}
			room.copyFrom(&w)
			c := codec.Codec{}
			w.carry(&c)
			c.Reading = true
			read := newWindow(size)
			if read.carry(&c); c.Err != nil || len(c.B) > 0 {
				t.Fatalf("%v, %d bytes left", c.Err, len(c.B))
			}
			for name, got := range map[string]*window{"window": &w, "copy": &room, "window read": &read} {
				if !slices.Equal(got.all(), want) || got.len() != len(want) || got.next != w.next || got.size != size {
					t.Fatalf("size %d: the %s after %d rows holds %d rows or others", size, name, i+1, got.len())
				}
			}
		}
	}
}
