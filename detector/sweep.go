package detector

import (
	"fmt"
	"time"
)

// MaxSweep is the most values that Options.Sweep can have.
const MaxSweep = 32

// sweep decides about the same points by several contaminations at once. What
// is flagged never moves a score, so each decision is the one that a detector
// of that contamination would have made.
type sweep []threshold

func newSweep(contaminations []float64) sweep {
	s := make(sweep, len(contaminations))
	for i, c := range contaminations {
		s[i].contamination = float32(c)
		s[i].points = scale
	}
	return s
}

// start sets each threshold by the points of the rows learned from, in ascending
// order.
func (s sweep) start(points []float32) {
	for i := range s {
		s[i].start(points)
	}
}

// follow lets those of the same contamination as a threshold go on from it.
func (s sweep) follow(t *threshold) {
	for i := range s {
		if s[i].contamination == t.contamination {
			s[i] = *t
		}
	}
}

// reaches reports whether any contamination would flag so many points.
func (s sweep) reaches(points float32) bool {
	for i := range s {
		if s[i].reaches(points) {
			return true
		}
	}
	return false
}

// flag returns a bit for each contamination: would it flag so many points?
func (s sweep) flag(points, part float32, now time.Duration, storm int, goesOn bool) (bits uint32) {
	for i := range s {
		if s[i].flag(points, part, now, storm, goesOn) {
			bits |= 1 << i
		}
	}
	return bits
}

func checkSweep(contaminations []float64) error {
	if len(contaminations) > MaxSweep {
		return fmt.Errorf("detector: Sweep has %d values: at most %d are right", len(contaminations), MaxSweep)
	}
	for _, c := range contaminations {
		if !(c >= 0 && c < 0.5) {
			return fmt.Errorf("detector: Sweep has the value %v: 0 (auto) or a share below 0.5 is right", c)
		}
	}
	return nil
}
