package pattern

import (
	"bytes"
	"strings"
)

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
	"trce":  LevelTrace,
	"debug": LevelDebug, "dbug": LevelDebug, "fine": LevelDebug, "dbg": LevelDebug, "config": LevelDebug,
	"info": LevelInfo, "information": LevelInfo, "informational": LevelInfo, "inf": LevelInfo, "log": LevelInfo,
	"notice": LevelNotice,
	"warn":   LevelWarn, "warning": LevelWarn, "wrn": LevelWarn,
	"error": LevelError, "eror": LevelError, "err": LevelError, "severe": LevelError, "failure": LevelError,
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
)

type levelSlot struct {
	hash  uint32
	level Level
	upper bool // written in capitals: stands by itself
}

// fillLevels enters the words that Scan must not take for plain ones: levels
// and the names of months and days.
func (s *Scanner) fillLevels() {
	l := new(Line)
	hash := func(word string) uint64 {
		copy(l.text[before:], word)
		h := s.letters(l, 0, len(word))
		s.known[h>>6&255] |= 1 << (h & 63)
		return h
	}
	add := func(word string, lv Level, upper bool) {
		h := uint32(hash(word))
		i := h % levelSlots
		for s.levels[i].hash != 0 {
			i = (i + 1) % levelSlots
		}
		s.levels[i] = levelSlot{h, lv, upper}
	}
	for word, lv := range levelWords {
		if fieldOnly[word] {
			continue
		}
		add(strings.ToUpper(word), lv, true)
		add(strings.ToUpper(word[:1])+word[1:], lv, false)
		add(word, lv, false)
	}
	add("LOG", LevelInfo, false) // PostgreSQL's
	for _, c := range "VDIWEF" {
		add(string(c), letterLevel(byte(c)), false)
	}
	for _, word := range dateWords {
		hash(word)
	}
}

// levelOf returns the level that the nt-th token, the word from i to j with
// hash h, is, where it
// stands as one: in capitals anywhere, else only beside punctuation
// ([notice], level=info, "severity":"warn", info:), so that prose is left
// alone.
func (s *Scanner) levelOf(h uint32, l *Line, i, j, nt int) Level {
	slot := h % levelSlots
	for s.levels[slot].hash != h {
		if s.levels[slot].hash == 0 {
			return LevelNone
		}
		slot = (slot + 1) % levelSlots
	}
	e := &s.levels[slot]
	b := l.text[before:]
	prev, prev2, next := l.text[before+i-1], l.text[before+i-2], b[j]
	stands := false
	switch {
	case j-i == 1:
		stands = letterStands(b, i, prev, next)
	case prev == '"' || prev == '\'' || prev == '=':
		// A value: only of a field that says so. A field's name, "error": or
		// warning=, is no level.
		stands = next != '=' && b[j+1] != ':' && levelField(l.text[:before+i])
	case e.upper:
		stands = next != '='
	case prev == '[', prev == '|':
		stands = next != '='
	case prev == '<', prev == '(', prev == '{':
		stands = next != ' ' && next != '='
	case prev == ':': // [core:error]
		stands = next == ']'
	case prev == '\t':
		stands = next == '\t' || next == ':'
	case prev == ' ':
		stands = next == ':' || next == '|' || next == ']' || prev2 == '|' ||
			prev2 == '-' && next == ' ' && b[j+1] == '-' ||
			(prev2 == ',' || prev2 == ']') && nt == 1 && l.tokens[0].Kind == Time
	case i == 0:
		stands = next == ':' || next == '|' || next == ','
	}
	if !stands {
		return LevelNone
	}
	return e.level
}

// letterStands says whether the letter b[i] stands as a level: in brackets,
// behind numbers as Android has it ("1702  2395 D Tag: ") or before its tag
// ("I/Tag(1702): ").
func letterStands(b []byte, i int, prev, next byte) bool {
	switch {
	case prev == '[':
		return next == ']' || next == ' '
	case next == '/' && i == 0:
		return class[b[2]]&letter != 0
	case prev != ' ' || next != ' ' && next != '/':
		return false
	}
	for i--; i > 0 && b[i] == ' '; i-- {
	}
	return class[b[i]]&digit != 0
}

// levelField says whether text ends in the name of a field of levels and what
// stands between it and its value: level=", "log.level":", SEVERITY=.
func levelField(text []byte) bool {
	end := len(text)
	for end > 0 && class[text[end-1]]&alnum == 0 {
		end--
	}
	if len(text)-end > 5 {
		return false
	}
	start := end
	for start > 0 && class[text[start-1]]&alnum != 0 && end-start < 16 {
		start--
	}
	var lower [16]byte
	name := lower[:end-start]
	for i := range name {
		name[i] = text[start+i] | 0x20
	}
	for _, field := range levelFields {
		if bytes.HasPrefix(name, []byte(field)) || bytes.HasSuffix(name, []byte(field)) {
			return true
		}
	}
	return false
}

// levelFields begin or end the names of fields of levels: level, loglevel,
// levelname, lvl, severity, SeverityText, sev, priority.
var levelFields = []string{"level", "lvl", "severity", "sev", "priority", "prio"}

// klog says whether the line begins as those of klog and glog do, its first
// run ending at j: a letter for the level, month and day in four digits, the
// time of day.
func (l *Line) klog(j int) bool {
	b := l.text[before:]
	switch b[0] {
	case 'I', 'W', 'E', 'F', 'D':
		return j == 5 && b[5] == ' ' && class[b[1]]&class[b[2]]&class[b[3]]&class[b[4]]&digit != 0 && clock(b, 6)
	}
	return false
}

var dateWords = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
