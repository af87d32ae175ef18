package event

import (
	"bytes"
	"strings"

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
	n := len(v)
	if n < 2 || n > maxNumber || !beginsQuantity[v[0]] {
		return 0, 0, false
	}
	if c := v[0]; c >= 'A' && c <= 'Z' && c != 'P' && (n <= 4 || v[3] != ' ') { // neither ISO's duration nor a currency
		return 0, 0, false
	}
	return written(v)
}

// beginsQuantity are the bytes that one may begin with: most texts begin with another.
var beginsQuantity = func() (t [256]bool) {
	for _, c := range []byte("0123456789-$ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc2\xe2") {
		t[c] = true
	}
	return t
}()

// written is quantity for a text that begins like one.
func written(v []byte) (value float64, base pattern.Unit, ok bool) {
	v, money := currency(v)
	sign := 1.0
	if len(v) > 1 && v[0] == '-' {
		sign, v = -1, v[1:]
	}
	if len(v) == 0 || v[0]-'0' >= 10 {
		if value, ok = isoDuration(v); ok && !money {
			return sign * value, pattern.UnitSecond, true
		}
		return 0, 0, false
	}
	if value, ok = clockDuration(v); ok {
		return sign * value, pattern.UnitSecond, true
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

// isoDuration reads a duration of ISO 8601 without years and months: PT0.25S, P1DT2H.
func isoDuration(v []byte) (seconds float64, ok bool) {
	if len(v) < 3 || v[0] != 'P' {
		return 0, false
	}
	units := "DTHMS"
	for v = v[1:]; len(v) > 0; {
		i := 0
		for i < len(v) && (v[i]-'0' < 10 || v[i] == '.') {
			i++
		}
		if i == len(v) {
			return 0, false
		}
		at := strings.IndexByte(units, v[i])
		if at < 0 || units[at] != 'D' && units[0] == 'D' && units[at] != 'T' {
			return 0, false
		}
		if units = units[at+1:]; v[i] == 'T' {
			if i > 0 || len(v) == 1 {
				return 0, false
			}
			v = v[1:]
			continue
		}
		number, isNumber := 0.0, i > 0
		if isNumber {
			number, isNumber = plainNumber(v[:i])
		}
		if !isNumber {
			return 0, false
		}
		switch v[i] {
		case 'D':
			number *= 86400
		case 'H':
			number *= 3600
		case 'M':
			number *= 60
		}
		seconds += number
		v, ok = v[i+1:], true
	}
	return seconds, ok
}

// clockDuration reads a duration as .NET and Python write it, 00:00:01.2510000 or
// 1.02:03:04.5: with a fraction, which tells it from a time of day as people write it.
func clockDuration(v []byte) (seconds float64, ok bool) {
	colon := bytes.IndexByte(v, ':')
	if colon < 1 || len(v) < colon+7 || v[colon+3] != ':' || v[colon+6] != '.' {
		return 0, false
	}
	for i, c := range v {
		if c-'0' >= 10 && i != colon && i != colon+3 && i != colon+6 && (c != '.' || i > colon) {
			return 0, false
		}
	}
	days, hours := 0.0, v[:colon]
	if point := bytes.IndexByte(hours, '.'); point >= 0 {
		if point == 0 || point > 6 {
			return 0, false
		}
		days, hours = parseFloat(hours[:point]), hours[point+1:]
	}
	if len(hours) == 0 || len(hours) > 2 {
		return 0, false
	}
	return days*86400 + parseFloat(hours)*3600 + parseFloat(v[colon+1:colon+3])*60 + parseFloat(v[colon+4:]), true
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
