// Package words knows which words of a log line speak of an error and which
// say that all is well, from the levels at which the logging statements of
// many open projects say each of them.
//
// A weight is in bits: the binary logarithm of how much likelier the word is
// in a statement of ERROR and worse than in one of INFO and below. Words that
// are said at all levels alike, by few projects, or not at all have weight 0.
// Inflected forms are words of their own: there are no stems.
//
// The table is words.txt, which `make words` counts anew; the package knows
// no other language than the projects' own, English.
package words

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Lengths of a word in the table, in letters.
const (
	MinLength = 2
	MaxLength = 16
)

//go:embed words.txt
var table string

// key holds a word of up to 16 letters in lower case: its first and its last
// eight bytes, which overlap in shorter ones, and its length.
type key struct {
	first, last uint64
	length      uint32
}

// fold makes ASCII letters small ones. No other byte becomes a letter by it.
const fold = 0x2020202020202020

func keyOf(b []byte) (k key) {
	n := len(b)
	k.length = uint32(n)
	switch {
	case n >= 8:
		k.first = binary.LittleEndian.Uint64(b) | fold
		k.last = binary.LittleEndian.Uint64(b[n-8:]) | fold
	case n >= 4:
		k.first = uint64(binary.LittleEndian.Uint32(b)) | fold
		k.last = uint64(binary.LittleEndian.Uint32(b[n-4:])) | fold
	default: // 2 or 3
		k.first = uint64(binary.LittleEndian.Uint16(b)) | fold
		k.last = uint64(binary.LittleEndian.Uint16(b[n-2:])) | fold
	}
	return k
}

func (k *key) hash() uint {
	hi, lo := bits.Mul64(k.first^0x9e3779b97f4a7c15, k.last^0xd1b54a32d192ed03+uint64(k.length))
	return uint(hi ^ lo)
}

// slot is where the key is looked for first.
func (k *key) slot() uint { return k.hash() & (slots - 1) }

// known has a bit for the hash of each word of the table: most words of a log are not
// in it, and 2 KB stay nearer to the processor than the table does.
var known [maskWords]uint64

// maskWords is for 1 in 26 of other words to have the bit of one.
const maskWords = 1 << 8

func bitOf(hash uint) (word uint, bit uint64) {
	return hash >> 6 & (maskWords - 1), 1 << (hash & 63)
}

// slots is a power of two several times the number of words, so that a
// word that is not in the table is known for it at the first or second look.
const slots = 2048

type entry struct {
	first, last uint64
	length      uint32
	weight      float32
}

// entries are the words, places where each is among them, plus 1: a table, open to the next
// slot. They are not written after init.
var (
	entries []entry
	places  [slots]uint16 // 0 = empty
)

func init() {
	entries = make([]entry, 0, strings.Count(table, "\n"))
	for line := range strings.Lines(table) {
		if line[0] == '#' {
			continue
		}
		text, bits, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		w, err := strconv.ParseFloat(bits, 32)
		if err != nil || len(text) < MinLength || len(text) > MaxLength {
			panic(fmt.Sprintf("words.txt: %q is not a word of %d to %d letters and its weight in bits", line, MinLength, MaxLength))
		}
		if len(entries) == slots/2 {
			panic(fmt.Sprintf("words.txt: more than %d words", slots/2))
		}
		k := keyOf([]byte(text))
		i := k.slot()
		for places[i] != 0 {
			i = (i + 1) & (slots - 1)
		}
		entries = append(entries, entry{k.first, k.last, k.length, float32(w)})
		places[i] = uint16(len(entries))
		word, bit := bitOf(k.hash())
		known[word] |= bit
	}
}

// Weight returns the weight of word in bits, positive towards an error; 0 for
// a word that is unknown or neutral. Capitals make no difference.
func Weight(word []byte) float32 {
	if len(word) < MinLength || len(word) > MaxLength {
		return 0
	}
	k := keyOf(word)
	h := k.hash()
	if w, bit := bitOf(h); known[w]&bit == 0 {
		return 0
	}
	for i := h & (slots - 1); ; i = (i + 1) & (slots - 1) {
		at := places[i]
		if at == 0 {
			return 0
		}
		e := &entries[at-1]
		if e.first == k.first && e.last == k.last && e.length == k.length {
			return e.weight
		}
	}
}
