package detector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/examples/shoplog"
)

// TestARunIsOfTheVerySameLine says one line again and again, and beside it lines of one
// statement that differ in a word or in a field: they are no run.
func TestARunIsOfTheVerySameLine(t *testing.T) {
	services := strings.Fields("chargen daytime discard echo finger ftp klogin ntalk printer rsync telnet tftp time uucp who")
	for _, c := range []struct {
		name string
		say  func(i int) detector.Event
		run  bool
	}{
		{"the same", func(i int) detector.Event { return detector.Event{Message: []byte("inetd: removing telnet")} }, true},
		{"another word", func(i int) detector.Event {
			return detector.Event{Message: []byte("inetd: removing " + services[i%len(services)] + services[i/len(services)])}
		}, false},
		{"another field", func(i int) detector.Event {
			value := fmt.Appendf(nil, "s%d", i)
			return detector.Event{Message: []byte("service is removed"), Fields: []detector.Field{{Name: []byte("service"), Kind: detector.Text, Value: value}}}
		}, false},
	} {
		d := newDetector(t, nil)
		g := shoplog.New(shoplog.Options{Seed: 14})
		var v detector.Verdict
		for i := range 3000 {
			ev := detector.Event{Message: []byte(g.Next().Line)}
			d.Observe(&ev, &v)
			if i%60 == 59 {
				ev = c.say(i/60 + 30)
				d.Observe(&ev, &v)
			}
		}
		told := 0
		for i := range 30 {
			ev := c.say(i)
			if d.Observe(&ev, &v); v.Anomaly && strings.HasPrefix(string(v.Reason), "the same line") {
				told++
			}
		}
		if told > 0 != c.run {
			t.Errorf("%s: told %d times as a run of one line", c.name, told)
		}
	}
}

// TestABurstLikeOneBeforeIsNoNews has a job that says one line twenty times when it
// begins, early in the log and again when the log is twenty times as long and the line
// that much rarer: it is told only where it is larger.
func TestABurstLikeOneBeforeIsNoNews(t *testing.T) {
	for _, c := range []struct {
		lines int
		told  bool
	}{{20, false}, {200, true}} {
		d := newDetector(t, nil)
		g := shoplog.New(shoplog.Options{Seed: 15})
		var v detector.Verdict
		shop := func(n int) {
			for range n {
				d.Observe(&detector.Event{Message: []byte(g.Next().Line)}, &v)
			}
		}
		fetch := func(n int) (told int) {
			for i := range n {
				if d.Observe(&detector.Event{Message: fmt.Appendf(nil, "build: fetched module %d of the cache", i*7919%1000)}, &v); v.Anomaly {
					told++
				}
			}
			return told
		}
		shop(1000)
		fetch(20)
		shop(20_000)
		if told := fetch(c.lines); told > 0 != c.told {
			t.Errorf("%d lines after 20 at the beginning: %d told, want some: %v", c.lines, told, c.told)
		}
	}
}

// TestABurstThatGrowsByAndBy has a message that comes in twos and threes make up half of the log
// for a while, with something else between any two: it is told, if it was known for long.
func TestABurstThatGrowsByAndBy(t *testing.T) {
	for _, c := range []struct {
		known int // records of it
		times int // one in how many records it is then
		told  bool
	}{{600, 2, true}, {600, 16, false}, {100, 2, false}} {
		d := newDetector(t, nil)
		g := shoplog.New(shoplog.Options{Seed: 16})
		rng := rand.New(rand.NewPCG(16, 1))
		var v detector.Verdict
		shop := func(n int) {
			for range n {
				d.Observe(&detector.Event{Message: []byte(g.Next().Line)}, &v)
			}
		}
		accept := func() bool {
			d.Observe(&detector.Event{Message: fmt.Appendf(nil, "listener: accepted connection from 10.41.20.%d:%d", rng.IntN(60), 32768+rng.IntN(28000))}, &v)
			return v.Anomaly
		}
		shop(1000)
		for i := range c.known {
			shop(rng.IntN(100))
			if accept(); i%3 == 0 {
				accept()
			}
		}
		shop(200)
		told := 0
		for range 120 {
			shop(c.times - 1)
			if accept() {
				told++
			}
		}
		if told > 0 != c.told {
			t.Errorf("one in %d records after %d of it: %d told, want some: %v", c.times, c.known, told, c.told)
		}
	}
}

// TestARunOfRecords says one record again and again, the very same one or with new
// numbers and identifiers, in a log that was seen for a while and in one that is known
// well. Records that differ in what they ask for are no run, nor are a few.
func TestARunOfRecords(t *testing.T) {
	const few = 20 // fewer than a rush
	request := func(client, page int, rest string) string {
		return fmt.Sprintf(`{"client":"c-%c%c","page":"/p/%c%c","verb":"GET","code":"200"%s}`, 'a'+client/26, 'a'+client%26, 'a'+page/26, 'a'+page%26, rest)
	}
	for _, known := range []int{1500, 6000} {
		for _, c := range []struct {
			name   string
			traced bool
			page   func(i int) int
			say    string
		}{
			{"the very same", false, func(int) int { return 7 }, "the same record "},
			{"the same but for an identifier and a number", true, func(int) int { return 7 }, "records that differ in numbers and identifiers only, "},
			{"other pages", true, func(i int) int { return i * 7 % 600 }, ""},
		} {
			rng := rand.New(rand.NewPCG(uint64(known), 5))
			rest := func() string {
				if !c.traced {
					return ""
				}
				return fmt.Sprintf(`,"trace":"%016x","ms":%d`, rng.Uint64(), 5+rng.IntN(90))
			}
			seldom := func(n int) int { return int(float64(n) * math.Pow(rng.Float64(), 6)) } // most of few
			w := watch(t, func() string { return request(seldom(300), seldom(600), rest()) }, known)
			told, reason := 0, ""
			for i := range 8 * few {
				if v := w.see(request(3, c.page(i), rest())); v.Anomaly {
					told++
					reason = string(v.Reason)
					if i < few {
						t.Errorf("%s, of %d: record %d is told: %s", c.name, known, i+1, reason)
					}
				}
			}
			if (told > 0) != (c.say != "") || !strings.Contains(reason, c.say) || told > 2 {
				t.Errorf("%s, of %d: told %d times, %q", c.name, known, told, reason)
			}
		}
	}
}
