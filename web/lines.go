package web

import "sync/atomic"

// line is what is kept of a line of the log: 42 bytes in memory. Its text and
// its reason are on disk, in the view's spool.
type line struct {
	offset  int64   // of the text in the spool
	time    int64   // Unix milliseconds; a line without a time has that of the line before it; 0 = none yet
	score   float64 // 0 when not judged
	sweep   uint32  // a bit for each contamination of the slider: flagged?
	pattern uint32  // index in the view's patterns
	reason  uint32  // 1 + its offset in the reasons' file; 0 = none
	group   uint16  // index in the view's groups
	shape   uint16  // index in the view's shapes
	flags   uint8   // the level, and the bits below
	kind    uint8   // of the anomaly, as kindNumber has it; when a bit of sweep is set
}

const (
	levelMask = 0x0f
	judgedBit = 1 << 7
	timedBit  = 1 << 6 // the line has a time of its own
	cutBit    = 1 << 5 // longer than scan.MaxLine
)

// chunkLines is how many lines are allocated at once. Nothing is copied when
// a log grows, so that memory never holds two of anything.
const chunkLines = 1 << 14

// chunk holds lines by column: a filter walks over one or two of them.
type chunk struct {
	offset  [chunkLines]int64
	time    [chunkLines]int64
	score   [chunkLines]float64
	sweep   [chunkLines]uint32
	pattern [chunkLines]uint32
	reason  [chunkLines]uint32
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
	return line{c.offset[k], c.time[k], c.score[k], c.sweep[k], c.pattern[k], c.reason[k], c.group[k], c.shape[k], c.flags[k], c.kind[k]}
}
