package timestamp

import (
	"testing"
	"time"
)

// Lines of the shapes that the package comment lists, and the time in each.
var golden = []struct {
	line string
	want string // RFC 3339, empty = no time
}{
	{"2026-03-02T08:00:01Z ready", "2026-03-02T08:00:01Z"},
	{"2026-03-02T08:00:01.123456789Z ready", "2026-03-02T08:00:01.123456789Z"},
	{"2026-03-02T08:00:01.1234567891234Z ready", "2026-03-02T08:00:01.123456789Z"},
	{"2026-03-02 08:00:01,123 INFO [main] ready", "2026-03-02T08:00:01.123Z"},
	{"2026-03-02 08:00:01,123 - INFO ready", "2026-03-02T08:00:01.123Z"},
	{"2026-03-02 08:00:01, Info ready", "2026-03-02T08:00:01Z"},
	{"2026-03-02T08:00:01+02:00 ready", "2026-03-02T06:00:01Z"},
	{"2026-03-02T08:00:01.5-0330 ready", "2026-03-02T11:30:01.5Z"},
	{"2026-03-02 08:00:01 +0100 ready", "2026-03-02T07:00:01Z"},
	{"2026-03-02 08:00:01.250 +01:00 ready", "2026-03-02T07:00:01.25Z"},
	{"2026-03-02 08:00:01+01 ready", "2026-03-02T07:00:01Z"},
	{"2026-03-02 08:00:01 +0100", "2026-03-02T07:00:01Z"},
	{"2026-03-02 08:00:01 +01:30", "2026-03-02T06:30:01Z"},
	{"2026-03-02 08:00:01 -0000", "2026-03-02T08:00:01Z"},
	{"2026-03-02 08:00:01 +010", "2026-03-02T08:00:01Z"},
	{"2026-03-02 08:00:01 +1 more", "2026-03-02T08:00:01Z"},
	{"2026-03-02T08:00:01+02", "2026-03-02T06:00:01Z"},
	{"2026-03-02T08:00:01+0", "2026-03-02T08:00:01Z"},
	{"2026-03-02T08:00:01-", "2026-03-02T08:00:01Z"},
	{"2026-03-02T08:00:01+15:59", "2026-03-01T16:01:01Z"},
	{"2026-03-02T08:00:01+16:00 ready", ""},
	{"2026-03-02T08:00:01+02:60 ready", ""},
	{"2026-03-02 08:00:01 -5 degrees", "2026-03-02T08:00:01Z"},
	{"2026-03-02 08:00:01.100 UTC [2201] LOG:  ready", "2026-03-02T08:00:01.1Z"},
	{"2026/03/02 08:00:01 [error] 31#31: ready", "2026-03-02T08:00:01Z"},
	{"2026.03.02 08:00:01 ready", "2026-03-02T08:00:01Z"},
	{"[2026-03-02 08:00:01,123] INFO ready", "2026-03-02T08:00:01.123Z"},
	{"[2026-03-02T08:00:01.123+0000][info][gc] GC(1) Pause", "2026-03-02T08:00:01.123Z"},
	{"<34>1 2026-03-02T08:00:01.003Z host app - - ready", "2026-03-02T08:00:01.003Z"},
	{"app.log.1.2026-03-01_07:00:00 2026-03-02 08:00:01.008 25746 INFO ready", "2026-03-02T08:00:01.008Z"},
	{"web-1  | 2026-03-02T08:00:01Z ready", "2026-03-02T08:00:01Z"},
	{"2024-02-29T23:59:60Z leap", "2024-03-01T00:00:00Z"},
	{"02/29/2024 11:59:60 PM leap", "2024-03-01T00:00:00Z"},
	{"02/29/2024 11:59:61 PM none", ""},
	{"- 1772438401 2026.03.02 node 2026-03-02-08.00.01.363779 ready", "2026-03-02T08:00:01Z"},
	{"2026-03-02-08.00.01.363779 node ready", "2026-03-02T08:00:01.363779Z"},

	{"20260302-08:00:01:606|Step|30002312|ready", "2026-03-02T08:00:01.606Z"},
	{"20260302-8:0:1:7|Step|30002312|ready", "2026-03-02T08:00:01.007Z"},
	{"20260302-8:0:1:7+0100 ready", "2026-03-02T07:00:01.007Z"},
	{"20260302-8:60:1:7|Step|30002312|ready", ""},
	{"20260302T080001Z ready", "2026-03-02T08:00:01Z"},
	{"20260302 08:00:01.5 ready", "2026-03-02T08:00:01.5Z"},
	{"26/03/02 08:00:01 INFO ready", "2026-03-02T08:00:01Z"},
	{"260302 080001 148 INFO ready", "2026-03-02T08:00:01Z"},
	{"@4000000069a5438b07556640 ready", "2026-03-02T08:00:01.123037248Z"},
	{"@4000000069a5438b3b9aca00 ready", ""}, // 1,000,000,000 nanoseconds
	{"@4000000069a5438b0755664 ready", ""},
	{"@4000000069a5438b07556640a ready", ""},
	{"@0000000069a5438b07556640 ready", ""},
	{"@40000000ffffffff07556640 ready", ""},
	{"@4000000069A5440b07556640 ready", ""},

	{`203.0.113.7 - - [02/Mar/2026:08:00:01 +0100] "GET / HTTP/1.1" 200 5`, "2026-03-02T07:00:01Z"},
	{`2001:db8:12:c1::1f2e - u9917 [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5`, "2026-03-02T08:00:01Z"},
	{"02-Mar-2026 08:00:01.123 INFO [main] ready", "2026-03-02T08:00:01.123Z"},
	{"[Mon Mar 02 08:00:01 2026] [notice] ready", "2026-03-02T08:00:01Z"},
	{"[Mon Mar 02 08:00:01.123456 2026] [mpm:notice] ready", "2026-03-02T08:00:01.123456Z"},
	{"Mon Mar  2 08:00:01 2026 ready", "2026-03-02T08:00:01Z"},
	{"Sun Mar  1 08:00:01 2026 ready", "2026-03-01T08:00:01Z"},
	{"Foo Mar  2 08:00:01 2026 ready", "2000-03-02T08:00:01Z"}, // a host of that name

	{"Mar  2 08:00:01 host sshd[1]: ready", "2000-03-02T08:00:01Z"},
	{"Mar 02 08:00:01.250 host sshd[1]: ready", "2000-03-02T08:00:01.25Z"},
	{"<13>Mar 2 08:00:01 host sshd[1]: ready", "2000-03-02T08:00:01Z"},
	{"Feb 29 08:00:01 host sshd[1]: ready", "2000-02-29T08:00:01Z"},
	{"I0302 08:00:01.988215       1 main.go:211] ready", "2000-03-02T08:00:01.988215Z"},
	{"03-02 08:00:01.811  1702  2395 D Manager: ready", "2000-03-02T08:00:01.811Z"},
	{"[03.02 08:00:01] chrome.exe - ready", "2000-03-02T08:00:01Z"},

	{"1772438401 ready", "2026-03-02T08:00:01Z"},
	{"1772438401.123 ready", "2026-03-02T08:00:01.123Z"},
	{"[1772438401123] ready", "2026-03-02T08:00:01.123Z"},
	{"1772438401123456 ready", "2026-03-02T08:00:01.123456Z"},
	{"1772438401123456789 ready", "2026-03-02T08:00:01.123456789Z"},

	{"ts=2026-03-02T08:00:01.123Z level=info msg=ready", "2026-03-02T08:00:01.123Z"},
	{`time="2026-03-02T08:00:01Z" level=info msg=ready`, "2026-03-02T08:00:01Z"},
	{`level=info ts=1772438401.5 msg=ready`, "2026-03-02T08:00:01.5Z"},
	{`level=info expires=2027-01-01T00:00:00Z ts=2026-03-02T08:00:01Z`, "2026-03-02T08:00:01Z"},
	{`level=info id="1772438401" msg=ready`, ""},
	{"time = 2026-03-02T08:00:01Z, ready", "2026-03-02T08:00:01Z"},
	{"steps = 1772438401000 today", ""},

	{"26.11.2026 08:00:16 order stored", "2026-11-26T08:00:16Z"},
	{"26.11.2026 08:00:16,250 +0100 order stored", "2026-11-26T07:00:16.25Z"},
	{"31.11.2026 08:00:16 order stored", ""},
	{"2026-03-02 08:00:01 -05 items", "2026-03-02T08:00:01Z"}, // a number of its own
	{"2026-03-02 08:00:01 +12 items", "2026-03-02T08:00:01Z"},
	{"2026-03-02 08:00:01 +12:00 items", "2026-03-01T20:00:01Z"},
	{"2026-03-02 08:00:01 -0530 items", "2026-03-02T13:30:01Z"},
	{"Nov 26, 2026 8:00:25 AM org.acme.Store save", "2026-11-26T08:00:25Z"},
	{"Nov 6, 2026 12:00:25 AM org.acme.Store save", "2026-11-06T00:00:25Z"},
	{"Nov 26, 2026, 11:59:59\u202fPM org.acme.Store save", "2026-11-26T23:59:59Z"},
	{"Nov 26, 2026 13:00:25 AM org.acme.Store save", ""},
	{"11/26/2026 8:00:16 PM order stored", "2026-11-26T20:00:16Z"},
	{"11/26/2026 08:00:16.5 PM order stored", "2026-11-26T20:00:16.5Z"},
	{"11/26/2026 8:00:16 PM", "2026-11-26T20:00:16Z"},
	{"11/26/2026 8:00:16 PM +0100 order stored", "2026-11-26T19:00:16Z"},
	{"11/26/2026 08:00:16.5 AM +01:00 order stored", "2026-11-26T07:00:16.5Z"},
	{"Nov 26, 2026, 8:00:59\u202fAM -0100 org.acme.Store save", "2026-11-26T09:00:59Z"},
	{"11/26/2026 8:00:16 P", ""},
	{"11/26/2026 8:60:16 PM order stored", ""},
	{"11/26/2026 8:99:16 PM order stored", ""},
	{"11/26/2026 0:00:16 PM order stored", ""},
	{"11/26/2026 8.00:16 PM order stored", ""},
	{"11/26/2026 8:00.16 PM order stored", ""},
	{"20261126 08:00:0", ""},       // cut off
	{"26/11/2026 08:00:16 PM", ""}, // neither
	{"26/11/2026 08:00:16 PM stored", ""},
	{"26/11/2026 08:00:16 PMS started", "2026-11-26T08:00:16Z"},
	{"05/12/2026 08:00:16 order stored", ""}, // either
	{"12/05/2026 08:00:16 order stored", ""},
	{"11/26/2026 08:00:16 order stored", "2026-11-26T08:00:16Z"},
	{"1:M 26 Nov 2026 08:00:00.420 * Ready", "2026-11-26T08:00:00.42Z"},
	{"1:M 6 Nov 2026 08:00:00.420 * Ready", "2026-11-06T08:00:00.42Z"},
	{"Thu, 26 Nov 2026 08:00:07 GMT order stored", "2026-11-26T08:00:07Z"},
	{"Thu, 26 Nov 2026 08:00:07 +0100 order stored", "2026-11-26T07:00:07Z"},
	{"Thursday, 26-Nov-26 08:00:07 GMT order stored", "2026-11-26T08:00:07Z"},
	{"Thu Nov 26 08:00:07 CEST 2026 ready", "2026-11-26T08:00:07Z"},
	{"Nov 26 2026 08:00:07: %ASA-6-302013: Built", "2026-11-26T08:00:07Z"},
	{"2026-11-26T08:00:01.1234567Z of .NET", "2026-11-26T08:00:01.1234567Z"},
	{"/Date(1772438401123)/", "2026-03-02T08:00:01.123Z"},
	{`\/Date(1772438401123+0100)\/`, "2026-03-02T08:00:01.123Z"},
	{`{"$date":"2026-03-02T08:00:01.123+00:00"}`, "2026-03-02T08:00:01.123Z"},
	{`{"$date":1772438401123}`, "2026-03-02T08:00:01.123Z"},
	{`{"$date":{"$numberLong":"1772438401123"}}`, "2026-03-02T08:00:01.123Z"},
	{`{"level":30,"time":1772438401123,"pid":17}`, "2026-03-02T08:00:01.123Z"},
	{`{"level":30,"id":1772438401123,"pid":17}`, ""},
	{"__REALTIME_TIMESTAMP=1772438401123456", "2026-03-02T08:00:01.123456Z"},
	{"order:1772438401123 stored", ""},
	{"apiserver Trace[1439209322]: [735.79ms] END", ""},
	{"type=SYSCALL msg=audit(1772438401.123:24287): arch=c000003e", "2026-03-02T08:00:01.123Z"},
	{"[1772438401] [INFO] ready", "2026-03-02T08:00:01Z"},

	{"", ""},
	{"ready", ""},
	{"Mar", ""},
	{"Mar  2", ""},
	{"2026-03-02", ""},
	{"2026-13-02 08:00:01 ready", ""},
	{"2026-02-29 08:00:01 ready", ""},
	{"2026-03-02 24:00:01 ready", ""},
	{"2026-03-02 08:60:01 ready", ""},
	{"2026-03-02 08:00:011 ready", ""},
	{"1234567890123456789012 ready", ""},
	{"1772438401abc ready", ""},
	{"0000000001 ready", ""},
	{"version 1.2.3 at 10.0.0.1:8080", ""},
	{"        at com.example.Main.run(Main.java:42)", ""},
	{"May I ask 12 questions", ""},
	{"released on Mar  2 2026 at noon", ""},
}

