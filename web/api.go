package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/flb-anomaly/flb-anomaly/examples"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// routes are all the page's questions. Answers are JSON; an error is an object
// with the field error, a sentence for the person in front of the page.
func (s *Server) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/start", s.serveStart)
	mux.HandleFunc("GET /api/example", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "shop.log", time.Time{}, strings.NewReader(examples.ShopLog))
	})
	mux.HandleFunc("POST /api/views", s.serveCreate)
	mux.HandleFunc("PUT /api/views/{id}/text", s.serveUpload)
	mux.HandleFunc("DELETE /api/views/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.drop(r.PathValue("id"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /api/views/{id}/stop", func(w http.ResponseWriter, r *http.Request) {
		if v := s.view(r.PathValue("id")); v != nil {
			v.cancel() // of the scan; what there is can still be asked for
		}
		w.WriteHeader(http.StatusNoContent)
	})
	ask := func(pattern string, answer func(*view, *http.Request) (any, error)) {
		mux.HandleFunc("GET /api/views/{id}"+pattern, func(w http.ResponseWriter, r *http.Request) {
			v := s.view(r.PathValue("id"))
			if v == nil {
				refuse(w, http.StatusNotFound, goneText)
				return
			}
			a, err := answer(v, r)
			switch {
			case err == nil:
				reply(w, http.StatusOK, a)
			case errors.Is(err, context.Canceled): // nobody waits for it any more
			case errors.Is(err, os.ErrClosed):
				refuse(w, http.StatusNotFound, goneText)
			default:
				refuse(w, http.StatusBadRequest, err.Error())
			}
		})
	}
	ask("", func(v *view, r *http.Request) (any, error) { return v.about(), nil })
	ask("/rows", answerRows)
	ask("/line", answerLine)
	ask("/seek", answerSeek)
	ask("/chart", answerChart)
	ask("/patterns", answerPatterns)
	ask("/incidents", answerIncidents)
	ask("/compare", s.answerCompare)
	mux.HandleFunc("GET /api/views/{id}/report", s.serveReport)
	mux.HandleFunc("GET /api/views/{id}/ignore", s.serveIgnore)
	mux.HandleFunc("POST /api/views/{id}/normal", s.serveNormal)
	mux.HandleFunc("GET /api/views/{id}/export", s.serveExport)
}

const goneText = "This log is not here any more: logs are dropped when they are closed, an hour after the page is, and when the command ends."

func reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(answer)
}

func refuse(w http.ResponseWriter, status int, text string) {
	reply(w, status, map[string]string{"error": text})
}

// viewAnswer is what the page needs to know of a view.
type viewAnswer struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Mode    scan.Mode           `json:"mode"`
	Options map[string][]string `json:"options"` // those that were given
	state
}

func (v *view) about() viewAnswer {
	given := map[string][]string{}
	for name, values := range v.given {
		if name != "Contamination" {
			given[name] = values
		}
	}
	return viewAnswer{v.id, v.name, v.mode, given, v.status()}
}

type optionAnswer struct {
	Name     string `json:"name"`
	Flag     string `json:"flag"`
	Type     string `json:"type"`
	Default  string `json:"default"`
	Range    string `json:"range"`
	Help     string `json:"help"`
	Multiple bool   `json:"multiple,omitempty"`
}

// serveStart tells the page what it needs before the first log.
func (s *Server) serveStart(w http.ResponseWriter, r *http.Request) {
	var table []optionAnswer
	for _, o := range options.Table {
		if !o.Records && o.Name != ignoreFile {
			table = append(table, optionAnswer{o.Name, o.Flag(), string(o.Type), o.Default, o.Range, o.Help, o.Multiple})
		}
	}
	s.mu.Lock()
	open := slices.Clone(s.order)
	s.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"version": s.config.Version,
		"maxSize": s.config.MaxSize,
		"options": table,
		"given":   s.given,
		"mode":    s.config.Mode,
		"stops":   s.stops,
		"stop":    s.start,
		"levels":  levelNames,
		"views":   append([]string{}, open...),

		"ignoreFile": s.config.IgnoreFile,
	})
}

