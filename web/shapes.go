package web

import (
	"context"
	"sync"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// maxShapes is how many sets of fields are told apart in a log. The fields of lines that
// have another one are not compared.
const maxShapes = 4096

// shapes numbers the sets of fields that the lines of a log have.
type shapes struct {
	// The writer's own.
	numbers map[uint64]uint16 // by the sum of the names' hashes: their order does not matter
	fields  map[string]uint16 // index in names

	mu    sync.Mutex
	all   [][]uint16 // of each, its fields: indexes in names. 0 has none
	names []string
}

func (s *shapes) init() {
	s.numbers, s.fields = map[uint64]uint16{}, map[string]uint16{}
	s.all = [][]uint16{nil}
}

// index is the number of the set of an event's fields; 0 for none, or one too many.
func (s *shapes) index(ev *detector.Event) uint16 {
	if len(ev.Fields) == 0 {
		return 0
	}
	var sum uint64
	for i := range ev.Fields {
		sum += ev.Fields[i].NameHash()
	}
	n, ok := s.numbers[sum]
	if ok || len(s.all) == maxShapes {
		return n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var shape []uint16
	for i := range ev.Fields {
		name := text.Valid(text.Cut(ev.Fields[i].Name, scan.LongFieldName))
		f, ok := s.fields[name]
		if !ok {
			if len(s.names) == scan.MaxFieldNames {
				continue
			}
			f = uint16(len(s.names))
			s.fields[name] = f
			s.names = append(s.names, name)
		}
		shape = append(shape, f)
	}
	n = uint16(len(s.all))
	s.numbers[sum] = n
	s.all = append(s.all, shape)
	return n
}

// countFields counts the lines that a filter means by the fields that they have.
func (v *view) countFields(ctx context.Context, f *filter) (*scan.FieldLines, error) {
	snap, c, err := v.choose(ctx, f)
	if err != nil {
		return nil, err
	}
	var lines [maxShapes]float64
	for j := range c.n {
		ch, k := snap.at(c.at(j))
		lines[ch.shape[k]]++
	}
	s := &v.shapes
	s.mu.Lock()
	defer s.mu.Unlock()
	count := &scan.FieldLines{Of: map[string]float64{}}
	for n := 1; n < len(s.all); n++ {
		if lines[n] == 0 {
			continue
		}
		count.Lines += lines[n]
		for _, f := range s.all[n] {
			count.Of[s.names[f]] += lines[n]
		}
	}
	return count, nil
}
