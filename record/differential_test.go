package record

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// The differential test and the fuzz targets compare with a reference that is
// made of the msgpack library's own decoding and of nothing else of this package.

// What both the reference and the Finder look for.
var (
	fuzzSlots = [][]Accessor{
		mustParse("log", "message", "$log['text']"),
		mustParse("level", "$a['level']", "$a[0]", "$['']"),
		mustParse("$a['b']['c']", "$a['b'][1]", "a"),
	}
	fuzzReplace = []string{"anomaly", "anomaly_score", "anomaly_reason", "a"}
	fuzzFinder  = NewFinder(fuzzReplace, fuzzSlots...)
)

// reference is one event as the library sees it.
type reference struct {
	kind   EventKind
	before []byte
	pairs  []pair
}

// referenceEvent takes one well-formed value apart.
func referenceEvent(raw []byte) reference {
	other := reference{kind: Other}
	root, ok := items(raw)
	if !ok || len(root) != 2 {
		return other
	}
	stamp := root[0]
	if head, ok := items(root[0]); ok {
		if len(head) != 2 || !isMap(head[1]) {
			return other
		}
		stamp = head[0]
	}
	kind, ok := referenceTime(stamp)
	if !ok || !isMap(root[1]) {
		return other
	}
	before, pairs, ok := parts(raw)
	if !ok {
		panic("a map that the library cannot read")
	}
	return reference{kind, before, pairs}
}

func isMap(raw []byte) bool {
	c := raw[0]
	return c&0xf0 == 0x80 || c == 0xde || c == 0xdf
}

// items returns the elements of an array, undecoded.
func items(raw []byte) (list [][]byte, ok bool) {
	if c := raw[0]; c&0xf0 != 0x90 && c != 0xdc && c != 0xdd {
		return nil, false
	}
	d := msgpack.NewDecoder(bytes.NewReader(raw))
	n, err := d.DecodeArrayLen()
	if err != nil {
		return nil, false
	}
	for range n {
		item, err := d.DecodeRaw()
		if err != nil {
			return nil, false
		}
		list = append(list, item)
	}
	return list, true
}

// fieldsOf returns the pairs of a map, undecoded.
func fieldsOf(raw []byte) []pair {
	_, pairs, ok := parts(concat([]byte{0x92, 0xc0}, raw))
	if !ok {
		return nil
	}
	return pairs
}

func referenceTime(raw []byte) (EventKind, bool) {
	sec := int64(0)
	switch c := raw[0]; {
	case c >= 0xd4 && c <= 0xd8 || c >= 0xc7 && c <= 0xc9:
		d := msgpack.NewDecoder(bytes.NewReader(raw))
		id, n, err := d.DecodeExtHeader()
		if err != nil || id != 0 || n != 8 || c == 0xc8 || c == 0xc9 {
			return Other, false
		}
		sec = int64(int32(uint32(raw[len(raw)-8])<<24 | uint32(raw[len(raw)-7])<<16 | uint32(raw[len(raw)-6])<<8 | uint32(raw[len(raw)-5])))
	default:
		var v any
		if msgpack.Unmarshal(raw, &v) != nil {
			return Other, false
		}
		switch r := reflect.ValueOf(v); {
		case v == nil:
			return Other, false
		case r.CanInt():
			sec = r.Int()
		case r.CanUint():
			// Too large for a group marker of either form.
		case r.CanFloat():
			if f := math.Trunc(r.Float()); math.Abs(f) < 10 {
				sec = int64(f)
			}
		default:
			return Other, false
		}
	}
	switch sec {
	case -1:
		return GroupStart, true
	case -2:
		return GroupEnd, true
	}
	return Log, true
}

// referenceFind returns the raw value that fills a slot, nil for none.
func referenceFind(slot []Accessor, body []pair) []byte {
	var best []byte
	bestRank := math.MaxInt
	for rank, a := range slot {
		for _, v := range matches(a.path, body) {
			class := 0
			switch c := v[0]; {
			case c == 0xc0:
				class = 2
			case isMap(v), c&0xf0 == 0x90, c == 0xdc, c == 0xdd, c >= 0xd4 && c <= 0xd8, c >= 0xc7 && c <= 0xc9:
				class = 1
			}
			if r := class*len(slot) + rank; r <= bestRank {
				best, bestRank = v, r
			}
		}
	}
	return best
}

