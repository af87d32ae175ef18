package detector_test

import (
	"testing"
)

// How far out a number is goes by what this statement has shown there: 400 ms are
// usual for a payment, not for a request.
func TestFieldNumber(t *testing.T) {
	w := watch(t, shopLog(8), 8000)
	w.flags(changed("duration_ms", "45000"), "duration_ms 45000, usually 12 to 79")
	w.flags(changed("bytes", "734003200"), "bytes 734003200, usually")
	w.flags(`{"level":"info","msg":"query finished","host":"shop-1","trace":"77aa5f0a91b3e764","table":"orders","rows":4,"took_ms":9000}`, "took_ms 9000, usually 1 to 40")
	for _, near := range []string{"3", "11", "85", "100"} {
		if v := w.judge(changed("duration_ms", near)); v.Score > 0.3 {
			t.Errorf("duration_ms %s has the score %.2f: %s", near, v.Score, v.Reason)
		}
	}
	w.flags(changed("duration_ms", "-50"), "duration_ms -50")

	a := watch(t, accessLog(8), 8000)
	a.flags(`{"remote":"10.1.9.7","host":"-","user":"-","method":"GET","path":"/","code":"200","size":"5368709120","referer":"-","agent":"curl/8.5.0"}`, "size 5368709120, usually")
}
