package model

import (
	"bytes"
	"math"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// A release that is older than those that a field usually has is news where the next one is none:
// one host was left behind, or came back from an old image.

// versionOf returns the first version in a text, three numbers with dots between them and perhaps
// one behind a hyphen (v2.31.5, r2025.05.07-2), with what stands before it. Versions of which the
// later is the greater one can be compared. Four numbers with dots are an address as a rule, and none.
func versionOf(text []byte) (before []byte, version uint64, ok bool) {
	for i := 0; i < len(text); i++ {
		if fold[text[i]] != digit {
			continue
		}
		begin, numbers := i, 0
		for version = 0; ; numbers++ {
			n, digits := shortNumber(text[i:])
			if i += digits; digits == 0 || digits > mostDigits {
				break
			}
			if version = version<<16 | n; i == len(text) || text[i] != '.' {
				numbers++
				break
			}
			i++
		}
		if numbers != ofVersion {
			continue
		}
		version <<= 16
		if i < len(text) && text[i] == '-' {
			if n, digits := shortNumber(text[i+1:]); digits <= mostDigits {
				version |= n
			}
		}
		return text[:begin], version, true
	}
	return nil, 0, false
}

// mostDigits are those that a number of a version has at the most: a year has four.
const mostDigits = 4

// shortNumber returns the number that a text begins with, and of how many digits it is: it has no
// meaning where they are more than mostDigits.
func shortNumber(text []byte) (n uint64, digits int) {
	for ; digits < len(text) && fold[text[digits]] == digit; digits++ {
		n = n*10 + uint64(text[digits]-'0')
	}
	return n, digits
}

// isOlder reports whether a value is a version that is older than each of the usual ones. Where
// these are of several programs, and have first numbers of their own, those with its own count.
func (p *place) isOlder(value []byte) bool {
	before, version, ok := versionOf(value)
	if !ok {
		return false
	}
	var first uint64 // number of the usual ones, plus 1
	several, alike, older := false, false, false
	for i := range p.usual {
		if p.usual[i].count < 1 {
			continue
		}
		text, _, _ := p.shown[i].parts()
		other, usual, ok := versionOf(text)
		if !ok || usual == version || !bytes.Equal(before, other) {
			continue
		}
		number := usual>>48 + 1
		several = several || first != 0 && number != first
		first = number
		switch {
		case number == version>>48+1:
			if usual < version {
				return false
			}
			alike = true
		case usual > version:
			older = true
		}
	}
	return alike || older && !several
}

// releases are what versions of a product stood in a place.
type releases struct {
	oldest  uint64 // 0 = none did, or there was an older one than each before
	latest  uint64 // the last one
	product uint32 // a hash of what stands before the first; others are of other products
	changes uint8  // times that there was another one than before
	fell    bool   // one of which was an older one
}

const (
	// leastVersions is how many say that one is older than each before: nodes that start one after the
	// other, a job that runs daily.
	leastVersions = 4

	// leastClimbs is how many changes, each to a newer one, say that the place is one of releases that
	// follow each other: four in any order are in this one once in 24 times.
	leastClimbs = 3
)

// product is a hash of what stands before a version.
func product(before []byte) uint32 { return uint32(hashBytes(nameSeed, before)) }

// outdate reports whether a version is older than each before, of which so many came: several for each
// change, or each change was to a newer one.
func (r *releases) outdate(product uint32, version uint64, seen uint32) bool {
	return r.oldest > version && r.product == product &&
		(seen >= leastVersions*(1+uint32(r.changes)) || r.changes >= leastClimbs && !r.fell)
}

// learn takes one in. Where they fall below all, they are of several things, or that was told.
func (r *releases) learn(product uint32, version uint64) {
	switch {
	case r.latest == 0:
		r.oldest, r.latest, r.product = version, version, product
	case r.product != product:
	case version < r.oldest:
		r.oldest = 0
	case version != r.latest:
		r.fell = r.fell || version < r.latest
		r.latest = version
		r.changes = saturate8(uint(r.changes) + 1)
	}
}

// merge adds those of another log. Where they fell below all in one of the two, they do.
func (r *releases) merge(o *releases) {
	switch {
	case r.latest == 0:
		*r = *o
	case o.latest != 0 && r.product == o.product:
		r.oldest = min(r.oldest, o.oldest)
		r.changes = saturate8(uint(r.changes) + uint(o.changes))
		r.fell = r.fell || o.fell
	}
}

func (r *releases) carry(c *codec.Codec) {
	c.U64(&r.oldest)
	c.U64(&r.latest)
	c.U32(&r.product)
	c.U8(&r.changes)
	c.Bool(&r.fell)
}

// findVersion finds out where the version stands in the text of a statement that is new.
func (st *statement) findVersion(o *Observation) {
	for i := range o.Line.Tokens {
		t := &o.Line.Tokens[i]
		if t.Kind != pattern.Version || t.Start > 0 && o.Text[t.Start-1] == '<' { // a process of Erlang
			continue
		}
		if _, version, ok := versionOf(o.Text[t.Start:t.End]); ok && i < math.MaxUint8 {
			st.version = uint8(i + 1)
			st.releases.learn(0, version)
			return
		}
	}
}

// textVersion returns that of the event's text, of a statement in which none was older than each before.
func (st *statement) textVersion(o *Observation) (version uint64, ok bool) {
	if st == nil || st.releases.oldest == 0 || int(st.version) > len(o.Line.Tokens) {
		return 0, false
	}
	t := &o.Line.Tokens[st.version-1]
	if t.Kind != pattern.Version {
		return 0, false
	}
	_, version, ok = versionOf(o.Text[t.Start:t.End])
	return version, ok
}

// isOutdated reports whether the version in the event's text is older than each before.
func (st *statement) isOutdated(o *Observation) bool {
	version, ok := st.textVersion(o)
	return ok && st.releases.outdate(0, version, st.seen)
}

// judgeFewTimes judges what was said a few times: whether the version in the event's text, or one in a
// field, is older than each before, or a field says another thing than each time before.
func (m *Model) judgeFewTimes(o *Observation) {
	all := &o.fields
	if o.outdated = false; o.Learned || featValue.Points(&o.Row) >= Strange {
		return
	}
	switch {
	case o.known != nil && o.known.isOutdated(o):
		o.outdated = true
	case len(o.Fields) > 0 && all.outdated >= 0:
		all.odd, all.oddSort, all.older = all.outdated, false, true
	case len(o.Fields) > 0 && all.setting >= 0:
		all.odd, all.oddSort, all.older, all.set = all.setting, false, false, true
	default:
		return
	}
	featValue.set(&o.Row, Strange)
	o.identified.again, all.relapsed = -1, -1
}

// isOutdated reports whether a value that is new to a field is a version that is older than each before:
// of the up to four that it had, or of those that were newer each time.
func (p *place) isOutdated(value []byte) bool {
	if p.n >= leastVersions && p.distinct <= usualValues && p.isOlder(value) {
		return true
	}
	if p.releases.changes < leastClimbs {
		return false
	}
	before, version, ok := versionOf(value)
	return ok && p.releases.outdate(product(before), version, 0)
}

// phraseVersion says that the one in the text is.
func (o *Observation) phraseVersion(dst []byte) []byte {
	dst = o.quote(append(dst, "version "...), int(o.known.version-1))
	dst = thousands(append(dst, " is older than each of "...), int(o.known.seen))
	return append(dst, " before"...)
}

// learnVersion takes that of the event's text in.
func (st *statement) learnVersion(o *Observation) {
	if version, ok := st.textVersion(o); ok {
		st.releases.learn(0, version)
	}
}
