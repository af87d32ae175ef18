package record

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEventShapes(t *testing.T) {
	const ns = time.Duration(1700000000*1e9 + 123456789)
	body := obj{"log", "hello"}
	for _, c := range []struct {
		name  string
		event []byte
		kind  EventKind
		time  time.Duration
	}{
		{"current", log(body), Log, ns},
		{"metadata", enc([]any{[]any{at(1700000000, 123456789), obj{"otlp", obj{"severity", 9}}}, body}), Log, ns},
		{"legacy", enc([]any{at(1700000000, 123456789), body}), Log, ns},
		{"time as ext8", enc([]any{append(raw{0xc7, 8}, at(1700000000, 123456789)[1:]...), body}), Log, ns},
		{"time as integer", enc([]any{1700000000, body}), Log, 1700000000e9},
		{"time as small integer", enc([]any{raw{5}, body}), Log, 5e9},
		{"time as uint64", enc([]any{uint64(1700000000), body}), Log, 1700000000e9},
		{"time as float", enc([]any{1700000000.25, body}), Log, 1700000000.25e9},
		{"time as float32", enc([]any{float32(1.5), body}), Log, 1.5e9},
		{"time before 1970", enc([]any{-10, body}), Log, -10e9},
		{"time beyond 2038", enc([]any{at(4000000000, 1), body}), Log, 4000000000e9 + 1},
		{"time 2106", enc([]any{uint32(math.MaxUint32), body}), Log, math.MaxUint32 * time.Second},
		{"nanoseconds beyond a second", enc([]any{at(1, math.MaxUint32), body}), Log, 1e9 + math.MaxUint32},
		{"time too large", enc([]any{int64(math.MaxInt64), body}), Log, 0},
		{"time too small", enc([]any{int64(math.MinInt64), body}), Log, 0},
		{"time far too large", enc([]any{uint64(math.MaxUint64), body}), Log, 0},
		{"time infinite", enc([]any{math.Inf(-1), body}), Log, 0},
		{"time not a number", enc([]any{math.NaN(), body}), Log, 0},
		{"heads in their long forms", concat(
			[]byte{0xdd, 0, 0, 0, 2, 0xdc, 0, 2}, at(1700000000, 123456789), []byte{0xdf, 0, 0, 0, 0}, enc(body)), Log, ns},
		{"body as map32", concat([]byte{0x92, 0x92}, at(1700000000, 123456789), []byte{0x80, 0xdf, 0, 0, 0, 1}, enc("log"), enc("hello")), Log, ns},

		{"group opens", enc([]any{[]any{at(math.MaxUint32, 0), obj{}}, obj{"log", "hello"}}), GroupStart, 0},
		{"group closes", enc([]any{[]any{at(math.MaxUint32-1, 0), obj{}}, obj{}}), GroupEnd, 0},
		{"group opens, metadata", enc([]any{[]any{at(math.MaxUint32, 5), obj{"schema", "otlp"}}, obj{"resource", obj{}}}), GroupStart, 0},
		{"group opens, integer", enc([]any{[]any{-1, obj{}}, obj{}}), GroupStart, 0},
		{"group closes, int64", enc([]any{[]any{int64(-2), obj{}}, obj{}}), GroupEnd, 0},
		{"group opens, float", enc([]any{[]any{-1.0, obj{}}, obj{}}), GroupStart, 0},

		{"body a string", enc([]any{[]any{at(1, 1), obj{}}, "text"}), Other, 0},
		{"body an array", enc([]any{[]any{at(1, 1), obj{}}, []any{body}}), Other, 0},
		{"body nil", enc([]any{at(1, 1), nil}), Other, 0},
		{"group marker, body no map", enc([]any{[]any{at(math.MaxUint32, 0), obj{}}, nil}), Other, 0},
		{"time a string", enc([]any{"yesterday", body}), Other, 0},
		{"time nil", enc([]any{[]any{nil, obj{}}, body}), Other, 0},
		{"time bool", enc([]any{true, body}), Other, 0},
		{"time a map", enc([]any{obj{}, body}), Other, 0},
		{"time of another ext type", enc([]any{append(raw{0xd7, 0xff}, at(1, 1)[2:]...), body}), Other, 0},
		{"time of another length", enc([]any{raw{0xd6, 0, 0, 0, 0, 1}, body}), Other, 0},
		{"time as ext8 of another length", enc([]any{raw{0xc7, 3, 0, 0, 0, 1}, body}), Other, 0},
		{"metadata no map", enc([]any{[]any{at(1, 1), "meta"}, body}), Other, 0},
		{"head of one", enc([]any{[]any{at(1, 1)}, body}), Other, 0},
		{"head of three", enc([]any{[]any{at(1, 1), obj{}, obj{}}, body}), Other, 0},
		{"one element", enc([]any{at(1, 1)}), Other, 0},
		{"three elements", enc([]any{at(1, 1), body, "option"}), Other, 0},
		{"no elements", enc([]any{}), Other, 0},
		{"a bare map", enc(body), Other, 0},
		{"a bare string", enc("text"), Other, 0},
		{"nil", []byte{0xc0}, Other, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewFinder([]string{"log"}, mustParse("log"))
			w, ev := one(t, f, c.event)
			if ev.Kind != c.kind || ev.Time != c.time {
				t.Errorf("kind %d, time %d, want %d, %d", ev.Kind, ev.Time, c.kind, c.time)
			}
			wantValue, wantBody := "absent", []byte(nil)
			if c.kind == Log {
				wantValue, wantBody = `str "hello"`, ev.Raw[len(ev.Raw)-len(ev.Body):]
				if pairs, _ := mapHead(ev.Body, 0); pairs != 1 {
					t.Errorf("Body is % x", ev.Body)
				}
			}
			if got := show(ev.Value(0)); got != wantValue {
				t.Errorf("found %s, want %s", got, wantValue)
			}
			if !bytes.Equal(ev.Body, wantBody) {
				t.Errorf("Body is % x, want % x", ev.Body, wantBody)
			}
			if w.Next(ev) || len(w.Rest()) != 0 {
				t.Errorf("rest % x", w.Rest())
			}
			var logs, groups, others uint64
			switch c.kind {
			case Log:
				logs = 1
			case Other:
				others = 1
			default:
				groups = 1
			}
			if w.Logs != logs || w.Groups != groups || w.Others != others || w.Broken != 0 {
				t.Errorf("counted %d logs, %d groups, %d others, %d broken", w.Logs, w.Groups, w.Others, w.Broken)
			}

			// Cut off anywhere, it is no event, and all of it is the rest.
			for n := range c.event {
				w := NewWalker(f)
				w.Reset(c.event[:n])
				if w.Next(ev) {
					t.Fatalf("an event in the first %d of %d bytes", n, len(c.event))
				}
				if w.Next(ev) || !bytes.Equal(w.Rest(), c.event[:n]) || n > 0 && w.Broken != 1 {
					t.Fatalf("first %d of %d bytes: rest % x, %d broken", n, len(c.event), w.Rest(), w.Broken)
				}
			}
		})
	}
}