// reference is when the files of the tests were written to last.
var reference = time.Date(2000, 12, 31, 12, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	for _, c := range golden {
		p := Parser{Reference: reference}
		// The second time the shape and its place are known.
		for _, time := range []string{"first", "second"} {
			got, ok := p.Parse([]byte(c.line))
			if ok != (c.want != "") || ok && got != at(t, c.want) {
				t.Errorf("%q, %s time: %s, %v; want %s", c.line, time, show(got), ok, c.want)
			}
		}
	}
}

// Every shape is found whatever the line before looked like.
func TestParseMixed(t *testing.T) {
	for _, before := range golden {
		for _, c := range golden {
			p := Parser{Reference: reference}
			if c.want == "" || c.want[:4] == "2000" {
				continue // its year depends on the line before
			}
			p.Parse([]byte(before.line))
			if got, ok := p.Parse([]byte(c.line)); !ok || got != at(t, c.want) {
				t.Errorf("%q after %q: %s, %v; want %s", c.line, before.line, show(got), ok, c.want)
			}
		}
	}
}

// Which of day and month comes first is left open until a date says it.
func TestDayOrMonthFirst(t *testing.T) {
	for _, lines := range [][][2]string{
		{{"03/04/2026 08:00:01 a", ""}, {"26/04/2026 08:00:01 a", "2026-04-26T08:00:01Z"}, {"03/05/2026 08:00:01 a", "2026-05-03T08:00:01Z"}},
		{{"03-04-2026 08:00:01 a", ""}, {"04-26-2026 08:00:01 a", "2026-04-26T08:00:01Z"}, {"05-03-2026 08:00:01 a", "2026-05-03T08:00:01Z"}},
		{{"[INFO] [11/26/2026 08:00:01.250] [main] a", "2026-11-26T08:00:01.25Z"}, {"[WARN] [12/01/2026 00:00:07.5] [main] a", "2026-12-01T00:00:07.5Z"}},
		{{"05/05/2026 08:00:01 a", "2026-05-05T08:00:01Z"}, {"06/05/2026 08:00:01 a", ""}, {"26/26/2026 08:00:01 a", ""}, {"00/13/2026 08:00:01 a", ""}},
	} {
		var p Parser
		for _, l := range lines {
			got := ""
			if d, ok := p.Parse([]byte(l[0])); ok {
				got = show(d)
			}
			if got != l[1] {
				t.Errorf("%q is %q, want %q", l[0], got, l[1])
			}
		}
	}
}

