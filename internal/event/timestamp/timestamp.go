// Package timestamp finds the time of a log line at or near the line's start.
//
// It knows the shapes that logs have, a table of layouts, and nothing of what a
// line says otherwise. A line costs a few tens of nanoseconds and no
// allocation: no regular expression; what matched on the last line is tried
// first on the next.
//
//	2026-03-02T08:00:01.123456Z    RFC 3339 and ISO 8601, also with a space or
//	2026-03-02 08:00:01,123 +0100  an underscore between, slashes or dots in
//	2026/03/02 08:00:01            the date, a comma, with or without a zone
//	2005-06-03-15.42.50.363779     with dashes and dots throughout
//	20260302-08:00:01:123          also with a T or a space, without colons, or
//	20260302-8:0:1:7               without leading zeros: 7 milliseconds
//	26/03/02 08:00:01              two-digit year first
//	260302 080001                  the same without marks
//	02/Mar/2026:08:00:01 +0100     common log format
//	02-Mar-2026 08:00:01.123
//	Mon, 02 Mar 2026 08:00:01 GMT  RFC 1123, also without the weekday
//	02.03.2026 08:00:01            with dots, the day comes first
//	03/02/2026 8:00:01 AM          with AM and PM, the month
//	26/03/2026 08:00:01            also with dashes, and with the month first
//	Mar 2, 2026 8:00:01 AM         java.util.logging
//	Mon Mar 02 08:00:01 2026       ctime, also with a fraction or a zone
//	Mar  2 08:00:01                syslog, also with the year behind the day
//	I0302 08:00:01.123456          klog
//	03-02 08:00:01.123             also with dots in the date
//	1772438401, 1772438401.123     Unix time in seconds; with 13, 16 or 19
//	                               digits in milli-, micro-, nanoseconds
//	@4000000069a5438b07556640      TAI64N of daemontools, runit and s6, at the
//	                               line's start
//
// Dates such as 03/02/2026 are left alone without AM or PM, as half of the world
// has the day first, the other half the month, until one in the same file (26/02/2026)
// has said which it is.
//
// A timestamp begins at the start of a word in the line's first bytes, behind
// a bracket for instance, or as the value of a key such as ts= or time=. A
// time without a zone is taken for UTC.
//
// Some shapes have no year. It is the one that puts the time closest to that
// of the lines before, rather after them than before: so times go on from
// December to January. The first such time in a file is the latest that is not
// after the file's own time, or of the year that other lines say (see Beside).
package timestamp

import (
	"strings"
	"time"
)

// window is how many bytes of a line are searched for the start of a
// timestamp: enough for a client's address and name before it.
const window = 80

// Parser finds the times of the lines of one file, in order. Its zero value is
// ready. It is not safe for concurrent use.
type Parser struct {
	// Reference is when the file was written to last; zero is now. It gives the
	// first time without a year its year.
	Reference time.Time

	last   *layout // of the last match
	offset int
	prefix [16]byte // what stood before it
	order  *layout  // what a date said of whether the day or the month comes first

	date     [16]byte // what stands in last's place before the time of day
	midnight int64    // of that date, in seconds since the epoch

	reference int64 // the time of the last match, in seconds since the epoch
	known     bool  // reference is set
	year      int   // of reference
	beside    int64 // the last of Beside, in seconds since the epoch
}

// Beside tells of a time that another parser has read in the same log. Where two of them in
// a row are far from what dates without a year came to, these are of the others' year: in a
// log of two sorts of lines one may say it and the other not.
func (p *Parser) Beside(t time.Duration) {
	seconds := int64(t / time.Second)
	last := p.beside
	p.beside = seconds
	if p.known && near(seconds, p.reference) || !near(seconds, last) {
		return
	}
	p.reference, p.known = seconds, true
	p.year = time.Unix(seconds, 0).UTC().Year()
	p.date = [len(p.date)]byte{} // which day that is follows anew
}

// near reports whether two times are no further from each other than lines that come late.
func near(a, b int64) bool { return a-b < late && b-a < late }

// Parse returns a line's time since the Unix epoch. It is false when the line
// has none that is recognised.
func (p *Parser) Parse(line []byte) (time.Duration, bool) {
	if len(line) > 0 && line[0] == '@' {
		if t, ok := p.label(line); ok {
			return t, true
		}
	}
	if p.last != nil && p.offset < len(line) && p.starts(line) {
		if t, ok := p.parseAt(p.last, line, p.offset); ok {
			return t, true
		}
	}
	previous := uint8(before)
	for i, c := range line[:min(len(line), window)] {
		here := class[c]
		if here&begins != 0 && previous&before != 0 && starts(line, i) {
			if t, ok := p.guess(line, i); ok {
				return t, true
			}
		}
		previous = here
	}
	return 0, false
}

