package detector_test

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestRoutineRanksBehindFailures: what is new is flagged at any level, and the more the
// worse its author calls it.
func TestRoutineRanksBehindFailures(t *testing.T) {
	message := []byte("the vault of the second mirror gave up: its shutter is torn and nobody answers")
	last := 0.0
	for _, level := range []pattern.Level{pattern.LevelDebug, pattern.LevelInfo, pattern.LevelError} {
		d := newDetector(t, nil)
		verdicts(d, healthy(3000, 3))
		var v detector.Verdict
		d.Observe(&detector.Event{Message: message, Level: level}, &v)
		if !v.Anomaly || v.Score <= last {
			t.Errorf("at %s: flagged %v with a score of %.3f, want it flagged with more than %.3f", level, v.Anomaly, v.Score, last)
		}
		last = v.Score
	}
}

// TestAStormIsToldAtEachLevel: a storm raises the bar for routine lines by no more than
// what of their points counts, so that as many of them are flagged.
func TestAStormIsToldAtEachLevel(t *testing.T) {
	flagged := func(level pattern.Level) (n int) {
		d := newDetector(t, nil)
		verdicts(d, healthy(3000, 3))
		for _, word := range []string{"anchors", "barges", "canoes", "dinghies", "ferries", "gondolas", "hulks", "junks", "kayaks", "launches"} {
			var v detector.Verdict
			d.Observe(&detector.Event{Message: []byte(word + " drift across " + word[1:] + " while " + word[2:] + " sing"), Level: level}, &v)
			if v.Anomaly {
				n++
			}
		}
		return n
	}
	if plain, info := flagged(pattern.LevelNone), flagged(pattern.LevelInfo); info != plain || plain < 3 || plain == 10 {
		t.Errorf("%d of 10 lines of a storm are flagged at INFO, %d without a level: want as many, and some of them", info, plain)
	}
}
