package event

// maxPrefixes is how many prefixes are taken off: what kubectl writes, then
// containerd, then a CI system or syslog.
const maxPrefixes = 3

// leastPrefixed is the length of a text that a prefix may stand before.
const leastPrefixed = 8

// transport takes off what a text got on its way, each kind of prefix by a
// function in a file of its own.
func (r *Reader) transport(text []byte) []byte {
	for range maxPrefixes {
		rest, ok := r.prefix(text)
		if !ok {
			return rest
		}
		text = rest
	}
	return text
}

// prefix takes off one prefix.
func (r *Reader) prefix(text []byte) (rest []byte, ok bool) {
	if len(text) < leastPrefixed {
		return text, false
	}
	switch c := text[0]; {
	case c >= 'a' && c <= 'z':
		if rest, ok := r.compose(text); ok {
			return rest, true
		}
		return r.gitlabSection(text)
	case c >= '0' && c <= '9':
		if text[4] == '-' && len(text) > len(shortestTime) && text[len("2006-01-02")] == 'T' {
			for _, read := range dated {
				if rest, ok := read(r, text); ok {
					return rest, true
				}
			}
			r.syslogGroup(text)
			return text, false
		}
		return r.compose(text)
	case c >= 'A' && c <= 'Z':
		r.syslogGroup(text)
	case c == '[':
		return r.kubectl(text)
	case c == '<':
		return r.priority(text)
	case c == '#' || c == ':':
		return r.githubMark(text)
	}
	return text, false
}

const shortestTime = "2006-01-02T15:04:05Z"

// dated are the prefixes that begin with a time in RFC 3339.
var dated = []func(*Reader, []byte) ([]byte, bool){(*Reader).cri, (*Reader).github, (*Reader).gitlab}

// at takes in the time that a prefix has.
func (r *Reader) at(time []byte) {
	if r.clock.rank == 0 {
		r.clock = moment{1, time}
	}
}

// isDigit reports whether c is a decimal digit.
func isDigit(c byte) bool { return c-'0' < 10 }
