package model

import (
	"fmt"
	"math"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// TestIsIdentifier: what is of one thing, and what is a name, a time or a number that comes again.
func TestIsIdentifier(t *testing.T) {
	for value, want := range map[string]bool{
		"5f70b5f7ee124e3de7e8a83efacb3bfa": true, "bc0b7e1d-0e20-41a0-a1a0-bded651ab1ca": true, "evt_1lK2ulWIwa8c2LL9q5nnBjb9": true,
		"O3097661542": true, "T20250305-CDJ4PPVLJR": true, "20250305-7H": false, "700000001": true, "99999999": false,
		"checkout-7c9d8b5f6d-x2x7k": true, "anna.schmidt15@acme.example": true, // names: they come again, and are found out by that
		"user-44414": false, "10.12.8.138:46476": false, "node-7": false, "kube-apiserver": false, "": false,
		"1730976615553": false, "1730976615": false, "0000000000000000": false, "0000000000000001": false, "4391161827": true,
		"/v2/orders/36900164": false, "v1.27.3": false,
	} {
		if got := isIdentifier([]byte(value)); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
	for x, want := range map[float64]bool{
		1e8: true, 99_999_999: false, 123_456_789.5: false, 3e9: true, 1_716_284_599: false, 1_716_284_599_000: false,
		1_716_284_599_000_000: false, 1_716_284_599e9: false, 4_391_161_827: true, 0: false, -4e9: false, math.Inf(1): false, math.NaN(): false,
	} {
		if got := isNumberOf(x); got != want {
			t.Errorf("%v: %v", x, got)
		}
	}
}

// TestPointsOfOneThatComesAgain: from a thousand that came once on they are those of the first
// number that is not 0 among as many, and less with each that came again.
func TestPointsOfOneThatComesAgain(t *testing.T) {
	for _, c := range []struct {
		of              onces
		strange, silent bool
	}{
		{onces{n: 1000}, false, true},
		{onces{n: 1500}, false, false},
		{onces{n: 4000}, true, false},
		{onces{n: 4000, again: 1}, false, false},
		{onces{math.MaxUint16, 2}, true, false},
		{onces{math.MaxUint16, 3}, false, false},
		{onces{math.MaxUint16, surelyAgain - 1}, false, true},
		{onces{math.MaxUint16, math.MaxUint8}, false, true},
	} {
		p := c.of.points()
		if p >= Strange != c.strange || (p == 0) != c.silent {
			t.Errorf("%+v: %v points", c.of, p)
		}
	}
}

// TestNoIdentifierComesAgainByChance: of two million that are all others, none is taken for one that
// came lately.
func TestNoIdentifierComesAgainByChance(t *testing.T) {
	var ids identifiers
	var o Observation
	for i := range uint64(2_000_000) {
		o.identified.cut(0)
		if o.identified.add(&ids, 0x5555, mix64(7, i), 0, true, noAddress); o.identified.came != 0 {
			t.Fatalf("number %d is taken for another", i)
		}
		ids.learn(&o, false)
	}
}

// TestIdentifiersOfTwoLogs: how many came again is added, those that came lately are of the later
// log, and both are as they were after a restart.
func TestIdentifiersOfTwoLogs(t *testing.T) {
	of := func(n uint16, again uint8, lately uint32) (ids identifiers) {
		ids.make()
		ids.places[7], ids.lately[9] = onces{n, again}, lately
		return ids
	}
	for _, c := range []struct {
		one, other identifiers
		later      bool
		want       identifiers
	}{
		{of(100, 2, 5), of(50, 3, 6), true, of(150, 5, 6)},
		{of(100, 2, 5), of(50, 3, 6), false, of(150, 5, 5)},
		{of(65000, 200, 5), of(1000, 100, 6), false, of(math.MaxUint16, math.MaxUint8, 5)},
		{of(100, 2, 5), identifiers{}, true, of(100, 2, 5)},
		{identifiers{}, of(50, 3, 6), false, of(50, 3, 6)},
		{identifiers{}, identifiers{}, true, identifiers{}},
	} {
		c.one.merge(&c.other, c.later)
		if got, want := fmt.Sprint(c.one), fmt.Sprint(c.want); got != want {
			t.Errorf("%.80s, want %.80s", got, want)
		}
		var to, from codec.Codec
		c.one.carry(&to)
		from.B, from.Reading = to.B, true
		var read identifiers
		if read.carry(&from); from.Err != nil || fmt.Sprint(read) != fmt.Sprint(c.want) {
			t.Errorf("%v: %.80s is read", from.Err, fmt.Sprint(read))
		}
	}
}
