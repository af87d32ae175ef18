package scan

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestBatchFlagsExactlyTheStrangest: a share of a whole file is that share, and no
// line that is flagged is less strange than one that is not.
func TestBatchFlagsExactlyTheStrangest(t *testing.T) {
	const lines = 6000
	var log strings.Builder
	noise := 0
	for i, line := range strings.Split(strings.TrimSuffix(shop(lines), "\n"), "\n") {
		fmt.Fprintln(&log, line)
		if i%50 == 0 {
			noise++
			fmt.Fprintf(&log, "drill %d: FATAL everything failed in hall %c%c\n", i, 'a'+i%26, 'a'+i/26%26)
		}
	}
	for _, ignore := range [][]string{nil, {"^drill"}} {
		for _, share := range []float64{0.001, 0.01, 0.05} {
			o := Options{Settings: options.Defaults(), Mode: Batch}
			o.Settings.Detector.Contamination, o.Settings.Detector.Ignore = share, ignore
			least, most, flagged := 1.0, 0.0, 0
			_, err := Run(t.Context(), strings.NewReader(log.String()), o, func(l *Line) error {
				switch v := &l.Verdict; {
				case v.Anomaly:
					flagged++
					least = min(least, v.Score)
				case ignore == nil || !strings.HasPrefix(string(l.Text), "drill"):
					most = max(most, v.Score)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			of := lines
			if ignore == nil {
				of += noise
			}
			if want := int(math.Round(share * float64(of))); flagged != want {
				t.Errorf("Ignore %q: %d of %d lines are flagged at a contamination of %v, exactly %d wanted", ignore, flagged, of, share, want)
			}
			if most > least+1e-4 {
				t.Errorf("Ignore %q: at a contamination of %v a line of score %v is flagged, one of %v is not", ignore, share, least, most)
			}
		}
	}
}

// TestPasses says how often an input is read, which progress is measured by.
func TestPasses(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		d    detector.Options
		want int
	}{
		{Stream, detector.Options{Contamination: 0.1}, 1},
		{Batch, detector.Options{}, 2},
		{Batch, detector.Options{Contamination: 0.1}, 3},
		{Batch, detector.Options{Sweep: []float64{0, 0.1}}, 3},
	} {
		o := Options{Mode: c.mode}
		o.Settings.Detector = c.d
		if got := o.Passes(); got != c.want {
			t.Errorf("%s, contamination %v, sweep %v: %d passes, want %d", c.mode, c.d.Contamination, c.d.Sweep, got, c.want)
		}
	}
}
