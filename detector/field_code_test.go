package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// What a field says of its own class, a code of failure, weighs more.
func TestFieldCode(t *testing.T) {
	w := watch(t, shopLog(3), 8000)
	for _, code := range []string{"500", "502", "503", "504"} {
		w.flags(changed("status", code), "status "+code+" never seen, usually 200 (", " %), ")
	}
	rng := rand.New(rand.NewPCG(9, 9))
	a := watch(t, accessLog(3), 8000)
	a.flags(access(rng, "GET", "/products", "503", ""), "code 503 never seen, usually 200 (")

	// A code is no quantity: 401 lies between 304 and 404.
	w.flags(changed("status", "401"), "status 401 never seen")

	w.flags(`{"level":"info","msg":"job finished","host":"shop-2","trace":"64c1e08d5ab2f397","job":"index","exit_status":137,"took_s":44}`, "exit_status 137")
	w.flags(`{"level":"info","msg":"peer probed","host":"shop-2","trace":"0b1f7735ce9d4a28","peer":"10.0.0.7","errno":28}`, "errno 28 never seen, usually 0 (")
}

// A status that says that a request went as it may is less news than one that lies as
// far off and says that the client or the server failed.
func TestFieldCodeOfSuccess(t *testing.T) {
	w := watch(t, shopLog(3), 8000)
	score := func(code string) float64 { return w.judge(changed("status", code)).Score }
	for _, good := range []string{"206", "304", "399"} {
		for _, bad := range []string{"409", "422", "500"} {
			if g, b := score(good), score(bad); g > b-0.05 {
				t.Errorf("the first %s has a score of %.3f, and the first %s one of %.3f: a clearly lower one wanted", good, g, bad, b)
			}
		}
	}
}

// An exit status is no HTTP status, though its number could be one.
func TestFieldCodeOfAnotherKind(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 35))
	with := func(code int) string {
		return fmt.Sprintf(`{"level":"info","msg":"job finished","took_s":%d,"exit_code":%d}`, 10+rng.IntN(30), code)
	}
	w := watch(t, func() string { return with([]int{3, 4, 5}[rng.IntN(3)]) }, 4000)
	small, large := w.judge(with(77)).Score, w.judge(with(137)).Score
	if large < small-0.02 {
		t.Errorf("the first exit code 137 has a score of %.3f, and the first 77 one of %.3f: about the same wanted", large, small)
	}
}

// A wave of 503 is told about, not only its first.
func TestFieldCodeWave(t *testing.T) {
	w := watch(t, accessLog(5), 8000)
	rng := rand.New(rand.NewPCG(9, 9))
	flagged := 0
	for range 40 {
		w.goOn(2)
		if w.see(access(rng, "", "", "503", "")).Anomaly {
			flagged++
		}
	}
	if flagged < 3 {
		t.Errorf("%d of 40 answers of 503 in a log that had none are flagged, at least 3 wanted", flagged)
	}
}

// What a field's name calls a failure weighs as a code of one does, also in a log in
// which new values come all the time.
func TestFieldNamedAfterAFailure(t *testing.T) {
	rng := rand.New(rand.NewPCG(34, 34))
	with := func(end string) string {
		return fmt.Sprintf(`{"level":"info","msg":"session closed","client":"10.%d.%d.%d","login":"u%d","device":"dev-%c%d",%s}`,
			rng.IntN(4), rng.IntN(250), rng.IntN(250), rng.IntN(900), 'a'+rng.IntN(20), rng.IntN(60), end)
	}
	w := watch(t, func() string { return with(`"isError":0,"ok":true,"timed_out":false,"resumed":false`) }, 4000)
	quiet := w.judge(with(`"isError":0,"ok":true,"timed_out":false,"resumed":true`)).Score
	for _, end := range []string{
		`"isError":1,"ok":true,"timed_out":false,"resumed":false`, `"isError":0,"ok":false,"timed_out":false,"resumed":false`,
		`"isError":0,"ok":true,"timed_out":true,"resumed":false`,
	} {
		w.flags(with(end))
		if bad := w.judge(with(end)).Score; bad < quiet+0.1 {
			t.Errorf("the score %.3f is hardly more than %.3f of what is no failure: %s", bad, quiet, end)
		}
	}
}
