package record

import "slices"

// A Finder knows the fields to look for. It is fixed once made and may serve
// any number of walkers at once.
type Finder struct {
	root keys
	// candidates holds for each slot how many accessors it has.
	candidates []int32
}

// NewFinder returns a Finder for as many slots as there are lists; what slot i
// holds in an event is asked for with [Event.Value](i).
//
// Each slot is an ordered list of candidates. The first candidate that the
// record has fills the slot, in the order of the list, not that of the record.
// A map, an array or an ext fills it only where no candidate is text, number
// or bool, and nil only where no candidate is anything else: a record may well
// have a map "log" beside the text "message". Where the record has a key more
// than once, the last one counts, as it does for Fluent Bit's own record
// accessor. Keys match as str and as bin; keys of other types never match.
//
// replace names the top-level fields that are going to be written:
// [Event.Annotate] takes out what a record already has under these names.
// Naming them here spares Annotate a walk of its own.
func NewFinder(replace []string, slots ...[]Accessor) *Finder {
	f := &Finder{candidates: make([]int32, len(slots))}
	root := newBranch()
	for _, name := range replace {
		root.at(step{key: name}).replace = true
	}
	for slot, accessors := range slots {
		f.candidates[slot] = int32(len(accessors))
		for rank, a := range accessors {
			if len(a.path) == 0 {
				continue
			}
			b := root
			for _, s := range a.path[:len(a.path)-1] {
				n := b.at(s)
				if n.below == nil {
					n.below = newBranch()
				}
				b = n.below
			}
			n := b.at(a.path[len(a.path)-1])
			n.takes = append(n.takes, take{slot: int32(slot), rank: int32(rank)})
		}
	}
	f.root = root.compile()
	return f
}

// A take says that a value is the candidate of that rank for that slot.
type take struct{ slot, rank int32 }

// A branch collects what is wanted from one map or array while a Finder is
// made; keys is what becomes of it.
type branch struct{ nodes map[step]*twig }

type twig struct {
	takes   []take
	replace bool
	below   *branch
}

func newBranch() *branch { return &branch{nodes: map[step]*twig{}} }

func (b *branch) at(s step) *twig {
	t := b.nodes[s]
	if t == nil {
		t = &twig{}
		b.nodes[s] = t
	}
	return t
}

// keys is what is wanted from one map or array. Most keys of most records are
// not wanted, so that saying no must be cheap: mask answers for nearly all of
// them with one load, without a look at more than the key's first byte.
type keys struct {
	// mask has for each first byte of a key the bit of each length that a
	// wanted key with this first byte has; lengths from 31 up share a bit.
	mask [256]uint32
	// from[l] is the first node whose key has the length class l; the nodes of
	// that class end at from[l+1].
	from  [lengthClasses + 1]int32
	nodes []node
	// elements are the nodes with an index instead of a key, in order.
	elements []node
}

type node struct {
	step
	takes   []take
	replace bool
	below   *keys
}

const lengthClasses = 32

func lengthClass(n int) int { return min(n, lengthClasses-1) }

func (b *branch) compile() keys {
	var k keys
	var nodes, elements []*node // a sort of pointers is one that there is
	for s, t := range b.nodes {
		n := &node{step: s, takes: t.takes, replace: t.replace}
		if t.below != nil {
			below := t.below.compile()
			n.below = &below
		}
		if s.isIndex {
			elements = append(elements, n)
			continue
		}
		nodes = append(nodes, n)
		bit := uint32(1) << lengthClass(len(s.key))
		if s.key != "" {
			k.mask[s.key[0]] |= bit
			continue
		}
		// The byte at which mask looks up the empty key is that of the value
		// behind it, and so can be any.
		for c := range k.mask {
			k.mask[c] |= bit
		}
	}
	slices.SortFunc(nodes, func(x, y *node) int { return lengthClass(len(x.key)) - lengthClass(len(y.key)) })
	slices.SortFunc(elements, func(x, y *node) int { return int(int64(x.index) - int64(y.index)) })
	for _, n := range elements {
		k.elements = append(k.elements, *n)
	}
	for _, n := range nodes {
		k.nodes = append(k.nodes, *n)
		k.from[lengthClass(len(n.key))+1]++
	}
	for l := range lengthClasses {
		k.from[l+1] += k.from[l]
	}
	return k
}

// lookup returns the node of the key that is b[from:to], or nil.
func (k *keys) lookup(b []byte, from, to int) *node {
	l := lengthClass(to - from)
	for i := k.from[l]; i < k.from[l+1]; i++ {
		if n := &k.nodes[i]; n.key == string(b[from:to]) {
			return n
		}
	}
	return nil
}

// rankClass is what a value's first byte adds to a candidate's rank, in units
// of the number of candidates: first text, numbers and bools, then containers
// and exts, then nil.
var rankClass = func() (t [256]int32) {
	for c := range t {
		switch {
		case c == 0xc0:
			t[c] = 2
		case isContainer[c], c >= 0xd4 && c <= 0xd8, c >= 0xc7 && c <= 0xc9:
			t[c] = 1
		}
	}
	return t
}()
