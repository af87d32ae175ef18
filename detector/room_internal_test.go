package detector

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestGroupsShareRoom: the more models there are, the less room each has for what its log
// says for the first time; also those that were there before, and after a restart.
func TestGroupsShareRoom(t *testing.T) {
	for _, c := range []struct{ groups, most int }{{1, 4096}, {crowd, 4096}, {crowd + 1, 2048}, {2*crowd + 1, 1024}} {
		t.Run(fmt.Sprint(c.groups, " groups"), func(t *testing.T) {
			o := Options{Warmup: 256, Window: 256, Trees: 1, SampleSize: 8, RefitRecords: 1 << 20, MaxGroups: 100, Synchronous: true}
			d, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for i := range c.groups {
				d.Learn(&Event{Message: []byte("started"), Group: fmt.Append(nil, "app", i)})
			}
			random := rand.New(rand.NewPCG(1, 2))
			word := func() string {
				b := make([]byte, 8)
				for i := range b {
					b[i] = 'a' + byte(random.IntN(26))
				}
				return string(b)
			}
			snapshot := func(d *Detector) []byte {
				var b bytes.Buffer
				if err := d.WriteSnapshot(&b, "", time.Time{}); err != nil {
					t.Fatal(err)
				}
				return b.Bytes()
			}
			const step = 300 // lines from one look to the next
			fill := func(d *Detector, when string) {
				most := 0
				for i := range 6000 {
					d.Learn(&Event{Message: fmt.Appendf(nil, "%s %s %s %s", word(), word(), word(), word()), Group: []byte("app0")})
					if i%step > 0 {
						continue
					}
					contents, err := Inspect(bytes.NewReader(snapshot(d)))
					if err != nil {
						t.Fatal(err)
					}
					for _, g := range contents.Groups {
						most = max(most, len(g.Patterns))
					}
				}
				if most > c.most || most <= c.most/2 {
					t.Errorf("%d patterns at the most %s, want up to %d", most, when, c.most)
				}
			}
			fill(d, "at first")
			again, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if _, err := again.Restore(bytes.NewReader(snapshot(d))); err != nil {
				t.Fatal(err)
			}
			fill(again, "after a restart")
		})
	}
}
