package pattern

// Level is the severity of an event, on one scale for all the dialects.
type Level uint8

// The levels, from none to the worst.
const (
	LevelNone Level = iota
	LevelTrace
	LevelDebug
	LevelInfo
	LevelNotice
	LevelWarn
	LevelError
	LevelCritical
	LevelFatal // emergency, panic
)

// Levels is the number of levels, LevelNone included.
const Levels = int(LevelFatal) + 1

var levelNames = [Levels]string{"", "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "CRITICAL", "FATAL"}

// String returns the level's usual name, empty for LevelNone.
func (l Level) String() string { return levelNames[l] }

// levelWords are the names that levels go by, in lower case.
var levelWords = map[string]Level{
	"trace": LevelTrace, "verbose": LevelTrace, "finest": LevelTrace, "finer": LevelTrace, "trc": LevelTrace,
	"debug": LevelDebug, "fine": LevelDebug, "dbg": LevelDebug, "config": LevelDebug,
	"info": LevelInfo, "information": LevelInfo, "informational": LevelInfo, "inf": LevelInfo, "log": LevelInfo,
	"notice": LevelNotice,
	"warn":   LevelWarn, "warning": LevelWarn, "wrn": LevelWarn,
	"error": LevelError, "err": LevelError, "severe": LevelError, "failure": LevelError,
	"critical": LevelCritical, "crit": LevelCritical, "alert": LevelCritical,
	"fatal": LevelFatal, "emerg": LevelFatal, "emergency": LevelFatal, "panic": LevelFatal, "ftl": LevelFatal, "dpanic": LevelFatal,
}

// fieldOnly are level names that are too much words of prose to be taken for
// a level inside a line.
var fieldOnly = map[string]bool{"fine": true, "finer": true, "config": true, "log": true, "failure": true, "verbose": true, "information": true, "informational": true, "inf": true}

// ParseLevel returns the level that a level field's text stands for: a name
// in any case, one letter (I, W, E, F, D), or a number of syslog (0 to 7) or
// of bunyan and pino (10 to 60). LevelNone for anything else.
func ParseLevel(b []byte) Level {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '[') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == ']' || b[len(b)-1] == ':') {
		b = b[:len(b)-1]
	}
	if len(b) == 0 || len(b) > 13 {
		return LevelNone
	}
	if len(b) == 1 {
		if b[0] >= '0' && b[0] <= '7' {
			return syslogLevels[b[0]-'0']
		}
		return letterLevel(b[0] &^ 0x20)
	}
	if len(b) == 2 && b[1] == '0' && b[0] >= '1' && b[0] <= '6' {
		return [...]Level{LevelTrace, LevelDebug, LevelInfo, LevelWarn, LevelError, LevelFatal}[b[0]-'1']
	}
	var lower [13]byte
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return levelWords[string(lower[:len(b)])]
}

// syslogLevels are the severities of RFC 5424, table 2.
var syslogLevels = [8]Level{LevelFatal, LevelCritical, LevelCritical, LevelError, LevelWarn, LevelNotice, LevelInfo, LevelDebug}

func letterLevel(c byte) Level {
	switch c {
	case 'T', 'V':
		return LevelTrace
	case 'D':
		return LevelDebug
	case 'I':
		return LevelInfo
	case 'N':
		return LevelNotice
	case 'W':
		return LevelWarn
	case 'E':
		return LevelError
	case 'C':
		return LevelCritical
	case 'F':
		return LevelFatal
	}
	return LevelNone
}

const (
	levelTokens = 24 // a level stands among the first tokens of a line
	levelSlots  = 512
	dateSlots   = 64
)

type levelSlot struct {
	hash  uint32
	level Level
	upper bool // written in capitals: stands by itself
}

