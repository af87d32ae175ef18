package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
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

// TestANodeStartsAnOldRelease: of a message that came a few times, with one release and then the next,
// the first that is older than each before is told, in its text or in a field, once. Where another one
// stands there each time, as of clients, or a process that is numbered so, none is.
func TestANodeStartsAnOldRelease(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 7))
	routine := func() string {
		return fmt.Sprintf(`{"level":"info","msg":"request served","route":"/r%d","user":"u%05d","duration_ms":%d}`, rng.IntN(5), rng.IntN(1e5), 20+rng.IntN(60))
	}
	for name, start := range map[string]func(version string) string{
		"text":  func(version string) string { return `{"level":"info","msg":"agent v` + version + ` started"}` },
		"field": func(version string) string { return `{"level":"info","msg":"agent is up","agent":"` + version + `"}` },
		"line":  func(version string) string { return "INFO Starting agent (Version: " + version + ", Rev:98997ea)" },
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, routine, 3000)
			for _, version := range []string{"1.7.2", "1.7.2", "1.7.2", "1.7.3", "1.7.3", "1.7.3", "1.7.3", "1.7.4", "1.7.4", "1.7.4", "1.7.4", "1.7.4", "1.7.4", "1.7.4", "1.7.4"} {
				w.goOn(100)
				w.see(start(version))
			}
			w.passes(start("1.7.3"))
			w.passes(start("1.7.5"))
			w.flags(start("1.4.6"), "older than ")
			w.see(start("1.4.6"))
			w.goOn(100)
			w.passes(start("1.4.6"))
		})
		t.Run(name+", each newer", func(t *testing.T) {
			w := watch(t, routine, 3000)
			for _, version := range []string{"1.7.2", "1.7.3", "1.7.4", "1.8.0", "1.8.1", "1.8.2"} {
				w.goOn(100)
				w.see(start(version))
			}
			w.goOn(100)
			w.flags(start("1.4.6"), "older than ")
		})
	}
	for name, version := range map[string]func(i int) string{
		"of clients":   func(i int) string { return fmt.Sprintf("%d.%d.%d", 4+rng.IntN(3), rng.IntN(20), rng.IntN(9)) },
		"of processes": func(i int) string { return fmt.Sprintf("<0.%d.0>", 20000-i) },
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, routine, 3000)
			for i := range 60 {
				w.goOn(30)
				if v := w.see("INFO client " + version(i) + " said hello"); i > 4 && v.Anomaly && strings.Contains(string(v.Reason), "older than") {
					t.Errorf("the %d.: %s", i, v.Reason)
				}
			}
		})
	}
}
