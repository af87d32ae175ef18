package model

import (
	"math"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// clock follows how fast records come, by their own time. In a lull, what is
// said at fixed intervals makes up more of the records: that is no burst.
type clock struct {
	now    time.Duration
	pace   float32 // records in the last minutes, fading with a half-life of 128 s
	usual  float32 // pace, fading over clockHorizon records
	flow   flow    // of all records
	doubts uint8   // records in a row whose time was far off
	alone  uint8   // records in a row that had no time, up to timeless

	paused time.Duration // for how long the log itself said nothing, in all: see pause
	gaps   gaps          // between records that do not come at once
}

const (
	clockHorizon = 4096
	clockStep    = time.Second
	paceSeconds  = 128 // half-life of pace
)

var clockFading = newFading(paceSeconds)

const (
	// farOff is how far a record's time may be from the clock to be believed at
	// once, and believed how many records in a row must be far off until it is they
	// who are right.
	farOff   = 24 * time.Hour
	believed = 3

	// timeless is behind how many records without a time (a dump, a long trace) the time
	// is unknown: the clock has stopped.
	timeless = 200
)

// guard returns the time that a record counts as: its own, or what the clock says
// for one that has none or is far off; 0 = unknown. One record from 2099 moves nothing.
func (c *clock) guard(t time.Duration) time.Duration {
	if t == 0 && c.stopped() {
		return 0
	}
	if t == 0 || c.now > 0 && c.off(t) && c.doubts+1 < believed {
		return c.now
	}
	return t
}

// stopped reports whether records have no time, or none lately.
func (c *clock) stopped() bool { return c.now == 0 || c.alone >= timeless }

func (c *clock) off(t time.Duration) bool { return t > c.now+farOff || t < c.now-farOff }

// pause returns how much of the time since the last record the log itself said nothing: a
// host that was off, a night without a build. While all is silent, no statement is.
func (c *clock) pause(t time.Duration) time.Duration {
	if t-c.now <= quietTime || c.now == 0 {
		return 0
	}
	return c.longPause(t)
}

// longPause is pause where it is not plain that there was none.
func (c *clock) longPause(t time.Duration) time.Duration {
	usual := time.Duration(math.Exp2(float64(c.gaps.mean+2*sqrt(c.gaps.variance)))) * time.Millisecond
	return max(0, t-c.now-max(quietTime, usual))
}

// tick takes in the time of a record; 0 = unknown, and time that runs
// backwards stands still.
func (c *clock) tick(t time.Duration) {
	if t > 0 && c.now > 0 && c.off(t) {
		if c.doubts++; c.doubts < believed {
			t = 0
		} else if t < c.now {
			c.paused -= c.now - t // what lay between never was
			c.now = t
		}
	}
	if t > 0 {
		c.doubts, c.alone = 0, 0
	} else if c.alone < timeless {
		c.alone++
	}
	if t > c.now {
		if c.now == 0 {
			c.now = t
		}
		steps := (t - c.now) / clockStep // whole ones; the rest counts next time
		c.paused += c.pause(t)
		if steps > 0 {
			c.gaps.learn(gapOctaves(t - c.now))
		}
		c.pace *= clockFading.after(uint32(min(steps, 1<<16)))
		c.now += steps * clockStep
	}
	if t > 0 {
		c.flow.learn(secondOf(t))
	}
	c.pace++
	c.usual += (c.pace - c.usual) / clockHorizon
}

// lull returns how many times slower than usual records come now, at least 1.
func (c *clock) lull() float32 {
	if c.pace >= c.usual {
		return 1
	}
	return c.usual / c.pace
}

// perSecond is how many records usually come in a second.
func (c *clock) perSecond() float32 { return c.usual * math.Ln2 / paceSeconds }

func (k *clock) carry(c *codec.Codec) {
	codec.I64(c, &k.now)
	c.F32(&k.pace)
	c.F32(&k.usual)
	k.flow.carry(c)
	c.U8(&k.doubts)
	c.U8(&k.alone)
	codec.I64(c, &k.paused)
	k.gaps.carry(c)
}
