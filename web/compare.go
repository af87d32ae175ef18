package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/internal/report"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
)

// comparedRow is a pattern that differs between two parts of a log, or two logs.
type comparedRow struct {
	ID      string  `json:"id"` // in base 16, the same in both
	Record  string  `json:"record"`
	Text    string  `json:"text"`
	Before  int64   `json:"before"`
	After   int64   `json:"after"`
	Flagged int64   `json:"flagged"` // of those after
	Level   uint8   `json:"level"`   // the worst
	Times   float64 `json:"times"`   // how many times as often it comes, after as before
	Line    int64   `json:"line"`    // number of its first one, after, or before where it is gone
}

// comparedField is a field that differs so.
type comparedField struct {
	Name   string  `json:"name"`
	Before int64   `json:"before"` // lines that have it
	After  int64   `json:"after"`
	Times  float64 `json:"times"` // how many times as often it comes among lines with fields
}

type comparedAnswer struct {
	Before  int64         `json:"before"` // lines
	After   int64         `json:"after"`
	New     []comparedRow `json:"new"`
	Gone    []comparedRow `json:"gone"`
	Changed []comparedRow `json:"changed"` // far more or far less often
	Same    int           `json:"same"`    // patterns
	More    int           `json:"more"`    // that differ beyond those listed

	Fields comparedFields `json:"fields"`
}

type comparedFields struct {
	New     []comparedField `json:"new"` // by their names
	Gone    []comparedField `json:"gone"`
	Changed []comparedField `json:"changed"`
	Same    int             `json:"same"`
	More    int             `json:"more"`
}

// maxCompared is how many patterns of each sort are listed.
const maxCompared = 200

// answerCompare holds what a filter means against another part of the log, or of another
// one: before.view, before.axis, before.from and before.to say which.
func (s *Server) answerCompare(v *view, r *http.Request) (any, error) {
	q := r.URL.Query()
	f, err := v.parseFilter(q)
	if err != nil {
		return nil, err
	}
	old := v
	if id := q.Get("before.view"); id != "" {
		if old = s.view(id); old == nil {
			return nil, errors.New(goneText)
		}
	}
	was := url.Values{}
	for name, values := range q {
		if part, ok := strings.CutPrefix(name, "before."); ok && part != "view" {
			was[part] = values
		}
	}
	for _, name := range []string{"stop", "hide"} {
		was.Set(name, q.Get(name))
	}
	g, err := old.parseFilter(was)
	if err != nil {
		return nil, err
	}
	return compare(r.Context(), old, v, g, f)
}

// reportCompared is the comparison that a report is to have, nil when none is asked for.
func (s *Server) reportCompared(v *view, r *http.Request) (*report.Comparison, error) {
	q := r.URL.Query()
	asked := false
	for name := range q {
		asked = asked || strings.HasPrefix(name, "before.")
	}
	if !asked {
		return nil, nil
	}
	a, err := s.answerCompare(v, r)
	if err != nil {
		return nil, err
	}
	with := "another part of the log"
	if old := s.view(q.Get("before.view")); old != nil && old != v {
		with = old.name
	}
	answer := a.(comparedAnswer)
	return &report.Comparison{With: with, Changes: report.Compared(answer.comparison())}, nil
}

// comparison is the answer as the command has it.
func (a *comparedAnswer) comparison() *scan.Comparison {
	changes := func(rows []comparedRow) (list []scan.Change) {
		for _, r := range rows {
			list = append(list, scan.Change{Text: r.Text, Before: float64(r.Before), Now: r.After, Line: r.Line})
		}
		return list
	}
	fields := func(rows []comparedField) (list []scan.FieldChange) {
		for _, r := range rows {
			list = append(list, scan.FieldChange{Name: r.Name, Before: float64(r.Before), Now: float64(r.After)})
		}
		return list
	}
	return &scan.Comparison{
		New: changes(a.New), Gone: changes(a.Gone), Changed: changes(a.Changed),
		NewFields: fields(a.Fields.New), GoneFields: fields(a.Fields.Gone), ChangedFields: fields(a.Fields.Changed),
	}
}

