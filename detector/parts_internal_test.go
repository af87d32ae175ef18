package detector

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestLevelsWeigh: of the points beyond the threshold, all count at a level of failure or
// none, a part at what is routine; what counted can be told from that.
func TestLevelsWeigh(t *testing.T) {
	for l := range pattern.Level(pattern.Levels) {
		want := float32(1)
		switch l {
		case pattern.LevelTrace, pattern.LevelDebug:
			want = debugPart
		case pattern.LevelInfo, pattern.LevelNotice:
			want = infoPart
		}
		if got := partOf(l); got != want {
			t.Errorf("%s: %v, want %v", l, got, want)
		}
		for points, want := range map[float32]float32{scale - 3: scale - 3, scale: scale, scale + 3*partOf(l): scale + 3} {
			if got := whole(points, partOf(l)); math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("%s: %v points were %v, want %v", l, points, got, want)
			}
		}
	}
	for points, want := range map[float32]float64{0: 0, scale: 0.5, 2 * scale: 0.75, 3 * scale: 0.875} {
		if got := score(points); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v points are a score of %v, want %v", points, got, want)
		}
	}
}

// TestMixByItsDefinition: the norm of the features and what the forest adds, of one row
// as of many, remembered or not.
func TestMixByItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]row, 700)
	for i := range rows {
		for f := range model.Features {
			rows[i][f] = uint8(rng.IntN(256) >> rng.IntN(8))
		}
	}
	d, err := New(Options{Warmup: 1, Window: 1024, Trees: 10, SampleSize: 64, RefitRecords: 1, MaxGroups: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f := d.fit(rows)
	for _, with := range []bool{false, true} {
		var want []float32
		remembered := newMemo(groupMemoBits)
		forest := f
		if !with {
			forest = nil
		}
		for i := range rows {
			sum := 0.0
			for k := range model.Features {
				sum += math.Pow(float64(rows[i][k])/8, 2.6)
			}
			points := math.Pow(sum, 1/2.6)
			if with {
				points += 4.7 * f.Score(&rows[i])
			}
			got := d.mix.strangeness(forest, &rows[i])
			if math.Abs(float64(got)-points) > 1e-3 {
				t.Fatalf("with a forest: %v: row %d has %v points, want %v", with, i, got, points)
			}
			for range 3 {
				if p, s := remembered.strangeness(&d.mix, forest, &rows[i]); p != got || s != score(got) {
					t.Fatalf("row %d is remembered with %v points and a score of %v", i, p, s)
				}
			}
			want = append(want, got)
		}
		slices.Sort(want)
		if got := d.mix.points(forest, rows); !slices.Equal(got, want) {
			t.Errorf("with a forest: %v: of many rows the points are others than of each", with)
		}
		// What is remembered is of one forest.
		remembered.forget()
		if p, _ := remembered.strangeness(&mix{}, nil, &rows[0]); p != 0 {
			t.Errorf("what was to be forgotten has %v points", p)
		}
	}
}

// TestRanksFlagExactlyAShare, the strangest, wherever several are as strange.
func TestRanksFlagExactlyAShare(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	points := make([]float32, 1000)
	all := ranks{counts: map[uint32]int{}}
	for i := range points {
		points[i] = float32(rng.IntN(40)) / 2
		all.add(points[i])
	}
	sorted := slices.Sorted(slices.Values(points))
	for _, share := range []float32{0.001, 0.01, 0.0134, 0.1, 0.3, 0.499, 1} {
		want := int(math.Round(float64(share) * 1000))
		r := all.strangest(share)
		flagged, least, most := 0, float32(100), float32(0)
		for _, p := range points {
			among := r.among(p)
			if r.take(p) != among {
				t.Fatal("among and take differ")
			}
			if among {
				flagged++
				least = min(least, p)
			} else {
				most = max(most, p)
			}
		}
		if flagged != want || least < most || least != sorted[1000-want] {
			t.Errorf("a share of %v: %d are flagged, want %d; from %v points on, others have up to %v", share, flagged, want, least, most)
		}
		if r.take(sorted[1000-want]) || want < 1000 && !r.take(1000) {
			t.Errorf("a share of %v: one more as strange as the least, or none that is stranger", share)
		}
	}
	if none := all.strangest(0); none.take(sorted[999]) {
		t.Error("of a share of nothing, one is flagged")
	}
	empty := ranks{counts: map[uint32]int{}}
	if empty.strangest(0.5).take(100) {
		t.Error("of nothing, one is flagged")
	}
}

// TestShareIsKept over a stream, with weights that are brought down on the way, however the
// points are spread.
func TestShareIsKept(t *testing.T) {
	for _, contamination := range []float32{0.4, 0.1, 0.01} {
		for name, draw := range map[string]func(rng *rand.Rand, i int) float32{
			"spread":     func(rng *rand.Rand, _ int) float32 { return rng.Float32() * 60 },
			"few values": func(rng *rand.Rand, _ int) float32 { return float32(rng.IntN(3)) },
			"all alike":  func(*rand.Rand, int) float32 { return 5 },
			"rising":     func(rng *rand.Rand, i int) float32 { return rng.Float32() * float32(i) / 1000 },
			"extreme":    func(rng *rand.Rand, _ int) float32 { return float32(rng.IntN(2)) * 1e6 },
		} {
			rng := rand.New(rand.NewPCG(5, 6))
			var s share
			s.start(contamination, nil)
			const n = 20_000
			flagged := 0
			for i := range n {
				p := draw(rng, i)
				reaches := s.reaches(contamination, p)
				if s.flag(contamination, p) != reaches {
					t.Fatal("reaches and flag differ")
				}
				if reaches {
					flagged++
				}
				if i%7 != 0 {
					continue
				}
				above := float32(0)
				for _, c := range s.count[s.at+1:] {
					above += c
				}
				if math.Abs(float64(above-s.above)) > 1e-3*float64(s.total) {
					t.Fatalf("%v, %s: behind %d records %v are above the class, it says %v", contamination, name, i+1, above, s.above)
				}
			}
			if got := float32(flagged) / n; math.Abs(float64(got-contamination)) > 0.02*float64(contamination)+20.0/n {
				t.Errorf("%v, %s: a share of %v is flagged", contamination, name, got)
			}
			if math.Abs(float64(s.over)-(float64(flagged)-float64(contamination)*n)) > 1 || s.judged != n || s.weight > heaviest*1.2 {
				t.Errorf("%v, %s: %v are owed, of %d flagged of %d; a weight of %v", contamination, name, s.over, flagged, s.judged, s.weight)
			}
			above := float32(0)
			for _, c := range s.count[s.at+1:] {
				above += c
			}
			if math.Abs(float64(above-s.above)) > 1e-3*float64(s.total) {
				t.Errorf("%v, %s: %v are above, want %v of %v", contamination, name, s.above, above, s.total)
			}
		}
	}
}

// TestShareBegins with the rows learned from, each of which counts as much as the horizon
// leaves for it.
func TestShareBegins(t *testing.T) {
	for _, c := range []struct {
		rows          int
		contamination float32
		total         float32
	}{{0, 0.1, 0}, {10, 0.1, 10}, {40, 0.1, 40}, {80, 0.1, 40}, {4000, 0.1, 40}, {4000, 0.01, 400}} {
		points := make([]float32, c.rows)
		for i := range points {
			points[i] = float32(i) / float32(c.rows) * 50
		}
		var s share
		s.start(c.contamination, points)
		if math.Abs(float64(s.total-c.total)) > 0.01*float64(c.total) {
			t.Errorf("%d rows at %v: %v count, want %v", c.rows, c.contamination, s.total, c.total)
		}
		if c.rows < 40 {
			continue
		}
		if want := 50 * (1 - c.contamination); math.Abs(float64(s.points()-want)) > 1.5 {
			t.Errorf("%d rows at %v: flagged from %v points on, want %v", c.rows, c.contamination, s.points(), want)
		}
	}
	for points, want := range map[float32]uint16{-1: 0, 0: 0, 0.124: 0, 0.125: 1, 1: 8, 63.9: 511, 64: 511, 1e9: 511} {
		if got := pointClass(points); got != want {
			t.Errorf("%v points are of the class %d, want %d", points, got, want)
		}
	}
	// How many flags may be owed: a fifth of those that were due, within bounds.
	for judged, want := range map[uint32]float32{0: 1, 49: 1, 50: 1, 100: 2, 400: 8, 800: 16, 1e6: 16} {
		if got := (&tally{judged: judged}).room(0.1); math.Abs(float64(got-want)) > 1e-4 {
			t.Errorf("of %d at 0.1: room for %v, want %v", judged, got, want)
		}
	}
	for _, c := range []struct {
		points, over float32
		want         bool
	}{
		{2, 0, true}, {1, 0, false}, {1, -1, true}, {1, -0.9, false}, {0.9, -5, false}, {2, 1, false}, {2, 0.9, true},
	} {
		s := tally{at: pointClass(1), over: c.over}
		if got := s.reaches(0.1, pointClass(c.points)); got != c.want {
			t.Errorf("%v points where %v are flagged beyond what is due: %v", c.points, c.over, got)
		}
	}
	if a, b := (&tally{at: 8, over: -1}).points(), (&tally{at: 8}).points(); a != 1 || b != 1.125 {
		t.Errorf("flagged from %v, and from %v", a, b)
	}
}

// TestFloods: each flag raises the bar, as far as it goes; it comes down by records and by
// time, and less of it holds for other kinds of lines.
func TestFloods(t *testing.T) {
	near := func(got, want float32) bool { return math.Abs(float64(got-want)) < 0.01 }
	flood := func() *threshold {
		th := &threshold{points: scale}
		for range 10 {
			if !th.flag(scale+floodMost+1, 1, 0, 1, false) {
				t.Fatal("what is strange enough is not flagged in a storm")
			}
		}
		return th
	}
	th := &threshold{points: scale}
	if th.flag(scale-0.01, 1, 0, 1, false) || !th.reaches(scale) || th.reaches(scale-0.01) {
		t.Error("the bar is somewhere else than at the scale")
	}
	if !th.flag(scale, 1, 0, 1, false) || !near(th.points, scale+floodStep) {
		t.Errorf("behind a flag it is at %v", th.points)
	}
	th = flood()
	if !near(th.extra[1], floodMost) || !near(th.points, scale+floodMost) {
		t.Errorf("in a storm it is at %v", th.points)
	}
	if th.flag(scale+floodMost-0.2, 1, 0, 1, false) {
		t.Error("one below the bar is flagged")
	}
	if th = flood(); !th.flag(scale+floodMost*floodOther, 1, 0, 2, false) {
		t.Error("an error among new lines is held back by more than half of the bar")
	}
	if th = flood(); th.flag(scale+floodMost*floodOther*0.9, 1, 0, 2, false) {
		t.Error("it is not held back at all")
	}
	if th = flood(); !th.flag(scale+floodMost*0.5, 0.5, 0, 1, false) || th.flag(scale+floodMost*0.4, 0.5, 0, 1, false) {
		t.Error("of points of which a half counts, not a half of the bar holds")
	}
	// What goes on is not told, and raises nothing.
	th = &threshold{points: scale}
	if th.flag(scale, 1, 0, 1, true) || th.extra[1] != 0 || th.points != scale {
		t.Errorf("what goes on is told, or raises the bar: %v, %v", th.extra, th.points)
	}
	// Half is left after so many records, or after a day.
	th = flood()
	for range 40 {
		th.sink(0)
	}
	if !near(th.extra[1], floodMost/2) {
		t.Errorf("after 40 records %v is left of %v", th.extra[1], float32(floodMost))
	}
	const noon = 12 * time.Hour
	th = flood()
	th.sink(noon)
	th.extra[1] = floodMost
	th.sink(noon + 24*time.Hour)
	if !near(th.extra[1], floodMost/2*floodDecay) {
		t.Errorf("after a day %v is left of %v", th.extra[1], float32(floodMost))
	}
	for name, at := range map[string]time.Duration{"none": 0, "an earlier one": noon} {
		th.extra[1] = floodMost
		if th.sink(at); !near(th.extra[1], floodMost*floodDecay) {
			t.Errorf("with a time that is %s %v is left", name, th.extra[1])
		}
	}
	if th.now != noon {
		t.Errorf("it is %v", th.now)
	}
	th.extra[1] = floodMost
	if th.sink(1 << 62); th.extra[1] != 0 {
		t.Errorf("after ages %v is left", th.extra[1])
	}
	th.extra[1] = floodLeast
	if th.sink(0); th.extra[1] != 0 {
		t.Errorf("next to nothing is left: %v", th.extra[1])
	}
	th.start(nil)
	if th.points != scale {
		t.Errorf("it starts at %v", th.points)
	}
}

// TestWindowIsARing of the rows seen last.
func TestWindowIsARing(t *testing.T) {
	numbered := func(n int) (r row) {
		r[0], r[1], r[2] = byte(n), byte(n>>8), byte(n>>16)
		return r
	}
	number := func(r row) int { return int(r[0]) | int(r[1])<<8 | int(r[2])<<16 }
	for _, size := range []int{1, 16, 256, rowsAtOnce, rowsAtOnce + 1, 2*rowsAtOnce + 7} {
		w := newWindow(size)
		for n := range 2*size + size/2 {
			r := numbered(n)
			w.add(&r)
			if w.len() != min(n+1, size) {
				t.Fatalf("of %d, after %d there are %d rows", size, n+1, w.len())
			}
			if n != size/2 && n != size-1 && n != size && n != 2*size+size/2-1 {
				continue
			}
			all := w.inOrder()
			for i, r := range all {
				if want := n + 1 - len(all) + i; number(r) != want {
					t.Fatalf("of %d, after %d row %d is %d, want %d", size, n+1, i, number(r), want)
				}
			}
			room := windowRoom(3)
			room.copyFrom(&w)
			if !slices.Equal(room.all(), w.all()) || room.next != w.next || room.size != w.size || room.len() != w.len() {
				t.Fatalf("of %d: a copy is another one", size)
			}
			some := w.some(min(w.len(), 7))
			for i, r := range some {
				if at := i * w.len() / len(some); r != w.all()[at] {
					t.Fatalf("of %d: the %d. of some is not row %d", size, i, at)
				}
			}
			// It can be written and read.
			c := codec.Codec{}
			w.carry(&c)
			c.Reading = true
			got := newWindow(size)
			if got.carry(&c); c.Err != nil || len(c.B) != 0 || !slices.Equal(got.all(), w.all()) || got.next != w.next {
				t.Fatalf("of %d: read again, it is another one: %v", size, c.Err)
			}
		}
	}
	if r := windowRoom(rowsAtOnce + 5); len(r.pieces) != 2 || len(r.pieces[0]) != rowsAtOnce || len(r.pieces[1]) != 5 {
		t.Errorf("room in %d pieces", len(r.pieces))
	}
	// Two are merged: those seen last of each, by their share.
	for _, c := range []struct {
		own, others, size int
		share             float64
		wantOwn, want     int // of others
	}{{3, 4, 10, 0.5, 3, 4}, {10, 10, 10, 0.3, 7, 3}, {10, 2, 10, 0.5, 8, 2}, {2, 10, 10, 0.5, 2, 8}, {10, 10, 10, 1, 0, 10}, {10, 10, 10, 0, 10, 0}} {
		own, others := newWindow(c.size), newWindow(c.size)
		for n := range c.own {
			r := numbered(n)
			own.add(&r)
		}
		for n := range c.others {
			r := numbered(1000 + n)
			others.add(&r)
		}
		own.merge(&others, c.share)
		var got []int
		for _, r := range own.inOrder() {
			got = append(got, number(r))
		}
		var want []int
		for n := c.own - c.wantOwn; n < c.own; n++ {
			want = append(want, n)
		}
		for n := c.others - c.want; n < c.others; n++ {
			want = append(want, 1000+n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
	}
}

// TestFitsAtOnce: what is done at a record is bounded, by the trees, their rows and those
// of the window.
func TestFitsAtOnce(t *testing.T) {
	for _, c := range []struct {
		trees, sample, rows int
		want                bool
	}{
		{100, 256, 256, true}, {100, 256, 399, true}, {100, 256, 400, false}, {128, 256, 256, true}, {129, 256, 256, false},
		{1, 256, 1024, true}, {1, 256, 1025, false}, {100, 8, 256, true}, {64, 1024, 512, true}, {65, 1024, 512, false}, {64, 512, 512, true},
	} {
		o := Options{Trees: c.trees, SampleSize: c.sample}
		if got := o.fitsAtOnce(c.rows); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestCanonicalNames: one that is too long is kept by its beginning and its hash.
func TestCanonicalNames(t *testing.T) {
	d := &Detector{}
	const longest = 256 // as the documentation has it
	canonical := func(name string) string { return string(d.canonical([]byte(name))) }
	long := strings.Repeat("n", longest)
	if got := canonical(long); got != long {
		t.Errorf("a name of %d bytes is kept as one of %d", len(long), len(got))
	}
	a := canonical(long + "a")
	b := canonical(long + "b")
	if a == b || len(a) != longest || !strings.HasPrefix(a, long[:longest-36]+"... ") {
		t.Errorf("%q and %q", a, b)
	}
	if again := canonical(long + "a"); again != a {
		t.Errorf("%q, and then %q", a, again)
	}
	// Beyond what is read of a message, nothing is.
	for length, same := range map[int]bool{pattern.MaxBytes: true, pattern.MaxBytes - 1: false} {
		name := strings.Repeat("m", length)
		a := canonical(name + "a")
		if b := canonical(name + "b"); (a == b) != same {
			t.Errorf("names that differ in byte %d are the same: %v", length+1, a == b)
		}
	}
}

// TestSettingsOfTwo: what one of them does not say fits.
func TestSettingsOfTwo(t *testing.T) {
	one := []Setting{{"Seed", "1"}, {"Trees", "100"}}
	for _, c := range []struct {
		own, other []Setting
		want       string
	}{
		{nil, one, "[{Seed 1} {Trees 100}]"},
		{one, one, "[{Seed 1} {Trees 100}]"},
		{one, []Setting{{"Log_Key", "log"}}, "[{Seed 1} {Trees 100} {Log_Key log}]"},
		{one, []Setting{{"Trees", "7"}, {"Seed", "2"}}, "Trees is 7, of those before it is 100; Seed is 2, of those before it is 1"},
	} {
		got, err := sameSettings(c.own, c.other)
		said := fmt.Sprint(got)
		if err != nil {
			said = strings.Join(err.(*DifferentError).Differences, "; ")
		}
		if said != c.want {
			t.Errorf("%v and %v: %s, want %s", c.own, c.other, said, c.want)
		}
	}
	if one[0].Name != "Seed" || len(one) != 2 {
		t.Error("what was given has changed")
	}
}

// TestSnapshotsOnADiskThatFails: the error of who writes or reads is told as it is, what
// ends too early is damaged.
func TestSnapshotsOnADiskThatFails(t *testing.T) {
	d, err := New(Options{Warmup: 1, Window: 16, Trees: 1, SampleSize: 2, RefitRecords: 1, MaxGroups: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.Learn(&Event{Message: []byte("x")})
	var whole strings.Builder
	if err := d.WriteSnapshot(&whole, "test", time.Unix(7, 0)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is gone")
	for _, n := range []int{0, 1, 10, 100, whole.Len() - 1} {
		if err := d.WriteSnapshot(&failing{left: n, err: broken}, "test", time.Unix(7, 0)); err != broken {
			t.Errorf("written up to byte %d: %v", n, err)
		}
		var m Merger
		if err := m.Add(strings.NewReader(whole.String())); err != nil {
			t.Fatal(err)
		}
		if _, err := m.WriteTo(&failing{left: n, err: broken}, "test", time.Unix(7, 0)); err != broken {
			t.Errorf("merged and written up to byte %d: %v", n, err)
		}
		if _, err := Inspect(io.MultiReader(strings.NewReader(whole.String()[:n]), iotest.ErrReader(broken))); err != broken {
			t.Errorf("read up to byte %d: %v", n, err)
		}
		_, err := Inspect(strings.NewReader(whole.String()[:n]))
		if _, ok := errors.AsType[*DamagedError](err); !ok {
			t.Errorf("of %d bytes: %v", n, err)
		}
	}
	c, err := Inspect(strings.NewReader(whole.String()))
	if err != nil || !c.Saved.Equal(time.Unix(7, 0)) || c.Version != "test" || len(c.Groups) != 1 || c.Groups[0].Rows != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	// A part that could not be read again is not written.
	b := blockWriter{w: io.Discard}
	if b.block(blockGroup, func(c *codec.Codec) { c.B = append(c.B, make([]byte, maxBlock)...) }); b.err != nil {
		t.Errorf("the largest part: %v", b.err)
	}
	if b.block(blockGroup, func(c *codec.Codec) { c.B = append(c.B, make([]byte, maxBlock+1)...) }); b.err == nil || !strings.HasPrefix(b.err.Error(), fmt.Sprintf("a block of %d bytes", maxBlock+1)) {
		t.Errorf("one byte more: %v", b.err)
	}
}

// failing is a disk that fails.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	n := min(f.left, len(p))
	if f.left -= n; n < len(p) {
		return n, f.err
	}
	return n, nil
}

// TestContentsOfAWindow: mean, largest and share of what is not 0, of each feature.
func TestContentsOfAWindow(t *testing.T) {
	s := newState(&Options{Window: 16})
	for i := range 4 {
		var r row
		r[0], r[1] = byte(8*i), 16
		s.window.add(&r)
	}
	s.threshold.points = scale
	c := s.contents("web", 77)
	if c.Name != "web" || c.Bytes != 77 || c.Rows != 4 || c.Threshold != 0.5 || len(c.Features) != int(model.Features) || c.Trees != 0 {
		t.Errorf("%+v", c)
	}
	for i, want := range []FeatureContents{{model.Table[0].Name, 1.5, 3, 0.75}, {model.Table[1].Name, 2, 2, 1}, {model.Table[2].Name, 0, 0, 0}} {
		if c.Features[i] != want {
			t.Errorf("%+v, want %+v", c.Features[i], want)
		}
	}
}

// TestMergedWindow has the rows of both, those seen last of each where there is not room
// for all.
func TestMergedWindow(t *testing.T) {
	const size = 64
	of := func(first, n, records int) *state {
		s := newState(&Options{Window: size})
		for i := range n {
			s.window.add(&row{byte(first + i)})
		}
		s.records = records
		return &s
	}
	for _, c := range []struct {
		own, others, records, of int // rows of each, and how many records they stand for
		want                     []int
	}{
		{10, 20, 10, 20, []int{10, 20}},
		{0, 20, 0, 20, []int{0, 20}},
		{64, 64, 1000, 1000, []int{32, 32}},
		{64, 64, 3000, 1000, []int{48, 16}},
		{64, 10, 1000, 1000, []int{54, 10}},
	} {
		s := of(0, c.own, c.records)
		s.merge(of(100, c.others, c.of))
		got := []int{0, 0}
		var last [2]byte
		for _, r := range s.window.inOrder() {
			got[r[0]/100]++
			last[r[0]/100] = r[0]
		}
		if !slices.Equal(got, c.want) || s.records != c.records+c.of || got[0] > 0 && last[0] != byte(c.own-1) || last[1] != byte(100+c.others-1) {
			t.Errorf("%d rows of %d records and %d of %d: %v are there, the last ones %v; want %v", c.own, c.records, c.others, c.of, got, last, c.want)
		}
	}
}

// TestShareBeginsWithNothing: one that knows no rows counts from its first record on.
func TestShareBeginsWithNothing(t *testing.T) {
	var s share
	for range 10 {
		s.flag(0.1, 1)
	}
	if s.total < 10 || s.count[pointClass(1)] != s.total {
		t.Errorf("of 10 records %v are counted, %v where they are", s.total, s.count[pointClass(1)])
	}
}

// TestAcceptsSaysWhatIsMissing in a file, too.
func TestAcceptsSaysWhatIsMissing(t *testing.T) {
	d := withoutWorker(t, Options{Warmup: 32, Window: 256, Trees: 10, SampleSize: 16})
	all := d.options.settings()
	if err := d.accepts(&header{model: modelVersion, settings: all}); err != nil {
		t.Errorf("its own: %v", err)
	}
	for i, s := range all {
		err := d.accepts(&header{model: modelVersion, settings: slices.Concat(all[:i], all[i+1:])})
		if want := "it does not say its " + s.Name; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v", s.Name, err)
		}
	}
}

// TestUsualOfNothing: who has judged nothing knows no field.
func TestUsualOfNothing(t *testing.T) {
	d := withoutWorker(t, Options{Warmup: 32, Window: 256, Trees: 10, SampleSize: 16})
	if c, ok := d.Usual([]byte("user")); ok {
		t.Errorf("%+v", c)
	}
}
