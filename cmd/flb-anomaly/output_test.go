package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// lines are verdicts of every kind, on texts that each format must take care
// of.
var lines = []scan.Line{
	{Number: 1, Text: []byte("service started")},
	{Number: 2, Text: []byte(""), Verdict: detector.Verdict{Judged: true, Score: 0.25}},
	{Number: 3, Text: []byte("=SUM(A1:A9)"), Verdict: detector.Verdict{Judged: true, Score: 0.4567891}},
	{Number: 4, Text: []byte("say \"hi\", twice\tor \x1b[31mmore\xff"), Verdict: detector.Verdict{Judged: true, Anomaly: true, Score: 0.98765,
		Reason: []byte(`new word "hi"; number 300000 far above the usual 12 to 40`)}},
	{Number: 1234567, Text: []byte("-1\x00é"), Verdict: detector.Verdict{Judged: true, Anomaly: true, Score: 0.9999996,
		Reason: []byte("number 77.5 far above the usual 1 to 2")}},
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
{"line":4,"anomaly":true,"anomaly_score":0.987650,"anomaly_reason":"new word \"hi\"; number 300000 far above the usual 12 to 40"}
{"line":1234567,"anomaly":true,"anomaly_score":0.999999600,"anomaly_reason":"number 77.5 far above the usual 1 to 2"}
`},
		{"jsonl with text of several files", scanFlags{format: "jsonl", text: true}, true, `
{"file":"a,b.log","line":1,"anomaly":false,"anomaly_score":null,"text":"service started"}
{"file":"a,b.log","line":2,"anomaly":false,"anomaly_score":0.250000,"text":""}
{"file":"a,b.log","line":3,"anomaly":false,"anomaly_score":0.456789,"text":"=SUM(A1:A9)"}
{"file":"a,b.log","line":4,"anomaly":true,"anomaly_score":0.987650,"anomaly_reason":"new word \"hi\"; number 300000 far above the usual 12 to 40","text":"say \"hi\", twice\tor \u001b[31mmore�"}
{"file":"a,b.log","line":1234567,"anomaly":true,"anomaly_score":0.999999600,"anomaly_reason":"number 77.5 far above the usual 1 to 2","text":"-1\u0000é"}
`},
		{"csv", scanFlags{format: "csv"}, false, `
line,anomaly,anomaly_score,anomaly_reason
1,false,,
2,false,0.250000,
3,false,0.456789,
4,true,0.987650,"new word ""hi""; number 300000 far above the usual 12 to 40"
1234567,true,0.999999600,number 77.5 far above the usual 1 to 2
`},
		{"csv with text of several files", scanFlags{format: "csv", text: true}, true, `
file,line,anomaly,anomaly_score,anomaly_reason,text
"a,b.log",1,false,,,service started
"a,b.log",2,false,0.250000,,
"a,b.log",3,false,0.456789,,'=SUM(A1:A9)
"a,b.log",4,true,0.987650,"new word ""hi""; number 300000 far above the usual 12 to 40","say ""hi"", twice	or ` + "\x1b" + `[31mmore�"
"a,b.log",1234567,true,0.999999600,number 77.5 far above the usual 1 to 2,"'-1�é"
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
         1  number # far above the usual # to #
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
         1  number # far above the usual # to #

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
	rows, err := csv.NewReader(strings.NewReader(write(t, scanFlags{format: "csv", text: true}, true))).ReadAll()
	if err != nil || len(rows) != len(lines)+1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// The order of scores survives, and near 0 and 1 more of their digits.
func TestAppendScore(t *testing.T) {
	for score, want := range map[float64]string{
		0: "0.000000000", 0.5: "0.500000", 0.0625: "0.062500", 0.01: "0.010000", 0.99: "0.990000", 0.999999: "0.999999000",
		0.0000001: "0.000000100", 1: "1", 0.99999999999: "1", math.Nextafter(0.99, 0): "0.990000",
	} {
		if got := string(appendScore(nil, score)); got != want {
			t.Errorf("%v: %s, want %s", score, got, want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	scores := make([]float64, 10_000)
	for i := range scores {
		scores[i] = math.Pow(rng.Float64(), float64(1+i%4))
		if i%2 == 0 {
			scores[i] = 1 - scores[i]
		}
	}
	slices.Sort(scores)
	before := 0.0
	for _, score := range scores {
		got, err := strconv.ParseFloat(string(appendScore(nil, score)), 64)
		if err != nil || math.Abs(got-score) > 5.1e-7 || got < before {
			t.Fatalf("%v became %v, after %v: %v", score, got, before, err)
		}
		before = got
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add([]byte("a\"\\\n\x00\x7f\xffé\xe2\x80"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := appendString(nil, s)
		var text string
		if err := json.Unmarshal(got, &text); err != nil || !utf8.Valid(got) {
			t.Fatalf("%q became %q: %v", s, got, err)
		}
		var want strings.Builder
		for _, r := range string(s) { // an invalid byte is U+FFFD each
			want.WriteRune(r)
		}
		if text != want.String() {
			t.Errorf("%q is read as %q, want %q", s, text, want.String())
		}
	})
}

func FuzzAppendField(f *testing.F) {
	f.Add([]byte("=a\",\r\n\x00\xff"))
	f.Fuzz(func(t *testing.T, s []byte) {
		got := appendField(nil, s)
		rows, err := csv.NewReader(bytes.NewReader(append(append([]byte("x,"), got...), ",x\r\n"...))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 3 {
			t.Fatalf("%q became %q: %q, %v", s, got, rows, err)
		}
		if v := rows[0][1]; v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			t.Errorf("%q is a formula", v)
		}
	})
}

// What is written to a terminal obeys nobody but us.
func FuzzVisible(f *testing.F) {
	f.Add([]byte("\x1b]0;owned\x07\u202e"))
	f.Fuzz(func(t *testing.T, s []byte) {
		for _, r := range visible(s, 100) {
			if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
				t.Errorf("%q is shown as %q", s, visible(s, 100))
			}
		}
	})
}

func BenchmarkJSONL(b *testing.B) {
	for _, text := range []bool{false, true} {
		b.Run("text="+strconv.FormatBool(text), func(b *testing.B) {
			out := &output{to: io.Discard, buf: make([]byte, 0, outputSize)}
			w := &jsonlWriter{out: out, text: text}
			w.file("")
			line := scan.Line{Number: 123_456, Text: []byte(strings.Repeat("routine message, 12 ms ", 6)), Verdict: detector.Verdict{Judged: true, Score: 0.456789123}}
			b.ReportAllocs()
			for b.Loop() {
				w.line(&line)
			}
		})
	}
}
