package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/internal/ignore"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// What is set aside as normal is named by the ids of its patterns: that silences these
// patterns, and no other line.

// ignored is what the server's Ignore_File says now; nothing while there is none.
func (s *Server) ignored() ([]string, error) {
	if s.config.IgnoreFile == "" {
		return nil, nil
	}
	list, err := ignore.Entries(s.config.IgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// entry is what ignores a pattern, and what is said of it.
func (v *view) entry(index uint16) (entry, comment string) {
	d := v.patterns.describe(index)
	if d.Record == "" {
		return "", ""
	}
	said := strings.Join(strings.Fields(text.Printable([]byte(d.Text), 200)), " ")
	return "pattern:" + d.Record, fmt.Sprintf("%s of %s lines of %s, such as: %s", text.Thousands(d.Lines), text.Thousands(int64(v.lines.len())), text.Printable([]byte(v.name), 100), said)
}

// serveIgnore sends what is set aside as a file for the option Ignore_File.
func (s *Server) serveIgnore(w http.ResponseWriter, r *http.Request) {
	v := s.view(r.PathValue("id"))
	if v == nil {
		refuse(w, http.StatusNotFound, goneText)
		return
	}
	f, err := v.parseFilter(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	var b strings.Builder
	b.WriteString("# What is normal, for the option Ignore_File of the filter anomaly.\n")
	for i, set := range f.hidden {
		if entry, comment := v.entry(uint16(i)); set && entry != "" {
			fmt.Fprintf(&b, "# %s\n%s\n", comment, entry)
		}
	}
	download(w, "text/plain; charset=utf-8", fileName(v.name)+"-ignore.txt")
	_, _ = w.Write([]byte(b.String()))
}

// serveNormal puts a pattern into the server's Ignore_File, or takes it out again.
func (s *Server) serveNormal(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the request is no JSON")
		return
	}
	var q struct {
		Pattern string `json:"pattern"` // the page's id
		Normal  bool   `json:"normal"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&q); err != nil {
		refuse(w, http.StatusBadRequest, "the request is no JSON: "+err.Error())
		return
	}
	v := s.view(r.PathValue("id"))
	if v == nil {
		refuse(w, http.StatusNotFound, goneText)
		return
	}
	if s.config.IgnoreFile == "" {
		refuse(w, http.StatusConflict, "the page was started without --ignore-file")
		return
	}
	set, err := v.patternSet(q.Pattern)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	index := slices.Index(set, true)
	if index < 0 {
		refuse(w, http.StatusNotFound, "the log has no such pattern")
		return
	}
	entry, comment := v.entry(uint16(index))
	if entry == "" {
		refuse(w, http.StatusConflict, "these are lines of many patterns: no one id ignores them")
		return
	}
	s.ignoring.Lock()
	defer s.ignoring.Unlock()
	if q.Normal {
		err = ignore.Add(s.config.IgnoreFile, entry, comment)
	} else {
		err = ignore.Remove(s.config.IgnoreFile, entry)
	}
	if err != nil {
		refuse(w, http.StatusConflict, "The file could not be changed: "+err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
