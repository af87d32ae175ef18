// A filter that adds a greeting to each record.
package main

// char filter_hello_plugin[256];
import "C"

import (
	"bytes"
	"io"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/vmihailenco/msgpack/v5"
)

func init() {
	fluentbit.Register(fluentbit.Plugin{
		Name:        "hello",
		Description: "Adds a greeting to each record",
		Options:     []fluentbit.Option{{Name: "Greeting", Default: "hello", Help: "What to say."}},
		New: func(i *fluentbit.Instance) (fluentbit.Filter, error) {
			greeting, _ := i.Value("Greeting")
			i.Logger().Info("ready", "greeting", greeting)
			return &hello{greeting, i.Counter("greetings_total", "Records greeted.")}, nil
		},
	})
}

type hello struct {
	greeting string
	count    *fluentbit.Counter
}

// Filter copies each event [[time, metadata], body] with one more pair in its body.
func (h *hello) Filter(tag string, chunk, dst []byte) ([]byte, bool, error) {
	in, buf := msgpack.NewDecoder(bytes.NewReader(chunk)), bytes.NewBuffer(dst)
	out := msgpack.NewEncoder(buf)
	for {
		if _, err := in.DecodeArrayLen(); err == io.EOF {
			return buf.Bytes(), true, nil
		}
		head, _ := in.DecodeRaw()
		pairs, err := in.DecodeMapLen()
		if err != nil {
			return nil, false, err // the chunk passes as it is
		}
		out.EncodeArrayLen(2)
		out.Encode(head)
		out.EncodeMapLen(pairs + 1)
		for range 2 * pairs {
			raw, _ := in.DecodeRaw()
			out.Encode(raw)
		}
		out.EncodeString("greeting")
		out.EncodeString(h.greeting)
		h.count.Inc()
	}
}

func (h *hello) Close() error { return nil }

func main() {}
