package web

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// exported is a line in JSON lines. The first fields are those that the
// command writes.
type exported struct {
	Line    int64    `json:"line"`
	Anomaly bool     `json:"anomaly"`
	Score   *float64 `json:"anomaly_score"` // null while the model learned
	Reason  string   `json:"anomaly_reason,omitempty"`
	Time    string   `json:"time,omitempty"`
	Level   string   `json:"level,omitempty"`
	Pattern string   `json:"pattern"`
	Text    string   `json:"text"`
}

// export writes all lines that a filter means, as CSV or JSON lines.
func (v *view) export(ctx context.Context, w io.Writer, f *filter, format string) error {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	table := csv.NewWriter(out)
	table.UseCRLF = true // RFC 4180
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if format == "csv" {
		table.Write([]string{"line", "anomaly", "anomaly_score", "anomaly_reason", "time", "level", "pattern", "text"})
	}
	var text []byte
	for j := range c.n {
		if j%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		i := c.at(j)
		l := snap.line(i)
		if text, _, err = v.lineText(text[:0], &snap, i, scan.MaxLine); err != nil {
			return err
		}
		e := exported{
			Line: int64(i) + 1, Anomaly: l.sweep>>f.stop&1 == 1, Pattern: v.patternID(l.pattern),
			Text: valid(text),
		}
		score := ""
		if l.flags&judgedBit != 0 {
			s := rounded(l.score)
			e.Score, score = &s, strconv.FormatFloat(s, 'f', -1, 64)
		}
		if e.Anomaly {
			e.Reason = v.reason(l.reason)
		}
		if l.flags&timedBit != 0 {
			e.Time = time.UnixMilli(l.time).UTC().Format("2006-01-02T15:04:05.000Z")
		}
		if level := l.flags & levelMask; level != 0 {
			e.Level = levelNames[level]
		}
		if format == "csv" {
			err = table.Write([]string{strconv.FormatInt(e.Line, 10), strconv.FormatBool(e.Anomaly), score, cell(e.Reason), e.Time, e.Level, e.Pattern, cell(e.Text)})
		} else {
			err = lines.Encode(&e)
		}
		if err != nil {
			return err
		}
	}
	table.Flush()
	return out.Flush()
}

// cell is text of a log as a field of CSV. A spreadsheet takes a field that
// begins with one of = + - @ tab CR for a formula, also in quotes, and log
// lines are written by strangers: such a field gets an apostrophe in front.
// Spreadsheets stop reading at NUL.
func cell(s string) string {
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
