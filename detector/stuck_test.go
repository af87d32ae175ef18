package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestANumberThatIsStuck: of one host among four, whose reading is the same again and again where
// those of all always vary, within a dozen of them, and once or twice; a number that comes again as
// a rule is none, be it one of few or the only one that does, and neither is a 0.
func TestANumberThatIsStuck(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 5))
	forms := map[string]func(host int, value string) string{
		"field": func(host int, value string) string {
			return fmt.Sprintf(`{"level":"info","msg":"load report","host":"n-%d","cpu":%s,"bundles":60}`, host, value)
		},
		"message": func(host int, value string) string {
			return fmt.Sprintf("INFO n-%d: load report cpu=%s of 60 bundles", host, value)
		},
	}
	for kind, c := range map[string]struct {
		value func() string
		stuck string
		told  bool
	}{
		"reading":    {func() string { return fmt.Sprintf("%.2f", 20+15*rng.Float64()) }, "27.61", true},
		"position":   {func() string { return fmt.Sprint(1000 + rng.IntN(90_000)) }, "40114", true},
		"one of few": {func() string { return fmt.Sprint(1 + rng.IntN(20)) }, "7", false},
		"one that does": {func() string {
			if rng.IntN(20) == 0 {
				return "27.61"
			}
			return fmt.Sprintf("%.2f", 20+15*rng.Float64())
		}, "27.61", false},
		"nothing": {func() string { return fmt.Sprintf("%.2f", max(0, 15*rng.Float64()-1)) }, "0.00", false},
	} {
		for name, form := range forms {
			t.Run(kind+" in a "+name, func(t *testing.T) {
				w := watch(t, func() string { return form(rng.IntN(4), c.value()) }, 4000)
				told, first := 0, 0
				for i := range 60 {
					for range 3 {
						w.goOn(1)
					}
					v := w.see(form(3, c.stuck))
					if !v.Anomaly || !strings.Contains(string(v.Reason), " again and again: ") {
						continue
					}
					if told++; told == 1 {
						first = i + 1
					}
					if !strings.Contains(string(v.Reason), c.stuck+" again and again: ") && name == "field" {
						t.Errorf("the reason is %q", v.Reason)
					}
				}
				switch {
				case c.told && (told == 0 || told > 4 || first > 16):
					t.Errorf("%d are told, the first is number %d", told, first)
				case !c.told && told > 0:
					t.Errorf("%d are told, the first is number %d", told, first)
				}
			})
		}
	}
}
