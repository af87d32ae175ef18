package shoplog

import (
	"fmt"
	"strings"
	"time"
)

var (
	colours   = []string{"black", "white", "grey", "navy", "red", "green", "sand", "olive", "teal", "plum", "rust", "ivory"}
	goods     = []string{"kettle", "lamp", "chair", "rug", "desk", "mug", "shelf", "blanket", "cushion", "clock", "vase", "stool", "tray", "basket", "mirror", "candle", "teapot", "planter", "curtain", "bench"}
	materials = []string{"oak", "linen", "steel", "wool", "glass", "cork", "bamboo", "cotton", "marble", "brass"}
	agents    = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/148.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) Mobile/15E148",
		"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/147.0",
		"Mozilla/5.0 (Linux; Android 16; Pixel 9) Mobile",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_4) Version/19.3",
		"ShopApp/8.4.1 (Android 15)",
		"ShopApp/8.4.0 (iOS 19.3)",
	}
	crawlers = []string{"examplebot/2.1 (+http://bot.example/about)", "price-spider/0.9", "Mozilla/5.0 (compatible; SitemapReader/1.4)"}
	probes   = []string{"/wp-login.php", "/.env", "/admin/", "/phpmyadmin/index.php", "/.git/config", "/xmlrpc.php", "/cgi-bin/test", "/backup.zip", "/server-status", "/api/v1/debug"}
	carriers = []string{"northpost", "swiftbox", "parcelio"}
	queries  = []string{
		"SELECT id, name, price FROM products WHERE category_id = $1 ORDER BY rank LIMIT 48",
		"SELECT o.id, o.total FROM orders o WHERE o.user_id = $1 ORDER BY o.created_at DESC LIMIT 20",
		"UPDATE stock SET reserved = reserved + $1 WHERE sku = $2",
		"SELECT sku, SUM(qty) FROM order_items WHERE created_at > $1 GROUP BY sku",
		"DELETE FROM carts WHERE updated_at < $1",
	}
	bounces = []string{"550 mailbox unavailable", "552 mailbox full", "450 greylisted, try again later"}
)

// addSources starts everything that happens by itself.
func (g *Generator) addSources() {
	start := g.options.Start
	add := func(first time.Duration, fire func(at time.Time) time.Time) {
		g.sources = append(g.sources, source{start.Add(first), fire})
	}
	// every is a job at a fixed pace, with the jitter that a busy machine adds.
	every := func(period time.Duration, job func(at time.Time)) {
		phase := time.Duration(g.rng.Float64() * float64(period))
		add(phase, func(at time.Time) time.Time {
			job(at)
			return at.Add(period + time.Duration(g.rng.IntN(400))*time.Millisecond)
		})
	}
	// next is the first time after one at an hour and a minute.
	next := func(after time.Time, hour, minute int) time.Time {
		t := time.Date(after.Year(), after.Month(), after.Day(), hour, minute, 0, g.rng.IntN(1e9), time.UTC)
		if !t.After(after) {
			t = t.AddDate(0, 0, 1)
		}
		return t
	}
	// daily is a job at an hour and a minute.
	daily := func(hour, minute int, job func(at time.Time)) {
		add(next(start, hour, minute).Sub(start), func(at time.Time) time.Time {
			job(at)
			return next(at.Add(time.Hour), hour, minute)
		})
	}
	// deployed is a new version on each working day. It is merged at an hour and a minute
	// and has to be built: pods say their old version until they are replaced.
	deployed := func(hour, minute int) {
		building := false
		add(next(start, hour, minute).Sub(start), func(at time.Time) time.Time {
			if building = !building; building {
				if d := at.Weekday(); d != time.Saturday && d != time.Sunday {
					return at.Add(time.Duration(g.rng.IntN(1500)) * time.Second)
				}
			} else {
				next := g.version
				next[2]++
				g.deploy(at, next)
			}
			building = false
			return next(at.Add(time.Hour), hour, minute)
		})
	}

	add(0, func(at time.Time) time.Time {
		g.request(at)
		return at.Add(g.wait(time.Duration(float64(3100*time.Millisecond) / load(at))))
	})
	add(g.wait(4*time.Second), func(at time.Time) time.Time {
		g.collect(at)
		return at.Add(g.wait(time.Duration(float64(26*time.Second) / (0.4 + load(at)))))
	})
	every(30*time.Second, g.probe)
	every(45*time.Second, g.refreshCache)
	for pod := range g.pods {
		every(2*time.Minute, func(at time.Time) { g.poolStats(at, pod) })
	}
	every(time.Minute, func(at time.Time) { g.job(at, "send-reminders", 180) })
	every(5*time.Minute, func(at time.Time) { g.job(at, "refresh-rates", 640) })
	every(15*time.Minute, func(at time.Time) { g.job(at, "export-orders", 4200) })
	every(time.Hour, func(at time.Time) { g.job(at, "reindex-products", 52_000) })
	every(5*time.Minute, g.checkpoint)
	every(4*time.Minute, g.sweepCarts)
	daily(2, 10, g.vacuum)
	daily(3, 0, g.backup)
	daily(4, 0, g.checkCertificates)
	deployed(9, 40)
	deployed(14, 35)
}

