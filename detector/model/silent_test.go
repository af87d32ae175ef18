package model

import (
	"fmt"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// contexts are what a word may stand in.
var contexts = []string{"%s", "%s: 0", "no %s here", "%s out of memory", "an %s such file", "Name.%s to", "%s space left", "not %s", "%s=nil", "a%sException", "%s-%s of", "with %s was corrected", "it %s in use"}

func checkSilent(t *testing.T, memo *spoken, word string) {
	t.Helper()
	s, l := pattern.NewScanner(1), new(pattern.Workspace)
	for _, c := range contexts {
		text := fmt.Appendf(nil, c, word)
		if n := len("%s-%s of"); len(c) == n {
			text = fmt.Appendf(nil, c, word, word)
		}
		s.Scan(text, l)
		for range 2 { // the second time, what is silent is known
			memo.begin()
			for i := range l.Tokens {
				if l.Tokens[i].Kind != pattern.Word {
					continue
				}
				if got, want := memo.said(text, l.Tokens, i), said(text, l.Tokens, i); got != want {
					t.Errorf("%q, token %d: %d, where nothing is remembered %d", text, i, got, want)
				}
			}
		}
	}
}

// TestSilentWords holds that what a word speaks of is the same where it is remembered
// that it speaks of no failure anywhere.
func TestSilentWords(t *testing.T) {
	var memo spoken
	list := []string{"the", "x", "ab", "request", "Completed", "authentications", "authentication12", "aaaaaaaaa", "aaaaaaaaaa", "✗", "übergabe", "RPCError", "socketError", "Error", "errors", "no", "out", "TIMED", "resource"}
	for w := range namedFailures {
		list = append(list, w)
	}
	for w := range failurePhrases {
		list = append(list, w)
	}
	for _, s := range stems {
		list = append(list, s.text, s.text+"ed", s.text+"able")
	}
	for _, w := range list {
		checkSilent(t, &memo, w)
	}
	if !memo.silent.has([]byte("request")) || memo.silent.has([]byte("error")) {
		t.Error("request is silent, and error is not")
	}
}

func FuzzSilentWords(f *testing.F) {
	for _, w := range []string{"no", "failed", "OOMKilled", "x9", "aaaaaaaaaaaaaaaaaa"} {
		f.Add(w)
	}
	var memo spoken
	f.Fuzz(func(t *testing.T, word string) {
		if len(word) < 100 {
			checkSilent(t, &memo, word)
		}
	})
}
