package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/flb-anomaly/flb-anomaly/web"
)

type shownRow struct {
	N, T int64
	S    float64
	X    string
	H    int
	O    [][2]int
	R    string
}

func (c client) rows(id, query string) (rows []shownRow) {
	c.Helper()
	var a struct{ Rows []shownRow }
	if status := c.ask("GET", "/api/views/"+id+"/rows?n=400&"+query, nil, &a); status != http.StatusOK {
		c.Fatalf("status %d", status)
	}
	return a.Rows
}

func TestLinesSort(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	for sort, less := range map[string]func(a, b shownRow) bool{
		"": func(a, b shownRow) bool { return a.N < b.N }, "newest": func(a, b shownRow) bool { return a.N > b.N },
		"score": func(a, b shownRow) bool { return a.S > b.S }, "time": func(a, b shownRow) bool { return a.T < b.T }, "latest": func(a, b shownRow) bool { return a.T > b.T },
	} {
		for _, query := range []string{"only=1&stop=14&", "levels=info&", ""} {
			rows := c.rows(v.ID, query+"sort="+sort)
			if len(rows) < 20 {
				t.Fatalf("%s: %d rows", query, len(rows))
			}
			for i := 1; i < len(rows); i++ {
				if rows[i].T != 0 && rows[i-1].T != 0 && less(rows[i], rows[i-1]) {
					t.Errorf("%ssort=%s: row %d is %+v behind %+v", query, sort, i, rows[i], rows[i-1])
				}
			}
			var at struct{ Index int }
			c.ask("GET", fmt.Sprintf("/api/views/%s/line?%ssort=%s&line=%d", v.ID, query, sort, rows[7].N), nil, &at)
			if at.Index != 7 {
				t.Errorf("%ssort=%s: row 7 is said to be row %d", query, sort, at.Index)
			}
		}
		// From anomaly to anomaly in the table's order, there and back.
		want := c.rows(v.ID, "only=1&sort="+sort)
		var line int64
		for i := range want {
			var found struct{ Line int64 }
			c.ask("GET", fmt.Sprintf("/api/views/%s/seek?sort=%s&line=%d", v.ID, sort, line), nil, &found)
			if found.Line != want[i].N {
				t.Fatalf("sort=%s: behind line %d comes %d, want %d", sort, line, found.Line, want[i].N)
			}
			if i > 0 {
				c.ask("GET", fmt.Sprintf("/api/views/%s/seek?back=1&sort=%s&line=%d", v.ID, sort, want[i].N), nil, &found)
				if found.Line != line {
					t.Fatalf("sort=%s: before line %d comes %d, want %d", sort, want[i].N, found.Line, line)
				}
			}
			line = want[i].N
		}
	}
	if status := c.ask("GET", "/api/views/"+v.ID+"/rows?sort=x", nil, nil); status != http.StatusBadRequest {
		t.Errorf("of another order: status %d", status)
	}
}

