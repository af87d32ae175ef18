package timestamp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestAsGoWritesThem writes times as package time does, in each form that is read: every
// hour of a day, every day of a leap year and of the one behind it, and any second.
func TestAsGoWritesThem(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -8*3600), time.FixedZone("", 14*3600), time.FixedZone("", -9*3600-1800)}
	var times []time.Time
	for hour := range 24 {
		times = append(times, time.Date(2026, 11, 26, hour, 0, 25, 0, time.UTC))
	}
	for day := range 366 + 365 {
		times = append(times, time.Date(2024, 1, 1+day, 23, 59, 59, 0, time.UTC))
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		times = append(times, time.Unix(946_684_800+rng.Int64N(2_000_000_000), rng.Int64N(1e9)).UTC())
	}
	for _, form := range []struct {
		layout string
		zoned  bool
		to     time.Duration
	}{
		{"2006-01-02T15:04:05.999999999Z07:00", true, 1}, {"2006-01-02 15:04:05.000Z07:00", true, time.Millisecond}, {"2006-01-02T15:04:05.000000-0700", true, time.Microsecond},
		{"2006-01-02 15:04:05,000", false, time.Millisecond}, {"2006/01/02 15:04:05", false, time.Second}, {"2006-01-02 15:04:05", false, time.Second},
		{"02/Jan/2006:15:04:05 -0700", true, time.Second}, {"Mon, 02 Jan 2006 15:04:05 -0700", true, time.Second}, {"Mon, 02 Jan 2006 15:04:05 GMT", false, time.Second},
		{"Mon Jan _2 15:04:05 2006", false, time.Second}, {"Mon Jan 02 15:04:05.000000 2006", false, time.Microsecond}, {"Jan 2, 2006 3:04:05 PM", false, time.Second},
		{"Jan 2, 2006, 3:04:05\u202fPM", false, time.Second}, {"01/02/2006 3:04:05 PM", false, time.Second}, {"01/02/2006 03:04:05.000 PM", false, time.Millisecond},
		{"02-Jan-2006 15:04:05.000", false, time.Millisecond}, {"02.01.2006 15:04:05", false, time.Second}, {"Monday, 02-Jan-06 15:04:05 GMT", false, time.Second},
	} {
		wrong := 0
		for i, at := range times {
			if form.zoned {
				at = at.In(zones[i%len(zones)])
			}
			text := at.Format(form.layout)
			p := Parser{Reference: reference}
			got, ok := p.Parse([]byte(text + " order stored"))
			if want := at.Truncate(form.to); !ok || got != at.Truncate(form.to).Sub(time.Unix(0, 0)) {
				if wrong++; wrong <= 3 {
					t.Errorf("%q: %s, %v; want %s", text, show(got), ok, want.UTC())
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%q: %d of %d wrong", form.layout, wrong, len(times))
		}
	}
}
