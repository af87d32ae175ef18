package scan

import (
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// LevelNames are the levels' names as they are written of lines, by their
// number; empty for none.
var LevelNames = func() (names [pattern.Levels]string) {
	for i := range names {
		names[i] = strings.ToLower(pattern.Level(i).String())
	}
	return names
}()

// MaxPatterns is how many patterns of a log are told apart by an id. More
// share the id 0.
const MaxPatterns = 20_000

// Patterns gives patterns ids that stay the same from run to run and under
// another Seed, of which the detector's own hashes depend. It is not safe for
// concurrent use.
type Patterns struct {
	scanner *pattern.Scanner
	line    pattern.Workspace
	ids     map[uint64]uint64 // by the detector's hash
}

// NewPatterns returns a table without patterns.
func NewPatterns() *Patterns {
	return &Patterns{scanner: pattern.NewScanner(1), ids: map[uint64]uint64{}}
}

// ID is the id of a pattern by the detector's hash and an event of it. That of
// events without a message is the hash itself: no Seed goes into it.
func (p *Patterns) ID(hash uint64, ev *detector.Event) uint64 {
	if len(ev.Message) == 0 && len(ev.Fields) > 0 {
		return hash
	}
	id, ok := p.ids[hash]
	if !ok && len(p.ids) < MaxPatterns-1 {
		id = p.Scan(ev.Message).Hash
		p.ids[hash] = id
	}
	return id
}

// Scan takes a message apart; the line's Hash is the pattern's id. It is valid
// until the next call.
func (p *Patterns) Scan(message []byte) *pattern.Line {
	p.scanner.Scan(message, &p.line)
	return &p.line.Line
}
