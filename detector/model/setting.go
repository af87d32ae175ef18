package model

import (
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// setting is what a field said each time, seldom as that may be: a configuration that is loaded, a policy
// that is applied. Another value, which the field never had, is news long before a rarity says so: who
// loads it for the sixth time and finds a check switched off wants to know.
type setting struct {
	value   uint32  // hash of what it said the last times
	letters uint32  // of a text, a hash of it without its digits; 0 = it is none
	number  octaves // of a number; noNumber is a 0
	at      uint32  // record of the last time
	n       uint8   // how many times it said so, up to 255; 0 = none
	changes uint8   // times that it said another thing than before, up to 255
}

// oneLoading is within how many records of the one before a record is of the same time: the workers of a
// service load its configuration together, and what stands in all records of one request is none.
const oneLoading = knownFor

// leastSettings is how many times a field must have said the same, the more the oftener it changed: as
// many as of a version.
const leastSettings = leastVersions

// mostChanges is after how many changes n can not say that the field is a setting, which most are not.
const mostChanges = math.MaxUint8/leastSettings - 1

// settingOf is what a value of a field says.
func settingOf(s *seenField, f *Field) setting {
	is := setting{value: s.value, number: s.number}
	if f.Kind == Text {
		is.letters = lettersOf(f.Value[:min(len(f.Value), maxValue)])
	}
	return is
}

// isMadeUp reports whether a value is made up for each thing, or says nothing, and is no setting.
func (s *seenField) isMadeUp(f *Field) bool {
	switch {
	case s.run || s.aside == null || s.sort == sortTime:
		return true
	case f.Kind == Text:
		return s.sort != sortText || isIdentifier(f.Value[:min(len(f.Value), maxValue)])
	case f.Kind == Number:
		return isNumberOf(f.Number)
	}
	return false
}

// lettersOf is a hash of a text without its digits.
func lettersOf(text []byte) uint32 {
	h := uint64(nameSeed)
	for _, c := range text {
		if fold[c] != digit {
			h = mix64(h, uint64(c))
		}
	}
	return uint32(h) | 1
}

// differs reports whether another value is another setting, and none that counts on: a number is twice or
// half as large or more, or is or was a 0 or negative, and a text differs by more than digits.
func (s *setting) differs(is *setting, f *Field) bool {
	switch {
	case (is.letters == 0) != (s.letters == 0): // of another sort
		return false
	case f.Kind == Text:
		return is.letters != s.letters
	case f.Kind == Number:
		if (is.number < belowZero) != (s.number < belowZero) {
			return true
		}
		d := is.number - s.number
		return d >= perOctave || d <= -perOctave
	}
	return true
}

// isSetting reports whether what stands at a place in the list, which its field never had, is another
// setting, in a log that is known for a day.
func (m *Model) isSetting(p *place, s *seenField, f *Field) bool {
	was := &p.setting
	if was.value == s.value || uint32(was.n) < leastSettings*(1+uint32(was.changes)) || m.habits.young() {
		return false
	}
	is := settingOf(s, f)
	return was.differs(&is, f) && !s.isMadeUp(f)
}

// learn takes in what a field says in a record.
func (s *setting) learn(seen *seenField, f *Field, record uint32) {
	if s.changes > mostChanges {
		return
	}
	if s.n > 0 && s.value == seen.value {
		if record-s.at >= oneLoading {
			s.n = saturate8(uint(s.n) + 1)
			s.at = record
		}
		return
	}
	is := settingOf(seen, f)
	if is.n, is.at, is.changes = 1, record, s.changes; s.n > 0 {
		is.changes = saturate8(uint(s.changes) + 1)
	}
	*s = is
}

// merge adds what the field said in another log, which may be the later one.
func (s *setting) merge(o *setting, later bool) {
	switch {
	case o.n == 0:
	case s.n == 0:
		*s = *o
	default:
		n, changes := uint(s.n)+uint(o.n), uint(s.changes)+uint(o.changes)
		same := s.value == o.value
		if later {
			*s = *o
		}
		switch {
		case !same:
			changes++
		case changes == 0:
			s.n = saturate8(n)
		}
		s.changes = saturate8(changes)
	}
	s.at = 0 // its next record is of another time
}

// phraseSetting says what it was.
func (o *Observation) phraseSetting(dst []byte) []byte {
	p := o.placeOf(o.fields.odd)
	was := &p.setting
	dst = append(dst, ", which was "...)
	known := false
	for i := range p.usual {
		if u := &p.usual[i]; u.hash == was.value {
			dst, known = p.shown[i].appendTo(dst), true
			break
		}
	}
	if !known {
		dst = append(dst, "another one"...)
	}
	dst = append(dst, " the last "...)
	dst = append(thousands(dst, int(was.n)), " times"...)
	if was.n == math.MaxUint8 {
		dst = append(dst, " or more"...)
	}
	return dst
}

func (s *setting) carry(c *codec.Codec) {
	c.U32(&s.value)
	c.U32(&s.letters)
	s.number.carry(c)
	c.U32(&s.at)
	c.U8(&s.n)
	c.U8(&s.changes)
}
