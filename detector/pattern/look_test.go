package pattern

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

var lookTexts = []string{
	"", "a", "\"", ",,,,,,,", "=\t\"", "2026-03-02T08:00:01Z level=info msg=\"ready\"", "plain prose, of some length",
	"\x1b[31mred\x1b[0m behind", "é=ü\x80\xff\x00", "12345678=", "=12345678", "1234567,",
	"exactly thirty-two bytes of text", "a line of more than two blocks, in which a sign stands at the end, not before=",
}

// FuzzLook holds, for each way to look at a text that there is on this machine, that it
// finds the marks, that a shape is the same whatever the digits are, and another one
// where any other byte is.
func FuzzLook(f *testing.F) {
	for i, text := range lookTexts {
		f.Add([]byte(text), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) == 0 {
			return
		}
		var want Marks
		for i, c := range []byte("\",=") {
			if bytes.IndexByte(text, c) >= 0 {
				want |= 1 << i
			}
		}
		if bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			want |= ControlMark
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		digits := otherDigits(rng, text)
		other, at := bytes.Clone(text), rng.IntN(len(text))
		for other[at] == text[at] || isDigit(other[at]) && isDigit(text[at]) {
			other[at] = byte(rng.Uint32())
		}
		longer := append(bytes.Clone(text), '7')
		for name, look := range map[string]func([]byte) (uint64, Marks){"look": look, "lookPortable": lookPortable} {
			hash, got := look(text)
			if got != want {
				t.Errorf("%s: %q has marks %b, want %b", name, text, got, want)
			}
			if same, _ := look(digits); same != hash {
				t.Errorf("%s: %q and %q differ in shape", name, text, digits)
			}
			for _, o := range [][]byte{other, longer} {
				if same, _ := look(o); same == hash {
					t.Errorf("%s: %q and %q are of one shape", name, text, o)
				}
			}
		}
	})
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Each byte value is told from the others, at each place of a text.
func TestLookAtEachByte(t *testing.T) {
	for _, size := range []int{1, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 100} {
		text := bytes.Repeat([]byte("x"), size)
		for at := range text {
			seen := map[uint64]byte{}
			for c := range 256 {
				text[at] = byte(c)
				hash, m := look(text)
				if before, ok := seen[hash]; ok && !(isDigit(before) && isDigit(byte(c))) {
					t.Fatalf("of %d bytes, the one at %d: %#x and %#x are of one shape", size, at, before, c)
				}
				seen[hash] = byte(c)
				if _, want := lookPortable(text); m != want {
					t.Fatalf("of %d bytes, %#x at %d: marks %b, want %b", size, c, at, m, want)
				}
			}
			if len(seen) != 256-9 {
				t.Errorf("of %d bytes, the one at %d: %d shapes, want %d", size, at, len(seen), 256-9)
			}
			text[at] = 'x'
		}
	}
}

// Blocks count by their order and their number.
func TestLookAtBlocks(t *testing.T) {
	a, b := strings.Repeat("a", 32), strings.Repeat("b", 32)
	seen := map[uint64]string{}
	for _, text := range []string{a, b, a + a, a + b, b + a, b + b, a + a + a, a + b + a, a[:16] + b[:16], b[:16] + a[:16], a[:16] + b[:16] + a, a + "a", "a" + a + "a"} {
		hash, _ := look([]byte(text))
		if before, ok := seen[hash]; ok {
			t.Errorf("%q and %q are of one shape", before, text)
		}
		seen[hash] = text
	}
}

// A text that is too long to be remembered has marks and no shape, an empty one neither.
func TestLookAtSizes(t *testing.T) {
	long := append(bytes.Repeat([]byte("x"), maxShape), '=')
	if s, m := Look(long[:maxShape]); s == 0 || m != 0 {
		t.Errorf("of %d bytes: shape %d, marks %b", maxShape, s, m)
	}
	if s, m := Look(long); s != 0 || m != EqualMark {
		t.Errorf("of %d bytes: shape %d, marks %b", len(long), s, m)
	}
	if s, m := Look(nil); s != 0 || m != 0 {
		t.Errorf("of nothing: shape %d, marks %b", s, m)
	}
}

// FuzzFindAlnum holds that each way to find the letters and digits of a line that there
// is on this machine finds them, also in the room that a longer line had.
func FuzzFindAlnum(f *testing.F) {
	for _, text := range lookTexts {
		f.Add([]byte(text), []byte(strings.Repeat("x9é-", 30)))
	}
	f.Add(bytes.Repeat([]byte("az-AZ[`{@09/:\x7f"), 300), []byte("\x80"))
	l := new(Workspace)
	f.Fuzz(func(t *testing.T, text, other []byte) {
		for name, find := range map[string]func(*Workspace, int) bool{"findAlnum": (*Workspace).findAlnum, "findAlnumPortable": (*Workspace).findAlnumPortable} {
			for _, b := range [][]byte{text, other, text} {
				n := copy(l.text[before:before+MaxBytes], b)
				*(*[after]byte)(l.text[before+n:]) = [after]byte{}
				high, want := find(l, n), false
				for i := range (n/64 + 1) * 64 {
					is := i < n && class[b[i]]&alnum != 0
					want = want || i < n && b[i] >= 0x80
					if l.alnum[i/64]>>(i%64)&1 != 0 != is {
						t.Fatalf("%s: of %q, byte %d: %v", name, b, i, !is)
					}
				}
				if high != want {
					t.Fatalf("%s: of %q: beyond ASCII %v", name, b, high)
				}
				edges := l.findEdges(n)
				found := append([]byte(nil), l.edges[:2*edges]...)
				if portable := l.findEdgesPortable(n); portable != edges || !bytes.Equal(found, l.edges[:2*edges]) {
					t.Fatalf("%s: of %q: edges %v, portable %v", name, b, found, l.edges[:2*portable])
				}
			}
		}
	})
}
