package scan

import (
	"context"
	"io"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// Learn passes every line of in, which is text or gzip, through d, as a live
// stream would have come to it. Several inputs can follow each other. Of the
// options, Mode means nothing here.
func Learn(ctx context.Context, d *detector.Detector, in io.Reader, o Options) (Result, error) {
	r := run{ctx: ctx, options: o, detector: d}
	var result Result
	err := r.records(in, func(line *Line) error {
		d.Observe(&line.Event, &line.Verdict)
		return nil
	}, func(line *Line) error {
		result.count(line)
		return nil
	})
	result.Stats = d.Stats()
	return result, err
}