// matches returns all values at the end of a path, in their order.
func matches(path []step, in []pair) (found [][]byte) {
	for _, p := range in {
		if name, ok := p.text(); ok && !path[0].isIndex && name == path[0].key {
			found = append(found, below(path[1:], p.value)...)
		}
	}
	return found
}

func below(path []step, value []byte) [][]byte {
	if len(path) == 0 {
		return [][]byte{value}
	}
	if path[0].isIndex {
		if list, ok := items(value); ok && int(path[0].index) < len(list) {
			return below(path[1:], list[path[0].index])
		}
		return nil
	}
	if !isMap(value) {
		return nil
	}
	return matches(path, fieldsOf(value))
}

// referenceValue shows a value as the library decodes it.
func referenceValue(t *testing.T, raw []byte) string {
	if raw == nil {
		return "absent"
	}
	switch c := raw[0]; {
	case c >= 0xd4 && c <= 0xd8 || c >= 0xc7 && c <= 0xc9:
		return fmt.Sprintf("ext %x", raw)
	case isMap(raw):
		return fmt.Sprintf("map %x", raw)
	case c&0xf0 == 0x90, c == 0xdc, c == 0xdd:
		return fmt.Sprintf("array %x", raw)
	}
	var v any
	if err := msgpack.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	switch v := v.(type) {
	case nil:
		return "nil c0"
	case string:
		return fmt.Sprintf("str %q", v)
	case []byte:
		return fmt.Sprintf("bin %q", v)
	case bool:
		return fmt.Sprintf("bool %t", v)
	case float32:
		return fmt.Sprintf("float %x", float64(v))
	case float64:
		return fmt.Sprintf("float %x", v)
	case uint64:
		if v > math.MaxInt64 {
			return fmt.Sprintf("uint %d", v)
		}
	}
	return fmt.Sprintf("int %d", v)
}

// shown is a Value as referenceValue shows it.
func shown(v Value) string {
	if v.Kind == Float {
		return fmt.Sprintf("float %x", v.Float())
	}
	return show(v)
}

// checkWalk walks chunk with w and compares everything with the reference.
func checkWalk(t *testing.T, w *Walker, chunk []byte) {
	in := bytes.Clone(chunk)
	var ev Event
	w.Reset(chunk)
	pos := 0
	for w.Next(&ev) {
		if len(ev.Raw) == 0 || !bytes.HasPrefix(chunk[pos:], ev.Raw) {
			t.Fatalf("event at %d is % x", pos, ev.Raw)
		}
		if n := librarySkip(chunk[pos:]); n != len(ev.Raw) {
			t.Fatalf("event at %d is %d bytes long, for the library %d", pos, len(ev.Raw), n)
		}
		pos += len(ev.Raw)
		ref := referenceEvent(ev.Raw)
		if ev.Kind != ref.kind {
			t.Fatalf("% x is of kind %d, want %d", ev.Raw, ev.Kind, ref.kind)
		}
		if ev.Kind != Log {
			if ev.Time != 0 || ev.Body != nil {
				t.Fatalf("kind %d with time %d, body % x", ev.Kind, ev.Time, ev.Body)
			}
			continue
		}
		if !bytes.Equal(ev.Raw[len(ref.before):], ev.Body) {
			t.Fatalf("body of % x is % x", ev.Raw, ev.Body)
		}
		for i, slot := range fuzzSlots {
			want := referenceValue(t, referenceFind(slot, ref.pairs))
			if got := shown(ev.Value(i)); got != want {
				t.Fatalf("slot %d of % x holds %s, want %s", i, ev.Raw, got, want)
			}
		}
	}
	if !bytes.Equal(w.Rest(), chunk[pos:]) {
		t.Fatalf("rest is % x, want % x", w.Rest(), chunk[pos:])
	}
	if pos < len(chunk) && librarySkip(chunk[pos:]) >= 0 {
		t.Fatalf("the library can read % x", chunk[pos:])
	}
	if !bytes.Equal(chunk, in) {
		t.Fatal("the chunk has changed")
	}
}

