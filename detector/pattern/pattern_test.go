package pattern

import (
	"math"
	"strings"
	"testing"
)

func scan(s *Scanner, line string) *Workspace {
	l := new(Workspace)
	s.Scan([]byte(line), l)
	return l
}

// TestSame has groups of lines that differ in what varies only: all of a group
// must have one hash.
func TestSame(t *testing.T) {
	for _, group := range [][]string{
		{"took 12ms", "took 1.5s", "took 250us", "took 1m32.5s", "took 1h2m3s", "took 12 ms", "took 3 seconds", "took 1 second", "took PT1M30S", "took 7µs"},
		{"read 12 bytes", "read 4.5MB", "read 0 bytes", "read 1 byte", "read 9.6 KB", "read 12kB", "read 3 GiB"},
		{"value 1", "value -12", "value 3.14", "value 1.5e-3", "value 2e+06", "value 1,234,567", "value 123456789012345"},
		{"load 99%", "load 0.5%", "load 3 percent"},
		{"block 4bfd733b", "block 9f86d081884c7d659a2feaa0c55ad015", "block 0x1f", "block 0xdeadbeef", "block blk_-38865049064139660", "block blk_6991853982611346454", "block b3f1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d", "block 01234567-5e6f-4a7b-8c9d-0e1f2a3b4c5d"},
		{"blob dGhl+cXVpY2sgYnJvd24/Zm94IGp1bXBz end", "blob dGhlIHF1aWNrIGJyb3duIGZveA== end", "blob QmFzZTY0IGJsb2I= end", "blob aGVsbG8td29ybGQtMTIzNDU2Nzg5MA== end"},
		{"peer 10.0.0.1 gone", "peer 10.0.0.1:8080 gone", "peer 10.0.0.0/8 gone", "peer 2001:db8::8a2e:370:7334 gone", "peer ::1 gone", "peer fe80::1%eth0 gone", "peer ::ffff:10.1.2.3 gone",
			"peer 2001:0db8:0000:0000:0000:8a2e:0370:7334 gone", "peer 0:0:0:0:0:0:0:0:2181 gone", "peer 2001:db8::/32 gone", "peer 00:1b:44:11:3a:b7 gone", "peer 00-1B-44-11-3A-B7 gone", "peer ab-cd-ef-ab-cd-ef gone"},
		{"read /etc/app/conf.d/a.yaml now", "read /srv/x now", "read https://example.com/a/b?c=d&e=5 now", "read s3://bucket/key now", `read C:\Windows\Temp\a.log now`},
		{"mail to a@example.com sent", "mail to anna.lind+list@mail.example.org sent", "mail to bob42@x.io sent"},
		{"at 2024-03-09T11:04:05Z x", "at 2024-03-09T11:04:05.123456789Z x", "at 2024-03-09 11:04:05,123 x", "at 2024-03-09 11:04:05 +0000 x", "at 2024-03-09T11:04:05-07:00 x", "at 09/Mar/2024:11:04:05 +0000 x",
			"at Mar  9 11:04:05 x", "at Sat Mar 09 11:04:05 2024 x", "at Sat, 09 Mar 2024 11:04:05 x", "at 2024/03/09 11:04:05.123456 x", "at 11:04:05 x", "at 11:04:05 PM x", "at 20240309T110405Z x", "at 03-09 11:04:05.123 x", "at 2024.03.09 11:04:05 x"},
		{"pod web-7d4b9c6f5-x2x7k up", "pod querier-burst-6b5f6db455-5zvkm up", "pod ns-a/db-0 up", "pod ip-10-0-3-17 up"},
		{"running v1.2.3", "running v1.2.3-rc1", "running 1.2.3", "running 2.0-SNAPSHOT", "running v0.0.0-20240102150405-abcdef123456", "running 1.8.0_292"},
		{"node12 up", "node7 up", "node031 up"},
		{"2024-03-09 11:04:05 INFO ready", "2024-03-09 11:04:05 WARN ready", "2024-03-09 11:04:05 ERROR ready"},
		{"<34>Mar  9 11:04:05 h x", "<165>Mar  9 11:04:05 h x", "<0>Mar 19 01:00:00 h x"},
		{"I0309 11:04:05.123456 1 a.go:1] x", "E1231 23:59:59.000000 99 a.go:12] x"},
		{`GET / HTTP/1.1" 200`, `GET / HTTP/2.0" 503`},
		{"\x1b[31mERROR\x1b[0m x", "\x1b[1;32mINFO\x1b[0m x"},
	} {
		s := NewScanner(7)
		want := scan(s, group[0])
		for _, line := range group[1:] {
			if got := scan(s, line); got.Hash != want.Hash {
				t.Errorf("hashes differ:\n%s\n%s", want.Append(nil, []byte(group[0])), got.Append(nil, []byte(line)))
			}
		}
	}
}

