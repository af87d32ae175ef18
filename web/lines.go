package web

import (
	"math"
	"sync/atomic"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// line is what is kept of a line of the log: 36 bytes in memory. Its text and
// its reason are on disk, in the view's spool.
type line struct {
	offset  int64  // of the text in the spool
	time    int64  // Unix milliseconds; a line without a time has that of the line before it; 0 = none yet
	score   score  // 0 when not judged
	sweep   uint32 // a bit for each contamination of the slider: flagged?
	reason  uint32 // 1 + its offset in the reasons' file; 0 = none
	pattern uint16 // index in the view's patterns
	group   uint16 // index in the view's groups
	shape   uint16 // index in the view's shapes
	flags   uint8  // the level, and the bits below
	kind    uint8  // of the anomaly and its weight, as newKind has them; when a bit of sweep is set
}

// score is one in billionths: all the decimals that are ever written.
type score uint32

const billion = 1_000_000_000

func newScore(s float64) score { return score(math.Round(text.Score(s) * billion)) }
func (s score) float() float64 { return float64(s) / billion }

const (
	levelMask = 0x0f
	judgedBit = 1 << 7
	timedBit  = 1 << 6 // the line has a time of its own
	cutBit    = 1 << 5 // longer than scan.MaxLine
	restBit   = 1 << 4 // the line continues the record of the line before it
)

// chunkLines is how many lines are allocated at once. Nothing is copied when
// a log grows, so that memory never holds two of anything.
const chunkLines = 1 << 14

// chunk holds lines by column: a filter walks over one or two of them.
type chunk struct {
	offset  [chunkLines]int64
	time    [chunkLines]int64
	score   [chunkLines]score
	sweep   [chunkLines]uint32
	reason  [chunkLines]uint32
	pattern [chunkLines]uint16
	group   [chunkLines]uint16
	shape   [chunkLines]uint16
	flags   [chunkLines]uint8
	kind    [chunkLines]uint8
}

// lines is a table that one goroutine appends to while others read it, without
// a lock: lines are written first and published after that.
type lines struct {
	chunks    atomic.Pointer[[]*chunk]
	published atomic.Int64
	written   int // the writer's own
}

// add appends a line that readers see from the next publish on.
func (t *lines) add(l *line) {
	i := t.written % chunkLines
	if i == 0 {
		var chunks []*chunk
		if old := t.chunks.Load(); old != nil {
			chunks = *old
		}
		// Append leaves what readers hold as it is: they see their own length.
		chunks = append(chunks, new(chunk))
		t.chunks.Store(&chunks)
	}
	chunks := *t.chunks.Load()
	c := chunks[len(chunks)-1]
	c.offset[i], c.time[i], c.score[i] = l.offset, l.time, l.score
	c.sweep[i], c.pattern[i], c.reason[i], c.flags[i] = l.sweep, l.pattern, l.reason, l.flags
	c.group[i], c.shape[i], c.kind[i] = l.group, l.shape, l.kind
	t.written++
}

// publish shows readers all that is written.
func (t *lines) publish() { t.published.Store(int64(t.written)) }

// len is the number of lines that are published.
func (t *lines) len() int { return int(t.published.Load()) }

// snapshot are the lines published at one moment.
type snapshot struct {
	chunks []*chunk
	n      int
}

func (t *lines) snapshot() snapshot {
	s := snapshot{n: t.len()} // before the chunks: these are never fewer
	if p := t.chunks.Load(); p != nil {
		s.chunks = *p
	}
	return s
}

func (s *snapshot) at(i int) (*chunk, int) { return s.chunks[i/chunkLines], i % chunkLines }

func (s *snapshot) line(i int) line {
	c, k := s.at(i)
	return line{c.offset[k], c.time[k], c.score[k], c.sweep[k], c.reason[k], c.pattern[k], c.group[k], c.shape[k], c.flags[k], c.kind[k]}
}

// records tells with which line the record of another begins. It is asked for lines in
// their order.
type records struct {
	snap         *snapshot
	asked, first int // the line it was asked for last, and what it said
}

// firstOf returns the line with which the record of line i begins, which is i itself
// when the line continues none.
func (r *records) firstOf(i int) int {
	first := i
	for ; first > r.asked; first-- {
		if c, k := r.snap.at(first); c.flags[k]&restBit == 0 {
			break
		}
	}
	if first == r.asked {
		first = r.first
	}
	r.asked, r.first = i, first
	return first
}
