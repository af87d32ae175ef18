package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Observation is an event on its way through the model: what is given, and what
// Judge found out, for Learn and for the explanation. It is used again for the
// next event, so that none needs memory of its own.
type Observation struct {
	Text   []byte // the message's first pattern.MaxBytes
	Size   int    // of the whole message, in bytes
	Line   *pattern.Line
	Fields []Field
	Level  pattern.Level
	Time   time.Duration

	model   *Model // that has judged it
	fields  fieldsSeen
	known   *statement // nil for a new pattern
	Row     Row        // what Judge says
	words   surprise   // filled for young patterns
	failure float32    // points for words of failure, for young patterns
	odd     float32    // bits a character, for new patterns
	open    bool       // something stays open, for new patterns
	number  int        // index of the strangest number
	numbers [trackedNumbers]octaves
	length  octaves
	seen    uint32
	burst   float32 // bits
	rate    float32
	run     uint16
	pattern []byte // scratch
}
