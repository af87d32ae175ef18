package incident

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Marks returns the parts of a line that a reason speaks of: the words that it
// quotes, the level, number or value that it names. They are pairs of the place of the
// first byte and of the one behind the last, in their order, none in another.
func Marks(line, reason string) [][2]int {
	var marks [][2]int
	for phrase := range strings.SplitSeq(reason, "; ") {
		marks = append(marks, odd(line, phrase)...)
	}
	slices.SortFunc(marks, func(a, b [2]int) int { return a[0] - b[0] })
	apart := marks[:0]
	for _, m := range marks {
		if n := len(apart); n > 0 && m[0] < apart[n-1][1] {
			apart[n-1][1] = max(apart[n-1][1], m[1])
			continue
		}
		apart = append(apart, m)
	}
	return apart
}

// said are what phrases of a reason look like, made when the first is asked for: the
// filter asks for none.
var said struct {
	sync.Once
	level, number, value, pair, aNumber *regexp.Regexp
}

func saidMade() {
	said.level = regexp.MustCompile(`^level ([A-Z]+) is unusual`)
	said.number = regexp.MustCompile(`^number ([^ :]+)(?: of "([^"]*)")?`)
	said.value = regexp.MustCompile(`^([^ "]+)(?: \([a-z ]+\))? ([^ ",:]+)(?:, usually|: | never| seen| and )`)
	said.pair = regexp.MustCompile(`^.* and ([^ "]+)(?: \([a-z ]+\))? ([^ ",:]+) never came together`)
	said.aNumber = regexp.MustCompile(`-?[0-9][0-9.,]*(?:e[+-]?[0-9]+)?(?: ?[a-zA-Zµ]{1,3}\b)?`)
}

// odd are the parts that one phrase of a reason speaks of.
func odd(line, phrase string) (marks [][2]int) {
	add := func(at int, word string) {
		if at >= 0 && word != "" {
			marks = append(marks, [2]int{at, at + len(word)})
		}
	}
	said.Do(saidMade)
	if m := said.level.FindStringSubmatch(phrase); m != nil {
		for _, word := range []string{m[1], strings.ToLower(m[1])} {
			if at := whole(line, word, 0); at >= 0 {
				add(at, word)
				break
			}
		}
		return marks
	}
	if m := said.number.FindStringSubmatch(phrase); m != nil {
		if m[2] == "" {
			add(whole(line, m[1], 0), m[1])
			return marks
		}
		// The number of a name, which the reason has in another unit at times.
		if at := whole(line, m[2], 0); at >= 0 {
			from := at + len(m[2])
			if n := said.aNumber.FindStringIndex(line[from:]); n != nil {
				marks = append(marks, [2]int{from + n[0], from + n[1]})
			}
		}
		return marks
	}
	for _, named := range []*regexp.Regexp{said.value, said.pair} {
		if m := named.FindStringSubmatch(phrase); m != nil {
			// Behind its name, where the line has that.
			at := whole(line, m[2], max(0, whole(line, m[1], 0)))
			if at < 0 {
				at = whole(line, m[2], 0)
			}
			add(at, m[2])
		}
	}
	// Quoted words come in their order, some of them cut.
	at := 0
	words := quoted(phrase)
	if strings.HasPrefix(phrase, "unusual characters in ") && len(words) > 1 {
		words = words[:1] // the characters are those of the value, and stand elsewhere too
	}
	for _, word := range words {
		i := whole(line, word, at)
		if i < 0 {
			if i = strings.Index(line[at:], word); i >= 0 {
				i += at
			}
		}
		if i >= 0 {
			add(i, word)
			at = i + len(word)
		}
	}
	return marks
}

// whole is where a word stands in a line that is no part of a longer one, from a
// place on; -1 if it does not.
func whole(line, word string, from int) int {
	for at := from; word != ""; {
		i := strings.Index(line[at:], word)
		if i < 0 {
			return -1
		}
		i += at
		end := i + len(word)
		if (i == 0 || !joined(line[i-1], word[0])) && (end == len(line) || !joined(word[len(word)-1], line[end])) {
			return i
		}
		at = i + 1
	}
	return -1
}

// joined reports whether two bytes beside each other are of one word.
func joined(a, b byte) bool { return isWord(a) && isWord(b) }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// quoted are the words in quotes.
func quoted(reason string) (list []string) {
	for {
		_, rest, ok := strings.Cut(reason, `"`)
		word, rest, ok2 := strings.Cut(rest, `"`)
		if !ok || !ok2 {
			return list
		}
		list = append(list, strings.TrimSuffix(word, "..."))
		reason = rest
	}
}
