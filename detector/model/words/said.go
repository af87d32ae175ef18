package words

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Said returns the weight, in bits, of the i-th of text's tokens where it
// stands: that of the word, and 0 where the word is no word of the sentence.
// It is none as part of a name, as a placeholder for a value that is not
// there, where it is taken back ("without errors", "not completed") or
// counted as none ("0 errors", "failed: 0"), and where the failure that it
// speaks of was corrected.
//
// The name of an exception or an error (SocketTimeoutException) is what was
// thrown, not who speaks: it weighs as much as its last word.
func Said(text []byte, tokens []pattern.Token, i int) float32 {
	t := &tokens[i]
	if t.Kind != pattern.Word {
		return 0
	}
	start, end := int(t.Start), int(t.End)
	word := text[start:end]
	at, plain := lastHump(word)
	w := Weight(word[at:])
	if w == 0 {
		return 0
	}
	if !plain {
		if w < 0 || !isThrown(word[at:]) || !isUpper(word[0]) || isMember(text, end) {
			return 0
		}
	} else if InName(text, start, end) || IsPlaceholder(text, start, end) {
		return 0
	}
	if isNone(text, tokens, i) || w > 0 && IsCorrected(text, tokens, i) || takenBack(text, tokens, i, true) {
		return 0
	}
	return w
}

// Speaks reports whether there is a place where Said gives the word as many bits, or more.
func Speaks(word []byte, bits float32) bool {
	at, _ := lastHump(word)
	return Weight(word[at:]) >= bits
}

// Plain reports whether the i-th of text's tokens is a word of the sentence
// that means what it says, whatever it weighs: this is what is counted for
// the table.
func Plain(text []byte, tokens []pattern.Token, i int) bool {
	t := &tokens[i]
	start, end := int(t.Start), int(t.End)
	return t.Kind == pattern.Word && !InName(text, start, end) && !IsPlaceholder(text, start, end) &&
		!isNone(text, tokens, i) && !takenBack(text, tokens, i, false)
}

// InName reports whether text[start:end], a run of letters and digits, is a
// part of a name or one itself: of a class, a logger, a module, a function, a
// path, a file, an identifier.
func InName(text []byte, start, end int) bool {
	if _, plain := lastHump(text[start:end]); !plain {
		return true
	}
	for _, c := range text[start:end] {
		if c >= '0' && c <= '9' {
			return true
		}
	}
	if start > 0 {
		before := byte(0)
		if start > 1 {
			before = text[start-2]
		}
		switch text[start-1] {
		case '_', '$', '@', '#', '\\':
			return true
		case '-', '.', '/', '+':
			if isAlnum(before) || before == '_' || before == '-' || text[start-1] == '/' && before != ' ' {
				return true
			}
		case ':', '>':
			if before == text[start-1] || before == '-' { // C++'s :: and ->, PHP's too
				return true
			}
		}
	}
	if end < len(text) {
		after := byte(0)
		if end+1 < len(text) {
			after = text[end+1]
		}
		switch text[end] {
		case '_', '@', '\\', '$':
			return true
		case '-', '.', '/', '+':
			return isAlnum(after) || after == '_'
		case ':':
			return after == ':'
		case '(':
			return after == ')'
		}
	}
	return false
}

// lastHump returns where the last hump of a camel-case name begins, and
// whether b is no such name but a plain word, in one case or with a capital
// first letter.
func lastHump(b []byte) (at int, plain bool) {
	for i := len(b) - 1; i > 0; i-- {
		if b[i] >= 'A' && b[i] <= 'Z' && b[i-1]|0x20 == b[i-1] { // behind a small letter or a digit
			return i, false
		}
	}
	for i := 2; i < len(b); i++ {
		if b[i] >= 'a' && b[i] <= 'z' && isUpper(b[i-1]) && isUpper(b[i-2]) { // RPCFailure
			return i - 1, false
		}
	}
	return 0, true
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// equalFold reports whether b is s, which is in lower case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if c|0x20 != s[i] {
			return false
		}
	}
	return true
}

func oneOf(b []byte, list []string) bool {
	for _, s := range list {
		if equalFold(b, s) {
			return true
		}
	}
	return false
}

