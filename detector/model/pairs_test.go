package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
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
