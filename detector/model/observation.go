package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Observation is an event on its way through the model: what is given, and what
// Judge found out, for Learn and for the explanation. It is used again for the
// next event, so that none needs memory of its own.
type Observation struct {
	Text     []byte // the message's first pattern.MaxBytes
	Size     int    // of the whole message, in bytes
	Line     *pattern.Line
	Fields   []Field // see SetFields
	AnyWords bool    // there may be a field for which Words is true
	Level    pattern.Level
	Time     time.Duration

	// Learned says that the event is one of those that were learned from: it is judged
	// as if it had not been.
	Learned bool

	Flagged bool // what was judged is told; Judge takes it back, Learn learns it

	stamp time.Duration // the record's own time; Time is what it counts as, once it is judged
	class wordClass     // of a line whose text is new
	bad   badness
	rare  bool    // its statement is, at its slow rate
	quick float32 // records of its statement lately
	back  bool    // and began anew with this record
	again bool    // was told on another day, and is trouble
	away  float32 // octaves that its statement was away beyond its usual gaps

	below below  // how it belongs to the line above it
	trace traced // where the frame stands, if it is one

	failed  bool        // the record has no message, and a code that says that something failed
	older   uint64      // hash of the kind that it gives without fields that no record had
	oddCode int         // index of the strangest code; -1 = none
	codes   numberRange // of its place

	codeList [trackedNumbers]code // coded of them; none for a new pattern
	coded    int
	reached  uint32 // of no meaning: see Model.reach

	model      *Model // that has judged it
	fields     fieldsSeen
	identified identified
	owned      [dependencyLimit]owned
	nowned     int
	foreign    foreign
	silent     wentSilent
	outdated   bool // the version in the text is older than each before
	varying    [mostVarying]varying
	nvarying   int
	stuck      int        // index of the one that is strange, as it is stuck; -1 = none is
	known      *statement // nil for a new pattern
	places     places     // of a line whose text is new
	spoken     spoken
	unnamed    bool     // the text is new, and so places are there
	name       uint64   // of a statement that is not known
	first      uint32   // the record of the first of same
	same       uint32   // lines before that agree with it but for free places
	Row        Row      // what Judge says
	words      surprise // filled for young patterns
	failure    float32  // points for words of failure, for young patterns
	odd        float32  // bits a character, for new patterns
	open       bool     // something stays open, for new patterns
	number     int      // index of the strangest number
	usual      span     // of its place
	tracked    int      // how many of numbers are looked at
	off        skewed   // its own time is
	skewed     bool     // that is what is strange of its numbers
	shifted    bool     // one of the numbers goes on with a spell of high ones, or low ones, and is strange for it
	shiftedTo  offness  // of which, where it is one of the text
	inRanges   bool     // its numbers and its length are within their usual ranges: they move none
	numbers    [trackedNumbers]octaves
	length     octaves
	seen       uint32
	burst      float32 // bits
	faster     faster  // a message that comes so is what is strange of how often the event comes
	all        uint64  // a hash of all that it says
	rate       float32
	run        uint16
	pattern    []byte // scratch
}

// Pattern is the number of the event's pattern.
func (o *Observation) Pattern() uint64 {
	if o.known != nil {
		return o.known.hash
	}
	return o.name
}

// own is how often the event itself is among what was learned.
func (o *Observation) own() uint16 {
	if o.Learned {
		return 1
	}
	return 0
}

// knownSeen is how many records of its statement came before.
func (o *Observation) knownSeen() uint32 {
	if o.known == nil {
		return 0
	}
	return o.known.seen
}
