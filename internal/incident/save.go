package incident

import (
	"encoding/binary"
	"fmt"
	"time"
)

// saved: a version, then numbers as varints: records, now, and of each incident
// its fields. Numbers that grow are kept whole: an incident goes on after a
// restart with its id and its count.
const savedVersion = 1

// AppendBinary appends the tracker's state. The error is always nil.
func (t *Tracker) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, savedVersion)
	b = binary.AppendUvarint(b, t.records)
	b = binary.AppendVarint(b, int64(t.now))
	b = binary.AppendUvarint(b, uint64(len(t.open)))
	for i := range t.open {
		o := &t.open[i]
		b = binary.LittleEndian.AppendUint64(b, o.group)
		b = binary.LittleEndian.AppendUint64(b, o.mark)
		timed := byte(0)
		if o.timed {
			timed = 1
		}
		b = append(b, timed)
		b = binary.AppendVarint(b, o.first)
		b = binary.AppendVarint(b, o.last)
		b = binary.AppendVarint(b, o.opened)
		b = binary.AppendUvarint(b, o.n)
	}
	return b, nil
}

// MaxBytes is above what AppendBinary appends.
const MaxBytes = 1 + 3*binary.MaxVarintLen64 + maxOpen*(17+4*binary.MaxVarintLen64)

// UnmarshalBinary makes the tracker go on from a state, which anybody may have
// written: after an error nothing has changed. The gap stays its own.
func (t *Tracker) UnmarshalBinary(b []byte) error {
	r := reader{b: b}
	if v := r.byte(); v != savedVersion && !r.bad {
		return fmt.Errorf("incidents of version %d, this version reads %d", v, savedVersion)
	}
	records, now, n := r.unsigned(), r.signed(), r.unsigned()
	if n > maxOpen || now < 0 || r.bad {
		return errDamaged
	}
	list := make([]open, 0, max(16, n))
	for range n {
		o := open{group: r.word(), mark: r.word()}
		timed := r.byte()
		o.timed = timed == 1
		o.first, o.last, o.opened, o.n = r.signed(), r.signed(), r.signed(), r.unsigned()
		if timed > 1 || o.first < 0 || o.first > o.opened || o.opened > o.last || o.last > maxTime || o.n == 0 {
			r.bad = true
		}
		list = append(list, o)
	}
	if r.bad || len(r.b) > 0 {
		return errDamaged
	}
	t.records, t.now, t.open = records, time.Duration(now), list
	return nil
}

// maxTime leaves room to add a gap to a time.
const maxTime = 1<<63 - 1 - int64(30*24*time.Hour)

var errDamaged = fmt.Errorf("the incidents are damaged")

// reader reads numbers until the first that is not there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) word() uint64 {
	if len(r.b) < 8 {
		r.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	return took(r, v, n)
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.b)
	return took(r, v, n)
}

func took[T any](r *reader, v T, n int) T {
	if n <= 0 {
		r.bad = true
		var none T
		return none
	}
	r.b = r.b[n:]
	return v
}
