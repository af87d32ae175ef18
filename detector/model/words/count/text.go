package main

import (
	"regexp"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector/model/words"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// verbs are the places for values in a message: %s, %-5.2f, %(name)s, {},
// {name!r}, ${name}, #{name}.
var verbs = regexp.MustCompile(`%\([a-zA-Z_.]+\)[#0-9.+-]*[a-zA-Z]|%[#+\-0-9.*\[\]]*[a-zA-Z]|[$#]?\{[^{}]*\}|\$[a-zA-Z_][a-zA-Z_0-9.]*`)

// value stands where a verb stood: a word that no sentence has.
const value = "\x01"

// wordsOf returns the plain words of a message, each once, in lower case:
// those that words.Plain takes for words of the sentence.
func wordsOf(message string) []string {
	text := []byte(verbs.ReplaceAllString(strings.ReplaceAll(message, "%%", " "), value))
	if len(text) > 1000 {
		text = text[:1000]
	}
	var tokens []pattern.Token
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && (text[j]|0x20 >= 'a' && text[j]|0x20 <= 'z' || text[j] >= '0' && text[j] <= '9' || text[j] >= 0x80 || text[j] == value[0]) {
			j++
		}
		if j == i {
			i++
			continue
		}
		kind := pattern.Word
		if text[i] >= '0' && text[i] <= '9' {
			kind = pattern.Number
		}
		tokens = append(tokens, pattern.Token{Start: uint16(i), End: uint16(j), Kind: kind})
		i = j
	}
	var list []string
	for i, t := range tokens {
		if t.Kind != pattern.Word || !words.Plain(text, tokens, i) {
			continue
		}
		w := strings.ToLower(string(text[t.Start:t.End]))
		ok := len(w) >= words.MinLength && len(w) <= words.MaxLength
		for _, c := range []byte(w) {
			ok = ok && c >= 'a' && c <= 'z'
		}
		for _, seen := range list {
			ok = ok && seen != w
		}
		if ok {
			list = append(list, w)
		}
	}
	return list
}
