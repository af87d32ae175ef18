package fluentbit

import (
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"
)

func TestRegisterRefuses(t *testing.T) {
	ok := func(*Instance) (Filter, error) { return nil, nil }
	tests := []struct {
		name   string
		plugin Plugin
		want   string
	}{
		{"no name", Plugin{New: ok}, "without a name"},
		{"name", Plugin{Name: "a-b", New: ok}, "letters, digits and _"},
		{"New", Plugin{Name: "a"}, "New is nil"},
		{"option without a name", Plugin{Name: "a", New: ok, Options: []Option{{}}}, "without a name"},
		{"option twice", Plugin{Name: "a", New: ok, Options: []Option{{Name: "Key"}, {Name: "kEY"}}}, "twice"},
		{"type", Plugin{Name: "a", New: ok, Options: []Option{{Name: "Key", Type: 99}}}, "unknown type 99"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, tt.want) {
					t.Errorf("panicked with %q, want %q in it", v, tt.want)
				}
			}()
			Register(tt.plugin)
		})
	}
}

func TestValues(t *testing.T) {
	i := &Instance{
		plugin: &Plugin{Options: []Option{{Name: "Log_Key", Default: "log"}, {Name: "Ignore", Multiple: true}}},
		values: map[string][]string{"ignore": {"b", "a"}},
	}
	if v, set := i.Value("log_key"); v != "log" || set {
		t.Errorf("Value of an option that is not set is %q, %v: want its default", v, set)
	}
	if v, set := i.Value("IGNORE"); v != "b" || !set {
		t.Errorf("Value of an option that is set twice is %q, %v: want the first", v, set)
	}
	if v := i.Values("Ignore"); len(v) != 2 || v[0] != "b" || v[1] != "a" {
		t.Errorf("Values are %q: want them in order", v)
	}
	if v := i.Values("Log_Key"); v != nil {
		t.Errorf("Values of an option that is not set are %q: want none", v)
	}
}

func TestThrottle(t *testing.T) {
	var th throttle
	start := time.Unix(1000, 0)
	steps := []struct {
		after time.Duration
		ok    bool
		held  uint64
	}{
		{0, true, 0}, {1, false, 0}, {59 * time.Second, false, 0}, {60 * time.Second, true, 2}, {61 * time.Second, false, 0}, {120 * time.Second, true, 1},
	}
	for _, s := range steps {
		if held, ok := th.allow(start.Add(s.after), time.Minute); ok != s.ok || held != s.held {
			t.Errorf("after %v: %v, %d held back; want %v, %d", s.after, ok, held, s.ok, s.held)
		}
	}
	var once throttle
	for n := range 3 {
		if _, ok := once.allow(start.Add(time.Duration(n)*time.Hour), 0); ok != (n == 0) {
			t.Errorf("time %d: %v", n, ok)
		}
	}
}

func TestMetrics(t *testing.T) {
	i := &Instance{}
	c := i.Counter("a_total", "A.", "kind", "x")
	c.Inc()
	c.Add(2)
	g := i.Gauge("b", "B.")
	g.Set(0.25)
	if c.Value() != 3 || g.Value() != 0.25 {
		t.Errorf("values are %d and %v", c.Value(), g.Value())
	}
	// The labels are those of the call, whatever becomes of the caller's.
	labels := []string{"kind", "y"}
	i.Counter("a_total", "A.", labels...)
	labels[1] = "x"
	if got := i.metrics[2].labels; got[0] != "kind" || got[1] != "y" {
		t.Errorf("the labels are %q", got)
	}
	for name, make := range map[string]func(){
		"twice":              func() { i.Counter("a_total", "A.", "kind", "x") },
		"other label names":  func() { i.Counter("a_total", "A.", "sort", "x") },
		"another kind":       func() { i.Gauge("a_total", "A.", "kind", "z") },
		"half a label":       func() { i.Counter("c_total", "C.", "kind") },
		"fewer label values": func() { i.Counter("a_total", "A.") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			make()
		})
	}
}

func TestMetricFunctions(t *testing.T) {
	i := &Instance{logger: slog.New(slog.DiscardHandler)}
	i.panicCount = i.Counter("panics_total", "Panics.")
	var sum uint64
	value := func() float64 { return 0.25 }
	i.CounterFunc("a_total", "A.", func() uint64 { return sum })
	i.GaugeFunc("b", "B.", func() float64 { return value() })
	a, b := i.metrics[1], i.metrics[2]
	for _, c := range []struct{ sum, want uint64 }{{3, 3}, {2, 3}, {7, 7}} {
		sum = c.sum
		if i.callFunctions(); a.bits.Load() != c.want {
			t.Errorf("the function says %d, the counter %d: want %d", c.sum, a.bits.Load(), c.want)
		}
	}
	value = func() float64 { i.Counter("c_total", "C."); panic("no value") }
	sum = 8
	i.callFunctions()
	if got := math.Float64frombits(b.bits.Load()); got != 0.25 || a.bits.Load() != 8 || i.panicCount.Value() != 1 {
		t.Errorf("after a panic the gauge is %v, another metric %d, %d panics counted; want 0.25, 8 and 1", got, a.bits.Load(), i.panicCount.Value())
	}
}

func TestDescribe(t *testing.T) {
	defer func() {
		got := describe(recover())
		// Frames of this package are not named: panics come from filters.
		if want := "runtime error: index out of range [3] with length 0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}()
	var none []int
	_ = none[len("abc")]
}

func TestNamesAreUnique(t *testing.T) {
	a, b, other := takeName("p", "p.0"), takeName("p", "p.0"), takeName("q", "p.0")
	if a != "p.0" || b != "p.0-2" || other != "p.0" {
		t.Errorf("names are %q, %q and %q", a, b, other)
	}
	// What is given back is taken again: a reload gives the same names.
	(&Instance{plugin: &Plugin{Name: "p"}, name: a}).release()
	if again := takeName("p", "p.0"); again != a {
		t.Errorf("after a release the name is %q", again)
	}
}
