package detector_test

import (
	"fmt"
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

// A number with its unit is a quantity, in whatever unit it is written.
func TestFieldNumberWithUnit(t *testing.T) {
	shop, n := shopLog(9), 0
	with := func(took string) string {
		line := shop()
		return line[:len(line)-1] + `,"took":"` + took + `"}`
	}
	w := watch(t, func() string {
		n++
		return with(fmt.Sprintf("%d.%dms", 12+n*37%61, n%10))
	}, 8000)
	w.flags(with("45s"), "took 45s, usually 12", "ms to 7")
	w.flags(with("45000ms"), "took 45000ms, usually 12", "ms to 7")
	w.flags(with("NaN"), `took "NaN": usually a number`)
	w.passes(with("0.0311s"))
	w.passes(with("77ms"))
}