// serveCreate makes a view: of a text that is to come, or of another view's
// text under other options.
func (s *Server) serveCreate(w http.ResponseWriter, r *http.Request) {
	// The type is one that a form of another page cannot send unasked.
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the request is no JSON")
		return
	}
	var q struct {
		Name    string              `json:"name"`
		Mode    scan.Mode           `json:"mode"`
		Options map[string][]string `json:"options"`
		Size    int64               `json:"size"` // of the text to come, -1 = not known
		Of      string              `json:"of"`   // the view whose text it is

		Modified int64 `json:"modified"` // when the file was written to last, Unix milliseconds; 0 = not known
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
		refuse(w, http.StatusBadRequest, "the request is no JSON: "+err.Error())
		return
	}
	if q.Mode == "" {
		q.Mode = s.config.Mode
	}
	if q.Mode != scan.Stream && q.Mode != scan.Batch {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("mode has the value %q; allowed: stream, batch", q.Mode))
		return
	}
	if err := checkOptions(q.Options); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if q.Size > s.config.MaxSize {
		refuse(w, http.StatusRequestEntityTooLarge, tooLarge(s.config.MaxSize).text)
		return
	}
	spec := viewSpec{name: text.Valid(text.Cut([]byte(q.Name), maxName)), mode: q.Mode, given: q.Options}
	if q.Modified > 0 {
		spec.modified = time.UnixMilli(q.Modified)
	}
	var from *view
	if q.Of != "" {
		from = s.view(q.Of)
		if from != nil && !from.ended() && !from.whole.Load() {
			// What has come so far would be judged as if it were all.
			refuse(w, http.StatusConflict, "The log is still being read. Judge it again when all of it is here.")
			return
		}
		if from == nil || !from.text.share() {
			refuse(w, http.StatusNotFound, goneText)
			return
		}
		spec.name, spec.text, spec.whole, spec.modified = from.name, from.text, from.whole.Load(), from.modified
	}
	v, err := s.newView(spec)
	if err != nil {
		status := http.StatusServiceUnavailable
		answer := map[string]string{"error": err.Error()}
		var wrong *options.Error
		if errors.As(err, &wrong) {
			status = http.StatusUnprocessableEntity
			answer["option"] = wrong.Option.Name
		}
		reply(w, status, answer)
		return
	}
	if from != nil {
		s.replace(from, v)
		s.scans.Add(1)
		go func() {
			defer s.scans.Done()
			v.again()
		}()
	} else {
		v.expect(q.Size)
	}
	reply(w, http.StatusCreated, v.about())
}

// Limits of what a request may ask a detector for.
const (
	maxValues = 200     // of an option
	maxValue  = 2 << 10 // bytes of each
	maxName   = 1 << 10 // bytes of a log's name
)

// ignoreFile is an option that is the server's, not the page's: it names a file of this
// machine.
const ignoreFile = "Ignore_File"

// checkOptions refuses options that are none, and more of one than anybody needs: each
// Ignore costs every line time.
func checkOptions(given map[string][]string) error {
	for name, values := range given {
		if name == ignoreFile || !slices.ContainsFunc(options.Table, func(o options.Option) bool { return o.Name == name && !o.Records }) {
			return fmt.Errorf("there is no option %q", name)
		}
		if len(values) > maxValues {
			return fmt.Errorf("option %s has %d values: at most %d are right", name, len(values), maxValues)
		}
		for _, value := range values {
			if len(value) > maxValue {
				return fmt.Errorf("option %s has a value of %d bytes: at most %d are right", name, len(value), maxValue)
			}
		}
	}
	return nil
}

// serveUpload takes a log in, as it comes, and answers when it is judged.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	v := s.view(r.PathValue("id"))
	if v == nil {
		refuse(w, http.StatusNotFound, goneText)
		return
	}
	if v.fed.Swap(true) {
		refuse(w, http.StatusConflict, "this log has its text already")
		return
	}
	if r.ContentLength > s.config.MaxSize {
		problem := tooLarge(s.config.MaxSize)
		v.finish(problem)
		refuse(w, http.StatusRequestEntityTooLarge, problem.text)
		return
	}
	if r.ContentLength > 0 {
		v.expect(r.ContentLength)
	}
	s.scans.Add(1)
	defer s.scans.Done()
	if err := v.read(&patientBody{http.NewResponseController(w), r.Body, s.config.Patience}, r.ContentLength < 0); err != nil {
		refuse(w, http.StatusUnprocessableEntity, message(err))
		return
	}
	reply(w, http.StatusOK, v.about())
}

// patientBody reads a request's body for as long as it moves: a large log may
// take its time, one that stands still may not hold on to the server.
type patientBody struct {
	control  *http.ResponseController
	body     io.Reader
	patience time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	// A server that knows no deadlines, as in a test, has none to set.
	_ = b.control.SetReadDeadline(time.Now().Add(b.patience))
	return b.body.Read(p)
}

