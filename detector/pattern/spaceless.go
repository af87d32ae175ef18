package pattern

import "encoding/binary"

// script is how a text's words are found, as Unicode's word boundaries have it
// (UAX 29, and what Lucene's StandardTokenizer makes of them): Chinese and Japanese
// have no spaces between words, so that a character stands for one.
type script uint8

const (
	spaced      script = iota // words have spaces between them
	single                    // Han and Hiragana: each character is a word
	katakana                  // a run of them is a word
	punctuation               // 。，（）：and the like
)

// wideSize is the size of a character of such a script in UTF-8, in bytes.
const wideSize = 3

// scriptOf is that of the character with which b begins.
func scriptOf(b []byte) script {
	if len(b) < wideSize || b[0] < 0xe3 || b[0] > 0xef || b[1]&0xc0 != 0x80 || b[2]&0xc0 != 0x80 {
		return spaced
	}
	switch r := rune(b[0]&0x0f)<<12 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f); {
	case r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xff0f, r >= 0xff1a && r <= 0xff20, r >= 0xff3b && r <= 0xff40, r >= 0xff5b && r <= 0xff65:
		return punctuation
	case r >= 0x3040 && r <= 0x309f, r >= 0x3400 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff:
		return single
	case r >= 0x30a0 && r <= 0x30ff:
		return katakana
	}
	return spaced
}

// splitSpaceless finds the runs of the line's first n bytes anew, where characters of
// such scripts are among them: none of these is in a run with others.
func (l *Workspace) splitSpaceless(n int) {
	b := l.text[before : before+n]
	i := 0
	for i < n && scriptOf(b[i:]) == spaced {
		i++
	}
	if i == n {
		return
	}
	l.spaceless = any
	k := 0
	for i = 0; i < n; {
		is, from := scriptOf(b[i:]), i
		switch {
		case class[b[i]]&alnum == 0:
			i++
			continue
		case is == punctuation:
			i += wideSize
			continue
		case is == single:
			i += wideSize
		default:
			for i < n && class[b[i]]&alnum != 0 && scriptOf(b[i:]) == is {
				if i++; is == katakana {
					i += wideSize - 1
				}
			}
		}
		binary.LittleEndian.PutUint16(l.edges[2*k:], uint16(from))
		binary.LittleEndian.PutUint16(l.edges[2*k+2:], uint16(i))
		k += 2
	}
	*(*[len(noEdges)]byte)(l.edges[2*k:]) = noEdges
}
