package main

import (
	"regexp"
	"strings"
)

// A call that is named after a level, and what stands before it if it is one
// of a logger. The second is looked at only where the first is found, for speed.
var (
	levelCall  = regexp.MustCompile(`\.\s*(trace|debug|info|warn|warning|error|exception|critical|fatal|severe|fine|finer|finest)\(`)
	loggerName = regexp.MustCompile(`(?i)(^|[^a-z])(_*(get_?)?log(ger|ging)?|[a-z0-9_]*_log|[a-z0-9_]*logger)(\(\)|\.bind\([^()]*\))?\s*$`)
	scalaCall  = regexp.MustCompile(`\blog(Trace|Debug|Info|Warning|Error)\(`)
)

func pythonStatements(_ string, text []byte, found func(side, string)) {
	calls(string(text), levelCall, false, found)
}

func javaStatements(file string, text []byte, found func(side, string)) {
	calls(string(text), levelCall, true, found)
	if strings.HasSuffix(file, ".scala") {
		calls(string(text), scalaCall, true, found)
	}
}

// calls tells of the messages of the calls that begin as re says.
func calls(text string, re *regexp.Regexp, java bool, found func(side, string)) {
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		s, ok := levels[strings.ToLower(text[m[2]:m[3]])]
		if !ok || s == neither {
			continue
		}
		if re == levelCall && !loggerName.MatchString(text[max(0, m[0]-60):m[0]]) {
			continue
		}
		if message := firstText(text[m[1]:min(len(text), m[1]+2000)], java); message != "" {
			found(s, message)
		}
	}
}

// firstText returns the text of the first of the arguments that begins with a
// literal, literals that follow or are added together as one, with {} for what
// stands between them.
func firstText(args string, java bool) string {
	var b strings.Builder
	depth, value := 0, false
	for i := 0; i < len(args); {
		switch c := args[i]; {
		case c == '"' || c == '\'' && !java:
			if value && b.Len() > 0 {
				b.WriteString("{}")
			}
			value = false
			literal, n := literal(args[i:], c)
			if n == 0 {
				return b.String()
			}
			b.WriteString(literal)
			i += n
			continue
		case c == '(' || c == '[' || c == '{':
			depth++
			value = true
		case c == ')' || c == ']' || c == '}':
			if depth--; depth < 0 {
				return b.String()
			}
		case c == ',' && depth <= 0 || c == ';':
			return b.String() // the message is the first argument
		case c == '#' && !java, c == '/' && java && strings.HasPrefix(args[i:], "//"):
			for i < len(args) && args[i] != '\n' {
				i++
			}
			continue
		case c == '.' && b.Len() > 0 && depth == 0 && !java: // "…".format(…), "…".join(…)
			if !strings.HasPrefix(args[i:], ".format(") {
				return ""
			}
			return b.String()
		case c == '%' && !java && depth == 0 && b.Len() > 0:
			return b.String() // "…" % values
		case c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '+' && c != '\\':
			// The letters before a literal: Python's r, b, u and f, Scala's s and log.
			if next := i + 1; next < len(args) && (args[next] == '"' || args[next] == '\'' && !java) && strings.IndexByte("rRbBuUfFsg", c) >= 0 {
				break
			}
			value = true
		}
		i++
	}
	return ""
}

// literal returns the text of the string literal at the beginning of s, in
// single or triple quotes, and the length that it takes up; 0 if it does not
// end.
func literal(s string, quote byte) (string, int) {
	end := strings.Repeat(string(quote), 3)
	if !strings.HasPrefix(s, end) {
		end = string(quote)
	}
	var b strings.Builder
	for i := len(end); i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n', 't', 'r', '\n':
				b.WriteByte(' ')
			default:
				b.WriteByte(s[i])
			}
		case strings.HasPrefix(s[i:], end):
			return b.String(), i + len(end)
		case s[i] == '\n' && len(end) == 1:
			return "", 0
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0
}
