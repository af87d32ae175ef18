package pattern

// Unit is the unit of a number. Numbers of one dimension are compared in its
// base unit: seconds, bytes, percent.
type Unit uint8

// The units that are understood, written against the number (12ms) or, but
// for the one-letter times, after a space (4.5 MB, 3 seconds).
const (
	UnitNone Unit = iota
	UnitNanosecond
	UnitMicrosecond
	UnitMillisecond
	UnitSecond
	UnitMinute
	UnitHour
	UnitDay
	UnitByte
	UnitKilobyte // 1024 bytes, as all multiples of the byte
	UnitMegabyte
	UnitGigabyte
	UnitTerabyte
	UnitPercent
)

// maxUnit is the length of the longest unit in bytes.
const maxUnit = 12

type dimension uint8

const (
	dimNone dimension = iota
	dimTime
	dimSize
	dimShare
)

// unitScale is how many base units one of each is.
var unitScale = [...]float64{1, 1e-9, 1e-6, 1e-3, 1, 60, 3600, 86400, 1, 1 << 10, 1 << 20, 1 << 30, 1 << 40, 1}

// base returns v, which is in unit u, in base units.
func (u Unit) base(v float64) float64 { return v * unitScale[u] }

func (u Unit) dimension() dimension {
	switch {
	case u == UnitNone:
		return dimNone
	case u <= UnitDay:
		return dimTime
	case u <= UnitTerabyte:
		return dimSize
	}
	return dimShare
}

// IsTime reports whether u is a unit of time.
func (u Unit) IsTime() bool { return u > UnitNone && u <= UnitDay }

// In returns v, which is in unit u, in base units.
func (u Unit) In(v float64) float64 { return u.base(v) }

// Dimension returns the base unit of u: UnitSecond, UnitByte, UnitPercent, or UnitNone.
func (u Unit) Dimension() Unit {
	return [...]Unit{UnitNone, UnitSecond, UnitByte, UnitPercent}[u.dimension()]
}

// UnitOf returns the unit that b spells, UnitNone if it is none.
func UnitOf(b []byte) Unit {
	if len(b) == 1 && b[0] == '%' {
		return UnitPercent
	}
	if len(b) == 0 || len(b) > maxUnit {
		return UnitNone
	}
	return unitOf(b)
}

// Base returns the name of the unit in which Num.Value is given, empty when
// it has none.
func (u Unit) Base() string {
	return [...]string{"", "s", "B", "%"}[u.dimension()]
}

// unitOf returns the unit that b, written against its number, spells,
// UnitNone if it is none.
func unitOf(b []byte) Unit {
	switch string(b) {
	case "ns", "nsec":
		return UnitNanosecond
	case "us", "µs", "μs", "usec":
		return UnitMicrosecond
	case "ms", "msec", "millis":
		return UnitMillisecond
	case "s":
		return UnitSecond
	case "m":
		return UnitMinute
	case "h":
		return UnitHour
	case "d":
		return UnitDay
	case "B", "b":
		return UnitByte
	case "KB", "kB", "kb", "Kb", "K", "k", "KiB", "Ki":
		return UnitKilobyte
	case "MB", "mb", "Mb", "M", "MiB", "Mi":
		return UnitMegabyte
	case "GB", "gb", "Gb", "G", "GiB", "Gi":
		return UnitGigabyte
	case "TB", "tb", "T", "TiB", "Ti":
		return UnitTerabyte
	}
	return unitWord(b)
}

// unitWord returns the unit that b, one space behind its number, spells. It
// leaves out single letters and what else may be a word of prose.
func unitWord(b []byte) Unit {
	switch string(b) {
	case "ns":
		return UnitNanosecond
	case "us", "µs", "μs":
		return UnitMicrosecond
	case "ms", "msec", "millis", "millisecond", "milliseconds":
		return UnitMillisecond
	case "sec", "secs", "second", "seconds":
		return UnitSecond
	case "min", "mins", "minute", "minutes":
		return UnitMinute
	case "hr", "hrs", "hour", "hours":
		return UnitHour
	case "day", "days":
		return UnitDay
	case "B", "byte", "bytes":
		return UnitByte
	case "KB", "kB", "KiB":
		return UnitKilobyte
	case "MB", "MiB":
		return UnitMegabyte
	case "GB", "GiB":
		return UnitGigabyte
	case "TB", "TiB":
		return UnitTerabyte
	case "percent":
		return UnitPercent
	}
	return UnitNone
}
