package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
	"github.com/vmihailenco/msgpack/v5"
)

// TestStore: the events of many lines, and of records, of two stores by turns, are what each
// is by itself, also where more is made of a line than the line (escapes), and with keys that
// are not remembered. A store is used again.
func TestStore(t *testing.T) {
	reader := func() *Reader {
		s := options.Defaults()
		r, err := NewReader(&s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	said := func(ev *detector.Event) string {
		s := fmt.Sprintf("%q %v %v %q", ev.Message, ev.Time, ev.Level, ev.Group)
		for i := range ev.Fields {
			f := &ev.Fields[i]
			s += fmt.Sprintf(" %q %v %q %v %v", f.Name, f.Kind, f.Value, f.Number, *f.Known == detector.NewFieldName(f.Name))
		}
		return s
	}
	var lines []string
	for i := range 3000 {
		lines = append(lines,
			fmt.Sprintf(`{"msg":"said \"%d\"","user":"a\nb %d","made up %d":{"in":%d}}`, i, i, i, i),
			fmt.Sprintf(`level=warn msg="out of stock" sku=%d ratio=0.5`, i),
			fmt.Sprintf("INFO \x1b[31mparcel %d\x1b[0m scanned", i),
		)
	}
	var records []record.Event
	for _, line := range lines {
		chunk, err := msgpack.Marshal([]any{0, map[string]any{"log": line, "made " + line: line}})
		if err != nil {
			t.Fatal(err)
		}
		w, ev := record.NewWalker(nil), record.Event{}
		if w.Reset(chunk); !w.Next(&ev) {
			t.Fatalf("no event: %q", line)
		}
		records = append(records, ev)
	}
	for of, read := range map[string]func(*Reader, int, *detector.Event){
		"line":   func(r *Reader, i int, ev *detector.Event) { r.Line([]byte(lines[i]), ev) },
		"record": func(r *Reader, i int, ev *detector.Event) { r.Record(&records[i], ev) },
	} {
		alone, held := reader(), reader()
		stores := []*Store{new(Store), new(Store)}
		const several = 1000
		for from := 0; from < len(lines); from += several {
			s := stores[from/several%2]
			held.Into(s)
			events := make([]detector.Event, several)
			for i := range events {
				read(held, from+i, &events[i])
			}
			for i := range events {
				var want detector.Event
				read(alone, from+i, &want)
				if got, want := said(&events[i]), said(&want); got != want || !strings.Contains(got, "true") == (len(want) > 0 && len(events[i].Fields) > 0) {
					t.Fatalf("%s %d: %s\nwant %s", of, from+i+1, got, want)
				}
			}
		}
	}
}
