package model

import (
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// failurePhrases are failures that are said in several words of which none speaks of one
// by itself, in lower case: what POSIX systems say of a call that failed (strerror, as
// "No space left on device"), and what is said of things that do not answer. A phrase
// begins with its first word and goes on with any of the others.
var failurePhrases = map[string][]string{
	"timed":    {"out"},
	"times":    {"out"},
	"no":       {"such", "space left", "route to", "locks available", "buffer space", "child processes", "medium found", "healthy", "memory"},
	"out":      {"of memory", "of range", "of space", "of disk", "of sync"},
	"already":  {"in use"},
	"resource": {"busy"},
	"read":     {"only file"},
	"backing":  {"off"},
	"back":     {"off"},
	"split":    {"brain"},
	"limit":    {"reached", "hit"}, // one by itself is a setting
	"reached":  {"limit", "the limit", "its limit", "maximum", "the maximum"},
	"over":     {"limit", "the limit", "quota", "capacity"},
}

// longestStart is the longest word that begins a phrase, in bytes: resource.
const longestStart = 8

// phrase returns how many tokens the phrase of failure that begins with the i-th has,
// 0 if none does. Between its words stands a blank or a hyphen.
func phrase(text []byte, tokens []pattern.Token, i int) int {
	for _, rest := range phrasesOf(text[tokens[i].Start:tokens[i].End]) {
		if n := follows(text, tokens, i, rest); n > 0 {
			return 1 + n
		}
	}
	return 0
}

// phrasesOf returns how the phrases go on that the word begins.
func phrasesOf(word []byte) []string {
	if len(word) > longestStart {
		return nil
	}
	var lower [longestStart]byte
	for k, c := range word {
		lower[k] = c | 0x20
	}
	return failurePhrases[string(lower[:len(word)])]
}

// follows returns how many words of rest there are if they follow the i-th token, else 0.
func follows(text []byte, tokens []pattern.Token, i int, rest string) int {
	n := 0
	for word := range strings.SplitSeq(rest, " ") {
		i++
		if i >= len(tokens) || tokens[i].Start-tokens[i-1].End != 1 {
			return 0
		}
		if between := text[tokens[i-1].End]; between != ' ' && between != '-' {
			return 0
		}
		if t := text[tokens[i].Start:tokens[i].End]; !strings.EqualFold(string(t), word) {
			return 0
		}
		n++
	}
	return n
}
