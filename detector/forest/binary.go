package forest

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var (
	_ encoding.BinaryAppender    = (*Forest)(nil)
	_ encoding.BinaryMarshaler   = (*Forest)(nil)
	_ encoding.BinaryUnmarshaler = (*Forest)(nil)
)

// The first byte of the binary form.
const (
	formNarrow = 1
	formWide   = 2
)

// AppendBinary appends the forest to b. The form is: a byte for the kind of
// node, the features, psi and the trees as uvarints, then each tree in
// preorder. The root, and each node that more than one row reached and that is
// above the height limit, is a uvarint, 0 for a leaf or the feature plus 1, then for a split the
// threshold's key (one byte, or four, little-endian) and, as a uvarint, the rows
// that went left. All else follows from these. The caller versions the form. The
// error is always nil.
func (f *Forest) AppendBinary(b []byte) ([]byte, error) {
	if f.isNarrow() {
		b = append(b, formNarrow)
	} else {
		b = append(b, formWide)
	}
	b = binary.AppendUvarint(b, uint64(f.features))
	b = binary.AppendUvarint(b, uint64(f.psi))
	b = binary.AppendUvarint(b, uint64(f.trees))
	for t := range f.trees {
		b = f.appendNode(b, t, 1, 0)
	}
	return b, nil
}

// MarshalBinary returns the forest as AppendBinary describes it.
func (f *Forest) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// written reports whether a node is in the binary form. The root always is, so
// that input cannot ask for more trees than it has bytes.
func (f *Forest) written(n, depth int) bool { return depth == 0 || n > 1 && depth < f.height }

func (f *Forest) appendNode(b []byte, t, i, depth int) []byte {
	sizes := f.sizes[t*2*f.stride:]
	if !f.written(int(sizes[i]), depth) {
		return b
	}
	feature, threshold, ok := f.split(t, i)
	if !ok {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(feature)+1)
	if f.isNarrow() {
		b = append(b, byte(threshold))
	} else {
		b = binary.LittleEndian.AppendUint32(b, threshold)
	}
	b = binary.AppendUvarint(b, uint64(sizes[2*i]))
	b = f.appendNode(b, t, 2*i, depth+1)
	return f.appendNode(b, t, 2*i+1, depth+1)
}

// UnmarshalBinary replaces the forest by one that AppendBinary wrote; b must hold
// nothing else. It takes input from anywhere: what it accepts is a forest that
// scores within (0, 1), and it allocates no more than MaxNodes allow. On error
// the forest is as it was.
func (f *Forest) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		return errors.New("forest: empty")
	}
	form := b[0]
	if form != formNarrow && form != formWide {
		return fmt.Errorf("forest: unknown kind of node %d", form)
	}
	r := reader{b: b[1:]}
	maxFeatures := maxWideFeatures
	if form == formNarrow {
		maxFeatures = MaxFeatures
	}
	features := r.within("features", 1, maxFeatures)
	psi := r.within("sample size", 1, MaxSampleSize)
	trees := r.within("trees", 1, MaxNodes)
	if r.err != nil {
		return r.err
	}
	if trees > len(r.b) { // each takes a byte at least
		return fmt.Errorf("forest: %d bytes for %d trees", len(r.b), trees)
	}
	var g Forest
	if err := g.resize(features, psi, trees, form == formNarrow); err != nil {
		return err
	}
	for t := range trees {
		g.readNode(&r, t, 1, 0, psi)
	}
	if r.err != nil {
		return r.err
	}
	if len(r.b) > 0 {
		return fmt.Errorf("forest: %d bytes after the last tree", len(r.b))
	}
	*f = g
	return nil
}

func (f *Forest) readNode(r *reader, t, i, depth, n int) {
	f.sizes[t*2*f.stride+i] = uint16(n)
	if f.written(n, depth) {
		if feature := r.within("feature", 0, f.features) - 1; feature >= 0 {
			threshold := r.threshold(f.isNarrow())
			left := r.within("rows on the left", 1, n-1)
			if r.err != nil {
				return
			}
			f.setSplit(t, i, feature, threshold)
			f.readNode(r, t, 2*i, depth+1, left)
			f.readNode(r, t, 2*i+1, depth+1, n-left)
			return
		}
	}
	f.setLeaf(t, i, depth, n)
}

// reader takes numbers off the front of b. After the first error it returns
// zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) within(what string, least, most int) int {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err = fmt.Errorf("forest: cut off at %s", what)
		return 0
	}
	if v < uint64(least) || v > uint64(most) {
		r.err = fmt.Errorf("forest: %d %s, want %d to %d", v, what, least, most)
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// threshold takes a key that some row can be above, which no unset node is.
func (r *reader) threshold(narrow bool) uint32 {
	size, most := 4, uint32(floatKey(math.MaxFloat32))
	if narrow {
		size, most = 1, 254
	}
	if r.err != nil {
		return 0
	}
	if len(r.b) < size {
		r.err = errors.New("forest: cut off at a threshold")
		return 0
	}
	k := uint32(r.b[0])
	if !narrow {
		k = binary.LittleEndian.Uint32(r.b)
	}
	if k > most {
		r.err = fmt.Errorf("forest: threshold key %d, at most %d", k, most)
		return 0
	}
	r.b = r.b[size:]
	return k
}
