package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestSampled takes one record in sampleOne, also of those that come at every so manieth.
func TestSampled(t *testing.T) {
	for stride := uint32(1); stride <= 40; stride++ {
		const of = 40_000
		n := 0
		for i := range uint32(of) {
			if sampled(7 + i*stride) {
				n++
			}
		}
		if share := float64(n) / of * sampleOne; math.Abs(share-1) > 0.05 {
			t.Errorf("of each %d. record, %d of %d are sampled", stride, n, of)
		}
	}
}

// request is a record of a service, seeded.
func request(rng *rand.Rand) []Field {
	text := func(name, value string) Field { return Field{Name: []byte(name), Kind: Text, Value: []byte(value)} }
	return []Field{
		text("method", []string{"GET", "GET", "GET", "POST"}[rng.IntN(4)]),
		text("trace", fmt.Sprintf("%016x", rng.Uint64())),
		text("path", fmt.Sprintf("/p/%d?ref=%d", rng.IntN(1e6), rng.IntN(1e6))),
		{Name: []byte("ms"), Kind: Number, Value: []byte("12"), Number: 10 + 80*rng.Float64()},
		text("reason", "none"),
	}
}

// observe judges a record of those fields and learns from it.
func observe(m *Model, o *Observation, fields []Field) {
	o.Line = &pattern.Line{}
	o.SetFields(fields)
	m.Judge(o)
	m.Learn(o)
}

// placeOf is what is known of a field.
func placeOf(m *Model, name string) *place {
	return &m.fields.keys.all[m.fields.keys.find(hashBytes(nameSeed, []byte(name)))].place
}

// TestSettledPlaces: of what is known well, nothing is found out of a routine value, and
// all of another one; what is counted stays as if each had been.
func TestSettledPlaces(t *testing.T) {
	const records = 20_000
	m, o, rng := New(), new(Observation), rand.New(rand.NewPCG(1, 2))
	for range records {
		observe(&m, o, request(rng))
	}
	place := func(name string) *place { return placeOf(&m, name) }
	for name, want := range map[string]settled{
		"method": {sort: 1 + sortText, category: true, value: uint32((&Field{Value: []byte("GET")}).hash())},
		"trace":  {sort: 1 + sortText, any: true},
		"path":   {sort: 1 + sortText, any: true},
		"ms":     {sort: 1 + sortNumber, any: true},
		"reason": {}, // its words are read with the message, where there is one
	} {
		p := place(name)
		if p.settled != want {
			t.Errorf("%s is %+v, want %+v", name, p.settled, want)
		}
		sort := sortText
		if name == "ms" {
			sort = sortNumber
		}
		if math.Abs(float64(p.n)/records-1) > 0.05 || p.kinds[sort] != p.n {
			t.Errorf("%s: %v values of %d are counted, of their sorts %v", name, p.n, records, p.kinds)
		}
	}
	if p := place("method"); math.Abs(float64(p.usual[0].count/p.n)-0.75) > 0.03 && math.Abs(float64(p.usual[1].count/p.n)-0.75) > 0.03 {
		t.Errorf("of %v methods %v stand there most", p.n, p.usual)
	}
	change := func(at int, f Field) (routine bool) {
		for sampled(m.records) {
			observe(&m, o, request(rng))
		}
		fields := request(rng)
		f.Name = fields[at].Name
		fields[at] = f
		o.Line = &pattern.Line{}
		o.SetFields(fields)
		m.Judge(o)
		return o.fields.routine || o.fields.list[at].routine
	}
	text := func(s string) Field { return Field{Kind: Text, Value: []byte(s)} }
	number := func(n float64) Field { return Field{Kind: Number, Number: n} }
	for _, c := range []struct {
		at      int
		field   Field
		routine bool
	}{
		{0, text("GET"), true}, {0, text("TRACE"), false}, {0, text(""), false}, {0, number(3), false},
		{1, text("00112233445566aa"), true}, {1, text("00112233445566az"), false}, {1, text("00112233445566aa77"), false},
		{2, text("/p/7?ref=8"), true}, {2, text("/p/../?ref=8"), false}, {2, text("/p/7'?ref=8"), false}, {2, text("/p/7?/ref=8"), false},
		{3, number(50), true}, {3, number(5), false}, {3, number(500), false}, {3, number(0), false},
		{3, Field{Kind: Number, Number: 50, Unit: pattern.UnitSecond}, false}, {3, text("NaN"), false},
	} {
		if got := change(c.at, c.field); got != c.routine {
			t.Errorf("field %d, %q %v: routine is %v", c.at, c.field.Value, c.field.Number, got)
		}
	}
	// What is not routine is counted once, at once.
	p := place("method")
	n, distinct := p.n, p.distinct
	change(0, text("TRACE"))
	if m.Learn(o); p.n != n+1 || p.distinct != distinct+1 {
		t.Errorf("after one that is new there are %v values, %d different; before %v, %d", p.n, p.distinct, n, distinct)
	}
}

