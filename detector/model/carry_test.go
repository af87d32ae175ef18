package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
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

// fillFields makes tables of fields the way the model makes them, of random numbers.
func fillFields(fs *fields, rng *rand.Rand) {
	fresh := newFields()
	fs.keys, fs.ranges = keys{}, ranges{}
	fs.values, fs.shapes, fs.pairs = fresh.values, fresh.shapes, fresh.pairs
	for i := range 40 {
		hash := rng.Uint64()
		k := &fs.keys.all
		fs.keys.add(hash, []byte("some.name"), 1)
		size := (*k)[i].size
		fill(reflect.ValueOf(&(*k)[i]).Elem(), rng)
		(*k)[i].hash, (*k)[i].size = hash, size
		clear((*k)[i].name[size:])
		p := &(*k)[i].place
		for j := range p.shown {
			p.shown[j].size = uint8(len(p.shown[j].text))
			p.shown[j].cut %= p.shown[j].size + 2
		}
		var m keyMask
		m.add(i)
		m.add(i * 7 % 40)
		fs.keys.learnSet(&m, uint32(i), 1)
		r := fs.ranges.claim(rng.Uint32())
		key := r.key
		fill(reflect.ValueOf(r).Elem(), rng)
		r.key = key
		for _, g := range []*grams{&fs.values, &fs.shapes, &fs.pairs} {
			g.count(rng.Uint32(), 1+rng.Uint32N(100))
		}
	}
}

// sameFields compares what fillFields made, then the rest of the fields.
func sameFields(t *testing.T, got, want *fields) {
	t.Helper()
	for i := range want.keys.sets { // found out anew
		want.keys.sets[i].sum, want.keys.sets[i].names = got.keys.sum(&want.keys.sets[i].mask), 0
	}
	if !reflect.DeepEqual(got.keys.sets, want.keys.sets) {
		t.Error("keySet has a field that keys.carry does not list")
	}
	for i := range want.keys.all {
		w := &want.keys.all[i]
		if k := got.keys.find(w.hash); k < 0 {
			t.Fatalf("the field %#x is not found again", w.hash)
		} else {
			diff(t, "key", reflect.ValueOf(got.keys.all[k]), reflect.ValueOf(*w))
		}
	}
	for _, r := range want.ranges.all() {
		if own := got.ranges.find(r.key); own == nil || *own != *r {
			t.Fatal("numberRange has a field that its carry does not list")
		}
	}
	for i, g := range []*grams{&want.values, &want.shapes, &want.pairs} {
		own := []*grams{&got.values, &got.shapes, &got.pairs}[i]
		for _, s := range g.slots {
			if s.key != 0 && *own.find(s.key) != s {
				t.Fatal("a count of values, shapes or pairs is lost")
			}
		}
	}
	for _, fs := range []*fields{got, want} {
		fs.keys, fs.ranges, fs.values, fs.shapes, fs.pairs = keys{}, ranges{}, grams{}, grams{}, grams{}
	}
	diff(t, "fields", reflect.ValueOf(*got), reflect.ValueOf(*want))
}

// TestSetOfFieldsThatAreNotThere: a file that says that records have a field which it does not
// have is refused.
func TestSetOfFieldsThatAreNotThere(t *testing.T) {
	for _, last := range []int{39, 40, 63, 64, 127, maxKeys - 1} {
		fs := new(fields)
		fillFields(fs, rand.New(rand.NewPCG(1, 3))) // 40 of them
		var m keyMask
		m.add(last)
		fs.keys.learnSet(&m, 1, 1)
		c := codec.Codec{}
		fs.keys.carry(&c)
		c.Reading = true
		new(keys).carry(&c)
		if refused := c.Err != nil; refused != (last >= 40) {
			t.Errorf("the %dth of 40: %v", last+1, c.Err)
		}
	}
}

