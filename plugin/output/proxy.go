package main

// #include <stddef.h>
import "C"

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/flb-anomaly/flb-anomaly/fluentbit"
	"github.com/flb-anomaly/flb-anomaly/internal/options"
	"github.com/fluent/fluent-bit-go/output"
)

// This is the Go half of output.c, which Fluent Bit's Go proxy calls: what C
// hands over becomes Go, and nothing that goes wrong in Go gets back to C but
// as a result.

// instance is one output section of the configuration.
type instance struct {
	output *judgingOutput // nil after Exit
	thread int64          // of the engine, which started it
}

// enginePatience is how long a call on the engine's own thread waits for the
// receiver. Nothing else in Fluent Bit goes on meanwhile, its own forward
// input included.
const enginePatience = 500 * time.Millisecond

// worked is whether a worker has called in this process. Fluent Bit starts the workers
// of an output of its Go proxy twice and knows of the second ones alone: the first ones
// idle on after a hot reload, and each second and a half they look at the output's
// instance, which has been freed.
var worked atomic.Bool

//export anomalyOutputRegister
func anomalyOutputRegister(definition unsafe.Pointer) C.int {
	return C.int(output.FLBPluginRegister(definition, "anomaly", "Judge records and send them on over Forward: unsupervised anomaly detection"))
}

//export anomalyOutputUnregister
func anomalyOutputUnregister(definition unsafe.Pointer) {
	output.FLBPluginUnregister(definition)
}

//export anomalyOutputInit
func anomalyOutputInit(plugin unsafe.Pointer, name *C.char, level C.int, thread C.long) (result C.int) {
	log := slog.New(fluentbit.NewHandler("output", "anomaly", C.GoString(name),
		func(l int) bool { return l <= int(level) }, outputLines.add))
	defer func() {
		if v := recover(); v != nil {
			log.Error("the output panicked while it started", "panic", v)
			result = output.FLB_ERROR
		}
	}()
	s, err := options.ParseOutput(func(option string) []string {
		// The proxy does not tell an empty value from none, nor the second of
		// several from the first.
		if v := output.FLBPluginConfigKey(plugin, option); v != "" {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		log.Error(err.Error())
		return output.FLB_ERROR
	}
	o, err := newOutput(C.GoString(name), s, log)
	if err != nil {
		log.Error(err.Error())
		return output.FLB_ERROR
	}
	if worked.Load() {
		log.Warn("Fluent Bit does not end all the workers that an output in Go had before a hot reload, and they read memory that is freed: it may crash; restart it, or leave out Workers where it is reloaded")
	}
	output.FLBPluginSetContext(plugin, &instance{o, int64(thread)})
	return output.FLB_OK
}

//export anomalyOutputFlush
func anomalyOutputFlush(context, chunk unsafe.Pointer, size C.size_t, tag *C.char, thread C.long) C.int {
	i, ok := output.FLBPluginGetContext(context).(*instance)
	if !ok || i.output == nil {
		return output.FLB_ERROR
	}
	patience := time.Duration(0)
	if int64(thread) == i.thread {
		patience = enginePatience
	} else {
		worked.Store(true)
	}
	if i.output.flush(C.GoString(tag), unsafe.Slice((*byte)(chunk), int(size)), patience) {
		return output.FLB_OK
	}
	return output.FLB_RETRY
}

//export anomalyOutputExit
func anomalyOutputExit(context unsafe.Pointer) {
	i, ok := output.FLBPluginGetContext(context).(*instance)
	if !ok || i.output == nil {
		return
	}
	o := i.output
	defer func() {
		if v := recover(); v != nil {
			o.caught(v)
		}
	}()
	i.output = nil // the SDK never forgets a context
	o.close()
}

// anomalyOutputLine returns the next log line, which the caller frees.
//
//export anomalyOutputLine
func anomalyOutputLine(level *C.int) *C.char {
	l, ok := outputLines.next()
	if !ok {
		return nil
	}
	*level = C.int(l.level)
	return C.CString(l.text)
}

// lines are log lines on their way to C: those of a call are printed when it
// ends, those of goroutines with the next call.
type lines struct {
	mu     sync.Mutex
	queued []line
}

type line struct {
	level int
	text  string
}

const mostLines = 256

var outputLines lines

func (q *lines) add(level int, text []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queued) < mostLines {
		q.queued = append(q.queued, line{level, string(text)})
	}
}

func (q *lines) next() (line, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queued) == 0 {
		return line{}, false
	}
	l := q.queued[0]
	if q.queued = q.queued[1:]; len(q.queued) == 0 {
		q.queued = nil
	}
	return l, true
}
