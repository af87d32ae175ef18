package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/web"
)

// client asks a server as the page does.
type client struct {
	testing.TB
	url string
}

func newClient(t testing.TB, config web.Config, files ...string) client {
	return client{t, serve(t, config, files...)}
}

// ask sends a request and reads the answer into to, if that is not nil. It
// returns the status.
func (c client) ask(method, path string, body io.Reader, to any, headers ...string) int {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		c.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		c.Fatal(err)
	}
	switch to := to.(type) {
	case nil:
	case *[]byte:
		*to = all
	case *http.Header:
		*to = answer.Header
	default:
		if err := json.Unmarshal(all, to); err != nil {
			c.Fatalf("%s %s: %v in %.200s", method, path, err, all)
		}
	}
	return answer.StatusCode
}

type viewState struct {
	ID, Phase, Error, Option     string
	Lines, Judged, Patterns, Cut int
	First, Last                  int64
	Flagged                      []int
}

// create makes a view.
func (c client) create(request map[string]any) viewState {
	c.Helper()
	body, _ := json.Marshal(request)
	var v viewState
	if status := c.ask("POST", "/api/views", bytes.NewReader(body), &v); status != http.StatusCreated {
		c.Fatalf("status %d, %s", status, v.Error)
	}
	return v
}

// upload makes a view of a text and returns its state when it is judged.
func (c client) upload(text io.Reader, request map[string]any) (viewState, int) {
	c.Helper()
	v := c.create(request)
	status := c.ask("PUT", "/api/views/"+v.ID+"/text", text, nil)
	var now viewState
	c.ask("GET", "/api/views/"+v.ID, nil, &now)
	return now, status
}

type lineOf struct {
	Line    int      `json:"line"`
	Anomaly bool     `json:"anomaly"`
	Score   *float64 `json:"anomaly_score"`
	Reason  string   `json:"anomaly_reason"`
	Level   string   `json:"level"`
	Time    string   `json:"time"`
	Pattern string   `json:"anomaly_pattern"`
	Text    string   `json:"text"`
}

// wait asks for a view's state until it is as wanted.
func (c client) wait(id string, wanted func(viewState) bool) viewState {
	c.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var v viewState
		if status := c.ask("GET", "/api/views/"+id, nil, &v); status != 200 {
			c.Fatalf("status %d, %s", status, v.Error)
		}
		if wanted(v) {
			return v
		}
		if time.Now().After(deadline) {
			c.Fatalf("the log stays as it is: %+v", v)
		}
	}
}

// ended waits for the end of a view's scan.
func (c client) ended(id string) viewState {
	c.Helper()
	return c.wait(id, func(v viewState) bool { return v.Phase == "done" || v.Phase == "failed" })
}

