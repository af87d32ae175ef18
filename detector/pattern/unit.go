package pattern

// Unit is the unit of a number. Numbers of one dimension are compared in its
// base unit: seconds, bytes, percent.
type Unit uint8

// The units that are understood, written against the number (12ms) or, but
// for the one-letter times, after a space (4.5 MB).
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
	UnitKilobyte
	UnitMegabyte
	UnitGigabyte
	UnitTerabyte
	UnitPercent
)

// maxUnit is the length of the longest unit in bytes.
const maxUnit = 7

type dimension uint8

const (
	dimNone dimension = iota
	dimTime
	dimSize
	dimShare
)

var unitScale = [...]float64{1, 1e-9, 1e-6, 1e-3, 1, 60, 3600, 86400, 1, 1 << 10, 1 << 20, 1 << 30, 1 << 40, 1}

func (u Unit) scale() float64 { return unitScale[u] }

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

// Base returns the name of the unit in which Num.Value is given, empty when
// it has none.
func (u Unit) Base() string {
	return [...]string{"", "s", "B", "%"}[u.dimension()]
}

// unitOf returns the unit that b spells, UnitNone if it is none.
func unitOf(b []byte) Unit {
	switch string(b) {
	case "ns":
		return UnitNanosecond
	case "us", "µs", "μs", "usec":
		return UnitMicrosecond
	case "ms", "msec", "millis":
		return UnitMillisecond
	case "s", "sec", "secs", "seconds", "second":
		return UnitSecond
	case "m", "min", "mins", "minutes":
		return UnitMinute
	case "h", "hr", "hours":
		return UnitHour
	case "d", "days":
		return UnitDay
	case "B", "b", "bytes":
		return UnitByte
	case "KB", "kB", "kb", "K", "k", "KiB", "Ki":
		return UnitKilobyte
	case "MB", "mb", "M", "MiB", "Mi":
		return UnitMegabyte
	case "GB", "gb", "G", "GiB", "Gi":
		return UnitGigabyte
	case "TB", "tb", "T", "TiB", "Ti":
		return UnitTerabyte
	}
	return UnitNone
}

// spacedUnit reads a unit that stands one space behind its number, as in
// "9.6 KB": only those that are no words of prose. It returns where it ends.
func spacedUnit(b []byte, i int) (Unit, int) {
	j := i
	for j < len(b) && j-i <= 3 && class[b[j]] == letter {
		j++
	}
	if j == i || j-i > 3 || j < len(b) && class[b[j]] == digit {
		return UnitNone, 0
	}
	switch string(b[i:j]) {
	case "B", "KB", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "ns", "us", "ms":
		return unitOf(b[i:j]), j
	}
	return UnitNone, 0
}
