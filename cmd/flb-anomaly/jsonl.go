package main

import (
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// jsonlWriter writes an object for every line. It is written by hand because
// it runs for every line of files of any size: no reflection, no allocation.
type jsonlWriter struct {
	out     *output
	text    bool   // with the line itself
	several bool   // with the file's name
	head    []byte // what each line of the file begins with
}

func (w *jsonlWriter) begin() error { return nil }

func (w *jsonlWriter) file(name string) error {
	w.head = append(w.head[:0], '{')
	if w.several {
		w.head = append(w.head, `"file":`...)
		w.head = appendString(w.head, []byte(name))
		w.head = append(w.head, ',')
	}
	w.head = append(w.head, `"line":`...)
	return nil
}

func (w *jsonlWriter) line(line *scan.Line) error {
	b := append(w.out.buf, w.head...)
	b = strconv.AppendInt(b, line.Number, 10)
	v := &line.Verdict
	switch {
	case !v.Judged:
		b = append(b, `,"anomaly":false,"anomaly_score":null`...)
	case v.Anomaly:
		b = append(b, `,"anomaly":true,"anomaly_score":`...)
		b = appendScore(b, v.Score)
		b = append(b, `,"anomaly_reason":`...)
		b = appendString(b, v.Reason)
	default:
		b = append(b, `,"anomaly":false,"anomaly_score":`...)
		b = appendScore(b, v.Score)
	}
	if w.text {
		b = append(b, `,"text":`...)
		b = appendString(b, line.Text)
	}
	w.out.buf = append(b, "}\n"...)
	return w.out.full()
}

func (w *jsonlWriter) end(*scan.Result) error { return nil }