// lines are all lines that a query means.
func (c client) lines(id, query string) []lineOf {
	c.Helper()
	var body []byte
	if status := c.ask("GET", "/api/views/"+id+"/export?format=jsonl&"+query, nil, &body); status != 200 {
		c.Fatalf("status %d: %s", status, body)
	}
	var all []lineOf
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		var l lineOf
		if err := d.Decode(&l); err == io.EOF {
			return all
		} else if err != nil {
			c.Fatal(err)
		}
		all = append(all, l)
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVerdictsAreThoseOfTheDetector holds stops of the slider against a run of
// the detector with that contamination, line by line. What goes on is counted in a
// reason since it was told, under auto: at other stops it may be in other words.
func TestVerdictsAreThoseOfTheDetector(t *testing.T) {
	c := newClient(t, web.Config{})
	var start struct{ Stops []float64 }
	c.ask("GET", "/api/start", nil, &start)
	text := readFile(t, shopLog)
	for _, mode := range []scan.Mode{scan.Stream, scan.Batch} {
		v, status := c.upload(bytes.NewReader(text), map[string]any{"name": "shop.log", "mode": mode, "size": len(text)})
		if status != 200 || v.Phase != "done" || v.Lines != 4000 {
			t.Fatalf("status %d, %+v", status, v)
		}
		for _, stop := range []int{0, 1, 9, 13, len(start.Stops) - 1} {
			contamination := start.Stops[stop]
			settings := options.Defaults()
			settings.Detector.Contamination = contamination
			got := c.lines(v.ID, fmt.Sprintf("stop=%d", stop))
			flagged := 0
			_, err := scan.Run(t.Context(), bytes.NewReader(text), scan.Options{Settings: settings, Mode: mode}, func(l *scan.Line) error {
				g := got[l.Number-1]
				if l.Verdict.Anomaly {
					flagged++
				}
				if g.Line != int(l.Number) || g.Text != string(l.Text) || g.Anomaly != l.Verdict.Anomaly || g.Reason != string(reasonOf(l)) && (stop == 0 || g.Reason == "" || reasonOf(l) == nil) ||
					(g.Score != nil) != l.Verdict.Judged || g.Score != nil && (*g.Score-l.Verdict.Score > 1e-6 || l.Verdict.Score-*g.Score > 1e-6) {
					return fmt.Errorf("%s, contamination %v: line %+v, the detector says %+v", mode, contamination, g, l.Verdict)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if v.Flagged[stop] != flagged {
				t.Errorf("%s, contamination %v: %d flagged, want %d", mode, contamination, v.Flagged[stop], flagged)
			}
		}
	}
}

func reasonOf(l *scan.Line) []byte {
	if !l.Verdict.Anomaly {
		return nil
	}
	return l.Verdict.Reason
}

// TestFilters holds what the server chooses against what a walk over all lines
// chooses.
func TestFilters(t *testing.T) {
	c := newClient(t, web.Config{})
	text := readFile(t, shopLog)
	v, _ := c.upload(bytes.NewReader(text), map[string]any{"name": "shop.log"})
	all := c.lines(v.ID, "stop=10")
	aPattern, another := all[1000].Pattern, all[2000].Pattern
	ms := func(l lineOf) int64 {
		at, err := time.Parse(time.RFC3339, l.Time)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMilli()
	}
	from, to := ms(all[500]), ms(all[900])
	expression := regexp.MustCompile(`(?i)declined|\d+ms$|^20`)
	for query, want := range map[string]func(lineOf) bool{
		"only=1":                func(l lineOf) bool { return l.Anomaly },
		"levels=warn,error":     func(l lineOf) bool { return l.Level == "warn" || l.Level == "error" },
		"levels=none&only=1":    func(l lineOf) bool { return l.Level == "" && l.Anomaly },
		"q=TIMED+out":           func(l lineOf) bool { return strings.Contains(strings.ToLower(l.Text), "timed out") },
		"q=info&levels=debug":   func(l lineOf) bool { return l.Level == "debug" && strings.Contains(strings.ToLower(l.Text), "info") },
		"q=nothing+of+the+kind": func(lineOf) bool { return false },
		"q=TIMED+out&exclude=1": func(l lineOf) bool { return !strings.Contains(strings.ToLower(l.Text), "timed out") },
		"regex=1&q=declined%7C%5Cd%2Bms%24%7C%5E20":                        func(l lineOf) bool { return expression.MatchString(l.Text) },
		"regex=1&q=declined%7C%5Cd%2Bms%24%7C%5E20&exclude=1&levels=error": func(l lineOf) bool { return l.Level == "error" && !expression.MatchString(l.Text) },
		"exclude=1":                     func(lineOf) bool { return true },
		"pattern=" + aPattern:           func(l lineOf) bool { return l.Pattern == aPattern },
		"hide=" + another + "," + "123": func(l lineOf) bool { return l.Pattern != another },
		"axis=line&from=10&to=20":       func(l lineOf) bool { return l.Line >= 10 && l.Line < 20 },
		fmt.Sprintf("axis=time&from=%d&to=%d&q=GET", from, to): func(l lineOf) bool {
			return ms(l) >= from && ms(l) < to && strings.Contains(strings.ToLower(l.Text), "get")
		},
	} {
		var wanted []int
		for _, l := range all {
			if want(l) {
				wanted = append(wanted, l.Line)
			}
		}
		for range 2 { // the second time from what is remembered
			var got []int
			for _, l := range c.lines(v.ID, "stop=10&"+query) {
				got = append(got, l.Line)
			}
			if !slices.Equal(got, wanted) {
				t.Errorf("%s: %d lines, want %d", query, len(got), len(wanted))
			}
		}
		var rows struct {
			Total, From int
			Rows        []struct{ N int }
		}
		at := len(wanted) / 2
		c.ask("GET", fmt.Sprintf("/api/views/%s/rows?stop=10&at=%d&n=5&%s", v.ID, at, query), nil, &rows)
		if rows.Total != len(wanted) || rows.From != at || len(rows.Rows) != min(5, len(wanted)-at) {
			t.Errorf("%s: rows %d of %d from %d", query, len(rows.Rows), rows.Total, rows.From)
		}
		for i, r := range rows.Rows {
			if r.N != wanted[at+i] {
				t.Errorf("%s: row %d is line %d, want %d", query, at+i, r.N, wanted[at+i])
			}
		}
	}
	for query, want := range map[string]string{
		"regex=1&q=%28": "missing closing )", "stop=99": "0 to 22", "stop=x": "stop", "levels=loud": "allowed: none, trace", "pattern=xyz": "base 16",
		"axis=depth&from=1&to=2": "allowed: time, line", "axis=time&from=a&to=2": "whole numbers", "q=" + strings.Repeat("x", 2000): "at most 1000",
	} {
		var e struct{ Error string }
		if status := c.ask("GET", "/api/views/"+v.ID+"/rows?"+query, nil, &e); status != 400 || !strings.Contains(e.Error, want) {
			t.Errorf("%.30s: status %d, %s", query, status, e.Error)
		}
	}
}

func TestSeekGoesFromAnomalyToAnomaly(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	var want []int
	for _, l := range c.lines(v.ID, "only=1") {
		want = append(want, l.Line)
	}
	for _, filter := range []string{"", "only=1&"} {
		var got []int
		for line := 0; ; {
			var found struct{ Line, Index int }
			c.ask("GET", fmt.Sprintf("/api/views/%s/seek?%sline=%d", v.ID, filter, line), nil, &found)
			if found.Line < 0 {
				break
			}
			if filter != "" && found.Index != len(got) || filter == "" && found.Index != found.Line-1 {
				t.Fatalf("line %d stands at %d", found.Line, found.Index)
			}
			got = append(got, found.Line)
			line = found.Line
		}
		if !slices.Equal(got, want) {
			t.Errorf("forward %v, want %v", got, want)
		}
		var back struct{ Line int }
		c.ask("GET", fmt.Sprintf("/api/views/%s/seek?%sline=%d&back=1", v.ID, filter, want[3]), nil, &back)
		if back.Line != want[2] {
			t.Errorf("before line %d comes %d, want %d", want[3], back.Line, want[2])
		}
	}
}

func TestChartCountsEveryLine(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	sum := func(all [][]int) (n int) {
		for _, group := range all {
			for _, k := range group {
				n += k
			}
		}
		return n
	}
	for query, want := range map[string][2]int{
		"x=time&bins=100":                      {4000, v.Flagged[0]},
		"x=line&bins=7&only=1":                 {4000, v.Flagged[0]},
		"x=line&stop=12":                       {4000, v.Flagged[12]},
		"x=line&axis=line&from=1001&to=2001":   {1000, -1},
		"x=time&bins=10&axis=line&from=1&to=5": {4000, -1}, // a range along the other axis is no window
	} {
		var chart struct {
			From, Width    int64
			Lines, Flagged [][]int
			Total          struct{ Lines int }
		}
		if status := c.ask("GET", "/api/views/"+v.ID+"/chart?"+query, nil, &chart); status != 200 {
			t.Fatal(query, status)
		}
		if sum(chart.Lines) != want[0] || want[1] >= 0 && sum(chart.Flagged) != want[1] || chart.Total.Lines != 4000 {
			t.Errorf("%s: %d lines, %d flagged, %d in all, want %v", query, sum(chart.Lines), sum(chart.Flagged), chart.Total.Lines, want)
		}
	}
}

// TestChartFarAway asks for a part of the chart that lies behind every log.
func TestChartFarAway(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	for _, axis := range []string{"line", "time"} {
		if status := c.ask("GET", "/api/views/"+v.ID+"/chart?x="+axis+"&axis="+axis+"&from=9223372036854775807&to=9223372036854775807", nil, nil); status != 200 {
			t.Errorf("by %s: status %d", axis, status)
		}
	}
}

// TestIgnorePattern: what "this is normal" writes ignores each line of its
// pattern, as many as the page says, and no other.
func TestIgnorePattern(t *testing.T) {
	c := newClient(t, web.Config{})
	log := readFile(t, shopLog)
	v, _ := c.upload(bytes.NewReader(log), map[string]any{"name": "shop.log"})
	all := c.lines(v.ID, "")

	// What Fluent Bit is told of each line.
	type told struct {
		message, fields []byte
		pattern         uint64
	}
	var events []told
	_, err := scan.Run(t.Context(), bytes.NewReader(log), scan.Options{Settings: options.Defaults()}, func(l *scan.Line) error {
		events = append(events, told{bytes.Clone(l.Event.Message), l.Event.AppendFields(nil, 4096), l.Verdict.Pattern})
		return nil
	})
	if err != nil || len(events) != len(all) {
		t.Fatalf("%d lines, %v", len(events), err)
	}

	var answer struct {
		Total    int
		Patterns []struct {
			ID, Record, Text string
			Lines, Count     int
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/patterns?n=400&levels=error", nil, &answer)
	for _, p := range answer.Patterns {
		if n := len(c.lines(v.ID, "pattern="+p.ID)); p.Lines != n {
			t.Errorf("%s has %d lines, of which %d are errors; the page says %d", p.Text, n, p.Count, p.Lines)
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/patterns?n=400", nil, &answer)
	if answer.Total != len(answer.Patterns) || answer.Total < 50 {
		t.Fatalf("%d of %d patterns", len(answer.Patterns), answer.Total)
	}
	ids := map[string]bool{}
	ignored, several := 0, 0
	var half []string
	for i, p := range answer.Patterns {
		ig, err := detector.NewIgnore([]string{"pattern:" + p.Record})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		words := map[string]bool{}
		for i, e := range events {
			is := all[i].Pattern == p.Record
			if ig.Has(e.message, e.fields, e.pattern) != is {
				t.Errorf("pattern:%s, %s: line %q is of it: %v", p.Record, p.Text, all[i].Text, is)
			}
			if is {
				n++
				words[strings.Map(func(r rune) rune {
					if r >= '0' && r <= '9' {
						return -1
					}
					return r
				}, string(e.message))] = true
			}
		}
		if n != p.Lines || n != p.Count {
			t.Errorf("%s: %d lines are ignored; the page says %d and counts %d", p.Text, n, p.Lines, p.Count)
		}
		if ignored += n; len(words) > 1 {
			several++
		}
		if ids[p.ID] = true; i%2 == 0 {
			half = append(half, "pattern:"+p.Record)
		}
	}
	if ignored != len(all) || len(ids) != answer.Total || several == 0 {
		t.Errorf("%d of %d lines are ignored; %d ids of %d patterns; %d patterns have other words in their lines", ignored, len(all), len(ids), answer.Total, several)
	}

	// The detector itself, told to ignore one half.
	stop := len(v.Flagged) - 1
	query := fmt.Sprintf("only=1&stop=%d", stop)
	of := func(lines []lineOf) (n int) {
		for _, l := range lines {
			if slices.Contains(half, "pattern:"+l.Pattern) {
				n++
			}
		}
		return n
	}
	before := c.lines(v.ID, query)
	again := c.ended(c.create(map[string]any{"of": v.ID, "options": map[string][]string{"Ignore": half}}).ID)
	after := c.lines(again.ID, query)
	if of(before) == 0 || of(after) != 0 || len(after) == 0 {
		t.Errorf("of %d flagged lines %d were of the patterns; told to ignore those, %d of %d are", len(before), of(before), of(after), len(after))
	}

	// Another Seed gives other ids to records, and none to the page.
	p := answer.Patterns[0]
	other := c.ended(c.create(map[string]any{"of": v.ID, "options": map[string][]string{"Seed": {"7"}}}).ID)
	c.ask("GET", "/api/views/"+other.ID+"/patterns?pattern="+p.ID, nil, &answer)
	if q := answer.Patterns[0]; answer.Total != 1 || q.Record == p.Record || q.Text != p.Text || q.Lines != p.Lines {
		t.Errorf("%+v is another under another Seed: %+v", p, answer.Patterns)
	}
}

func TestSecurityHeaders(t *testing.T) {
	c := newClient(t, web.Config{})
	for _, path := range []string{"/", "/app.js", "/api/start", "/api/views/NONE", "/nothing"} {
		var h http.Header
		c.ask("GET", path, nil, &h)
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
		} {
			if !strings.Contains(h.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if p := h.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.Contains(p, "require-trusted-types-for 'script'") {
			t.Errorf("%s: policy %s", path, p)
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins are let in", path)
		}
		if strings.HasPrefix(path, "/api/") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, h.Get("Cache-Control"))
		}
	}
}

// TestOtherOriginsAreRefused tries what a page elsewhere could make a browser
// send.
func TestOtherOriginsAreRefused(t *testing.T) {
	c := newClient(t, web.Config{}, shopLog)
	own := strings.TrimPrefix(c.url, "http://")
	port := own[strings.LastIndex(own, ":"):]
	for _, r := range []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"GET", "/api/start", nil, 200},
		{"GET", "/api/start", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", "/api/start", []string{"Sec-Fetch-Site", "none"}, 200},
		{"GET", "/api/start", []string{"Origin", c.url}, 200},
		{"GET", "/api/start", []string{"Host", "localhost" + port}, 200},
		{"GET", "/api/start", []string{"Host", "[::1]" + port}, 200},
		{"GET", "/", []string{"Sec-Fetch-Site", "cross-site"}, 200}, // a link to the page
		{"GET", "/api/start", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/api/start", []string{"Sec-Fetch-Site", "same-site"}, 403}, // another port of this machine
		{"GET", "/api/start", []string{"Origin", "https://elsewhere.example"}, 403},
		{"GET", "/api/start", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"GET", "/api/start", []string{"Origin", "null"}, 403},
		{"GET", "/api/start", []string{"Host", "elsewhere.example" + port}, 403}, // a name that was pointed here
		{"GET", "/", []string{"Host", "elsewhere.example"}, 403},
		{"GET", "/", []string{"Host", "127.0.0.1.elsewhere.example"}, 403},
		{"GET", "/", []string{"Host", "192.0.2.7"}, 403}, // not while it listens on loopback alone
		{"POST", "/api/views", []string{"Sec-Fetch-Site", "none"}, 403},
		{"POST", "/api/views", []string{"Content-Type", "text/plain"}, 415}, // as a form sends it
		{"POST", "/api/views", []string{"Origin", "https://elsewhere.example"}, 403},
		{"PUT", "/api/views/x/text", []string{"Origin", "https://elsewhere.example"}, 403},
		{"DELETE", "/api/views/x", []string{"Origin", "https://elsewhere.example"}, 403},
	} {
		if status := c.ask(r.method, r.path, strings.NewReader("{}"), nil, r.headers...); status != r.want {
			t.Errorf("%s %s with %v: status %d, want %d", r.method, r.path, r.headers, status, r.want)
		}
	}
}

func TestOtherNamesCanBeAllowed(t *testing.T) {
	c := newClient(t, web.Config{Hosts: []string{"logs.example"}})
	if status := c.ask("GET", "/api/start", nil, nil, "Host", "Logs.Example:80", "Origin", "http://logs.example:80"); status != 200 {
		t.Errorf("a name that --host allows: status %d", status)
	}
	for _, config := range []web.Config{{Listen: "8765"}, {Listen: "127.0.0.1:0", Given: func(n string) []string { return map[string][]string{"Trees": {"0"}}[n] }}} {
		if _, err := web.New(config); err == nil {
			t.Errorf("%+v is taken", config)
		}
	}
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// TestBadInputIsToldClearly uploads what is no log, or too much of one.
func TestBadInputIsToldClearly(t *testing.T) {
	c := newClient(t, web.Config{MaxSize: 3 << 20})
	png := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 9000)...)
	random := make([]byte, 9000)
	rand.NewChaCha8([32]byte{}).Read(random)
	for name, in := range map[string]struct {
		body []byte
		want string
	}{
		"empty":            {nil, "the log is empty"},
		"empty gzip":       {zipped(nil), "the log is empty"},
		"binary":           {append([]byte("MZ\x90\x00\x03\x00"), random...), "This is a binary file, not a log"},
		"picture":          {png, "a picture, not a log"},
		"binary, no NUL":   {bytes.Repeat([]byte("\x01\x02\x03abc"), 1000), "This is a binary file, not a log"},
		"picture in gzip":  {zipped(png), "a picture, not a log"},
		"gzip in gzip":     {zipped(zipped([]byte("a\nb\n"))), "compressed twice, with gzip within gzip"},
		"one endless line": {bytes.Repeat([]byte("x"), 2<<20), "It is one line, longer than 1048576 bytes, and no log"},
		"random bytes":     {random, "This is a binary file, not a log"},
		"lz4":              {[]byte("\x04\x22\x4d\x18xxxx"), "compressed with lz4"},
		"cut gzip":         {zipped(bytes.Repeat([]byte("a line\n"), 1e5))[:200], "The gzip file is cut off."},
		"bomb":             {zipped(bytes.Repeat([]byte("a line of a bomb\n"), 1e6)), "larger than the limit of 3.0 MiB"},
	} {
		v, status := c.upload(bytes.NewReader(in.body), map[string]any{"name": name})
		if status != http.StatusUnprocessableEntity || v.Phase != "failed" || !strings.Contains(v.Error, in.want) {
			t.Errorf("%s: status %d, %s: %s", name, status, v.Phase, v.Error)
		}
	}
	var e struct{ Error string }
	body := `{"name":"big","size":4000000}`
	if status := c.ask("POST", "/api/views", strings.NewReader(body), &e); status != 413 || !strings.Contains(e.Error, "--max-size") {
		t.Errorf("too large, said before: status %d, %s", status, e.Error)
	}
	// The server hangs up before it has read all of it, which a client that is
	// still sending may take for a broken connection: the view knows better.
	big := c.create(map[string]any{"name": "big"})
	r, err := http.NewRequest("PUT", c.url+"/api/views/"+big.ID+"/text", bytes.NewReader(bytes.Repeat([]byte("a line\n"), 1e6)))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := http.DefaultClient.Do(r); err == nil {
		if a.Body.Close(); a.StatusCode != 413 {
			t.Errorf("too large: status %d", a.StatusCode)
		}
	}
	if v := c.ended(big.ID); !strings.Contains(v.Error, "larger than the limit") {
		t.Errorf("too large: %s", v.Error)
	}
	// What is no error in a log, and yet no log: it is shown, and said.
	if v, _ := c.upload(strings.NewReader("[\n  {\"level\": \"info\"}\n]\n"), map[string]any{"name": "array"}); v.Lines != 3 || !strings.Contains(v.Error, "This looks like a JSON array") {
		t.Errorf("a JSON array: %+v", v)
	}
	// Text, although it looks odd at first.
	for name, body := range map[string]string{
		"NULs at the beginning": strings.Repeat("\x00", 5000) + strings.Repeat("a line\n", 300),
		"NULs in between":       strings.Repeat("a \x00 line\n", 300),
		"UTF-16":                "\xff\xfe" + strings.Repeat("h\x00i\x00\r\x00\n\x00", 300),
		"UTF-16 without a mark": strings.Repeat("h\x00i\x00\r\x00\n\x00", 300),
		"Latin-1":               strings.Repeat("Z\xfcrich, gr\xfc\xdfe\n", 300),
		"colors":                strings.Repeat("\x1b[31mred\x1b[0m\n", 300),
	} {
		if v, status := c.upload(strings.NewReader(body), map[string]any{"name": name}); status != 200 || v.Lines < 300 || v.Lines > 301 {
			t.Errorf("%s: status %d, %+v", name, status, v)
		}
	}
	// One long line among others is cut, not refused.
	long := slices.Concat(bytes.Repeat([]byte("a line\n"), 300), bytes.Repeat([]byte("x"), 2<<20), []byte("\na line\n"))
	if v, status := c.upload(bytes.NewReader(long), map[string]any{"name": "long"}); status != 200 || v.Lines != 302 || v.Cut != 1 {
		t.Errorf("a long line: status %d, %+v", status, v)
	} else if last := c.lines(v.ID, "axis=line&from=302&to=303"); len(last) != 1 || last[0].Text != "a line" {
		t.Errorf("behind a long line stands %+v", last)
	}
	for request, want := range map[string]string{
		`{"mode":"live"}`:                    "allowed: stream, batch",
		`{"options":{"Warmup":["5"]}}`:       "allowed: 32 to 1000000",
		`{"options":{"Nothing":["5"]}}`:      `no option "Nothing"`,
		`{"options":{"Keep":["anomalies"]}}`: `no option "Keep"`,
		`{"options":{"Ignore":["a","(b"]}}`:  "Ignore",
		`{"of":"NONE"}`:                      "not here any more",
		`no json`:                            "no JSON",
	} {
		var e struct{ Error string }
		if status := c.ask("POST", "/api/views", strings.NewReader(request), &e); status < 400 || !strings.Contains(e.Error, want) {
			t.Errorf("%s: status %d, %s", request, status, e.Error)
		}
	}
}

// TestRowsAreThereWhileTheUploadGoesOn holds the upload back and asks.
func TestRowsAreThereWhileTheUploadGoesOn(t *testing.T) {
	c := newClient(t, web.Config{})
	v := c.create(map[string]any{"name": "live", "size": -1})
	text := readFile(t, shopLog)
	half := bytes.LastIndexByte(text[:len(text)/2], '\n') + 1
	in, feed := io.Pipe()
	ended := make(chan int)
	go func() { ended <- c.ask("PUT", "/api/views/"+v.ID+"/text", in, nil) }()
	feed.Write(text[:half])
	want := bytes.Count(text[:half], []byte("\n"))
	if now := c.wait(v.ID, func(v viewState) bool { return v.Lines >= want || v.Phase == "done" || v.Phase == "failed" }); now.Phase != "scanning" {
		t.Fatalf("it is %s: %s", now.Phase, now.Error)
	}
	early := c.lines(v.ID, "only=1&q=e")
	if len(early) == 0 {
		t.Error("no anomaly is shown before the end of the upload")
	}
	if status := c.ask("POST", "/api/views", strings.NewReader(`{"of":"`+v.ID+`","mode":"batch"}`), nil, "Content-Type", "application/json"); status != 409 {
		t.Errorf("half of a log is judged again: status %d", status)
	}
	feed.Write(text[half:])
	feed.Close()
	if status := <-ended; status != 200 {
		t.Errorf("status %d", status)
	}
	whole := c.lines(v.ID, "only=1&q=e")
	if len(whole) <= len(early) || !slices.EqualFunc(early, whole[:len(early)], func(a, b lineOf) bool { return a.Line == b.Line && a.Text == b.Text }) {
		t.Errorf("%d lines at half, %d in the end", len(early), len(whole))
	}
	if status := c.ask("PUT", "/api/views/"+v.ID+"/text", strings.NewReader("x"), nil); status != 409 {
		t.Errorf("a second text: status %d", status)
	}
}

// TestScanAgain judges the same text under other options; the new view lives
// on when the old one is closed.
func TestScanAgain(t *testing.T) {
	c := newClient(t, web.Config{})
	text := readFile(t, shopLog)
	first, _ := c.upload(bytes.NewReader(zipped(text)), map[string]any{"name": "shop.log.gz"})
	second := c.create(map[string]any{"of": first.ID, "mode": "batch", "options": map[string][]string{"Warmup": {"64"}, "Ignore": {"GET", "POST"}}})
	if status := c.ask("DELETE", "/api/views/"+first.ID, nil, nil); status != 204 {
		t.Errorf("status %d", status)
	}
	second = c.ended(second.ID)
	if second.Lines != 4000 || second.Judged != 4000 {
		t.Errorf("%+v", second)
	}
	for _, l := range c.lines(second.ID, "only=1&stop=22") {
		if strings.Contains(l.Text, "GET") || strings.Contains(l.Text, "POST") {
			t.Fatalf("an ignored line is flagged: %s", l.Text)
		}
	}
	// A link to the first finds the second, for as long as that is there.
	var found viewState
	if status := c.ask("GET", "/api/views/"+first.ID, nil, &found); status != 200 || found.ID != second.ID {
		t.Errorf("the log that was judged again: status %d, %s", status, found.ID)
	}
	for _, id := range []string{second.ID, second.ID, first.ID} {
		c.ask("DELETE", "/api/views/"+id, nil, nil)
		if status := c.ask("GET", "/api/views/"+id, nil, nil); status != 404 {
			t.Errorf("a closed log: status %d", status)
		}
	}
}

// TestScanAgainOfAFile: what was named at the start stays on the page, as it
// was judged last.
func TestScanAgainOfAFile(t *testing.T) {
	c := newClient(t, web.Config{}, shopLog)
	started := func() []string {
		var start struct{ Views []string }
		c.ask("GET", "/api/start", nil, &start)
		return start.Views
	}
	first := c.ended(started()[0])
	second := c.create(map[string]any{"of": first.ID, "mode": "batch"})
	// Not waited for: its text is all there.
	third := c.create(map[string]any{"of": second.ID, "options": map[string][]string{"Seed": {"7"}}})
	if views := started(); !slices.Equal(views, []string{third.ID}) {
		t.Errorf("the page begins with %v, not with %s", views, third.ID)
	}
	// A pattern is the same one whatever the seed: what was set aside stays so.
	ids := func(id string) (all []string) {
		c.ended(id)
		var answer struct{ Patterns []struct{ ID string } }
		c.ask("GET", "/api/views/"+id+"/patterns?n=400", nil, &answer)
		for _, p := range answer.Patterns {
			all = append(all, p.ID)
		}
		slices.Sort(all)
		return all
	}
	if !slices.Equal(ids(first.ID), ids(third.ID)) {
		t.Error("the patterns have other names under another seed")
	}
	c.ask("DELETE", "/api/views/"+first.ID, nil, nil)
	c.ask("DELETE", "/api/views/"+second.ID, nil, nil)
	if v := c.ended(first.ID); v.ID != third.ID {
		t.Errorf("a link to the first finds %s", v.ID)
	}
	c.ask("DELETE", "/api/views/"+third.ID, nil, nil)
	if views := started(); len(views) > 0 {
		t.Errorf("a log that was closed is there again: %v", views)
	}
}

// TestStop stops a scan in the middle; what there is stays, also when it is
// judged again.
func TestStop(t *testing.T) {
	c := newClient(t, web.Config{})
	v := c.create(map[string]any{"name": "live", "size": -1})
	in, feed := io.Pipe()
	sent := make(chan struct{})
	go func() { // the server may hang up before it has all of the request
		defer close(sent)
		r, _ := http.NewRequest("PUT", c.url+"/api/views/"+v.ID+"/text", in)
		if a, err := http.DefaultClient.Do(r); err == nil {
			a.Body.Close()
		}
	}()
	fmt.Fprint(feed, strings.Repeat("a line\n", 1000))
	c.wait(v.ID, func(v viewState) bool { return v.Lines == 1000 })
	if status := c.ask("POST", "/api/views/"+v.ID+"/stop", nil, nil); status != 204 {
		t.Errorf("status %d", status)
	}
	go feed.Write([]byte("another\n")) // a read that waits for the network ends with it
	if v = c.ended(v.ID); v.Phase != "failed" || !strings.Contains(v.Error, "The scan was stopped") || v.Lines != 1000 {
		t.Errorf("%+v", v)
	}
	feed.Close()
	<-sent
	if n := len(c.lines(v.ID, "")); n != 1000 {
		t.Errorf("%d lines are left", n)
	}
	again := c.ended(c.create(map[string]any{"of": v.ID}).ID)
	if again.Phase != "failed" || !strings.Contains(again.Error, "Only a part") || again.Lines != 1000 {
		t.Errorf("a part of a log is taken for all of it: %+v", again)
	}
}

// TestPatternsThatBeginAlike: a message that is a pattern of its own in one group
// is the first of another pattern in the next, where it is known what varies.
func TestPatternsThatBeginAlike(t *testing.T) {
	c := newClient(t, web.Config{})
	var b strings.Builder
	for _, job := range []string{"a alpha", "b beta", "b gamma", "b delta", "b alpha", "b beta"} {
		fmt.Fprintf(&b, `{"app":"%s","message":"the job %s was started by cron"}`+"\n", job[:1], job[2:])
	}
	v, _ := c.upload(strings.NewReader(b.String()), map[string]any{"name": "jobs.log", "options": map[string][]string{"Group_By": {"app"}}})
	var answer struct {
		Patterns []struct {
			ID, Record string
			Lines      int
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/patterns?sort=first", nil, &answer)
	all := answer.Patterns
	if len(all) != 5 || all[0].Lines != 1 || all[4].Lines != 2 || all[0].ID == all[4].ID || all[0].Record == all[4].Record {
		t.Fatalf("%+v", all)
	}
	for _, p := range all {
		if n := len(c.lines(v.ID, "pattern="+p.ID)); n != p.Lines {
			t.Errorf("%d lines are of %+v", n, p)
		}
	}
}

// unlike is the i-th of many lines that differ from each other in four words, so
// that each is a pattern of its own. Those of as many letters are of one log.
func unlike(i, letters int) string {
	var b strings.Builder
	for _, word := range []string{"told", "to", "and", "so"} {
		for k, n := 0, i; k < letters; k, n = k+1, n/26 {
			b.WriteByte('a' + byte(n%26))
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
	b.WriteString("it ended\n")
	return b.String()
}

// TestManyPatterns shows a log of more patterns than are told apart.
func TestManyPatterns(t *testing.T) {
	c := newClient(t, web.Config{})
	var b strings.Builder
	const n = 20_500
	for i := range n {
		b.WriteString(unlike(i, 4))
	}
	v, _ := c.upload(strings.NewReader(b.String()), map[string]any{"name": "many"})
	if v.Phase != "done" || v.Patterns != 20_000 {
		t.Fatalf("%+v", v)
	}
	var answer struct {
		Total    int
		Patterns []struct {
			ID, Text, Record string
			Count, Lines     int
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/patterns?sort=count&n=2", nil, &answer)
	rest := answer.Patterns[0]
	if answer.Total != 20_000 || rest.ID != "0" || rest.Count != n-19_999 || rest.Lines != rest.Count || rest.Record != "" || !strings.Contains(rest.Text, "beyond the first 19999") {
		t.Errorf("%+v", answer)
	}
	if got := len(c.lines(v.ID, "pattern=0")); got != rest.Count {
		t.Errorf("%d lines are of none of the patterns, want %d", got, rest.Count)
	}
	if got := len(c.lines(v.ID, "hide=0")); got != 19_999 {
		t.Errorf("%d lines are of the other patterns", got)
	}
}

// TestLevelsAreCountedWhateverIsFiltered: how many lines a level would show
// does not depend on the levels that are chosen already.
func TestLevelsAreCountedWhateverIsFiltered(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	type answer struct {
		Total struct {
			Lines             int
			Levels, EachLevel []int
		}
	}
	var all, warn answer
	c.ask("GET", "/api/views/"+v.ID+"/chart?x=line&q=order", nil, &all)
	c.ask("GET", "/api/views/"+v.ID+"/chart?x=line&q=order&levels=warn", nil, &warn)
	if !slices.Equal(all.Total.Levels, warn.Total.EachLevel) || !slices.Equal(all.Total.EachLevel, warn.Total.EachLevel) {
		t.Errorf("levels %v, with one chosen %v", all.Total.EachLevel, warn.Total.EachLevel)
	}
	if want := len(c.lines(v.ID, "q=order&levels=warn")); warn.Total.Lines != want || want == 0 {
		t.Errorf("%d lines, want %d", warn.Total.Lines, want)
	}
}

// TestPatternsAddUp: what the table says of a pattern is what its lines say.
func TestPatternsAddUp(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "shop.log"})
	var answer struct {
		Patterns []struct {
			ID, Text                     string
			Lines, Count, Flagged, First int
			Mean, Max                    float64
			Levels                       []int
		}
	}
	c.ask("GET", "/api/views/"+v.ID+"/patterns?n=400", nil, &answer)
	names := []string{""}
	for l := pattern.LevelNone + 1; int(l) < pattern.Levels; l++ {
		names = append(names, strings.ToLower(l.String()))
	}
	flagged := 0
	for _, p := range answer.Patterns {
		lines := c.lines(v.ID, "pattern="+p.ID)
		n, judged, sum, most := 0, 0, 0.0, 0.0
		levels := make([]int, pattern.Levels)
		for _, l := range lines {
			levels[slices.Index(names, l.Level)]++
			if l.Anomaly {
				n++
			}
			if l.Score != nil {
				judged++
				sum += *l.Score
				most = max(most, *l.Score)
			}
		}
		mean := 0.0
		if judged > 0 {
			mean = sum / float64(judged)
		}
		if len(lines) != p.Count || len(lines) != p.Lines || n != p.Flagged || !slices.Equal(levels, p.Levels) || lines[0].Line != p.First ||
			math.Abs(mean-p.Mean) > 0.0002 || math.Abs(most-p.Max) > 0.0002 {
			t.Errorf("%+v: its %d lines say %d flagged, levels %v, first %d, mean %.4f, most %.4f", p, len(lines), n, levels, lines[0].Line, mean, most)
		}
		flagged += n
	}
	if len(answer.Patterns) < 50 || flagged == 0 {
		t.Errorf("%d patterns, %d lines flagged", len(answer.Patterns), flagged)
	}
	type around struct {
		Row  struct{ N int }
		Near []struct{ N int }
	}
	for query, want := range map[string]string{"": "{{1} [{1}]}", "?line=3&around=2": "{{3} [{1} {2} {3} {4} {5}]}", "?line=1&around=1": "{{1} [{1} {2}]}"} {
		var line around
		if status := c.ask("GET", "/api/views/"+v.ID+"/line"+query, nil, &line); status != 200 || fmt.Sprint(line) != want {
			t.Errorf("/line%s: status %d, %v, want %s", query, status, line, want)
		}
	}
	for _, n := range []string{"0", "-1", "1000000"} {
		if status := c.ask("GET", "/api/views/"+v.ID+"/line?line="+n, nil, nil); status == 200 {
			t.Errorf("line %s is there", n)
		}
	}
}

// TestNothingStaysOnDisk: the temporary files have no name, so that nobody
// else finds them and nothing is left behind.
func TestNothingStaysOnDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	c := newClient(t, web.Config{})
	for _, mode := range []string{"stream", "batch"} {
		if v, _ := c.upload(bytes.NewReader(readFile(t, shopLog)), map[string]any{"name": "x", "mode": mode}); v.Phase != "done" {
			t.Fatal(v.Error)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestTheOldestLogMakesRoomForLines: lines are what costs memory.
func TestTheOldestLogMakesRoomForLines(t *testing.T) {
	c := newClient(t, web.Config{MaxLines: 10_000})
	text := strings.Repeat("a line\n", 4000)
	var ids []string
	for range 4 {
		v, status := c.upload(strings.NewReader(text), map[string]any{"name": "x"})
		if status != 200 || v.Lines != 4000 {
			t.Fatalf("status %d, %+v", status, v)
		}
		ids = append(ids, v.ID)
	}
	for i, want := range []int{404, 404, 200, 200} {
		if status := c.ask("GET", "/api/views/"+ids[i], nil, nil); status != want {
			t.Errorf("log %d: status %d, want %d", i+1, status, want)
		}
	}
	if v, status := c.upload(strings.NewReader(strings.Repeat(text, 3)), map[string]any{"name": "x"}); status != 422 || !strings.Contains(v.Error, "more than 10000 lines") {
		t.Errorf("status %d, %+v", status, v)
	}
}

func TestTheOldestLogMakesRoom(t *testing.T) {
	c := newClient(t, web.Config{}, shopLog)
	var start struct{ Views []string }
	c.ask("GET", "/api/start", nil, &start)
	var first viewState
	for i := range 20 {
		v, status := c.upload(strings.NewReader("a line\n"), map[string]any{"name": "x"})
		if status != 200 {
			t.Fatalf("log %d: status %d", i, status)
		}
		if i == 0 {
			first = v
		}
	}
	if status := c.ask("GET", "/api/views/"+first.ID, nil, nil); status != 404 {
		t.Errorf("the oldest is still there: status %d", status)
	}
	if status := c.ask("GET", "/api/views/"+start.Views[0], nil, nil); status != 200 {
		t.Errorf("a file of the command line has made room: status %d", status)
	}
}

// TestExportsAreSafe exports lines that are meant to do harm.
func TestExportsAreSafe(t *testing.T) {
	c := newClient(t, web.Config{})
	hostile := []string{"=HYPERLINK(\"x\")", "+1", "-1", "@x", "\tx", "plain, with \"quotes\"", "bad \xff bytes", "<script>alert(1)</script>"}
	v, _ := c.upload(strings.NewReader(strings.Join(hostile, "\n")+"\n"), map[string]any{"name": "../../a\"b\r\n/evil.log"})
	var body []byte
	c.ask("GET", "/api/views/"+v.ID+"/export?format=csv", nil, &body)
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 1+len(hostile) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, h := range hostile {
		got := rows[i+1][len(rows[0])-1] // the text
		if strings.ContainsAny(got[:1], "=+-@\t\r") || strings.TrimPrefix(got, "'") != strings.ToValidUTF8(h, "\uFFFD") {
			t.Errorf("%q became %q", h, got)
		}
	}
	var h http.Header
	c.ask("GET", "/api/views/"+v.ID+"/export?format=csv", nil, &h)
	if d := h.Get("Content-Disposition"); d != "attachment; filename=evil-anomalies.csv" {
		t.Errorf("the download's name: %s", d)
	}
	if status := c.ask("GET", "/api/views/"+v.ID+"/export?format=exe", nil, nil); status != 400 {
		t.Errorf("another format: status %d", status)
	}
}

// TestExportHasTheTimeOfALine where it has one of its own, and the record that it is of.
func TestExportHasTheTimeOfALine(t *testing.T) {
	c := newClient(t, web.Config{})
	v, _ := c.upload(strings.NewReader("no time yet\n2026-03-02T08:00:01.250Z INFO ready\nno time\n2026-03-02T08:00:02Z ERROR it failed\n\tat a.B(C.java:1)\n"), map[string]any{"name": "a.log"})
	var got []string
	for _, l := range c.lines(v.ID, "") {
		got = append(got, l.Time)
	}
	if want := []string{"", "2026-03-02T08:00:01.250Z", "", "2026-03-02T08:00:02.000Z", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var body []byte
	c.ask("GET", "/api/views/"+v.ID+"/export?format=jsonl", nil, &body)
	if n := bytes.Count(body, []byte(`"record":4`)); n != 1 || bytes.Count(body, []byte(`"record"`)) != 1 {
		t.Errorf("%s", body)
	}
}

// TestSearchInBlocks looks for text in a log of several blocks, against a
// search by hand.
func TestSearchInBlocks(t *testing.T) {
	c := newClient(t, web.Config{})
	var text bytes.Buffer
	g := shoplog.New(shoplog.Options{Seed: 3})
	var want []int
	for i := 1; text.Len() < 5<<20; i++ {
		line := g.Next().Line
		if strings.Contains(strings.ToLower(line), "kettle") {
			want = append(want, i)
		}
		text.WriteString(line + "\r\n")
	}
	v, _ := c.upload(&text, map[string]any{"name": "big"})
	var got []int
	for _, l := range c.lines(v.ID, "q="+url.QueryEscape("Kettle")) {
		got = append(got, l.Line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
}

// The page's assets ask nothing of any other host, and are small.
func TestAssetsAreSelfContained(t *testing.T) {
	files, err := os.ReadDir("dist")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	elsewhere := regexp.MustCompile(`(?i)(?:src|href|url|import|fetch)\s*[=(]\s*["']?https?://`)
	for _, f := range files {
		b := readFile(t, "dist/"+f.Name())
		if len(b) >= 1<<20 {
			t.Errorf("%s has %d bytes", f.Name(), len(b))
		}
		if m := elsewhere.Find(b); m != nil {
			t.Errorf("%s asks another host: %s", f.Name(), m)
		}
	}
	page := string(readFile(t, "dist/index.html"))
	if regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son\w+=`).MatchString(page) {
		t.Error("the page has inline script or style, which its own policy forbids")
	}
}

// spoolsOpen counts the temporary files of logs that this process has open.
func spoolsOpen(t *testing.T) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("SKIPPED: no /proc here")
	}
	for _, e := range list {
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.Contains(to, "/flb-anomaly-") {
			n++
		}
	}
	return n
}

// TestNothingStaysOpen: a log that is closed, or makes room, or finds none, gives
// back its files.
func TestNothingStaysOpen(t *testing.T) {
	before := spoolsOpen(t)
	c := newClient(t, web.Config{})
	var last viewState
	for range 40 { // more than are held at once
		v, status := c.upload(strings.NewReader("a line\n"), map[string]any{"name": "x"})
		if status != 200 {
			t.Fatal(status)
		}
		last = v
	}
	held := spoolsOpen(t) - before
	if held < 2 || held > 32 {
		t.Errorf("%d temporary files are open, two for each log that is held are right", held)
	}
	again := c.create(map[string]any{"name": "x", "of": last.ID, "options": map[string][]string{"Warmup": {"32"}}})
	c.ended(again.ID)
	for _, id := range []string{last.ID, again.ID} { // they share the text
		if status := c.ask("DELETE", "/api/views/"+id, nil, nil); status >= 300 && status != 404 {
			t.Fatal(status)
		}
	}
	// The oldest log made room for the second view of the last one.
	if left := spoolsOpen(t) - before; left != held-4 {
		t.Errorf("%d temporary files are open after two logs of %d files are gone, want %d", left, held, held-4)
	}
	// The logs of the command line make no room.
	c = newClient(t, web.Config{}, slices.Repeat([]string{shopLog}, 16)...)
	before = spoolsOpen(t)
	for range 3 {
		if status := c.ask("POST", "/api/views", strings.NewReader(`{"name": "x"}`), nil); status < 400 {
			t.Fatalf("status %d, and there was no room", status)
		}
	}
	if now := spoolsOpen(t); now != before {
		t.Errorf("%d temporary files are open after three logs that found no room, want %d", now, before)
	}
}

// TestRequestsHaveALimit: what is not the text of a log is read up to a mebibyte.
func TestRequestsHaveALimit(t *testing.T) {
	c := newClient(t, web.Config{})
	for size, want := range map[int]int{1 << 10: http.StatusCreated, 1<<20 - 100: http.StatusCreated, 1<<20 + 100: http.StatusBadRequest} {
		body := `{"name": "x", "mode": "stream"` + strings.Repeat(" ", size) + "}"
		var v viewState
		if status := c.ask("POST", "/api/views", strings.NewReader(body), &v); status != want {
			t.Errorf("a request of %d bytes: status %d, want %d: %s", len(body), status, want, v.Error)
		}
	}
}
