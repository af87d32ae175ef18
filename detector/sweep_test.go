package detector_test

import (
	"bytes"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestSweepIsWhatOtherContaminationsFlag holds every bit against a detector
// that has the contamination for its own, streaming and in one batch.
func TestSweepIsWhatOtherContaminationsFlag(t *testing.T) {
	values := []float64{0, 0.001, 0.02, 0.3}
	lines := incidents(4000)
	for name, judge := range map[string]func(*detector.Detector) []detector.Verdict{
		"stream": func(d *detector.Detector) []detector.Verdict { return verdicts(d, lines) },
		"batch": func(d *detector.Detector) []detector.Verdict {
			for _, line := range lines {
				d.Learn(&detector.Event{Message: line})
			}
			for _, line := range lines {
				d.Survey(&detector.Event{Message: line}, new(detector.Verdict))
			}
			d.Fit()
			all := make([]detector.Verdict, len(lines))
			for i, line := range lines {
				d.Judge(&detector.Event{Message: line}, &all[i])
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			swept := judge(newDetector(t, func(o *detector.Options) { o.Sweep = values }))
			for bit, c := range values {
				flagged := 0
				for i, want := range judge(newDetector(t, func(o *detector.Options) { o.Contamination = c })) {
					if want.Anomaly {
						flagged++
					}
					if got := swept[i].Sweep>>bit&1 == 1; got != want.Anomaly || swept[i].Score != want.Score {
						t.Fatalf("line %d: swept %v of %v, a detector of contamination %v says %v of %v", i+1, got, swept[i].Score, c, want.Anomaly, want.Score)
					}
				}
				if flagged == 0 {
					t.Errorf("nothing is flagged at %v: the test shows nothing", c)
				}
			}
		})
	}
}

// TestSweepOfARestoredModel holds every bit against a detector that goes on with the same
// model and has the contamination for its own.
func TestSweepOfARestoredModel(t *testing.T) {
	values := []float64{0, 0.002, 0.02, 0.3}
	events := shopEvents(6000, 3)
	for _, c := range []float64{0, 0.02} {
		learned := newDetector(t, func(o *detector.Options) { o.Contamination = c })
		observe(learned, events[:4000])
		file := snapshot(t, learned)
		goOn := func(change func(*detector.Options)) []detector.Verdict {
			d := newDetector(t, change)
			if _, err := d.Restore(bytes.NewReader(file)); err != nil {
				t.Fatal(err)
			}
			return observe(d, events[4000:])
		}
		swept := goOn(func(o *detector.Options) { o.Contamination, o.Sweep = c, values })
		for bit, other := range values {
			for i, want := range goOn(func(o *detector.Options) { o.Contamination = other }) {
				if got := swept[i].Sweep>>bit&1 == 1; got != want.Anomaly {
					t.Errorf("a model of contamination %v, record %d: swept at %v %v, a detector of it says %v", c, i+1, other, got, want.Anomaly)
					break
				}
			}
		}
	}
}

func TestNewRefusesBadSweep(t *testing.T) {
	o := options.Defaults().Detector
	o.Sweep = make([]float64, detector.MaxSweep)
	if d, err := detector.New(o); err != nil {
		t.Errorf("as many as can be are refused: %v", err)
	} else {
		d.Close()
	}
	for _, sweep := range [][]float64{{0.5}, {-0.1}, make([]float64, detector.MaxSweep+1)} {
		o := options.Defaults().Detector
		o.Sweep = sweep
		if _, err := detector.New(o); err == nil {
			t.Errorf("a sweep of %v is taken", sweep)
		}
	}
}
