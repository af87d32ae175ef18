package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// member is a key of an object and its value.
type member struct {
	key   string
	value any
}

// A form is a way in which an event may come.
type form struct {
	name  string
	bytes func(t *testing.T, members []member) []byte // a line, or a record in msgpack
	line  bool
}

var forms = []form{
	{"a map", inMap, false},
	{"a map, its keys in another order", func(t *testing.T, m []member) []byte {
		m = slices.Clone(m)
		slices.Reverse(m)
		return inMap(t, m)
	}, false},
	{"JSON in log", func(t *testing.T, m []member) []byte { return inMap(t, []member{{"log", inJSON(t, m)}}) }, false},
	{"JSON in log behind what containerd writes", func(t *testing.T, m []member) []byte {
		return inMap(t, []member{{"log", "2026-03-02T08:00:01.123456789Z stdout F " + inJSON(t, m)}})
	}, false},
	{"a line of JSON", func(t *testing.T, m []member) []byte { return []byte(inJSON(t, m)) }, true},
	{"a line of Docker's", func(t *testing.T, m []member) []byte {
		return []byte(inJSON(t, []member{{"log", inJSON(t, m) + "\n"}, {"stream", "stdout"}, {"time", "2026-03-02T08:00:01.123456789Z"}}))
	}, true},
	{"logfmt", func(t *testing.T, m []member) []byte { return []byte(inLogfmt(m)) }, true},
	{"logfmt in log", func(t *testing.T, m []member) []byte { return inMap(t, []member{{"log", inLogfmt(m)}}) }, false},
}

