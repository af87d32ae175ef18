package event

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// maxParts is how many numbers with units a duration has: 1h2m3.5s has three.
const maxParts = 4

// quantity reads a text that is wholly a number with its unit: 45ms, 1.5 GiB, 80%, or a
// duration of several, 1m2.5s. It returns its value in the base unit, and that: seconds,
// bytes, percent.
func quantity(v []byte) (value float64, base pattern.Unit, ok bool) {
	if n := len(v); n < 2 || n > maxNumber || v[0] != '-' && v[0]-'0' >= 10 || v[n-1]-'0' < 10 {
		return 0, 0, false
	}
	sign := 1.0
	if v[0] == '-' {
		sign, v = -1, v[1:]
	}
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
	return sign * value, base, base != pattern.UnitNone
}