// thrown are the last words of the names of what programs throw.
var thrown = []string{"exception", "error", "failure", "fault"}

func isThrown(b []byte) bool { return oneOf(b, thrown) }

// isMember reports whether a member of the class, or a file of its name,
// follows: SocketException.java, SocketException.<init>.
func isMember(text []byte, end int) bool {
	return end+1 < len(text) && text[end] == '.' && (isAlnum(text[end+1]) || text[end+1] == '<')
}

// Placeholders stand for a value that is not there. Some are words, too: they
// are none in capitals or where a value stands.
var (
	placeholders   = []string{"null", "none", "nil", "nan"}
	placeholderOrs = []string{"unknown", "undefined", "unset", "empty", "missing"}
)

// beginsPlaceholder are the bytes that one of them begins with: it tells most words fast.
var beginsPlaceholder = func() (t [256]bool) {
	for _, list := range [][]string{placeholders, placeholderOrs} {
		for _, word := range list {
			t[word[0]], t[word[0]&^0x20] = true, true
		}
	}
	return t
}()

// IsPlaceholder reports whether text[start:end], a word, stands for a value that is not
// there: none, null, UNKNOWN.
func IsPlaceholder(text []byte, start, end int) bool {
	word := text[start:end]
	if len(word) == 0 || !beginsPlaceholder[word[0]] {
		return false
	}
	if oneOf(word, placeholders) {
		return true
	}
	if !oneOf(word, placeholderOrs) {
		return false
	}
	if isUpper(word[0]) && isUpper(word[1]) {
		return true
	}
	before, after := byte(' '), byte(' ')
	if start > 0 {
		before = text[start-1]
	}
	if end < len(text) {
		after = text[end]
	}
	return before == '=' || before == ':' || before == '<' && after == '>' || before == '(' && after == ')' ||
		before == '[' && after == ']' || before == '"' && after == '"' || before == '\'' && after == '\''
}

// gap returns what stands between two tokens that follow each other.
func gap(text []byte, tokens []pattern.Token, i int) []byte {
	return text[tokens[i].End:tokens[i+1].Start]
}

func wordAt(text []byte, tokens []pattern.Token, i int) []byte {
	return text[tokens[i].Start:tokens[i].End]
}

// inSentence reports whether nothing but blanks, commas and quotes stands in
// the gap: the words on both sides belong together.
func inSentence(gap []byte) bool {
	for _, c := range gap {
		if c != ' ' && c != '\t' && c != ',' && c != '\'' && c != '"' {
			return false
		}
	}
	return true
}

// isNone reports whether the word's count is zero or its value none: "0
// errors", "0 requests failed", "errors: 0", "failed=0", "error=nil",
// "failed":false. The 0 of "task 0 failed" is a name, not a count.
func isNone(text []byte, tokens []pattern.Token, i int) bool {
	if value := i + 1; value < len(tokens) {
		if equalFold(wordAt(text, tokens, value), "s") && value+1 < len(tokens) { // error(s): 0
			value++
		}
		g := gap(text, tokens, value-1)
		if len(bytes.Trim(g, " \t:=\"'<(s)")) == 0 {
			if isZero(text, &tokens[value]) {
				return true
			}
			if oneOf(wordAt(text, tokens, value), nothings) {
				end := int(tokens[value].End)
				return bytes.IndexByte(g, '=') >= 0 || end == len(text) || text[end] != ' '
			}
		}
	}
	if rest := text[tokens[i].End:]; bytes.HasPrefix(rest, []byte(`=""`)) || bytes.HasPrefix(rest, []byte(`":""`)) {
		return true
	}
	for n := i - 1; n >= 0 && n >= i-2; n-- {
		if !inSentence(gap(text, tokens, n)) {
			return false
		}
		if isZero(text, &tokens[n]) {
			return isCount(text, tokens, n)
		}
	}
	return false
}

// What follows a word to say that there is none of it.
var nothings = []string{"null", "none", "nil", "false"}

// Words before a number that counts what comes behind it; behind others it is
// a part of a name.
var countingWords = []string{"with", "and", "of", "found", "has", "have", "had", "were", "was", "are", "is", "got", "by", "to", "in", "detected", "reported", "only", "but", "or", "after"}

