package model

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// TestStucksAreCarried: all that is known of a place, of those in use.
func TestStucksAreCarried(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 6))
	list := make(stucks, stuckLimit)
	for range 40 {
		var s stuck
		for i := range s.before {
			s.before[i] = uint16(rng.Uint32())
		}
		s.place, s.seen, s.n, s.same, s.value, s.used = rng.Uint32()|1, rng.Uint32(), rng.Float32(), rng.Float32(), uint16(rng.Uint32()), rng.IntN(2) > 0
		s.spell = spell{rng.Uint32(), uint16(rng.Uint32()), uint16(rng.Uint32()), uint16(rng.Uint32())}
		for i := range s.often {
			s.often[i] = often{uint16(rng.Uint32()), uint16(rng.Uint32())}
		}
		list[s.place>>1%stuckLimit] = s
	}
	for _, want := range []stucks{list, nil} {
		var to, from codec.Codec
		want.carry(&to)
		from.B, from.Reading = to.B, true
		var got stucks
		if got.carry(&from); from.Err != nil || len(from.B) != 0 || !slices.Equal(got, want) {
			t.Errorf("%v, %d bytes are left: something else is read", from.Err, len(from.B))
		}
	}
}

// TestStucksMakeRoom: what stood nowhere since the model was aged last gives way, and in a merge
// what is known of a place is added.
func TestStucksMakeRoom(t *testing.T) {
	list := stucks{{place: 3, seen: 9, used: true}, {place: 5, seen: 7}}
	if list.age(); list[0] != (stuck{place: 3, seen: 9}) || list[1] != (stuck{}) {
		t.Errorf("%+v", list)
	}
	other := stucks{{place: 3, seen: 4, n: 5, same: 1, spell: spell{most: 40}}, {place: 8, seen: 2}}
	list[0].n, list[0].spell.largest = 20, 12
	list.merge(other, false)
	if want := (stuck{place: 3, seen: 9, n: 25, same: 1, spell: spell{largest: 40}}); list[0] != want || list[1] != other[1] {
		t.Errorf("%+v, want %+v", list, want)
	}
}

// TestStuckInALine: what is known of a place is read and written with each number.
func TestStuckInALine(t *testing.T) {
	if size := unsafe.Sizeof(stuck{}); size != 64 {
		t.Errorf("it takes %d bytes, a line has 64", size)
	}
}

// TestWhatCameOften: the first of those that come again take their places, and one that does so
// more often drives out another.
func TestWhatCameOften(t *testing.T) {
	var s stuck
	for _, v := range []uint16{1, 2, 3, 4, 1, 1} {
		s.cameOften(v)
	}
	if n := s.cameOften(1); n != 4 {
		t.Errorf("it came %d times, want 4", n)
	}
	s.cameOften(9) // takes one from the least
	s.cameOften(9)
	if n := s.cameOften(9); n != 2 {
		t.Errorf("it came %d times, want 2", n)
	}
}
