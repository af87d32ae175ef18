package pattern

import "math"

// maxValue is the largest value of a Num: absurd numbers are cut to it.
const maxValue = math.MaxFloat64

// finite cuts what overflowed to maxValue.
func finite(v float64) float64 {
	if v > maxValue {
		return maxValue
	}
	return v
}

// maxDigits is the most digits that make a number; more are an identifier.
const maxDigits = 15

// codeDigits are the digits of a status: TCP_MISS/200 is no version.
const codeDigits = 3

// numberBefore says what class of byte, before this one, makes more of the
// digits behind them: a sign, a path, a version, an IPv6 address, a syslog
// priority, base64, an escape sequence.
var numberBefore = [256]uint16{
	'-': open,          // sign
	'/': open | letter, // path, version
	':': colon,
	'<': any,
	'+': open,
	'[': escape,
}

// numberAfter says what class of byte, behind this one, makes more of the
// digits before it.
var numberAfter = [256]uint16{
	'.':  digit | hex,  // fraction, address, version, a MAC address of Cisco's
	':':  hex | colon,  // time, address
	'/':  alnum,        // date
	'-':  alnum,        // date, UUID, name
	',':  digit,        // thousands, or a fraction
	'\'': digit,        // thousands
	' ':  unit | digit, // or a time without joints
	'%':  any,
	'_':  alnum,
}

// timeJoins join the digits of dates and times of day.
var timeJoins = [256]bool{':': true, '/': true, '-': true, '.': true, ',': true, '+': true, '_': true}

// follows reports whether the run at edge k stands one byte behind at and begins
// with a digit.
func (l *Workspace) follows(k, at int) bool {
	i := l.start(k)
	return i == at+1 && class[l.text[before+i]]&digit != 0
}

// digits reports whether the run at edge k is made of digits only.
func (l *Workspace) digits(k int) bool {
	i, j := l.run(k)
	for i < j && class[l.text[before+i]]&digit != 0 {
		i++
	}
	return i == j
}

// number makes a token of the digits p, whose neighbours hint at more than a
// plain number. The next run starts at edge k.
func (s *Scanner) number(l *Workspace, p *piece, k int) {
	b := l.text[before:]
	i, j := p.start, p.end
	if j-i > maxDigits {
		s.mask(p, ID, i, j)
		return
	}
	negative := false
	if start, end := l.angled(i); end > 0 {
		s.mask(p, ID, start, end)
		return
	}
	switch prev, prev2 := l.text[before+i-1], l.text[before+i-2]; {
	case prev == '[' && prev2 == 0x1b:
		escapeSequence(b, p)
		return
	case prev == '-' && class[prev2]&open != 0:
		negative = true
	case prev == '/':
		if class[prev2]&alnum != 0 && i > 1 {
			if class[prev2]&letter != 0 && !(j-i == codeDigits && b[j] != '.') { // HTTP/1.1
				p.kind = Version
			}
		} else if class[prev2]&open != 0 && !(b[j] == '.' && l.follows(k, j)) {
			s.path(l, p, i-1, k)
			return
		}
	case prev == ':' && prev2 == ':':
		if kind, end := colonHex(b, i-2); kind != Word {
			s.mask(p, kind, i-2, end)
			return
		}
	case prev == '<' && i == 1 && b[j] == '>':
		l.rest.on(i, j)
		if value := l.value(i, j); value <= 191 {
			l.Level = syslogLevels[int(value)&7]
			s.mask(p, LevelWord, 0, j+1)
			return
		}
	}

	switch b[j] {
	case ',', '.', '\'', '_':
		if s.grouped(l, p, k, i, j, negative) {
			return
		}
	}
	switch c := b[j]; c {
	case ':', '/', '-', '_':
		if kind, end := l.compound(k, i, j); kind != Word {
			s.mask(p, kind, i, end)
			return
		}
		if (c == '-' || c == '_') && !l.digits(k) {
			if end, varies := s.name(l, k, j, false); varies {
				s.mask(p, ID, i, end)
				return
			}
		}
	case '.':
		if j-i == 4 && ciscoMAC(b, i) {
			s.mask(p, Address, i, i+ciscoMACSize)
			return
		}
		if l.follows(k, j) {
			s.dotted(l, p, k)
			p.sign(negative)
			return
		}
	case ' ':
		if i == 0 && j == 6 && l.follows(k, j) && l.end(k) == 13 {
			l.rest.asked, l.rest.began = true, compactTime(b)
			if l.rest.began {
				s.mask(p, Time, 0, 13)
				return
			}
		}
	}
	p.value, p.form = l.value(i, j), whole(i, j)
	switch b[j] {
	case '%':
		p.end, p.unit = j+1, UnitPercent
		p.hash += uint32(dimShare)
	case ' ':
		s.spacedUnit(l, p, k)
	}
	if p.kind == Version {
		s.mask(p, Version, i, j)
		return
	}
	p.sign(negative)
}

