package model

import (
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"math"
	"testing"
)

// TestOddCodes: the strangest code, of places that are known and hold few, by how many of
// those were new once.
func TestOddCodes(t *testing.T) {
	type place struct {
		n     float32 // numbers that stood there; below 0 = nothing is known of it
		few   uint16  // different ones
		count uint32  // how often this one was among them
	}
	odd := place{1023, 1, 0} // 1 of 1024: 10 bits, 14.5 points
	for _, c := range []struct {
		name   string
		seen   uint32 // records of the statement
		row    float32
		places []place
		code   int // which of them it is, -1 = none
		points float32
	}{
		{"one that never stood", 1000, 0, []place{odd}, 0, 14.5},
		{"a statement that is just known", 300, 0, []place{odd}, 0, 14.5},
		{"or not yet", 299, 0, []place{odd}, -1, 0},
		{"a place that is just known", 1000, 0, []place{{300, 1, 0}}, 0, 11.94},
		{"or not yet", 1000, 0, []place{{299, 1, 0}}, -1, 0},
		{"of as many codes as there may be", 1000, 0, []place{{1023, 5, 0}}, 0, 11.125},
		{"of more", 1000, 0, []place{{1023, 6, 0}}, -1, 0},
		{"one that stood there at times", 1000, 0, []place{{1023, 1, 7}}, 0, 5.75},
		{"often enough", 1000, 0, []place{{1023, 1, 8}}, -1, 0},
		{"behind those that are none", 1000, 0, []place{{-1, 0, 0}, {20, 1, 0}, {1023, 6, 0}, {1023, 1, 8}, odd}, 4, 14.5},
		{"the strangest", 1000, 0, []place{{1023, 5, 0}, odd, {300, 1, 0}}, 1, 14.5},
		{"the first of two", 1000, 0, []place{odd, odd}, 0, 14.5},
		{"a number that is less strange", 1000, 14.375, []place{odd}, 0, 14.5},
		{"one that is as strange", 1000, 14.5, []place{odd}, -1, 14.5},
		{"one that is stranger", 1000, 15, []place{odd}, -1, 15},
		{"no code", 1000, 3, nil, -1, 3},
	} {
		m := New()
		m.fields.ranges.slots = make([]numberRange, rangesAtFirst)
		const number = 3 // that is the strangest by its size
		o := &Observation{Line: &pattern.Line{Numbers: make([]pattern.Num, pattern.MaxNumbers)}, known: &statement{seen: c.seen}, number: number, oddCode: 7}
		featNumber.set(&o.Row, c.row)
		for i, p := range c.places {
			k := code{number: 10 + i, place: uint64(i+1) * 7919, at: i}
			if p.n < 0 {
				k.at = -1
			}
			m.fields.ranges.slots[i] = numberRange{bounds: bounds{n: p.n}, few: p.few}
			if p.count > 0 {
				k.value = uint32(mix64(k.place, 0))
				m.fields.values.count(k.value, p.count)
			}
			o.codeList[i] = k
		}
		o.coded = len(c.places)
		m.judgeCodes(o)
		wantCode, wantNumber, codes := -1, number, numberRange{}
		if c.code >= 0 {
			wantCode, wantNumber, codes = 10+c.code, -1, m.fields.ranges.slots[c.code]
		}
		if o.oddCode != wantCode || o.number != wantNumber || c.code >= 0 && o.codes != codes || math.Abs(float64(featNumber.Points(&o.Row)-c.points)) > 1.0/PerPoint {
			t.Errorf("%s: code %d of %v, number %d, %v points; want %d of %v, %d, %v", c.name, o.oddCode, o.codes, o.number, featNumber.Points(&o.Row), wantCode, codes, wantNumber, c.points)
		}
	}
}

// A place in which more different numbers stood than codes may be is not asked any more;
// the others of the statement are.
func TestPlaceWithoutCodes(t *testing.T) {
	m := New()
	st := &statement{hash: 5}
	line := &pattern.Line{
		Tokens:  []pattern.Token{{Kind: pattern.Word, End: 4}, {Kind: pattern.Number, Start: 5, End: 6}, {Kind: pattern.Number, Start: 7, End: 8}},
		Numbers: []pattern.Num{{Token: 1}, {Token: 2}},
	}
	o := &Observation{Text: []byte("exit 1 1"), Line: line, known: st}
	for i := range 2 * manyCodes {
		line.Numbers[0].Value, line.Numbers[1].Value = float64(i), 7
		m.reach(o)
		m.learnCodes(o)
		if want := i > manyCodes; o.coded == 1 != want || (st.uncoded&1 == 0) != (i < manyCodes) || st.uncoded>>1 != 0 {
			t.Errorf("with number %d of the first place: %d may be codes, uncoded %b", i+1, o.coded, st.uncoded)
		}
	}
	if r := m.fields.ranges.find(uint32(o.codeList[0].place)); r == nil || r.n != 2*manyCodes || r.few != 1 {
		t.Errorf("the second place: %+v", r)
	}
}
