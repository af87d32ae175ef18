package model

import (
	"fmt"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestFiguresInReasons are said as people say them.
func TestFiguresInReasons(t *testing.T) {
	for _, c := range []struct{ got, want any }{
		{times(nil, 0), "0 times"}, {times(nil, 1), "once"}, {times(nil, 2), "2 times"}, {times([]byte("seen "), 1234), "seen 1,234 times"},
		{fromTo(nil, 3, 3), "3"}, {fromTo(nil, 3, 2), "3"}, {fromTo(nil, 3, 4), "3 to 4"}, {fromTo([]byte("of "), 999, 12345), "of 999 to 12,345"},
		{percent(nil, 1, 1), "100 %"}, {percent(nil, 9999, 10000), "99.9 %"}, {percent(nil, 2, 1), "100 %"}, {percent(nil, 1, 3), "33.3 %"}, {percent(nil, 1, 2), "50 %"}, {percent(nil, 1, 100), "1 %"},
		{percent(nil, 1, 1000), "0.1 %"}, {percent(nil, 1, 12345), "0.0081 %"}, {percent(nil, 0, 5), "0 %"}, {percent([]byte("in "), 0, 0), "in 0 %"}, {percent(nil, 99.9, 100), "99.9 %"}, {percent(nil, 99.94, 100), "99.9 %"},
		{appendDigits(nil, 0, 2), "0"}, {appendDigits(nil, -1, 2), "0"}, {appendDigits(nil, 1234, 2), "1234"}, {appendDigits(nil, 12.3456, 2), "12"}, {appendDigits(nil, 1.2345, 2), "1.2"}, {appendDigits(nil, 0.012345, 3), "0.0123"},
		{appendDigits(nil, 9.96, 2), "10"}, {appendDigits(nil, 10, 2), "10"}, {appendDigits(nil, 1, 1), "1"},
		{duration(nil, 0), "0 ms"}, {duration(nil, 999*time.Millisecond), "999 ms"}, {duration(nil, time.Second), "1 s"}, {duration(nil, 1500*time.Millisecond), "1.5 s"}, {duration(nil, 99*time.Second), "99 s"},
		{duration(nil, 100*time.Second), "1.7 min"}, {duration(nil, 99*time.Minute), "99 min"}, {duration(nil, 100*time.Minute), "1.7 h"}, {duration(nil, 47*time.Hour), "47 h"}, {duration(nil, 48*time.Hour), "2 d"}, {duration([]byte("for "), 400*24*time.Hour), "for 400 d"},
		{rate(nil, 12.3), "12 a second"}, {rate(nil, 1), "1 a second"}, {rate(nil, 0.9), "54 a minute"}, {rate(nil, 1.0/59), "1 a minute"}, {rate(nil, 1.0/61), "59 an hour"}, {rate(nil, 1.0/3599), "1 an hour"},
		{rate(nil, 1.0/3601), "24 a day"}, {rate(nil, 1.0/80000), "1.1 a day"}, {rate(nil, 1.0/90000), "less than 1 a day"}, {rate([]byte("about "), 0), "about less than 1 a day"},
	} {
		if got := fmt.Sprintf("%s", c.got); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestWithout takes one record out of a place: what it brought that was new there, too.
func TestWithout(t *testing.T) {
	for _, c := range []struct{ in, want [3]float64 }{
		{[3]float64{5, 3, 2}, [3]float64{4, 3, 1}}, {[3]float64{5, 3, 1}, [3]float64{4, 2, 0}}, {[3]float64{1, 1, 1}, [3]float64{0, 0, 0}}, {[3]float64{5, 3, 0}, [3]float64{4, 2, 0}}, {[3]float64{0, 0, 0}, [3]float64{0, 0, 0}},
	} {
		n, news, behind := without(c.in[0], c.in[1], c.in[2])
		if got := [3]float64{n, news, behind}; got != c.want {
			t.Errorf("%v becomes %v, want %v", c.in, got, c.want)
		}
	}
	var g language
	g.fresh = 0.5
	g.freshen(freshHorizon, freshHorizon/2) // half of as many are new
	if g.fresh != 0.5 {
		t.Errorf("%v", g.fresh)
	}
	if g.freshen(freshHorizon, 0); g.fresh != 0.25 {
		t.Errorf("a half of it fades to %v", g.fresh)
	}
	if g.freshen(0, 0); g.fresh != 0.25 {
		t.Errorf("by nothing it fades to %v", g.fresh)
	}
	g.fresh = 0
	if g.freshen(1, 1); g.fresh < 0.9/freshHorizon {
		t.Errorf("of a line of one new word it is %v", g.fresh)
	}
}

// TestCodesOfFailure: a code from 500 to 599 that hardly ever stood in its place says that
// something failed, wherever in the message it stands.
func TestCodesOfFailure(t *testing.T) {
	for _, c := range []struct {
		codes []float64
		odd   int
		want  bool
	}{
		{[]float64{500}, 0, true}, {[]float64{599}, 0, true}, {[]float64{499}, 0, false}, {[]float64{600}, 0, false}, {[]float64{500}, -1, false}, {[]float64{500, 200}, 1, false}, {[]float64{200, 503}, 1, true},
	} {
		l := pattern.Line{}
		for _, v := range c.codes {
			l.Numbers = append(l.Numbers, pattern.Num{Value: v})
		}
		m := New()
		o := Observation{Line: &l, oddCode: c.odd, model: &m}
		o.fields.odd, o.fields.newKey = -1, -1
		if got := o.saysFailed(); got != c.want {
			t.Errorf("%v, of which the %d. is odd: %v", c.codes, c.odd, got)
		}
	}
}

// TestNumbersWithTheirUnits are said in the unit in which they are short.
func TestNumbersWithTheirUnits(t *testing.T) {
	const seconds, bytes, none = pattern.UnitSecond, pattern.UnitByte, pattern.UnitNone
	for _, c := range []struct {
		v    float64
		unit pattern.Unit
		want string
	}{
		{0, seconds, "0s"}, {0.0005, seconds, "500us"}, {0.00099, seconds, "990us"}, {0.001, seconds, "1ms"}, {0.25, seconds, "250ms"}, {0.9994, seconds, "999ms"}, {1, seconds, "1s"}, {90, seconds, "90s"},
		{0, bytes, "0B"}, {1023, bytes, "1023B"}, {1024, bytes, "1KB"}, {1536, bytes, "1.5KB"}, {1 << 20, bytes, "1MB"}, {1 << 30, bytes, "1GB"}, {1 << 40, bytes, "1TB"}, {1 << 50, bytes, "1024TB"},
		{12.345, none, "12.3"}, {100.4, none, "100"}, {99.96, none, "100"}, {-7, none, "-7"}, {1e15, none, "1000000000000000"}, {123456, none, "123456"},
	} {
		if got := string(appendNumber([]byte("x"), c.v, c.unit)); got != "x"+c.want {
			t.Errorf("%v: %s, want %s", c.v, got[1:], c.want)
		}
	}
}

// TestKindsAreSaidByFields of that name, the first one too.
func TestKindsAreSaidByFields(t *testing.T) {
	var o Observation
	o.fields.list[0].kind, o.fields.list[2].kind = true, true
	o.fields.list[3], o.fields.list[4] = seenField{part: first, of: 1}, seenField{part: first, of: 2}
	for at, want := range []bool{0: true, 2: true, 4: true} {
		if got := o.saysKind(at); got != want {
			t.Errorf("the %d. says what kind of record it is: %v", at, got)
		}
	}
}

// TestNamesThatAreRead of statements: each of one that is there, once, in a table of a size
// that may be.
func TestNamesThatAreRead(t *testing.T) {
	own := func() *statements {
		s := newStatements(maxStatements)
		s.add(7)
		return &s
	}
	type name struct {
		name uint64
		at   uint32
	}
	for what, c := range map[string]struct {
		size  uint8
		names []name
		bad   bool
	}{
		"none": {8, nil, false}, "one": {8, []name{{9, 1}}, false}, "twice": {8, []name{{9, 1}, {9, 1}}, true}, "its own": {8, []name{{7, 1}}, true}, "of none": {8, []name{{9, 0}}, true}, "of one that is not there": {8, []name{{9, 2}}, true},
		"too small a table": {0, nil, true}, "a table as small as may be": {1, nil, false}, "the largest table": {14, nil, false}, "too large a table": {15, nil, true}, "far too large a table": {99, nil, true},
	} {
		w := codec.Codec{}
		w.U8(&c.size)
		w.Count("names", len(c.names), 1<<30, 1)
		for _, n := range c.names {
			w.U64(&n.name)
			w.U32(&n.at)
		}
		r := codec.Codec{B: w.B, Reading: true}
		s := own()
		if s.carryNames(&r); (r.Err != nil) != c.bad {
			t.Errorf("%s: %v", what, r.Err)
		}
		if !c.bad && len(c.names) > 0 && s.find(9) != s.at(0) {
			t.Errorf("%s: the statement does not go by it", what)
		}
	}
}

// TestFieldsForAMessage: names with a blank between them, those that say what kind of record
// it is first, with their values.
func TestFieldsForAMessage(t *testing.T) {
	m := New()
	o := Observation{model: &m}
	o.SetFields([]Field{{Name: []byte("a"), Value: []byte("1")}, {Name: []byte("none"), Kind: Null}, {Name: []byte("b"), Value: []byte("2")}, {Name: []byte("event"), Value: []byte("an event of more than twenty-four bytes")}})
	if got, want := string(o.render(nil)), "event=an event of more than tw a b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	o.SetFields([]Field{{Name: []byte("a")}, {Name: []byte("b")}})
	if got := string(o.render(nil)); got != "a b" {
		t.Errorf("%q, want %q", got, "a b")
	}
}
