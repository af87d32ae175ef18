package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAnAddressOfTheOthers: a public address where all were private, and a private one where all were
// public, are told some times, be they in a field (by its network) or in a message; where both come, they are no news.
func TestAnAddressOfTheOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 7))
	office := func() string { return fmt.Sprintf("10.8.%d.%d", rng.IntN(40), 1+rng.IntN(250)) }
	world := func() string {
		return fmt.Sprintf("%d.%d.%d.%d", 11+rng.IntN(80), rng.IntN(250), rng.IntN(250), 1+rng.IntN(250))
	}
	for name, form := range map[string]func(from string) string{
		"field": func(from string) string {
			return fmt.Sprintf(`{"level":"info","msg":"query served","remote":"%s","ms":%d}`, from, 3+rng.IntN(40))
		},
		"fields alone": func(from string) string {
			return fmt.Sprintf(`{"action":"query","remote":"%s:%d","ms":%d}`, from, 30000+rng.IntN(30000), 3+rng.IntN(40))
		},
		"message": func(from string) string { return fmt.Sprintf("INFO query of %s served in %d ms", from, 3+rng.IntN(40)) },
	} {
		for _, c := range []struct {
			what       string
			usual, odd func() string
			says       string
		}{
			{"a public one", office, world, " is public, as were 0 of "},
			{"a private one", world, office, " is private, as were 0 of "},
		} {
			t.Run(c.what+" in a "+name, func(t *testing.T) {
				says := c.says
				if name != "message" {
					says = "remote (network) "
				}
				w := watch(t, func() string { return form(c.usual()) }, 6000)
				w.flags(form(c.odd()), says)
				w.passes(form(c.usual()))
				told := 0
				for range 60 {
					w.goOn(20)
					if w.see(form(c.odd())).Anomaly {
						told++
					}
				}
				if told > 6 {
					t.Errorf("of 60 more %d are told: they are usual", told)
				}
			})
		}
		t.Run("both in a "+name, func(t *testing.T) {
			w := watch(t, func() string {
				if rng.IntN(50) == 0 {
					return form(world())
				}
				return form(office())
			}, 6000)
			w.passes(form(world()))
			w.passes(form(office()))
		})
	}
}
