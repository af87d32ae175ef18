package incident

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// saved: a version, then numbers as varints: records, now, and of each incident its
// fields, and of each pattern that was told. Numbers that grow are kept whole: an
// incident goes on after a restart with its id and its count.
const savedVersion = 2

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
		b = append(b, bit(o.timed), o.halves)
		b = binary.AppendVarint(b, o.first)
		b = binary.AppendVarint(b, o.last)
		b = binary.AppendVarint(b, o.opened)
		b = binary.AppendUvarint(b, o.n)
	}
	b = binary.AppendUvarint(b, uint64(len(t.told)))
	for _, key := range slices.Sorted(maps.Keys(t.told)) {
		k := t.told[key]
		b = binary.LittleEndian.AppendUint64(b, key)
		b = binary.LittleEndian.AppendUint64(b, k.mark)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(k.score))
		b = append(b, bit(k.timed))
		b = binary.AppendVarint(b, k.at)
		b = binary.AppendVarint(b, k.lone)
		b = binary.AppendVarint(b, k.opened)
	}
	return b, nil
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// MaxBytes is above what AppendBinary appends.
const MaxBytes = 1 + 4*binary.MaxVarintLen64 + maxOpen*(18+4*binary.MaxVarintLen64) + maxTold*(25+3*binary.MaxVarintLen64)

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
		o.timed, o.halves = timed == 1, r.byte()
		o.first, o.last, o.opened, o.n = r.signed(), r.signed(), r.signed(), r.unsigned()
		if timed > 1 || o.first < 0 || o.first > o.opened || o.opened > o.last || o.last > maxTime || o.halves > enough || (o.halves == enough) != (o.n > 0) {
			r.bad = true
		}
		list = append(list, o)
	}
	n = r.unsigned()
	if n > maxTold {
		return errDamaged
	}
	all := make(map[uint64]told)
	for range n {
		key := r.word()
		k := told{mark: r.word(), score: math.Float64frombits(r.word())}
		timed := r.byte()
		k.timed = timed == 1
		k.at, k.lone, k.opened = r.signed(), r.signed(), r.signed()
		if timed > 1 || k.at < 0 || k.lone < 0 || k.opened < 0 || max(k.at, k.lone, k.opened) > maxTime || !(k.score >= 0 && k.score <= 1) {
			r.bad = true
		}
		if r.bad {
			return errDamaged
		}
		all[key] = k
	}
	if r.bad || len(r.b) > 0 || len(all) != int(n) {
		return errDamaged
	}
	t.records, t.now, t.open, t.told = records, time.Duration(now), list, all
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
