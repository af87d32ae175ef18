package model

import (
	"fmt"
	"testing"
)

// TestStrewnCharacters: characters beyond ASCII all over a line are strange in a log that
// has none, and a name or a sentence in another script is not, nor are they where each
// line has them.
func TestStrewnCharacters(t *testing.T) {
	var plain, mixed letters
	for i := range 400 {
		plain.learn(fmt.Appendf(nil, "2026-11-26 10:12:%02d INFO order %d of customer %d stored in shard %d", i%60, i*7, i*13, i%16))
		mixed.learn(fmt.Appendf(nil, "2026-11-26 10:12:%02d INFO größe %d für käufer %d über naht %d geprüft", i%60, i*7, i*13, i%16))
	}
	const (
		garbled  = "2026-1\u01c6-26 1\u00df:12:44 I\u0142FO ord\u012br 7\u00e91 of c\u01ffstom\u0164r 13 st\u0101red"
		control  = "2026-11\x02-26 10\x00:12 IN\x1bFO or\x01der 7\x011 of cus\x0ftomer\x02 7"
		name     = "2026-11-26 10:12:44 INFO order 71 of José stored in shard 4"
		sentence = "2026-11-26 10:12:44 INFO заказ принят и сохранён в базе"
	)
	for _, c := range []struct {
		what    string
		of      *letters
		line    string
		strange bool
	}{
		{"a garbled line", &plain, garbled, true},
		{"control characters", &plain, control, true},
		{"a name", &plain, name, false},
		{"an ASCII line", &plain, "2026-11-26 10:12:44 INFO order 71 of customer 2 stored", false},
		{"as many as in each line", &mixed, "2026-11-26 10:12:44 INFO größe 71 für käufer 8 über naht 3 geprüft", false},
	} {
		points := c.of.strewnPoints([]byte(c.line))
		if got := points >= Strange; got != c.strange {
			t.Errorf("%s has %.1f points, flagged by itself: %v, want %v", c.what, points, got, c.strange)
		}
		if points > mostOdd {
			t.Errorf("%s has %.1f points, at most %d wanted", c.what, points, mostOdd)
		}
	}
	if p := plain.strewnPoints([]byte(name)); p != 0 {
		t.Errorf("one character beyond ASCII has %.1f points, none wanted", p)
	}
	if a, b := plain.strewnPoints([]byte(sentence)), plain.strewnPoints([]byte(garbled)); a >= b {
		t.Errorf("a sentence in another script has %.1f points, less than the %.1f of a garbled line wanted", a, b)
	}
}

// TestPlain compares with one byte at a time, wherever it stands.
func TestPlain(t *testing.T) {
	for c := range 256 {
		for at := range 19 {
			b := []byte("2026-11-26 order 7~")
			b[at] = byte(c)
			if want := c >= ' ' && c < 0x80; isPlain(b) != want {
				t.Errorf("%q is plain: %v", b, isPlain(b))
			}
		}
	}
	if !isPlain(nil) {
		t.Error("nothing is not plain")
	}
}
