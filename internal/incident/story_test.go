package incident

import (
	"fmt"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestAStormIsOneStory with the lines that were not flagged any more, too.
func TestAStormIsOneStory(t *testing.T) {
	tr, teller := New(0), NewTeller(0)
	tell := func(i int, at time.Duration, v detector.Verdict, text string) {
		tr.Pass(at)
		l := Line{Number: int64(i), Time: at, Text: []byte(text), Verdict: &v, Template: func() string { return "T" }}
		if v.Anomaly {
			l.Nth = tr.Flagged(nil, &v)
			l.Incident = tr.AppendID(nil)
		}
		teller.Line(&l)
	}
	for i := range 1000 {
		tell(i+1, start+time.Duration(i)*time.Second, detector.Verdict{Pattern: 1, Judged: true}, "routine")
	}
	for i := range 243 { // of which eight are flagged
		v := detector.Verdict{Pattern: 2, Judged: true, Anomaly: i < 8, Score: 0.7 - float64(i)/100, Kind: detector.NewPattern, Level: pattern.LevelError, Reason: []byte(`unusual word "burning"`)}
		tell(1001+i, start+1000*time.Second+time.Duration(i)*37*time.Millisecond, v, "the house is burning")
	}
	tell(1244, start+1010*time.Second, detector.Verdict{Pattern: 3, Judged: true, Anomaly: true, Score: 0.6, Kind: detector.OffNumber}, "took 9000 ms")
	tell(2000, start+1320*time.Second, detector.Verdict{Pattern: 2, Judged: true}, "long after, it is another thing")
	list := teller.Stories()
	if len(list) != 1 {
		t.Fatalf("%d stories", len(list))
	}
	s := list[0]
	if s.Lines != 244 || s.Flagged != 9 || s.From != 1001 || s.To != 1244 || s.Took() != 10*time.Second || s.Level != pattern.LevelError || s.Score != 0.7 {
		t.Errorf("the story is %+v", s)
	}
	if fmt.Sprint(s.Kinds) != "[{new 8} {number 1}]" {
		t.Errorf("its kinds are %v", s.Kinds)
	}
	if p := s.Patterns[0]; p.Lines != 243 || p.Flagged != 8 || p.Line != 1001 || fmt.Sprint(p.Marks()) != "[[13 20]]" {
		t.Errorf("its first pattern is %+v, marked %v", p, p.Marks())
	}
}

// TestAValueIsNotItsPattern: of a message of which one value came back, or comes too often, the other
// lines are none of the incident's.
func TestAValueIsNotItsPattern(t *testing.T) {
	for _, kind := range []detector.AnomalyKind{detector.Returned, detector.OffRate} {
		for byValue, lines := range map[bool]int64{false: 10, true: 1} {
			teller := NewTeller(0)
			for i := range int64(10) {
				v := detector.Verdict{Pattern: 1, Anomaly: i == 0, Kind: kind, ByValue: byValue}
				teller.Line(&Line{Number: i + 1, Time: start, Verdict: &v, Incident: []byte("i"), Template: func() string { return "" }})
			}
			if s := teller.Stories()[0]; s.Lines != lines || s.Patterns[0].Lines != lines {
				t.Errorf("%s, by its value %t: %d lines, of the pattern %d, want %d", kind, byValue, s.Lines, s.Patterns[0].Lines, lines)
			}
		}
	}
}

func TestTellerIsBounded(t *testing.T) {
	teller := NewTeller(0)
	v := detector.Verdict{Anomaly: true}
	for i := range 3 * maxStories {
		v.Score, v.Pattern = float64(i%1000)/1000, uint64(i)
		teller.Line(&Line{Number: int64(i), Verdict: &v, Incident: fmt.Appendf(nil, "n%012d-abcde", i), Template: func() string { return "" }})
	}
	list := teller.Stories()
	if len(list) > maxStories || int64(len(list))+teller.Left != 3*maxStories || len(teller.fresh) > maxStories {
		t.Errorf("%d stories, %d left out", len(list), teller.Left)
	}
	if top := Top(list, 3); len(top) != 3 || top[0].Score != 0.999 {
		t.Errorf("the strangest is %+v", top[0])
	}
}
