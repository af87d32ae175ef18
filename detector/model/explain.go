package model

import (
	"math"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// Explain appends what makes the event strange to dst, its one or two strongest
// features in words.
func (o *Observation) Explain(dst []byte) []byte {
	first, second := o.strongest()
	if o.Anomaly() == Returned && !o.relapsed(first) && !(first == featTrouble && o.silent.is) {
		dst = o.phraseReturned(dst)
		switch first {
		case featRarity, featSequence, featTrouble: // they say no more than that
			return dst
		}
		return o.Say(first, append(dst, "; "...))
	}
	dst = o.Say(first, dst)
	n := len(dst)
	if o.sameWord(first, second) {
		return dst
	}
	if second != Features && int(o.Row[second])*2 >= int(o.Row[first]) && o.Row[second] > secondPoints*PerPoint {
		dst = append(dst, "; "...)
		from := len(dst)
		dst = o.Say(second, dst)
		if string(dst[from:]) == string(dst[:n]) {
			dst = dst[:n]
		}
	}
	return dst
}

// Say appends what one feature has to say of the event, which it makes strange: the
// value, and what is usual. It must be one that can be the reason, see Info.Kind.
func (o *Observation) Say(f Feature, dst []byte) []byte { return o.info(f).phrase(o, dst) }

// secondPoints is from how many points on a second feature is worth telling.
const secondPoints = 4

// info returns what there is to know of a feature. What is strange about the words of
// a message is told by the field that added them, where hardly any record had it.
func (o *Observation) info(f Feature) *Info {
	switch f {
	case featRarity, featWord, featSequence, featFailure, featLength, featOdd, featEnd, featTrouble:
		if o.fields.words >= 0 {
			return &fieldOfWords
		}
	case featPair:
		if o.partsOfStrange() {
			return &Table[featText]
		}
	}
	return &Table[f]
}

// partsOfStrange reports whether the two values that never came together are parts of
// one text whose characters or length are unusual, too: that says it better.
func (o *Observation) partsOfStrange() bool {
	if o.foreign.owner >= 0 || o.fields.strange < 0 || o.fields.rawText < secondPoints {
		return false
	}
	field := o.fields.strange // a whole one
	for _, at := range o.fields.together {
		if seen := o.fields.lows[at].seen; seen < 0 || o.fields.whole(seen) != field {
			return false
		}
	}
	return true
}

var fieldOfWords = Info{Kind: OffFields, phrase: func(o *Observation, dst []byte) []byte {
	return o.phraseSeldom(dst, o.fields.words)
}}

func (o *Observation) isNew() bool { return o.known == nil }

func phrasePattern(o *Observation, dst []byte) []byte {
	if o.isNew() {
		return o.seenBefore(append(dst, "new message pattern,"...))
	}
	return o.seenBefore(append(dst, "rare message pattern,"...))
}

func phraseWord(o *Observation, dst []byte) []byte {
	if o.words.at < len(o.Line.Tokens) && o.Line.Tokens[o.words.at].Kind == pattern.Word {
		if t := &o.Line.Tokens[o.words.at]; t.End-t.Start == 1 {
			return phrasePattern(o, dst) // a letter tells nobody anything
		}
		return o.inPlace(o.quote(append(dst, "unusual word "...), o.words.at), o.words.at)
	}
	if o.words.at == len(o.Line.Tokens) {
		return phraseEnd(o, dst)
	}
	return phrasePattern(o, dst)
}

func phraseFailure(o *Observation, dst []byte) []byte {
	at := o.words.failed
	last := at + max(1, phrase(o.Text, o.Line.Tokens, at)) - 1
	dst = quote(append(dst, "word of failure "...), o.Text[o.Line.Tokens[at].Start:o.Line.Tokens[last].End])
	return o.inPlace(dst, at)
}

func phraseLevel(o *Observation, dst []byte) []byte {
	levels, n := &o.model.levels, o.model.total
	dst = append(append(dst, "level "...), levelName(o.Level)...)
	if st := o.known; st != nil {
		dst = append(dst, " is unusual for this message, "...)
		levels, n = &st.levels, st.n
	} else {
		dst = append(dst, " is unusual for this log, "...)
	}
	most := o.Level
	for level := range levels {
		if levels[level] > levels[most] {
			most = pattern.Level(level)
		}
	}
	if most == o.Level {
		return percent(append(dst, "that of "...), levels[most], n)
	}
	dst = append(append(dst, "usually "...), levelName(most)...)
	return append(percent(append(dst, " ("...), levels[most], n), ')')
}

func levelName(l pattern.Level) string {
	if l == pattern.LevelNone {
		return "none"
	}
	return l.String()
}

func phraseNumber(o *Observation, dst []byte) []byte {
	switch {
	case o.skewed:
		return o.phraseSkew(dst)
	case o.stuck >= 0:
		return o.phraseStuck(dst)
	}
	if o.shifted {
		return o.phraseShift(dst)
	}
	if o.fields.far >= 0 {
		return o.phraseFar(dst)
	}
	if o.oddCode >= 0 {
		return o.phraseCode(dst)
	}
	num := o.Line.Numbers[o.number]
	s := o.usual
	dst = o.saidNumber(dst, o.number)
	if numberOctaves(num.Value) > s.hi {
		dst = append(dst, " far above the usual "...)
	} else {
		dst = append(dst, " far below the usual "...)
	}
	lo, hi := s.lo.said(), s.hi.said()
	if num.Value == math.Trunc(num.Value) && num.Unit == pattern.UnitNone {
		lo, hi = math.Round(lo), math.Round(hi)
	}
	dst = appendNumber(dst, lo, num.Unit)
	if hi != lo && s.hi-s.lo > perOctave/8 {
		dst = append(dst, " to "...)
		dst = appendNumber(dst, hi, num.Unit)
	}
	return dst
}

// saidNumber appends the i-th number of the line, with the name of its place if it has one.
func (o *Observation) saidNumber(dst []byte, i int) []byte {
	num := o.Line.Numbers[i]
	dst = appendNumber(append(dst, "number "...), num.Value, num.Unit)
	if name := fieldName(o.Text, int(o.Line.Tokens[num.Token].Start)); len(name) > 0 {
		dst = quote(append(dst, " of "...), name)
	}
	return dst
}

func (o *Observation) phraseCode(dst []byte) []byte {
	num := o.Line.Numbers[o.oddCode]
	name := fieldName(o.Text, int(o.Line.Tokens[num.Token].Start))
	if len(name) > 0 {
		dst = append(quoteless(dst, name), ' ')
	} else {
		dst = append(dst, "number "...)
	}
	dst = appendNumber(dst, num.Value, num.Unit)
	dst = append(dst, ": "...)
	dst = strconv.AppendInt(dst, int64(o.codes.few), 10)
	dst = append(dst, " other"...)
	if o.codes.few != 1 {
		dst = append(dst, 's')
	}
	dst = append(dst, " stood there in "...)
	return append(thousands(dst, int(o.codes.n)), " messages"...)
}

func phraseLength(o *Observation, dst []byte) []byte {
	dst = append(dst, "length of "...)
	dst = thousands(dst, o.Size)
	if st := o.known; st != nil && st.seen >= maturity {
		dst = append(dst, " bytes is unusual for this message, usually "...)
		return fromTo(dst, int(math.Round(st.length.lo.said())), int(math.Round(st.length.hi.said())))
	}
	lo, hi := o.model.lengths.usual()
	return fromTo(append(dst, " bytes is unusual for this log, usually "...), lo, hi)
}

func phraseOdd(o *Observation, dst []byte) []byte {
	dst = append(dst, "unusual characters: "...)
	dst = strconv.AppendFloat(dst, float64(o.odd), 'f', 1, 32)
	dst = append(dst, " bits of surprise a character, usually "...)
	return strconv.AppendFloat(dst, float64(o.model.letters.mean), 'f', 1, 32)
}

func phraseEnd(o *Observation, dst []byte) []byte {
	dst = append(dst, "message ends where it usually goes on"...)
	if o.open {
		dst = append(dst, ": a quote or a bracket stays open, as in "...)
		return append(percent(dst, o.model.letters.open, 1), " of the new messages"...)
	}
	return o.inPlace(dst, len(o.Line.Tokens))
}

func phraseBurst(o *Observation, dst []byte) []byte {
	switch {
	case o.surged():
		return o.phraseSurge(dst)
	case o.fields.rushed:
		return o.phraseRush(dst)
	}
	st := o.known
	if o.faster.is() {
		return o.faster.phrase(append(dst, "message comes"...))
	}
	if n := o.inRow(); n > 2 {
		what, longest := "the same line ", st.same.longest
		if o.fields.runAlike {
			what, longest = "records that differ in numbers and identifiers only, ", st.alike.longest
		} else if o.textless() {
			what = "the same record "
		}
		dst = thousands(append(dst, what...), int(n)+1)
		dst = append(dst, " times in a row, usually at most "...)
		return thousands(dst, int(math.Round(longest.exp())))
	}
	dst = append(dst, "message far above its usual rate: "...)
	n := st.seen + 1 - min(st.calm.seen, st.seen)
	share := max(st.n-float32(n), 0.5) / (o.model.total + 1)
	dst = thousands(dst, int(n))
	if o.Time == 0 || st.calm.time == 0 || o.Time < st.calm.time {
		of := o.model.records + 1 - min(st.calm.record, o.model.records)
		dst = thousands(append(dst, " of the last "...), int(of))
		return percent(append(dst, " records, usually "...), share, 1)
	}
	if took := o.Time - st.calm.time; took > 0 {
		dst = duration(append(dst, " in "...), took)
	} else {
		dst = append(dst, " at once"...)
	}
	return rate(append(dst, ", usually "...), share*o.model.clock.perSecond())
}

func phraseTrouble(o *Observation, dst []byte) []byte {
	if o.silent.is {
		return o.phraseSilent(dst)
	}
	st := o.known
	if o.isNew() {
		return o.seenBefore(append(dst, "new message of trouble,"...))
	}
	if p := &st.habit; !o.back && p.told > p.begun {
		dst = append(dst, "message of trouble goes on: "...)
		dst = times(dst, int(st.seen+1-p.begun))
		dst = append(dst, " since it began, "...)
		return append(thousands(dst, int(p.begun)), " before"...)
	}
	return o.seenBefore(append(dst, "rare message of trouble,"...))
}

// appendNumber writes a number that is in base units the way people do.
func appendNumber(dst []byte, v float64, u pattern.Unit) []byte {
	unit := u.Base()
	switch unit {
	case "s":
		switch {
		case v == 0:
		case v < 1e-3:
			v, unit = v*1e6, "us"
		case v < 1:
			v, unit = v*1e3, "ms"
		}
	case "B":
		for _, name := range []string{"KB", "MB", "GB", "TB"} {
			if v < 1024 {
				break
			}
			v, unit = v/1024, name
		}
	}
	if v == float64(int64(v)) && v < 1e15 {
		dst = strconv.AppendInt(dst, int64(v), 10)
	} else if v >= 100 {
		dst = strconv.AppendFloat(dst, v, 'f', 0, 64)
	} else {
		dst = strconv.AppendFloat(dst, v, 'g', 3, 64)
	}
	return append(dst, unit...)
}

// sameWord reports whether both features are about one and the same word.
func (o *Observation) sameWord(a, b Feature) bool {
	at := func(f Feature) int {
		switch f {
		case featWord:
			return o.words.at
		case featFailure:
			return o.words.failed
		}
		return -1
	}
	return at(a) >= 0 && at(a) == at(b)
}

// quote appends the line's i-th token in quotes.
func (o *Observation) quote(dst []byte, i int) []byte {
	t := o.Line.Tokens[i]
	return quote(dst, o.Text[t.Start:t.End])
}

// fieldName returns the name of the value that begins at text[at:], where it
// has one: dur=12ms, duration: 12 ms, "took": 12. Empty if it has none.
func fieldName(line []byte, at int) []byte {
	back := func(stop func(c byte) bool) {
		for at > 0 && !stop(line[at-1]) {
			at--
		}
	}
	noPadding := func(c byte) bool { return c != ' ' && c != '"' && c != '\'' && c != '\\' }
	back(noPadding)
	if at == 0 || line[at-1] != '=' && line[at-1] != ':' {
		return nil
	}
	at--
	back(noPadding)
	end := at
	back(func(c byte) bool {
		return !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')
	})
	if at == end || line[at] >= '0' && line[at] <= '9' {
		return nil
	}
	return line[at:end]
}

// quote appends a word of the log in quotes, cut to 40 bytes, with anything
// but printable ASCII and letters of UTF-8 replaced.
func quote(dst, word []byte) []byte {
	dst = quoteless(append(dst, '"'), word)
	return append(dst, '"')
}

// quoteless is quote without the quotes.
func quoteless(dst, word []byte) []byte {
	begin, end := text.Ends(word, 40)
	if dst = clean(dst, begin); len(begin) < len(word) {
		dst = clean(append(dst, "..."...), end)
	}
	return dst
}

// clean appends a text of the log with anything but printable characters replaced.
func clean(dst, b []byte) []byte {
	for _, r := range string(b) {
		if r < ' ' || r == '"' || r == 0x7f {
			r = '?'
		}
		dst = append(dst, string(r)...)
	}
	return dst
}
