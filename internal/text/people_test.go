package text

import (
	"math"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 lines", 1: "1 line", 2: "2 lines", 1234: "1,234 lines"} {
		if got := Count(n, "line"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 123456: "123,456", 1234567: "1,234,567",
		-1: "-1", -12: "-12", -123: "-123", -1234: "-1,234", -123456: "-123,456",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0:                       "0s",
		400 * time.Microsecond:  "0s",
		1500 * time.Microsecond: "2ms",
		1234 * time.Millisecond: "1.234s",
		time.Minute - 1:         "1m0s",
		time.Minute:             "1m",
		90 * time.Second:        "2m",
		time.Hour + 40*time.Minute + 20*time.Second: "1h40m",
		47 * time.Hour:         "47h0m",
		2*day - time.Second:    "48h0m",
		2 * day:                "2.0 days",
		36*time.Hour + 2*day:   "3.5 days",
		99 * day:               "99.0 days",
		100 * day:              "100 days",
		700 * day:              "700 days",
		730*day + 12*time.Hour: "2.0 years",
		10 * 365 * day:         "10.0 years",
		730*day + 11*time.Hour: "730 days",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
