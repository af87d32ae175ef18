package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/test/harness/flbtest"
	"github.com/flb-anomaly/flb-anomaly/test/reliability/chunks"
)

// Tests of what Fluent Bit's own inputs and parsers make of logs: that their
// records are judged, and right.

const (
	healthyBefore  = 4000 // records before the first odd one
	healthyBetween = 60   // and between two
	mostFalse      = 4    // healthy records that may be flagged, one in a thousand
)

// oddOnes is what must be noticed: one of the records must be flagged, with
// each of the words in its reason.
type oddOnes struct {
	what    string
	records []string
	words   []string
}

// logFormat is a way for records into Fluent Bit.
type logFormat struct {
	name    string
	input   string // the input's own options, in which PORT stands for a port
	parse   string // the options of a filter in front, if any
	healthy func(r *rand.Rand, at time.Time) string
	odd     func(at time.Time) []oddOnes
	send    func(t *testing.T, p *process, port string, records []string) // nil = the input tails DIR/in.log
}

// Parsers of the shape of Fluent Bit's own.
const formatParsers = `
[PARSER]
    Name        nginx
    Format      regex
    Regex       ^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>[^\"]*)")
    Time_Key    time
    Time_Format %d/%b/%Y:%H:%M:%S %z
[PARSER]
    Name        apache2
    Format      regex
    Regex       ^(?<host>[^ ]*) [^ ]* (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^ ]*) +\S*)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>.*)")?$
    Time_Key    time
    Time_Format %d/%b/%Y:%H:%M:%S %z
[PARSER]
    Name        docker
    Format      json
    Time_Key    time
    Time_Format %Y-%m-%dT%H:%M:%S.%L
    Time_Keep   On
[PARSER]
    Name        json
    Format      json
`

// What the records are made of.

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// mostly returns the first of a list in seven cases of ten, then the others.
func mostly(r *rand.Rand, list ...string) string {
	if r.IntN(10) < 7 {
		return list[0]
	}
	return pick(r, list[1:]...)
}

func object(pairs ...any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range len(pairs) / 2 {
		b.WriteString([]string{"{", ","}[min(i, 1)])
		b.WriteString(strconv.Quote(pairs[2*i].(string)) + ":")
		if err := e.Encode(pairs[2*i+1]); err != nil {
			panic(err)
		}
		b.Truncate(b.Len() - 1) // the newline
	}
	return b.String() + "}"
}

// access is a line of an access log in the format combined.
func access(at time.Time, ip, method, path, status, size, agent string) string {
	return fmt.Sprintf(`%s - - [%s] "%s %s HTTP/1.1" %s %s "-" "%s"`, ip, at.Format("02/Jan/2006:15:04:05 -0700"), method, path, status, size, agent)
}

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

func healthyAccess(r *rand.Rand, at time.Time) string {
	return access(at, fmt.Sprintf("10.%d.%d.%d", r.IntN(4), r.IntN(256), r.IntN(256)), mostly(r, "GET", "POST", "HEAD"),
		mostly(r, fmt.Sprintf("/items/%d", r.IntN(10000)), "/", "/cart", "/search?q=boots", "/static/app.js"),
		mostly(r, "200", "200", "304", "404"), strconv.Itoa(200+r.IntN(20000)),
		mostly(r, browser, "curl/8.5.0", "Prometheus/2.53.0"))
}

func oddAccess(at time.Time) []oddOnes {
	const ip = "10.1.2.3"
	unavailable := access(at, ip, "GET", "/items/17", "503", "512", browser)
	return []oddOnes{
		{"503 among 200, 304 and 404", []string{unavailable, unavailable, unavailable}, []string{"503", "200"}},
		{"a path out of the root", []string{access(at, ip, "GET", "/static/../../../../etc/passwd", "404", "312", browser)}, []string{"path", "etc/passwd"}},
		{"a script in the agent", []string{access(at, ip, "GET", "/", "200", "4102", "<script>alert(document.cookie)</script>")}, []string{"agent"}},
		{"a method that nobody used", []string{access(at, ip, "TRACE", "/cart", "200", "1022", browser)}, []string{"TRACE", "GET"}},
	}
}

