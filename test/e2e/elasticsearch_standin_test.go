package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// elasticsearch stands in for the real one, and is as strict in what matters
// here: it takes _index_template and _bulk, types each field as the template
// says or as the first document did, and refuses what the real one refuses.
type elasticsearch struct {
	*httptest.Server

	mu        sync.Mutex
	templates []esTemplate
	indices   map[string]map[string]esField // index, field (dotted)
	docs      map[string][]map[string]any   // by index, as they came
	ids       map[string]int                // index/id: where in docs
	refused   []string                      // why, each time
	requests  int                           // of _bulk
	lose      int                           // answers still to be lost: all is stored, and the connection closed
}

type esTemplate struct {
	patterns []string
	fields   map[string]esField
}

type esField struct {
	kind        string
	ignoreAbove int
}

func newElasticsearch(t *testing.T) *elasticsearch {
	e := &elasticsearch{indices: map[string]map[string]esField{}, docs: map[string][]map[string]any{}, ids: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /_index_template/{name}", e.putTemplate)
	mux.HandleFunc("POST /_bulk", e.bulk)
	mux.HandleFunc("PUT /_bulk", e.bulk)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.refused = append(e.refused, "no handler found for "+r.Method+" "+r.URL.Path)
		e.mu.Unlock()
		http.NotFound(w, r)
	})
	e.Server = httptest.NewServer(mux)
	t.Cleanup(e.Close)
	return e
}

func (e *elasticsearch) port() string { return e.URL[strings.LastIndexByte(e.URL, ':')+1:] }

// stored returns the documents of all indices with a pattern.
func (e *elasticsearch) stored(pattern string) (all []map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for index, docs := range e.docs {
		if ok, _ := path.Match(pattern, index); ok {
			all = append(all, docs...)
		}
	}
	return all
}

func (e *elasticsearch) refusals() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.refused...)
}

func (e *elasticsearch) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func esError(kind, reason string) map[string]any {
	return map[string]any{"type": kind, "reason": reason}
}

