package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// An Accessor names one field of a record's body: a key of the body, or a path
// into the maps and arrays below it. The zero Accessor names nothing and is
// found in no record.
type Accessor struct {
	path []step
}

// A step is a key of a map or, when isIndex is set, an index of an array.
type step struct {
	key     string
	index   uint32
	isIndex bool
}

// Key returns the Accessor of the top-level key name, whatever it contains.
func Key(name string) Accessor {
	return Accessor{path: []step{{key: name}}}
}

// First returns the key of the body that the path begins with.
func (a Accessor) First() string {
	if len(a.path) == 0 {
		return ""
	}
	return a.path[0].key
}

// Len returns how many keys and indexes lead to the field.
func (a Accessor) Len() int { return len(a.path) }

// Key returns the i-th key of the path; ok is false where that is an index.
func (a Accessor) Key(i int) (key string, ok bool) { return a.path[i].key, !a.path[i].isIndex }

// Index returns the i-th index of the path; ok is false where that is a key.
func (a Accessor) Index(i int) (index int, ok bool) {
	return int(a.path[i].index), a.path[i].isIndex
}

// ParseAccessor reads an accessor as users write it in a configuration.
//
//	log                            the key "log" of the body
//	log.level                      the key "log.level": without $ all of it is one key
//	$log                           the key "log", in Fluent Bit's record accessor notation
//	$kubernetes['labels']['app']   the key "app" of "labels" of "kubernetes"
//	$hosts[0]['name']              the key "name" of the first element of "hosts"
//	$labels['it''s']               a quote within a key is written twice
//	$['log.level']['name']         a first key that is no plain name, beyond Fluent Bit's own notation
//
// See https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/record-accessor.
// The error says at which character (counted from 1) the notation is left,
// and what would be right there.
func ParseAccessor(s string) (Accessor, error) {
	if s == "" {
		return Accessor{}, fmt.Errorf("empty record accessor: want a key such as log, or a path such as $kubernetes['namespace_name']")
	}
	if s[0] != '$' {
		return Key(s), nil
	}
	fail := func(at int, format string, args ...any) (Accessor, error) {
		return Accessor{}, fmt.Errorf("record accessor %q, character %d: %s", s, at+1, fmt.Sprintf(format, args...))
	}

	var path []step
	p := 1
	// The characters that end a name end it in Fluent Bit too, which takes
	// what follows as text of its own; here that would be lost in silence.
	for p < len(s) && !strings.ContainsRune(".,; \t\r\n[]'\"$", rune(s[p])) {
		p++
	}
	switch name := s[1:p]; {
	case strings.EqualFold(name, "TAG"):
		return fail(1, "$TAG is the tag, not a field of the record; a field of that name is written $['%s']", name)
	case name != "":
		path = append(path, step{key: name})
	case p == len(s) || s[p] != '[':
		return fail(p, "want a name after $, as in $log; a plain key that begins with $ is written $['%s']", strings.ReplaceAll(s, "'", "''"))
	case p+1 < len(s) && s[p+1] != '\'':
		return fail(p+1, "want a key in single quotes first, as in $['log.level']: a record is a map, not an array")
	}

	for p < len(s) {
		if s[p] == '.' {
			return fail(p, "a path is written $log['level']; for a key with dots in it leave out the $, or write $['log.level']")
		}
		if s[p] != '[' {
			return fail(p, "want [ before a further key, as in $log['level'], found %q", s[p])
		}
		p++
		switch {
		case p < len(s) && s[p] == '\'':
			key, n, ok := quoted(s[p:])
			if !ok {
				return fail(p, "the quote is not closed: want ' and ] behind the key, as in ['level']")
			}
			path = append(path, step{key: key})
			p += n
		case p < len(s) && '0' <= s[p] && s[p] <= '9':
			end := p
			for end < len(s) && '0' <= s[end] && s[end] <= '9' {
				end++
			}
			index, err := strconv.ParseUint(s[p:end], 10, 32)
			if err != nil || index == math.MaxUint32 {
				return fail(p, "index %s: an array has at most 4294967295 elements, the first of which is [0]", s[p:end])
			}
			path = append(path, step{index: uint32(index), isIndex: true})
			p = end
		default:
			return fail(p, "want a key in single quotes, as in ['level'], or an index, as in [0]")
		}
		if p == len(s) || s[p] != ']' {
			return fail(p, "want ] behind the key or the index")
		}
		p++
	}
	return Accessor{path: path}, nil
}

// quoted reads a string in single quotes, in which a quote is written twice,
// at the start of s, and says how many bytes of s it takes.
func quoted(s string) (key string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 == len(s) || s[i+1] != '\'' {
			return b.String(), i + 1, true
		}
		b.WriteByte('\'')
		i++
	}
	return "", 0, false
}

// String returns the accessor in the notation of [ParseAccessor], which reads
// it back as the same accessor.
func (a Accessor) String() string {
	if len(a.path) == 0 {
		return ""
	}
	if len(a.path) == 1 && a.path[0].key != "" && a.path[0].key[0] != '$' {
		return a.path[0].key
	}
	var b strings.Builder
	b.WriteByte('$')
	rest := a.path
	if plainName(rest[0].key) {
		b.WriteString(rest[0].key)
		rest = rest[1:]
	}
	for _, s := range rest {
		if s.isIndex {
			fmt.Fprintf(&b, "[%d]", s.index)
		} else {
			fmt.Fprintf(&b, "['%s']", strings.ReplaceAll(s.key, "'", "''"))
		}
	}
	return b.String()
}

// plainName reports whether key may stand right behind the $ in every version of
// Fluent Bit.
func plainName(key string) bool {
	for i := 0; i < len(key); i++ {
		c := key[i] | 0x20
		if !(c >= 'a' && c <= 'z' || key[i] == '_' || i > 0 && key[i] >= '0' && key[i] <= '9') {
			return false
		}
	}
	return key != "" && !strings.EqualFold(key, "TAG")
}
