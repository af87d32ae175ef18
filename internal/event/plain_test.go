package event

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
)

// plainTexts are texts of which some, or some of the same shape, have a form.
var plainTexts = []string{
	"2026-03-02 08:00:01,123 INFO [main] org.example.Worker: finished task 8812 of job 17 in 214 ms",
	"081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865 terminating",
	"onReceive action: flags=0x1, uid=10037, pid=2227",
	"level=info id=1 msg1=12 started 12:00:01",
	"time_iso8601=2026-03-02 08:00:01 code=200 size=512",
	"time_iso8602=2026-03-02 08:00:01 code=200 size=512",
	"<34>Oct 11 22:14:15 mymachine su: failed", "<994>Oct 11 22:14:15 mymachine su: failed",
	"1,2,3,4,5,6,7,a,b,c,d,e,f,g", "01,02,03,04,05,06,07,a,b,c,d,e,f,g",
	"#Fields: date time cs-method sc-status", "2026-03-02 08:00:01 GET 200",
	`10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 12`,
	`{"level":30,"time":1772438401123,"pid":17}`, "ready {\"port\": 80}", "Mar  2 08:00:01 host app[7]: ready",
	"2026-03-02T08:00:01.123456789Z stdout F ready", "a\tb", "first\nsecond 2", "\x1b[31mred 7\x1b[0m ", "\x1b[31m", "\x1b[31mre7\x1b[\x1b[0m\x16", "x ", "",
}

// sameEvent holds that a reader that has seen other texts makes the event of a text that
// a new one makes.
func sameEvent(t *testing.T, used *Reader, line []byte) {
	t.Helper()
	var got, want detector.Event
	fresh := reader(t, options.Settings{})
	fresh.header = used.header
	used.lines, used.moments = fresh.lines, fresh.moments // a time without a year depends on those before
	fresh.SetReference(time.Unix(0, 0))
	used.SetReference(time.Unix(0, 0))
	fresh.Line(line, &want)
	used.Line(line, &got)
	for _, ev := range []*detector.Event{&got, &want} {
		if ev.Shape != 0 && ev.Shape != pattern.ShapeOf(ev.Message) {
			t.Fatalf("%q: the shape is not that of the message %q", line, ev.Message)
		}
		ev.Shape = 0
		if len(ev.Message) == 0 { // none is none: what is left of "\x1b[31m"
			ev.Message = nil
		}
		for i := range ev.Fields {
			ev.Fields[i].Known = nil
		}
	}
	if len(got.Fields) == 0 && len(want.Fields) == 0 {
		got.Fields, want.Fields = nil, nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is\n%+v\nwhere a new reader has\n%+v", line, got, want)
	}
}

// FuzzPlains holds that what is remembered of texts without a form changes no event,
// whatever the digits of the next ones are.
func FuzzPlains(f *testing.F) {
	for i, text := range plainTexts {
		f.Add([]byte(text), []byte(plainTexts[(i+1)%len(plainTexts)]), uint64(i))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		used, rng := reader(t, options.Settings{}), rand.New(rand.NewPCG(seed, 1))
		for range 3 {
			for _, line := range [][]byte{a, b, a} {
				sameEvent(t, used, line)
			}
			for _, line := range []*[]byte{&a, &b} {
				*line = bytes.Clone(*line)
				for i, c := range *line {
					if c >= '0' && c <= '9' && rng.IntN(3) == 0 {
						(*line)[i] = '0' + byte(rng.IntN(10))
					}
				}
			}
		}
	})
}

// Of a text without a form, the next of its shape is known.
func TestPlainShapes(t *testing.T) {
	r := reader(t, options.Settings{})
	var ev detector.Event
	for _, c := range []struct {
		text  string
		known bool
	}{{"finished task 8812 in 214 ms", false}, {"finished task 9999 in 100 ms", true}, {"finished task 99 in 100 ms", false}, {`said "7"`, false}, {`said "8"`, false}} {
		if r.Line([]byte(c.text), &ev); r.known != c.known {
			t.Errorf("%q: known %v", c.text, !c.known)
		}
	}
}
