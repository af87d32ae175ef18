// Package timestamp finds the time of a log line at or near the line's start.
//
// It knows the shapes that logs have and nothing of what a line says
// otherwise. A line costs a few tens of nanoseconds and no allocation: no
// regular expression, no layout that is interpreted; what matched on the last
// line is tried first on the next.
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
//	Mon Mar 02 08:00:01 2026       ctime, also with a fraction
//	Mar  2 08:00:01                syslog
//	I0302 08:00:01.123456          klog
//	03-02 08:00:01.123             also with dots in the date
//	1772438401, 1772438401.123     Unix time in seconds; with 13, 16 or 19
//	                               digits in milli-, micro-, nanoseconds
//
// A timestamp begins at the start of a word in the line's first bytes, behind
// a bracket for instance, or as the value of a key such as ts= or time=. A
// time without a zone is taken for UTC.
//
// Three shapes have no year. It is the one that puts the time closest to that
// of the lines before, rather after them than before; a file that never names
// a year begins in 2000. So times are the same whenever a file is read, and
// go on from December to January.
package timestamp

import "time"

// window is how many bytes of a line are searched for the start of a
// timestamp: enough for a client's address and name before it.
const window = 80

// Parser finds the times of the lines of one file, in order. Its zero value is
// ready. It is not safe for concurrent use.
type Parser struct {
	shape  shape // of the last match
	offset int
	prefix [16]byte // what stood before it

	reference int64 // seconds since the epoch, of the last match
	known     bool  // reference is set
	year      int   // of reference
}

type shape uint8

const (
	unknown  shape = iota
	iso            // 2026-03-02T08:00:01
	solid          // 20260302-08:00:01:123
	short          // 26/03/02 08:00:01
	compact        // 260302 080001
	clf            // 02/Mar/2026:08:00:01
	weekday        // Mon Mar 02 08:00:01 2026
	syslog         // Mar  2 08:00:01
	klog           // I0302 08:00:01.123456
	monthDay       // 03-02 08:00:01.123
	epoch          // 1772438401
)

