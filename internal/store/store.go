// Package store reads back the records of a stretch of time from where they were sent
// to: Loki, Elasticsearch and OpenSearch, by their HTTP APIs. It reads only, page by
// page, in the order of time, and holds one page at a time.
//
// It knows nothing of what the records say.
package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Record is one of the records.
type Record struct {
	Time   time.Time
	Text   []byte            // the line, or the document as JSON
	Fields map[string]string // beside a line: labels and structured metadata
}

// Store is where records are read from.
type Store interface {
	// Each calls f for each record from a time on up to another one, which is not part
	// of it. An error of f, of the store or of the context ends it and is returned.
	Each(ctx context.Context, from, to time.Time, f func(*Record) error) error
}

// Client is how requests are made.
type Client struct {
	URL     string        // of the store, with the path before its API if there is one
	Header  http.Header   // that each request has, such as Authorization and X-Scope-OrgID
	HTTP    *http.Client  // nil = http.DefaultClient
	Timeout time.Duration // of a request, with its answer; 0 = DefaultTimeout
	Wait    time.Duration // before it is tried again; 0 = a second, then twice that

	most int64 // bytes of an answer; 0 = mostAnswer
}

const (
	// DefaultTimeout is how long a request may take.
	DefaultTimeout = 30 * time.Second

	// attempts is how often a request is made that a store does not answer, or puts off.
	attempts = 3

	// mostWait is how long is waited at most, whatever a store asks for.
	mostWait = 30 * time.Second

	// pageRecords is how many records are asked for at once: stores give 5,000 (Loki) and
	// 10,000 (Elasticsearch) at most where nothing else is set.
	pageRecords = 1000

	// mostAnswer bounds an answer in bytes: a page of records of the largest size that
	// Loki takes by default, 256 KB.
	mostAnswer = pageRecords * 256 << 10

	// mostSaid is how much of a store's own words an error has.
	mostSaid = 300
)

// StatusError is what a store answers instead of records.
type StatusError struct {
	Status int
	Says   string // the store's own words
}

func (e *StatusError) Error() string {
	b := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Says != "" {
		b += ": " + e.Says
	}
	return b
}

// again reports whether it may be another answer in a while.
func (e *StatusError) again() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// errAnswer is an answer that is none: asking again gives the same.
type errAnswer struct{ error }

func (e errAnswer) Unwrap() error { return e.error }

// ask makes a request and reads the answer, JSON, into answer. It is made again where the
// store is busy or cannot be reached.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body, answer any) error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is no URL of a store; http://loki:3100 and https://elasticsearch:9200 are", c.URL)
	}
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return err
		}
	}
	wait := c.Wait
	if wait <= 0 {
		wait = time.Second
	}
	for attempt := 1; ; attempt++ {
		asked, err := c.once(ctx, method, u, sent, answer)
		var status *StatusError
		var none errAnswer
		last := errors.As(err, &status) && !status.again() || errors.As(err, &none)
		if err == nil || ctx.Err() != nil || last || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(mostWait, max(wait, asked))):
		}
		wait *= 2
	}
}

// once makes a request once. It returns how long the store wants to be left alone.
func (c *Client) once(ctx context.Context, method string, u *url.URL, body []byte, answer any) (wait time.Duration, err error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s", timeout))
	defer cancel()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for name, values := range c.Header {
		request.Header[name] = values
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	most := c.most
	if most <= 0 {
		most = mostAnswer
	}
	in := &io.LimitedReader{R: response.Body, N: most}
	if response.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(in, 64<<10))
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return time.Duration(seconds) * time.Second, &StatusError{response.StatusCode, words(b)}
	}
	if err := json.NewDecoder(in).Decode(answer); err != nil {
		if in.N == 0 {
			err = fmt.Errorf("it is larger than %d MB", most>>20)
		} else if ctx.Err() != nil || errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err // cut off on the way
		}
		return 0, errAnswer{fmt.Errorf("the answer of %s is not that of the API: %w", u.Redacted(), err)}
	}
	return 0, nil
}

// words are what a store says of an error: a reason in JSON, or plain text.
func words(b []byte) string {
	var of struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	s := string(b)
	if json.Unmarshal(b, &of) == nil {
		var why struct{ Reason string }
		switch {
		case json.Unmarshal(of.Error, &why) == nil && why.Reason != "":
			s = why.Reason
		case of.Message != "":
			s = of.Message
		}
	}
	return short(s)
}

// short is as much of a store's own words as an error has.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > mostSaid {
		s = strings.ToValidUTF8(s[:mostSaid], "") + " …"
	}
	return s
}
