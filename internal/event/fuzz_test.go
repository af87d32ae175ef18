package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// flat is what a tree of values, as encoding/json makes it, is as fields. It is
// written without a look at the package's own way.
func flat(v any, name string, levels int, to []string) []string {
	switch v := v.(type) {
	case map[string]any:
		if levels >= maxLevels+1 {
			return to
		}
		for key, value := range v {
			full := key
			if name != "" {
				full = name + "." + key
			}
			to = flat(value, full, levels+1, to)
		}
		return to
	case []any:
		if levels >= maxLevels+1 {
			return to
		}
		for _, e := range v[:min(len(v), maxElements)] {
			to = flat(e, name+"[]", levels+1, to)
		}
		return to
	}
	if len(name) > maxName {
		return to
	}
	switch v := v.(type) {
	case nil:
		return append(to, name+" null")
	case bool:
		return append(to, fmt.Sprintf("%s %v", name, v))
	case float64:
		return append(to, name+" "+strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		f, _ := v.Float64()
		if !strings.ContainsAny(v.String(), ".eE") && math.Abs(f) >= 1e15 || math.IsInf(f, 0) {
			return append(to, fmt.Sprintf("%s %q", name, v.String()))
		}
		return append(to, name+" "+strconv.FormatFloat(f, 'g', -1, 64))
	case string:
		if v == "true" || v == "false" {
			return append(to, name+" "+v)
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil && isPlain(v) {
			return append(to, name+" "+strconv.FormatFloat(f, 'g', -1, 64))
		}
		if f, _, ok := quantity([]byte(v)); ok { // TestQuantity says which are
			return append(to, name+" "+strconv.FormatFloat(f, 'g', -1, 64))
		}
		return append(to, fmt.Sprintf("%s %q", name, v))
	}
	panic(fmt.Sprintf("%T", v))
}

// isPlain reports whether a text is written as a plain number is.
func isPlain(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || len(whole) > 15 || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	return !point || digits(fraction) && len(s) <= maxNumber
}

func flatFields(ev *detector.Event) []string {
	var to []string
	for _, f := range ev.Fields {
		switch f.Kind {
		case detector.Text:
			to = append(to, fmt.Sprintf("%s %q", f.Name, f.Value))
		case detector.Number:
			to = append(to, fmt.Sprintf("%s %s", f.Name, strconv.FormatFloat(f.Number, 'g', -1, 64)))
		case detector.Null:
			to = append(to, string(f.Name)+" null")
		default:
			to = append(to, fmt.Sprintf("%s %s", f.Name, f.Value))
		}
	}
	return to
}

// same compares fields without their order, and without those whose name says that they
// are the event's time.
func same(t *testing.T, what any, got, want []string) {
	t.Helper()
	times := func(field string) bool {
		name, _, _ := strings.Cut(field, " ")
		return roles[strings.ToLower(name)].clock > 0
	}
	got, want = slices.DeleteFunc(got, times), slices.DeleteFunc(want, times)
	slices.Sort(got)
	slices.Sort(want)
	if len(want) <= detector.MaxFields && !slices.Equal(got, want) {
		t.Errorf("%q:\n got %q\nwant %q", what, got, want)
	}
	if len(got) > detector.MaxFields {
		t.Errorf("%q: %d fields", what, len(got))
	}
}

// everything is settings under which every field is looked at: the names that
// say something are those of the accessors alone.
func everything() options.Settings {
	return options.Settings{LogKey: "$['\x00']", LevelKey: "$['\x00']", LookAt: options.LookAt{Only: []string{"*"}}, KeyPrefix: "\x00"}
}

// What encoding/json takes for an object is read as one, with the same fields,
// and nothing else is.
func FuzzJSON(f *testing.F) {
	for _, line := range []string{
		`{"msg":"\ud83d\ude00\ud83d \u0000","a":[1,-0.5e+3,true,false,null,{}],"b":{"c":[[]]}} `,
		`{"msg":01}`, `{"msg":1.}`, `{"msg":"\x"}`, `{"msg":"a"`, `{"msg":"a",}`, `{,}`, `{"a":[1,]}`, `{"a" 1}`,
		"{\"msg\":\"\t\"}", `{"msg":-}`, `{"msg":1e}`, `{"msg":tru}`, `{"a":{"b":[0,"x"]}}`, `{"a":{"b":{"c":{"d":{"e":1}}}}}`,
		`{"a":123456789012345678,"b":0.1234567890123456,"c":-0,"d":1e400,"e":"-0.10","f":"00"}`, `{"":{"":1}}`, `{"a":{"":[{}]}}`,
	} {
		f.Add([]byte(line))
	}
	s := everything()
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) == 0 || line[0] != '{' || bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) > maxDepth {
			return
		}
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		valid := json.Valid(line) && d.Decode(&want) == nil
		r := reader(t, s)
		r.begin()
		r.layer = 1
		_, got := r.json(line)
		if trimmed := bytes.TrimRight(line, " \t\r\n"); len(trimmed) != len(line) {
			return // the caller takes that off
		}
		if got != valid {
			t.Fatalf("%q: an object is %v, want %v", line, got, valid)
		}
		if !valid || !utf8.Valid(line) || hasTwice(line) {
			return
		}
		same(t, line, flatFields(&detector.Event{Fields: r.fields}), flat(want, "", 0, nil))
	})
}

