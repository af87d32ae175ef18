package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// textFields are fields with a name and a value each.
func textFields(of ...string) (list []Field) {
	for i := 0; i < len(of); i += 2 {
		list = append(list, Field{Name: []byte(of[i]), Kind: Text, Value: []byte(of[i+1])})
	}
	return list
}

func nameOf(name string) uint32 { return uint32(hashBytes(nameSeed, []byte(name))) }

// TestWhatFollows: which fields follow from which is found out. What follows from one in between is
// not looked at, nor the way back; what has nothing to do with others, and what has one value, is not.
func TestWhatFollows(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 4))
	m, o := New(), new(Observation)
	for range 6000 {
		pod := rng.IntN(60)
		node := pod % 12
		observe(&m, o, textFields("pod", fmt.Sprint("p", pod), "address", fmt.Sprint("a", pod), "node", fmt.Sprint("n", node), "zone", fmt.Sprint("z", node%3),
			"verb", fmt.Sprint("v", rng.IntN(5)), "cluster", "one", "trace", fmt.Sprintf("%016x", rng.Uint64())))
	}
	d := &m.dependencies
	one, other := "pod", "address" // they say the same
	if !d.has(nameOf(one), nameOf("node")) {
		one, other = other, one
	}
	want := map[[2]string]bool{{one, other}: true, {one, "node"}: true, {"node", "zone"}: true}
	names := []string{"pod", "address", "node", "zone", "verb", "cluster", "trace"}
	for _, a := range names {
		for _, b := range names {
			if got := d.has(nameOf(a), nameOf(b)); got != want[[2]string{a, b}] {
				t.Errorf("%s follows from %s: %v", b, a, got)
			}
		}
	}
}

// TestWhatFollowsNoMore: a field that begins to change as it likes is given up, and nothing is left of
// it; one that changed a few times is not.
func TestWhatFollowsNoMore(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 5))
	m, o := New(), new(Observation)
	record := func(moved int) {
		user := rng.IntN(200)
		home := user % 9
		if user < moved {
			home = rng.IntN(9)
		}
		observe(&m, o, textFields("user", fmt.Sprint("u", user), "home", fmt.Sprint("h", home), "verb", fmt.Sprint("v", rng.IntN(5))))
	}
	for range 6000 {
		record(0)
	}
	d := &m.dependencies
	if !d.has(nameOf("user"), nameOf("home")) {
		t.Fatal("it does not follow")
	}
	for range 2000 {
		record(3)
	}
	if !d.has(nameOf("user"), nameOf("home")) {
		t.Error("three users who move are too many")
	}
	for range 4000 {
		record(200)
	}
	if d.of != [dependencyLimit]dependency{} || slices.ContainsFunc(d.owners, func(w owner) bool { return w != owner{} }) {
		t.Errorf("something is left: %+v", d.of[0])
	}
}

// TestOwnersMakeRoom: one that comes no more gives its room to another, which comes more often.
func TestOwnersMakeRoom(t *testing.T) {
	d := dependencies{owners: make([]owner, ownerLimit)}
	d.of[1] = dependency{name: 3, dependents: [maxDependents]dependent{{name: 5}}}
	var o Observation
	come := func(key uint32, value uint64) {
		o.owned[0], o.nowned = owned{key: key, room: 7, of: 1, values: value}, 1
		d.learn(&o, false)
	}
	for range 4 {
		come(9, 2)
		come(25, 3) // wants its room
	}
	if w := d.owners[7]; w != (owner{key: 9, seen: 3, values: 2}) {
		t.Errorf("%+v: what comes first and as often has the room", w)
	}
	come(41, 3)
	for range 9 {
		come(41, 3) // a run is one
	}
	if w := d.owners[7]; w != (owner{key: 41, worth: 1, values: 3}) {
		t.Errorf("%+v behind a run", w)
	}
	if to := d.of[1].dependents[0]; to.drawn != 3 || to.alike != 0 || to.last != (drawn{41, 3}) {
		t.Errorf("%+v", to)
	}
}

// TestPointsOfWhatIsNotItsOwners: from leastDrawn on the first is told, and each asks for more than
// the one before.
func TestPointsOfWhatIsNotItsOwners(t *testing.T) {
	for _, c := range []struct {
		of      dependent
		strange bool
	}{
		{dependent{}, false},
		{dependent{drawn: leastDrawn}, true},
		{dependent{drawn: 2 * leastDrawn, alike: leastDrawn + 1}, false},
		{dependent{drawn: 2 * leastDrawn, broken: 1}, false},
		{dependent{drawn: 8 * leastDrawn, broken: 1}, true},
		{dependent{drawn: 8 * leastDrawn, broken: 3}, false},
	} {
		if got := c.of.points(leastDrawn) >= Strange; got != c.strange {
			t.Errorf("%+v: %v", c.of, got)
		}
	}
}

// TestDependenciesAreCarried: all that is known of those in use, and of their owners; in a merge those
// of the later log.
func TestDependenciesAreCarried(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 6))
	random := func() (d dependencies) {
		d.owners = make([]owner, ownerLimit)
		for i := range 3 {
			d.of[2*i] = dependency{name: rng.Uint32() | 1, last: rng.Uint32()}
			for j := range 2 {
				d.of[2*i].dependents[3*j] = dependent{rng.Uint32() | 1, rng.Float32(), rng.Float32(), rng.Float32(), drawn{rng.Uint32(), uint8(rng.Uint32())}}
			}
		}
		for range 90 {
			d.owners[rng.IntN(ownerLimit)] = owner{rng.Uint32() | 1, uint16(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), rng.Uint64()}
		}
		return d
	}
	a, b := random(), random()
	for _, want := range []dependencies{a, {}} {
		var to, from codec.Codec
		want.carry(&to)
		from.B, from.Reading = to.B, true
		var got dependencies
		if got.carry(&from); from.Err != nil || len(from.B) != 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %d bytes are left: something else is read", from.Err, len(from.B))
		}
	}
	for _, c := range []struct {
		own, other dependencies
		later      bool
		want       dependencies
	}{{a, b, true, b}, {a, b, false, a}, {a, dependencies{}, true, a}, {dependencies{}, b, false, b}} {
		got := c.own
		got.merge(&c.other, c.later)
		if got.of != c.want.of || !slices.Equal(got.owners, c.want.owners) {
			t.Errorf("later %v: others are there", c.later)
		}
	}
}
