package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
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

// A field that showed one value all along and now a second one tells records apart from
// then on: those of the usual value are no rush of something new.
func TestSecondValueIsNoRush(t *testing.T) {
	n := 0
	line := func(idle int) string {
		n++
		return fmt.Sprintf(`{"msg":"connection closed","fd":%d,"idle":%d,"mem":%d}`, 8+n%3/2, idle, 37632+n%4/3)
	}
	w := watch(t, func() string { return line(0) }, 4000)
	if v := w.see(line(1)); !strings.Contains(string(v.Reason), "idle") {
		t.Errorf("the second value: flagged %t, %s", v.Anomaly, v.Reason)
	}
	for range 1000 {
		if v := w.see(line(0)); v.Score > 0.25 {
			t.Fatalf("%d records behind it, where nothing is new: a score of %.2f", n-4001, v.Score)
		}
	}
}

// TestABurstOfTroubleThatGrows: of a warning that comes three times in a hundred records, and
// then, while all else goes on, as every third one, some are told.
func TestABurstOfTroubleThatGrows(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	line := func(declined float64) string {
		now = now.Add(time.Duration(rng.IntN(2000)) * time.Millisecond)
		at := now.Format("2006-01-02T15:04:05.000Z")
		if rng.Float64() < declined {
			return fmt.Sprintf(`{"time":%q,"level":"warn","msg":"payment declined","code":%q,"amount":%d,"user":"u%05d"}`, at, pick(rng, "funds", "honor", "cvc"), rng.IntN(9000), rng.IntN(1e5))
		}
		return fmt.Sprintf(`{"time":%q,"level":"info","msg":%q,"amount":%d,"user":"u%05d"}`, at, pick(rng, "payment authorized", "payment captured", "risk checked", "webhook delivered"), rng.IntN(9000), rng.IntN(1e5))
	}
	w := watch(t, func() string { return line(0.02) }, 20_000)
	told := 0
	for i := range 600 {
		if w.see(line(min(0.35, float64(i)/400))).Anomaly {
			told++
		}
	}
	if told == 0 || told > 20 {
		t.Errorf("%d of a burst of 200 are told", told)
	}
}
