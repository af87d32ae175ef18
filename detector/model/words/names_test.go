package words

import (
	"strings"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// TestInName: what stands before and behind a word of letters tells whether it is a part of
// a name.
func TestInName(t *testing.T) {
	for text, want := range map[string]bool{
		"<error>": false, "an <error> here": false, "<error>, then": false, "(<error>)": false, `"<error>"`: false, "=<error> ": false, "[<error>]": false,
		"_<error>": true, "$<error>": true, "@<error>": true, "#<error>": true, `\<error>`: true,
		"a-<error>": true, "7-<error>": true, "é-<error>": true, "_-<error>": true, "--<error>": true, " -<error>": false, "-<error>": false, ")-<error>": false, "`-<error>": false, "{-<error>": false,
		"a.<error>": true, " .<error>": false, "a/<error>": true, "/<error>": true, " /<error>": false, ")/<error>": true, "a+<error>": true, "+<error>": false,
		"a:<error>": false, "::<error>": true, " :<error>": false, ":<error>": false, "-><error>": true, ">><error>": true, "a><error>": false,
		"<error>_": true, "<error>@": true, `<error>\`: true, "<error>$": true, "<error>#": false,
		"<error>-a": true, "<error>-7": true, "<error>-_": true, "<error>-": false, "<error>- ": false, "<error>.a": true, "<error>. ": false, "<error>.": false, "<error>/a": true, "<error>/ ": false,
		"<error>+a": true, "<error>+ ": false, "<error>::a": true, "<error>: a": false, "<error>:": false, "<error>()": true, "<error>(": false, "<error>(a)": false,
		"<err0r>": true, "<9error>": true, "<error9>": true,
		"<Error>": false, "<ERROR>": false, "<eRror>": true, "<myError>": true, "<RPCError>": true, "<ERrors>": true, "<Errors>": false, "<aB>": true, "<AB>": false, "<Ab>": false, "<ABc>": true,
	} {
		start := strings.IndexByte(text, '<')
		for text[start+1] == '<' || text[start+1] == '>' {
			start++
		}
		end := start + 1
		for end < len(text) && isAlnum(text[end]) {
			end++
		}
		plain := text[:start] + text[start+1:end] + text[end+1:]
		if got := InName([]byte(plain), start, end-1); got != want {
			t.Errorf("%s: in a name: %v", text, got)
		}
	}
	for c := range 256 {
		b := byte(c)
		want := b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
		if got := isAlnum(b); got != want {
			t.Errorf("%q is a letter or a digit: %v", b, got)
		}
		if got, want := isUpper(b), b >= 'A' && b <= 'Z'; got != want {
			t.Errorf("%q is a capital: %v", b, got)
		}
	}
}

// TestIsPlaceholder: some words always stand for a value that is not there, others in
// capitals or where a value stands.
func TestIsPlaceholder(t *testing.T) {
	for text, want := range map[string]bool{
		"null": true, "None": true, "NIL": true, "is nan here": true,
		"UNKNOWN": true, "is UNKNOWN": true, "Unknown": false, "uNKNOWN": false, "unknown": false, "an unknown user": false,
		"user=unknown": true, "user:unknown": true, "<unknown>": true, "<unknown": false, "unknown>": false, "(unset)": true, "(unset": false, "unset)": false, "[empty]": true, "[empty": false, "empty]": false,
		`"missing"`: true, `"missing`: false, "'undefined'": true, "'undefined": false, "user unknown": false, "error": false, "<error>": false, "nulls": false,
	} {
		for _, word := range append(append([]string{"error", "nulls"}, placeholders...), placeholderOrs...) {
			if at := strings.Index(strings.ToLower(text), word); at >= 0 {
				if got := IsPlaceholder([]byte(text), at, at+len(word)); got != want {
					t.Errorf("%s: %v", text, got)
				}
				break
			}
		}
	}
}

// TestLongWords: a word that is longer than any of the table is none of them, whatever it
// begins and ends with.
func TestLongWords(t *testing.T) {
	n := 0
	for line := range strings.Lines(table) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if strings.HasPrefix(line, "#") || len(word) < 8 {
			continue
		}
		n++
		for _, longer := range []string{word[:8] + "x" + word[8:], word[:len(word)-8] + strings.Repeat("x", 17-len(word)) + word[len(word)-8:]} {
			if w := Weight([]byte(longer)); w != 0 && !strings.Contains(table, "\n"+longer+" ") {
				t.Errorf("%s, as %s, weighs %v", longer, word, w)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d words are long", n)
	}
}

// TestThrown: of the name of what is thrown the last word speaks, but where it is the name
// of a file or of a member's class.
func TestThrown(t *testing.T) {
	scanner, line := pattern.NewScanner(1), new(pattern.Workspace)
	for text, want := range map[string]int{
		"SocketException": 1, "a SocketException came": 1, "SocketError": 1, "LinkFailure": 1,
		"socketException": 0, "SocketExceptions": 0, "SocketException.java": 0, "SocketException.<init>": 0, "SocketException. Then": 1, "SocketException.": 1, "SocketCompleted": 0,
		"without SocketException": 0, "0 SocketException": 0, "SocketException: null": 0, "SocketException corrected": 0,
	} {
		scanner.Scan([]byte(text), line)
		got := float32(0)
		for i := range line.Tokens {
			if w := Said([]byte(text), line.Tokens, i); strings.HasPrefix(strings.ToLower(string(text[line.Tokens[i].Start:])), "socket") || strings.Contains(text, "Link") {
				got = max(got, w)
			}
		}
		if (got > 0) != (want > 0) {
			t.Errorf("%s: %v bits", text, got)
		}
	}
}
