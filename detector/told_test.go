package detector_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// TestOutageIsToldAtGrowingIntervals lets a service of four routine statements fail
// in two ways, one line in ten, for 6,000 lines: each part of that is told, the later
// ones no more than now and again.
func TestOutageIsToldAtGrowingIntervals(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(21, 22))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	say := func(level, format string) (v detector.Verdict) {
		at = at.Add(time.Duration(rng.IntN(800)) * time.Millisecond)
		line := fmt.Sprintf("%s %-5s [worker-%d] "+format, at.Format("2006-01-02 15:04:05.000"), level, rng.IntN(20), rng.IntN(9000))
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: []byte(line)}, &v)
		return v
	}
	routine := []string{"parcel %d scanned", "label %d printed", "route of parcel %d planned", "scale said %d g"}
	trouble := []string{"parcel %d not stored: the depot's database did not answer", "could not reserve place %d: lock wait timed out"}
	healthy := func(n int) (flagged int) {
		for range n {
			if say("INFO", routine[rng.IntN(len(routine))]).Anomaly {
				flagged++
			}
		}
		return flagged
	}
	healthy(20_000)
	const parts = 10
	var told [parts]int
	all := 0
	for part := range told {
		for range 600 {
			if rng.IntN(10) > 0 {
				healthy(1)
			} else if say("ERROR", trouble[rng.IntN(len(trouble))]).Anomaly {
				told[part]++
				all++
			}
		}
	}
	t.Logf("told in each part of the outage: %v", told)
	for part, n := range told {
		if n == 0 {
			t.Errorf("part %d of the outage is not told", part+1)
		}
	}
	if all > 60 {
		t.Errorf("%d of about 600 lines of an outage are told, at most 60 wanted", all)
	}

	// It is over, and comes back: news again, at once.
	if n := healthy(8_000); n > 2 {
		t.Errorf("%d healthy lines flagged after it", n)
	}
	first := 0
	for i := range 5 {
		if say("ERROR", trouble[i%2]).Anomaly && first == 0 {
			first = i + 1
		}
	}
	if first == 0 {
		t.Error("the outage comes back and is not told within five lines")
	}
}

// TestEachThingThatFailsIsTold: machines fail one after the other with the same
// statement. One with a name of its own is told although the statement goes on; where
// the names are numbers, it is one trouble that goes on.
func TestEachThingThatFailsIsTold(t *testing.T) {
	count := func(trouble string, name func(rng *rand.Rand) string) (told int) {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(23, 24))
		say := func(level, format string) (v detector.Verdict) {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, level+" "+format, name(rng))}, &v)
			return v
		}
		routine := []string{"machine %s started", "machine %s: network plugged", "machine %s: image copied", "machine %s stopped"}
		for range 10_000 {
			say("INFO", routine[rng.IntN(len(routine))])
		}
		for range 60 {
			for range 40 {
				say("INFO", routine[rng.IntN(len(routine))])
			}
			if say("ERROR", trouble).Anomaly {
				told++
			}
		}
		return told
	}
	const trouble = "machine %s: failed to plug the network"
	uuid := func(rng *rand.Rand) string {
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64()>>16)
	}
	named := count(trouble, uuid)
	numbered := count(trouble, func(rng *rand.Rand) string { return fmt.Sprint(rng.IntN(300)) })
	t.Logf("of 60 machines that fail %d are told by a name of their own, %d by a number", named, numbered)
	if with := count(trouble+": qemu-system-x86_64 ended", uuid); with < 50 {
		t.Errorf("of 60 machines that fail %d are told where another identifier is the same in all lines, at least 50 wanted", with)
	}
	if named < 50 || numbered > 25 {
		t.Errorf("of 60 machines that fail %d are told by a name of their own and %d by a number: at least 50 and at most 25 wanted", named, numbered)
	}
}

