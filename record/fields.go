package record

// fields walks n pairs from p on, puts what is wanted into slots, and returns
// the position behind the pairs, or -1. Recursion ends with the deepest
// accessor, whatever the data is. top is the event when the pairs are those of
// its body.
func (w *Walker) fields(slots []found, k *keys, p, n int, top *Event) int {
	b := w.chunk
	for {
		if p, n = k.unwanted(b, p, n); n == 0 {
			break
		}
		n--
		if uint(p) >= uint(len(b)) {
			return -1
		}
		start := p
		key, text := p+1, true
		if c := b[p]; c&0xe0 == 0xa0 {
			p = key + int(c&0x1f)
		} else {
			key, p, text = longKey(b, p)
		}
		if uint(p) >= uint(len(b)) { // a value has to follow
			return -1
		}
		var nd *node
		if text {
			nd = k.lookup(b, key, p)
		}
		value := p
		if isContainer[b[p]] {
			p = w.container(slots, nd, p, top != nil)
		} else {
			p = skip(b, p)
		}
		if p < 0 {
			return -1
		}
		if nd != nil {
			w.take(slots, nd, value, p)
			if top != nil && nd.replace {
				top.drops = append(top.drops, span{start, p})
			}
		}
	}
	if p > len(b) {
		return -1
	}
	return p
}

// unwanted steps over pairs of a short key that is not wanted and a plain value,
// which most pairs are. It returns the position of the first pair that is
// something else, and how many pairs are left with it. The position may lie
// beyond the end of b.
//
// That it calls nothing and knows nothing else keeps all of it in registers: a
// journald record of 25 fields takes 120 ns, against 155 ns when this is part
// of the loop in fields.
func (k *keys) unwanted(b []byte, p, n int) (int, int) {
	for ; n > 0; n-- {
		if uint(p) >= uint(len(b)) {
			break
		}
		c := b[p]
		value := p + 1 + int(c&0x1f)
		// The first byte of an empty key is that of its value: see compile.
		if c&0xe0 != 0xa0 || uint(value) >= uint(len(b)) || k.mask[b[p+1]]>>(c&0x1f)&1 != 0 {
			break
		}
		c = b[value]
		switch width := int(plainWidth[c]); {
		case width != 0:
			p = value + width
		case c == 0xd9 && value+1 < len(b):
			p = value + 2 + int(b[value+1])
		default:
			return p, n
		}
	}
	return p, n
}

// longKey finds the content of a key that is no fixstr, and the position behind
// it, -1 when there is none. text is false for a key that is neither str nor
// bin.
func longKey(b []byte, p int) (content, next int, text bool) {
	next = skip(b, p)
	switch b[p] {
	case 0xd9, 0xc4:
		return p + 2, next, true
	case 0xda, 0xc5:
		return p + 3, next, true
	case 0xdb, 0xc6:
		return p + 5, next, true
	}
	return p, next, false
}

// take notes that the value from start to end is the one that nd stands for.
func (w *Walker) take(slots []found, nd *node, start, end int) {
	class := rankClass[w.chunk[start]]
	for _, t := range nd.takes {
		s := &slots[t.slot]
		if rank := t.rank + class*w.finder.candidates[t.slot]; rank <= s.rank {
			s.start, s.end, s.rank = start, end, rank
		}
	}
}

// A memo is a container among the fields of a body, with what was found in it.
// msgpack tells from a value's own bytes where it ends; where those very bytes
// stand again, so does the value, and to compare bytes is much faster than to
// walk them. The records of one pod are like this, each of which has the same
// map of labels and names: such a record of 20 fields and 40 more below takes
// 150 ns, against 250 ns where the map is another one each time.
type memo struct {
	raw   []byte // of the current chunk
	node  *node
	slots []found
}

// container walks the map or array at p, which is the value of the key that nd
// stands for; nd is nil for a key that is not wanted.
func (w *Walker) container(slots []found, nd *node, p int, top bool) int {
	if nd != nil && nd.below == nil {
		nd = nil
	}
	if !top {
		return w.inside(slots, nd, p)
	}
	m := &w.memos[w.containers%uint(len(w.memos))]
	w.containers++
	if n := len(m.raw); n > 0 && nd == m.node && n <= len(w.chunk)-p && string(w.chunk[p:p+n]) == string(m.raw) {
		p += n
	} else {
		start := p
		reset(m.slots)
		if p = w.inside(m.slots, nd, p); p < 0 {
			return -1
		}
		m.raw, m.node = w.chunk[start:p], nd
	}
	if nd != nil {
		for i := range m.slots {
			if from, to := &m.slots[i], &slots[i]; from.end != 0 && from.rank <= to.rank {
				*to = *from
			}
		}
	}
	return p
}

// inside is container without its memory.
func (w *Walker) inside(slots []found, nd *node, p int) int {
	if nd != nil {
		if pairs, first := mapHead(w.chunk, p); first >= 0 {
			return w.fields(slots, nd.below, first, pairs, nil)
		}
		if elements, first := arrayHead(w.chunk, p); first >= 0 {
			return w.elements(slots, nd.below, first, elements)
		}
	}
	return skip(w.chunk, p)
}

// elements is fields for the n elements of an array.
func (w *Walker) elements(slots []found, k *keys, p, n int) int {
	for i, wanted := 0, k.elements; i < n; i++ {
		if len(wanted) == 0 || int(wanted[0].index) != i {
			if p = skip(w.chunk, p); p < 0 {
				return -1
			}
			continue
		}
		nd, start := &wanted[0], p
		wanted = wanted[1:]
		if nd.below != nil {
			p = w.inside(slots, nd, p)
		} else {
			p = skip(w.chunk, p)
		}
		if p < 0 {
			return -1
		}
		w.take(slots, nd, start, p)
	}
	return p
}
