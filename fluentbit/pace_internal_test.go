package fluentbit

import (
	"testing"
	"time"
)

// calls makes calls of the given length with pauses between them for 100 ms, and
// returns how often the scheduler had its turn and how long it waited for one at most.
func calls(length, pause time.Duration) (turns int, longest time.Duration) {
	var p pace
	start := time.Now()
	turn := start
	for now := start; now.Sub(start) < 100*time.Millisecond; now = now.Add(length + pause) {
		if p.due(now) {
			turns++
			longest = max(longest, now.Sub(turn))
			turn = now
		}
		p.ended = now.Add(length)
	}
	return turns, longest
}

func TestSchedulerHasItsTurn(t *testing.T) {
	for _, c := range []struct {
		length, pause time.Duration
		turns         int
	}{
		{50 * time.Microsecond, 50 * time.Microsecond, 19}, // many small calls: one turn in 5 ms
		{time.Millisecond, 100 * time.Microsecond, 18},
		{3 * time.Millisecond, 2 * time.Millisecond, 19},
		{4 * time.Millisecond, time.Millisecond, 19},
		{20 * time.Millisecond, time.Millisecond, 4},      // long calls: one turn in each
		{time.Millisecond, 5 * time.Millisecond, 0},       // pauses: none
		{50 * time.Microsecond, 20 * time.Millisecond, 0}, // a quiet host: none
	} {
		turns, longest := calls(c.length, c.pause)
		if turns != c.turns {
			t.Errorf("calls of %v every %v: %d turns in 100 ms, want %d", c.length, c.length+c.pause, turns, c.turns)
		}
		if most := yieldAfter + c.length + c.pause; turns > 0 && longest > most {
			t.Errorf("calls of %v every %v: %v without a turn, want %v at most", c.length, c.length+c.pause, longest, most)
		}
	}
}
