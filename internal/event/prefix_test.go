package event

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

func TestPrefixes(t *testing.T) {
	const at = 1772438401 * time.Second // 2026-03-02T08:00:01Z
	for _, c := range []struct {
		name, line, want string
		time             time.Duration
	}{
		{"RFC 5424", "<165>1 2026-03-02T08:00:01.5Z web-7 shop 311 ID47 - order placed", `"order placed" (NOTICE) host="web-7" ident="shop" pid=311 msgid="ID47" extradata="-"`, at + time.Second/2},
		{"RFC 5424, nothing known", "<11>1 - - - - - - declined", `"declined" ERROR host="-" ident="-" pid="-" msgid="-" extradata="-"`, 0},
		{"RFC 5424, structured data and a mark", "<14>1 2026-03-02T08:00:01Z h app - - [a@1 k=\"x \\\"] y\"][b@1] \ufeffready", `"ready" (INFO) host="h" ident="app" pid="-" msgid="-" extradata="[a@1 k=\"x \\\"] y\"][b@1]"`, at},
		{"RFC 5424, JSON behind", `<11>1 2026-03-02T08:00:01Z h app 7 - - {"level":"warn","msg":"ready","n":3}`, `"ready" WARN host="h" ident="app" pid=7 msgid="-" extradata="-" n=3`, at},
		{"RFC 5424, what looks like JSON behind", `<11>1 2026-03-02T08:00:01Z h app 7 - - {"level":"warn","msg":oops}`, `"{\"level\":\"warn\",\"msg\":oops}" ERROR host="h" ident="app" pid=7 msgid="-" extradata="-"`, at},
		{"RFC 5424, damaged", "<14>1 2026-03-02T08:00:01Z h app 7 ID [a k=\"x", `"1 2026-03-02T08:00:01Z h app 7 ID [a k=\"x" (INFO)`, at},
		{"RFC 3164", "<34>Mar  2 08:00:01 db su[77]: 'su root' failed", `"'su root' failed" CRITICAL host="db" ident="su" pid=77`, at},
		{"RFC 3164, parentheses", "<38>Mar  2 08:00:01 db sshd(pam_unix)[77]: session opened", `"session opened" (INFO) host="db" ident="sshd(pam_unix)" pid=77`, at},
		{"without a process", "<6>Mar  2 08:00:01 db kernel: [ 12.5] eth0: up", `"[ 12.5] eth0: up" (INFO) host="db" ident="kernel"`, at},
		{"without a program", "<46>Mar  2 08:00:01 db last message repeated 2 times", `"Mar  2 08:00:01 db last message repeated 2 times" (INFO)`, at},
		{"an address for a host", "<14>Mar  2 08:00:01 fe80::1 app: ready", `"ready" (INFO) host="fe80::1" ident="app"`, at},
		{"no host but a level", "<14>Mar  2 08:00:01 INFO app: ready", `"Mar  2 08:00:01 INFO app: ready" (INFO)`, at},
		{"a time in RFC 3339", "<14>2026-03-02T08:00:01.000000+00:00 db app[7]: ready", `"ready" (INFO) host="db" ident="app" pid=7`, at},
		{"a file of rsyslog's", "Mar  2 08:00:01 db app[7]: ready", `"Mar  2 08:00:01 db app[7]: ready"`, at},
		{"an application's own form", "2026-03-02T08:00:01.000Z main app: ready", `"2026-03-02T08:00:01.000Z main app: ready"`, at},

		{"containerd", "2026-03-02T08:00:01.123456789Z stderr F declined", `"declined"`, at + 123456789},
		{"containerd, more tags", "2026-03-02T08:00:01Z stdout P:x begins", `"begins"`, at},
		{"docker-compose", "web-1       | INFO ready", `"INFO ready"`, 0},
		{"docker-compose, JSON", `web-1  | {"level":"error","msg":"declined"}`, `"declined" ERROR`, 0},
		{"docker-compose, colours", "\x1b[36mweb-1  |\x1b[0m ready", `"ready"`, 0},
		{"docker service", "shop_web.1.ab12@node1    | ready", `"ready"`, 0},
		{"a table, no container", "Name  | Value", `"Name  | Value"`, 0},
		{"a level, no container", "info  | ready", `"info  | ready"`, 0},
		{"a pipe, no container", "ps ax | grep x", `"ps ax | grep x"`, 0},
		{"kubectl", "[pod/shop-5d4f/app] ready", `"ready"`, 0},
		{"kubectl, also the time", "[pod/shop-5d4f/app] 2026-03-02T08:00:01.5Z stdout F ready", `"ready"`, at + time.Second/2},
		{"something else in brackets", "[pod/x] ready, steady", `"[pod/x] ready, steady"`, 0},

		{"GitHub Actions", "2026-03-02T08:00:01.0000000Z ok  	shop	0.2s", `"ok  \tshop\t0.2s"`, at},
		{"GitHub Actions, a section", "2026-03-02T08:00:01.0000000Z ##[group]Run tests", `"Run tests"`, at},
		{"GitHub Actions, an error", "2026-03-02T08:00:01.0000000Z ##[error]Process completed with exit code 1.", `"Process completed with exit code 1." ERROR`, at},
		{"GitHub Actions, a command", "::warning file=a.js,line=1::Missing semicolon", `"Missing semicolon" WARN`, 0},
		{"GitHub Actions, no command", "::std::vector is long", `"::std::vector is long"`, 0},
		{"GitLab CI", "2026-03-02T08:00:01.500000Z 00O Running with gitlab-runner", `"Running with gitlab-runner"`, at + time.Second/2},
		{"GitLab CI, the marks of sections", "\x1b[0Ksection_end:1772438400:prepare\r\x1b[0K\x1b[0Ksection_start:1772438401:get_sources\r\x1b[0K\x1b[36;1mGetting source\x1b[0;m", `"Getting source"`, at - time.Second},
		{"GitLab CI, a mark alone", "section_end:1772438401:prepare\r", `""`, at},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reader(t, options.Settings{})
			r.SetReference(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			var ev detector.Event
			for range 2 { // a new key, a known one
				r.Line([]byte(c.line), &ev)
				if got := show(&ev); got != c.want {
					t.Errorf("%s\n got %s\nwant %s", c.line, got, c.want)
				}
				if ev.Time != c.time {
					t.Errorf("%s: time %v, want %v", c.line, ev.Time, c.time)
				}
			}
		})
	}
}

