package timestamp

import (
	"slices"
	"strings"
)

// layouts are the shapes that are known, written as Go's package time writes
// them: the parts of the moment Mon Jan 2 15:04:05 2006, in which 2 and 3 have
// no leading zero and _2 has a space for one. Of the bytes in brackets one
// stands there. A fraction may follow the seconds of any, and a zone those that
// have a year. Of several that fit, the first counts.
var layouts = []string{
	"2006[-/.]01[-/.]02[Tt _]15:04:05", // RFC 3339, ISO 8601 and their like
	"2006-01-02-15.04.05",
	"20060102[-T _]15:4:5:0", // without leading zeros, the last in milliseconds; also 15:04:05
	"20060102[-T _]150405",
	"06/01/02 15:04:05",
	"060102 150405",
	"02[-/]Jan[-/]2006[: ]15:04:05", // common log format
	"02-Jan-06 15:04:05",            // RFC 850
	"2 Jan 2006 15:04:05",           // RFC 1123 behind its weekday, Redis
	"02.01.2006[ T]15:04:05",        // with dots, the day comes first
	"01/02/2006[ ]3:04:05 PM",       // with AM and PM, the month
	dayFirst,                        // without, it is either
	monthFirst,
	"01[-.]02 15:04:05",            // logcat
	"Mon Jan _2 15:04:05 ... 2006", // ctime, and date with its zone; also without the year
	"Mon Jan 2 15:04:05 ... 2006",
	"Jan _2 15:04:05", // syslog
	"Jan 2 15:04:05",
	"Jan _2 2006 15:04:05",
	"Jan 2, 2006[ ]3:04:05 PM", // java.util.logging
	"Jan 2, 2006, 3:04:05 PM",
	"[DEFIW]0102 15:04:05", // klog
}

// Half of the world has the day first, the other half the month.
const (
	dayFirst   = "02[-/]01[-/]2006[ T]15:04:05"
	monthFirst = "01[-/]02[-/]2006[ T]15:04:05"
)

// A layout is one of them, compiled: where its parts stand. Every part has one
// place and one width, so that nothing is searched for; what may be one digit
// or two makes several layouts of one.
type layout struct {
	width  int     // of all that is fixed
	digits int     // how many it begins with
	checks []check // all before the time of day

	year, month, day, clock int // where they stand; -1 = there is no year
	dayForm                 form
	yearDigits              int
	named                   bool // the month is a word
	hourDigits              int  // with AM and PM
	mark                    byte // between the parts of the time of day; 0 = none
	read                    reader
	ends                    bool // with the year
	weekday                 bool // it begins with one
	either                  bool // day and month may stand the other way round
}

// check is a place where one of a set of bytes stands, and the set's bit in
// sets.
type check struct {
	at  uint8
	set uint32
}

// sets has, for each byte, a bit for each set of bytes that layouts ask for.
var (
	sets  [256]uint32
	known []string // which they are
)

// set is the bit of a set.
func set(bytes string) uint32 {
	i := slices.Index(known, bytes)
	if i < 0 {
		i, known = len(known), append(known, bytes)
		for _, c := range []byte(bytes) {
			sets[c] |= 1 << i
		}
	}
	if i >= 32 {
		panic("timestamp: more sets of bytes than sets has bits for")
	}
	return 1 << i
}

type form uint8

const (
	twoDigits form = iota
	oneDigit
	spaced // two digits, or a space and a digit
)

// reader is how a time of day is read.
type reader uint8

const (
	padded reader = iota
	loose
	twelve
)

// part is a word of a layout. Several widths make a layout each.
type part struct {
	word   string
	widths []int
	digits int // it begins with, of the first width; -1 = as many as it is wide
	set    func(l *layout, at, width int)
}

var parts = []part{
	{"2006", []int{4}, -1, func(l *layout, at, width int) { l.year, l.yearDigits = at, width }},
	{"15:04:05", []int{8}, 2, func(l *layout, at, _ int) { l.clock, l.mark = at, ':' }},
	{"15.04.05", []int{8}, 2, func(l *layout, at, _ int) { l.clock, l.mark = at, '.' }},
	{"150405", []int{6}, -1, func(l *layout, at, _ int) { l.clock = at }},
	{"15:4:5:0", []int{7}, 2, func(l *layout, at, _ int) { l.clock, l.read = at, loose }},
	{"3:04:05 PM", []int{10, 11}, 2, func(l *layout, at, width int) { l.clock, l.mark, l.read, l.hourDigits = at, ':', twelve, width-9 }},
	{" ... 2006", []int{0}, 0, func(l *layout, _, _ int) { l.ends = true }},
	{"06", []int{2}, -1, func(l *layout, at, width int) { l.year, l.yearDigits = at, width }},
	{"01", []int{2}, -1, func(l *layout, at, _ int) { l.month = at }},
	{"02", []int{2}, -1, func(l *layout, at, _ int) { l.day = at }},
	{"_2", []int{2}, 0, func(l *layout, at, _ int) { l.day, l.dayForm = at, spaced }},
	{"2", []int{2, 1}, -1, func(l *layout, at, width int) {
		if l.day = at; width == 1 {
			l.dayForm = oneDigit
		}
	}},
	{"Jan", []int{3}, 0, func(l *layout, at, _ int) { l.month, l.named = at, true }},
	{"Mon", []int{3}, 0, func(l *layout, at, _ int) { l.weekday = true }},
}

// A group is the layouts that have the same check first.
type group struct {
	first   check
	layouts []*layout
}

// byDigits are the layouts by how many digits they begin with.
var byDigits = func() (by [maxDigits + 1][]group) {
	add := func(n int, l *layout) {
		i := slices.IndexFunc(by[n], func(g group) bool { return g.first == l.checks[0] })
		if i < 0 {
			i, by[n] = len(by[n]), append(by[n], group{first: l.checks[0]})
		}
		by[n][i].layouts = append(by[n][i].layouts, l)
	}
	for _, text := range layouts {
		compile(layout{year: -1, either: text == dayFirst || text == monthFirst}, text, true, func(l *layout) { add(l.digits, l) })
	}
	for _, n := range []int{10, 13, 16, 19} {
		add(n, epoch)
	}
	return by
}()

// maxDigits is how many digits in a row are told apart.
const maxDigits = 20

// epoch is Unix time: a number, its unit by its length.
var epoch = &layout{checks: []check{{0, set("0123456789")}}}

// compile adds what a layout's text says to l, and hands every layout out that
// comes of it. leading says that nothing but digits came before.
func compile(l layout, text string, leading bool, done func(*layout)) {
	if text == "" {
		done(&l)
		return
	}
	for _, p := range parts {
		rest, ok := strings.CutPrefix(text, p.word)
		if !ok {
			continue
		}
		for _, width := range p.widths {
			next := l
			next.checks = append([]check(nil), l.checks...)
			p.set(&next, l.width, width)
			next.width += width
			whole := p.digits < 0
			if leading && whole {
				next.digits += width
			} else if leading {
				next.digits += p.digits
			}
			compile(next, rest, leading && whole, done)
		}
		return
	}
	allowed, rest := text[:1], text[1:]
	if allowed == "[" {
		allowed, rest, _ = strings.Cut(rest, "]")
	}
	l.checks = append(l.checks, check{uint8(l.width), set(allowed)})
	l.width++
	compile(l, rest, false, done)
}
