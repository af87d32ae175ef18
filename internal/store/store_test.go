package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	day  = 24 * time.Hour
)

// serve is a store of our own, which answers as handle says.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s.URL
}

// loki plays a Loki that has these lines, in two streams, and gives them in pages.
func loki(t *testing.T, lines []Record, asked *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked++
		q := r.URL.Query()
		number := func(name string) int64 {
			n, err := strconv.ParseInt(q.Get(name), 10, 64)
			if err != nil {
				t.Errorf("%s is %q", name, q.Get(name))
			}
			return n
		}
		if r.Method != http.MethodGet || r.URL.Path != "/logs/loki/api/v1/query_range" || q.Get("query") != `{job="shop"}` || q.Get("direction") != "forward" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		from, to, limit := number("start"), number("end"), number("limit")
		streams := map[string][][]any{}
		given := int64(0)
		for _, l := range lines {
			at := l.Time.UnixNano()
			if at < from || at >= to || given == limit {
				continue
			}
			given++
			streams[l.Fields["host"]] = append(streams[l.Fields["host"]], []any{strconv.FormatInt(at, 10), string(l.Text)})
		}
		var result []any
		for host, values := range streams {
			result = append(result, map[string]any{"stream": map[string]string{"host": host}, "values": values})
		}
		json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "streams", "result": result}})
	}
}

func lines(n int, at func(i int) time.Time) (list []Record) {
	for i := range n {
		list = append(list, Record{at(i), fmt.Appendf(nil, "line %d", i), map[string]string{"host": fmt.Sprintf("h%d", i%2)}})
	}
	return list
}

func read(t *testing.T, s Store) (list []string, err error) {
	t.Helper()
	var last time.Time
	err = s.Each(t.Context(), noon, noon.Add(day), func(r *Record) error {
		if r.Time.Before(last) {
			t.Errorf("%s is behind %s", r.Time, last)
		}
		last = r.Time
		list = append(list, string(r.Text))
		return nil
	})
	return list, err
}

// TestLokiPages reads 2,500 lines, of which many share a time, at the borders of pages
// too: each comes once, in the order of time, and none from outside the time.
func TestLokiPages(t *testing.T) {
	stock := lines(2600, func(i int) time.Time { return noon.Add(time.Duration(i/7) * time.Minute / 2) })
	stock[40].Text = stock[41].Text // the same line twice, in two streams
	stock = append(stock, lines(3, func(int) time.Time { return noon.Add(day) })...)
	asked := 0
	got, err := read(t, &Loki{Client{URL: serve(t, loki(t, stock, &asked)) + "/logs"}, `{job="shop"}`})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, l := range stock[:2600] {
		want = append(want, string(l.Text))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || asked != 3 {
		t.Errorf("%d lines of %d in %d pages", len(got), len(want), asked)
	}
}

func TestLokiLinesOfOneTime(t *testing.T) {
	asked := 0
	stock := lines(1500, func(int) time.Time { return noon })
	_, err := read(t, &Loki{Client{URL: serve(t, loki(t, stock, &asked)) + "/logs"}, `{job="shop"}`})
	if err == nil || !strings.Contains(err.Error(), "more than 1000 lines have the time 2026-03-02T12:00:00Z") || asked > 2 {
		t.Errorf("%v after %d pages", err, asked)
	}
}

// TestElasticsearchPages scrolls through 2,500 documents, and lets go of the scroll.
func TestElasticsearchPages(t *testing.T) {
	var asked []string
	at := 0
	page := func(w http.ResponseWriter) {
		var hits []any
		for ; at < 2500 && len(hits) < pageRecords; at++ {
			hits = append(hits, map[string]any{"_source": map[string]any{"log": fmt.Sprint("line ", at)}, "sort": []any{noon.UnixMilli() + int64(at)}})
		}
		json.NewEncoder(w).Encode(map[string]any{"_scroll_id": "place", "timed_out": false, "_shards": map[string]int{"total": 2}, "hits": map[string]any{"hits": hits}})
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path)
		for _, want := range map[string][]string{
			"/logs-a,logs-b/_search": {`"gte":"2026-03-02T12:00:00Z"`, `"lt":"2026-03-03T12:00:00Z"`, `{"term":{"anomaly":"true"}}`, `{"query_string":{"query":"service:shop"}}`, `"size":1000`, `"order":"asc"`},
			"/_search/scroll":        {`"scroll_id":`, `"place"`},
		}[r.URL.Path] {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s lacks %s: %s", r.URL.Path, want, body)
			}
		}
		if r.Method != http.MethodDelete {
			page(w)
			return
		}
		fmt.Fprint(w, `{"succeeded":true}`)
	})
	got, err := read(t, &Elasticsearch{Client: Client{URL: url}, Index: "logs-a,logs-b", Query: "service:shop", Tagged: "anomaly"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2500 || got[0] != `{"log":"line 0"}` || got[2499] != `{"log":"line 2499"}` {
		t.Errorf("%d documents", len(got))
	}
	if want := []string{"POST /logs-a,logs-b/_search", "POST /_search/scroll", "POST /_search/scroll", "DELETE /_search/scroll"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// TestAPartIsNoAnswer: what a store gives of what it could not read whole is refused.
func TestAPartIsNoAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		`{"timed_out":true,"_shards":{"total":2},"hits":{"hits":[]}}`:               "took too long",
		`{"timed_out":false,"_shards":{"total":5,"failed":2},"hits":{"hits":[{}]}}`: "2 of 5 shards gave no documents",
		`<html>a login page</html>`: "is not that of the API",
		`{"hits":{"hits":"many"}}`:  "is not that of the API",
	} {
		got, err := read(t, &Elasticsearch{Client: Client{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })}, Index: "x"})
		if err == nil || !strings.Contains(err.Error(), want) || len(got) > 0 {
			t.Errorf("%s: %v and %d documents, want %q", answer, err, len(got), want)
		}
	}
	for answer, want := range map[string]string{
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`:                               `gives "matrix" and no lines`,
		`{"data":{"resultType":"streams","result":[{"stream":{},"values":[["noon","line"]]}]}}`:         "has the time noon, nanoseconds as text are right",
		`{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1772452800000000000"]]}]}}`: "has 1 parts",
	} {
		_, err := read(t, &Loki{Client{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })}, "{}"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", answer, err, want)
		}
	}
}

