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
	Line      *pattern.Line // Message as Detector.Scanner has scanned it; nil = not yet
	Shape     pattern.Shape // of Message, see pattern.ShapeOf; 0 = not known
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
		if f.Kind == Number {
			to = f.AppendText(to)
		} else {
			to = append(to, f.Value[:min(len(f.Value), limit)]...)
		}
	}
	return to
}

// Scan scans the message ahead of Observe, into a line that is valid until into is reset. A
// message to which fields add words is left for then.
func (ev *Event) Scan(s *pattern.Scanner, in *pattern.Workspace, into *pattern.Lines) {
	if len(ev.Message) == 0 {
		return
	}
	for i := range ev.Fields {
		if k := ev.Fields[i].Known; k == nil || k.Words() {
			return
		}
	}
	s.ScanShape(ev.Message, ev.Shape, in)
	ev.Line = into.Keep(in)
}

// MaxFields is how many fields of an event are looked at.
const MaxFields = model.MaxFields

// Field is one field of an event.
type Field = model.Field

// FieldName is what follows from a field's name alone.
type FieldName = model.Name

// NewFieldName finds out what follows from a name.
func NewFieldName(name []byte) FieldName { return model.NewName(name) }

// Kind is the kind of a field's value.
type Kind = model.Kind

// The kinds.
const (
	Text   = model.Text
	Number = model.Number
	Bool   = model.Bool
	Null   = model.Null
	Time   = model.Time
)

// Weight says how far a flagged event is an incident by itself: Whole, Half or None.
type Weight = model.Weight

// The weights of flagged events.
const (
	Whole = model.Whole
	Half  = model.Half
	None  = model.None
)

// AnomalyKind is the kind of an anomaly, one of AnomalyKinds: what about the event
// is strange most. Its text is what stands in a record.
type AnomalyKind = model.Anomaly

// The kinds of anomaly.
const (
	NewPattern  = model.NewPattern  // a statement that was never seen before
	RarePattern = model.RarePattern // a statement, or words in it, that were seen seldom
	Returned    = model.Returned    // a statement that was silent for much longer than usual
	OffRate     = model.OffRate     // a statement that comes far more often than usual, or less
	OffLevel    = model.OffLevel    // a level that is unusual for the statement
	OffNumber   = model.OffNumber   // a number that is far from the usual ones in its place
	OffCategory = model.OffCategory // a value, or values together, in a place of few values
	OffFields   = model.OffFields   // a field that is new or missing
	OddText     = model.OddText     // characters or a length that are unusual there
	CutOff      = model.CutOff      // a message that ends where it usually goes on
)

// AnomalyKinds are all of them.
var AnomalyKinds = model.Anomalies