// TestDiffer has pairs of lines of different statements.
func TestDiffer(t *testing.T) {
	for _, pair := range [][2]string{
		{"login ok", "login failed"},
		{"a b c", "a c b"},
		{"a b", "a b b"},
		{"job 12 done", "job 12ms done"},
		{"took 12ms", "took 12MB"},
		{"status=ok", "status=error"},
		{"connected to 10.0.0.1", "connected to 10"},
		{"s3_upload_failed", "s3_upload_started"},
		{"running v1.2.3.4", "running 1.2.3.4"},
		{"node12 up", "host12 up"},
		{"error handling finished", "error handling started"},
		{"12345678 a", "1234567a a"},
		{"org.example.shop.checkout.PaymentService", "org.example.shop.checkout.ProfileService"},
		{"key: value", "key=value"},
		{"extraordinarilylongwordone", "extraordinarilylongwordtwo"},
		{"用户123登录成功", "用户123登录失败"},
		{"read /etc/a now", "read etc now"},
	} {
		s := NewScanner(7)
		if a, b := scan(s, pair[0]), scan(s, pair[1]); a.Hash == b.Hash {
			t.Errorf("%q and %q have the same hash", pair[0], pair[1])
		}
	}
}

func TestVars(t *testing.T) {
	s := NewScanner(7)
	vars := func(line string) uint64 { return scan(s, line).Vars }
	if vars("11:04:05 job 12 on /srv/a") != vars("23:59:59 job 12 on /srv/a") {
		t.Error("the time of day counts for Vars")
	}
	for _, line := range []string{"11:04:05 job 13 on /srv/a", "11:04:05 job 12 on /srv/b", "11:04:05 job -12 on /srv/a"} {
		if vars("11:04:05 job 12 on /srv/a") == vars(line) {
			t.Errorf("Vars does not tell %q", line)
		}
	}
}

