package model

import (
	"math"
	"strconv"
	"time"
)

// Evidence is what a reason rests on: how often something was seen, and what is usual.

// seenBefore appends how often the event's message was seen.
func (o *Observation) seenBefore(dst []byte) []byte {
	n := o.same // lines that agree with it but for free places
	if o.known != nil {
		n = o.known.seen
	}
	dst = append(times(append(dst, " seen "...), int(n)), " in "...)
	return append(thousands(dst, o.model.learned()), " records"...)
}

// inPlace appends how often the line's i-th token, or its end, stood behind what
// stands before it. Where that was never seen, it is how often the token was.
func (o *Observation) inPlace(dst []byte, i int) []byte {
	g := &o.model.language.grams
	two, one, w := lineBegin0, lineBegin1, lineEnd
	if i > 0 {
		two, one = one, o.Line.Tokens[i-1].Hash
	}
	if i > 1 {
		two = o.Line.Tokens[i-2].Hash
	}
	if i < len(o.Line.Tokens) {
		w = o.Line.Tokens[i].Hash
	}
	own := o.own() // it is no evidence for itself
	n := g.find(keyWord(w)).n
	n -= min(n, own)
	for _, c := range []uint32{keyTwo(two, one), keyOne(one)} {
		if of := g.find(c).n; n > 0 && of > 0 {
			behind := min(of, g.find(keyBehind(c, w)).n)
			behind -= min(behind, own)
			dst = thousands(append(dst, ", "...), int(behind))
			return append(thousands(append(dst, " of "...), int(of)), " times in its place"...)
		}
	}
	dst = append(times(append(dst, ", seen "...), int(n)), " in "...)
	return append(thousands(dst, o.model.learned()), " records"...)
}

// phraseReturned says how long a message was silent, and how long it usually is.
func (o *Observation) phraseReturned(dst []byte) []byte {
	st := o.known
	p := &st.habit
	if o.bad > 0 {
		dst = append(dst, "message of trouble is back after "...)
	} else {
		dst = append(dst, "message is back after "...)
	}
	dst = duration(dst, o.Time-p.time)
	dst = append(times(append(dst, ", seen "...), int(st.seen)), " before"...)
	if p.gaps.n < gapsKnown || o.away <= returned {
		return dst
	}
	return duration(append(dst, ", usually within "...), p.usualGap())
}

// phraseRush says how many of the last records are of the event's kind.
func (o *Observation) phraseRush(dst []byte) []byte {
	s := &o.fields
	dst = append(dst, "records of this kind far above their usual rate: "...)
	dst = strconv.AppendInt(dst, int64(s.rushCount), 10)
	dst = strconv.AppendInt(append(dst, " of the last "...), recentShapes+1, 10)
	if s.rushUsual < 1 {
		return append(dst, ", usually less than 1"...)
	}
	return strconv.AppendInt(append(dst, ", usually "...), int64(math.Round(float64(s.rushUsual))), 10)
}

// times appends a number of times: once, 3 times.
func times(dst []byte, n int) []byte {
	if n == 1 {
		return append(dst, "once"...)
	}
	return append(thousands(dst, n), " times"...)
}

// fromTo appends a range of whole numbers.
func fromTo(dst []byte, lo, hi int) []byte {
	dst = thousands(dst, lo)
	if hi <= lo {
		return dst
	}
	return thousands(append(dst, " to "...), hi)
}

// percent appends what share of is, with one decimal, below one percent with two
// digits. What is not all of it is not 100 %.
func percent(dst []byte, part, of float32) []byte {
	p := 100 * float64(part) / max(float64(of), 1e-9)
	switch {
	case p >= 99.95 && part < of:
		p = 99.9
	case p > 100:
		p = 100
	}
	if p >= 1 {
		p = math.Round(10*p) / 10
		dst = strconv.AppendFloat(dst, p, 'f', -1, 64)
	} else {
		dst = appendDigits(dst, p, 2)
	}
	return append(dst, " %"...)
}

// appendDigits appends a number with so many digits that count, without an exponent.
func appendDigits(dst []byte, v float64, digits int) []byte {
	if v <= 0 {
		return append(dst, '0')
	}
	decimals := max(0, digits-1-int(math.Floor(math.Log10(v))))
	scale := math.Pow10(decimals)
	return strconv.AppendFloat(dst, math.Round(v*scale)/scale, 'f', -1, 64)
}

// duration appends a time as people say it, in one unit.
func duration(dst []byte, d time.Duration) []byte {
	const day = 24 * time.Hour
	for _, u := range []struct {
		unit time.Duration
		name string
		most time.Duration // up to which it is said in this unit
	}{
		{time.Millisecond, " ms", time.Second},
		{time.Second, " s", 100 * time.Second},
		{time.Minute, " min", 100 * time.Minute},
		{time.Hour, " h", 2 * day},
		{day, " d", math.MaxInt64},
	} {
		if d < u.most {
			return append(appendDigits(dst, float64(d)/float64(u.unit), 2), u.name...)
		}
	}
	return dst
}

// rate appends how often something comes, in the unit in which that is a number from
// 1 on.
func rate(dst []byte, perSecond float32) []byte {
	r := float64(perSecond)
	for _, u := range []struct {
		seconds float64
		name    string
	}{{1, " a second"}, {60, " a minute"}, {3600, " an hour"}} {
		if r*u.seconds >= 1 {
			return append(appendDigits(dst, r*u.seconds, 2), u.name...)
		}
	}
	if r *= 24 * 3600; r >= 1 {
		return append(appendDigits(dst, r, 2), " a day"...)
	}
	return append(dst, "less than 1 a day"...)
}