// TestEachAttackIsTold: logins are guessed at irregular times, a hundred at a time. Each
// attack is told within its first lines, be it that another was two days ago; what comes
// every three hours is told a few times and then usual.
func TestEachAttackIsTold(t *testing.T) {
	told := func(pauses func(rng *rand.Rand) time.Duration, attacks int) (told int) {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(25, 26))
		at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		say := func(format string) (v detector.Verdict) {
			d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, format, rng.IntN(9000))}, &v)
			return v
		}
		routine := []string{"session %d opened", "session %d closed", "key of session %d renewed", "timer ran for %d ms"}
		quiet := func(d time.Duration) {
			for end := at.Add(d); at.Before(end); at = at.Add(time.Duration(rng.IntN(240)) * time.Second) {
				say(routine[rng.IntN(len(routine))])
			}
		}
		quiet(10 * 24 * time.Hour)
		for range attacks {
			first := 0
			for i := range 100 {
				if say("failed password, port %d").Anomaly && first == 0 {
					first = i + 1
				}
				at = at.Add(time.Duration(rng.IntN(5000)) * time.Millisecond)
			}
			if first > 0 && first <= 5 {
				told++
			}
			quiet(pauses(rng))
		}
		return told
	}
	days := told(func(rng *rand.Rand) time.Duration { return time.Duration(8+rng.IntN(60)) * time.Hour }, 7)
	hours := told(func(*rand.Rand) time.Duration { return 3 * time.Hour }, 30)
	t.Logf("of 7 attacks at irregular times %d are told, of 30 that come every three hours %d", days, hours)
	if days < 7 {
		t.Errorf("%d of 7 attacks are told within their first five lines", days)
	}
	if hours > 12 {
		t.Errorf("%d of 30 attacks that come every three hours are told, at most 12 wanted", hours)
	}
}

// TestOneTimeIsNoClock: of a log one record has a time, a dump of some other program. It
// must not stand for the others: an episode of errors is over by the number of records,
// as in a log without any time.
func TestOneTimeIsNoClock(t *testing.T) {
	told := func(time time.Duration) (told int) {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(27, 28))
		say := func(format string) (v detector.Verdict) {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, format, rng.IntN(9000))}, &v)
			return v
		}
		routine := []string{"INFO parcel %d scanned", "INFO label %d printed", "INFO route of parcel %d planned", "INFO scale said %d g"}
		healthy := func(n int) {
			for range n {
				say(routine[rng.IntN(len(routine))])
			}
		}
		healthy(3000)
		d.Observe(&detector.Event{Time: time, Message: []byte("INFO heap written")}, new(detector.Verdict))
		healthy(3000)
		for range 16 {
			first := say("ERROR parcel %d not stored: the depot's database did not answer")
			if second := say("ERROR parcel %d not stored: the depot's database did not answer"); first.Anomaly || second.Anomaly {
				told++
			}
			healthy(300)
		}
		return told
	}
	never, once := told(0), told(time.Duration(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).UnixNano()))
	if never < 12 || once != never {
		t.Errorf("of 16 episodes %d are told where no record has a time, and %d where one has, at least 12 and as many wanted", never, once)
	}
}

// TestLevelThatGoesOn has a routine statement come at WARN now and again: each is told at
// first, and then each time that it came twice as often, also where it names what it speaks
// of and comes behind pauses.
func TestLevelThatGoesOn(t *testing.T) {
	for _, c := range []struct {
		name, format string
		pause        time.Duration // between its records, beside others
	}{
		{"numbers", "label %d printed", time.Second},
		{"identifiers and pauses", "event evt_%08x77af delivered", 12 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDetector(t, nil)
			rng := rand.New(rand.NewPCG(23, 24))
			at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
			say := func(level, format string) (v detector.Verdict) {
				d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, "%s "+format, level, rng.IntN(9000))}, &v)
				return v
			}
			routine := func() {
				for range 250 {
					at = at.Add(c.pause / 250)
					say("INFO", "parcel %d scanned")
				}
			}
			for range 100 {
				routine()
				say("INFO", c.format)
			}
			told, first := 0, 0
			for n := range 200 {
				if say("WARN", c.format).Anomaly {
					told++
					if n < 8 {
						first++
					}
				}
				for range 20 {
					routine()
					say("INFO", c.format)
				}
			}
			if first < 6 || told > first+22 { // the counts are halved fifteen times meanwhile
				t.Errorf("of 200 times at WARN %d are told, %d of the first 8; at least 6 of these and at most 22 others are right", told, first)
			}
		})
	}
}

// TestEmptyLineAtALevel has lines of nothing but a level, as build tools write them
// between others: they say nothing, whatever their level.
func TestEmptyLineAtALevel(t *testing.T) {
	d := newDetector(t, nil)
	var v detector.Verdict
	for i := range 3000 {
		d.Observe(&detector.Event{Message: fmt.Appendf(nil, "[INFO] compiled unit %d", i)}, &v)
		d.Observe(&detector.Event{Message: []byte("[INFO] ")}, &v)
	}
	if d.Judge(&detector.Event{Message: []byte("[ERROR] ")}, &v); v.Anomaly {
		t.Errorf("an empty line at ERROR is flagged: %s", v.Reason)
	}
	if d.Judge(&detector.Event{Message: []byte("[ERROR] compiled unit 7")}, &v); !v.Anomaly {
		t.Errorf("a statement at ERROR that is usually INFO is not flagged, score %.3f", v.Score)
	}
}

