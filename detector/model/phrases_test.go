package model

import (
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// saysOfFailure reports whether a word or a phrase of the line speaks of a failure.
func saysOfFailure(line string) bool {
	var w pattern.Workspace
	pattern.NewScanner(1).Scan([]byte(line), &w)
	for i := range w.Line.Tokens {
		if said([]byte(line), w.Line.Tokens, i) != 0 {
			return true
		}
	}
	return false
}

// TestFailuresInSeveralWords: what systems say of a call that failed, of which no word
// speaks of a failure by itself.
func TestFailuresInSeveralWords(t *testing.T) {
	for line, want := range map[string]bool{
		"write /data/seg: No space left on device": true, "open conf: no such file or directory": true,
		"dial tcp: connect: no route to host": true, "request timed out after 30s": true, "operation timed-out": true,
		"mounted as read-only file system": true, "bind: address already in use": true, "Device or resource busy": true,
		"connection limit reached": true, "tenant over quota": true, "reached the limit of 20 streams": true, "the limit was hit": false,
		"fixed limit has been updated": false, "limit 100": false, "reached the end": false, "over 100 limits": false,
		"Out of memory": true, "split-brain": true, "Back-off restarting container": true, "no healthy upstream": true,

		"saw no timed out calls": false, "no spaces left": false, "space left": false, "no, such is life": false, "timed: out": false,
		"times": false, "read only": false, "out": false, "walked out of the house": false, "resources busy": false, "no": false,
	} {
		if got := saysOfFailure(line); got != want {
			t.Errorf("%q speaks of a failure: %v, want %v", line, got, want)
		}
	}
}

// TestWordsOfFailureWhereTheyStand: words that say what a program chose, what it counts
// and what it corrected are none; names of Kubernetes' reasons are.
func TestWordsOfFailureWhereTheyStand(t *testing.T) {
	for line, want := range map[string]bool{
		"deadlock detected": true, "failover to replica 2": true, "unclean shutdown": true, "session expired": true,
		"wait interrupted": true, "undervoltage on rail 3": true, "pod web-1: OOMKilled": true, "CrashLoopBackOff for api": true,
		"connect ECONNREFUSED": true, "A www.example.com SERVFAIL qr,rd": true, "code = DeadlineExceeded": true,
		"2 ddr error(s) detected": true,

		"2 ddr error(s) detected and corrected on rank 0": false, "seen over 335 seconds": false, "starting quorum peer": false,
		"ignoring option x": false, "SELinux: Disabled at runtime": false, "expiring session 4": false, "10722 total interrupts": false,
		"OOMKilledCounter ready": false,

		"Looking for unclaimed instances stuck in BUILDING status": false, "checking for stale locks": false, "scanned for failed disks": false,
		"node status 1142533309 0 hung": true, "in 12 s, 0 failed": false, "of 12, 0 failed": false, "with 0 failed": false,

		"Check for updates failed": true, "looking for a lock, stuck": true, "waiting for node 7, dead": true, "waiting for stuck jobs": true,
		"for stale locks": true, "looking: for stale locks": true, "looking for the list of all the stuck": true,
	} {
		if got := saysOfFailure(line); got != want {
			t.Errorf("%q speaks of a failure: %v, want %v", line, got, want)
		}
	}
}

// TestReasonTellsThePhrase: it is told whole, with how often its first word stood there.
func TestReasonTellsThePhrase(t *testing.T) {
	const line = "call timed out"
	var w pattern.Workspace
	pattern.NewScanner(1).Scan([]byte(line), &w)
	m := New()
	o := Observation{Text: []byte(line), Size: len(line), Line: &w.Line}
	m.Judge(&o)
	if got, want := string(phraseFailure(&o, nil)), `word of failure "timed out", seen 0 times in 0 records`; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
}
