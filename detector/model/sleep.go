package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// sleep is how long a log as a whole has paused. While nothing at all was written (a
// nightly job's log, a machine that was off, a shipper that stood still), no statement
// was silent: what each did is told by the time in which the log went on.
type sleep struct {
	seconds uint32        // of all pauses; only differences of it mean something
	last    time.Duration // the latest time of a record; 0 = unknown
	gaps    gaps          // of the log
}

// until returns sleep.seconds up to a record of that time: the pause before it counts
// when it is far longer than the log's usual ones, and long enough to end an episode.
func (s *sleep) until(now time.Duration) uint32 {
	pause := now - s.last
	if s.last == 0 || pause < quietTime || s.gaps.beyond(gapOctaves(pause), quietOctaves) <= returned {
		return s.seconds
	}
	return s.seconds + uint32(pause/time.Second)
}

// learn takes in the time of a record, and what until said of it.
func (s *sleep) learn(now time.Duration, seconds uint32) {
	if now == 0 {
		return
	}
	switch {
	case s.last > 0 && now >= s.last:
		s.gaps.learn(gapOctaves(now - s.last))
	case s.last > 0 && now >= s.last-farOff: // out of order, or of a program with a clock of its own
		return
	}
	s.last, s.seconds = now, seconds
}

// pause returns for how long the statement was silent while the log went on, up to a
// record of that time; 0 when that is unknown.
func (p *habit) pause(now time.Duration, asleep uint32) time.Duration {
	if p.time == 0 || now < p.time {
		return 0
	}
	return max(0, now-p.time-time.Duration(asleep-p.slept)*time.Second)
}

func (s *sleep) carry(c *codec.Codec) {
	c.U32(&s.seconds)
	codec.I64(c, &s.last)
	s.gaps.carry(c)
}
