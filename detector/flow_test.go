package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// host is a log of three days: something is said each second or so by day, and seldom by night.
type host struct {
	d   *detector.Detector
	rng *rand.Rand
	now time.Duration // since the Unix epoch

	// what comes in clumps, a dozen or two in three minutes, each hour: by night it is most of
	// the log.
	clump func() *detector.Event
	told  []string // reasons for it
}

var hostBegins = time.Duration(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).UnixNano())

func newHost(t *testing.T, clump func(rng *rand.Rand) *detector.Event) *host {
	h := &host{d: newDetector(t, nil), rng: rand.New(rand.NewPCG(7, 1)), now: hostBegins}
	h.clump = func() *detector.Event { return clump(h.rng) }
	h.until(3 * 24 * time.Hour)
	return h
}

func (h *host) see(e *detector.Event) *detector.Verdict {
	var v detector.Verdict
	e.Time = h.now
	h.d.Observe(e, &v)
	return &v
}

// routine is what else there is.
func (h *host) routine() {
	op := pick(h.rng, "read", "write", "list", "stat", "sync")
	h.see(&detector.Event{Message: fmt.Appendf(nil, "store: %s of object %08x took %d ms", op, h.rng.Uint32(), 2+h.rng.IntN(30)), Fields: clumpFields(h.rng, op, "app")})
}

// come has so many of the clump come within a time, and so many others before each, on an average.
func (h *host) come(n int, within time.Duration, others float64) {
	for range n {
		h.now += within / time.Duration(n)
		for left := others; left > h.rng.Float64(); left-- {
			h.routine()
		}
		if v := h.see(h.clump()); v.Anomaly {
			h.told = append(h.told, string(v.Reason))
		}
	}
}

// until goes on up to a time since the beginning.
func (h *host) until(end time.Duration) {
	for end += hostBegins; h.now < end; {
		before := h.now
		pause := 5 * time.Second
		if hour := h.now / time.Hour % 24; hour < 8 || hour > 18 {
			pause = 2 * time.Minute
		}
		h.now += time.Duration(h.rng.ExpFloat64() * float64(pause))
		h.routine()
		if h.now/time.Hour > before/time.Hour {
			h.come(12+h.rng.IntN(8), 3*time.Minute, 0)
		}
	}
}

func clumpFields(rng *rand.Rand, op, user string) []detector.Field {
	text := func(name, value string) detector.Field {
		return detector.Field{Name: []byte(name), Kind: detector.Text, Value: []byte(value)}
	}
	return []detector.Field{text("op", op), text("user", user), text("request", fmt.Sprintf("%08x", rng.Uint32()))}
}

// TestWhatComesFasterThanEver: 120 of a message in two minutes by day are told, though by night it
// is most of the log: so are as many records of one user's. It is told once or a few times, and
// no more on the next day; what comes as fast as all else of the log is not.
func TestWhatComesFasterThanEver(t *testing.T) {
	for what, clump := range map[string]func(rng *rand.Rand) *detector.Event{
		"message comes faster than ever: ": func(rng *rand.Rand) *detector.Event {
			return &detector.Event{Message: fmt.Appendf(nil, "listener: accepted connection from 10.41.20.%d:%d", rng.IntN(60), 32768+rng.IntN(28000))}
		},
		`user "backup" comes faster than ever: `: func(rng *rand.Rand) *detector.Event {
			op := pick(rng, "read", "write", "list", "stat", "sync")
			return &detector.Event{Message: fmt.Appendf(nil, "store: %s of object %08x took %d ms", op, rng.Uint32(), 2+rng.IntN(30)), Fields: clumpFields(rng, op, "backup")}
		},
	} {
		h := newHost(t, clump)
		for day := range 3 {
			h.until(time.Duration(72+24*day+11)*time.Hour + 20*time.Minute)
			h.told = nil
			if day == 2 { // it is four times as fast again, as all is
				h.come(480, 2*time.Minute, 12)
			} else {
				h.come(120, 2*time.Minute, 0.3)
			}
			told := 0
			for _, reason := range h.told {
				if strings.HasPrefix(reason, what) {
					told++
				}
			}
			switch {
			case day == 0 && (told == 0 || told > 3):
				t.Errorf("%s: %d are told of 120 in two minutes: %q", what, told, h.told)
			case day > 0 && told > 0:
				t.Errorf("%s: day %d: %q", what, day, h.told)
			}
		}
	}
}

// TestAFileThatEndsInARush: in its second reading it is no rush that each of its records comes to.
func TestAFileThatEndsInARush(t *testing.T) {
	h := newHost(t, func(rng *rand.Rand) *detector.Event {
		return &detector.Event{Message: fmt.Appendf(nil, "listener: accepted connection from 10.41.20.%d:%d", rng.IntN(60), 32768+rng.IntN(28000))}
	})
	h.until(83 * time.Hour)
	h.come(120, 2*time.Minute, 0.3)
	var v detector.Verdict
	for i := range 200 {
		e := h.clump()
		e.Time = hostBegins + time.Duration(i)*20*time.Minute
		if h.d.JudgeLearned(e, &v); v.Anomaly && strings.Contains(string(v.Reason), "faster") {
			t.Fatalf("%q", v.Reason)
		}
	}
}
