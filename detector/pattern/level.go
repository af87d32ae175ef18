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
	"trce": LevelTrace, "vrb": LevelTrace,
	"debug": LevelDebug, "dbug": LevelDebug, "fine": LevelDebug, "dbg": LevelDebug, "config": LevelDebug, "debu": LevelDebug,
	"info": LevelInfo, "information": LevelInfo, "informational": LevelInfo, "inf": LevelInfo, "log": LevelInfo,
	"notice": LevelNotice, "note": LevelNotice,
	"warn": LevelWarn, "warning": LevelWarn, "wrn": LevelWarn,
	"error": LevelError, "eror": LevelError, "err": LevelError, "severe": LevelError, "failure": LevelError, "erro": LevelError, "fail": LevelError,
	"critical": LevelCritical, "crit": LevelCritical, "alert": LevelCritical,
	"fatal": LevelFatal, "emerg": LevelFatal, "emergency": LevelFatal, "panic": LevelFatal, "ftl": LevelFatal, "dpanic": LevelFatal, "fata": LevelFatal, "pani": LevelFatal,
}

// fieldOnly are level names that are too much words of prose to be taken for
// a level inside a line.
var fieldOnly = map[string]bool{"log": true, "failure": true}

// A form is how a word must stand to be a level, where it could be another word.
type form uint8

const (
	anyForm       form = iota
	inBrackets         // [Note]
	beforeBracket      // ERRO[0000], ERRO 001
	atStart            // fail: Microsoft.Hosting
	nearStart          // 10:00AM INF ready, [INF]; elsewhere it may be infinity
	afterTime          // 08:00:00 FINE [main]
)

var forms = map[string]form{
	"note": inBrackets, "erro": beforeBracket, "debu": beforeBracket, "fata": beforeBracket, "pani": beforeBracket,
	"fail": atStart, "inf": nearStart, "fine": afterTime, "finer": afterTime, "config": afterTime, "verbose": afterTime,
	"information": afterTime, "informational": afterTime,
}

// ParseLevel returns the level that a level field's text stands for: a name in
// any case, also behind what it is a member of (LogLevel.ERROR), or one letter
// (I, W, E, F, D). LevelNone for anything else.
func ParseLevel(b []byte) Level {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '[') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == ']' || b[len(b)-1] == ':' || b[len(b)-1] == '!') {
		b = b[:len(b)-1]
	}
	if i := bytes.LastIndexByte(b, '.'); i > 0 {
		b = b[i+1:]
	}
	if len(b) == 0 || len(b) > 13 {
		return LevelNone
	}
	if len(b) == 1 {
		return letterLevel(b[0] &^ 0x20)
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
	levelTokens = 24 // a level stands among the first tokens of a line,
	levelNear   = 6  // and among the first of these where it is joined to another word: the time, a channel or a thread stand before it
	levelSlots  = 512
)

type levelSlot struct {
	hash  uint32
	level Level
	upper bool // written in capitals: stands by itself
	form  form
}

// fillLevels enters the words that Scan must not take for plain ones: levels
// and the names of months and days.
func (s *Scanner) fillLevels() {
	l := new(Workspace)
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
		s.levels[i] = levelSlot{h, lv, upper, forms[strings.ToLower(word)]}
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
	for _, role := range redisRoles {
		hash(role)
	}
}

// levelOf returns the level that the nt-th token, the word from i to j with
// hash h, is, where it
// stands as one: in capitals anywhere, else only beside punctuation
// ([notice], level=info, "severity":"warn", info:), so that prose is left
// alone.
func (s *Scanner) levelOf(h uint32, l *Workspace, i, j, nt int) Level {
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
	case e.form != anyForm:
		stands = e.form.stands(b, i, j, nt, prev) && (e.form != afterTime || nt == 1 && l.tokens[0].Kind == Time)
	case j-i == 1:
		stands = letterStands(b, i, prev, next) || prev == ' ' && prev2 == ':' && next == ' ' && nt == 1 && l.tokens[0].Kind == Time // TensorFlow
	case i == 1 && prev == '=':
		stands = e.upper && next == ' ' // =ERROR REPORT==== of Erlang
	case i == 2 && prev == ':' && prev2 == ':':
		stands = next == ' ' || next == ':' // ::error file=a.go:: of GitHub Actions
	case prev == '.' && e.upper:
		stands = next == ':' && b[j+1] == ' ' && nt < levelNear // app.ERROR: of Monolog
	case prev == '/' && e.upper:
		stands = next == ']' && nt < levelNear // [Server thread/INFO]
	case prev == '"' || prev == '\'' || prev == '=':
		// A value: only of a field that says so. A field's name, "error": or
		// warning=, is no level.
		stands = next != '=' && b[j+1] != ':' && levelField(l.text[:before+i])
	case e.upper:
		stands = next != '=' && !nameInside[prev] && next != '_' && !l.told(i, j)
	case prev == '[', prev == '|':
		stands = next != '='
	case prev == '<', prev == '(', prev == '{':
		stands = next != ' ' && next != '='
	case prev == ':': // [core:error]
		stands = next == ']'
	case prev == '\t':
		stands = next == '\t' || next == ':'
	case prev == ' ':
		// In a list, it is one of its names: reason: refused, info: "no route".
		stands = next == ':' && (prev2 != ',' && prev2 != ';' || nt <= 1) || next == '|' || next == ']' || prev2 == '|' ||
			prev2 == '-' && next == ' ' && b[j+1] == '-' ||
			(prev2 == ',' || prev2 == ']') && nt == 1 && l.tokens[0].Kind == Time
	case i == 0:
		stands = next == ':' || next == '|' || next == ',' || next == '[' && class[b[j+1]]&alnum != 0 // error[E0382]
	}
	if e.level == LevelTrace && prev == ' ' && class[prev2]&letter != 0 && !e.upper {
		stands = false // Stack trace:
	}
	if !stands && prev == ' ' && next == ' ' && i == 4 && string(b[:3]) == "npm" {
		stands = true // npm error code E404
	}
	if !stands {
		return LevelNone
	}
	return e.level
}

