package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// watched is a log that a detector reads line by line, as the command does.
type watched struct {
	t        testing.TB
	detector *detector.Detector
	reader   *event.Reader
	event    detector.Event
	verdict  detector.Verdict
	next     func() string // the log's next healthy line
}

// watch returns a detector that has seen n lines of a log.
func watch(t testing.TB, next func() string, n int) *watched {
	t.Helper()
	s := options.Defaults()
	r, err := event.NewReader(&s)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{t: t, detector: newDetector(t, nil), reader: r, next: next}
	w.goOn(n)
	return w
}

// see has a line judged and learned.
func (w *watched) see(line string) *detector.Verdict {
	w.reader.Line([]byte(line), &w.event)
	w.detector.Observe(&w.event, &w.verdict)
	return &w.verdict
}

// goOn has n healthy lines go by and returns how many of them were flagged.
func (w *watched) goOn(n int) (flagged int) {
	for range n {
		if w.see(w.next()).Anomaly {
			flagged++
		}
	}
	return flagged
}

// tellsSeldom has n lines go by that go on with one thing, and wants those told by which it is: the
// first within so many, six at the most, and each for what begins so.
func (w *watched) tellsSeldom(n, soon int, next func() string, is func(v *detector.Verdict) bool, begins string) {
	w.t.Helper()
	var told []int
	for at := 1; at <= n; at++ {
		v := w.see(next())
		if !is(v) {
			continue
		}
		told = append(told, at)
		if !strings.HasPrefix(string(v.Reason), begins) {
			w.t.Errorf("the reason is %q", v.Reason)
		}
	}
	if len(told) == 0 || told[0] > soon || len(told) > 6 {
		w.t.Errorf("of %d these are told: %v", n, told)
	}
}

// staysQuiet wants at most so many of 10,000 healthy lines flagged, of n that go by.
func (w *watched) staysQuiet(n, most int) {
	w.t.Helper()
	flagged := w.goOn(n)
	w.t.Logf("%d of %d healthy lines are flagged", flagged, n)
	if flagged*10_000 > most*n {
		w.t.Errorf("%d of %d healthy lines are flagged, at most %d in 10,000 wanted", flagged, n, most)
	}
}

// judge has a line judged; nothing is learned from it.
func (w *watched) judge(line string) *detector.Verdict {
	w.reader.Line([]byte(line), &w.event)
	w.detector.Judge(&w.event, &w.verdict)
	return &w.verdict
}

// flags fails unless the line would be flagged after 200 more healthy ones, with a
// reason in which all of these stand.
func (w *watched) flags(line string, reasons ...string) {
	w.t.Helper()
	w.goOn(200)
	v := w.judge(line)
	if !v.Anomaly {
		w.t.Errorf("not flagged, score %.3f: %s", v.Score, line)
		return
	}
	for _, r := range reasons {
		if !strings.Contains(string(v.Reason), r) {
			w.t.Errorf("the reason %q, %q should be in it: %s", v.Reason, r, line)
		}
	}
}

// passes fails if the line would be flagged.
func (w *watched) passes(line string) {
	w.t.Helper()
	if v := w.judge(line); v.Anomaly {
		w.t.Errorf("flagged, score %.3f, %q: %s", v.Score, v.Reason, line)
	}
}

func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// mostly is the first of the list nine times of ten.
func mostly[T any](rng *rand.Rand, list ...T) T {
	if rng.IntN(10) > 0 {
		return list[0]
	}
	return pick(rng, list[1:]...)
}

// shopLog is the log of a service of 14 statements, each with fields of its own, a
// line each call.
func shopLog(seed uint64) func() string {
	rng := rand.New(rand.NewPCG(seed, 14))
	n := 0
	return func() string {
		n++
		r := rng.IntN
		what := func(level, message, format string, args ...any) string {
			return fmt.Sprintf(`{"level":%q,"msg":%q,"host":%q,"trace":"%016x",%s}`, level, message, pick(rng, "shop-1", "shop-2", "shop-3"), rng.Uint64(), fmt.Sprintf(format, args...))
		}
		switch k := r(100); {
		case k < 40:
			return request(rng)
		case k < 50:
			return what("debug", "cache hit", `"key":"product:%d","age_s":%d`, r(5000), 1+r(300))
		case k < 55:
			return what("debug", "cache miss", `"key":"product:%d"`, r(5000))
		case k < 62:
			return what("info", "session started", `"user":"u%d","client":%q`, r(90000), pick(rng, "web", "ios", "android"))
		case k < 68:
			return what("info", "session ended", `"user":"u%d","client":%q,"minutes":%d`, r(90000), pick(rng, "web", "ios", "android"), 1+r(60))
		case k < 74:
			return what("info", "order placed", `"order":%d,"items":%d,"total":%.2f,"currency":%q`, 100000+n, 1+r(6), 5+float64(r(20000))/100, mostly(rng, "EUR", "CHF", "USD"))
		case k < 79:
			return what("info", "payment captured", `"order":%d,"provider":%q,"took_ms":%d`, 100000+n, mostly(rng, "nordpay", "cardhouse"), 90+r(200))
		case k < 83:
			return what("info", "mail sent", `"to":"u%d@example.org","template":%q,"size_kb":%d`, r(90000), pick(rng, "receipt", "welcome", "reset"), 3+r(9))
		case k < 88:
			return what("info", "stock updated", `"sku":"10-%04d","left":%d`, r(9999), r(500))
		case k < 91:
			return what("info", "query finished", `"table":%q,"rows":%d,"took_ms":%d`, pick(rng, "orders", "products", "users"), r(200), 1+r(40))
		case k < 94:
			return what("info", "job started", `"job":%q,"pid":%d`, pick(rng, "index", "report", "cleanup"), 1000+r(60000))
		case k < 97:
			return what("info", "job finished", `"job":%q,"exit_status":%d,"took_s":%d`, pick(rng, "index", "report", "cleanup"), mostly(rng, 0, 1), 20+r(100))
		case k < 99:
			return what("info", "peer probed", `"peer":"10.0.0.%d","errno":%d`, 2+r(20), mostly(rng, 0, 11, 110))
		}
		return what("warn", "slow consumer", `"queue":%q,"lag":%d`, pick(rng, "mail", "orders"), 100+r(900))
	}
}

