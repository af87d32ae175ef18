package event

import "bytes"

// A pair is a key and its value as they stand in a text.
type pair struct {
	key, keyEnd int // where the key stands
	from, to    int // and where the value does
	is          uint8
}

// What a pair is beside a key and a bare value.
const (
	quoted  = 1 << iota
	escaped // quoted, with escapes in it
	flag    // a word without a value
)

const (
	// maxPairs is how many pairs of a text are looked at.
	maxPairs = 96

	// leastPairs is how many a text must have that consists of pairs; behind
	// prose, which may well have two by chance, leastBehind.
	leastPairs  = 2
	leastBehind = 3
)

// logfmt takes in pairs of key=value, from the first byte on or behind a text:
//
//	ts=2026-03-02T08:00:01Z level=info msg="request completed" status=200
//	Mar  2 08:00:01 host kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DF PROTO=TCP
//
// That text is the message where none of the pairs is.
func (r *Reader) logfmt(text []byte) (more, ok bool) {
	head := r.split(text)
	if head < 0 {
		return false, false
	}
	// Of pairs, both of a key that stands there twice say something: netfilter gives
	// the LEN of the packet and that of the datagram in it.
	r.several = true
	defer func() { r.several = false }()
	var last *node
	for i, pairs := 0, r.pairs; i < len(pairs); i++ {
		p := &pairs[i]
		n := r.tree.follow(&r.tree.root, text[p.key:p.keyEnd:p.keyEnd], &last)
		if n == nil || n.skip {
			continue
		}
		value := text[p.from:p.to:p.to]
		switch p.is &^ quoted {
		case flag:
			r.bool(n, true)
			continue
		case escaped:
			value = r.unquoted(value)
		}
		if at, ok := auditTime(value); ok {
			// The Linux audit log has no message here, but the time.
			if r.clock.rank == 0 {
				r.clock = moment{1, at}
			}
			continue
		}
		r.str(n, value)
	}
	if r.message.rank == 0 {
		if prose := bytes.TrimRight(text[:head], " \t:-|"); len(prose) > 0 {
			r.message = candidate{rank: lineRank, value: prose, plain: true}
		}
		return false, true
	}
	return true, true
}

// split fills r.pairs. It returns where the first pair begins, -1 for a text
// that is not made of pairs.
func (r *Reader) split(text []byte) (head int) {
	if r.stops.find(text) < leastPairs {
		return -1
	}
	head = r.firstPair(text, 0)
	for head >= 0 {
		stopped, ok := r.pairsFrom(text, head)
		if ok {
			if head > 0 && within(text[:head]) {
				return -1
			}
			return head
		}
		// Prose may have pairs in it, and others at its end.
		head = r.firstPair(text, stopped)
	}
	return -1
}

// within reports whether what stands behind a text is inside brackets that were
// opened in it: LogSegment(baseOffset=5, size=7 time=9).
func within(text []byte) bool {
	open := bytes.Count(text, []byte("(")) + bytes.Count(text, []byte("{"))
	return open > 0 && open > bytes.Count(text, []byte(")"))+bytes.Count(text, []byte("}"))
}

// firstPair returns where the first word that begins like a pair does, from i
// on, or -1.
func (r *Reader) firstPair(text []byte, i int) int {
	if i == 0 {
		end := r.stops.next(keyStop, 0)
		if end > 0 && end < len(text) && text[end] == '=' && firstKeyByte(text[0]) {
			return 0 // as in most
		}
	}
	for i < len(text) {
		at := bytes.IndexByte(text[i:], '=')
		if at <= 0 {
			if at < 0 {
				return -1
			}
			i++
			continue
		}
		from := i + at
		for from > i && keyByte[text[from-1]] {
			from--
		}
		if from < i+at && firstKeyByte(text[from]) && (from == 0 || separates(text[from-1]) || text[from-1] == ':') {
			return from
		}
		i += at + 1
	}
	return -1
}

var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '/' || c == '@' || c == '$'
	}
	return t
}()

func firstKeyByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '@' || c == '$'
}