func (g *Generator) newPods() {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789" // as Kubernetes does: no vowels, no lookalikes
	name := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[g.rng.IntN(len(alphabet))]
		}
		return string(b)
	}
	set := name(9)
	for i := range g.pods {
		g.pods[i] = "shop-api-" + set + "-" + name(5)
	}
}

func (g *Generator) pod() string { return g.pods[g.rng.IntN(len(g.pods))] }

// client is the address of a visitor; some come often.
func (g *Generator) client() string {
	n := g.skewed(60_000)
	if n%5 == 0 {
		return fmt.Sprintf("2001:db8:%x:%x::%x", n>>8, n&0xff, n*7919%0xffff+1)
	}
	return fmt.Sprintf("100.%d.%d.%d", 64+n%64, n>>6&0xff, n*131%254+1)
}

func (g *Generator) user() int { return 1000 + g.skewed(90_000) }

func (g *Generator) orderID() string { return fmt.Sprintf("ord_%011x", g.rng.Uint64N(1<<44)) }

func (g *Generator) chargeID() string { return fmt.Sprintf("ch_%016x", g.rng.Uint64()) }

func (g *Generator) sku() string {
	return fmt.Sprintf("%02d-%04d", 10+g.skewed(80), g.rng.IntN(10_000))
}

func (g *Generator) product() string {
	return fmt.Sprintf("%s-%s-%s-%d", often(g, colours), often(g, materials), often(g, goods), 1000+g.skewed(9000))
}

func (g *Generator) words() string {
	w := []string{often(g, goods)}
	if g.chance(0.4) {
		w = append([]string{often(g, colours)}, w...)
	}
	if g.chance(0.2) {
		w = append([]string{often(g, materials)}, w...)
	}
	return strings.Join(w, "+")
}

// request is one visit of one page, with what it leaves behind in the
// services.
func (g *Generator) request(at time.Time) {
	client, agent, user := g.client(), often(g, agents), g.user()
	pod := g.pod()
	name := "-"
	if g.chance(0.35) {
		name = fmt.Sprintf("u%d", user)
	}
	get := func(path string, median float64, size int) time.Time {
		took := g.millis(median)
		end := at.Add(ms(took))
		status, bytes := 200, size/2+g.skewed(size*3)
		switch {
		case g.chance(0.0015):
			status, bytes = 500, 178
			g.api(end, "ERROR", pod, `msg="request failed" path=%s status=500 err="context deadline exceeded" user=u%d`, strings.Split(strings.Fields(path)[1], "?")[0], user)
		case g.chance(0.004):
			status, bytes = 404, 153
		case g.chance(0.002):
			status, bytes = 499, 0
		}
		g.edge(end, client, name, path, status, bytes, agent, took/1000)
		if g.chance(0.03) {
			g.slowQuery(end, 180)
		}
		return end
	}
	switch n := g.rng.IntN(1000); {
	case n < 110:
		get("GET /", 18, 9000)
	case n < 400:
		end := get("GET /products/"+g.product(), 34, 22_000)
		if g.chance(0.3) {
			if g.chance(0.85) {
				g.cacheHit(end, pod)
			} else {
				g.api(end, "DEBUG", pod, `msg="cache miss" key=product:%d load=%.1fms`, 1000+g.skewed(9000), g.millis(11))
			}
		}
	case n < 580:
		q := g.words()
		end := get("GET /search?q="+q+fmt.Sprintf("&page=%d", 1+g.skewed(6)), 61, 14_000)
		hits := g.skewed(420)
		if g.rolledOut {
			g.api(end, "INFO", pod, `msg="query answered by index v2" terms=%q results=%d shards=4 elapsed=%.1fms`, strings.ReplaceAll(q, "+", " "), hits, g.millis(22))
		} else {
			g.api(end, "INFO", pod, `msg="search served" q=%q hits=%d dur=%.1fms`, strings.ReplaceAll(q, "+", " "), hits, g.millis(38))
		}
	case n < 690:
		end := get("POST /cart/items", 27, 600)
		items, total := 1+g.skewed(9), 4+float64(g.skewed(48_000))/100
		if g.rolledOut {
			g.api(end, "INFO", pod, `msg="basket changed" basket=b%d lines=%d sum_cents=%d`, user, items, int(total*100))
		} else {
			g.api(end, "INFO", pod, `msg="cart updated" user=u%d items=%d total=%.2f`, user, items, total)
		}
	case n < 760:
		get("GET /cart", 21, 5200)
	case n < 800:
		get("GET /account/orders", 44, 7800)
	case n < 850:
		g.login(at, client, agent, pod, user)
	case n < 930:
		took := g.millis(2)
		status, size := 200, 18_000+g.rng.IntN(4)*31_337
		if g.chance(0.4) {
			status, size = 304, 0
		}
		g.edge(at.Add(ms(took)), client, "-", "GET "+pick(g, []string{"/static/app.js", "/static/app.css", "/static/logo.svg", "/favicon.ico"}), status, size, agent, took/1000)
	case n < 955:
		took := g.millis(25)
		g.edge(at.Add(ms(took)), client, "-", "GET /products/"+g.product(), 200, 20_000+g.skewed(20_000), pick(g, crawlers), took/1000)
	case n < 965:
		g.edge(at, client, "-", "GET "+pick(g, probes), 404, 153, "-", g.millis(1)/1000)
	default:
		g.checkout(at, client, agent, pod, user)
	}
}

