package fluentbit

import (
	"runtime"
	"time"
)

// yieldAfter is how long calls follow each other before Go's scheduler has a turn.
//
// A thread that comes from C keeps one of Go's processors from call to call. Once it
// has done so for 10 ms past the scheduler, the runtime's monitor (sysmon) takes the
// processor away while the thread is in C, and then looks around every 20 us for some
// milliseconds: under load all the time, for 3 to 4 % of what the filter of this
// project costs. A turn in time spares that, and half of the 10 ms is in time for
// calls of some milliseconds each.
const yieldAfter = 5 * time.Millisecond

// pace is how long the calls of an instance have followed each other closely.
type pace struct {
	since time.Time // when the first of them began, or the scheduler had its turn
	ended time.Time // when the last call did
}

// due reports whether the scheduler shall have its turn in a call that begins now.
// After a pause it need not: its monitor has the processor already.
func (p *pace) due(now time.Time) bool {
	if now.Sub(p.ended) >= yieldAfter {
		p.since = now
	}
	if now.Sub(p.since) < yieldAfter {
		return false
	}
	p.since = now
	return true
}

// begin gives the scheduler its turn in a call that begins, when it is due.
func (p *pace) begin() {
	if p.due(time.Now()) {
		runtime.Gosched()
	}
}

// end notes that a call ends.
func (p *pace) end() { p.ended = time.Now() }