// guess tries the layouts that can begin as line does at i.
func (p *Parser) guess(line []byte, i int) (time.Duration, bool) {
	b := line[i:]
	for _, g := range byDigits[leading(b)] {
		if int(g.first.at) >= len(b) || sets[b[g.first.at]]&g.first.set == 0 {
			continue
		}
		for _, l := range g.layouts {
			if t, ok := p.parseAt(l, line, i); ok {
				p.offset = i
				copy(p.prefix[:], line[:i])
				return t, true
			}
		}
	}
	return 0, false
}

// leading is how many digits b begins with, up to maxDigits.
func leading(b []byte) int {
	n := 0
	for n < len(b) && n < maxDigits && class[b[n]]&digit != 0 {
		n++
	}
	return n
}

// starts reports whether a timestamp may start where that of the last match did.
func (p *Parser) starts(line []byte) bool {
	if i := p.offset; i <= len(p.prefix) {
		// Most often nothing stands before it, or always the same key.
		if string(line[:i]) == string(p.prefix[:i]) {
			return true
		}
	}
	// In "Mon Mar  2 08:00:01 2026" the month begins no syslog time: the year
	// would be lost.
	if p.last.year < 0 && p.offset >= 4 && isWeekday(line[p.offset-4:]) {
		return false
	}
	return starts(line, p.offset)
}

// Classes of bytes.
const (
	digit  = 1 << iota
	begins // a timestamp can begin with it
	before // can stand before a timestamp
	letter
)

var class = func() (c [256]uint8) {
	for b := '0'; b <= '9'; b++ {
		c[b] |= digit | begins
	}
	for b := 'a'; b <= 'z'; b++ {
		c[b] |= letter
	}
	for b := 'A'; b <= 'Z'; b++ {
		c[b] |= letter | begins
	}
	for _, b := range " \t[({<>|,;\"'=:" {
		c[b] |= before
	}
	return c
}()

// starts reports whether a timestamp may start at i by what stands before it.
func starts(line []byte, i int) bool {
	if i == 0 {
		return true
	}
	c := line[i-1]
	if class[c]&before == 0 {
		return false
	}
	i--
	if (c == '"' || c == '\'' || c == ' ') && i > 0 && line[i-1] == '=' {
		i--
		c = '='
	}
	switch {
	case c == ':' && i > 0 && line[i-1] == '"':
		i-- // the number of a key in JSON
	case c == ':':
		return false
	case c != '=':
		return true
	}
	// The value of a key: not every one that looks like a time is the line's.
	if i > 0 && line[i-1] == ' ' {
		i--
	}
	end := i
	begin := end
	for begin > 0 && end-begin <= longestKey && (class[line[begin-1]]&letter != 0 || line[begin-1] == '@' || line[begin-1] == '_' || line[begin-1] == '$') {
		begin--
	}
	switch string(line[begin:end]) {
	case "ts", "time", "timestamp", "t", "@timestamp", "_time", "date", "datetime", "asctime", "eventtime", "eventTime", "$date",
		"__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP":
		return true
	}
	return false
}

const longestKey = len("_SOURCE_REALTIME_TIMESTAMP")

// parseAt reads a timestamp of a layout that starts at i.
func (p *Parser) parseAt(l *layout, line []byte, i int) (time.Duration, bool) {
	if l == epoch {
		return p.epoch(line[i:], isIndex(line, i))
	}
	return p.parse(l, line[i:])
}

// isIndex reports whether a square bracket that follows a name stands before i: Trace[1439209322].
func isIndex(line []byte, i int) bool {
	return i > 1 && line[i-1] == '[' && class[line[i-2]]&(digit|letter) != 0
}

