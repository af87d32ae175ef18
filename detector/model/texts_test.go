package model

import (
	"strings"
	"testing"
)

// The surprise of a text is the sum over the characters that stood in less than one
// text in eight, whatever the counts are.
func TestTextsSurprise(t *testing.T) {
	for _, n := range []float32{0, 0.5, 1, 3, 7, 8, 30, 30.5, 100, 1000, 8191.5, fullTexts} {
		for count := range uint16(fullTexts / 4) {
			x := texts{n: n}
			x.with[3], x.pairs[9] = count, count
			got := x.surprise(marks{with: 1 << 3, pairs: 1 << 9})
			want := float32(0)
			if c := float32(count) + 0.5; c < (n+1)/(1<<plainBits) {
				if b := -log2(float64(c/(n+1))) - toldBits*log2(float64(1+float32(count)/knownMark)); b > plainBits {
					want = 2 * (b - plainBits)
				}
			}
			if got != want {
				t.Fatalf("a character of %d texts of %v has %v bits, want %v", count, n, got, want)
			}
		}
	}
}

// TestKnownMark: a letter that stood in hundreds of texts is no news, however many have it not.
func TestKnownMark(t *testing.T) {
	x := texts{n: 10_000}
	for _, c := range []struct {
		in   uint16
		most float32
	}{{0, 20}, {2, 10}, {200, 0}, {600, 0}} {
		x.with[3] = c.in
		got := x.surprise(marks{with: 1 << 3})
		if got > c.most || c.in < 10 && got < c.most/2 {
			t.Errorf("a letter in %d texts of 10,000 has %v bits", c.in, got)
		}
	}
}

// TestSpelled: two signs side by side in a number that is written by 64 signs are chance, elsewhere they
// are marks.
func TestSpelled(t *testing.T) {
	for text, pairs := range map[string]bool{
		"/v1/intents/pi_yPv--N7ihnJDCXFA": false,
		"FYNn---wkVkx9":                   false,
		"/intents/rBSOjOHW23S_/capture":   false,
		"/intents/-BSOjOHW23Sx":           false,
		"yPv--N7ihnJ":                     true, // too short
		"ypv--n7ihnjdcxfa":                true, // no number of 64 signs has small letters alone
		"name--of-a-branch-2":             true,
		"1' OR '1'='1'--":                 true,
		"AdminPass1'--":                   true,
		"__proto__":                       true,
	} {
		if got := marksOf([]byte(text)).pairs != 0; got != pairs {
			t.Errorf("%q has pairs: %v, want %v", text, got, pairs)
		}
	}
	// What is told as strangest is none of these either.
	var x texts
	x.n = 1000
	for i := range x.with {
		x.with[i] = 1000
	}
	if strange, _, _ := x.strangest([]byte("pi_yPv--N7ihnJDCXFA")); len(strange) == 2 {
		t.Errorf("%q is the strangest", strange)
	}
	if strange, _, _ := x.strangest([]byte("name--of")); string(strange) != "--" {
		t.Errorf("%q is the strangest, want --", strange)
	}
}

// BenchmarkMarksOfManySigns is of a text that who writes it has made of one long run of signs, as long as is
// looked at: it costs by its length, and not by the square of that.
func BenchmarkMarksOfManySigns(b *testing.B) {
	text := []byte("Aa1" + strings.Repeat("-", maxValue))
	b.SetBytes(maxValue)
	for b.Loop() {
		marksOf(text)
	}
}
