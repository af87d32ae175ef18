package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestNumbersInReasons puts one number out of its range and reads the reason.
func TestNumbersInReasons(t *testing.T) {
	routine := []string{
		`poll done items=0 retries=-1 took=%dms`, `poll done items=3 retries=1 took=%dms`, `poll done items=2 retries=-1 took=%dms`,
		`poll done items=1 retries=2 took=%dms`,
	}
	for _, c := range []struct{ line, reason string }{
		{`poll done items=70000 retries=1 took=4ms`, `number 70000 of "items" far above the usual 0 to 3`},
		{`poll done items=1 retries=1 took=90000ms`, `number 90s of "took" far above the usual 3ms to 6ms`},
		{`poll done items=1 retries=900000 took=4ms`, `number 900000 of "retries" far above the usual -1 to 2`},
		{`poll done items=0 retries=-1 took=0ms`, ""},
	} {
		d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
		if err != nil {
			t.Fatal(err)
		}
		var v detector.Verdict
		for i := range 400 {
			line := strings.Replace(routine[i%len(routine)], "%d", string(rune('3'+i%4)), 1)
			d.Observe(&detector.Event{Message: []byte(line)}, &v)
		}
		d.Observe(&detector.Event{Message: []byte(c.line)}, &v)
		if v.Anomaly != (c.reason != "") || string(v.Reason) != c.reason {
			t.Errorf("%q: score %.3f, reason %q, want %q", c.line, v.Score, v.Reason, c.reason)
		}
	}
}

// TestIdentifiersAreNoQuantities restarts a program: its process has a number
// that is far above the one before.
func TestIdentifiersAreNoQuantities(t *testing.T) {
	d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v detector.Verdict
	for range 400 {
		d.Observe(&detector.Event{Message: []byte("Mar  2 09:06:21 web sshd[71]: session opened for user deploy")}, &v)
	}
	d.Observe(&detector.Event{Message: []byte("Mar  2 09:06:22 web sshd[4194301]: session opened for user deploy")}, &v)
	if v.Score > 0.3 {
		t.Errorf("another process: score %.3f, reason %q", v.Score, v.Reason)
	}
}

