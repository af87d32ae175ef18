package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/store"
	"github.com/flb-anomaly/flb-anomaly/test/harness/servers"
)

// TestStoreLoki reads from a real Loki what was pushed to it: 2,500 lines in two streams,
// of which five share each moment, with structured metadata beside them.
func TestStoreLoki(t *testing.T) {
	url := servers.Loki(t)
	const n = 2500
	from := time.Now().Add(-20 * time.Minute).Truncate(time.Second)
	streams := map[string][]any{}
	var want []string
	for i := range n {
		at := from.Add(time.Duration(i/5) * 100 * time.Millisecond)
		line, host := fmt.Sprintf("line %d", i), fmt.Sprintf("h%d", i%2)
		streams[host] = append(streams[host], []any{strconv.FormatInt(at.UnixNano(), 10), line, map[string]string{"anomaly_nth": strconv.Itoa(i)}})
		want = append(want, line)
	}
	for host, values := range streams {
		body, err := json.Marshal(map[string]any{"streams": []any{map[string]any{"stream": map[string]string{"job": "store", "host": host}, "values": values}}})
		if err != nil {
			t.Fatal(err)
		}
		request(t, "POST", url+"/loki/api/v1/push", string(body), nil)
	}
	var got []string
	l := &store.Loki{Client: store.Client{URL: url}, Query: `{job="store"}`}
	for range 50 { // what was pushed is not at once to be read
		got = nil
		err := l.Each(t.Context(), from, from.Add(time.Hour), func(r *store.Record) error {
			got = append(got, string(r.Text))
			if i, err := strconv.Atoi(r.Fields["anomaly_nth"]); err != nil || string(r.Text) != fmt.Sprint("line ", i) || r.Fields["job"] != "store" {
				t.Errorf("%s has the fields %v", r.Text, r.Fields)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == n {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d lines of %d", len(got), n)
	}
	l.Query = "{"
	if err := l.Each(t.Context(), from, from.Add(time.Hour), nil); err == nil || !strings.HasPrefix(err.Error(), "400 Bad Request: parse error") {
		t.Errorf("a query that is none: %v", err)
	}
}

// TestStoreOpenSearch scrolls through what a real OpenSearch has taken.
func TestStoreOpenSearch(t *testing.T) {
	url := servers.OpenSearch(t)
	const n = 2500
	from := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var bulk bytes.Buffer
	for i := range n {
		fmt.Fprintf(&bulk, "{\"index\":{}}\n{\"@timestamp\":%q,\"log\":\"line %d\",\"anomaly\":\"%v\"}\n", from.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), i, i%2 == 0)
	}
	request(t, "POST", url+"/logs-store-a/_bulk?refresh=true", bulk.String(), nil)
	for _, c := range []struct {
		e    store.Elasticsearch
		want int
	}{
		{store.Elasticsearch{}, n},
		{store.Elasticsearch{Tagged: "anomaly"}, n / 2},
		{store.Elasticsearch{Query: `log:"line 17"`}, 1},
	} {
		e := c.e
		e.URL, e.Index = url, "logs-store-*"
		var got []string
		err := e.Each(t.Context(), from, from.Add(n*time.Second), func(r *store.Record) error {
			var doc struct{ Log string }
			if err := json.Unmarshal(r.Text, &doc); err != nil || r.Time.IsZero() {
				t.Errorf("%s at %s: %v", r.Text, r.Time, err)
			}
			got = append(got, doc.Log)
			return nil
		})
		if err != nil || len(got) != c.want || c.want == n && (got[0] != "line 0" || got[n-1] != "line 2499") {
			t.Errorf("%+v: %v, %d documents, want %d", c.e, err, len(got), c.want)
		}
	}
	none := &store.Elasticsearch{Client: store.Client{URL: url}, Index: "none"}
	if err := none.Each(t.Context(), from, from.Add(time.Hour), nil); err == nil || !strings.HasPrefix(err.Error(), "404 Not Found: no such index [none]") {
		t.Errorf("an index that is not there: %v", err)
	}
}
