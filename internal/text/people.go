package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count is a number of things: 1 line, 1,234 lines.
func Count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return Thousands(n) + " " + what
}

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Span writes a duration as people say it.
func Span(d time.Duration) string {
	const day, year = 24 * time.Hour, 365.25 * 24 * time.Hour
	switch {
	case d >= 2*year:
		return fmt.Sprintf("%.1f years", float64(d)/float64(year))
	case d >= 100*day:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= 2*day:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d >= time.Minute:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	default:
		return d.Round(time.Millisecond).String()
	}
}
