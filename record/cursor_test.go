package record

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// TestKnownKeys are found where they stand and nowhere else, of whatever size.
func TestKnownKeys(t *testing.T) {
	const behind = "what stands behind it, whatever that is"
	var names []string
	for n := range 40 {
		name := strings.Repeat("abcdefgh", 5)[:n]
		names = append(names, name, name+"x")
		if n > 0 {
			names = append(names, "x"+name[1:], name[:n/2]+"x"+name[n/2+1:])
		}
	}
	for _, is := range names {
		for _, name := range names {
			k := NewKnownKey([]byte(name))
			b := AppendString(AppendString(nil, is), behind)
			c := NewCursor(b)
			short := c.Take(&k)
			if want := is == name && len(name) <= 15; short != want {
				t.Fatalf("%q is found where %q stands: %v", name, is, short)
			}
			found := short
			if !short {
				found = c.TakeOther(&k)
			}
			if want := is == name && len(name) <= 31; found != want {
				t.Fatalf("%q is found where %q stands: %v", name, is, found)
			}
			if key, ok := c.Key(); found && (!ok || string(key) != behind) || !found && (!ok || string(key) != is) {
				t.Fatalf("%q where %q stands: it is followed by %q", name, is, key)
			}
		}
	}
	// So it is at the end.
	for size := range 32 {
		b := AppendString(nil, strings.Repeat("k", size))
		k := NewKnownKey(b[1:])
		if c := NewCursor(b); !c.Take(&k) && !c.TakeOther(&k) || c.p != len(b) {
			t.Errorf("a key of %d bytes is not found where nothing follows", size)
		}
		if c := NewCursor(b[:size]); c.Take(&k) || c.TakeOther(&k) {
			t.Errorf("a key of %d bytes is found where its last one is missing", size)
		}
	}
}

// TestShortValues: what is read at once is what Next gives, and anything else is left where
// it is.
func TestShortValues(t *testing.T) {
	for _, c := range []struct {
		value  any
		short  bool
		number bool
	}{
		{"", true, false}, {"text", true, false}, {strings.Repeat("x", 31), true, false}, {strings.Repeat("x", 32), false, false},
		{int64(0), false, true}, {int64(127), false, true}, {int64(128), false, true}, {int64(-1), false, true}, {int64(-32), false, true},
		{int64(-33), false, true}, {int64(-129), false, true}, {int64(40_000), false, true}, {int64(-40_000), false, true},
		{int64(1) << 40, false, true}, {-int64(1) << 40, false, true}, {int64(999_999_999_999_999), false, true}, {int64(-999_999_999_999_999), false, true},
		{int64(1e15), false, false}, {int64(-1e15), false, false}, {uint64(math.MaxUint64), false, false}, {int64(math.MinInt64), false, false},
		{uint8(200), false, true}, {uint16(60_000), false, true}, {uint32(4_000_000_000), false, true}, {uint64(5), false, true},
		{0.25, false, true}, {-1e300, false, true}, {math.NaN(), false, false}, {math.Inf(1), false, false}, {math.Inf(-1), false, false},
		{float32(0.1), false, false}, {true, false, false}, {nil, false, false}, {[]byte("bin"), false, false},
		{[]any{1}, false, false}, {map[string]any{"a": 1}, false, false},
	} {
		for _, compact := range []bool{false, true} {
			var b bytes.Buffer
			e := msgpack.NewEncoder(&b)
			e.UseCompactInts(compact)
			if err := e.EncodeMulti(c.value, "behind"); err != nil {
				t.Fatal(err)
			}
			at := NewCursor(b.Bytes())
			want, _ := at.Next()
			at = NewCursor(b.Bytes())
			text, ok := at.Short()
			if ok != c.short || ok && !bytes.Equal(text, want.Bytes) {
				t.Errorf("%v: as a text it is %q, %v", c.value, text, ok)
			}
			if ok {
				if key, _ := at.Key(); string(key) != "behind" {
					t.Errorf("%v: behind it stands %q", c.value, key)
				}
				continue
			}
			number, ok := at.Number()
			if ok != c.number || ok && number != float64(want.Int())+want.Float() {
				t.Errorf("%v: as a number it is %v, %v", c.value, number, ok)
			}
			if !ok {
				at.Skip(1)
			}
			if key, _ := at.Key(); string(key) != "behind" {
				t.Errorf("%v: behind it stands %q", c.value, key)
			}
		}
	}
}
