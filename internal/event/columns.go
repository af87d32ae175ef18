package event

import (
	"bytes"
	"strconv"

	"github.com/flb-anomaly/flb-anomaly/detector"
)

// Rows of a table of which nothing says what its columns are, as firewalls (Palo Alto,
// pfSense) and sensors write them. Their fields go by their places: column1, column2.

const (
	// leastTabs and leastCommas are how many must part the columns: a text may have
	// some, and a list many, but of one kind.
	leastTabs   = 8
	leastCommas = 12

	// mostSpaces is how many words a column may have less one. What has more is prose.
	mostSpaces = 8
)

// notColumn is what no column begins with: a list in prose, an object, a text in quotes,
// in which the byte that parts columns may stand.
var notColumn = []byte(" {[\"")

var columnNames = func() (names [detector.MaxFields]string) {
	for i := range names {
		names[i] = "column" + strconv.Itoa(i+1)
	}
	return names
}()

func (r *Reader) tabs(text []byte) (more, ok bool)   { return false, r.columns(text, '\t', leastTabs) }
func (r *Reader) commas(text []byte) (more, ok bool) { return false, r.columns(text, ',', leastCommas) }

// columns takes in a row whose columns are parted by a byte that stands there at least
// so often.
func (r *Reader) columns(text []byte, between byte, least int) bool {
	if bytes.Count(text, []byte{between}) < least {
		return false
	}
	numbers, words := 0, 0
	for rest, found := text, true; found; {
		var value []byte
		value, rest, found = bytes.Cut(rest, []byte{between})
		if bytes.Count(value, space) > mostSpaces || len(value) > 0 && bytes.IndexByte(notColumn, value[0]) >= 0 {
			return false
		}
		if len(value) > 0 {
			if _, ok := plainNumber(value); ok {
				numbers++
			} else {
				words++
			}
		}
	}
	if numbers < least/4 || words < least/4 {
		return false
	}
	for i, found := 0, true; found && i < len(columnNames); i++ {
		var value []byte
		value, text, found = bytes.Cut(text, []byte{between})
		r.named(columnNames[i], value)
	}
	return true
}
