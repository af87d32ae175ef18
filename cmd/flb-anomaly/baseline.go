package main

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/fatih/color"

	"github.com/flb-anomaly/flb-anomaly/internal/report"
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

// compared shows what is other than in the baseline.
func (w *listWriter) compared(c *scan.Comparison) {
	for _, changes := range report.Compared(c) {
		w.printf("\n%s\n", w.paint(color.Bold, changes.Title+": "+thousands(int64(changes.Count))))
		for _, k := range changes.List {
			w.printf("%10s  ", thousands(k.Lines))
			if k.Says != "" {
				w.printf("%s: ", k.Says)
			}
			w.printf("%s\n", k.Text)
		}
		if more := changes.More(); more != "" {
			w.printf("%10s  %s\n", "", more)
		}
	}
	if s := c.Stop; s != nil {
		w.printf("\n%s line %s: %s\n            %s\n", w.paint(color.Bold, "Stop:"), thousands(s.Line), text.Printable([]byte(s.Reason), shownText), text.Printable([]byte(s.Text), shownText))
	} else {
		w.printf("\n%s\n", report.NoStop)
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
