package web

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// A table of lines can be sorted by something else than their order in the log.
const (
	byNewest = "newest" // the last line first
	byScore  = "score"  // the strangest first
	byClock  = "time"   // the earliest first, lines of the same time in their order
	byLatest = "latest" // the latest first
)

func checkSort(sort string) error {
	switch sort {
	case "", byNewest, byScore, byClock, byLatest:
		return nil
	}
	return fmt.Errorf("sort has the value %q; allowed: newest, score, time, latest, or none for the order of the log", sort)
}

// arranged remembers the lines that were sorted last: the table asks for one window
// after the other.
type arranged struct {
	mu    sync.Mutex
	key   string
	lines []uint32
}

// arrange puts the lines that are meant into another order.
func (v *view) arrange(snap *snapshot, c chosen, f *filter, sort string) chosen {
	switch sort {
	case "":
		return c
	case byNewest:
		c.backward = true
		return c
	}
	key := fmt.Sprintf("%s|%s|%s|%d|%d", f.key(), f.hide, sort, snap.n, c.n)
	v.arranged.mu.Lock()
	defer v.arranged.mu.Unlock()
	if v.arranged.key != key {
		lines := make([]uint32, c.n)
		for i := range lines {
			lines[i] = uint32(c.at(i))
		}
		slices.SortStableFunc(lines, func(a, b uint32) int {
			ca, ka := snap.at(int(a))
			cb, kb := snap.at(int(b))
			switch sort {
			case byScore:
				return cmp.Compare(cb.score[kb], ca.score[ka])
			case byLatest:
				return cmp.Or(cmp.Compare(cb.time[kb], ca.time[ka]), cmp.Compare(b, a))
			}
			return cmp.Compare(ca.time[ka], cb.time[kb])
		})
		v.arranged.key, v.arranged.lines = key, lines
	}
	c.order = v.arranged.lines
	return c
}
