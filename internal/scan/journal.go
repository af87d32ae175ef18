package scan

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/flb-anomaly/flb-anomaly/internal/text"
)

// journalMagic is how what 'journalctl -o export' writes begins.
const journalMagic = "__CURSOR="

// journalExport makes lines of JSON, as 'journalctl -o json' would, of systemd's
// Journal Export Format: fields in lines, NAME=VALUE, or for a value that is not
// text NAME, its length in eight bytes, little end first, and the value; a blank
// line behind each record.
// https://systemd.io/JOURNAL_EXPORT_FORMATS/
type journalExport struct {
	in     *bufio.Reader
	record []byte // being made, then handed out
	unread []byte // of it
	value  []byte
	err    error
}

func newJournalExport(in io.Reader) *journalExport {
	return &journalExport{in: bufio.NewReaderSize(in, readSize)}
}

func (j *journalExport) Read(p []byte) (int, error) {
	for len(j.unread) == 0 {
		if j.err != nil {
			return 0, j.err
		}
		j.unread, j.err = j.next()
	}
	n := copy(p, j.unread)
	j.unread = j.unread[n:]
	return n, nil
}

// next makes a line of a record; it is empty where there is none. Of a record
// that breaks off there is none.
func (j *journalExport) next() ([]byte, error) {
	j.record = append(j.record[:0], '{')
	for {
		name, value, err := j.field()
		if err == io.EOF && len(name) == 0 && len(j.record) > 1 {
			return append(j.record, '}', '\n'), io.EOF
		}
		if err != nil {
			return nil, err
		}
		if len(name) == 0 {
			if len(j.record) == 1 {
				return nil, nil
			}
			return append(j.record, '}', '\n'), nil
		}
		if len(j.record)+len(value) > MaxLine {
			continue // the rest of a record that nobody would look at
		}
		if len(j.record) > 1 {
			j.record = append(j.record, ',')
		}
		j.record = append(text.AppendJSON(j.record, name), ':')
		j.record = text.AppendJSON(j.record, value)
	}
}

// field reads a field. Its name is empty for a record's end. Both are valid until
// the next call; of a value that is too long there is the beginning.
func (j *journalExport) field() (name, value []byte, err error) {
	line, err := j.in.ReadSlice('\n')
	j.value = append(j.value[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = j.in.ReadSlice('\n')
		j.value = append(j.value, line[:min(len(line), max(0, MaxLine-len(j.value)))]...)
	}
	if err != nil && (err != io.EOF || len(j.value) == 0) {
		return nil, nil, err
	}
	whole := bytes.TrimSuffix(j.value, []byte("\n"))
	if name, value, ok := bytes.Cut(whole, []byte("=")); ok || len(whole) == 0 {
		return name, value, nil
	}
	// The name stands alone.
	n := len(whole)
	var size [8]byte
	if _, err := io.ReadFull(j.in, size[:]); err != nil {
		return nil, nil, brokenOff(err)
	}
	left := binary.LittleEndian.Uint64(size[:])
	j.value = j.value[:n]
	keep := min(left, MaxLine)
	j.value = append(j.value, make([]byte, keep)...)
	if _, err := io.ReadFull(j.in, j.value[n:]); err != nil {
		return nil, nil, brokenOff(err)
	}
	// What is not kept, and the line's end behind it.
	if left -= keep; left > 1<<62 {
		return nil, nil, errJournal
	}
	if _, err := io.CopyN(io.Discard, j.in, int64(left)); err != nil {
		return nil, nil, brokenOff(err)
	}
	if end, err := j.in.ReadByte(); err != nil || end != '\n' {
		if err != nil {
			return nil, nil, brokenOff(err)
		}
		return nil, nil, errJournal
	}
	return j.value[:n], j.value[n:], nil
}

var errJournal = problem("the journal's export is damaged: a field is not as long as it says; 'journalctl -o json' writes what is read in any case")

// brokenOff is an error within a field: its end is no regular one.
func brokenOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errJournal
	}
	return err
}
