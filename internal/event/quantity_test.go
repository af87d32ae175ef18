package event

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
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
		{"PT0.25S", 0.25, pattern.UnitSecond},
		{"P1DT2H3M4S", 93784, pattern.UnitSecond},
		{"PT90M", 5400, pattern.UnitSecond},
		{"P1D", 86400, pattern.UnitSecond},
		{"00:01:02.5000000", 62.5, pattern.UnitSecond},
		{"1.02:03:04.5", 93784.5, pattern.UnitSecond},
		{"-0:00:12.25", -12.25, pattern.UnitSecond},
		{"1,234ms", 1.234, pattern.UnitSecond},
		{"2,048 KB", 2 << 20, pattern.UnitByte},
		{"7,340,032", 7340032, pattern.UnitNone},
		{"-1,250.5", -1250.5, pattern.UnitNone},
		{"$3,417.25", 3417.25, pattern.UnitNone},
		{"€12,5", 12.5, pattern.UnitNone},
		{"£80", 80, pattern.UnitNone},
		{"SEK 4,100", 4100, pattern.UnitNone},
		{"3.417,25 €", 3417.25, pattern.UnitNone},
		{"1.003.417,5 kr", 1003417.5, pattern.UnitNone},
		{"36.5 °F", 36.5, pattern.UnitNone},
		{"12°C", 12, pattern.UnitNone},
		{"48.5V", 48.5, pattern.UnitNone},
		{"-71dBm", -71, pattern.UnitNone},
		{"9 km/h", 9, pattern.UnitNone},
		{"5 parsecs", 5, pattern.UnitNone},
	} {
		if value, base, ok := quantity([]byte(c.text)); !ok || value != c.value || base != c.base {
			t.Errorf("%q is %v of unit %v, %v; want %v of %v", c.text, value, base, ok, c.value, c.base)
		}
	}
	for _, text := range []string{
		"", "s", "ms", "5", "-", "1.5", "5 ", "5  ms", "05ms", "1..5s", "1h2MB", "1MB2MB", "80%%", "10.0.0.1s",
		"P", "PT", "PT5", "P5S", "P1Y", "PT1S2H", "PASS", "P1.2.3D", "PT.5S", "08:00:01", "08:00:01,123", "08:00.5", "123:00:01.5", "1:2:3.5",
		"2026-03-02T08:00:01.123", "1.2.02:03:04.5", "08:00:01.1.2",
		"12,34,56", "1,2", "443,8443", "0,123", "1.234.567", "10.0.0.1", "1,234.", ",5", "$", "$x", "1,23,4567", "7a", "3rd", "12V", "48x", "2.0-beta",
		"1.5rc1", "5 kilometres", "ABC", "ABC DEF", "€", "12,5", "1,234,56", "9.1,2,3", "1,2345",
		"1m2m3m4m5m", "4d5e6f", "1-2s", "5ms!", "1s-", "9999999999999999s", "1e3s",
	} {
		if value, base, ok := quantity([]byte(text)); ok {
			t.Errorf("%q is taken for %v of unit %v", text, value, base)
		}
	}
}

// TestNumberBeyondTime: a number that no clock shows is a field, whatever its name.
func TestNumberBeyondTime(t *testing.T) {
	r := reader(t, options.Settings{})
	for text, want := range map[string]int{`{"msg":"x","t":1e40}`: 1, `{"msg":"x","t":21.5}`: 1, `{"msg":"x","t":1767225600}`: 0, `{"msg":"x","t":1767225600000000000}`: 0} {
		var ev detector.Event
		r.Line([]byte(text), &ev)
		if len(ev.Fields) != want {
			t.Errorf("%s: %d fields beside the message, want %d", text, len(ev.Fields), want)
		}
	}
}
