package record

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// loneBodies are bodies of a single field, and what could pass for one.
func loneBodies() (list [][]byte) {
	for _, key := range []string{"log", "message", "m", "", "longestkey", "longest_key", "anomaly", strings.Repeat("k", 40)} {
		for _, value := range []any{
			"", "x", "a line of some words", strings.Repeat("y", 31), strings.Repeat("y", 32), strings.Repeat("y", 300), strings.Repeat("z", 70_000),
			[]byte("bin"), 5, -5, nil, true, 1.5, []any{"x"}, obj{"log", "x"},
		} {
			pair := concat(enc(key), enc(value))
			list = append(list, concat([]byte{0x81}, pair), concat([]byte{0xde, 0, 1}, pair), concat([]byte{0xdf, 0, 0, 0, 1}, pair))
		}
		list = append(list, enc(obj{key, "x", "other", "y"}), enc(obj{}))
	}
	return list
}

// TestLoneRecords holds what a Walker that remembers how the last record of a single field
// began makes of the next to what one that remembers nothing does.
func TestLoneRecords(t *testing.T) {
	head := concat([]byte{0x92, 0x92}, at(7, 8), []byte{0x80})
	finder := NewFinder([]string{"anomaly"}, mustParse("m"))
	bodies := loneBodies()
	w := NewWalker(finder)
	lone := map[uint64]string{} // how the records of each name begin
	short := 0
	for i, first := range bodies {
		for _, body := range [][]byte{first, first, bodies[(i*7+1)%len(bodies)], first} {
			event := concat(head, body)
			chunk := concat(event, event[:i%len(event)]) // and what follows is cut off
			w.Reset(chunk)
			var ev Event
			if !w.Next(&ev) {
				t.Fatalf("% x: no event", body)
			}
			_, want := one(t, finder, event)
			if ev.Kind != want.Kind || ev.Time != want.Time || !bytes.Equal(ev.Raw, want.Raw) || !bytes.Equal(ev.Body, want.Body) || !bytes.Equal(ev.Value(0).Bytes, want.Value(0).Bytes) {
				t.Fatalf("% x: body % x, want % x", body, ev.Body, want.Body)
			}
			var add Fields
			add.String("anomaly", "true")
			add.Float64("score", 1)
			add.SetFloat64(0.25)
			var same Fields
			same.String("anomaly", "true")
			same.Float64("score", 0.25)
			if got, want := ev.Annotate(nil, &add), want.Annotate(nil, &same); !bytes.Equal(got, want) {
				t.Fatalf("% x: annotated\n% x, want\n% x", body, got, want)
			}
			if ev.Lone == 0 {
				continue
			}
			short++
			begins := fmt.Sprintf("%x", body[:len(body)-len(enc(string(ev.Text)))])
			if !bytes.Equal(body[len(body)-len(ev.Text):], ev.Text) || bytes.Contains(body, []byte("anomaly")) {
				t.Fatalf("% x: its text is %q", body, ev.Text)
			}
			if lone[ev.Lone] == "" {
				lone[ev.Lone] = begins
			}
			if lone[ev.Lone] != begins {
				t.Fatalf("% x begins as %s does", body, lone[ev.Lone])
			}
		}
	}
	if short < len(bodies)/4 {
		t.Errorf("%d records of %d went the short way", short, 4*len(bodies))
	}
}
