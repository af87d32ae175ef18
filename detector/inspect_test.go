package detector_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestInspectOpensWhatRestoreOpens: a model whose window has been full for long
// begins anew in its middle, and is not damaged for that.
func TestInspectOpensWhatRestoreOpens(t *testing.T) {
	for _, records := range []int{10, 256, 300, 5000} {
		d := newDetector(t, func(o *detector.Options) { o.Window = 256 })
		observe(d, shopEvents(records, 1))
		var b bytes.Buffer
		if err := d.WriteSnapshot(&b, "test", time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		c, err := detector.Inspect(&b)
		if err != nil {
			t.Fatalf("after %d records: %v", records, err)
		}
		if g := c.Groups[0]; g.Records != records || g.Rows != min(records, 256) {
			t.Errorf("after %d records: %d records, %d rows", records, g.Records, g.Rows)
		}
	}
}