// TestFractionsAfterZeros: a field that showed little but 0 still has a range.
func TestFractionsAfterZeros(t *testing.T) {
	d, err := detector.New(detector.Options{Warmup: 64, Window: 1024, Trees: 50, SampleSize: 128, RefitRecords: 10_000, MaxGroups: 1, Seed: 1, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	var v detector.Verdict
	for i := range 400 {
		d.Observe(&detector.Event{Message: []byte("rolled a segment in " + []string{"0", "0", "0", "1"}[i%4] + " ms")}, &v)
		if v.Anomaly {
			t.Errorf("line %d: %s", i, v.Reason)
		}
	}
	d.Observe(&detector.Event{Message: []byte("rolled a segment in 9869581 ms")}, &v)
	if want := "number 9870s far above the usual 1ms"; !v.Anomaly || string(v.Reason) != want {
		t.Errorf("score %.3f, reason %q, want %q", v.Score, v.Reason, want)
	}
}

// TestIdentifiersWithoutLetters: a hardware address in three groups has some now and then
// that are all digits. They are no numbers, and those beside them stay where they are.
func TestIdentifiersWithoutLetters(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	kinds := []string{
		"%%DOT11-6-ASSOC: Interface Radio0, Station %04x.%04x.%04x Associated KEY_MGMT[WPAv2] vlan %d",
		"%%DOT11-6-DISASSOC: Interface Radio0, Deauthenticating Station %04x.%04x.%04x Reason: has left vlan %d",
		"%%SW_MATM-4-NOTIF: Host %04x.%04x.%04x in vlan %d is flapping",
	}
	n := 0
	line := func(vlan int) []byte {
		n++
		at := time.Date(2026, 3, 2, 8, 0, n, 0, time.UTC).Format("Jan _2 15:04:05")
		b := fmt.Appendf(nil, "%s sw1 %d: ", at, n)
		return fmt.Appendf(b, kinds[rng.IntN(len(kinds))], rng.IntN(1<<16), rng.IntN(1<<16), rng.IntN(1<<16), vlan)
	}
	d := newDetector(t, nil)
	flagged := 0
	var v detector.Verdict
	for i := range 10_000 {
		if d.Observe(&detector.Event{Message: line(1 + rng.IntN(90))}, &v); v.Anomaly && i > 500 {
			flagged++
		}
	}
	found := 0
	for range 20 {
		if d.Observe(&detector.Event{Message: line(400_000)}, &v); v.Anomaly {
			found++
		}
	}
	t.Logf("%d flagged, %d of 20 found", flagged, found)
	if flagged > 9 {
		t.Errorf("%d of 9,500 healthy lines are flagged, at most 9 wanted", flagged)
	}
	if found == 0 {
		t.Error("a number far outside its range is not found beside the address")
	}
}

// TestStatusInText: of the statuses that a service answers with, more than codes are otherwise,
// the first 503 is told in a line of any form. A time that is between 100 and 599 is no status.
func TestStatusInText(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	say := func(status, wait int) string {
		return fmt.Sprintf("INFO answered POST /orders %d after %d waits, %d ms", status, wait, 5+rng.IntN(90))
	}
	w := watch(t, func() string {
		status := pick(rng, 200, 200, 200, 201)
		if rng.IntN(20) == 0 {
			status = pick(rng, 202, 204, 400, 401, 404, 409, 422)
		}
		return say(status, 100+rng.IntN(200))
	}, 12_000)
	w.flags(say(503, 150), "number 503: 9 others stood there in ")
	w.passes(say(404, 150))
	w.passes(say(200, 599))
}

// TestZeroWhereThereWasNone: a 0 among thousands of numbers of which none was is told, in a field
// and in a message, however small and far apart the others are, and is usual when it comes again
// and again; where some were 0, it says nothing, nor does a time that is rounded to it.
func TestZeroWhereThereWasNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	for name, say := range map[string]func(rows, left int) string{
		"message": func(rows, left int) string {
			return fmt.Sprintf("INFO copied %d rows of part 4312-%d to the archive, %d left", rows, left%4*500, left)
		},
		"field": func(rows, left int) string {
			return fmt.Sprintf(`{"level":"info","msg":"rows copied","rows":%d,"left":%d}`, rows, left)
		},
		"small numbers": func(rows, left int) string {
			return fmt.Sprintf(`{"level":"info","msg":"contacts sent","contacts":%d,"left":%d}`, (rows+799)/800, left)
		},
		"small numbers in a message": func(rows, left int) string {
			return fmt.Sprintf("INFO %d contacts sent, %d left", (rows+799)/800, left)
		},
		"amounts": func(rows, left int) string {
			return fmt.Sprintf("INFO order priced: total %.2f EUR, %d left", math.Pow(float64(rows)/800, 2.5), left)
		},
		"amounts in a field": func(rows, left int) string {
			return fmt.Sprintf(`{"level":"info","msg":"order priced","total":%.2f,"left":%d}`, math.Pow(float64(rows)/800, 2.5), left)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, func() string { return say(900+rng.IntN(16000), rng.IntN(40)) }, 8000)
			w.flags(say(0, 7), " 0", "usual")
			w.passes(say(2000, 0))
			told := 0
			for range 100 {
				if w.see(say(0, 7)).Anomaly {
					told++
				}
				w.goOn(10)
			}
			if told == 0 || told > 12 {
				t.Errorf("of 100 zeros %d are told, 1 to 12 wanted", told)
			}
		})
	}
	for name, say := range map[string]string{
		"message": "INFO order priced in %d ms",
		"field":   `{"level":"info","msg":"order priced","took":"%dms"}`,
	} {
		t.Run("time in a "+name, func(t *testing.T) {
			w := watch(t, func() string { return fmt.Sprintf(say, 2+int(rng.ExpFloat64()*40)) }, 8000)
			w.passes(fmt.Sprintf(say, 0))
		})
	}
}

// TestNightlyJob: of a job of which three nights are known, a number that is far from the others is
// told, be it in a field or in a message, also a 0; one a little larger is not, nor is one that is
// far where they were said in a row, or lie far apart. Where they are the same, a field's is a setting.
func TestNightlyJob(t *testing.T) {
	forms := map[string]func(files int) string{
		"field": func(files int) string {
			return fmt.Sprintf(`{"level":"info","msg":"backup finished","files":%d,"target":"s3"}`, files)
		},
		"message": func(files int) string { return fmt.Sprintf("INFO backup finished: %d files to s3", files) },
	}
	const often, inRow = 2000, 0
	for _, c := range []struct {
		what   string
		nights []int
		apart  int // records between two nights
		files  int
		told   bool
	}{
		{"none", []int{41_260, 41_890, 42_700, 41_950}, often, 0, true},
		{"few", []int{41_260, 41_890, 42_700, 41_950}, often, 14, true},
		{"many", []int{41_260, 41_890, 42_700, 41_950}, often, 1_900_000, true},
		{"some more", []int{41_260, 41_890, 42_700, 41_950}, often, 58_000, false},
		{"three nights", []int{41_260, 41_890, 42_700}, often, 14, true},
		{"two nights", []int{41_260, 41_890}, often, 14, false},
		{"in a row", []int{41_260, 41_890, 42_700, 41_950}, inRow, 14, false},
		{"the same", []int{41_260, 41_260, 41_260, 41_260}, often, 14, false},
		{"the same, in a row", []int{41_260, 41_260, 41_260, 41_260}, inRow, 14, false},
		{"far apart", []int{41_260, 90, 4_700, 310_000}, often, 14, false},
	} {
		for name, say := range forms {
			t.Run(c.what+" in a "+name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(8, 3))
				w := watch(t, func() string {
					if name == "field" {
						return fmt.Sprintf(`{"level":"info","msg":"request done","ms":%d}`, 5+rng.IntN(90))
					}
					return fmt.Sprintf("INFO request done in %d ms", 5+rng.IntN(90))
				}, often)
				for _, files := range c.nights {
					w.see(say(files))
					w.goOn(c.apart)
				}
				v := w.see(say(c.files))
				want := c.told || c.what == "the same" && name == "field"
				if told := v.Anomaly && strings.Contains(string(v.Reason), fmt.Sprintf("%d", c.files)); told != want {
					t.Errorf("%d files behind %v: score %.3f, reason %q", c.files, c.nights, v.Score, v.Reason)
				}
			})
		}
	}
}

