package model

// A cluster hands out addresses: each new pod has one that was never seen, of the network that the
// others are of. One more of those is no news; an address of another network is.

const (
	// networkOctets is how many octets of a private address are its network's: a cluster's
	// pods are in one of 65,536 addresses, as a rule.
	networkOctets = 2

	// networkKnown is how many addresses of a network must have stood in a field: of two
	// clients of a database, a third is news.
	networkKnown = firmValue
)

// network returns a hash of the network of an IPv4 address of a large private block (RFC 1918, RFC
// 6598) and of the port behind it, and whether the value is one: 10.42.7.3, 10.42.7.3:8080. One of
// 192.168 is none: by those the machines of homes and offices are known, where one more is news.
func network(value []byte) (shape uint64, ok bool) {
	octets, rest, ok := octetsOf(value)
	if !ok {
		return 0, false
	}
	switch a, b := octets[0], octets[1]; {
	case a == 10, a == 172 && b >= 16 && b < 32, a == 100 && b >= 64 && b < 128:
	default:
		return 0, false
	}
	shape = nameSeed
	for _, n := range octets[:networkOctets] {
		shape = mix64(shape, n)
	}
	if len(rest) == 0 {
		return shape, true
	}
	if rest[0] != ':' {
		return 0, false
	}
	for _, c := range rest[1:] {
		if fold[c] != digit {
			return 0, false
		}
	}
	return hashBytes(shape, rest), true
}

// octetsOf returns those of the IPv4 address that a value begins with, and what stands behind it.
func octetsOf(value []byte) (octets [4]uint64, rest []byte, ok bool) {
	rest = value
	for i := range octets {
		n := 0
		for n < len(rest) && n < 3 && fold[rest[n]] == digit {
			octets[i] = 10*octets[i] + uint64(rest[n]-'0')
			n++
		}
		if rest = rest[n:]; n == 0 || octets[i] > 255 {
			return octets, nil, false
		}
		if i < len(octets)-1 {
			if len(rest) == 0 || rest[0] != '.' {
				return octets, nil, false
			}
			rest = rest[1:]
		}
	}
	return octets, rest, true
}
