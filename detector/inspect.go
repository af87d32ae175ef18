package detector

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Contents is what is in a snapshot, for people.
type Contents struct {
	Saved    time.Time // by the clock of the machine that took it
	Version  string    // of the software that took it
	Settings []Setting // that the models depend on
	Groups   []GroupContents
}

// GroupContents is what one model has learned.
type GroupContents struct {
	Name      string        // value of Group_By; empty = events without one
	Bytes     int           // in the snapshot
	Records   int           // learned
	Latest    time.Duration // time of the latest event since the Unix epoch; 0 = none had one
	Threshold float64       // score from which on a record is flagged
	Trees     int           // of the forest; 0 = it is not yet fitted
	Rows      int           // in the window
	Words     int           // words and neighbours of words counted
	Levels    [pattern.Levels]float64
	Features  []FeatureContents
	Patterns  []model.PatternContents // the one seen most comes first
	Fields    []model.FieldContents   // that of most records comes first
}

// FeatureContents are a feature's values in the window, in points.
type FeatureContents struct {
	Name          string
	Mean, Largest float64
	Share         float64 // of rows that are not 0
}

// largestWindow is the largest window that a snapshot is read with.
const largestWindow = 1_000_000

// window is the size of the window that the models were made with: a ring that is
// full begins anew anywhere.
func (h *header) window() (int, error) {
	for _, s := range h.settings {
		if s.Name == "Window" {
			n, err := strconv.Atoi(s.Value)
			if err != nil || n < 1 || n > largestWindow {
				return 0, &DamagedError{fmt.Sprintf("its Window is %q", s.Value)}
			}
			return n, nil
		}
	}
	return 0, &DamagedError{"it does not say its Window"}
}

// Inspect reads a snapshot. The error is a *DamagedError, a *DifferentError or
// that of the reader.
func Inspect(r io.Reader) (*Contents, error) {
	var all Contents
	var window int
	accept := func(h *header) (err error) {
		if h.model != modelVersion {
			return (&Detector{}).accepts(h)
		}
		window, err = h.window()
		return err
	}
	h, _, err := readSnapshot(r, accept, func(name string, content *codec.Codec) {
		size := len(content.B)
		s := newState(&Options{Window: window})
		if s.carry(content); content.Err == nil {
			all.Groups = append(all.Groups, s.contents(name, size))
		}
	})
	if err != nil {
		return nil, err
	}
	all.Saved, all.Version, all.Settings = time.Unix(0, h.saved), h.software, h.settings
	return &all, nil
}

func (s *state) contents(name string, size int) GroupContents {
	m := &s.model
	g := GroupContents{
		Name: name, Bytes: size, Records: s.records, Latest: m.Latest(), Threshold: score(s.threshold.points),
		Rows: s.window.len(), Words: m.Words(), Patterns: m.Patterns(), Fields: m.Fields(),
	}
	if s.forest != nil {
		g.Trees = s.forest.Trees()
	}
	for i, n := range m.Levels() {
		g.Levels[i] = float64(n)
	}
	for f := range model.Features {
		c := FeatureContents{Name: model.Table[f].Name}
		for _, p := range s.window.pieces {
			for i := range p {
				v := float64(f.Points(&p[i]))
				c.Mean += v
				c.Largest = max(c.Largest, v)
				if v > 0 {
					c.Share++
				}
			}
		}
		if n := float64(s.window.len()); n > 0 {
			c.Mean, c.Share = c.Mean/n, c.Share/n
		}
		g.Features = append(g.Features, c)
	}
	return g
}
