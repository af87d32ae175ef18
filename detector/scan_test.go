package detector_test

import (
	"slices"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Events whose messages are scanned ahead, some at a time, have the verdicts that they
// have without, and so have those whose fields add words to the message.
func TestScannedAheadIsTheSame(t *testing.T) {
	events := fieldEvents(t, 3000)
	for i := 5; i < len(events); i += 97 {
		name := []byte("error")
		known := detector.NewFieldName(name)
		events[i].Fields = append(events[i].Fields[:len(events[i].Fields):len(events[i].Fields)], detector.Field{Name: name, Value: []byte("disk is full"), Known: &known})
	}
	want := observe(newDetector(t, nil), events)
	d := newDetector(t, nil)
	var lines pattern.Lines
	var got []detector.Verdict
	const some = 32
	scanned := 0
	for from := 0; from < len(events); from += some {
		batch := slices.Clone(events[from:min(from+some, len(events))])
		for i := range batch {
			if d.Scan(&batch[i], &lines); batch[i].Line != nil {
				scanned++
			}
		}
		got = append(got, observe(d, batch)...)
		lines.Reset()
	}
	if scanned < len(events)/2 {
		t.Errorf("%d of %d events are scanned ahead", scanned, len(events))
	}
	same(t, "scanned ahead", got, want)
}
