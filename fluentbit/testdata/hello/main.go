// A filter that adds a greeting to each record.
package main

// char filter_hello_plugin[256];
import "C"

import (
	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/record"
)

func init() {
	fluentbit.Register(fluentbit.Plugin{
		Name:        "hello",
		Description: "Adds a greeting to each record",
		Options:     []fluentbit.Option{{Name: "Greeting", Default: "hello", Help: "What to say."}},
		New: func(i *fluentbit.Instance) (fluentbit.Filter, error) {
			greeting, _ := i.Value("Greeting")
			i.Logger().Info("ready", "greeting", greeting)
			h := &hello{count: i.Counter("greetings_total", "Records greeted.")}
			h.fields.Text("greeting", []byte(greeting))
			h.walker = record.NewWalker(record.NewFinder([]string{"greeting"}))
			return h, nil
		},
	})
}

type hello struct {
	walker *record.Walker
	fields record.Fields
	count  *fluentbit.Counter
}

// Filter copies the chunk, with one more field in each record. What is no record,
// such as the marks of a group, and what is damaged pass as they are.
func (h *hello) Filter(tag string, chunk, dst []byte) ([]byte, bool, error) {
	var event record.Event
	h.walker.Reset(chunk)
	for h.walker.Next(&event) {
		if event.Kind == record.Log {
			h.count.Inc()
		}
		dst = event.Annotate(dst, &h.fields)
	}
	return append(dst, h.walker.Rest()...), true, nil
}

func (h *hello) Close() error { return nil }

func main() {}
