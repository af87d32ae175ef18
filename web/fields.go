package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// knowledge is what the detector knows of a log, by its groups.
type knowledge map[string]*known

type known struct {
	records  int
	fields   map[string]*model.FieldContents
	patterns map[uint64]*model.PatternContents
}

func newKnowledge(c *detector.Contents) *knowledge {
	all := knowledge{}
	for i := range c.Groups {
		g := &c.Groups[i]
		k := &known{records: g.Records, fields: map[string]*model.FieldContents{}, patterns: map[uint64]*model.PatternContents{}}
		for i := range g.Fields {
			if f := &g.Fields[i]; f.Part == "" {
				k.fields[f.Name] = f
			}
		}
		for i := range g.Patterns {
			// Only those of which there is more to tell than that they are known.
			if p := &g.Patterns[i]; len(p.Numbers)+len(p.Fields) > 0 {
				k.patterns[p.Hash] = p
			}
		}
		all[g.Name] = k
	}
	return &all
}

// fieldRow is a field of a line, or a number in its message, with what is usual there.
type fieldRow struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Kind  string `json:"kind,omitempty"` // what stands there, as model.FieldKind says it
	Usual string `json:"usual,omitempty"`
	Odd   bool   `json:"odd,omitempty"` // the reason speaks of it
}

// maxFieldValue is how many bytes of a value are shown beside what is usual.
const maxFieldValue = 400

// fields tells the fields of a line, and the numbers in its message.
func (v *view) fields(line []byte, l *line, reason string) []fieldRow {
	r := v.reader()
	if r == nil {
		return nil
	}
	defer v.readers.Put(r)
	ev := &r.event
	r.events.Line(line, ev)
	var k *known
	if all := v.learned.Load(); all != nil {
		k = (*all)[string(v.groups.name(l.group))]
	}
	var p *model.PatternContents
	if k != nil {
		p = k.patterns[v.patterns.hash(l.pattern)]
	}
	rows := []fieldRow{}
	for i := range ev.Fields {
		f := &ev.Fields[i]
		row := fieldRow{Name: text.Valid(f.Name), Value: text.Valid(text.Cut(f.Value, maxFieldValue))}
		if f.Kind == detector.Null {
			row.Value = "null"
		}
		if k != nil {
			row.Kind, row.Usual = k.usual(row.Name, p)
		}
		row.Odd = odd(row.Name, row.Value, reason)
		rows = append(rows, row)
	}
	r.scanner.Scan(ev.Message, &r.line)
	for i, n := range r.line.Numbers {
		if p == nil || i == len(p.Numbers) {
			break
		}
		token := r.line.Tokens[n.Token]
		row := fieldRow{Name: r.before(ev.Message, int(n.Token)), Value: text.Valid(ev.Message[token.Start:token.End]), Kind: "number", Usual: interval(p.Numbers[i], n.Unit)}
		row.Odd = odd(row.Name, row.Value, reason)
		rows = append(rows, row)
	}
	// What the reason speaks of comes first.
	slices.SortStableFunc(rows, func(a, b fieldRow) int {
		switch {
		case a.Odd == b.Odd:
			return 0
		case a.Odd:
			return -1
		}
		return 1
	})
	return rows
}

// before names a number in a message by the word before it.
func (r *reader) before(message []byte, token int) string {
	if token > 0 && r.line.Tokens[token-1].Kind == pattern.Word {
		t := r.line.Tokens[token-1]
		return text.Valid(message[t.Start:t.End])
	}
	return "number"
}

// odd reports whether a reason speaks of a field.
func odd(name, value, reason string) bool {
	return reason != "" && strings.Contains(reason, name) && len(incident.Marks(name+"="+value, reason)) > 0
}

// usual says what stands in a field, and what is usual there: in the records of the
// line's pattern, where they have a range of their own, else in all.
func (k *known) usual(name string, p *model.PatternContents) (kind, usual string) {
	const cutName = 40 // bytes that a model keeps
	f := k.fields[text.Valid(text.Cut([]byte(name), cutName))]
	if f == nil {
		return "", "not known"
	}
	kind = string(f.Kind)
	if p != nil {
		for _, r := range p.Fields {
			if r.Name == f.Name {
				return kind, interval(r.Range, pattern.UnitNone) + " in lines of this pattern"
			}
		}
	}
	switch {
	case f.Numbers != nil:
		usual = interval(*f.Numbers, pattern.UnitNone)
	case f.Kind == model.Identifier:
		usual = "nearly always another one"
	case f.Kind == model.Times:
		usual = "times"
	case f.Kind == model.Words:
		usual = "words"
	case len(f.Usual) > 0:
		var all []string
		for _, u := range f.Usual {
			all = append(all, fmt.Sprintf("%s (%s)", u.Text, percent(u.Share)))
		}
		usual = strings.Join(all, ", ")
		if more := f.Distinct - len(all); more > 0 {
			usual += ", " + text.Count(int64(more), "other")
		}
	default:
		usual = text.Count(int64(f.Distinct), "different value")
	}
	if f.Share < seldomShare {
		usual += "; in " + percent(f.Share) + " of the records"
	}
	return kind, usual
}

// seldomShare: a field that fewer records have is said to be seldom.
const seldomShare = 0.1

func percent(share float64) string {
	switch p := 100 * share; {
	case p >= 1:
		return strconv.FormatFloat(math.Round(p), 'f', -1, 64) + " %"
	case p >= 0.01:
		return strconv.FormatFloat(p, 'f', 2, 64) + " %"
	}
	return "< 0.01 %"
}

// interval is a range in words, in base units.
func interval(r model.Range, unit pattern.Unit) string {
	low, high := short(r.Low)+unit.Base(), short(r.High)+unit.Base()
	if low == high {
		return low
	}
	return low + " to " + high
}

// short is a number of three digits, or a large one in whole.
func short(v float64) string {
	if v >= 999.5 && v < 1e15 {
		return text.Thousands(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
