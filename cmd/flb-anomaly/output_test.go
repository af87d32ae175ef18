package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// lines are verdicts of every kind, on texts that each format must take care
// of.
var lines = []scan.Line{
	{Number: 1, Text: []byte("service started"), Verdict: detector.Verdict{Pattern: 9}},
	{Number: 2, Text: []byte(""), Verdict: detector.Verdict{Pattern: 9, Judged: true, Score: 0.25}},
	{Number: 3, Text: []byte("=SUM(A1:A9)"), Verdict: detector.Verdict{Pattern: 9, Judged: true, Score: 0.4567891}},
	{Number: 4, Text: []byte("say \"hi\", twice\tor \x1b[31mmore\xff"), Verdict: detector.Verdict{Judged: true, Anomaly: true, Score: 0.98765, Level: pattern.LevelError,
		Pattern: 9, Kind: detector.RarePattern, Reason: []byte(`new word "hi"; number 300000 far above the usual 12 to 40`)}, Incident: []byte("20260302T080001-abcde"), Nth: 1},
	{Number: 1234567, Text: []byte("-1\x00é"), Event: detector.Event{Time: 1772438401250 * time.Millisecond}, Verdict: detector.Verdict{Judged: true, Anomaly: true, Score: 0.9999996,
		Pattern: 9, Kind: detector.OffNumber, Reason: []byte("number 77.5 far above the usual 1 to 2")}, Incident: []byte("20260302T080001-abcde"), Nth: 2},
}