// TestBurstIsToldOnceADecade lets a statement that comes now and again come 400 times
// within a minute: that is told when it begins, and once for each decade of its size.
func TestBurstIsToldOnceADecade(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(25, 26))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	say := func(pause int, format string) (v detector.Verdict) {
		at = at.Add(time.Duration(rng.IntN(2*pause)) * time.Millisecond)
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, "INFO "+format, rng.IntN(9000))}, &v)
		return v
	}
	healthy := func(n int) {
		for range n {
			switch rng.IntN(100) {
			case 0:
				say(1000, "session %d closed by its peer")
			case 1, 2, 3, 4, 5, 6, 7, 8, 9:
				say(1000, "parcel %d scanned")
			default:
				say(1000, "label %d printed")
			}
		}
	}
	healthy(8000)
	var told []int
	for n := range 400 {
		if say(100, "session %d closed by its peer").Anomaly {
			told = append(told, n+1)
		}
	}
	if len(told) < 1 || len(told) > 4 || told[0] > 30 {
		t.Errorf("a burst of 400 is told at %v; once to four times is right, first among its first 30", told)
	}
}

// TestAHarmlessNewMessageIsToldOnce says something new, that is nothing bad, six times
// within some hundred records: it is told when it is new, and its score stays what it is.
// A failure is told again.
func TestAHarmlessNewMessageIsToldOnce(t *testing.T) {
	for _, c := range []struct {
		line     string
		harmless bool
	}{
		{"INFO quartermaster: rebalancing the ledger of shelf %s by its usual curve", true},
		{"INFO quartermaster: ledger of shelf %s is corrupted, rebalancing failed", false},
	} {
		d := newDetector(t, nil)
		g := shoplog.New(shoplog.Options{Seed: 16})
		var v detector.Verdict
		shop := func(n int) {
			for range n {
				d.Observe(&detector.Event{Message: []byte(g.Next().Line)}, &v)
			}
		}
		shop(8000)
		told, reached := 0, 0
		for i := range 6 {
			shop(40)
			if d.Observe(&detector.Event{Message: fmt.Appendf(nil, c.line, fmt.Sprintf("%c-%d7f3a9", 'a'+i, i))}, &v); v.Anomaly {
				told++
			}
			if v.Score >= 0.5 {
				reached++
			}
		}
		if reached < 3 {
			t.Fatalf("%q: %d of 6 lines have a score of 0.5 or more, 3 wanted at least", c.line, reached)
		}
		if told == 0 || c.harmless && told > 1 || !c.harmless && told < 2 {
			t.Errorf("%q: told %d times of 6", c.line, told)
		}
	}
}

// TestNewsAtDebug: what is new at DEBUG and says nothing bad is no news for those who run
// the service; at INFO it is, and so is a failure at DEBUG.
func TestNewsAtDebug(t *testing.T) {
	for _, c := range []struct {
		line string
		want bool
	}{
		{"DEBUG lease table compacted", false},
		{"INFO lease table compacted", true},
		{"DEBUG lease table corrupt", true},
	} {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(25, 26))
		var v detector.Verdict
		for range 6_000 {
			line := []string{"DEBUG parcel %d scanned", "INFO label %d printed", "DEBUG route of parcel %d planned"}[rng.IntN(3)]
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, line, rng.IntN(9000))}, &v)
		}
		d.Observe(&detector.Event{Message: []byte(c.line)}, &v)
		if v.Anomaly != c.want {
			t.Errorf("%q is flagged: %v (score %.2f), want %v", c.line, v.Anomaly, v.Score, c.want)
		}
	}
}

// TestThreadIsNoThing: the thread that says that something failed is none of the things
// that fail: a failure that goes on is not told anew with each thread of a pool.
func TestThreadIsNoThing(t *testing.T) {
	count := func(format string) (told int) {
		d := newDetector(t, nil)
		rng := rand.New(rand.NewPCG(27, 28))
		say := func(level, text string, thread int) (v detector.Verdict) {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, format, level, thread, text)}, &v)
			return v
		}
		for range 10_000 {
			say("INFO", []string{"parcel scanned", "label printed", "route planned"}[rng.IntN(3)], rng.IntN(150))
		}
		for i := range 120 {
			for range 10 {
				say("INFO", "parcel scanned", rng.IntN(150))
			}
			if say("ERROR", "the depot's database did not answer", i).Anomaly {
				told++
			}
		}
		return told
	}
	const id = "[3f2a%04x-11d0-4a5e-a1b2-00c04fd430c8]"
	things := count("%s depot " + id + " %s")
	for _, format := range []string{"%s " + id + " %s", "%s [pool 3f2a%04x-11d0-4a5e-a1b2-00c04fd430c8] %s"} {
		if told := count(format); told > 20 || things < told+8 {
			t.Errorf("%q: of 120 lines of one failure in as many threads %d are told, and %d of one of as many depots: at most 20, and clearly more of the depots wanted", format, told, things)
		}
	}
}

