package model

import (
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// clock follows how fast records come, by their own time. In a lull, what is
// said at fixed intervals makes up more of the records: that is no burst.
type clock struct {
	now   time.Duration
	pace  float32 // records in the last minutes, fading with a half-life of 128 s
	usual float32 // pace, fading over clockHorizon records
}

const (
	clockHorizon = 4096
	clockStep    = time.Second
)

var clockFading = newFading(128)

// tick takes in the time of a record; 0 = unknown, and time that runs
// backwards stands still.
func (c *clock) tick(t time.Duration) {
	if t > c.now {
		if c.now == 0 {
			c.now = t
		}
		steps := (t - c.now) / clockStep // whole ones; the rest counts next time
		c.pace *= clockFading.after(uint32(min(steps, 1<<16)))
		c.now += steps * clockStep
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

func (k *clock) carry(c *codec.Codec) {
	codec.I64(c, &k.now)
	c.F32(&k.pace)
	c.F32(&k.usual)
}
