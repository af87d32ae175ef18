package model

import (
	"math/bits"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

const (
	// maxKeys is how many names of fields a model tells apart. What comes beyond
	// is not judged by itself: whoever makes up names gains nothing.
	maxKeys = 512

	// maxKeySets is how many sets of keys are remembered.
	maxKeySets = 64

	// knownKeySet is the number of records after which a set of keys is routine.
	knownKeySet = 8

	// maxMissed is how many keys are looked at whether they are missing: what an
	// attacker can make a record cost must have a limit.
	maxMissed = 8

	// mostGone is how many keys may be missing of a set for it to be this one's, and
	// leastShared how many must be there: one bug drops a field or two.
	mostGone    = 2
	leastShared = 2

	// partsGone: of what a statement's records have, one key for so many that are still there may
	// be missing: a request that has lost its context lacks trace_id, span_id and trace_flags.
	partsGone = 2

	// alwaysThere is how many records must have had a key before it can be missed.
	alwaysThere = 16
)

// key is a field by its name.
type key struct {
	hash  uint64
	n     float32 // records that had it, aged
	first uint32  // the record that had it first
	place place
	// object is the index of the object that it belongs to, plus 1; 0 = none.
	object uint8
	size   uint8
	name   [40]byte // for people, cut
}

func (k *key) text() []byte { return k.name[:min(int(k.size), len(k.name))] }

// keys is a table of keys: open addressing over indices into a flat array.
type keys struct {
	slots [2 * maxKeys]uint16 // index in all, plus 1; 0 = empty
	all   []key
	sets  []keySet

	behind [maxKeys + 1]uint16 // guesses of what comes behind each key; the first, of what comes first
	ranged [maxKeys]uint16     // indices in fields.ranges: the one that a key's number was last looked for in
}

// keyMask is a set of keys, by their indices.
type keyMask [maxKeys / 64]uint64

func (m *keyMask) has(i int) bool { return m[i>>6]>>(i&63)&1 != 0 }
func (m *keyMask) add(i int)      { m[i>>6] |= 1 << (i & 63) }

// beyond reports whether there is one at n or behind it.
func (m *keyMask) beyond(n int) bool {
	for w, keys := range m {
		if keys>>max(0, min(64, n-w<<6)) != 0 {
			return true
		}
	}
	return false
}

// keySet is the keys that a record had, and how many had the same.
type keySet struct {
	mask keyMask
	n    float32 // records, aged
	last uint32  // the record that had it last

	sum   uint64 // of its keys' hashes, each once
	names uint64 // the sum by which it was last found, of a record that may have had some twice
}

// find returns the index of the key, -1 where there is none.
func (t *keys) find(hash uint64) int {
	const mask = 2*maxKeys - 1
	for i := slotOf(hash, mask); ; i = (i + 1) & mask {
		at := t.slots[i]
		if at == 0 {
			return -1
		}
		if t.all[at-1].hash == hash {
			return int(at - 1)
		}
	}
}

// guessed returns the key if it is where it is guessed to be. Records have their keys in
// the same order again and again: what came behind a key last (see behind) is a good guess.
func (t *keys) guessed(guess uint16, hash uint64) *key {
	if int(guess) < len(t.all) && t.all[guess].hash == hash {
		return &t.all[guess]
	}
	return nil
}

// follow returns the key, nil where there is none, and has it guessed the next time.
func (t *keys) follow(guess *uint16, hash uint64) *key {
	at := t.find(hash)
	if at < 0 {
		return nil
	}
	*guess = uint16(at)
	return &t.all[at]
}

// add makes a key, which must not be there. It returns -1 when there are too many.
func (t *keys) add(hash uint64, name []byte, now uint32) int {
	if len(t.all) == maxKeys {
		return -1
	}
	k := key{hash: hash, first: now}
	k.size = uint8(copy(k.name[:], text.Cut(name, len(k.name))))
	t.all = append(t.all, k)
	t.put(hash, len(t.all))
	return len(t.all) - 1
}

func (t *keys) put(hash uint64, at int) {
	const mask = 2*maxKeys - 1
	i := slotOf(hash, mask)
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = uint16(at)
}

// set returns the set of exactly these keys, nil where it was never seen.
func (t *keys) set(m *keyMask) *keySet {
	for i := range t.sets {
		if t.sets[i].mask == *m {
			return t.forward(i)
		}
	}
	return nil
}

// named returns the set that was last found by such a sum of its keys' hashes, nil where
// there is none.
func (t *keys) named(names uint64) *keySet {
	for i := range t.sets {
		if t.sets[i].names == names {
			return t.forward(i)
		}
	}
	return nil
}

// sum is that of the keys' hashes.
func (t *keys) sum(m *keyMask) (sum uint64) {
	for w := range m {
		for left := m[w]; left != 0; left &= left - 1 {
			if q := w<<6 + bits.TrailingZeros64(left); q < len(t.all) {
				sum += t.all[q].hash
			}
		}
	}
	return sum
}

// forward has what is frequent found first.
func (t *keys) forward(i int) *keySet {
	if i > 0 && t.sets[i].n > 2*t.sets[i-1].n {
		t.sets[i], t.sets[i-1] = t.sets[i-1], t.sets[i]
		i--
	}
	return &t.sets[i]
}

// learnSet counts the set so many times and returns it.
func (t *keys) learnSet(m *keyMask, now uint32, times float32) *keySet {
	s := t.set(m)
	if s == nil {
		if len(t.sets) < maxKeySets {
			t.sets = append(t.sets, keySet{mask: *m, sum: t.sum(m)})
			s = &t.sets[len(t.sets)-1]
		} else {
			s = &t.sets[0] // the rarest makes room, of equals the one not seen for longest
			for i := range t.sets {
				if c := &t.sets[i]; c.n < s.n || c.n == s.n && now-c.last > now-s.last {
					s = c
				}
			}
			*s = keySet{mask: *m, sum: t.sum(m)}
		}
	}
	s.n += times
	s.last = now
	return s
}

// missing returns the key that is missed most in a record of the keys m, and how
// surprising it is that it is not there: how improbable, given the key that tells
// most of all that are there.
func (t *keys) missing(m *keyMask) (missed int, surprise float32) {
	missed = -1
	var shared [maxKeys]uint16 // of a key that may be missing: how many of its set's keys are there
	for i := range t.sets {
		s := &t.sets[i]
		both, gone := 0, 0
		for w := range s.mask {
			both += bits.OnesCount64(s.mask[w] & m[w])
			gone += bits.OnesCount64(s.mask[w] &^ m[w])
		}
		if s.n >= knownKeySet && gone > 0 && gone <= mostGone && both >= leastShared {
			for w := range s.mask {
				for left := s.mask[w] &^ m[w]; left != 0; left &= left - 1 {
					q := w<<6 + bits.TrailingZeros64(left)
					shared[q] = max(shared[q], uint16(both))
				}
			}
		}
	}
	// Those of the sets that are most like this one come first; of equals, their names
	// decide, so that the order in which they came does not matter.
	before := func(a, b int) bool {
		return shared[a] > shared[b] || shared[a] == shared[b] && t.all[a].hash < t.all[b].hash
	}
	var looked [maxMissed]int
	n := 0
	for q := range t.all {
		if shared[q] == 0 || t.all[q].n < alwaysThere {
			continue
		}
		n = keepFirst(looked[:], n, q, before)
	}
	if n == 0 {
		return -1, 0
	}
	var had [maxKeySets]uint8 // which of those each set has
	for i := range t.sets {
		for k, q := range looked[:n] {
			if t.sets[i].mask.has(q) {
				had[i] |= 1 << k
			}
		}
	}
	var absent, most [maxMissed]float32
	forgotten := t.forgotten()
	for k, q := range looked[:n] {
		absent[k] = t.absent(q, forgotten)
	}
	for p := range t.all {
		if !m.has(p) || t.all[p].n < alwaysThere {
			continue
		}
		var with, without [maxMissed]float32 // records with p: those that had each, and those that had not
		for i := range t.sets {
			s := &t.sets[i]
			if !s.mask.has(p) {
				continue
			}
			for k := range n {
				if had[i]>>k&1 != 0 {
					with[k] += s.n
				} else {
					without[k] += s.n
				}
			}
		}
		for k := range n {
			if with[k] >= alwaysThere {
				without[k] += max(0, t.all[p].n-with[k]-without[k]) * absent[k]
				most[k] = max(most[k], -log2(float64((without[k]+0.5)/(with[k]+without[k]+1))))
			}
		}
	}
	for k, q := range looked[:n] {
		if most[k] > surprise {
			missed, surprise = q, most[k]
		}
	}
	return missed, surprise
}

// keepFirst adds one more to the n that stand in a list in their order, or in the place of the last
// one where there is no room and it comes before that. It returns how many stand there then.
func keepFirst[T any](list []T, n int, one T, before func(a, b T) bool) int {
	i := n
	if n < len(list) {
		n++
	} else if i--; before(list[i], one) {
		return n
	}
	for ; i > 0 && before(one, list[i-1]); i-- {
		list[i] = list[i-1]
	}
	list[i] = one
	return n
}

// usualKeys is which keys most records of a statement have, by the sum of their hashes (found
// by the votes of Boyer and Moore 1981), and how many have others.
type usualKeys struct {
	sum              uint64
	votes, n, others float32 // records, aged
}

// learn takes in which keys so many records of the statement have.
func (u *usualKeys) learn(sum uint64, times float32) {
	switch {
	case sum == u.sum:
		u.votes += times
		u.n += times
	case u.votes > 0:
		u.votes = max(0, u.votes-times)
		u.others += times
	default:
		*u = usualKeys{sum: sum, votes: times, n: times, others: u.n + u.others}
	}
}

// age has what was counted fade.
func (u *usualKeys) age(f float32) {
	u.votes *= f
	u.n *= f
	u.others *= f
}

// merge takes in what another model knows of the statement.
func (u *usualKeys) merge(o *usualKeys) {
	switch {
	case o.sum == u.sum:
		u.votes += o.votes
		u.n += o.n
		u.others += o.others
	case o.votes > u.votes:
		*u = usualKeys{o.sum, o.votes - u.votes, o.n, o.others + u.n + u.others}
	default:
		u.votes -= o.votes
		u.others += o.n + o.others
	}
}

// lacking returns the key that a record with the keys m does not have and that nearly all
// of its statement's records have, and how surprising that is: what other statements have
// says nothing of it. own of the records are the event's own.
func (t *keys) lacking(u *usualKeys, m *keyMask, own float32) (key int, surprise float32) {
	at := slices.IndexFunc(t.sets, func(s keySet) bool { return s.sum == u.sum })
	if u.n < alwaysThere || at < 0 {
		return -1, 0
	}
	usual, gone, there := &t.sets[at], 0, 0
	key = -1
	for w := range usual.mask {
		there += bits.OnesCount64(usual.mask[w] & m[w])
		for left := usual.mask[w] &^ m[w]; left != 0; left &= left - 1 {
			q := w<<6 + bits.TrailingZeros64(left)
			if gone++; key < 0 || t.all[q].hash < t.all[key].hash {
				key = q
			}
		}
	}
	if gone == 0 || gone > max(mostGone, there/partsGone) {
		return -1, 0
	}
	others := max(0, u.others-own)
	return key, -log2(float64((others+0.5)/(u.n+others+1))) - toldBits*log2(float64(1+others))
}

func (u *usualKeys) carry(c *codec.Codec) {
	c.U64(&u.sum)
	c.F32(&u.votes)
	c.F32(&u.n)
	c.F32(&u.others)
}

// forgotten is how many records had sets of keys that made room for others.
func (t *keys) forgotten() float32 {
	var records, held float32
	for i := range t.all {
		records = max(records, t.all[i].n)
	}
	for i := range t.sets {
		held += t.sets[i].n
	}
	return max(0, records-held)
}

// absent is the share of those in which the key q was not. The rarest sets are
// forgotten: where an object gets new keys all the time, what else was missing then
// would never have been.
func (t *keys) absent(q int, forgotten float32) float32 {
	if forgotten < 1 {
		return 0
	}
	had := t.all[q].n
	for i := range t.sets {
		if s := &t.sets[i]; s.mask.has(q) {
			had -= s.n
		}
	}
	return 1 - min(1, max(0, had)/forgotten)
}

func (t *keys) age() {
	for i := range t.all {
		k := &t.all[i]
		k.n /= 2
		k.place.age()
	}
	for i := range t.sets {
		t.sets[i].n /= 2
	}
}

// keyBytes and keySetBytes are the least that one of each takes in a snapshot.
const (
	keyBytes    = 64
	keySetBytes = 40
)

func (t *keys) carry(c *codec.Codec) {
	n := c.Count("fields", len(t.all), maxKeys, keyBytes)
	if c.Reading {
		*t = keys{all: make([]key, 0, n)}
	}
	for i := range n {
		if !c.Reading {
			t.all[i].carry(c)
			continue
		}
		var k key
		if k.carry(c); c.Err != nil {
			return
		}
		if t.find(k.hash) >= 0 {
			c.Fail("a field stands there twice")
			return
		}
		t.all = append(t.all, k)
		t.put(k.hash, len(t.all))
	}
	n = c.Count("sets of fields", len(t.sets), maxKeySets, keySetBytes)
	if c.Reading && c.Err == nil {
		t.sets = make([]keySet, n)
	}
	for i := range t.sets {
		s := &t.sets[i]
		for w := range s.mask {
			c.U64(&s.mask[w])
		}
		c.F32(&s.n)
		c.U32(&s.last)
		if !c.Reading || c.Err != nil {
			continue
		}
		if s.mask.beyond(len(t.all)) {
			c.Fail("a set of fields has one that is not there")
			return
		}
		s.sum = t.sum(&s.mask)
	}
}

func (k *key) carry(c *codec.Codec) {
	c.U64(&k.hash)
	c.F32(&k.n)
	c.U32(&k.first)
	k.place.carry(c)
	c.U8(&k.object)
	b := c.Bytes("name", k.text(), len(k.name))
	if c.Reading {
		k.size = uint8(copy(k.name[:], b))
	}
}
