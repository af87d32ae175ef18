// A Fluent Bit filter in Go, in about 70 lines, to start your own from: it masks
// e-mail addresses. docs/writing-filters.md explains it part by part.
//
//	go build -buildmode=c-shared -o flb-filter_mask.so ./examples/hello-filter
//	fluent-bit -e ./flb-filter_mask.so -i dummy -p 'dummy={"log":"mail to a@b.example"}' -F mask -m '*' -o stdout
package main

// char filter_mask_plugin[256];
import "C"

import (
	"errors"
	"regexp"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/record"
)

func init() {
	fluentbit.Register(fluentbit.Plugin{
		Name:        "mask",
		Description: "Masks e-mail addresses",
		Options: []fluentbit.Option{
			{Name: "Key", Default: "log", Help: "Field to look in."},
			{Name: "With", Default: "***", Help: "What stands in the place of an address."},
		},
		New: newMask,
	})
}

var address = regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`)

type mask struct {
	key, with string
	walker    *record.Walker
	masked    *fluentbit.Counter
}

func newMask(i *fluentbit.Instance) (fluentbit.Filter, error) {
	key, _ := i.Value("Key")
	with, _ := i.Value("With")
	if key == "" {
		return nil, errors.New("option Key is empty: the name of a field, such as log, is right")
	}
	i.Logger().Info("ready", "key", key)
	// Replace the field key; look for the field key.
	finder := record.NewFinder([]string{key}, []record.Accessor{record.Key(key)})
	return &mask{key, with, record.NewWalker(finder), i.Counter("masked_total", "Records that had an address.")}, nil
}

func (m *mask) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	var event record.Event
	var fields record.Fields
	m.walker.Reset(chunk)
	for m.walker.Next(&event) {
		if v := event.Value(0); v.Kind == record.Str && address.Match(v.Bytes) {
			fields.Reset()
			fields.Text(m.key, address.ReplaceAllLiteral(v.Bytes, []byte(m.with)))
			dst = event.Annotate(dst, &fields)
			m.masked.Inc()
		} else {
			dst = append(dst, event.Raw...)
		}
	}
	return append(dst, m.walker.Rest()...), true, nil
}

func (m *mask) Close() error { return nil }

func main() {}
