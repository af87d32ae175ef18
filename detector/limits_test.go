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

// TestLeastRecentlyUsedGroupGoes, not the one that came first.
func TestLeastRecentlyUsedGroupGoes(t *testing.T) {
	d := newDetector(t, func(o *detector.Options) { o.MaxGroups = 2 })
	for _, group := range []string{"a", "b", "a", "c", "a", "d", "a"} {
		d.Learn(&detector.Event{Group: []byte(group), Message: []byte("request 1 served")})
	}
	if s := d.Stats(); s.Groups != 2 || s.Evicted != 2 {
		t.Errorf("%d groups are held, %d made room: want 2 and 2, b and c", s.Groups, s.Evicted)
	}
}
