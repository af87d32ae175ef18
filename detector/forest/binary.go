package forest

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	_ encoding.BinaryAppender    = (*Forest)(nil)
	_ encoding.BinaryUnmarshaler = (*Forest)(nil)
)

// AppendBinary appends the forest to b. The form is: the features, psi and the
// trees as uvarints, then each tree in preorder. The root, and each node that
// more than one row reached and that is above the height limit, is a uvarint, 0
// for a leaf or the feature plus 1, then for a split the threshold, one byte, and
// the rows that went left, a uvarint. All else follows from these. The caller
// versions the form. The error is always nil.
func (f *Forest) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(f.features))
	b = binary.AppendUvarint(b, uint64(f.psi))
	b = binary.AppendUvarint(b, uint64(f.trees))
	for t := range f.trees {
		b = f.appendNode(b, t, 1, 0, f.psi)
	}
	return b, nil
}

// written reports whether a node of n rows is in the binary form. The root always
// is, so that input cannot ask for more trees than it has bytes.
func (f *Forest) written(n, depth int) bool { return depth == 0 || n > 1 && depth < f.height }

func (f *Forest) appendNode(b []byte, t, i, depth, n int) []byte {
	if !f.written(n, depth) {
		return b
	}
	feature, threshold, ok := f.split(t, i)
	if !ok {
		return append(b, 0)
	}
	left := int(f.left[t*f.stride+i])
	b = binary.AppendUvarint(b, uint64(feature)+1)
	b = append(b, byte(threshold))
	b = binary.AppendUvarint(b, uint64(left))
	b = f.appendNode(b, t, 2*i, depth+1, left)
	return f.appendNode(b, t, 2*i+1, depth+1, n-left)
}

// UnmarshalBinary replaces the forest by one that AppendBinary wrote; b must hold
// nothing else. It takes input from anywhere: what it accepts is a forest that
// scores within (0, 1), and it allocates no more than MaxNodes allow. On error
// the forest is as it was.
func (f *Forest) UnmarshalBinary(b []byte) error {
	r := reader{b: b}
	features := r.within("features", 1, MaxFeatures)
	psi := r.within("sample size", 1, MaxSampleSize)
	trees := r.within("trees", 1, MaxNodes)
	if r.err != nil {
		return r.err
	}
	if trees > len(r.b) { // each takes a byte at least
		return fmt.Errorf("forest: %d bytes for %d trees", len(r.b), trees)
	}
	g, err := newForest(features, psi, trees)
	if err != nil {
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
	*f = *g
	return nil
}

func (f *Forest) readNode(r *reader, t, i, depth, n int) {
	if f.written(n, depth) {
		if feature := r.within("feature", 0, f.features) - 1; feature >= 0 {
			threshold := r.threshold()
			left := r.within("rows on the left", 1, n-1)
			if r.err != nil {
				return
			}
			f.setSplit(t, i, feature, threshold, left)
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

// threshold takes one byte that some row can be above, which no unset node is.
func (r *reader) threshold() int {
	if r.err != nil {
		return 0
	}
	if len(r.b) == 0 {
		r.err = errors.New("forest: cut off at a threshold")
		return 0
	}
	v := int(r.b[0])
	if v > 254 {
		r.err = fmt.Errorf("forest: threshold %d, at most 254", v)
		return 0
	}
	r.b = r.b[1:]
	return v
}
