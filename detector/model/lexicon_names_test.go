package model

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestWordsThatLookLikeFailures: what only begins as a word of failure does.
func TestWordsThatLookLikeFailures(t *testing.T) {
	for _, word := range []string{"broker", "Brokers", "lossless", "preemptible", "retryable", "Denis", "denim", "freezers", "emerging"} {
		if classify([]byte(word)) != 0 {
			t.Errorf("%q is a word of failure", word)
		}
	}
	for _, word := range []string{"broken", "Unreachable", "unresolvable", "inaccessible", "Retrying", "preempted", "losses", "denied", "denies", "Denials", "emergency", "freezing", "frozen"} {
		if classify([]byte(word)) == 0 {
			t.Errorf("%q is no word of failure", word)
		}
	}
}

// TestValueSaysFailure: a field's value that is one word of failure, or a name made with one,
// weighs as a code of one does.
func TestValueSaysFailure(t *testing.T) {
	for value, want := range map[string]bool{
		"rejected": true, "FAILED": true, "denied": true, "card_declined": true, "RATE_LIMIT_EXCEEDED": true, "not_found": true, "AccessDenied": true,
		"IOError": true, "ECONNREFUSED": true, "SERVFAIL": true, "DEADLINE_EXCEEDED": true, "DeadlineExceeded": true, "OOMKilled": true,
		"no_error": false, "non_fatal": false, "RetryHandler": false, "FailureDetector": false, "error-page-7": false, "/var/log/error": false,
		"NXDOMAIN": false, "card_accepted": false, "a_name_longer_than_any_failure_has": false, "failed_after_more_than_one_attempt": false,
		"accepted": false, "broker": false, "": false, "failed to bind the port": false, "nothing has failed here": false,
	} {
		if got := saysFailure(&Field{Kind: Text, Value: []byte(value)}); got != want {
			t.Errorf("%q says failure: %v, want %v", value, got, want)
		}
	}
	if saysFailure(&Field{Kind: Number, Value: []byte("500"), Number: 500}) {
		t.Error("a number is a word of failure")
	}
}

// TestWordsThatRepeatTheLevel: ERROR in a line at ERROR, and WARNING in one at WARN or
// worse, is no news beside the level.
func TestWordsThatRepeatTheLevel(t *testing.T) {
	for _, tt := range []struct {
		word  string
		level pattern.Level
		want  bool
	}{
		{"error", pattern.LevelError, true}, {"Errors", pattern.LevelFatal, true}, {"ERROR", pattern.LevelWarn, false}, {"error", pattern.LevelNone, false},
		{"WARNING", pattern.LevelWarn, true}, {"warnings", pattern.LevelError, true}, {"warning", pattern.LevelInfo, false},
		{"failed", pattern.LevelFatal, false}, {"errand", pattern.LevelError, false}, {"s", pattern.LevelError, false}, {"", pattern.LevelError, false},
	} {
		if got := repeats([]byte(tt.word), tt.level); got != tt.want {
			t.Errorf("%q at level %s only repeats it: %v, want %v", tt.word, levelName(tt.level), got, tt.want)
		}
	}
}
