package text

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRows as they are written, in each format and with each choice of columns.
func TestRows(t *testing.T) {
	at := time.Duration(time.Date(2026, 3, 2, 8, 0, 1, 250e6, time.UTC).UnixNano())
	flagged := Row{
		File: []byte(`a,"b".log`), Line: 7, Record: 5, Judged: true, Anomaly: true, Score: 0.75, Reason: []byte(`unusual word "lost", seen once`),
		Time: at, Level: "ERROR", Kind: "word", Pattern: 1<<45 + 31, Incident: []byte("20260302T080000-k3x9q"), Nth: 2, Text: []byte("a,b"),
	}
	normal := Row{File: []byte("b.log"), Line: 1, Judged: true, Score: 0.25, Reason: []byte("none"), Kind: "none", Pattern: 2, Text: []byte(`say "hi"`)}
	warming := Row{File: []byte("c.log"), Line: 2, Score: 0.5, Pattern: 3, Nth: 4, Text: []byte{}}
	alone := Row{Line: 3, Judged: true, Anomaly: true, Score: 1, Nth: 9} // of no incident and of no kind
	for _, c := range []struct {
		format  Format
		columns Columns
		row     Row
		want    string
	}{
		{JSONL, Columns{}, flagged, `{"line":7,"record":5,"anomaly":true,"anomaly_score":0.750000,"anomaly_reason":"unusual word \"lost\", seen once","anomaly_kind":"word",` +
			`"anomaly_pattern":"100000000z","anomaly_incident":"20260302T080000-k3x9q","anomaly_nth":"2","time":"2026-03-02T08:00:01.250Z","level":"ERROR"}` + "\n"},
		{JSONL, Columns{File: true, All: true}, flagged, `{"file":"a,\"b\".log","line":7,"record":5,"anomaly":true,"anomaly_score":0.750000,"anomaly_reason":"unusual word \"lost\", seen once","anomaly_kind":"word",` +
			`"anomaly_pattern":"100000000z","anomaly_incident":"20260302T080000-k3x9q","anomaly_nth":"2","time":"2026-03-02T08:00:01.250Z","level":"ERROR","text":"a,b"}` + "\n"},
		{JSONL, Columns{}, normal, `{"line":1,"anomaly":false,"anomaly_score":0.250000}` + "\n"},
		{JSONL, Columns{All: true}, normal, `{"line":1,"anomaly":false,"anomaly_score":0.250000,"anomaly_pattern":"0000000002","text":"say \"hi\""}` + "\n"},
		{JSONL, Columns{File: true}, warming, `{"file":"c.log","line":2,"anomaly":false,"anomaly_score":null}` + "\n"},
		{JSONL, Columns{}, alone, `{"line":3,"anomaly":true,"anomaly_score":1,"anomaly_reason":"","anomaly_pattern":"0000000000"}` + "\n"},
		{CSV, Columns{}, flagged, `7,5,true,0.750000,"unusual word ""lost"", seen once",word,100000000z,20260302T080000-k3x9q,2,2026-03-02T08:00:01.250Z,ERROR` + "\r\n"},
		{CSV, Columns{File: true, All: true}, flagged, `"a,""b"".log",7,5,true,0.750000,"unusual word ""lost"", seen once",word,100000000z,20260302T080000-k3x9q,2,2026-03-02T08:00:01.250Z,ERROR,"a,b"` + "\r\n"},
		{CSV, Columns{}, normal, `1,,false,0.250000,,,,,,,` + "\r\n"},
		{CSV, Columns{All: true}, normal, `1,,false,0.250000,,,0000000002,,,,,"say ""hi"""` + "\r\n"},
		{CSV, Columns{File: true}, warming, `c.log,2,,false,,,,,,,,` + "\r\n"},
		{CSV, Columns{}, alone, `3,,true,1,,,0000000000,,,,` + "\r\n"},
	} {
		w := NewWriter(c.format, c.columns)
		if got := string(w.Append([]byte("before\n"), &c.row)); got != "before\n"+c.want {
			t.Errorf("%s %+v, line %d:\n%s\nwant\n%s", c.format, c.columns, c.row.Line, got, c.want)
		}
	}
}

// TestRowsHaveTheirHead in CSV: a name for each field of a row. JSON needs none.
func TestRowsHaveTheirHead(t *testing.T) {
	const usual = "line,record,anomaly,anomaly_score,anomaly_reason,anomaly_kind,anomaly_pattern,anomaly_incident,anomaly_nth,time,level"
	for c, want := range map[Columns]string{
		{}:                      usual,
		{File: true}:            "file," + usual,
		{All: true}:             usual + ",text",
		{File: true, All: true}: "file," + usual + ",text",
	} {
		w := NewWriter(CSV, c)
		if got := string(w.AppendHead([]byte("x"))); got != "x"+want+"\r\n" {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
		row := Row{Line: 1}
		rows, err := csv.NewReader(strings.NewReader(string(w.Append(w.AppendHead(nil), &row)))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != len(rows[1]) {
			t.Errorf("%+v: %v, %v", c, rows, err)
		}
		if got := NewWriter(JSONL, c).AppendHead([]byte("x")); string(got) != "x" {
			t.Errorf("%+v: JSON begins with %q", c, got)
		}
	}
}

// TestFormatsSayTheSame: the names in a row of JSON are those of the columns that are
// filled in CSV.
func TestFormatsSayTheSame(t *testing.T) {
	for n := range 1 << 6 {
		set := func(bit int) bool { return n>>bit&1 != 0 }
		r := Row{Line: 1, Judged: set(0), Anomaly: set(1), Reason: []byte("r"), Pattern: 5, Nth: 1, Text: []byte("t"), File: []byte("f")}
		if set(2) {
			r.Record = 1
		}
		if set(3) {
			r.Kind, r.Level = "new", "INFO"
		}
		if set(4) {
			r.Incident = []byte("i")
		}
		if set(5) {
			r.Time = 1
		}
		columns := Columns{File: true, All: n%3 == 0}
		table := NewWriter(CSV, columns)
		rows, err := csv.NewReader(strings.NewReader(string(table.Append(table.AppendHead(nil), &r)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(NewWriter(JSONL, columns).Append(nil, &r), &object); err != nil {
			t.Fatal(err)
		}
		var filled, named []string
		for i, name := range rows[0] {
			if rows[1][i] != "" {
				filled = append(filled, name)
			}
		}
		for name, v := range object {
			if v != nil { // the score of what was not judged
				named = append(named, name)
			}
		}
		slices.Sort(filled)
		slices.Sort(named)
		if !slices.Equal(filled, named) {
			t.Errorf("%+v: CSV has %v, JSON %v", r, filled, named)
		}
	}
}
