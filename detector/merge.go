package detector

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// Merger adds up what detectors have learned, each of a log of the same kind: the nodes
// of a fleet, the days of a week. The zero value is ready for use.
type Merger struct {
	settings []Setting
	order    []string // names of groups, as they came
	groups   map[string]*state
}

// Merged says what has come together.
type Merged struct {
	Groups   int
	Records  int // learned, of all groups
	Patterns int
}

// Add takes a snapshot's models in. Those of a group of the same name are added up:
// counts, ranges, categories, words and habits. What is of the moment, bursts, what was
// told and incidents, is not; a forest is fitted anew.
//
// All must be made with the same options; one that does not say where its events' parts
// come from fits any. The error is a *DamagedError, a *DifferentError or that of the
// reader; nothing is taken in then.
func (m *Merger) Add(r io.Reader) error {
	var window int
	var added []*group
	settings := m.settings
	_, _, err := readSnapshot(r, func(h *header) (err error) {
		if h.model != modelVersion {
			return (&Detector{}).accepts(h)
		}
		if settings, err = sameSettings(m.settings, h.settings); err != nil {
			return err
		}
		window, err = h.window()
		return err
	}, func(name string, content *codec.Codec) {
		s := newState(&Options{Window: window})
		if s.carry(content); content.Err == nil {
			added = append(added, &group{name: name, state: s})
		}
	})
	if err != nil {
		return err
	}
	m.settings = settings
	if m.groups == nil {
		m.groups = map[string]*state{}
	}
	for _, g := range added {
		if s := m.groups[g.name]; s != nil {
			s.merge(&g.state)
			continue
		}
		m.groups[g.name] = &g.state
		m.order = append(m.order, g.name)
	}
	return nil
}

// sameSettings returns the settings of both, or what differs.
func sameSettings(own, other []Setting) ([]Setting, error) {
	if own == nil {
		return other, nil
	}
	all := slices.Clone(own)
	var differ []string
	for _, s := range other {
		i := slices.IndexFunc(own, func(o Setting) bool { return o.Name == s.Name })
		switch {
		case i < 0:
			all = append(all, s)
		case own[i].Value != s.Value:
			differ = append(differ, fmt.Sprintf("%s is %s, of those before it is %s", s.Name, s.Value, own[i].Value))
		}
	}
	if differ != nil {
		return nil, &DifferentError{differ}
	}
	return all, nil
}

// merge adds what another group of the same name has learned. The forest is no longer
// that of the rows.
func (s *state) merge(o *state) {
	later := o.model.Latest() >= s.model.Latest()
	s.window.merge(&o.window, float64(o.records)/math.Max(1, float64(s.records+o.records)))
	s.model.Merge(&o.model)
	s.records += o.records
	s.refitAt = max(s.refitAt, o.refitAt)
	if later {
		s.threshold = o.threshold
	}
	clear(s.threshold.extra[:])
	s.forest = nil
}

// merge takes in the rows of another window, of which such a share is wanted where not
// all have room: those seen last of each.
func (w *window) merge(o *window, share float64) {
	own, others := w.inOrder(), o.inOrder()
	if len(own)+len(others) > w.size {
		n := min(len(others), max(int(share*float64(w.size)), w.size-len(own)))
		others = others[len(others)-n:]
		own = own[len(own)-min(len(own), w.size-n):]
	}
	*w = newWindow(w.size)
	for _, rows := range [][]row{own, others} {
		for i := range rows {
			w.add(&rows[i])
		}
	}
}

// inOrder returns the rows, the oldest first.
func (w *window) inOrder() []row {
	all := slices.Clone(w.all())
	if len(all) == w.size {
		return append(all[w.next:], all[:w.next]...)
	}
	return all
}

// WriteTo fits the forests and writes a snapshot. software and saved are as in
// Detector.NewSnapshot.
func (m *Merger) WriteTo(w io.Writer, software string, saved time.Time) (Merged, error) {
	var of Merged
	d, err := m.detector()
	if err != nil {
		return of, err
	}
	defer d.Close()
	b := blockWriter{w: w}
	b.begin(&header{modelVersion, saved.UnixNano(), software, m.settings}, nil)
	for _, name := range m.order {
		g := &group{name: name, state: *m.groups[name]}
		if g.forest == nil && g.window.len() > 0 {
			g.install(d.fit(g.window.all()), d)
			g.startThreshold(&d.mix)
			g.nextRefit = math.MaxInt32 // RefitRecords bounds it where the model is read
			g.refitFrom = g.records + d.options.Window
		}
		b.group(name, &g.state)
		of.Groups++
		of.Records += g.records
		of.Patterns += len(g.model.Patterns())
	}
	b.end(uint32(of.Groups))
	return of, b.err
}

// detector returns one of the models' options.
func (m *Merger) detector() (*Detector, error) {
	o := Options{Warmup: 1, RefitRecords: 1, MaxGroups: 1, Synchronous: true}
	for _, s := range m.settings {
		n, err := strconv.ParseUint(s.Value, 10, 64)
		at := map[string]*int{"Trees": &o.Trees, "Sample_Size": &o.SampleSize, "Window": &o.Window}[s.Name]
		switch {
		case s.Name == "Seed" && err == nil:
			o.Seed = n
		case at != nil && err == nil && n <= math.MaxInt32:
			*at = int(n)
		}
	}
	return New(o)
}
