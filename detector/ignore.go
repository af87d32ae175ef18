package detector

import (
	"bytes"
	"fmt"
	"regexp"
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

// ignoredPattern is what an entry begins with that names a pattern.
const ignoredPattern = "pattern:"

// NewIgnore makes an Ignore of entries: a regular expression (RE2), for messages
// whose first pattern.MaxBytes match, or pattern: and the id of a pattern. $ also
// matches before a line's end at the end of the message. The error names the
// entry.
func NewIgnore(entries []string) (*Ignore, error) {
	ig := &Ignore{}
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

// Ignores says whether a message would be ignored, whatever its score is.
func (d *Detector) Ignores(message []byte) bool {
	var l pattern.Line
	d.scanner.Scan(message, &l)
	for _, ig := range d.ignore {
		if ig != nil && ig.has(message[:min(len(message), pattern.MaxBytes)], l.Hash) {
			return true
		}
	}
	return false
}

// ignored says whether the event at hand is. Expressions get no more of a message
// than the rest of the detector reads: they take time for each byte, and lines
// have no limit.
func (d *Detector) ignored() bool {
	for _, ig := range d.ignore {
		if ig != nil && ig.has(d.seen.Text, d.line.Hash) {
			return true
		}
	}
	return false
}

func (ig *Ignore) has(message []byte, hash uint64) bool {
	if _, ok := ig.patterns[hash&text.IDBits]; ok {
		return true
	}
	message = bytes.TrimSuffix(bytes.TrimSuffix(message, []byte("\n")), []byte("\r"))
	for _, re := range ig.expressions {
		if re.Match(message) {
			return true
		}
	}
	return false
}
