package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// job is a record of a task that ended. Twelve tasks are run often, one in 60 is the rare one.
func job(rng *rand.Rand, task, worker string) string {
	if task == "" {
		if task = fmt.Sprintf("task_%c", 'a'+rng.IntN(12)); rng.IntN(60) == 0 {
			task = "invoice_mail"
		}
	}
	if worker == "" {
		worker = fmt.Sprintf("worker-%d", rng.IntN(6))
	}
	form := pick(rng, // who makes a record of a map may write it in any order
		`{"level":"info","msg":"task ended","task":%q,"worker":%q,"retries":%d,"id":"%08x","took_ms":%d}`,
		`{"took_ms":%[5]d,"worker":%[2]q,"retries":%[3]d,"level":"info","task":%[1]q,"id":"%08[4]x","msg":"task ended"}`)
	return fmt.Sprintf(form, task, worker, rng.IntN(3)/2, rng.Uint32(), 5+rng.IntN(90))
}

// isSurge reports whether it is told that a value comes again and again, and not its message.
func isSurge(v *detector.Verdict) bool {
	return v.Anomaly && v.ByValue && strings.Contains(string(v.Reason), " of the last ") && strings.Contains(string(v.Reason), " there, usually 1 in ")
}

// TestAValueThatComesAgainAndAgain: of a task that is run as every second one, and otherwise as
// one of 60, some are told, soon and then more and more seldom, whatever else is in their
// records; so is a page that is asked for again and again. Behind it nothing is.
func TestAValueThatComesAgainAndAgain(t *testing.T) {
	for name, c := range map[string]struct {
		healthy, other func(rng *rand.Rand) string
		reason         string
	}{
		"a task": {
			func(rng *rand.Rand) string { return job(rng, "", "") }, func(rng *rand.Rand) string { return job(rng, "invoice_mail", "") }, `task "invoice_mail": `,
		},
		"a page": {
			func(rng *rand.Rand) string {
				path := pick(rng, "/", "/cart", "/item", "/about")
				if rng.IntN(200) == 0 {
					path = "/login"
				}
				return access(rng, "GET", path, mostly(rng, "200", "200", "304"), "Mozilla/5.0")
			}, func(rng *rand.Rand) string {
				return access(rng, pick(rng, "GET", "POST"), "/login", pick(rng, "200", "401"), "Mozilla/5.0")
			}, `path `,
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 1))
			w := watch(t, func() string { return c.healthy(rng) }, 8000)
			w.staysQuiet(8000, 3)
			w.tellsSeldom(300, 50, func() string { w.goOn(1); return c.other(rng) }, isSurge, c.reason)
			w.staysQuiet(8000, 3)
		})
	}
}

// TestWhatIsNoSurge: the tasks of one user in a session, where there are sessions, pods of a
// new release and what is usual from now on are told hardly ever.
func TestWhatIsNoSurge(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	told := func(w *watched, n int, next func() string) (told int) {
		for range n {
			if isSurge(w.see(next())) {
				told++
			}
		}
		return told
	}

	user, left := "", 0
	session := func() string {
		if left--; left < 0 {
			user, left = fmt.Sprintf("user_%c", 'a'+rng.IntN(26)), 10+rng.IntN(30)
			if rng.IntN(40) == 0 {
				user = "admin"
			}
		}
		return job(rng, "", user)
	}
	if n := told(watch(t, session, 8000), 20_000, session); n > 2 {
		t.Errorf("of 20,000 records in sessions of 10 to 40, %d are told", n)
	}

	release := 0
	pods := func() string {
		return job(rng, "", fmt.Sprintf("worker-%08x-%c", 0x9e3779b1*(release+1), 'a'+rng.IntN(3)))
	}
	w := watch(t, pods, 8000)
	for release = range 4 {
		if n := told(w, 3000, pods); n > 0 {
			t.Errorf("of the pods of release %d, %d are told", release, n)
		}
	}

	w = watch(t, func() string { return job(rng, "", "") }, 8000)
	often := func() string { return job(rng, pick(rng, "invoice_mail", "", "", ""), "") }
	first := told(w, 5000, often)
	if n := told(w, 30_000, often); first > 6 || n > 2 {
		t.Errorf("of a task that is one of four from now on, %d and then %d are told", first, n)
	}
	if n := told(w, 30_000, often); n > 0 {
		t.Errorf("where it is the usual one for long, %d are told", n)
	}
}

// TestASurgeInFewRecords: of a field that one record in twenty has, a value that comes again and
// again is told by how many of its own values it is, once the log is known for long.
func TestASurgeInFewRecords(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 3))
	shop := shopLog(33)
	ended := func(task string) string { return job(rng, task, "") }
	w := watch(t, func() string {
		if rng.IntN(20) == 0 {
			return ended("")
		}
		return shop()
	}, 70_000)
	told := 0
	for range 60 {
		w.goOn(15)
		if isSurge(w.see(ended("invoice_mail"))) {
			told++
		}
	}
	if told == 0 || told > 4 {
		t.Errorf("%d of 60 are told, 1 to 4 wanted", told)
	}
}
