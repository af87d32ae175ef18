package web

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	maxPatterns = scan.MaxPatterns // more share the last one
	sampleSize  = 512              // bytes of a message that are kept of each
)

// patterns numbers the patterns of a log and keeps an example of each.
type patterns struct {
	table *scan.Patterns

	mu      sync.Mutex
	numbers map[uint64]uint32 // by the detector's hash
	ids     map[uint64]uint32 // by the page's
	all     []onePattern
}

type onePattern struct {
	id     uint64 // its hash under a seed of the page's own, so that it outlives another Seed; 0 = beyond maxPatterns
	hash   uint64 // the detector's, of which its id on records is made
	count  uint32
	first  []byte // its first message
	latest []byte // another one, so that what varies can be told
	varies uint64 // the tokens of first, up to the 64th, that are other words in other messages
	cut    bool   // first is not all of its message
	fields bool   // first is made of the fields of an event without a message
}

func (p *patterns) init() {
	p.table = scan.NewPatterns()
	p.numbers, p.ids = map[uint64]uint32{}, map[uint64]uint32{}
}

func (p *patterns) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

// index is the number of the pattern of an event that is being judged.
func (p *patterns) index(hash uint64, ev *detector.Event) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	message := ev.Message
	fields := len(message) == 0 && len(ev.Fields) > 0
	i, ok := p.numbers[hash]
	if !ok {
		i = uint32(len(p.all))
		if i == maxPatterns-1 {
			// The last number stands for all that come from now on: it has no
			// example, as they have nothing in common.
			p.all = append(p.all, onePattern{})
			p.ids[0] = i
		}
		if i >= maxPatterns-1 {
			return maxPatterns - 1
		}
		p.numbers[hash] = i
		id := p.table.ID(hash, ev)
		if fields {
			message = ev.AppendFields(nil, sampleSize)
		}
		p.ids[id] = i
		p.all = append(p.all, onePattern{id: id, hash: hash, first: bytes.Clone(text.Cut(message, sampleSize)), cut: len(message) > sampleSize, fields: fields})
		return i
	}
	o := &p.all[i]
	// At the second, fourth, eighth, … time: often at first, seldom later.
	if o.count++; !fields && o.count&(o.count-1) == 0 {
		o.latest = append(o.latest[:0], text.Cut(message, sampleSize)...)
		o.varies |= p.differing(o.first, o.latest)
	}
	return i
}

// differing says which words of a message are others in another message of its
// pattern: a place where many have stood is part of none.
func (p *patterns) differing(message, other []byte) (varies uint64) {
	var words [64][]byte
	for i, t := range p.table.Scan(message).Tokens {
		if i < len(words) && t.Kind == pattern.Word {
			words[i] = constant(message, t)
		}
	}
	for i, t := range p.table.Scan(other).Tokens {
		if i < len(words) && words[i] != nil && (t.Kind != pattern.Word || !bytes.Equal(words[i], constant(other, t))) {
			varies |= 1 << i
		}
	}
	return varies
}

// constant is what of a word is the same in all messages of a pattern.
func constant(message []byte, t pattern.Token) []byte {
	return bytes.TrimRight(message[t.Start:t.End], "0123456789")
}

// id is a pattern's id by its number.
func (p *patterns) id(i uint32) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[i].id
}

// hash is the detector's hash of a pattern by its number.
func (p *patterns) hash(i uint32) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[i].hash
}

// recorded finds a pattern by the part of its hash that its id on records tells.
func (p *patterns) recorded(id uint64) (uint32, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i].hash&text.IDBits == id {
			return uint32(i), true
		}
	}
	return 0, false
}

// number finds a pattern by its id.
func (p *patterns) number(id uint64) (uint32, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, ok := p.ids[id]
	return i, ok
}

// described is a pattern in words.
type described struct {
	id     uint64
	text   string // constants as they are, what varies as <kind>
	sample string // a message of it
	ignore string // a regular expression for Ignore that matches its messages; empty when none does
}

// describe tells what a pattern is.
func (p *patterns) describe(i uint32) described {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := &p.all[i]
	if o.first == nil {
		return described{text: "patterns beyond the first " + strconv.Itoa(maxPatterns-1)}
	}
	if o.fields {
		// What of it is the same in the others cannot be told.
		return described{id: o.id, text: text.Valid(o.first), sample: text.Valid(o.first)}
	}
	line := p.table.Scan(o.first)
	d := described{id: o.id, text: patternText(o.first, line, o.cut), sample: text.Valid(o.first)}
	for _, loose := range []bool{false, true} {
		d.ignore = ignoreExpression(o.first, line, o.varies, o.cut, loose)
		re, err := regexp.Compile(d.ignore)
		if err == nil && re.Match(o.first) && (o.latest == nil || re.Match(o.latest)) {
			break
		}
	}
	return d
}

// patternText is a pattern as text: what is constant as it is, what varies as
// <num>, <time> and the like.
func patternText(message []byte, l *pattern.Line, cut bool) string {
	s := text.Valid(l.Append(nil, message))
	if l.Truncated || cut {
		s += " …"
	}
	return s
}

// maxExpression is the length from which a regular expression ends early: what
// is left out of a long message hardly ever tells it from another.
const maxExpression = 400

// ignoreExpression is a regular expression (RE2) for the messages of a
// pattern: what is constant as it is, and something in the place of what
// varies. It begins at the first word, so that times and addresses before it
// are left out, and fits on one line of a configuration. A loose one takes
// anything between the words.
func ignoreExpression(message []byte, l *pattern.Line, varies uint64, cut, loose bool) string {
	var b strings.Builder
	same := func(i int) bool { return l.Tokens[i].Kind == pattern.Word && (i >= 64 || varies>>i&1 == 0) }
	begin, end := 0, 0
	for begin < len(l.Tokens) && !same(begin) {
		begin++
	}
	anchored := begin == len(l.Tokens)
	if !anchored {
		end = int(l.Tokens[begin].Start)
	} else { // nothing but what varies: then all of it counts
		b.WriteByte('^')
		begin = 0
	}
	for i, t := range l.Tokens[begin:] {
		if b.Len() > maxExpression {
			return strings.TrimSpace(b.String())
		}
		between := message[end:t.Start]
		if loose && len(between) > 0 {
			b.WriteString(".*")
		} else {
			quoteLiteral(&b, between)
		}
		word := message[t.Start:t.Start]
		if same(begin + i) {
			word = constant(message, t)
		}
		quoteLiteral(&b, word)
		if len(word) < int(t.End-t.Start) {
			b.WriteString(`\S+`)
		}
		end = int(t.End)
	}
	// A sample that is cut, and a line longer than what is scanned, go on.
	if !loose && !l.Truncated && !cut {
		quoteLiteral(&b, message[end:])
		if anchored {
			b.WriteByte('$')
		}
	}
	return strings.TrimSpace(b.String())
}

// quoteLiteral appends text of a message to an expression. White space other
// than a single blank may differ from line to line; control characters and
// what is not UTF-8 have no place in a configuration.
func quoteLiteral(b *strings.Builder, s []byte) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		switch {
		case unicode.IsSpace(r):
			from := i
			for i < len(s) && unicode.IsSpace(r) {
				i += n
				r, n = utf8.DecodeRune(s[i:])
			}
			if string(s[from:i]) == " " {
				b.WriteByte(' ')
			} else {
				b.WriteString(`\s+`)
			}
			continue
		case r == utf8.RuneError && n == 1 || unicode.IsControl(r):
			b.WriteString(".*")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		i += n
	}
}
