package model

import "github.com/flb-anomaly/flb-anomaly/detector/internal/codec"

// scope says whose an IPv4 address is: where clients of the own networks alone came, one from the
// Internet is news, however many of its like there are.
type scope uint8

const (
	noAddress scope = iota
	private         // of RFC 1918, RFC 6598, of the host itself or of its link
	public
)

// leastAddress is how many characters an address has: 1.2.3.4.
const leastAddress = 7

// leastScope is how many addresses of one scope say that the other's do not come.
const leastScope = 1 << 11

// scopeOf returns that of an address, with the port or the length of the prefix behind it.
func scopeOf(b []byte) scope {
	if len(b) < leastAddress || fold[b[0]] != digit {
		return noAddress
	}
	octets, rest, ok := octetsOf(b)
	if !ok || len(rest) > 0 && rest[0] != ':' && rest[0] != '/' {
		return noAddress
	}
	switch a, b := octets[0], octets[1]; {
	case a == 10, a == 127, a == 172 && b >= 16 && b < 32, a == 192 && b == 168, a == 100 && b >= 64 && b < 128, a == 169 && b == 254:
		return private
	case a == 0, a >= 224: // any, and what is of many
		return noAddress
	}
	return public
}

// network is the name of the network of an address of a scope: of the own ones the first octets, as many
// as a cluster's have in common; the Internet is one.
func (is scope) network(address []byte) []byte {
	if is == public {
		return internet
	}
	dots := 0
	for i, c := range address {
		if c == '.' {
			if dots++; dots == networkOctets {
				return address[:i]
			}
		}
	}
	return address
}

var internet = []byte("public")

// scopes is how many addresses of each scope stood in a place, by samples.
type scopes [2]uint16

// seldom reports whether one in so many at most, as samples are, is of a scope.
func (s *scopes) seldom(of scope) bool { return sampleOne*uint32(s[of-private]) < uint32(s[public-of]) }

// points are those of an address of a scope. What is less than one among leastScope says nothing: a
// load balancer or a monitor of the own network may come to any place.
func (s *scopes) points(of scope) float32 {
	if !s.seldom(of) {
		return 0
	}
	if p := onePoints(float32(s[public-of]), float32(s[of-private])); p >= zeroPoints(leastScope) {
		return p
	}
	return 0
}

// learn takes an address in. Of the scope that most are of samples are, each of which counts for all
// since the one before; of the other each is, as one in so many samples would be too late.
func (s *scopes) learn(of scope, sample bool) {
	times := uint32(1)
	if !s.seldom(of) {
		if times = sampleOne; !sample {
			return
		}
	}
	n := &s[of-private]
	*n = saturate(uint32(*n) + times)
}

// phrase says how many of the others were of the scope.
func (s *scopes) phrase(dst []byte, of scope) []byte {
	name := " is private, as were "
	if of == public {
		name = " is public, as were "
	}
	own, other := uint32(s[of-private]), uint32(s[public-of])
	dst = thousands(append(dst, name...), int(own))
	return append(thousands(append(dst, " of "...), int(own+other)), " others"...)
}

func (s *scopes) merge(o scopes) {
	for i := range s {
		s[i] = saturate(uint32(s[i]) + uint32(o[i]))
	}
}

func (s *scopes) carry(c *codec.Codec) {
	c.U16(&s[0])
	c.U16(&s[1])
}
