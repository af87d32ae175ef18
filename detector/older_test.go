package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAnOlderReleaseIsTold: that a new release comes is no news, nor that its pods do; that one
// pod comes with an older one is.
func TestAnOlderReleaseIsTold(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	release, pods := "4.12.0", []string{"orders-6c5d7f8b9-x2x4q", "orders-6c5d7f8b9-k8s7h", "orders-6c5d7f8b9-pp9wz"}
	line := func() string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","release":%q,"pod":%q,"user":"u%05d","duration_ms":%d}`, release, pick(rng, pods...), rng.IntN(1e5), 20+rng.IntN(60))
	}
	w := watch(t, line, 4000)
	for i := range 3 {
		release = fmt.Sprintf("4.12.%d", i+1)
		for j := range pods {
			pods[j] = fmt.Sprintf("orders-%08xf-%c%cd2z", rng.Uint32(), 'b'+i, 'f'+j)
		}
		w.staysQuiet(2000, 5)
	}
	release = "4.11.9"
	older := line()
	release = "4.12.3"
	w.flags(older, `release "4.11.9", older than the usual ones, never seen, usually 4.12`)
}