// hasTwice reports whether an object has a key more than once, or keys that nested
// ones have as well: which value counts then is tested elsewhere.
func hasTwice(line []byte) bool {
	d := json.NewDecoder(bytes.NewReader(line))
	seen := map[string]bool{}
	var walk func(prefix string) bool
	walk = func(prefix string) bool {
		token, err := d.Token()
		if err != nil {
			return true
		}
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					return true
				}
				name, _ := key.(string)
				if name = prefix + "." + name; seen[name] || strings.ContainsAny(key.(string), ".[\x00") || key == "" {
					return true
				}
				seen[name] = true
				if walk(name) {
					return true
				}
			}
			_, err = d.Token()
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				if walk(fmt.Sprint(prefix, "[", i, "]")) {
					return true
				}
			}
			_, err = d.Token()
		}
		return err != nil
	}
	return walk("")
}

// What msgpack makes of a tree of values has the same fields as the tree.
func FuzzMsgpack(f *testing.F) {
	for _, s := range []string{
		`{"log":"x","a":{"b":[1,2,{"c":null}]},"n":-5,"big":1e18,"f":0.1}`,
		`{"a":[[1],[2,3],4,5,6,7,8,9,10]}`, `{"":0}`, `{"a":{"b":{"c":{"d":1}}}}`,
	} {
		f.Add([]byte(s), true)
	}
	s := everything()
	f.Fuzz(func(t *testing.T, text []byte, compact bool) {
		var want map[string]any
		if json.Unmarshal(text, &want) != nil || hasTwice(text) {
			return
		}
		var b bytes.Buffer
		b.Write([]byte{0x92, 0x92, 0xd7, 0, 0x69, 0xa5, 0x41, 0x81, 0, 0, 0, 0, 0x80})
		e := msgpack.NewEncoder(&b)
		e.UseCompactFloats(compact)
		if e.Encode(want) != nil {
			return
		}
		// What the encoder wrote is read by its own decoder for comparison.
		var back map[string]any
		if msgpack.Unmarshal(b.Bytes()[13:], &back) != nil {
			return
		}
		r := reader(t, s)
		var ev detector.Event
		readRecord(t, r, b.Bytes(), &ev)
		same(t, text, flatFields(&ev), flat(widen(back), "", 0, nil))
	})
}

