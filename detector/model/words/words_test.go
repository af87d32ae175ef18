package words

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// What the words of operations must weigh, within bounds that another list
// of projects would keep, too.
func TestWeight(t *testing.T) {
	const far = 99
	for _, tt := range []struct {
		words    string
		from, to float32
	}{
		{"cannot unexpected incorrect fail failed error unable invalid fatal panic", 1.5, 5},
		{"exception failure corrupted wrong crashed", 1, 5},
		{"successfully completed connected started", -far, -2.5},
		{"done created finished loaded succeeded", -far, -2},
		{"partition block lock the of file request", -0.99, 0.99},
		{"null none nil", 0, 0},                        // placeholders, whatever the projects say
		{"failedness successfull qwertz x", 0, 0},      // no words
		{"unexpectedunexpectedunexpected", 0, 0},       // longer than any
		{"Failed FAILED fAiLeD CANNOT Cannot", 1.5, 5}, // in any case
		{"SUCCESSFULLY Completed Started", -far, -2.5}, // likewise
		{"fa1led failed. f@iled", 0, 0},
	} {
		for word := range strings.SplitSeq(tt.words, " ") {
			if got := Weight([]byte(word)); got < tt.from || got > tt.to {
				t.Errorf("Weight(%q) = %.1f bits, want %.1f to %.1f", word, got, tt.from, tt.to)
			}
		}
	}
	if got := Weight(nil); got != 0 {
		t.Errorf("Weight(nil) = %g, want 0", got)
	}
}

// Every line of the table is a word and the weight that Weight returns, and
// nothing else.
func TestTable(t *testing.T) {
	var list []string
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			if len(list) > 0 {
				t.Errorf("%q: a comment behind the first word", line)
			}
			continue
		}
		word, bits, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if len(word) < MinLength || len(word) > MaxLength || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q: not %d to %d small letters", word, MinLength, MaxLength)
		}
		want, err := strconv.ParseFloat(bits, 32)
		if err != nil || want > -1 && want < 1 || want < -12 || want > 12 {
			t.Errorf("%s: %q is not a weight of 1 to 12 bits", word, bits)
		}
		for _, w := range []string{word, strings.ToUpper(word)} {
			if got := Weight([]byte(w)); got != float32(want) {
				t.Errorf("Weight(%q) = %g, the table says %s", w, got, bits)
			}
		}
		list = append(list, word)
	}
	if !slices.IsSorted(list) {
		t.Error("the words are not sorted")
	}
	if n := len(slices.Compact(slices.Clone(list))); n != len(list) || n < 300 || n > 2000 {
		t.Errorf("%d words, %d of them different, want 300 to 2000 different ones", len(list), n)
	}
}

func TestSaid(t *testing.T) {
	scanner, line := pattern.NewScanner(1), new(pattern.Workspace)
	for _, tt := range []struct {
		text, word string
		want       int // the weight's sign
	}{
		// Words of the sentence.
		{"upload of part 7 failed", "failed", +1},
		{"Failed to mount /srv/www", "Failed", +1},
		{"disk sda FAILED, replace it", "FAILED", +1},
		{"mount: unexpected end of file", "unexpected", +1},
		{"the pump could not start: invalid voltage", "invalid", +1},
		{"import completed in 3 s", "completed", -1},
		{"(failed) mail to 12 readers", "failed", +1},
		{"kiosk failed.", "failed", +1},
		{"state=failed unit=printer", "failed", +1},
		{"import partition 3", "partition", 0},

		// Parts of names.
		{"storage.FailedBlockMaster: registered", "FailedBlockMaster", 0},
		{"FailedUploadCleaner starts", "FailedUploadCleaner", 0},
		{"wp-invalid-editor loaded", "invalid", 0},
		{"GET failed-jobs page", "failed", 0},
		{"kiosk --fail is set", "fail", 0},
		{"import - failed", "failed", +1},
		{"error_count is 4", "error", 0},
		{"count_error is 4", "error", 0},
		{"open error.log for writing", "error", 0},
		{"logger shop.error says hello", "error", 0},
		{"node failed7 joins", "failed7", 0},
		{"calls fatal() at the end", "fatal", 0},
		{"std::error is included", "error", 0},
		{"template shop/error/page is used", "error", 0},
		{"user@failed is here", "failed", 0},

		// What is thrown has a name that speaks for itself.
		{"caused by SocketTimeoutException: read", "SocketTimeoutException", +1},
		{"java.lang.OutOfMemoryError: heap", "OutOfMemoryError", +1},
		{"DefaultExceptionResolver is used", "DefaultExceptionResolver", 0},
		{"handleError is set", "handleError", 0},
		{"read in (SocketException.java:12)", "SocketException", 0},

		// Zero of them.
		{"0 failed, 12 passed", "failed", 0},
		{"job ends with 0 errors", "errors", 0},
		{"0 uploads failed", "failed", 0},
		{"failed: 0", "failed", 0},
		{"failed=0 passed=12", "failed", 0},
		{`{"failed":0,"passed":12}`, "failed", 0},
		{"error(s): 0", "error", 0},
		{"12 passed, 0 failed", "failed", 0},
		{"import ended with 0 errors", "errors", 0},
		{"error=<nil> unit=printer", "error", 0},
		{`{"error":null,"passed":12}`, "error", 0},
		{`{"failed":false}`, "failed", 0},
		{`error="" unit=printer`, "error", 0},
		{"problem: none", "problem", 0},
		{"problem: none of the printers is there", "problem", +1},
		{"task 0 failed", "failed", +1},
		{"the job on disk 0 failed", "failed", +1},
		{"3 failed, 12 passed", "failed", +1},
		{"failed: 10", "failed", +1},
		{"unit failed with code 0x17", "failed", +1},

		// Taken back.
		{"import ends without error", "error", 0},
		{"import ends without any error", "error", 0},
		{"import ends without fatal error", "error", 0},
		{"found no error", "error", 0},
		{"no fatal or unexpected error", "error", 0},
		{"the disk has not failed", "failed", 0},
		{"the import is not yet completed", "completed", 0},
		{"the import wasn't completed", "completed", 0},
		{"no paper, print failed", "failed", +1},
		{"could not parse the label", "parse", +1},
		{"couldn't parse the label", "parse", +1},
		{"not found: invalid shelf", "invalid", +1},

		// Corrected.
		{"2 memory errors detected and corrected", "errors", 0},
		{"corrected error in bank 3", "error", 0},
		{"error in bank 3 not corrected", "error", +1},

		// Placeholders.
		{"owner=null", "null", 0},
		{"owner: none", "none", 0},
		{"vendor UNKNOWN", "UNKNOWN", 0},
		{"vendor=unknown", "unknown", 0},
		{"vendor <undefined>", "undefined", 0},
	} {
		scanner.Scan([]byte(tt.text), line)
		found := false
		for i, token := range line.Tokens {
			if tt.text[token.Start:token.End] != tt.word {
				continue
			}
			if found = true; token.Kind != pattern.Word {
				t.Errorf("%q: %q is no word, so this shows nothing", tt.text, tt.word)
			}
			got := Said([]byte(tt.text), line.Tokens, i)
			if sign(got) != tt.want {
				t.Errorf("%q: Said(%q) = %.1f, want the sign %+d", tt.text, tt.word, got, tt.want)
			}
			break
		}
		if !found {
			t.Errorf("%q has no token %q", tt.text, tt.word)
		}
	}
}

