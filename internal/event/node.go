package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"

	"github.com/flb-anomaly/flb-anomaly/detector"
	"github.com/flb-anomaly/flb-anomaly/internal/event/names"
	"github.com/flb-anomaly/flb-anomaly/record"
)

// A node is what a key means at its place in a record. Records have the same
// keys again and again: what a key is, its full name and whether it is looked
// at, is found out once and remembered.
type node struct {
	// What a record of known keys needs comes first: one cache line, then another.
	parent *node
	ends   ends     // of key
	next   [2]*node // what came behind it last, and before that; nil = nothing that is remembered
	event  uint64   // the last one in which it was a field,
	at     int32    // and which
	levels int16    // of nesting above it
	misses uint8    // lookups that missed its slot since it was found there
	plain  bool     // a field and nothing else
	stands record.KnownKey

	name   []byte             // Field.Name
	known  detector.FieldName // what follows from it
	skip   bool               // nothing of it, and nothing below it, is of interest
	out    bool               // is no field itself; what is below may be
	within bool               // an array's: several of one name are several fields
	begins [2]*node           // what came first inside it, likewise
	hash   uint64

	message  int16 // rank among the names, the first is 1; 0 = is none
	level    int16
	clock    int16
	scale    names.Scale
	template bool // a message without its values
	group    bool

	metadata bool             // stands in the metadata
	left     bool             // is left out, with all that is below
	listed   bool             // the option Fields names it, or what it stands in
	passing  bool             // is not remembered
	pinned   bool             // is never forgotten
	far      bool             // an accessor leads on below
	steps    [accessors]int16 // of each accessor that led here; -1 = does not lead here
	log      int16            // bytes of name up to what Log_Key names, when it stands in that

	key []byte // as it stands in its map; an element's is its place in brackets
}

const (
	maxName   = 128
	maxLevels = 8                          // of nesting; what is below says nothing
	shallow   = 3                          // up to how many levels a field has its place in any case
	deepRoom  = detector.MaxFields * 3 / 4 // places of a record's fields that one below may have
	maxKeys   = 256                        // of a record that are looked at without being remembered
	nodeSlots = 1 << 11                    // of remembered keys
	ways      = 4                          // slots in which a key may be
	patience  = 16                         // lookups that miss a slot until it is given away
)

// tree remembers nodes. What it has no room for is made for one record, in
// memory that is used again: who makes up keys gains no memory.
type tree struct {
	rules *rules
	root  node
	meta  node // of the metadata
	slots []*node

	passing []node // of this record
	names   []byte // of those
}

func newTree(r *rules) *tree {
	t := &tree{rules: r, slots: make([]*node, nodeSlots), passing: make([]node, 0, maxKeys)}
	t.root = node{hash: 0x9e3779b97f4a7c15, levels: -1, out: true}
	t.meta = node{hash: 0xd1b54a32d192ed03, levels: -2, out: true, metadata: true, steps: [accessors]int16{-1, -1, -1}}
	for i := range r.accessors {
		t.root.far = t.root.far || r.accessors[i].Len() > 0
	}
	t.pin()
	return t
}

// pin makes the nodes of all names that say something. Nobody who makes up keys
// can have them forgotten.
func (t *tree) pin() {
	var all []string
	for _, rows := range [][]names.Row{names.Messages, names.Times} {
		for _, row := range rows {
			all = append(all, row.Name)
		}
	}
	for _, row := range names.Levels {
		all = append(all, row.Name)
	}
	for _, name := range append(all, names.Containers...) {
		t.pinned(t.child(&t.root, []byte(name)))
		t.pinned(t.child(&t.root, []byte(strings.ToLower(name))))
		n := &t.root
		for key := range strings.SplitSeq(name, ".") {
			n = t.pinned(t.child(n, []byte(key)))
		}
	}
	for i := range t.rules.accessors {
		a, n := &t.rules.accessors[i], &t.root
		for step := range a.Len() {
			if key, ok := a.Key(step); ok {
				n = t.pinned(t.child(n, []byte(key)))
			} else if index, ok := a.Index(step); ok {
				n = t.pinned(t.element(n, index))
			}
		}
	}
}

func (t *tree) pinned(n *node) *node {
	n.pinned = true
	return n
}

// reset forgets the keys that were only made for one record.
func (t *tree) reset() { t.passing, t.names = t.passing[:0], t.names[:0] }

// inside reports whether what stands in a map or an array is to be looked at.
func (n *node) inside() bool { return n.levels < maxLevels && !n.skip || n.far }

// child returns what a key in the map n means; nil when the record has too many
// that are not known.
func (t *tree) child(n *node, key []byte) *node {
	e := endsOf(key)
	return t.lookup(n, key, e, e.hash(n.hash), -1)
}