func write(t *testing.T, f scanFlags, several bool) string {
	t.Helper()
	var b bytes.Buffer
	out := &output{to: &b}
	w := newWriter(&f, out, several)
	result := scan.Result{Lines: 1234567, Judged: 1234000, Flagged: 2, First: 1772438401 * time.Second, Last: 1772442000 * time.Second}
	err := errors.Join(w.begin(), w.file("a,b.log"))
	for i := range lines {
		err = errors.Join(err, w.line(&lines[i]))
	}
	if err = errors.Join(err, w.end(&result), out.flush()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriters(t *testing.T) {
	for _, c := range []struct {
		name    string
		flags   scanFlags
		several bool
		want    string
	}{
		{"jsonl", scanFlags{format: "jsonl"}, false, `
{"line":1,"anomaly":false,"anomaly_score":null}
{"line":2,"anomaly":false,"anomaly_score":0.250000}
{"line":3,"anomaly":false,"anomaly_score":0.456789}
{"line":4,"anomaly":true,"anomaly_score":0.987650,"anomaly_reason":"new word \"hi\"; number 300000 far above the usual 12 to 40","anomaly_kind":"rare","anomaly_pattern":"0000000009","anomaly_incident":"20260302T080001-abcde","anomaly_nth":"1","level":"error"}
{"line":1234567,"anomaly":true,"anomaly_score":0.999999600,"anomaly_reason":"number 77.5 far above the usual 1 to 2","anomaly_kind":"number","anomaly_pattern":"0000000009","anomaly_incident":"20260302T080001-abcde","anomaly_nth":"2","time":"2026-03-02T08:00:01.250Z"}
`},
		{"jsonl with text of several files", scanFlags{format: "jsonl", text: true}, true, `
{"file":"a,b.log","line":1,"anomaly":false,"anomaly_score":null,"anomaly_pattern":"0000000009","text":"service started"}
{"file":"a,b.log","line":2,"anomaly":false,"anomaly_score":0.250000,"anomaly_pattern":"0000000009","text":""}
{"file":"a,b.log","line":3,"anomaly":false,"anomaly_score":0.456789,"anomaly_pattern":"0000000009","text":"=SUM(A1:A9)"}
{"file":"a,b.log","line":4,"anomaly":true,"anomaly_score":0.987650,"anomaly_reason":"new word \"hi\"; number 300000 far above the usual 12 to 40","anomaly_kind":"rare","anomaly_pattern":"0000000009","anomaly_incident":"20260302T080001-abcde","anomaly_nth":"1","level":"error","text":"say \"hi\", twice\tor \u001b[31mmore�"}
{"file":"a,b.log","line":1234567,"anomaly":true,"anomaly_score":0.999999600,"anomaly_reason":"number 77.5 far above the usual 1 to 2","anomaly_kind":"number","anomaly_pattern":"0000000009","anomaly_incident":"20260302T080001-abcde","anomaly_nth":"2","time":"2026-03-02T08:00:01.250Z","text":"-1\u0000é"}
`},
		{"csv", scanFlags{format: "csv"}, false, `
line,record,anomaly,anomaly_score,anomaly_reason,anomaly_kind,anomaly_pattern,anomaly_incident,anomaly_nth,time,level,text
1,,false,,,,0000000009,,,,,service started
2,,false,0.250000,,,0000000009,,,,,
3,,false,0.456789,,,0000000009,,,,,'=SUM(A1:A9)
4,,true,0.987650,"new word ""hi""; number 300000 far above the usual 12 to 40",rare,0000000009,20260302T080001-abcde,1,,error,"say ""hi"", twice	or ` + "\x1b" + `[31mmore�"
1234567,,true,0.999999600,number 77.5 far above the usual 1 to 2,number,0000000009,20260302T080001-abcde,2,2026-03-02T08:00:01.250Z,,"'-1�é"
`},
		{"csv of several files", scanFlags{format: "csv"}, true, `
file,line,record,anomaly,anomaly_score,anomaly_reason,anomaly_kind,anomaly_pattern,anomaly_incident,anomaly_nth,time,level,text
"a,b.log",1,,false,,,,0000000009,,,,,service started
"a,b.log",2,,false,0.250000,,,0000000009,,,,,
"a,b.log",3,,false,0.456789,,,0000000009,,,,,'=SUM(A1:A9)
"a,b.log",4,,true,0.987650,"new word ""hi""; number 300000 far above the usual 12 to 40",rare,0000000009,20260302T080001-abcde,1,,error,"say ""hi"", twice	or ` + "\x1b" + `[31mmore�"
"a,b.log",1234567,,true,0.999999600,number 77.5 far above the usual 1 to 2,number,0000000009,20260302T080001-abcde,2,2026-03-02T08:00:01.250Z,,"'-1�é"
`},
		{"table", scanFlags{color: "never"}, false, `
      line   score  reason
         4  0.9877  new word "hi"; number 300000 far above the usual 12 to 40
                    say "hi", twice	or \x1b[31mmore\xff
   1234567  1.0000  number 77.5 far above the usual 1 to 2
                    -1\x00é

1,234,567 lines, 1,234,000 judged, 2 flagged (0.00 %), 2026-03-02 08:00:01 to 2026-03-02 09:00:00 (1h0m)
     lines  reason
         1  new word …
         1  number … far above the usual range
`},
		{"table of several files, in color", scanFlags{color: "always"}, true, `
` + "\x1b[1ma,b.log\x1b[0m" + `
      line   score  reason
         4  0.9877  new word "hi"; number 300000 far above the usual 12 to 40
                    ` + "\x1b[31m" + `say "hi", twice	or \x1b[31mmore\xff` + "\x1b[0m" + `
   1234567  1.0000  number 77.5 far above the usual 1 to 2
                    ` + "\x1b[31m" + `-1\x00é` + "\x1b[0m" + `

1,234,567 lines, 1,234,000 judged, 2 flagged (0.00 %), 2026-03-02 08:00:01 to 2026-03-02 09:00:00 (1h0m)
     lines  reason
         1  new word …
         1  number … far above the usual range

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.TrimPrefix(c.want, "\n")
			got := write(t, c.flags, c.several)
			if c.flags.format == "csv" {
				// RFC 4180 has lines end with CR LF.
				want = strings.ReplaceAll(want, "\n", "\r\n")
			}
			// Color resets may say more than they must.
			if got = strings.ReplaceAll(got, "\x1b[22m", "\x1b[0m"); got != want {
				t.Errorf("got\n%s\nwant\n%s\n%q", got, want, got)
			}
		})
	}
}

// Other readers of the formats get out what was put in.
func TestFormatsAreRead(t *testing.T) {
	for i, object := range strings.Split(strings.TrimSpace(write(t, scanFlags{format: "jsonl", text: true}, true)), "\n") {
		var v struct {
			File   string
			Line   int64
			Score  *float64 `json:"anomaly_score"`
			Reason string   `json:"anomaly_reason"`
			Text   string
		}
		if err := json.Unmarshal([]byte(object), &v); err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		want := lines[i]
		if v.Line != want.Number || v.File != "a,b.log" || v.Reason != string(want.Verdict.Reason) || v.Text != strings.ToValidUTF8(string(want.Text), "\uFFFD") {
			t.Errorf("%s is not %+v", object, want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(write(t, scanFlags{format: "csv"}, true))).ReadAll()
	if err != nil || len(rows) != len(lines)+1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// The summary reads well aloud.
func TestKindOf(t *testing.T) {
	for reason, want := range map[string]string{
		"length of 1812 bytes is unusual for this log":                                  "length is unusual for this log",
		`number 900ms of "dur" far above the usual 10ms to 41.5ms; new message pattern`: "number … of … far above the usual range",
		"number 12 far below the usual 1,200":                                           "number … far below the usual value",
		"the same line 17 times in a row":                                               "the same line … times in a row",
		`unusual word "a;b 12"; level ERROR is unusual for this message`:                "unusual word …",
		"level ERROR is unusual for this message":                                       "level ERROR is unusual for this message",
		"new message pattern\x1b[31m":                                                   `new message pattern\x1b[31m`,
	} {
		if got := kindOf([]byte(reason)); got != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		250 * time.Millisecond: "250ms", 90 * time.Minute: "1h30m", 60 * time.Hour: "2.5 days", 400 * 24 * time.Hour: "400 days", 6753*24*time.Hour + 17*time.Hour: "18.5 years",
	} {
		if got := span(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	for name, w := range map[string]struct {
		format  text.Format
		columns text.Columns
	}{"jsonl": {text.JSONL, text.Columns{}}, "jsonl with text": {text.JSONL, text.Columns{All: true}}, "csv": {text.CSV, text.Columns{All: true}}} {
		b.Run(name, func(b *testing.B) {
			out := &output{to: io.Discard, buf: make([]byte, 0, outputSize)}
			w := newRowWriter(out, w.format, w.columns)
			line := scan.Line{Number: 123_456, Text: []byte(strings.Repeat("routine message, 12 ms ", 6)), Verdict: detector.Verdict{Pattern: 9, Judged: true, Score: 0.456789123}}
			line.Event = detector.Event{Message: line.Text, Time: 1772438401250 * time.Millisecond}
			b.ReportAllocs()
			for b.Loop() {
				w.line(&line)
			}
		})
	}
}