func (e *elasticsearch) putTemplate(w http.ResponseWriter, r *http.Request) {
	var body struct {
		IndexPatterns []string `json:"index_patterns"`
		Priority      int
		Template      struct {
			Settings map[string]any
			Mappings struct {
				Dynamic    any
				Properties map[string]json.RawMessage
			}
		}
		Meta map[string]any `json:"_meta"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	t := esTemplate{fields: map[string]esField{}}
	err := d.Decode(&body)
	if err == nil && len(body.IndexPatterns) == 0 {
		err = errors.New("index patterns are missing")
	}
	for name, raw := range body.Template.Mappings.Properties {
		if err == nil {
			t.fields[name], err = parseMapping(raw)
		}
	}
	if err != nil {
		e.answer(w, http.StatusBadRequest, map[string]any{"error": esError("mapper_parsing_exception", err.Error()), "status": 400})
		return
	}
	t.patterns = body.IndexPatterns
	e.mu.Lock()
	e.templates = append(e.templates, t)
	e.mu.Unlock()
	e.answer(w, http.StatusOK, map[string]any{"acknowledged": true})
}

func parseMapping(raw json.RawMessage) (esField, error) {
	var m struct {
		Type        string
		IgnoreAbove int `json:"ignore_above"`
		Fields      map[string]json.RawMessage
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return esField{}, err
	}
	switch m.Type {
	case "boolean", "half_float", "float", "double", "integer", "long", "keyword", "text", "date":
	default:
		return esField{}, fmt.Errorf("no handler for type [%s]", m.Type)
	}
	if m.IgnoreAbove != 0 && m.Type != "keyword" {
		return esField{}, errors.New("unknown parameter [ignore_above]")
	}
	for _, sub := range m.Fields {
		if _, err := parseMapping(sub); err != nil {
			return esField{}, err
		}
	}
	return esField{m.Type, m.IgnoreAbove}, nil
}

// bulk takes action and document, a line each.
func (e *elasticsearch) bulk(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests++
	refuse := func(why string) {
		e.refused = append(e.refused, why)
		e.answer(w, http.StatusBadRequest, map[string]any{"error": esError("illegal_argument_exception", why), "status": 400})
	}
	if c := r.Header.Get("Content-Type"); !strings.HasPrefix(c, "application/x-ndjson") && !strings.HasPrefix(c, "application/json") {
		refuse("Content-Type header [" + c + "] is not supported")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !bytes.HasSuffix(body, []byte("\n")) {
		refuse("The bulk request must be terminated by a newline [\\n]")
		return
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, len(body)+1)
	var items []any
	failed := false
	for lines.Scan() {
		var action map[string]map[string]any
		if err := json.Unmarshal(lines.Bytes(), &action); err != nil || len(action) != 1 {
			refuse("Malformed action/metadata line: " + lines.Text())
			return
		}
		for verb, meta := range action {
			for key := range meta {
				if key != "_index" && key != "_id" {
					refuse("Action/metadata line contains an unknown parameter [" + key + "]")
					return
				}
			}
			index, _ := meta["_index"].(string)
			if verb != "create" && verb != "index" || index == "" || !lines.Scan() {
				refuse("Malformed action/metadata line: " + verb)
				return
			}
			id, _ := meta["_id"].(string)
			item := map[string]any{"_index": index, "_id": id, "status": http.StatusCreated}
			if kind, err := e.store(verb, index, id, lines.Bytes()); err != nil {
				failed = true
				item["status"], item["error"] = http.StatusBadRequest, esError(kind, err.Error())
				if kind == "version_conflict_engine_exception" {
					item["status"] = http.StatusConflict
				} else {
					e.refused = append(e.refused, err.Error()+": "+lines.Text())
				}
			}
			items = append(items, map[string]any{verb: item})
		}
	}
	if e.lose > 0 {
		e.lose--
		panic(http.ErrAbortHandler)
	}
	e.answer(w, http.StatusOK, map[string]any{"took": 1, "errors": failed, "items": items})
}

// bulkRequests is how often _bulk was asked for.
func (e *elasticsearch) bulkRequests() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests
}

func (e *elasticsearch) store(verb, index, id string, doc []byte) (kind string, err error) {
	if index != strings.ToLower(index) || strings.ContainsAny(index, ` "*\<|,>/?`) {
		return "invalid_index_name_exception", fmt.Errorf("Invalid index name [%s]", index)
	}
	at, there := e.ids[index+"/"+id]
	if there = there && id != ""; there && verb == "create" {
		return "version_conflict_engine_exception", fmt.Errorf("[%s]: document already exists", id)
	}
	if !utf8.Valid(doc) {
		return "document_parsing_exception", errors.New("Invalid UTF-8")
	}
	if err := noDuplicates(doc); err != nil {
		return "document_parsing_exception", err
	}
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return "document_parsing_exception", err
	}
	fields := e.indices[index]
	if fields == nil {
		fields = map[string]esField{}
		for _, t := range e.templates {
			for _, pattern := range t.patterns {
				if ok, _ := path.Match(pattern, index); ok {
					for name, f := range t.fields {
						fields[name] = f
					}
				}
			}
		}
	}
	learned := map[string]esField{}
	if err := parseObject(fields, learned, "", m); err != nil {
		return "document_parsing_exception", err
	}
	for name, f := range learned {
		fields[name] = f
	}
	e.indices[index] = fields
	if there {
		e.docs[index][at] = m
		return "", nil
	}
	e.ids[index+"/"+id] = len(e.docs[index])
	e.docs[index] = append(e.docs[index], m)
	return "", nil
}

// noDuplicates refuses an object with the same key twice, as Jackson does for
// Elasticsearch.
func noDuplicates(doc []byte) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var value func() error
	value = func() error {
		t, err := d.Token()
		if err != nil {
			return err
		}
		open, ok := t.(json.Delim)
		if !ok {
			return nil
		}
		seen := map[string]bool{}
		for d.More() {
			if open == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				if seen[key.(string)] {
					return fmt.Errorf("Duplicate field '%s'", key)
				}
				seen[key.(string)] = true
			}
			if err := value(); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	return value()
}

func parseObject(fields, learned map[string]esField, prefix string, m map[string]any) error {
	for key, v := range m {
		if key == "" {
			return errors.New("field name cannot be an empty string")
		}
		if err := parseField(fields, learned, prefix+key, v); err != nil {
			return err
		}
	}
	return nil
}

