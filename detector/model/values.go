package model

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// newcomer is for how many records a value of a category is a newcomer, as long as it
// came less than firmValue times: as far as rarity looks back.
const newcomer = rarityHorizon

const (
	// toldBits is how many bits of surprise each doubling of the times that a value
	// was seen takes: what was told once is less news the second time. Measured.
	toldBits = 1.5

	// plainValue is up to how many bits of surprise a value says nothing: what one
	// value in eight is, is no news.
	plainValue = 3

	// keyWeight is how many points a bit of a key's surprise is worth: one that is
	// the first in 900 records is flagged.
	keyWeight = 1.45

	// valueWeight is the same for a value's: one that is the first in 300 is flagged.
	valueWeight = 1.7

	// openWeight multiplies that for one more of a series (see serial), and for a value, made
	// like the others, of a place that had more than categoryValues: there are always new
	// ones, pods of the next release, people of the next year. However long there was none,
	// one is not told by itself: of the most bits that placeHorizon allows, 13.5, it leaves
	// less than Strange with the forest's.
	openWeight = 0.4

	// partWeight multiplies that for a part of a path and for the address of a page: new
	// pages come all the time. Measured.
	partWeight = 0.8

	// worseWeight multiplies that for a code that says that something failed, as a
	// worse level does: 2.6 points a bit instead of 1.6, see Model.levelPoints.
	worseWeight = 1.6

	// betterWeight multiplies it for an HTTP status that says that a request went as it
	// may: the first redirect is as much less news as the first failure is more.
	betterWeight = 1 / worseWeight

	// maxEnding is the longest ending of a path, in bytes with its dot: .woff2.
	maxEnding = 6
)

// addParts adds the parts of a path or of an address, which stands at a place in the list, to that.
func (all *fieldsSeen) addParts(at int, value []byte) {
	if is := all.list[at].scope; is != noAddress {
		all.addPart(at, origin, is.network(value))
		return
	}
	head, end := pathParts(value)
	all.addPart(at, first, head)
	all.addPart(at, ending, end)
}

// pathParts returns the first part of a path, and what stands behind its last dot.
func pathParts(path []byte) (head, end []byte) {
	path = path[:min(len(path), maxValue)]
	if q := bytes.IndexByte(path, '?'); q >= 0 {
		path = path[:q]
	}
	head, rest, _ := bytes.Cut(path[1:], slash)
	for len(rest) > 0 && isInterface(head) { // /api/v1/orders
		next, behind, dir := bytes.Cut(rest, slash)
		if !dir && bytes.IndexByte(next, '.') >= 0 { // a file
			break
		}
		head, rest = next, behind
	}
	last := path[bytes.LastIndexByte(path, '/')+1:]
	if n := bytes.LastIndexByte(last, '.'); n >= 0 && len(last)-n <= maxEnding {
		end = last[n+1:]
	}
	return head, end
}

var slash = []byte("/")

// isInterface reports whether a part of a path says only by which interface a page is asked
// for: api, rest, or its version. What stands behind it says which page.
func isInterface(part []byte) bool {
	switch string(part) {
	case "api", "apis", "rest":
		return true
	}
	return len(part) >= 2 && part[0] == 'v' && part[1] >= '1' && part[1] <= '9' && len(part) <= maxVersion
}

// maxVersion is the longest version in a path, in bytes: v1beta1, v1alpha1.
const maxVersion = 8

func (all *fieldsSeen) addPart(of int, p part, text []byte) {
	if all.n == maxSeen {
		return
	}
	all.text[all.n] = text
	s := &all.list[all.n]
	all.n++
	*s = seenField{of: int16(of), part: p, sort: sortText, number: noNumber}
	s.hash = all.list[of].hash ^ partSeeds[p]
	s.both = partHash(s.hash, text)
	s.value = uint32(s.both)
}

// partHash is the hash of a part of a name with what stands there.
func partHash(name uint64, text []byte) uint64 { return mix64(name, hashBytes(nameSeed, text)) }

// stranger reports whether what stands at one place in the list is stranger than at
// another, by their points; of equals, their names decide, so that the order in which
// a record's fields come does not matter.
func (all *fieldsSeen) stranger(points float32, at int, than float32, other int) bool {
	return points > than || points == than && other >= 0 && all.list[at].hash < all.list[other].hash
}

// tellWords has a field of words told that n records had, if it is the rarest so far.
func (all *fieldsSeen) tellWords(at int, n float32) {
	if all.words < 0 || all.stranger(-n, at, -all.wordsIn, all.words) {
		all.words, all.wordsIn = at, n
	}
}

