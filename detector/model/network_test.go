package model

import "testing"

// TestNetwork: addresses of a large private block are of a network, with their port.
func TestNetwork(t *testing.T) {
	of := func(v string) (uint64, bool) { return network([]byte(v)) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"10.42.7.3", "10.42.255.0", true}, {"10.42.7.3:8080", "10.42.9.1:8080", true}, {"172.20.215.211", "172.20.0.1", true}, {"100.64.0.1", "100.64.3.9", true},
		{"10.42.7.3", "10.43.7.3", false}, {"10.42.7.3:8080", "10.42.7.4:9090", false}, {"10.42.7.3", "10.42.7.3:8080", false},
	} {
		a, isA := of(c.a)
		b, isB := of(c.b)
		if !isA || !isB || (a == b) != c.same {
			t.Errorf("%q (%v) and %q (%v) are of one network: %v", c.a, isA, c.b, isB, a == b)
		}
	}
	for _, v := range []string{
		"", "10", "10.42", "10.42.7", "10.42.7.", "10.42.7.3.", "10.42.7.256", "10.42.7.3000", "10.42.7.3/24", "10.42.7.3:80a", "a10.42.7.3", "10..7.3", "10.42.7.3 ",
		"192.168.0.7", "203.0.113.9", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1", "fd00::1",
	} {
		if _, ok := of(v); ok {
			t.Errorf("%q is taken for an address that a cluster hands out", v)
		}
	}
}

// TestBuild: texts that differ by their letters and digits are built alike.
func TestBuild(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"CN=jdoe,OU=Users", "CN=mhaas7,OU=Sales", true}, {"a", "4", true}, {"", "", true}, {"x y", "word 12", true},
		{"a", "", false}, {"a-b", "a_b", false}, {"a b", "a  b", false}, {"/a/b", "/a/../b", false}, {"ab", "é", false},
	} {
		if got := build([]byte(c.a)) == build([]byte(c.b)); got != c.same {
			t.Errorf("%q and %q are built alike: %v", c.a, c.b, got)
		}
	}
}
