package web

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/incident"
	"github.com/flb-anomaly/flb-anomaly/internal/report"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// tellings are the incidents of a log at the stops that were asked for last.
type tellings struct {
	mu  sync.Mutex
	all []*telling // the most recently used first
}

// keptTellings is how many are remembered: the slider goes back and forth.
const keptTellings = 2

// telling makes incidents of the lines that are flagged at a stop, but for patterns
// that are set aside: as Fluent Bit would, if it ignored them. It goes on where it was
// left when the log grows.
type telling struct {
	key string

	mu      sync.Mutex
	tracker *incident.Tracker
	teller  *incident.Teller
	seen    int                 // lines that went in
	lines   map[string][]uint32 // of each incident, flagged or a part of its storm
	left    int64               // incidents that the teller has left out
}

// tell calls use with the incidents as far as the log has come.
func (v *view) tell(ctx context.Context, f *filter, use func(*telling, *snapshot) error) error {
	key := fmt.Sprint(f.stop, " ", f.hide)
	v.told.mu.Lock()
	i := slices.IndexFunc(v.told.all, func(t *telling) bool { return t.key == key })
	var t *telling
	if i >= 0 {
		t = v.told.all[i]
		v.told.all = slices.Delete(v.told.all, i, i+1)
	} else {
		gap := v.settings.IncidentGap
		t = &telling{key: key, tracker: incident.New(gap), teller: incident.NewTeller(gap), lines: map[string][]uint32{}}
	}
	v.told.all = slices.Insert(v.told.all, 0, t)
	v.told.all = v.told.all[:min(len(v.told.all), keptTellings)]
	v.told.mu.Unlock()

	t.mu.Lock()
	defer t.mu.Unlock()
	snap := v.lines.snapshot()
	if err := t.goOn(ctx, v, &snap, f); err != nil {
		return err
	}
	snap.n = t.seen
	return use(t, &snap)
}

func (t *telling) goOn(ctx context.Context, v *view, snap *snapshot, f *filter) error {
	hashes := v.patterns.hashes()
	var verdict detector.Verdict
	line := incident.Line{Verdict: &verdict, Template: func() string { return "" }}
	var id []byte
	for ; t.seen < snap.n; t.seen++ {
		i := t.seen
		if i%chunkLines == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c, k := snap.at(i)
		if c.flags[k]&restBit != 0 {
			continue // its record has been told
		}
		p := c.pattern[k]
		verdict.Pattern = hashes[p]
		verdict.Anomaly = c.sweep[k]>>f.stop&1 == 1 && !f.hides(p)
		line.Number, line.Time = int64(i)+1, time.Duration(c.time[k])*time.Millisecond
		t.tracker.Pass(line.Time)
		if verdict.Anomaly {
			verdict.Level, verdict.Score = pattern.Level(c.flags[k]&levelMask), c.score[k].float()
			verdict.Kind, verdict.Weight = detector.AnomalyKind(kindName(c.kind[k])), weightOf(c.kind[k])
			line.Group = v.groups.name(c.group[k])
			line.Nth = t.tracker.Flagged(line.Group, &verdict)
			id = t.tracker.AppendID(id[:0])
			line.Incident = id
		}
		s := t.teller.Line(&line)
		if s == nil {
			continue
		}
		t.lines[s.ID] = append(t.lines[s.ID], uint32(i))
		if verdict.Anomaly && len(s.Patterns) > 0 {
			// A pattern that is new to the story is told by this line.
			if told := &s.Patterns[len(s.Patterns)-1]; told.Line == line.Number {
				if err := v.describe(told, snap, i); err != nil {
					return err
				}
			}
		}
		if t.teller.Left != t.left {
			t.left = t.teller.Left
			t.forget()
		}
	}
	return nil
}

// forget drops the lines of incidents that were left out.
func (t *telling) forget() {
	held := make(map[string]bool, len(t.lines))
	for _, s := range t.teller.Stories() {
		held[s.ID] = true
	}
	for id := range t.lines {
		if !held[id] {
			delete(t.lines, id)
		}
	}
}