// patientWriter writes an answer for as long as somebody reads it.
type patientWriter struct {
	http.ResponseWriter
	patience time.Duration
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.patience))
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func number(r *http.Request, name string, otherwise int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: a whole number is right", name, s)
	}
	return n, nil
}

// answerRows gives n rows of what the filter means, from the one at on.
func answerRows(v *view, r *http.Request) (any, error) {
	f, at, n, err := v.parseRows(r, 100)
	if err != nil {
		return nil, err
	}
	sort := r.URL.Query().Get("sort")
	if err := checkSort(sort); err != nil {
		return nil, err
	}
	return v.rows(r.Context(), f, sort, at, min(max(n, 0), maxRows))
}

// answerLine gives one line, all that is reasonable of it, the lines around
// it, and where it stands in what the filter means.
func answerLine(v *view, r *http.Request) (any, error) {
	f, err := v.parseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	line, err := number(r, "line", 1)
	if err != nil {
		return nil, err
	}
	around, err := number(r, "around", 0)
	if err != nil {
		return nil, err
	}
	sort := r.URL.Query().Get("sort")
	if err := checkSort(sort); err != nil {
		return nil, err
	}
	snap, c, err := v.choose(r.Context(), f)
	if err != nil {
		return nil, err
	}
	c = v.arrange(&snap, c, f, sort)
	i := line - 1
	if i < 0 || i >= snap.n {
		return nil, fmt.Errorf("there is no line %d", line)
	}
	full, err := v.fullRow(&snap, i)
	if err != nil {
		return nil, err
	}
	full.Marks = f.marks(full.Text)
	around = min(max(around, 0), maxRows/2)
	var near []row
	for k := max(0, i-around); k <= min(snap.n-1, i+around); k++ {
		one, err := v.row(&snap, k)
		if err != nil {
			return nil, err
		}
		near = append(near, one)
	}
	l := snap.line(i)
	// All of the line: a record that is cut has no fields.
	whole, _, err := v.lineText(nil, &snap, i, scan.MaxLine)
	if err != nil {
		return nil, err
	}
	return map[string]any{"fields": v.fields(whole, &l, full.Reason), "row": full, "near": near, "index": c.search(i), "total": c.n,
		"pattern": v.patterns.describe(l.pattern)}, nil
}

func answerSeek(v *view, r *http.Request) (any, error) {
	f, err := v.parseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	line, err := number(r, "line", 0)
	if err != nil {
		return nil, err
	}
	sort := r.URL.Query().Get("sort")
	if err := checkSort(sort); err != nil {
		return nil, err
	}
	found, index, err := v.seek(r.Context(), f, sort, int64(line), r.URL.Query().Get("back") != "1")
	return map[string]any{"line": found, "index": index}, err
}

func answerChart(v *view, r *http.Request) (any, error) {
	q := r.URL.Query()
	f, err := v.parseFilter(q)
	if err != nil {
		return nil, err
	}
	bins, err := number(r, "bins", 120)
	if err != nil {
		return nil, err
	}
	x := axis(q.Get("x"))
	if x != byTime && x != byLine {
		return nil, fmt.Errorf("x has the value %q; allowed: time, line", x)
	}
	return v.chart(r.Context(), f, x, bins)
}

func (s *Server) serveExport(w http.ResponseWriter, r *http.Request) {
	v := s.view(r.PathValue("id"))
	if v == nil {
		refuse(w, http.StatusNotFound, goneText)
		return
	}
	q := r.URL.Query()
	f, err := v.parseFilter(q)
	kind := map[text.Format]string{text.CSV: "text/csv; charset=utf-8", text.JSONL: "application/x-ndjson; charset=utf-8"}[text.Format(q.Get("format"))]
	if err == nil && kind == "" {
		err = fmt.Errorf("format has the value %q; allowed: csv, jsonl", q.Get("format"))
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	download(w, kind, fileName(v.name)+"-anomalies."+q.Get("format"))
	if err := v.export(r.Context(), w, f, text.Format(q.Get("format"))); err != nil {
		// The status is sent: an answer that breaks off is the only sign left.
		panic(http.ErrAbortHandler)
	}
}

// download says that what follows is a file to keep.
func download(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// fileName begins the name of a download, by the log's: no path, no surprises.
func fileName(log string) string {
	name := path.Base(strings.ReplaceAll(log, `\`, "/"))
	for _, packed := range []string{".gz", ".zst", ".xz", ".bz2"} {
		name = strings.TrimSuffix(name, packed)
	}
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, name)
	if name = strings.Trim(name, "-."); name == "" {
		name = "log"
	}
	return name
}
