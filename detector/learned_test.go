package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// TestJudgeLearned judges the lines of a build's log by the whole of it: what came
// once is new, wherever it stands, also if nothing but a cross tells it.
func TestJudgeLearned(t *testing.T) {
	s := options.Defaults()
	s.Detector.Synchronous = true
	d, err := detector.New(s.Detector)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	once := map[int]string{20: "npm ERROR process exited with code 1", 700: "  ✕ renders item 512 (31 ms)", 1100: "refused by the registry: token has expired"}
	line := func(i int) *detector.Event {
		if l, ok := once[i]; ok {
			return &detector.Event{Message: []byte(l)}
		}
		return &detector.Event{Message: fmt.Appendf(nil, "  ✓ renders item %d (%d ms)", i*37%1000, 5+i%50)}
	}
	const lines = 1200
	for i := range lines {
		d.Learn(line(i))
	}
	d.Fit()
	for i := range lines {
		ev := line(i)
		var v detector.Verdict
		d.JudgeLearned(ev, &v)
		if _, want := once[i]; v.Anomaly != want {
			t.Errorf("line %d, %s: score %.3f %s", i, ev.Message, v.Score, v.Reason)
		}
		if i == 20 && (v.Level != pattern.LevelError || !strings.Contains(string(v.Reason), "0 times in 1,200")) {
			t.Errorf("%s at %s", v.Reason, v.Level)
		}
	}
	// Without that, it is taken for one that was there before.
	var by, v detector.Verdict
	d.Judge(line(1100), &by)
	if d.JudgeLearned(line(1100), &v); by.Score >= v.Score {
		t.Errorf("score %v by all, %v by the others", by.Score, v.Score)
	}
}
