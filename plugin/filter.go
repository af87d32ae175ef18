package main

import (
	"log/slog"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/judge"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// filter is one instance of the filter: one section of the configuration. It
// brings a judge's work and figures to Fluent Bit.
type filter struct {
	judge *judge.Judge
	log   *slog.Logger

	refits     uint64      // after which was collected
	collecting atomic.Bool // in the background
}

func newFilter(i *fluentbit.Instance) (fluentbit.Filter, error) {
	s, err := options.Parse(i.Values)
	if err != nil {
		return nil, err
	}
	f := &filter{log: i.Logger()}
	if v, set := i.Value("Model_Path"); set && s.ModelPath == "" {
		f.log.Warn("option Model_Path has the value " + strconv.Quote(v) + ": no models are saved; is it a variable that is not set?")
	}
	f.judge, err = judge.New(s, judge.Instance{Name: i.Name(), Version: version, Log: f.log, Go: i.Go})
	if err != nil {
		return nil, err
	}
	f.measure(i)
	var contamination any = "auto"
	if s.Detector.Contamination > 0 {
		contamination = s.Detector.Contamination
	}
	f.log.Info("ready", "contamination", contamination, "warmup", s.Detector.Warmup)
	return f, nil
}

// measure makes the instance's metrics in Fluent Bit's
// /api/v2/metrics/prometheus.
func (f *filter) measure(i *fluentbit.Instance) {
	stats := f.judge.Stats
	i.CounterFunc("records_total", "Records that came in.", func() uint64 { return stats().Records })
	i.CounterFunc("anomalies_total", "Records that were flagged.", func() uint64 { return stats().Detector.Anomalies })
	i.CounterFunc("incidents_total", "Incidents that somebody is called for: flagged records near in time are one.", func() uint64 { return stats().Incidents })
	i.CounterFunc("unjudged_total", "Records passed without a verdict: nothing to judge by, no log event, or a model still learning.", func() uint64 { return stats().Unjudged })
	i.CounterFunc("dropped_total", "Normal records not kept, by Keep anomalies.", func() uint64 { return stats().Dropped })
	i.CounterFunc("refits_total", "Forests fitted.", func() uint64 { return stats().Detector.Refits })
	i.CounterFunc("refit_failures_total", "Fits that failed; the forest before them stays in use.", func() uint64 { return stats().Detector.FailedFits })
	i.CounterFunc("groups_evicted_total", "Models that made room for another group's.", func() uint64 { return stats().Detector.Evicted })
	i.CounterFunc("saves_total", "Models saved to Model_Path.", func() uint64 { return stats().Saves })
	i.CounterFunc("save_failures_total", "Saves to Model_Path that failed.", func() uint64 { return stats().SaveFailures })
	i.GaugeFunc("groups", "Models held now, one for each value of Group_By.", func() float64 { return float64(stats().Detector.Groups) })
	i.GaugeFunc("threshold", "Score from which on a record is flagged, of the group judged last.", func() float64 { return stats().Detector.Threshold })
	i.GaugeFunc("saved_timestamp_seconds", "When the model was last saved, since the Unix epoch; 0 = not yet.", func() float64 {
		if saved := stats().Saved; !saved.IsZero() {
			return float64(saved.UnixMilli()) / 1000
		}
		return 0
	})
}

// Filter judges each event of the chunk and writes the verdicts into it.
func (f *filter) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	dst = f.judge.Chunk(dst, chunk)
	f.collect()
	return dst, true, nil
}

// youngRefits is how often the only model is fitted while its tables grow: after 256 records,
// twice as many, and so on.
const youngRefits = 10

// collect has the collector run after a refit of the only model while it is young, and its
// tables leave behind what became too small. By itself the collector comes for a megabyte at
// the least, whatever collectAt says: where there are many models, that is little beside
// them. It takes 2 ms, too much for a refit of a model that has its size.
func (f *filter) collect() {
	s := f.judge.Stats().Detector
	if s.Groups == 1 && s.Refits != f.refits && s.Refits <= youngRefits && f.collecting.CompareAndSwap(false, true) {
		f.refits = s.Refits
		go func() {
			runtime.GC()
			f.collecting.Store(false)
		}()
	}
}

// Close saves the models and ends the detector.
func (f *filter) Close() error {
	s := f.judge.Stats().Detector
	f.judge.Close()
	f.log.Info("done", "records", s.Records, "judged", s.Judged, "anomalies", s.Anomalies, "refits", s.Refits, "groups", s.Groups)
	return nil
}