func TestLevelInText(t *testing.T) {
	s := NewScanner(7)
	for line, want := range map[string]Level{
		"ERROR: disk full":                        LevelError,
		"error: disk full":                        LevelError,
		"[warn] slow":                             LevelWarn,
		"[core:error] x":                          LevelError,
		"level=notice x":                          LevelNotice,
		`{"severity":"critical"}`:                 LevelCritical,
		`{"level": "warn"}`:                       LevelWarn,
		"2024-03-09 11:04:05 [FATAL] x":           LevelFatal,
		"2024-03-09 11:04:05 - app - debug - x":   LevelDebug,
		"03-17 16:13:38.811  1702  2395 E Tag: x": LevelError,
		"E/Tag(12): x":                            LevelError,
		"[I] x":                                   LevelInfo,
		"emerg: x":                                LevelFatal,
		`Health check for server web/1 failed, reason: refused, info: "no route"`: LevelNone,
		"sync done; warning: 2 files skipped":                                     LevelNone,
		"2024-03-09 11:04:05, info: x":                                            LevelInfo,
		"2024-03-09T11:04:05Z\terror\tmain\tx":                                    LevelError,
		"2024-03-09 04:30:30, Warning     CBS   x":                                LevelWarn,

		"2024-03-09T11:04:05.400426Z 621 [Note] [MY-010914] x":                      LevelNotice,
		"[11:04:05 INF] ready":                                                      LevelInfo,
		"11:04AM INF ready":                                                         LevelInfo,
		"7f1c2a 0 log_channel(cluster) log [INF] : 2.1f scrub ok":                   LevelInfo,
		"the bound of this interval is [inf] here":                                  LevelNone,
		"[11:04:05 VRB] ready":                                                      LevelTrace,
		"ERRO[0000] no route   key=val":                                             LevelError,
		"FATA[0012] no route":                                                       LevelFatal,
		"DEBU[0012] no route":                                                       LevelDebug,
		"fail: Microsoft.Hosting.Lifetime[14]":                                      LevelError,
		"error[E0382]: borrow of moved value":                                       LevelError,
		"npm error code E404":                                                       LevelError,
		"Nov 26 08:00:00 node kubelet[12]: E1126 08:00:00.123456   12 a.go:13] x":   LevelError,
		"Nov 26 2024 10:00:00: %ASA-4-106023: Deny tcp":                             LevelWarn,
		"Nov 26 08:00:04 sw1 4: %DOT11-6-DISASSOC: Interface Dot11Radio0":           LevelInfo,
		"%LINK-SP-3-UPDOWN: Interface Gi1, changed state":                           LevelError,
		"[2024-03-09 08:00:00,123: INFO/ForkPoolWorker-1] Task x succeeded in 0.1s": LevelInfo,
		"2024-03-09 11:04:05,123 - app - ERROR - x":                                 LevelError,
		"[09-Mar-2024 08:00:06 UTC] PHP Warning:  Undefined variable":               LevelWarn,
		"2024-03-09 11:04:05.1 7 ERROR --- x":                                       LevelError,

		"[2024-03-09 11:04:05] billing.CRITICAL: no gateway left":          LevelCritical,
		"[11:04:05] [Render thread/WARN]: chunk 12 took long":              LevelWarn,
		"[11:04:05] [Worker-Main-3/ERROR]: x":                              LevelError,
		"77:C 09 Mar 2024 11:04:05.123 * Parent agreed to stop":            LevelNotice,
		"77:S 09 Mar 2024 11:04:05.123 # Connection with the primary lost": LevelWarn,
		"77:X 09 Mar 2024 11:04:05.123 - Accepted a client":                LevelInfo,
		"=CRASH REPORT==== 9-Mar-2024::11:04:05 ===":                       LevelNone,
		"=WARNING REPORT==== 9-Mar-2024::11:04:05 ===":                     LevelWarn,
		"2024-03-09 11:04:05.123456: W core/kernels/gpu.cc:7] x":           LevelWarn,
		"::warning file=a.go,line=7::unused":                               LevelWarn,
		"2024-03-09 11:04:05.1 UTC [ledger] commit -> WARN 01a x":          LevelWarn,
		"2024-03-09 11:04:05.1 UTC [ledger] commit -> FATA 01a x":          LevelFatal,
		"2024-03-09 11:04:05.1 UTC [ledger] commit -> ERRO 41a x":          LevelError,
		"2024-03-09 11:04:05,123 FINE [main] x":                            LevelDebug,
		"2024-03-09 11:04:05,123 VERBOSE [main] x":                         LevelTrace,

		"The ERROR budget is full":                    LevelNone,
		"everything is FINE [here]":                   LevelNone,
		"12:M is the seat":                            LevelNone,
		"cpu::error rate":                             LevelNone,
		"[acme/shop/ERRORS] built":                    LevelNone,
		"see com.acme.ERROR for more":                 LevelNone,
		"Build finished: 0 ERROR(s), 3 WARNING(s)":    LevelNone,
		"Tests run: 10, Failures: 0, ERROR: 0":        LevelNone,
		"2024-03-09 08:00:02 [main] no ERROR found":   LevelNone,
		"kernel: PANIC_ON_OOPS disabled":              LevelNone,
		"log level set to DEBUG":                      LevelNone,
		"[26-Nov-2026 08:00:06 UTC] PHP Stack trace:": LevelNone,
		"Stack trace:":                                LevelNone,
		"user 5 searched for FATAL attraction":        LevelNone,
		"loss is INF":                                 LevelNone,
		"please note: closed":                         LevelNone,
		"they fail: often":                            LevelNone,
		"100%ASA-9-1 of it":                           LevelNone,
		"GET /ERROR done":                             LevelNone,
		"":                                            LevelNone,
		"error handling finished":                     LevelNone,
		"no warning given, info desk closed":          LevelNone,
		"found an error in line 5":                    LevelNone,
		"the info desk":                               LevelNone,
		`{"error":"card expired","warning":[]}`:       LevelNone,
		`{"reason": "error"}`:                         LevelNone,
		"status=error":                                LevelNone,
		"error=EOF":                                   LevelNone,
		"plan D failed":                               LevelNone,
		"vitamin E 12":                                LevelNone,
		"all fine, no config":                         LevelNone,
	} {
		if got := scan(s, line).Level; got != want {
			t.Errorf("level of %q is %q, want %q", line, got, want)
		}
	}
}

