package detector

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// fill sets every number in v, which is addressable, to a random value that is
// not zero, whether it is exported or not.
func fill(v reflect.Value, rng *rand.Rand) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), rng)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rng.Uint64() | 1)
	case reflect.Int, reflect.Int16, reflect.Int64:
		v.SetInt(int64(1 + rng.IntN(100)))
	case reflect.Float32:
		v.SetFloat(float64(float32(rng.Float64() + 0.1)))
	}
}

// pointers returns the paths of what a plain copy of a value shares with it.
func pointers(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Struct:
		var all []string
		for i := range t.NumField() {
			all = append(all, pointers(t.Field(i).Type, path+"."+t.Field(i).Name)...)
		}
		return all
	case reflect.Array:
		return pointers(t.Elem(), path+"[]")
	case reflect.Slice, reflect.Pointer, reflect.Map, reflect.Chan, reflect.Interface, reflect.Func, reflect.String:
		return []string{path}
	}
	return nil
}

func (c *codec) turn() { c.reading = true }

// TestSnapshotCarriesEveryField fills a model with random numbers, writes and
// reads it, and compares: a field that layout.go does not know comes back zero.
func TestSnapshotCarriesEveryField(t *testing.T) {
	o := Options{Window: 64, Warmup: 1}
	want := newState(&o)
	rng := rand.New(rand.NewPCG(1, 2))
	fill(reflect.ValueOf(&want).Elem(), rng)
	// What is a table is made the way the detector makes it.
	fresh := newState(&o)
	want.model.statements, want.model.language.grams, want.window = fresh.model.statements, fresh.model.language.grams, fresh.window
	want.model.lengths.lo, want.model.lengths.hi = 3, 40
	want.forest = nil
	for i := range 300 {
		s := want.model.statements.add(rng.Uint64())
		hash := s.hash
		fill(reflect.ValueOf(s).Elem(), rng)
		s.hash, s.numbers, s.text.n = hash, uint8(i%(trackedNumbers+1)), 96
		clear(s.nums[s.numbers:])
		g := want.model.language.grams.claim(rng.Uint32())
		key := g.key
		fill(reflect.ValueOf(g).Elem(), rng)
		g.key = key
		var r row
		fill(reflect.ValueOf(&r).Elem(), rng)
		want.window.add(&r)
	}

	c := codec{}
	want.carry(&c)
	c.turn()
	got := newState(&o)
	if got.carry(&c); c.err != nil || len(c.b) > 0 {
		t.Fatalf("%v, %d bytes left", c.err, len(c.b))
	}
	if !reflect.DeepEqual(got.model.statements.all, want.model.statements.all) {
		t.Error("statement has a field that (*statement).carry in layout.go does not list")
	}
	for i := range want.model.statements.all {
		if h := want.model.statements.all[i].hash; got.model.statements.find(h) == nil {
			t.Fatalf("the pattern %#x is not found again", h)
		}
	}
	for _, s := range want.model.language.grams.slots {
		if s.key != 0 && *got.model.language.grams.find(s.key) != s {
			t.Fatal("gram has a field that (*gram).carry in layout.go does not list")
		}
	}
	// The rest, but for tables whose layout in memory may differ.
	for _, s := range []*state{&got, &want} {
		s.model.statements, s.model.language.grams.slots, s.model.language.grams.spare = statements{}, nil, nil
	}
	diff(t, "state", reflect.ValueOf(got), reflect.ValueOf(want))

	const known = "[.model.statements.slots .model.statements.all .model.language.grams.slots .model.language.grams.spare .window.rows .forest]"
	if all := fmt.Sprint(pointers(reflect.TypeFor[state](), "")); all != known {
		t.Errorf("a state refers to %s, and (*copied).take copies %s", all, known)
	}
}

func diff(t *testing.T, path string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			diff(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Array, reflect.Slice:
		if a.Len() != b.Len() {
			t.Errorf("%s has %d elements, %d were written", path, a.Len(), b.Len())
			return
		}
		for i := range a.Len() {
			diff(t, path+"[]", a.Index(i), b.Index(i))
		}
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			t.Errorf("%s: nil %v, nil %v was written", path, a.IsNil(), b.IsNil())
		}
	default:
		if !a.Equal(b) {
			t.Errorf("%s is %v, %v was written: layout.go does not list it, or in another order", path, a, b)
		}
	}
}

func TestPatternText(t *testing.T) {
	o := observation{line: new(pattern.Line)}
	scanner := pattern.NewScanner(1)
	set := func(line string) string {
		var p patternText
		o.text = []byte(line)
		scanner.Scan(o.text, o.line)
		p.set(&o)
		return string(p.bytes())
	}
	for line, want := range map[string]string{
		"":                              "",
		"request 4711 served in 12.5ms": "request <num> served in <num>s",
		"bell\a, escape \x1b[2J, \x7f":  "bell, escape [2J, ",
	} {
		if got := set(line); got != want {
			t.Errorf("%q has the pattern %q, want %q", line, got, want)
		}
	}
	for _, line := range []string{strings.Repeat("word ", 5000), strings.Repeat("é ", 100), strings.Repeat("x", 95) + "\U0001f642 x"} {
		if got := set(line); len(got) > 96 || len(got) == 0 || !utf8.ValidString(got) {
			t.Errorf("%.10q… has the pattern %q", line, got)
		}
		var p patternText
		if n := testing.AllocsPerRun(100, func() { p.set(&o) }); n != 0 {
			t.Errorf("%.10q…: %v allocations", line, n)
		}
	}
}
