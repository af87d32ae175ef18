package event

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// TestLoneMessages holds what a Reader makes of a record of a single field, like those that
// it read before, to what one makes that reads its first.
func TestLoneMessages(t *testing.T) {
	long := strings.Repeat("of many words, ", 30)
	texts := []any{
		"request completed in 12 ms by worker 7 of 16, all of them are busy", "short", "12345678901234567890123456789012345678901", "42", "true", "", "  \n", nil, 7, true,
		`{"level":"error","msg":"declined, as it is known to be","status":503}`, "level=warn msg=\"a message that is long enough\" status=200", "<11>Mar  2 08:00:01 host app[7]: refused by the other side",
		"2026-03-02T08:00:01.123456789Z stdout F and the message that docker got", long, "a line\nand one below it, which is a long one, too", "\x1b[31mred, and long enough to be one\x1b[0m",
		[]byte("bytes that are a message, and enough of them"), []any{"a list"}, map[string]any{"log": "in a map, and long enough to be one"},
	}
	short := 0
	for name, s := range map[string]options.Settings{
		"none": {}, "of its group": {GroupBy: "log"}, "of its host": {GroupBy: "host"}, "of another key": {LogKey: "msg"}, "of two keys": {LogKey: "x"},
	} {
		w, r := record.NewWalker(nil), reader(t, s)
		for i, first := range texts {
			for _, body := range []map[string]any{
				{"log": first}, {"log": first}, {"log": texts[(i*3+1)%len(texts)]}, {"msg": first}, {"msg": first}, {"severity": first}, {"x": first}, {"x": first}, {"log": first}, {"log": first, "stream": "stderr"}, {"log": first},
			} {
				for _, meta := range []map[string]any{nil, {"otlp": map[string]any{"severity_number": 17}}, {"message": "of the metadata, which says something, too", "log": "as does this"}} {
					var rec record.Event
					var got, want detector.Event
					b := chunk(t, body, meta)
					w.Reset(b)
					if !w.Next(&rec) {
						t.Fatalf("%v: no event", body)
					}
					if rec.Lone != 0 && rec.Lone == r.lone {
						short++
					}
					ok := r.Record(&rec, &got)
					fresh := reader(t, s)
					fresh.header = r.header
					if is := readRecord(t, fresh, b, &want); ok != is || show(&got) != show(&want) {
						t.Errorf("%s: %v:\n%v %s, and by one that has read none\n%v %s", name, body, ok, show(&got), is, show(&want))
					}
				}
			}
		}
	}
	if short < 200 {
		t.Errorf("%d records were read by how the last one began", short)
	}
}
