package store

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Elasticsearch reads the documents of indices of Elasticsearch or OpenSearch.
type Elasticsearch struct {
	Client
	Index  string // names, with * and commas
	Query  string // in the query language of Lucene; empty = all
	Time   string // name of the field of the time; empty = @timestamp
	Tagged string // name of a field that must be true; empty = none
}

const defaultTime = "@timestamp"

// scrollFor is how long the store keeps its place between two pages.
const scrollFor = "2m"

// searchAnswer is what _search and _search/scroll answer.
type searchAnswer struct {
	ScrollID string                      `json:"_scroll_id"`
	TimedOut bool                        `json:"timed_out"`
	Shards   struct{ Total, Failed int } `json:"_shards"`
	Hits     struct {
		Hits []struct {
			Source json.RawMessage `json:"_source"`
			Sort   []any           `json:"sort"`
		}
	}
}

// Each implements Store, by the scroll API, which both products and all their versions
// have.
func (e *Elasticsearch) Each(ctx context.Context, from, to time.Time, f func(*Record) error) (err error) {
	field := e.Time
	if field == "" {
		field = defaultTime
	}
	filters := []any{map[string]any{"range": map[string]any{field: map[string]any{
		"gte": from.UTC().Format(time.RFC3339Nano), "lt": to.UTC().Format(time.RFC3339Nano), "format": "strict_date_optional_time_nanos",
	}}}}
	if e.Tagged != "" {
		filters = append(filters, map[string]any{"term": map[string]any{e.Tagged: "true"}})
	}
	if e.Query != "" {
		filters = append(filters, map[string]any{"query_string": map[string]any{"query": e.Query}})
	}
	body := map[string]any{
		"size": pageRecords, "query": map[string]any{"bool": map[string]any{"filter": filters}},
		"sort": []any{map[string]any{field: map[string]any{"order": "asc", "unmapped_type": "date"}}},
	}
	var answer searchAnswer
	err = e.ask(ctx, http.MethodPost, strings.Trim(e.Index, "/")+"/_search", url.Values{"scroll": {scrollFor}}, body, &answer)
	for {
		if err != nil {
			return err
		}
		switch {
		case answer.TimedOut:
			err = fmt.Errorf("the search took too long for the store, which gives a part of the documents only: choose fewer indices or a shorter time")
		case answer.Shards.Failed > 0:
			err = fmt.Errorf("%d of %d shards gave no documents", answer.Shards.Failed, answer.Shards.Total)
		}
		id := answer.ScrollID
		done := func() {
			if id == "" {
				return
			}
			// The store lets go of it by itself; to say so is polite, and may fail.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			polite := e.Client
			polite.Timeout = 5 * time.Second
			_ = polite.ask(ctx, http.MethodDelete, "_search/scroll", nil, map[string]any{"scroll_id": []string{id}}, &struct{}{})
		}
		for _, h := range answer.Hits.Hits {
			if err != nil {
				break
			}
			err = f(&Record{Time: sortedTime(h.Sort), Text: h.Source})
		}
		if err != nil || len(answer.Hits.Hits) < pageRecords {
			done()
			return err
		}
		answer = searchAnswer{}
		if err = e.ask(ctx, http.MethodPost, "_search/scroll", nil, map[string]any{"scroll": scrollFor, "scroll_id": id}, &answer); err != nil {
			done()
		}
	}
}

// sortedTime is the time that documents are sorted by: milliseconds.
func sortedTime(sort []any) time.Time {
	if len(sort) > 0 {
		if ms, ok := sort[0].(float64); ok {
			return time.UnixMilli(int64(ms))
		}
	}
	return time.Time{}
}
