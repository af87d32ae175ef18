package record

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

func TestAnnotate(t *testing.T) {
	added := func(f *Fields) {
		f.String("anomaly", "true")
		f.Float32("anomaly_score", 0.75)
	}
	want := obj{"anomaly", "true", "anomaly_score", float32(0.75)}
	for _, c := range []struct {
		name     string
		body     obj
		want     obj // before the added fields
		replaces bool
	}{
		{"empty", obj{}, obj{}, false},
		{"one field", obj{"log", "x"}, obj{"log", "x"}, false},
		{"any types", obj{1, 2, nil, nil, "a", []any{1, obj{"anomaly", "kept"}}, at(1, 1), at(2, 2)},
			obj{1, 2, nil, nil, "a", []any{1, obj{"anomaly", "kept"}}, at(1, 1), at(2, 2)}, false},
		{"forged", obj{"anomaly", "false", "log", "x"}, obj{"log", "x"}, true},
		{"forged last", obj{"log", "x", "anomaly_score", 0.1}, obj{"log", "x"}, true},
		{"forged in the middle", obj{"log", "x", "anomaly", obj{"a", 1}, "y", "z"}, obj{"log", "x", "y", "z"}, true},
		{"forged, and not written now", obj{"anomaly_reason", "none", "log", "x"}, obj{"log", "x"}, true},
		{"forged more than once", obj{"anomaly", 1, "anomaly", 2, "log", "x", "anomaly", 3, "anomaly_score", 4, "y", "z", "anomaly", 5}, obj{"log", "x", "y", "z"}, true},
		{"nothing but forged", obj{"anomaly", 1, "anomaly_score", 2, "anomaly_reason", 3}, obj{}, true},
		{"forged as bin", obj{[]byte("anomaly"), 1, "log", "x"}, obj{"log", "x"}, true},
		{"forged as str16", obj{raw("\xda\x00\x07anomaly"), 1, "log", "x"}, obj{"log", "x"}, true},
		{"like forged", obj{"anomal", 1, "anomalyx", 2, "Anomaly", 3}, obj{"anomal", 1, "anomalyx", 2, "Anomaly", 3}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder([]string{"anomaly", "anomaly_score", "anomaly_reason"}, mustParse("log"))
			_, ev := one(t, f, log(c.body))
			if ev.Replaces() != c.replaces {
				t.Errorf("Replaces() = %t", ev.Replaces())
			}
			var fields Fields
			added(&fields)
			got := ev.Annotate([]byte("before"), &fields)
			if w := append([]byte("before"), log(append(append(obj{}, c.want...), want...))...); !bytes.Equal(got, w) {
				t.Errorf("got\n% x, want\n% x", got, w)
			}
			if got := ev.Annotate(nil, nil); !bytes.Equal(got, log(c.want)) {
				t.Errorf("nothing added: got\n% x, want\n% x", got, log(c.want))
			}
			if !bytes.Equal(ev.Raw, log(c.body)) {
				t.Error("the event itself has changed")
			}
		})
	}
}

// TestAnnotateHeader follows the form of the body's header across its limits.
func TestAnnotateHeader(t *testing.T) {
	for _, c := range []struct {
		pairs, drops, add int
		head, want        string
	}{
		{0, 0, 1, "80", "81"},
		{14, 0, 1, "8e", "8f"},
		{15, 0, 0, "8f", "8f"},
		{15, 0, 1, "8f", "de0010"},
		{13, 0, 3, "8d", "de0010"},
		{13, 1, 3, "8d", "8f"},
		{15, 15, 16, "8f", "de0010"},
		{3, 0, 1, "de0003", "de0004"},
		{3, 3, 0, "de0003", "de0000"},
		{3, 0, 1, "df00000003", "df00000004"},
		{65534, 0, 1, "defffe", "deffff"},
		{65535, 0, 1, "deffff", "df00010000"},
		{65535, 1, 1, "deffff", "deffff"},
		{70000, 0, 1, "df00011170", "df00011171"},
		{70000, 70000, 3, "df00011170", "df00000003"},
	} {
		head, _ := parseHex(c.head)
		wantHead, _ := parseHex(c.want)
		before := concat([]byte{0x92, 0x92}, at(1, 1), []byte{0x80})
		kept := bytes.Repeat(concat(enc("k"), enc(1)), c.pairs-c.drops)
		event := concat(before, head, bytes.Repeat(concat(enc("anomaly"), enc("x")), c.drops), kept)
		var fields Fields
		for range c.add {
			fields.Bool("anomaly", true)
		}
		if fields.Len() != c.add {
			t.Errorf("%d fields, want %d", fields.Len(), c.add)
		}
		_, ev := one(t, NewFinder([]string{"anomaly"}), event)
		got := ev.Annotate(nil, &fields)
		if want := concat(before, wantHead, kept, fields.Bytes()); !bytes.Equal(got, want) {
			t.Errorf("%+v: header %x", c, got[len(before):len(before)+5])
		}
	}
}

func parseHex(s string) ([]byte, error) {
	var b []byte
	_, err := fmt.Sscanf(s, "%x", &b)
	return b, err
}

// TestAnnotateForgedMemory sends a record with 100,000 fields to be replaced:
// all go, and what remembering them took is let go with the next record.
func TestAnnotateForgedMemory(t *testing.T) {
	var body obj
	for i := range 100_000 {
		body = append(body, "anomaly", i, "k", i)
	}
	f := NewFinder([]string{"anomaly"})
	w, ev := one(t, f, log(body))
	_, pairs, ok := parts(ev.Annotate(nil, nil))
	if !ok || len(pairs) != 100_000 {
		t.Errorf("%d pairs left", len(pairs))
	}
	for _, p := range pairs {
		if name, _ := p.text(); name != "k" {
			t.Fatalf("%q left", name)
		}
	}
	w.Reset(log(obj{"anomaly", 1}))
	if w.Next(ev); cap(ev.drops) > 64 {
		t.Errorf("room for %d kept", cap(ev.drops))
	}
}

func TestFields(t *testing.T) {
	var f Fields
	for _, n := range []int{0, 31, 32, 255, 256, 65535, 65536} {
		f.String("s", strings.Repeat("x", n))
		f.Text("t", repeat(n, 'y'))
	}
	f.Bool("b", true)
	f.Bool("b", false)
	f.Float64("d", math.Pi)
	f.Float32("f", 0.5)
	var g Fields
	g.String("first", "1")
	g.Append(&f)
	if g.Len() != f.Len()+1 {
		t.Errorf("%d fields, want %d", g.Len(), f.Len()+1)
	}
	_, ev := one(t, nil, log(obj{}))
	_, pairs, ok := parts(ev.Annotate(nil, &g))
	if !ok {
		t.Fatal("the library cannot read it")
	}
	var got []string
	for _, p := range pairs {
		var v any
		if err := msgpack.Unmarshal(p.value, &v); err != nil {
			t.Fatal(err)
		}
		s, isString := v.(string)
		if isString && len(s) > 1 {
			v = fmt.Sprintf("%d %c", len(s), s[0])
		}
		name, _ := p.text()
		got = append(got, fmt.Sprintf("%s=%v", name, v))
	}
	want := "first=1 s= t= s=31 x t=31 y s=32 x t=32 y s=255 x t=255 y s=256 x t=256 y s=65535 x t=65535 y" +
		" s=65536 x t=65536 y b=true b=false d=3.141592653589793 f=0.5"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	f.Reset()
	if f.Len() != 0 || len(f.Bytes()) != 0 {
		t.Error("fields left after Reset")
	}
}