func TestChunk(t *testing.T) {
	good := [][]byte{
		log(obj{"log", "one"}),
		enc([]any{[]any{at(math.MaxUint32, 0), obj{}}, obj{}}),
		log(obj{"log", "two"}),
		enc("no event"),
		log(obj{"log", "three", "nested", obj{"a", []any{1, "x", nil}}}),
	}
	for _, tail := range [][]byte{
		nil,
		{0xc1},
		{0xc1, 0x92, 0x92},
		{0x92},
		log(obj{"log", "cut off"})[:20],
		concat([]byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xdf, 0xff, 0xff, 0xff, 0xff}),
		concat([]byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x81, 0xa3, 'l', 'o', 'g', 0xdb, 0xff, 0xff, 0xff, 0xff}),
		concat([]byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x81, 0xc1, 0xc0}, log(obj{"log", "unreachable"})),
	} {
		w := NewWalker(NewFinder(nil, mustParse("log")))
		var ev Event
		for range 2 { // a Walker and an Event can be used again
			w.Reset(concat(concat(good...), tail))
			var out []byte
			for i := 0; w.Next(&ev); i++ {
				if !bytes.Equal(ev.Raw, good[i]) {
					t.Errorf("event %d is % x", i, ev.Raw)
				}
				out = ev.Annotate(out, nil)
				if want := concat(concat(good[i+1:]...), tail); !bytes.Equal(w.Rest(), want) {
					t.Errorf("rest after event %d is % x, want % x", i, w.Rest(), want)
				}
			}
			if !bytes.Equal(w.Rest(), tail) {
				t.Errorf("rest is % x, want % x", w.Rest(), tail)
			}
			if out = append(out, w.Rest()...); !bytes.Equal(out, w.chunk) {
				t.Errorf("not the same bytes out as in")
			}
		}
		broken := uint64(0)
		if tail != nil {
			broken = 2
		}
		if w.Logs != 6 || w.Groups != 2 || w.Others != 2 || w.Broken != broken {
			t.Errorf("tail % x: counted %d logs, %d groups, %d others, %d broken", tail, w.Logs, w.Groups, w.Others, w.Broken)
		}
		w.Reset(nil)
		if w.Next(&ev) || len(w.Rest()) != 0 {
			t.Error("something in an empty chunk")
		}
	}
}

