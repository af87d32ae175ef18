package names

import (
	"github.com/flb-anomaly/flb-anomaly/detector/pattern"
)

// Scale is a dialect of numbers for levels.
type Scale uint8

// The scales. Words are read the same in all.
const (
	Common        Scale = iota // by their size: syslog, pino and bunyan, Monolog, Logback
	Syslog                     // 0 to 7 (RFC 5424)
	Transport                  // syslog, said by what carries the message
	Priority                   // facility and severity (RFC 5424 PRI), 0 to 191, said by what carries the message
	Python                     // 10 to 50
	OpenTelemetry              // 1 to 24
	Google                     // 100 to 800
	Windows                    // 1 to 5
	Letter                     // one letter, D with a digit; numbers and words say nothing
)

var scaleNames = [...]string{
	"by size: 0–7 syslog, 10–60 pino and bunyan, 100–600 Monolog, 5000–40000 Logback",
	"0–7, syslog", "0–7, syslog; 5 and 6 yield to the text", "0–191, syslog; notice and info yield to the text",
	"10–50", "1–24", "100–800; 0–7 syslog", "1–5", "none; one letter",
}

// String describes the scale for the documentation.
func (s Scale) String() string { return scaleNames[s] }

var (
	syslogLevels = [...]pattern.Level{pattern.LevelFatal, pattern.LevelCritical, pattern.LevelCritical, pattern.LevelError, pattern.LevelWarn, pattern.LevelNotice, pattern.LevelInfo, pattern.LevelDebug}

	// Of each scale in steps, from its first step on.
	bunyanLevels  = [...]pattern.Level{pattern.LevelTrace, pattern.LevelDebug, pattern.LevelInfo, pattern.LevelWarn, pattern.LevelError, pattern.LevelFatal}
	pythonLevels  = [...]pattern.Level{pattern.LevelDebug, pattern.LevelInfo, pattern.LevelWarn, pattern.LevelError, pattern.LevelCritical}
	otelLevels    = [...]pattern.Level{pattern.LevelTrace, pattern.LevelDebug, pattern.LevelInfo, pattern.LevelWarn, pattern.LevelError, pattern.LevelFatal}
	googleLevels  = [...]pattern.Level{pattern.LevelDebug, pattern.LevelInfo, pattern.LevelNotice, pattern.LevelWarn, pattern.LevelError, pattern.LevelCritical, pattern.LevelCritical, pattern.LevelFatal}
	logbackLevels = [...]pattern.Level{pattern.LevelDebug, pattern.LevelInfo, pattern.LevelWarn, pattern.LevelError}
	windowsLevels = [...]pattern.Level{pattern.LevelCritical, pattern.LevelError, pattern.LevelWarn, pattern.LevelInfo, pattern.LevelTrace}
)

// at is the level at a step of a scale, LevelNone beyond its ends.
func at(levels []pattern.Level, step int) pattern.Level {
	if step < 0 || step >= len(levels) {
		return pattern.LevelNone
	}
	return levels[step]
}

// Level is what a value of a level's field says, LevelNone for nothing. number
// says that it is a number, n.
func (s Scale) Level(text []byte, number bool, n float64) pattern.Level {
	if !number {
		if s == Letter {
			if len(text) == 1 || len(text) == 2 && text[0] == 'D' && text[1] >= '1' && text[1] <= '5' {
				return pattern.ParseLevel(text[:1])
			}
			return pattern.LevelNone
		}
		return pattern.ParseLevel(text)
	}
	i := int(n)
	if float64(i) != n || i < 0 {
		return pattern.LevelNone
	}
	switch s {
	case Syslog, Transport:
		return at(syslogLevels[:], i)
	case Priority:
		if i > 191 {
			return pattern.LevelNone
		}
		return syslogLevels[i&7]
	case Python:
		return at(pythonLevels[:], i/10-1)
	case OpenTelemetry:
		return at(otelLevels[:], (i+3)/4-1)
	case Google:
		if i >= 100 {
			return at(googleLevels[:], i/100-1)
		}
	case Windows:
		if i == 0 { // always logged
			return pattern.LevelInfo
		}
		return at(windowsLevels[:], i-1)
	case Letter:
		return pattern.LevelNone
	}
	switch {
	case i < 8:
		return syslogLevels[i]
	case i >= 10 && i < 70:
		return bunyanLevels[i/10-1]
	case i >= 100 && i <= 600:
		switch i {
		case 250:
			return pattern.LevelNotice
		case 550, 600:
			return pattern.LevelFatal
		}
		return at([]pattern.Level{pattern.LevelDebug, pattern.LevelInfo, pattern.LevelWarn, pattern.LevelError, pattern.LevelCritical}, i/100-1)
	case i == 5000:
		return pattern.LevelTrace
	case i >= 10000:
		return at(logbackLevels[:], i/10000-1)
	}
	return pattern.LevelNone
}

// Carried reports whether a level of this scale is only what the carrier of the
// message says: what a service writes to its standard output has that of info,
// whatever it says.
func (s Scale) Carried(level pattern.Level) bool {
	return (s == Transport || s == Priority) && (level == pattern.LevelNotice || level == pattern.LevelInfo)
}
