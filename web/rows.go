package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
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
	Bar     float64  `json:"b,omitempty"` // then: the score that auto flagged from
	Kind    string   `json:"k,omitempty"` // when a bit is set
	Text    string   `json:"x"`           // bytes that are not UTF-8 replaced
	Message int      `json:"h,omitempty"` // how much of Text is the message, in units of UTF-16; 0 = all
	Cut     bool     `json:"c,omitempty"` // Text is not all of it
	Marks   [][2]int `json:"m,omitempty"` // what a regular expression matches in Text
	Odd     [][2]int `json:"o,omitempty"` // what the reason speaks of
	Index   int      `json:"i,omitempty"` // among the lines that were asked for
}

const (
	maxRows   = 400     // of one answer
	shownText = 2 << 10 // bytes of a line in a table
	fullText  = 64 << 10

	// parsedText is how much of a line is looked at for its message: a record that is
	// cut in the middle has none.
	parsedText = 32 << 10
)

// row reads line i: its message, then its fields.
func (v *view) row(snap *snapshot, i int) (row, error) {
	r, line, err := v.rawRow(snap, i, parsedText)
	if err != nil {
		return row{}, err
	}
	shown, message := v.display(line, r.Time != 0, r.Level != 0, r.Reason)
	if len(shown) > shownText {
		shown, r.Cut = text.Cut(shown, shownText), true
	}
	r.setText(shown, message)
	return r, nil
}

// fullRow reads line i as it stands in the log.
func (v *view) fullRow(snap *snapshot, i int) (row, error) {
	r, line, err := v.rawRow(snap, i, fullText)
	r.setText(line, len(line))
	return r, err
}

// setText sets what is shown, of which so many bytes are the message.
func (r *row) setText(shown []byte, message int) {
	r.Text = text.Valid(shown)
	if message < len(shown) {
		r.Message = units(text.Valid(shown[:message]))
	}
	if r.Reason != "" {
		r.Odd = inUnits(r.Text, incident.Marks(r.Text, r.Reason))
	}
}

// rawRow is all of a row but its text, and at most limit bytes of the line.
func (v *view) rawRow(snap *snapshot, i, limit int) (row, []byte, error) {
	l := snap.line(i)
	line, cut, err := v.lineText(nil, snap, i, limit)
	if err != nil {
		return row{}, nil, err
	}
	r := row{
		Number: int64(i) + 1, Level: l.flags & levelMask, Judged: l.flags&judgedBit != 0, Score: text.Score(l.score.float()), Sweep: l.sweep,
		Pattern: v.patternID(l.pattern), ID: text.ID(v.patterns.hash(l.pattern)), Kind: kindName(l.kind), Cut: cut,
	}
	if l.sweep == 0 {
		r.Kind = ""
	}
	r.Reason, r.Bar = v.reason(l.reason)
	if l.flags&timedBit != 0 {
		r.Time = l.time
	}
	return r, line, nil
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

// reason reads a reason by its place, and the score that was flagged from; 0 is none.
func (v *view) reason(place uint32) (reason string, bar float64) {
	if place == 0 {
		return "", 0
	}
	const head = 6 // the reason's length and the threshold
	// Most are shorter than this; a longer one costs a second read.
	buf, err := v.reasons.slice(make([]byte, 0, 256), int64(place)-1, -1, 256)
	if err != nil || len(buf) < head {
		return "", 0
	}
	n := int(binary.LittleEndian.Uint16(buf))
	if n > len(buf)-head {
		if buf, err = v.reasons.slice(nil, int64(place)-1, -1, n+head); err != nil || len(buf) < n+head {
			return "", 0
		}
	}
	bar = float64(math.Float32frombits(binary.LittleEndian.Uint32(buf[2:])))
	return text.Valid(buf[head : head+n]), text.Score(bar)
}

// newKind is a kind and a weight as a byte.
func newKind(kind detector.AnomalyKind, weight detector.Weight) (k byte) {
	k = noKind
	if i := slices.Index(detector.AnomalyKinds, kind); i >= 0 {
		k = byte(i)
	}
	return k | byte(weight)<<kindBits
}

const (
	kindBits = 4
	noKind   = 1<<kindBits - 1
)

// kindName is the name of the kind in a byte, weightOf the weight.
func kindName(k byte) string {
	if k &= noKind; int(k) < len(detector.AnomalyKinds) {
		return string(detector.AnomalyKinds[k])
	}
	return ""
}

func weightOf(k byte) detector.Weight { return detector.Weight(k >> kindBits) }

func (v *view) patternID(i uint16) string { return strconv.FormatUint(v.patterns.id(i), 16) }

// rowsAnswer is a window of the lines that a filter means.
type rowsAnswer struct {
	Total int   `json:"total"` // lines that are meant, at this moment
	From  int   `json:"from"`  // of the first row, among them
	Rows  []row `json:"rows"`
}

// rows are n lines of those that are meant, from the given one on, sorted.
func (v *view) rows(ctx context.Context, f *filter, sort string, from, n int) (rowsAnswer, error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return rowsAnswer{}, err
	}
	c = v.arrange(&snap, c, f, sort)
	from = max(0, min(from, c.n))
	a := rowsAnswer{Total: c.n, From: from, Rows: make([]row, 0, n)}
	for i := from; i < min(from+n, c.n); i++ {
		r, err := v.row(&snap, c.at(i))
		if err != nil {
			return a, err
		}
		r.Index, r.Marks = i, f.marks(r.Text)
		a.Rows = append(a.Rows, r)
	}
	return a, nil
}

// seek finds, from a line on in one direction of the table, the next that is meant and
// flagged, and where it stands among those that are meant. It is -1 when there
// is none. The line 0 stands before all others, one that the log has not behind them.
func (v *view) seek(ctx context.Context, f *filter, sort string, number int64, forward bool) (found int64, index int, err error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return -1, -1, err
	}
	c = v.arrange(&snap, c, f, sort)
	step, i := 1, -1
	switch {
	case number > int64(snap.n):
		i = c.n
	case number > 0:
		i = c.search(int(number - 1))
		if i < c.n && c.at(i) != int(number-1) && forward {
			i-- // it stands before that one
		}
	}
	if !forward {
		step = -1
	}
	for i += step; i >= 0 && i < c.n; i += step {
		at := c.at(i)
		if ch, k := snap.at(at); ch.sweep[k]>>f.stop&1 == 1 {
			return int64(at) + 1, i, nil
		}
	}
	return -1, -1, nil
}