// served is an application's line in JSON, with an object for each change.
func served(r *rand.Rand, change func(fields map[string]any)) string {
	fields := map[string]any{
		"level": "info", "msg": "request completed", "route": mostly(r, "/api/items", "/api/cart", "/api/orders"),
		"status": []int{200, 200, 200, 200, 201, 404}[r.IntN(6)], "duration_ms": 12 + r.IntN(70), "user": fmt.Sprintf("u%05d", r.IntN(90000)),
	}
	if change != nil {
		change(fields)
	}
	pairs := []any{}
	for _, name := range []string{"level", "msg", "route", "status", "duration_ms", "user", "error"} {
		if v, ok := fields[name]; ok {
			pairs = append(pairs, name, v)
		}
	}
	return object(pairs...)
}

// docker is what Docker writes for a line.
func docker(at time.Time, line string) string {
	return object("log", line+"\n", "stream", "stdout", "time", at.UTC().Format("2006-01-02T15:04:05.000000000Z"),
		"kubernetes", map[string]any{"pod_name": "shop-6c8b7d9f5-c7k2p", "labels": map[string]any{"app": "shop"}})
}

func healthyRequest(r *rand.Rand, at time.Time) string { return docker(at, served(r, nil)) }

func oddRequests(at time.Time) []oddOnes {
	r := rand.New(rand.NewPCG(3, 4))
	one := func(what string, words []string, change func(map[string]any)) oddOnes {
		line := docker(at, served(r, change))
		return oddOnes{what, []string{line, line, line}, words}
	}
	return []oddOnes{
		one("503 among 200, 201 and 404", []string{"status 503", "200"}, func(f map[string]any) { f["status"] = 503 }),
		one("a slow request", []string{"duration_ms 45000", "usual"}, func(f map[string]any) { f["duration_ms"] = 45000 }),
		one("a field error", []string{`"error"`, "connection reset by peer"}, func(f map[string]any) { f["error"] = "connection reset by peer" }),
		one("no user", []string{`"user"`, "missing"}, func(f map[string]any) { delete(f, "user") }),
		one("a level that this message never had", []string{"ERROR"}, func(f map[string]any) { f["level"] = "error" }),
		one("a route with an injection", []string{"route"}, func(f map[string]any) { f["route"] = "/api/items' UNION SELECT password FROM users--" }),
	}
}

// journal is a record as the input systemd makes it.
func journal(at time.Time, unit, priority, message string) string {
	return object("_BOOT_ID", "5e3a4bd86d2c4b7f8e9fa1b2c3d4e5f6", "PRIORITY", priority, "SYSLOG_FACILITY", "3", "SYSLOG_IDENTIFIER", unit, "_PID", strconv.Itoa(int(at.Unix()%30000)),
		"_SYSTEMD_UNIT", unit+".service", "_TRANSPORT", "stdout", "_HOSTNAME", "node-1", "MESSAGE", message, "time", at.Unix())
}

func healthyJournal(r *rand.Rand, at time.Time) string {
	switch r.IntN(4) {
	case 0:
		return journal(at, "billing", "6", fmt.Sprintf("INFO paid invoice %d in %d ms", r.IntN(90000), 20+r.IntN(60)))
	case 1:
		return journal(at, "billing", "6", fmt.Sprintf("INFO %d invoices are open", 10+r.IntN(50)))
	case 2:
		return journal(at, "cron", "6", fmt.Sprintf("(root) CMD (run-parts /etc/cron.%s)", pick(r, "hourly", "daily")))
	}
	return journal(at, "chronyd", "5", fmt.Sprintf("Selected source 10.0.0.%d", 1+r.IntN(4)))
}

func oddJournal(at time.Time) []oddOnes {
	three := func(line string) []string { return []string{line, line, line} }
	return []oddOnes{
		{"ERROR behind the priority of info", three(journal(at, "billing", "6", "ERROR paid invoice 517 in 31 ms")), []string{"ERROR"}},
		{"a priority of 3 for a routine message", three(journal(at, "chronyd", "3", "Selected source 10.0.0.2")), []string{"ERROR"}},
		{"a message of failure", []string{journal(at, "billing", "6", "cannot reach the ledger: connection refused")}, []string{"refused"}},
	}
}

