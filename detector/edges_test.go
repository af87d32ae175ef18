package detector_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// TestFieldsAsText are what Ignore expressions see: with a blank between, behind what is
// there, up to the first one from the limit on, and of no value more than that.
func TestFieldsAsText(t *testing.T) {
	var ev detector.Event
	for _, f := range [][2]string{{"a", "1"}, {"bc", "22"}, {"d", "333333"}, {"e", ""}} {
		addField(&ev, f[0], f[1])
	}
	for limit, want := range map[int]string{
		0: "", 1: "a=1", 3: "a=1", 4: "a=1 bc=22", 9: "a=1 bc=22", 10: "a=1 bc=22 d=333333", 18: "a=1 bc=22 d=333333", 19: "a=1 bc=22 d=333333 e=",
	} {
		if got := string(ev.AppendFields([]byte("before:"), limit)); got != "before:"+want {
			t.Errorf("limit %d: %q, want %q", limit, got, want)
		}
	}
	var long detector.Event
	addField(&long, "x", strings.Repeat("y", 100))
	if got := string(long.AppendFields(nil, 7)); got != "x=yyyyyyy" {
		t.Errorf("of a long value: %q", got)
	}
	if got := (&detector.Event{}).AppendFields(nil, 7); len(got) != 0 {
		t.Errorf("of no fields: %q", got)
	}
}

// TestIgnoreTakesAllEntries, expressions and ids in any order, and refuses an id that is
// none.
func TestIgnoreTakesAllEntries(t *testing.T) {
	id := "pattern: " + text.ID(1<<40+7)
	for _, entries := range [][]string{{id, "^x", "^y"}, {"^x", id, "^y"}, {"^x", "^y", id}} {
		ig, err := detector.NewIgnore(entries)
		if expressions, patterns := ig.Len(); err != nil || expressions != 2 || patterns != 1 {
			t.Errorf("%q: %d expressions, %d patterns, %v", entries, expressions, patterns, err)
		}
	}
	for _, bad := range []string{"pattern: ", "pattern: abc", "pattern: " + strings.ToUpper(text.ID(1<<50-1)), id + "0"} {
		if ig, err := detector.NewIgnore([]string{"^x", bad}); err == nil || ig != nil || !strings.Contains(err.Error(), "no id of a pattern") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestMergedKeepsTheSeed, by which all that is known is hashed.
func TestMergedKeepsTheSeed(t *testing.T) {
	seeded := func(o *detector.Options) { o.Seed = 4711 }
	events := shopEvents(3000, 1)
	one := newDetector(t, seeded)
	observe(one, events[:2000])
	var m detector.Merger
	for range 2 {
		if err := m.Add(bytes.NewReader(snapshot(t, one))); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b, "test", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := newDetector(t, nil).Restore(bytes.NewReader(b.Bytes())); err == nil {
		t.Error("a detector of another seed takes it")
	}
	d := newDetector(t, seeded)
	if _, err := d.Restore(&b); err != nil {
		t.Fatal(err)
	}
	if all := observe(d, events[:100]); !all[0].Judged {
		t.Error("it begins anew")
	}
}

// TestRanksAreForTheContaminationToo, not for the slider's stops alone: of what is judged
// by all of it, exactly that share is flagged, in each group, and so for each stop.
func TestRanksAreForTheContaminationToo(t *testing.T) {
	for _, groups := range []int{1, 2} {
		change := func(o *detector.Options) { o.Contamination, o.MaxGroups, o.Sweep = 0.05, 4, []float64{0, 0.1} }
		d, by := newDetector(t, change), newDetector(t, change)
		events := shopEvents(4000, groups)
		for i := range events {
			d.Learn(&events[i])
			by.Learn(&events[i])
		}
		of := map[string]int{}
		for i := range events {
			by.Rank(&events[i])
			of[string(events[i].Group)]++
		}
		d.RankBy(by)
		flagged, swept := map[string]int{}, map[string]int{}
		least, most := 1.0, 0.0 // of the scores of those flagged, and of the others
		for i := range events {
			var v detector.Verdict
			if d.JudgeLearned(&events[i], &v); v.Anomaly {
				flagged[string(events[i].Group)]++
				least = min(least, v.Score)
			} else {
				most = max(most, v.Score)
			}
			if v.Sweep&2 != 0 {
				swept[string(events[i].Group)]++
			}
		}
		if is := d.Stats().Threshold; groups == 1 && (least < is || most > is+1e-3) {
			t.Errorf("those flagged have scores from %v on, the others up to %v, by a threshold of %v", least, most, is)
		}
		for group, n := range of {
			if want := n / 20; flagged[group] < want || flagged[group] > want+1 {
				t.Errorf("%d groups, %q: %d of %d flagged, want %d", groups, group, flagged[group], n, want)
			}
			if want := n / 10; swept[group] < want || swept[group] > want+1 {
				t.Errorf("%d groups, %q: at the stop of 0.1 %d of %d flagged, want %d", groups, group, swept[group], n, want)
			}
		}
	}
}

// TestAnotherWarmup: a model that was saved while it learned judges as soon as it has
// learned for as long as the new Warmup says, and no sooner.
func TestAnotherWarmup(t *testing.T) {
	events := shopEvents(200, 1)
	for _, learned := range []int{98, 99, 100, 101, 150} {
		slow := newDetector(t, func(o *detector.Options) { o.Warmup = 5000 })
		observe(slow, events[:learned])
		d := newDetector(t, func(o *detector.Options) { o.Warmup = 100 })
		if _, err := d.Restore(bytes.NewReader(snapshot(t, slow))); err != nil {
			t.Fatal(err)
		}
		for i, v := range observe(d, events[learned:learned+4]) {
			if n := learned + i; v.Judged != (n >= 100) {
				t.Errorf("%d records were learned, with a Warmup of 100 the one behind %d is judged: %v", learned, n, v.Judged)
			}
		}
	}
}

// TestOnlyANewDetectorTakesOver: one that has seen anything, of groups or of none, would
// lose it.
func TestOnlyANewDetectorTakesOver(t *testing.T) {
	for _, group := range []string{"", "a"} {
		old, d := newDetector(t, nil), newDetector(t, nil)
		file := snapshot(t, old)
		d.Learn(&detector.Event{Group: []byte(group), Message: []byte("request 1 served")})
		if err := d.Inherit(old); err == nil || !strings.Contains(err.Error(), "new detector") {
			t.Errorf("group %q: Inherit: %v", group, err)
		}
		if _, err := d.Restore(bytes.NewReader(file)); err == nil || !strings.Contains(err.Error(), "new detector") {
			t.Errorf("group %q: Restore: %v", group, err)
		}
		if n := d.Stats().Groups; n != 1 {
			t.Errorf("group %q: %s", group, fmt.Sprint(n, " groups are left"))
		}
	}
}
