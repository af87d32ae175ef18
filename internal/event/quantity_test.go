package event

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		text  string
		value float64
		base  pattern.Unit
	}{
		{"45ms", 0.045, pattern.UnitSecond},
		{"-3.5s", -3.5, pattern.UnitSecond},
		{"1h2m3.5s", 3723.5, pattern.UnitSecond},
		{"250 us", 0.00025, pattern.UnitSecond},
		{"12µs", 0.000012, pattern.UnitSecond},
		{"2d", 172800, pattern.UnitSecond},
		{"1.5GiB", 1.5 * (1 << 30), pattern.UnitByte},
		{"64 KB", 64 << 10, pattern.UnitByte},
		{"80%", 80, pattern.UnitPercent},
	} {
		if value, base, ok := quantity([]byte(c.text)); !ok || value != c.value || base != c.base {
			t.Errorf("%q is %v of unit %v, %v; want %v of %v", c.text, value, base, ok, c.value, c.base)
		}
	}
	for _, text := range []string{
		"", "s", "ms", "5", "-", "1.5", "5 ", "5  ms", "5 parsecs", "05ms", "1..5s", "1h2MB", "1MB2MB", "80%%", "10.0.0.1s",
		"1m2m3m4m5m", "4d5e6f", "1-2s", "5ms!", "1s-", "9999999999999999s", "1e3s",
	} {
		if value, base, ok := quantity([]byte(text)); ok {
			t.Errorf("%q is taken for %v of unit %v", text, value, base)
		}
	}
}
