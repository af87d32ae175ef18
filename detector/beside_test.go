package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestNumbersBesideWords: a statement that names a size now with and now without its
// short form has another number of numbers from line to line. Each is known by the
// words beside it.
func TestNumbersBesideWords(t *testing.T) {
	d := newDetector(t, nil)
	var v detector.Verdict
	hosts := strings.Fields("alder birch cedar elm fir hazel larch maple oak pine rowan yew")
	line := func(i, sent int) string {
		host := hosts[i%len(hosts)]
		if i%3 == 0 {
			return fmt.Sprintf("proxy %s closed, %d bytes (%.1f KB) sent, %d received", host, sent, float64(sent)/1024, 100+i%900)
		}
		return fmt.Sprintf("proxy %s closed, %d bytes sent, %d received", host, sent, 100+i%900)
	}
	for i := range 3000 {
		d.Observe(&detector.Event{Message: []byte(line(i, 200+i*37%9000))}, &v)
		if i > 1000 && v.Anomaly {
			t.Errorf("line %d: %s", i, v.Reason)
		}
	}
	for _, i := range []int{3000, 3001} {
		d.Observe(&detector.Event{Message: []byte(line(i, 900_000_000))}, &v)
		if !v.Anomaly || !strings.Contains(string(v.Reason), "far above the usual") {
			t.Errorf("900 MB sent: score %.3f, %s", v.Score, v.Reason)
		}
	}
}