// Who a line is from is no field of its, but may be its group.
func TestGroupOfPrefix(t *testing.T) {
	for _, c := range []struct{ by, line, want string }{
		{"container_name", "web-1  | ready", `"ready" group=web-1`},
		{"$kubernetes['pod_name']", "[pod/shop-5d4f/app] ready", `"ready" group=shop-5d4f`},
		{"$kubernetes['container_name']", "[pod/shop-5d4f/app] ready", `"ready" group=app`},
		{"ident", "Mar  2 08:00:01 db cron[7]: ready", `"Mar  2 08:00:01 db cron[7]: ready" group=cron`},
		{"host", "2026-03-02T08:00:01+0000 db cron[7]: ready", `"2026-03-02T08:00:01+0000 db cron[7]: ready" group=db`},
	} {
		r := reader(t, options.Settings{GroupBy: c.by})
		var ev detector.Event
		if r.Line([]byte(c.line), &ev); show(&ev) != c.want {
			t.Errorf("by %s: %s", c.by, show(&ev))
		}
	}
}

// A line of syslog is what Fluent Bit's parser makes of it.
func TestSyslogAsParsed(t *testing.T) {
	r := reader(t, options.Settings{})
	for line, parsed := range map[string]map[string]any{
		"<165>1 2026-03-02T08:00:01.5Z web-7 shop 311 ID47 - order placed": {
			"pri": "165", "host": "web-7", "ident": "shop", "pid": "311", "msgid": "ID47", "extradata": "-", "message": "order placed",
		},
		"<34>Mar  2 08:00:01 db su[77]: 'su root' failed": {"pri": "34", "host": "db", "ident": "su", "pid": "77", "message": "'su root' failed"},
	} {
		var ev detector.Event
		r.Line([]byte(line), &ev)
		got := unordered(&ev)
		readRecord(t, r, chunk(t, parsed, nil), &ev)
		if want := unordered(&ev); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestTables(t *testing.T) {
	const at = 1772438401 * time.Second
	for _, c := range []struct{ name, head, line, want string }{
		{"IIS", "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query sc-status time-taken",
			"2026-03-02 08:00:01 10.0.0.7 GET /cart id=7 500 31", `"" s-ip="10.0.0.7" cs-method="GET" cs-uri-stem="/cart" cs-uri-query="id=7" sc-status=500 time-taken=31`},
		{"quotes", "#Fields: date time cs(User-Agent) sc-status", `2026-03-02 08:00:01 "curl 8 (x)" 200`, `"" cs(User-Agent)="curl 8 (x)" sc-status=200`},
		{"CloudFront", "#Fields: date time x-edge-location sc-bytes c-ip cs(Cookie)", "2026-03-02\t08:00:01\tFRA2\t512\t192.0.2.7\ta b", `"" x-edge-location="FRA2" sc-bytes=512 c-ip="192.0.2.7" cs(Cookie)="a b"`},
		{"Zeek", "#fields\tts\tuid\tproto\tservice", "1772438401.000000\tCx1\ttcp\t-", `"" uid="Cx1" proto="tcp" service="-"`},
	} {
		r := reader(t, options.Settings{})
		var ev detector.Event
		r.Line([]byte("#Software: x"), &ev)
		r.Line([]byte(c.head), &ev)
		if got := show(&ev); got != fmt.Sprintf("%q", c.head) {
			t.Errorf("%s: the header is %s", c.name, got)
		}
		for range 2 {
			r.Line([]byte(c.line), &ev)
			if got := show(&ev); got != c.want || ev.Time != at {
				t.Errorf("%s: %v\n got %s\nwant %s", c.name, ev.Time, got, c.want)
			}
		}
		// What is no line of the table is a text.
		for _, line := range []string{"x y", strings.Repeat("a ", 7) + "b", strings.Repeat("a\t", 5) + "b", c.line + "\t1 2 3 4"} {
			if r.Line([]byte(line), &ev); len(ev.Fields) > 0 {
				t.Errorf("%s: %q is %s", c.name, line, show(&ev))
			}
		}
	}
	// Without a time, no line is told from others.
	r := reader(t, options.Settings{})
	var ev detector.Event
	r.Line([]byte("#Fields: a b c"), &ev)
	if r.Line([]byte("x y z"), &ev); len(ev.Fields) > 0 {
		t.Errorf("%s", show(&ev))
	}
}

func TestPrefixesAllocateNothing(t *testing.T) {
	var lines [][]byte
	for _, line := range []string{
		"<165>1 2026-03-02T08:00:01.5Z web-7 shop 311 ID47 - order placed", "<34>Mar  2 08:00:01 db su[77]: failed", "2026-03-02T08:00:01+00:00 db app[7]: ready",
		"web-1  | ready", "[pod/shop-5d4f/app] ready", "2026-03-02T08:00:01.0000000Z ##[error]failed", "2026-03-02T08:00:01.500000Z 00O ready",
		"section_end:1772438401:prepare\rready", "#Fields: date time s-ip sc-status", "2026-03-02 08:00:01 10.0.0.7 500",
		"#Fields: date time c-ip sc-status", // another header each time
	} {
		lines = append(lines, []byte(line))
	}
	r := reader(t, options.Settings{})
	var ev detector.Event
	read := func() {
		for _, line := range lines {
			r.Line(line, &ev)
		}
	}
	for range 100 {
		read()
	}
	if n := testing.AllocsPerRun(100, read); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
