package pattern

import (
	"math"
	"testing"
)

// golden are lines of our own making in the shapes that logs come in, with the
// pattern, the level and the numbers, in base units, that they must give.
var golden = []struct {
	line, pattern string
	level         Level
	numbers       []float64
}{
	// free text
	{
		"Starting worker pool with 16 workers",
		"Starting worker pool with <num> workers",
		LevelNone, []float64{16},
	},
	{
		"Cache miss for key user:profile:88412 took 12ms",
		"Cache miss for key user:profile:<num> took <num>s",
		LevelNone, []float64{88412, 0.012},
	},
	{
		"job 4417 finished in 3.25 seconds, 2 retries left",
		"job <num> finished in <num>s, <num> retries left",
		LevelNone, []float64{4417, 3.25, 2},
	},
	{
		"queue depth -12 is below zero, resetting",
		"queue depth <num> is below zero, resetting",
		LevelNone, []float64{-12},
	},
	{
		"temperature drift of 1.5e-3 exceeds 2e-4",
		"temperature drift of <num> exceeds <num>",
		LevelNone, []float64{0.0015, 0.0002},
	},
	{
		"imported 1,234,567 rows from /srv/import/2024/orders.csv in 1m32.5s",
		"imported <num> rows from <path> in <num>s",
		LevelNone, []float64{1234567, 92.5},
	},
	{
		"imported 987 rows from /srv/import/2024/orders.csv in 850ms",
		"imported <num> rows from <path> in <num>s",
		LevelNone, []float64{987, 0.85},
	},
	{
		"disk usage at 87% on /dev/nvme0n1p2, 12.4 GB free",
		"disk usage at <num>% on <path>, <num>B free",
		LevelNone, []float64{87, 1.33143986e+10},
	},
	{
		"token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 rejected for anna.lind@example.com",
		"token <id> rejected for <id>",
		LevelNone, nil,
	},
	{
		"checksum 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 verified",
		"checksum <id> verified",
		LevelNone, nil,
	},
	{
		"uploaded blob dGhlIHF1aWNrIGJyb3duIGZveA== as part 3 of 7",
		"uploaded blob <id> as part <num> of <num>",
		LevelNone, []float64{3, 7},
	},
	{
		"sending 3/10 chunks to peer [2001:db8::8a2e:370:7334]:8443",
		"sending <num>/<num> chunks to peer [<ip>]:<num>",
		LevelNone, []float64{3, 10, 8443},
	},
	{
		"link up on port 7, peer 00:1b:44:11:3a:b7, speed 1000Mb",
		"link up on port <num>, peer <ip>, speed <num>B",
		LevelNone, []float64{7, 1.048576e+09},
	},
	{
		"register at 0x7ffe3a10 holds 0xdeadbeef",
		"register at <id> holds <id>",
		LevelNone, nil,
	},
	{
		"fetching https://api.example.com/v2/items?limit=50&after=x9 for tenant blue",
		"fetching <path> for tenant blue",
		LevelNone, nil,
	},
	{
		"release v2.14.0-rc1 replaces v2.13.9 on node-17",
		"release <ver> replaces <ver> on <id>",
		LevelNone, nil,
	},
	{
		"retrying in PT1M30S after error handling finished",
		"retrying in <num>s after error handling finished",
		LevelNone, []float64{90},
	},
	{
		"no warning given, info desk closed",
		"no warning given, info desk closed",
		LevelNone, nil,
	},
	{
		"worker-3 stopped: lease lost",
		"<id> stopped: lease lost",
		LevelNone, nil,
	},
	{
		"pod web-7d4b9c6f5-x2x7k moved from ip-10-0-3-17 to ip-10-0-3-18",
		"pod <id> moved from <id> to <id>",
		LevelNone, nil,
	},

	// logfmt
	{
		`ts=2024-03-09T11:04:05.123456Z level=info caller=server.go:88 msg="listening" addr=0.0.0.0:8080 tls=false`,
		`ts=<time> level=<level> caller=server.go:<num> msg="listening" addr=<ip> tls=false`,
		LevelInfo, []float64{88},
	},
	{
		`time="2024-03-09T11:04:05Z" level=warning msg="slow query" duration=1.534s rows=120 user=svc_reports`,
		`time="<time>" level=<level> msg="slow query" duration=<num>s rows=<num> user=svc_reports`,
		LevelWarn, []float64{1.534, 120},
	},
	{
		`level=error ts=1709982245.887 component=ingest err="context deadline exceeded" attempt=3 backoff=250ms`,
		`level=<level> ts=<num> component=ingest err="context deadline exceeded" attempt=<num> backoff=<num>s`,
		LevelError, []float64{1.70998225e+09, 3, 0.25},
	},
	{
		`lvl=dbug t=2024-03-09T11:04:05+0100 msg="peer added" id=8f3a1c9e2b7d4f60 addr=192.168.7.4:30303`,
		`lvl=<level> t=<time> msg="peer added" id=<id> addr=<ip>`,
		LevelDebug, nil,
	},
	{
		"at=info method=GET path=/orders/8841 status=200 service=38ms bytes=5120B",
		"at=info method=GET path=<path> status=<num> service=<num>s bytes=<num>B",
		LevelNone, []float64{200, 0.038, 5120},
	},

	// JSON object lines
	{
		`{"level":"info","ts":"2024-03-09T11:04:05.120Z","logger":"billing","msg":"invoice sent","invoice":"b3f1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d","amount":129.95}`,
		`{"level":"<level>","ts":"<time>","logger":"billing","msg":"invoice sent","invoice":"<id>","amount":<num>}`,
		LevelInfo, []float64{129.95},
	},
	{
		`{"time":"2024-03-09T11:04:05Z","severity":"ERROR","message":"payment declined","code":402,"error":"card expired","user":{"id":77120}}`,
		`{"time":"<time>","severity":"<level>","message":"payment declined","code":<num>,"error":"card expired","user":{"id":<num>}}`,
		LevelError, []float64{402, 77120},
	},
	{
		`{"msg":"reload done","error":null,"warnings":[],"took_ms":41,"lvl":"warn"}`,
		`{"msg":"reload done","error":null,"warnings":[],"took_ms":<num>,"lvl":"<level>"}`,
		LevelWarn, []float64{41},
	},
	{
		`{"@timestamp":"2024-03-09T11:04:05.001+02:00","log.level":"DEBUG","message":"said \"hello\" to 10.2.3.4","process":{"pid":4121}}`,
		`{"@timestamp":"<time>","log.level":"<level>","message":"said \"hello\" to <ip>","process":{"pid":<num>}}`,
		LevelDebug, []float64{4121},
	},
	{
		`{"timestamp":1709982245123,"levelname":"CRITICAL","name":"etl","message":"out of disk: 99.8% used"}`,
		`{"timestamp":<num>,"levelname":"<level>","name":"etl","message":"out of disk: <num>% used"}`,
		LevelCritical, []float64{1.70998225e+12, 99.8},
	},

	// klog
	{
		`I0309 11:04:05.123456    4121 controller.go:214] "Reconciled" object="prod/web-7d4b9c6f5-x2x7k" duration="12.5ms"`,
		`<time> controller.go:<num>] "Reconciled" object="<id>" duration="<num>s"`,
		LevelInfo, []float64{214, 0.0125},
	},
	{
		"W0309 11:04:06.000001       1 reflector.go:302] watch of *v1.Pod ended with: too old resource version: 8123412 (8123999)",
		"<time> reflector.go:<num>] watch of *v<num>.Pod ended with: too old resource version: <num> (<num>)",
		LevelWarn, []float64{302, 8123412, 8123999},
	},
	{
		`E0309 11:04:07.654321   31337 pod_workers.go:965] "Error syncing pod" err="failed to start container" podUID=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0`,
		`<time> pod_workers.go:<num>] "Error syncing pod" err="failed to start container" podUID=<id>`,
		LevelError, []float64{965},
	},

	// syslog, RFC 3164 and RFC 5424
	{
		"<34>Mar  9 11:04:05 gatehost sshd[2211]: Accepted publickey for deploy from 203.0.113.9 port 51022 ssh2",
		"<level><time> gatehost sshd[<num>]: Accepted publickey for deploy from <ip> port <num> ssh<num>",
		LevelCritical, []float64{2211, 51022},
	},
	{
		"<13>Mar 19 01:14:15 gatehost cron[99]: (root) CMD (/usr/local/bin/rotate.sh --keep 14)",
		"<level><time> gatehost cron[<num>]: (root) CMD (<path> --keep <num>)",
		LevelNotice, []float64{99, 14},
	},
	{
		"Mar  9 11:04:05 gatehost kernel: [88123.456789] eth0: link down",
		"<time> gatehost kernel: [<num>] eth<num>: link down",
		LevelNone, []float64{88123.4568},
	},
	{
		`<165>1 2024-03-09T11:04:05.003Z app1.example.org billing 8710 ID47 [meta@32473 seq="12"] cycle complete`,
		`<level><num> <time> app<num>.example.org billing <num> ID<num> [meta@<num> seq="<num>"] cycle complete`,
		LevelNotice, []float64{1, 8710, 32473, 12},
	},
	{
		"<11>1 2024-03-09T11:04:05.003-07:00 app1.example.org billing - - - cycle failed after 3 tries",
		"<level><num> <time> app<num>.example.org billing - - - cycle failed after <num> tries",
		LevelError, []float64{1, 3},
	},

	// Java: log4j, logback, java.util.logging, stack traces
	{
		"2024-03-09 11:04:05,123 INFO  [main] com.acme.shop.OrderService: Placed order 88123 for customer C-4412",
		"<time> <level>  [main] com.acme.shop.OrderService: Placed order <num> for customer <id>",
		LevelInfo, []float64{88123},
	},
	{
		"2024-03-09 11:04:05.123  WARN 4121 --- [nio-8080-exec-3] c.a.shop.web.CartController : Cart 7781 has 0 items",
		"<time>  <level> <num> --- [<id>] c.a.shop.web.CartController : Cart <num> has <num> items",
		LevelWarn, []float64{4121, 7781, 0},
	},
	{
		"11:04:05.123 [pool-2-thread-7] ERROR com.acme.shop.Payments - Gateway answered 503 after 30000 ms",
		"<time> [<id>] <level> com.acme.shop.Payments - Gateway answered <num> after <num>s",
		LevelError, []float64{503, 30},
	},
	{
		"Mar 09, 2024 11:04:05 AM com.acme.Server start",
		"<time> com.acme.Server start",
		LevelNone, nil,
	},
	{
		"SEVERE: Could not bind to port 8443",
		"<level>: Could not bind to port <num>",
		LevelError, []float64{8443},
	},
	{
		"\tat com.acme.shop.OrderService.place(OrderService.java:118)",
		"\tat com.acme.shop.OrderService.place(OrderService.java:<num>)",
		LevelNone, []float64{118},
	},
	{
		"Caused by: java.net.SocketTimeoutException: Read timed out",
		"Caused by: java.net.SocketTimeoutException: Read timed out",
		LevelNone, nil,
	},
	{
		"\t... 23 more",
		"\t... <num> more",
		LevelNone, []float64{23},
	},

	// Python: logging, tracebacks, gunicorn
	{
		"2024-03-09 11:04:05,123 - etl.loader - INFO - loaded 500 rows from s3://bucket-a/in/part-0003.parquet",
		"<time> - etl.loader - <level> - loaded <num> rows from <path>",
		LevelInfo, []float64{500},
	},
	{
		"WARNING:root:retry 2 of 5 for task 8812",
		"<level>:root:retry <num> of <num> for task <num>",
		LevelWarn, []float64{2, 5, 8812},
	},
	{
		"Traceback (most recent call last):",
		"Traceback (most recent call last):",
		LevelNone, nil,
	},
	{
		`  File "/opt/app/etl/loader.py", line 88, in run`,
		`  File "<path>", line <num>, in run`,
		LevelNone, []float64{88},
	},
	{
		"ValueError: invalid literal for int() with base 10: '12x'",
		"ValueError: invalid literal for int() with base <num>: '<id>'",
		LevelNone, []float64{10},
	},
	{
		"[2024-03-09 11:04:05 +0000] [4121] [INFO] Booting worker with pid: 4121",
		"[<time>] [<num>] [<level>] Booting worker with pid: <num>",
		LevelInfo, []float64{4121, 4121},
	},

	// nginx and Apache: access and error logs
	{
		`203.0.113.9 - - [09/Mar/2024:11:04:05 +0000] "GET /static/app.3f9a1c2b.js HTTP/1.1" 200 51233 "https://shop.example.com/cart" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/123.0"`,
		`<ip> - - [<time>] "GET <path> HTTP/<ver>" <num> <num> "<path>" "Mozilla/<ver> (X<num>; Linux <id>) Gecko/<ver> Firefox/<ver>"`,
		LevelNone, []float64{200, 51233},
	},
	{
		`2001:db8::17 - alice [09/Mar/2024:11:04:06 -0500] "POST /api/v1/orders HTTP/2.0" 201 88 "-" "curl/8.5.0" 0.012`,
		`<ip> - alice [<time>] "POST <path> HTTP/<ver>" <num> <num> "-" "curl/<ver>" <num>`,
		LevelNone, []float64{201, 88, 0.012},
	},
	{
		`2024/03/09 11:04:05 [error] 2211#2211: *5512 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: shop.example.com, upstream: "http://10.0.3.17:8080/cart"`,
		`<time> [<level>] <num>#<num>: *<num> connect() failed (<num>: Connection refused) while connecting to upstream, client: <ip>, server: shop.example.com, upstream: "<path>"`,
		LevelError, []float64{2211, 2211, 5512, 111},
	},
	{
		"[Sat Mar 09 11:04:05.123456 2024] [proxy:warn] [pid 2211:tid 140001] AH01114: failed to make connection to backend: 10.0.3.17",
		"[<time>] [proxy:<level>] [pid <num>:tid <num>] AH<num>: failed to make connection to backend: <ip>",
		LevelWarn, []float64{2211, 140001},
	},

	// Go: standard log, panics
	{
		"2024/03/09 11:04:05 http: Server closed",
		"<time> http: Server closed",
		LevelNone, nil,
	},
	{
		"2024/03/09 11:04:05.123456 main.go:42: accepted connection from [::1]:51022",
		"<time> main.go:<num>: accepted connection from [<ip>]:<num>",
		LevelNone, []float64{42, 51022},
	},
	{
		"panic: runtime error: index out of range [5] with length 3",
		"<level>: runtime error: index out of range [<num>] with length <num>",
		LevelFatal, []float64{5, 3},
	},
	{
		"goroutine 18 [running]:",
		"goroutine <num> [running]:",
		LevelNone, []float64{18},
	},

	// PostgreSQL
	{
		"2024-03-09 11:04:05.123 UTC [4121] LOG:  checkpoint complete: wrote 812 buffers (5.0%); write=27.011 s, sync=0.004 s",
		"<time> UTC [<num>] <level>:  checkpoint complete: wrote <num> buffers (<num>%); write=<num> s, sync=<num> s",
		LevelInfo, []float64{4121, 812, 5, 27.011, 0.004},
	},
	{
		`2024-03-09 11:04:05.123 UTC [4121] shop@orders ERROR:  duplicate key value violates unique constraint "orders_pkey"`,
		`<time> UTC [<num>] shop@orders <level>:  duplicate key value violates unique constraint "orders_pkey"`,
		LevelError, []float64{4121},
	},
	{
		"2024-03-09 11:04:05.123 UTC [4121] shop@orders FATAL:  remaining connection slots are reserved",
		"<time> UTC [<num>] shop@orders <level>:  remaining connection slots are reserved",
		LevelFatal, []float64{4121},
	},
	{
		"2024-03-09 11:04:05.123 UTC [4121] LOG:  duration: 1532.118 ms  statement: SELECT 1",
		"<time> UTC [<num>] <level>:  duration: <num>s  statement: SELECT <num>",
		LevelInfo, []float64{4121, 1.532118, 1},
	},

	// systemd
	{
		"Mar 09 11:04:05 gatehost systemd[1]: Started Session 4412 of user deploy.",
		"<time> gatehost systemd[<num>]: Started Session <num> of user deploy.",
		LevelNone, []float64{1, 4412},
	},
	{
		"Mar 09 11:04:05 gatehost systemd[1]: shop.service: Main process exited, code=exited, status=1/FAILURE",
		"<time> gatehost systemd[<num>]: shop.service: Main process exited, code=exited, status=<num>/FAILURE",
		LevelNone, []float64{1, 1},
	},
	{
		"Mar 09 11:04:05 gatehost systemd[1]: shop.service: Consumed 2min 31.512s CPU time.",
		"<time> gatehost systemd[<num>]: shop.service: Consumed <num>s <num>s CPU time.",
		LevelNone, []float64{1, 120, 31.512},
	},

	// Android
	{
		`03-17 16:13:38.811  1702  2395 D PowerGate: release lock=166121161, flg=0x0, tag="View Lock"`,
		`<time>  <num>  <num> <level> PowerGate: release lock=<num>, flg=<id>, tag="View Lock"`,
		LevelDebug, []float64{1702, 2395, 166121161},
	},
	{
		"03-17 16:13:38.819  1702  8671 W NotifyHub: bitmap 512x256 too large",
		"<time>  <num>  <num> <level> NotifyHub: bitmap <id> too large",
		LevelWarn, []float64{1702, 8671},
	},
	{
		"I/ActivityStack( 1702): moved task 31 to front",
		"<level>/ActivityStack( <num>): moved task <num> to front",
		LevelInfo, []float64{1702, 31},
	},

	// Windows CBS
	{
		`2024-03-09 04:30:30, Info                  CBS    Loaded stack v6.1.7601.23505 with core: C:\Windows\winsxs\amd64_stack_31bf3856\core.dll`,
		"<time>, <level>                  CBS    Loaded stack <ver> with core: <path>",
		LevelInfo, nil,
	},
	{
		"2024-03-09 04:30:31, Error                 CBS    Failed to open package, HRESULT = 0x800f0805",
		"<time>, <level>                 CBS    Failed to open package, HRESULT = <id>",
		LevelError, nil,
	},

	// HashiCorp
	{
		"2024-03-09T11:04:05.123Z [INFO]  agent: joined cluster: members=5 dc=eu-west",
		"<time> [<level>]  agent: joined cluster: members=<num> dc=eu-west",
		LevelInfo, []float64{5},
	},
	{
		"2024-03-09T11:04:05.123+0100 [WARN]  agent.server.raft: heartbeat timeout reached: last-leader=10.0.3.17:8300",
		"<time> [<level>]  agent.server.raft: heartbeat timeout reached: last-leader=<ip>",
		LevelWarn, nil,
	},

	// other dialects, colours, other languages
	{
		"2024-03-09T11:04:05.123Z\tinfo\tgateway\tstarted\t{\"port\": 9901}",
		"<time>\t<level>\tgateway\tstarted\t{\"port\": <num>}",
		LevelInfo, []float64{9901},
	},
	{
		"info: Hosting.Lifetime[14] Now listening on: http://[::]:5000",
		"<level>: Hosting.Lifetime[<num>] Now listening on: <path>[::]:<num>",
		LevelInfo, []float64{14, 5000},
	},
	{
		"[2024-03-09T11:04:05Z INFO  indexer::merge] merged 12 segments in 4.2s",
		"[<time> <level>  indexer::merge] merged <num> segments in <num>s",
		LevelInfo, []float64{12, 4.2},
	},
	{
		"2024-03-09 11:04:05 | WARN | scheduler | lag 12s",
		"<time> | <level> | scheduler | lag <num>s",
		LevelWarn, []float64{12},
	},
	{
		"2024-03-09 04:05:06 PM worker[3] done",
		"<time> worker[<num>] done",
		LevelNone, []float64{3},
	},
	{
		"\x1b[31mERROR\x1b[0m \x1b[0;36mdb\x1b[0m pool exhausted after 5000ms",
		"\x1b[31m<level>\x1b[0m \x1b[0;36mdb\x1b[0m pool exhausted after <num>s",
		LevelError, []float64{5},
	},
	{
		"benutzer müller hat 3 dateien gelöscht",
		"benutzer müller hat <num> dateien gelöscht",
		LevelNone, []float64{3},
	},
	{
		"用户123登录成功",
		"用户<num>登录成功",
		LevelNone, []float64{123},
	},
}

