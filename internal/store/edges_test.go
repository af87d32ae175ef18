package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// transport is a store without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body notices whether it was closed.
type body struct {
	io.Reader
	open *int
}

func (b body) Close() error {
	*b.open--
	return nil
}

func answer(status int, text string, open *int) *http.Response {
	*open++
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: body{strings.NewReader(text), open}}
}

const noLines = `{"data":{"resultType":"streams","result":[]}}`

// TestWaitsBeforeItAsksAgain: a second, twice that, or as long as the store wants, but no
// longer than half a minute; and no answer is left open.
func TestWaitsBeforeItAsksAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  time.Duration // of the client
		after string        // what the store wants, in seconds
		want  []time.Duration
	}{
		{"usual", 0, "", []time.Duration{time.Second, 2 * time.Second}},
		{"another time", 7 * time.Second, "", []time.Duration{7 * time.Second, 14 * time.Second}},
		{"as long as the store wants", 0, "5", []time.Duration{5 * time.Second, 5 * time.Second}},
		{"longer than the store wants", 4 * time.Second, "5", []time.Duration{5 * time.Second, 8 * time.Second}},
		{"not too long", 0, "3600", []time.Duration{30 * time.Second, 30 * time.Second}},
		{"a date in the place of seconds", 0, "Mon, 02 Mar 2026 08:00:00 GMT", []time.Duration{time.Second, 2 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked []time.Time
			open := 0
			l := &Loki{Client{URL: "http://loki", Wait: c.wait, HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
				asked = append(asked, time.Now())
				r := answer(http.StatusServiceUnavailable, "busy", &open)
				r.Header.Set("Retry-After", c.after)
				return r, nil
			})}}, "{}"}
			err := l.Each(t.Context(), noon, noon.Add(day), nil)
			status, ok := errors.AsType[*StatusError](err)
			if !ok || status.Status != http.StatusServiceUnavailable || open != 0 {
				t.Errorf("%s: %v, %d answers are open", c.name, err, open)
			}
			var got []time.Duration
			for i := 1; i < len(asked); i++ {
				got = append(got, asked[i].Sub(asked[i-1]))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: it waits %v, want %v", c.name, got, c.want)
			}
		})
	}
}

// TestNobodyWaitsForACallerWhoIsGone.
func TestNobodyWaitsForACallerWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began, open := time.Now(), 0
		l := &Loki{Client{URL: "http://loki", Wait: time.Hour, HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(http.StatusBadGateway, "", &open), nil
		})}}, "{}"}
		if err := l.Each(ctx, noon, noon.Add(day), nil); err != context.DeadlineExceeded || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestARequestHasItsTime: half a minute where nothing else is said.
func TestARequestHasItsTime(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 5 * time.Second: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			l := &Loki{Client{URL: "http://loki", Timeout: timeout, Wait: time.Nanosecond, HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})}}, "{}"}
			err := l.Each(t.Context(), noon, noon.Add(day), nil)
			if took := time.Since(began).Truncate(time.Second); err == nil || err.Error() != fmt.Sprintf("no answer within %v", want) || took != attempts*want {
				t.Errorf("%v after %v, want %v each of %d times", err, took, want, attempts)
			}
		})
	}
}

// TestWhatIsSent to a store: a body of JSON says that it is one.
func TestWhatIsSent(t *testing.T) {
	open := 0
	var bodies []string
	e := &Elasticsearch{Index: "/logs/", Client: Client{URL: "http://store/prefix", HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, fmt.Sprintf("%s %s %s %s", r.Method, r.URL, r.Header.Get("Content-Type"), b))
		return answer(http.StatusOK, `{"hits":{"hits":[]}}`, &open), nil
	})}}}
	if err := e.Each(t.Context(), noon, noon.Add(day), nil); err != nil {
		t.Fatal(err)
	}
	want := `POST http://store/prefix/logs/_search?scroll=2m application/json {"query":{"bool":{"filter":[{"range":{"@timestamp":{"format":"strict_date_optional_time_nanos","gte":"2026-03-02T12:00:00Z","lt":"2026-03-03T12:00:00Z"}}}]}},` +
		`"size":1000,"sort":[{"@timestamp":{"order":"asc","unmapped_type":"date"}}]}`
	if len(bodies) != 1 || bodies[0] != want { // there is no scroll to let go of
		t.Errorf("%s\nwant\n%s", bodies, want)
	}
	e.Time, bodies = "ts", nil
	if err := e.Each(t.Context(), noon, noon.Add(day), nil); err != nil || !strings.Contains(bodies[0], `{"range":{"ts":`) || !strings.Contains(bodies[0], `"sort":[{"ts":`) {
		t.Errorf("%s, %v", bodies, err)
	}
	l := &Loki{Client{URL: "http://store", HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if kind := r.Header.Get("Content-Type"); kind != "" {
			t.Errorf("a request without a body says that it is %s", kind)
		}
		return answer(http.StatusOK, noLines, &open), nil
	})}}, "{}"}
	if err := l.Each(t.Context(), noon, noon.Add(day), nil); err != nil || open != 0 {
		t.Errorf("%v, %d answers are open", err, open)
	}
}

