package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// shipped is the log of some pods as it comes in, each record a second or so behind its own time.
type shipped struct {
	d    *detector.Detector
	rng  *rand.Rand
	now  time.Time
	off  map[int]time.Duration // by which a pod's clock is off
	told []string              // reasons that speak of the time
}

func newShipped(t *testing.T, records int) *shipped {
	s := &shipped{d: newDetector(t, nil), rng: rand.New(rand.NewPCG(22, 4)), now: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC), off: map[int]time.Duration{}}
	s.goOn(records, 10*time.Second)
	return s
}

func (s *shipped) see(pod int, late time.Duration) {
	var v detector.Verdict
	at := s.now.Add(s.off[pod] - late - time.Duration(s.rng.IntN(2000))*time.Millisecond)
	s.d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, "INFO pod-%d: request %d served in %d ms", pod, s.rng.IntN(1e6), 3+s.rng.IntN(40))}, &v)
	if v.Anomaly && strings.HasPrefix(string(v.Reason), "its time is ") {
		s.told = append(s.told, string(v.Reason))
	}
}

func (s *shipped) goOn(records int, pause time.Duration) {
	for range records {
		s.now = s.now.Add(time.Duration(s.rng.ExpFloat64() * float64(pause)))
		s.see(s.rng.IntN(5), 0)
	}
}

func (s *shipped) wants(t *testing.T, what string, least, most int, reason string) {
	t.Helper()
	if n := len(s.told); n < least || n > most || n > 0 && !strings.HasPrefix(s.told[0], reason) {
		t.Errorf("%s: %d are told, %d to %d wanted as %q: %q", what, n, least, most, reason, s.told)
	}
	s.told = nil
}

// TestAClockThatIsOff: a pod whose clock runs behind or ahead is told, once, though its records are
// among those of others, and again when it is more than twice as far off; so are records that were
// held back. A pause of all, a night, and a log that is always out of order are no news.
func TestAClockThatIsOff(t *testing.T) {
	s := newShipped(t, 12_000) // a day and a half
	s.wants(t, "in order", 0, 0, "")

	s.now = s.now.Add(40 * time.Minute)
	s.goOn(500, 10*time.Second)
	s.wants(t, "a pause", 0, 0, "")

	s.off[3] = -21 * time.Minute
	s.goOn(400, 10*time.Second)
	s.wants(t, "behind", 1, 2, "its time is 21 min behind that of the records around it, so far less than 1 min")
	s.off[3] = 0
	s.goOn(400, 10*time.Second)
	s.wants(t, "in order again", 0, 0, "")
	s.off[3] = -23 * time.Minute
	s.goOn(400, 10*time.Second)
	s.wants(t, "behind again", 0, 0, "")

	s.off[3] = 50 * time.Minute
	s.goOn(400, 10*time.Second)
	s.wants(t, "ahead", 1, 2, "its time is 51 min ahead of that of the records around it, so far at most 2")
	s.off[3] = 0
	s.goOn(400, 10*time.Second)
	s.wants(t, "in order once more", 0, 0, "")

	for range 30 {
		s.see(1, 2*time.Hour)
	}
	s.goOn(400, 10*time.Second)
	s.wants(t, "held back", 1, 1, "its time is 2 h behind that of the records around it, so far at most ")
}

// TestALogThatIsOutOfOrder: of one whose files come in blocks, each some minutes behind the other,
// that is usual.
func TestALogThatIsOutOfOrder(t *testing.T) {
	s := newShipped(t, 10)
	for range 1200 {
		for range 5 {
			s.now = s.now.Add(10 * time.Second)
			s.see(0, 0)
		}
		for i := range 20 {
			s.see(1, time.Duration(240-10*i)*time.Second)
		}
	}
	s.wants(t, "blocks", 0, 0, "")
}

// TestAnotherFileGoesOnAtAnotherTime: a model of an old log, or one that is judged by it, is of
// another time.
func TestAnotherFileGoesOnAtAnotherTime(t *testing.T) {
	s := newShipped(t, 12_000)
	d := newDetector(t, nil)
	if _, err := d.Restore(strings.NewReader(string(snapshot(t, s.d)))); err != nil {
		t.Fatal(err)
	}
	s.d, s.now = d, s.now.Add(-20*time.Hour)
	s.goOn(200, 10*time.Second)
	s.wants(t, "an older file", 0, 0, "")
	s.off[2] = -15 * time.Minute
	s.goOn(200, 10*time.Second)
	s.wants(t, "behind in it", 1, 2, "its time is 14 min behind")
}