// TestCutOff cuts a chunk of two events at every place: what is whole is walked,
// what is not is the rest.
func TestCutOff(t *testing.T) {
	finder := NewFinder([]string{"anomaly"}, mustParse("log", "MESSAGE"), mustParse("$kubernetes['labels']['tier']"))
	for _, s := range shapes {
		first, second := s.record(1), s.record(2)
		for n := range len(first) + len(second) {
			chunk := slices.Clip(concat(first, second)[:n])
			w, ev := NewWalker(finder), new(Event)
			w.Reset(chunk)
			walked := 0
			for w.Next(ev) {
				walked += len(ev.Raw)
			}
			want := 0
			if n >= len(first) {
				want = len(first)
			}
			if walked != want || !bytes.Equal(w.Rest(), chunk[want:]) {
				t.Fatalf("%s cut off at %d of %d and %d bytes: walked %d", s.name, n, len(first), len(second), walked)
			}
		}
	}
}

func TestFind(t *testing.T) {
	long := strings.Repeat("k", 40)
	for _, c := range []struct {
		name  string
		slots []string // candidates of each slot, divided by blanks
		body  any
		want  string
	}{
		{"nothing asked", nil, obj{"log", "x"}, ""},
		{"nothing there", []string{"log"}, obj{}, "absent"},
		{"first candidate", []string{"log message"}, obj{"message", "m", "log", "l"}, `str "l"`},
		{"second candidate", []string{"log message"}, obj{"a", 1, "message", "m"}, `str "m"`},
		{"case matters", []string{"log"}, obj{"Log", 1, "LOG", 2}, "absent"},
		{"no prefixes", []string{"log"}, obj{"logs", 1, "lo", 2}, "absent"},
		{"same length, same first byte", []string{"log"}, obj{"lag", 1, "lox", 2}, "absent"},
		{"two slots", []string{"log message", "level severity"}, obj{"severity", "warn", "message", "m"}, `str "m", str "warn"`},
		{"one field in two slots", []string{"log", "log"}, obj{"log", "x"}, `str "x", str "x"`},
		{"one candidate twice", []string{"log log"}, obj{"log", "x"}, `str "x"`},
		{"the last duplicate", []string{"log"}, obj{"log", "1", "log", "2", "log", "3"}, `str "3"`},
		{"text before map", []string{"log message"}, obj{"log", obj{"level", "info"}, "message", "m"}, `str "m"`},
		{"number before array", []string{"log message"}, obj{"log", []any{}, "message", 5}, "int 5"},
		{"text before ext", []string{"log message"}, obj{"log", at(1, 1), "message", "m"}, `str "m"`},
		{"map if nothing else", []string{"log message"}, obj{"log", obj{}}, "map 80"},
		{"map before nil", []string{"log message"}, obj{"log", nil, "message", obj{}}, "map 80"},
		{"text before nil", []string{"log message"}, obj{"log", nil, "message", ""}, `str ""`},
		{"nil if nothing else", []string{"log message"}, obj{"log", nil}, "nil c0"},
		{"text before the later nil of the same name", []string{"log"}, obj{"log", "x", "log", nil}, `str "x"`},

		{"key as bin", []string{"log"}, obj{[]byte("log"), "x"}, `str "x"`},
		{"key as str8", []string{"log"}, obj{raw{0xd9, 3, 'l', 'o', 'g'}, "x"}, `str "x"`},
		{"key as str16", []string{"log"}, obj{raw{0xda, 0, 3, 'l', 'o', 'g'}, "x"}, `str "x"`},
		{"key as str32", []string{"log"}, obj{raw{0xdb, 0, 0, 0, 3, 'l', 'o', 'g'}, "x"}, `str "x"`},
		{"key as bin16", []string{"log"}, obj{raw{0xc5, 0, 3, 'l', 'o', 'g'}, "x"}, `str "x"`},
		{"key as bin32", []string{"log"}, obj{raw{0xc6, 0, 0, 0, 3, 'l', 'o', 'g'}, "x"}, `str "x"`},
		{"long key", []string{long}, obj{long[1:], 1, long, "x", long + "k", 2}, `str "x"`},
		{"key of 31 bytes", []string{long[:31]}, obj{long, 1, long[:31], "x"}, `str "x"`},
		{"keys of any type", []string{"log"}, obj{1, 2, nil, 3, true, 4, 1.5, 5, obj{"log", 6}, 7, []any{"log"}, 8, at(1, 1), 9, "log", "x"}, `str "x"`},
		{"ext as key", []string{"log"}, obj{raw{0xc7, 3, 0, 'l', 'o', 'g'}, "x"}, "absent"},
		{"the empty key", []string{"$['']"}, obj{1, 0, raw{0xc7, 0, 5}, 1, "", "x"}, `str "x"`},
		{"the empty key, fixmap behind", []string{"$['']"}, obj{"", obj{}}, `map 80`},
		{"the empty key as bin", []string{"$['']"}, obj{[]byte{}, "x"}, `str "x"`},

		{"nested", []string{"$kubernetes['namespace_name']"}, obj{"kubernetes", obj{"pod", "p", "namespace_name", "prod", "x", 1}, "log", "x"}, `str "prod"`},
		{"nested twice", []string{"$a['b']['c']"}, obj{"a", obj{"b", obj{"c", 1}}}, "int 1"},
		{"nested, cut short", []string{"$a['b']['c']"}, obj{"a", obj{"b", 1}}, "absent"},
		{"nested, not there", []string{"$a['b']['c']"}, obj{"a", obj{"b", obj{"d", 1}}}, "absent"},
		{"same name at another depth", []string{"$a['b']"}, obj{"b", 1, "a", obj{"a", obj{"b", 2}}}, "absent"},
		{"map and what is in it", []string{"a", "$a['b']"}, obj{"a", obj{"b", 1}}, "map 81a16201, int 1"},
		{"two from one map", []string{"$a['b']", "$a['c']"}, obj{"a", obj{"c", 3, "b", 2}}, "int 2, int 3"},
		{"nested before flat", []string{"$log['text'] log"}, obj{"log", obj{"text", "t"}}, `str "t"`},
		{"flat after nested", []string{"$log['text'] log"}, obj{"log", "l"}, `str "l"`},
		{"element", []string{"$a[1]"}, obj{"a", []any{"x", "y", "z"}}, `str "y"`},
		{"elements", []string{"$a[0]", "$a[2]"}, obj{"a", []any{"x", []any{1}, "z"}}, `str "x", str "z"`},
		{"no such element", []string{"$a[3]"}, obj{"a", []any{"x", "y", "z"}}, "absent"},
		{"in an element", []string{"$a[1]['b'][0]"}, obj{"a", []any{1, obj{"b", []any{true}}}}, "bool true"},
		{"no key of an array", []string{"$a['b']"}, obj{"a", []any{"b", 1}}, "absent"},
		{"no element of a map", []string{"$a[0]"}, obj{"a", obj{0, 1}}, "absent"},
		{"zero accessor", []string{""}, obj{"", 1, "a", 2}, "absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var slots [][]Accessor
			for _, s := range c.slots {
				if s == "" {
					slots = append(slots, []Accessor{{}})
					continue
				}
				slots = append(slots, mustParse(strings.Fields(s)...))
			}
			_, ev := one(t, NewFinder([]string{"unrelated"}, slots...), log(c.body))
			var got []string
			for i := range slots {
				got = append(got, show(ev.Value(i)))
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("found %s, want %s", s, c.want)
			}
		})
	}
}

