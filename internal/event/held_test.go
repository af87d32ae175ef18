package event

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/flb-anomaly/flb-anomaly/test/harness/edges"
)

// TestEdgesOfLines holds what is read of all that is around lines of each format.
func TestEdgesOfLines(t *testing.T) {
	r := reader(t, options.Settings{GroupBy: "host"})
	r.SetReference(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC))
	var ev detector.Event
	edges.Hold(t, "testdata/lines.txt", func(to, line []byte) []byte {
		r.Line(line, &ev)
		return fmt.Append(append(to, show(&ev)...), ev.Time)
	})
}

// TestEdgesOfLogs holds what is joined, folded and read of all that is around texts
// of several lines.
func TestEdgesOfLogs(t *testing.T) {
	r := reader(t, options.Settings{})
	var ev detector.Event
	edges.Hold(t, "testdata/logs.txt", func(to, log []byte) []byte {
		for _, text := range joined(string(log)) {
			r.Line([]byte(text), &ev)
			to = append(append(to, show(&ev)...), '\n')
		}
		return to
	})
}

// TestEdgesOfRecords holds what is read of all that is around records in msgpack.
func TestEdgesOfRecords(t *testing.T) {
	r := reader(t, options.Settings{GroupBy: "$kubernetes['labels']['app']"})
	edges.Hold(t, "testdata/records.txt", func(to, chunk []byte) []byte {
		w := record.NewWalker(nil)
		w.Reset(chunk)
		r.Blind = Blind{}
		var rec record.Event
		var ev detector.Event
		for w.Next(&rec) {
			ok := r.Record(&rec, &ev)
			to = fmt.Append(append(to, show(&ev)...), ok, ev.Time)
		}
		return fmt.Append(to, r.Blind.Records, strings.Join(r.Blind.Keys, " "))
	})
}
