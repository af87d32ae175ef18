package model

import (
	"cmp"
	"slices"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

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
	Fields  []FieldRange            // usual numbers in the fields of its records, by their names
}

// Range is the usual range of a quantity.
type Range struct {
	Low, High float64
	Unit      string // of both: s, B or %; empty = none
}

// Patterns returns what is known of each pattern, the one seen most first. The
// model must not judge or learn after it.
func (m *Model) Patterns() []PatternContents {
	var list []PatternContents
	m.statements.sort()
	for _, st := range m.statements.all() {
		st.age(m.epoch)
		p := PatternContents{
			Hash: st.hash, Text: string(st.text.bytes()), Seen: int(st.seen), Recent: float64(st.n), Ago: int(m.records - st.last),
			Lengths: Range{Low: st.length.lo.exp() - 1, High: st.length.hi.exp() - 1},
		}
		for l, n := range st.levels {
			p.Levels[l] = float64(n)
		}
		for _, n := range st.nums[:st.numbers] {
			p.Numbers = append(p.Numbers, Range{Low: n.lo.number(), High: n.hi.number()})
		}
		p.Fields = m.fields.fieldRanges(st.hash)
		list = append(list, p)
	}
	return list
}

// FieldContents is what is known of one field over all records.
type FieldContents struct {
	Name     string // cut to 40 bytes
	Part     string // of a path: "first part" or "ending", of an address "network"; empty = the whole value
	Records  int    // that had it, what is long past counting less
	Share    float64
	Kind     FieldKind
	Distinct int          // values that were new, those forgotten and come back counted twice; of identifiers an estimate
	Empty    float64      // share of records in which it was empty, or -
	Usual    []UsualValue // of a category or a code, the most frequent first
	Numbers  *Range       // usual range where most values are numbers
}

// UsualValue is a value that comes often, and the share of records that have it.
type UsualValue struct {
	Text  string // cut to 30 bytes, ... at its end then
	Share float64
}

// FieldKind is what stands in a field. It follows from what stood there.
type FieldKind string

// The kinds.
const (
	Identifier FieldKind = "identifier" // nearly every text is new, or it is a process's number
	Category   FieldKind = "category"   // the same texts, or true and false, again and again
	Code       FieldKind = "code"       // the same few numbers again and again
	Quantity   FieldKind = "quantity"   // other numbers
	Times      FieldKind = "time"       // when something was
	Words      FieldKind = "words"      // texts of several words, most of them new
	Young      FieldKind = "young"      // too few records have had it to say
)

// kind says what stands in a field.
func (k *key) kind() FieldKind {
	p := &k.place
	switch {
	case p.n < youngRecords:
		return Young
	case named(k.text(), wordNames):
		return Words
	case p.kinds[sortNumber]*2 > p.n && ofRun(k.text()):
		return Identifier
	case p.kinds[sortNumber]*2 > p.n:
		if p.distinct <= maxCodes && p.unit == pattern.UnitNone {
			return Code
		}
		return Quantity
	case p.kinds[sortTime]*2 > p.n:
		return Times
	case !p.identifier():
		return Category
	case p.texts.with[fold[' ']]*2 > uint16(p.texts.n):
		return Words
	}
	return Identifier
}

// maxCodes is up to how many different numbers are called codes: the statuses of HTTP
// that one service gives are fewer.
const maxCodes = 24

// Fields returns what is known of each field, that of most records first.
func (m *Model) Fields() []FieldContents {
	fs := &m.fields
	var list []FieldContents
	for i := range fs.keys.all {
		k := &fs.keys.all[i]
		if k.n < 1 || k.hash == hashBytes(nameSeed, messageField.Name) || k.hash == hashBytes(nameSeed, levelField.Name) {
			continue
		}
		f := fs.contents(k)
		f.Records = min(f.Records, m.learned()) // by samples they may be some more
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b FieldContents) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Part, b.Part))
	})
	return list
}

// contents is what is known of a field.
func (fs *fields) contents(k *key) FieldContents {
	p := &k.place
	f := FieldContents{
		Name: string(k.text()), Records: int(min(k.n, fs.records)), Share: min(1, float64(k.n/fs.records)), Kind: k.kind(),
		Distinct: int(p.distinct), Empty: float64(p.kinds[sortEmpty] / p.n),
	}
	switch name := hashBytes(nameSeed, k.text()); k.hash {
	case name ^ partSeeds[first]:
		f.Part, f.Empty = "first part", 0
	case name ^ partSeeds[ending]:
		f.Part, f.Empty = "ending", 0
	case name ^ partSeeds[origin]:
		f.Part, f.Empty = "network", 0
	}
	if f.Kind == Code || f.Kind == Young || f.Kind == Category && p.distinct <= categoryValues {
		for i, u := range p.usual {
			if u.count >= 1 {
				f.Usual = append(f.Usual, UsualValue{string(p.shown[i].appendTo(nil)), min(1, float64(u.count/p.n))})
			}
		}
		slices.SortStableFunc(f.Usual, func(a, b UsualValue) int { return cmp.Compare(b.Share, a.Share) })
	}
	if f.Kind == Quantity && p.numbers.n > 0 {
		f.Numbers = p.numbers.told.contents(p.unit)
	}
	return f
}

// Usual returns what is known of the field of a name, its numbers in records of the
// observed one's statement where they are known by that. It is false for a field
// that no record had.
func (o *Observation) Usual(name []byte) (FieldContents, bool) {
	fs := &o.model.fields
	i := fs.keys.find(hashBytes(nameSeed, name))
	if i < 0 || fs.keys.all[i].n < 1 {
		return FieldContents{}, false
	}
	k := &fs.keys.all[i]
	f := fs.contents(k)
	if f.Kind == Quantity && o.known != nil {
		if r := fs.ranges.find(rangeKey(o.known.hash, k.hash)); r != nil && r.n >= firmRange {
			f.Numbers = r.told.contents(k.place.unit)
		}
	}
	return f, true
}

func (s span) contents(u pattern.Unit) *Range { return &Range{s.lo.said(), s.hi.said(), u.Base()} }

// fieldRanges returns the ranges of numbers in the fields of one statement.
func (fs *fields) fieldRanges(statement uint64) []FieldRange {
	var list []FieldRange
	for i := range fs.keys.all {
		k := &fs.keys.all[i]
		if r := fs.ranges.find(rangeKey(statement, k.hash)); r != nil && r.n >= firmRange && k.kind() == Quantity {
			list = append(list, FieldRange{string(k.text()), *r.told.contents(k.place.unit)})
		}
	}
	slices.SortStableFunc(list, func(a, b FieldRange) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// FieldRange is the usual range of the numbers in a field.
type FieldRange struct {
	Name string // cut to 40 bytes
	Range
}