// checkAnnotate annotates the events of chunk and compares what comes out with
// what went in, pair by pair, and with what comes out when it is done again.
func checkAnnotate(t *testing.T, w *Walker, chunk []byte) {
	var fields Fields
	fields.String("anomaly", "true")
	fields.Float64("anomaly_score", 0.5)
	fields.Text("anomaly_reason", chunk[:min(len(chunk), 300)])
	added := fieldsOf(concat([]byte{0x83}, fields.Bytes()))

	var ev Event
	var kinds []EventKind
	var all []byte
	for w.Reset(chunk); w.Next(&ev); {
		kinds = append(kinds, ev.Kind)
		out := ev.Annotate(nil, &fields)
		all = append(all, out...)
		if ev.Kind != Log {
			if !bytes.Equal(out, ev.Raw) {
				t.Fatalf("% x became % x", ev.Raw, out)
			}
			continue
		}
		ref := referenceEvent(ev.Raw)
		before, pairs, ok := parts(out)
		if !ok {
			t.Fatalf("the library cannot read % x", out)
		}
		if !bytes.Equal(before, ref.before) {
			t.Fatalf("time and metadata % x became % x", ref.before, before)
		}
		var want []pair
		for _, p := range ref.pairs {
			if name, ok := p.text(); !ok || !slices.Contains(fuzzReplace, name) {
				want = append(want, p)
			}
		}
		if want = append(want, added...); !reflect.DeepEqual(pairs, want) {
			t.Fatalf("% x became % x", ev.Raw, out)
		}
	}
	rest := w.Rest()

	// What comes out is a chunk of as many events of the same kinds, which
	// change no more when they are annotated again.
	var again []byte
	n := 0
	for w.Reset(append(all, rest...)); w.Next(&ev); n++ {
		if ev.Kind != kinds[n] {
			t.Fatalf("event %d was of kind %d and is of kind %d", n, kinds[n], ev.Kind)
		}
		again = ev.Annotate(again, &fields)
	}
	if n != len(kinds) || !bytes.Equal(w.Rest(), rest) {
		t.Fatalf("%d events out of %d, rest % x out of % x", n, len(kinds), w.Rest(), rest)
	}
	if !bytes.Equal(again, all) {
		t.Fatalf("annotated once % x, twice % x", all, again)
	}
}

// TestDifferential checks events of random shapes. Their values are drawn from
// few, so that duplicates, hits and repetitions are frequent.
func TestDifferential(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	events := 20_000
	if testing.Short() {
		events = 2_000
	}
	w := NewWalker(fuzzFinder)
	for range events / 10 {
		var chunk, event []byte
		for i := range 10 {
			// Some events come twice or more, as a Walker remembers what it saw.
			if i == 0 || rnd.IntN(3) > 0 {
				event = randomEvent(rnd)
			}
			chunk = append(chunk, event...)
		}
		switch rnd.IntN(10) {
		case 0: // cut off
			chunk = chunk[:rnd.IntN(len(chunk))]
		case 1: // one byte wrong
			chunk[rnd.IntN(len(chunk))] = byte(rnd.Uint32())
		}
		checkWalk(t, w, chunk)
		checkAnnotate(t, w, chunk)
	}
	if w.Logs == 0 || w.Groups == 0 || w.Others == 0 || w.Broken == 0 {
		t.Errorf("%d logs, %d groups, %d others, %d broken: not all kinds were tried", w.Logs, w.Groups, w.Others, w.Broken)
	}
}

