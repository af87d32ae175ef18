package event

import (
	"slices"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// joined are the records of a log as one text each.
func joined(log string) (records []string) {
	var j Joiner
	var record []byte
	for i, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		if i > 0 && j.Continues([]byte(line)) {
			record = j.Append(record, []byte(line))
			continue
		}
		if i > 0 {
			records = append(records, string(record))
		}
		j.Begin([]byte(line))
		record = j.AppendFirst(nil)
	}
	return append(records, string(record))
}

const javaTrace = `java.lang.IllegalStateException: cart is closed
	at com.example.Cart.add(Cart.java:41)
	at com.example.Shop.main(Shop.java:7)
	Suppressed: java.io.IOException: broken pipe
		at com.example.Cart.close(Cart.java:90)
Caused by: java.net.SocketTimeoutException: Read timed out
	at java.base/java.net.Socket.read(Socket.java:1)
	... 14 more`

const pythonTraces = `Traceback (most recent call last):
  File "/app/cart.py", line 41, in add
    self.open[item] += 1
    ~~~~~~~~~^^^^^^
KeyError: 'lamp'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/shop.py", line 7, in <module>
    main()
shop.CartError: no lamp`

const goPanic = `panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.(*Cart).add(0xc000012345, {0x1, 0x2})
	/app/cart.go:41 +0x1d
main.main()
	/app/main.go:7 +0x25
created by main.run in goroutine 7
	/app/main.go:3 +0x11
exit status 2`

func TestJoiner(t *testing.T) {
	behind := func(prefix, log string) string { return prefix + strings.ReplaceAll(log, "\n", "\n"+prefix) }
	for _, c := range []struct {
		name, log string
		want      []string
	}{
		{"a Java trace behind a record", "2026-03-02 08:00:01 ERROR failed\n" + javaTrace + "\n2026-03-02 08:00:02 INFO ready",
			[]string{"2026-03-02 08:00:01 ERROR failed\n" + javaTrace, "2026-03-02 08:00:02 INFO ready"}},
		{"a Java trace without a time", javaTrace + "\nready", []string{javaTrace, "ready"}},
		{"Python's, without a time", pythonTraces + "\nready", []string{pythonTraces, "ready"}},
		{"Python's, behind a record", "2026-03-02 08:00:01 ERROR failed\n" + pythonTraces + "\n2026-03-02 08:00:02 INFO ready",
			[]string{"2026-03-02 08:00:01 ERROR failed\n" + pythonTraces, "2026-03-02 08:00:02 INFO ready"}},
		{"an exception of its own", "2026-03-02 08:00:01 INFO ready\n" + pythonTraces, []string{"2026-03-02 08:00:01 INFO ready", pythonTraces}},
		{"Go's, behind a record", "2026-03-02 08:00:01 ERROR failed\n" + goPanic, []string{"2026-03-02 08:00:01 ERROR failed", strings.TrimSuffix(goPanic, "\nexit status 2"), "exit status 2"}},
		{"Go's", goPanic, []string{strings.TrimSuffix(goPanic, "\nexit status 2"), "exit status 2"}},
		{"a wrapped statement", "2026-03-02 08:00:01 UTC LOG: duration: 12 ms SELECT 1\n\tFROM orders\n\t WHERE id = 7\n2026-03-02 08:00:02 UTC LOG: ready",
			[]string{"2026-03-02 08:00:01 UTC LOG: duration: 12 ms SELECT 1\n\tFROM orders\n\t WHERE id = 7", "2026-03-02 08:00:02 UTC LOG: ready"}},
		{"an object over several lines", "2026-03-02 08:00:01 answer {\n  \"a\": 1\n}\n2026-03-02 08:00:02 ready",
			[]string{"2026-03-02 08:00:01 answer {\n  \"a\": 1\n}", "2026-03-02 08:00:02 ready"}},
		{"indented, without times", "tests:\n  ok a\n  ok b", []string{"tests:", "  ok a", "  ok b"}},
		{"indented, with their own times", "2026-03-02 08:00:01 a\n  2026-03-02 08:00:02 b", []string{"2026-03-02 08:00:01 a", "  2026-03-02 08:00:02 b"}},
		{"not indented, and no trace", "2026-03-02 08:00:01 a\nwelcome\n\nready", []string{"2026-03-02 08:00:01 a", "welcome", "", "ready"}},
		{"an object is whole", `{"time":"2026-03-02T08:00:01Z","msg":"a"}` + "\n  b\n" + pythonTraces, []string{`{"time":"2026-03-02T08:00:01Z","msg":"a"}`, "  b", pythonTraces}},

		{"containerd's partial lines", "2026-03-02T08:00:01.1Z stdout P be\n2026-03-02T08:00:01.2Z stdout P gi\n2026-03-02T08:00:01.3Z stdout F ns\n2026-03-02T08:00:02Z stdout F ready",
			[]string{"2026-03-02T08:00:01.1Z stdout P begins", "2026-03-02T08:00:02Z stdout F ready"}},
		{"a trace behind containerd's heads", behind("2026-03-02T08:00:01.1Z stderr F ", javaTrace+"\nready"),
			[]string{"2026-03-02T08:00:01.1Z stderr F " + javaTrace, "2026-03-02T08:00:01.1Z stderr F ready"}},
		{"indented behind containerd's heads, without times", behind("2026-03-02T08:00:01.1Z stderr F ", "tests:\n  ok"),
			[]string{"2026-03-02T08:00:01.1Z stderr F tests:", "2026-03-02T08:00:01.1Z stderr F   ok"}},
		{"two containers", "web-1  | " + strings.ReplaceAll(javaTrace, "\n", "\nweb-1  | ") + "\ndb-1   | \tat x.y(z)", []string{"web-1  | " + javaTrace, "db-1   | \tat x.y(z)"}},
		{"a pod", behind("[pod/shop-1/app] ", javaTrace), []string{"[pod/shop-1/app] " + javaTrace}},
		{"GitLab's partial lines", "2026-03-02T08:00:01.000000Z 00O be\n2026-03-02T08:00:01.000000Z 00O+gins", []string{"2026-03-02T08:00:01.000000Z 00O begins"}},
		{"Docker", `{"log":"ERROR a\n","stream":"stderr","time":"t1"}` + "\n" + `{"log":"\tat x.Y(Z.java:1)\n","stream":"stderr","time":"t2"}` + "\n" + `{"log":"ready\n","stream":"stderr","time":"t3"}`,
			[]string{`{"log":"ERROR a\n\tat x.Y(Z.java:1)\n","stream":"stderr","time":"t1"}`, `{"log":"ready\n","stream":"stderr","time":"t3"}`}},
		{"Docker's partial lines", `{"log":"` + strings.Repeat("x", 16<<10) + `","stream":"stderr"}` + "\n" + `{"log":"y\n","stream":"stderr"}`,
			[]string{`{"log":"` + strings.Repeat("x", 16<<10) + `y\n","stream":"stderr"}`}},
		{"no line of Docker's", `{"log":"","message":"a"}` + "\n" + `{"log":"","message":"b"}`, []string{`{"log":"","message":"a"}`, `{"log":"","message":"b"}`}},
	} {
		if got := joined(c.log); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// Of a trace, what failed counts, not which calls led there nor how many.
func TestFold(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"Java", "ERROR failed\n" + javaTrace,
			"ERROR failed\njava.lang.IllegalStateException: cart is closed\nSuppressed: java.io.IOException: broken pipe\nCaused by: java.net.SocketTimeoutException: Read timed out"},
		{"Python", "ERROR failed\n" + pythonTraces, "ERROR failed\nKeyError: 'lamp'\nshop.CartError: no lamp"},
		{"Go", goPanic, "panic: runtime error: index out of range [5] with length 3\nexit status 2"},
		{"JavaScript", "TypeError: x is not a function\n    at add (/app/cart.js:41:7)\n    at async run (node:internal/main:2:1)", "TypeError: x is not a function"},
		{".NET", "Unhandled exception. System.InvalidOperationException: closed\n   at Shop.Cart.Add() in /app/Cart.cs:line 41\n   --- End of inner exception stack trace ---", "Unhandled exception. System.InvalidOperationException: closed"},
		{"Ruby", "cart.rb:41:in `add': closed (RuntimeError)\n\tfrom shop.rb:7:in `<main>'", "cart.rb:41:in `add': closed (RuntimeError)"},
		{"PHP", "PHP Fatal error: closed\nStack trace:\n#0 /app/cart.php(41): add()\n#1 {main}\n  thrown in /app/cart.php on line 41", "PHP Fatal error: closed\nthrown in /app/cart.php on line 41"},
		{"Rust", "thread 'main' panicked at cart.rs:41:\nclosed\nstack backtrace:\n   0: core::panicking::panic\n   1: shop::main", "thread 'main' panicked at cart.rs:41:\nclosed"},
		{"no trace", "SELECT 1\n  FROM orders\n\n WHERE at = 7", "SELECT 1\n  FROM orders\n\n WHERE at = 7"},
		{"prose", "we meet\nat noon\nfrom Rome", "we meet\nat noon\nfrom Rome"},
	} {
		r := reader(t, options.Settings{})
		var ev detector.Event
		readRecord(t, r, chunk(t, map[string]any{"log": c.message}, nil), &ev)
		if string(ev.Message) != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, ev.Message, c.want)
		}
		record := chunk(t, map[string]any{"log": c.message}, nil)
		if n := testing.AllocsPerRun(10, func() { r.fold([]byte(nil)); r.text = r.text[:0]; r.fold(record) }); n > 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// What stands behind a line with fields belongs to its message.
