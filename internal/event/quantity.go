package event

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// maxParts is how many numbers with units a duration has: 1h2m3.5s has three.
const maxParts = 4

// maxWord is the longest unit that is taken for one without being known, in bytes: dBm, kWh, °C, items.
const maxWord = 8

// quantity reads a text that is wholly a number with its unit or currency: 45ms,
// 1.5 GiB, 80%, $9,812.40, 21.5 °C; a duration of several, 1m2.5s; a number in groups,
// 1,234,567. It returns its value, in the base unit (seconds, bytes, percent) where the
// unit has one, and that.
func quantity(v []byte) (value float64, base pattern.Unit, ok bool) {
	if n := len(v); n < 2 || n > maxNumber {
		return 0, 0, false
	}
	v, money := currency(v)
	sign := 1.0
	if len(v) > 1 && v[0] == '-' {
		sign, v = -1, v[1:]
	}
	if len(v) == 0 || v[0]-'0' >= 10 {
		return 0, 0, false
	}
	if last := v[len(v)-1]; last-'0' < 10 {
		if !money && bytes.IndexByte(v, ',') < 0 {
			return 0, 0, false
		}
		value, ok = grouped(v, money)
		return sign * value, pattern.UnitNone, ok
	}
	if value, base, ok = durations(v); ok {
		return sign * value, base, true
	}
	value, base, ok = measured(v, sign < 0 || money)
	return sign * value, base, ok
}

// durations reads numbers with known units, of which only times may be several.
func durations(v []byte) (value float64, base pattern.Unit, ok bool) {
	for part := 0; len(v) > 0; part++ {
		i := 0
		for i < len(v) && (v[i]-'0' < 10 || v[i] == '.') {
			i++
		}
		j := i
		for j < len(v) && v[j]-'0' >= 10 {
			j++
		}
		if i == 0 || part == maxParts {
			return 0, 0, false
		}
		number, isNumber := plainNumber(v[:i])
		word := v[i:j]
		if len(word) > 1 && word[0] == ' ' {
			word = word[1:]
		}
		unit := pattern.UnitOf(word)
		if !isNumber || unit == pattern.UnitNone || part > 0 && (base != pattern.UnitSecond || unit.Dimension() != pattern.UnitSecond) {
			return 0, 0, false
		}
		value += unit.In(number)
		base, v = unit.Dimension(), v[j:]
	}
	return value, base, base != pattern.UnitNone
}

// measured reads one number, which may be in groups, and a unit. One that is not known
// must stand apart or behind a fraction or a sign, as much else begins with digits:
// 7a, 3rd, 61b4. Nothing is said of its unit then, and values of one field have the same.
func measured(v []byte, signed bool) (value float64, base pattern.Unit, ok bool) {
	i := 0
	for i < len(v) && (v[i]-'0' < 10 || v[i] == '.' || v[i] == ',') {
		i++
	}
	word := v[i:]
	apart := len(word) > 1 && word[0] == ' '
	if apart {
		word = word[1:]
	}
	fraction := bytes.IndexByte(v[:i], '.') >= 0
	if value, ok = plainNumber(v[:i]); !ok {
		if value, ok = grouped(v[:i], true); !ok {
			return 0, 0, false
		}
		fraction = true
	}
	if unit := pattern.UnitOf(word); unit != pattern.UnitNone {
		return unit.In(value), unit.Dimension(), true
	}
	if !apart && !fraction && !signed && word[0] < 0x80 || len(word) > maxWord {
		return 0, 0, false
	}
	for _, c := range word {
		if (c|0x20 < 'a' || c|0x20 > 'z') && c < 0x80 && c != '/' && c != '%' {
			return 0, 0, false
		}
	}
	return value, pattern.UnitNone, true
}

// currency takes off what stands before an amount of money: $, €, £, ¥, ₹ or three
// capitals and a space.
func currency(v []byte) (rest []byte, money bool) {
	switch c := v[0]; {
	case c == '$':
		return v[1:], true
	case c == 0xc2 && (v[1] == 0xa3 || v[1] == 0xa5):
		return v[2:], true
	case c == 0xe2 && v[1] == 0x82 && len(v) > 3:
		return v[3:], true
	case c >= 'A' && c <= 'Z' && len(v) > 4 && v[3] == ' ' && v[1] >= 'A' && v[1] <= 'Z' && v[2] >= 'A' && v[2] <= 'Z':
		return v[4:], true
	}
	return v, false
}

// grouped reads a number in groups of three with a fraction or without: 9,812,400.50 or
// 9.812.400,50. alone says that there may be no groups: 12.50 or 12,50.
func grouped(v []byte, alone bool) (value float64, ok bool) {
	comma, point := bytes.LastIndexByte(v, ','), bytes.LastIndexByte(v, '.')
	join, at := byte(','), point // of the groups; where the fraction is
	switch {
	case comma > point && point >= 0, comma >= 0 && point < 0 && len(v)-comma != 4 && alone:
		join, at = '.', comma
	case point < 0:
		at = len(v)
	}
	digits, groups := 0, 0
	for i, c := range v {
		switch {
		case c-'0' < 10:
			if digits++; i < at {
				value = value*10 + float64(c-'0')
			}
			continue
		case i == at && i+1 < len(v):
		case c == join && i < at:
			groups++
		default:
			return 0, false
		}
		if groups > 0 && digits != 3 && (groups > 1 || i == at) || digits == 0 || digits > 3 && groups > 0 {
			return 0, false
		}
		digits = 0
	}
	if at == len(v) && groups > 0 && digits != 3 || groups == 0 && !alone || v[0] == '0' && at > 1 {
		return 0, false
	}
	if at < len(v) {
		scale := 1.0
		for _, c := range v[at+1:] {
			scale /= 10
			value += float64(c-'0') * scale
		}
	}
	return value, value < 1e15
}