// TestFindManyKeys looks for keys that share length and first byte.
func TestFindManyKeys(t *testing.T) {
	var slots [][]Accessor
	var body obj
	for i := range 300 {
		name := fmt.Sprintf("key%03d", i)
		slots = append(slots, []Accessor{Key(name)})
		body = append(body, name, i)
	}
	_, ev := one(t, NewFinder(nil, slots...), log(body))
	for i := range slots {
		if v := ev.Value(i); v.Kind != Int || v.Int() != int64(i) {
			t.Errorf("slot %d holds %s", i, show(v))
		}
	}
}

// TestRepeatedContainers walks records with the same map again and again, or
// nearly the same, or the same elsewhere: what a Walker remembers of a map must
// only be used where it is true.
func TestRepeatedContainers(t *testing.T) {
	pod := func(namespace, app string) obj {
		return obj{"pod", "p-1", "namespace_name", namespace, "labels", obj{"app", app}}
	}
	find := [][]Accessor{mustParse("$kubernetes['namespace_name']", "$other['namespace_name']"), mustParse("$kubernetes['labels']['app']"), mustParse("log")}
	a := pod("prod", "web")
	for _, c := range []struct {
		body any
		want string
	}{
		{obj{"log", "1", "kubernetes", a}, `str "prod" str "web" str "1"`},
		{obj{"log", "2", "kubernetes", a}, `str "prod" str "web" str "2"`},
		{obj{"log", "3", "kubernetes", pod("prod", "wen")}, `str "prod" str "wen" str "3"`},
		{obj{"log", "4", "kubernetes", pod("test", "web")}, `str "test" str "web" str "4"`},
		{obj{"kubernetes", append(obj{}, a[2:]...)}, `str "prod" str "web" absent`},
		{obj{"kubernetes", a, "log", "5"}, `str "prod" str "web" str "5"`},
		{obj{"unknown", a, "log", "6"}, `absent absent str "6"`},
		{obj{"kubernetes", a}, `str "prod" str "web" absent`},
		{obj{"other", a}, `str "prod" absent absent`},
		{obj{"other", pod("test", "x"), "kubernetes", a}, `str "prod" str "web" absent`},
		{obj{"other", pod("test", "x"), "kubernetes", obj{}}, `str "test" absent absent`},
		{obj{"other", pod("test", "x"), "kubernetes", a, "kubernetes", pod("last", "y")}, `str "last" str "y" absent`},
		{obj{"other", pod("test", "x"), "kubernetes", a, "kubernetes", pod("last", "y")}, `str "last" str "y" absent`},
		{obj{"a", []any{}, "b", []any{1}, "c", obj{}, "d", obj{1, 2}, "e", []any{}, "kubernetes", a}, `str "prod" str "web" absent`},
		{obj{"a", []any{}, "b", []any{1}, "c", obj{}, "d", obj{1, 2}, "e", []any{}, "kubernetes", a}, `str "prod" str "web" absent`},
		{obj{"kubernetes", "none"}, `absent absent absent`},
	} {
		chunk := concat(log(obj{"kubernetes", a}), log(c.body), log(c.body), log(obj{"kubernetes", a}))
		// Cut off within the last map, which is compared with one in full.
		chunk = chunk[:len(chunk)-1]
		w, ev := NewWalker(NewFinder(nil, find...)), new(Event)
		w.Reset(chunk)
		w.Next(ev)
		for range 2 {
			if !w.Next(ev) {
				t.Fatalf("%v is no event", c.body)
			}
			if got := show(ev.Value(0)) + " " + show(ev.Value(1)) + " " + show(ev.Value(2)); got != c.want {
				t.Errorf("%v: found %s, want %s", c.body, got, c.want)
			}
		}
		if w.Next(ev) || w.Broken != 1 {
			t.Errorf("%v: an event beyond the end", c.body)
		}
	}
}

