package event

import "golang.org/x/sys/cpu"

// wide is whether the machine has what fillWide needs: most that were made since 2013.
var wide = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

// wideBytes is how many bytes fillWide looks at together.
const wideBytes = 32

// fill finds the stops within a text that is not empty. It returns how many '=' there are.
func (s stops) fill(text []byte) (equals int) {
	switch {
	case !wide:
		return s.fillPortable(text)
	case len(text) < wideBytes:
		var room [2 * wideBytes]byte
		copy(room[wideBytes:], text)
		return fillWide(&room[wideBytes], len(text), &s[0])
	}
	return fillWide(&text[0], len(text), &s[0])
}

// fillWide fills the stops of the n bytes at b, at least one. Where n is less than wideBytes,
// it reads as many that end there.
//
//go:noescape
func fillWide(b *byte, n int, of *[stopKinds]uint64) (equals int)
