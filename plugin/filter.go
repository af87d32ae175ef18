package main

import (
	"log/slog"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/judge"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// filter is one instance of the filter: one section of the configuration. It
// brings a judge's work and figures to Fluent Bit.
type filter struct {
	judge   *judge.Judge
	log     *slog.Logger
	metrics metrics
}

// metrics are the instance's own in Fluent Bit's /api/v2/metrics/prometheus.
type metrics struct {
	records, anomalies, unjudged, dropped, refits, failedFits, evicted, saves, saveFailures *fluentbit.Counter
	groups, threshold, saved                                                                *fluentbit.Gauge
}

func newFilter(i *fluentbit.Instance) (fluentbit.Filter, error) {
	s, err := options.Parse(i.Values)
	if err != nil {
		return nil, err
	}
	f := &filter{log: i.Logger(), metrics: metrics{
		records:      i.Counter("records_total", "Records that came in."),
		anomalies:    i.Counter("anomalies_total", "Records that were flagged."),
		unjudged:     i.Counter("unjudged_total", "Records passed without a verdict: no message, no log event, or a model still learning."),
		dropped:      i.Counter("dropped_total", "Normal records not kept, by Keep anomalies."),
		refits:       i.Counter("refits_total", "Forests fitted."),
		failedFits:   i.Counter("refit_failures_total", "Fits that failed; the forest before them stays in use."),
		evicted:      i.Counter("groups_evicted_total", "Models that made room for another group's."),
		saves:        i.Counter("saves_total", "Models saved to Model_Path."),
		saveFailures: i.Counter("save_failures_total", "Saves to Model_Path that failed."),
		groups:       i.Gauge("groups", "Models held now, one for each value of Group_By."),
		threshold:    i.Gauge("threshold", "Score from which on a record is flagged, of the group judged last."),
		saved:        i.Gauge("saved_timestamp_seconds", "When the model was last saved, since the Unix epoch; 0 = not yet."),
	}}
	if v, set := i.Value("Model_Path"); set && s.ModelPath == "" {
		f.log.Warn("option Model_Path has the value " + strconv.Quote(v) + ": no models are saved; is it a variable that is not set?")
	}
	f.judge, err = judge.New(s, judge.Instance{Name: i.Name(), Version: version, Log: f.log, Go: i.Go})
	if err != nil {
		return nil, err
	}
	var contamination any = "auto"
	if s.Detector.Contamination > 0 {
		contamination = s.Detector.Contamination
	}
	f.log.Info("ready", "contamination", contamination, "warmup", s.Detector.Warmup)
	return f, nil
}

// Filter judges each event of the chunk and writes the verdicts into it.
func (f *filter) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	dst = f.judge.Chunk(dst, chunk)
	f.publish()
	return dst, true, nil
}

// publish brings the metrics up to date, once a chunk.
func (f *filter) publish() {
	s, m := f.judge.Stats(), &f.metrics
	m.records.Set(s.Records)
	m.unjudged.Set(s.Unjudged)
	m.dropped.Set(s.Dropped)
	m.anomalies.Set(s.Detector.Anomalies)
	m.refits.Set(s.Detector.Refits)
	m.evicted.Set(s.Detector.Evicted)
	m.failedFits.Set(s.Detector.FailedFits)
	m.saves.Set(s.Saves)
	m.saveFailures.Set(s.SaveFailures)
	if !s.Saved.IsZero() {
		m.saved.Set(float64(s.Saved.UnixMilli()) / 1000)
	}
	m.groups.Set(float64(s.Detector.Groups))
	m.threshold.Set(s.Detector.Threshold)
}

// Close saves the models and ends the detector.
func (f *filter) Close() error {
	s := f.judge.Stats().Detector
	f.judge.Close()
	f.log.Info("done", "records", s.Records, "judged", s.Judged, "anomalies", s.Anomalies, "refits", s.Refits, "groups", s.Groups)
	return nil
}