// otlp is a record of OTLP/JSON.
func otlp(at time.Time, severity string, number int, body string, status int) string {
	return object("timeUnixNano", strconv.FormatInt(at.UnixNano(), 10), "severityNumber", number, "severityText", severity,
		"body", map[string]any{"stringValue": body},
		"attributes", []any{
			map[string]any{"key": "http.status_code", "value": map[string]any{"intValue": strconv.Itoa(status)}},
			map[string]any{"key": "peer", "value": map[string]any{"stringValue": "ledger"}},
		})
}

func healthyOTLP(r *rand.Rand, at time.Time) string {
	return otlp(at, "INFO", 9, fmt.Sprintf("charged card of order %d in %d ms", r.IntN(90000), 20+r.IntN(60)), []int{200, 200, 200, 204}[r.IntN(4)])
}

func oddOTLP(at time.Time) []oddOnes {
	three := func(record string) []string { return []string{record, record, record} }
	return []oddOnes{
		{"a severity that this body never had", three(otlp(at, "ERROR", 17, "charged card of order 812 in 35 ms", 200)), []string{"ERROR"}},
		{"503 among 200 and 204", three(otlp(at, "INFO", 9, "charged card of order 813 in 35 ms", 503)), []string{"503", "200"}},
		{"a new body", []string{otlp(at, "INFO", 9, "cannot charge: the ledger does not answer", 200)}, []string{"cannot"}},
	}
}

func postOTLP(t *testing.T, p *process, port string, records []string) {
	for len(records) > 0 {
		n := min(500, len(records))
		body := `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"payments"}}]},"scopeLogs":[{"scope":{"name":"app"},"logRecords":[` +
			strings.Join(records[:n], ",") + `]}]}]}`
		records = records[n:]
		var last error
		eventually(t, "the input takes a request", func() bool {
			r, err := http.Post("http://127.0.0.1:"+port+"/v1/logs", "application/json", strings.NewReader(body))
			if last = err; err != nil {
				return false
			}
			defer r.Body.Close()
			if r.StatusCode/100 != 2 {
				text, _ := io.ReadAll(r.Body)
				t.Fatalf("status %d: %s", r.StatusCode, text)
			}
			return true
		}, p)
		if last != nil {
			t.Fatal(last)
		}
	}
}

// forward sends records of JSON to an input forward, with their field time as
// the time.
func forward(t *testing.T, p *process, port string, records []string) {
	var c net.Conn
	eventually(t, "the input takes a connection", func() (ok bool) {
		var err error
		c, err = net.Dial("tcp", "127.0.0.1:"+port)
		return err == nil
	}, p)
	defer c.Close()
	e := msgpack.NewEncoder(c)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	for len(records) > 0 {
		n := min(500, len(records))
		entries := make([]any, n)
		for i, text := range records[:n] {
			var record map[string]any
			if err := json.Unmarshal([]byte(text), &record); err != nil {
				t.Fatal(err)
			}
			at := int64(record["time"].(float64))
			delete(record, "time")
			entries[i] = []any{at, record}
		}
		records = records[n:]
		if err := e.Encode([]any{"app", entries}); err != nil {
			t.Fatal(err)
		}
	}
}

var logFormats = []logFormat{
	{name: "nginx", input: "name: tail\nparser: nginx", healthy: healthyAccess, odd: oddAccess},
	{name: "apache2", input: "name: tail\nparser: apache2", healthy: healthyAccess, odd: oddAccess},
	{name: "merged JSON", input: "name: tail\nparser: docker", parse: "name: parser\nkey_name: log\nparser: json\nreserve_data: true", healthy: healthyRequest, odd: oddRequests},
	{name: "Merge_Log", input: "name: tail\nparser: docker", parse: "name: kubernetes\ndummy_meta: true\nmerge_log: true\nkeep_log: false", healthy: healthyRequest, odd: oddRequests},
	{name: "Docker's JSON without a parser", input: "name: tail", healthy: healthyRequest, odd: oddRequests},
	{name: "JSON in log", input: "name: tail\nparser: docker", healthy: healthyRequest, odd: oddRequests},
	{name: "systemd", input: "name: forward\nlisten: 127.0.0.1\nport: PORT", healthy: healthyJournal, odd: oddJournal, send: forward},
	{name: "OTLP", input: "name: opentelemetry\nlisten: 127.0.0.1\nport: PORT\ntag_from_uri: false", healthy: healthyOTLP, odd: oddOTLP, send: postOTLP},
}

