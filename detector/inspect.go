package detector

import (
	"io"
	"time"

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
	Patterns  []PatternContents // the one seen most comes first
}

// FeatureContents are a feature's values in the window, in points.
type FeatureContents struct {
	Name          string
	Mean, Largest float64
	Share         float64 // of rows that are not 0
}

// PatternContents is what is known of one pattern.
type PatternContents struct {
	Text    string                  // cut to 96 bytes
	Seen    int                     // times, of old ones some forgotten
	Recent  float64                 // times, what is long past counting less
	Levels  [pattern.Levels]float64 // Recent by level
	Ago     int                     // records since it was last seen
	Lengths Range                   // of its messages, in bytes
	Numbers []Range                 // usual ones, by their place, in base units (seconds, bytes)
}

// Range is the usual range of a quantity.
type Range struct{ Low, High float64 }

// featureTitles are the features as Contents names them.
var featureTitles = [features]string{
	featRarity: "rarity", featWord: "word", featSequence: "sequence", featFailure: "failure", featNetwork: "network", featLevel: "level",
	featNumber: "number", featLength: "length", featOdd: "characters", featEnd: "end", featBurst: "burst", featSeverity: "severity",
}

// largestWindow is the largest window that a snapshot is read with.
const largestWindow = 1_000_000

// Inspect reads a snapshot. The error is a *DamagedError, a *DifferentError or
// that of the reader.
func Inspect(r io.Reader) (*Contents, error) {
	var all Contents
	accept := func(h *header) error {
		if h.model != modelVersion {
			return (&Detector{}).accepts(h)
		}
		return nil
	}
	h, err := readSnapshot(r, accept, func(name string, content *codec) {
		size := len(content.b)
		s := newState(&Options{Window: largestWindow})
		if s.carry(content); content.err == nil {
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
		Name: name, Bytes: size, Records: s.records, Latest: m.clock.now, Threshold: score(s.threshold.points),
		Rows: s.window.len(), Words: m.language.grams.used,
	}
	if s.forest != nil {
		g.Trees = s.forest.Trees()
	}
	for i, n := range m.levels {
		g.Levels[i] = float64(n)
	}
	for f := feature(0); f < features; f++ {
		c := FeatureContents{Name: featureTitles[f]}
		for i := range s.window.rows {
			v := float64(f.points(&s.window.rows[i]))
			c.Mean += v
			c.Largest = max(c.Largest, v)
			if v > 0 {
				c.Share++
			}
		}
		if n := float64(s.window.len()); n > 0 {
			c.Mean, c.Share = c.Mean/n, c.Share/n
		}
		g.Features = append(g.Features, c)
	}
	m.statements.sort()
	for i := range m.statements.all {
		st := &m.statements.all[i]
		st.age(m.epoch)
		p := PatternContents{
			Text: string(st.text.bytes()), Seen: int(st.seen), Recent: float64(st.n), Ago: int(m.records - st.last),
			Lengths: Range{st.length.lo.exp() - 1, st.length.hi.exp() - 1},
		}
		for l, n := range st.levels {
			p.Levels[l] = float64(n)
		}
		for _, n := range st.nums[:st.numbers] {
			p.Numbers = append(p.Numbers, Range{n.lo.number(), n.hi.number()})
		}
		g.Patterns = append(g.Patterns, p)
	}
	return g
}
