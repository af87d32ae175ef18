package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestLengthOfWhatCameBefore: the first short line of a log of longer ones is news by its
// length too. Those that follow are as long as it was, and are not told; nor are they where
// an hour and more of other records lies between them and the clock is unknown.
func TestLengthOfWhatCameBefore(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(31, 32))
	said := 0
	for i := range 6_000 {
		line := fmt.Sprintf("session %d opened for a user of the northern depot from gate %d of %d", rng.IntN(9000), rng.IntN(90), rng.IntN(90))
		short := i%1_200 == 1_199
		if short {
			line = "rotated"
		}
		var v detector.Verdict
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
		if !short {
			continue
		}
		said++
		switch {
		case said == 1 && (!v.Anomaly || !strings.Contains(string(v.Reason), "length of 7 bytes")):
			t.Errorf("the first: anomaly %v, %s", v.Anomaly, v.Reason)
		case said > 2 && v.Anomaly:
			t.Errorf("the %d. of the same: score %.3f, %s", said, v.Score, v.Reason)
		}
	}
}
