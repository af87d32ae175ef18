package detector_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestIgnoreReadsWhatTheRestReads puts what an expression looks for before the
// limit of what is read of a line, and behind it: an expression that went over a
// whole line of megabytes would hold up Fluent Bit.
func TestIgnoreReadsWhatTheRestReads(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.Ignore = []string{"planned drill"} })
	verdicts(d, healthy(5000, 1))
	strange := "FATAL kernel panic, all processors halted "
	filler := strings.Repeat("x", 5000)
	for line, ignored := range map[string]bool{
		strange + "planned drill " + filler: true,
		strange + filler + " planned drill": false,
	} {
		if v := verdicts(d, [][]byte{[]byte(line)})[0]; v.Anomaly == ignored || v.Score < 0.5 {
			t.Errorf("%.60s…: %+v, want ignored: %v", line, v, ignored)
		}
	}
}

// in observes a line in a group.
func in(d *detector.Detector, group, line string) (v detector.Verdict) {
	d.Observe(&detector.Event{Message: []byte(line), Group: []byte(group)}, &v)
	return v
}

// TestNewGroupsDoNotPushOutThoseThatJudge lets whoever chooses the groups' names
// make many: they may push out each other, not a model that is in use.
func TestNewGroupsDoNotPushOutThoseThatJudge(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.MaxGroups, o.Warmup, o.Window = 8, 32, 256 })
	for i := range 40 {
		in(d, "shop", "request served "+letterWord(i%3))
		in(d, "billing", "invoice sent "+letterWord(i%3))
	}
	for i := range 1000 {
		in(d, "made up "+letterWord(i), "hello")
	}
	if s := d.Stats(); s.Groups != 8 || s.Evicted != 1000-6 {
		t.Errorf("%d groups are held, %d evicted", s.Groups, s.Evicted)
	}
	for _, group := range []string{"shop", "billing"} {
		if !in(d, group, "request served").Judged {
			t.Errorf("%s has lost its model", group)
		}
	}
	// The one among the young that was used last stays.
	in(d, "young", "hello")
	for i := range 40 {
		in(d, "others "+letterWord(i), "hello")
		in(d, "young", "hello")
	}
	if !in(d, "young", "hello").Judged {
		t.Error("young has not learned on")
	}
}

// TestIdleGroupsMakeRoom lets all places be taken by groups that have gone: new
// ones must be able to learn.
func TestIdleGroupsMakeRoom(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.MaxGroups, o.Warmup, o.Window, o.SampleSize = 4, 32, 256, 64 })
	learn := func(groups ...string) (judged bool) {
		judged = true
		for i := range 40 {
			for _, g := range groups {
				v := in(d, g, "request served")
				judged = judged && (i < 32 || v.Judged)
			}
		}
		return judged
	}
	learn("a", "b", "c", "d")
	if learn("e", "f") {
		t.Error("two new groups have learned while those of a moment ago are held")
	}
	for range 16 * 256 { // the others are idle for that long
		in(d, "a", "request served")
	}
	if !learn("e", "f") {
		t.Error("two new groups do not learn though three others have gone")
	}
	if !in(d, "a", "request served").Judged {
		t.Error("a, which was in use, has lost its model")
	}
	// Others come while it rests for a moment.
	for range 20 * 256 {
		in(d, "a", "request served")
	}
	for i := range 100 {
		in(d, "made up "+letterWord(i), "hello")
	}
	if !in(d, "a", "request served").Judged {
		t.Error("a has lost its model: it was in use without a break, and so counts as idle")
	}
}

// TestInheritedGroupsMakeRoomAsBefore has one group that judges and a young one,
// handed over.
func TestInheritedGroupsMakeRoomAsBefore(t *testing.T) {
	few := func(o *detector.Options) { o.MaxGroups, o.Warmup = 2, 32 }
	old, d := newDetector(t, few), newDetector(t, few)
	for range 40 {
		in(old, "a", "request served")
	}
	in(old, "young", "hello")
	if err := d.Inherit(old); err != nil {
		t.Fatal(err)
	}
	in(d, "new", "hello")
	if !in(d, "a", "request served").Judged {
		t.Error("a has lost its model")
	}
}

// TestLongGroupNames tells groups apart by the first 4,096 bytes of their names:
// what a name costs must have a limit.
func TestLongGroupNames(t *testing.T) {
	d := newDetector(t, nil)
	long := strings.Repeat("n", 4095)
	for _, name := range []string{long + "a", long + "b", long + "a and more", long + "a and other things", long[:300], long[:301]} {
		in(d, name, "hello")
	}
	if n := d.Stats().Groups; n != 4 {
		t.Errorf("%d groups, want 4", n)
	}
	name := bytes.Repeat([]byte("n"), 1<<20)
	if n := testing.AllocsPerRun(100, func() { d.Observe(&detector.Event{Message: []byte("hello"), Group: name}, new(detector.Verdict)) }); n > 1 {
		t.Errorf("%v allocations for a long name", n)
	}
}
