package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestStore: the events of many lines, of two stores by turns, are what each is by itself,
// also where more is made of a line than the line (escapes), and with keys that are not
// remembered. A store is used again.
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
	alone, held := reader(), reader()
	stores := []*Store{new(Store), new(Store)}
	const several = 1000
	for from := 0; from < len(lines); from += several {
		s := stores[from/several%2]
		held.Into(s)
		events := make([]detector.Event, several)
		for i := range events {
			held.Line([]byte(lines[from+i]), &events[i])
		}
		for i := range events {
			var want detector.Event
			alone.Line([]byte(lines[from+i]), &want)
			if got, want := said(&events[i]), said(&want); got != want || !strings.Contains(got, "true") == (len(want) > 0 && len(events[i].Fields) > 0) {
				t.Fatalf("line %d: %s\nwant %s", from+i+1, got, want)
			}
		}
	}
}