// describe tells a pattern of an incident by line i.
func (v *view) describe(p *incident.Pattern, snap *snapshot, i int) error {
	l := snap.line(i)
	sample, _, err := v.lineText(nil, snap, i, incident.MaxSample)
	p.Sample = text.Valid(sample)
	p.Reason, _ = v.reason(l.reason)
	p.Text = v.patterns.describe(l.pattern).Text
	return err
}

// chooseIncident are the lines of an incident that a filter means.
func (v *view) chooseIncident(ctx context.Context, f *filter, snap snapshot, found []uint32) (snapshot, chosen, error) {
	var c chosen
	err := v.tell(ctx, f, func(t *telling, _ *snapshot) error { // of as many lines, or more that have come since
		for _, i := range t.lines[f.incident] {
			if int(i) >= snap.n {
				break
			}
			if f.search() != "" {
				if _, ok := slices.BinarySearch(found, i); ok == f.without {
					continue
				}
			}
			if ch, k := snap.at(int(i)); f.match(ch, k, int(i)) {
				c.lines = append(c.lines, i)
			}
		}
		return nil
	})
	c.n = len(c.lines)
	return snap, c, err
}

// incidentRow is an incident as the page lists it.
type incidentRow struct {
	ID       string      `json:"id"`
	Group    string      `json:"group,omitempty"`
	First    int64       `json:"first"` // Unix milliseconds of its flagged lines; 0 = they have no time
	Last     int64       `json:"last"`
	From     int64       `json:"from"` // numbers of its first and last flagged lines
	To       int64       `json:"to"`
	Lines    int64       `json:"lines"`
	Flagged  int64       `json:"flagged"`
	Level    uint8       `json:"level"` // the worst
	Score    float64     `json:"score"`
	Quiet    bool        `json:"quiet,omitempty"`
	Kinds    []kindCount `json:"kinds"`
	Patterns []involved  `json:"patterns"`
	More     int64       `json:"more,omitempty"` // flagged lines of other patterns
	Bins     []int32     `json:"bins"`           // of its lines, along the log
}

type kindCount struct {
	Kind  string `json:"kind"`
	Lines int64  `json:"lines"`
}

// involved is a pattern of an incident, told by its first line there.
type involved struct {
	Row     row        `json:"row"`
	Lines   int64      `json:"lines"`
	Flagged int64      `json:"flagged"`
	Pattern patternRow `json:"pattern"` // as the whole log has it, uncounted but for its lines
}

type incidentsAnswer struct {
	Total     int           `json:"total"`
	Left      int64         `json:"left,omitempty"`  // those with the lowest scores, of which nothing is known any more
	Quiet     int           `json:"quiet,omitempty"` // those that nobody is called for, listed or not
	Sort      string        `json:"sort"`
	Incidents []incidentRow `json:"incidents"`
}

// storyBins is how many bins the timeline of an incident has.
const storyBins = 60

// incidentOrders are what incidents can be sorted by.
var incidentOrders = map[string]func(a, b *incident.Story) int{
	"first": func(a, b *incident.Story) int { return cmp.Compare(a.From, b.From) },
	"newest": func(a, b *incident.Story) int {
		return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(b.To, a.To))
	},
	"score": func(a, b *incident.Story) int { return cmp.Compare(b.Score, a.Score) },
	"lines": func(a, b *incident.Story) int { return cmp.Compare(b.Lines, a.Lines) },
	"long":  func(a, b *incident.Story) int { return cmp.Compare(b.Took(), a.Took()) },
	"level": func(a, b *incident.Story) int { return cmp.Compare(b.Level, a.Level) },
}