// inMap is a record in msgpack.
func inMap(t *testing.T, members []member) []byte {
	var b bytes.Buffer
	b.Write([]byte{0x92, 0x92, 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80})
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	if err := e.EncodeMapLen(len(members)); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := e.EncodeMulti(m.key, m.value); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func inJSON(t *testing.T, members []member) string {
	var list []string
	for _, m := range members {
		v, err := json.Marshal(m.value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%q:%s", m.key, v))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func inLogfmt(members []member) string {
	var list []string
	for _, m := range members {
		v := fmt.Sprint(m.value)
		if f, ok := m.value.(float64); ok {
			v = strconv.FormatFloat(f, 'f', -1, 64)
		}
		if v == "" || strings.ContainsAny(v, " \"='") {
			v = strconv.Quote(v)
		}
		list = append(list, m.key+"="+v)
	}
	return strings.Join(list, " ")
}

// sample returns the i-th event of a log with strange ones in it.
func sample(rng *rand.Rand, i int) []member {
	pick := func(list ...any) any { return list[rng.IntN(len(list))] }
	m := []member{
		{"level", "info"}, {"msg", "request completed"}, {"trace", fmt.Sprintf("t%015x", rng.Uint64()>>4)}, {"method", pick("GET", "POST")},
		{"route", pick("/api/cart", "/api/orders", "/login")}, {"status", pick(200, 200, 200, 304, 404)}, {"duration_ms", 12 + rng.IntN(70)},
		{"ratio", float64(1+rng.IntN(99)) / 100}, {"cached", pick(true, false)}, {"agent", pick("curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64)")},
	}
	set := func(key string, v any) {
		for k := range m {
			if m[k].key == key {
				m[k].value = v
			}
		}
	}
	switch i % 100 {
	case 20, 40:
		m = []member{{"level", "info"}, {"msg", fmt.Sprint("session of user ", rng.IntN(1000), " started")}, {"client", pick("web", "ios")}, {"minutes", rng.IntN(60)}}
	case 60:
		m = []member{{"verb", "watch"}, {"resource", pick("pods", "leases")}, {"code", 200}}
	}
	if i > 3000 {
		switch i % 1000 {
		case 100:
			set("status", 503)
		case 200:
			set("duration_ms", 45_000)
		case 300:
			set("duration_ms", "timeout")
		case 400:
			m = append(m, member{"error", "connection reset by peer"})
		case 500:
			m = m[:8]
		case 600:
			set("agent", "() { :; }; /bin/bash -c 'cat /etc/passwd'")
		case 700:
			set("level", "fatal")
		case 800:
			set("msg", "no space left on device, request dropped")
		case 900:
			set("trace", "")
		}
	}
	return m
}

// TestSameVerdictInEveryForm has the same events come in every form to a detector
// each: score, reason, pattern and level must be the same, to the byte.
func TestSameVerdictInEveryForm(t *testing.T) { sameVerdicts(t, forms, 20, sample) }

// behind is a line of a text behind a prefix.
func behind(name, prefix string) form {
	return form{name, func(_ *testing.T, m []member) []byte { return []byte(prefix + m[0].value.(string)) }, true}
}

// TestSameVerdictBehindEveryPrefix does so with what carriers put before a text.
func TestSameVerdictBehindEveryPrefix(t *testing.T) {
	sameVerdicts(t, []form{
		{"a map", inMap, false},
		behind("a line", ""),
		behind("containerd", "2026-03-02T08:00:01.123456789Z stdout F "),
		behind("docker-compose", "web-1  | "),
		behind("kubectl logs --prefix", "[pod/shop-5d4f/app] "),
		behind("GitHub Actions", "2026-03-02T08:00:01.1591220Z "),
		behind("GitLab CI", "2026-03-02T08:00:01.123456Z 00O "),
		behind("GitLab CI, a section", "section_start:1772438401:test\r\x1b[0K"),
	}, 20, func(rng *rand.Rand, i int) []member {
		var b []string
		for _, m := range sample(rng, i) {
			b = append(b, fmt.Sprint(m.value))
		}
		return []member{{"log", "took " + strings.Join(b, " ")}}
	})
}

// TestSameVerdictOfSyslog does so with what Fluent Bit's parsers make of syslog.
func TestSameVerdictOfSyslog(t *testing.T) {
	parsed := func(names ...string) func(*testing.T, []member) []byte {
		return func(t *testing.T, m []member) []byte {
			var list []member
			for _, m := range m {
				if slices.Contains(names, m.key) {
					list = append(list, m)
				}
			}
			return inMap(t, list)
		}
	}
	line := func(form string) func(*testing.T, []member) []byte {
		return func(_ *testing.T, m []member) []byte {
			order := form
			for _, m := range m {
				order = strings.Replace(order, "%"+m.key, fmt.Sprint(m.value), 1)
			}
			return []byte(order)
		}
	}
	of := func(rng *rand.Rand, i int) []member {
		m := sample(rng, i)
		return []member{
			{"pri", []int{14, 14, 14, 11, 134}[i%5]}, {"host", "web-7"}, {"ident", []string{"shop", "cron"}[i%2]}, {"pid", strconv.Itoa(300 + rng.IntN(9))},
			{"msgid", "-"}, {"extradata", "-"}, {"message", fmt.Sprint(m[1].value, " ", m[len(m)-1].value)},
		}
	}
	sameVerdicts(t, []form{
		{"parsed", parsed("pri", "host", "ident", "pid", "msgid", "extradata", "message"), false},
		{"RFC 5424", line("<%pri>1 2026-03-02T08:00:01Z %host %ident %pid %msgid %extradata %message"), true},
	}, 10, of)
	sameVerdicts(t, []form{
		{"parsed", parsed("pri", "host", "ident", "pid", "message"), false},
		{"RFC 3164", line("<%pri>Mar  2 08:00:01 %host %ident[%pid]: %message"), true},
	}, 10, of)
}

// sameVerdicts has the same events come in some forms to a detector each.
func sameVerdicts(t *testing.T, forms []form, least int, sample func(*rand.Rand, int) []member) {
	t.Helper()
	type judged struct {
		reader   *event.Reader
		detector *detector.Detector
		walker   *record.Walker
		record   record.Event
		event    detector.Event
		verdict  detector.Verdict
	}
	all := make([]judged, len(forms))
	for i := range all {
		s := options.Defaults()
		s.Detector.Synchronous = true
		d, err := detector.New(s.Detector)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		r, err := event.NewReader(&s)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = judged{reader: r, detector: d, walker: record.NewWalker(nil)}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	flagged := 0
	for i := range 8000 {
		members := sample(rng, i)
		for k := range all {
			j, f := &all[k], &forms[k]
			b := f.bytes(t, members)
			if f.line {
				j.reader.Line(b, &j.event)
			} else {
				j.walker.Reset(b)
				if !j.walker.Next(&j.record) || !j.reader.Record(&j.record, &j.event) {
					t.Fatalf("%s: nothing to judge: %q", f.name, b)
				}
			}
			j.event.Time = 0 // a container's own, which the others do not have
			j.detector.Observe(&j.event, &j.verdict)
			v, want := &j.verdict, &all[0].verdict
			if v.Score != want.Score || v.Level != want.Level || v.Pattern != want.Pattern || v.Anomaly != want.Anomaly || !bytes.Equal(v.Reason, want.Reason) {
				t.Fatalf("record %d, %s: score %v, %v, pattern %x, %q\nas %s: score %v, %v, pattern %x, %q\n%s", i+1,
					f.name, v.Score, v.Level, v.Pattern, v.Reason, forms[0].name, want.Score, want.Level, want.Pattern, want.Reason, b)
			}
		}
		if all[0].verdict.Anomaly {
			flagged++
		}
	}
	if flagged < least {
		t.Errorf("%d of 8,000 are flagged, of which 44 are strange: %d or more wanted", flagged, least)
	}
}