// TestLarge walks and annotates what is too large for most programs.
func TestLarge(t *testing.T) {
	many := obj{}
	for i := range 100_000 {
		many = append(many, fmt.Sprint("key", i), i)
	}
	deep := concat(bytes.Repeat([]byte{0x81, 0xa1, 'a'}, 1_000_000), []byte{0xc0})
	for _, c := range []struct {
		name string
		body obj
		want string
	}{
		{"100,000 keys", append(append(obj{}, many...), "log", "x"), `str "x" absent`},
		{"100,000 keys below", obj{"a", many, "log", "x"}, `str "x" absent`},
		{"a million levels", obj{"log", "x", "a", raw(deep)}, `str "x" map ` + fmt.Sprintf("%x", deep[6:])},
		{"16 MB", obj{"before", strings.Repeat("y", 16<<20), "log", "x"}, `str "x" absent`},
		{"an array of 100,000", obj{"a", make([]int, 100_000), "log", "x"}, `str "x" absent`},
	} {
		_, ev := one(t, NewFinder([]string{"anomaly"}, mustParse("log"), mustParse("$a['a']['a']")), log(c.body))
		if got := show(ev.Value(0)) + " " + show(ev.Value(1)); got != c.want {
			t.Errorf("%s: found %.100s, want %.100s", c.name, got, c.want)
		}
		var fields Fields
		fields.Bool("anomaly", true)
		if got, want := ev.Annotate(nil, &fields), log(append(append(obj{}, c.body...), "anomaly", true)); !bytes.Equal(got, want) {
			t.Errorf("%s: annotated wrongly", c.name)
		}
	}
}