func compare(ctx context.Context, old, now *view, before, after *filter) (comparedAnswer, error) {
	a := comparedAnswer{New: []comparedRow{}, Gone: []comparedRow{}, Changed: []comparedRow{}}
	was, err := old.countPatterns(ctx, before)
	if err != nil {
		return a, err
	}
	is, err := now.countPatterns(ctx, after)
	if err != nil {
		return a, err
	}
	a.Before, a.After = linesOf(was), linesOf(is)
	earlier := make(map[uint64]*patternRow, len(was))
	for i := range was {
		if was[i].Count > 0 {
			earlier[old.patterns.id(was[i].index)] = &was[i]
		}
	}
	for i := range is {
		p := &is[i]
		if p.Count == 0 {
			continue
		}
		id := now.patterns.id(p.index)
		o := earlier[id]
		delete(earlier, id)
		row := comparedRow{After: p.Count, Flagged: p.Flagged, Level: worst(p), Line: p.First}
		row.describe(now, p.index)
		switch {
		case o == nil:
			a.New = append(a.New, row)
			continue
		case a.Before == 0:
		default:
			usual := float64(o.Count) * float64(a.After) / float64(a.Before)
			if row.Before, row.Times = o.Count, float64(p.Count)/usual; scan.Changed(float64(p.Count), usual) {
				a.Changed = append(a.Changed, row)
				continue
			}
		}
		a.Same++
	}
	for _, o := range earlier {
		row := comparedRow{Before: o.Count, Level: worst(o), Line: o.First}
		row.describe(old, o.index)
		a.Gone = append(a.Gone, row)
	}
	if err := a.Fields.compare(ctx, old, now, before, after); err != nil {
		return a, err
	}
	for _, list := range []*[]comparedRow{&a.New, &a.Gone, &a.Changed} {
		slices.SortFunc(*list, func(x, y comparedRow) int {
			return cmp.Or(cmp.Compare(y.Flagged, x.Flagged), cmp.Compare(max(y.Before, y.After), max(x.Before, x.After)), cmp.Compare(x.Line, y.Line))
		})
		if more := len(*list) - maxCompared; more > 0 {
			a.More += more
			*list = (*list)[:maxCompared]
		}
	}
	return a, nil
}

func (a *comparedFields) compare(ctx context.Context, old, now *view, before, after *filter) error {
	was, err := old.countFields(ctx, before)
	if err != nil {
		return err
	}
	is, err := now.countFields(ctx, after)
	if err != nil {
		return err
	}
	fresh, gone, changed := scan.CompareFields(was, is)
	a.Same = len(is.Of) - len(fresh) - len(changed)
	rows := func(list []scan.FieldChange) []comparedField {
		if more := len(list) - maxCompared; more > 0 {
			a.More += more
			list = list[:maxCompared]
		}
		rows := make([]comparedField, len(list))
		for i, f := range list {
			rows[i] = comparedField{Name: f.Name, Before: int64(f.Before), After: int64(f.Now)}
			if f.Before > 0 && is.Lines > 0 {
				rows[i].Times = f.Now / is.Lines / (f.Before / was.Lines)
			}
		}
		return rows
	}
	a.New, a.Gone, a.Changed = rows(fresh), rows(gone), rows(changed)
	return nil
}

func (r *comparedRow) describe(v *view, index uint16) {
	d := v.patterns.describe(index)
	r.ID, r.Record, r.Text = d.ID, d.Record, d.Text
}

func linesOf(rows []patternRow) (n int64) {
	for i := range rows {
		n += rows[i].Count
	}
	return n
}

// worst is the highest level of a pattern's lines.
func worst(p *patternRow) uint8 {
	for l := len(p.Levels) - 1; l > 0; l-- {
		if p.Levels[l] > 0 {
			return uint8(l)
		}
	}
	return 0
}