// TestOutageThatIsNoLargerIsToldOnce: what fails every day as often as it did before is
// told when it begins, and again only where there is more of it than on any day before.
func TestOutageThatIsNoLargerIsToldOnce(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(35, 36))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	say := func(line string) (v detector.Verdict) {
		at = at.Add(time.Duration(rng.IntN(8000)) * time.Millisecond)
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, line, rng.IntN(9000))}, &v)
		return v
	}
	routine := []string{"INFO parcel %d scanned", "INFO label %d printed", "INFO route of parcel %d planned", "INFO scale said %d g"}
	healthy := func(n int) {
		for range n {
			say(routine[rng.IntN(len(routine))])
		}
	}
	outage := func(lines int) (told []int) {
		for n := range lines {
			if say("ERROR parcel %d not stored: the depot's database did not answer").Anomaly {
				told = append(told, n+1)
			}
			healthy(2)
		}
		healthy(20_000)
		return told
	}
	healthy(20_000)
	outage(300)
	same, larger := outage(250), outage(600)
	if len(same) == 0 || same[0] > 5 || len(same) > 3 {
		t.Errorf("an outage that is no larger than the day before is told at its lines %v, one of the first 5 and at most 3 wanted", same)
	}
	beyond := 0
	for _, n := range larger {
		if n > 300 {
			beyond++
		}
	}
	if beyond < 2 || beyond > 12 {
		t.Errorf("an outage that is larger than those before is told at its lines %v, 2 to 12 times behind the 300th wanted", larger)
	}
}

// TestPauseIsNoSilence: a file is read at once, and its lines have the times at which they
// were read. Nothing in them was away.
func TestPauseIsNoSilence(t *testing.T) {
	d := newDetector(t, nil)
	rng := rand.New(rand.NewPCG(37, 38))
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	told := 0
	for n := range 20_000 {
		line := "INFO parcel %d scanned"
		if block := n / 500 % 8; block == 7 && n%3 == 0 {
			line = "WARN belt %d slow"
		}
		at = at.Add(time.Duration(1+rng.IntN(4)) * time.Microsecond)
		var v detector.Verdict
		d.Observe(&detector.Event{Time: time.Duration(at.UnixNano()), Message: fmt.Appendf(nil, line, rng.IntN(9000))}, &v)
		if v.Anomaly && n > 4000 {
			told++
			if strings.Contains(string(v.Reason), "back after") {
				t.Errorf("line %d: %s", n, v.Reason)
			}
		}
	}
	if told > 8 {
		t.Errorf("%d lines are told of what comes and goes within milliseconds, at most 8 wanted", told)
	}
}

// TestALevelHidesNoValue: of records without a message, which are one kind, some are errors all along. That
// one is an error is told no more with each; what it says for the first time is.
func TestALevelHidesNoValue(t *testing.T) {
	rng, now, d := rand.New(rand.NewPCG(24, 5)), hostBegins, newDetector(t, nil)
	see := func(level pattern.Level, ev string) (v detector.Verdict) {
		text := func(name, value string) detector.Field {
			return detector.Field{Name: []byte(name), Kind: detector.Text, Value: []byte(value)}
		}
		now += time.Duration(rng.IntN(20)) * time.Second
		d.Observe(&detector.Event{Time: now, Level: level, Fields: []detector.Field{
			text("cmp", "db"), text("ev", ev), text("node", fmt.Sprintf("hes-%d", rng.IntN(3))), {Name: []byte("rows"), Kind: detector.Number, Number: float64(100 + rng.IntN(900))},
		}}, &v)
		return v
	}
	errors, told := 0, 0
	for range 12_000 {
		switch rng.IntN(300) {
		case 0:
			v := see(pattern.LevelError, "read failed")
			if errors++; errors > 20 && v.Anomaly {
				told++
			}
		case 1, 2, 3, 4, 5, 6:
			see(pattern.LevelWarn, "read repeated")
		default:
			see(pattern.LevelInfo, pick(rng, "read", "stored", "heartbeat", "sampled"))
		}
	}
	if told > 4 {
		t.Errorf("%d of %d errors are told", told, errors)
	}
	if v := see(pattern.LevelError, "unable to extend table LP_DATA in tablespace LP01"); !v.Anomaly || !strings.Contains(string(v.Reason), "unable to extend") {
		t.Errorf("behind %d errors: told %v, %.3f, %s", errors, v.Anomaly, v.Score, v.Reason)
	}
}
