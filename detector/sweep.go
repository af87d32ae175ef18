package detector

import (
	"fmt"
	"time"
)

// MaxSweep is the most values that Options.Sweep can have.
const MaxSweep = 32

// sweep decides about the same points by several contaminations at once. What
// is flagged hardly moves a score: it says what comes again on another day or of
// the same identifiers, and which garbled lines teach nothing. But for those, each
// decision is the one that a detector of that contamination would have made.
type sweep struct {
	contaminations []float32
	auto           *threshold // of those that are 0
	tallies        []tally    // of the others
	count          []float32  // of each class of points, those of the tallies side by side
	ranks          []*ranks   // of each contamination; nil = of none
}

func newSweep(contaminations []float64) sweep {
	if len(contaminations) == 0 {
		return sweep{}
	}
	s := sweep{auto: &threshold{points: scale}}
	for _, c := range contaminations {
		s.contaminations = append(s.contaminations, float32(c))
	}
	s.tallies = make([]tally, len(contaminations))
	s.count = make([]float32, pointClasses*len(contaminations))
	return s
}

func (s *sweep) len() int { return len(s.contaminations) }

func (s *sweep) counts(i int) counts { return counts{s.count, len(s.tallies), i} }

// start sets each threshold by the points of the rows learned from, in ascending
// order.
func (s *sweep) start(points []float32) {
	if s.len() == 0 {
		return
	}
	clear(s.count)
	s.auto.start(points)
	for i, c := range s.contaminations {
		if c > 0 {
			s.tallies[i].start(c, points, s.counts(i))
		}
	}
}

// follow lets those of the same contamination as a threshold go on from it.
func (s *sweep) follow(t *threshold) {
	if t.contamination == 0 {
		*s.auto = *t
		return
	}
	for i, c := range s.contaminations {
		if c == t.contamination {
			s.tallies[i] = t.share.tally
			of := s.counts(i)
			for k, n := range t.share.count {
				*of.class(uint16(k)) = n
			}
		}
	}
}

// rankBy lets each contamination that is given flag exactly that share of all.
func (s *sweep) rankBy(all *ranks) {
	s.ranks = make([]*ranks, s.len())
	for i, c := range s.contaminations {
		if c > 0 {
			s.ranks[i] = all.strangest(c)
		}
	}
}

// reaches reports whether any contamination would flag so many points.
func (s *sweep) reaches(points float32) bool {
	k := pointClass(points)
	for i, c := range s.contaminations {
		switch {
		case c == 0:
			if s.auto.reaches(points) {
				return true
			}
		case s.ranks != nil:
			if s.ranks[i].among(points) {
				return true
			}
		case s.tallies[i].reaches(c, k):
			return true
		}
	}
	return false
}

// flag returns a bit for each contamination: would it flag so many points?
func (s *sweep) flag(points, part float32, now time.Duration, storm int, goesOn bool) (bits uint32) {
	n := s.len()
	if n == 0 {
		return 0
	}
	auto, k, of := s.auto.flag(points, part, now, storm, goesOn), pointClass(points), s.counts(0)
	row := s.count[int(k)*n:][:n]
	for i, c := range s.contaminations {
		t := &s.tallies[i]
		of.place = i
		flag := auto
		switch {
		case c == 0:
		case s.ranks != nil:
			flag = s.ranks[i].take(points)
		case k > t.at || k == t.at && t.over <= -1 || t.weight > heaviest/2 || t.room(c) < mostOwed:
			flag = t.flag(c, k, of)
		default:
			// What tally.flag does with a record that is not strange enough, as most are, when
			// nothing else is special: a third of the work, for each of two dozen.
			t.judged = min(t.judged+1, 1<<31)
			t.over -= c
			row[i] += t.weight
			t.total += t.weight
			t.weight *= 1 + c/shareHorizon
			step := int(t.over*(stepsARoom/mostOwed) + mostRooms*stepsARoom)
			due := c * t.total * paidBack[max(0, min(step, len(paidBack)-1))]
			if t.above > due || t.above+s.count[int(t.at)*n+i] <= due {
				t.settle(due, of)
			}
			continue
		}
		if flag {
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
