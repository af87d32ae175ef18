package detector

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/model"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Event is one log event. The slices are only read during the call.
type Event struct {
	Time      time.Duration // since the Unix epoch, the event's own; 0 = unknown
	Message   []byte        // the text; empty for a record that is judged by its fields alone
	Level     pattern.Level // what a field of the record says; pattern.LevelNone = look for it in Message
	Transport pattern.Level // what carried the message says (journald's PRIORITY 5, 6, RFC 5424 priority): counts where neither Level nor Message says one
	Group     []byte        // value of Group_By; each has a model of its own
	Fields    []Field       // the others, in the record's order; at most MaxFields
}

// AppendFields appends the fields as name=value with blanks between, up to the
// first one from limit bytes on. It is what Ignore expressions see of them.
func (ev *Event) AppendFields(to []byte, limit int) []byte {
	from := len(to)
	for i := range ev.Fields {
		f := &ev.Fields[i]
		if len(to)-from >= limit {
			break
		}
		if i > 0 {
			to = append(to, ' ')
		}
		to = append(append(to, f.Name...), '=')
		to = append(to, f.Value[:min(len(f.Value), limit)]...)
	}
	return to
}

// MaxFields is how many fields of an event are looked at.
const MaxFields = model.MaxFields

// Field is one field of an event.
type Field = model.Field

// Kind is the kind of a field's value.
type Kind = model.Kind

// The kinds.
const (
	Text   = model.Text
	Number = model.Number
	Bool   = model.Bool
	Null   = model.Null
)
