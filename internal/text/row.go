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
}

// A column is one thing that is said of a row, under one name in every format.
type column struct {
	name string
	when said                          // there is something to say; 0 = always
	json func(b []byte, r *Row) []byte // of a row that has it
	csv  func(b []byte, r *Row) []byte
}

// said is what there is to say of a row beside what is said of each, a bit for each thing.
type said uint8

const (
	ofRecord said = 1 << iota
	flagged
	ofKind
	ofIncident
	timed
	leveled
)

func (r *Row) said() (s said) {
	if r.Record != 0 {
		s |= ofRecord
	}
	if r.Anomaly {
		s |= flagged
		if r.Kind != "" {
			s |= ofKind
		}
		if len(r.Incident) > 0 {
			s |= ofIncident
		}
	}
	if r.Time != 0 {
		s |= timed
	}
	if r.Level != "" {
		s |= leveled
	}
	return s
}

// columns are all that can be said, in their order.
var columns = []column{
	{"file", 0,
		func(b []byte, r *Row) []byte { return AppendJSON(b, r.File) },
		func(b []byte, r *Row) []byte { return AppendCSV(b, r.File) }},
	{"line", 0, appendLine, appendLine},
	{"record", ofRecord, appendRecord, appendRecord},
	{"anomaly", 0, appendAnomaly, appendAnomaly},
	{"anomaly_score", 0,
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
	{"anomaly_reason", flagged,
		func(b []byte, r *Row) []byte { return AppendJSON(b, r.Reason) },
		func(b []byte, r *Row) []byte { return AppendCSV(b, r.Reason) }},
	{"anomaly_kind", ofKind, quoted(appendKind), appendKind},
	{patternColumn, flagged, quoted(appendPattern), appendPattern},
	{"anomaly_incident", ofIncident, quoted(appendIncident), appendIncident},
	{"anomaly_nth", ofIncident, quoted(appendNth), appendNth},
	{"time", timed, quoted(appendTime), appendTime},
	{"level", leveled, quoted(appendLevel), appendLevel},
	{"text", 0,
		func(b []byte, r *Row) []byte { return AppendJSON(b, r.Text) },
		func(b []byte, r *Row) []byte { return AppendCSV(b, r.Text) }},
}

// patternColumn is the one that every row has where all is asked for.
const patternColumn = "anomaly_pattern"

func appendLine(b []byte, r *Row) []byte     { return strconv.AppendInt(b, r.Line, 10) }
func appendRecord(b []byte, r *Row) []byte   { return strconv.AppendInt(b, r.Record, 10) }
func appendAnomaly(b []byte, r *Row) []byte  { return strconv.AppendBool(b, r.Anomaly) }
func appendKind(b []byte, r *Row) []byte     { return append(b, r.Kind...) }
func appendPattern(b []byte, r *Row) []byte  { return AppendID(b, r.Pattern) }
func appendIncident(b []byte, r *Row) []byte { return append(b, r.Incident...) }
func appendNth(b []byte, r *Row) []byte      { return strconv.AppendUint(b, r.Nth, 10) }
func appendTime(b []byte, r *Row) []byte     { return AppendTime(b, r.Time) }
func appendLevel(b []byte, r *Row) []byte    { return append(b, r.Level...) }

// quoted is a JSON string of what is no text from a log.
func quoted(value func(b []byte, r *Row) []byte) func(b []byte, r *Row) []byte {
	return func(b []byte, r *Row) []byte { return append(value(append(b, '"'), r), '"') }
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
	columns []column
	keys    []string // with JSON: what stands before each value
}

// NewWriter returns a writer of rows in a format.
func NewWriter(f Format, c Columns) *Writer {
	w := &Writer{csv: f == CSV}
	for _, k := range columns {
		if k.name == "file" && !c.File || k.name == "text" && !c.All {
			continue
		}
		if k.name == patternColumn && c.All {
			k.when = 0
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
	said := r.said()
	if w.csv {
		for i := range w.columns {
			c := &w.columns[i]
			if i > 0 {
				b = append(b, ',')
			}
			if c.when&^said == 0 {
				b = c.csv(b, r)
			}
		}
		return append(b, "\r\n"...)
	}
	from := len(b)
	for i := range w.columns {
		if c := &w.columns[i]; c.when&^said == 0 {
			b = c.json(append(b, w.keys[i]...), r)
		}
	}
	b[from] = '{' // in the place of the first comma
	return append(b, '}', '\n')
}
