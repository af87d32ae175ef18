package text

import (
	"strconv"
	"time"
)

// Row is what is written about one line of a log. Of a line that was not
// judged there is no score; what is empty or 0 is not known.
type Row struct {
	File    []byte
	Line    int64 // from 1
	Record  int64 // the line with which its record begins, where that is another; 0 = it begins one
	Judged  bool
	Anomaly bool
	Score   float64
	Reason  []byte
	Time    time.Duration // since the Unix epoch
	Level   string
	Kind    string // of an anomaly
	Pattern uint64

	Incident []byte // empty = not known
	Nth      uint64 // in the incident

	Text []byte

	patterned bool // Pattern is to be written
}

// A column is one thing that is said of a row, under one name in every format.
type column struct {
	name string
	json func(b []byte, r *Row) []byte // nil from one that leaves the column out
	csv  func(b []byte, r *Row) []byte
}

// columns are all that can be said, in their order.
var columns = []column{
	{"file",
		func(b []byte, r *Row) []byte { return AppendJSON(b, r.File) },
		func(b []byte, r *Row) []byte { return AppendCSV(b, r.File) }},
	{"line", appendLine, appendLine},
	{"record",
		func(b []byte, r *Row) []byte {
			if r.Record == 0 {
				return nil
			}
			return strconv.AppendInt(b, r.Record, 10)
		},
		func(b []byte, r *Row) []byte {
			if r.Record == 0 {
				return b
			}
			return strconv.AppendInt(b, r.Record, 10)
		}},
	{"anomaly", appendAnomaly, appendAnomaly},
	{"anomaly_score",
		func(b []byte, r *Row) []byte {
			if !r.Judged {
				return append(b, "null"...)
			}
			return AppendScore(b, r.Score)
		},
		func(b []byte, r *Row) []byte {
			if !r.Judged {
				return b
			}
			return AppendScore(b, r.Score)
		}},
	{"anomaly_reason",
		func(b []byte, r *Row) []byte {
			if !r.Anomaly {
				return nil
			}
			return AppendJSON(b, r.Reason)
		},
		func(b []byte, r *Row) []byte {
			if !r.Anomaly {
				return b
			}
			return AppendCSV(b, r.Reason)
		}},
	{"anomaly_kind",
		func(b []byte, r *Row) []byte {
			if !r.Anomaly || r.Kind == "" {
				return nil
			}
			return append(append(append(b, '"'), r.Kind...), '"')
		},
		func(b []byte, r *Row) []byte {
			if !r.Anomaly {
				return b
			}
			return append(b, r.Kind...)
		}},
	{"anomaly_pattern",
		func(b []byte, r *Row) []byte {
			if !r.patterned {
				return nil
			}
			return append(AppendID(append(b, '"'), r.Pattern), '"')
		},
		func(b []byte, r *Row) []byte {
			if !r.patterned {
				return b
			}
			return AppendID(b, r.Pattern)
		}},
	{"anomaly_incident",
		func(b []byte, r *Row) []byte {
			if !r.Anomaly || len(r.Incident) == 0 {
				return nil
			}
			return append(append(append(b, '"'), r.Incident...), '"')
		},
		func(b []byte, r *Row) []byte {
			if !r.Anomaly {
				return b
			}
			return append(b, r.Incident...)
		}},
	{"anomaly_nth",
		func(b []byte, r *Row) []byte {
			if !r.Anomaly || r.Nth == 0 {
				return nil
			}
			return append(strconv.AppendUint(append(b, '"'), r.Nth, 10), '"')
		},
		func(b []byte, r *Row) []byte {
			if !r.Anomaly || r.Nth == 0 {
				return b
			}
			return strconv.AppendUint(b, r.Nth, 10)
		}},
	{"time",
		func(b []byte, r *Row) []byte {
			if r.Time == 0 {
				return nil
			}
			return append(appendTime(append(b, '"'), r), '"')
		},
		func(b []byte, r *Row) []byte {
			if r.Time == 0 {
				return b
			}
			return appendTime(b, r)
		}},
	{"level",
		func(b []byte, r *Row) []byte {
			if r.Level == "" {
				return nil
			}
			return append(append(append(b, '"'), r.Level...), '"')
		},
		func(b []byte, r *Row) []byte { return append(b, r.Level...) }},
	{"text",
		func(b []byte, r *Row) []byte { return AppendJSON(b, r.Text) },
		func(b []byte, r *Row) []byte { return AppendCSV(b, r.Text) }},
}

func appendLine(b []byte, r *Row) []byte    { return strconv.AppendInt(b, r.Line, 10) }
func appendAnomaly(b []byte, r *Row) []byte { return strconv.AppendBool(b, r.Anomaly) }

func appendTime(b []byte, r *Row) []byte {
	return time.Unix(0, int64(r.Time)).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// Format is how rows are written.
type Format string

// The formats.
const (
	JSONL Format = "jsonl" // a JSON object for each row
	CSV   Format = "csv"   // a table for spreadsheets (RFC 4180)
)

// Columns are the columns that a Writer writes.
type Columns struct {
	File bool // for rows of several files
	All  bool // also text, and the pattern of every row
}

// Writer makes lines of rows. It runs for every line of files of any size: no
// reflection, no allocation.
type Writer struct {
	csv     bool
	all     bool
	columns []column
	keys    []string // with JSON: what stands before each value
}

// NewWriter returns a writer of rows in a format.
func NewWriter(f Format, c Columns) *Writer {
	w := &Writer{csv: f == CSV, all: c.All}
	for _, k := range columns {
		if k.name == "file" && !c.File || k.name == "text" && !c.All {
			continue
		}
		w.columns = append(w.columns, k)
		w.keys = append(w.keys, `,"`+k.name+`":`)
	}
	return w
}

// AppendHead appends the line that comes before the first row, if there is one.
func (w *Writer) AppendHead(b []byte) []byte {
	if !w.csv {
		return b
	}
	for i, c := range w.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, c.name...)
	}
	return append(b, "\r\n"...)
}

// Append appends a row with its line's end.
func (w *Writer) Append(b []byte, r *Row) []byte {
	r.patterned = w.all || r.Anomaly
	if w.csv {
		for i := range w.columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = w.columns[i].csv(b, r)
		}
		return append(b, "\r\n"...)
	}
	from := len(b)
	for i := range w.columns {
		// What is left out takes its key with it.
		if with := w.columns[i].json(append(b, w.keys[i]...), r); with != nil {
			b = with
		}
	}
	b[from] = '{' // in the place of the first comma
	return append(b, '}', '\n')
}