// pairsFrom fills r.pairs with what stands from i on, and reports whether that
// is nothing but pairs, else up to where it is.
func (r *Reader) pairsFrom(text []byte, i int) (stopped int, ok bool) {
	behind := i > 0
	s, all := r.stops, (*[maxPairs]pair)(r.pairs[:maxPairs])
	n, flags := 0, 0
	for {
		if n, i, ok = s.pairs(all, n, text, i); !ok {
			return i, false
		}
		if n == maxPairs || i == len(text) {
			break
		}
		from := i
		i = s.next(wordStop, i)
		end := before(text, from, i)
		word := text[from:end]
		if n > 0 && r.belongs(text, &all[n-1], word) {
			all[n-1].to = end
			continue
		}
		if !isFlag(word, behind) {
			return i, false
		}
		all[n] = pair{key: from, keyEnd: end, is: flag}
		n++
		flags++
	}
	least := leastPairs
	if behind {
		least = leastBehind
	}
	r.pairs = all[:n]
	return len(text), n-flags >= least && n-flags >= 2*flags
}

// pairs takes those that stand from i on behind the first n of all, up to what is none. It
// returns where that begins. A pair whose value is in quotes that are wrong is not ok, and
// ends before those.
func (s stops) pairs(all *[maxPairs]pair, n int, text []byte, i int) (count, end int, ok bool) {
	for ; n < maxPairs; n++ {
		for i < len(text) && separates(text[i]) {
			i++
		}
		end := s.next(keyStop, i)
		if end >= len(text) || text[end] != '=' || !firstKeyByte(text[i]) {
			break
		}
		p := &all[n]
		p.key, p.keyEnd, p.is = i, end, 0
		i = end + 1
		if i < len(text) && (text[i] == '"' || text[i] == '\'') {
			quote, end := text[i], i+1
			for end = s.next(quoteStop, end); end < len(text) && text[end] != quote; end = s.next(quoteStop, end) {
				if text[end] == '\\' {
					p.is = escaped
					end++ // what stands behind it does not count
				}
				end = min(end+1, len(text))
			}
			if end >= len(text) || end+1 < len(text) && !separates(text[end+1]) {
				return n, i, false
			}
			p.from, p.to = i+1, end
			p.is |= quoted
			i = end + 1
			continue
		}
		p.from = i
		i = s.next(wordStop, i)
		p.to = before(text, p.from, i)
	}
	return n, i, true
}

// before is to without the commas and semicolons before it.
func before(text []byte, from, to int) int {
	for to > from && (text[to-1] == ',' || text[to-1] == ';') {
		to--
	}
	return to
}

func separates(c byte) bool { return separators[c] }

var separators = [256]bool{' ': true, '\t': true, ',': true, ';': true}

// isFlag reports whether a word may stand among pairs. Behind prose that is only
// what netfilter has there: DF, SYN.
func isFlag(word []byte, behind bool) bool {
	if len(word) == 0 || !firstKeyByte(word[0]) || behind && len(word) > 5 {
		return false
	}
	for _, c := range word {
		if !keyByte[c] || behind && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// belongs reports whether a word is part of the value of the pair before it: of a message that
// somebody wrote without quotes, or of a time with a space in it.
func (r *Reader) belongs(text []byte, p *pair, word []byte) bool {
	if len(word) == 0 || p.is != 0 || p.from == p.to {
		return false
	}
	r.asked = true
	n := r.tree.child(&r.tree.root, text[p.key:p.keyEnd:p.keyEnd])
	return n != nil && (n.message > 0 || n.clock > 0 && word[0] >= '0' && word[0] <= '9')
}

// auditTime is the time in the Linux audit log's audit(1772438401.123:42):
func auditTime(value []byte) (at []byte, ok bool) {
	if len(value) < len(auditHead) || string(value[:len(auditHead)]) != auditHead {
		return nil, false
	}
	rest := value[len(auditHead):]
	end := bytes.IndexByte(rest, ':')
	if end < 0 {
		return nil, false
	}
	return rest[:end], true
}

const auditHead = "audit("

// unquoted is a quoted text without its escapes.
func (r *Reader) unquoted(s []byte) []byte {
	from := len(r.text)
	for {
		at := bytes.IndexByte(s, '\\')
		if at < 0 || at+1 == len(s) {
			break
		}
		c := s[at+1]
		switch c {
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		}
		r.text = append(append(r.text, s[:at]...), c)
		s = s[at+2:]
	}
	r.text = append(r.text, s...)
	return r.text[from:len(r.text):len(r.text)]
}
