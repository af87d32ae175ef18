package main

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// waitingRoom holds deliveries that Fluent Bit is to bring again, until it
// does. Fluent Bit does not say which chunk it brings: they are known by their
// bytes. Two chunks with the same bytes may stand in for each other, since each
// has a delivery of its own.
//
// The room is bounded, in deliveries and in bytes: chunks that Fluent Bit gave
// up (Retry_Limit) never come again. The oldest makes room.
type waitingRoom struct {
	seed     maphash.Seed
	most     int
	mostSize int

	mu    sync.Mutex
	order *list.List // of *delivery, the oldest in front
	byID  map[chunkID][]*list.Element
	size  int
}

const (
	mostWaiting      = 1024
	mostWaitingBytes = 64 << 20
)

// chunkID is what a chunk is known by.
type chunkID struct {
	hash uint64
	size int
}

func newWaitingRoom(most, mostSize int) waitingRoom {
	return waitingRoom{seed: maphash.MakeSeed(), most: most, mostSize: mostSize, order: list.New(), byID: make(map[chunkID][]*list.Element)}
}

func (w *waitingRoom) id(tag string, chunk []byte) chunkID {
	var h maphash.Hash
	h.SetSeed(w.seed)
	h.Write(chunk)
	h.WriteByte(0xc1) // stands in no msgpack
	h.WriteString(tag)
	return chunkID{h.Sum64(), len(chunk)}
}

// take returns a delivery for the chunk, which leaves the room, or nil.
func (w *waitingRoom) take(id chunkID) *delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.byID[id]) == 0 {
		return nil
	}
	return w.remove(w.byID[id][0])
}

// put adds a delivery. It returns false when others were forgotten for it.
func (w *waitingRoom) put(d *delivery) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byID[d.id] = append(w.byID[d.id], w.order.PushBack(d))
	w.size += d.size
	all := true
	for w.order.Len() > w.most || w.size > w.mostSize {
		w.remove(w.order.Front())
		all = false
	}
	return all
}

func (w *waitingRoom) remove(e *list.Element) *delivery {
	d := w.order.Remove(e).(*delivery)
	w.size -= d.size
	same := w.byID[d.id]
	for i := range same {
		if same[i] == e {
			same = append(same[:i], same[i+1:]...)
			break
		}
	}
	if len(same) == 0 {
		delete(w.byID, d.id)
	} else {
		w.byID[d.id] = same
	}
	return d
}
