package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Story is what is told of an incident.
type Story struct {
	ID    string
	Group string // of Group_By; empty = none

	First, Last time.Duration // of its flagged lines since the Unix epoch; 0 = they have none
	From, To    int64         // numbers of its first and last flagged lines
	Flagged     int64         // lines
	Lines       int64         // of its patterns while it lasted, flagged or not
	Level       pattern.Level // the worst
	Score       float64       // the highest
	Kinds       []Count       // of its flagged lines, the most frequent first
	Quiet       bool          // nobody is called for it: its lines do not weigh enough

	Patterns []Pattern // the one of the strangest line first
	More     int64     // flagged lines of patterns beyond those
}

// Count is how often a word was given.
type Count struct {
	Word  string
	Times int64
}

// Pattern is what one pattern has to do with an incident.
type Pattern struct {
	ID      string
	Text    string // what is constant as it is, what varies as <kind>
	Line    int64  // number of its first flagged line
	Sample  string // that line
	Reason  string
	Score   float64 // the highest
	Flagged int64   // lines
	Lines   int64   // from its first flagged one on, until the incident is over
}

// Line is a line of a log, as a Teller is told of it.
type Line struct {
	Number   int64
	Time     time.Duration
	Group    []byte
	Text     []byte
	Verdict  *detector.Verdict
	Incident []byte        // its id, when it is flagged
	Nth      uint64        // which of the incident's lines, when it is flagged; 0 = they do not weigh enough so far
	Template func() string // its pattern as text, when it is flagged
}

const (
	// maxStories is how many incidents a Teller holds; at that number the half
	// with the lowest scores goes, the quiet ones first.
	maxStories = 10_000

	maxStoryPatterns = 8

	// MaxSample is how many bytes of a line are kept.
	MaxSample = 400
)

// Teller makes stories of the lines of a log. It holds at most maxStories.
type Teller struct {
	Left int64 // incidents that were left out

	gap     time.Duration
	now     time.Duration
	stories map[string]*Story
	fresh   map[uint64]*freshPattern // patterns of the open incidents, by their hash
}

// ofPattern are the kinds with which all lines of a pattern are the incident's, flagged or not.
var ofPattern = []detector.AnomalyKind{detector.NewPattern, detector.RarePattern, detector.Returned, detector.OffRate}

type freshPattern struct {
	story *Story
	at    int // in its Patterns
}

// NewTeller returns a Teller; a gap of 0 is DefaultGap.
func NewTeller(gap time.Duration) *Teller {
	if gap <= 0 {
		gap = DefaultGap
	}
	return &Teller{gap: gap, stories: map[string]*Story{}, fresh: map[uint64]*freshPattern{}}
}

// Line takes in a line, flagged or not. It returns the story that the line is one of,
// nil for none. A story may be left out later.
func (t *Teller) Line(l *Line) *Story {
	if l.Time > 0 {
		t.now = l.Time
	}
	v := l.Verdict
	if len(t.fresh) > 0 {
		if f := t.fresh[v.Pattern]; f != nil && !v.Anomaly {
			if t.over(f.story, l.Number) {
				delete(t.fresh, v.Pattern)
			} else {
				f.story.Lines++
				f.story.Patterns[f.at].Lines++
				return f.story
			}
		}
	}
	if !v.Anomaly {
		return nil
	}
	s := t.stories[string(l.Incident)]
	if s == nil {
		s = &Story{ID: string(l.Incident), Group: string(l.Group), First: t.now, From: l.Number, Quiet: true}
		t.stories[s.ID] = s
		if len(t.stories) > maxStories {
			t.makeRoom()
		}
	}
	if t.now != 0 {
		s.First, s.Last = min(s.First, t.now), max(s.Last, t.now)
	}
	s.To = max(s.To, l.Number)
	s.Flagged++
	s.Lines++
	s.Level = max(s.Level, v.Level)
	s.Score = max(s.Score, v.Score)
	s.Quiet = s.Quiet && l.Nth == 0
	count(&s.Kinds, string(v.Kind))
	id := text.ID(v.Pattern)
	i := slices.IndexFunc(s.Patterns, func(p Pattern) bool { return p.ID == id })
	if i < 0 {
		if len(s.Patterns) == maxStoryPatterns {
			s.More++
			return s
		}
		i = len(s.Patterns)
		s.Patterns = append(s.Patterns, Pattern{
			ID: id, Text: l.Template(), Line: l.Number, Sample: text.Valid(text.Cut(l.Text, MaxSample)), Reason: string(v.Reason),
		})
		if !v.ByValue && slices.Contains(ofPattern, v.Kind) {
			t.fresh[v.Pattern] = &freshPattern{s, i}
		}
	}
	p := &s.Patterns[i]
	p.Flagged++
	p.Lines++
	if v.Score > p.Score {
		p.Score = v.Score
	}
	return s
}

// over reports whether no line from here on can be the incident's.
func (t *Teller) over(s *Story, number int64) bool {
	if s.Last == 0 {
		return number > s.To+gapRecords
	}
	return t.now > s.Last+t.gap
}

func (t *Teller) makeRoom() {
	list := make([]*Story, 0, len(t.stories))
	for _, s := range t.stories {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *Story) int {
		return cmp.Or(quietLast(a, b), cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
	})
	for _, s := range list[maxStories/2:] {
		delete(t.stories, s.ID)
		t.Left++
	}
	for hash, f := range t.fresh {
		if t.stories[f.story.ID] == nil {
			delete(t.fresh, hash)
		}
	}
}

func count(list *[]Count, word string) {
	for i := range *list {
		if (*list)[i].Word == word {
			(*list)[i].Times++
			return
		}
	}
	*list = append(*list, Count{word, 1})
}

// Stories returns what was told, in the order of time. They do not change when more
// is told.
func (t *Teller) Stories() []*Story {
	list := make([]*Story, 0, len(t.stories))
	for _, told := range t.stories {
		// A copy: what is still told knows the patterns by their places.
		s := new(Story)
		*s = *told
		s.Kinds, s.Patterns = slices.Clone(s.Kinds), slices.Clone(s.Patterns)
		slices.SortStableFunc(s.Kinds, func(a, b Count) int { return int(b.Times - a.Times) })
		slices.SortStableFunc(s.Patterns, func(a, b Pattern) int { return cmp.Compare(b.Score, a.Score) })
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *Story) int { return cmp.Or(cmp.Compare(a.From, b.From), strings.Compare(a.ID, b.ID)) })
	return list
}

// Top returns the strangest of the stories, as many as top says, the strangest first and
// the quiet ones last; all of them as they are when top is 0 or there are no more.
func Top(list []*Story, top int) []*Story {
	if top <= 0 || top >= len(list) {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *Story) int { return cmp.Or(quietLast(a, b), cmp.Compare(b.Score, a.Score)) })
	return list[:top]
}

// Loud returns the stories that somebody is called for, and the quiet ones.
func Loud(list []*Story) (loud, quiet []*Story) {
	for _, s := range list {
		if s.Quiet {
			quiet = append(quiet, s)
		} else {
			loud = append(loud, s)
		}
	}
	return loud, quiet
}

func quietLast(a, b *Story) int {
	switch {
	case a.Quiet == b.Quiet:
		return 0
	case a.Quiet:
		return 1
	}
	return -1
}

// Marks returns the parts of the sample that the reason speaks of, as pairs of the
// place of the first byte and of the one behind the last.
func (p *Pattern) Marks() [][2]int { return Marks(p.Sample, p.Reason) }

// Took is the time from the first flagged line to the last.
func (s *Story) Took() time.Duration { return s.Last - s.First }
