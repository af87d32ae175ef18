package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// TestWordsOfAFieldAreToldByIt gives a routine message a field of words that hardly
// any record has: the reason names the field, and no word of the message, which is
// what it always was.
func TestWordsOfAFieldAreToldByIt(t *testing.T) {
	d := newDetector(t, nil)
	var v detector.Verdict
	number := 0
	observe := func(more ...detector.Field) {
		number++
		ms := []byte(fmt.Sprint(12 + number%40))
		fields := append([]detector.Field{{Name: []byte("ms"), Kind: detector.Number, Value: ms, Number: float64(12 + number%40)}}, more...)
		d.Observe(&detector.Event{Message: []byte("request completed"), Fields: fields}, &v)
	}
	for range 2000 {
		observe()
	}
	failed := detector.Field{Name: []byte("error"), Kind: detector.Text, Value: []byte("connection reset by peer")}
	for _, want := range []string{
		`new field "error": "connection reset by peer"`,
		`field "error" seen once in 2,001 records: "connection reset by peer"`,
		`field "error" seen 2 times in 2,002 records: "connection reset by peer"`,
	} {
		if observe(failed); !v.Anomaly || !strings.HasPrefix(string(v.Reason), want) {
			t.Errorf("%v %.2f %q, want it flagged for %q", v.Anomaly, v.Score, v.Reason, want)
		}
	}
}
