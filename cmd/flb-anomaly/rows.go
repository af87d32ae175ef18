package main

import (
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// rowWriter writes a row for every line, as JSON lines or CSV.
type rowWriter struct {
	out  *output
	rows *text.Writer
	all  bool // the columns of a line beside its verdict
	row  text.Row
}

func newRowWriter(out *output, format text.Format, columns text.Columns) *rowWriter {
	return &rowWriter{out: out, rows: text.NewWriter(format, columns), all: columns.All}
}

func (w *rowWriter) begin() error {
	w.out.buf = w.rows.AppendHead(w.out.buf)
	return nil
}

func (w *rowWriter) file(name string) error {
	w.row.File = []byte(name)
	return nil
}

func (w *rowWriter) line(line *scan.Line) error {
	v, r := &line.Verdict, &w.row
	r.Line, r.Judged, r.Anomaly, r.Score, r.Reason = line.Number, v.Judged && !line.Continues, v.Anomaly, v.Score, v.Reason
	if r.Record = 0; line.Continues {
		r.Record = line.First
	}
	r.Kind, r.Pattern, r.Incident, r.Nth = string(v.Kind), v.Pattern, line.Incident, line.Nth
	r.Time, r.Level = line.Event.Time, scan.LevelNames[v.Level]
	if w.all {
		r.Text = line.Text
	}
	w.out.buf = w.rows.Append(w.out.buf, r)
	return w.out.full()
}

func (w *rowWriter) end(*scan.Result) error { return nil }
