package model

import "testing"

// TestAbsence: what is away five times as long as ever is news, both by time and by records; once that
// is told it is half as much.
func TestAbsence(t *testing.T) {
	for _, c := range []struct {
		of               absence
		seconds, records uint32
		news             bool
	}{
		{absence{300, 40}, 1506, 206, true},
		{absence{300, 40}, 1504, 206, false},
		{absence{300, 40}, 1506, 204, false},
		{absence{30, 40}, leastAbsence - 1, 206, false},
		{absence{30, 40}, leastAbsence, 206, true},
	} {
		if got := c.of.exceeds(c.seconds, c.records); got != c.news {
			t.Errorf("%+v: %d s and %d records: %v", c.of, c.seconds, c.records, got)
		}
	}
	a := absence{300, 40}
	if a.learn(200, 90, false); a != (absence{300, 90}) {
		t.Errorf("%+v", a)
	}
	if a.learn(90_000, 9000, true); a != (absence{600, 180}) {
		t.Errorf("%+v behind one that was told", a)
	}
	if a.merge(absence{700, 20}); a != (absence{700, 180}) {
		t.Errorf("%+v merged", a)
	}
	a = absence{}
	if a.learn(90_000, 9000, true); a != (absence{2 * leastAbsence / absenceTimes, 2}) {
		t.Errorf("%+v", a)
	}
	if f := (flow{second: 100}); f.passed(160) != 60 || f.passed(90) != 0 || new(flow).passed(90) != 0 {
		t.Error("another time passed")
	}
}
