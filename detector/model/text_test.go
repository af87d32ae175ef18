package model

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

func TestPatternText(t *testing.T) {
	line := new(pattern.Workspace)
	o := Observation{Line: &line.Line}
	scanner := pattern.NewScanner(1)
	set := func(text string) string {
		var p patternText
		o.Text, o.Size = []byte(text), len(text)
		scanner.Scan(o.Text, line)
		p.set(&o)
		return string(p.bytes())
	}
	for line, want := range map[string]string{
		"":                              "",
		"request 4711 served in 12.5ms": "request <num> served in <num>s",
		"bell\a, escape \x1b[2J, \x7f":  "bell, escape [2J, ",
	} {
		if got := set(line); got != want {
			t.Errorf("%q has the pattern %q, want %q", line, got, want)
		}
	}
	for _, line := range []string{strings.Repeat("word ", 5000), strings.Repeat("é ", 100), strings.Repeat("x", 95) + "\U0001f642 x"} {
		if got := set(line); len(got) > 96 || len(got) == 0 || !utf8.ValidString(got) {
			t.Errorf("%.10q… has the pattern %q", line, got)
		}
		var p patternText
		if n := testing.AllocsPerRun(100, func() { p.set(&o) }); n != 0 {
			t.Errorf("%.10q…: %v allocations", line, n)
		}
	}
}

// TestUsualLengths: what most lines are long is said so that none of them is outside.
func TestUsualLengths(t *testing.T) {
	var h lengths
	for n := 70; n <= 180; n++ {
		for range 10 {
			h.learn(n)
		}
	}
	h.learn(3)
	h.learn(4000)
	lo, hi := h.usual()
	if lo > 72 || lo < 60 || hi < 178 || hi > 200 {
		t.Errorf("%d to %d bytes, about 70 to 180 wanted", lo, hi)
	}
	for n := 1; n < 5000; n++ { // the edges of a bin are where it begins and ends
		var one lengths
		one.learn(n)
		if lo, hi := one.usual(); n < lo || n > hi {
			t.Fatalf("a line of %d bytes is outside of %d to %d", n, lo, hi)
		}
	}
}

// A word that stands for a value that is not there may stand wherever one may: it is no
// more of a surprise than it is seldom in the log.
func TestPlaceholderIsNoSurprise(t *testing.T) {
	m := New()
	scanner := pattern.NewScanner(1)
	var line pattern.Workspace
	surprise := func(s string) float32 {
		scanner.Scan([]byte(s), &line)
		var words spoken
		return m.language.surprise([]byte(s), &line.Line, pattern.LevelNone, 0, &words, 0).word
	}
	for i := range 200 {
		s := [...]string{"configure tool <none>", "status installed tool"}[i%2]
		scanner.Scan([]byte(s), &line)
		m.language.learn(&line.Line, 1)
	}
	if bits := surprise("status installed <none>"); bits > 2 {
		t.Errorf("<none>, which stands in half of the lines, has %.1f bits in another place; at most 2 are right", bits)
	}
	if bits := surprise("status installed configure"); bits < 4 {
		t.Errorf("a word in a place that never had it has %.1f bits; at least 4 are right", bits)
	}
}
