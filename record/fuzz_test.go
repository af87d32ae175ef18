package record

import (
	"math"
	"reflect"
	"testing"
)

// seeds are chunks to begin with: every shape of the other tests and benchmarks.
func seeds(f *testing.F) {
	add := func(b ...[]byte) { f.Add(concat(b...)) }
	for _, s := range shapes {
		add(s.record(1), s.record(2))
	}
	body := obj{"log", "x", "level", 3, "a", obj{"b", obj{"c", "deep"}, "level", nil}, "message", "m", "", 1}
	add(log(body), log(body))
	add(log(obj{"a", []any{"x", 1}, []byte("log"), []byte("bin"), "anomaly", "true", 1, 2, "anomaly", 3}))
	add(log(obj{"log", obj{"text", 1.5}, "a", obj{"b", []any{nil, true}}, "a", nil}))
	add(enc([]any{1.5, body}), enc([]any{int64(5), obj{}}))
	add(enc([]any{[]any{at(math.MaxUint32, 0), obj{}}, obj{}}), log(body), enc([]any{[]any{at(math.MaxUint32-1, 0), obj{"m", 1}}, obj{}}))
	add(enc([]any{append(raw{0xc7, 8}, at(1, 2)[1:]...), raw{0xde, 0, 1, 0xc0, 0xc0}}))
	add(enc("x"), enc(nil), enc([]any{}), enc([]any{1, 2}), enc([]any{[]any{1, 2}, obj{}}))
	add(log(body), []byte{0xc1})
	add(log(body)[:30])
	add(repeat(200, 0x91), []byte{0xc0})
	add([]byte{0x92, 0x01, 0xdf, 0xff, 0xff, 0xff, 0xff})
	add([]byte{0x92, 0x01, 0x81, 0xdb, 0xff, 0xff, 0xff, 0xff})
	full := obj{}
	for i := range 15 {
		full = append(full, "k", i)
	}
	add(log(full))
	add(log(obj{"x", "the only field"}), log(obj{"x", "of some"}), log(obj{"y", "of others"}))
}

// Every chunk is walked twice over in one, so that what the Walker remembers
// from one event is put to use in another.

func FuzzWalk(f *testing.F) {
	seeds(f)
	w := NewWalker(fuzzFinder)
	f.Fuzz(func(t *testing.T, data []byte) { checkWalk(t, w, concat(data, data)) })
}

func FuzzAnnotate(f *testing.F) {
	seeds(f)
	w := NewWalker(fuzzFinder)
	f.Fuzz(func(t *testing.T, data []byte) { checkAnnotate(t, w, concat(data, data)) })
}

func FuzzParseAccessor(f *testing.F) {
	for _, s := range []string{"log", "$log", "$a['b'][0]", "$['it''s']", "$", "$TAG", "$a[", "$a['", "$a.b", "", "$a[4294967295]", "$['$a']", "$a['']"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAccessor(s)
		if err != nil {
			if len(a.path) != 0 || err.Error() == "" {
				t.Fatalf("%q: error %q and a path", s, err)
			}
			return
		}
		if len(a.path) == 0 || a.path[0].isIndex {
			t.Fatalf("%q is %v", s, a.path)
		}
		again, err := ParseAccessor(a.String())
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("%q writes itself as %q, which is %v, not %v (%v)", s, a, again.path, a.path, err)
		}
		// What it names, it finds.
		var v any = "x"
		for i := len(a.path) - 1; i >= 0; i-- {
			switch s := a.path[i]; {
			case !s.isIndex:
				v = obj{s.key, v}
			case s.index < 100:
				list := make([]any, s.index+1)
				list[s.index] = v
				v = list
			default:
				return
			}
		}
		w, ev := NewWalker(NewFinder(nil, []Accessor{a})), new(Event)
		w.Reset(log(v))
		if !w.Next(ev) || string(ev.Value(0).Bytes) != "x" {
			t.Fatalf("%q not found in %v", s, v)
		}
	})
}