func (g *Generator) cacheHit(at time.Time, pod string) {
	id, age := 1000+g.skewed(9000), g.skewed(900)
	if g.rolledOut {
		g.api(at, "DEBUG", pod, `msg="served from cache" entity=product id=%d tier=local ttl=%ds`, id, 900-age)
	} else {
		g.api(at, "DEBUG", pod, `msg="cache hit" key=product:%d age=%ds`, id, age)
	}
}

// reserve takes one item of an order out of the stock.
func (g *Generator) reserve(at time.Time, order string, left int) {
	qty, sku := 1+g.skewed(3), g.sku()
	if g.rolledOut {
		g.warehouse(at, "INFO", "c.shop.stock.AllocationEngine", "Allocation of order %s: sku %s x %d, remaining %d, policy=fifo", order, sku, qty, left)
	} else {
		g.warehouse(at, "INFO", "c.shop.stock.ReservationService", "Reserved %d of %s for %s, %d left", qty, sku, order, left)
	}
}

func (g *Generator) login(at time.Time, client, agent, pod string, user int) {
	took := g.millis(92) // a slow hash, on purpose
	end := at.Add(ms(took))
	if g.chance(0.12) {
		g.edge(end, client, "-", "POST /login", 401, 61, agent, took/1000)
		g.api(end, "WARN", pod, `msg="login refused" user=u%d ip=%s reason=bad_password attempt=%d`, user, client, 1+g.skewed(5))
		return
	}
	g.edge(end, client, "-", "POST /login", 303, 0, agent, took/1000)
	if g.rolledOut {
		g.api(end, "INFO", pod, `msg="session opened" account=%d method=password from=%s`, user, client)
	} else {
		g.api(end, "INFO", pod, `msg="login ok" user=u%d ip=%s`, user, client)
	}
}

