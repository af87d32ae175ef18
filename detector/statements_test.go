package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// routine is a log of n lines, two seconds apart, into which others are put by
// at: what is said at record i, besides.
func routine(d *detector.Detector, n int, at func(i int) string) (flagged []int) {
	var v detector.Verdict
	now := time.Duration(1_767_225_600) * time.Second
	for i := range n {
		now += 2 * time.Second
		line := at(i)
		if line == "" {
			line = fmt.Sprintf("INFO request %d served in %d ms", i, 5+i*7%40)
		}
		if d.Observe(&detector.Event{Time: now, Message: []byte(line)}, &v); v.Anomaly {
			flagged = append(flagged, i)
		}
	}
	return flagged
}

// word is a word that no tokeniser takes for an identifier.
func word(i int) string {
	b := []byte{}
	for range 6 {
		b = append(b, byte('a'+i%26))
		i = i*31/7 + 11
	}
	return string(b)
}

// TestPlaceWithManyWordsIsFree says the same of a new user each time: after a few
// of them the next is no new message, and all have one pattern.
func TestPlaceWithManyWordsIsFree(t *testing.T) {
	d := newDetector(t, nil)
	patterns := map[uint64]int{}
	var v detector.Verdict
	for i := range 3000 {
		line := fmt.Sprintf("INFO request %d served", i)
		if i%10 == 0 {
			line = fmt.Sprintf("INFO session opened for user %s on console", word(i))
		}
		d.Observe(&detector.Event{Message: []byte(line)}, &v)
		if i >= 1000 && i%10 == 0 {
			patterns[v.Pattern]++
			if v.Anomaly {
				t.Errorf("%s: %s", line, v.Reason)
			}
		}
	}
	if len(patterns) != 1 {
		t.Errorf("sessions of %d patterns, 1 wanted", len(patterns))
	}
	d.Observe(&detector.Event{Message: []byte("INFO session refused for user aaaaaa on console")}, &v)
	if patterns[v.Pattern] > 0 {
		t.Error("a refused session has the pattern of opened ones")
	}
}

// TestOneRecordFromTheFutureChangesNothing puts a line of the year 2099 into a
// log, and one of 1970.
func TestOneRecordFromTheFutureChangesNothing(t *testing.T) {
	run := func(odd bool) (scores []float64) {
		d := newDetector(t, nil)
		var v detector.Verdict
		now := time.Duration(1_767_225_600) * time.Second
		for i := range 4000 {
			now += 2 * time.Second
			at := now
			switch {
			case odd && i == 1000:
				at = time.Duration(4_070_908_800) * time.Second
			case odd && i == 2000:
				at = 1
			}
			d.Observe(&detector.Event{Time: at, Message: fmt.Appendf(nil, "INFO request %d served in %d ms", i, 5+i*7%40)}, &v)
			if i > 1000 && i != 2000 {
				scores = append(scores, v.Score)
			}
		}
		return scores
	}
	with, without := run(true), run(false)
	for i := range with {
		if d := with[i] - without[i]; d > 0.05 || d < -0.05 {
			t.Fatalf("record %d has the score %.3f, without the odd ones %.3f", i, with[i], without[i])
		}
	}
}

// TestSteadyErrorIsRoutine says an error every minute for three days.
func TestSteadyErrorIsRoutine(t *testing.T) {
	d := newDetector(t, nil)
	flagged := routine(d, 100_000, func(i int) string {
		if i%30 == 0 {
			return fmt.Sprintf("ERROR cannot reach the price feed, %d tries", 1+i%3)
		}
		return ""
	})
	for _, i := range flagged {
		if i > 4000 {
			t.Errorf("told at record %d of 100,000", i)
		}
	}
}

// TestReturningErrorIsNews lets an error come in clumps, the second after many
// hours.
func TestReturningErrorIsNews(t *testing.T) {
	d := newDetector(t, nil)
	starts := []int{5000, 25_000, 47_000}
	flagged := routine(d, 50_000, func(i int) string {
		for _, s := range starts {
			if i >= s && i < s+60 && i%2 == 0 {
				return "ERROR cannot write /var/lib/queue: no space left on device"
			}
		}
		return ""
	})
	for _, s := range starts {
		told := false
		for _, i := range flagged {
			told = told || i >= s && i < s+10
		}
		if !told {
			t.Errorf("the clump at record %d is not told within its first five lines: %v", s, flagged)
		}
	}
}

// TestIgnoreEndsBeforeTheNewline has an expression that ends in $, and messages
// that end in a newline.
func TestIgnoreEndsBeforeTheNewline(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.Ignore = []string{"drill$"} })
	verdicts(d, healthy(5000, 1))
	for _, end := range []string{"", "\n", "\r\n"} {
		line := "FATAL kernel panic, all processors halted, planned drill" + end
		if v := verdicts(d, [][]byte{[]byte(line)})[0]; v.Anomaly || v.Score < 0.5 {
			t.Errorf("%q: %+v, want it strange and ignored", line, v)
		}
	}
}

// TestIgnoredMovesNoThreshold compares what is flagged at a share of one in a
// thousand with and without strange lines that are ignored.
func TestIgnoredMovesNoThreshold(t *testing.T) {
	threshold := func(noise bool) float64 {
		d := newDetector(t, func(o *detector.Options) {
			o.Contamination, o.Ignore = 0.001, []string{"planned drill"}
		})
		var v detector.Verdict
		for i, line := range healthy(20_000, 4) {
			d.Observe(&detector.Event{Message: line}, &v)
			if noise && i%50 == 0 {
				d.Observe(&detector.Event{Message: fmt.Appendf(nil, "FATAL panic %s %s: planned drill", word(i), word(i*3+1))}, &v)
			}
		}
		return d.Stats().Threshold
	}
	if with, without := threshold(true), threshold(false); with > without+0.05 {
		t.Errorf("the threshold is %.3f with ignored lines and %.3f without", with, without)
	}
}

