package main

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// filter is one instance of the filter: one section of the configuration. It
// brings a tagger's work and figures to Fluent Bit.
type filter struct {
	*tagger
	keeper  *keeper
	log     *slog.Logger
	metrics metrics

	counted counts // as published
	stats   detector.Stats
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
	t, err := newTagger(s)
	if err != nil {
		return nil, err
	}
	f := &filter{tagger: t, log: i.Logger(), metrics: metrics{
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
	var contamination any = "auto"
	if s.Detector.Contamination > 0 {
		contamination = s.Detector.Contamination
	}
	if v, set := i.Value("Model_Path"); set && s.ModelPath == "" {
		f.log.Warn("option Model_Path has the value " + strconv.Quote(v) + ": no models are saved; is it a variable that is not set?")
	}
	f.keeper = newKeeper(t.detector, i.Name(), &s, f.log, i.Go)
	f.keeper.start()
	f.log.Info("ready", "contamination", contamination, "warmup", s.Detector.Warmup)
	return f, nil
}

// Filter judges each event of the chunk and writes the verdicts into it.
func (f *filter) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	dst = f.process(dst, chunk)
	f.keeper.tick(time.Now())
	f.publish()
	return dst, true, nil
}

// publish brings the metrics up to date, once a chunk.
func (f *filter) publish() {
	c, s, m := f.counts, f.detector.Stats(), &f.metrics
	m.records.Set(c.records)
	m.unjudged.Set(c.unjudged)
	m.dropped.Set(c.dropped)
	m.anomalies.Set(s.Anomalies)
	m.refits.Set(s.Refits)
	m.evicted.Set(s.Evicted)
	m.failedFits.Set(s.FailedFits)
	m.saves.Set(f.keeper.saves)
	m.saveFailures.Set(f.keeper.failures)
	if !f.keeper.saved.IsZero() {
		m.saved.Set(float64(f.keeper.saved.UnixMilli()) / 1000)
	}
	if s.FailedFits > 0 && f.stats.FailedFits == 0 {
		f.log.Error("a panic while a forest was fitted was caught (logged once, counted as refit_failures_total): the forest before it stays in use")
	}
	if c.structured > 0 && f.counted.structured == 0 {
		f.log.Warn(structuredMessage)
	}
	m.groups.Set(float64(s.Groups))
	m.threshold.Set(s.Threshold)
	if s.Judged > 0 && f.stats.Judged == 0 && s.Judged < s.Records { // and was not restored
		f.log.Info("learned enough to judge", "records", s.Records)
	}
	f.counted, f.stats = c, s
}

// Close saves the models and ends the detector.
func (f *filter) Close() error {
	s := f.detector.Stats()
	f.keeper.close()
	f.log.Info("done", "records", s.Records, "judged", s.Judged, "anomalies", s.Anomalies, "refits", s.Refits, "groups", s.Groups)
	return nil
}