// TestErrorsOfAStore are told in its own words; who is busy is asked again, who refuses
// is not.
func TestErrorsOfAStore(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		asked  int
		want   string
	}{
		{401, "no org id\n", 1, "401 Unauthorized: no org id"},
		{400, `parse error at line 1, col 1: syntax error`, 1, "400 Bad Request: parse error at line 1"},
		{404, `{"error":{"type":"index_not_found_exception","reason":"no such index [x]"},"status":404}`, 1, "404 Not Found: no such index [x]"},
		{403, `{"message":"forbidden by a proxy"}`, 1, "403 Forbidden: forbidden by a proxy"},
		{500, strings.Repeat("long ", 1000), 1, "500 Internal Server Error: long long"},
		{503, "not ready", 3, "503 Service Unavailable: not ready"},
		{429, "slow down", 3, "429 Too Many Requests: slow down"},
	} {
		asked := 0
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := read(t, &Loki{Client{URL: url, Wait: time.Millisecond}, "{}"})
		status, ok := errors.AsType[*StatusError](err)
		if !ok || status.Status != c.status || !strings.HasPrefix(err.Error(), c.want) || asked != c.asked || len(err.Error()) > 400 {
			t.Errorf("%d: %v after %d requests, want %q after %d", c.status, err, asked, c.want, c.asked)
		}
	}
}

// TestWhatIsCutOffIsAskedAgain: a connection that ends in an answer is no answer.
func TestWhatIsCutOffIsAskedAgain(t *testing.T) {
	asked := 0
	full := loki(t, lines(5, func(int) time.Time { return noon }), new(int))
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, `{"status":"success","data":`)
			return
		}
		full(w, r)
	})
	got, err := read(t, &Loki{Client{URL: url + "/logs", Wait: time.Millisecond}, `{job="shop"}`})
	if err != nil || len(got) != 5 || asked != 3 {
		t.Errorf("%v, %d lines after %d requests", err, len(got), asked)
	}
}

// TestNoAnswerEnds: a store that says nothing, at once or in the middle, is given up, and
// so is one when the caller is.
func TestNoAnswerEnds(t *testing.T) {
	for _, begin := range []string{"", `{"status":`} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if begin != "" {
				fmt.Fprint(w, begin)
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		})
		_, err := read(t, &Loki{Client{URL: url, Timeout: 20 * time.Millisecond, Wait: time.Millisecond}, "{}"})
		if err == nil || err.Error() != "no answer within 20ms" {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		l := &Loki{Client{URL: url}, "{}"}
		if err := l.Each(ctx, noon, noon.Add(day), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestHeadersAreSent(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic c2hvcDpzZWNyZXQ=" || r.Header.Get("X-Scope-Orgid") != "shop" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"data":{"resultType":"streams","result":[]}}`)
	})
	h := http.Header{}
	h.Set("Authorization", "Basic c2hvcDpzZWNyZXQ=")
	h.Set("X-Scope-OrgID", "shop")
	if _, err := read(t, &Loki{Client{URL: url, Header: h}, "{}"}); err != nil {
		t.Error(err)
	}
	if _, err := read(t, &Loki{Client{URL: url}, "{}"}); err == nil {
		t.Error("no header, and no error")
	}
}

func TestURL(t *testing.T) {
	for _, url := range []string{"", "loki:3100", "ftp://loki", "http://"} {
		if _, err := read(t, &Loki{Client{URL: url}, "{}"}); err == nil || !strings.Contains(err.Error(), "is no URL of a store") {
			t.Errorf("%q: %v", url, err)
		}
	}
	l := &Loki{Client{URL: "http://name:secret@127.0.0.1:1", Wait: time.Millisecond}, "{}"}
	if _, err := read(t, l); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
