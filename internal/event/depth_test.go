package event

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestDepthOfJSON: a line is an object in JSON up to a depth of maxDepth, and text from
// there on, whether what is nested is read, as a field, or passed over, as a list in a
// list.
func TestDepthOfJSON(t *testing.T) {
	r := reader(t, options.Settings{})
	var ev detector.Event
	for _, nest := range []struct{ open, close string }{{`{"a":`, `}`}, {`[`, `]`}, {`[{"a":`, `}]`}, {`{"a":[`, `]}`}} {
		each := len(nest.close)
		for n := 1; n <= maxDepth+3; n++ {
			for _, inner := range []string{"1", `[]`} {
				depth := 1 + n*each // what is around the innermost value
				line := `{"msg":"read","x":` + strings.Repeat(nest.open, n) + inner + strings.Repeat(nest.close, n) + `}`
				r.Line([]byte(line), &ev)
				if got, want := string(ev.Message) == "read", depth <= maxDepth; got != want {
					t.Errorf("%s, of depth %d: an object: %v, want %v", line, depth, got, want)
				}
			}
		}
	}
}
