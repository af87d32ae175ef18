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

// An identifier may have the form of a number with a unit, or of a plain one.
func TestFieldNumberAmongIdentifiers(t *testing.T) {
	shop, n := shopLog(16), uint32(0)
	with := func(session, query string) string {
		line := shop()
		return line[:len(line)-1] + `,"session":"` + session + `","query":` + query + `}`
	}
	w := watch(t, func() string {
		n++
		h := n * 2654435761
		return with(fmt.Sprintf("%08x.%03x", h, h>>7&0xfff), fmt.Sprintf("%d%09d", h|1<<31, h))
	}, 8000)
	w.passes(with("81604820.19d", "8160482011122233344"))
	w.passes(with("7a60c8f0.1e2", "81604820111"))
}

// Where all numbers lie close together, one far below is as strange as one far above.
func TestFieldNumberBelow(t *testing.T) {
	shop, n := shopLog(17), 0
	with := func(battery string) string {
		line := shop()
		return line[:len(line)-1] + `,"battery":"` + battery + `"}`
	}
	w := watch(t, func() string {
		n++
		return with(fmt.Sprintf("%d.%02d V", 12, n*37%60))
	}, 8000)
	w.flags(with("1.2 V"), "battery 1.2 V, usually 12")
	w.flags(with("98.5 V"), "battery 98.5 V, usually 12")
	w.passes(with("11.8 V"))
	w.passes(with("12.9 V"))
}

// A number with a unit is a quantity, however few different ones there are.
func TestFieldFewNumbersWithUnit(t *testing.T) {
	shop, n := shopLog(10), 0
	with := func(took string) string {
		line := shop()
		return line[:len(line)-1] + `,"took":"` + took + `"}`
	}
	w := watch(t, func() string { n++; return with([...]string{"2ms", "5ms", "9ms"}[n%3]) }, 8000)
	w.passes(with("4ms"))
	w.flags(with("3s"), "took 3s, usually 2ms to ")
}

// A range that turns out to be too narrow is widened by what comes again, and not by the
// first number that is a thousand times further out.
func TestFieldNumberFarOutTwice(t *testing.T) {
	n := 0
	with := func(sent int) string { return fmt.Sprintf(`{"level":"info","msg":"page sent","sent":%d}`, sent) }
	page := func() string { n++; return with(1_000 + n*37%500) }
	w := watch(t, page, 3000)
	for sent := 4_000; sent < 20_000_000; sent *= 2 { // pictures, then films
		w.see(with(sent))
		w.see(page())
	}
	for _, sent := range []int{70_000_000_000, 80_000_000_000} {
		if v := w.see(with(sent)); !v.Anomaly {
			t.Errorf("sent %d is not flagged, score %.3f", sent, v.Score)
		}
		w.goOn(20)
	}
	w.passes(with(9_000_000))
}

// Numbers that lie side by side are counts, and the next one is no new code. One that is
// far from them is told as a number, and the exit status 2 beside 0 and 1 is a code still.
func TestFieldNumberSideBySide(t *testing.T) {
	shop, n := shopLog(18), 0
	with := func(busy, exit int) string {
		line := shop()
		return line[:len(line)-1] + fmt.Sprintf(`,"busy":%d,"exit_status":%d}`, busy, exit)
	}
	w := watch(t, func() string {
		n++
		exit := 0
		if n%100 == 0 {
			exit = 1
		}
		return with(2+n*37%12, exit)
	}, 8000)
	w.passes(with(14, 0))
	w.flags(with(4000, 0), "busy 4000, usually 2 to 13")
	w.flags(with(5, 2), "exit_status 2 never seen")
}