// widen makes the numbers of a tree of one kind, as JSON has them.
func widen(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = widen(value)
		}
	case []any:
		for i, e := range v {
			v[i] = widen(e)
		}
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return json.Number(fmt.Sprint(v))
	}
	return v
}

// A record of any bytes that walk is read without a panic.
func FuzzRecord(f *testing.F) {
	f.Add(chunk(f, map[string]any{"log": `{"a":1}`, "kubernetes": map[string]any{"labels": map[string]any{"app": "x"}}}, map[string]any{"otlp": map[string]any{"severity_number": 9}}))
	r := reader(f, options.Settings{GroupBy: "$kubernetes['labels']['app'][1]"})
	f.Fuzz(func(t *testing.T, chunk []byte) {
		w := record.NewWalker(nil)
		w.Reset(chunk)
		var rec record.Event
		for w.Next(&rec) {
			if rec.Kind == record.Log {
				var ev detector.Event
				r.text = slices.Grow(r.text, 64) // values in what it has grown out of are its own, too
				r.Record(&rec, &ev)
				check(t, r, chunk, &ev)
			}
		}
	})
}

// Texts of any form are read without a panic, and nothing is given out that is
// neither the text's nor the reader's own.
func FuzzText(f *testing.F) {
	for _, line := range []string{
		`ts=2026-03-02T08:00:01Z level=info msg="say \"hi\"" status=200`, `a=1 b="`, `a= b=`, `x a=1 b=2 c=3 D e=4`, `=`, `a=1,b=2,,c='x y'`,
		`msg=audit(1:2): a=1`, `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "x" [a] [b "c`,
		`lb haproxy[2031]: 10.0.0.1:54031 [02/Mar/2026:08:00:01.500] fe~ be/web1 0/0/3/71/78 200 268 - - ---- 40/69/14/0/0 0/0 {a b|c} "GET /cart HTTP/1.1"`,
		`https 2026-03-02T08:00:01.000000Z app/shop/50dc 10.0.0.1:61092 10.0.0.2:80 0.000 0.137 0.000 200 200 2268 12629 "GET https://shop:443/cart HTTP/2.0" "x"`,
		"<14>x", "<165", "2026-03-02T08:00:01.5Z stdout F ", "\x1b[31mred\x1b[0m a=1 b=2", "\x1b", "\x1b[", `{"log":"{\"log\":\"{}\"}"}`,
	} {
		f.Add([]byte(line))
	}
	r := reader(f, options.Settings{})
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		var ev detector.Event
		r.Line(line, &ev)
		check(t, r, line, &ev)
		first := show(&ev)
		r.Line(line, &ev)
		if again := show(&ev); again != first {
			t.Errorf("%q:\nfirst %s\nthen  %s", line, first, again)
		}
		if !bytes.Equal(line, before) {
			t.Errorf("%q became %q", before, line)
		}
	})
}

// check looks at what must hold for every event.
func check(t *testing.T, r *Reader, input []byte, ev *detector.Event) {
	t.Helper()
	if len(ev.Fields) > detector.MaxFields {
		t.Errorf("%d fields", len(ev.Fields))
	}
	for _, f := range ev.Fields {
		if len(f.Name) > maxName {
			t.Errorf("a name of %d bytes", len(f.Name))
		}
		if (f.Kind == detector.Null) != (f.AppendText(nil) == nil) && f.Kind != detector.Text {
			t.Errorf("%s: kind %v, value %q", f.Name, f.Kind, f.Value)
		}
		if f.Kind == detector.Text && len(f.Value) > 0 && !partOf(input, f.Value) && !partOf(r.text[:cap(r.text)], f.Value) && len(r.text) <= 64 {
			t.Errorf("%s: the value %q is of neither the input nor the reader", f.Name, f.Value)
		}
	}
}

func partOf(b, part []byte) bool {
	if len(b) == 0 {
		return false
	}
	from, at := uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	return at >= from && at+uintptr(len(part)) <= from+uintptr(len(b))
}