func TestYear(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"goes on over the end of the year",
			[]string{"Dec 31 23:59:59 host", "Jan  1 00:00:00 host", "Jan  1 00:00:01 host"},
			[]string{"2000-12-31T23:59:59Z", "2001-01-01T00:00:00Z", "2001-01-01T00:00:01Z"}},
		{"a late line of the old year",
			[]string{"Dec 31 23:59:59 host", "Jan  1 00:00:00 host", "Dec 31 23:59:58 host", "Jan  1 00:00:01 host"},
			[]string{"2000-12-31T23:59:59Z", "2001-01-01T00:00:00Z", "2000-12-31T23:59:58Z", "2001-01-01T00:00:01Z"}},
		{"a gap of many months goes forward",
			[]string{"Feb  1 00:00:00 host", "Nov 30 00:00:00 host", "Jun  1 00:00:00 host"},
			[]string{"2000-02-01T00:00:00Z", "2000-11-30T00:00:00Z", "2001-06-01T00:00:00Z"}},
		{"the first is the latest that is not after the file's own time, but for a zone",
			[]string{"Jan  1 12:00:00 host"}, []string{"2001-01-01T12:00:00Z"}},
		{"and no later", []string{"Jan  1 12:00:01 host"}, []string{"2000-01-01T12:00:01Z"}},
		{"a line that is a month late is late, and more than that is of the next year",
			[]string{"May 31 00:00:00 host", "May  1 00:00:00 host", "May 31 00:00:00 host", "Apr 30 23:59:59 host"},
			[]string{"2000-05-31T00:00:00Z", "2000-05-01T00:00:00Z", "2000-05-31T00:00:00Z", "2001-04-30T23:59:59Z"}},
		{"a line with a year tells it to those without",
			[]string{"2026-03-02T08:00:01Z ready", "I0302 08:00:02.000000 1 a.go:1] ready", "E0301 08:00:02.000000 1 a.go:1] late"},
			[]string{"2026-03-02T08:00:01Z", "2026-03-02T08:00:02Z", "2026-03-01T08:00:02Z"}},
		{"so does Unix time",
			[]string{"1772438401 ready", "Mar  2 08:00:02 host"},
			[]string{"2026-03-02T08:00:01Z", "2026-03-02T08:00:02Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Parser{Reference: reference}
			for i, line := range c.lines {
				if got, ok := p.Parse([]byte(line)); !ok || got != at(t, c.want[i]) {
					t.Errorf("%q: %s, %v; want %s", line, show(got), ok, c.want[i])
				}
			}
		})
	}
}

