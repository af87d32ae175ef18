package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// show writes an event as tests compare it: message, level, then fields.
func show(ev *detector.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", ev.Message)
	if ev.Level != pattern.LevelNone {
		fmt.Fprintf(&b, " %s", ev.Level)
	}
	if ev.Transport != pattern.LevelNone {
		fmt.Fprintf(&b, " (%s)", ev.Transport)
	}
	if ev.Group != nil {
		fmt.Fprintf(&b, " group=%s", ev.Group)
	}
	for _, f := range ev.Fields {
		switch f.Kind {
		case detector.Text:
			fmt.Fprintf(&b, " %s=%q", f.Name, f.Value)
		case detector.Number:
			fmt.Fprintf(&b, " %s=%v%s", f.Name, f.Number, f.Unit.Base())
		case detector.Null:
			fmt.Fprintf(&b, " %s=null", f.Name)
		default:
			fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
		}
	}
	return b.String()
}

// unordered is show with the fields in the order of their names.
func unordered(ev *detector.Event) string {
	sorted := *ev
	sorted.Fields = slices.Clone(ev.Fields)
	slices.SortStableFunc(sorted.Fields, func(a, b detector.Field) int { return bytes.Compare(a.Name, b.Name) })
	return show(&sorted)
}

func reader(t testing.TB, s options.Settings) *Reader {
	t.Helper()
	if s.KeyPrefix == "" {
		s.KeyPrefix = "anomaly"
	}
	r, err := NewReader(&s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// chunk is a record in msgpack, with a body and metadata as maps.
func chunk(t testing.TB, body, meta map[string]any) []byte {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0x92, 0x92, 0xd7, 0, 0x69, 0xa5, 0x41, 0x81, 0, 0, 0, 0})
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	if meta == nil {
		meta = map[string]any{}
	}
	if err := e.Encode(meta); err != nil {
		t.Fatal(err)
	}
	if err := e.Encode(body); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readRecord makes the event of one record. The chunk is kept as long as r is.
func readRecord(t testing.TB, r *Reader, chunk []byte, ev *detector.Event) bool {
	t.Helper()
	w := record.NewWalker(nil)
	w.Reset(chunk)
	rec := new(record.Event)
	if !w.Next(rec) {
		t.Fatalf("no event: % x", chunk)
	}
	return r.Record(rec, ev)
}

func TestLines(t *testing.T) {
	const at = 1772438401 * time.Second // 2026-03-02T08:00:01Z
	for _, c := range []struct {
		name     string
		settings options.Settings
		line     string
		want     string
		time     time.Duration
	}{
		{name: "text", line: "2026-03-02 08:00:01 INFO ready", want: `"2026-03-02 08:00:01 INFO ready"`, time: at},
		{name: "nothing", line: "", want: `""`},
		{name: "white space at the end", line: "ready \r\n", want: `"ready"`},
		{name: "colours", line: "\x1b[90m8:00AM\x1b[0m \x1b[32mINF\x1b[0m ready \x1b[", want: `"8:00AM INF ready \x1b["`},
		{name: "prose with pairs", line: "job a=1 b=2 ended", want: `"job a=1 b=2 ended"`},
		{name: "prose with two pairs behind", line: "INFO[0004] request served   dur=13ms path=/a", want: `"INFO[0004] request served   dur=13ms path=/a"`},

		{name: "JSON", line: `{"time":"2026-03-02T08:00:01Z","level":"warn","msg":"ready","n":3,"ok":true,"user":null}`, want: `"ready" WARN n=3 ok=true user=null`, time: at},
		{name: "other names", line: `{"@timestamp":"2026-03-02T08:00:01Z","severity":"WARN","body":"ready"}`, want: `"ready" WARN`, time: at},
		{name: "the first name counts, not the first field", line: `{"msg":"inner","log":"outer","severity":"error","level":"info"}`, want: `"outer" INFO msg="inner"`},
		{name: "the first that says something", line: `{"log":"","message":null,"msg":"x","level":null,"severity":"","lvl":{"a":1},"loglevel":"odd","log_level":"error"}`,
			want: `"x" ERROR level=null severity="" lvl.a=1 loglevel="odd"`},
		{name: "a message that is an object", line: `{"log":{"level":"error"},"message":"declined"}`, want: `"declined" ERROR`},
		{name: "a message in an object", line: `{"log":{"message":"declined","level":50,"tries":2}}`, want: `"declined" ERROR log.tries=2`},
		{name: "a message that is a number", line: `{"msg":42}`, want: `"42"`},
		{name: "escapes", line: `{"msg":"say \"hi\"\n\u00e4\ud83d\ude00!","a":"x\ty"}`, want: `"say \"hi\"\nä😀!" a="x\ty"`},
		{name: "a key with escapes", line: `{"\u006dsg":"ready"}`, want: `"ready"`},
		{name: "a field given twice", line: `{"msg":"first","a":1,"msg":"second","a":2}`, want: `"second" a=2`},
		{name: "numbers as text", line: `{"a":"12","b":"-1.50","c":"007","d":"+1","e":"1234567890123456","f":1234567890123456,"g":1e3,"h":"1e3","i":"1.","j":"0","k":"0.25"}`,
			want: `"" a=12 b=-1.5 c="007" d="+1" e="1234567890123456" f="1234567890123456" g=1000 h="1e3" i="1." j=0 k=0.25`},
		{name: "truth as text", line: `{"a":"true","b":false,"c":"True"}`, want: `"" a=true b=false c="True"`},
		{name: "nothing in it", line: `{}`, want: `"{}"`},
		{name: "hardly anything", line: `{ }`, want: `"{ }"`},
		{name: "nesting, with lists", line: `{"a":{"b":{"c":{"d":[1,{"x":2}],"e":3}}},"k":{"l":{"m":[4,[5]]}}}`, want: `"" a.b.c.d[]=1 a.b.c.d[].x=2 a.b.c.e=3 k.l.m[]=4 k.l.m[][]=5`},
		{name: "nesting", line: `{"a":{"b":{"c":{"d":1,"e":{"f":2}}}},"g":{"h":[]}}`, want: `"" a.b.c.d=1 a.b.c.e.f=2`},
		{name: "arrays", line: `{"a":[1,"x",{"b":2,"c":[true]}],"d":[[3]]}`, want: `"" a[]=1 a[]="x" a[].b=2 a[].c[]=true d[][]=3`},
		{name: "long arrays", line: `{"a":[1,2,3,4,5,6,7,8,9,10]}`, want: `"" a[]=1 a[]=2 a[]=3 a[]=4 a[]=5 a[]=6 a[]=7 a[]=8`},
		{name: "no message", line: `{"level":"Metadata","verb":"get","code":200}`, want: `"" level="Metadata" verb="get" code=200`},
		{name: "a time that is not the event's", line: `{"expires":"2030-01-01T00:00:00Z","msg":"x"}`, want: `"x" expires=2030-01-01T00:00:00Z`},
		{name: "very long", line: `{"pad":"` + strings.Repeat("x", 1<<18) + `","msg":"ready"}`, want: `"ready" pad="` + strings.Repeat("x", 1<<18) + `"`},
		{name: "very deep", line: `{"msg":"ready","a":` + strings.Repeat("[", 150) + strings.Repeat("]", 150) + `}`, want: `"ready"`},
		{name: "far too deep", line: `{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`, want: `"{\"a\":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}"`},
		{name: "nothing in it", line: `{"kubernetes":{"pod":"x"}}`, want: `"{\"kubernetes\":{\"pod\":\"x\"}}"`},
		{name: "an empty object", line: `{}`, want: `"{}"`},
		{name: "not JSON", line: `{"level":"warn","msg":"rea`, want: `"{\"level\":\"warn\",\"msg\":\"rea"`},
		{name: "not JSON, with a brace", line: `{"level":"warn","a":1,"msg":"rea}`, want: `"{\"level\":\"warn\",\"a\":1,\"msg\":\"rea}"`},
		{name: "more than JSON", line: `{"msg":"ready"} {}`, want: `"{\"msg\":\"ready\"} {}"`},
		{name: "JSON behind syslog", line: `Mar  2 08:00:01 host app[7]: {"level":"error","msg":"declined","n":1}`, want: `"declined" ERROR n=1`, time: at},
		{name: "JSON behind a message", line: "2026-03-02T08:00:01Z\tINFO\tlistening\t{\"port\": 80}", want: `"2026-03-02T08:00:01Z\tINFO\tlistening" port=80`, time: at},
		{name: "not JSON behind a message", line: `got {"a":1} and {"b":}`, want: `"got {\"a\":1} and {\"b\":}"`},
		{name: "an array", line: `["msg","ready"]`, want: `"[\"msg\",\"ready\"]"`},

		{name: "Docker", line: `{"log":"{\"level\":\"error\",\"msg\":\"x\",\"n\":1}\n","stream":"stdout","time":"2026-03-02T08:00:01.5Z"}`, want: `"x" ERROR n=1`, time: at + time.Second/2},
		{name: "Docker, text", line: `{"log":"ready\n","stream":"stdout","time":"2026-03-02T08:00:01.5Z"}`, want: `"ready"`, time: at + time.Second/2},
		{name: "CRI", line: `2026-03-02T08:00:01.5Z stdout F {"level":"error","msg":"x","n":1}`, want: `"x" ERROR n=1`, time: at + time.Second/2},
		{name: "CRI, text", line: `2026-03-02T08:00:01.5Z stderr F ready`, want: `"ready"`, time: at + time.Second/2},
		{name: "syslog's priority", line: `<14>Mar  2 08:00:01 host app[1]: ready`, want: `"ready" (INFO) host="host" ident="app" pid=1`, time: at},
		{name: "syslog's priority, bad", line: `<11>1 2026-03-02T08:00:01Z host app 1 - - ready`, want: `"ready" ERROR host="host" ident="app" pid=1 msgid="-" extradata="-"`, time: at},
		{name: "both ways to merge", line: `{"log":"{\"a\":1,\"message\":\"x\"}","a":1,"message":"x"}`, want: `"x" a=1`},

		{name: "MongoDB", line: `{"t":{"$date":"2026-03-02T08:00:01.000+00:00"},"s":"D1","c":"NET","id":5,"msg":"ready","attr":{"n":1}}`, want: `"ready" DEBUG c="NET" id=5 attr.n=1`, time: at},
		{name: "Serilog", line: `{"Timestamp":"2026-03-02T08:00:01Z","Level":"Information","MessageTemplate":"got {N}","RenderedMessage":"got 2","Properties":{"N":2}}`, want: `"got 2" INFO Properties.N=2`, time: at},
		{name: "Serilog, compact", line: `{"@t":"2026-03-02T08:00:01Z","@mt":"got {N}","@l":"Warning","N":2}`, want: `"got {N}" WARN N=2`, time: at},
		{name: "Windows", line: `{"Level":2,"Message":"failed","Channel":"System","EventID":7031}`, want: `"failed" ERROR Channel="System" EventID=7031`},
		{name: "GELF", line: `{"version":"1.1","short_message":"x","timestamp":1772438401.5,"level":3,"_app":"a"}`, want: `"x" ERROR version=1.1 _app="a"`, time: at + time.Second/2},
		{name: "Google Cloud", line: `{"severity":400,"textPayload":"x"}`, want: `"x" WARN`},
		{name: "Monolog", line: `{"message":"x","level":400,"level_name":"ERROR","channel":"app"}`, want: `"x" ERROR channel="app"`},
		{name: "OpenTelemetry", line: `{"severity_number":17,"body":"x","attributes":{"a":1}}`, want: `"x" ERROR attributes.a=1`},
		{name: "Python", line: `{"levelno":40,"msg":"x"}`, want: `"x" ERROR`},
		{name: "pino", line: `{"level":50,"time":1772438401000,"msg":"x"}`, want: `"x" ERROR`, time: at},
		{name: "ECS", line: `{"log.level":"error","message":"x","ecs.version":"1.2.0"}`, want: `"x" ERROR`},
		{name: "structlog", line: `{"event":"x","level":"error"}`, want: `"x" ERROR`},
		{name: "Loguru", line: `{"text":"x","record":{"level":{"name":"ERROR","no":40},"message":"x"}}`, want: `"x" ERROR record.level.no=40`},
		{name: "journald", line: `{"MESSAGE":"x","PRIORITY":"6","_SYSTEMD_UNIT":"a.service","_PID":"7","__CURSOR":"s=1","SYSLOG_IDENTIFIER":"a"}`, want: `"x" (INFO) _SYSTEMD_UNIT="a.service" SYSLOG_IDENTIFIER="a"`},
		{name: "journald, bad", line: `{"MESSAGE":"x","PRIORITY":"3"}`, want: `"x" ERROR`},
		{name: "a coloured level", line: `{"level":"\u001b[33mwarn\u001b[39m","message":"x"}`, want: `"x" WARN`},
		{name: "a duration that is called time", line: `{"msg":"x","time":35}`, want: `"x" time=35`},

		{name: "logfmt", line: `ts=2026-03-02T08:00:01Z level=info msg="say \"hi\"" status=200 dur=12ms empty= ok=true`, want: `"say \"hi\"" INFO status=200 dur=0.012s empty="" ok=true`, time: at},
		{name: "logfmt without quotes", line: `level=info msg=starting up now port=80`, want: `"starting up now" INFO port=80`},
		{name: "logfmt with a message in pairs", line: `msg="a=1 b=2" c=3`, want: `"" c=3 a=1 b=2`},
		{name: "pairs behind a time", line: `2026-03-02T08:00:01Z level=info msg="request" status=200`, want: `"request" INFO status=200`, time: at},
		{name: "pairs behind prose", line: `Mar  2 08:00:01 h kernel: [UFW BLOCK] IN=eth0 OUT= LEN=60 DF PROTO=TCP SYN URGP=0 `, want: `"Mar  2 08:00:01 h kernel: [UFW BLOCK]" IN="eth0" OUT="" LEN=60 DF=true PROTO="TCP" SYN=true URGP=0`, time: at},
		{name: "pairs in brackets", line: `deleting Segment(base=5, size=7 time=8 key=9)`, want: `"deleting Segment(base=5, size=7 time=8 key=9)"`},
		{name: "pairs behind a colon", line: `release:lock=5, flg=0x0, tag="View Lock"`, want: `"release" lock=5 flg="0x0" tag="View Lock"`},
		{name: "pairs divided by commas", line: `user=a, ip=10.0.0.1, code=5`, want: `"" user="a" ip="10.0.0.1" code=5`},
		{name: "audit", line: `type=SYSCALL msg=audit(1772438401.000:42): arch=c000003e success=yes exit=0 comm="ls"`, want: `"" type="SYSCALL" arch="c000003e" success="yes" exit=0 comm="ls"`, time: at},
		{name: "audit, user", line: `type=USER_LOGIN msg=audit(1772438401.000:42): pid=7 msg='op=login acct="root" res=failed'`, want: `"" type="USER_LOGIN" pid=7 op="login" acct="root" res="failed"`, time: at},

		{name: "access, common", line: `10.0.0.1 - alice [02/Mar/2026:08:00:01 +0000] "GET /cart?id=7 HTTP/1.1" 200 512`,
			want: `"" remote="10.0.0.1" host="-" user="alice" method="GET" path="/cart?id=7" protocol="HTTP/1.1" code=200 size=512`, time: at},
		{name: "access, combined", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 304 - "-" "curl/8.5.0 \"x\""`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="GET" path="/" protocol="HTTP/1.1" code=304 size="-" referer="-" agent="curl/8.5.0 \\\"x\\\""`, time: at},
		{name: "access, virtual host", line: `shop:443 10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "-" 408 0 "-" "-"`,
			want: `"" vhost="shop:443" remote="10.0.0.1" host="-" user="-" method="-" code=408 size=0 referer="-" agent="-"`, time: at},
		{name: "access, more", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "x" "10.0.0.9"`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="GET" path="/" protocol="HTTP/1.1" code=200 size=5 referer="-" agent="x" http_x_forwarded_for="10.0.0.9"`, time: at},
		{name: "access, some format", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "x" 0.004 rt=0.003 "HIT"`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="GET" path="/" protocol="HTTP/1.1" code=200 size=5 referer="-" agent="x" extra1=0.004 rt=0.003 extra3="HIT"`, time: at},
		{name: "Traefik", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/2.0" 200 5 "-" "-" 3 "web@docker" "http://172.19.0.2:80" 6ms`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="GET" path="/" protocol="HTTP/2.0" code=200 size=5 referer="-" agent="-" request_count=3 router="web@docker" backend="http://172.19.0.2:80" duration=0.006s`, time: at},
		{name: "ingress-nginx", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/2.0" 502 5 "-" "x" 286 0.317 [shop-web-80] [] 10.0.0.2:80, 10.0.0.3:80 0, 0 0.1, 0.2 502, 502 5cff2d`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="GET" path="/" protocol="HTTP/2.0" code=502 size=5 referer="-" agent="x" request_length=286 request_time=0.317 proxy_upstream_name="shop-web-80" proxy_alternative_upstream_name="" upstream_addr="10.0.0.2:80, 10.0.0.3:80" upstream_response_length="0, 0" upstream_response_time="0.1, 0.2" upstream_status="502, 502" req_id="5cff2d"`, time: at},
		{name: "access, no request", line: `10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "\x16\x03\x01 x" 400 150 "-" "-"`,
			want: `"" remote="10.0.0.1" host="-" user="-" method="\\x16\\x03\\x01" path="x" code=400 size=150 referer="-" agent="-"`, time: at},
		{name: "HAProxy", line: `Mar  2 08:00:01 lb haproxy[2031]: 10.0.0.1:54031 [02/Mar/2026:08:00:01.500] fe~ be/web1 0/0/3/64/78 200 268 - - ---- 40/69/14/0/0 0/0 {a b|c} "GET /cart HTTP/1.1"`,
			want: `"" client="10.0.0.1:54031" frontend="fe~" server="web1" backend="be" tr=0s tw=0s tc=0.003s tr_response=0.064s ta=0.078s code=200 size=268 termination_state="----" actconn=40 feconn=69 beconn=14 srvconn=0 retries=0 srv_queue=0 backend_queue=0 method="GET" path="/cart" protocol="HTTP/1.1"`, time: at + time.Second/2},
		{name: "HAProxy, cut off", line: `Mar  2 08:00:01 lb haproxy[2031]: 10.0.0.1:54031 [02/Mar/2026:08:00:01.500] fe be/<NOSRV> 0/-1/-1/-1/+4 503 217 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"`,
			want: `"" client="10.0.0.1:54031" frontend="fe" server="<NOSRV>" backend="be" tr=0s tw=-1 tc=-1 tr_response=-1 ta=0.004s code=503 size=217 termination_state="SC--" actconn=1 feconn=1 beconn=0 srvconn=0 retries=0 srv_queue=0 backend_queue=0 method="GET" path="/" protocol="HTTP/1.1"`, time: at + time.Second/2},
		{name: "ALB", line: `https 2026-03-02T08:00:01.000000Z app/shop/50dc 10.0.0.1:61092 10.0.0.2:80 0.000 0.137 0.000 200 200 2268 12629 "GET https://shop:443/cart HTTP/2.0" "okhttp/4" ECDHE TLSv1.2 arn:a "Root=1" "shop" "arn:b" 0 2026-03-02T08:00:01.000000Z "forward"`,
			want: `"" type="https" elb="app/shop/50dc" client="10.0.0.1:61092" target="10.0.0.2:80" request_processing_time=0 target_processing_time=0.137 response_processing_time=0 elb_status_code=200 target_status_code=200 received_bytes=2268 sent_bytes=12629 method="GET" path="https://shop:443/cart" protocol="HTTP/2.0" agent="okhttp/4" ssl_cipher="ECDHE" ssl_protocol="TLSv1.2" target_group_arn="arn:a" trace_id="Root=1" domain_name="shop" chosen_cert_arn="arn:b" matched_rule_priority=0 actions_executed="forward"`, time: at},

		{name: "Log_Key", settings: options.Settings{LogKey: "text"}, line: `{"log":"x","text":"y","level":"error"}`, want: `"y" ERROR log="x"`},
		{name: "Log_Key to an object", settings: options.Settings{LogKey: "$a['b']"}, line: `{"log":"x","a":{"b":{"msg":"y","level":"error","n":1},"msg":"z"}}`, want: `"y" ERROR log="x" a.b.n=1 a.msg="z"`},
		{name: "Log_Key to an element", settings: options.Settings{LogKey: "$a[9]['b']"}, line: `{"a":[0,1,2,3,4,5,6,7,8,{"b":"y"}]}`, want: `"y" a[]=0 a[]=1 a[]=2 a[]=3 a[]=4 a[]=5 a[]=6 a[]=7`},
		{name: "Log_Key very deep", settings: options.Settings{LogKey: "$a['b']['c']['d']['e']['f']"}, line: `{"a":{"b":{"c":{"d":{"e":{"f":"y","g":"z"}}}}}}`, want: `"y" a.b.c.d.e.g="z"`},
		{name: "Log_Key that is not there", settings: options.Settings{LogKey: "text"}, line: `{"msg":"x"}`, want: `"" msg="x"`},
		{name: "Level_Key", settings: options.Settings{LevelKey: "$a['l']"}, line: `{"msg":"x","level":"info","a":{"l":"E"}}`, want: `"x" ERROR level="info"`},
		{name: "Group_By", settings: options.Settings{GroupBy: "$kubernetes['labels']['app']"}, line: `{"msg":"x","kubernetes":{"pod":"p","labels":{"app":"shop","b":"c"}}}`, want: `"x" group=shop`},
		{name: "Group_By a number", settings: options.Settings{GroupBy: "n"}, line: `{"msg":"x","n":7}`, want: `"x" group=7`},
		{name: "a key with dots is no path", settings: options.Settings{GroupBy: "a.b"}, line: `{"a":{"b":1},"a.b":2}`, want: `"" group=2 a.b=1`},
		{name: "Fields none", settings: options.Settings{LookAt: options.LookAt{None: true}}, line: `{"msg":"x","level":"error","n":1}`, want: `"x" ERROR`},
		{name: "Fields", settings: options.Settings{LookAt: options.LookAt{Only: []string{"a", "b.*", "kubernetes.pod", "?_x"}}}, line: `{"msg":"x","a":{"c":1},"b":{"d":2},"bb":3,"kubernetes":{"pod":"p","id":4},"e_x":5}`,
			want: `"x" a.c=1 b.d=2 kubernetes.pod="p" e_x=5`},
		{name: "Fields_Exclude", settings: options.Settings{LookAt: options.LookAt{Without: []string{"*_id", "a"}}}, line: `{"msg":"x","req_id":1,"a":{"c":1},"b":2}`, want: `"x" b=2`},
		{name: "our own fields", settings: options.Settings{KeyPrefix: "odd"}, line: `{"msg":"x","odd":"true","odd_score":0.9,"odd_reason":"y","anomaly":1}`, want: `"x" anomaly=1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reader(t, c.settings)
			r.SetReference(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			for range 2 { // the second time with all keys known
				ev := detector.Event{Message: []byte("of the line before"), Level: pattern.LevelFatal, Group: []byte("x"), Time: 1}
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

// HAProxy says the year in its lines of requests alone, behind the header of syslog that has
// none: the lines of an old file are of one year.
func TestYearOfTwoSortsOfLines(t *testing.T) {
	r := reader(t, options.Settings{})
	r.SetReference(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	var ev detector.Event
	for i := range 8 {
		for _, line := range []string{
			`Nov 26 00:27:0%d lb1 haproxy[7]: 203.0.113.9:41124 [26/Nov/2024:00:27:0%d.000] web~ app/app1 0/0/1/31/33 200 2356 - - ---- 39/32/5/3/0 0/0 "GET /cart HTTP/2.0"`,
			`Nov 26 00:27:0%d lb1 haproxy[7]: 203.0.113.9:41124 [26/Nov/2024:00:27:0%d.000] web/1: SSL handshake failure`,
		} {
			r.Line(fmt.Appendf(nil, line, i, i), &ev)
			if got, want := ev.Time, time.Duration(time.Date(2024, 11, 26, 0, 27, i, 0, time.UTC).UnixNano()); got != want && i > 0 {
				t.Errorf("%d: %v, want %v", i, time.Unix(0, int64(got)).UTC(), time.Unix(0, int64(want)).UTC())
			}
		}
	}
}

// The same event is the same however it comes.
func TestSameEventEveryWay(t *testing.T) {
	settings := options.Settings{GroupBy: "svc"}
	fields := map[string]any{
		"level": "error", "msg": "payment \"p-1\" declined", "svc": "pay", "status": 503, "took": 12.25, "ratio": float32(0.1), "ok": false,
		"flag": "true", "text": "7", "id": "0042", "long": 1234567890123456, "none": "", "neg": -3, "path": "/a b?c=d", "big": 4e9,
	}
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var logfmt, shuffled strings.Builder
	keys := []string{"took", "svc", "none", "ratio", "ok", "text", "level", "id", "flag", "neg", "msg", "status", "path", "long", "big"}
	for i, k := range keys {
		v, _ := json.Marshal(fields[k])
		if fields[k] == 4e9 {
			v = []byte("4000000000")
		}
		fmt.Fprintf(&logfmt, "%s=%s ", k, v)
		shuffled.WriteString(map[bool]string{true: "{", false: " , "}[i == 0])
		fmt.Fprintf(&shuffled, "%q : %s", k, v)
	}
	shuffled.WriteByte('}')
	escaped, _ := json.Marshal(string(body) + "\n")

	r := reader(t, settings)
	var ev detector.Event
	r.Line(body, &ev)
	want := unordered(&ev)
	if !strings.HasPrefix(want, `"payment \"p-1\" declined" ERROR group=pay big=4e+09 flag=true id="0042" long="1234567890123456" neg=-3 none="" ok=false`) {
		t.Fatalf("read as %s", want)
	}
	for name, line := range map[string]string{
		"other order": shuffled.String(), "logfmt": logfmt.String(), "Docker": `{"log":` + string(escaped) + `,"stream":"stdout"}`,
		"CRI": "2026-03-02T08:00:01.5Z stdout F " + string(body), "line end": string(body) + "\r\n",
	} {
		r.Line([]byte(line), &ev)
		if got := unordered(&ev); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	for name, record := range map[string]map[string]any{
		"map": fields, "text in log": {"log": string(body)}, "text in MESSAGE, with an end": {"MESSAGE": string(body) + "\n", "_PID": "7"},
		"Docker without a parser": {"log": `{"log":` + string(escaped) + `,"stream":"stdout"}`},
		"logfmt":                  {"message": logfmt.String()}, "CRI without a parser": {"log": "2026-03-02T08:00:01.5Z stdout F " + string(body)},
	} {
		if !readRecord(t, r, chunk(t, record, nil), &ev) {
			t.Errorf("%s: nothing to judge", name)
		}
		if got := unordered(&ev); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}
