package record_test

import (
	"bytes"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/flb-anomaly/flb-anomaly/record"
)

// A filter that marks the records whose level is "error".
func Example() {
	level, err := record.ParseAccessor("$labels['level']")
	if err != nil {
		fmt.Println(err)
		return
	}
	var (
		message = []record.Accessor{record.Key("log"), record.Key("message")}
		levels  = []record.Accessor{level, record.Key("level")}
		walker  = record.NewWalker(record.NewFinder([]string{"alert"}, message, levels))
		event   record.Event
		fields  record.Fields
		out     []byte
	)
	walker.Reset(chunk())
	for walker.Next(&event) {
		if event.Kind == record.Log {
			fmt.Printf("%d %s\n", event.Time.Milliseconds(), event.Value(0).Bytes)
			fields.Reset()
			fields.Bool("alert", string(event.Value(1).Bytes) == "error")
		}
		out = event.Annotate(out, &fields) // copies what is no Log
	}
	out = append(out, walker.Rest()...)

	for d := msgpack.NewDecoder(bytes.NewReader(out)); ; {
		v, err := d.DecodeInterface()
		if err != nil {
			break
		}
		fmt.Println(v)
	}
	// Output:
	// 1700000000000 user logged in
	// 1700000001500 disk full
	// [[1700000000 map[]] map[alert:false level:info log:user logged in]]
	// [1.7000000015e+09 map[alert:true labels:map[level:error] message:disk full]]
}

// chunk is an event in the current shape, and one in that of older senders.
func chunk() []byte {
	type m = map[string]any
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.SetSortMapKeys(true)
	for _, event := range []any{
		[]any{[]any{1700000000, m{}}, m{"log": "user logged in", "level": "info"}},
		[]any{1700000001.5, m{"message": "disk full", "labels": m{"level": "error"}, "alert": "forged"}},
	} {
		if err := e.Encode(event); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}
