package web

import (
	"bytes"
	"strconv"
	"sync"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	maxPatterns = scan.MaxPatterns // more share the last one
	sampleSize  = 512              // bytes of a message that are kept of each
)

// patterns numbers the patterns of a log and keeps an example of each.
type patterns struct {
	table *scan.Patterns

	mu      sync.Mutex
	numbers map[uint64]uint16 // by the detector's hash
	ids     map[uint64]uint16 // by the page's
	all     []onePattern
}

type onePattern struct {
	id     uint64 // its hash under a seed of the page's own, so that it outlives another Seed; 0 = beyond maxPatterns
	hash   uint64 // the detector's, of which its id on records is made
	count  int64  // of its lines
	line   uint32 // index of its first one
	first  []byte // its first message
	cut    bool   // first is not all of its message
	fields bool   // first is made of the fields of an event without a message
}

func (p *patterns) init() {
	p.table = scan.NewPatterns()
	p.numbers, p.ids = map[uint64]uint16{}, map[uint64]uint16{}
}

func (p *patterns) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

// index is the number of the pattern of an event that is being judged, the one of a line.
func (p *patterns) index(hash uint64, ev *detector.Event, line int) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	message := ev.Message
	fields := len(message) == 0 && len(ev.Fields) > 0
	i, ok := p.numbers[hash]
	if !ok {
		i = uint16(len(p.all))
		if i == maxPatterns-1 {
			// The last number stands for all that come from now on: it has no
			// example, as they have nothing in common.
			p.all = append(p.all, onePattern{})
			p.ids[0] = i
		}
		if i >= maxPatterns-1 {
			p.all[maxPatterns-1].count++
			return maxPatterns - 1
		}
		p.numbers[hash] = i
		id := p.table.ID(hash, ev)
		if fields {
			message = ev.AppendFields(nil, sampleSize)
		}
		// A message can be a pattern of its own at first, and the first of another
		// when what varies in it is known.
		for _, taken := p.ids[id]; taken; _, taken = p.ids[id] {
			id++
		}
		p.ids[id] = i
		p.all = append(p.all, onePattern{id: id, hash: hash, count: 1, line: uint32(line), first: bytes.Clone(text.Cut(message, sampleSize)), cut: len(message) > sampleSize, fields: fields})
		return i
	}
	p.all[i].count++
	return i
}

// id is a pattern's id by its number.
func (p *patterns) id(i uint16) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[i].id
}

// hash is the detector's hash of a pattern by its number.
func (p *patterns) hash(i uint16) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[i].hash
}

// hashes are the detector's hashes of all patterns, by their numbers.
func (p *patterns) hashes() []uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]uint64, len(p.all))
	for i := range p.all {
		all[i] = p.all[i].hash
	}
	return all
}

// firsts are the indexes of the patterns' first lines, by their numbers.
func (p *patterns) firsts() []uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]uint32, len(p.all))
	for i := range p.all {
		all[i] = p.all[i].line
	}
	return all
}

// recorded finds a pattern by the part of its hash that its id on records tells.
func (p *patterns) recorded(id uint64) (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i].hash&text.IDBits == id {
			return uint16(i), true
		}
	}
	return 0, false
}

// number finds a pattern by its id.
func (p *patterns) number(id uint64) (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, ok := p.ids[id]
	return i, ok
}

// describe tells what pattern a number stands for.
func (p *patterns) describe(i uint16) patternRow {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := &p.all[i]
	row := patternRow{ID: strconv.FormatUint(o.id, 16), Lines: o.count}
	switch {
	case i == maxPatterns-1:
		row.Text = "patterns beyond the first " + strconv.Itoa(maxPatterns-1)
		return row
	case o.fields:
		// What of it is the same in the others cannot be told.
		row.Text = text.Valid(o.first)
	default:
		row.Text = patternText(o.first, p.table.Scan(o.first), o.cut)
	}
	row.Record, row.Sample = text.ID(o.hash), text.Valid(o.first)
	return row
}

// patternText is a pattern as text: what is constant as it is, what varies as
// <num>, <time> and the like.
func patternText(message []byte, l *pattern.Line, cut bool) string {
	s := text.Valid(l.Append(nil, message))
	if l.Truncated || cut {
		s += " …"
	}
	return s
}
