package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestYoungRecordsBehindAnotherModel: what one model found in a record is none of the next one's,
// which is too young to look for pairs.
func TestYoungRecordsBehindAnotherModel(t *testing.T) {
	learned := func(o *Observation) []byte {
		m, rng := New(), rand.New(rand.NewPCG(16, 4))
		for range youngRecords - 10 {
			observe(&m, o, request(rng))
		}
		c := codec.Codec{}
		m.Carry(&c)
		return c.B
	}
	used := new(Observation)
	other, rng := New(), rand.New(rand.NewPCG(16, 5))
	for range 300 {
		observe(&other, used, request(rng))
	}
	if !bytes.Equal(learned(used), learned(new(Observation))) {
		t.Error("a young model learns from a record of another one")
	}
}

// TestCategoriesThatAreTooMany: of a record with more categories than are compared with each
// other, each of them counts as compared or as one too many, and of the latter nothing is said
// to have never met another.
func TestCategoriesThatAreTooMany(t *testing.T) {
	const many = maxLows + 4
	rng := rand.New(rand.NewPCG(16, 2))
	m := New()
	var o Observation
	names := make([][]byte, many)
	for i := range names {
		names[i] = fmt.Appendf(nil, "field_%02d", i)
	}
	record := func(values func(i int) string) (list []Field) {
		for i, name := range names {
			list = append(list, Field{Name: name, Kind: Text, Value: []byte(values(i))})
		}
		return list
	}
	const n = 3000
	for range n {
		observe(&m, &o, record(func(int) string { return string(rune('p' + rng.IntN(3))) }))
	}
	crowded := 0
	for _, name := range names {
		p := placeOf(&m, string(name))
		if p.compared > 2 && p.crowded > 2 || p.compared+p.crowded < 0.9*n {
			t.Errorf("%s was compared in %v records and one too many in %v, of %d", name, p.compared, p.crowded, n)
		}
		if p.crowded > 2 {
			crowded++
		}
	}
	if crowded != many-maxLows {
		t.Errorf("%d of %d categories were too many, %d wanted", crowded, many, many-maxLows)
	}

	// Where it was one too many in some records alone, its pairs are not told.
	met := func(crowded float32) (points float32) {
		for _, name := range names {
			p := placeOf(&m, string(name))
			p.compared, p.crowded = n, crowded
		}
		m.fields.pairs = newGrams(pairLimit)
		o.SetFields(record(func(int) string { return "p" })[:4])
		for i := range 4 {
			s := &o.fields.list[i]
			s.key = int16(m.fields.keys.find(s.hash))
			o.fields.lows[i] = low{id: s.id(), seen: i}
			m.fields.pairs.count(s.id(), n/3)
			for j := range i {
				a, b := &o.fields.lows[i], &o.fields.lows[j]
				keys := besideKeys(a.id, o.fields.fieldOf(a), b.id, o.fields.fieldOf(b))
				m.fields.pairs.count(keys[0], n/3)
				m.fields.pairs.count(keys[1], n/3)
				m.fields.pairs.count(keys[2], n)
			}
		}
		o.fields.nlows, o.known = 4, nil
		o.fields.rawPair = 0
		m.judgePairs(&o)
		return o.fields.rawPair
	}
	if points := met(0); points == 0 {
		t.Error("two values that never came together are not told")
	}
	if points := met(2 * mostCrowded * n); points > 0 {
		t.Errorf("two that may have are told with %v points", points)
	}
}

// TestPairsOfFieldsThatSeldomMeet: a service that is in most records with a service, and in hardly any of
// those that name a vehicle, meets another vehicle for the first time now and then: that is no news. Of
// records that all have both, it is.
func TestPairsOfFieldsThatSeldomMeet(t *testing.T) {
	for _, each := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(23, 9))
		m, o := New(), new(Observation)
		record := func(service string, vehicle int) []Field {
			f := textFields("service", service, "zone", fmt.Sprint("z", rng.IntN(3)))
			if vehicle >= 0 {
				f = append(f, textFields("vehicle", fmt.Sprint("v", vehicle))...)
			}
			return f
		}
		for i := range 6000 {
			service, vehicle := "geocoder", rng.IntN(20)
			if rng.IntN(2) == 0 {
				service, vehicle = "ingest", 1+rng.IntN(19) // never the first
				if !each && i%200 > 0 {
					vehicle = -1 // of its own queue
				}
			}
			observe(&m, o, record(service, vehicle))
		}
		o.Line = &pattern.Line{}
		o.SetFields(record("ingest", 0))
		if m.Judge(o); o.fields.rawPair >= Strange != each || !each && o.fields.rawPair > 0 {
			t.Errorf("each has both %v: %.1f points", each, o.fields.rawPair)
		}
	}
}
