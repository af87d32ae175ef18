package incident

import (
	"strings"
	"testing"
)

func TestMarksWhatTheReasonSpeaksOf(t *testing.T) {
	for _, c := range []struct{ line, reason, want string }{
		{"a kettle and a full mailbox", `word of failure "full" is unusual here; new message of trouble`, "full"},
		{"careful: the disk is full", `unusual word "full"`, "full"},
		{`ts=1 level=warn reason=bad_password attempt=2`, `field "reason" seen once in 379 records: "bad_password"`, "reason bad_password"},
		{`GET /cart 500 178 500 0.014`, "code 500 never seen, usually 200 (91 %), 304, 201; new message of trouble", "500"},
		{`pid=503 status=503 took=1`, "status 503 seen 3 times, usually 200 (91 %)", "503"},
		{`took=7 duration_ms=45000`, "duration_ms 45000, usually 12 to 80", "45000"},
		{"LOG:  duration: 284307.918 ms  statement: SELECT", `number 284s of "duration" far above the usual 229ms to 458ms`, "284307.918 ms"},
		{"took 9000 bottles", "number 9000 far above the usual 3 to 4", "9000"},
		{"level=fatal app=shop", "level FATAL is unusual for this message", "fatal"},
		{"a FATAL thing", "level FATAL is unusual for this log", "FATAL"},
		{`method=TRACE path=/x`, `method "TRACE" never seen, usually "GET" (99 %)`, "TRACE"},
		{"region=eu tier=gold", `region "eu" and tier "gold" never came together`, "eu gold"},
		{"shard=3 replica=9", "replica 9 and shard 3 never came together, seen 5 and 7 times in 100 records", "3 9"},
		{"of a cut wordwhichgoeson and on", `unusual word "wordwhich..."`, "wordwhich"},
		{`path=/xmlrpc.php code=404 extra=1`, `unusual characters in path "/xmlrpc.php": "x" in 0 of 561 others`, "/xmlrpc.php"},
		{"a parcel was lost", `word of failure "lost", seen 0 times in 2,905 records; new message of trouble, seen 0 times in 2,905 records`, "lost"},
		{`err="deadline exceeded"`, `new field "err": "deadline exceeded", in 0 of 505 records`, "err deadline exceeded"},
		{"nothing of it is here", `unusual word "there"; message far above its usual rate`, ""},
		{"", `unusual word ""`, ""},
	} {
		var got []string
		end := 0
		for _, m := range Marks(c.line, c.reason) {
			if m[0] < end || m[1] <= m[0] || m[1] > len(c.line) {
				t.Fatalf("%s: the mark %v", c.reason, m)
			}
			got = append(got, c.line[m[0]:m[1]])
			end = m[1]
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q, %s: %q is marked, want %q", c.line, c.reason, s, c.want)
		}
	}
	if m := Marks(`pid=503 status=503 took=1`, "status 503 seen 3 times"); len(m) != 1 || m[0][0] != 15 {
		t.Errorf("the value is marked at %v, not behind its name", m)
	}
}