// TestFormats sends records the way that users do, with what is odd among them:
// every record is judged once the filter has learned, what is odd is flagged at
// once and for what is odd about it, next to nothing else is, and but for the
// filter's fields each byte is what the same pipeline gives without it.
func TestFormats(t *testing.T) {
	withEach(t, func(t *testing.T, fb fluentBit) {
		for _, f := range logFormats {
			t.Run(f.name, func(t *testing.T) {
				records, odd := f.records()
				plain := withoutClock(t, f.run(t, fb, records, "none"))
				for _, place := range []string{"filter", "processor"} {
					t.Run(place, func(t *testing.T) {
						out := withoutClock(t, f.run(t, fb, records, place))
						if _, err := chunks.Compare(plain, out); err != nil {
							t.Fatalf("what came out is not what comes out without the filter: %v", err)
						}
						checkVerdicts(t, bodies(t, out), len(records), odd)
					})
				}
			})
		}
	})
}

// dummyMetadata is what the filter kubernetes adds with Dummy_Meta: the time.
var dummyMetadata = regexp.MustCompile(`(?s)dummy.[A-Z][a-z]{2} [A-Z][a-z]{2} .{16}`)

// withoutClock takes from a chunk what the clock has written: of records that have no
// time of their own that of their events, and the dummy metadata. It differs from
// run to run.
func withoutClock(t *testing.T, chunk []byte) []byte {
	t.Helper()
	chunk = dummyMetadata.ReplaceAllLiteral(chunk, []byte("dummy\xb8"+strings.Repeat("-", 24)))
	rest := chunk
	d := msgpack.NewDecoder(bytes.NewReader(chunk))
	for {
		var event []msgpack.RawMessage
		if err := d.Decode(&event); errors.Is(err, io.EOF) {
			return chunk
		} else if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(rest, event[0])
		if ext := bytes.Index(event[0], []byte{0xd7, 0}); ext >= 0 && at >= 0 {
			if seconds := rest[at+ext+2:]; binary.BigEndian.Uint32(seconds) > clockFrom && seconds[0] < 0x80 {
				clear(seconds[:8])
			}
		}
		rest = rest[at+len(event[0]):]
	}
}

// clockFrom is a time behind those of the records, which are of March 2026.
var clockFrom = uint32(time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC).Unix())

// records makes the stream; odd says by the first one's number where what is.
func (f logFormat) records() (records []string, odd map[int]oddOnes) {
	r := rand.New(rand.NewPCG(5, 6))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	healthy := func(n int) {
		for range n {
			at = at.Add(time.Duration(r.IntN(3)) * time.Second)
			records = append(records, f.healthy(r, at))
		}
	}
	healthy(healthyBefore)
	odd = map[int]oddOnes{}
	for i := range f.odd(at) {
		o := f.odd(at)[i]
		odd[len(records)] = o
		records = append(records, o.records...)
		healthy(healthyBetween)
	}
	return records, odd
}