// answerIncidents lists the incidents that have a flagged line as the filter means it,
// the quiet ones only with quiet=1.
func answerIncidents(v *view, r *http.Request) (any, error) {
	q := r.URL.Query()
	f, at, n, err := v.parseRows(r, 50)
	if err != nil {
		return nil, err
	}
	a := incidentsAnswer{Sort: q.Get("sort"), Incidents: []incidentRow{}}
	if a.Sort == "" {
		a.Sort = "first"
		if v.live.Load() {
			a.Sort = "newest"
		}
	}
	order := incidentOrders[a.Sort]
	if order == nil {
		return nil, fmt.Errorf("sort has the value %q; allowed: first, newest, score, lines, long, level", a.Sort)
	}
	err = v.stories(r.Context(), f, func(t *telling, snap *snapshot, list []*incident.Story) error {
		loud, quiet := incident.Loud(list)
		if a.Quiet = len(quiet); q.Get("quiet") != "1" {
			list = loud
		}
		slices.SortStableFunc(list, order)
		a.Total, a.Left = len(list), t.left
		list = list[min(max(at, 0), len(list)):]
		list = list[:min(len(list), min(max(n, 0), maxRows))]
		x := axis(q.Get("x"))
		first, last := v.extent(snap, x)
		for _, s := range list {
			one, err := v.incidentRow(s, snap)
			if err != nil {
				return err
			}
			one.Bins = bins(snap, t.lines[s.ID], x, first, last)
			a.Incidents = append(a.Incidents, one)
		}
		return nil
	})
	return a, err
}

// stories calls use with the incidents that have a flagged line as the filter means it.
func (v *view) stories(ctx context.Context, f *filter, use func(*telling, *snapshot, []*incident.Story) error) error {
	wanted := *f
	wanted.only = true
	var c chosen
	some := wanted.narrows()
	if some {
		var err error
		if _, c, err = v.choose(ctx, &wanted); err != nil {
			return err
		}
	}
	return v.tell(ctx, f, func(t *telling, snap *snapshot) error {
		list := t.teller.Stories()
		if some {
			list = slices.DeleteFunc(list, func(s *incident.Story) bool {
				return !slices.ContainsFunc(t.lines[s.ID], func(i uint32) bool {
					_, ok := slices.BinarySearch(c.lines, i)
					return ok
				})
			})
		}
		return use(t, snap, list)
	})
}

func (v *view) incidentRow(s *incident.Story, snap *snapshot) (incidentRow, error) {
	r := incidentRow{
		ID: s.ID, Group: text.Valid([]byte(s.Group)), First: s.First.Milliseconds(), Last: s.Last.Milliseconds(), From: s.From, To: s.To,
		Lines: s.Lines, Flagged: s.Flagged, Level: uint8(s.Level), Score: text.Score(s.Score), Quiet: s.Quiet, More: s.More,
	}
	for _, k := range s.Kinds {
		r.Kinds = append(r.Kinds, kindCount{k.Word, k.Times})
	}
	for i := range s.Patterns {
		p := &s.Patterns[i]
		one, err := v.row(snap, int(p.Line)-1)
		if err != nil {
			return r, err
		}
		index := snap.line(int(p.Line) - 1).pattern
		r.Patterns = append(r.Patterns, involved{one, p.Lines, p.Flagged, v.patterns.describe(index)})
	}
	return r, nil
}

// bins count lines along the log.
func bins(snap *snapshot, lines []uint32, a axis, first, last int64) []int32 {
	counts, into := make([]int32, storyBins), newStoryScale(first, last)
	for _, i := range lines {
		at := int64(i) + 1
		if a == byTime {
			c, k := snap.at(int(i))
			at = c.time[k]
		}
		if at < first || at > last {
			continue
		}
		counts[into.bin(at)]++
	}
	return counts
}

// storyScale tells which bin of a timeline a place along the log lies in.
type storyScale struct {
	first   int64
	perUnit float64
}

// newStoryScale is for places from first to last, which is included.
func newStoryScale(first, last int64) storyScale {
	return storyScale{first, storyBins / math.Max(1, float64(last-first+1))}
}

func (s storyScale) bin(at int64) int {
	return min(storyBins-1, int(float64(at-s.first)*s.perUnit))
}

