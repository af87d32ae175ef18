package fluentbit

// #include <stdlib.h>
// #include "abi.h"
// #include "kit.h"
import "C"

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"unsafe"
)

// metric is a counter or a gauge with the values of its labels. Go holds the
// value, which any goroutine may change at any time, or a function that knows it;
// it is copied to the C half once a call.
type metric struct {
	bits   atomic.Uint64
	read   func() uint64 // returns the bits; nil when they are set
	gauge  bool
	name   string
	help   string
	labels []string // names and values, alternating
	c      *C.struct_kit_metric
}

// Counter is a number that only grows. It appears in Fluent Bit's own metrics
// (/api/v2/metrics/prometheus) with the other counters of the instance, up to
// date whenever a chunk has passed.
type Counter struct{ m metric }

// Add adds n.
func (c *Counter) Add(n uint64) { c.m.bits.Add(n) }

// Inc adds 1.
func (c *Counter) Inc() { c.m.bits.Add(1) }

// Value is the sum so far.
func (c *Counter) Value() uint64 { return c.m.bits.Load() }

// Gauge is a number that can take any value. It appears where counters do.
type Gauge struct{ m metric }

// Set sets the value.
func (g *Gauge) Set(v float64) { g.m.bits.Store(math.Float64bits(v)) }

// Value is the last value set, 0 before.
func (g *Gauge) Value() float64 { return math.Float64frombits(g.m.bits.Load()) }

// Counter makes a counter that Fluent Bit shows as
//
//	fluentbit_filter_PLUGIN_name{name="hello.0"}
//
// with the instance's name and the given labels, whose names and values
// alternate. By convention the name of a counter ends in _total. Counters of
// one name need the same label names in the same order; Counter panics when
// they differ, or when the same counter is asked for twice.
func (i *Instance) Counter(name, help string, labels ...string) *Counter {
	c := &Counter{m: metric{name: name, labels: labels}}
	i.addMetric(&c.m, help)
	return c
}

// Gauge makes a gauge, as Counter makes a counter.
func (i *Instance) Gauge(name, help string, labels ...string) *Gauge {
	g := &Gauge{m: metric{name: name, labels: labels, gauge: true}}
	i.addMetric(&g.m, help)
	return g
}

// CounterFunc makes a counter, as Counter does, whose sum is known elsewhere: sum
// is called when New has returned and at the end of each call of Filter, by the
// goroutine of that call. It should be quick. One below the sum so far changes
// nothing, for a counter only grows; a panic neither, and is counted.
func (i *Instance) CounterFunc(name, help string, sum func() uint64, labels ...string) {
	m := &metric{name: name, labels: labels}
	m.read = func() uint64 { return max(sum(), m.bits.Load()) }
	i.addMetric(m, help)
}

// GaugeFunc makes a gauge, as Gauge does, whose value is known elsewhere: value is
// called as the function of a CounterFunc is.
func (i *Instance) GaugeFunc(name, help string, value func() float64, labels ...string) {
	m := &metric{name: name, labels: labels, gauge: true}
	m.read = func() uint64 { return math.Float64bits(value()) }
	i.addMetric(m, help)
}

func (i *Instance) addMetric(m *metric, help string) {
	if len(m.labels)%2 != 0 {
		panic(fmt.Sprintf("fluentbit: metric %s: a label without a value: %q", m.name, m.labels))
	}
	m.labels = slices.Clone(m.labels)
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, other := range i.metrics {
		if other.name == m.name && (other.gauge != m.gauge || !sameLabelNames(other, m) || slices.Equal(other.labels, m.labels)) {
			panic(fmt.Sprintf("fluentbit: metric %s: made before with the same labels, other label names or another kind", m.name))
		}
	}
	m.help = help
	i.metrics = append(i.metrics, m)
}

func sameLabelNames(a, b *metric) bool {
	if len(a.labels) != len(b.labels) {
		return false
	}
	for l := 0; l < len(a.labels); l += 2 {
		if a.labels[l] != b.labels[l] {
			return false
		}
	}
	return true
}

// syncMetrics shows the C half the current values, and metrics that are new to
// it. It is called at the end of each call, before C hands them on.
func (i *Instance) syncMetrics() {
	i.callFunctions()
	i.mu.Lock()
	for _, m := range i.metrics {
		if m.c == nil {
			m.c = m.inC(i.name)
			C.kit_metric_add(i.c, m.c)
		}
		v := float64(m.bits.Load())
		if m.gauge {
			v = math.Float64frombits(m.bits.Load())
		}
		m.c.value = C.double(v)
	}
	i.mu.Unlock()
}

// callFunctions calls those of metrics. They may log: the lock is not held.
func (i *Instance) callFunctions() {
	i.mu.Lock()
	metrics := i.metrics
	i.mu.Unlock()
	for _, m := range metrics {
		if m.read != nil {
			i.call(m)
		}
	}
}

func (i *Instance) call(m *metric) {
	defer func() {
		if v := recover(); v != nil {
			i.caught("a panic in the function of the metric "+m.name+" was caught", v)
		}
	}()
	m.bits.Store(m.read())
}

// inC is m's C half, which the C half of the instance frees.
func (m *metric) inC(instance string) *C.struct_kit_metric {
	n := 1 + len(m.labels)/2
	pointer := C.size_t(unsafe.Sizeof((*C.char)(nil)))
	c := (*C.struct_kit_metric)(C.calloc(1, C.sizeof_struct_kit_metric))
	if m.gauge {
		c.is_gauge = 1
	}
	c.name = C.CString(m.name)
	c.help = C.CString(m.help)
	c.label_count = C.int(n)
	c.keys = (**C.char)(C.calloc(C.size_t(n), pointer))
	c.values = (**C.char)(C.calloc(C.size_t(n), pointer))
	keys, values := unsafe.Slice(c.keys, n), unsafe.Slice(c.values, n)
	keys[0], values[0] = C.CString("name"), C.CString(instance)
	for l := 1; l < n; l++ {
		keys[l], values[l] = C.CString(m.labels[2*l-2]), C.CString(m.labels[2*l-1])
	}
	return c
}