// TestRowsBeginWithTheMessage, and have the fields behind it.
func TestRowsBeginWithTheMessage(t *testing.T) {
	cases := []struct{ line, message, rest string }{
		{"2026-03-02 08:49:01.021 UTC [2200] ERROR:  could not write", "[2200] ERROR:  could not write", ""},
		{"2026-03-02 08:40:43,531 ERROR [worker-3] mailer: bounced", "[worker-3] mailer: bounced", ""},
		{"[2026-03-02T08:14:13.999+0000][info][gc] GC(4160) Pause", "[gc] GC(4160) Pause", ""},
		{"Mar  2 09:06:21 kernel: Out of memory", "kernel: Out of memory", ""},
		{`ts=2026-03-02T08:15:37Z level=error app=shop msg="request failed" err="a b" n=4`, "request failed", ` app=shop err="a b" n=4`},
		{`{"time":"2026-03-02T08:19:29Z","level":"error","logger":"pay","msg":"charge ✓ 𝒳 declined","e":null,"x":""}`, "charge ✓ 𝒳 declined", ` logger=pay e=null x=""`},
		{`1.2.3.4 - - [02/Mar/2026:08:15:37 +0000] "GET /cart HTTP/1.1" 500 178 "-" "curl 8"`, "GET /cart 500", ` remote=1.2.3.4 host=- user=- protocol=HTTP/1.1 size=178 referer=- agent="curl 8"`},
		{`{"time":"2026-03-02T08:19:29Z","a":1,"b":"two"}`, "a=1 b=two", ""},
		{"2026-03-02 08:00:00", "2026-03-02 08:00:00", ""},
		{"ERROR", "ERROR", ""},
		{"no time, no level", "no time, no level", ""},
	}
	var log strings.Builder
	for range 20 {
		for _, l := range cases {
			log.WriteString(l.line + "\n")
		}
	}
	c := newClient(t, web.Config{})
	v, _ := c.upload(strings.NewReader(log.String()), map[string]any{"name": "a.log"})
	for i, r := range c.rows(v.ID, "")[:len(cases)] {
		want := cases[i]
		units := utf16.Encode([]rune(r.X))
		message := string(utf16.Decode(units[:len(units)]))
		if r.H > 0 {
			message = string(utf16.Decode(units[:r.H]))
		}
		if message != want.message || r.X != want.message+want.rest {
			t.Errorf("%s\nis shown as %q, of which %q is the message", want.line, r.X, message)
		}
	}
	var full struct{ Row shownRow }
	c.ask("GET", "/api/views/"+v.ID+"/line?line=5", nil, &full)
	if full.Row.X != cases[4].line || full.Row.H != 0 {
		t.Errorf("the line itself is %q", full.Row.X)
	}
}

// TestOddFieldsComeFirst behind the message, in the order of the record; no other is lost.
func TestOddFieldsComeFirst(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	rows := c.rows(v.ID, "only=1&stop=0")
	for line, want := range map[int64]string{
		469: "login refused reason=bad_password app=shop-api pod=shop-api-n7rq5flbz-qnlv2 version=4.12.3 user=u46165 ip=2001:db8:68:d3::a3a8 attempt=2",
		617: `request failed err="context deadline exceeded" app=shop-api pod=shop-api-n7rq5flbz-kk6jm version=4.12.3 path=/cart status=500 user=u17740`,
	} {
		i := slices.IndexFunc(rows, func(r shownRow) bool { return r.N == line })
		if i < 0 || rows[i].X != want || len(rows[i].O) == 0 || rows[i].O[0][0] > len("request failed ") {
			t.Errorf("line %d is %+v", line, rows)
		}
	}
}