// TestCarryListsEveryField fills a model with random numbers, writes and reads it,
// and compares: a field that its type's carry does not list comes back zero.
func TestCarryListsEveryField(t *testing.T) {
	want := New()
	rng := rand.New(rand.NewPCG(1, 2))
	fill(reflect.ValueOf(&want).Elem(), rng)
	// What is a table is made the way the model makes it.
	fresh := New()
	want.statements, want.general, want.language.grams = fresh.statements, fresh.general, fresh.language.grams
	want.general.pairs = true
	fillFields(&want.fields, rng)
	want.fields.flows = make(valueFlows, valueFlowLimit)
	for i := range want.fields.flows {
		fill(reflect.ValueOf(&want.fields.flows[i]).Elem(), rng)
	}
	want.lengths.lo, want.lengths.hi = 3, 40
	names := map[uint64]uint64{}
	for i := range 300 {
		s := want.statements.add(rng.Uint64())
		hash := s.hash
		fill(reflect.ValueOf(s).Elem(), rng)
		s.hash, s.numbers, s.text.n = hash, uint8(i%(trackedNumbers+1)), 96
		clear(s.nums[s.numbers:])
		clear(s.token[s.numbers:])
		clear(s.before[s.numbers:])
		clear(s.sizes[s.numbers:])
		if name := rng.Uint64(); i%3 == 0 {
			want.statements.call(s, name)
			names[name] = hash
		}
		want.general.counts.count(rng.Uint32(), 3)
		g := want.language.grams.claim(rng.Uint32())
		key := g.key
		fill(reflect.ValueOf(g).Elem(), rng)
		g.key = key
	}

	c := codec.Codec{}
	want.Carry(&c)
	c.Reading = true
	got := New()
	if got.Carry(&c); c.Err != nil || len(c.B) > 0 {
		t.Fatalf("%v, %d bytes left", c.Err, len(c.B))
	}
	if !reflect.DeepEqual(got.statements.blocks, want.statements.blocks) {
		t.Error("statement has a field that its carry does not list")
	}
	for _, s := range want.statements.all() {
		if got.statements.find(s.hash) == nil {
			t.Fatalf("the pattern %#x is not found again", s.hash)
		}
	}
	for name, hash := range names {
		if s := got.statements.find(name); s == nil || s.hash != hash {
			t.Fatalf("the pattern %#x is not found by another name", hash)
		}
	}
	for _, s := range want.general.counts.slots {
		if s.key != 0 && *got.general.counts.find(s.key) != s {
			t.Fatal("a count of lines is lost")
		}
	}
	for _, s := range want.language.grams.slots {
		if s.key != 0 && *got.language.grams.find(s.key) != s {
			t.Fatal("gram has a field that its carry does not list")
		}
	}
	sameFields(t, &got.fields, &want.fields)
	// The rest, but for tables whose layout in memory may differ.
	for _, m := range []*Model{&got, &want} {
		m.statements, m.fields = statements{}, fields{}
		m.skew = skew{n: m.skew.n, most: m.skew.most} // what is around is of one start
		for _, g := range []*grams{&m.general.counts, &m.language.grams} {
			g.slots = nil
		}
	}
	diff(t, "model", reflect.ValueOf(got), reflect.ValueOf(want))

	const known = "[.statements.slots .statements.heads .statements.blocks .general.counts.slots .language.grams.slots .fields.keys.all .fields.keys.sets .fields.values.slots .fields.shapes.slots .fields.pairs.slots .fields.ranges.slots .fields.flows .fields.objects.all .fields.routines .fields.codes .fields.dimensions .identifiers.lately .identifiers.places .identifiers.scopes .dependencies.owners .dependencies.places .dependencies.studies .stucks]"
	if all := fmt.Sprint(pointers(reflect.TypeFor[Model](), "")); all != known {
		t.Errorf("a model refers to %s, and CopyFrom copies %s", all, known)
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
			t.Errorf("%s is %v, %v was written: its carry does not list it, or in another order", path, a, b)
		}
	}
}

// TestCopyInUsedMemory: a model without tables that are made once there is something in them, copied
// where one with them was, is saved as what it is.
func TestCopyInUsedMemory(t *testing.T) {
	full, empty, read := New(), New(), New()
	full.fields.flows = make(valueFlows, valueFlowLimit)
	full.identifiers.make()
	full.dependencies.owners = make([]owner, ownerLimit)
	full.stucks = make(stucks, stuckLimit)
	var to Model
	for _, m := range []*Model{&full, &empty} {
		to.CopyFrom(m)
	}
	var c codec.Codec
	to.Carry(&c)
	c = codec.Codec{B: c.B, Reading: true}
	if read.Carry(&c); c.Err != nil || len(c.B) != 0 || len(read.fields.flows)+len(read.stucks)+len(read.dependencies.owners) != 0 || !read.identifiers.empty() {
		t.Errorf("%v, %d bytes are left", c.Err, len(c.B))
	}
}