// run sends the records through a pipeline with the filter at a place, and
// returns what came out in msgpack.
func (f logFormat) run(t *testing.T, fb fluentBit, records []string, place string) []byte {
	t.Helper()
	dir, port := t.TempDir(), flbtest.FreePort(t)
	writeFile(t, dir, "parsers.conf", formatParsers)
	item := func(options string, indent int) string {
		pad := strings.Repeat(" ", indent)
		return pad + "- " + strings.ReplaceAll(options, "\n", "\n"+pad+"  ") + "\n"
	}
	filters, processors := "", ""
	const anomaly = "name: anomaly"
	switch parse := f.parse; place {
	case "processor":
		processors = "      processors:\n        logs:\n"
		if parse != "" {
			processors += item(parse, 10)
		}
		processors += item(anomaly, 10)
	default:
		if parse != "" {
			filters += item(parse+"\nmatch: app", 4)
		}
		if place == "filter" {
			filters += item(anomaly+"\nmatch: app", 4)
		}
		if filters != "" {
			filters = "  filters:\n" + filters
		}
	}
	input := f.input + "\ntag: app"
	if f.send == nil {
		input += "\npath: DIR/in.log\nread_from_head: on\nexit_on_eof: on"
		writeFile(t, dir, "in.log", strings.Join(records, "\n")+"\n")
	}
	p := fb.start(t, dir, "yaml", strings.ReplaceAll(`
service:
  flush: 0.2
  grace: 2
  log_level: info
  parsers_file: DIR/parsers.conf
plugins:
  - PLUGIN_FILTER
pipeline:
  inputs:
`+item(input, 4)+processors+filters+`
  outputs:
    - name: file
      match: app
      path: DIR
      file: out.msgpack
      format: msgpack
`, "PORT", port))
	path := filepath.Join(dir, "out.msgpack")
	if f.send != nil {
		f.send(t, p, port, records)
		size := func() int {
			if i, err := os.Stat(path); err == nil {
				return int(i.Size())
			}
			return 0
		}
		eventually(t, "records come out", func() bool { return size() > 0 }, p)
		p.settleFor(2*time.Second, size)
		p.stop()
	} else if status := p.End(); status != 0 {
		t.Fatalf("status %d\n%s", status, p.Output())
	}
	if place != "none" {
		p.mustEndWith(fmt.Sprintf("done records=%d ", len(records)))
	}
	out, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Output())
	}
	return out
}

// bodies reads the log events of a chunk.
func bodies(t *testing.T, chunk []byte) (all []map[string]any) {
	t.Helper()
	d := msgpack.NewDecoder(bytes.NewReader(chunk))
	for {
		var event []msgpack.RawMessage
		if err := d.Decode(&event); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		// Of an extension of eight bytes the first four are the seconds: those of a
		// group's marker are negative.
		var head []msgpack.RawMessage
		var body map[string]any
		if err := errors.Join(msgpack.Unmarshal(event[0], &head), msgpack.Unmarshal(event[1], &body)); err != nil {
			t.Fatal(err)
		}
		if at := head[0]; len(at) == 10 && at[2] >= 0x80 || len(at) == 1 && at[0] >= 0xe0 {
			continue
		}
		all = append(all, body)
	}
}

func checkVerdicts(t *testing.T, all []map[string]any, records int, odd map[int]oddOnes) {
	t.Helper()
	if len(all) != records {
		t.Fatalf("%d records came out of %d", len(all), records)
	}
	flagged := func(i int) bool { return all[i]["anomaly"] == "true" }
	mayBe := map[int]bool{}
	for first, o := range odd {
		found, last := false, first+len(o.records)
		for i := first; i < last; i++ {
			mayBe[i] = true
			reason, _ := all[i]["anomaly_reason"].(string)
			right := flagged(i)
			for _, w := range o.words {
				right = right && strings.Contains(reason, w)
			}
			if right && !found {
				t.Logf("%s: %s", o.what, reason)
			}
			found = found || right
		}
		if !found {
			t.Errorf("%s: not flagged with each of %q: %v", o.what, o.words, all[first:last])
		}
	}
	unjudged, alarms := 0, 0
	for i, record := range all {
		if i >= 256 && record["anomaly_score"] == nil {
			unjudged++
		}
		if flagged(i) && !mayBe[i] {
			alarms++
			t.Logf("flagged, though healthy: %v", record)
		}
	}
	if unjudged > 0 || alarms > mostFalse {
		t.Errorf("%d records were not judged, %d healthy ones were flagged; want 0 and at most %d", unjudged, alarms, mostFalse)
	}
}
