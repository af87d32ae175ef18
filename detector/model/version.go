package model

import "bytes"

// A release that is older than those that a field usually has is news where the next one is none:
// one host was left behind, or came back from an old image.

// versionOf returns the first version in a text, three numbers with dots between them and perhaps
// one behind a hyphen (v2.31.5, r2025.05.07-2), with what stands before it. Versions of which the
// later is the greater one can be compared. Four numbers with dots are an address as a rule, and none.
func versionOf(text []byte) (before []byte, version uint64, ok bool) {
	for i := 0; i < len(text); i++ {
		if fold[text[i]] != digit {
			continue
		}
		begin, numbers := i, 0
		for version = 0; ; numbers++ {
			n, digits := shortNumber(text[i:])
			if i += digits; digits == 0 || digits > mostDigits {
				break
			}
			if version = version<<16 | n; i == len(text) || text[i] != '.' {
				numbers++
				break
			}
			i++
		}
		if numbers != ofVersion {
			continue
		}
		version <<= 16
		if i < len(text) && text[i] == '-' {
			if n, digits := shortNumber(text[i+1:]); digits <= mostDigits {
				version |= n
			}
		}
		return text[:begin], version, true
	}
	return nil, 0, false
}

// mostDigits are those that a number of a version has at the most: a year has four.
const mostDigits = 4

// shortNumber returns the number that a text begins with, and of how many digits it is: it has no
// meaning where they are more than mostDigits.
func shortNumber(text []byte) (n uint64, digits int) {
	for ; digits < len(text) && fold[text[digits]] == digit; digits++ {
		n = n*10 + uint64(text[digits]-'0')
	}
	return n, digits
}

// isOlder reports whether a value is a version that is older than each of the usual ones. Where
// these are of several programs, and have first numbers of their own, those with its own count.
func (p *place) isOlder(value []byte) bool {
	before, version, ok := versionOf(value)
	if !ok {
		return false
	}
	var first uint64 // number of the usual ones, plus 1
	several, alike, older := false, false, false
	for i := range p.usual {
		if p.usual[i].count < 1 {
			continue
		}
		text, _, _ := p.shown[i].parts()
		other, usual, ok := versionOf(text)
		if !ok || usual == version || !bytes.Equal(before, other) {
			continue
		}
		number := usual>>48 + 1
		several = several || first != 0 && number != first
		first = number
		switch {
		case number == version>>48+1:
			if usual < version {
				return false
			}
			alike = true
		case usual > version:
			older = true
		}
	}
	return alike || older && !several
}
