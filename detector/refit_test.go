package detector_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/test/harness/testbuild"
)

// TestEveryFitArrives refits without a break, forests so small that a fit is over
// before the goroutine that asked for it goes on. A fit that got lost would leave
// its group without another one for ever, and Close waiting.
func TestEveryFitArrives(t *testing.T) {
	o := options.Defaults().Detector
	o.Warmup, o.Window, o.Trees, o.SampleSize, o.RefitRecords = 16, 16, 1, 2, 1
	rounds := 20
	if testbuild.Race {
		rounds = 3
	}
	for range rounds {
		d, err := detector.New(o)
		if err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		for i := 0; i < 3_000_000 && last < 200; i++ {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, "request %d", i)}, new(detector.Verdict))
			last = d.Stats().Refits
			runtime.Gosched()
		}
		d.Close()
		if last < 200 {
			t.Fatalf("%d refits in 3,000,000 records, one for each was asked for", last)
		}
	}
}