func TestGolden(t *testing.T) {
	s, l := NewScanner(1), new(Workspace)
	for _, g := range golden {
		s.Scan([]byte(g.line), l)
		if got := string(l.Append(nil, []byte(g.line))); got != g.pattern {
			t.Errorf("%s\n got %s\nwant %s", g.line, got, g.pattern)
		}
		if l.Level != g.level {
			t.Errorf("%s\nlevel %q, want %q", g.line, l.Level, g.level)
		}
		var numbers []Num // but for those of addresses
		for _, n := range l.Numbers {
			if l.Tokens[n.Token].Kind != Address {
				numbers = append(numbers, n)
			}
		}
		if len(numbers) != len(g.numbers) {
			t.Errorf("%s\nnumbers %v, want %v", g.line, numbers, g.numbers)
			continue
		}
		for i, want := range g.numbers {
			if got := numbers[i].Value; math.Abs(got-want) > 1e-8*math.Abs(want) {
				t.Errorf("%s\nnumber %d is %v, want %v", g.line, i, got, want)
			}
		}
	}
}

// TestBrokenAddress: an address with a part that is too large has the pattern
// of an address, and the part is a number of the line.
func TestBrokenAddress(t *testing.T) {
	s, good, bad := NewScanner(1), new(Workspace), new(Workspace)
	s.Scan([]byte("connection from 10.2.3.4 closed"), good)
	s.Scan([]byte("connection from 7104233.2.3.4 closed"), bad)
	if good.Hash != bad.Hash {
		t.Error("the patterns differ")
	}
	if len(good.Numbers) != 1 || good.Numbers[0].Value != 10 || len(bad.Numbers) != 1 || bad.Numbers[0].Value != 7104233 {
		t.Errorf("numbers %v and %v, want 10 and 7104233", good.Numbers, bad.Numbers)
	}
}