// A log of two sorts of lines, of which another parser reads one, has one year. A single
// wrong time tells nothing.
func TestYearSaidBeside(t *testing.T) {
	p := Parser{Reference: reference}
	for _, c := range []struct{ beside, line, want string }{
		{"", "Mar  2 08:00:01 host", "2000-03-02T08:00:01Z"},
		{"1998-03-02T08:00:02Z", "Mar  2 08:00:03 host", "2000-03-02T08:00:03Z"}, // one is none
		{"1998-03-02T08:00:04Z", "Mar  2 08:00:05 host", "1998-03-02T08:00:05Z"},
		{"2099-01-01T00:00:00Z", "Mar  2 08:00:06 host", "1998-03-02T08:00:06Z"},
		{"1998-03-02T08:00:07Z", "Mar  2 08:00:08 host", "1998-03-02T08:00:08Z"},
		{"1998-12-31T23:59:59Z", "Mar  2 08:00:09 host", "1998-03-02T08:00:09Z"},
		{"1998-12-31T23:59:59Z", "Jan  1 00:00:01 host", "1999-01-01T00:00:01Z"},
	} {
		if c.beside != "" {
			p.Beside(at(t, c.beside))
		}
		if got, ok := p.Parse([]byte(c.line)); !ok || got != at(t, c.want) {
			t.Errorf("%q behind %q: %s, %v; want %s", c.line, c.beside, show(got), ok, c.want)
		}
	}
}