// TestAnIdentifierWithoutADigit has request ids in base64url, of which one in some dozens
// holds no digit: its line is of the same statement as the others, and no news. A short
// word in their place is another matter.
func TestAnIdentifierWithoutADigit(t *testing.T) {
	for _, begin := range []string{"[worker-%d] ", "%d 8 "} { // numbers beside it are another matter than words with digits
		t.Run(begin, func(t *testing.T) { testAnIdentifierWithoutADigit(t, begin) })
	}
}

func testAnIdentifierWithoutADigit(t *testing.T, begin string) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(31, 32))
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	id := func(digits string) string {
		b := make([]byte, 22)
		for i := range b {
			n := len(letters)
			if i == 0 || i == len(b)-1 {
				n -= len("-_")
			}
			b[i] = letters[rng.IntN(n)]
		}
		if digits != "" {
			b[3], b[11] = digits[rng.IntN(len(digits))], digits[rng.IntN(len(digits))]
		}
		return string(b)
	}
	var v detector.Verdict
	say := func(id string, i int) detector.Verdict {
		format := []string{"%s DEBUG schema.TypeValidator validate page", "%s DEBUG schema.FormatValidator validate page", "%s INFO rest.Handler request done"}[i%3]
		d.Observe(&detector.Event{Message: fmt.Appendf(nil, begin+format, i%4, id)}, &v)
		return v
	}
	patterns := map[int]uint64{}
	for i := range 3000 {
		patterns[i%3] = say(id("0123456789"), i).Pattern
	}
	for i := range 30 {
		if v := say(id(""), i); v.Anomaly || v.Pattern != patterns[i%3] {
			t.Errorf("line %d with an identifier without a digit: anomaly %v, %q, pattern %x, want %x", i, v.Anomaly, v.Reason, v.Pattern, patterns[i%3])
		}
	}
	if v := say("nobody", 3000); v.Pattern == patterns[0] {
		t.Error("a short word where identifiers stand is taken for one")
	}
}

// TestANameIsNoFailure: where anything stands, names of people, a word of failure is one of them;
// where a few do, it is none.
func TestANameIsNoFailure(t *testing.T) {
	for name, c := range map[string]struct {
		values int
		told   bool
	}{"hundreds of users": {400, false}, "a dozen": {12, true}} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 5))
			users := make([]string, c.values)
			for i := range users {
				for range 4 + i%4 {
					users[i] += string(rune('b' + rng.IntN(20)))
				}
			}
			say := func(user string) string {
				return fmt.Sprintf("sshd: connection of user %s from 10.0.%d.%d opened", user, rng.IntN(4), rng.IntN(250))
			}
			w := watch(t, func() string {
				if rng.IntN(3) == 0 {
					return fmt.Sprintf("cron: job %d done", rng.IntN(1000))
				}
				return say(users[rng.IntN(len(users))])
			}, 4000)
			for _, user := range []string{"error", "halt", "killed"} {
				if v := w.see(say(user)); v.Anomaly != c.told {
					t.Errorf("%q: flagged %v: %s", user, v.Anomaly, v.Reason)
				}
			}
			if !w.see("sshd: connection of user " + users[0] + " from 10.0.1.1 refused").Anomaly {
				t.Error("what is said of them is not told any more")
			}
		})
	}
}

// TestNamesInQuotes: a failure of eight queues is one, and not eight.
func TestNamesInQuotes(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	w := watch(t, func() string {
		return fmt.Sprintf("INFO message %d delivered to consumer %d in %d ms", rng.IntN(1e6), rng.IntN(50), 5+rng.IntN(90))
	}, 3000)
	told := 0
	for range 80 {
		names := pick(rng, "'mail' in vhost 'post'", "'orders' in vhost 'shop'", "'stock' in vhost 'depot'", "'search' in vhost 'find'",
			"'billing' in vhost 'money'", "'images' in vhost 'media'", "'audit' in vhost 'law'", "'exports' in vhost 'trade'")
		if w.see("WARN channel exception precondition_failed: cannot declare queue " + names).Anomaly {
			told++
		}
		w.goOn(25)
	}
	if told == 0 || told > 5 {
		t.Errorf("of 80 failures %d are told, 1 to 5 wanted", told)
	}
}

// TestGarbledWhereAnythingStands: binary in a place in which any word may stand is told, a name
// with an accent is not.
func TestGarbledWhereAnythingStands(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + rng.IntN(26))
		}
		return string(b)
	}
	others := make([]string, 60)
	for i := range others {
		for range 4 + i%9 {
			others[i] += " " + word(3+rng.IntN(6))
		}
	}
	say := func(name string) string { return "INFO job name \"" + name + "\" accepted for uid 5021" }
	w := watch(t, func() string {
		if rng.IntN(3) == 0 {
			return say(word(5 + rng.IntN(5)))
		}
		return "INFO" + others[rng.IntN(len(others))]
	}, 4000)
	w.flags(say("\ufffd\x02\x00\ufffd\x7fELF\x02\x01\ufffd\x00\x03\ufffdq\x01"), "unusual characters")
	w.passes(say("renée"))
}