func (s *Scanner) fillLevels() {
	add := func(word string, lv Level, upper bool) {
		h := uint32(s.hashBytes([]byte(word), 0, len(word)))
		for i := h % levelSlots; ; i = (i + 1) % levelSlots {
			if s.levels[i].hash == 0 {
				s.levels[i] = levelSlot{h, lv, upper}
				return
			}
		}
	}
	for word, lv := range levelWords {
		if fieldOnly[word] {
			continue
		}
		up := []byte(word)
		for i := range up {
			up[i] &^= 0x20
		}
		add(string(up), lv, true)
		add(string(up[:1])+word[1:], lv, false)
		add(word, lv, false)
	}
	for _, c := range []byte("VDIWEF") {
		add(string(c), letterLevel(c), false)
	}
}

// levelOf returns the level that the word b[i:j] with hash h is, where it
// stands as one: in capitals anywhere, else only beside punctuation
// ([notice], level=info, "warn", info:), so that prose is left alone.
func (s *Scanner) levelOf(h uint32, b []byte, i, j int) Level {
	slot := h % levelSlots
	for s.levels[slot].hash != h {
		if s.levels[slot].hash == 0 {
			return LevelNone
		}
		slot = (slot + 1) % levelSlots
	}
	e := &s.levels[slot]
	if e.upper {
		return e.level
	}
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = b[i-1]
	}
	if j < len(b) {
		after = b[j]
	}
	if j-i == 1 { // one letter, as Android has it: "1702  2395 D WindowManager: "
		k := i - 1
		for k > 0 && b[k] == ' ' {
			k--
		}
		if before == ' ' && after == ' ' && k > 0 && class[b[k]] == digit || before == '[' && (after == ']' || after == ' ') {
			return e.level
		}
		return LevelNone
	}
	switch before {
	case '[', '<', '(', '=', '"', '|', '\'', '{':
		if after != ' ' || before == '[' || before == '|' || before == '=' {
			return e.level
		}
	case ' ':
		if i > 1 && (b[i-2] == ',' || b[i-2] == '|' || b[i-2] == '-' || b[i-2] == ']') {
			return e.level
		}
		if after == ':' || after == '|' || after == ']' {
			return e.level
		}
	}
	if i == 0 && (after == ':' || after == '|' || after == ',') {
		return e.level
	}
	return LevelNone
}

// isKlog says whether the line begins as those of klog and glog do: a letter
// for the level, month and day in four digits, the time of day.
func isKlog(b []byte) bool {
	return len(b) >= 13 && klogLevel(b[0]) != LevelNone && b[5] == ' ' &&
		class[b[1]]&class[b[2]]&class[b[3]]&class[b[4]] == digit && class[b[6]] == digit && b[8] == ':'
}

func klogLevel(c byte) Level {
	switch c {
	case 'I', 'W', 'E', 'F', 'D':
		return letterLevel(c)
	}
	return LevelNone
}

// priority reads a syslog priority, <34>, at the line's start; it returns
// where the text goes on.
func (s *Scanner) priority(b []byte, l *Line) int {
	v := 0
	for i := 1; i < len(b) && i <= 4; i++ {
		switch {
		case class[b[i]] == digit:
			v = v*10 + int(b[i]-'0')
		case b[i] == '>' && i > 1 && v <= 191:
			l.Level = syslogLevels[v&7]
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

var dateWords = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

func (s *Scanner) fillDates() {
	for _, w := range dateWords {
		h := uint32(s.hashBytes([]byte(w), 0, len(w)))
		i := h % dateSlots
		for s.dates[i] != 0 {
			i = (i + 1) % dateSlots
		}
		s.dates[i] = h
	}
}

func (s *Scanner) isDate(h uint32) bool {
	for i := h % dateSlots; s.dates[i] != 0; i = (i + 1) % dateSlots {
		if s.dates[i] == h {
			return true
		}
	}
	return false
}

// dateFollows says whether a date goes on at b[i:] after the name of a month
// or a day: with a number, or with another such name.
func dateFollows(b []byte, i int) bool {
	for i < len(b) && (b[i] == ' ' || b[i] == ',' || b[i] == '/' || b[i] == '-') {
		i++
	}
	if i >= len(b) {
		return true
	}
	if class[b[i]] == digit {
		return true
	}
	if i+3 < len(b) && class[b[i+3]] != letter {
		next := string(b[i : i+3])
		for _, w := range dateWords {
			if w == next {
				return true
			}
		}
	}
	return false
}