// TestFieldsSayWhatIsUsual of a line that is odd in one of them.
func TestFieldsSayWhatIsUsual(t *testing.T) {
	var log strings.Builder
	for i := range 2000 {
		status, took := 200, 10+i%70
		if i%11 == 0 {
			status = 304
		}
		if i == 1901 {
			took = 45000
		}
		fmt.Fprintf(&log, `{"level":"info","msg":"request completed","route":"/api/%d","status":%d,"duration_ms":%d,"id":"%x"}`+"\n", i%3, status, took, i*7919+1<<40)
	}
	c := newClient(t, web.Config{})
	v, _ := c.upload(strings.NewReader(log.String()), map[string]any{"name": "a.log"})
	var a struct {
		Row    shownRow
		Fields []struct {
			Name, Value, Kind, Usual string
			Odd                      bool
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/line?line=1902", nil, &a)
	if len(a.Fields) != 4 || a.Row.R == "" {
		t.Fatalf("the line is %+v", a)
	}
	for i, want := range []struct {
		name, value, kind, usual string
		odd                      bool
	}{{"duration_ms", "45000", "quantity", " to 7", true}, {"route", "/api/2", "category", "/api/", false}, {"status", "200", "code", "200 (91 %), 304 (9 %)", false}, {"id", "", "identifier", "nearly always another one", false}} {
		f := a.Fields[i]
		if f.Name != want.name || !strings.Contains(f.Value, want.value) || f.Kind != want.kind || !strings.Contains(f.Usual, want.usual) || f.Odd != want.odd {
			t.Errorf("field %d is %+v, want %+v", i, f, want)
		}
	}
}

// TestNumbersOfAMessageAreFields: each with the word before it, and what is usual there.
func TestNumbersOfAMessageAreFields(t *testing.T) {
	var log strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&log, "order %d took %d ms in hall %d\n", 7000+i*31%997, 12+i*7%60, 1+i%9)
	}
	c := newClient(t, web.Config{})
	v, _ := c.upload(strings.NewReader(log.String()), map[string]any{"name": "a.log"})
	var a struct {
		Fields []struct{ Name, Value, Kind, Usual string }
	}
	c.ask("GET", "/api/views/"+v.ID+"/line?line=900", nil, &a)
	var got []string
	for _, f := range a.Fields {
		got = append(got, fmt.Sprintf("%s %s", f.Name, f.Kind))
		if f.Usual == "" || f.Value == "" {
			t.Errorf("%+v", f)
		}
	}
	if want := "order number, took number, hall number"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestAStrayTimeMovesNoChart: one record from 2099 among those of an hour.
func TestAStrayTimeMovesNoChart(t *testing.T) {
	shop := readFile(t, shopLog)
	cut := bytes.IndexByte(shop[len(shop)/2:], '\n') + len(shop)/2 + 1
	log := slices.Concat([]byte("2001-01-01 00:00:00 INFO clock not set\n"), shop[:cut], []byte("2099-12-31 23:59:00 INFO from afar\n"), shop[cut:])
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(log), map[string]any{"name": "shop.log"})
	if v.Last-v.First > 2*3600*1000 {
		t.Errorf("the log is said to last %d s", (v.Last-v.First)/1000)
	}
	var chart struct {
		First, Last, Width int64
		Lines              [][]int
		Outside            *struct{ Before, After, Least, Most int64 }
	}
	c.ask("GET", "/api/views/"+v.ID+"/chart?x=time", nil, &chart)
	if chart.Width > 60_000 || chart.Outside == nil || chart.Outside.Before != 1 || chart.Outside.After != 1 {
		t.Fatalf("the chart is %+v", chart)
	}
	for _, r := range []string{fmt.Sprintf("axis=time&from=%d&to=%d", chart.Last+1, chart.Outside.Most+1), fmt.Sprintf("axis=time&from=%d&to=%d", chart.Outside.Least, chart.First)} {
		if rows := c.rows(v.ID, r); len(rows) != 1 {
			t.Errorf("%s: %d lines lie outside", r, len(rows))
		}
	}
	// A log that has no such record leaves nothing out.
	v, _ = c.upload(bytes.NewReader(shop), map[string]any{"name": "shop.log"})
	chart.Outside = nil
	c.ask("GET", "/api/views/"+v.ID+"/chart?x=time", nil, &chart)
	if chart.Outside != nil {
		t.Errorf("left out: %+v", chart.Outside)
	}
}