// TestNextToNone: a 0, or next to none, where there always were many is told, in a field and in a
// message; where there was anything from some on it is not, nor where a counter begins anew.
func TestNextToNone(t *testing.T) {
	forms := map[string]func(rows int) string{
		"field":   func(rows int) string { return fmt.Sprintf(`{"level":"info","msg":"flush done","rows":%d}`, rows) },
		"message": func(rows int) string { return fmt.Sprintf("INFO flush done, %d rows written", rows) },
	}
	for name, say := range forms {
		for _, c := range []struct {
			what string
			rows func(i int, rng *rand.Rand) int
			now  int
			told bool
		}{
			{"none", func(_ int, rng *rand.Rand) int { return 1400 + rng.IntN(3000) }, 0, true},
			{"two", func(_ int, rng *rand.Rand) int { return 1400 + rng.IntN(3000) }, 2, true},
			{"half", func(_ int, rng *rand.Rand) int { return 1400 + rng.IntN(3000) }, 800, false},
			{"some of anything", func(_ int, rng *rand.Rand) int { return int(20 * math.Exp2(9*rng.Float64())) }, 4, false},
			{"the first of a counter", func(i int, rng *rand.Rand) int { return 1400 + 20*i + rng.IntN(20) }, 0, false},
		} {
			t.Run(c.what+" in a "+name, func(t *testing.T) {
				rng, i := rand.New(rand.NewPCG(8, 11)), 0
				w := watch(t, func() string {
					if rng.IntN(10) > 0 {
						if name == "field" {
							return fmt.Sprintf(`{"level":"info","msg":"request done","ms":%d}`, 5+rng.IntN(90))
						}
						return fmt.Sprintf("INFO request done in %d ms", 5+rng.IntN(90))
					}
					i++
					return say(c.rows(i, rng))
				}, 1200)
				v := w.see(say(c.now))
				if told := v.Anomaly && strings.Contains(string(v.Reason), fmt.Sprint(c.now)); told != c.told {
					t.Errorf("%d rows: score %.3f, reason %q", c.now, v.Score, v.Reason)
				}
			})
		}
	}
}

// TestNegativeNumbers: one among numbers of which none was negative is told, in a field and in a
// message; -1 may mean none. Beside a negative number a positive one is as far as both are from 0.
func TestNegativeNumbers(t *testing.T) {
	for name, say := range map[string]func(bytes int, score float64) string{
		"message": func(bytes int, score float64) string {
			return fmt.Sprintf("INFO connection closed, %d bytes sent, score %.2f", bytes, score)
		},
		"field": func(bytes int, score float64) string {
			return fmt.Sprintf(`{"level":"info","msg":"connection closed","bytes":%d,"score":%.2f}`, bytes, score)
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(8, 4))
			score := func() float64 { return -0.05 - rng.Float64()*2 }
			w := watch(t, func() string { return say(100+rng.IntN(9000), score()) }, 200)
			w.passes(say(4000, 2.47))
			w.flags(say(4000, 5000), "5000", "usual")
			w.goOn(8000)
			w.flags(say(-28_595, score()), "-28595", "usual")
			w.passes(say(-1, score()))
		})
	}
}

// TestNumbersOfAnotherKindOfRecord: what four records of their own kind had the like of is no news
// beside the numbers of others: a refund is negative.
func TestNumbersOfAnotherKindOfRecord(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 5))
	say := func(msg string, amount int) string {
		return fmt.Sprintf(`{"level":"info","msg":"%s booked","amount":%d}`, msg, amount)
	}
	w := watch(t, func() string { return say("payment", 300+rng.IntN(200_000)) }, 8000)
	told := 0
	for range 15 {
		v := w.see(say("refund", -300-rng.IntN(200_000)))
		if strings.Contains(string(v.Reason), "amount -") {
			told++
		}
		w.goOn(50)
	}
	if told == 0 || told > 8 {
		t.Errorf("of 15 refunds %d are told by their amount, 1 to 8 wanted", told)
	}
	w.flags(say("payment", -4000), "amount -4000")
}