func TestParseLevel(t *testing.T) {
	for text, want := range map[string]Level{
		"": LevelNone, "info": LevelInfo, "INFO": LevelInfo, " [Warning] ": LevelWarn, "W": LevelWarn, "e": LevelError,
		"LogLevel.ERROR": LevelError, "ERR!": LevelError, "Note": LevelNotice, "fail": LevelError, "3": LevelNone, "30": LevelNone, ".": LevelNone,
		"Informational": LevelInfo, "panic": LevelFatal, "severe": LevelError, "verbose": LevelTrace, "x": LevelNone, "something": LevelNone,
	} {
		if got := ParseLevel([]byte(text)); got != want {
			t.Errorf("ParseLevel(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	s := NewScanner(7)
	many := scan(s, strings.Repeat("a 1 ", MaxTokens))
	if len(many.Tokens) != MaxTokens || len(many.Numbers) != MaxNumbers || !many.Truncated {
		t.Errorf("%d tokens, %d numbers, truncated %v", len(many.Tokens), len(many.Numbers), many.Truncated)
	}
	exact := scan(s, strings.Repeat("a ", MaxTokens))
	if len(exact.Tokens) != MaxTokens || exact.Truncated {
		t.Errorf("%d tokens, truncated %v", len(exact.Tokens), exact.Truncated)
	}
	word := strings.Repeat("x", MaxBytes)
	if l := scan(s, word); l.Truncated || len(l.Tokens) != 1 || l.Tokens[0].End != MaxBytes {
		t.Errorf("a word of MaxBytes: %v, truncated %v", l.Tokens, l.Truncated)
	}
	if l := scan(s, word+"y"); !l.Truncated || l.Hash != scan(s, word).Hash {
		t.Error("what lies beyond MaxBytes counts")
	}
	if l := scan(s, strings.Repeat("9", maxDigits+1)); l.Tokens[0].Kind != ID {
		t.Errorf("a run of %d digits is no identifier", maxDigits+1)
	}
	if l := scan(s, "1.5E999"); l.Numbers[0].Value != math.MaxFloat64 {
		t.Errorf("1.5E999 is %v", l.Numbers[0].Value)
	}
	// Programs write 1.5e+09 or 1.5E9; 8.1e9 is hexadecimal behind the dot (a placement group).
	for _, text := range []string{"1.5e+9", "1.5E9", "1.5E+9"} {
		if l := scan(s, text); len(l.Numbers) != 1 || l.Numbers[0].Value != 1.5e9 {
			t.Errorf("%s is %v", text, l.Numbers)
		}
	}
	if l, like := scan(s, "group 8.1e9 ok"), scan(s, "group 8.7a ok"); len(l.Numbers) != 1 || l.Numbers[0].Value != 8.1 || l.Hash != like.Hash {
		t.Errorf("8.1e9 is %v, the number 8.1 in the same pattern as 8.7a wanted", l.Numbers)
	}
}

// TestReuse holds that nothing of the line before shows in the next.
func TestReuse(t *testing.T) {
	s, l := NewScanner(7), new(Workspace)
	for _, g := range golden {
		s.Scan([]byte(strings.Repeat("/x@y.zz::12:", 300)), l)
		s.Scan([]byte(g.line), l)
		if want := scan(s, g.line); l.Hash != want.Hash || l.Vars != want.Vars || l.Level != want.Level {
			t.Errorf("%q scans otherwise behind another line", g.line)
		}
	}
}

func TestScanAllocates(t *testing.T) {
	s, l := NewScanner(7), new(Workspace)
	lines := make([][]byte, len(golden))
	for i, g := range golden {
		lines[i] = []byte(g.line)
	}
	if n := testing.AllocsPerRun(10, func() {
		for _, line := range lines {
			s.Scan(line, l)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d lines", n, len(lines))
	}
}

// FuzzScan holds what Scan promises for any bytes.
func FuzzScan(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.line))
	}
	f.Add([]byte("0.00E1000"))
	f.Add([]byte(strings.Repeat("1h1.", 300)))
	f.Add([]byte(strings.Repeat("a@b.c:", 700)))
	s, other := NewScanner(1), NewScanner(2)
	f.Fuzz(func(t *testing.T, line []byte) {
		l := new(Workspace)
		s.Scan(line, l)
		if len(l.Tokens) > MaxTokens || len(l.Numbers) > MaxNumbers {
			t.Fatalf("%d tokens, %d numbers", len(l.Tokens), len(l.Numbers))
		}
		at := 0
		for _, token := range l.Tokens {
			if int(token.Start) < at || token.End <= token.Start || int(token.End) > min(len(line), MaxBytes) || int(token.Kind) >= kinds {
				t.Fatalf("token %+v behind %d of %q", token, at, line)
			}
			at = int(token.End)
		}
		next := 0
		for _, n := range l.Numbers {
			if int(n.Token) < next || l.Tokens[n.Token].Kind != Number && l.Tokens[n.Token].Kind != Address || math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
				t.Fatalf("number %+v", n)
			}
			next = int(n.Token) + 1
		}
		l.Append(nil, line)

		again := new(Workspace)
		again.tokens[0].Hash = 1
		s.Scan([]byte("/a@b.cc::12: "+strings.Repeat("level=error ", 100)), again)
		s.Scan(line, again)
		if again.Hash != l.Hash || again.Vars != l.Vars || again.Level != l.Level {
			t.Fatal("a second scan gives something else")
		}
		other.Scan(line, again)
		if again.Hash == l.Hash || again.Level != l.Level || len(again.Tokens) != len(l.Tokens) {
			t.Fatal("another seed must give another hash, and nothing else")
		}

		long := append(line[:min(len(line), MaxBytes):min(len(line), MaxBytes)], make([]byte, MaxBytes-min(len(line), MaxBytes))...)
		s.Scan(long, l)
		s.Scan(append(long, line...), again)
		if again.Hash != l.Hash || again.Vars != l.Vars || len(line) > 0 != again.Truncated && !l.Truncated {
			t.Fatal("what lies beyond MaxBytes counts")
		}
	})
}

// TestAddressesKeepPlaces holds that the numbers of a pattern are the same
// ones in the same order, whatever kind of address stands before them.
func TestAddressesKeepPlaces(t *testing.T) {
	s := NewScanner(1)
	var hashes []uint64
	for _, from := range []string{"10.1.2.3", "10.1.2.3:8080", "2001:db8::1", "fe80::1%eth0", "02:42:ac:11:00:02"} {
		l := scan(s, from+" served 36605 bytes in 0.014 s")
		hashes = append(hashes, l.Hash)
		if n := len(l.Numbers); n != 3 || l.Numbers[1].Value != 36605 || l.Numbers[2].Value != 0.014 {
			t.Errorf("from %s: numbers %v", from, l.Numbers)
		}
	}
	for _, h := range hashes[1:] {
		if h != hashes[0] {
			t.Errorf("the patterns are %x", hashes)
			break
		}
	}
}

// TestCompactTime: yymmdd hhmmss at a line's head is a time, whatever its digits are.
func TestCompactTime(t *testing.T) {
	s := NewScanner(1)
	render := func(text string) string {
		var l Workspace
		s.Scan([]byte(text), &l)
		return string(l.Append(nil, []byte(text)))
	}
	for text, want := range map[string]string{
		"261110 000001 143 INFO block stored": "<time> <num> <level> block stored",
		"261109 235959 7 INFO block stored":   "<time> <num> <level> block stored",
		"261110 000001":                       "<time>",
		"269910 000001 7 INFO block stored":   "<num> <num> <num> <level> block stored",
		"261110 996001 7 INFO block stored":   "<num> <num> <num> <level> block stored",
		"sent 261110 000001 bytes":            "sent <num> <num>B",
	} {
		if got := render(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