// TestAScrollIsLetGo, however the reading of it ends.
func TestAScrollIsLetGo(t *testing.T) {
	full := errors.New("the disk is full")
	page := func(n int) string {
		return fmt.Sprintf(`{"_scroll_id":"place","hits":{"hits":[%s{}]}}`, strings.Repeat(`{"_source":{}},`, n-1))
	}
	for _, c := range []struct {
		name  string
		pages []string // a status in the place of an answer is an error
		err   error    // of the caller
		want  string
	}{
		{"at its end", []string{page(3)}, nil, ""},
		{"behind a full page", []string{page(pageRecords), page(1)}, nil, ""},
		{"at an error of the caller", []string{page(3)}, full, "the disk is full"},
		{"at an error of the second page", []string{page(pageRecords), "404"}, nil, "404 Not Found"},
		{"at a part of the second page", []string{page(pageRecords), `{"_scroll_id":"place","timed_out":true,"hits":{"hits":[{}]}}`}, nil, "took too long"},
	} {
		open, at, left := 0, 0, 0
		e := &Elasticsearch{Index: "x", Client: Client{URL: "http://store", HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				b, _ := io.ReadAll(r.Body)
				if left++; string(b) != `{"scroll_id":["place"]}` || r.URL.Path != "/_search/scroll" {
					t.Errorf("%s: let go by %s %s", c.name, r.URL, b)
				}
				return answer(http.StatusOK, "{}", &open), nil
			}
			at++
			if text := c.pages[at-1]; text != "404" {
				return answer(http.StatusOK, text, &open), nil
			}
			return answer(http.StatusNotFound, "", &open), nil
		})}}}
		n := 0
		err := e.Each(t.Context(), noon, noon.Add(day), func(*Record) error { n++; return c.err })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if left != 1 || open != 0 || at != len(c.pages) || c.err != nil && n != 1 {
			t.Errorf("%s: let go %d times, %d answers are open, %d pages, %d records", c.name, left, open, at, n)
		}
	}
}

// TestRecordsOfElasticsearch have the time that they are sorted by.
func TestRecordsOfElasticsearch(t *testing.T) {
	open := 0
	e := &Elasticsearch{Index: "x", Client: Client{URL: "http://store", HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, `{"hits":{"hits":[{"_source":{"a":1},"sort":[1772452800123]},{"_source":{"b":2},"sort":["text"]},{"_source":{"c":3}}]}}`, &open), nil
	})}}}
	var got []string
	if err := e.Each(t.Context(), noon, noon.Add(day), func(r *Record) error {
		got = append(got, fmt.Sprintf("%s %s", r.Time.UTC().Format(time.RFC3339Nano), r.Text))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{`2026-03-02T12:00:00.123Z {"a":1}`, `0001-01-01T00:00:00Z {"b":2}`, `0001-01-01T00:00:00Z {"c":3}`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestLinesOfLoki have their time, their text and the labels of their stream. Those of one
// time stay in the order in which they came.
func TestLinesOfLoki(t *testing.T) {
	open := 0
	var texts []string
	for n := range 30 {
		texts = append(texts, fmt.Sprintf(`["1772452800000000007","same %02d"]`, n))
	}
	l := &Loki{Client{URL: "http://store", HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, `{"data":{"resultType":"streams","result":[{"stream":{"host":"a"},"values":[["1772452800000000009","last",{}],`+strings.Join(texts, ",")+
			`]},{"stream":{"host":"b"},"values":[["1772452800000000001","first"]]}]}}`, &open), nil
	})}}, "{}"}
	var got []Record
	if err := l.Each(t.Context(), noon, noon.Add(day), func(r *Record) error { got = append(got, *r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 32 || string(got[0].Text) != "first" || got[0].Fields["host"] != "b" || got[0].Time.Sub(noon) != 1 ||
		string(got[31].Text) != "last" || got[31].Fields["host"] != "a" || got[31].Time.Sub(noon) != 9 {
		t.Fatalf("%v", got)
	}
	for n, r := range got[1:31] {
		if string(r.Text) != fmt.Sprintf("same %02d", n) || r.Time.Sub(noon) != 7 {
			t.Errorf("%d. is %v", n, r)
		}
	}
	full := errors.New("the disk is full")
	n := 0
	if err := l.Each(t.Context(), noon, noon.Add(day), func(*Record) error { n++; return full }); err != full || n != 1 {
		t.Errorf("%v after %d lines", err, n)
	}
}

// TestLokiThatDoesNotHeed what it is asked for gives the same page for ever: that is an
// error, and no line comes twice.
func TestLokiThatDoesNotHeed(t *testing.T) {
	var values []string
	for i := range pageRecords {
		values = append(values, fmt.Sprintf(`["%d","line %d"]`, noon.UnixNano()+int64(i), i))
	}
	page := `{"data":{"resultType":"streams","result":[{"stream":{},"values":[` + strings.Join(values, ",") + `]}]}}`
	open, asked := 0, 0
	l := &Loki{Client{URL: "http://loki", HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		asked++
		return answer(http.StatusOK, page, &open), nil
	})}}, "{}"}
	got, err := read(t, l)
	if err == nil || !strings.Contains(err.Error(), "was asked for those from 2026-03-02T12:00:00.000000999Z on") || asked != 2 || len(got) != pageRecords {
		t.Errorf("%d lines in %d pages, %v", len(got), asked, err)
	}
}

