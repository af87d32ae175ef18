package detector

import (
	"math"
	"strings"
	"testing"
)

func TestNumberOctaves(t *testing.T) {
	ascending := []float64{-1e300, -1e6, -100, -1, -0.5, 1e-12, 0.001, 0.01, 0.5, 1, 2, 3, 12, 100, 1e6, 1e12, 1e30}
	for i, v := range ascending[1:] {
		if a, b := numberOctaves(ascending[i]), numberOctaves(v); a >= b {
			t.Errorf("%v is at %d, %v at %d", ascending[i], a, v, b)
		}
	}
	for _, v := range []float64{-1e6, -12, -1, 0.001, 0.25, 1, 2, 3, 7, 12, 500, 1e9} {
		if got := numberOctaves(v).said(); got != v {
			t.Errorf("%v is said as %v", v, got)
		}
		if got := numberOctaves(v).number(); math.Abs(got-v) > math.Abs(v)/200 {
			t.Errorf("%v comes back as %v", v, got)
		}
	}
	if got := spanOf(numberOctaves(0)).lo.number(); got != 0 {
		t.Errorf("a field that began with 0 begins at %v", got)
	}
}

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
		d, err := New(Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
		if err != nil {
			t.Fatal(err)
		}
		var v Verdict
		for i := range 400 {
			line := strings.Replace(routine[i%len(routine)], "%d", string(rune('3'+i%4)), 1)
			d.Observe(&Event{Message: []byte(line)}, &v)
		}
		d.Observe(&Event{Message: []byte(c.line)}, &v)
		if v.Anomaly != (c.reason != "") || string(v.Reason) != c.reason {
			t.Errorf("%q: score %.3f, reason %q, want %q", c.line, v.Score, v.Reason, c.reason)
		}
	}
}

// TestZerosAndFractions: a field that begins with 0 tells nothing of how small its
// fractions are, and must not take all of them for usual either.
func TestZerosAndFractions(t *testing.T) {
	s := spanOf(numberOctaves(0))
	if d := s.beyond(numberOctaves(0.001), 100, firmNumber); d != 0 {
		t.Errorf("the first fraction is %v octaves away from 0", d)
	}
	if d := s.beyond(numberOctaves(150), 100, firmNumber); d < 5 {
		t.Errorf("150 is %v octaves away from 0", d)
	}
	s.learn(numberOctaves(0.001), 100)
	if d := s.beyond(numberOctaves(0.001), 100, firmNumber); d != 0 {
		t.Errorf("what is learned is %v octaves away", d)
	}
	if d := s.beyond(numberOctaves(0.4), 100, firmNumber); d < 5 {
		t.Errorf("400 times the usual is %v octaves away", d)
	}
	s = spanOf(numberOctaves(0))
	s.learn(numberOctaves(3), 0)
	if d := s.beyond(numberOctaves(0.5), 100, firmNumber); d != 0 {
		t.Errorf("between 0 and 3, 0.5 is %v octaves away", d)
	}

	d, err := New(Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v Verdict
	for i := range 400 {
		d.Observe(&Event{Message: []byte("rolled a segment in " + []string{"0", "0", "0", "1"}[i%4] + " ms")}, &v)
		if v.Anomaly {
			t.Errorf("line %d: %s", i, v.Reason)
		}
	}
	d.Observe(&Event{Message: []byte("rolled a segment in 9869581 ms")}, &v)
	if want := "number 9870s far above the usual 1ms"; !v.Anomaly || string(v.Reason) != want {
		t.Errorf("score %.3f, reason %q, want %q", v.Score, v.Reason, want)
	}
}

// TestIdentifiersAreNoQuantities restarts a program: its process has a number
// that is far above the one before.
func TestIdentifiersAreNoQuantities(t *testing.T) {
	d, err := New(Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v Verdict
	for range 400 {
		d.Observe(&Event{Message: []byte("Mar  2 09:06:21 web sshd[71]: session opened for user deploy")}, &v)
	}
	d.Observe(&Event{Message: []byte("Mar  2 09:06:22 web sshd[4194301]: session opened for user deploy")}, &v)
	if v.Score > 0.3 {
		t.Errorf("another process: score %.3f, reason %q", v.Score, v.Reason)
	}
}

func TestFieldName(t *testing.T) {
	for _, c := range []struct{ text, name string }{
		{`level=info dur=12ms`, "dur"},
		{`LOG:  duration: 12 ms`, "duration"},
		{`{"took": 12}`, "took"},
		{`{"a.b-c_d":12}`, "a.b-c_d"},
		{`"{\"took\":12}"`, "took"},
		{`retries = 12`, "retries"},
		{`took 12ms`, ""},
		{`12`, ""},
		{`=12`, ""},
		{`"" : 12`, ""},
		{`at 10:12`, ""},
		{`listening on [::]:12`, ""},
	} {
		if got := fieldName([]byte(c.text), strings.LastIndex(c.text, "12")); string(got) != c.name {
			t.Errorf("%s: the number's name is %q, want %q", c.text, got, c.name)
		}
	}
}
