package fluentbit_test

import (
	"errors"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// greeter adds a field to each record.
type greeter struct {
	walker *record.Walker
	fields record.Fields
}

// Filter copies the chunk, with one more field in each record. What is no record
// and what is damaged pass as they are.
func (g *greeter) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	var event record.Event
	g.walker.Reset(chunk)
	for g.walker.Next(&event) {
		dst = event.Annotate(dst, &g.fields)
	}
	return append(dst, g.walker.Rest()...), true, nil
}

func (g *greeter) Close() error { return nil }

func newGreeter(i *fluentbit.Instance) (fluentbit.Filter, error) {
	greeting, _ := i.Value("Greeting")
	if greeting == "" {
		return nil, errors.New("option Greeting is empty: a word is right")
	}
	i.Logger().Info("ready", "greeting", greeting)
	g := &greeter{walker: record.NewWalker(record.NewFinder([]string{"greeting"}))}
	g.fields.Text("greeting", []byte(greeting))
	return g, nil
}

// A whole filter. In a main package the call of Register stands in init, below
//
//	// char filter_hello_plugin[256];
//	import "C"
//
// and `go build -buildmode=c-shared -o flb-filter_hello.so` makes the file for
//
//	fluent-bit -e ./flb-filter_hello.so -i dummy -F hello -m '*' -p greeting=hi -o stdout
func Example() {
	fluentbit.Register(fluentbit.Plugin{
		Name:        "hello",
		Description: "Adds a greeting to each record",
		Options:     []fluentbit.Option{{Name: "Greeting", Default: "hello", Help: "What to say."}},
		New:         newGreeter,
	})
}
