package judge

import (
	"fmt"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// The slots of the finder.
const (
	slotMessage = iota
	slotLevel
	slotGroup
)

// newFinder compiles what is looked for in a record.
func newFinder(s *options.Settings) (*record.Finder, error) {
	message, err := accessors("Log_Key", s.LogKey, options.MessageNames)
	if err != nil {
		return nil, err
	}
	level, err := accessors("Level_Key", s.LevelKey, options.LevelNames)
	if err != nil {
		return nil, err
	}
	group, err := accessors("Group_By", s.GroupBy, nil)
	if err != nil {
		return nil, err
	}
	replaced := s.Fields()
	return record.NewFinder(replaced[:], message, level, group), nil
}

func accessors(option, given string, usual []string) ([]record.Accessor, error) {
	if given != "" {
		a, err := record.ParseAccessor(given)
		if err != nil {
			return nil, fmt.Errorf("option %s has the value %q: %w", option, given, err)
		}
		return []record.Accessor{a}, nil
	}
	var list []record.Accessor
	for _, name := range usual {
		list = append(list, record.Key(name))
	}
	return list, nil
}

// reader turns events of a chunk into the detector's.
type reader struct {
	event                 detector.Event
	message, level, group []byte // scratch for values that are no strings
}

// shape says what a record is to the detector.
type shape int

const (
	readable   shape = iota
	wordless         // it has no message
	structured       // its message is a map, an array or an ext
)

// read returns the event as the detector takes it. It shares memory with the chunk
// and with the reader, and holds until the next call; it is nil for one that is not readable.
func (r *reader) read(ev *record.Event) (*detector.Event, shape) {
	message := ev.Value(slotMessage)
	switch message.Kind {
	case record.Map, record.Array, record.Ext:
		return nil, structured
	case record.Absent, record.Nil:
		return nil, wordless
	}
	r.event = detector.Event{
		Time:    ev.Time,
		Message: text(message, &r.message),
		Level:   pattern.ParseLevel(text(ev.Value(slotLevel), &r.level)),
		Group:   text(ev.Value(slotGroup), &r.group),
	}
	return &r.event, readable
}

// text returns a value as text: the chunk's own bytes for a string, else
// written to scratch.
func text(v record.Value, scratch *[]byte) []byte {
	switch v.Kind {
	case record.Absent, record.Nil:
		return nil
	case record.Str, record.Bin:
		return v.Bytes
	}
	*scratch = v.AppendText((*scratch)[:0])
	return *scratch
}
