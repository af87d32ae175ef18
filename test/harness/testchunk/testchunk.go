// Package testchunk makes chunks of log events for tests, and looks into them.
package testchunk

import (
	"bytes"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
	"github.com/vmihailenco/msgpack/v5"
)

// Of returns a chunk of log events as an input makes them.
func Of(t testing.TB, bodies ...map[string]any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.SetSortMapKeys(true)
	for i, body := range bodies {
		if err := e.Encode([]any{[]any{int64(1_770_000_000 + i), map[string]any{}}, body}); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Routine returns n healthy records and one that is not.
func Routine(t testing.TB, n int) []byte {
	t.Helper()
	g := shoplog.New(shoplog.Options{Seed: 5})
	var list []map[string]any
	for range n {
		list = append(list, map[string]any{"log": g.Next().Line})
	}
	list = append(list, map[string]any{"log": "kernel panic: unrecoverable machine check, halting all processors"})
	return Of(t, list...)
}

// Bodies decodes a chunk's bodies.
func Bodies(t testing.TB, chunk []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	d := msgpack.NewDecoder(bytes.NewReader(chunk))
	for {
		var event []any
		if err := d.Decode(&event); err != nil {
			return all
		}
		all = append(all, event[1].(map[string]any))
	}
}