// What random events are made of, encoded.
var (
	randomTimes = encoded(at(1700000000, 5), at(1700000000, 5), at(4000000000, math.MaxUint32), at(math.MaxUint32, 0), at(math.MaxUint32-1, 0),
		append(raw{0xc7, 8}, at(5, 5)[1:]...), 1700000000, int64(-7), uint64(math.MaxUint64), 1700000000.25, float32(1.5), -1, -2.5, "text", nil)

	randomScalars = encoded(nil, true, false, "", "text", "\xff\xfe", strings.Repeat("long ", 60), []byte("bin"), []byte{}, repeat(300, 'b'),
		0, 127, -1, -32, int8(-100), int16(-1000), int32(-100000), int64(math.MinInt64), uint8(200), uint16(60000), uint32(math.MaxUint32),
		uint64(math.MaxInt64), uint64(math.MaxUint64), 0.5, math.Inf(1), math.NaN(), float32(0.1), at(1, 2), raw{0xd4, 1, 2}, raw{0xd5, 1, 2, 3},
		raw{0xd6, 1, 2, 3, 4, 5}, append(raw{0xd8, 1}, repeat(16, 9)...), raw{0xc7, 0, 1}, raw{0xc8, 0, 1, 5, 5}, raw{0xc9, 0, 0, 0, 1, 5, 5},
		raw{0xd9, 1, 'x'}, raw{0xda, 0, 1, 'x'}, raw{0xdb, 0, 0, 0, 1, 'x'}, raw{0xc6, 0, 0, 0, 1, 'x'}, raw{0xcf, 0, 0, 0, 0, 0, 0, 0, 7},
		raw{0xdc, 0, 1, 0xc0}, raw{0xdd, 0, 0, 0, 1, 0xc0}, raw{0xde, 0, 0}, raw{0xdf, 0, 0, 0, 0})

	randomKeys = encoded("log", "message", "level", "a", "a", "b", "c", "text", "anomaly", "anomaly_score", "", "other", "stream", "kubernetes",
		[]byte("log"), []byte("anomaly"), raw{0xd9, 1, 'a'}, raw{0xda, 0, 3, 'l', 'o', 'g'}, strings.Repeat("k", 40), 5, nil, obj{"log", 1})
)

func encoded(values ...any) (list [][]byte) {
	for _, v := range values {
		list = append(list, enc(v))
	}
	return list
}

func pick(rnd *rand.Rand, from [][]byte) []byte { return from[rnd.IntN(len(from))] }

func randomEvent(rnd *rand.Rand) []byte {
	stamp, body := pick(rnd, randomTimes), randomMap(rnd, 2)
	switch rnd.IntN(20) {
	case 0:
		return randomValue(rnd, 3)
	case 1:
		return concat([]byte{0x92, 0x92}, stamp, randomValue(rnd, 1), body)
	case 2:
		return concat([]byte{0x92, 0x92}, stamp, []byte{0x80}, randomValue(rnd, 2))
	case 3, 4:
		return concat([]byte{0x92}, stamp, body)
	case 5:
		return concat([]byte{0x92, 0x92}, stamp, randomMap(rnd, 1), body)
	}
	return concat([]byte{0x92, 0x92}, stamp, []byte{0x80}, body)
}

func randomValue(rnd *rand.Rand, depth int) []byte {
	if depth > 0 {
		switch rnd.IntN(6) {
		case 0, 1:
			return randomMap(rnd, depth-1)
		case 2:
			n := rnd.IntN(5)
			b := []byte{0x90 | byte(n)}
			for range n {
				b = append(b, randomValue(rnd, depth-1)...)
			}
			return b
		}
	}
	return pick(rnd, randomScalars)
}

// randomMap is a map of any of the three forms.
func randomMap(rnd *rand.Rand, depth int) []byte {
	n := byte([]int{0, 1, 2, 3, 5, 14, 15, 16, 20}[rnd.IntN(9)])
	var b []byte
	switch form := rnd.IntN(6); {
	case form == 0:
		b = []byte{0xdf, 0, 0, 0, n}
	case form == 1 || n > 15:
		b = []byte{0xde, 0, n}
	default:
		b = []byte{0x80 | n}
	}
	for range n {
		if rnd.IntN(30) == 0 {
			b = append(b, randomValue(rnd, depth)...)
		} else {
			b = append(b, pick(rnd, randomKeys)...)
		}
		b = append(b, randomValue(rnd, depth)...)
	}
	return b
}