// mask makes p a token of the given kind.
func (s *Scanner) mask(p *piece, kind Kind, start, end int) {
	p.start, p.end, p.kind, p.hash = start, end, kind, s.kinds[kind]
}

// sign takes the sign before p into it, where p is a Number.
func (p *piece) sign(negative bool) {
	if negative && p.kind == Number {
		p.start--
		p.value = -p.value
		p.form.negative = true
	}
}

// inUnit makes the Number p, read up to end, one in unit u.
func (s *Scanner) inUnit(p *piece, end int, u Unit) {
	p.end, p.unit = end, u
	p.value = finite(u.base(p.value))
	p.hash = s.kinds[Number] + uint32(u.dimension())
}

// spacedUnit takes a unit that stands one space behind the Number p into it.
func (s *Scanner) spacedUnit(l *Workspace, p *piece, k int) {
	i, j := l.run(k)
	if i == p.end+1 && j-i <= maxUnit && class[l.text[before+i]]&unit != 0 {
		if u := unitWord(l.text[before+i : before+j]); u != UnitNone {
			s.inUnit(p, j, u)
			return
		}
	}
}

// clock reports whether hh:mm stands at b[i:].
func clock(b []byte, i int) bool {
	return class[b[i]]&class[b[i+1]]&digit != 0 && b[i+2] == ':' && class[b[i+3]]&class[b[i+4]]&digit != 0
}

// compactTime reports whether b begins with yymmdd hhmmss, as HDFS and old MySQLs
// write it: midnight is no fall then, and the date no number.
func compactTime(b []byte) bool {
	two := func(at, most int) bool {
		return class[b[at]]&class[b[at+1]]&digit != 0 && int(b[at]-'0')*10+int(b[at+1]-'0') <= most
	}
	return two(0, 99) && two(2, 12) && two(4, 31) && two(7, 23) && two(9, 59) && two(11, 60) &&
		class[b[13]]&(alnum|colon) == 0
}

// shape is what 8 bytes may look like: a digit where the example has a 0,
// anything where it has a ?, else the same byte.
type shape struct{ want, add, mask uint64 }

func shapeOf(example string) (s shape) {
	for i := 7; i >= 0; i-- {
		want, add, mask := uint64(example[i]), uint64(0x7f), uint64(0xff)
		switch want {
		case '0':
			add = 0x76
		case '?':
			want, add, mask = 0, 0, 0
		}
		s = shape{s.want<<8 | want, s.add<<8 | add, s.mask<<8 | mask}
	}
	return s
}

// fits reports whether the 8 bytes w have the shape. The XOR leaves 0 to 9 of a
// digit and 0 of another byte: add brings what is more into the high bit.
func (s *shape) fits(w uint64) bool {
	x := (w ^ s.want) & s.mask
	return (x|(x&^highBits+s.add))&highBits == 0
}

var (
	isoDate   = shapeOf("0000-00-")
	isoHour   = shapeOf("00?00:00")
	isoSecond = shapeOf(":00?????")
)

// isoTime reads 2006-01-02T15:04:05 at i, the T being any byte, all at once:
// most lines begin with it. It returns the seconds' run, -1 if it is not there.
func (l *Workspace) isoTime(k, i int) int {
	if !isoDate.fits(l.load(before+i)) || !isoHour.fits(l.load(before+i+8)) || !isoSecond.fits(l.load(before+i+16)) {
		return -1
	}
	if class[l.text[before+i+10]]&alnum != 0 {
		return k + 6
	}
	return k + 8
}

