package fluentbit

// #include <stdlib.h>
// #include "abi.h"
// #include "kit.h"
import "C"

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"unsafe"
)

// Instance is one use of a filter in Fluent Bit's configuration: a filter
// section, or a processor of an input or an output. Its methods may be called
// from any goroutine.
type Instance struct {
	plugin *Plugin
	name   string
	level  slog.Level
	values map[string][]string // by lower-case name of the option
	logger *slog.Logger
	filter Filter

	tags   map[string]string // each tag seen, for the goroutine that is in a call
	pace   pace              // for the same
	errors throttle
	panics throttle

	mu      sync.Mutex
	c       *C.struct_kit_instance // nil once Fluent Bit has let go of the instance
	metrics []*metric

	panicCount *Counter
	errorCount *Counter
}

// Name is the instance's alias, or the name that Fluent Bit gave it, such as
// hello.0. No two instances of a filter have the same one at a time: Fluent Bit
// numbers all that are processors alike, so the second one becomes hello.0-2.
// The name stays the same across a reload of the same configuration.
func (i *Instance) Name() string { return i.name }

// Value returns the value that the user gave to an option, as written, with
// environment variables resolved; the option's default and false when it was
// not set.
func (i *Instance) Value(option string) (value string, set bool) {
	key := lower(option)
	if v := i.values[key]; len(v) > 0 {
		return v[0], true
	}
	for _, o := range i.plugin.Options {
		if lower(o.Name) == key {
			return o.Default, false
		}
	}
	return "", false
}

// Values returns each value that the user gave to an option, in the order of
// the configuration; nil when it was not set.
func (i *Instance) Values(option string) []string {
	return append([]string(nil), i.values[lower(option)]...)
}

// Logger writes to Fluent Bit's own log, at the instance's own log level, with
// a prefix such as [filter:hello:hello.0]. Lines that are logged during Filter
// or by other goroutines appear when the call, or the next one, has ended.
func (i *Instance) Logger() *slog.Logger { return i.logger }

// Go runs f in a goroutine in which a panic is caught, logged and counted as
// one in Filter is. Fluent Bit does not wait for f: end it in Close.
func (i *Instance) Go(f func()) {
	go func() {
		defer func() {
			if v := recover(); v != nil {
				i.caught("a panic in the background was caught", v)
			}
		}()
		f()
	}()
}

// newInstance reads what Fluent Bit knows of the instance.
func newInstance(c *C.struct_kit_instance, p *Plugin) *Instance {
	i := &Instance{
		plugin: p,
		name:   takeName(p.Name, C.GoString(C.kit_instance_name(c))),
		level:  levelOf(int(C.kit_log_level(c))),
		values: make(map[string][]string),
		tags:   make(map[string]string),
		c:      c,
	}
	i.logger = slog.New(newHandler(i))
	if given := C.GoString(C.kit_instance_name(c)); i.name != given && !strings.HasPrefix(given, p.Name+".") {
		i.logger.Warn("another instance has the alias " + given + ": this one goes by " + i.name)
	}
	if said := ThreadTrouble(); said != "" {
		i.logger.Warn(said)
	}
	for _, o := range p.Options {
		name := C.CString(o.Name)
		for n := C.int(0); ; n++ {
			v := C.kit_property(c, name, n)
			if v == nil {
				break
			}
			i.values[lower(o.Name)] = append(i.values[lower(o.Name)], C.GoString(v))
		}
		C.free(unsafe.Pointer(name))
	}
	i.panicCount = i.Counter("panics_total", "Panics that were caught; a chunk that met one passed unchanged.")
	i.errorCount = i.Counter("errors_total", "Chunks that passed unchanged because the filter returned an error.")
	return i
}

// release cuts the instance off from Fluent Bit, which is about to free its
// side; goroutines that outlive Close can no longer do harm.
func (i *Instance) release() {
	i.mu.Lock()
	i.c = nil
	i.mu.Unlock()
	names.Delete(fullName{i.plugin.Name, i.name})
}

// names are those of the instances that there are.
var names sync.Map // fullName to nothing

type fullName struct{ plugin, instance string }

// takeName makes an instance's name unique. Metrics of two instances with one
// name would be added up, or hide each other.
func takeName(plugin, name string) string {
	unique := name
	for n := 2; ; n++ {
		if _, taken := names.LoadOrStore(fullName{plugin, unique}, nil); !taken {
			return unique
		}
		unique = fmt.Sprintf("%s-%d", name, n)
	}
}

func lower(name string) string { return strings.ToLower(name) }
