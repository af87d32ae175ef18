package event

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

type object = map[string]any

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name       string
		settings   options.Settings
		body, meta object
		want       string
	}{
		{name: "OTLP", body: object{"log": "order 1 placed"}, meta: object{"otlp": object{"severity_number": 17, "severity_text": "ERROR", "trace_id": "x", "attributes": object{"status": 503}}},
			want: `"order 1 placed" ERROR attributes.status=503`},
		{name: "OTLP, a number alone", body: object{"log": "x"}, meta: object{"otlp": object{"severity_number": 13}}, want: `"x" WARN`},
		{name: "other metadata", body: object{"log": "x"}, meta: object{"level": "error", "a": 1}, want: `"x"`},
		{name: "nginx parser", body: object{"remote": "10.0.0.1", "host": "-", "user": "-", "method": "GET", "path": "/", "code": "200", "size": "512"},
			want: `"" code=200 host="-" method="GET" path="/" remote="10.0.0.1" size=512 user="-"`},
		{name: "every kind", body: object{"a": 1, "b": -1, "c": uint64(1 << 63), "d": 1.5, "e": float32(0.1), "f": true, "g": nil, "h": []byte("x"), "i": []any{1, "y"}, "j": object{"k": 2}},
			want: `"" a=1 b=-1 c="9223372036854775808" d=1.5 e=0.1 f=true g=null h="x" i[]=1 i[]="y" j.k=2`},
		{name: "a map in log", body: object{"log": object{"level": "error"}, "message": "declined"}, want: `"declined" ERROR`},
		{name: "Kubernetes", settings: options.Settings{GroupBy: "$kubernetes['labels']['app']"},
			body: object{"log": "x", "stream": "stdout", "_p": "F", "kubernetes": object{"pod_name": "p", "labels": object{"app": "shop", "tier": "back"}}}, want: `"x" group=shop`},
		{name: "text that is nearly JSON", body: object{"log": `{"a":1,"level":"error","msg":"y","b":}`, "x": 1}, want: `"{\"a\":1,\"level\":\"error\",\"msg\":\"y\",\"b\":}" x=1`},
		{name: "up to 15 digits, a number", body: object{"a": 999999999999999, "b": -999999999999999}, want: `"" a=9.99999999999999e+14 b=-9.99999999999999e+14`},
		{name: "from 16 digits on, a name", body: object{"a": 1000000000000000, "b": -1000000000000000, "c": uint64(1000000000000000)},
			want: `"" a="1000000000000000" b="-1000000000000000" c="1000000000000000"`},
		{name: "nesting, with lists", body: object{"a": object{"b": object{"c": object{"d": []any{1, object{"x": 2}}, "e": 3}}}, "k": object{"l": object{"m": []any{4, []any{5}}}}}, want: `"" a.b.c.d[]=1 a.b.c.d[].x=2 a.b.c.e=3 k.l.m[]=4 k.l.m[][]=5`},
		{name: "an empty line", body: object{"log": ""}, want: `""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ev detector.Event
			if !readRecord(t, reader(t, c.settings), chunk(t, c.body, c.meta), &ev) {
				t.Error("nothing to judge")
			}
			if got := show(&ev); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBlind(t *testing.T) {
	r := reader(t, options.Settings{LookAt: options.LookAt{Only: []string{"nothing"}}})
	for i := range 3 {
		var ev detector.Event
		if readRecord(t, r, chunk(t, object{"line": "x", fmt.Sprint("key", i): 1}, nil), &ev) || len(ev.Message) > 0 {
			t.Error("something to judge")
		}
	}
	if want := []string{"key0", "line", "key1", "key2"}; r.Blind.Records != 3 || !slices.Equal(r.Blind.Keys, want) {
		t.Errorf("%+v", r.Blind)
	}
}

// Who makes up keys gains no memory, and those that are in use stay known.
func TestMadeUpKeys(t *testing.T) {
	r := reader(t, options.Settings{GroupBy: "$g['a']"})
	var ev detector.Event
	for i := range 20_000 {
		line := fmt.Appendf(nil, `{"msg":"x","level":"error","g":{"a":"b"},"used":1,"k%d":{"k%d":[{"k":1}]},"l%d":2}`, i, i, i)
		r.Line(line, &ev)
		want := fmt.Sprintf(`"x" ERROR group=b used=1 k%d.k%d[].k=1 l%d=2`, i, i, i)
		if got := show(&ev); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	known := 0
	for i := range r.tree.slots {
		if r.tree.slots[i] != nil {
			known++
		}
	}
	if known > nodeSlots || cap(r.tree.passing) != maxKeys || cap(r.tree.names) > 1<<16 || cap(r.text) > 1<<16 {
		t.Errorf("%d nodes, %d passing, %d bytes of names, %d of text", known, cap(r.tree.passing), cap(r.tree.names), cap(r.text))
	}
}

func TestManyFields(t *testing.T) {
	var line strings.Builder
	line.WriteString(`{"a":0`)
	for i := range 5000 {
		fmt.Fprintf(&line, `,"key%d":{"x":%d}`, i, i)
	}
	line.WriteString(`,"level":"error","msg":"last"}`)
	r := reader(t, options.Settings{})
	var ev detector.Event
	for range 3 {
		r.Line([]byte(line.String()), &ev)
		if len(ev.Fields) != detector.MaxFields {
			t.Errorf("%d fields", len(ev.Fields))
		}
	}
	// What the record's first event did not find room for may be known later:
	// the names that are looked for are always.
	if string(ev.Message) != "last" || ev.Level == 0 {
		t.Errorf("message %q, level %v", ev.Message, ev.Level)
	}
}

var samples = []struct{ name, text string }{
	{"text", "2026-03-02 08:00:49.886  INFO 7 --- [stock-8] c.shop.stock.ReservationService  : Reserved 2 of 10-5539 for ord_f8249bf8152, 2 left"},
	{"json", `{"time":"2026-03-02T08:58:10.806536Z","level":"info","logger":"payments","order":"ord_5460dc4f092","msg":"charge ch_6bfe833b2af253d0 captured, 95.53 EUR via nordpay in 169 ms"}`},
	{"nested", `{"ts":1772438401.123,"level":30,"kubernetes":{"namespace_name":"shop","labels":{"app":"pay","tier":"back"}},"retries":3,"ok":true,"msg":"charge \"ch_6bfe833b2af253d0\" captured, 95.53 EUR\tvia nordpay in 169 ms"}`},
	{"docker", `{"log":"{\"level\":\"info\",\"msg\":\"charge captured\",\"amount\":95.53,\"ms\":169}\n","stream":"stdout","time":"2026-03-02T08:58:10.806536Z"}`},
	{"logfmt", `ts=2026-03-02T08:58:10.806Z level=info msg="charge captured" order=ord_5460dc4f092 amount=95.53 via=nordpay ms=169 status=200`},
	{"access", `10.0.0.1 - alice [02/Mar/2026:08:00:01 +0000] "GET /cart?id=7 HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`},
}

// The names that say something have a place each.
func TestPinned(t *testing.T) {
	if r := reader(t, options.Settings{GroupBy: "$a[3]['b']"}); len(r.tree.passing) != 0 {
		t.Errorf("%d names are not remembered", len(r.tree.passing))
	}
}

func TestNoAllocations(t *testing.T) {
	r := reader(t, options.Settings{GroupBy: "$kubernetes['labels']['app']"})
	var ev detector.Event
	for _, s := range samples {
		text := []byte(s.text)
		r.Line(text, &ev)
		if n := testing.AllocsPerRun(100, func() { r.Line(text, &ev) }); n != 0 {
			t.Errorf("%s: %v allocations for a line", s.name, n)
		}
		w := record.NewWalker(nil)
		w.Reset(chunk(t, object{"log": s.text, "a": 7, "b": 1.5, "c": []any{1, object{"d": "x"}}, "kubernetes": object{"labels": object{"app": "y"}}}, nil))
		var rec record.Event
		w.Next(&rec)
		r.Record(&rec, &ev)
		if n := testing.AllocsPerRun(100, func() { r.Record(&rec, &ev) }); n != 0 {
			t.Errorf("%s: %v allocations for a record", s.name, n)
		}
	}
	// Keys that are made up each time cost none either.
	lines := make([][]byte, 1000)
	for i := range lines {
		lines[i] = fmt.Appendf(nil, `{"msg":"x","key%d":1,"nested":{"key%d":2}}`, i, i)
	}
	i := 0
	for range 50_000 {
		r.Line(lines[i%len(lines)], &ev)
		i++
	}
	if n := testing.AllocsPerRun(5000, func() { r.Line(lines[i%len(lines)], &ev); i++ }); n > 1 {
		t.Errorf("%v allocations with keys made up", n)
	}
}

func BenchmarkLine(b *testing.B) {
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			r := reader(b, options.Settings{})
			text := []byte(s.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var ev detector.Event
			for b.Loop() {
				r.Line(text, &ev)
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	body := object{}
	for i := range 12 {
		body[fmt.Sprint("field", i)] = fmt.Sprint("value ", i)
		body[fmt.Sprint("number", i)] = i * 1000
	}
	for name, body := range map[string]object{
		"text":      {"log": samples[0].text},
		"json text": {"log": samples[1].text},
		"24 fields": body,
	} {
		b.Run(name, func(b *testing.B) {
			r := reader(b, options.Settings{})
			w := record.NewWalker(nil)
			chunk := chunk(b, body, nil)
			b.ReportAllocs()
			var rec record.Event
			var ev detector.Event
			for b.Loop() {
				w.Reset(chunk)
				w.Next(&rec)
				r.Record(&rec, &ev)
			}
		})
	}
}