// parse reads a timestamp of a layout with a date at the start of b.
func (p *Parser) parse(l *layout, b []byte) (time.Duration, bool) {
	if len(b) < l.width {
		return 0, false
	}
	// Most often the date is that of the line before, and known.
	same := l == p.last && string(b[:l.clock]) == string(p.date[:l.clock]) && !l.ends
	if !same && !l.matches(b) {
		return 0, false
	}
	var (
		seconds, end int
		nanos        int64
	)
	if l.read == padded {
		if seconds, end = clock(b, l.clock, l.mark); end > 0 {
			nanos, end = fraction(b, end)
		}
	} else {
		seconds, nanos, end = l.timeOfDay(b)
	}
	if end == 0 || l.either && halfOfDay(b[end:]) {
		return 0, false
	}
	year, midnight, ok := p.year, p.midnight, true
	if !same {
		day, month, stated := l.date(b)
		if l.ends {
			stated, end = lastYear(b, end)
		}
		if l.either && day <= 12 && month <= 12 && day != month && l != p.order {
			return 0, false
		}
		if year, midnight, ok = p.day(stated, month, day, seconds); !ok {
			return 0, false
		}
	}
	if l.yearDigits > 0 {
		east, ok := offset(b, end)
		if !ok {
			return 0, false
		}
		seconds -= east
	}
	t := midnight + int64(seconds)
	if t < 0 {
		return 0, false
	}
	if !same {
		p.last, p.year, p.midnight = l, year, midnight
		if l.either && b[l.day] >= '1' && string(b[l.day:l.day+2]) > "12" {
			p.order = l
		}
		copy(p.date[:], b[:l.clock])
	}
	p.reference, p.known = t, true
	return time.Duration(t*1e9 + nanos), true
}

// matches reports whether what is constant before the time of day stands in b.
func (l *layout) matches(b []byte) bool {
	for _, c := range l.checks {
		if sets[b[c.at]]&c.set == 0 {
			return false
		}
	}
	return !l.weekday || isWeekday(b)
}

// date reads the layout's date; the year is negative where there is none. What
// is not valid is refused later.
func (l *layout) date(b []byte) (day, month, year int) {
	switch l.dayForm {
	case twoDigits:
		day = two(b, l.day)
	case oneDigit:
		day = one(b, l.day)
	case spaced:
		if b[l.day] == ' ' {
			day = one(b, l.day+1)
		} else {
			day = two(b, l.day)
		}
	}
	if l.named {
		month = name(b[l.month:])
	} else {
		month = two(b, l.month)
	}
	switch l.yearDigits {
	case 4:
		year = two(b, l.year)*100 + two(b, l.year+2)
	case 2:
		year = 2000 + two(b, l.year)
	default:
		year = -1
	}
	return day, month, year
}

// timeOfDay reads a time of day that is not padded, and the fraction behind it.
// end is where that ends, 0 when there is none.
func (l *layout) timeOfDay(b []byte) (seconds int, nanos int64, end int) {
	if l.read == twelve {
		return twelveHours(b, l.clock, l.hourDigits)
	}
	if seconds, nanos, end = unpadded(b, l.clock); end == 0 {
		if seconds, end = clock(b, l.clock, ':'); end > 0 {
			nanos, end = fraction(b, end)
		}
	}
	return seconds, nanos, end
}

// lastYear reads the year at the end of a time: " 2026", behind the name of a
// zone or not. It is negative when there is none.
func lastYear(b []byte, i int) (year, end int) {
	if i < len(b) && b[i] == ' ' {
		n := i + 1
		for n < len(b) && n < i+6 && b[n] >= 'A' && b[n] <= 'Z' {
			n++
		}
		if n > i+1 && n < len(b) && b[n] == ' ' {
			i = n
		}
	}
	if i+5 > len(b) || b[i] != ' ' {
		return -1, i
	}
	return two(b, i+1)*100 + two(b, i+3), i + 5
}