// TestBeganAnewOfSettledPlaces: how often values begin anew is known as well where nothing
// is found out of most records.
func TestBeganAnewOfSettledPlaces(t *testing.T) {
	const records, session = 20_000, 50
	for seed := range uint64(4) {
		m, o, rng := New(), new(Observation), rand.New(rand.NewPCG(seed, 3))
		field := func(name string, value, of int) Field {
			return Field{Name: []byte(name), Kind: Text, Value: fmt.Appendf(nil, "%s-%c", name, 'a'+value%of)}
		}
		var fields []Field
		for i := range records {
			fields = []Field{field("zone", rng.IntN(4), 4), field("verb", rng.IntN(6), 6), field("client", i/session, 5)}
			observe(&m, o, fields)
		}
		for i, want := range []float64{1, 1, 1. / session / 0.8} { // four in five have another client
			f := fields[i]
			is := seenOf(f)
			g := m.fields.pairs.find(is.id())
			got := float64(beganAnew(float32(g.t), float32(g.n), placeOf(&m, string(f.Name)).compared))
			if share := got / want; share < 0.8 || share > 1.25 {
				t.Errorf("seed %d, %s: %v of its %d records are draws of their own, want %v", seed, f.Value, got, g.n, want)
			}
		}
	}
}

// TestManyValuesAreNoIdentifiers: the first hundred of many values are all different, and yet
// they come back. Identifiers do not.
func TestManyValuesAreNoIdentifiers(t *testing.T) {
	const records, values = 6000, 600
	m, o, rng := New(), new(Observation), rand.New(rand.NewPCG(4, 4))
	names := []string{"client", "trace"}
	for i := range records {
		observe(&m, o, []Field{
			{Name: []byte(names[0]), Kind: Text, Value: fmt.Appendf(nil, "c-%x", rng.IntN(values)*7919)},
			{Name: []byte(names[1]), Kind: Text, Value: fmt.Appendf(nil, "%016x", rng.Uint64())},
		})
		if i == knownIdentifier+50 {
			for _, name := range names {
				if !placeOf(&m, name).identifier() {
					t.Errorf("after %d different values %s is no identifier", i, name)
				}
			}
		}
	}
	for i, want := range []float64{values, records} {
		p := placeOf(&m, names[i])
		// What was not counted while they looked like identifiers is once more.
		if got := float64(p.distinct); p.identifier() != (i == 1) || got < 0.75*want || got > 2*want {
			t.Errorf("%s is an identifier: %t, %v values of %v are different, want %v", names[i], p.identifier(), got, p.n, want)
		}
	}
}

// TestManyIdentifiers: after more of them than can be counted a field is still one of identifiers.
func TestManyIdentifiers(t *testing.T) {
	m, o, rng := New(), new(Observation), rand.New(rand.NewPCG(5, 5))
	record := func() []Field {
		return []Field{{Name: []byte("trace"), Kind: Text, Value: fmt.Appendf(nil, "%016x", rng.Uint64())}}
	}
	for range 1000 {
		observe(&m, o, record())
	}
	p := placeOf(&m, "trace")
	p.distinct = math.MaxUint32 - 100
	for range 1000 {
		observe(&m, o, record())
	}
	if !p.identifier() || p.category() || p.distinct != math.MaxUint32 {
		t.Errorf("an identifier: %t, a category: %t, of %d values", p.identifier(), p.category(), p.distinct)
	}
}
