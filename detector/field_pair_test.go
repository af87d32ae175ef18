package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Two values that are routine each and never came together.
func TestFieldPair(t *testing.T) {
	w := watch(t, shopLog(13), 12_000)
	w.flags(changed("method", `"POST"`, "route", `"/static"`), `POST`, `/static`, "never came together")
	w.passes(changed("method", `"POST"`, "route", `"/api/cart"`))

	// The message is one of the values.
	w.flags(`{"level":"info","msg":"session ended","host":"shop-1","trace":"11aa5f0a91b3e764","user":"u71","client":"web","minutes":7,"status":404}`, "never came together")
}

// Two fields that are hardly ever in one record: that their values never came together
// there is no news, however often each came elsewhere.
func TestFieldPairOfDifferentRecords(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	path := func() string { return pick(rng, "/cart", "/search", "/login", "/checkout") }
	pod := func() string { return pick(rng, "shop-a", "shop-b", "shop-c", "shop-d", "shop-e") }
	next := func() string {
		switch k := rng.IntN(1000); {
		case k < 600:
			return fmt.Sprintf(`{"msg":"request served","path":%q,"ms":%d}`, path(), 3+rng.IntN(40))
		case k < 996:
			return fmt.Sprintf(`{"msg":"cache refreshed","pod":%q,"keys":%d}`, pod(), 100+rng.IntN(900))
		}
		a, b := path(), pod()
		for a == "/login" && b == "shop-a" || a == "/cart" && b == "shop-e" {
			a, b = path(), pod()
		}
		return fmt.Sprintf(`{"msg":"request repeated","path":%q,"pod":%q}`, a, b)
	}
	w := watch(t, next, 8000)
	w.passes(`{"msg":"request repeated","path":"/login","pod":"shop-a"}`)
	w.passes(`{"msg":"request repeated","path":"/cart","pod":"shop-e"}`)
}

// TestNetworksOfOthers: who always came from the own networks comes from the Internet, or from another
// of them, where others do that all the time; customers come from wherever they like.
func TestNetworksOfOthers(t *testing.T) {
	const format = `{"msg":"login","role":%q,"remote":"%d.%d.%d.%d"}`
	for own := range 2 { // of two networks
		for name, c := range map[string]struct {
			role, remote string
			told         string
		}{
			"staff from the Internet": {"staff", "45.148.10.92", `remote (network) "public" and role "staff" never came together`},
			"a job from elsewhere":    {"job", fmt.Sprintf("10.%d.7.9", 21-own), fmt.Sprintf(`remote (network) "10.%d" and role "job" never came together`, 21-own)},
			"a customer":              {"customer", "45.148.10.92", ""},
			"staff":                   {"staff", fmt.Sprintf("10.%d.3.8", 20+own), ""},
		} {
			t.Run(fmt.Sprintf("%s, jobs in 10.%d", name, 20+own), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(5, 12))
				w := watch(t, func() string {
					switch k := rng.IntN(10); {
					case k < 4:
						return fmt.Sprintf(format, "customer", 40+rng.IntN(60), rng.IntN(256), rng.IntN(256), rng.IntN(256))
					case k < 7:
						return fmt.Sprintf(format, "staff", 10, 20+rng.IntN(2), rng.IntN(256), rng.IntN(256))
					}
					return fmt.Sprintf(format, "job", 10, 20+own, rng.IntN(4), rng.IntN(256))
				}, 8000)
				line := fmt.Sprintf(`{"msg":"login","role":%q,"remote":%q}`, c.role, c.remote)
				if c.told == "" {
					w.passes(line)
				} else {
					w.flags(line, c.told)
				}
			})
		}
	}
}

