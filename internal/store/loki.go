package store

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Loki reads the lines of a LogQL query.
type Loki struct {
	Client
	Query string // such as {job="shop", anomaly="true"}
}

// lokiAnswer is what /loki/api/v1/query_range answers.
type lokiAnswer struct {
	Data struct {
		ResultType string
		Result     []struct {
			Stream map[string]string
			Values [][]any // time in nanoseconds as text, line, and what is beside it
		}
	}
}

// Each implements Store. Pages follow each other by time: a page begins at the time of
// the last line of the one before, whose lines at that time are left out. More lines of
// one nanosecond than a page holds cannot be told apart, and are an error.
func (l *Loki) Each(ctx context.Context, from, to time.Time, f func(*Record) error) error {
	start := from.UnixNano()
	seen := map[string]bool{} // lines at start that were handed on
	for {
		var answer lokiAnswer
		err := l.ask(ctx, http.MethodGet, "loki/api/v1/query_range", url.Values{
			"query": {l.Query}, "start": {strconv.FormatInt(start, 10)}, "end": {strconv.FormatInt(to.UnixNano(), 10)},
			"limit": {strconv.Itoa(pageRecords)}, "direction": {"forward"},
		}, nil, &answer)
		if err != nil {
			return err
		}
		if answer.Data.ResultType != "streams" {
			return fmt.Errorf("the query %s gives %q and no lines; one such as {job=\"shop\"} | anomaly=\"true\" is right", l.Query, short(answer.Data.ResultType))
		}
		page, err := answer.records()
		if err != nil {
			return err
		}
		// One that does not heed what it is asked for would be asked without end.
		if len(page) > 0 && page[0].at < start {
			return errAnswer{fmt.Errorf("Loki gives a line of %s, and was asked for those from %s on: does what stands before it change requests?",
				page[0].Time.UTC().Format(time.RFC3339Nano), time.Unix(0, start).UTC().Format(time.RFC3339Nano))}
		}
		for _, r := range page {
			key := r.key()
			if r.at == start && seen[key] {
				continue
			}
			if r.at > start {
				start = r.at
				clear(seen)
			}
			seen[key] = true
			if err := f(&r.Record); err != nil {
				return err
			}
		}
		if len(page) < pageRecords {
			return nil
		}
		if page[len(page)-1].at == page[0].at {
			return fmt.Errorf("more than %d lines have the time %s, which Loki cannot give in pages: narrow the query", pageRecords, page[0].Time.Format(time.RFC3339Nano))
		}
	}
}

// lokiRecord is a line with its time in nanoseconds.
type lokiRecord struct {
	Record
	at int64
}

func (r *lokiRecord) key() string {
	return fmt.Sprint(r.Fields, "\x00", string(r.Text))
}

// records returns the lines of all streams in the order of time.
func (a *lokiAnswer) records() ([]lokiRecord, error) {
	var all []lokiRecord
	for _, s := range a.Data.Result {
		for _, v := range s.Values {
			if len(v) < 2 {
				return nil, errAnswer{fmt.Errorf("a line of Loki has %d parts, a time and a text are right", len(v))}
			}
			at, _ := v[0].(string)
			line, ok := v[1].(string)
			ns, err := strconv.ParseInt(at, 10, 64)
			if err != nil || !ok {
				return nil, errAnswer{fmt.Errorf("a line of Loki has the time %v, nanoseconds as text are right", v[0])}
			}
			all = append(all, lokiRecord{Record{time.Unix(0, ns), []byte(line), s.Stream}, ns})
		}
	}
	slices.SortStableFunc(all, func(a, b lokiRecord) int { return cmp.Compare(a.at, b.at) })
	return all, nil
}
