package detector_test

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestNumbersInReasons puts one number out of its range and reads the reason.
func TestNumbersInReasons(t *testing.T) {
	routine := []string{
		`poll done items=0 retries=-1 took=%dms`, `poll done items=3 retries=1 took=%dms`, `poll done items=2 retries=-1 took=%dms`,
		`poll done items=1 retries=2 took=%dms`,
	}
	for _, c := range []struct{ line, reason string }{
		{`poll done items=70000 retries=1 took=4ms`, `number 70000 of "items" far above the usual 0 to 3`},
		{`poll done items=1 retries=1 took=90000ms`, `number 90s of "took" far above the usual 3ms to 6ms`},
		{`poll done items=1 retries=900000 took=4ms`, `number 900000 of "retries" far above the usual -1 to 2`},
		{`poll done items=0 retries=-1 took=0ms`, ""},
	} {
		d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
		if err != nil {
			t.Fatal(err)
		}
		var v detector.Verdict
		for i := range 400 {
			line := strings.Replace(routine[i%len(routine)], "%d", string(rune('3'+i%4)), 1)
			d.Observe(&detector.Event{Message: []byte(line)}, &v)
		}
		d.Observe(&detector.Event{Message: []byte(c.line)}, &v)
		if v.Anomaly != (c.reason != "") || string(v.Reason) != c.reason {
			t.Errorf("%q: score %.3f, reason %q, want %q", c.line, v.Score, v.Reason, c.reason)
		}
	}
}

// TestIdentifiersAreNoQuantities restarts a program: its process has a number
// that is far above the one before.
func TestIdentifiersAreNoQuantities(t *testing.T) {
	d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v detector.Verdict
	for range 400 {
		d.Observe(&detector.Event{Message: []byte("Mar  2 09:06:21 web sshd[71]: session opened for user deploy")}, &v)
	}
	d.Observe(&detector.Event{Message: []byte("Mar  2 09:06:22 web sshd[4194301]: session opened for user deploy")}, &v)
	if v.Score > 0.3 {
		t.Errorf("another process: score %.3f, reason %q", v.Score, v.Reason)
	}
}

// TestFractionsAfterZeros: a field that showed little but 0 still has a range.
func TestFractionsAfterZeros(t *testing.T) {
	d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v detector.Verdict
	for i := range 400 {
		d.Observe(&detector.Event{Message: []byte("rolled a segment in " + []string{"0", "0", "0", "1"}[i%4] + " ms")}, &v)
		if v.Anomaly {
			t.Errorf("line %d: %s", i, v.Reason)
		}
	}
	d.Observe(&detector.Event{Message: []byte("rolled a segment in 9869581 ms")}, &v)
	if want := "number 9870s far above the usual 1ms"; !v.Anomaly || string(v.Reason) != want {
		t.Errorf("score %.3f, reason %q, want %q", v.Score, v.Reason, want)
	}
}