func parseField(fields, learned map[string]esField, name string, v any) error {
	f, known := fields[name]
	if !known {
		f, known = learned[name]
	}
	if !known {
		for i, c := range name {
			if _, leaf := fields[name[:i]]; c == '.' && leaf && fields[name[:i]].kind != "object" {
				return fmt.Errorf("object mapping for [%s] tried to parse field as object, but found a concrete value", name[:i])
			}
		}
	}
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		for _, member := range v {
			if err := parseField(fields, learned, name, member); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if known && f.kind != "object" {
			return fmt.Errorf("failed to parse field [%s] of type [%s]: found an object", name, f.kind)
		}
		learned[name] = esField{kind: "object"}
		return parseObject(fields, learned, name+".", v)
	}
	if !known {
		learned[name] = esField{kind: dynamicKind(v)}
		f = learned[name]
	}
	if !f.takes(v) {
		return fmt.Errorf("failed to parse field [%s] of type [%s]. Preview of field's value: '%v'", name, f.kind, v)
	}
	return nil
}

func dynamicKind(v any) string {
	switch v := v.(type) {
	case bool:
		return "boolean"
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return "long"
		}
		return "float"
	case string:
		if isDate(v) {
			return "date"
		}
	}
	return "text"
}

func isDate(s string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func (f esField) takes(v any) bool {
	s, isString := v.(string)
	if n, ok := v.(json.Number); ok {
		s = n.String()
	}
	_, isBool := v.(bool)
	switch f.kind {
	case "boolean":
		return isBool || isString && (s == "true" || s == "false" || s == "")
	case "integer", "long", "float", "double", "half_float":
		n, err := strconv.ParseFloat(s, 64)
		limit := map[string]float64{"half_float": 65504, "float": math.MaxFloat32, "double": math.MaxFloat64, "integer": math.MaxInt32, "long": math.MaxInt64}[f.kind]
		return !isBool && err == nil && math.Abs(n) <= limit
	case "date":
		_, err := strconv.ParseInt(s, 10, 64)
		return !isBool && (isDate(s) || err == nil)
	case "keyword":
		const longestTerm = 32766
		return f.ignoreAbove > 0 && utf8.RuneCountInString(s) > f.ignoreAbove || len(s) <= longestTerm
	case "object":
		return false
	}
	return true
}

// The stand-in refuses what the real one refuses, or it would prove nothing.
func TestElasticsearchStandIn(t *testing.T) {
	e := newElasticsearch(t)
	putIndexTemplate(t, e.URL)
	for _, tt := range []struct{ doc, want string }{
		{`{"anomaly":"true","anomaly_score":0.71,"anomaly_reason":"new","@timestamp":"2026-01-02T03:04:05.678Z"}`, ""},
		{`{"anomaly":false,"anomaly_score":"0.5","@timestamp":1770000000000}`, ""},
		{`{"anomaly":"yes"}`, "failed to parse field [anomaly] of type [boolean]"},
		{`{"anomaly":1}`, "failed to parse field [anomaly] of type [boolean]"},
		{`{"anomaly_score":"high"}`, "failed to parse field [anomaly_score] of type [half_float]"},
		{`{"anomaly_score":70000}`, "failed to parse field [anomaly_score] of type [half_float]"},
		{`{"anomaly_reason":{"a":1}}`, "failed to parse field [anomaly_reason] of type [keyword]"},
		{`{"anomaly_reason":"` + strings.Repeat("x", 40_000) + `"}`, ""},
		{`{"@timestamp":"yesterday"}`, "failed to parse field [@timestamp] of type [date]"},
		{`{"a":1,"a":2}`, "Duplicate field 'a'"},
		{`{"n":1}`, ""},
		{`{"n":"one"}`, "failed to parse field [n] of type [long]"},
		{`{"n":{"deep":1}}`, "found an object"},
		{`{"o":{"deep":1}}`, ""},
		{`{"o":1}`, "failed to parse field [o] of type [object]"},
	} {
		before := len(e.refusals())
		r, err := http.Post(e.URL+"/_bulk", "application/x-ndjson", strings.NewReader(`{"create":{"_index":"logs-anomaly-app"}}`+"\n"+tt.doc+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		all := e.refusals()
		switch {
		case tt.want == "" && len(all) != before:
			t.Errorf("%.80s: refused: %s", tt.doc, all[before])
		case tt.want != "" && (len(all) == before || !strings.Contains(all[before], tt.want)):
			t.Errorf("%.80s: %v; want %q", tt.doc, all[before:], tt.want)
		}
	}
	r, err := http.Post(e.URL+"/_bulk", "application/x-ndjson", strings.NewReader(`{"create":{"_index":"a","_type":"_doc"}}`+"\n{}\n"))
	if err != nil || r.StatusCode != http.StatusBadRequest {
		t.Errorf("a type: %v, %v", r, err)
	}
}
