package detector

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Ignore says what is never flagged. It does not change.
type Ignore struct {
	expressions []*regexp.Regexp
	patterns    map[uint64]struct{} // by the part of their hash that an id tells
}

// PatternID returns the id of a pattern, 10 letters and digits: the same in every
// process under one seed.
func PatternID(pattern uint64) string { return text.ID(pattern) }

// AppendPatternID appends the id of a pattern to b.
func AppendPatternID(b []byte, pattern uint64) []byte { return text.AppendID(b, pattern) }

// maxSteps bounds the expressions of an Ignore together, in instructions of their
// programs: an event that is strange is held against all of them, and in the worst
// case each of its bytes against each instruction. Written out, an expression has
// some 30, and as many as its letters.
const maxSteps = 20_000

// ignoredPattern is what an entry begins with that names a pattern.
const ignoredPattern = "pattern:"

// NewIgnore makes an Ignore of entries: a regular expression (RE2), for events
// whose message or whose fields, as name=value, match within their first
// pattern.MaxBytes, or pattern: and the id of a pattern. $ also
// matches before a line's end at the end of the message. The error names the
// entry.
func NewIgnore(entries []string) (*Ignore, error) {
	ig := &Ignore{}
	steps := 0
	for _, e := range entries {
		if id, ok := strings.CutPrefix(e, ignoredPattern); ok {
			hash, ok := text.ParseID(strings.TrimSpace(id))
			if !ok {
				return nil, fmt.Errorf("%q: no id of a pattern, which has %d digits and small letters, as anomaly_pattern shows it", e, text.IDSize)
			}
			if ig.patterns == nil {
				ig.patterns = map[uint64]struct{}{}
			}
			ig.patterns[hash] = struct{}{}
			continue
		}
		re, err := regexp.Compile(e)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", e, err)
		}
		if steps += programSize(e); steps > maxSteps {
			return nil, fmt.Errorf("%.100q: with it the expressions take %d steps together, and at most %d are right: make them shorter, or name patterns by their ids", e, steps, maxSteps)
		}
		if re.MatchString("") && re.MatchString("\x00anything: 0") {
			return nil, fmt.Errorf("%q: it would match every message", e)
		}
		ig.expressions = append(ig.expressions, re)
	}
	if ig.expressions == nil && ig.patterns == nil {
		return nil, nil
	}
	return ig, nil
}

// programSize is how many instructions an expression has that compiles.
func programSize(expression string) int {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return 0
	}
	p, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0
	}
	return len(p.Inst)
}

// Len returns how many expressions and how many patterns it has; nil has none.
func (ig *Ignore) Len() (expressions, patterns int) {
	if ig == nil {
		return 0, 0
	}
	return len(ig.expressions), len(ig.patterns)
}

// SetIgnore makes the detector ignore what is said beside Options.Ignore, in the
// place of what it was told before; nil is nothing.
func (d *Detector) SetIgnore(ig *Ignore) { d.ignore[1] = ig }

// ignores reports whether there is anything to ignore.
func (d *Detector) ignores() bool { return d.ignore[0] != nil || d.ignore[1] != nil }

// ignored reports whether the event at hand is. Expressions get no more of it than the
// rest of the detector reads: they take time for each byte, and lines have no limit.
func (d *Detector) ignored(ev *Event) bool {
	if !d.ignores() {
		return false
	}
	d.fields = ev.AppendFields(d.fields[:0], pattern.MaxBytes)
	for _, ig := range d.ignore {
		if ig != nil && ig.Has(d.seen.Text, d.fields, d.seen.Pattern()) {
			return true
		}
	}
	return false
}

// Has reports whether an event of the pattern is ignored, of which a message and what
// Event.AppendFields makes are given; either may be empty. A nil Ignore has none.
func (ig *Ignore) Has(message, fields []byte, hash uint64) bool {
	if ig == nil {
		return false
	}
	if _, ok := ig.patterns[hash&text.IDBits]; ok {
		return true
	}
	message = withoutNewline(message)
	for _, re := range ig.expressions {
		if re.Match(message) || len(fields) > 0 && re.Match(fields) {
			return true
		}
	}
	return false
}

// withoutNewline cuts the newline that ends a message, so that $ stands for its
// end, as in Fluent Bit's own filters.
func withoutNewline(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}