// checkout is an order on its way: payment, stock, mail, carrier.
func (g *Generator) checkout(at time.Time, client, agent, pod string, user int) {
	took := g.millis(310)
	order, items := g.orderID(), 1+g.skewed(7)
	cents := 900 + g.skewed(60_000)
	pay := at.Add(ms(took * 0.6))
	end := at.Add(ms(took))
	if g.chance(0.06) {
		reason := often(g, []string{"insufficient_funds", "do_not_honour", "expired_card"})
		g.payment(pay, "ERROR", order, "charge %s declined by issuer: %s", g.chargeID(), reason)
		g.edge(end, client, fmt.Sprintf("u%d", user), "POST /checkout", 402, 212, agent, took/1000)
		return
	}
	if g.rolledOut {
		g.payment(pay, "INFO", order, "payment intent %s confirmed, %d cents, provider nordpay answered after %.0f ms", g.chargeID(), cents, g.millis(190))
	} else {
		g.payment(pay, "INFO", order, "charge %s captured, %d.%02d EUR via nordpay in %.0f ms", g.chargeID(), cents/100, cents%100, g.millis(190))
	}
	g.edge(end, client, fmt.Sprintf("u%d", user), "POST /checkout", 201, 388, agent, took/1000)
	g.api(end, "INFO", pod, `msg="order placed" order=%s user=u%d items=%d total=%d.%02d`, order, user, items, cents/100, cents%100)
	for range min(items, 3) {
		left := g.skewed(400)
		g.reserve(end.Add(ms(g.millis(40))), order, left)
		if left < 4 {
			g.warehouse(end.Add(ms(g.millis(60))), "WARN", "c.shop.stock.StockMonitor", "Stock of %s is low: %d left, %d ordered", g.sku(), left, 20*(1+g.rng.IntN(5)))
		}
	}
	mail := end.Add(time.Duration(1+g.rng.IntN(20)) * time.Second)
	switch {
	case g.chance(0.02):
		g.worker(mail, "ERROR", "mailer", "confirmation of %s to customer %d bounced: %s", order, user, pick(g, bounces))
	case g.rolledOut:
		g.worker(mail, "INFO", "mailer", "template order-v3 rendered and queued for customer %d (%s, %.2fs)", user, order, g.millis(230)/1000)
	default:
		g.worker(mail, "INFO", "mailer", "sent confirmation of %s to customer %d in %.2fs", order, user, g.millis(230)/1000)
	}
	g.deliver(mail.Add(time.Duration(5+g.rng.IntN(50))*time.Second), order)
}

// deliver tells a carrier of a parcel.
func (g *Generator) deliver(at time.Time, order string) {
	carrier := often(g, carriers)
	for attempt := 1; g.chance(0.05) && attempt < 4; attempt++ {
		g.retry(at, order, carrier, attempt)
		at = at.Add(time.Duration(attempt) * 4 * time.Second)
	}
	g.worker(at, "INFO", "webhooks", "carrier %s confirmed parcel %d for %s", carrier, 70_000_000+g.rng.IntN(9_999_999), order)
}

func (g *Generator) retry(at time.Time, order, carrier string, attempt int) {
	g.worker(at, "WARN", "webhooks", "delivery of %s to %s timed out after 5.0s, retrying (attempt %d)", order, carrier, attempt)
}

func (g *Generator) probe(at time.Time) {
	g.edge(at, "10.20.0.1", "-", "GET /healthz", 200, 2, "lb-probe/1.0", 0.001)
}

func (g *Generator) refreshCache(at time.Time) {
	keys, took := 18_000+g.rng.IntN(900), g.millis(190)
	if g.rolledOut {
		g.api(at, "INFO", g.pods[0], `msg="cache generation switched" entries=%d build=%.0fms evicted=%d`, keys, took, g.skewed(200))
	} else {
		g.api(at, "INFO", g.pods[0], `msg="cache refreshed" keys=%d dur=%.0fms`, keys, took)
	}
}

func (g *Generator) poolStats(at time.Time, pod int) {
	used := min(24, int(2+6*load(at)*g.rng.Float64()))
	waiting, longest := g.skewed(3), g.millis(1.4)
	if g.rolledOut {
		g.api(at, "DEBUG", g.pods[pod], `msg="connections to primary" open=24 busy=%d queued=%d p99_wait=%.1fms`, used, waiting, longest)
	} else {
		g.api(at, "DEBUG", g.pods[pod], `msg="db pool" in_use=%d idle=%d waiting=%d max_wait=%.1fms`, used, 24-used, waiting, longest)
	}
}

func (g *Generator) job(at time.Time, name string, median float64) {
	took := g.millis(median)
	g.scheduler(at, "INFO", "runner.go:88", `"Job started" job=%q`, name)
	end := at.Add(ms(took))
	if g.rolledOut {
		g.scheduler(end, "INFO", "runner.go:131", `"Run complete" job=%q status="ok" elapsed="%.2fs" items=%d`, name, took/1000, g.skewed(int(median)))
	} else {
		g.scheduler(end, "INFO", "runner.go:112", `"Job finished" job=%q duration="%.2fs" rows=%d`, name, took/1000, g.skewed(int(median)))
	}
}