// Parse returns a line's time since the Unix epoch. It is false when the line
// has none that is recognised.
func (p *Parser) Parse(line []byte) (time.Duration, bool) {
	if p.shape != unknown && p.offset < len(line) && p.starts(line) {
		if t, ok := p.parse(p.shape, line[p.offset:]); ok {
			return t, true
		}
	}
	previous := uint8(before)
	for i, c := range line[:min(len(line), window)] {
		here := class[c]
		if here&begins != 0 && previous&before != 0 && starts(line, i) {
			s := guess(line[i:])
			if s != unknown {
				if t, ok := p.parse(s, line[i:]); ok {
					p.shape, p.offset = s, i
					copy(p.prefix[:], line[:i])
					return t, true
				}
			}
		}
		previous = here
	}
	return 0, false
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
	if p.shape == syslog && p.offset >= 4 && isWeekday(line[p.offset-4:]) {
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
	for _, b := range " \t[({<>|,;\"'=" {
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
	if c != '=' {
		return true
	}
	// The value of a key: not every one that looks like a time is the line's.
	if i > 0 && line[i-1] == ' ' {
		i--
	}
	end := i
	begin := end
	for begin > 0 && end-begin <= len("@timestamp") && (class[line[begin-1]]&letter != 0 || line[begin-1] == '@' || line[begin-1] == '_') {
		begin--
	}
	switch string(line[begin:end]) {
	case "ts", "time", "timestamp", "t", "@timestamp", "_time", "date", "datetime", "asctime", "eventtime":
		return true
	}
	return false
}

// guess is the only shape that b can begin with, by how many digits it begins
// with and what follows them.
func guess(b []byte) shape {
	n := 0
	for n < len(b) && n < 20 && class[b[n]]&digit != 0 {
		n++
	}
	var next, second byte
	if n < len(b) {
		next = b[n]
	}
	if n+1 < len(b) {
		second = b[n+1]
	}
	switch n {
	case 0:
		if class[second]&digit != 0 {
			return klog
		}
		if len(b) > 4 && b[3] == ' ' {
			if class[b[4]]&letter != 0 {
				return weekday
			}
			return syslog
		}
	case 2:
		switch {
		case (next == '/' || next == '-') && class[second]&letter != 0:
			return clf
		case next == '/':
			return short
		case next == '-' || next == '.':
			return monthDay
		}
	case 4:
		if next == '-' || next == '/' || next == '.' {
			return iso
		}
	case 6:
		return compact
	case 8:
		return solid
	case 10, 13, 16, 19:
		return epoch
	}
	return unknown
}

// parse reads a timestamp of a shape at the start of b.
func (p *Parser) parse(s shape, b []byte) (time.Duration, bool) {
	var (
		year, month, day int
		clock            int // where the time of day starts
		mark             = byte(':')
	)
	switch s {
	case iso:
		if len(b) < 19 || b[4] != b[7] || b[4] != '-' && b[4] != '/' && b[4] != '.' {
			return 0, false
		}
		switch b[10] {
		case 'T', ' ', '_', 't':
		case '-':
			mark = '.'
		default:
			return 0, false
		}
		year, month, day = two(b, 0)*100+two(b, 2), two(b, 5), two(b, 8)
		clock = 11
	case solid:
		if len(b) < 15 {
			return 0, false
		}
		switch b[8] {
		case '-', 'T', ' ', '_':
		default:
			return 0, false
		}
		year, month, day = two(b, 0)*100+two(b, 2), two(b, 4), two(b, 6)
		clock = 9
		if class[b[10]]&class[b[11]]&digit != 0 {
			mark = 0
		} else if seconds, nanos, ok := unpadded(b, clock); ok {
			return p.dated(year, month, day, seconds, nanos)
		}
	case short:
		if len(b) < 17 || b[2] != '/' || b[5] != '/' || b[8] != ' ' {
			return 0, false
		}
		year, month, day = 2000+two(b, 0), two(b, 3), two(b, 6)
		clock = 9
	case compact:
		if len(b) < 13 || b[6] != ' ' {
			return 0, false
		}
		year, month, day = 2000+two(b, 0), two(b, 2), two(b, 4)
		clock, mark = 7, 0
	case clf:
		if len(b) < 20 || b[2] != b[6] || b[11] != ':' && b[11] != ' ' {
			return 0, false
		}
		year, month, day = two(b, 7)*100+two(b, 9), name(b[3:]), two(b, 0)
		clock = 12
	case weekday:
		return p.weekday(b)
	case syslog:
		if len(b) < 14 {
			return 0, false
		}
		month = name(b)
		day, clock = dayOfMonth(b[4:])
		if b[3] != ' ' || clock == 0 {
			return 0, false
		}
		clock += 4
	case klog:
		if len(b) < 14 || b[5] != ' ' {
			return 0, false
		}
		switch b[0] {
		case 'I', 'W', 'E', 'F', 'D':
		default:
			return 0, false
		}
		month, day = two(b, 1), two(b, 3)
		clock = 6
	case monthDay:
		if len(b) < 14 || b[2] != '-' && b[2] != '.' || b[5] != ' ' {
			return 0, false
		}
		month, day = two(b, 0), two(b, 3)
		clock = 6
	case epoch:
		return p.epoch(b)
	}
	seconds, used := timeOfDay(b, clock, mark)
	if used == 0 {
		return 0, false
	}
	nanos, n := fraction(b, used)
	if s == syslog || s == klog || s == monthDay {
		return p.yearless(month, day, seconds, nanos)
	}
	zone, ok := offset(b, n)
	if !ok {
		return 0, false
	}
	return p.dated(year, month, day, seconds-zone, nanos)
}

// weekday reads Mon Mar 02 08:00:01.123 2026.
func (p *Parser) weekday(b []byte) (time.Duration, bool) {
	if len(b) < 18 {
		return 0, false
	}
	month := name(b[4:])
	day, clock := dayOfMonth(b[8:])
	if !isWeekday(b) || b[7] != ' ' || clock == 0 {
		return 0, false
	}
	seconds, used := timeOfDay(b, 8+clock, ':')
	if used == 0 {
		return 0, false
	}
	nanos, n := fraction(b, used)
	if n+5 > len(b) || b[n] != ' ' {
		return p.yearless(month, day, seconds, nanos)
	}
	year := two(b, n+1)*100 + two(b, n+3)
	if year < 0 {
		return p.yearless(month, day, seconds, nanos)
	}
	return p.dated(year, month, day, seconds, nanos)
}

// epoch reads 1772438401, 1772438401.123 and the finer units.
func (p *Parser) epoch(b []byte) (time.Duration, bool) {
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
	if n < len(b) && class[b[n]]&(digit|letter) != 0 {
		return 0, false // an identifier
	}
	// Numbers of that length that are no time between 2000 and 2100 are
	// something else.
	if v < 946_684_800e9 || v >= 4_102_444_800e9 {
		return 0, false
	}
	v += nanos
	p.remember(v / 1e9)
	return time.Duration(v), true
}

// dated puts a full date and time together. seconds are those of the day; a
// zone may have taken them out of it.
func (p *Parser) dated(year, month, day, seconds int, nanos int64) (time.Duration, bool) {
	// The range of a time.Duration ends in 2262.
	if year < 1970 || year > 2261 || !valid(year, month, day) {
		return 0, false
	}
	t := days(year, month, day)*86400 + int64(seconds)
	if t < 0 {
		return 0, false
	}
	p.reference, p.known, p.year = t, true, year
	return time.Duration(t*1e9 + nanos), true
}

// A time without a year may lie this much before the line before it: lines
// come late. Anything earlier is of the next year.
const late = 30 * 86400

// yearless gives a date its year.
func (p *Parser) yearless(month, day, seconds int, nanos int64) (time.Duration, bool) {
	if !valid(2000, month, day) {
		return 0, false
	}
	if !p.known {
		p.year = 2000
	}
	year := p.year
	at := func() int64 { return days(year, month, day)*86400 + int64(seconds) }
	t := at()
	if p.known {
		if t < p.reference-late {
			year++
			t = at()
		} else if t >= p.reference-late+365*86400 {
			year--
			t = at()
		}
	}
	if year < 1970 || year > 2261 || t < 0 {
		return 0, false
	}
	p.reference, p.known, p.year = t, true, year
	return time.Duration(t*1e9 + nanos), true
}

// remember keeps a time that came without a date.
func (p *Parser) remember(t int64) {
	p.reference, p.known = t, true
	p.year = time.Unix(t, 0).UTC().Year()
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

// dayOfMonth is " 2 ", "02 " or "2 " and how many bytes that is; 0 bytes when
// it is none of them.
func dayOfMonth(b []byte) (day, used int) {
	if len(b) < 3 {
		return 0, 0
	}
	if b[0] == ' ' {
		b, used = b[1:], 1
	}
	switch {
	case class[b[0]]&digit == 0:
		return 0, 0
	case b[1] == ' ':
		return int(b[0] - '0'), used + 2
	case class[b[1]]&digit != 0 && len(b) > 2 && b[2] == ' ':
		return int(b[0]-'0')*10 + int(b[1]-'0'), used + 3
	}
	return 0, 0
}

// timeOfDay reads 08:00:01 at i with any mark, 0 for none between. It returns
// the seconds and where it ends; 0 when there is no time of day.
func timeOfDay(b []byte, i int, mark byte) (seconds, end int) {
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
// last in milliseconds. It is false for anything else.
func unpadded(b []byte, i int) (seconds int, nanos int64, ok bool) {
	var parts [4]int
	for n := range parts {
		if n > 0 {
			if i >= len(b) || b[i] != ':' {
				return 0, 0, false
			}
			i++
		}
		from := i
		for i < len(b) && i-from < 3 && class[b[i]]&digit != 0 {
			parts[n] = parts[n]*10 + int(b[i]-'0')
			i++
		}
		if i == from {
			return 0, 0, false
		}
	}
	if i < len(b) && class[b[i]]&digit != 0 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60 {
		return 0, 0, false
	}
	return parts[0]*3600 + parts[1]*60 + parts[2], int64(parts[3]) * 1e6, true
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
