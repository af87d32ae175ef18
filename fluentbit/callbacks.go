package fluentbit

// #include "abi.h"
// #include "kit.h"
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/cgo"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// flbkitReady returns when Go has initialised every package, as any call from
// C does.
//
//export flbkitReady
func flbkitReady() {}

// flbkitInit makes an instance and its filter, and returns a handle for the
// other calls, 0 when the filter refuses.
//
//export flbkitInit
func flbkitInit(c *C.struct_kit_instance, plugin C.int) C.uintptr_t {
	i := newInstance(c, plugins[plugin])
	filter, err := i.construct()
	if err != nil {
		i.logger.Error(err.Error())
		i.release()
		return 0
	}
	i.filter = filter
	i.syncMetrics()
	return C.uintptr_t(cgo.NewHandle(i))
}

func (i *Instance) construct() (filter Filter, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the filter panicked while it started: %s", describe(v))
		}
	}()
	filter, err = i.plugin.New(i)
	if err == nil && filter == nil {
		err = errors.New("the filter's New returned neither a filter nor an error")
	}
	return filter, err
}

// flbkitExit closes an instance.
//
//export flbkitExit
func flbkitExit(handle C.uintptr_t) {
	h := cgo.Handle(handle)
	i := h.Value().(*Instance)
	h.Delete()
	defer i.release()
	defer func() {
		if v := recover(); v != nil {
			i.logger.Error("a panic in Close was caught: " + describe(v))
		}
	}()
	if err := i.filter.Close(); err != nil {
		i.logger.Error("the filter did not close well", "error", err)
	}
}

// flbkitFilter passes one chunk through an instance.
//
//export flbkitFilter
func flbkitFilter(handle C.uintptr_t, call *C.struct_kit_call) {
	cgo.Handle(handle).Value().(*Instance).run(call)
}

func (i *Instance) run(call *C.struct_kit_call) {
	defer i.syncMetrics()
	defer func() {
		if v := recover(); v != nil {
			call.result = C.KIT_SAME
			i.caught("a panic was caught, the records pass unchanged", v)
		}
	}()
	i.pace.begin()
	defer i.pace.end()
	chunk := unsafe.Slice((*byte)(call.chunk), int(call.chunk_size))
	dst := unsafe.Slice((*byte)(call.dst), int(call.dst_size))[:0]

	out, changed, err := i.filter.Filter(i.tag(call), chunk, dst)
	if err != nil {
		i.failed(err)
		return
	}
	if !changed {
		return
	}
	call.out_size = C.size_t(len(out))
	if len(out) == 0 {
		call.result = C.KIT_IN_DST
		return
	}
	// Where is it? Most often at the start of dst, and is handed over there.
	from := uintptr(unsafe.Pointer(unsafe.SliceData(out)))
	start := uintptr(call.dst)
	switch {
	case from == start:
		call.result = C.KIT_IN_DST
	case from > start && from < start+uintptr(call.dst_size):
		copy(dst[:len(out)], out)
		call.result = C.KIT_IN_DST
	default:
		call.out = C.kit_alloc(call.out_size)
		if call.out == nil {
			i.failed(errors.New("out of memory"))
			return
		}
		copy(unsafe.Slice((*byte)(call.out), len(out)), out)
		call.result = C.KIT_ELSEWHERE
	}
}

// mostTags bounds the tags that an instance remembers.
const mostTags = 1024

// tag returns the call's tag as a string, the same one for the same tag.
func (i *Instance) tag(call *C.struct_kit_call) string {
	b := unsafe.Slice((*byte)(unsafe.Pointer(call.tag)), int(call.tag_len))
	if s, ok := i.tags[string(b)]; ok {
		return s
	}
	if len(i.tags) >= mostTags {
		clear(i.tags)
	}
	s := string(b)
	i.tags[s] = s
	return s
}

// failed counts an error that Filter returned, and logs it now and then.
func (i *Instance) failed(err error) {
	i.errorCount.Inc()
	if more, ok := i.errors.allow(time.Now(), time.Minute); ok {
		i.logger.Error("the records pass unchanged: "+err.Error(), repeated(more)...)
	}
}

// caught counts a panic and logs the first one of the instance.
func (i *Instance) caught(what string, v any) {
	i.panicCount.Inc()
	if _, ok := i.panics.allow(time.Now(), 0); ok {
		i.logger.Error(what + " (logged once, counted as panics_total): " + describe(v))
	}
}

func repeated(more uint64) []any {
	if more == 0 {
		return nil
	}
	return []any{"more_since_last", more}
}

// throttle lets a message through, then again when a while has passed.
type throttle struct {
	mu   sync.Mutex
	last time.Time
	held uint64
}

// allow returns whether to log now, and how many were held back before. With a
// while of 0, only the first is let through.
func (t *throttle) allow(now time.Time, while time.Duration) (held uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.last.IsZero() && (while == 0 || now.Sub(t.last) < while) {
		t.held++
		return 0, false
	}
	held, t.held, t.last = t.held, 0, now
	return held, true
}

// describe says in one line what a panic was and where. It is called while the
// panicking functions are still on the stack.
func describe(v any) string {
	var b strings.Builder
	fmt.Fprint(&b, v)
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	inPanic, shown := false, 0
	for shown < 6 {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic" || f.Function == "runtime.sigpanic":
			inPanic = true
		case strings.HasPrefix(f.Function, "runtime."):
		case strings.HasPrefix(f.Function, kitPrefix):
			if inPanic {
				more = false
			}
		case inPanic:
			if shown == 0 {
				b.WriteString(" at ")
			} else {
				b.WriteString(" < ")
			}
			fmt.Fprintf(&b, "%s (%s:%d)", f.Function, base(f.File), f.Line)
			shown++
		}
		if !more {
			break
		}
	}
	return b.String()
}

// kitPrefix begins the names of this package's functions in a stack trace.
var kitPrefix = strings.TrimSuffix(runtime.FuncForPC(reflect.ValueOf(base).Pointer()).Name(), "base")

func base(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }
