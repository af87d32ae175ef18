package detector_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// sameInAnyOrder has events go to a detector as they are, and to another one with
// their fields in any order: the verdicts must be the same.
func sameInAnyOrder(t *testing.T, events func(i int, ev *detector.Event), n int) (flagged int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 3))
	one, other := newDetector(t, nil), newDetector(t, nil)
	for i := range n {
		var ev detector.Event
		var got, want detector.Verdict
		events(i, &ev)
		one.Observe(&ev, &want)
		want.Reason = bytes.Clone(want.Reason)
		rng.Shuffle(len(ev.Fields), func(a, b int) { ev.Fields[a], ev.Fields[b] = ev.Fields[b], ev.Fields[a] })
		if other.Observe(&ev, &got); !reflect.DeepEqual(got, want) {
			t.Fatalf("record %d: %+v %q, with its fields in another order %+v %q", i+1, want, want.Reason, got, got.Reason)
		}
		if want.Anomaly {
			flagged++
		}
	}
	return flagged
}

// The order in which a record's fields come does not matter, neither for the verdict
// nor for what is learned.
func TestFieldOrder(t *testing.T) {
	for _, log := range []func(uint64) func() string{shopLog, accessLog} {
		w := watch(t, log(22), 0)
		flagged := sameInAnyOrder(t, func(i int, ev *detector.Event) {
			line := w.next()
			switch i % 500 {
			case 499:
				line = changed("status", "503", "user", `"() { :; };"`, "zone", `"b"`)
			case 498:
				line = changed("error", `"connection reset by peer"`, "cause", `"pool exhausted"`, "bytes", `"-"`)
			}
			w.reader.Line([]byte(line), ev)
		}, 6000)
		if flagged < 2 {
			t.Errorf("%d of 24 strange records are flagged, those of their kind first of all", flagged)
		}
	}
}

// Where more categories are in a record than are compared, those that are do not
// depend on the order either; nor does which of some pairs that never met is told.
func TestFieldOrderOfManyCategories(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	flagged := sameInAnyOrder(t, func(i int, ev *detector.Event) {
		for k := range 30 {
			v := rng.IntN(3)
			if k%2 == 1 { // as the one before, but in a few records
				v = int(ev.Fields[k-1].Value[0] - 'a')
				if i > 3000 && i%200 == 0 {
					v = (v + 1) % 3
				}
			}
			addField(ev, fmt.Sprintf("field%d", k), string(rune('a'+v)))
		}
	}, 5000)
	if flagged < 1 {
		t.Error("none of 10 records in which values meet that never met is flagged")
	}
}