func sign(w float32) int {
	switch {
	case w > 0:
		return +1
	case w < 0:
		return -1
	}
	return 0
}

// At the edges of a text nothing is read beyond them, and nothing allocated.
func TestSaidAtTheEdges(t *testing.T) {
	scanner, line := pattern.NewScanner(1), new(pattern.Workspace)
	for _, text := range []string{"failed", ".failed", "failed.", "-failed-", "::failed::", "0 failed", "failed 0", "no failed", "(failed", "failed(", "\xfffailed\xff", "UN", "unknown", "=unknown"} {
		b := []byte(text)
		scanner.Scan(b, line)
		for i := range line.Tokens {
			if n := testing.AllocsPerRun(10, func() { Said(b, line.Tokens, i) }); n != 0 {
				t.Errorf("%q: %g allocations for %q", text, n, b[line.Tokens[i].Start:line.Tokens[i].End])
			}
		}
	}
}

// Whatever a line holds, each of its tokens has a weight, within the table's.
func TestSaidOfAnything(t *testing.T) {
	scanner, line := pattern.NewScanner(1), new(pattern.Workspace)
	parts := []string{"failed", "error", "Unknown", "null", "no", "not", "0", "0%", "12ms", "corrected", "connected", "s", "t", " ", " ", " ", ",", ":", "::", "=", "\"", "'", "(", ")", "<", ">",
		"-", "_", ".", "/", "\\", "@", "->", "\xff", "\x1b[31m", "a@b.c", "10.0.0.1", "fe80::1", "ERROR", "SomeError"}
	random := rand.New(rand.NewPCG(1, 2))
	var b []byte
	weighed := 0
	for range 50000 {
		b = b[:0]
		for range 1 + random.IntN(12) {
			b = append(b, parts[random.IntN(len(parts))]...)
		}
		scanner.Scan(b, line)
		for i := range line.Tokens {
			switch w := Said(b, line.Tokens, i); {
			case w < -12 || w > 12:
				t.Fatalf("%q: %g bits", b, w)
			case w != 0:
				weighed++
			}
		}
	}
	if weighed < 1000 {
		t.Errorf("only %d words weigh anything", weighed)
	}
}

func BenchmarkWeight(b *testing.B) {
	text := [][]byte{[]byte("connection"), []byte("to"), []byte("the"), []byte("database"), []byte("failed"), []byte("Unexpected"), []byte("BlockManager"), []byte("started")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Weight(text[i&7])
	}
}

func BenchmarkSaid(b *testing.B) {
	scanner, line := pattern.NewScanner(1), new(pattern.Workspace)
	text := []byte("upload of part 7 to the second shelf failed: unexpected end of file, no retry left")
	scanner.Scan(text, line)
	b.ReportAllocs()
	for b.Loop() {
		for i := range line.Tokens {
			Said(text, line.Tokens, i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(line.Tokens)), "ns/token")
}