// TestSteadyState counts allocations once everything has its size.
func TestSteadyState(t *testing.T) {
	chunk := concat(
		log(obj{"log", "a line", "anomaly", "true"}),
		log(obj{"log", "a line", "kubernetes", obj{"namespace_name", "prod", "labels", obj{"app", "x"}}}),
		log(obj{"log", "a line", "kubernetes", obj{"namespace_name", "prod", "labels", obj{"app", "x"}}}),
		enc("other"),
	)
	w := NewWalker(NewFinder([]string{"anomaly"}, mustParse("log"), mustParse("$kubernetes['namespace_name']")))
	var (
		ev     Event
		fields Fields
		out    []byte
	)
	run := func() {
		w.Reset(chunk)
		out = out[:0]
		for w.Next(&ev) {
			fields.Reset()
			fields.String("anomaly", "true")
			fields.Float64("anomaly_score", 0.5)
			fields.Text("anomaly_reason", ev.Value(0).Bytes)
			out = ev.Annotate(out, &fields)
		}
		out = append(out, w.Rest()...)
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations for a chunk", n)
	}
}

// TestPlainHeads holds the short way through the heads that inputs write to
// the long way through all heads, and the header of the body to its form.
func TestPlainHeads(t *testing.T) {
	heads := map[string][]byte{
		"fixarray, fixmap": concat([]byte{0x92, 0x92}, at(7, 8), []byte{0x80}),
		"fixarray, map32":  concat([]byte{0x92, 0x92}, at(7, 8), []byte{0xdf, 0, 0, 0, 0}),
		"array32, fixmap":  concat([]byte{0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2}, at(7, 8), []byte{0x80}),
		"array32, map32":   concat([]byte{0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2}, at(7, 8), []byte{0xdf, 0, 0, 0, 0}),
	}
	body := concat([]byte{0xdf, 0, 0, 0, 1}, enc("log"), enc("a message that is long enough"))
	for name, head := range heads {
		_, at := plainHead(concat([]byte{0xc0}, head, body), 1)
		if at != 1+len(head) {
			t.Errorf("%s: the body is found at %d, it is at %d", name, at, 1+len(head))
		}
		_, ev := one(t, NewFinder([]string{"anomaly"}, mustParse("log")), concat(head, body))
		if ev.Kind != Log || ev.Time != 7*time.Second+8 || string(ev.Value(0).Bytes) != "a message that is long enough" {
			t.Errorf("%s: kind %v, time %v, message %q", name, ev.Kind, ev.Time, ev.Value(0).Bytes)
		}
		var add Fields
		add.String("anomaly", "true")
		want := concat(head, []byte{0xdf, 0, 0, 0, 2}, body[5:], enc("anomaly"), enc("true"))
		if got := ev.Annotate(nil, &add); !bytes.Equal(got, want) {
			t.Errorf("%s:\n% x, want\n% x", name, got, want)
		}
		for i := range head { // one byte is another, or the chunk ends there
			for c := range 256 {
				b := concat(head, body)
				b[i] = byte(c)
				var long Event
				if time, p := plainHead(b, 0); p > 0 {
					kind, moment := extTime(b[time : time+8])
					if q := long.head(b, 0); q != p || long.Kind != kind || long.Time != moment {
						t.Errorf("% x: %d, %v, %v on the short way, %d, %v, %v on the long one", b[:i+1], p, kind, moment, q, long.Kind, long.Time)
					}
				}
			}
			if _, p := plainHead(concat(head, body)[:i], 0); p > 0 {
				t.Errorf("%s: cut at %d, the body is at %d", name, i, p)
			}
		}
	}
}