// label reads a TAI64N label: @, the seconds and the nanoseconds in hexadecimal. Those who
// write them count from 2^62 + 10, without leap seconds.
func (p *Parser) label(b []byte) (time.Duration, bool) {
	const size, zero = 1 + 16 + 8, 1<<62 + 10
	if len(b) < size || len(b) > size && class[b[size]]&(digit|letter) != 0 {
		return 0, false
	}
	var seconds, nanos uint64
	for i, c := range b[1:size] {
		switch {
		case class[c]&digit != 0:
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		if i < 16 {
			seconds = seconds<<4 | uint64(c)
		} else {
			nanos = nanos<<4 | uint64(c)
		}
	}
	if seconds -= zero; seconds < earliest || seconds >= latest || nanos >= 1e9 {
		return 0, false
	}
	p.reference, p.known = int64(seconds), true
	p.year = time.Unix(p.reference, 0).UTC().Year()
	return time.Duration(seconds*1e9 + nanos), true
}

// Numbers of the length of a time that are none from 2000 to 2100 are something else; both
// in seconds since the epoch.
const (
	earliest = 946_684_800
	latest   = 4_102_444_800
)

// epoch reads 1772438401, 1772438401.123 and the finer units. Behind a name
// in square brackets it is an identifier.
func (p *Parser) epoch(b []byte, index bool) (time.Duration, bool) {
	var v int64
	n := 0
	for n < len(b) && n < 20 && class[b[n]]&digit != 0 {
		v = v*10 + int64(b[n]-'0')
		n++
	}
	var nanos int64
	switch n {
	case 10:
		v *= 1e9
		nanos, n = fraction(b, n)
	case 13:
		v *= 1e6
	case 16:
		v *= 1e3
	case 19:
	default:
		return 0, false
	}
	if index || n < len(b) && class[b[n]]&(digit|letter) != 0 {
		return 0, false // an identifier
	}
	if v < earliest*1e9 || v >= latest*1e9 {
		return 0, false
	}
	v += nanos
	p.last, p.reference, p.known = epoch, v/1e9, true
	p.year = time.Unix(p.reference, 0).UTC().Year()
	return time.Duration(v), true
}

// day returns when a date begins, and its year where the given one is negative:
// none. It is false for a date that does not exist, or that a time.Duration
// cannot tell.
func (p *Parser) day(stated, month, day, seconds int) (year int, midnight int64, ok bool) {
	year = stated
	if stated < 0 {
		if !valid(2000, month, day) {
			return 0, 0, false
		}
		year = p.closest(month, day, seconds)
	} else if !valid(year, month, day) {
		return 0, 0, false
	}
	if year < 1970 || year > 2261 {
		return 0, 0, false
	}
	return year, days(year, month, day) * 86400, true
}

const (
	// A time without a year may lie this much before the line before it: lines
	// come late. Anything earlier is of the next year.
	late = 30 * 86400

	// A line may be this much later than its file: its time may be that of
	// another zone.
	ahead = 86400
)

// closest is the year of a time that has none.
func (p *Parser) closest(month, day, seconds int) int {
	at := func(year int) int64 { return days(year, month, day)*86400 + int64(seconds) }
	if p.known {
		switch t := at(p.year); {
		case t < p.reference-late:
			return p.year + 1
		case t >= p.reference-late+365*86400:
			return p.year - 1
		}
		return p.year
	}
	reference := p.Reference
	if reference.IsZero() {
		reference = time.Now()
	}
	year := reference.UTC().Year() + 1
	// February 29 is there every fourth year, or eighth.
	for last := year - 9; year > last && (!valid(year, month, day) || at(year) > reference.Unix()+ahead); {
		year--
	}
	return year
}

// two is the number of two digits at i, negative enough to stay so in sums
// when they are not digits.
func two(b []byte, i int) int {
	hi, lo := b[i]-'0', b[i+1]-'0'
	if hi > 9 || lo > 9 {
		return -1 << 20
	}
	return int(hi)*10 + int(lo)
}

// one is the digit at i, negative when it is none.
func one(b []byte, i int) int {
	if class[b[i]]&digit == 0 {
		return -1
	}
	return int(b[i] - '0')
}

// clock reads 08:00:01 at i with any mark, 0 for none between. It returns
// the seconds and where it ends; 0 when there is no time of day.
func clock(b []byte, i int, mark byte) (seconds, end int) {
	step := 3
	if mark == 0 {
		step = 2
	}
	end = i + 2*step + 2
	if end > len(b) {
		return 0, 0
	}
	if mark != 0 && (b[i+2] != mark || b[i+5] != mark) {
		return 0, 0
	}
	h, m, s := two(b, i), two(b, i+step), two(b, i+2*step)
	// 60 is a leap second.
	if uint(h) > 23 || uint(m) > 59 || uint(s) > 60 {
		return 0, 0
	}
	if end < len(b) && class[b[end]]&digit != 0 {
		return 0, 0
	}
	return h*3600 + m*60 + s, end
}

// unpadded reads 8:0:1:123, each number with or without leading zeros, the
// last in milliseconds. end is 0 for anything else.
func unpadded(b []byte, i int) (seconds int, nanos int64, end int) {
	var parts [4]int
	for n := range parts {
		if n > 0 {
			if i >= len(b) || b[i] != ':' {
				return 0, 0, 0
			}
			i++
		}
		from := i
		for i < len(b) && i-from < 3 && class[b[i]]&digit != 0 {
			parts[n] = parts[n]*10 + int(b[i]-'0')
			i++
		}
		if i == from {
			return 0, 0, 0
		}
	}
	if i < len(b) && class[b[i]]&digit != 0 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60 {
		return 0, 0, 0
	}
	return parts[0]*3600 + parts[1]*60 + parts[2], int64(parts[3]) * 1e6, i
}

// halfOfDay reports whether AM or PM goes on behind a time of day.
func halfOfDay(b []byte) bool {
	return len(b) >= 3 && b[0] == ' ' && (b[1]|0x20 == 'a' || b[1]|0x20 == 'p') && b[2]|0x20 == 'm' && (len(b) == 3 || class[b[3]]&letter == 0)
}

// twelveHours reads 8:00:01 AM at i, also with a fraction.
func twelveHours(b []byte, i, digits int) (seconds int, nanos int64, end int) {
	hour := one(b, i)
	if digits == 2 {
		hour = two(b, i)
	}
	// What is behind the hour is read as in any other time.
	minutes, second := two(b, i+digits+1), two(b, i+digits+4)
	if b[i+digits] != ':' || b[i+digits+3] != ':' || hour < 1 || hour > 12 || uint(minutes) > 59 || uint(second) > 60 {
		return 0, 0, 0
	}
	nanos, end = fraction(b, i+digits+6)
	rest := b[end:]
	for _, space := range [...]string{" ", "\u202f"} { // Java has written either
		if len(rest) >= len(space)+2 && string(rest[:len(space)]) == space {
			switch half := string(rest[len(space) : len(space)+2]); {
			case strings.EqualFold(half, "AM"):
				hour %= 12
			case strings.EqualFold(half, "PM"):
				hour = hour%12 + 12
			default:
				return 0, 0, 0
			}
			return hour*3600 + minutes*60 + second, nanos, end + len(space) + 2
		}
	}
	return 0, 0, 0
}

// fraction reads .123 or ,123 at i as nanoseconds and returns where it ends.
func fraction(b []byte, i int) (nanos int64, end int) {
	if i+1 >= len(b) || b[i] != '.' && b[i] != ',' || class[b[i+1]]&digit == 0 {
		return 0, i
	}
	return digits(b, i+1)
}

var scale = [10]int64{1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1}

// digits reads the digits at i as a decimal fraction, in nanoseconds; those
// beyond the ninth are dropped.
func digits(b []byte, i int) (nanos int64, end int) {
	from := i
	for i < len(b) && class[b[i]]&digit != 0 {
		if i-from < 9 {
			nanos = nanos*10 + int64(b[i]-'0')
		}
		i++
	}
	return nanos * scale[min(i-from, 9)], i
}

// offset reads a zone at i, in seconds east of UTC: Z, +01:00, +0100, +01,
// also behind a space. No zone is UTC. It is false for something that begins
// like a zone and is none.
func offset(b []byte, i int) (seconds int, ok bool) {
	if i < len(b) && b[i] == ' ' && i+5 < len(b) && (b[i+1] == '+' || b[i+1] == '-') && class[b[i+2]]&digit != 0 {
		// Behind a space it may be a number of its own, such as the one after
		// "08:00:01 -5": only +hhmm is taken for a zone.
		if b[i+4] == ':' || class[b[i+4]]&digit != 0 {
			if s, ok := offset(b, i+1); ok {
				return s, true
			}
		}
		return 0, true
	}
	if i >= len(b) || b[i] != '+' && b[i] != '-' {
		return 0, true
	}
	if i+3 > len(b) {
		return 0, true
	}
	sign := 1
	if b[i] == '-' {
		sign = -1
	}
	h, m := two(b, i+1), 0
	if h < 0 {
		return 0, true // a dash behind the time
	}
	rest := i + 3
	if rest < len(b) && b[rest] == ':' {
		rest++
	}
	if rest+2 <= len(b) && class[b[rest]]&digit != 0 {
		m = two(b, rest)
	}
	if h > 15 || uint(m) > 59 {
		return 0, false
	}
	return sign * (h*3600 + m*60), true
}

// isWeekday reports whether b begins with the English abbreviation of one and a
// space.
func isWeekday(b []byte) bool {
	switch string(b[:4]) {
	case "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun ":
		return true
	}
	return false
}

// name is the month of an English abbreviation, 0 for another word.
func name(b []byte) int {
	switch string(b[:3]) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

var lengths = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func valid(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	n := lengths[month]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		n++
	}
	return day <= n
}

// days is the number of days from the Unix epoch to a date of the Gregorian
// calendar. Counting years from March makes the leap day the last of its year
// (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
func days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era)*146097 + int64(dayOfEra) - 719468
}