// Two parts of one text that never came together are told by the text, where that is
// unusual as well, wherever its field stands.
func TestPartsOfAStrangeText(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 10))
	for _, format := range []string{`{"path":%q,"method":"GET"}`, `{"method":"GET","path":%q}`} {
		next := func() string {
			path := fmt.Sprintf("/api/%s.json", letterWord(rng.IntN(1<<20)))
			if rng.IntN(2) == 0 {
				path = fmt.Sprintf("/files/%s.css", letterWord(rng.IntN(1<<20)))
			}
			return fmt.Sprintf(format, path)
		}
		w := watch(t, next, 6000)
		w.flags(fmt.Sprintf(format, "/files/site.json"), "never came together")
		if v := w.see(fmt.Sprintf(format, "/files/%27%20OR%201=1--;'<script>.json")); !v.Anomaly || strings.Contains(string(v.Reason), "never came together") {
			t.Errorf("anomaly %v, %q", v.Anomaly, v.Reason)
		}
	}
}

// The more pairs of values a record has, the sooner one of them never came together by
// chance: what is news where two are compared is none among 66.
func TestFieldPairAmongMany(t *testing.T) {
	const values, records = 14, 2000 // two of them are expected together 10 times
	for _, more := range []int{0, 10} {
		rng := rand.New(rand.NewPCG(5, 11))
		record := func(a, b int) string {
			var s strings.Builder
			fmt.Fprintf(&s, `{"msg":"parcel sorted","line":"l%c","belt":"b%c"`, 'a'+a, 'a'+b)
			for i := range more {
				fmt.Fprintf(&s, `,"chute%c":"%s"`, 'a'+i, pick(rng, "open", "shut", "half", "free"))
			}
			return s.String() + "}"
		}
		next := func() string {
			for {
				if a, b := rng.IntN(values), rng.IntN(values); a != 3 || b != 5 {
					return record(a, b)
				}
			}
		}
		w := watch(t, next, records)
		if more == 0 {
			w.flags(record(3, 5), "never came together")
		} else {
			w.passes(record(3, 5))
		}
	}
}

// What a client asks for in one session is its own choice: that one of two sessions never
// asked for a page is no news, however many records they have. Where clients come and go
// with each record, it is.
func TestFieldPairOfASession(t *testing.T) {
	const values, records = 12, 3000
	for _, session := range []int{1, 100} { // records of a client in a row
		rng := rand.New(rand.NewPCG(7, 13))
		record := func(client, page int) string {
			return fmt.Sprintf(`{"msg":"page served","client":"c%c","page":"p%c"}`, 'a'+client, 'a'+page)
		}
		client, n := 0, 0
		next := func() string {
			if n++; n%session == 0 {
				client = rng.IntN(values)
			}
			page := rng.IntN(values)
			for client == 3 && page == 5 {
				page = rng.IntN(values)
			}
			return record(client, page)
		}
		w := watch(t, next, records)
		if session == 1 {
			w.flags(record(3, 5), "never came together")
		} else {
			w.passes(record(3, 5))
		}
	}
}

// A value that stood there for one whole session is one draw, however often the others of
// its field change: that it was never seen with another client is no news. One that came as
// often, each time by itself, would have met that client.
func TestFieldPairOfOneSession(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 12))
	page := func(client, from string) string {
		return fmt.Sprintf(`{"msg":"page served","client":%q,"from":%q,"ms":%d}`, client, from, 20+rng.IntN(60))
	}
	for _, session := range []bool{true, false} {
		n := 0
		next := func() string {
			n++
			client, from := pick(rng, "firefox", "chrome", "safari"), pick(rng, "/", "/cart", "/search", "/login", "/help")
			if session && n > 1000 && n <= 1060 || !session && n%50 == 0 {
				client, from = "safari", "/review"
			}
			return page(client, from)
		}
		w := watch(t, next, 3000)
		if session {
			w.passes(page("chrome", "/review"))
		} else {
			w.flags(page("chrome", "/review"), "never came together")
		}
	}
}

