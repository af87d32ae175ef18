package detector_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Words in a field are read with the message.
func TestFieldWords(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	next := func() string {
		if rng.IntN(20) == 0 {
			return fmt.Sprintf(`{"level":"warn","msg":"request retried","err":"%s, attempt %d","peer":"10.0.0.%d"}`, pick(rng, "connection timed out", "peer is busy"), 1+rng.IntN(3), rng.IntN(40))
		}
		return fmt.Sprintf(`{"level":"info","msg":"request served","peer":"10.0.0.%d","took_ms":%d}`, rng.IntN(40), 5+rng.IntN(20))
	}
	w := watch(t, next, 8000)
	w.passes(`{"level":"warn","msg":"request retried","err":"peer is busy, attempt 2","peer":"10.0.0.7"}`)
	w.flags(`{"level":"warn","msg":"request retried","err":"certificate expired, refusing connection","peer":"10.0.0.7"}`)
	w.flags(`{"level":"info","msg":"request served","peer":"10.0.0.7","took_ms":11,"err":"disk quota exceeded"}`, `word of failure "exceeded", seen 0 times`)
}

// What is strange about the words of a field that hardly any record has is told by the
// field, and no word of the message is: it is the message that it always was.
func TestFieldOfWordsIsNamed(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	next := func() string {
		return fmt.Sprintf(`{"level":"info","msg":"request completed","ms":%d}`, 12+rng.IntN(40))
	}
	w := watch(t, next, 2000)
	const failed = `{"level":"info","msg":"request completed","ms":31,"error":"connection reset by peer"}`
	w.flags(failed, `new field "error": "connection reset by peer"`)
	w.see(failed)
	w.flags(failed, `field "error" seen once in 2,`, `"connection reset by peer"`)
	w.see(failed)
	w.flags(failed, `field "error" seen 2 times in 2,`, `"connection reset by peer"`)
}

// Of several fields of words that hardly any record has, the one that the fewest had is
// told, wherever it stands.
func TestTheRarestFieldOfWordsIsNamed(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 8))
	next := func() string {
		return fmt.Sprintf(`{"level":"info","msg":"request completed","ms":%d}`, 12+rng.IntN(40))
	}
	for _, order := range []string{
		`"error":"connection reset by peer","cause":"certificate expired"`,
		`"cause":"certificate expired","error":"connection reset by peer"`,
	} {
		w := watch(t, next, 2000)
		for range 2 {
			w.see(`{"level":"info","msg":"request completed","ms":31,"error":"connection reset by peer"}`)
		}
		w.flags(`{"level":"info","msg":"request completed","ms":31,`+order+`}`, `new field "cause": "certificate expired"`)
		w.see(`{"level":"info","msg":"request completed","ms":31,"cause":"certificate expired"}`)
		w.flags(`{"level":"info","msg":"request completed","ms":31,`+order+`}`, `field "cause" seen once in 2,`)
	}
}
