package text

import (
	"math"
	"strconv"
)

// AppendNumber appends a number in decimal, with the fewest digits that tell it from all
// others. Within the limits of ECMAScript and encoding/json it reads as a number and not
// as a row of zeros: beyond them it has an exponent.
func AppendNumber(dst []byte, f float64) []byte {
	if to, ok := appendDecimal(dst, f); ok {
		return to
	}
	return appendFloat(dst, f, 64)
}

// AppendFloat32 is AppendNumber for a float32, with the digits that it has, not those of
// the float64 next to it.
func AppendFloat32(dst []byte, f float32) []byte { return appendFloat(dst, float64(f), 32) }

func appendFloat(dst []byte, f float64, bits int) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits)
}

// appendDecimal appends a number of few decimals, as most are, in a third of the
// time. Of up to 15 digits each decimal is a float64 of its own: the one whose
// quotient is f, without zeros at its end, is the shortest.
func appendDecimal(dst []byte, f float64) ([]byte, bool) {
	const scale = 1e6
	whole := math.Abs(f)
	if !(whole < 1e9) || whole < 1e-6 {
		return dst, false
	}
	digits := uint64(whole*scale + 0.5)
	if float64(digits)/scale != whole {
		return dst, false
	}
	if f < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, digits/scale, 10)
	part := digits % scale
	if part == 0 {
		return dst, true
	}
	var b [7]byte
	b[0] = '.'
	n := 0
	for i := 6; i > 0; i, part = i-1, part/10 {
		if b[i] = byte('0' + part%10); n == 0 && b[i] != '0' {
			n = i + 1
		}
	}
	return append(dst, b[:n]...), true
}
