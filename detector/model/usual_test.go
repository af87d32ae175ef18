package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestUsualLines: a line that says what its statement always says is judged, and learned
// from, as by all that Judge asks.
func TestUsualLines(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	scanner := pattern.NewScanner(1)
	with, without := New(), New()
	var a, b Observation
	var x, y pattern.Workspace
	now := 20_500 * 24 * time.Hour // in 2026
	lines, usual := 60_000, 0
	for i := range lines {
		text := lineOf(rng)
		switch rng.IntN(3000) {
		case 0:
			now += time.Hour
		case 1:
			now -= time.Hour
		default:
			now += time.Duration(rng.IntN(2000)) * time.Millisecond
		}
		repeat := 1
		if rng.IntN(500) == 0 {
			repeat = 2 + rng.IntN(40)
		}
		for range repeat {
			scanner.Scan([]byte(text), &x)
			scanner.Scan([]byte(text), &y)
			a.Text, a.Size, a.Line, a.Level, a.Time = []byte(text), len(text), &x.Line, x.Level, now
			b.Text, b.Size, b.Line, b.Level, b.Time = []byte(text), len(text), &y.Line, y.Level, now
			with.Judge(&a)
			without.judgeAll(&b, without.recognize(&b))
			if a.Row != b.Row || a.Pattern() != b.Pattern() {
				t.Fatalf("line %d, %q: the row is %v, %v by all that is asked", i, text, a.Row, b.Row)
			}
			if a.inRanges && i > lines/2 {
				usual++
			}
			a.Flagged = rng.IntN(300) == 0
			b.Flagged = a.Flagged
			with.Learn(&a)
			without.Learn(&b)
		}
	}
	if usual < lines/4 {
		t.Errorf("%d of %d lines are usual ones", usual, lines/2)
	}
	write := func(m *Model) []byte {
		var c codec.Codec
		m.Carry(&c)
		return c.B
	}
	if !bytes.Equal(write(&with), write(&without)) {
		t.Error("something else was learned")
	}
}

// lineOf is a line of one of some statements, at times an odd one.
func lineOf(rng *rand.Rand) string {
	odd := rng.IntN(200) == 0
	level := "INFO"
	if odd && rng.IntN(2) == 0 {
		level = [...]string{"WARN", "ERROR", "DEBUG"}[rng.IntN(3)]
	}
	ms := 20 + rng.IntN(80)
	if odd {
		ms *= 1 + rng.IntN(1000)
	}
	switch n := rng.IntN(64); {
	case n < 30:
		return fmt.Sprintf("%s request %d of worker [%d] took %d ms", level, rng.IntN(1e6), rng.IntN(8), ms)
	case n < 50:
		return fmt.Sprintf("%s job done, exit status %d, %.1f MB read", level, [...]int{0, 0, 0, 0, 1, 2}[rng.IntN(6)], float64(ms)/3)
	case n < 58:
		return fmt.Sprintf("%s user u%d has logged in from 10.0.%d.%d", level, rng.IntN(50), rng.IntN(9), rng.IntN(200))
	case n < 61:
		return fmt.Sprintf("WARN connection of u%d was refused, %d left", rng.IntN(50), rng.IntN(9))
	case n < 63:
		return fmt.Sprintf("%s cache emptied", level)
	}
	return fmt.Sprintf("%s something %c%c%c new %d", level, 'a'+rng.IntN(26), 'a'+rng.IntN(26), 'a'+rng.IntN(26), ms)
}