// TestCompare holds the end of the example against what comes before it, and one log
// against another.
func TestCompare(t *testing.T) {
	c := newClient(t, web.Config{})
	shop := readFile(t, shopLog)
	v, _ := c.upload(bytes.NewReader(shop), map[string]any{"name": "shop.log"})
	type side struct {
		ID, Text            string
		Before, After, Line int64
	}
	type compared struct {
		Before, After      int64
		New, Gone, Changed []side
		Same               int
		Error              string
	}
	type field struct {
		Name          string
		Before, After int64
		Times         float64
	}
	type fields struct {
		New, Gone, Changed []field
		Same               int
	}
	count := func(id string, query string, pattern string) int64 {
		return int64(len(c.lines(id, "pattern="+pattern+"&"+query)))
	}
	var a compared
	const was, is = "axis=line&from=1&to=2001", "axis=line&from=2001&to=4001"
	q := "before." + strings.ReplaceAll(was, "&", "&before.") + "&" + is
	c.ask("GET", "/api/views/"+v.ID+"/compare?"+q, nil, &a)
	if a.Before != 2000 || a.After != 2000 || len(a.New) == 0 || len(a.Gone) == 0 {
		t.Fatalf("compared: %+v", a)
	}
	for _, p := range a.New {
		if count(v.ID, was, p.ID) != 0 || count(v.ID, is, p.ID) != p.After || p.After == 0 {
			t.Errorf("not new: %+v", p)
		}
	}
	for _, p := range a.Gone {
		if count(v.ID, is, p.ID) != 0 || count(v.ID, was, p.ID) != p.Before || p.Before == 0 {
			t.Errorf("not gone: %+v", p)
		}
	}
	for _, p := range a.Changed {
		if count(v.ID, was, p.ID) != p.Before || count(v.ID, is, p.ID) != p.After {
			t.Errorf("not changed: %+v", p)
		}
	}
	// What comes far more often is changed, also by share.
	calm := strings.Repeat("job done\njob begun\n", 400)
	v2, _ := c.upload(strings.NewReader(calm+"retrying\n"+calm+strings.Repeat("retrying\n", 300)), map[string]any{"name": "c.log"})
	a = compared{}
	c.ask("GET", "/api/views/"+v2.ID+"/compare?before.axis=line&before.from=1&before.to=802&axis=line&from=802&to=2000", nil, &a)
	if len(a.Changed) != 1 || a.Changed[0].Text != "retrying" || a.Changed[0].Before != 1 || a.Changed[0].After != 300 || a.Same != 2 {
		t.Errorf("changed: %+v", a)
	}
	// Under another seed, a pattern is the same.
	other, _ := c.upload(bytes.NewReader(append(slices.Clone(shop), "2026-03-02 09:31:00 ERROR [worker-1] deploy: something else altogether\n"...)), map[string]any{"name": "b.log", "options": map[string][]string{"Seed": {"99"}}})
	var b compared
	c.ask("GET", "/api/views/"+other.ID+"/compare?before.view="+url.QueryEscape(v.ID), nil, &b)
	if len(b.New) != 1 || !strings.Contains(b.New[0].Text, "something else altogether") || len(b.Gone)+len(b.Changed) != 0 || b.Same < 40 {
		t.Errorf("of another log: %+v", b)
	}
	if status := c.ask("GET", "/api/views/"+other.ID+"/compare?before.view=NONE", nil, &b); status != http.StatusBadRequest || b.Error == "" {
		t.Errorf("with a log that is gone: status %d", status)
	}
	// Fields, in whatever order they come.
	record := `{"msg":"request served","user":7,"host":"a"}` + "\n" + `{"host":"b","msg":"request served","user":8}` + "\n"
	v3, _ := c.upload(strings.NewReader(strings.Repeat(record, 50)+"no record\n"+strings.Repeat(`{"msg":"request served","host":"a","region":{"name":"west"}}`+"\n", 98)+record), map[string]any{"name": "f.log"})
	var f struct{ Fields fields }
	c.ask("GET", "/api/views/"+v3.ID+"/compare?before.axis=line&before.from=1&before.to=102&axis=line&from=102&to=202", nil, &f)
	if want := (fields{New: []field{{Name: "region.name", After: 98}}, Gone: []field{}, Changed: []field{{"user", 100, 2, 0.02}}, Same: 1}); !reflect.DeepEqual(f.Fields, want) {
		t.Errorf("fields: %+v, %+v wanted", f.Fields, want)
	}
	f.Fields = fields{}
	c.ask("GET", "/api/views/"+v3.ID+"/compare?before.axis=line&before.from=102&before.to=200&axis=line&from=1&to=102", nil, &f)
	if want := (fields{New: []field{{Name: "user", After: 100}}, Gone: []field{{Name: "region.name", Before: 98}}, Changed: []field{}, Same: 1}); !reflect.DeepEqual(f.Fields, want) {
		t.Errorf("fields: %+v, %+v wanted", f.Fields, want)
	}
}

func TestPatternsOverTime(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	type row struct {
		ID           string
		Count        int
		First, Last  int64
		Since, Until int64
		New          bool
		Bins         []int
	}
	get := func(query string) []row {
		var a struct{ Patterns []row }
		c.ask("GET", "/api/views/"+v.ID+"/patterns?n=400&"+query, nil, &a)
		return a.Patterns
	}
	fresh := 0
	for _, p := range get("x=time") {
		lines := c.lines(v.ID, "pattern="+p.ID)
		sum := 0
		for _, n := range p.Bins {
			sum += n
		}
		if int64(lines[0].Line) != p.First || int64(lines[len(lines)-1].Line) != p.Last || sum != p.Count || p.Count != len(lines) {
			t.Errorf("pattern %+v has lines %d to %d", p, lines[0].Line, lines[len(lines)-1].Line)
		}
		if p.New {
			fresh++
			if p.First < 3500 {
				t.Errorf("new is %+v", p)
			}
		}
	}
	if fresh == 0 {
		t.Error("none is new: the disk was full in the last tenth")
	}
	// New in a selection is what was not there before it.
	for _, p := range get("axis=line&from=2001&to=4001&x=line") {
		if p.New != (p.First > 2000 && len(c.lines(v.ID, "axis=line&from=1&to=2001&pattern="+p.ID)) == 0) {
			t.Errorf("in the second half, %+v", p)
		}
	}
	list := get("sort=newest")
	if !slices.IsSortedFunc(list, func(a, b row) int { return int(b.First - a.First) }) {
		t.Error("sorted by newest, they are not")
	}
}

// TestIgnoreFile: what is set aside goes into the file, and out of it, and all else in it
// stays.
func TestIgnoreFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ignore.txt")
	c := newClient(t, web.Config{IgnoreFile: path})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	var rows struct{ Rows []struct{ P, ID string } }
	c.ask("GET", "/api/views/"+v.ID+"/rows?only=1&q=could+not+write&n=1", nil, &rows)
	id, record := rows.Rows[0].P, rows.Rows[0].ID
	say := func(body string) int {
		return c.ask("POST", "/api/views/"+v.ID+"/normal", strings.NewReader(body), nil)
	}
	if err := os.WriteFile(path, []byte("# mine\n^probe\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status := say(`{"pattern":"` + id + `","normal":true}`); status != http.StatusNoContent {
		t.Fatalf("status %d", status)
	}
	is := string(readFile(t, path))
	n := len(c.lines(v.ID, "pattern="+id))
	if want := fmt.Sprintf("# mine\n^probe\n# flb-anomaly: %d of 4,000 lines of shop.log, such as: ", n); !strings.HasPrefix(is, want) || !strings.HasSuffix(is, "\npattern:"+record+"\n") {
		t.Errorf("the file is\n%s", is)
	}
	// It is in force for the next scan.
	again, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	if lines := c.lines(again.ID, "only=1&pattern="+id); len(lines) > 0 {
		t.Errorf("%d lines are flagged that are ignored", len(lines))
	}
	var body []byte
	if c.ask("GET", "/api/views/"+v.ID+"/ignore?hide="+id, nil, &body); !strings.HasSuffix(string(body), "\npattern:"+record+"\n") {
		t.Errorf("the file for download is\n%s", body)
	}
	say(`{"pattern":"` + id + `","normal":false}`)
	if is := string(readFile(t, path)); is != "# mine\n^probe\n" {
		t.Errorf("taken back, the file is\n%s", is)
	}
	for body, want := range map[string]int{`{"pattern":"123","normal":true}`: 404, `{"pattern":"zz!","normal":true}`: 400, `x`: 400} {
		if status := say(body); status != want {
			t.Errorf("%s: status %d, want %d", body, status, want)
		}
	}
	if status := c.ask("POST", "/api/views/"+v.ID+"/normal", strings.NewReader(`{}`), nil, "Content-Type", "text/plain"); status != http.StatusUnsupportedMediaType {
		t.Errorf("by a form: status %d", status)
	}
	// A file that is wrong is said to be, and left alone.
	if err := os.WriteFile(path, []byte("(\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status := say(`{"pattern":"` + id + `","normal":true}`); status != http.StatusConflict || string(readFile(t, path)) != "(\n" {
		t.Errorf("of a file that is wrong: status %d, %q", status, readFile(t, path))
	}
	// No request names a file.
	var e viewState
	if status := c.ask("POST", "/api/views", strings.NewReader(`{"options":{"Ignore_File":["/etc/passwd"]}}`), &e); status != http.StatusBadRequest || !strings.Contains(e.Error, "no option") {
		t.Errorf("a request that names a file: status %d, %s", status, e.Error)
	}
}

// TestLinesWithoutWords are ignored by their pattern: no expression is as broad as all.
func TestLinesWithoutWords(t *testing.T) {
	var log strings.Builder
	for i := range 600 {
		log.WriteString("-----\n=====\n")
		fmt.Fprintf(&log, "job %d done\n", i)
	}
	c := newClient(t, web.Config{})
	v, _ := c.upload(strings.NewReader(log.String()), map[string]any{"name": "a.log"})
	var rows struct {
		Rows []struct{ P, X string }
	}
	c.ask("GET", "/api/views/"+v.ID+"/rows?n=3", nil, &rows)
	var body []byte
	c.ask("GET", "/api/views/"+v.ID+"/ignore?hide="+rows.Rows[0].P, nil, &body)
	for line := range strings.Lines(string(body)) {
		if line[0] != '#' && !strings.HasPrefix(line, "pattern:") {
			t.Errorf("ignored is %s", line)
		}
	}
	for _, l := range c.lines(v.ID, "pattern="+rows.Rows[0].P) {
		if strings.Contains(l.Text, "job") {
			t.Fatalf("with %s, %q is silenced", rows.Rows[0].X, l.Text)
		}
	}
}

// TestRequestsAreBounded in what they ask a detector for.
func TestRequestsAreBounded(t *testing.T) {
	c := newClient(t, web.Config{})
	many := `"` + strings.Repeat(`a","`, 300) + `a"`
	for body, want := range map[string]string{
		`{"options":{"Ignore":[` + many + `]}}`:                        "at most 200",
		`{"options":{"Ignore":["` + strings.Repeat("a", 3000) + `"]}}`: "at most 2048",
		`{"options":{"` + strings.Repeat("a", 40) + `":["b"]}}`:        "no option",
		`{"name":"` + strings.Repeat("a", 2<<20) + `"}`:                "too large",
	} {
		var e viewState
		if status := c.ask("POST", "/api/views", strings.NewReader(body), &e); status != http.StatusBadRequest || !strings.Contains(e.Error, want) {
			t.Errorf("%.40s: status %d, %s", body, status, e.Error)
		}
	}
}

// TestAnUploadThatWaitsIsNotEvicted however many logs come after it.
func TestAnUploadThatWaitsIsNotEvicted(t *testing.T) {
	c := newClient(t, web.Config{Patience: time.Hour})
	first := c.create(map[string]any{"name": "waits.log"})
	for range 40 {
		if _, status := c.upload(strings.NewReader(strings.Repeat("a line\n", 30)), map[string]any{"name": "other.log"}); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	if status := c.ask("PUT", "/api/views/"+first.ID+"/text", strings.NewReader(strings.Repeat("a line\n", 30)), nil); status != http.StatusOK {
		t.Errorf("what waited is gone: status %d", status)
	}
}

// TestOpenRequestsAreLimited: those beyond the limit are refused, and answered when there
// is room again. Uploads do not take the place of questions.
func TestOpenRequestsAreLimited(t *testing.T) {
	c := newClient(t, web.Config{})
	const limit = 64
	var feeds []*io.PipeWriter
	held, taken := make(chan int, limit), make(chan bool, limit)
	for range limit {
		// A request to make a log is being answered for as long as its body comes. That its
		// place is taken is known when the server says that it reads the body: a question
		// asked before that could have the place of the last one, which is then refused.
		in, feed := io.Pipe()
		feeds = append(feeds, feed)
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got100Continue: func() { taken <- true },
		}), "POST", c.url+"/api/views", in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Expect", "100-continue")
		go func() {
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				held <- 0
				return
			}
			answer.Body.Close()
			held <- answer.StatusCode
		}()
	}
	for range limit {
		select {
		case <-taken:
		case <-time.After(patience):
			t.Fatal("not all are being answered")
		}
	}
	refused := func() bool {
		var e struct{ Error string }
		status := c.ask("GET", "/api/start", nil, &e)
		return status == http.StatusServiceUnavailable && strings.Contains(e.Error, "64 requests already")
	}
	if !refused() {
		t.Fatal("one more is answered")
	}
	for _, f := range feeds {
		f.Close()
	}
	for range limit {
		if status := <-held; status != http.StatusBadRequest {
			t.Errorf("a request that broke off: status %d", status)
		}
	}
	for deadline := time.Now().Add(patience); refused(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it goes on refusing")
		}
	}
}

