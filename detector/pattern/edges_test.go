package pattern

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/flb-anomaly/flb-anomaly/test/harness/edges"
)

// TestEdges: models keep the hashes of patterns, and a scan gives the same ones for
// all that is around these lines.
func TestEdges(t *testing.T) {
	s := NewScanner(1)
	var l Workspace
	edges.Hold(t, "testdata/edges.txt", func(to, line []byte) []byte {
		s.Scan(line, &l)
		to = append(l.Append(to, line), byte(l.Level))
		to = binary.BigEndian.AppendUint64(to, l.Hash)
		to = binary.BigEndian.AppendUint64(to, l.Vars)
		for i := range l.Tokens {
			k := &l.Tokens[i]
			to = binary.BigEndian.AppendUint32(append(to, byte(k.Kind), byte(k.Start), byte(k.End)), k.Hash)
			if k.Kind == Word {
				to = binary.BigEndian.AppendUint32(to, k.Word(line))
			}
		}
		for _, n := range l.Numbers {
			to = binary.BigEndian.AppendUint64(append(to, byte(n.Token), byte(n.Unit)), math.Float64bits(n.Value))
		}
		if l.Truncated {
			to = append(to, 't')
		}
		return to
	})
}

// TestEdgesOfWords: so it is with words that stand for a level or a unit, alone.
func TestEdgesOfWords(t *testing.T) {
	edges.Hold(t, "testdata/words.txt", func(to, word []byte) []byte {
		u := UnitOf(word)
		to = append(to, byte(ParseLevel(word)), byte(u), byte(u.Dimension()))
		return binary.BigEndian.AppendUint64(append(to, u.Base()...), math.Float64bits(u.In(3)))
	})
}
