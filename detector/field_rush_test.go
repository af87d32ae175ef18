package detector_test

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// One kind of record that suddenly makes up most of the log.
func TestFieldRush(t *testing.T) {
	w := watch(t, accessLog(17), 8000)
	rng := rand.New(rand.NewPCG(9, 9))
	flagged, reason := 0, ""
	for i := range 300 {
		if i%4 == 0 {
			w.goOn(1)
		}
		if v := w.see(access(rng, "POST", "/cart", "404", "curl/8.5.0")); v.Anomaly {
			flagged, reason = flagged+1, string(v.Reason)
		}
	}
	if flagged == 0 || flagged > 100 {
		t.Errorf("%d of 300 records of a rush are flagged, 1 to 100 wanted", flagged)
	}
	if flagged > 0 && !strings.Contains(reason, "far above") {
		t.Errorf("the reason is %q", reason)
	}
}
