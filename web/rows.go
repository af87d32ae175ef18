package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// row is a line as the page shows it.
type row struct {
	Number  int64    `json:"n"`
	Time    int64    `json:"t"`           // Unix milliseconds; 0 = it has none of its own
	Level   uint8    `json:"l"`           // index in levelNames
	Judged  bool     `json:"j"`           // false: the model was still learning
	Score   float64  `json:"s"`           // as the command writes it
	Sweep   uint32   `json:"f"`           // a bit for each stop of the slider: flagged?
	Pattern string   `json:"p"`           // its id in base 16
	ID      string   `json:"id"`          // the same as it stands in records
	Reason  string   `json:"r,omitempty"` // when a bit is set
	Kind    string   `json:"k,omitempty"` // when a bit is set
	Text    string   `json:"x"`           // bytes that are not UTF-8 replaced
	Cut     bool     `json:"c,omitempty"` // Text is not all of it
	Marks   [][2]int `json:"m,omitempty"` // what a regular expression matches in Text
	Index   int      `json:"i,omitempty"` // among the lines that were asked for
}

const (
	maxRows   = 400     // of one answer
	shownText = 2 << 10 // bytes of a line in a table
	fullText  = 64 << 10
)

// row reads line i, with at most limit bytes of its text.
func (v *view) row(snap *snapshot, i, limit int) (row, error) {
	l := snap.line(i)
	shown, cut, err := v.lineText(nil, snap, i, limit)
	if err != nil {
		return row{}, err
	}
	r := row{
		Number: int64(i) + 1, Level: l.flags & levelMask, Judged: l.flags&judgedBit != 0, Score: text.Score(l.score), Sweep: l.sweep,
		Pattern: v.patternID(l.pattern), ID: text.ID(v.patterns.hash(l.pattern)), Text: text.Valid(shown), Cut: cut,
	}
	r.Kind, r.Reason = v.reason(l.reason)
	if l.flags&timedBit != 0 {
		r.Time = l.time
	}
	return r, nil
}

// lineText appends a line's text. cut says that it goes on.
func (v *view) lineText(dst []byte, snap *snapshot, i, limit int) (line []byte, cut bool, err error) {
	l := snap.line(i)
	end := int64(-1)
	if i+1 < snap.n {
		end = snap.line(i + 1).offset
	}
	from := len(dst)
	// Two bytes more than the text: its end, \r\n.
	dst, err = v.text.slice(dst, l.offset, end, limit+2)
	if err != nil {
		return dst, false, err
	}
	line = dst[from:]
	if at := bytes.IndexByte(line, '\n'); at >= 0 {
		line = line[:at]
		if at > 0 && line[at-1] == '\r' {
			line = line[:at-1]
		}
	}
	if len(line) > limit {
		line, cut = text.Cut(line, limit), true
	}
	return dst[:from+len(line)], cut || l.flags&cutBit != 0, nil
}

// reason reads a reason, and the kind of its anomaly, by its place; both are empty
// for 0.
func (v *view) reason(place uint32) (kind, reason string) {
	if place == 0 {
		return "", ""
	}
	const head = 3 // the reason's length and the kind
	// Most are shorter than this; a longer one costs a second read.
	buf, err := v.reasons.slice(make([]byte, 0, 256), int64(place)-1, -1, 256)
	if err != nil || len(buf) < head {
		return "", ""
	}
	n := int(binary.LittleEndian.Uint16(buf))
	if n > len(buf)-head {
		if buf, err = v.reasons.slice(nil, int64(place)-1, -1, n+head); err != nil || len(buf) < n+head {
			return "", ""
		}
	}
	if k := int(buf[2]); k < len(detector.AnomalyKinds) {
		kind = string(detector.AnomalyKinds[k])
	}
	return kind, text.Valid(buf[head : head+n])
}

// kindNumber is a kind as a byte: see reason.
func kindNumber(kind detector.AnomalyKind) byte {
	if i := slices.Index(detector.AnomalyKinds, kind); i >= 0 {
		return byte(i)
	}
	return math.MaxUint8
}

func (v *view) patternID(i uint32) string { return strconv.FormatUint(v.patterns.id(i), 16) }

// rowsAnswer is a window of the lines that a filter means.
type rowsAnswer struct {
	Total int   `json:"total"` // lines that are meant, at this moment
	From  int   `json:"from"`  // of the first row, among them
	Rows  []row `json:"rows"`
}

// rows are n lines of those that are meant, from the given one on.
func (v *view) rows(ctx context.Context, f *filter, from, n int) (rowsAnswer, error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return rowsAnswer{}, err
	}
	from = max(0, min(from, c.n))
	a := rowsAnswer{Total: c.n, From: from, Rows: make([]row, 0, n)}
	for i := from; i < min(from+n, c.n); i++ {
		r, err := v.row(&snap, c.at(i), shownText)
		if err != nil {
			return a, err
		}
		r.Index, r.Marks = i, f.marks(r.Text)
		a.Rows = append(a.Rows, r)
	}
	return a, nil
}

// seek finds, from a line on in one direction, the next that is meant and
// flagged, and where it stands among those that are meant. It is -1 when there
// is none.
func (v *view) seek(ctx context.Context, f *filter, number int64, forward bool) (found int64, index int, err error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return -1, -1, err
	}
	step, i := 1, c.search(int(max(0, number)))
	if !forward {
		step, i = -1, c.search(int(max(0, number-1)))-1
	}
	for ; i >= 0 && i < c.n; i += step {
		at := c.at(i)
		if ch, k := snap.at(at); ch.sweep[k]>>f.stop&1 == 1 {
			return int64(at) + 1, i, nil
		}
	}
	return -1, -1, nil
}