func TestFieldsBeforeTrace(t *testing.T) {
	for line, want := range map[string]string{
		"level=error msg=\"cart failed\" n=3\n" + javaTrace[:80]:                          `"cart failed\njava.lang.IllegalStateException: cart is closed" ERROR n=3`,
		`2026-03-02T08:00:01Z stdout F {"level":"error","msg":"a"}` + "\n" + pythonTraces: `"a\nKeyError: 'lamp'\nshop.CartError: no lamp" ERROR`,
		"{\"level\":\"error\",\n\"msg\":\"a\"}":                                           `"a" ERROR`,
	} {
		var ev detector.Event
		if reader(t, options.Settings{}).Line([]byte(line), &ev); show(&ev) != want {
			t.Errorf("%q\n got %s\nwant %s", line, show(&ev), want)
		}
	}
}

func FuzzJoiner(f *testing.F) {
	for _, log := range []string{javaTrace, pythonTraces, goPanic, "2026-03-02T08:00:01.1Z stdout P be\n2026-03-02T08:00:01.2Z stdout F gin", `{"log":"a\n"}` + "\n" + `{"log":"\tat x(y)`} {
		f.Add(log)
	}
	f.Fuzz(func(t *testing.T, log string) {
		// Nothing is lost but heads.
		n := 0
		for _, record := range joined(log) {
			n += len(record)
		}
		if n > len(log) {
			t.Errorf("%d bytes of %d", n, len(log))
		}
		reader(t, options.Settings{}).Line([]byte(log), new(detector.Event))
	})
}
