package main

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/fatih/color"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// baseline is what --baseline names, nil when it is not given.
func baseline(ctx context.Context, stdin io.Reader, name string) *scan.Baseline {
	if name == "" {
		return nil
	}
	return &scan.Baseline{Open: func() (io.ReadCloser, error) {
		in, err := scan.Open(ctx, stdin, name)
		if err != nil {
			return nil, err
		}
		return in.ReadCloser, nil
	}}
}

func (f *scanFlags) checkBaseline() error {
	switch {
	case f.baseline == "":
		return nil
	case f.baseline == scan.Stdin:
		return errors.New(`--baseline has the value "-": it is read twice, and a pipe once; a file is right`)
	case f.mode != string(scan.Stream):
		return errors.New("--baseline says what lines are judged by: --mode batch says something else")
	}
	return nil
}

// shownChanges is how many changes of a kind a table shows.
const shownChanges = 10

// compared shows what is other than in the baseline.
func (w *listWriter) compared(c *scan.Comparison) {
	section := func(name string, list []scan.Change, line func(*scan.Change)) {
		if len(list) == 0 {
			return
		}
		w.printf("\n%s\n", w.paint(color.Bold, name+": "+thousands(int64(len(list)))))
		for i := range list[:min(len(list), shownChanges)] {
			line(&list[i])
		}
		if more := len(list) - shownChanges; more > 0 {
			w.printf("%10s  and %s more\n", "", thousands(int64(more)))
		}
	}
	shown := func(k *scan.Change) string { return text.Printable([]byte(k.Text), 120) }
	section("New patterns", c.New, func(k *scan.Change) {
		w.printf("%10s  line %s: %s\n", thousands(k.Now), thousands(k.Line), shown(k))
	})
	section("Patterns that are gone", c.Gone, func(k *scan.Change) { w.printf("%10s  %s\n", thousands(int64(k.Before)), shown(k)) })
	section("Patterns that come far more or less often", c.Changed, func(k *scan.Change) {
		w.printf("%10s  was %s: %s\n", thousands(k.Now), thousands(int64(k.Before)), shown(k))
	})
	fields := func(name string, list []scan.FieldChange, line func(*scan.FieldChange)) {
		if len(list) == 0 {
			return
		}
		w.printf("\n%s\n", w.paint(color.Bold, name+": "+thousands(int64(len(list)))))
		for i := range list[:min(len(list), shownChanges)] {
			line(&list[i])
		}
		if more := len(list) - shownChanges; more > 0 {
			w.printf("%10s  and %s more\n", "", thousands(int64(more)))
		}
	}
	name := func(f *scan.FieldChange) string { return text.Printable([]byte(f.Name), 120) }
	fields("New fields", c.NewFields, func(f *scan.FieldChange) { w.printf("%10s  %s\n", thousands(int64(f.Now)), name(f)) })
	fields("Fields that are gone", c.GoneFields, func(f *scan.FieldChange) { w.printf("%10s  %s\n", thousands(int64(f.Before)), name(f)) })
	fields("Fields that come far more or less often", c.ChangedFields, func(f *scan.FieldChange) {
		w.printf("%10s  was %s: %s\n", thousands(int64(f.Now)), thousands(int64(f.Before)), name(f))
	})
	if s := c.Stop; s != nil {
		w.printf("\n%s line %s: %s\n            %s\n", w.paint(color.Bold, "Stop:"), thousands(s.Line), text.Printable([]byte(s.Reason), shownText), text.Printable([]byte(s.Text), shownText))
	} else {
		w.printf("\nNo unusual error that it has not got over.\n")
	}
}

type (
	jsonCompared struct {
		Stop          *jsonStop         `json:"stop"` // null: nothing to stop for
		New           []jsonChange      `json:"new_patterns"`
		Gone          []jsonChange      `json:"gone_patterns"`
		Changed       []jsonChange      `json:"changed_patterns"`
		NewFields     []jsonFieldChange `json:"new_fields"`
		GoneFields    []jsonFieldChange `json:"gone_fields"`
		ChangedFields []jsonFieldChange `json:"changed_fields"`
	}
	jsonFieldChange struct {
		Name   string  `json:"field"`
		Before float64 `json:"before"`
		Now    float64 `json:"now"`
	}
	jsonStop struct {
		Line   int64  `json:"line"`
		Text   string `json:"text"`
		Reason string `json:"reason"`
	}
	jsonChange struct {
		ID     string  `json:"pattern"`
		Text   string  `json:"template"`
		Before float64 `json:"before"`
		Now    int64   `json:"now"`
		Line   int64   `json:"line,omitempty"`
	}
)

func jsonComparison(c *scan.Comparison) *jsonCompared {
	if c == nil {
		return nil
	}
	changes := func(list []scan.Change) []jsonChange {
		j := []jsonChange{}
		for _, k := range list {
			j = append(j, jsonChange{k.ID, k.Text, k.Before, k.Now, k.Line})
		}
		return j
	}
	fields := func(list []scan.FieldChange) []jsonFieldChange {
		j := []jsonFieldChange{}
		for _, f := range list {
			j = append(j, jsonFieldChange{text.Valid([]byte(f.Name)), math.Round(f.Before), f.Now})
		}
		return j
	}
	j := &jsonCompared{New: changes(c.New), Gone: changes(c.Gone), Changed: changes(c.Changed), NewFields: fields(c.NewFields), GoneFields: fields(c.GoneFields), ChangedFields: fields(c.ChangedFields)}
	if s := c.Stop; s != nil {
		j.Stop = &jsonStop{s.Line, s.Text, s.Reason}
	}
	return j
}
