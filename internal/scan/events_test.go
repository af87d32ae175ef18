package scan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

func TestEvents(t *testing.T) {
	const at = 1772438401 * time.Second // 2026-03-02T08:00:01Z
	for _, c := range []struct {
		name     string
		settings options.Settings
		line     string
		message  string // empty = the line
		level    string
		group    string
		time     time.Duration
	}{
		{name: "text", line: "2026-03-02 08:00:01 INFO ready", time: at},
		{name: "logfmt", line: "ts=2026-03-02T08:00:01Z level=info msg=ready", time: at},
		{name: "nothing", line: ""},

		{name: "the usual names", line: `{"time":"2026-03-02T08:00:01Z","level":"warn","msg":"ready"}`, message: "ready", level: "warn", time: at},
		{name: "other usual names", line: `{"@timestamp":"2026-03-02T08:00:01Z","severity":"WARN","body":"ready"}`, message: "ready", level: "WARN", time: at},
		{name: "the first name counts, not the first field", line: `{"msg":"inner","log":"outer","severity":"b","level":"a"}`, message: "outer", level: "a"},
		{name: "escapes", line: `{"msg":"say \"hi\"\n\u00e4\ud83d\ude00"}`, message: "say \"hi\"\nä😀"},
		{name: "numbers", line: `{"level":30,"time":1772438401000,"msg":42}`, message: "42", level: "30", time: at},
		{name: "Unix time with a fraction", line: `{"date":1772438401.5,"log":"ready"}`, message: "ready", time: at + time.Second/2},
		{name: "a message that is an object", line: `{"msg":{"text": "ready"}}`, message: `{"text": "ready"}`},
		{name: "a message that is null", line: `{"level":"warn","msg":null}`, level: "warn"},
		{name: "spaces", line: "{ \"msg\" : \"ready\" ,\t\"level\":\"warn\" } ", message: "ready", level: "warn"},
		{name: "a key with escapes", line: `{"\u006dsg":"ready"}`, message: "ready"},
		{name: "a field given twice", line: `{"msg":"first","msg":"second"}`, message: "second"},
		{name: "the time within the message", line: `{"log":"2026-03-02T08:00:01Z ready"}`, message: "2026-03-02T08:00:01Z ready", time: at},
		{name: "no message", line: `{"level":"warn","event":"ready"}`, level: "warn"},
		{name: "not JSON", line: `{"level":"warn","msg":"rea`},
		{name: "more than JSON", line: `{"msg":"ready"} and more`},
		{name: "no object", line: `["msg","ready"]`},
		{name: "an empty object", line: `{}`},
		{name: "very deep", line: `{"msg":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`},
		{name: "very long", line: `{"pad":"` + strings.Repeat("x", 1<<18) + `","msg":"ready"}`, message: "ready"},

		{name: "keys of one's own", settings: options.Settings{LogKey: "event", LevelKey: "sev"},
			line: `{"event":"ready","sev":"warn","msg":"no","level":"no"}`, message: "ready", level: "warn"},
		{name: "a key that the record does not have", settings: options.Settings{LogKey: "event"},
			line: `{"msg":"ready","level":"warn"}`, level: "warn"},
		{name: "accessors", settings: options.Settings{LogKey: "$log['text']", LevelKey: "$log['level']", GroupBy: "$kubernetes['labels']['app']"},
			line: `{"log":{"text":"ready","level":"warn"},"kubernetes":{"labels":{"app":"shop"}}}`, message: "ready", level: "warn", group: "shop"},
		{name: "an index", settings: options.Settings{GroupBy: "$hosts[1]['name']"},
			line: `{"msg":"ready","hosts":[{"name":"a"},{"name":"b"}]}`, message: "ready", group: "b"},
		{name: "no group", settings: options.Settings{GroupBy: "$kubernetes['labels']['app']"},
			line: `{"msg":"ready","kubernetes":"no"}`, message: "ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := newEvents(&c.settings)
			if err != nil {
				t.Fatal(err)
			}
			if c.message == "" {
				c.message = c.line
			}
			ev := detector.Event{Message: []byte("of the line before"), Level: pattern.LevelFatal, Group: []byte("x"), Time: 1}
			e.read([]byte(c.line), &ev)
			if string(ev.Message) != c.message || ev.Level != pattern.ParseLevel([]byte(c.level)) || string(ev.Group) != c.group || ev.Time != c.time {
				t.Errorf("message %.60q, level %q, group %q, time %v; want %.60q, %q, %q, %v",
					ev.Message, ev.Level, ev.Group, ev.Time, c.message, c.level, c.group, c.time)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	for accessor, want := range map[string][]string{
		"log":                                {"log"},
		"log.level":                          {"log.level"},
		"$log":                               {"log"},
		"$kubernetes['labels']['app']":       {"kubernetes", "labels", "app"},
		"$hosts[0]['name']":                  {"hosts", "0", "name"},
		"$a['it''s']['''']['']['x'']['' y']": {"a", "it's", "'", "", "x'][' y"},
		"$['log.level']['x'][12]['$y[''z]":   nil,
		"$['log.level']['x'][12]['$y[z']":    {"log.level", "x", "12", "$y[z"},
		"$a[":                                nil,
	} {
		got, err := keys(accessor)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%s: %q, %v; want %q", accessor, got, err, want)
		}
	}
}

func TestEventsAllocateNothing(t *testing.T) {
	e, err := newEvents(&options.Settings{GroupBy: "$kubernetes['labels']['app']"})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range benchLines {
		var ev detector.Event
		text := []byte(line.text)
		e.read(text, &ev)
		if n := testing.AllocsPerRun(100, func() { e.read(text, &ev) }); n != 0 {
			t.Errorf("%s: %v allocations", line.name, n)
		}
	}
}

var benchLines = []struct{ name, text string }{
	{"text", "2026-03-02 08:00:49.886  INFO 7 --- [stock-8] c.shop.stock.ReservationService  : Reserved 2 of 10-5539 for ord_f8249bf8152, 2 left"},
	{"json", `{"time":"2026-03-02T08:58:10.806536Z","level":"info","logger":"payments","order":"ord_5460dc4f092","msg":"charge ch_6bfe833b2af253d0 captured, 95.53 EUR via nordpay in 169 ms"}`},
	{"nested", `{"ts":1772438401.123,"level":30,"kubernetes":{"namespace_name":"shop","labels":{"app":"pay","tier":"back"}},"retries":3,"ok":true,"msg":"charge \"ch_6bfe833b2af253d0\" captured, 95.53 EUR\tvia nordpay in 169 ms"}`},
}

func BenchmarkEvents(b *testing.B) {
	for _, line := range benchLines {
		b.Run(line.name, func(b *testing.B) {
			e, err := newEvents(&options.Settings{GroupBy: "$kubernetes['labels']['app']"})
			if err != nil {
				b.Fatal(err)
			}
			text := []byte(line.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var ev detector.Event
			for b.Loop() {
				e.read(text, &ev)
			}
		})
	}
}

// What encoding/json takes for an object is read as one, with the same
// message, and nothing else is.
func FuzzEvents(f *testing.F) {
	for _, line := range benchLines {
		f.Add([]byte(line.text))
	}
	for _, line := range []string{
		`{"msg":"\ud83d\ude00\ud83d \u0000","a":[1,-0.5e+3,true,false,null,{}],"b":{"c":[[]]}} `,
		`{"msg":01}`, `{"msg":1.}`, `{"msg":"\x"}`, `{"msg":"a"`, `{"msg":"a",}`, `{,}`, `{"a":[1,]}`, `{"a" 1}`,
		"{\"msg\":\"\t\"}", `{"msg":-}`, `{"msg":1e}`, `{"msg":tru}`, `{"a":{"b":[0,"x"]}}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) == 0 || line[0] != '{' || bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) > maxDepth {
			return
		}
		e, err := newEvents(&options.Settings{LogKey: "msg", GroupBy: "$a['b'][1]"})
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]json.RawMessage
		valid := json.Unmarshal(line, &want) == nil
		var ev detector.Event
		if got := e.object(line, &ev); got != valid {
			t.Fatalf("%q: an object is %v, want %v", line, got, valid)
		}
		var text string
		if valid && utf8.Valid(line) && json.Unmarshal(want["msg"], &text) == nil && string(want["msg"]) != "null" && string(ev.Message) != text {
			t.Errorf("%q: message %q, want %q", line, ev.Message, text)
		}
	})
}
