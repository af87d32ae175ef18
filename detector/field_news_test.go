package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestWordsBesideAShortMessage: what a field says went wrong is read on behind the message,
// also behind one of a single byte.
func TestWordsBesideAShortMessage(t *testing.T) {
	for _, message := range []string{"k", "ok"} {
		d := newDetector(t, nil)
		var v detector.Verdict
		event := func(text string) *detector.Event {
			ev := &detector.Event{Message: []byte(message), Fields: []detector.Field{{Name: []byte("queue"), Value: []byte("mail")}}}
			if text != "" {
				ev.Fields = append(ev.Fields, detector.Field{Name: []byte("error"), Value: []byte(text)})
			}
			return ev
		}
		for range 3000 {
			d.Observe(event(""), &v)
		}
		for _, text := range []string{"disk broken", "fan broken"} { // a new field, and a rare one
			if d.Judge(event(text), &v); !v.Anomaly || !strings.Contains(string(v.Reason), text) {
				t.Errorf("message %q, error %q: flagged %t, %s", message, text, v.Anomaly, v.Reason)
			}
			if p, want := string(d.AppendPattern([]byte("> "))), "> "+message+"; error: "+text; p != want {
				t.Errorf("message %q, error %q: the pattern is %q, want %q", message, text, p, want)
			}
			d.Learn(event(text))
		}
	}
}

// TestPatternOfSeveralFields: each field's words stand behind its name, which is none of
// the places that vary and no level.
func TestPatternOfSeveralFields(t *testing.T) {
	d := newDetector(t, nil)
	ev := &detector.Event{Message: []byte("job 7 done"), Fields: []detector.Field{
		{Name: []byte("warning"), Value: []byte("disk 93 full")}, {Name: []byte("http.error"), Value: []byte("reset")}, {Name: []byte("cause"), Value: []byte("fan")},
	}}
	d.Observe(ev, new(detector.Verdict))
	if got, want := string(d.AppendPattern(nil)), "job <num> done; cause: fan; http.error: reset; warning: disk <num> full"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRareWordsAmongTheOthers: a field of words that eight of all records had is still told
// as such when each is judged by the others, and one that nine had is not.
func TestRareWordsAmongTheOthers(t *testing.T) {
	for records, want := range map[int]bool{7: true, 8: true, 9: false, 10: false} {
		d := newDetector(t, func(o *detector.Options) { o.Contamination = 0.01 })
		event := func(i int) *detector.Event {
			ev := &detector.Event{Message: []byte("job done"), Fields: []detector.Field{{Name: []byte("queue"), Value: fmt.Append(nil, i%3)}}}
			if i%400 == 0 && i/400 < records {
				ev.Fields = append(ev.Fields, detector.Field{Name: []byte("error"), Value: []byte("disk broken")})
			}
			return ev
		}
		for i := range 4800 {
			d.Learn(event(i))
		}
		d.Fit()
		var v detector.Verdict
		d.JudgeLearned(event(400*(records-1)), &v)
		if got := strings.Contains(string(v.Reason), "field \"error\""); got != want {
			t.Errorf("%d of 4,800 records: flagged %t, score %.3f, %q", records, v.Anomaly, v.Score, v.Reason)
		}
	}
}

// TestFirstFieldOfAllAmongTheOthers: the field that came first of all, and once, is as new as
// any when each record is judged by the others.
func TestFirstFieldOfAllAmongTheOthers(t *testing.T) {
	d := newDetector(t, nil)
	queue := detector.Field{Name: []byte("queue"), Value: []byte("mail")}
	first := &detector.Event{Message: []byte("job done"), Fields: []detector.Field{{Name: []byte("boot"), Value: []byte("cold")}, queue}}
	d.Learn(first)
	for range 3000 {
		d.Learn(&detector.Event{Message: []byte("job done"), Fields: []detector.Field{queue}})
	}
	d.Fit()
	var v detector.Verdict
	if d.JudgeLearned(first, &v); !v.Anomaly || !strings.Contains(string(v.Reason), `new field "boot"`) {
		t.Errorf("flagged %t, score %.3f, %q", v.Anomaly, v.Score, v.Reason)
	}
}

// TestNameWithoutRoom: a field for whose name there was no room is no news for that, once it
// has come again and again.
func TestNameWithoutRoom(t *testing.T) {
	d := newDetector(t, nil)
	var v detector.Verdict
	event := func(name, queue string) *detector.Event {
		return &detector.Event{Message: []byte("job done"), Fields: []detector.Field{{Name: []byte(name), Value: []byte("a")}, {Name: []byte("queue"), Value: []byte(queue)}}}
	}
	for i := range 600 { // more than are told apart
		for range 3 {
			d.Learn(event(fmt.Sprintf("k%d", i), "mail"))
		}
	}
	for range 1000 { // no run of one line
		d.Learn(event("extra", "mail"))
		d.Learn(event("extra", "post"))
	}
	d.Fit()
	if d.Judge(event("extra", "mail"), &v); v.Score > 0.3 {
		t.Errorf("what came 2,000 times: flagged %t, score %.3f, %q", v.Anomaly, v.Score, v.Reason)
	}
}

// TestSecondRecordOfANewClient: what a client that came once before does for the first time
// is less news than when an old one does it.
func TestSecondRecordOfANewClient(t *testing.T) {
	d := newDetector(t, nil)
	event := func(client, route string) *detector.Event {
		return &detector.Event{Message: []byte("request done"), Fields: []detector.Field{{Name: []byte("client"), Value: []byte(client)}, {Name: []byte("route"), Value: []byte(route)}}}
	}
	for i := range 4000 {
		d.Learn(event(fmt.Sprint("c", i%4), fmt.Sprint("r", i/4%6)))
	}
	d.Fit()
	d.Learn(event("c9", "r1"))
	var young, old detector.Verdict
	d.Judge(event("c9", "r9"), &young)
	young.Reason = nil
	if d.Judge(event("c1", "r9"), &old); !old.Anomaly || young.Score >= old.Score {
		t.Errorf("a score of %.3f of the new client, of the old one %.3f: %s", young.Score, old.Score, old.Reason)
	}
}

// TestNullIsAsIfMissing: a field that is null is told as one that is not there.
func TestNullIsAsIfMissing(t *testing.T) {
	d := newDetector(t, nil)
	var v detector.Verdict
	event := func(i int, user detector.Field) *detector.Event {
		user.Name = []byte("user")
		return &detector.Event{Message: []byte("job done"), Fields: []detector.Field{
			{Name: []byte("queue"), Value: fmt.Append(nil, i%3)}, user, {Name: []byte("host"), Value: []byte("shop-1")},
		}}
	}
	for i := range 5000 {
		d.Observe(event(i, detector.Field{Value: fmt.Append(nil, "u", i%7)}), &v)
	}
	d.Judge(event(0, detector.Field{Kind: detector.Null}), &v)
	if want := `field "user" is missing`; !v.Anomaly || !strings.HasPrefix(string(v.Reason), want) {
		t.Errorf("flagged %t, %q, want %q", v.Anomaly, v.Reason, want)
	}
}
