package model

import "testing"

// TestScopeOf: whose an address is, with what may stand behind it.
func TestScopeOf(t *testing.T) {
	for value, want := range map[string]scope{
		"10.0.0.1": private, "10.60.9.20:38030": private, "172.16.0.1": private, "172.31.255.255/32": private, "192.168.1.23": private,
		"127.0.0.1": private, "169.254.0.7": private, "100.64.0.1": private, "100.127.9.9": private,
		"172.15.0.1": public, "172.32.0.1": public, "192.169.1.1": public, "100.63.9.9": public, "100.128.0.1": public, "8.8.8.8": public,
		"203.0.113.77:443": public, "91.234.55.17": public, "1.2.3.4": public,
		"0.0.0.0": noAddress, "224.0.0.1": noAddress, "255.255.255.255": noAddress, "10.0.0": noAddress, "10.0.0.256": noAddress,
		"10.0.0.1.2": noAddress, "1.2.3.4-rc1": noAddress, "": noAddress, "shop-1.2.3.4": noAddress, "::1": noAddress, "1.2.3.": noAddress,
	} {
		if got := scopeOf([]byte(value)); got != want {
			t.Errorf("%q: %d, want %d", value, got, want)
		}
	}
}

// TestScopesAreCounted: those of most by samples, and each of the others.
func TestScopesAreCounted(t *testing.T) {
	var s scopes
	for i := range 32_000 {
		s.learn(private, i%sampleOne == 0)
		if i%1000 == 7 {
			s.learn(public, false)
		}
	}
	if s != (scopes{32_000, 32}) {
		t.Errorf("%v", s)
	}
}

// TestPointsOfAScope: they are those of the first number that is not 0 among as many, and less with
// each that came before.
func TestPointsOfAScope(t *testing.T) {
	for _, c := range []struct {
		s               scopes
		of              scope
		strange, silent bool
	}{
		{scopes{0, 0}, public, false, true},
		{scopes{2000, 0}, public, false, true},
		{scopes{2100, 0}, public, false, false},
		{scopes{4000, 0}, public, true, false},
		{scopes{0, 4000}, private, true, false},
		{scopes{4000, 1}, public, false, true},
		{scopes{65000, 2}, public, true, false},
		{scopes{65000, 40}, public, false, true},
		{scopes{4000, 4000}, private, false, true},
		{scopes{4000, 0}, private, false, true},
	} {
		if p := c.s.points(c.of); p >= Strange != c.strange || (p == 0) != c.silent {
			t.Errorf("%v of %v: %v points", c.of, c.s, p)
		}
	}
}
