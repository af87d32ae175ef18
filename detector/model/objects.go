package model

import (
	"bytes"

	"github.com/flb-anomaly/flb-anomaly/detector/internal/codec"
)

// objects knows how open the objects of a log's records are: which of them bring names
// of fields that were never seen, again and again (requestParameters, labels). Where one
// record in ten brings a new name, a new one is no news.
//
// What belongs to an object is what stands behind the first part of its name. What has
// none belongs to the record itself.
type objects struct {
	all []object // at most maxObjects
}

type object struct {
	hash  uint64
	n     float32 // records that had something of it, aged
	newer float32 // of them, those that brought a new name, but for its first
}

const (
	maxObjects = 64 // as many as a mask of 64 bits holds; what comes beyond is as if it were not open

	// openObject is how many records must have brought an object a new name for it to
	// be open: an object that changed once or twice with a release is not.
	openObject = 3

	// openRecord is the share, one in so many, of records that must have brought one for
	// the record itself to be open: all its news, of whatever kind, is one there.
	openRecord = 64

	recordObject = 1 // the hash of the record itself

	objectSeed = 0x2545f4914f6cdd1d // of the hashes of their names, any number

	objectBytes = 16 // that one takes in a snapshot
)

// objectOf returns the hash of the object that the field of the name belongs to.
func objectOf(name []byte) uint64 {
	i := bytes.IndexByte(name, '.')
	if i < 0 {
		return recordObject
	}
	return hashBytes(objectSeed, name[:i]) | 1
}

// find returns the index of the object, -1 where there is none.
func (t *objects) find(hash uint64) int {
	for i := range t.all {
		if t.all[i].hash == hash {
			return i
		}
	}
	return -1
}

// claim returns the index of the object, plus 1, made if need be; 0 = there is no room.
func (t *objects) claim(hash uint64) uint8 {
	if i := t.find(hash); i >= 0 {
		return uint8(i + 1)
	}
	if len(t.all) == maxObjects {
		return 0
	}
	t.all = append(t.all, object{hash: hash})
	return uint8(len(t.all))
}

// least returns, of the object at, as many of the bits as a new name in it may be worth. There is
// none at -1.
func (t *objects) least(bits float32, at int) float32 {
	if at < 0 || at >= len(t.all) || t.all[at].newer < openObject {
		return bits
	}
	o := &t.all[at]
	if o.hash == recordObject && o.newer*openRecord < o.n {
		return bits
	}
	return min(bits, -log2(float64((o.newer+0.5)/(o.n+1))))
}

// learn takes in, so many times, which objects a record had something of and which of them
// got a new name by it.
func (t *objects) learn(had, grown uint64, times float32) {
	for i := range t.all {
		o := &t.all[i]
		if had>>i&1 != 0 {
			if grown>>i&1 != 0 && o.n > 0 {
				o.newer += times
			}
			o.n += times
		}
	}
}

func (t *objects) age() {
	for i := range t.all {
		t.all[i].n /= 2
		t.all[i].newer /= 2
	}
}

func (t *objects) carry(c *codec.Codec) {
	n := c.Count("objects", len(t.all), maxObjects, objectBytes)
	if c.Reading && c.Err == nil {
		t.all = make([]object, n)
	}
	for i := range t.all {
		c.U64(&t.all[i].hash)
		c.F32(&t.all[i].n)
		c.F32(&t.all[i].newer)
	}
}