// follow is child, for keys in their order: last is the one before, nil for the
// first, and becomes this one. Records have their keys in the same order again and
// again, so that what came behind a key last is the first guess.
func (t *tree) follow(n *node, key []byte, last **node) *node {
	e := endsOf(key)
	guess := &n.begins
	if *last != nil {
		guess = &(*last).next
	}
	c := guess[0]
	if c == nil || c.parent != n || !c.is(key, &e) {
		if c = guess[1]; c == nil || c.parent != n || !c.is(key, &e) {
			if c = t.anew(n, key, guess); c == nil {
				return nil
			}
		}
	}
	c.misses = 0
	*last = c
	return c
}

// anew is child for a key that is not where it was guessed to be; it is the next guess.
func (t *tree) anew(n *node, key []byte, guess *[2]*node) *node {
	c := t.child(n, key)
	if c != nil && !c.passing {
		guess[0], guess[1] = c, guess[0]
	}
	return c
}

// is reports whether a key, whose ends are given, is the node's.
func (n *node) is(key []byte, e *ends) bool {
	return n.ends == *e && (e.size <= 24 || string(n.key) == string(key))
}

// element returns what the i-th element of the array n means.
func (t *tree) element(n *node, i int) *node {
	if n.far && t.rules.wants(n, i) {
		var b [24]byte
		key := append(strconv.AppendInt(append(b[:0], '['), int64(i), 10), ']')
		e := endsOf(key)
		return t.lookup(n, key, e, e.hash(^n.hash), i)
	}
	e := endsOf(brackets)
	return t.lookup(n, brackets, e, e.hash(^n.hash), anyElement)
}

const anyElement = 1 << 62

var brackets = []byte("[]")

// ends are a key's first eight and last 16 bytes and its size: all of a key of up to 24.
type ends struct {
	lo, mid, hi uint64
	size        int
}

func endsOf(key []byte) (e ends) {
	n := len(key)
	e.size = n
	switch {
	case n >= 8:
		e.lo, e.hi = binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[n-8:])
		if n > 16 {
			e.mid = binary.LittleEndian.Uint64(key[n-16:])
		}
	case n >= 4:
		e.lo, e.hi = uint64(binary.LittleEndian.Uint32(key)), uint64(binary.LittleEndian.Uint32(key[n-4:]))
	case n > 0:
		e.lo = uint64(key[0])<<16 | uint64(key[n>>1])<<8 | uint64(key[n-1])
	}
	return e
}

// hash is no more than good: what it confuses is compared.
func (e *ends) hash(parent uint64) uint64 {
	h, l := bits.Mul64(e.lo^parent, e.hi^e.mid*0x8ebc6af09c88c6e3^uint64(e.size)^0xe7037ed1a0b428db)
	return h ^ l
}

func (t *tree) lookup(n *node, key []byte, e ends, h uint64, element int) *node {
	set := (*[ways]*node)(t.slots[h&(nodeSlots-1)&^(ways-1):])
	for i := range set {
		if c := set[(uint64(i)+h)&(ways-1)]; c != nil && c.hash == h && c.parent == n && c.is(key, &e) {
			c.misses = 0
			return c
		}
	}
	if len(t.passing) == cap(t.passing) {
		return nil
	}
	return t.miss(n, key, e, h, element, set)
}

func (t *tree) miss(n *node, key []byte, e ends, h uint64, element int, set *[ways]*node) *node {
	// Room is where none is remembered, else where one was missed the most.
	var s **node
	for i := range set {
		switch one := &set[i]; {
		case *one == nil:
			s = one
		case (*one).pinned || s != nil && *s == nil:
		case s == nil || (*one).misses > (*s).misses:
			s = one
		}
	}
	from := len(t.names)
	t.names = appendName(t.names, n, key, element)
	name := t.names[from:len(t.names):len(t.names)]
	made := node{parent: n, hash: h, ends: e, key: key, name: name}
	if !n.passing && s != nil && (*s == nil || (*s).misses >= patience) {
		t.names = t.names[:from]
		c := &made
		c.key, c.name = bytes.Clone(key), bytes.Clone(name)
		c.stands = record.NewKnownKey(key)
		t.rules.classify(c, element)
		if *s != nil {
			(*s).ends.size, (*s).stands = forgotten, nowhere
		}
		*s = c
		return c
	}
	if s != nil && *s != nil && (*s).misses < patience {
		(*s).misses++
	}
	made.passing = true
	t.passing = append(t.passing, made)
	c := &t.passing[len(t.passing)-1]
	if element >= 0 { // its key is on the stack
		c.key = nil
	}
	t.rules.classify(c, element)
	return c
}

// forgotten is no key's size: that of a node which is not to be followed to. nowhere is
// where its key stands.
const forgotten = -1

var nowhere = record.NewKnownKey(make([]byte, maxName))

// appendName appends the name of what stands in n. Of a key that makes it too
// long, no more is taken than shows that.
func appendName(to []byte, n *node, key []byte, element int) []byte {
	to = append(to, n.name...)
	if element >= 0 {
		return append(to, brackets...)
	}
	if len(n.name) > 0 {
		to = append(to, '.')
	}
	return append(to, key[:min(len(key), maxName+1)]...)
}