// judgePart judges what stands at a place in the list.
func (m *Model) judgePart(o *Observation, at int) {
	fs, all := &m.fields, &o.fields
	s, c := &all.list[at], &all.close[at]
	f, p := o.field(at), s.part
	*c = seenClose{ranged: -1}
	if s.key >= 0 && o.Learned && fs.keys.all[s.key].n <= 1 {
		s.key = -1
	}
	k := int(s.key)
	if k < 0 {
		if p == whole && fs.values.find(uint32(s.hash)).n <= o.own() { // it may be one for which there was no room
			c.bits = log2(float64(fs.records + 1))
			if !s.words && !named(f.Name, failureNames) {
				c.bits = fs.objects.least(c.bits, fs.objects.find(objectOf(f.Name)))
			}
			if all.newKey < 0 || all.stranger(c.bits, at, all.close[all.newKey].bits, all.newKey) {
				all.newKey = at
			}
			if o.Size > 0 && s.words && f.Kind == Text {
				all.tellWords(at, 0)
			}
		}
		return
	}
	key := &fs.keys.all[k]
	if o.Size > 0 && p == whole && s.words && f.Kind == Text { // it is judged with the message
		if n := key.n - float32(o.own()); n < rareKey {
			all.tellWords(at, n)
		}
		return
	}
	pl := &key.place
	if p == whole && key.n < rareKey {
		bits := fs.objects.least(log2(float64((fs.records+1)/(key.n+0.5))), int(key.object)-1) / (1 + key.n/keyTold)
		if all.rareKey < 0 || all.stranger(bits, at, all.rareBits, all.rareKey) {
			all.rareKey, all.rareBits = at, bits
		}
	}
	c.place = fs.values.place(s.id())
	c.count = uint32(fs.values.slots[c.place].n)
	if c.count > 0 {
		c.count -= uint32(o.own())
	}
	if s.run && numbered(f) {
		return
	}
	if p == whole && f.Kind == Text && c.count == 0 && pl.isOutdated(f.Value) {
		all.outdated = at
	}
	if p == whole && c.count == 0 && m.isSetting(pl, s, f) {
		all.setting = at
	}
	if pl.n < youngRecords {
		if f.Kind == Number {
			m.judgeNumber(o, at, pl)
		}
		return
	}
	unlike := float32(0)
	if s.sort == sortText && p == whole && f.Kind == Text && c.count == 0 {
		c.marks = marksOf(f.Value)
		c.bits = pl.texts.surprise(c.marks)
		c.built = pl.hasMany(s) && uint32(fs.values.find(c.buildKey(s, f.Value)).n) >= firmValue+uint32(o.own())
		unlike = pl.texts.points(c.news(), octavesOf(float64(len(f.Value)+1)))
		if all.stranger(unlike, at, all.rawText, all.strange) {
			all.rawText, all.strange = unlike, at
		}
	}
	bits, sorted := float32(0), false
	if c.count < commonValue && !pl.quantity(s.number, f.Unit) {
		rare, _ := pl.seldom.surprise(c.count)
		bits = rare - toldBits*log2(float64(1+c.count))
	}
	if p == whole {
		if b := pl.sortBits(int(s.sort), float32(o.own())); b > bits {
			bits, sorted = b, true
		}
		if s.sort == sortNumber {
			if b := pl.quotedBits(s.quoted, float32(o.own())); b > bits {
				bits, sorted = b, true
			}
		}
	}
	if bits > plainValue {
		points := valueWeight * bits
		older := p == whole && f.Kind == Text && !sorted && c.count < firmValue && !pl.hasMany(s) && pl.isOlder(f.Value)
		if p != whole || !sorted && f.isAddress() {
			points *= partWeight
		}
		if p == whole && pl.failed(f) {
			points *= worseWeight
		} else if !sorted && !older && (pl.hasMany(s) && unlike < Strange/2 || fs.knowsLike(s, f, c.count)) {
			points *= openWeight
		} else if p == whole && codeBetter(f) && pl.statuses() {
			points *= betterWeight
		}
		if all.stranger(points, at, all.rawValue, all.odd) {
			all.rawValue, all.odd, all.oddSort, all.older = points, at, sorted, older
		}
	}
	if p == whole {
		m.judgeRelapse(o, at)
	}
	if f.Kind == Number && pl.kinds[sortNumber] >= pl.kinds[sortText] {
		m.judgeNumber(o, at, pl)
	}
	if pl.paired() && f.Unit == pattern.UnitNone {
		if c.count >= firmValue {
			all.addLow(s.id(), at)
		} else if c.count > 0 && p == whole && !pl.codeWorse(f) && float64(m.records)-octaves(fs.values.slots[c.place].t).exp() < newcomer {
			all.young |= 1 << at
		}
	}
}

// hasMany reports whether so many values stood in a place that one more of them is hardly
// news. A kind of record is, however many there are.
func (p *place) hasMany(s *seenField) bool {
	return p.distinct > categoryValues && !(s.part == whole && s.kind)
}

// isAddress reports whether a field's value is the address of a page, as a referer is.
func (f *Field) isAddress() bool {
	return f.Kind == Text && (bytes.HasPrefix(f.Value, httpScheme) || bytes.HasPrefix(f.Value, httpsScheme))
}

var httpScheme, httpsScheme = []byte("http://"), []byte("https://")