// The first part of a path is the one that says which page it is, behind the interface's
// name and its version, which all have.
func TestFieldPairBehindAnInterface(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 12))
	call := func(method, thing string) string {
		return fmt.Sprintf(`{"method":%q,"path":"/api/v1/%s/%d","status":200,"ms":%d}`, method, thing, rng.IntN(1e6), 20+rng.IntN(60))
	}
	w := watch(t, func() string {
		thing := pick(rng, "projects", "carts", "sessions")
		method := pick(rng, "GET", "GET", "GET", "POST")
		if thing != "projects" && rng.IntN(20) == 0 {
			method = "DELETE"
		}
		return call(method, thing)
	}, 3000)
	w.flags(call("DELETE", "projects"), `method "DELETE" and path (first part) "projects" never came together`)
	w.passes(call("DELETE", "carts"))
}

// Where values of two fields have come together for the first time again and again, each an
// exception to what they have to do with each other, one more is none to be told; values of
// other fields are.
func TestFieldPairWithExceptions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 13))
	record := func(kind, upstream, zone string) string {
		return fmt.Sprintf(`{"msg":"request served","kind":%q,"upstream":%q,"zone":%q,"ms":%d}`, kind, upstream, zone, 3+rng.IntN(40))
	}
	upstream := func() string { return "app-" + string(rune('a'+rng.IntN(8))) }
	zone := func(kind string) string {
		if kind == "font" {
			return "west"
		}
		return pick(rng, "west", "east")
	}
	next := func() string {
		if rng.IntN(2) == 0 {
			return record("page", upstream(), zone("page"))
		}
		kind := pick(rng, "script", "style", "image", "font") // of the cache
		return record(kind, "", zone(kind))
	}
	w := watch(t, next, 12_000)
	for i := range 8 {
		w.goOn(1000)
		kind := []string{"script", "image", "style"}[i%3]
		if v := w.see(record(kind, "app-"+string(rune('a'+i)), "west")); !v.Anomaly && i < 3 {
			t.Errorf("exception %d is not flagged, score %.3f", i+1, v.Score)
		}
	}
	w.goOn(1000)
	w.passes(record("font", "app-e", "west"))
	w.flags(record("font", "", "east"), `kind "font" and zone "east" never came together`)
}

// That a battery of 79 percent and a signal of -73 never met is no news: both are quantities,
// however few numbers there are of each.
func TestCountsAreNoPair(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 14))
	next := func() string {
		battery, signal := 34+rng.IntN(40), -95+rng.IntN(40)
		if battery == 60 && signal == -73 {
			battery--
		}
		return fmt.Sprintf(`{"msg":"reading taken","battery":%d,"signal":%d,"model":"m-%c"}`, battery, signal, 'a'+rng.IntN(6))
	}
	w := watch(t, next, 30_000)
	w.passes(`{"msg":"reading taken","battery":60,"signal":-73,"model":"m-c"}`)
}

// Which thread of a pool does the work is chance, and one that has a name of its own is not.
func TestFieldPairOfThreads(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 6))
	say := func(thread, logger string) string {
		return fmt.Sprintf(`{"level":"info","msg":"step done","thread_name":%q,"logger_name":%q}`, thread, logger)
	}
	pool := func() string { return fmt.Sprintf("http-nio-8080-exec-%d", 1+rng.IntN(20)) }
	w := watch(t, func() string {
		switch rng.IntN(4) {
		case 0:
			return say("scheduler", "com.acme.Cleaner")
		case 1:
			return say("reaper", "com.acme.Pool")
		}
		if logger := pick(rng, "com.acme.Cart", "com.acme.Orders", "com.acme.Stock"); rng.IntN(2) == 0 {
			return say(pool(), logger)
		}
		return say("http-nio-8080-exec-7", "com.acme.Cart")
	}, 8000)
	w.passes(say("http-nio-8080-exec-7", "com.acme.Cleaner"))
	w.passes(say("http-nio-8080-exec-21", "com.acme.Orders"))
	w.flags(say("scheduler", "com.acme.Pool"), "never came together")
}