func (g *Generator) collect(at time.Time) {
	g.gcCycle++
	before := 900 + g.rng.IntN(400)
	after := 210 + g.rng.IntN(90)
	switch {
	case g.gcCycle%40 == 0:
		g.collector(at, "GC(%d) Pause Remark %dM->%dM(2048M) %.3fms", g.gcCycle, before, after+100, g.millis(9))
	case g.gcCycle%40 == 1:
		g.collector(at, "GC(%d) Concurrent Mark Cycle %.3fms", g.gcCycle, g.millis(160))
	case g.gcCycle%40 < 6:
		g.collector(at, "GC(%d) Pause Young (Mixed) (G1 Evacuation Pause) %dM->%dM(2048M) %.3fms", g.gcCycle, before, after, g.millis(12))
	default:
		g.collector(at, "GC(%d) Pause Young (Normal) (G1 Evacuation Pause) %dM->%dM(2048M) %.3fms", g.gcCycle, before, after, g.millis(7))
	}
}

func (g *Generator) slowQuery(at time.Time, median float64) {
	g.database(at, "INFO", "duration: %.3f ms  statement: %s", 100+g.millis(median), often(g, queries))
}

func (g *Generator) checkpoint(at time.Time) {
	buffers := 40 + g.skewed(3000)
	g.database(at, "INFO", "checkpoint complete: wrote %d buffers (%.1f%%); write=%.3f s, sync=%.3f s, total=%.3f s",
		buffers, float64(buffers)/163.84, g.millis(14_000)/1000, g.millis(40)/1000, g.millis(15_000)/1000)
}

func (g *Generator) sweepCarts(at time.Time) {
	g.worker(at, "INFO", "carts", "removed %d abandoned carts older than 30 days in %.2fs", g.skewed(90), g.millis(120)/1000)
}

func (g *Generator) vacuum(at time.Time) {
	for i, table := range []string{"orders", "order_items", "carts", "stock", "sessions"} {
		g.database(at.Add(time.Duration(i)*40*time.Second), "INFO", `automatic vacuum of table "shop.public.%s": removed %d rows, %d remain, elapsed %.2f s`,
			table, 2000+g.skewed(90_000), 400_000+g.rng.IntN(90_000), g.millis(9000)/1000)
	}
}

func (g *Generator) backup(at time.Time) {
	g.scheduler(at, "INFO", "backup.go:40", `"Backup started" target="s3://shop-backup/daily"`)
	took := g.millis(840_000)
	g.scheduler(at.Add(ms(took)), "INFO", "backup.go:97", `"Backup completed" bytes=%d duration="%.0fs"`, 41_000_000_000+g.rng.Int64N(900_000_000), took/1000)
}

func (g *Generator) checkCertificates(at time.Time) {
	days := 76 - at.YearDay()%60
	for i, host := range []string{"api.nordpay.example", "hooks.northpost.example", "smtp.mail.example"} {
		g.scheduler(at.Add(time.Duration(i)*250*time.Millisecond), "INFO", "certs.go:61", `"Certificate is valid" host=%q days=%d`, host, days+i*9)
	}
}

// deploy replaces the pods one by one by those of a version.
func (g *Generator) deploy(at time.Time, version [3]int) {
	old, was := g.pods, g.version
	g.newPods()
	for i, pod := range old {
		next := g.pods[i]
		g.version = was
		stop := at.Add(time.Duration(i) * 35 * time.Second)
		g.api(stop, "INFO", pod, `msg="shutting down" signal=SIGTERM in_flight=%d`, g.skewed(12))
		g.api(stop.Add(ms(g.millis(900))), "INFO", pod, `msg="stopped" uptime=%dh`, 1+g.rng.IntN(48))
		g.version = version
		up := stop.Add(ms(2000 + g.millis(2500)))
		g.api(up, "INFO", next, `msg="starting" go=1.26 cpus=4 commit=%07x`, g.rng.IntN(1<<28))
		g.api(up.Add(ms(g.millis(300))), "INFO", next, `msg="migrations up to date" schema=%d`, 310+g.version[2])
		g.api(up.Add(ms(400+g.millis(900))), "INFO", next, `msg="cache warmed" keys=%d dur=%.0fms`, 18_000+g.rng.IntN(900), g.millis(700))
		g.api(up.Add(ms(500+g.millis(1200))), "INFO", next, `msg="ready" addr=:8080`)
	}
}
