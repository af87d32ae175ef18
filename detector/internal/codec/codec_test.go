package codec

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// all carries one of each kind.
type all struct {
	u8    uint8
	u16   uint16
	u32   uint32
	u64   uint64
	f32   float32
	f64   float64
	f32s  [2]float32
	took  time.Duration
	index int
	text  string
	bytes []byte
}

func (a *all) carry(c *Codec) {
	c.U8(&a.u8)
	c.U16(&a.u16)
	c.U32(&a.u32)
	c.U64(&a.u64)
	c.F32(&a.f32)
	c.F64(&a.f64)
	c.F32s(a.f32s[:])
	I64(c, &a.took)
	c.Index("index", &a.index, 10)
	c.Text("text", &a.text, 5)
	a.bytes = c.Bytes("bytes", a.bytes, 3)
}

func TestCarriesBothWays(t *testing.T) {
	want := all{1, 0x1234, 0x12345678, 0x123456789abcdef0, 1.5, -2.5, [2]float32{3, 4}, -time.Hour, 9, "hello", []byte{7, 8, 9}}
	var w Codec
	from := want
	from.carry(&w)
	var got all
	r := Codec{B: slices.Clone(w.B), Reading: true}
	if got.carry(&r); r.Err != nil || len(r.B) != 0 {
		t.Fatalf("%v, %d bytes are left", r.Err, len(r.B))
	}
	if got.text != want.text || !slices.Equal(got.bytes, want.bytes) || got.u8 != want.u8 || got.u16 != want.u16 || got.u32 != want.u32 || got.u64 != want.u64 ||
		got.f32 != want.f32 || got.f64 != want.f64 || got.f32s != want.f32s || got.took != want.took || got.index != want.index {
		t.Errorf("%+v came back of %+v", got, want)
	}
	for n := range w.B { // cut short, none reads on
		r := Codec{B: w.B[:n], Reading: true}
		if new(all).carry(&r); r.Err == nil {
			t.Errorf("cut at byte %d: no error", n)
		}
	}
}

// TestRefuses: what no model holds is not taken from a file.
func TestRefuses(t *testing.T) {
	written := func(f func(c *Codec)) []byte {
		var c Codec
		f(&c)
		return c.B
	}
	f32 := func(v float32) []byte { return written(func(c *Codec) { c.F32(&v) }) }
	f64 := func(v float64) []byte { return written(func(c *Codec) { c.F64(&v) }) }
	i64 := func(v int) []byte { return written(func(c *Codec) { I64(c, &v) }) }
	u32 := func(v uint32) []byte { return written(func(c *Codec) { c.U32(&v) }) }
	read32 := func(c *Codec) { c.F32(new(float32)) }
	read64 := func(c *Codec) { c.F64(new(float64)) }
	index := func(c *Codec) {
		n := -1
		if c.Index("place", &n, 10); n != 0 {
			panic("an index out of range is left behind")
		}
	}
	count := func(size int) func(c *Codec) {
		return func(c *Codec) {
			if n := c.Count("things", 0, 100, size); n != 0 {
				panic("a count that is not believed is returned")
			}
		}
	}
	inf := math.Inf(1)
	for _, x := range []struct {
		name  string
		input []byte
		read  func(c *Codec)
		want  string
	}{
		{"NaN", f32(float32(math.NaN())), read32, "no number"},
		{"infinity", f32(float32(inf)), read32, "no number"},
		{"the other infinity", f32(float32(-inf)), read32, "no number"},
		{"NaN, long", f64(math.NaN()), read64, "no number"},
		{"infinity, long", f64(inf), read64, "no number"},
		{"the other infinity, long", f64(-inf), read64, "no number"},
		{"infinity among others", append(f32(1), f32(float32(inf))...), func(c *Codec) { c.F32s(make([]float32, 2)) }, "no number"},
		{"a cut number", u32(7)[:3], func(c *Codec) { c.U32(new(uint32)) }, "1 bytes are missing"},
		{"a number of which nothing is there", nil, func(c *Codec) { c.U64(new(uint64)) }, "8 bytes are missing"},
		{"index", i64(10), index, "place is 10, below 10 is right"},
		{"negative index", i64(-1), index, "place is -1, below 10 is right"},
		{"too many", append(u32(101), make([]byte, 200)...), count(1), "101 things, at most 100 are right"},
		{"more than the bytes hold", append(u32(3), make([]byte, 11)...), count(4), "3 things in 11 bytes"},
		{"more than any bytes hold", append(u32(100), 1), count(math.MaxInt32), "100 things in 1 bytes"},
		{"long text", append(u32(6), "abcdef"...), func(c *Codec) { c.Text("word", new(string), 5) }, "6 word bytes, at most 5"},
	} {
		c := Codec{B: x.input, Reading: true}
		if x.read(&c); c.Err == nil || !strings.Contains(c.Err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", x.name, c.Err, x.want)
		}
		// The first error stays, and nothing more is read.
		left, first := len(c.B), c.Err
		c.U64(new(uint64))
		if len(c.B) != left || c.Err != first {
			t.Errorf("%s: it reads on, %v", x.name, c.Err)
		}
	}
	exact := Codec{B: append(u32(3), make([]byte, 12)...), Reading: true}
	if n := exact.Count("things", 0, 3, 4); n != 3 || exact.Err != nil {
		t.Errorf("3 things in 12 bytes: %d, %v", n, exact.Err)
	}
}

// What is read of a number within bounds is within them, and what is no number is refused;
// what is written is left as it is.
func TestNumbersWithinBounds(t *testing.T) {
	for _, c := range []struct{ written, read float32 }{{-1, 0}, {0, 0}, {7.5, 7.5}, {64, 64}, {65, 64}, {1e38, 64}} {
		var w Codec
		from := c.written
		w.F32In(&from, 0, 64)
		r, got := Codec{B: w.B, Reading: true}, float32(0)
		if r.F32In(&got, 0, 64); from != c.written || r.Err != nil || got != c.read {
			t.Errorf("%v: %v is left, %v was read, %v; want %v", c.written, from, got, r.Err, c.read)
		}
	}
	var w Codec
	none := float32(math.NaN())
	w.F32(&none)
	r := Codec{B: w.B, Reading: true}
	if r.F32In(new(float32), 0, 64); r.Err == nil {
		t.Error("what is no number was read")
	}
}
