package model

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// TestStatementsThatWent: when there is no room for all statements, those seen least go
// with all their names, those seen most stay, and what is left can be saved and read.
func TestStatementsThatWent(t *testing.T) {
	m := New()
	rng := rand.New(rand.NewPCG(8, 9))
	names := map[uint64]uint64{} // by the statement's own
	const often = 1 << 20
	var kept []uint64
	for i := range 3 * maxStatements {
		hash, name := rng.Uint64(), rng.Uint64()
		s := m.statements.add(hash)
		s.seen = 1 + rng.Uint32N(9)
		if i%100 == 0 {
			s.seen = often
			kept = append(kept, hash)
		}
		m.statements.call(s, name)
		names[hash] = name
		if m.statements.n > maxStatements || 2*m.statements.used > len(m.statements.slots) {
			t.Fatalf("%d statements and %d names, for which there is no room", m.statements.n, m.statements.used)
		}
	}
	for _, hash := range kept {
		if m.statements.find(hash) == nil {
			t.Fatal("a statement that was seen most is gone")
		}
	}
	there := map[uint64]bool{}
	for _, s := range m.statements.all() {
		there[s.hash] = true
	}
	for hash, name := range names {
		if s := m.statements.find(hash); (s != nil) != there[hash] || s != nil && s.hash != hash {
			t.Fatalf("statement %x, which is there: %v, is found as %+v", hash, there[hash], s)
		}
		if s := m.statements.find(name); s != nil && s.hash != hash {
			t.Fatalf("a name of %x is one of %x", hash, s.hash)
		}
	}
	c := codec.Codec{}
	m.Carry(&c)
	c.Reading = true
	got := New()
	if got.Carry(&c); c.Err != nil || len(c.B) > 0 {
		t.Fatalf("it cannot be read again: %v, %d bytes left", c.Err, len(c.B))
	}
	for hash, name := range names {
		for _, n := range []uint64{hash, name} {
			is, want := got.statements.find(n), m.statements.find(n)
			if (is == nil) != (want == nil) || is != nil && is.hash != want.hash {
				t.Fatalf("name %x of %x is another one's after reading", n, hash)
			}
		}
	}
}

// TestStatementsAge: what a statement counts is halved with each epoch, whether it is
// looked at in each of them or after all.
func TestStatementsAge(t *testing.T) {
	at, after := statement{n: 64}, statement{n: 64}
	at.levels[1], after.levels[1] = 32, 32
	for epoch := range uint32(5) {
		at.age(epoch + 1)
		at.age(epoch + 1)
	}
	after.age(5)
	for _, s := range []statement{at, after} {
		if s.n != 2 || s.levels[1] != 1 || s.epoch != 5 {
			t.Errorf("%v times, %v of a level, epoch %d; 2, 1 and 5 wanted", s.n, s.levels[1], s.epoch)
		}
	}
	if after.age(math.MaxUint32); after.n > 1e-6 {
		t.Errorf("after ages %v is left", after.n)
	}
}

// TestFieldsAge: what the fields of records count is halved, of each and of sets of them.
func TestFieldsAge(t *testing.T) {
	m := New()
	i := m.fields.keys.add(77, []byte("user"), 1)
	m.fields.keys.all[i].n = 64
	var mask keyMask
	mask.add(i)
	m.fields.keys.learnSet(&mask, 1, 1)
	m.fields.keys.sets[0].n = 32
	m.fields.keys.age()
	if k, s := m.fields.keys.all[i].n, m.fields.keys.sets[0].n; k != 32 || s != 16 {
		t.Errorf("%v times and a set %v times, want half of 64 and of 32", k, s)
	}
}

// TestFieldsAsText: a number has the text it came with, or else the shortest one.
func TestFieldsAsText(t *testing.T) {
	for _, c := range []struct {
		f    Field
		want string
	}{
		{Field{Kind: Text, Value: []byte("5 apples")}, "5 apples"}, {Field{Kind: Text}, ""}, {Field{Kind: Null}, ""}, {Field{Kind: Bool, Value: []byte("true")}, "true"},
		{Field{Kind: Number, Value: []byte("1.50"), Number: 1.5}, "1.50"}, {Field{Kind: Number, Number: 1.5}, "1.5"}, {Field{Kind: Number}, "0"},
		{Field{Kind: Number, Number: -12}, "-12"}, {Field{Kind: Number, Number: 999_999_999_999_999}, "999999999999999"}, {Field{Kind: Number, Number: 2.5e-9}, "2.5e-09"},
	} {
		if got := string(c.f.AppendText([]byte("="))); got != "="+c.want {
			t.Errorf("%+v is written %s, want %s", c.f, got[1:], c.want)
		}
	}
}

// Names of which the heads say the same are told apart: statements' own and others.
func TestNamesWithEqualHeads(t *testing.T) {
	table := newStatements(maxStatements)
	const names = 400
	own := func(i int) uint64 { return uint64(i)<<32 | 7 }
	other := func(i int) uint64 { return uint64(i)<<32 | 1<<20 | 7 }
	for i := range names {
		table.call(table.add(own(i)), other(i))
	}
	table.call(table.find(own(1)), other(0)) // it turned out to be of another one
	for i := range names {
		of := i
		if i == 0 {
			of = 1
		}
		if st := table.find(own(i)); st == nil || st.hash != own(i) {
			t.Errorf("statement %d is not found by its own name", i)
		}
		if st := table.find(other(i)); st == nil || st.hash != own(of) {
			t.Errorf("statement %d is not found by its other name", of)
		}
		if st := table.find(uint64(i)<<32 | 1<<21 | 7); st != nil {
			t.Errorf("%x is found by a name that was never given", st.hash)
		}
	}
	if n := len(table.names()); n != names {
		t.Errorf("%d other names, want %d", n, names)
	}
}

// TestBlockOfStatements fills one of the sizes that Go has memory in: what is a little
// larger takes a tenth more.
func TestBlockOfStatements(t *testing.T) {
	if size := unsafe.Sizeof(block{}); size > 28<<10 {
		t.Errorf("a block of statements takes %d bytes, there is room for %d", size, 28<<10)
	}
}