// February 29 is that of the last leap year, and without a file's own time it
// is today's that counts.
func TestYearOfReference(t *testing.T) {
	p := Parser{Reference: time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)}
	if got, ok := p.Parse([]byte("Feb 29 08:00:01 host")); !ok || got != at(t, "2024-02-29T08:00:01Z") {
		t.Errorf("%s, %v", show(got), ok)
	}
	now := time.Now().UTC().Truncate(time.Second)
	p = Parser{}
	if got, ok := p.Parse([]byte(now.Format(time.Stamp) + " host")); !ok || got != time.Duration(now.UnixNano()) {
		t.Errorf("%s, %v; want %s", show(got), ok, now)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	p := Parser{Reference: reference}
	for _, c := range golden {
		line := []byte(c.line)
		if n := testing.AllocsPerRun(10, func() { p.Parse(line) }); n != 0 {
			t.Errorf("%q: %v allocations", c.line, n)
		}
	}
}

// What the standard library reads as RFC 3339 is read here, to the same
// nanosecond.
func FuzzRFC3339(f *testing.F) {
	f.Add(int64(1772438401), int64(123456789), 0)
	f.Add(int64(951782399), int64(0), 330)
	f.Add(int64(0), int64(1), -720)
	f.Fuzz(func(t *testing.T, seconds, nanos int64, zone int) {
		seconds = (seconds%9e9 + 9e9) % 9e9
		nanos = (nanos%1e9 + 1e9) % 1e9
		zone = zone % (14 * 60)
		want := time.Unix(seconds, nanos)
		line := want.In(time.FixedZone("", zone*60)).Format(time.RFC3339Nano)
		if line[:4] < "1970" {
			t.Skip("before 1970")
		}
		p := Parser{Reference: reference}
		if got, ok := p.Parse([]byte(line + " ready")); !ok || got != time.Duration(want.UnixNano()) {
			t.Errorf("%s: %s, %v", line, show(got), ok)
		}
	})
}

