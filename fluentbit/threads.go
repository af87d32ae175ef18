package fluentbit

// #include <stdlib.h>
// #include "kit.h"
import "C"

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"unsafe"
)

// spareThreads is how many threads Go may want beside one for each processor that
// it uses: those that it starts at once, and some that wait for a disk.
const spareThreads = C.KIT_LEAST_THREADS

// room is how many threads more may be started, and which limit says so.
type room struct {
	threads int // -1 = there is no limit
	limit   int
	what    string
}

func roomOf(t C.struct_kit_threads) room {
	return room{int(t.room), int(t.limit), C.GoString(&t.what[0])}
}

// roomBelow is the room by the cgroups that another root has.
func roomBelow(root string) room {
	r := C.CString(root)
	defer C.free(unsafe.Pointer(r))
	return roomOf(C.kit_thread_room(r))
}

// trouble says what is wrong with too little room for Go, which has started some
// threads already and uses so many processors; nothing when it is enough.
func (r room) trouble(started, processors int) string {
	want := max(0, processors+spareThreads-started)
	if r.threads < 0 || r.threads >= want {
		return ""
	}
	return fmt.Sprintf("%d threads more can be started here (%s is %d), and Go may want %d more, for it uses %d processors: when it cannot start one it ends Fluent Bit; set the limit to at least %d, or GOMAXPROCS lower",
		r.threads, r.what, r.limit, want, processors, r.limit+want-r.threads)
}

// ThreadTrouble says, the first time that it is called, what is wrong with the
// limits of threads that this process has, and how to mend it; nothing when they
// are high enough. Go ends the process when it cannot start a thread.
func ThreadTrouble() string {
	said := ""
	threadsAsked.Do(func() {
		said = roomOf(C.kit_threads_here()).trouble(threadsStarted(), runtime.GOMAXPROCS(0))
	})
	return said
}

var threadsAsked sync.Once

// threadsStarted is how many threads Go has; 0 when it does not say.
func threadsStarted() int {
	s := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	if metrics.Read(s); s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int(s[0].Value.Uint64())
}
