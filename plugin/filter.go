package main

import (
	"log/slog"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/options"
)

// filter is one instance of the filter: one section of the configuration. It
// brings a tagger's work and figures to Fluent Bit.
type filter struct {
	*tagger
	log     *slog.Logger
	metrics metrics

	counted counts // as published
	stats   detector.Stats
}

// metrics are the instance's own in Fluent Bit's /api/v2/metrics/prometheus.
type metrics struct {
	records, anomalies, unjudged, dropped, refits, evicted *fluentbit.Counter
	groups, threshold                                      *fluentbit.Gauge
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
		records:   i.Counter("records_total", "Records that came in."),
		anomalies: i.Counter("anomalies_total", "Records that were flagged."),
		unjudged:  i.Counter("unjudged_total", "Records passed without a verdict: no message, no log event, or a model still learning."),
		dropped:   i.Counter("dropped_total", "Normal records not kept, by Keep anomalies."),
		refits:    i.Counter("refits_total", "Forests fitted."),
		evicted:   i.Counter("groups_evicted_total", "Models that made room for another group's."),
		groups:    i.Gauge("groups", "Models held now, one for each value of Group_By."),
		threshold: i.Gauge("threshold", "Score from which on a record is flagged, of the group judged last."),
	}}
	var contamination any = "auto"
	if s.Detector.Contamination > 0 {
		contamination = s.Detector.Contamination
	}
	f.log.Info("ready", "contamination", contamination, "warmup", s.Detector.Warmup)
	return f, nil
}

// Filter judges each event of the chunk and writes the verdicts into it.
func (f *filter) Filter(_ string, chunk, dst []byte) ([]byte, bool, error) {
	dst = f.process(dst, chunk)
	f.publish()
	return dst, true, nil
}

// publish brings the metrics up to date, once a chunk.
func (f *filter) publish() {
	c, s, m := f.counts, f.detector.Stats(), &f.metrics
	m.records.Add(c.records - f.counted.records)
	m.unjudged.Add(c.unjudged - f.counted.unjudged)
	m.dropped.Add(c.dropped - f.counted.dropped)
	m.anomalies.Add(s.Anomalies - f.stats.Anomalies)
	m.refits.Add(s.Refits - f.stats.Refits)
	m.evicted.Add(s.Evicted - f.stats.Evicted)
	m.groups.Set(float64(s.Groups))
	m.threshold.Set(s.Threshold)
	if s.Judged > 0 && f.stats.Judged == 0 {
		f.log.Info("learned enough to judge", "records", s.Records)
	}
	f.counted, f.stats = c, s
}

// Close ends the detector.
func (f *filter) Close() error {
	s := f.detector.Stats()
	f.detector.Close()
	f.log.Info("done", "records", s.Records, "judged", s.Judged, "anomalies", s.Anomalies, "refits", s.Refits, "groups", s.Groups)
	return nil
}