// compound reads on behind the digits b[i:j], which are joined to more: it
// returns Time, Address or ID with its end, or Word when they are a plain
// number that something follows.
func (l *Workspace) compound(k, i, j int) (Kind, int) {
	b := l.text[before:]
	first := b[j]
	switch {
	case first == '_':
		return Word, j
	case first == ':':
		if !clock(b, i) || b[i+5] == ':' && (class[b[i+6]]&class[b[i+7]]&digit == 0 || class[b[i+8]]&(alnum|colon) != 0) {
			if kind, end := colonHex(b, i); kind != Word {
				return kind, end
			}
		}
	case first == '-' && j-i == 4:
		if second := l.isoTime(k, i); second >= 0 {
			k, end := second+2, l.end(second)
			if (b[end] == '.' || b[end] == ',') && l.follows(k, end) {
				k, end = k+2, l.end(k)
			}
			return Time, l.afterDate(k, end)
		}
	case first == '-' && j-i == 8 && l.uuid(k, i):
		return ID, i + uuidSize
	case first == '-' && j-i == 2 && dashedMAC(b, i):
		return Address, i + macSize
	}
	if class[b[j+1]]&letter != 0 && first != ':' { // 05/May/2024
		if isDateWord(b[j+1:j+4]) && b[j+4] == first {
			return Time, l.afterDate(k+2, j+4)
		}
		return Word, j
	}
	end, joints := j, 0
	for timeJoins[b[end]] && l.follows(k, end) {
		end = l.end(k)
		k += 2
		joints++
	}
	switch {
	case joints == 0:
		return Word, j
	case joints == 1 && first != ':': // 3/10, 10-20, but for month and day before a time
		if j-i != 2 || end-j != 3 || b[end] != ' ' || !clock(b, end+1) {
			return Word, j
		}
	}
	return Time, l.afterDate(k, end)
}

// afterDate returns where a date or a time goes on to that has been read up
// to end: over years and times of day, a zone, AM or PM. The next run starts
// at edge k.
func (l *Workspace) afterDate(k, end int) int {
	b := l.text[before:]
	for {
		i, j := l.run(k)
		if c := b[end]; i > end+2 || c != ' ' && !timeJoins[c] || i == end+1 && class[b[i]]&digit == 0 && b[i+1] != 'M' {
			return end
		}
		digits := class[b[i]]&digit != 0
		sign := b[i-1]
		switch {
		case i == end+2 && sign != ' ' && sign != '+' && sign != '-':
			return end
		case digits && clock(b, i):
		case digits && (i == end+1 || b[end] == ',') && j-i == 4 && l.isYear(i):
		case digits && i == end+2 && j-i == 4 && b[end] == ' ' && (sign == '+' || sign == '-'):
		case digits && i == end+1 && timeJoins[b[end]] && b[end] != ',':
		case i == end+1 && j-i == 2 && (b[i] == 'A' || b[i] == 'P') && b[i+1] == 'M':
		default:
			return end
		}
		end = j
		k += 2
		for timeJoins[b[end]] && l.follows(k, end) {
			end = l.end(k)
			k += 2
		}
	}
}

// isYear reports whether the four digits at i are those of a year.
func (l *Workspace) isYear(i int) bool {
	l.rest.on(i, i+2)
	b := l.text[before+i:]
	return b[0] == '1' && b[1] == '9' || b[0] == '2' && b[1] == '0'
}

// date reads on behind the name of a month or a day that ends at j; it
// returns j when no date goes on there.
func (l *Workspace) date(k, j int) int {
	b := l.text[before:]
	end := j
	for n := 0; n < 3; n++ {
		i, to := l.run(k)
		if i > end+2 || !dateJoin(b[end]) || !dateJoin(b[i-1]) {
			break
		}
		if class[b[i]]&digit != 0 {
			if to-i > 2 || b[to] == ':' {
				break
			}
		} else if to-i != 3 || !isDateWord(b[i:to]) {
			break
		}
		end = to
		k += 2
	}
	return l.afterDate(k, end)
}

func dateJoin(c byte) bool { return c == ' ' || c == ',' || c == '-' || c == '/' }