// Two lines of any bytes: no panic, a time within the range, and the same time
// for a dated line whatever came before it on the same line shape.
func FuzzParse(f *testing.F) {
	for i, c := range golden {
		f.Add([]byte(c.line), []byte(golden[(i+1)%len(golden)].line))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		p := Parser{Reference: reference}
		for _, line := range [][]byte{a, b, a, b, b} {
			if got, ok := p.Parse(line); ok && got < 0 {
				t.Errorf("%q: %d is before 1970", line, got)
			}
		}
		first, ok := p.Parse(b)
		if second, again := p.Parse(b); ok != again || first != second {
			t.Errorf("%q: %s, then %s", b, show(first), show(second))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, line string }{
		{"iso", "2026-03-02 08:00:01,123 INFO [main] org.example.service.Worker: finished task 8812 of job 17 in 214 ms, 3 left in the queue of node-4"},
		{"logfmt", `ts=2026-03-02T08:00:01.123Z level=info app=shop-api pod=shop-api-n7rq5flbz-kk6jm msg="cart updated" user=u6020 items=7 total=6.69`},
		{"clf", `2001:db8:12:c1::1f2e - u9917 [02/Mar/2026:08:00:01 +0000] "GET /products/rust-oak-kettle-8990 HTTP/1.1" 200 59278 "-" "Agent/1.0" 0.029`},
		{"syslog", "Mar  2 08:00:01 host sshd[24200]: session opened for user deploy by (uid=0), from 203.0.113.9 port 51422, protocol 2, key accepted"},
		{"klog", `I0302 08:00:01.988215       1 runner.go:112] "Job finished" job="send-reminders" duration="0.19s" rows=12 shard=4 attempt=1 node=n4`},
		{"none", "        at com.example.service.queue.WorkerPool$Slot.lambda$execute$3(WorkerPool.java:412) ~[service-4.12.3.jar!/:na] and more of it"},
	} {
		b.Run(c.name, func(b *testing.B) {
			line := []byte(c.line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			p := Parser{Reference: reference}
			for b.Loop() {
				p.Parse(line)
			}
		})
	}
	b.Run("moving", func(b *testing.B) {
		// Client addresses of different lengths: the place of the time changes.
		lines := [][]byte{
			[]byte(`203.0.113.7 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 59278 "-" "Agent/1.0" 0.029`),
			[]byte(`203.0.113.117 - u17 [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 59278 "-" "Agent/1.0" 0.029`),
		}
		b.SetBytes(int64(len(lines[0])+len(lines[1])) / 2)
		p := Parser{Reference: reference}
		i := 0
		for b.Loop() {
			p.Parse(lines[i&1])
			i++
		}
	})
}

func at(t *testing.T, s string) time.Duration {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(v.UnixNano())
}

func show(d time.Duration) string { return time.Unix(0, int64(d)).UTC().Format(time.RFC3339Nano) }

// TestOrderOfDayAndMonth is that of a line that says so, whatever stands between.
func TestOrderOfDayAndMonth(t *testing.T) {
	for _, c := range []struct{ says, want string }{{"26/11/2026 08:00:16 ready", "2026-12-05T08:00:17Z"}, {"11/26/2026 08:00:16 ready", "2026-05-12T08:00:17Z"}} {
		p := Parser{Reference: reference}
		for _, line := range []string{c.says, "2026-11-26T08:00:01Z ready", "2026-11-26 08:00:01 ready"} {
			if _, ok := p.Parse([]byte(line)); !ok {
				t.Errorf("%q has no time", line)
			}
		}
		if got, ok := p.Parse([]byte("05/12/2026 08:00:17 ready")); !ok || got != at(t, c.want) {
			t.Errorf("behind %q: %s, %v; want %s", c.says, show(got), ok, c.want)
		}
	}
}

// TestDaysThatThereAre are those of package time.
func TestDaysThatThereAre(t *testing.T) {
	for _, year := range []int{1900, 2000, 2023, 2024, 2026} {
		for month := -1; month <= 14; month++ {
			for day := -1; day <= 70; day++ {
				d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
				if got, want := valid(year, month, day), d.Day() == day && int(d.Month()) == month; got != want {
					t.Errorf("%d-%d-%d: %v", year, month, day, got)
				}
			}
		}
	}
}
