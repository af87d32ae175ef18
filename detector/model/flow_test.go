package model

import (
	"math"
	"testing"
)

// TestFlow: what is known of how many come in time.
func TestFlow(t *testing.T) {
	const begin = 470_000 * flowHour
	var f flow
	for i := range uint32(100) {
		f.learn(begin + i/2)
	}
	if f.most != 0 || f.n < 85 || f.n > 100 || f.now != f.n {
		t.Fatalf("100 in 50 s: %+v", f)
	}
	if was := f.n; math.Abs(float64(f.with(begin+49+flowSeconds)-(was/2+1))) > 1e-3 || f.with(begin) != was+1 {
		t.Errorf("of %v are left %v behind a half-life, %v in a record that is late", was, f.with(begin+49+flowSeconds)-1, f.with(begin)-1)
	}
	highest := f.n
	for hour := range uint32(30) {
		f.learn(begin + (hour+1)*flowHour)
	}
	if left := highest * float32(math.Exp2(-30/1440.0)); math.Abs(float64(f.most-left)) > 0.1 || f.now > 1.01 {
		t.Errorf("%v come at the most, %v in the last hour, want %v and 1", f.most, f.now, left)
	}
	at := begin + 30*flowHour
	for range 2 * 100 {
		if f.exceeds(at) {
			break
		}
		f.learn(at)
	}
	if !f.exceeds(at) || f.n < flowTimes*f.most-1 {
		t.Errorf("%v are more than %v at the most", f.n, f.most)
	}
	young := f
	if young.since = f.second - flowDay + 1; young.exceeds(at) {
		t.Error("it is known after less than a day")
	}

	// One from the future takes half away at the most, and time goes on behind it.
	most := max(f.most, f.now)
	f.learn(begin + 100_000*flowHour)
	if f.most < most/2-0.01 {
		t.Errorf("%v come at the most behind a record of another century, %v before", f.most, most)
	}
	f.learn(at + 1)
	if f.learn(at + flowSeconds); f.second != at+flowSeconds || f.n > f.now {
		t.Errorf("behind it: %+v", f)
	}
	f.learn(at + 3*flowHour)
	if f.n > 1.01 {
		t.Errorf("hours later %v are there", f.n)
	}
}

func TestFlowsOfTwoLogs(t *testing.T) {
	early, late := flow{100, 5000, 3, 9, 4, absence{60, 7}}, flow{4000, 9000, 2, 1, 6, absence{50, 8}}
	for _, c := range []struct {
		name       string
		own, other flow
		later      bool
		want       flow
	}{
		{"the other is later", early, late, true, flow{100, 9000, 2, 1, 9, absence{60, 8}}},
		{"the own is later", late, early, false, flow{100, 9000, 2, 1, 9, absence{60, 8}}},
		{"the other has none", early, flow{}, false, flow{100, 5000, 3, 9, 9, absence{60, 7}}},
		{"the own has none", flow{}, late, true, late},
	} {
		if c.own.merge(c.other, c.later); c.own != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.own, c.want)
		}
	}
	id := func(id, second uint32) (v valueFlows) {
		v = make(valueFlows, valueFlowLimit)
		v[id%valueFlowLimit] = valueFlow{id: id, flow: flow{second: second, most: 1}}
		return v
	}
	for _, c := range []struct {
		own, other valueFlows
		want       uint32
	}{{id(7, 10), id(7, 20), 7}, {id(7, 10), id(7+valueFlowLimit, 20), 7 + valueFlowLimit}, {id(7, 20), id(7+valueFlowLimit, 10), 7}, {nil, id(7, 1), 7}, {id(7, 1), nil, 7}} {
		if c.own.merge(c.other, false, 9); c.own.of(c.want) == nil || c.own.of(c.want).record != 9 {
			t.Errorf("%d is not followed from here on", c.want)
		}
	}
}
