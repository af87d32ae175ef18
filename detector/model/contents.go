package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// PatternContents is what is known of one pattern.
type PatternContents struct {
	Hash    uint64                  // as Verdict.Pattern has it
	Text    string                  // cut to 96 bytes
	Seen    int                     // times, of old ones some forgotten
	Recent  float64                 // times, what is long past counting less
	Levels  [pattern.Levels]float64 // Recent by level
	Ago     int                     // records since it was last seen
	Lengths Range                   // of its messages, in bytes
	Numbers []Range                 // usual ones, by their place, in base units (seconds, bytes)
}

// Range is the usual range of a quantity.
type Range struct{ Low, High float64 }

// Patterns returns what is known of each pattern, the one seen most first. The
// model must not judge or learn after it.
func (m *Model) Patterns() []PatternContents {
	var list []PatternContents
	m.statements.sort()
	for i := range m.statements.all {
		st := &m.statements.all[i]
		st.age(m.epoch)
		p := PatternContents{
			Hash: st.hash, Text: string(st.text.bytes()), Seen: int(st.seen), Recent: float64(st.n), Ago: int(m.records - st.last),
			Lengths: Range{st.length.lo.exp() - 1, st.length.hi.exp() - 1},
		}
		for l, n := range st.levels {
			p.Levels[l] = float64(n)
		}
		for _, n := range st.nums[:st.numbers] {
			p.Numbers = append(p.Numbers, Range{n.lo.number(), n.hi.number()})
		}
		list = append(list, p)
	}
	return list
}
