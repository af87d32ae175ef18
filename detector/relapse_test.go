package detector_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestAFailureInAFieldThatReturns has devices that report all day, 6,000 records a day. An error
// code that its field knows well from a week ago is told as it comes on another day, one that
// comes each night on the second one and hardly again, and one that comes all day not.
func TestAFailureInAFieldThatReturns(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	report := func(code string) string {
		at = at.Add(24 * time.Hour / 6000)
		state := "ok"
		if code != "none" {
			state = "degraded"
		}
		return fmt.Sprintf(`{"time":%q,"level":"info","msg":"reading","device":"pm-%03d","model":%q,"volt":%.1f,"state":%q,"error_code":%q}`,
			at.Format(time.RFC3339Nano), rng.IntN(200), pick(rng, "PM-10", "PM-20"), 226+8*rng.Float64(), state, code)
	}
	w := watch(t, func() string { return report(mostly(rng, "none", "none", "none", "E204")) }, 3000)

	var returned, nights []int // days
	told := func(code string, times int) bool {
		back := false
		for range times {
			v := w.see(report(code))
			if v.Kind == "returned" && v.Weight != detector.Whole {
				t.Errorf("what is back has the weight %v", v.Weight)
			}
			back = back || v.Anomaly && v.Kind == "returned" && strings.HasPrefix(string(v.Reason), fmt.Sprintf("error_code %q is back after ", code))
			w.goOn(5)
		}
		return back
	}
	for day := range 14 {
		if day%7 < 2 && told("E310", 10) {
			returned = append(returned, day)
		}
		w.goOn(3000)
		if told("E101", 3) {
			nights = append(nights, day)
		}
		w.staysQuiet(2700, 8)
	}
	if !slices.Equal(returned, []int{1, 7}) {
		t.Errorf("E310, which comes on days 0, 1, 7 and 8, is told to be back on days %v, 1 and 7 wanted", returned)
	}
	if len(nights) == 0 || nights[0] != 1 || len(nights) > 3 {
		t.Errorf("E101, which comes each night, is told to be back on days %v, 1 and at most two others wanted", nights)
	}
}
