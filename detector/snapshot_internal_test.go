package detector

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
)

// TestStateCarriesEveryField fills what a group has beside its model with random
// numbers, writes and reads it, and compares.
func TestStateCarriesEveryField(t *testing.T) {
	o := Options{Window: 64, Warmup: 1}
	want := newState(&o)
	want.records, want.nextRefit, want.refitAt, want.refitFrom = 11, 12, 13, 14
	want.threshold = threshold{contamination: 0.25, points: 3, extra: [model.Storms]float32{1, 2, 3}, now: 5}
	want.threshold.share.tally = tally{judged: 4, over: 2, at: 7, total: 8, above: 9, weight: 10}
	want.threshold.share.count[5] = 6
	rng := rand.New(rand.NewPCG(1, 2))
	for range 70 {
		var r row
		for i := range r {
			r[i] = uint8(rng.Uint32())
		}
		want.window.add(&r)
	}
	c := codec.Codec{}
	want.carry(&c)
	c.Reading = true
	got := newState(&o)
	if got.carry(&c); c.Err != nil || len(c.B) > 0 {
		t.Fatalf("%v, %d bytes left", c.Err, len(c.B))
	}
	if !reflect.DeepEqual(got.window, want.window) || got.threshold != want.threshold ||
		got.records != 11 || got.nextRefit != 12 || got.refitAt != 13 || got.refitFrom != 14 {
		t.Errorf("%+v, want %+v", got, want)
	}
	// Ranks are of the log at hand, and not carried.
	for name, fields := range map[reflect.Type]int{reflect.TypeFor[state](): 8, reflect.TypeFor[threshold](): 5 + len([]string{"ranks"}), reflect.TypeFor[share](): 2, reflect.TypeFor[tally](): 6, reflect.TypeFor[window](): 3} {
		if name.NumField() != fields {
			t.Errorf("%v has %d fields, this test knows %d: list the new one in its carry, and here", name, name.NumField(), fields)
		}
	}
}

// TestStepKeepsToItsBudget: what is copied at a record is bounded, however many groups
// wait and although there is room for more.
func TestStepKeepsToItsBudget(t *testing.T) {
	d, err := New(Options{MaxGroups: 8, Trees: 10, SampleSize: 16, Window: 64, Warmup: 16, RefitRecords: 1000, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range 8 * 40 {
		d.Observe(&Event{Group: []byte{'a' + byte(i%8)}, Message: []byte("INFO parcel scanned")}, new(Verdict))
	}
	s := d.NewSnapshot("test", time.Time{})
	for range copies {
		s.free <- s.newCopied()
	}
	if waiting := len(s.groups); s.Step(1) || waiting != 8 || len(s.groups) != 7 {
		t.Errorf("of %d groups %d wait behind a step of a byte, want 7 of 8", waiting, len(s.groups))
	}
	s.Cancel()
}

// TestCopyOfWhatIsBeingFitted: a forest that is being fitted is not in a snapshot, and so
// who reads it fits one at once; else the next one is as far off as it was.
func TestCopyOfWhatIsBeingFitted(t *testing.T) {
	d, err := New(Options{Warmup: 1, Window: 16, Trees: 1, SampleSize: 2, RefitRecords: 100, MaxGroups: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for fitting, want := range map[bool]int{true: 40, false: 500} {
		g := d.newGroup("shop")
		g.records, g.nextRefit, g.fitting = 40, 500, fitting
		var c copied
		c.take(g)
		if c.name != "shop" || c.state.records != 40 || c.state.nextRefit != want || g.nextRefit != 500 {
			t.Errorf("being fitted %t: %q, %d records, the next fit at %d, want %d; the group's own is at %d", fitting, c.name, c.state.records, c.state.nextRefit, want, g.nextRefit)
		}
	}
}