// request is the line of a request that was answered.
func request(rng *rand.Rand) string {
	return requestWith(rng, nil)
}

// requestWith is one with some fields as given; "" for those that it has not.
func requestWith(rng *rand.Rand, fields map[string]string) string {
	r := rng.IntN
	route := pick(rng, "/api/products", "/api/cart", "/api/orders", "/login", "/static")
	method := "GET"
	if route == "/api/cart" || route == "/login" {
		method = "POST"
	}
	all := [][2]string{
		{"level", `"info"`}, {"msg", `"request completed"`}, {"host", pick(rng, `"shop-1"`, `"shop-2"`, `"shop-3"`)},
		{"trace", fmt.Sprintf(`"%016x"`, rng.Uint64())}, {"method", fmt.Sprintf("%q", method)}, {"route", fmt.Sprintf("%q", route)},
		{"status", fmt.Sprint(mostly(rng, 200, 304, 404))}, {"duration_ms", fmt.Sprint(12 + r(68))}, {"bytes", fmt.Sprint(400 + r(9000))},
		{"user", fmt.Sprintf(`"u%d"`, r(90000))},
	}
	var list []string
	for _, f := range all {
		if v, ok := fields[f[0]]; ok {
			f[1] = v
			delete(fields, f[0])
		}
		if f[1] != "" {
			list = append(list, fmt.Sprintf("%q:%s", f[0], f[1]))
		}
	}
	for name, v := range fields {
		list = append(list, fmt.Sprintf("%q:%s", name, v))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// changed is the line of a request in which these fields, names and values by turns,
// are others; a value is JSON, "" leaves the field out.
func changed(fields ...string) string {
	m := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i]] = fields[i+1]
	}
	if _, ok := m["trace"]; !ok {
		m["trace"] = fmt.Sprintf(`"%016x"`, traces.Add(0x9e3779b97f4a7c15))
	}
	return requestWith(rand.New(rand.NewPCG(uint64(len(fields)), 3)), m)
}

// traces is the trace of the line that was changed last: none comes twice.
var traces atomic.Uint64

// accessLog is an access log in records without a message, as the nginx parser makes
// them.
func accessLog(seed uint64) func() string {
	rng := rand.New(rand.NewPCG(seed, 2))
	return func() string { return access(rng, "", "", "", "") }
}

// access is a request by its fields; the empty ones are usual.
func access(rng *rand.Rand, method, path, code, agent string) string {
	r := rng.IntN
	or := func(s *string, usual string) {
		if *s == "" {
			*s = usual
		}
	}
	or(&path, pick(rng, "/", "/products", fmt.Sprintf("/products/%d", r(3000)), "/cart", "/style.css", "/logo.png", fmt.Sprintf("/search?q=%s", pick(rng, "tea", "red+mug", "green%20plate", "tea+pot"))))
	if path == "/cart" {
		or(&method, pick(rng, "GET", "POST"))
	}
	or(&method, mostly(rng, "GET", "HEAD"))
	or(&code, mostly(rng, "200", "304", "404"))
	or(&agent, pick(rng, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
		fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.%d.%d Safari/537.36", 110+r(20), r(9000), r(200)), "curl/8.5.0"))
	return fmt.Sprintf(`{"remote":"10.%d.%d.%d","host":"-","user":"-","method":%q,"path":%q,"code":%q,"size":"%d","referer":%q,"agent":%q}`,
		r(4), r(250), r(250), method, path, code, 150+r(20000), mostly(rng, "-", "https://shop.example/", "https://search.example/"), agent)
}

// A healthy log stays quiet, with a message and without one.
func TestFieldsOfAHealthyLog(t *testing.T) {
	for name, next := range map[string]func() string{"service": shopLog(7), "access log": accessLog(7)} {
		t.Run(name, func(t *testing.T) { watch(t, next, 5000).staysQuiet(40_000, 10) })
	}
}
