package model

import (
	"encoding/binary"
	"math/bits"
)

// about is what is found out once of a field of the event at hand.
type about struct {
	name, value uint64 // hashes
	words       bool   // its name is one whose text goes on where the message ends
	kind        bool   // its name is one that says what kind of record it is
}

// names remembers what follows from a field's name alone: the same few names come
// with every record. A name for which there is no room takes the place of another.
type names struct {
	sets [64][4]knownName
	next uint8 // to make room
}

type knownName struct {
	about  about
	lo, hi uint64 // the first and last eight bytes, which are all of a name up to 16
	size   int32  // 0 = none
	text   [36]byte
}

// of returns what there is to know of a field's name.
func (t *names) of(name []byte) about {
	n := len(name)
	if n == 0 || n > len(knownName{}.text) {
		return aboutName(name)
	}
	var lo, hi uint64
	switch {
	case n >= 8:
		lo, hi = binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	case n >= 4:
		lo, hi = uint64(binary.LittleEndian.Uint32(name)), uint64(binary.LittleEndian.Uint32(name[n-4:]))
	default:
		lo = uint64(name[0]) | uint64(name[n>>1])<<8 | uint64(name[n-1])<<16
	}
	set := &t.sets[(lo^bits.RotateLeft64(hi, 23)^uint64(n))*0x9e3779b97f4a7c15>>58]
	at := -1
	for i := range set {
		k := &set[i]
		if k.lo == lo && k.hi == hi && k.size == int32(n) && (n <= 16 || string(k.text[:n]) == string(name)) {
			return k.about
		}
		if k.size == 0 {
			at = i
			break
		}
	}
	if at < 0 {
		t.next++
		at = int(t.next) % len(set)
	}
	k := &set[at]
	*k = knownName{about: aboutName(name), lo: lo, hi: hi, size: int32(n)}
	copy(k.text[:], name)
	return k.about
}

func aboutName(name []byte) about {
	return about{name: hashBytes(nameSeed, name), words: named(name, wordNames), kind: named(name, kindNames)}
}

func aboutField(f *Field) about {
	a := aboutName(f.Name)
	a.value = f.hash()
	return a
}

// SetFields gives the event its fields, at most MaxFields.
func (o *Observation) SetFields(fields []Field) {
	o.Fields, o.AnyWords = fields[:min(len(fields), MaxFields)], false
	for i := range o.Fields {
		f := &o.Fields[i]
		o.about[i] = o.names.of(f.Name)
		o.about[i].value = f.hash()
		o.AnyWords = o.AnyWords || o.about[i].words
	}
}

// Words reports whether the i-th field's text is words that belong to the message.
func (o *Observation) Words(i int) bool { return o.about[i].words && o.Fields[i].Kind == Text }
