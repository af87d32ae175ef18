package model

import "testing"

func TestVersionOf(t *testing.T) {
	v := func(numbers ...uint64) (v uint64) {
		for _, n := range numbers {
			v = v<<16 | n
		}
		return v
	}
	for text, want := range map[string]struct {
		before  string
		version uint64
	}{
		"2.31.5": {"", v(2, 31, 5, 0)}, "v2.31.5": {"v", v(2, 31, 5, 0)}, "1.22.4-rc1": {"", v(1, 22, 4, 0)}, "r2025.05.07-2": {"r", v(2025, 5, 7, 2)},
		"kubelet/v1.19.3 (linux/amd64) kubernetes/1e11e4a": {"kubelet/v", v(1, 19, 3, 0)}, "log4j2-2.17.1.jar": {"log4j2-", v(2, 17, 1, 0)},
		"1.2.3-45678": {"", v(1, 2, 3, 0)}, "1.2.3-": {"", v(1, 2, 3, 0)}, "1.2.3.": {"", v(1, 2, 3, 0)}, "12345-1.2.3": {"12345-", v(1, 2, 3, 0)},
		"2.31": {}, "10.0.0.7": {}, "": {}, "v": {}, "1..2.3": {}, "12345.1.2": {}, "1.2.34567": {}, "a1b2c3": {}, "2024-05-01": {},
	} {
		before, version, ok := versionOf([]byte(text))
		if ok != (want.version > 0) || ok && (string(before) != want.before || version != want.version) {
			t.Errorf("%q: %q, %#x, %v, want %q, %#x", text, before, version, ok, want.before, want.version)
		}
	}
}

func TestOlderVersions(t *testing.T) {
	for _, c := range []struct {
		usual []string
		value string
		older bool
	}{
		{[]string{"4.12.0", "4.12.1"}, "4.11.3", true},
		{[]string{"4.12.0", "4.12.1"}, "4.12.2", false},
		{[]string{"4.12.0", "4.12.2"}, "4.12.1", false},
		{[]string{"4.12.10"}, "4.12.9", true},
		{[]string{"4.12.0"}, "3.9.9", true},
		{[]string{"r2025.05.07-2", "r2025.05.07-1"}, "r2024.12.11-4", true},
		{[]string{"r2025.05.07-2"}, "r2025.05.07-1", true},
		// Several programs: an older one of this program there must be.
		{[]string{"5.7.1", "2.41.0", "2.41.1"}, "0.9.14", false},
		{[]string{"5.7.1", "2.41.0", "2.41.1"}, "2.40.9", true},
		{[]string{"okhttp/4.11.0", "curl/8.4.0"}, "okhttp/4.10.0", true},
		{[]string{"okhttp/4.11.0", "curl/8.4.0"}, "wget/1.21.3", false},
		{[]string{"GET", "PUT"}, "1.2.3", false},
		{[]string{"1.2.3"}, "GET", false},
		{[]string{"1.2.3"}, "1.2.3", false},
		{nil, "1.2.3", false},
	} {
		var p place
		for i, text := range c.usual {
			p.usual[i].count = 5
			p.shown[i].set([]byte(text))
		}
		if got := p.isOlder([]byte(c.value)); got != c.older {
			t.Errorf("%s where %q are usual: older is %v", c.value, c.usual, got)
		}
	}
}

// TestFewVersions: of how many a value that is new is outdated. What a field with more values has is
// judged by the usual ones.
func TestFewVersions(t *testing.T) {
	for _, c := range []struct {
		n        float32
		distinct uint32
		value    string
		outdated bool
	}{
		{leastVersions, 1, "4.11.9", true},
		{leastVersions - 1, 1, "4.11.9", false},
		{100, usualValues, "4.11.9", true},
		{100, usualValues + 1, "4.11.9", false},
		{100, 1, "4.12.1", false},
	} {
		p := place{n: c.n, distinct: c.distinct}
		p.usual[0].count = c.n
		p.shown[0].set([]byte("4.12.0"))
		if got := p.isOutdated([]byte(c.value)); got != c.outdated {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestReleases: behind which versions one is older than each before, as seen so many times.
func TestReleases(t *testing.T) {
	for _, c := range []struct {
		name     string
		versions []uint64
		seen     uint32
		outdated bool // 4
	}{
		{"none", nil, 100, false},
		{"one, often", []uint64{7}, 4, true},
		{"one, thrice", []uint64{7}, 3, false},
		{"two, often", []uint64{7, 8}, 8, true},
		{"two, seven times", []uint64{7, 8}, 7, false},
		{"each newer", []uint64{5, 6, 7, 8}, 4, true},
		{"three of them", []uint64{6, 7, 8}, 4, false},
		{"newer but for one", []uint64{5, 6, 7, 6, 8}, 5, false},
		{"newer but for one, often", []uint64{5, 6, 7, 6, 8}, 20, true},
		{"an older one before", []uint64{5, 6, 7, 8, 3}, 100, false},
		{"an older one, but not than all", []uint64{3, 6, 7, 8}, 100, false},
	} {
		var r releases
		for _, v := range c.versions {
			r.learn(1, v)
			r.learn(1, v)
		}
		r.learn(2, 1) // of another product
		if r.latest == 1 {
			r = releases{}
		}
		if got := r.outdate(1, 4, c.seen); got != c.outdated {
			t.Errorf("%s: %v", c.name, got)
		}
		if r.outdate(2, 4, c.seen) && len(c.versions) > 0 {
			t.Errorf("%s: so is that of another product", c.name)
		}
	}
	// In a field what is new in it is learned.
	p := place{n: 100, distinct: usualValues + 1}
	for i := range 3 {
		p.releases.learn(product([]byte("v")), uint64(4+i)<<48)
	}
	if p.isOutdated([]byte("v3.9.0")) {
		t.Error("behind two changes one is outdated")
	}
	p.releases.learn(product([]byte("v")), 7<<48)
	for value, want := range map[string]bool{"v3.9.0": true, "v4.1.0": false, "w3.9.0": false, "old": false} {
		if got := p.isOutdated([]byte(value)); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// TestMergedVersions: what two logs know of the versions in a place is put together.
func TestMergedVersions(t *testing.T) {
	a := releases{changes: 1, oldest: 5, latest: 7}
	for _, c := range []struct{ own, other, want releases }{
		{releases{}, a, a},
		{a, releases{}, a},
		{a, releases{changes: 255, oldest: 4, latest: 6, fell: true}, releases{changes: 255, oldest: 4, latest: 7, fell: true}},
		{releases{oldest: 5, latest: 7}, releases{latest: 6}, releases{latest: 7}},
		{a, releases{changes: 3, oldest: 4, latest: 6, product: 9}, a},
	} {
		own := c.own
		if own.merge(&c.other); own != c.want {
			t.Errorf("%+v and %+v are %+v, want %+v", c.own, c.other, own, c.want)
		}
	}
	// Of another place of the text nothing is known.
	own, other := statement{version: 3, releases: a}, statement{version: 4, releases: releases{oldest: 4, latest: 6}}
	if own.merge(&other, true); own.version != 3 || own.releases != a {
		t.Errorf("%d %+v", own.version, own.releases)
	}
}