// stands reports whether the word b[i:j] stands in the form.
func (f form) stands(b []byte, i, j, nt int, prev byte) bool {
	switch f {
	case inBrackets:
		return prev == '[' && b[j] == ']'
	case beforeBracket:
		return (b[j] == '[' || b[j] == ' ') && class[b[j+1]]&digit != 0 && b[j-1] < 'a' && (i == 0 || prev == ' ')
	case atStart:
		return i == 0 && b[i] >= 'a' && b[j] == ':' && b[j+1] == ' '
	case afterTime:
		return b[j-1] < 'a' && prev == ' ' && b[j] == ' '
	case nearStart:
		if b[i] >= 'a' || b[j-1] >= 'a' {
			return false
		}
		return prev == '[' && b[j] == ']' || nt < 4 && (i == 0 || prev == ' ' || prev == '[') && (b[j] == ' ' || b[j] == ']')
	}
	return false
}

// nameInside are the bytes behind which a word is part of a name.
var nameInside = [256]bool{'_': true, '.': true, '/': true, '$': true}

// told reports whether the word in capitals b[i:j] is what the line tells of, and
// not its level: 0 ERROR(s), ERROR: 0, no ERROR found, set to DEBUG.
func (l *Workspace) told(i, j int) bool {
	b := l.text[before:]
	if b[j] == '(' && b[j+1] == 's' && b[j+2] == ')' {
		return true
	}
	if i == 0 {
		return false
	}
	if b[j] == ':' && b[j+1] == ' ' && class[b[j+2]]&digit != 0 && class[b[j+3]]&alnum == 0 && l.text[before+i-2] == ',' {
		if l.rest.on(j+2, j+3); b[j+2] == '0' {
			return true
		}
	}
	if l.text[before+i-1] != ' ' {
		return false
	}
	// The plain words before it, in small letters and with single spaces.
	words, end := 0, i-1
	for words < 3 && end > 0 {
		start := end
		for start > 0 && b[start-1] >= 'a' && b[start-1] <= 'z' {
			start--
		}
		if words == 0 && start > 0 && b[start-1] >= 'A' && b[start-1] <= 'Z' { // begins a sentence
			start--
		}
		if start == end || start > 0 && b[start-1] != ' ' {
			break
		}
		if words == 0 {
			switch string(b[start:end]) {
			case "no", "without", "any", "a", "an", "the", "of", "for", "to", "with", "No", "Without", "Any", "The":
				return true
			}
		}
		words, end = words+1, start-1
	}
	return words == 3
}

// letterStands reports whether the letter b[i] stands as a level: in brackets,
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

// levelField reports whether text ends in the name of a field of levels and what
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

// klog reports whether what klog and glog begin a line with stands at i, a run that
// ends at j: a letter for the level, month and day in four digits, the time of
// day. Something may stand before it.
func (l *Workspace) klog(i, j int) bool {
	b := l.text[before+i:]
	switch b[0] {
	case 'I', 'W', 'E', 'F', 'D':
		return j-i == 5 && b[5] == ' ' && class[b[1]]&class[b[2]]&class[b[3]]&class[b[4]]&digit != 0 && clock(b, 6) &&
			(i == 0 || l.text[before+i-1] == ' ')
	}
	return false
}

// thread reads on from the end of klog's time over the number of the thread, which
// says no more of the event than the time does.
func (l *Workspace) thread(end int) int {
	b := l.text[before:]
	i := end
	for b[i] == ' ' {
		i++
	}
	j := i
	for class[b[j]]&digit != 0 {
		j++
	}
	if j == i || b[j] != ' ' {
		return end
	}
	return j
}

// cisco returns the level in the name of a message of Cisco's, whose first
// letter is at i: %ASA-4-106023, %LINK-SP-3-UPDOWN.
func (l *Workspace) cisco(i int) Level {
	b := l.text[before:]
	for end := min(l.size, i+32); i < end; i++ {
		switch c := b[i]; {
		case c == '-' && class[b[i+1]]&digit != 0 && b[i+2] == '-':
			if l.rest.on(i+1, i+2); b[i+1] <= '7' {
				return syslogLevels[b[i+1]-'0']
			}
		case !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'):
			return LevelNone
		}
	}
	return LevelNone
}

// redis returns the level of a line of Redis or Valkey, of which the role's letter is
// at i: 1:M 26 Nov 2026 08:00:00.123 # Warning.
func (l *Workspace) redis(i int) Level {
	const sign = len("M 26 Nov 2026 08:00:00.123 ")
	b := l.text[before+i:]
	if b[1] != ' ' || !isDateWord(b[5:8]) || !clock(b, len("M 26 Nov 2026 ")) || b[sign-1] != ' ' || b[sign+1] != ' ' {
		return LevelNone
	}
	switch b[sign] {
	case '.':
		return LevelDebug
	case '-':
		return LevelInfo
	case '*':
		return LevelNotice
	case '#':
		return LevelWarn
	}
	return LevelNone
}

// redisRoles are the letters of its master, replica, child, sentinel.
var redisRoles = []string{"M", "S", "C", "X"}

var dateWords = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