func isDateWord(b []byte) bool {
	switch string(b) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

// dotted reads on behind the digits p, a dot and a digit: a decimal number,
// an IPv4 address or a version.
func (s *Scanner) dotted(l *Workspace, p *piece, k int) {
	b := l.text[before:]
	start, dot := p.start, p.end
	runs, end := 1, dot
	plain := true // nothing but digits so far
	for plain && b[end] == '.' && l.follows(k, end) {
		i, j := l.run(k)
		k += 2
		runs++
		end = i
		for end < j && class[b[end]]&digit != 0 {
			end++
		}
		plain = end == j
		if !plain && runs > 2 {
			end = j // 1.2.3rc1
		}
	}
	if runs == 2 && p.kind == Number {
		s.decimal(l, p, k, dot, end, plain)
		return
	}
	switch {
	case runs == 4 && plain && p.kind == Number:
		largest, ok := l.quad(start)
		if !ok {
			l.rest.loose = true
			break
		}
		if (b[end] == ':' || b[end] == '/') && l.follows(k, end) {
			end = l.end(k) // port or length of a prefix
		}
		s.mask(p, Address, start, end)
		p.quad, p.value, p.unit, p.form = true, largest, UnitNone, notation{from: uint16(start), of: quad}
		return
	case runs == 3 && plain && dot-start == 4 && end-dot == 6:
		if l.rest.on(start, start+1); b[start] == '1' || b[start] == '2' {
			s.mask(p, Time, start, l.afterDate(k, end)) // 2005.11.09
			return
		}
	}
	s.mask(p, Version, start, l.versionEnd(k, end))
}

// quad reads four numbers that are joined by dots, at i. It returns the largest, and
// whether they are an IPv4 address: one part may be too large.
func (l *Workspace) quad(i int) (largest float64, ok bool) {
	large, most := 0, 0
	for range 4 {
		part := 0
		for n := 0; ; n++ {
			c := l.text[(before+i)&textMask] - '0'
			i++
			if c > 9 {
				break
			}
			if n < maxDigits {
				part = part*10 + int(c)
			}
		}
		if most = max(most, part); part > 255 {
			large++
		}
	}
	return float64(most), large <= 1
}

// versionEnd returns where the version goes on to that has been read up to
// end: over -rc1, +build.5, _292. The next run starts at edge k.
func (l *Workspace) versionEnd(k, end int) int {
	b := l.text[before:]
	for (b[end] == '-' || b[end] == '+' || b[end] == '_' || b[end] == '~' || b[end] == '.') && l.start(k) == end+1 {
		if b[end] == '.' && class[b[end+1]]&digit == 0 {
			break
		}
		end = l.end(k)
		k += 2
	}
	return end
}

// decimal reads on behind a decimal number whose integer part is p and whose
// fraction is b[dot+1:end]; plain says that its run ends there. The next run
// starts at edge k.
func (s *Scanner) decimal(l *Workspace, p *piece, k, dot, end int, plain bool) {
	b := l.text[before:]
	p.form = notation{from: uint16(p.start), point: uint16(dot), end: uint16(end), of: fraction}
	p.value = l.fraction(p.start, dot, end)
	p.end = end
	if !plain {
		s.suffixed(l, p, k, end, l.end(k-2), Version)
		return
	}
	switch b[end] {
	case '%':
		p.end, p.unit = end+1, UnitPercent
		p.hash += uint32(dimShare)
	case ' ':
		s.spacedUnit(l, p, k)
		return
	case '-':
		if class[b[end+1]]&letter != 0 { // 2.0-SNAPSHOT
			s.mask(p, Version, p.start, l.versionEnd(k, end))
			return
		}
	}
}

// fraction is the value of the decimal number from i to end, whose point is at dot.
func (l *Workspace) fraction(i, dot, end int) float64 {
	v, places := l.value(i, dot), min(end-dot-1, maxDigits)
	if end-dot-1+dot-i <= maxDigits { // both are exact, so that it is rounded once
		return (v*pow10[places] + l.value(dot+1, dot+1+places)) / pow10[places]
	}
	return v + l.value(dot+1, dot+1+places)/pow10[places]
}

// suffixed reads the rest of the run b[p.start:j], which from i on is more
// than digits: a unit, an exponent, more of a duration. Anything else makes
// the run a token of kind none. The next run starts at edge k.
func (s *Scanner) suffixed(l *Workspace, p *piece, k, i, j int, none Kind) {
	b := l.text[before:]
	q := i
	for q < j && class[b[q]]&letter != 0 {
		q++
	}
	if q == j && j-i <= maxUnit {
		if u := unitOf(b[i:j]); u != UnitNone {
			s.inUnit(p, j, u)
			return
		}
	}
	if b[i]|0x20 == 'e' && q == i+1 {
		sign := b[q] == '-' || b[q] == '+'
		switch {
		case q == j && sign && l.follows(k, j) && l.digits(k): // 1.5e-3
			s.exponent(l, p, j+1, l.end(k), b[j] == '-')
			return
		case q < j && none == Version: // 1.5E9, whereas 15E9 may be hexadecimal, and 8.1e9 is, as 8.7a: programs write 8.1e+09
			if p.end = j; b[i] == 'E' {
				s.exponent(l, p, q, j, false)
			}
			return
		}
	}
	if q < j && q-i <= 2 && class[b[i]]&unit != 0 {
		if end, seconds, ok := goDuration(l, p.start); ok {
			p.value, l.rest.loose = seconds, true
			s.inUnit(p, end, UnitSecond)
			return
		}
	}
	if none == Version && q == j { // 2.4GHz
		p.end = j
		return
	}
	s.mask(p, none, p.start, j)
}

// exponent takes the exponent b[i:j] into the Number p.
func (s *Scanner) exponent(l *Workspace, p *piece, i, j int, negative bool) {
	b := l.text[before:]
	q := i
	for q < j && class[b[q]]&digit != 0 {
		q++
	}
	l.rest.loose = true
	e := min(l.value(i, q), 400)
	if negative {
		e = -e
	}
	if p.value != 0 { // which times infinity would be no number
		p.value = finite(p.value * math.Pow(10, e))
	}
	p.end = q
}

// goDuration reads 1h2m3.5s and the like at b[i:], in seconds.
func goDuration(l *Workspace, i int) (end int, seconds float64, ok bool) {
	b := l.text[before:]
	for n := 0; n < maxParts && class[b[i]]&digit != 0; n++ {
		value, j := durationPart(l, i)
		for i = j; class[b[j]]&letter != 0 && j-i <= maxUnit; {
			j++
		}
		u := unitOf(b[i:j])
		if u.dimension() != dimTime {
			return 0, 0, false
		}
		seconds += u.base(value)
		ok = n > 0
		i = j
	}
	return i, finite(seconds), ok && class[b[i]]&alnum == 0
}

// isoDuration reads 1DT2H3M4.5S, what follows the P in a duration of ISO
// 8601, at b[i:].
func isoDuration(l *Workspace, i int) (end int, seconds float64, ok bool) {
	b := l.text[before:]
	time := false
	for n := 0; n < maxParts; n++ {
		if b[i] == 'T' && !time {
			time = true
			i++
		}
		if class[b[i]]&digit == 0 {
			return i, finite(seconds), ok && class[b[i]]&alnum == 0
		}
		value, j := durationPart(l, i)
		switch c := b[j]; {
		case c == 'W' && !time:
			seconds += value * 7 * 86400
		case c == 'D' && !time:
			seconds += value * 86400
		case c == 'H' && time:
			seconds += value * 3600
		case c == 'M' && time:
			seconds += value * 60
		case c == 'S' && time:
			seconds += value
		default:
			return 0, 0, false
		}
		ok = true
		i = j + 1
	}
	return 0, 0, false
}

// maxParts is the most parts of a duration that are read.
const maxParts = 6

// durationPart reads one number of a duration, 3 or 3.5, at b[i:].
func durationPart(l *Workspace, i int) (value float64, end int) {
	b := l.text[before:]
	end = i
	for class[b[end]]&digit != 0 {
		end++
	}
	value = l.value(i, end)
	if b[end] != '.' {
		return value, end
	}
	i = end + 1
	for end = i; class[b[end]]&digit != 0; {
		end++
	}
	places := min(end-i, 15)
	return value + l.value(i, i+places)/pow10[places], end
}
