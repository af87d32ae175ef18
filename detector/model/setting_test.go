package model

import "testing"

// TestMergedSettings: what two logs said each time is added where it is the same; else it changed.
func TestMergedSettings(t *testing.T) {
	a := setting{value: 1, letters: 7, at: 900, n: 3}
	b := setting{value: 2, letters: 8, at: 500, n: 5, changes: 2}
	for _, c := range []struct {
		s, o, want setting
		later      bool
	}{
		{a, setting{}, setting{value: 1, letters: 7, n: 3}, true},
		{setting{}, b, setting{value: 2, letters: 8, n: 5, changes: 2}, false},
		{a, a, setting{value: 1, letters: 7, n: 6}, true},
		{setting{value: 1, n: 200}, setting{value: 1, n: 200}, setting{value: 1, n: 255}, false},
		{a, b, setting{value: 2, letters: 8, n: 5, changes: 3}, true},
		{a, b, setting{value: 1, letters: 7, n: 3, changes: 3}, false},
		{b, b, setting{value: 2, letters: 8, n: 5, changes: 4}, false}, // which of them were in a row is not known
	} {
		s := c.s
		if s.merge(&c.o, c.later); s != c.want {
			t.Errorf("%+v and %+v, later: %v, are %+v, want %+v", c.s, c.o, c.later, s, c.want)
		}
	}
}

// TestNoSetting: what changes all the time is not looked at any more.
func TestNoSetting(t *testing.T) {
	o, m := new(Observation), New()
	var p place
	for i := range uint32(2 * mostChanges) {
		f := Field{Name: []byte("state"), Kind: Text, Value: []byte{'a' + byte(i%2)}}
		o.SetFields([]Field{f})
		p.setting.learn(&o.fields.list[0], &f, i*oneLoading)
	}
	if p.setting.changes != mostChanges+1 {
		t.Errorf("it changed %d times", p.setting.changes)
	}
	p.setting.n = 255
	f := Field{Name: []byte("state"), Kind: Text, Value: []byte("other")}
	if o.SetFields([]Field{f}); m.isSetting(&p, &o.fields.list[0], &f) {
		t.Error("another value is another setting")
	}
	if p.setting.changes--; !m.isSetting(&p, &o.fields.list[0], &f) {
		t.Error("after one change less another value is none")
	}
}

// TestSettingsOfOneTime: records that come together are of one time.
func TestSettingsOfOneTime(t *testing.T) {
	o := new(Observation)
	f := Field{Name: []byte("on"), Kind: Bool, Value: []byte("true")}
	o.SetFields([]Field{f})
	var s setting
	for _, c := range []struct {
		record uint32
		n      uint8
	}{{1000, 1}, {1001, 1}, {1000 + oneLoading - 1, 1}, {1000 + oneLoading, 2}, {1001 + oneLoading, 2}, {9000, 3}} {
		if s.learn(&o.fields.list[0], &f, c.record); s.n != c.n {
			t.Errorf("at record %d it was said %d times, want %d", c.record, s.n, c.n)
		}
	}
}