// isCount reports whether the number at n counts the words behind it. One behind another
// number stands in a column of its own: "1142533309 0 hung".
func isCount(text []byte, tokens []pattern.Token, n int) bool {
	if n > 0 && tokens[n-1].Kind == pattern.Number && string(gap(text, tokens, n-1)) == " " {
		return false
	}
	return n == 0 || tokens[n-1].Kind != pattern.Word || len(gap(text, tokens, n-1)) != 1 || !inSentence(gap(text, tokens, n-1)) ||
		oneOf(wordAt(text, tokens, n-1), countingWords)
}

// isZero reports whether the token is the number 0, with a unit or without.
func isZero(text []byte, t *pattern.Token) bool {
	if t.Kind != pattern.Number {
		return false
	}
	zero := false
	for _, c := range text[t.Start:t.End] {
		if c >= '1' && c <= '9' {
			return false
		}
		zero = zero || c == '0'
	}
	return zero
}

// What takes the word behind it back, and what may stand between the two.
var (
	negators = []string{"not", "never", "t"} // the t of "isn't"
	lackers  = []string{"no", "without", "zero"}
	able     = []string{"could", "can", "couldn"}
	fillers  = []string{"a", "an", "any", "the", "be", "been", "yet", "more", "longer", "further", "new", "other", "such"}
)

// TakenBack reports whether the words before the i-th take it back: "not timed out".
func TakenBack(text []byte, tokens []pattern.Token, i int) bool {
	return takenBack(text, tokens, i, false)
}

// takenBack reports whether the sentence says the contrary of the i-th word:
// "not ready", "no errors", and, if far, "without any fatal error or warning".
func takenBack(text []byte, tokens []pattern.Token, i int, far bool) bool {
	direct := true // nothing but fillers between the two
	for n := 1; n <= 4 && n <= i; n++ {
		if tokens[i-n].Kind != pattern.Word || !inSentence(gap(text, tokens, i-n)) {
			return false
		}
		switch word := wordAt(text, tokens, i-n); {
		case oneOf(word, lackers):
			return true
		case oneOf(word, negators):
			// What could not be done is what failed.
			return direct && !(n < i && oneOf(wordAt(text, tokens, i-n-1), able))
		case oneOf(word, fillers):
		case far && (Weight(word) > 0 || equalFold(word, "or") || equalFold(word, "and")):
			direct = false
		default:
			return false
		}
	}
	return false
}

// Words between a failure and "corrected" behind it, or "corrected" and the
// failure behind that.
const (
	correctedAfter  = 5
	correctedBefore = 2
)

// IsCorrected reports whether the failure that the i-th word speaks of was
// corrected: "2 errors detected and corrected".
func IsCorrected(text []byte, tokens []pattern.Token, i int) bool {
	for k := max(0, i-correctedBefore); k < min(len(tokens), i+correctedAfter+1); k++ {
		if tokens[k].Kind == pattern.Word && equalFold(wordAt(text, tokens, k), "corrected") {
			return !takenBack(text, tokens, k, false)
		}
	}
	return false
}

// What one does to find something: "looking for orphans".
var seeking = []string{"look", "looks", "looking", "looked", "check", "checks", "checking", "checked", "search", "searches", "searching", "searched",
	"scan", "scans", "scanning", "scanned", "watch", "watches", "watching", "poll", "polls", "polling"}

// mostSought is how many words there are at most between "for" and the failure behind it.
const mostSought = 3

// IsSought reports whether what the i-th word speaks of is only looked for: "checking
// for stale locks", "looking for instances stuck in building". In "check for updates
// failed" it is what became of the search.
func IsSought(text []byte, tokens []pattern.Token, i int) bool {
	for n := 1; n <= mostSought+1 && n < i; n++ {
		if tokens[i-n].Kind != pattern.Word || string(gap(text, tokens, i-n)) != " " {
			return false
		}
		if equalFold(wordAt(text, tokens, i-n), "for") {
			word := wordAt(text, tokens, i)
			said := n > 1 && len(word) > 2 && equalFold(word[len(word)-2:], "ed")
			return !said && string(gap(text, tokens, i-n-1)) == " " && oneOf(wordAt(text, tokens, i-n-1), seeking)
		}
	}
	return false
}
