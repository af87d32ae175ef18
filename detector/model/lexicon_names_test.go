package model

import "testing"

// TestWordsThatLookLikeFailures: what only begins as a word of failure does.
func TestWordsThatLookLikeFailures(t *testing.T) {
	for _, word := range []string{"broker", "Brokers", "lossless", "preemptible", "retryable"} {
		if classify([]byte(word)) != 0 {
			t.Errorf("%q is a word of failure", word)
		}
	}
	for _, word := range []string{"broken", "Unreachable", "unresolvable", "inaccessible", "Retrying", "preempted", "losses"} {
		if classify([]byte(word)) == 0 {
			t.Errorf("%q is no word of failure", word)
		}
	}
}
