package names

import (
	"math"
	"strconv"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestScaleSteps lists, for each scale, where a number begins to say another level. Those
// in between say the same, those before the first and behind a none say nothing.
func TestScaleSteps(t *testing.T) {
	const (
		none     = pattern.LevelNone
		trace    = pattern.LevelTrace
		debug    = pattern.LevelDebug
		info     = pattern.LevelInfo
		notice   = pattern.LevelNotice
		warn     = pattern.LevelWarn
		failed   = pattern.LevelError
		critical = pattern.LevelCritical
		fatal    = pattern.LevelFatal
	)
	type step struct {
		from  int
		level pattern.Level
	}
	syslog := []step{{0, fatal}, {1, critical}, {3, failed}, {4, warn}, {5, notice}, {6, info}, {7, debug}, {8, none}}
	bySize := append(syslog[:7:7], step{8, none}, step{10, trace}, step{20, debug}, step{30, info}, step{40, warn}, step{50, failed}, step{60, fatal}, step{70, none},
		step{100, debug}, step{200, info}, step{250, notice}, step{251, info}, step{300, warn}, step{400, failed}, step{500, critical}, step{550, fatal}, step{551, critical},
		step{600, fatal}, step{601, none}, step{5000, trace}, step{5001, none}, step{10000, debug}, step{20000, info}, step{30000, warn}, step{40000, failed}, step{50000, none})
	for s, steps := range map[Scale][]step{
		Common:        bySize,
		Syslog:        syslog,
		Transport:     syslog,
		Python:        {{10, debug}, {20, info}, {30, warn}, {40, failed}, {50, critical}, {60, none}},
		OpenTelemetry: {{1, trace}, {5, debug}, {9, info}, {13, warn}, {17, failed}, {21, fatal}, {25, none}},
		Google: append(syslog[:7:7], step{8, none}, step{10, trace}, step{20, debug}, step{30, info}, step{40, warn}, step{50, failed}, step{60, fatal}, step{70, none},
			step{100, debug}, step{200, info}, step{300, notice}, step{400, warn}, step{500, failed}, step{600, critical}, step{800, fatal}, step{900, none}),
		Windows: {{0, info}, {1, critical}, {2, failed}, {3, warn}, {4, info}, {5, trace}, {6, none}},
		Letter:  {{0, none}},
	} {
		level := none
		for n := 0; n <= 60_000; n++ {
			for len(steps) > 0 && steps[0].from == n {
				level, steps = steps[0].level, steps[1:]
			}
			if got := s.Level([]byte(strconv.Itoa(n)), true, float64(n)); got != level {
				t.Errorf("scale %d (%s): %d says %v, want %v", s, s, n, got, level)
				break
			}
		}
		for _, n := range []float64{-1, 1.5, math.NaN(), math.Inf(1), 1e300} {
			if got := s.Level(nil, true, n); got != none {
				t.Errorf("scale %d: %v says %v", s, n, got)
			}
		}
	}
	// A priority is a facility, which says nothing, and a severity.
	for n := range 300 {
		want := none
		if n < 192 {
			want = []pattern.Level{fatal, critical, critical, failed, warn, notice, info, debug}[n%8]
		}
		if got := Priority.Level(nil, true, float64(n)); got != want {
			t.Errorf("priority %d says %v, want %v", n, got, want)
		}
	}
	for text, want := range map[string]pattern.Level{
		"E": failed, "W": warn, "I": info, "F": fatal, "D": debug, "D1": debug, "D5": debug,
		"D0": none, "D6": none, "D10": none, "E1": none, "DD": none, "1D": none, "error": none, "": none,
	} {
		if got := Letter.Level([]byte(text), false, 0); got != want {
			t.Errorf("the letter %q says %v, want %v", text, got, want)
		}
	}
	for s := Common; s < Letter; s++ {
		if got := s.Level([]byte("error"), false, 0); got != failed {
			t.Errorf("scale %d: error says %v", s, got)
		}
		for l := none; int(l) < pattern.Levels; l++ {
			if got, want := s.Carried(l), (s == Transport || s == Priority) && (l == notice || l == info); got != want {
				t.Errorf("scale %d: %v is carried: %v", s, l, got)
			}
		}
	}
}
