// Command plugin is the shared object flb-filter_anomaly.so, the filter anomaly:
// it brings package judge to Fluent Bit's filters. The output, which has more to
// carry, is one of its own.
package main

// char filter_anomaly_plugin[256];
import "C"

import (
	"os"
	"runtime/debug"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// version is set by the linker; saved models name it.
var version = "dev"

// collectAt is by how much of itself, in percent, the memory in use grows until the
// collector runs. What models hold is tables without pointers, and little is allocated
// once they have their size: the collector has little to do and may come ten times as
// often as it does by default, for a tenth of the room beside them.
const collectAt = 10

func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	fluentbit.Register(fluentbit.Plugin{
		Name:        "anomaly",
		Description: "Tag unusual records: unsupervised anomaly detection",
		Options:     nativeOptions(),
		New:         newFilter,
	})
}

func main() {}

// nativeOptions is the table of options in the form that Fluent Bit checks
// and shows.
func nativeOptions() []fluentbit.Option {
	var list []fluentbit.Option
	for i := range options.Table {
		o := &options.Table[i]
		n := fluentbit.Option{Name: o.Name, Type: fluentbit.String, Default: o.Default, Multiple: o.Multiple, Help: o.Help + " Allowed: " + o.Range + "."}
		switch o.Type {
		case options.Int:
			n.Type = fluentbit.Int
		case options.Double:
			n.Type = fluentbit.Double
		case options.Time:
			n.Type = fluentbit.Time
		}
		list = append(list, n)
	}
	return list
}