// TestTheYearOfAFile: a log whose times have no year is of the last one before it was
// written.
func TestTheYearOfAFile(t *testing.T) {
	c := newClient(t, web.Config{})
	log := strings.Repeat("Mar  2 09:06:21 kernel: all is calm\n", 40)
	for when, year := range map[time.Time]int{
		time.Date(2019, 6, 1, 0, 0, 0, 0, time.UTC): 2019,
		time.Date(2019, 1, 5, 0, 0, 0, 0, time.UTC): 2018,
	} {
		v, _ := c.upload(strings.NewReader(log), map[string]any{"name": "a.log", "modified": when.UnixMilli()})
		if got := time.UnixMilli(v.First).UTC().Year(); got != year {
			t.Errorf("of a file of %v, the lines are of %d, want %d", when, got, year)
		}
	}
}

// TestWhatStandsStillEnds: an upload, a question that does not come, and an answer that
// nobody reads.
func TestWhatStandsStillEnds(t *testing.T) {
	c := newClient(t, web.Config{Patience: 300 * time.Millisecond})
	v := c.create(map[string]any{"name": "a.log", "size": -1})
	in, feed := io.Pipe()
	defer feed.Close()
	status := make(chan int, 2)
	go func() { status <- c.ask("PUT", "/api/views/"+v.ID+"/text", in, nil) }()
	if _, err := feed.Write([]byte(strings.Repeat("a line\n", 1000))); err != nil {
		t.Fatal(err)
	}
	if v := c.ended(v.ID); v.Phase != "failed" || v.Lines != 1000 {
		t.Errorf("an upload that stands still: %+v", v)
	}

	address := strings.TrimPrefix(c.url, "http://")
	dial := func(request string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	half := dial("POST /api/views HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	if said, err := io.ReadAll(half); err != nil || !strings.Contains(string(said), " 400 ") {
		t.Errorf("half a question is answered %.100q (%v)", said, err)
	}

	// An answer larger than what the system holds for a reader that does not read.
	log := strings.Repeat(strings.Repeat("a long line of text ", 50)+"\n", 40_000)
	big, _ := c.upload(strings.NewReader(log), map[string]any{"name": "b.log"})
	// A busy machine may take its time to fill that.
	for wait := time.Second; ; wait *= 2 {
		unread := dial("GET /api/views/" + big.ID + "/export?format=jsonl HTTP/1.1\r\nHost: " + address + "\r\n\r\n")
		time.Sleep(wait)
		all, _ := io.ReadAll(unread)
		if len(all) < len(log) {
			break
		}
		if wait > patience/2 {
			t.Fatalf("all %d bytes come to who did not read for %v", len(all), wait)
		}
	}
}