// serveReport sends the incidents as a file for a ticket; with a parameter that begins
// with before., how the log differs from that, too.
func (s *Server) serveReport(w http.ResponseWriter, r *http.Request) {
	v := s.view(r.PathValue("id"))
	if v == nil {
		refuse(w, http.StatusNotFound, goneText)
		return
	}
	q := r.URL.Query()
	f, err := v.parseFilter(q)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	var b strings.Builder
	kind, end := "text/markdown; charset=utf-8", "md"
	write := report.Markdown
	switch format := q.Get("format"); format {
	case "markdown":
	case "html":
		kind, end, write = "text/html; charset=utf-8", "html", report.HTML
		b.WriteString(report.HTMLHead)
	default:
		refuse(w, http.StatusBadRequest, fmt.Sprintf("format has the value %q; allowed: html, markdown", format))
		return
	}
	compared, err := s.reportCompared(v, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	err = v.stories(r.Context(), f, func(_ *telling, snap *snapshot, list []*incident.Story) error {
		log := &report.Log{Name: v.name, Lines: int64(snap.n)}
		log.Stories, log.Quiet = incident.Loud(list)
		for _, s := range list {
			log.Flagged += s.Flagged
		}
		st := v.status()
		log.Compared = compared
		log.First, log.Last = time.Duration(st.First)*time.Millisecond, time.Duration(st.Last)*time.Millisecond
		return write(&b, log)
	})
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	download(w, kind, fileName(v.name)+"-incidents."+end)
	_, _ = w.Write([]byte(b.String()))
}

// groupNames numbers the values of Group_By.
type groupNames struct {
	mu      sync.RWMutex
	numbers map[string]uint16
	names   [][]byte // by number, from 1
}

// index is the number of a group, 0 for none. Those beyond what it can number share
// the last.
func (g *groupNames) index(name []byte) uint16 {
	if len(name) == 0 {
		return 0
	}
	i, ok := g.numbers[string(name)]
	if !ok {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.names) == math.MaxUint16 {
			return math.MaxUint16
		}
		if g.numbers == nil {
			g.numbers = map[string]uint16{}
		}
		g.names = append(g.names, slices.Clone(name))
		i = uint16(len(g.names))
		g.numbers[string(name)] = i
	}
	return i
}

// name is a group by its number.
func (g *groupNames) name(i uint16) []byte {
	if i == 0 {
		return nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.names[i-1]
}

// incidentsOf gives the incident of each flagged line, for lines in their order.
type incidentsOf struct {
	view    *view
	snap    *snapshot
	filter  *filter
	tracker *incident.Tracker
	hashes  []uint64
	seen    int
	id      []byte
}

func (v *view) incidentsOf(snap *snapshot, f *filter) *incidentsOf {
	return &incidentsOf{view: v, snap: snap, filter: f, tracker: incident.New(v.settings.IncidentGap), hashes: v.patterns.hashes()}
}

// of is the incident of line i, and which of its lines it is; none for one that is not
// flagged.
func (t *incidentsOf) of(i int) (id []byte, nth uint64) {
	found := false
	for ; t.seen <= i; t.seen++ {
		c, k := t.snap.at(t.seen)
		t.tracker.Pass(time.Duration(c.time[k]) * time.Millisecond)
		p := c.pattern[k]
		if found = false; c.sweep[k]>>t.filter.stop&1 == 1 && !t.filter.hides(p) {
			nth = t.tracker.Flagged(t.view.groups.name(c.group[k]), &detector.Verdict{
				Pattern: t.hashes[p], Score: c.score[k].float(), Kind: detector.AnomalyKind(kindName(c.kind[k])), Weight: weightOf(c.kind[k]),
			})
			t.id = t.tracker.AppendID(t.id[:0])
			found = true
		}
	}
	if !found {
		return nil, 0
	}
	return t.id, nth
}

// hides reports whether a pattern is set aside.
func (f *filter) hides(p uint16) bool { return int(p) < len(f.hidden) && f.hidden[p] }

// narrows reports whether a filter leaves flagged lines out, but for those set aside.
func (f *filter) narrows() bool {
	return f.levels != 0 || f.search() != "" || f.shown != nil || f.axis != "" || f.incident != ""
}
