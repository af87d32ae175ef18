package scan

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event/timestamp"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// The fields of a JSON line that are looked for under their usual names. Of
// several that a line has, the first name here counts.
const (
	message = iota
	severity
	clock
	fields
)

// usual returns which field a key usually is, and its rank among the field's
// names. The names of message and level are those of Log_Key and Level_Key in
// options.Table.
func usual(key []byte) (field, rank int) {
	switch string(key) {
	case "log":
		return message, 1
	case "message":
		return message, 2
	case "msg":
		return message, 3
	case "MESSAGE":
		return message, 4
	case "body":
		return message, 5
	case "level":
		return severity, 1
	case "severity":
		return severity, 2
	case "lvl":
		return severity, 3
	case "levelname":
		return severity, 4
	case "PRIORITY":
		return severity, 5
	case "time":
		return clock, 1
	case "timestamp":
		return clock, 2
	case "ts":
		return clock, 3
	case "@timestamp":
		return clock, 4
	case "date":
		return clock, 5
	}
	return 0, 0
}

// events makes events of the lines of one file. A JSON object becomes what its
// fields say, any other line is a message as a whole.
type events struct {
	logKey, levelKey, groupBy []string // paths; nil = by the usual names, no group

	times   timestamp.Parser // of lines
	fields  timestamp.Parser // of time fields
	found   [fields][]byte   // values in the line being read
	ranks   [fields]int
	unquote []byte // text of strings with escapes
}

func newEvents(s *options.Settings) (*events, error) {
	e := &events{}
	for _, k := range []struct {
		option, accessor string
		path             *[]string
	}{{"Log_Key", s.LogKey, &e.logKey}, {"Level_Key", s.LevelKey, &e.levelKey}, {"Group_By", s.GroupBy, &e.groupBy}} {
		if k.accessor == "" {
			continue
		}
		path, err := keys(k.accessor)
		if err != nil {
			return nil, fmt.Errorf("option %s: %w", k.option, err)
		}
		*k.path = path
	}
	return e, nil
}

// read makes the event of a line. Its slices are the line's or the reader's
// own and valid until the next call.
func (e *events) read(line []byte, ev *detector.Event) {
	*ev = detector.Event{Message: line}
	if len(line) > 0 && line[0] == '{' && e.object(line, ev) {
		return
	}
	ev.Time, _ = e.times.Parse(line)
}

// object reads a line that is a JSON object. It is false for one that is not.
func (e *events) object(line []byte, ev *detector.Event) bool {
	e.found, e.ranks = [fields][]byte{}, [fields]int{}
	var log, level, group []byte // by paths of the user's
	i := skipSpace(line, 1)
	done := i < len(line) && line[i] == '}'
	if done {
		i++
	}
	for !done {
		key, escapes, from, end := member(line, i, 0)
		if end < 0 {
			return false
		}
		value := line[from:end]
		if escapes {
			key = unescape(nil, key) // no logger writes such a key
		}
		if field, rank := usual(key); rank != 0 && (e.ranks[field] == 0 || rank <= e.ranks[field]) {
			e.found[field], e.ranks[field] = value, rank
		}
		if begins(e.logKey, key) {
			log = descend(value, e.logKey[1:])
		}
		if begins(e.levelKey, key) {
			level = descend(value, e.levelKey[1:])
		}
		if begins(e.groupBy, key) {
			group = descend(value, e.groupBy[1:])
		}
		i, done = next(line, end, '}')
	}
	if i < 0 || skipSpace(line, i) != len(line) {
		return false
	}
	if e.logKey != nil {
		e.found[message] = log
	}
	if e.levelKey != nil {
		e.found[severity] = level
	}
	e.unquote = e.unquote[:0]
	if text, ok := e.text(e.found[message]); ok {
		ev.Message = text
	}
	ev.Level, _ = e.text(e.found[severity])
	ev.Group, _ = e.text(group)
	stated, _ := e.text(e.found[clock])
	var ok bool
	if ev.Time, ok = e.fields.Parse(stated); !ok {
		ev.Time, _ = e.times.Parse(ev.Message)
	}
	return true
}

func begins(path []string, key []byte) bool { return path != nil && string(key) == path[0] }

// text is a value's text: a string's without quotes and escapes, any other
// value's JSON. null has none.
func (e *events) text(value []byte) ([]byte, bool) {
	if len(value) == 0 || string(value) == "null" {
		return nil, false
	}
	if value[0] != '"' {
		return value, true
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	from := len(e.unquote)
	e.unquote = unescape(e.unquote, inner)
	return e.unquote[from:], true
}

// keys is the path of a record accessor, an index as its digits. The accessor
// is checked by package record and walked in the one form in which that writes
// it: $name['key'][0], or a plain key.
func keys(accessor string) ([]string, error) {
	a, err := record.ParseAccessor(accessor)
	if err != nil {
		return nil, err
	}
	s := a.String()
	if !strings.HasPrefix(s, "$") {
		return []string{s}, nil
	}
	var path []string
	if name, _, _ := strings.Cut(s[1:], "["); name != "" {
		path = append(path, name)
		s = s[1+len(name):]
	} else {
		s = s[1:]
	}
	for s != "" {
		s = s[1:] // [
		if s[0] != '\'' {
			index, rest, _ := strings.Cut(s, "]")
			path, s = append(path, index), rest
			continue
		}
		end := 1
		for s[end] != '\'' || s[end+1] == '\'' {
			if s[end] == '\'' {
				end++
			}
			end++
		}
		path = append(path, strings.ReplaceAll(s[1:end], "''", "'"))
		s = s[end+2:]
	}
	return path, nil
}
