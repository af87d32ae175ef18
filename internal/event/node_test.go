package event

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// What came behind a key last is a guess and no more: one reader makes it, the other
// looks for every key.
func TestKeysInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var object func(depth int) string
	object = func(depth int) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := range rng.IntN(6) {
			if i > 0 {
				b.WriteByte(',')
			}
			key := fmt.Sprintf("a_key_to%d%.*s%d", rng.IntN(2), rng.IntN(30), "_be_longer_than_a_node_has_of_it", rng.IntN(2))
			if rng.IntN(3) == 0 {
				key = fmt.Sprint("made up ", rng.IntN(1e6))
			}
			switch rng.IntN(8) {
			case 0:
				if depth < 3 {
					fmt.Fprintf(&b, "%q:%s", key, object(depth+1))
					continue
				}
				fallthrough
			case 1:
				fmt.Fprintf(&b, "%q:[%d,%s]", key, i, `{"x":1,"y":2}`)
			default:
				fmt.Fprintf(&b, "%q:%d", key, rng.IntN(100))
			}
		}
		b.WriteByte('}')
		return b.String()
	}
	guessing, looking := reader(t, options.Settings{}), reader(t, options.Settings{})
	var got, want detector.Event
	for range 10_000 {
		line := []byte(object(0))
		for _, n := range append(looking.tree.slots, &looking.tree.root) {
			if n != nil {
				n.next, n.begins = [2]*node{}, [2]*node{}
			}
		}
		guessing.Line(line, &got)
		looking.Line(line, &want)
		if g, w := show(&got), show(&want); g != w {
			t.Fatalf("%s:\ngot  %s\nwant %s", line, g, w)
		}
		for i := range got.Fields {
			if f := &got.Fields[i]; *f.Known != detector.NewFieldName(f.Name) {
				t.Fatalf("%s: %q is known for another name", line, f.Name)
			}
		}
	}
}
