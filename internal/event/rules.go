package event

import (
	"fmt"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event/names"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// The accessors that a user may give.
const (
	logKey = iota
	levelKey
	groupBy
	accessors
)

// rules say what a key means.
type rules struct {
	accessors [accessors]record.Accessor
	given     [accessors]bool

	none    bool     // look at no fields
	only    []string // globs of the fields to look at; nil = all but leftOut
	without []string
	leftOut []string
	own     []string // the fields that records get, which stand at the top

	lower [2 * maxName]byte
}

// A role is what a name says.
type role struct {
	message, level, clock int16
	scale                 names.Scale
	template              bool
}

// nested is added to the rank of what stands in a container: it comes after the
// record's own.
const nested = 1000

var (
	exactRoles, roles = makeRoles()
	containers        = lowered(names.Containers)
)

func makeRoles() (exact, lower map[string]role) {
	exact, lower = map[string]role{}, map[string]role{}
	set := func(m map[string]role, name string, change func(*role)) {
		r := m[name]
		change(&r)
		m[name] = r
	}
	for i, row := range names.Messages {
		set(lower, strings.ToLower(row.Name), func(r *role) {
			if r.message == 0 {
				r.message = int16(i + 1)
			}
		})
	}
	for _, name := range names.Templates {
		set(lower, strings.ToLower(name), func(r *role) { r.template = true })
	}
	for i, row := range names.Times {
		set(lower, strings.ToLower(row.Name), func(r *role) {
			if r.clock == 0 {
				r.clock = int16(i + 1)
			}
		})
	}
	for i, row := range names.Levels {
		if row.Exact {
			exact[row.Name] = role{level: int16(i + 1), scale: row.Scale}
			continue
		}
		set(lower, strings.ToLower(row.Name), func(r *role) {
			if r.level == 0 {
				r.level, r.scale = int16(i+1), row.Scale
			}
		})
	}
	return exact, lower
}

func lowered(list []string) [][]byte {
	var to [][]byte
	for _, s := range list {
		to = append(to, append([]byte(strings.ToLower(s)), '.'))
	}
	return to
}

func newRules(s *options.Settings) (*rules, error) {
	r := &rules{own: s.Fields(), none: s.LookAt.None, only: s.LookAt.Only, without: s.LookAt.Without}
	for i, k := range [accessors]struct{ option, accessor string }{{"Log_Key", s.LogKey}, {"Level_Key", s.LevelKey}, {"Group_By", s.GroupBy}} {
		if k.accessor == "" {
			continue
		}
		a, err := record.ParseAccessor(k.accessor)
		if err != nil {
			return nil, fmt.Errorf("option %s has the value %q: %w", k.option, k.accessor, err)
		}
		r.accessors[i], r.given[i] = a, true
	}
	for _, row := range names.LeftOut {
		r.leftOut = append(r.leftOut, row.Name)
	}
	return r, nil
}

// wants reports whether an accessor leads to the i-th element of n.
func (r *rules) wants(n *node, i int) bool {
	for a, s := range n.steps {
		if s >= 0 && int(s) < r.accessors[a].Len() {
			if index, ok := r.accessors[a].Index(int(s)); ok && index == i {
				return true
			}
		}
	}
	return false
}

// classify finds out what n, of which parent, key and name are known, means.
// element is its place in an array, negative for what stands in a map.
func (r *rules) classify(n *node, element int) {
	p := n.parent
	n.levels, n.metadata, n.left, n.listed, n.log = p.levels+1, p.metadata, p.left, p.listed, p.log
	n.within = p.within || element >= 0
	for i := range n.steps {
		n.steps[i] = -1
		if s := int(p.steps[i]); s >= 0 && s < r.accessors[i].Len() && r.leads(i, s, n.key, element) {
			n.steps[i] = int16(s + 1)
			n.far = n.far || s+1 < r.accessors[i].Len()
		}
	}
	reached := func(i int) bool { return n.steps[i] > 0 && int(n.steps[i]) == r.accessors[i].Len() }
	if p.metadata && p.parent == nil {
		// The metadata of OTLP; there is no other that says something.
		n.out, n.skip, n.name = true, string(n.key) != "otlp", nil
		return
	}

	said := r.said(n)
	if r.given[logKey] {
		n.message = 0
		if n.log > 0 {
			n.message = said.message
		}
		if reached(logKey) {
			n.message, n.log = 1, int16(len(n.name)+1)
		}
	} else {
		n.message = said.message
	}
	n.level, n.scale = said.level, said.scale
	if r.given[levelKey] {
		n.level = 0
		if reached(levelKey) {
			n.level = 1
		}
	}
	n.clock, n.template, n.group = said.clock, said.template, reached(groupBy)

	if n.metadata {
		n.message, n.clock = 0, 0
		n.skip = n.level == 0 && n.levels == 0 && string(n.key) != "attributes"
	}
	n.listed = n.listed || matches(r.only, n.name)
	if !n.left {
		n.left = matches(r.without, n.name) || p.parent == nil && r.isOwn(n.name) ||
			r.only == nil && matches(r.leftOut, n.name) && !isKept(n.name)
	}
	n.out = r.none || n.left || r.only != nil && !n.listed || n.levels > maxLevels || len(n.name) > maxName
	role := n.message > 0 || n.level > 0 || n.clock > 0 || n.group
	n.skip = n.skip || n.left && !role && !n.far
	n.plain = !role && !n.out && !n.skip
	if !n.out && !n.skip {
		n.known = detector.NewFieldName(n.name)
	}
}

// leads reports whether the s-th step of an accessor is to key, or to element.
func (r *rules) leads(accessor, s int, key []byte, element int) bool {
	if element >= 0 {
		index, ok := r.accessors[accessor].Index(s)
		return ok && index == element
	}
	name, ok := r.accessors[accessor].Key(s)
	return ok && name == string(key)
}

// said is what a node's name says: at the top, in a container, or in what
// Log_Key names.
func (r *rules) said(n *node) role {
	if n.within || len(n.name) > maxName || n.levels > maxLevels {
		return role{}
	}
	if found, ok := exactRoles[string(n.name)]; ok {
		return found
	}
	lower := r.lower[:len(n.name)]
	for i, c := range n.name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	if found, ok := roles[string(lower)]; ok {
		return found
	}
	within := func(prefix int) role {
		found, ok := exactRoles[string(n.name[prefix:])]
		if !ok {
			if found, ok = roles[string(lower[prefix:])]; !ok {
				return role{}
			}
		}
		for _, rank := range []*int16{&found.message, &found.level, &found.clock} {
			if *rank > 0 {
				*rank += nested
			}
		}
		return found
	}
	if n.log > 0 && int(n.log) < len(lower) {
		return within(int(n.log))
	}
	for _, c := range containers {
		if len(lower) > len(c) && string(lower[:len(c)]) == string(c) {
			return within(len(c))
		}
	}
	return role{}
}

func (r *rules) isOwn(name []byte) bool {
	for _, own := range r.own {
		if own == string(name) {
			return true
		}
	}
	return false
}

func isKept(name []byte) bool {
	for _, kept := range names.Kept {
		if kept == string(name) {
			return true
		}
	}
	return false
}

func matches(globs []string, name []byte) bool {
	for _, g := range globs {
		if glob(g, name) {
			return true
		}
	}
	return false
}

// glob reports whether a pattern matches all of a name: * stands for anything, ?
// for one byte, [A-Z] for a capital letter.
func glob(pattern string, name []byte) bool {
	star, tried := -1, 0 // where the last * stands, and up to where it is tried
	p, i := 0, 0
	for i < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, tried = p, i
			p++
			continue
		}
		if width := one(pattern[p:], name[i]); width > 0 {
			p, i = p+width, i+1
			continue
		}
		if star < 0 {
			return false
		}
		tried++
		p, i = star+1, tried
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// one returns how many bytes of a pattern stand for the byte c, 0 for none.
func one(pattern string, c byte) int {
	switch {
	case pattern == "":
		return 0
	case strings.HasPrefix(pattern, capital):
		if c >= 'A' && c <= 'Z' {
			return len(capital)
		}
		return 0
	case pattern[0] == '?' || pattern[0] == c:
		return 1
	}
	return 0
}

const capital = "[A-Z]"
