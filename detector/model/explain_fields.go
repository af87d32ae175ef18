package model

import (
	"bytes"
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// seenAt returns the field at a place in the list, and what of it was looked at.
func (o *Observation) seenAt(i int) (*seenField, *Field) {
	return &o.fields.list[i], o.field(i)
}

// named appends the name of a field, and which part of it.
func (s *seenField) named(dst []byte, f *Field) []byte {
	dst = quoteless(dst, f.Name)
	switch s.part {
	case first:
		dst = append(dst, " (first part)"...)
	case ending:
		dst = append(dst, " (ending)"...)
	case origin:
		dst = append(dst, " (network)"...)
	}
	return dst
}

// said appends what stands at a place in the list: numbers and words as they are, the
// rest in quotes.
func (o *Observation) said(dst []byte, at int) []byte {
	s, f := o.seenAt(at)
	if s.part != whole {
		return quote(dst, o.fields.text[at])
	}
	switch {
	case f.Kind == Number && len(f.Value) == 0 && f.Unit != pattern.UnitNone:
		return appendNumber(dst, f.Number, f.Unit)
	case f.Kind == Number, f.Kind == Bool:
		return f.AppendText(dst)
	}
	return quote(dst, f.Value)
}

func phraseValue(o *Observation, dst []byte) []byte {
	if o.identified.again >= 0 {
		return o.phraseAgain(dst)
	}
	if o.outdated {
		return o.phraseVersion(dst)
	}
	if o.fields.relapsed >= 0 {
		return o.phraseRelapse(dst)
	}
	s, f := o.seenAt(o.fields.odd)
	p := o.placeOf(o.fields.odd)
	count := int(o.fields.close[o.fields.odd].count)
	dst = append(s.named(dst, f), ' ')
	quotes := o.fields.oddSort && s.sort == sortNumber && p.kinds[sortNumber]*2 > p.n
	if quotes && s.quoted {
		dst = append(quote(dst, f.Value), ": it is usually not in quotes"...)
		return evidence(dst, p)
	}
	if dst = o.said(dst, o.fields.odd); o.fields.older {
		dst = append(dst, ", older than the usual ones,"...)
	}
	switch {
	case o.fields.set:
		return o.phraseSetting(dst)
	case quotes:
		dst = append(dst, ": it is usually in quotes"...)
		return evidence(dst, p)
	case o.fields.oddSort && s.sort == sortEmpty:
		dst = append(dst, ": it is usually not empty"...)
		return evidence(dst, p)
	case o.fields.oddSort && s.sort == sortNumber:
		dst = append(dst, ": usually no number"...)
		return evidence(dst, p)
	case o.fields.oddSort && p.kinds[sortTime]*2 > p.n:
		dst = append(dst, ": usually a time"...)
		return evidence(dst, p)
	case o.fields.oddSort && p.kinds[sortEmpty]*2 > p.n:
		dst = append(dst, ": it is usually empty"...)
		return evidence(dst, p)
	case o.fields.oddSort && s.sort == sortText:
		dst = append(dst, ": usually a number"...)
		return evidence(dst, p)
	case o.fields.oddSort:
		dst = append(dst, ": usually no time"...)
		return evidence(dst, p)
	case p.distinct > categoryValues || s.part != whole:
		if count == 0 {
			dst = append(dst, " never seen in "...)
		} else {
			dst = append(seenTimes(dst, count), " in "...)
		}
		return thousands(dst, int(p.n))
	case count == 0:
		dst = append(dst, " never seen"...)
	default:
		dst = seenTimes(dst, count)
	}
	return p.usually(append(dst, ", usually "...))
}

// evidence appends how many values it rests on.
func evidence(dst []byte, p *place) []byte {
	dst = append(dst, ", in "...)
	return append(thousands(dst, int(p.n)), " before"...)
}

// usually appends the values seen most, the first with its share.
func (p *place) usually(dst []byte) []byte {
	order := [usualValues]int{0, 1, 2, 3}
	for i := range order {
		for j := i; j > 0 && p.usual[order[j]].count > p.usual[order[j-1]].count; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	for i, at := range order {
		u := &p.usual[at]
		if u.count < 1 || i == 3 {
			break
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		begin, end, cut := p.shown[at].parts()
		if dst = clean(dst, begin); cut {
			dst = clean(append(dst, "..."...), end)
		}
		if i == 0 {
			dst = append(dst, " ("...)
			dst = strconv.AppendInt(dst, int64(math.Round(min(100, 100*float64(u.count/p.n)))), 10)
			dst = append(dst, " %)"...)
		}
	}
	return dst
}

func phraseKey(o *Observation, dst []byte) []byte {
	if o.fields.newKey >= 0 {
		return o.phraseSeldom(dst, o.fields.newKey)
	}
	if o.fields.rareKey >= 0 {
		return o.phraseSeldom(dst, o.fields.rareKey)
	}
	k := &o.model.fields.keys.all[o.fields.lost]
	dst = quoteless(append(dst, "field \""...), k.text())
	dst = append(dst, "\" is missing, it was in "...)
	return append(thousands(dst, int(k.n)), " records before"...)
}

// phraseSeldom says how seldom the field at a place in the list is there.
func (o *Observation) phraseSeldom(dst []byte, at int) []byte {
	s, f := o.seenAt(at)
	if s.key < 0 {
		dst = s.named(append(dst, "new field \""...), f)
		o.pattern = f.AppendText(o.pattern[:0])
		dst = quote(append(dst, "\": "...), o.pattern)
		return append(thousands(append(dst, ", in 0 of "...), int(o.model.fields.records)), " records"...)
	}
	n := o.model.fields.keys.all[s.key].n
	dst = s.named(append(dst, "field \""...), f)
	dst = seenTimes(append(dst, '"'), max(1, int(n)))
	dst = append(thousands(append(dst, " in "...), int(o.model.fields.records)), " records: "...)
	return o.said(dst, at)
}

func phraseText(o *Observation, dst []byte) []byte {
	s, f := o.seenAt(o.fields.strange)
	t := &o.placeOf(o.fields.strange).texts
	length := octavesOf(float64(len(f.Value) + 1))
	if t.byLength(o.fields.close[o.fields.strange].news(), length) {
		dst = quote(append(s.named(append(dst, "unusual length of "...), f), ' '), f.Value)
		dst = thousands(append(dst, ": "...), len(f.Value))
		return thousands(append(dst, " bytes, usually up to "...), int(math.Round(t.lengths.hi.said())))
	}
	dst = quote(append(s.named(append(dst, "unusual characters in "...), f), ' '), f.Value)
	strange, n, of := t.strangest(f.Value)
	dst = strconv.AppendInt(append(quote(append(dst, ": "...), strange), " in "...), int64(n), 10)
	return append(thousands(append(dst, " of "...), int(of)), " others"...)
}

func phrasePair(o *Observation, dst []byte) []byte {
	if o.foreign.owner >= 0 {
		return o.phraseForeign(dst)
	}
	a, b := &o.fields.lows[o.fields.together[0]], &o.fields.lows[o.fields.together[1]]
	if a.seen >= 0 && b.seen >= 0 {
		_, first := o.seenAt(a.seen)
		if _, second := o.seenAt(b.seen); bytes.Compare(second.Name, first.Name) < 0 {
			a, b = b, a
		}
	}
	say := func(l *low) {
		if l.seen < 0 {
			dst = append(dst, "this message"...)
			return
		}
		s, f := o.seenAt(l.seen)
		dst = o.said(append(s.named(dst, f), ' '), l.seen)
	}
	say(a)
	dst = append(dst, " and "...)
	say(b)
	dst = append(dst, " never came together, seen "...)
	dst = thousands(dst, int(a.count))
	dst = append(times(append(dst, " and "...), int(b.count)), " in "...)
	return append(thousands(dst, int(min(a.of, b.of))), " records"...)
}

func (o *Observation) phraseFar(dst []byte) []byte {
	s, f := o.seenAt(o.fields.far)
	if odd := o.fields.odd; odd == o.fields.far && o.model.fields.keys.all[s.key].kind() == Code {
		return phraseValue(o, dst) // how far it is from other codes means nothing
	}
	dst = o.said(append(s.named(dst, f), ' '), o.fields.far)
	u := o.fields.farUsual
	lo, hi := u.lo.said(), u.hi.said()
	if f.plain() && f.Number == math.Trunc(f.Number) {
		lo, hi = math.Round(lo), math.Round(hi)
	}
	dst = appendNumber(append(dst, ", usually "...), lo, f.Unit)
	if hi != lo {
		dst = appendNumber(append(dst, " to "...), hi, f.Unit)
	}
	return dst
}

// seenTimes appends how often something was seen.
func seenTimes(dst []byte, n int) []byte {
	if n == 1 {
		return append(dst, " seen once"...)
	}
	return append(thousands(append(dst, " seen "...), n), " times"...)
}

// thousands appends a number with its thousands apart: 4,120.
func thousands(dst []byte, n int) []byte {
	if n < 1000 {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	dst = append(thousands(dst, n/1000), ',')
	n %= 1000
	return append(dst, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}
