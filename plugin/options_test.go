package main

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestNativeOptions are those of the table, in its order, with what Fluent Bit checks and
// shows of them.
func TestNativeOptions(t *testing.T) {
	list := nativeOptions()
	if len(list) != len(options.Table) {
		t.Fatalf("%d options, the table has %d", len(list), len(options.Table))
	}
	kinds := map[string]fluentbit.OptionType{
		"Contamination": fluentbit.String, "Warmup": fluentbit.Int, "Refit_Interval": fluentbit.Time, "Keep_Share": fluentbit.Double, "Ignore": fluentbit.String,
	}
	for i, o := range options.Table {
		n := list[i]
		if n.Name != o.Name || n.Default != o.Default || n.Multiple != o.Multiple || !strings.HasPrefix(n.Help, o.Help) || !strings.HasSuffix(n.Help, " Allowed: "+o.Range+".") {
			t.Errorf("%+v, of %+v", n, o)
		}
		if want, ok := kinds[o.Name]; ok {
			if n.Type != want {
				t.Errorf("%s is of the type %v, want %v", o.Name, n.Type, want)
			}
			delete(kinds, o.Name)
		}
	}
	if len(kinds) > 0 {
		t.Errorf("%v are not in the table", kinds)
	}
}