// FuzzAnswers has a store answer anything, with success and without: records come or an
// error, and the store is not asked without end.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(noLines), 200)
	f.Add([]byte(`{"data":{"resultType":"streams","result":[{"stream":{"job":"a"},"values":[["1772452800000000000","line",{}]]}]}}`), 200)
	f.Add([]byte(`{"_scroll_id":"a","_shards":{"total":1},"hits":{"hits":[{"_source":{"log":"a"},"sort":[1772452800000]}]}}`), 200)
	f.Add([]byte(`{"error":{"reason":"no such index"}}`), 404)
	f.Add([]byte(`{"error":"busy","message":"later"}`), 429)
	f.Fuzz(func(t *testing.T, text []byte, status int) {
		if status < 100 || status > 999 {
			return
		}
		open, asked := 0, 0
		c := Client{URL: "http://store", Wait: 1, most: 1 << 20, HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(status, string(text), &open), nil
		})}}
		for _, s := range []Store{&Loki{c, "{}"}, &Elasticsearch{Client: c, Index: "logs"}} {
			asked = 0
			n := 0
			err := s.Each(t.Context(), noon, noon.Add(time.Hour), func(r *Record) error {
				n++
				return nil
			})
			if asked > 2*attempts || open != 0 || status != http.StatusOK && (err == nil || n > 0) || n > len(text) {
				t.Fatalf("%T: %d records, asked %d times, %d answers open, %v", s, n, asked, open, err)
			}
			if err != nil && len(err.Error()) > 4*mostSaid+len(text) {
				t.Fatalf("%T: an error of %d bytes", s, len(err.Error()))
			}
		}
	})
}

// TestLokiOfAnotherType: what it says it gives is a part of the error, and not all of a
// long text.
func TestLokiOfAnotherType(t *testing.T) {
	for kind, most := range map[string]int{"matrix": 150, strings.Repeat("\u008a", 8000): 5 * mostSaid} {
		open := 0
		l := &Loki{Client{URL: "http://loki", HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			return answer(http.StatusOK, `{"data":{"resultType":"`+kind+`","result":[]}}`, &open), nil
		})}}, "{}"}
		if _, err := read(t, l); err == nil || !strings.Contains(err.Error(), "and no lines") || len(err.Error()) > most {
			t.Errorf("%.20q: %d bytes, at most %d wanted: %.300v", kind, len(fmt.Sprint(err)), most, err)
		}
	}
}

// TestAnAnswerHasABound: more is not read, and is an error that says so at once.
func TestAnAnswerHasABound(t *testing.T) {
	for size, ok := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		open, asked := 0, 0
		l := &Loki{Client{URL: "http://store", most: 1 << 20, Wait: time.Nanosecond, HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(http.StatusOK, strings.Repeat(" ", size-len(noLines))+noLines, &open), nil
		})}}, "{}"}
		err := l.Each(t.Context(), noon, noon.Add(day), nil)
		if ok && err != nil || !ok && (err == nil || !strings.HasSuffix(err.Error(), "is not that of the API: it is larger than 1 MB")) || asked != 1 || open != 0 {
			t.Errorf("%d bytes: %v after %d requests", size, err, asked)
		}
	}
}

// TestWords are those of an error, whichever form it has, and not too many.
func TestWords(t *testing.T) {
	for said, want := range map[string]string{
		"":                                     "",
		" two  \n words ":                      "two words",
		`{"error":{"reason":"no such index"}}`: "no such index",
		`{"error":{"reason":""},"message":"forbidden"}`: "forbidden",
		`{"error":"plain","message":"forbidden"}`:       "forbidden",
		`{"error":{"reason":"a"},"message":"b"}`:        "a",
		`{"other":1}`:                                   `{"other":1}`,
		strings.Repeat("x", mostSaid):                   strings.Repeat("x", mostSaid),
		strings.Repeat("x", mostSaid+1):                 strings.Repeat("x", mostSaid) + " …",
		strings.Repeat("x", mostSaid-1) + "ä" + "y":     strings.Repeat("x", mostSaid-1) + " …",
	} {
		if got := words([]byte(said)); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	if got := (&StatusError{Status: 404}).Error(); got != "404 Not Found" {
		t.Errorf("%q", got)
	}
}
