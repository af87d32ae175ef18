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

// TestMergedVersions: what two logs know of the versions in a message's text is put together.
func TestMergedVersions(t *testing.T) {
	for _, c := range []struct{ own, other, want statement }{
		{statement{}, statement{version: 3, changes: 1, oldest: 5, latest: 7}, statement{version: 3, changes: 1, oldest: 5, latest: 7}},
		{statement{version: 3, changes: 1, oldest: 5, latest: 7}, statement{}, statement{version: 3, changes: 1, oldest: 5, latest: 7}},
		{statement{version: 3, changes: 1, oldest: 5, latest: 7}, statement{version: 3, changes: 255, oldest: 4, latest: 6}, statement{version: 3, changes: 255, oldest: 4, latest: 7}},
		{statement{version: 3, oldest: 5, latest: 7}, statement{version: 3, latest: 6}, statement{version: 3, latest: 7}},
		{statement{version: 3, oldest: 5, latest: 7}, statement{version: 4, oldest: 4, latest: 6}, statement{version: 3, oldest: 5, latest: 7}},
	} {
		own, other := c.own, c.other
		own.mergeVersions(&other)
		if own.version != c.want.version || own.changes != c.want.changes || own.oldest != c.want.oldest || own.latest != c.want.latest {
			t.Errorf("%d %d %d %d", own.version, own.changes, own.oldest, own.latest)
		}
	}
}
