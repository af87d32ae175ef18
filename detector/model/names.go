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
// with every record. A name that wants the place of another takes it.
type names [nameSlots]knownName

const nameSlots = 1 << 9

type knownName struct {
	about about
	size  uint8 // 0 = none
	text  [39]byte
}

// of returns what there is to know of a field's name.
func (t *names) of(name []byte) about {
	n := len(name)
	var lo, hi uint64
	switch {
	case n >= 8:
		lo, hi = binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	case n >= 4:
		lo, hi = uint64(binary.LittleEndian.Uint32(name)), uint64(binary.LittleEndian.Uint32(name[n-4:]))
	case n > 0:
		lo = uint64(name[0]) | uint64(name[n>>1])<<8 | uint64(name[n-1])<<16
	}
	h, l := bits.Mul64(lo^salt, hi^uint64(n)^0xe7037ed1a0b428db)
	k := &t[(h^l)%nameSlots]
	if string(k.text[:k.size]) == string(name) && n > 0 {
		return k.about
	}
	a := aboutName(name)
	if n > 0 && n <= len(k.text) {
		k.about, k.size = a, uint8(copy(k.text[:], name))
	}
	return a
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
	o.Fields = fields[:min(len(fields), MaxFields)]
	for i := range o.Fields {
		f := &o.Fields[i]
		o.about[i] = o.names.of(f.Name)
		o.about[i].value = f.hash()
	}
}

// Words reports whether the i-th field's text is words that belong to the message.
func (o *Observation) Words(i int) bool { return o.about[i].words && o.Fields[i].Kind == Text }
