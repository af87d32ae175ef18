package model

import (
	"math"
	"testing"
)

// TestLimitAtTheEndsOfTheScale: above the limit a number is high, wherever on the scale the mark
// is, and 0 is no limit.
func TestLimitAtTheEndsOfTheScale(t *testing.T) {
	for _, mark := range []float32{-40, -1.5, -highAbove, 0.25, 20, 126, 127.9} {
		s := side{mark: mark}
		limit := s.limit()
		if limit == unlimited {
			t.Errorf("of the mark %v it is unlimited", mark)
		}
		if limit < math.MaxInt16 && !s.beyond(limit+2) || s.beyond(limit-2) {
			t.Errorf("of the mark %v it is %d: high above it %v, below it %v", mark, limit, s.beyond(limit+2), s.beyond(limit-2))
		}
	}
}

// TestSpell: what comes four times as often as it may is worth more with each record, is over
// when it no longer does, and is usual then.
func TestSpell(t *testing.T) {
	odds := oddsOf(32, 4)
	var s spell
	points := func(record uint32) float32 { return s.points(record, odds, spellBits) }
	record := uint32(1000)
	for n := 1; ; n++ {
		if points(record) > 0 {
			if n != 12 { // 36 bits, of 3 each
				t.Errorf("%d in a row are told, 12 wanted", n)
			}
			break
		}
		s.goOn(record, odds, false)
		record++
	}
	s.goOn(record, odds, true)
	if record++; points(record) > 0 {
		t.Error("it is told with the next one, too")
	}
	again := 0
	for ; points(record) == 0; again++ {
		s.goOn(record, odds, false)
		record++
	}
	if again != 23 { // 2 x 36 + 36 bits are 36 of them, less those before
		t.Errorf("it is told again behind %d more, 23 wanted", again)
	}
	most := s.most
	if record += 500; !s.over(record, odds) {
		t.Error("500 others do not end it")
	}
	if s.goOn(record, odds, false) || s.largest != most {
		t.Errorf("it goes on behind them, or the largest is %d, %d wanted", s.largest, most)
	}
	if s.goOn(record-100, odds, false) {
		t.Error("it goes on at a record long before it began")
	}
}
